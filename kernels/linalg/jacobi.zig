//! Singular values of small square matrices by one-sided Jacobi rotations (Demmel and Veselic,
//! 1992), which find small ones as accurately as the scaling of the rows allows.
const std = @import("std");
const vector = @import("vector.zig");

const sweeps_max = 60;

/// Rotates pairs of rows of x until all are orthogonal; w takes the same rotations, from the
/// identity.
pub const Jacobi = struct {
    n: usize,
    x: [*]f64,
    w: [*]f64,
    norms: [*]f64,

    /// Squares of what is below vanish beside 1, the largest element.
    const nothing = 1e-290;

    pub fn order(j: *const Jacobi) [*]usize {
        return @ptrCast(j.norms + j.n);
    }

    pub fn run(j: *const Jacobi) bool {
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
        return vector.dot(f64, row, row, j.n);
    }

    /// True when the rows were not orthogonal.
    fn pair(j: *const Jacobi, p: usize, q: usize) bool {
        const n = j.n;
        const x = j.x + p * n;
        const y = j.x + q * n;
        const a = j.norms[p];
        const b = j.norms[q];
        if (a < nothing or b < nothing) return false;
        const c = vector.dot(f64, x, y, n);
        if (@abs(c) <= 4 * std.math.floatEps(f64) * @sqrt(a) * @sqrt(b)) return false;
        const zeta = (b - a) / (2 * c);
        const tangent = std.math.copysign(1 / (@abs(zeta) + std.math.hypot(zeta, 1)), zeta);
        const cosine = 1 / @sqrt(1 + tangent * tangent);
        const sine = cosine * tangent;
        vector.rotate(f64, x, y, n, cosine, sine);
        vector.rotate(f64, j.w + p * n, j.w + q * n, n, cosine, sine);
        j.norms[p] = a - tangent * c;
        j.norms[q] = b + tangent * c;
        // Where most of it went away, what is left has few digits.
        if (j.norms[p] < 1e-3 * a) j.norms[p] = j.squared(p);
        if (j.norms[q] < 1e-3 * b) j.norms[q] = j.squared(q);
        return true;
    }

    /// Norms of the rows, their order from the largest, and the rows of norm 1: those of norm 0
    /// are completed.
    pub fn normalise(j: *const Jacobi) void {
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
                vector.addScaled(f64, row, other, n, -vector.dot(f64, row, other, n));
            };
            const norm = @sqrt(vector.dot(f64, row, row, n));
            // Some axis has at least the average share of what is left.
            if (norm * norm * @as(f64, @floatFromInt(n)) < 0.5) continue;
            return vector.scale(f64, row, n, 1 / norm);
        }
    }
};
