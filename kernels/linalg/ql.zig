//! Eigenvalues of symmetric tridiagonal matrices by QL steps: with vectors, of small ones, by
//! implicit shifts (Golub and Van Loan, Matrix Computations, 8.3); values alone without square
//! roots, from the squares of what is beside the diagonal (Pal, Walker and Kahan; Parlett, The
//! Symmetric Eigenvalue Problem, 8.15).
const std = @import("std");
const vector = @import("vector.zig");

const sweeps_max = 60;

pub const Tridiagonal = struct {
    n: usize,
    /// Eigenvalues afterwards.
    diagonal: [*]f64,
    /// n elements, of which the last is overwritten.
    beside: [*]f64,
    /// n rows that are rotated along, as wide.
    vectors: [*]f64,

    /// Until what is beside the diagonal is negligible; false when it never is.
    pub fn iterate(t: *const Tridiagonal) bool {
        const n = t.n;
        const d = t.diagonal;
        const e = t.beside;
        if (n == 0) return true;
        e[n - 1] = 0;
        for (0..n) |l| {
            var steps: usize = 0;
            while (true) : (steps += 1) {
                var m = l;
                while (m + 1 < n) : (m += 1) {
                    const size = @abs(d[m]) + @abs(d[m + 1]);
                    if (@abs(e[m]) <= std.math.floatEps(f64) * size) break;
                    // Both neighbours may be 0.
                    if (@abs(e[m]) < std.math.floatMin(f64)) break;
                }
                if (m == l) break;
                if (steps == sweeps_max) return false;
                t.step(l, m);
            }
        }
        return true;
    }

    fn step(t: *const Tridiagonal, l: usize, m: usize) void {
        const d = t.diagonal;
        const e = t.beside;
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
            r = length(f, g);
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
            const x = t.vectors + i * t.n;
            vector.rotate(f64, x, x + t.n, t.n, cosine, sine);
        }
        d[l] -= p;
        e[l] = g;
        e[m] = 0;
    }

    /// hypot, whose care is needed for small numbers alone: the matrix is scaled.
    inline fn length(x: f64, y: f64) f64 {
        const squares = x * x + y * y;
        return if (squares > 1e-290) @sqrt(squares) else std.math.hypot(x, y);
    }
};

/// d becomes the eigenvalues, in no order; e, of n elements, is overwritten. False when what is
/// beside the diagonal never becomes negligible.
pub fn solveValues(d: [*]f64, e: [*]f64, n: usize) bool {
    if (n == 0) return true;
    for (e[0 .. n - 1]) |*value| value.* *= value.*;
    e[n - 1] = 0;
    var l: usize = 0;
    var steps: usize = 0;
    while (l < n) {
        var m = l;
        const least = comptime std.math.floatEps(f64) * std.math.floatEps(f64) / 4;
        while (m + 1 < n and e[m] > least * @abs(d[m] * d[m + 1]) + std.math.floatMin(f64)) m += 1;
        if (m + 1 < n) e[m] = 0;
        if (m <= l + 1) {
            if (m == l + 1) solvePair(d + l, e[l]);
            l = m + 1;
            steps = 0;
            continue;
        }
        steps += 1;
        if (steps > sweeps_max) return false;
        stepValues(d, e, l, m);
    }
    return true;
}

fn stepValues(d: [*]f64, e: [*]f64, l: usize, m: usize) void {
    const beside = @sqrt(e[l]);
    const half = (d[l + 1] - d[l]) / (2 * beside);
    const shift = d[l] - beside / (half + std.math.copysign(std.math.hypot(half, 1), half));
    var c: f64 = 1;
    var s: f64 = 0;
    var gamma = d[m] - shift;
    var p = gamma * gamma;
    var i = m;
    while (i > l) {
        i -= 1;
        const square = e[i];
        const r = p + square;
        if (i + 1 != m) e[i + 1] = s * r;
        const old_c = c;
        const old_gamma = gamma;
        c = p / r;
        s = square / r;
        gamma = c * (d[i] - shift) - s * old_gamma;
        d[i + 1] = old_gamma + (d[i] - gamma);
        p = if (c != 0) gamma * gamma / c else old_c * square;
    }
    e[l] = s * p;
    d[l] = shift + gamma;
}

/// Eigenvalues of [[d0, e], [e, d1]] from e^2: the smaller one without cancellation.
fn solvePair(d: [*]f64, square: f64) void {
    const sum = d[0] + d[1];
    const root = std.math.hypot(d[0] - d[1], 2 * @sqrt(square));
    const large = (sum + std.math.copysign(root, sum)) / 2;
    const most = if (@abs(d[0]) > @abs(d[1])) d[0] else d[1];
    const least = if (@abs(d[0]) > @abs(d[1])) d[1] else d[0];
    const small = if (large == 0) 0 else (most / large) * least - square / large;
    d[0] = large;
    d[1] = small;
}
