//! Standardised values, (x - mean) / sqrt(variance + eps), then factors and terms of the channels:
//! what layer, group, batch and RMS normalisation are, and their gradient.
//!
//! x is contiguous, [outer, channels, inner]. A plane is one channel of one outer index; statistics
//! are those of a set of planes: a group of neighbouring channels, or one channel at every outer
//! index. Where a channel is a single element, a set is a row, and factors and terms run along it.
//!
//! standardize: y, mean, variance <- x[, weight[, bias]]; given the statistics, y <- x, mean,
//! variance[, weight[, bias]]; mean and variance are float64. standardizeGradient: dx[, dweight, dbias] <- grad, x, mean,
//! variance[, weight]. Attributes: channels, inner, groups (0: sets are channels), eps, 1 for the
//! mean square in place of the variance, 1 where the statistics are given.
const std = @import("std");
const abi = @import("abi");
const fold = @import("fold.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");

pub fn standardize(call: *abi.Call) callconv(.c) abi.Status {
    return switch (call.output(0).kind()) {
        .float32 => Forward(f32).run(call),
        .float64 => Forward(f64).run(call),
        else => .bad_dtype,
    };
}

pub fn standardizeGradient(call: *abi.Call) callconv(.c) abi.Status {
    return switch (call.output(0).kind()) {
        .float32 => Backward(f32).run(call),
        .float64 => Backward(f64).run(call),
        else => .bad_dtype,
    };
}

/// Elements of a job.
const grain = 1 << 16;
/// Elements whose statistics are taken together, while they are in the nearest cache.
const piece = 8192;
/// Vectors added up in the element type before float64 takes over.
const block_vectors = 64;
/// Rows whose shares of the channels' gradients are added up in the element type.
const batch_rows = 16;
/// Jobs of rows, each with float64 totals of the channels' gradients.
const row_jobs_max = 32;

/// Which elements belong to which set.
const Layout = struct {
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

    fn init(call: *const abi.Call, size: f64, has_weight: bool) Layout {
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

    fn elements(layout: *const Layout) usize {
        return layout.planes * layout.inner;
    }

    fn plane(layout: *const Layout, set: usize, index: usize) usize {
        return if (layout.groups == 0) index * layout.channels + set else set * layout.planes + index;
    }

    fn setOf(layout: *const Layout, index: usize) usize {
        return if (layout.groups == 0) index % layout.channels else index / layout.planes;
    }

    /// Few large sets are worked on by planes, so that threads share them; others whole, which are
    /// then read from memory once.
    fn isShared(layout: *const Layout) bool {
        return layout.sets < 8 and layout.planes > 1 and layout.elements() * layout.sets > 1 << 18;
    }
};

fn jobs(count: usize, per_job: usize) usize {
    return (count + per_job - 1) / per_job;
}

/// Count, mean and sum of squared differences from it; two merge by the rule of Chan, Golub and
/// LeVeque.
const Moments = struct {
    count: f64 = 0,
    mean: f64 = 0,
    squares: f64 = 0,

    fn add(m: *Moments, other: Moments) void {
        const count = m.count + other.count;
        const difference = other.mean - m.mean;
        m.mean += difference * (other.count / count);
        m.squares += other.squares + difference * difference * (m.count * other.count / count);
        m.count = count;
    }

    fn variance(m: Moments) f64 {
        return m.squares / m.count;
    }
};

fn momentsOf(comptime T: type, x: [*]const T, n: usize, is_rms: bool) Moments {
    var all: Moments = .{};
    var i: usize = 0;
    while (i < n) : (i += piece) {
        const count = @min(piece, n - i);
        const extent: f64 = @floatFromInt(count);
        // Differences from a value near the mean, exact or nearly so, tell what that is off by.
        const center: T = if (is_rms) 0 else @floatCast(fold.Pass(fold.Sum(T)).run(x + i, count, {}) / extent);
        const sum, const squares = differences(T, x + i, count, center);
        const off = if (is_rms) 0 else sum / extent;
        const about_mean = squares - extent * off * off;
        all.add(.{ .count = extent, .mean = center + off, .squares = if (about_mean < 0) 0 else about_mean }); // a NaN stays
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
            const difference = @select(T, inside, Vectors(T).load(x + i, count) - centers, @as(V, @splat(0)));
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
fn Statistics(comptime T: type) type {
    return struct {
        /// The mean rounded to T, and what it is off by: a mean far from 0 costs no digits.
        center: T,
        off: f64,
        /// 1 / sqrt(variance + eps).
        scale: f64,

        fn of(mean: f64, variance: f64, eps: f64) @This() {
            const center: T = @floatCast(mean);
            return .{ .center = center, .off = if (std.math.isFinite(center)) mean - center else 0, .scale = 1 / @sqrt(variance + eps) };
        }
    };
}

fn Vectors(comptime T: type) type {
    return struct {
        const N = simd.lanes(T);
        const V = simd.Vector(T);

        inline fn load(p: [*]const T, n: usize) V {
            return if (n >= N) p[0..N].* else simd.loadPart(T, p, n);
        }

        inline fn store(p: [*]T, v: V, n: usize) void {
            if (n >= N) p[0..N].* = v else simd.storePart(T, p, v, n);
        }

        inline fn splat(x: f64) V {
            return @splat(@floatCast(x));
        }
    };
}

fn Forward(comptime T: type) type {
    return struct {
        const Self = @This();
        const vectors = Vectors(T);
        const N = vectors.N;

        layout: Layout,
        x: [*]const T,
        y: [*]T,
        mean: [*]f64,
        variance: [*]f64,
        weight: ?[*]const T,
        bias: ?[*]const T,
        eps: f64,
        is_rms: bool,
        is_given: bool,
        group: usize = 1,
        moments: [*]Moments = undefined,

        fn run(call: *abi.Call) abi.Status {
            const is_given = call.attribute(5) != 0;
            const out = call.output(0);
            const statistics: [2]*const abi.View = if (is_given) .{ call.input(1), call.input(2) } else .{ call.output(1), call.output(2) };
            const first: usize = if (is_given) 3 else 1;
            const inputs = abi.toUsize(call.input_count);
            var job: Self = .{
                .layout = undefined,
                .x = call.input(0).pointer(T),
                .y = out.pointer(T),
                .mean = statistics[0].pointer(f64),
                .variance = statistics[1].pointer(f64),
                .weight = if (inputs > first) call.input(first).pointer(T) else null,
                .bias = if (inputs > first + 1) call.input(first + 1).pointer(T) else null,
                .eps = call.attribute(3),
                .is_rms = call.attribute(4) != 0,
                .is_given = is_given,
            };
            if (out.size == 0) {
                if (!is_given) for (statistics) |view| @memset(view.pointer(f64)[0..abi.toUsize(view.size)], 0);
                return .ok;
            }
            job.layout = .init(call, out.size, job.weight != null);
            return job.dispatch(0.15 * out.size);
        }

        fn dispatch(job: *Self, cost: f64) abi.Status {
            const layout = &job.layout;
            const all = layout.outer * layout.channels;
            if (job.is_given or layout.isShared()) {
                job.group = @max(1, grain / layout.inner);
                if (!job.is_given) {
                    job.moments = runtime.scratch(.call, Moments, all) orelse return .out_of_memory;
                    runtime.parallelFor(jobs(all, job.group), cost / 2, job, measurePlanes);
                    for (0..layout.sets) |set| {
                        var moments: Moments = .{};
                        for (0..layout.planes) |k| moments.add(job.moments[layout.plane(set, k)]);
                        _ = job.keep(set, moments);
                    }
                }
                runtime.parallelFor(jobs(all, job.group), cost / 2, job, applyPlanes);
            } else {
                job.group = @max(1, grain / layout.elements());
                runtime.parallelFor(jobs(layout.sets, job.group), cost, job, wholeSets);
            }
            return .ok;
        }

        fn measurePlanes(job: *Self, index: usize) void {
            const first = index * job.group;
            const inner = job.layout.inner;
            for (first..@min(first + job.group, job.layout.outer * job.layout.channels)) |plane|
                job.moments[plane] = momentsOf(T, job.x + plane * inner, inner, job.is_rms);
        }

        fn applyPlanes(job: *Self, index: usize) void {
            const first = index * job.group;
            for (first..@min(first + job.group, job.layout.outer * job.layout.channels)) |plane| {
                const set = job.layout.setOf(plane);
                job.applyPlane(plane, .of(job.mean[set], job.variance[set], job.eps));
            }
        }

        fn wholeSets(job: *Self, index: usize) void {
            const layout = &job.layout;
            const first = index * job.group;
            for (first..@min(first + job.group, layout.sets)) |set| {
                if (layout.is_rows) {
                    const row = set * layout.planes;
                    job.applyRow(row, set % layout.groups * layout.planes, job.keep(set, momentsOf(T, job.x + row, layout.planes, job.is_rms)));
                    continue;
                }
                var moments: Moments = .{};
                for (0..layout.planes) |k|
                    moments.add(momentsOf(T, job.x + layout.plane(set, k) * layout.inner, layout.inner, job.is_rms));
                const statistics = job.keep(set, moments);
                for (0..layout.planes) |k| job.applyPlane(layout.plane(set, k), statistics);
            }
        }

        fn keep(job: *Self, set: usize, moments: Moments) Statistics(T) {
            job.mean[set] = moments.mean;
            job.variance[set] = moments.variance();
            return .of(moments.mean, moments.variance(), job.eps);
        }

        /// y = (x - center) * factor + term: the difference is exact where it matters.
        fn applyPlane(job: *Self, plane: usize, statistics: Statistics(T)) void {
            const channel = plane % job.layout.channels;
            const n = job.layout.inner;
            const x = job.x + plane * n;
            const y = job.y + plane * n;
            const whole = statistics.scale * if (job.weight) |weight| weight[channel] else 1;
            const factor = vectors.splat(whole);
            const term = vectors.splat((if (job.bias) |bias| bias[channel] else 0) - statistics.off * whole);
            const center: vectors.V = @splat(statistics.center);
            var i: usize = 0;
            while (i + 4 * N <= n) : (i += 4 * N) {
                inline for (0..4) |k|
                    simd.store(T, y + i + k * N, simd.mulAdd(simd.load(T, x + i + k * N) - center, factor, term));
            }
            while (i < n) : (i += N)
                vectors.store(y + i, simd.mulAdd(vectors.load(x + i, n - i) - center, factor, term), n - i);
        }

        fn applyRow(job: *Self, row: usize, channel: usize, statistics: Statistics(T)) void {
            const weight = job.weight.? + channel;
            if (job.bias) |bias| job.applyRowOf(true, row, weight, bias + channel, statistics) else job.applyRowOf(false, row, weight, weight, statistics);
        }

        fn applyRowOf(job: *Self, comptime has_bias: bool, row: usize, weight: [*]const T, bias: [*]const T, statistics: Statistics(T)) void {
            const n = job.layout.planes;
            const center: vectors.V = @splat(statistics.center);
            const scale = vectors.splat(statistics.scale);
            const off = vectors.splat(-statistics.off * statistics.scale);
            var i: usize = 0;
            while (i < n) : (i += N) {
                const standard = simd.mulAdd(vectors.load(job.x + row + i, n - i) - center, scale, off);
                const factor = vectors.load(weight + i, n - i);
                const value = if (has_bias) simd.mulAdd(standard, factor, vectors.load(bias + i, n - i)) else standard * factor;
                vectors.store(job.y + row + i, value, n - i);
            }
        }
    };
}

/// Sums of a plane, or of a row with its factors: of the gradient, and of its products with the
/// differences from the mean.
const Sums = struct {
    grad: f64 = 0,
    product: f64 = 0,

    fn add(sums: *Sums, other: Sums, factor: f64) void {
        sums.grad += other.grad * factor;
        sums.product += other.product * factor;
    }
};

/// With h = (x - mean) * scale and g = grad * weight:
/// dx = scale * (g - mean(g) - h * mean(g * h)), dweight = sum(grad * h), dbias = sum(grad).
/// Of the mean square dx lacks mean(g); of given statistics both.
fn Backward(comptime T: type) type {
    return struct {
        const Self = @This();
        const vectors = Vectors(T);
        const N = vectors.N;
        const V = vectors.V;

        layout: Layout,
        grad: [*]const T,
        x: [*]const T,
        mean: [*]const f64,
        variance: [*]const f64,
        weight: ?[*]const T,
        dx: [*]T,
        eps: f64,
        is_rms: bool,
        is_given: bool,
        group: usize = 1,
        /// Of each plane; the product is already times the scale.
        sums: [*]Sums = undefined,
        /// Of each set, over its elements, with the factors.
        means: [*]Sums = undefined,
        /// Totals of dweight, then of dbias, of each job of rows.
        totals: [*]f64 = undefined,

        fn run(call: *abi.Call) abi.Status {
            const has_weight = call.input_count > 4;
            var job: Self = .{
                .layout = undefined,
                .grad = call.input(0).pointer(T),
                .x = call.input(1).pointer(T),
                .mean = call.input(2).pointer(f64),
                .variance = call.input(3).pointer(f64),
                .weight = if (has_weight) call.input(4).pointer(T) else null,
                .dx = call.output(0).pointer(T),
                .eps = call.attribute(3),
                .is_rms = call.attribute(4) != 0,
                .is_given = call.attribute(5) != 0,
            };
            const size = call.output(0).size;
            var channels: [2][]T = undefined;
            if (has_weight) for (&channels, 1..) |*slice, i| {
                slice.* = call.output(i).pointer(T)[0..abi.toUsize(call.output(i).size)];
                @memset(slice.*, 0);
            };
            if (size == 0) return .ok;
            job.layout = .init(call, size, has_weight);
            if (job.layout.is_rows) return job.runRows(channels, 0.3 * size);
            return job.runPlanes(if (has_weight) channels else null, 0.3 * size);
        }

        fn statisticsOf(job: *const Self, set: usize) Statistics(T) {
            return .of(job.mean[set], job.variance[set], job.eps);
        }

        // Planes.

        fn runPlanes(job: *Self, channels: ?[2][]T, cost: f64) abi.Status {
            const layout = &job.layout;
            const all = layout.outer * layout.channels;
            job.sums = runtime.scratch(.call, Sums, all + layout.sets) orelse return .out_of_memory;
            job.means = job.sums + all;
            if (layout.isShared()) {
                job.group = @max(1, grain / layout.inner);
                runtime.parallelFor(jobs(all, job.group), cost / 2, job, measurePlanes);
                for (0..layout.sets) |set| job.gather(set);
                runtime.parallelFor(jobs(all, job.group), cost / 2, job, applyPlanes);
            } else {
                job.group = @max(1, grain / layout.elements());
                runtime.parallelFor(jobs(layout.sets, job.group), cost, job, wholeSets);
            }
            const outputs = channels orelse return .ok;
            for (0..layout.channels) |channel| {
                var total: Sums = .{};
                for (0..layout.outer) |i| total.add(job.sums[i * layout.channels + channel], 1);
                outputs[0][channel] = @floatCast(total.product);
                outputs[1][channel] = @floatCast(total.grad);
            }
            return .ok;
        }

        fn measurePlanes(job: *Self, index: usize) void {
            const first = index * job.group;
            for (first..@min(first + job.group, job.layout.outer * job.layout.channels)) |plane|
                job.measure(plane, job.statisticsOf(job.layout.setOf(plane)));
        }

        fn applyPlanes(job: *Self, index: usize) void {
            const first = index * job.group;
            for (first..@min(first + job.group, job.layout.outer * job.layout.channels)) |plane| {
                const set = job.layout.setOf(plane);
                job.apply(plane, set, job.statisticsOf(set));
            }
        }

        fn wholeSets(job: *Self, index: usize) void {
            const layout = &job.layout;
            const first = index * job.group;
            for (first..@min(first + job.group, layout.sets)) |set| {
                const statistics = job.statisticsOf(set);
                for (0..layout.planes) |k| job.measure(layout.plane(set, k), statistics);
                job.gather(set);
                for (0..layout.planes) |k| job.apply(layout.plane(set, k), set, statistics);
            }
        }

        fn measure(job: *Self, plane: usize, statistics: Statistics(T)) void {
            const n = job.layout.inner;
            const sums = sumsOf(false, job.grad + plane * n, job.x + plane * n, undefined, n, statistics);
            job.sums[plane] = .{ .grad = sums.grad, .product = sums.product * statistics.scale };
        }

        fn gather(job: *Self, set: usize) void {
            const layout = &job.layout;
            var total: Sums = .{};
            for (0..layout.planes) |k| {
                const plane = layout.plane(set, k);
                total.add(job.sums[plane], job.factorOf(plane));
            }
            const count: f64 = @floatFromInt(layout.elements());
            job.means[set] = .{ .grad = total.grad / count, .product = total.product / count };
        }

        fn factorOf(job: *const Self, plane: usize) f64 {
            return if (job.weight) |weight| weight[plane % job.layout.channels] else 1;
        }

        fn apply(job: *Self, plane: usize, set: usize, statistics: Statistics(T)) void {
            const n = job.layout.inner;
            const terms: Terms = .init(job, job.means[set], statistics);
            const factor = vectors.splat(job.factorOf(plane));
            const grad = job.grad + plane * n;
            const x = job.x + plane * n;
            const dx = job.dx + plane * n;
            var i: usize = 0;
            while (i + 4 * N <= n) : (i += 4 * N) {
                inline for (0..4) |k| {
                    const at = i + k * N;
                    simd.store(T, dx + at, terms.join(simd.load(T, grad + at) * factor, simd.load(T, x + at)));
                }
            }
            while (i < n) : (i += N)
                vectors.store(dx + i, terms.join(vectors.load(grad + i, n - i) * factor, vectors.load(x + i, n - i)), n - i);
        }

        /// dx = (g - mean(g) - (x - mean) * scale * mean(g * h)) * scale. The difference of g and its
        /// mean comes first, and g is rounded in both: in a set of one element it is 0.
        const Terms = struct {
            center: V,
            slope: V,
            constant: V,
            scale: V,

            fn init(job: *const Self, means: Sums, statistics: Statistics(T)) Terms {
                const slope = if (job.is_given) 0 else -statistics.scale * means.product;
                const constant = if (job.is_given or job.is_rms) 0 else -means.grad;
                return .{
                    .center = @splat(statistics.center),
                    .slope = vectors.splat(slope),
                    .constant = vectors.splat(constant - statistics.off * slope),
                    .scale = vectors.splat(statistics.scale),
                };
            }

            inline fn join(terms: *const Terms, g: V, x: V) V {
                return (g + simd.mulAdd(x - terms.center, terms.slope, terms.constant)) * terms.scale;
            }
        };

        fn sumsOf(comptime has_weight: bool, grad: [*]const T, x: [*]const T, weight: [*]const T, n: usize, statistics: Statistics(T)) Sums {
            const ways = 4;
            const center: V = @splat(statistics.center);
            var all: Sums = .{};
            var i: usize = 0;
            while (i < n) {
                const stop = @min(n, i + block_vectors * ways * N);
                var sums: [ways]V = @splat(@splat(0));
                var products: [ways]V = @splat(@splat(0));
                while (i + ways * N <= stop) : (i += ways * N) inline for (0..ways) |k| {
                    const at = i + k * N;
                    const g = if (has_weight) simd.load(T, grad + at) * simd.load(T, weight + at) else simd.load(T, grad + at);
                    sums[k] += g;
                    products[k] = simd.mulAdd(g, simd.load(T, x + at) - center, products[k]);
                };
                while (i < stop) : (i += N) {
                    const count = stop - i;
                    var g = vectors.load(grad + i, count);
                    if (has_weight) g *= vectors.load(weight + i, count);
                    sums[0] += g;
                    products[0] = simd.mulAdd(g, vectors.load(x + i, count) - center, products[0]);
                }
                i = stop;
                all.grad += fold.fold(fold.Sum(T), (sums[0] + sums[1]) + (sums[2] + sums[3]));
                all.product += fold.fold(fold.Sum(T), (products[0] + products[1]) + (products[2] + products[3]));
            }
            all.product -= statistics.off * all.grad;
            return all;
        }

        // Rows.

        fn runRows(job: *Self, outputs: [2][]T, cost: f64) abi.Status {
            const layout = &job.layout;
            const wanted = @max(batch_rows, grain / layout.channels);
            job.group = @max(wanted, jobs(layout.outer, row_jobs_max));
            const count = jobs(layout.outer, job.group);
            job.totals = runtime.scratch(.call, f64, count * 2 * layout.channels) orelse return .out_of_memory;
            runtime.parallelFor(count, cost, job, rowsJob);
            for (outputs, 0..) |output, which| for (output, 0..) |*value, channel| {
                var total: f64 = 0;
                for (0..count) |k| total += job.totals[(2 * k + which) * layout.channels + channel];
                value.* = @floatCast(total);
            };
            return .ok;
        }

        fn rowsJob(job: *Self, index: usize) void {
            const layout = &job.layout;
            const totals = job.totals + 2 * index * layout.channels;
            @memset(totals[0 .. 2 * layout.channels], 0);
            const stop = @min((index + 1) * job.group, layout.outer);
            var first = index * job.group;
            while (first < stop) : (first += batch_rows) {
                const rows = @min(batch_rows, stop - first);
                for (0..layout.groups) |group| {
                    var statistics: [batch_rows]Statistics(T) = undefined;
                    for (statistics[0..rows], first..) |*entry, row| entry.* = job.applyRow(row, group);
                    job.addChannels(first, group, statistics[0..rows], totals);
                }
            }
        }

        fn applyRow(job: *Self, row: usize, group: usize) Statistics(T) {
            const layout = &job.layout;
            const n = layout.planes;
            const set = row * layout.groups + group;
            const statistics = job.statisticsOf(set);
            const weight = job.weight.? + group * n;
            const grad = job.grad + set * n;
            const x = job.x + set * n;
            const sums = sumsOf(true, grad, x, weight, n, statistics);
            const count: f64 = @floatFromInt(n);
            const terms: Terms = .init(job, .{ .grad = sums.grad / count, .product = sums.product * statistics.scale / count }, statistics);
            var i: usize = 0;
            while (i < n) : (i += N) {
                const g = vectors.load(grad + i, n - i) * vectors.load(weight + i, n - i);
                vectors.store(job.dx + set * n + i, terms.join(g, vectors.load(x + i, n - i)), n - i);
            }
            return statistics;
        }

        fn addChannels(job: *Self, first: usize, group: usize, statistics: []const Statistics(T), totals: [*]f64) void {
            const layout = &job.layout;
            const start = group * layout.planes;
            const from = first * layout.channels + start;
            var j: usize = 0;
            while (j + 4 * N <= layout.planes) : (j += 4 * N) job.addColumns(4, from + j, 4 * N, statistics, totals + start + j);
            while (j < layout.planes) : (j += N) job.addColumns(1, from + j, @min(N, layout.planes - j), statistics, totals + start + j);
        }

        inline fn addColumns(job: *Self, comptime ways: comptime_int, from: usize, n: usize, statistics: []const Statistics(T), totals: [*]f64) void {
            var sums: [2][ways]V = @splat(@splat(@splat(0)));
            for (statistics, 0..) |entry, row| {
                const center: V = @splat(entry.center);
                const scale = vectors.splat(entry.scale);
                const off = vectors.splat(-entry.off * entry.scale);
                const at = from + row * job.layout.channels;
                inline for (0..ways) |k| {
                    const g = if (ways > 1) simd.load(T, job.grad + at + k * N) else vectors.load(job.grad + at, n);
                    const x = if (ways > 1) simd.load(T, job.x + at + k * N) else vectors.load(job.x + at, n);
                    sums[0][k] = simd.mulAdd(g, simd.mulAdd(x - center, scale, off), sums[0][k]);
                    sums[1][k] += g;
                }
            }
            inline for (0..2) |which| inline for (0..ways) |k| {
                const values: [N]T = sums[which][k];
                const target = totals + which * job.layout.channels + k * N;
                for (0..@min(N, n - k * N)) |lane| target[lane] += values[lane];
            };
        }
    };
}

test {
    _ = @import("standardize_test.zig");
}
