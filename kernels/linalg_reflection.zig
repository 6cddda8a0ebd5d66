//! Householder reflections H = I - tau v v^T with v[0] = 1: alone, and as blocks I - V^T T V of
//! many (the compact WY form of Schreiber and Van Loan, 1989), applied by matrix products. The
//! vectors of a block are the rows of V.
const std = @import("std");
const matrix = @import("linalg_matrix.zig");

const Matrix = matrix.Matrix;
const Threads = matrix.Threads;

pub fn Reflection(comptime T: type) type {
    return struct { beta: T, tau: T };
}

/// H x = beta times the first axis. x becomes v.
pub fn reflect(comptime T: type, x: []T) Reflection(T) {
    const top = x[0];
    const below = norm(T, x[1..]);
    x[0] = 1;
    if (below == 0) return .{ .beta = top, .tau = 0 };
    const length = std.math.hypot(top, below);
    const beta = if (top > 0) -length else length;
    matrix.divide(T, x.ptr + 1, x.len - 1, top - beta);
    return .{ .beta = beta, .tau = (beta - top) / beta };
}

/// Length of a vector, by squares of scaled elements where squares would overflow or vanish.
pub fn norm(comptime T: type, x: []const T) T {
    const squares = matrix.dot(T, x.ptr, x.ptr, x.len);
    const eps = std.math.floatEps(T);
    const least = std.math.floatMin(T) / (eps * eps);
    if (squares > least and squares < std.math.inf(T)) return @sqrt(squares);
    const most = matrix.largest(T, x);
    if (most == 0 or !std.math.isFinite(most)) return most;
    var sum: T = 0;
    for (x) |value| sum += (value / most) * (value / most);
    return most * @sqrt(sum);
}

/// A product of reflections, the first of which is outermost.
pub fn Block(comptime T: type) type {
    return struct {
        /// count x length.
        v: Matrix(T),
        /// count x count, upper triangular.
        t: Matrix(T),

        /// `t` takes 2 count^2 elements.
        pub fn of(v: Matrix(T), taus: [*]const T, t: [*]T, threads: Threads) matrix.Error!Block(T) {
            const count = v.rows;
            const overlaps: Matrix(T) = .by(t + count * count, count, count, count);
            try matrix.setProduct(T, overlaps, v, v.transposed(), threads);
            for (0..count) |j| {
                for (0..j) |i| {
                    var sum: T = 0;
                    for (i..j) |k| sum += t[i * count + k] * overlaps.data[k * count + j];
                    t[i * count + j] = -taus[j] * sum;
                }
                t[j * count + j] = taus[j];
                @memset(t[(j * count)..][0..j], 0);
            }
            return .{ .v = v, .t = .by(t, count, count, count) };
        }

        pub fn workElements(count: usize, others: usize) usize {
            return 2 * count * others;
        }

        /// c <- H c, or H^T c. `work` takes 2 count elements a column of c.
        pub fn applyLeft(
            b: *const Block(T),
            c: Matrix(T),
            transposed: bool,
            work: [*]T,
            threads: Threads,
        ) matrix.Error!void {
            const count = b.v.rows;
            const sums: Matrix(T) = .by(work, count, c.columns, c.columns);
            const turned: Matrix(T) = .by(work + count * c.columns, count, c.columns, c.columns);
            try matrix.setProduct(T, sums, b.v, c, threads);
            const t = if (transposed) b.t.transposed() else b.t;
            try matrix.setProduct(T, turned, t, sums, threads);
            try matrix.addProduct(T, c, -1, b.v.transposed(), turned, threads);
        }

        /// c <- c H, or c H^T. `work` takes 2 count elements a row of c.
        pub fn applyRight(
            b: *const Block(T),
            c: Matrix(T),
            transposed: bool,
            work: [*]T,
            threads: Threads,
        ) matrix.Error!void {
            const count = b.v.rows;
            const sums: Matrix(T) = .by(work, c.rows, count, count);
            const turned: Matrix(T) = .by(work + count * c.rows, c.rows, count, count);
            try matrix.setProduct(T, sums, c, b.v.transposed(), threads);
            const t = if (transposed) b.t.transposed() else b.t;
            try matrix.setProduct(T, turned, sums, t, threads);
            try matrix.addProduct(T, c, -1, turned, b.v, threads);
        }
    };
}
