//! Convolution of images [N, C, H, W] with kernels [O, C / groups, kh, kw], and its two gradients.
//! Attributes: strideH, strideW, padH, padW, dilationH, dilationW, groups, and for the convolution
//! itself activation (0 none, 1 relu).
const std = @import("std");
const abi = @import("abi");
const runtime = @import("runtime.zig");
const passes = @import("convolution/pass.zig");
const point = @import("convolution/point.zig");
const sources = @import("convolution/source.zig");
const weight_gradient = @import("convolution/weight.zig");
const Axis = sources.Axis;

pub const kernels = struct {
    /// out [N, O, OH, OW] <- x, w[, bias [O]]
    pub fn conv2d(call: *abi.Call) callconv(.c) abi.Status {
        return byType(Forward, call);
    }
    /// dx [N, C, H, W] <- grad [N, O, OH, OW], w
    pub fn conv2dInputGradient(call: *abi.Call) callconv(.c) abi.Status {
        return byType(InputGradient, call);
    }
    /// dw [O, C / groups, kh, kw] <- grad, x
    pub fn conv2dWeightGradient(call: *abi.Call) callconv(.c) abi.Status {
        return byType(WeightGradient, call);
    }
};

fn byType(comptime Op: fn (type) type, call: *abi.Call) abi.Status {
    if (call.output(0).size == 0) return .ok;
    return switch (call.output(0).kind()) {
        .float32 => Op(f32).run(call),
        .float64 => Op(f64).run(call),
        else => .bad_dtype,
    };
}

pub const Window = struct { stride: usize, padding: usize, dilation: usize };

/// The attributes and extents all three kernels share.
pub const Geometry = struct {
    images: usize,
    groups: usize,
    /// Per group.
    channels: usize,
    outputs: usize,
    height: usize,
    width: usize,
    out_height: usize,
    out_width: usize,
    kernel_height: usize,
    kernel_width: usize,
    rows: Window,
    columns: Window,

    fn init(call: *const abi.Call, x: *const abi.View, w: *const abi.View, out: *const abi.View) Geometry {
        std.debug.assert(x.dims() == 4 and w.dims() == 4);
        std.debug.assert(out.dims() == 4 and out.extent(0) == x.extent(0));
        const groups = attribute(call, 6);
        return .{
            .images = x.extent(0),
            .groups = groups,
            .channels = w.extent(1),
            .outputs = w.extent(0) / groups,
            .height = x.extent(2),
            .width = x.extent(3),
            .out_height = out.extent(2),
            .out_width = out.extent(3),
            .kernel_height = w.extent(2),
            .kernel_width = w.extent(3),
            .rows = .{ .stride = attribute(call, 0), .padding = attribute(call, 2), .dilation = attribute(call, 4) },
            .columns = .{ .stride = attribute(call, 1), .padding = attribute(call, 3), .dilation = attribute(call, 5) },
        };
    }

    pub fn kernelSize(geometry: Geometry) usize {
        return geometry.kernel_height * geometry.kernel_width;
    }

    fn forwardRows(g: Geometry) Axis {
        return .forward(g.height, g.out_height, g.kernel_height, g.rows.stride, g.rows.padding, g.rows.dilation);
    }
    fn forwardColumns(g: Geometry) Axis {
        return .forward(g.width, g.out_width, g.kernel_width, g.columns.stride, g.columns.padding, g.columns.dilation);
    }
    fn gradientRows(g: Geometry, residue: usize) Axis {
        const window = g.rows;
        return .gradient(g.height, g.out_height, g.kernel_height, window.stride, window.padding, window.dilation, residue);
    }
    fn gradientColumns(g: Geometry, residue: usize) Axis {
        const window = g.columns;
        return .gradient(g.width, g.out_width, g.kernel_width, window.stride, window.padding, window.dilation, residue);
    }
};

fn attribute(call: *const abi.Call, index: usize) usize {
    return abi.toUsize(call.attribute(index));
}

pub fn stridesOf(view: *const abi.View) sources.Strides {
    return .{ .image = view.stride(0), .channel = view.stride(1), .row = view.stride(2), .column = view.stride(3) };
}

/// When the kernel is one point and moves over whole rows that lie end to end, the image is one
/// long row.
fn mergeRows(rows: *Axis, columns: *Axis, strides: *sources.Strides) void {
    for ([_]*const Axis{ rows, columns }) |axis| {
        if (axis.taps != 1 or axis.stride != 1 or axis.step != 1 or axis.origin != 0) return;
        if (axis.targets != axis.size) return;
    }
    if (strides.row != strides.column * @as(isize, @intCast(columns.size))) return;
    columns.size *= rows.size;
    columns.targets *= rows.targets;
    rows.size = 1;
    rows.targets = 1;
}

/// Kernel rows this many elements apart do not crowd a few sets of the L1 cache.
fn paddedPitch(comptime T: type, depth: usize) usize {
    return if (depth * @sizeOf(T) % 2048 == 0) depth + 64 / @sizeOf(T) else depth;
}

fn Forward(comptime T: type) type {
    return struct {
        fn run(call: *abi.Call) abi.Status {
            const x = call.input(0);
            const w = call.input(1);
            const out = call.output(0);
            if (x.kind() != out.kind() or w.kind() != out.kind()) return .bad_dtype;
            const g = Geometry.init(call, x, w, out);
            var pass = newPass(T, g, x, out);
            pass.channels = g.channels;
            pass.outputs = g.outputs;
            pass.relu = call.attribute(7) == 1;
            pass.source.rows = g.forwardRows();
            pass.source.columns = g.forwardColumns();
            mergeRows(&pass.source.rows, &pass.source.columns, &pass.source.strides);
            pass.allowInPlace();

            const depth = g.channels * g.kernelSize();
            const rows = g.groups * g.outputs;
            const in_place = isRowMajor(w) and paddedPitch(T, depth) == depth;
            pass.weights_pitch = paddedPitch(T, depth);
            const bias_bytes = std.mem.alignForward(usize, rows * @sizeOf(T), 64);
            const weight_bytes = if (in_place) 0 else std.mem.alignForward(usize, rows * pass.weights_pitch * @sizeOf(T), 64);
            const memory = runtime.scratch(.call, u8, bias_bytes + weight_bytes + pass.scratchBytes()) orelse
                return .out_of_memory;
            const bias: [*]T = @ptrCast(memory);
            for (0..rows) |i| bias[i] = 0;
            if (abi.toUsize(call.input_count) > 2) {
                const view = call.input(2);
                sources.copyStrided(T, bias, view.pointer(T), view.stride(0), rows);
            }
            pass.bias = bias;
            pass.weights = w.pointer(T);
            if (!in_place) {
                const weights: [*]T = @ptrCast(@alignCast(memory + bias_bytes));
                var copy = WeightCopy(T).init(weights, pass.weights_pitch, w, g, pass.source.rows, pass.source.columns);
                copy.run(WeightCopy(T).copyOutput, rows);
                pass.weights = weights;
            }
            return if (pass.run(@alignCast(memory + bias_bytes + weight_bytes))) .ok else .out_of_memory;
        }
    };
}

fn InputGradient(comptime T: type) type {
    return struct {
        fn run(call: *abi.Call) abi.Status {
            const out = call.output(0);
            const grad = call.input(0);
            const w = call.input(1);
            if (grad.kind() != out.kind() or w.kind() != out.kind()) return .bad_dtype;
            const g = Geometry.init(call, out, w, grad);
            if (point.applies(out, w, grad, g.groups, g.rows.padding + g.columns.padding))
                return point.inputGradient(T, call, g.channels * g.kernelSize());
            // The inputs between two steps of the stride see different taps of the kernel: one pass
            // each.
            for (0..g.rows.stride) |row| for (0..g.columns.stride) |column| {
                const status = residue(g, out, grad, w, g.gradientRows(row), g.gradientColumns(column));
                if (status != .ok) return status;
            };
            return .ok;
        }

        fn residue(g: Geometry, out: *const abi.View, grad: *const abi.View, w: *const abi.View, rows: Axis, columns: Axis) abi.Status {
            var pass = newPass(T, g, grad, out);
            pass.channels = g.outputs;
            pass.outputs = g.channels;
            pass.source.rows = rows;
            pass.source.columns = columns;
            // No tap reaches these inputs: the sum of nothing.
            if (rows.taps * columns.taps == 0) pass.channels = 0;
            mergeRows(&pass.source.rows, &pass.source.columns, &pass.source.strides);
            pass.allowInPlace();

            const taps = rows.taps * columns.taps;
            pass.weights_pitch = paddedPitch(T, pass.channels * taps);
            const count = g.groups * g.channels;
            const bias_bytes = std.mem.alignForward(usize, count * @sizeOf(T), 64);
            const weight_bytes = std.mem.alignForward(usize, count * pass.weights_pitch * @sizeOf(T), 64);
            const memory = runtime.scratch(.call, u8, bias_bytes + weight_bytes + pass.scratchBytes()) orelse
                return .out_of_memory;
            const bias: [*]T = @ptrCast(memory);
            for (0..count) |i| bias[i] = 0;
            pass.bias = bias;
            const weights: [*]T = @ptrCast(@alignCast(memory + bias_bytes));
            if (taps > 0) {
                var copy = WeightCopy(T).init(weights, pass.weights_pitch, w, g, rows, columns);
                copy.run(WeightCopy(T).copyInput, count);
            }
            pass.weights = weights;
            return if (pass.run(@alignCast(memory + bias_bytes + weight_bytes))) .ok else .out_of_memory;
        }
    };
}

fn WeightGradient(comptime T: type) type {
    return struct {
        fn run(call: *abi.Call) abi.Status {
            const dw = call.output(0);
            const grad = call.input(0);
            const x = call.input(1);
            if (grad.kind() != dw.kind() or x.kind() != dw.kind()) return .bad_dtype;
            const g = Geometry.init(call, x, dw, grad);
            if (point.applies(x, dw, grad, g.groups, g.rows.padding + g.columns.padding))
                return point.weightGradient(T, call, g.channels * g.kernelSize());
            return weight_gradient.run(T, g, g.forwardRows(), g.forwardColumns(), x, grad, dw);
        }
    };
}

fn newPass(comptime T: type, g: Geometry, source: *const abi.View, target: *const abi.View) passes.Pass(T) {
    return .{
        .source = .{
            .data = source.pointer(T),
            .strides = stridesOf(source),
            .rows = undefined,
            .columns = undefined,
        },
        .images = g.images,
        .groups = g.groups,
        .channels = undefined,
        .outputs = undefined,
        .weights = undefined,
        .weights_pitch = undefined,
        .bias = undefined,
        .relu = false,
        .target = target.pointer(T),
        .target_width = target.extent(3),
        .target_plane = target.extent(2) * target.extent(3),
    };
}

fn isRowMajor(view: *const abi.View) bool {
    var step: isize = 1;
    var axis: usize = 4;
    while (axis > 0) {
        axis -= 1;
        if (view.extent(axis) != 1 and view.stride(axis) != step) return false;
        step *= @intCast(view.extent(axis));
    }
    return true;
}

/// Weights as the rows of a pass: a row an output channel, or (for the input gradient) an input
/// channel; of every kernel the taps that the two axes use.
fn WeightCopy(comptime T: type) type {
    return struct {
        const Self = WeightCopy(T);

        target: [*]T,
        pitch: usize,
        source: [*]const T,
        strides: [4]isize,
        g: Geometry,
        rows: Axis,
        columns: Axis,
        /// Element distance between a kernel's taps when all of them are used and lie evenly apart.
        step: ?isize,

        fn init(target: [*]T, pitch: usize, w: *const abi.View, g: Geometry, rows: Axis, columns: Axis) Self {
            var strides: [4]isize = undefined;
            for (&strides, 0..) |*stride, axis| stride.* = w.stride(axis);
            const whole = rows.taps * columns.taps == g.kernelSize() and
                (rows.taps == 1 or columns.taps == 1 or strides[2] == strides[3] * @as(isize, @intCast(columns.taps)));
            return .{
                .target = target,
                .pitch = pitch,
                .source = w.pointer(T),
                .strides = strides,
                .g = g,
                .rows = rows,
                .columns = columns,
                .step = if (!whole) null else if (columns.taps == 1) strides[2] else strides[3],
            };
        }

        fn run(copy: *Self, comptime body: fn (copy: *Self, row: usize) void, count: usize) void {
            runtime.parallelFor(count, @floatFromInt(count * copy.pitch), copy, body);
        }

        fn copyOutput(copy: *Self, o: usize) void {
            const size = copy.g.kernelSize();
            const row = copy.target + o * copy.pitch;
            const from = sources.advance(T, copy.source, @as(isize, @intCast(o)) * copy.strides[0]);
            if (copy.step) |step| if (copy.strides[1] == step * @as(isize, @intCast(size)))
                return sources.copyStrided(T, row, from, step, copy.g.channels * size);
            for (0..copy.g.channels) |c|
                copy.copyKernel(row + c * size, sources.advance(T, from, @as(isize, @intCast(c)) * copy.strides[1]));
        }

        fn copyInput(copy: *Self, index: usize) void {
            const g = copy.g;
            const taps = copy.rows.taps * copy.columns.taps;
            const first = index / g.channels * g.outputs;
            const row = copy.target + index * copy.pitch;
            const from = sources.advance(T, copy.source, @as(isize, @intCast(first)) * copy.strides[0] +
                @as(isize, @intCast(index % g.channels)) * copy.strides[1]);
            if (g.kernelSize() == 1) return sources.copyStrided(T, row, from, copy.strides[0], g.outputs);
            for (0..g.outputs) |o|
                copy.copyKernel(row + o * taps, sources.advance(T, from, @as(isize, @intCast(o)) * copy.strides[0]));
        }

        inline fn copyKernel(copy: *const Self, target: [*]T, kernel: [*]const T) void {
            if (copy.step) |step| return sources.copyStrided(T, target, kernel, step, copy.g.kernelSize());
            var to = target;
            for (0..copy.rows.taps) |i| {
                const row: isize = @intCast(copy.rows.tap_first + i * copy.rows.tap_step);
                const column: isize = @intCast(copy.columns.tap_first);
                const line = sources.advance(T, kernel, row * copy.strides[2] + column * copy.strides[3]);
                const step = copy.strides[3] * @as(isize, @intCast(copy.columns.tap_step));
                for (0..copy.columns.taps) |j| to[j] = sources.advance(T, line, @as(isize, @intCast(j)) * step)[0];
                to += copy.columns.taps;
            }
        }
    };
}

test {
    _ = @import("convolution/test.zig");
}
