//! A whole transform of n numbers, by passes of small radices; of an n with other prime factors, by
//! way of a convolution with a chirp (Bluestein 1970) whose length m has none.
//!
//! The numbers that a transform needs are in a table, which the caller made in float64:
//!   the passes' factors of n, or of m;
//!   for a chirp: c[j] = e^(-pi i j^2 / n), j < n, then the transform of its inverse over m;
//!   for real transforms of even length 2 h: e^(-pi i k / h), k < h.
//! Of each, all real parts stand before the imaginary ones.
const std = @import("std");
const abi = @import("abi");
const simd = @import("../simd.zig");
const stage = @import("stage.zig");

pub const passes_max = 24;

pub fn Plan(comptime T: type) type {
    return struct {
        const PlanOf = @This();
        const Pair = stage.Pair(T);
        const L = simd.lanes(T);

        n: usize,
        /// Length of the convolution; 0 for none.
        chirp: usize,
        count: usize,
        radices: [passes_max]usize,
        table: [*]const T,

        /// From the attributes `first` and following: n, chirp, number of passes, their radices.
        pub fn of(call: *const abi.Call, first: usize, table: [*]const T) PlanOf {
            var plan: PlanOf = .{
                .n = abi.toUsize(call.attribute(first)),
                .chirp = abi.toUsize(call.attribute(first + 1)),
                .count = abi.toUsize(call.attribute(first + 2)),
                .radices = undefined,
                .table = table,
            };
            std.debug.assert(plan.count <= passes_max);
            for (plan.radices[0..plan.count], first + 3..) |*radix, i| {
                radix.* = abi.toUsize(call.attribute(i));
            }
            return plan;
        }

        /// Numbers that the passes work on.
        pub fn length(plan: *const PlanOf) usize {
            return if (plan.chirp == 0) plan.n else plan.chirp;
        }

        /// Numbers of scratch memory for transforms of `s` side by side.
        pub fn scratchSize(plan: *const PlanOf, s: usize) usize {
            const pairs: usize = if (plan.chirp == 0) 1 else 3;
            return 2 * pairs * rounded(plan.length() * s);
        }

        /// True when a transform alone keeps the vectors full.
        pub fn fillsVectors(plan: *const PlanOf) bool {
            return plan.count > 2 and plan.radices[0] == 4 and plan.radices[1] == 4 and
                plan.length() / 4 % L == 0;
        }

        /// What is in the table behind the passes.
        fn passesSize(plan: *const PlanOf) usize {
            var left = plan.length();
            var size: usize = 0;
            for (plan.radices[0..plan.count]) |radix| {
                left /= radix;
                size += stage.tableSize(radix, left);
            }
            return size;
        }

        /// e^(-pi i k / h), where the table has it.
        pub fn halfTurns(plan: *const PlanOf) stage.Pair(T) {
            const chirps = if (plan.chirp == 0) 0 else 2 * (plan.n + plan.chirp);
            const start = @constCast(plan.table) + plan.passesSize() + chirps;
            return .{ .re = start, .im = start + plan.n };
        }

        /// y <- x, s transforms side by side; x, y and scratch are three.
        pub fn run(plan: *const PlanOf, x: Pair, y: Pair, scratch: [*]T, s: usize) void {
            if (plan.chirp != 0) return plan.runChirp(x, y, scratch, s);
            plan.runPasses(x, y, pairAt(scratch, 0, plan.length() * s), s);
        }

        fn runPasses(plan: *const PlanOf, x: Pair, y: Pair, scratch: Pair, s: usize) void {
            var from = x;
            var left = plan.length();
            var side = s;
            var table = plan.table;
            if (plan.count == 0) {
                @memcpy(y.re[0 .. left * s], x.re);
                @memcpy(y.im[0 .. left * s], x.im);
            }
            for (plan.radices[0..plan.count], 1..) |radix, done| {
                left /= radix;
                const to = if ((plan.count - done) % 2 == 0) y else scratch;
                stage.pass(T, radix, left, side, from, to, table);
                table += stage.tableSize(radix, left);
                side *= radix;
                from = to;
            }
        }

        fn runChirp(plan: *const PlanOf, x: Pair, y: Pair, scratch: [*]T, s: usize) void {
            const m = plan.chirp;
            const a = pairAt(scratch, 0, m * s);
            const b = pairAt(scratch, 1, m * s);
            const c = pairAt(scratch, 2, m * s);
            const start = @constCast(plan.table) + plan.passesSize();
            const turns: Pair = .{ .re = start, .im = start + plan.n };
            const spectrum: Pair = .{ .re = start + 2 * plan.n, .im = start + 2 * plan.n + m };
            multiply(T, x, turns, a, plan.n, s);
            @memset(a.re[plan.n * s .. m * s], 0);
            @memset(a.im[plan.n * s .. m * s], 0);
            plan.runPasses(a, b, c, s);
            multiply(T, b, spectrum, b, m, s);
            plan.runPasses(b.exchanged(true), a.exchanged(true), c, s);
            multiply(T, a, turns, y, plan.n, s);
        }
    };
}

pub fn rounded(count: usize) usize {
    return std.mem.alignForward(usize, count, 16);
}

/// Pair number `index` of those in a block, each of `count` numbers.
pub fn pairAt(block: anytype, index: usize, count: usize) stage.Pair(
    std.meta.Elem(@TypeOf(block)),
) {
    const size = rounded(count);
    return .{ .re = block + 2 * index * size, .im = block + (2 * index + 1) * size };
}

/// y[j, q] <- x[j, q] f[j].
fn multiply(
    comptime T: type,
    x: stage.Pair(T),
    f: stage.Pair(T),
    y: stage.Pair(T),
    n: usize,
    s: usize,
) void {
    const L = comptime simd.lanes(T);
    const V = simd.Vector(T);
    if (s == 1) {
        var j: usize = 0;
        while (j < n) : (j += L) {
            const count = @min(L, n - j);
            const a = stage.read(T, x.from(j), count);
            stage.write(T, y.from(j), a.times(stage.read(T, f.from(j), count)), count);
        }
        return;
    }
    std.debug.assert(s % L == 0);
    for (0..n) |j| {
        const factor: stage.Complex(V) = .{ .re = @splat(f.re[j]), .im = @splat(f.im[j]) };
        var q: usize = 0;
        while (q < s) : (q += L) {
            const a = stage.read(T, x.from(j * s + q), L);
            stage.write(T, y.from(j * s + q), a.times(factor), L);
        }
    }
}
