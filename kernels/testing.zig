//! Frames for the unit tests.
const std = @import("std");
const abi = @import("abi");

pub fn dtypeOf(comptime T: type) abi.DType {
    inline for (comptime std.enums.values(abi.DType)) |dtype| if (dtype.Type() == T) return dtype;
    @compileError("no dtype for " ++ @typeName(T));
}

/// View of memory with explicit strides; `first` is the element at index 0 of every dim.
pub fn strided(comptime T: type, first: *const T, shape: []const usize, strides: []const isize) abi.View {
    std.debug.assert(shape.len == strides.len and shape.len <= abi.rank_max);
    var view = std.mem.zeroes(abi.View);
    view.data = @floatFromInt(@intFromPtr(first));
    view.dtype = @floatFromInt(@intFromEnum(dtypeOf(T)));
    view.rank = @floatFromInt(shape.len);
    view.size = 1;
    for (shape, strides, 0..) |extent, stride, i| {
        view.shape[i] = @floatFromInt(extent);
        view.strides[i] = @floatFromInt(stride);
        view.size *= view.shape[i];
    }
    return view;
}

/// Contiguous row-major view of a slice or array of at least as many elements as the shape has.
pub fn contiguous(comptime T: type, data: []const T, shape: []const usize) abi.View {
    var strides: [abi.rank_max]isize = undefined;
    var step: usize = 1;
    var i = shape.len;
    while (i > 0) {
        i -= 1;
        strides[i] = @intCast(step);
        step *= shape[i];
    }
    std.debug.assert(data.len >= step);
    return strided(T, @ptrCast(data.ptr), shape, strides[0..shape.len]);
}

pub fn frame(outputs: []const abi.View, inputs: []const abi.View, attributes: []const f64) abi.Call {
    var call = std.mem.zeroes(abi.Call);
    call.output_count = @floatFromInt(outputs.len);
    call.input_count = @floatFromInt(inputs.len);
    call.flat = -1;
    @memcpy(call.attributes[0..attributes.len], attributes);
    @memcpy(call.views[0..outputs.len], outputs);
    @memcpy(call.views[outputs.len..][0..inputs.len], inputs);
    return call;
}

/// Runs a kernel and expects it to succeed.
pub fn run(kernel: abi.Kernel, outputs: []const abi.View, inputs: []const abi.View, attributes: []const f64) !void {
    var call = frame(outputs, inputs, attributes);
    try std.testing.expectEqual(abi.Status.ok, kernel(&call));
}
