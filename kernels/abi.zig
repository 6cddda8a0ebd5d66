//! What crosses the boundary between TypeScript and the library: the call frame, the dtypes, the
//! statuses.
//!
//! Every number in the frame is an f64. JavaScript writes it without conversion, and it is exact up
//! to 2^53, so neither addresses nor element counts meet a 2^31 limit. src/ffi/abi.ts is generated
//! from this file.
//!
//! Rules that every kernel may rely on:
//!   - shapes, dtypes, ranks and counts were validated by the op's `infer`; kernels assert them, no
//!     more;
//!   - `data` is the address of the element at index 0 of every dim; strides are in elements and
//!     may be negative or 0;
//!   - a block's first element is aligned to 64 bytes, a view's only to its element size;
//!   - an output overlaps no input, except that an elementwise kernel's output may be exactly one
//!     of its inputs.
const std = @import("std");

/// Raised when the meaning of a struct or a status below changes.
pub const version: u32 = 1;
/// Of the whole library; deno.json and package.json say the same.
pub const library_version = "0.1.0";
pub const rank_max = 16;
pub const view_max = 12;
pub const attribute_max = 32;

pub const Status = enum(i32) {
    ok = 0,
    /// The kernel has no code for this dtype.
    bad_dtype = 1,
    /// An index lies outside its dim; detail: the index, the dim's size.
    bad_index = 2,
    /// Integer division by zero.
    division_by_zero = 3,
    /// No memory for scratch space; detail: the bytes asked for.
    out_of_memory = 4,
    /// An attribute or an input value outside its range; detail: the value.
    bad_value = 5,
    /// A plugin's kernel failed, for a reason that it may have told with the host's `set_error`.
    failed = 6,
    _,
};

pub const DType = enum(u8) {
    float32 = 0,
    float64 = 1,
    int32 = 2,
    int64 = 3,
    bool = 4,
    uint8 = 5,
    // Storage only: elements are moved and converted, arithmetic is done in float32 or int32.
    float16 = 6,
    bfloat16 = 7,
    int8 = 8,
    int16 = 9,

    pub fn Type(comptime dtype: DType) type {
        return switch (dtype) {
            .float32 => f32,
            .float64 => f64,
            .int32 => i32,
            .int64 => i64,
            .bool => Bool,
            .uint8 => u8,
            .float16 => f16,
            .bfloat16 => Bfloat16,
            .int8 => i8,
            .int16 => i16,
        };
    }

    /// The dtype that a small one's arithmetic is done in; null for those computed with.
    pub fn wide(dtype: DType) ?DType {
        return switch (dtype) {
            .float16, .bfloat16 => .float32,
            .int8, .int16 => .int32,
            else => null,
        };
    }
};

/// A stored bool: one byte, 0 or 1. A type of its own, so that kernels tell it from uint8.
pub const Bool = enum(u8) { no = 0, yes = 1 };

/// A stored bfloat16: the upper half of a float32's bits.
pub const Bfloat16 = enum(u16) { _ };

pub const View = extern struct {
    data: f64,
    dtype: f64,
    rank: f64,
    /// Number of elements.
    size: f64,
    shape: [rank_max]f64,
    strides: [rank_max]f64,

    pub inline fn pointer(view: *const View, comptime T: type) [*]T {
        return @ptrFromInt(toUsize(view.data));
    }
    pub inline fn kind(view: *const View) DType {
        return @enumFromInt(@as(u8, @intFromFloat(view.dtype)));
    }
    pub inline fn dims(view: *const View) usize {
        return toUsize(view.rank);
    }
    pub inline fn extent(view: *const View, axis: usize) usize {
        std.debug.assert(axis < rank_max);
        return toUsize(view.shape[axis]);
    }
    pub inline fn stride(view: *const View, axis: usize) isize {
        std.debug.assert(axis < rank_max);
        return @intFromFloat(view.strides[axis]);
    }
};

pub const Call = extern struct {
    /// Address of the kernel to run.
    kernel: f64,
    output_count: f64,
    input_count: f64,
    /// Elements of every view, when all have one shape and are contiguous, or are a single element
    /// and named in `splat`: then only `data` and `dtype` of a view are set. Otherwise -1 and the
    /// views are complete. Only elementwise kernels are called with it set.
    flat: f64,
    /// What a failing kernel found; meaning by status.
    detail: [2]f64,
    /// Inputs of a flat call that are a single element, as a bit mask: `x * 2` is then as short a
    /// call as `x * y`.
    splat: f64,
    /// In a plugin's backward kernel, the inputs whose gradient is wanted, as a bit mask; the
    /// others' may be left out.
    needs: f64,
    attributes: [attribute_max]f64,
    /// Outputs, then inputs.
    views: [view_max]View,

    pub inline fn output(call: *const Call, index: usize) *const View {
        std.debug.assert(index < toUsize(call.output_count));
        return &call.views[index];
    }
    pub inline fn input(call: *const Call, index: usize) *const View {
        std.debug.assert(index < toUsize(call.input_count));
        return &call.views[toUsize(call.output_count) + index];
    }
    pub inline fn attribute(call: *const Call, index: usize) f64 {
        std.debug.assert(index < attribute_max);
        return call.attributes[index];
    }
    /// Reports `status` with what was found.
    pub fn fail(call: *Call, status: Status, found: f64, limit: f64) Status {
        call.detail = .{ found, limit };
        return status;
    }
};

pub const Kernel = *const fn (call: *Call) callconv(.c) Status;

/// An exact non-negative f64 as a size. By way of i64: one instruction at every CPU level.
pub inline fn toUsize(value: f64) usize {
    return @bitCast(@as(isize, @intFromFloat(value)));
}

comptime {
    const assert = std.debug.assert;
    assert(@sizeOf(View) == (4 + 2 * rank_max) * 8);
    assert(@sizeOf(Call) == (8 + attribute_max) * 8 + view_max * @sizeOf(View));
    assert(@offsetOf(Call, "attributes") == 64);
    assert(@sizeOf(Kernel) == 8 and @sizeOf(Status) == 4);
}
