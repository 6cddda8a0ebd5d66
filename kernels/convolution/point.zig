//! Gradients of a convolution whose kernel is as large as its input: the output is one point, and
//! both are plain matrix products. As convolutions they would be padded to several times their
//! size.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("../runtime.zig");
const passes = @import("pass.zig");
const sources = @import("source.zig");

/// Longer sums than this are left to the weight gradient proper, which adds them up in blocks.
const depth_max = 1024;

/// dx [N][C * H * W] = grad [N][O] w [O][C * H * W]; all three row-major in their last three dims.
pub fn inputGradient(comptime T: type, call: *abi.Call, size: usize) abi.Status {
    const dx = call.output(0);
    const grad = call.input(0);
    const w = call.input(1);
    return product(T, .{
        .rows = dx.extent(0),
        .depth = w.extent(0),
        .columns = size,
        .left = grad.pointer(T),
        .left_row = grad.stride(0),
        .left_depth = grad.stride(1),
        .right = w.pointer(T),
        .right_pitch = w.stride(0),
        .target = dx.pointer(T),
    });
}

/// dw [O][C * H * W] = grad [N][O] transposed, x [N][C * H * W].
pub fn weightGradient(comptime T: type, call: *abi.Call, size: usize) abi.Status {
    const dw = call.output(0);
    const grad = call.input(0);
    const x = call.input(1);
    return product(T, .{
        .rows = dw.extent(0),
        .depth = x.extent(0),
        .columns = size,
        .left = grad.pointer(T),
        .left_row = grad.stride(1),
        .left_depth = grad.stride(0),
        .right = x.pointer(T),
        .right_pitch = x.stride(0),
        .target = dw.pointer(T),
    });
}

/// Whether input and kernel of these views cover each other exactly and lie in rows of C * H * W
/// elements.
pub fn applies(input: *const abi.View, kernel: *const abi.View, out: *const abi.View, groups: usize, padding: usize) bool {
    if (groups != 1 or padding != 0 or out.extent(2) * out.extent(3) != 1) return false;
    if (input.extent(0) > depth_max or input.extent(0) < 2) return false;
    for (2..4) |axis| if (input.extent(axis) != kernel.extent(axis)) return false;
    for ([_]*const abi.View{ input, kernel }) |view| {
        var step: isize = 1;
        for (0..3) |i| {
            if (view.extent(3 - i) != 1 and view.stride(3 - i) != step) return false;
            step *= @intCast(view.extent(3 - i));
        }
    }
    return true;
}

fn Product(comptime T: type) type {
    return struct {
        rows: usize,
        depth: usize,
        columns: usize,
        left: [*]const T,
        left_row: isize,
        left_depth: isize,
        right: [*]const T,
        right_pitch: isize,
        target: [*]T,
    };
}

/// target [rows][columns] = left right, as a pass over one image of one row.
fn product(comptime T: type, p: Product(T)) abi.Status {
    const row: sources.Axis = .forward(1, 1, 1, 1, 0, 1);
    const pitch = p.depth + 64 / @sizeOf(T);
    var pass: passes.Pass(T) = .{
        .source = .{
            .data = p.right,
            .strides = .{ .image = 0, .channel = p.right_pitch, .row = 0, .column = 1 },
            .rows = row,
            .columns = .forward(p.columns, p.columns, 1, 1, 0, 1),
        },
        .images = 1,
        .groups = 1,
        .channels = p.depth,
        .outputs = p.rows,
        .weights = undefined,
        .weights_pitch = pitch,
        .bias = undefined,
        .relu = false,
        .target = p.target,
        .target_width = p.columns,
        .target_plane = p.columns,
    };
    pass.allowInPlace();
    const bias_bytes = std.mem.alignForward(usize, p.rows * @sizeOf(T), 64);
    const left_bytes = std.mem.alignForward(usize, p.rows * pitch * @sizeOf(T), 64);
    const memory = runtime.scratch(.call, u8, bias_bytes + left_bytes + pass.scratchBytes()) orelse return .out_of_memory;
    const bias: [*]T = @ptrCast(memory);
    sources.fillValue(T, bias, 0, p.rows);
    const left: [*]T = @ptrCast(@alignCast(memory + bias_bytes));
    for (0..p.rows) |i| {
        const from = sources.advance(T, p.left, @as(isize, @intCast(i)) * p.left_row);
        sources.copyStrided(T, left + i * pitch, from, p.left_depth, p.depth);
    }
    pass.bias = bias;
    pass.weights = left;
    return if (pass.run(@alignCast(memory + bias_bytes + left_bytes))) .ok else .out_of_memory;
}
