//! Singular values: QR, then one-sided Jacobi rotations of the rows of R (Demmel and Veselic,
//! 1992), which finds small singular values as accurately as the columns' scaling allows.
//! Computed in float64 for float32 too.
const std = @import("std");
const abi = @import("abi");
const matrix = @import("linalg_matrix.zig");
const householder = @import("linalg_qr.zig");
const eigen = @import("linalg_eigen.zig");
const runtime = @import("runtime.zig");

const Matrix = matrix.Matrix;
const Threads = matrix.Threads;
const sweeps_max = 60;

pub fn decompose(comptime T: type, call: *abi.Call) abi.Status {
    const a = call.input(0);
    const rank = a.dims();
    const rows = a.extent(rank - 2);
    const columns = a.extent(rank - 1);
    const small = @min(rows, columns);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: Threads) abi.Status {
            const source: Matrix(T) = .of(inner.input(0), index);
            const u: Matrix(T) = .of(inner.output(0), index);
            const vh: Matrix(T) = .of(inner.output(2), index);
            const count = @min(source.rows, source.columns);
            const values = inner.output(1).pointer(T) + index * count;
            const info = &inner.output(3).pointer(i32)[index];
            // Of a wide matrix the transposed one is taken: A^T = V S U^T.
            if (source.rows >= source.columns)
                return tall(T, inner, source, u, values, vh, info, threads);
            const turned = source.transposed();
            return tall(T, inner, turned, vh.transposed(), values, u.transposed(), info, threads);
        }
    };
    const nanoseconds = matrix.time(small, small, @max(rows, small * 8), 2);
    return matrix.each(call, matrix.countOf(a, 2), nanoseconds, Body.run);
}

/// a of at least as many rows as columns: a = Q R, R = W S V^T, so that U = Q W.
fn tall(
    comptime T: type,
    call: *abi.Call,
    a: Matrix(T),
    u: Matrix(T),
    values: [*]T,
    vh: Matrix(T),
    info: *i32,
    threads: Threads,
) abi.Status {
    const m = a.rows;
    const n = a.columns;
    const elements = 2 * m * n + m * u.columns + n * n + 2 * n +
        householder.workElements(m, n, u.columns);
    const memory = runtime.scratch(.work, f64, elements) orelse
        return call.fail(.out_of_memory, @floatFromInt(elements * 8), 0);
    const q = memory + m * n;
    const w = q + m * u.columns;
    const left = w + n * n;
    const jacobi: Jacobi = .{ .n = n, .x = memory, .w = w, .norms = left + n * m };
    a.load(f64, memory, n);
    const most = matrix.largest(f64, memory[0 .. m * n]);
    info.* = if (std.math.isFinite(most)) 0 else eigen.not_finite;
    if (info.* != 0) {
        fill(T, u);
        fill(T, vh);
        @memset(values[0..n], std.math.nan(T));
        return .ok;
    }
    const exponent = if (most == 0) 0 else std.math.frexp(most).exponent;
    for (memory[0 .. m * n]) |*value| value.* = std.math.ldexp(value.*, -exponent);
    const factor: householder.Factor(f64) = .{
        .a = memory,
        .rows = m,
        .columns = n,
        .work = jacobi.norms + 2 * n,
        .threads = threads,
    };
    const status = factor.run(q, u.columns);
    if (status != .ok) return status;
    for (0..n) |i| @memset(memory[i * n ..][0..i], 0);
    if (!jacobi.run()) info.* = eigen.not_converged;
    jacobi.normalise();
    const product = multiplyLeft(q, u.columns, m, w, n, left, threads);
    if (product != .ok) return product;
    for (0..n) |j| {
        const place = jacobi.order()[j];
        values[j] = @floatCast(std.math.ldexp(jacobi.norms[place], exponent));
        const column = (left + place * m)[0..m];
        const x = jacobi.x + place * n;
        if (matrix.pointUp(f64, column)) matrix.scale(f64, x, n, -1);
        for (column, 0..) |value, i| u.at(i, j)[0] = @floatCast(value);
        for (0..n) |i| vh.at(j, i)[0] = @floatCast(x[i]);
    }
    for (n..u.columns) |j| for (0..m) |i| {
        u.at(i, j)[0] = @floatCast(q[i * u.columns + j]);
    };
    return .ok;
}

/// out [n, m] <- w [n, n] times the transposed first n columns of q: the columns of U as rows.
fn multiplyLeft(
    q: [*]f64,
    q_columns: usize,
    m: usize,
    w: [*]f64,
    n: usize,
    out: [*]f64,
    threads: Threads,
) abi.Status {
    @memset(out[0 .. n * m], 0);
    const left: Matrix(f64) = .by(w, n, n, n);
    const right = Matrix(f64).by(q, m, n, q_columns).transposed();
    matrix.addProduct(f64, .by(out, n, m, m), 1, left, right, threads) catch return .out_of_memory;
    return .ok;
}

fn fill(comptime T: type, x: Matrix(T)) void {
    for (0..x.rows) |i| for (0..x.columns) |j| {
        x.at(i, j)[0] = std.math.nan(T);
    };
}

/// Rotates pairs of rows of x until all are orthogonal; w takes the same rotations, from the
/// identity.
const Jacobi = struct {
    n: usize,
    x: [*]f64,
    w: [*]f64,
    norms: [*]f64,

    /// Squares of what is below vanish beside 1, the largest element.
    const nothing = 1e-290;

    fn order(j: *const Jacobi) [*]usize {
        return @ptrCast(j.norms + j.n);
    }

    fn run(j: *const Jacobi) bool {
        const n = j.n;
        @memset(j.w[0 .. n * n], 0);
        for (0..n) |i| j.w[i * n + i] = 1;
        for (0..sweeps_max) |_| {
            for (0..n) |i| j.norms[i] = j.squared(i);
            var rotated = false;
            for (0..n) |p| for (p + 1..n) |q| {
                if (j.pair(p, q)) rotated = true;
            };
            if (!rotated) return true;
        }
        return false;
    }

    fn squared(j: *const Jacobi, i: usize) f64 {
        const row = j.x + i * j.n;
        return matrix.dot(f64, row, row, j.n);
    }

    /// True when the rows were not orthogonal.
    fn pair(j: *const Jacobi, p: usize, q: usize) bool {
        const n = j.n;
        const x = j.x + p * n;
        const y = j.x + q * n;
        const a = j.norms[p];
        const b = j.norms[q];
        if (a < nothing or b < nothing) return false;
        const c = matrix.dot(f64, x, y, n);
        if (@abs(c) <= 4 * std.math.floatEps(f64) * @sqrt(a) * @sqrt(b)) return false;
        const zeta = (b - a) / (2 * c);
        const tangent = std.math.copysign(1 / (@abs(zeta) + std.math.hypot(zeta, 1)), zeta);
        const cosine = 1 / @sqrt(1 + tangent * tangent);
        const sine = cosine * tangent;
        matrix.rotate(f64, x, y, n, cosine, sine);
        matrix.rotate(f64, j.w + p * n, j.w + q * n, n, cosine, sine);
        j.norms[p] = j.squared(p);
        j.norms[q] = j.squared(q);
        return true;
    }

    /// Norms of the rows, their order from the largest, and the rows of norm 1: those of norm 0
    /// are completed.
    fn normalise(j: *const Jacobi) void {
        const n = j.n;
        for (0..n) |i| {
            j.norms[i] = @sqrt(j.squared(i));
            var place = i;
            while (place > 0 and j.norms[j.order()[place - 1]] < j.norms[i]) : (place -= 1) {
                j.order()[place] = j.order()[place - 1];
            }
            j.order()[place] = i;
        }
        for (0..n) |k| {
            const i = j.order()[k];
            const row = j.x + i * n;
            if (j.norms[i] * j.norms[i] >= nothing) {
                for (row[0..n]) |*value| value.* /= j.norms[i];
            } else {
                j.norms[i] = 0;
                j.complete(k);
            }
        }
    }

    /// Row number k in the order becomes a unit vector orthogonal to those before it.
    fn complete(j: *const Jacobi, k: usize) void {
        const n = j.n;
        const row = j.x + j.order()[k] * n;
        for (0..n) |axis| {
            @memset(row[0..n], 0);
            row[axis] = 1;
            for (0..2) |_| for (0..k) |i| {
                const other = j.x + j.order()[i] * n;
                matrix.addScaled(f64, row, other, n, -matrix.dot(f64, row, other, n));
            };
            const norm = @sqrt(matrix.dot(f64, row, row, n));
            // Some axis has at least the average share of what is left.
            if (norm * norm * @as(f64, @floatFromInt(n)) < 0.5) continue;
            return matrix.scale(f64, row, n, 1 / norm);
        }
    }
};
