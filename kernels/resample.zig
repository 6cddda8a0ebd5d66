//! Elements of images as weighted sums of others: separable ones over rows and columns (resizing),
//! and ones at places of their own (sampling by a grid).
const std = @import("std");
const abi = @import("abi");
const floats = @import("floats.zig");
const separable = @import("resample/separable.zig");
const taps = @import("resample/taps.zig");

pub const kernels = struct {
    /// out [planes, OH, OW] <- x [planes, H, W], rows [2, taps, OH], columns [2, taps, OW]. The
    /// tables are float64, [0] places and [1] weights; a place behind the last one is no tap, no
    /// taps at all leave the dim as it is.
    pub const resample = floats.kernelOf(separable.run);
    /// out [N, C, places] <- x [N, C, elements], index int32 [N, taps, places], weight likewise. An
    /// index outside the elements is no tap.
    pub fn sampleTaps(call: *abi.Call) callconv(.c) abi.Status {
        return byType(taps.forward, call);
    }
    /// dx [N, C, elements] <- grad [N, C, places], index, weight
    pub fn sampleTapsInputGradient(call: *abi.Call) callconv(.c) abi.Status {
        return byType(taps.inputGradient, call);
    }
    /// dweight [N, taps, places] <- grad [N, C, places], x [N, C, elements], index
    pub fn sampleTapsWeightGradient(call: *abi.Call) callconv(.c) abi.Status {
        return byType(taps.weightGradient, call);
    }
};

fn byType(comptime op: fn (type, *abi.Call) abi.Status, call: *abi.Call) abi.Status {
    return switch (call.output(0).kind()) {
        .float32 => op(f32, call),
        .float64 => op(f64, call),
        else => .bad_dtype,
    };
}

test {
    _ = @import("resample/test.zig");
}
