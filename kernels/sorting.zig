//! Order along the last dim: sorted rows, their first few, the one at a rank, places in sorted
//! rows, running extremes. NaN is above all numbers, and of equal elements the first comes first.
//! Outputs are contiguous; inputs have any strides and rank 1 or more.
const std = @import("std");
const abi = @import("abi");
const running = @import("running.zig");
const search = @import("sorting/search.zig");
const sort_rows = @import("sorting/rows.zig");

const floats = [_]abi.DType{ .float32, .float64 };
const numbers = [_]abi.DType{ .float32, .float64, .int32, .int64, .bool, .uint8 };

pub const kernels = struct {
    /// values, indices [.., n] <- x [.., n], attribute 0: descending
    pub const sort = byDtype(&numbers, struct {
        fn run(comptime T: type, call: *abi.Call) abi.Status {
            return sort_rows.Rows(T).sort(call);
        }
    });
    /// values, indices [.., k] <- x [.., n], attribute 0: largest
    pub const topk = byDtype(&numbers, struct {
        fn run(comptime T: type, call: *abi.Call) abi.Status {
            return sort_rows.Rows(T).top(call);
        }
    });
    /// values, indices [.., 1] <- x [.., n], attributes 0, 1: rank, rule; see sort_rows.Rule
    pub const selectRank = byDtype(&numbers, struct {
        fn run(comptime T: type, call: *abi.Call) abi.Status {
            return sort_rows.Rows(T).select(call);
        }
    });
    /// places [.., m] <- sorted [.., n] or [n], values [.., m], attribute 0: behind equal elements
    pub const searchsorted = byDtype(&numbers, struct {
        fn run(comptime T: type, call: *abi.Call) abi.Status {
            return search.search(T, call);
        }
    });
    /// values, indices [.., n] <- x [.., n]: the last of equal ones; NaN stays
    pub const cummax = byDtype(&numbers, struct {
        fn run(comptime T: type, call: *abi.Call) abi.Status {
            return running.run(running.Extreme(T, .largest), call);
        }
    });
    pub const cummin = byDtype(&numbers, struct {
        fn run(comptime T: type, call: *abi.Call) abi.Status {
            return running.run(running.Extreme(T, .smallest), call);
        }
    });
    /// log(cumsum(exp(x))) without overflow
    pub const logcumsumexp = byDtype(&floats, struct {
        fn run(comptime T: type, call: *abi.Call) abi.Status {
            return running.run(running.LogSumExp(T), call);
        }
    });
};

/// Bool is stored as a byte of 0 or 1, and is ordered as one.
fn byDtype(
    comptime dtypes: []const abi.DType,
    comptime Of: type,
) fn (*abi.Call) callconv(.c) abi.Status {
    return struct {
        fn kernel(call: *abi.Call) callconv(.c) abi.Status {
            const dtype = call.input(0).kind();
            inline for (dtypes) |candidate| {
                const T = if (candidate == .bool) u8 else candidate.Type();
                if (dtype == candidate) return Of.run(T, call);
            }
            return .bad_dtype;
        }
    }.kernel;
}

test {
    _ = @import("sorting/test.zig");
}
