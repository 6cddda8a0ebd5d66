//! Householder reflections H = I - tau v v^T with v[0] = 1: alone, and as blocks I - V^T T V of
//! many (the compact WY form of Schreiber and Van Loan, 1989), applied by matrix products. The
//! vectors of a block are the rows of V.
const std = @import("std");
const matrix = @import("matrix.zig");
const vector = @import("vector.zig");

const Matrix = matrix.Matrix;
const Threads = matrix.Threads;

pub fn Reflection(comptime T: type) type {
    return struct { beta: T, tau: T };
}

/// H x = beta times the first axis. x becomes v.
pub fn reflect(comptime T: type, x: []T) Reflection(T) {
    const top = x[0];
    const below = norm(T, x[1..]);
    if (below == 0) {
        x[0] = 1;
        return .{ .beta = top, .tau = 0 };
    }
    const length = std.math.hypot(top, below);
    if (length < std.math.floatMin(T) / std.math.floatEps(T)) {
        // Denormal numbers have too few digits for H to be orthogonal.
        const power = if (T == f32) 100 else 700;
        vector.scale(T, x.ptr, x.len, std.math.ldexp(@as(T, 1), power));
        const found = reflect(T, x);
        return .{ .beta = std.math.ldexp(found.beta, -power), .tau = found.tau };
    }
    const beta = if (top > 0) -length else length;
    x[0] = 1;
    vector.divide(T, x.ptr + 1, x.len - 1, top - beta);
    return .{ .beta = beta, .tau = (beta - top) / beta };
}

/// Length of a vector, by squares of scaled elements where squares would overflow or vanish.
pub fn norm(comptime T: type, x: []const T) T {
    const squares = vector.dot(T, x.ptr, x.ptr, x.len);
    const eps = std.math.floatEps(T);
    const least = std.math.floatMin(T) / (eps * eps);
    if (squares > least and squares < std.math.inf(T)) return @sqrt(squares);
    const most = vector.largest(T, x);
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

/// Reflections that `applyToRows` takes together.
const wide = 64;

/// Scratch of `applyToRows` for so many rows.
pub fn applyBytes(comptime T: type, length: usize, rows: usize) usize {
    const Work = matrix.Work;
    return Work.bytes(T, wide * matrix.pitch(length)) + Work.bytes(T, 2 * wide * wide) +
        Work.bytes(T, 2 * wide * rows);
}

/// Rows of z <- those rows times (H_0 H_1 ...)^T. The vector of reflection k is row k of `vectors`
/// from column k + offset on; what is left of it there is not read.
pub fn applyToRows(
    comptime T: type,
    vectors: Matrix(T),
    offset: usize,
    taus: [*]const T,
    z: Matrix(T),
    work: *matrix.Work,
    threads: Threads,
) matrix.Error!void {
    const length = vectors.columns;
    const all = @min(vectors.rows, length - @min(offset, length));
    if (all == 0) return;
    const step = matrix.pitch(length);
    const copy = work.take(T, wide * step);
    const triangle = work.take(T, 2 * wide * wide);
    const sums = work.take(T, 2 * wide * z.rows);
    var first = (all - 1) / wide * wide;
    while (true) : (first -= wide) {
        const count = @min(wide, all - first);
        const v: Matrix(T) = .by(copy, count, length - first - offset, step);
        for (0..count) |i| {
            @memset(copy[i * step ..][0..i], 0);
            const source = vectors.at(first + i, first + i + offset);
            @memcpy(copy[i * step + i ..][0 .. v.columns - i], source[0 .. v.columns - i]);
        }
        const block: Block(T) = try .of(v, taus + first, triangle, threads);
        const part = z.part(0, first + offset, z.rows, v.columns);
        try block.applyRight(part, true, sums, threads);
        if (first == 0) return;
    }
}
