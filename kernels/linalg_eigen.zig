//! Eigenvalues and vectors of symmetric matrices: Householder tridiagonalisation, then QL steps
//! with implicit shifts (Golub and Van Loan, Matrix Computations, 8.3). Computed in float64 for
//! float32 too, so that those results are exact but for one rounding.
const std = @import("std");
const abi = @import("abi");
const matrix = @import("linalg_matrix.zig");
const runtime = @import("runtime.zig");

const Matrix = matrix.Matrix;
const dot = matrix.dot;
const addScaled = matrix.addScaled;
const sweeps_max = 60;

/// Codes of `info`.
pub const not_finite = 1;
pub const not_converged = 2;

pub fn decompose(comptime T: type, call: *abi.Call) abi.Status {
    const a = call.input(0);
    const size = a.extent(a.dims() - 1);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: matrix.Threads) abi.Status {
            _ = threads;
            var source: Matrix(T) = .of(inner.input(0), index);
            if (inner.attribute(0) == 1) source = source.transposed();
            const n = source.rows;
            const elements = 2 * n * n + 4 * n;
            const work = runtime.scratch(.work, f64, elements) orelse
                return inner.fail(.out_of_memory, @floatFromInt(elements * 8), 0);
            for (0..n) |i| for (0..i + 1) |j| {
                const value: f64 = source.at(i, j)[0];
                work[i * n + j] = value;
                work[j * n + i] = value;
            };
            const symmetric: Symmetric = .{
                .n = n,
                .a = work,
                .z = work + n * n,
                .d = work + 2 * n * n,
                .e = work + 2 * n * n + n,
                .work = work + 2 * n * n + 2 * n,
            };
            const info = symmetric.run();
            inner.output(2).pointer(i32)[index] = info;
            const values = inner.output(0).pointer(T) + index * n;
            store(T, &symmetric, values, inner.output(1).pointer(T) + index * n * n);
            return .ok;
        }
    };
    return matrix.each(call, matrix.countOf(a, 2), matrix.time(size, size, size, 2), Body.run);
}

/// Values in ascending order; the vectors, rows of z, into columns.
fn store(comptime T: type, s: *const Symmetric, values: [*]T, vectors: [*]T) void {
    const n = s.n;
    for (0..n) |j| {
        var least = j;
        for (j + 1..n) |i| {
            if (s.d[i] < s.d[least]) least = i;
        }
        // The smallest of the rest comes next; the others keep their order.
        const value = s.d[least];
        const place = s.order()[least];
        var i = least;
        while (i > j) : (i -= 1) {
            s.d[i] = s.d[i - 1];
            s.order()[i] = s.order()[i - 1];
        }
        s.d[j] = value;
        s.order()[j] = place;
        values[j] = @floatCast(value);
        const row = (s.z + place * n)[0..n];
        _ = matrix.pointUp(f64, row);
        for (row, 0..) |element, k| vectors[k * n + j] = @floatCast(element);
    }
}

/// A symmetric matrix a; its eigenvalues come into d, their vectors into the rows of z.
const Symmetric = struct {
    n: usize,
    a: [*]f64,
    z: [*]f64,
    d: [*]f64,
    e: [*]f64,
    work: [*]f64,

    fn order(s: *const Symmetric) [*]usize {
        return @ptrCast(s.work);
    }

    fn run(s: *const Symmetric) i32 {
        const n = s.n;
        for (0..n) |i| s.order()[i] = i;
        const most = matrix.largest(f64, s.a[0 .. n * n]);
        if (!std.math.isFinite(most)) {
            @memset(s.d[0..n], std.math.nan(f64));
            @memset(s.z[0 .. n * n], std.math.nan(f64));
            return not_finite;
        }
        // A power of 2: nothing is rounded.
        const exponent = if (most == 0) 0 else std.math.frexp(most).exponent;
        for (s.a[0 .. n * n]) |*value| value.* = std.math.ldexp(value.*, -exponent);
        s.tridiagonalise();
        const info = s.iterate();
        for (s.d[0..n]) |*value| value.* = std.math.ldexp(value.*, exponent);
        for (0..n) |i| s.order()[i] = i;
        return info;
    }

    /// a -> Q^T a Q with d on the diagonal, e below; z <- Q^T. Reflection k is kept in row k of a.
    fn tridiagonalise(s: *const Symmetric) void {
        const n = s.n;
        for (0..n) |k| {
            s.d[k] = s.a[k * n + k];
            if (k + 1 == n) break;
            const left = n - k - 1;
            const v = s.a + k * n + k + 1;
            const below = @sqrt(dot(f64, v + 1, v + 1, left - 1));
            if (below == 0) {
                s.e[k] = v[0];
                s.work[k] = 0;
                continue;
            }
            const norm = std.math.hypot(v[0], below);
            const beta = if (v[0] > 0) -norm else norm;
            const tau = (beta - v[0]) / beta;
            matrix.scale(f64, v + 1, left - 1, 1 / (v[0] - beta));
            v[0] = 1;
            s.e[k] = beta;
            s.work[k] = tau;
            s.update(k, v, left, tau);
        }
        s.formVectors();
    }

    /// The rest of a loses v w^T + w v^T, w = p - (tau/2) (p v) v, p = tau a v.
    fn update(s: *const Symmetric, k: usize, v: [*]const f64, left: usize, tau: f64) void {
        const n = s.n;
        const w = s.work + n;
        for (0..left) |i| w[i] = tau * dot(f64, s.a + (k + 1 + i) * n + k + 1, v, left);
        addScaled(f64, w, v, left, -0.5 * tau * dot(f64, w, v, left));
        for (0..left) |i| {
            const row = s.a + (k + 1 + i) * n + k + 1;
            addScaled(f64, row, w, left, -v[i]);
            addScaled(f64, row, v, left, -w[i]);
        }
    }

    fn formVectors(s: *const Symmetric) void {
        const n = s.n;
        @memset(s.z[0 .. n * n], 0);
        for (0..n) |i| s.z[i * n + i] = 1;
        var k = n;
        while (k > 1) {
            k -= 1;
            const v = s.a + (k - 1) * n + k;
            const tau = s.work[k - 1];
            if (tau == 0) continue;
            for (k..n) |i| {
                const row = s.z + i * n + k;
                addScaled(f64, row, v, n - k, -tau * dot(f64, row, v, n - k));
            }
        }
    }

    /// QL steps on each part of the tridiagonal matrix until its e are negligible.
    fn iterate(s: *const Symmetric) i32 {
        const n = s.n;
        if (n == 0) return 0;
        s.e[n - 1] = 0;
        for (0..n) |l| {
            var steps: usize = 0;
            while (true) : (steps += 1) {
                var m = l;
                while (m + 1 < n) : (m += 1) {
                    const size = @abs(s.d[m]) + @abs(s.d[m + 1]);
                    if (@abs(s.e[m]) <= std.math.floatEps(f64) * size) break;
                    // Both neighbours may be 0.
                    if (@abs(s.e[m]) < std.math.floatMin(f64)) break;
                }
                if (m == l) break;
                if (steps == sweeps_max) return not_converged;
                s.step(l, m);
            }
        }
        return 0;
    }

    fn step(s: *const Symmetric, l: usize, m: usize) void {
        const d = s.d;
        const e = s.e;
        var g = (d[l + 1] - d[l]) / (2 * e[l]);
        var r = std.math.hypot(g, 1);
        g = d[m] - d[l] + e[l] / (g + std.math.copysign(r, g));
        var sine: f64 = 1;
        var cosine: f64 = 1;
        var p: f64 = 0;
        var i = m;
        while (i > l) {
            i -= 1;
            const f = sine * e[i];
            const b = cosine * e[i];
            r = std.math.hypot(f, g);
            e[i + 1] = r;
            if (r == 0) {
                d[i + 1] -= p;
                e[m] = 0;
                return;
            }
            sine = f / r;
            cosine = g / r;
            g = d[i + 1] - p;
            r = (d[i] - g) * sine + 2 * cosine * b;
            p = sine * r;
            d[i + 1] = g + p;
            g = cosine * r - b;
            matrix.rotate(f64, s.z + i * s.n, s.z + (i + 1) * s.n, s.n, cosine, sine);
        }
        d[l] -= p;
        e[l] = g;
        e[m] = 0;
    }
};
