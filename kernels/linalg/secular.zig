//! The secular equation of divide and conquer: roots of 1 + sum of w / (p - x) over poles p of
//! weights w > 0, one root to the right of each pole.
//!
//! Each root is kept as its distances to all poles, of small relative error each: measured from the
//! nearest pole, by the interpolation with two poles that Li calls the middle way (1994). The
//! weights of which the computed roots are the exact ones (Gu and Eisenstat, 1995) then make
//! vectors that are orthogonal to working precision.
const std = @import("std");
const gemm = @import("../gemm.zig");
const simd = @import("../simd.zig");

const eps = std.math.floatEps(f64);
const lanes = simd.lanes(f64);
const Vector = simd.Vector(f64);
const steps_max = 100;

/// The poles are the values given, or their squares: of singular values.
pub const Kind = enum { values, squares };

pub fn Equation(comptime kind: Kind) type {
    return struct {
        count: usize,
        /// Ascending and distinct; not negative when the poles are their squares.
        values: [*]const f64,
        weights: [*]const f64,
        /// Row j: pole i less root j.
        gaps: [*]f64,
        /// Root j, or its square root.
        roots: [*]f64,

        const Self = @This();
        const roots_per_chunk = 16;

        inline fn between(q: *const Self, i: usize, j: usize) f64 {
            const difference = q.values[i] - q.values[j];
            return if (kind == .values) difference else difference * (q.values[i] + q.values[j]);
        }

        /// Fills gaps and roots.
        pub fn solve(q: *const Self, threads: gemm.Threads) void {
            const each: f64 = @floatFromInt(q.count * q.count);
            const chunks = (q.count + roots_per_chunk - 1) / roots_per_chunk;
            gemm.forEach(threads, chunks, each * 5, q, solveChunk);
        }

        fn solveChunk(q: *const Self, chunk: usize) void {
            const first = chunk * roots_per_chunk;
            for (first..@min(first + roots_per_chunk, q.count)) |j| q.solveRoot(j);
        }

        fn solveRoot(q: *const Self, j: usize) void {
            const gaps = q.gaps + j * q.count;
            const search: Search = if (j + 1 == q.count) q.startLast(gaps) else q.start(j, gaps);
            const shift = search.run();
            for (gaps[0..q.count]) |*gap| gap.* -= shift;
            const origin = q.values[search.origin];
            q.roots[j] = switch (kind) {
                .values => origin + shift,
                .squares => origin + shift / (origin + @sqrt(@max(0, origin * origin + shift))),
            };
        }

        fn shiftTo(q: *const Self, origin: usize, gaps: [*]f64) void {
            for (gaps[0..q.count], 0..) |*gap, i| gap.* = q.between(i, origin);
        }

        /// The root between poles j and j + 1, from the nearer of them: f rises from minus to plus
        /// infinity, so that its sign in the middle tells.
        fn start(q: *const Self, j: usize, gaps: [*]f64) Search {
            const width = q.between(j + 1, j);
            q.shiftTo(j, gaps);
            const middle = width / 2;
            const sums = sumsOf(gaps, q.weights, 0, q.count, middle);
            const value = 1 + sums.value;
            const is_left = value >= 0;
            const origin = if (is_left) j else j + 1;
            const left = q.weights[j];
            const right = q.weights[j + 1];
            // The other poles as in the middle.
            const rest = value - left / -middle - right / (width - middle);
            if (!is_left) q.shiftTo(origin, gaps);
            var search: Search = .{
                .gaps = gaps,
                .weights = q.weights,
                .count = q.count,
                .split = j + 1,
                .left = j,
                .right = j + 1,
                .origin = origin,
                .low = if (is_left) 0 else -middle,
                .high = if (is_left) middle else 0,
            };
            search.shift = if (is_left)
                smallerRoot(rest, rest * width + left + right, left * width)
            else
                smallerRoot(rest, -rest * width + left + right, -right * width);
            if (!search.isInside(search.shift)) search.shift = (search.low + search.high) / 2;
            return search;
        }

        /// The root beyond the last pole, at most the sum of the weights away.
        fn startLast(q: *const Self, gaps: [*]f64) Search {
            const last = q.count - 1;
            q.shiftTo(last, gaps);
            var whole: f64 = 0;
            for (q.weights[0..q.count]) |weight| whole += weight;
            return .{
                .gaps = gaps,
                .weights = q.weights,
                .count = q.count,
                .split = last,
                .left = last -| 1,
                .right = last,
                .origin = last,
                .low = 0,
                .high = whole * (1 + 4 * eps),
                .shift = if (last == 0) whole else @max(q.weights[last], whole / 2),
                .is_beyond = true,
            };
        }

        /// The weights of which the roots are exact, in place of those given; gaps and roots are
        /// known.
        pub fn correct(q: *const Self, weights: [*]f64, threads: gemm.Threads) void {
            const Job = struct {
                equation: *const Self,
                weights: [*]f64,

                fn run(job: *const @This(), chunk: usize) void {
                    job.equation.correctChunk(job.weights, chunk * columns);
                }
            };
            const job: Job = .{ .equation = q, .weights = weights };
            const each: f64 = @floatFromInt(q.count * q.count);
            gemm.forEach(threads, (q.count + columns - 1) / columns, each * 0.5, &job, Job.run);
        }

        const columns = 4 * lanes;

        /// w_i = product over j of (root j - pole i) / (pole j - pole i), j = i without divisor.
        fn correctChunk(q: *const Self, weights: [*]f64, first: usize) void {
            const end = @min(first + columns, q.count);
            var i = first;
            while (i + lanes <= end) : (i += lanes) {
                const own = simd.load(f64, q.values + i);
                var product: Vector = @splat(1);
                for (0..q.count) |j| {
                    const other: Vector = @splat(q.values[j]);
                    var divisor = own - other;
                    if (kind == .squares) divisor *= own + other;
                    const is_own = divisor == @as(Vector, @splat(0));
                    divisor = @select(f64, is_own, @as(Vector, @splat(1)), divisor);
                    product *= simd.load(f64, q.gaps + j * q.count + i) / divisor;
                }
                simd.store(f64, weights + i, @abs(product));
            }
            while (i < end) : (i += 1) {
                var product: f64 = 1;
                for (0..q.count) |j| {
                    const divisor = q.between(i, j);
                    product *= q.gaps[j * q.count + i] / (if (i == j) 1 else divisor);
                }
                weights[i] = @abs(product);
            }
        }
    };
}

const Sums = struct { value: f64, slope: f64 };

/// Sum of w / (gap - x) and of its slope, over part of the poles.
fn sumsOf(gaps: [*]const f64, weights: [*]const f64, from: usize, to: usize, x: f64) Sums {
    var value: Vector = @splat(0);
    var slope: Vector = @splat(0);
    const xs: Vector = @splat(x);
    const ones: Vector = @splat(1);
    var i = from;
    while (i + lanes <= to) : (i += lanes) {
        const inverse = ones / (simd.load(f64, gaps + i) - xs);
        const term = simd.load(f64, weights + i) * inverse;
        value += term;
        slope += term * inverse;
    }
    var sums: Sums = .{ .value = @reduce(.Add, value), .slope = @reduce(.Add, slope) };
    while (i < to) : (i += 1) {
        const inverse = 1 / (gaps[i] - x);
        sums.value += weights[i] * inverse;
        sums.slope += weights[i] * inverse * inverse;
    }
    return sums;
}

/// The root of c x^2 - a x + b that the interpolation means: the one that stays between the poles.
fn smallerRoot(c: f64, a: f64, b: f64) f64 {
    const root = @sqrt(@max(0, a * a - 4 * b * c));
    return if (a <= 0) (a - root) / (2 * c) else 2 * b / (a + root);
}

/// The same to the right of both poles.
fn largerRoot(c: f64, a: f64, b: f64) f64 {
    const root = @sqrt(@max(0, a * a - 4 * b * c));
    return if (a >= 0) (a + root) / (2 * c) else 2 * b / (a - root);
}

/// One root, as a shift from the pole `origin`, between low and high.
const Search = struct {
    gaps: [*]const f64,
    weights: [*]const f64,
    count: usize,
    /// Poles below it are on one side of the interpolation.
    split: usize,
    left: usize,
    right: usize,
    origin: usize,
    low: f64,
    high: f64,
    shift: f64 = 0,
    /// To the right of both poles of the interpolation, not between them.
    is_beyond: bool = false,

    fn isInside(s: *const Search, x: f64) bool {
        return x > s.low and x < s.high;
    }

    fn run(given: *const Search) f64 {
        var s = given.*;
        if (s.count == 1) return s.shift;
        for (0..steps_max) |_| {
            const below = sumsOf(s.gaps, s.weights, 0, s.split, s.shift);
            const above = sumsOf(s.gaps, s.weights, s.split, s.count, s.shift);
            const value = 1 + below.value + above.value;
            const slope = below.slope + above.slope;
            const size = 1 + 8 * (@abs(below.value) + @abs(above.value)) + @abs(s.shift) * slope;
            if (@abs(value) <= eps * size) break;
            if (value > 0) s.high = s.shift else s.low = s.shift;
            const next = s.shift + s.step(value, below.slope, above.slope);
            const better = if (s.isInside(next)) next else s.halve();
            if (better == s.shift) break;
            s.shift = better;
        }
        return s.shift;
    }

    fn step(s: *const Search, value: f64, below: f64, above: f64) f64 {
        const left = s.gaps[s.left] - s.shift;
        const right = s.gaps[s.right] - s.shift;
        const c = value - left * below - right * above;
        const a = (left + right) * value - left * right * (below + above);
        const b = left * right * value;
        return if (s.is_beyond) largerRoot(c, a, b) else smallerRoot(c, a, b);
    }

    /// Where the interpolation leads out: half of the range, by exponent when one end is far
    /// nearer to the pole.
    fn halve(s: *const Search) f64 {
        const near = @min(@abs(s.low), @abs(s.high));
        const far = @max(@abs(s.low), @abs(s.high));
        if (near * 100 >= far) return (s.low + s.high) / 2;
        const size = if (near == 0) far / 100 else @sqrt(near) * @sqrt(far);
        return if (s.high > 0) size else -size;
    }
};
