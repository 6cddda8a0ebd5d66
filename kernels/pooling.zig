//! Max and average pooling over the last two dims of [N, C, H, W], and their gradients. Planes are
//! independent: they are the jobs, and everything about a plane stays in cache.
const std = @import("std");
const abi = @import("abi");
const floats = @import("floats.zig");
const runtime = @import("runtime.zig");
const maximum = @import("pooling/maximum.zig");
const average = @import("pooling/average.zig");

pub const kernels = struct {
    /// values [N, C, OH, OW], window index (uint8 up to 256 positions, else int32) <- x.
    /// Attributes: kh, kw, strideH, strideW, padH, padW, dilationH, dilationW. Padding is
    /// -infinity, NaN wins, of equals the first.
    pub fn maxPool2d(call: *abi.Call) callconv(.c) abi.Status {
        return switch (call.output(0).kind()) {
            .float32 => byIndex(f32, maximum.forward, call, call.output(1)),
            .float64 => byIndex(f64, maximum.forward, call, call.output(1)),
            else => .bad_dtype,
        };
    }
    /// dx [N, C, H, W] <- grad, window index
    pub fn maxPool2dGradient(call: *abi.Call) callconv(.c) abi.Status {
        return switch (call.output(0).kind()) {
            .float32 => byIndex(f32, maximum.gradient, call, call.input(1)),
            .float64 => byIndex(f64, maximum.gradient, call, call.input(1)),
            else => .bad_dtype,
        };
    }
    /// flat index in the plane, int64 <- window index. Attributes as maxPool2d, and the plane's
    /// width.
    pub fn maxPool2dIndices(call: *abi.Call) callconv(.c) abi.Status {
        return switch (call.input(0).kind()) {
            .uint8 => maximum.indices(u8, call),
            .int32 => maximum.indices(i32, call),
            else => .bad_dtype,
        };
    }
    /// out <- x. Attributes: kh, kw, strideH, strideW, padH, padW, countIncludePad, divisorOverride
    /// (0: none).
    pub const avgPool2d = floats.kernelOf(average.forward);
    /// dx <- grad
    pub const avgPool2dGradient = floats.kernelOf(average.gradient);
};

fn byIndex(comptime T: type, comptime op: fn (type, type, *abi.Call) abi.Status, call: *abi.Call, index: *const abi.View) abi.Status {
    return switch (index.kind()) {
        .uint8 => op(T, u8, call),
        .int32 => op(T, i32, call),
        else => .bad_dtype,
    };
}

test {
    _ = @import("pooling/test.zig");
}
