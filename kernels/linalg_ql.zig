//! Eigenvalues and vectors of small symmetric tridiagonal matrices by QL steps with implicit shifts
//! (Golub and Van Loan, Matrix Computations, 8.3).
const std = @import("std");
const matrix = @import("linalg_matrix.zig");

const sweeps_max = 60;

pub const Tridiagonal = struct {
    n: usize,
    /// Eigenvalues afterwards.
    diagonal: [*]f64,
    /// n elements, of which the last is overwritten.
    beside: [*]f64,
    /// n rows that are rotated along, of any width.
    vectors: [*]f64,
    width: usize,

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
            const x = t.vectors + i * t.width;
            if (t.width > 0) matrix.rotate(f64, x, x + t.width, t.width, cosine, sine);
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
