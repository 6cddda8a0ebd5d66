//! Elements chosen by index: select and add rows, gather, scatter. Indices are int32 or int64 views
//! of any strides; all of them are checked before anything is written. Elements that meet the same
//! place are added, or written, in the order of their indices, for any number of threads: work is
//! divided along dims that keep apart what is written.
const abi = @import("abi");
const floats = @import("floats.zig");
const bags = @import("indexing/bags.zig");
const elements = @import("indexing/elements.zig");
const indices = @import("indices.zig");
const mask = @import("indexing/mask.zig");
const rows = @import("indexing/rows.zig");
const View = abi.View;

pub const kernels = struct {
    /// out [.., k, ..] <- x [.., n, ..], index [k], attribute 0: dim
    pub fn indexSelect(call: *abi.Call) callconv(.c) abi.Status {
        const dim = abi.toUsize(call.attribute(0));
        if (indices.check(call, call.input(1), call.input(0).extent(dim))) |status| return status;
        return switch (elementSize(call.input(0))) {
            1 => rows.select(u8, call, dim),
            2 => rows.select(u16, call, dim),
            4 => rows.select(u32, call, dim),
            8 => rows.select(u64, call, dim),
            else => unreachable,
        };
    }

    /// out [.., n, ..] <- x [.., n, ..], index [k], source [.., k, ..], attributes 0, 1: dim,
    /// alpha. x, and alpha * source added at the indices.
    pub fn indexAdd(call: *abi.Call) callconv(.c) abi.Status {
        return switch (call.output(0).kind()) {
            .float32 => rows.addRows(f32, call),
            .float64 => rows.addRows(f64, call),
            .int32 => rows.addRows(i32, call),
            .int64 => rows.addRows(i64, call),
            else => .bad_dtype,
        };
    }

    /// Sums, means or maxima of rows in bags: see indexing/bags.zig. Attribute 0: 0, 1 or 2 for
    /// these.
    pub const embeddingBag = floats.kernelOf(bags.embeddingBag);

    /// out [index's shape] <- x, index, attribute 0: dim. out[i][j] = x[index[i][j]][j] for dim 0.
    pub fn gather(call: *abi.Call) callconv(.c) abi.Status {
        const x = call.input(0);
        const dim = abi.toUsize(call.attribute(0));
        if (indices.check(call, call.input(1), indices.axisExtent(x, dim))) |status| return status;
        return switch (elementSize(x)) {
            1 => elements.gather(u8, call, dim),
            2 => elements.gather(u16, call, dim),
            4 => elements.gather(u32, call, dim),
            8 => elements.gather(u64, call, dim),
            else => unreachable,
        };
    }

    /// out [x's shape] <- x, index, source, attribute 0: dim. x, with out[index[i][j]][j] +=
    /// source[i][j] for dim 0.
    pub const scatterAdd = Scatter(.add);

    /// The same with *=, or the larger or smaller one of both, NaN where one is NaN.
    pub const scatterProd = Scatter(.multiply);
    pub const scatterAmax = Scatter(.highest);
    pub const scatterAmin = Scatter(.lowest);

    /// out [x's shape] <- x, index, source, attribute 0: dim. x, with out[index[i][j]][j] =
    /// source[i][j] for dim 0: the last one stays.
    pub fn scatter(call: *abi.Call) callconv(.c) abi.Status {
        return switch (elementSize(call.input(0))) {
            1 => elements.scatter(u8, .set, call),
            2 => elements.scatter(u16, .set, call),
            4 => elements.scatter(u32, .set, call),
            8 => elements.scatter(u64, .set, call),
            else => unreachable,
        };
    }

    pub const offsetsOfTrue = mask.offsetsOfTrue;
    pub const placesOfTrue = mask.placesOfTrue;
};

fn Scatter(comptime mode: elements.Mode) fn (*abi.Call) callconv(.c) abi.Status {
    return struct {
        fn run(call: *abi.Call) callconv(.c) abi.Status {
            return switch (call.output(0).kind()) {
                .float32 => elements.scatter(f32, mode, call),
                .float64 => elements.scatter(f64, mode, call),
                .int32 => elements.scatter(i32, mode, call),
                .int64 => elements.scatter(i64, mode, call),
                else => .bad_dtype,
            };
        }
    }.run;
}

fn elementSize(view: *const View) usize {
    return switch (view.kind()) {
        .bool, .uint8, .int8 => 1,
        .float16, .bfloat16, .int16 => 2,
        .float32, .int32 => 4,
        .float64, .int64 => 8,
    };
}

test {
    _ = bags;
    _ = @import("indexing/test.zig");
}
