//! What the factorisations share: the matrices of a batch, their distribution among threads,
//! loops over rows.
const std = @import("std");
const abi = @import("abi");
const gemm = @import("gemm.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");
const assert = std.debug.assert;

pub const Threads = gemm.Threads;

/// One matrix, or a vector as a column, of any strides.
pub fn Matrix(comptime T: type) type {
    return struct {
        data: [*]T,
        rows: usize,
        columns: usize,
        row: isize,
        column: isize,

        /// Matrix number `index` of a view of rank 2 or more.
        pub fn of(view: *const abi.View, index: usize) @This() {
            const rank = view.dims();
            assert(rank >= 2);
            return .{
                .data = address(T, view, index, rank - 2),
                .rows = view.extent(rank - 2),
                .columns = view.extent(rank - 1),
                .row = view.stride(rank - 2),
                .column = view.stride(rank - 1),
            };
        }

        pub inline fn at(m: @This(), i: usize, j: usize) [*]T {
            const offset = @as(isize, @intCast(i)) * m.row + @as(isize, @intCast(j)) * m.column;
            return @ptrFromInt(@intFromPtr(m.data) +% @as(usize, @bitCast(offset *% @sizeOf(T))));
        }

        pub fn transposed(m: @This()) @This() {
            return .{
                .data = m.data,
                .rows = m.columns,
                .columns = m.rows,
                .row = m.column,
                .column = m.row,
            };
        }

        /// A matrix whose rows lie `step` apart, their elements side by side.
        pub fn by(data: [*]T, rows: usize, columns: usize, step: usize) @This() {
            const row: isize = @intCast(step);
            return .{ .data = data, .rows = rows, .columns = columns, .row = row, .column = 1 };
        }

        /// The part from row i and column j on.
        pub fn part(m: @This(), i: usize, j: usize, rows: usize, columns: usize) @This() {
            return .{
                .data = m.at(i, j),
                .rows = rows,
                .columns = columns,
                .row = m.row,
                .column = m.column,
            };
        }

        /// Its elements row by row, `step` apart, in another precision if asked.
        pub fn load(m: @This(), comptime W: type, out: [*]W, step: usize) void {
            if (m.column == 1) {
                for (0..m.rows) |i| copyRow(W, m.at(i, 0), out + i * step, m.columns);
                return;
            }
            // In squares: what is read as columns is used while in the cache.
            var top: usize = 0;
            while (top < m.rows) : (top += square) {
                var left: usize = 0;
                while (left < m.columns) : (left += square) {
                    for (top..@min(top + square, m.rows)) |i| {
                        for (left..@min(left + square, m.columns)) |j| {
                            out[i * step + j] = @floatCast(m.at(i, j)[0]);
                        }
                    }
                }
            }
        }

        /// Of a square matrix what is below the diagonal, and the diagonal.
        pub fn loadLower(m: @This(), out: [*]T) void {
            if (m.column == 1) {
                for (0..m.rows) |i| copyRow(T, m.at(i, 0), out + i * m.columns, i + 1);
                return;
            }
            var top: usize = 0;
            while (top < m.rows) : (top += square) {
                const rows = @min(square, m.rows - top);
                m.part(top, 0, rows, top + rows).load(T, out + top * m.columns, m.columns);
            }
        }

        const square = 16;

        fn copyRow(comptime W: type, from: [*]const T, to: [*]W, count: usize) void {
            if (W == T) return @memcpy(to[0..count], from);
            for (to[0..count], from) |*out, value| out.* = @floatCast(value);
        }
    };
}

/// Distance of rows for a matrix of scratch: an odd number of 16 elements, so that rows start in
/// different sets of the caches.
pub fn pitch(columns: usize) usize {
    return ((columns + 15) / 16 | 1) * 16;
}

/// Scratch of an algorithm, handed out piece by piece.
pub const Work = struct {
    memory: [*]align(64) u8,

    /// Bytes that `take` uses up.
    pub fn bytes(comptime T: type, count: usize) usize {
        return (count * @sizeOf(T) + 63) / 64 * 64;
    }

    pub fn take(work: *Work, comptime T: type, count: usize) [*]align(64) T {
        const piece = work.memory;
        work.memory = @alignCast(piece + bytes(T, count));
        return @ptrCast(piece);
    }
};

/// Address of element 0 of part number `index` of a view, whose first `axes` dims are the batch.
pub fn address(comptime T: type, view: *const abi.View, index: usize, axes: usize) [*]T {
    var rest = index;
    var offset: isize = 0;
    var axis = axes;
    while (axis > 0) {
        axis -= 1;
        const extent = view.extent(axis);
        offset += @as(isize, @intCast(rest % extent)) * view.stride(axis);
        rest /= extent;
    }
    return @ptrFromInt(@intFromPtr(view.pointer(T)) +% @as(usize, @bitCast(offset *% @sizeOf(T))));
}

/// Matrices in a view whose last `axes` dims are no batch.
pub fn countOf(view: *const abi.View, axes: usize) usize {
    var count: usize = 1;
    for (0..view.dims() - axes) |axis| count *= view.extent(axis);
    return count;
}

/// Runs `body` on every matrix: one alone, or few large ones, with all threads each, others
/// divided among the threads. `nanoseconds` is a guess of one matrix's time.
pub fn each(
    call: *abi.Call,
    count: usize,
    nanoseconds: f64,
    comptime body: fn (call: *abi.Call, index: usize, threads: Threads) abi.Status,
) abi.Status {
    if (count == 1 or (count < 4 and nanoseconds > 5e6)) {
        for (0..count) |index| {
            const status = body(call, index, .pool);
            if (status != .ok) return status;
        }
        return .ok;
    }
    const Job = struct {
        call: *abi.Call,
        count: usize,
        per_chunk: usize,
        status: abi.Status = .ok,

        fn run(job: *@This(), chunk: usize) void {
            const first = chunk * job.per_chunk;
            for (first..@min(first + job.per_chunk, job.count)) |index| {
                const status = body(job.call, index, .caller);
                if (status != .ok) @atomicStore(abi.Status, &job.status, status, .monotonic);
            }
        }
    };
    const per_chunk: usize = @intFromFloat(@max(1, 2e4 / @max(nanoseconds, 20)));
    var job: Job = .{ .call = call, .count = count, .per_chunk = per_chunk };
    const whole = nanoseconds * @as(f64, @floatFromInt(count));
    runtime.parallelFor((count + per_chunk - 1) / per_chunk, whole, &job, Job.run);
    return job.status;
}

/// Time of an algorithm of so many multiplications, which also has a part that grows with the
/// square.
pub fn time(a: usize, b: usize, c: usize, factor: f64) f64 {
    const x: f64 = @floatFromInt(a);
    const y: f64 = @floatFromInt(b);
    const z: f64 = @floatFromInt(c);
    return 100 + factor * x * y * z;
}

pub const Error = error{OutOfMemory};

/// Whether so many elements, the end of a row, are taken as one masked vector: a masked store is
/// not forwarded to the loads that follow, which costs more than a few single elements.
inline fn isMasked(count: usize) bool {
    return has_masks and count >= 6;
}

const has_masks = simd.avx2;

/// c <- a b; the elements of a row of c lie side by side.
pub fn setProduct(
    comptime T: type,
    c: Matrix(T),
    a: Matrix(T),
    b: Matrix(T),
    threads: Threads,
) Error!void {
    if (a.columns == 0) {
        for (0..c.rows) |i| @memset(c.at(i, 0)[0..c.columns], 0);
    } else try product(T, c, 1, a, b, threads, false);
}

/// c += alpha a b; the elements of a row of c lie side by side.
pub fn addProduct(
    comptime T: type,
    c: Matrix(T),
    alpha: T,
    a: Matrix(T),
    b: Matrix(T),
    threads: Threads,
) Error!void {
    if (a.columns > 0) try product(T, c, alpha, a, b, threads, true);
}

fn product(
    comptime T: type,
    c: Matrix(T),
    alpha: T,
    a: Matrix(T),
    b: Matrix(T),
    threads: Threads,
    accumulate: bool,
) Error!void {
    assert(c.rows == a.rows and c.columns == b.columns);
    assert(a.columns == b.rows and c.column == 1);
    if (c.rows == 0 or c.columns == 0) return;
    // A single column is taken for a row by `multiply`, which needs its elements side by side.
    if (c.columns == 1 and c.row != 1 and c.rows > 1) {
        for (0..c.rows) |i| {
            const sum = if (a.column == 1 and b.row == 1) dot(T, a.at(i, 0), b.data, b.rows) else sum: {
                var sum: T = 0;
                for (0..a.columns) |k| sum = simd.mulAdd(a.at(i, k)[0], b.at(k, 0)[0], sum);
                break :sum sum;
            };
            c.at(i, 0)[0] = if (accumulate) c.at(i, 0)[0] + alpha * sum else alpha * sum;
        }
        return;
    }
    const status = gemm.multiply(T, .{
        .rows = c.rows,
        .columns = c.columns,
        .depth = a.columns,
        .a = a.data,
        .a_row = a.row,
        .a_step = a.column,
        .b = b.data,
        .b_step = b.row,
        .b_column = b.column,
        .c = c.data,
        .c_row = @intCast(c.row),
        .alpha = alpha,
        .accumulate = accumulate,
    }, threads);
    if (status != .ok) return error.OutOfMemory;
}

/// y += factor x.
pub inline fn addScaled(comptime T: type, y: [*]T, x: [*]const T, count: usize, factor: T) void {
    const L = simd.lanes(T);
    const f: simd.Vector(T) = @splat(factor);
    var i: usize = 0;
    while (i + L <= count) : (i += L) {
        simd.store(T, y + i, simd.mulAdd(f, simd.load(T, x + i), simd.load(T, y + i)));
    }
    const left = count - i;
    if (isMasked(left)) {
        const sum = simd.mulAdd(f, simd.loadPart(T, x + i, left), simd.loadPart(T, y + i, left));
        simd.storePart(T, y + i, sum, left);
    } else while (i < count) : (i += 1) y[i] = simd.mulAdd(factor, x[i], y[i]);
}

/// x *= factor.
pub inline fn scale(comptime T: type, x: [*]T, count: usize, factor: T) void {
    const L = simd.lanes(T);
    var i: usize = 0;
    while (i + L <= count) : (i += L) {
        simd.store(T, x + i, simd.load(T, x + i) * @as(simd.Vector(T), @splat(factor)));
    }
    while (i < count) : (i += 1) x[i] *= factor;
}

/// x *= 2^exponent, exactly where the result is no denormal.
pub fn scaleByPower(comptime T: type, x: [*]T, count: usize, exponent: i32) void {
    // In two steps: the power alone may be none of T.
    const half = @divTrunc(exponent, 2);
    scale(T, x, count, std.math.ldexp(@as(T, 1), half));
    scale(T, x, count, std.math.ldexp(@as(T, 1), exponent - half));
}

/// x /= divisor: where its inverse may overflow.
pub inline fn divide(comptime T: type, x: [*]T, count: usize, divisor: T) void {
    const L = simd.lanes(T);
    var i: usize = 0;
    while (i + L <= count) : (i += L) {
        simd.store(T, x + i, simd.load(T, x + i) / @as(simd.Vector(T), @splat(divisor)));
    }
    while (i < count) : (i += 1) x[i] /= divisor;
}

/// y += the sum of rows of x, `step` apart, each times its factor.
pub fn addRows(
    comptime T: type,
    y: [*]T,
    x: [*]const T,
    step: usize,
    factors: []const T,
    count: usize,
) void {
    var k: usize = 0;
    while (k + 4 <= factors.len) : (k += 4) addFour(T, y, x + k * step, step, factors[k..], count);
    while (k < factors.len) : (k += 1) addScaled(T, y, x + k * step, count, factors[k]);
}

fn addFour(
    comptime T: type,
    y: [*]T,
    x: [*]const T,
    step: usize,
    factors: []const T,
    count: usize,
) void {
    const L = simd.lanes(T);
    var f: [4]simd.Vector(T) = undefined;
    inline for (0..4) |k| f[k] = @splat(factors[k]);
    var i: usize = 0;
    while (i + L <= count) : (i += L) {
        var sum = simd.load(T, y + i);
        inline for (0..4) |k| sum = simd.mulAdd(f[k], simd.load(T, x + k * step + i), sum);
        simd.store(T, y + i, sum);
    }
    if (has_masks) {
        const left = count - i;
        if (left == 0) return;
        var sum = simd.loadPart(T, y + i, left);
        inline for (0..4) |k| sum = simd.mulAdd(f[k], simd.loadPart(T, x + k * step + i, left), sum);
        simd.storePart(T, y + i, sum, left);
    } else while (i < count) : (i += 1) {
        inline for (0..4) |k| y[i] = simd.mulAdd(factors[k], x[k * step + i], y[i]);
    }
}

/// sums <- the rows of x, `step` apart, times y.
pub fn dotRows(
    comptime T: type,
    sums: []T,
    x: [*]const T,
    step: usize,
    y: [*]const T,
    count: usize,
) void {
    var k: usize = 0;
    while (k + 4 <= sums.len) : (k += 4) dotFour(T, sums[k..], x + k * step, step, y, count);
    while (k < sums.len) : (k += 1) sums[k] = dot(T, x + k * step, y, count);
}

fn dotFour(
    comptime T: type,
    sums: []T,
    x: [*]const T,
    step: usize,
    y: [*]const T,
    count: usize,
) void {
    const L = simd.lanes(T);
    var parts: [4]simd.Vector(T) = @splat(@splat(0));
    var i: usize = 0;
    while (i + L <= count) : (i += L) {
        const v = simd.load(T, y + i);
        inline for (0..4) |k| parts[k] = simd.mulAdd(simd.load(T, x + k * step + i), v, parts[k]);
    }
    if (has_masks and i < count) {
        const v = simd.loadPart(T, y + i, count - i);
        inline for (0..4) |k| {
            parts[k] = simd.mulAdd(simd.loadPart(T, x + k * step + i, count - i), v, parts[k]);
        }
        i = count;
    }
    inline for (0..4) |k| sums[k] = @reduce(.Add, parts[k]);
    while (i < count) : (i += 1) {
        inline for (0..4) |k| sums[k] = simd.mulAdd(x[k * step + i], y[i], sums[k]);
    }
}

/// Sum of x y, in an order that depends on the count alone.
pub inline fn dot(comptime T: type, x: [*]const T, y: [*]const T, count: usize) T {
    const L = simd.lanes(T);
    if (count < 6) {
        var sum: T = 0;
        for (x[0..count], y) |a, b| sum = simd.mulAdd(a, b, sum);
        return sum;
    }
    var sums: [2]simd.Vector(T) = @splat(@splat(0));
    var i: usize = 0;
    while (i + 2 * L <= count) : (i += 2 * L) {
        inline for (&sums, 0..) |*sum, k| {
            sum.* = simd.mulAdd(simd.load(T, x + i + k * L), simd.load(T, y + i + k * L), sum.*);
        }
    }
    while (i + L <= count) : (i += L) {
        sums[0] = simd.mulAdd(simd.load(T, x + i), simd.load(T, y + i), sums[0]);
    }
    const left = count - i;
    if (isMasked(left)) {
        sums[1] = simd.mulAdd(simd.loadPart(T, x + i, left), simd.loadPart(T, y + i, left), sums[1]);
        i = count;
    }
    var sum = @reduce(.Add, sums[0] + sums[1]);
    while (i < count) : (i += 1) sum = simd.mulAdd(x[i], y[i], sum);
    return sum;
}

/// x, y <- c x - s y, s x + c y.
pub inline fn rotate(comptime T: type, x: [*]T, y: [*]T, count: usize, c: T, s: T) void {
    const L = simd.lanes(T);
    const cs: simd.Vector(T) = @splat(c);
    const ss: simd.Vector(T) = @splat(s);
    var i: usize = 0;
    while (i + L <= count) : (i += L) {
        const a = simd.load(T, x + i);
        const b = simd.load(T, y + i);
        simd.store(T, x + i, cs * a - ss * b);
        simd.store(T, y + i, ss * a + cs * b);
    }
    const left = count - i;
    if (isMasked(left)) {
        const a = simd.loadPart(T, x + i, left);
        const b = simd.loadPart(T, y + i, left);
        simd.storePart(T, x + i, cs * a - ss * b, left);
        simd.storePart(T, y + i, ss * a + cs * b, left);
    } else while (i < count) : (i += 1) {
        const a = x[i];
        x[i] = c * a - s * y[i];
        y[i] = s * a + c * y[i];
    }
}

/// Largest magnitude; NaN when an element is NaN.
pub fn largest(comptime T: type, x: []const T) T {
    const L = simd.lanes(T);
    var mosts: simd.Vector(T) = @splat(0);
    // 0 for finite elements, else NaN.
    var zeros: simd.Vector(T) = @splat(0);
    var i: usize = 0;
    while (i + L <= x.len) : (i += L) {
        const v = simd.load(T, x.ptr + i);
        mosts = @select(T, @abs(v) > mosts, @abs(v), mosts);
        zeros += v * @as(simd.Vector(T), @splat(0));
    }
    var most = @reduce(.Max, mosts);
    var zero = @reduce(.Add, zeros);
    while (i < x.len) : (i += 1) {
        most = @max(most, @abs(x[i]));
        zero += x[i] * 0;
    }
    if (zero == 0 or std.math.isInf(most)) {
        // An infinity hides a NaN: rare enough to look again.
        if (zero != 0) for (x) |value| if (std.math.isNan(value)) return value;
        return most;
    }
    return std.math.nan(T);
}

/// Turns a vector's sign so that its largest element is positive, the first of equal ones; true
/// when it turned.
pub fn pointUp(comptime T: type, x: []T) bool {
    var most: T = 0;
    for (x) |value| {
        // Elements that differ by rounding alone count as equal: the sign should not depend on it.
        if (@abs(value) > @abs(most) * 1.000001) most = value;
    }
    if (most >= 0) return false;
    for (x) |*value| value.* = -value.*;
    return true;
}
