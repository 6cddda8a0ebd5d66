//! What standardisation works on: sets of elements, and what is known of one.
const std = @import("std");
const abi = @import("abi");
const fold = @import("../fold.zig");
const simd = @import("../simd.zig");

/// Elements of a job.
pub const grain = 1 << 16;
/// Elements whose statistics are taken together, while they are in the nearest cache.
const piece = 8192;
/// Vectors added up in the element type before float64 takes over.
pub const block_vectors = 64;

/// Which elements belong to which set.
pub const Layout = struct {
    outer: usize,
    channels: usize,
    inner: usize,
    /// Sets of one outer index; 0 where a set is a channel.
    groups: usize,
    /// A channel is one element and has a factor: sets are rows.
    is_rows: bool,
    sets: usize,
    /// Planes of a set, and the distance between them in planes.
    planes: usize,
    step: usize,

    pub fn init(call: *const abi.Call, size: f64, has_weight: bool) Layout {
        var layout: Layout = undefined;
        layout.channels = abi.toUsize(call.attribute(0));
        layout.inner = abi.toUsize(call.attribute(1));
        layout.groups = abi.toUsize(call.attribute(2));
        layout.outer = abi.toUsize(size) / (layout.channels * layout.inner);
        if (layout.groups != 0 and !has_weight) {
            // Without factors the channels of a group are no different: one long plane.
            layout.inner *= layout.channels / layout.groups;
            layout.channels = layout.groups;
        }
        const is_batch = layout.groups == 0;
        layout.is_rows = !is_batch and has_weight and layout.inner == 1;
        layout.sets = if (is_batch) layout.channels else layout.outer * layout.groups;
        layout.planes = if (is_batch) layout.outer else layout.channels / layout.groups;
        layout.step = if (is_batch) layout.channels else 1;
        return layout;
    }

    pub fn elements(layout: *const Layout) usize {
        return layout.planes * layout.inner;
    }

    pub fn plane(layout: *const Layout, set: usize, index: usize) usize {
        if (layout.groups == 0) return index * layout.channels + set;
        return set * layout.planes + index;
    }

    pub fn setOf(layout: *const Layout, index: usize) usize {
        return if (layout.groups == 0) index % layout.channels else index / layout.planes;
    }

    /// Few large sets are worked on by planes, so that threads share them; others whole, which are
    /// then read from memory once.
    pub fn isShared(layout: *const Layout) bool {
        return layout.sets < 8 and layout.planes > 1 and layout.elements() * layout.sets > 1 << 18;
    }
};

pub fn jobs(count: usize, per_job: usize) usize {
    return (count + per_job - 1) / per_job;
}

/// Count, mean and sum of squared differences from it; two merge by the rule of Chan, Golub and
/// LeVeque.
pub const Moments = struct {
    count: f64 = 0,
    mean: f64 = 0,
    squares: f64 = 0,

    pub fn add(m: *Moments, other: Moments) void {
        if (m.count == 0) {
            m.* = other;
            return;
        }
        const count = m.count + other.count;
        const difference = other.mean - m.mean;
        m.mean += difference * (other.count / count);
        m.squares += other.squares + difference * difference * (m.count * other.count / count);
        m.count = count;
    }

    pub fn variance(m: Moments) f64 {
        return m.squares / m.count;
    }
};

pub fn momentsOf(comptime T: type, x: [*]const T, n: usize, is_rms: bool) Moments {
    var all: Moments = .{};
    var i: usize = 0;
    while (i < n) : (i += piece) {
        const count = @min(piece, n - i);
        const extent: f64 = @floatFromInt(count);
        // Differences from a value near the mean, exact or nearly so, tell what that is off by.
        const near = if (is_rms) 0 else fold.Pass(fold.Sum(T)).run(x + i, count, {}) / extent;
        const center: T = @floatCast(near);
        const sum, const squares = differences(T, x + i, count, center);
        const off = if (is_rms) 0 else sum / extent;
        const about_mean = squares - extent * off * off;
        // Rounding may leave less than nothing; a NaN stays.
        const clean = if (about_mean < 0) 0 else about_mean;
        all.add(.{ .count = extent, .mean = center + off, .squares = clean });
    }
    return all;
}

/// Sums of x - center and of its squares.
fn differences(comptime T: type, x: [*]const T, n: usize, center: T) [2]f64 {
    const N = simd.lanes(T);
    const V = simd.Vector(T);
    const ways = 4;
    const centers: V = @splat(center);
    var totals: [2]f64 = .{ 0, 0 };
    var i: usize = 0;
    while (i < n) {
        const stop = @min(n, i + block_vectors * ways * N);
        var sums: [ways]V = @splat(@splat(0));
        var squares: [ways]V = @splat(@splat(0));
        while (i + ways * N <= stop) : (i += ways * N) inline for (0..ways) |k| {
            const difference = simd.load(T, x + i + k * N) - centers;
            sums[k] += difference;
            squares[k] = simd.mulAdd(difference, difference, squares[k]);
        };
        while (i < stop) : (i += N) {
            const count = @min(N, stop - i);
            // Lanes that do not exist count for nothing, whatever the center is.
            const inside = std.simd.iota(u8, N) < @as(@Vector(N, u8), @splat(@intCast(count)));
            const all = Vectors(T).load(x + i, count) - centers;
            const difference = @select(T, inside, all, @as(V, @splat(0)));
            sums[0] += difference;
            squares[0] = simd.mulAdd(difference, difference, squares[0]);
        }
        i = stop;
        totals[0] += fold.fold(fold.Sum(T), (sums[0] + sums[1]) + (sums[2] + sums[3]));
        totals[1] += fold.fold(fold.Sum(T), (squares[0] + squares[1]) + (squares[2] + squares[3]));
    }
    return totals;
}

/// What both directions know of a set.
pub fn Statistics(comptime T: type) type {
    return struct {
        /// The mean rounded to T, and what it is off by: a mean far from 0 costs no digits.
        center: T,
        off: f64,
        /// 1 / sqrt(variance + eps).
        scale: f64,

        pub fn of(mean: f64, variance: f64, eps: f64) @This() {
            const center: T = @floatCast(mean);
            return .{
                .center = center,
                .off = if (std.math.isFinite(center)) mean - center else 0,
                .scale = 1 / @sqrt(variance + eps),
            };
        }
    };
}

pub fn Vectors(comptime T: type) type {
    return struct {
        pub const N = simd.lanes(T);
        pub const V = simd.Vector(T);

        pub inline fn load(p: [*]const T, n: usize) V {
            return if (n >= N) p[0..N].* else simd.loadPart(T, p, n);
        }

        pub inline fn store(p: [*]T, v: V, n: usize) void {
            if (n >= N) p[0..N].* = v else simd.storePart(T, p, v, n);
        }

        pub inline fn splat(x: f64) V {
            return @splat(@floatCast(x));
        }
    };
}
