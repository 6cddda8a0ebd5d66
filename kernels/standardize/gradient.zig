//! The gradient of standardisation. Frame and attributes are told in standardize.zig.
const abi = @import("abi");
const fold = @import("../fold.zig");
const runtime = @import("../runtime.zig");
const sets = @import("sets.zig");
const simd = @import("../simd.zig");
const Statistics = sets.Statistics;
const grain = sets.grain;
const jobs = sets.jobs;

/// Rows whose shares of the channels' gradients are added up in the element type.
const batch_rows = 16;
/// Jobs of rows, each with float64 totals of the channels' gradients.
const row_jobs_max = 32;

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
pub fn Backward(comptime T: type) type {
    return struct {
        const Self = @This();
        const vectors = sets.Vectors(T);
        const N = vectors.N;
        const V = vectors.V;

        layout: sets.Layout,
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

        pub fn run(call: *abi.Call) abi.Status {
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
            const first = plane * n;
            const sums = sumsOf(false, job.grad + first, job.x + first, undefined, n, statistics);
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
            while (i + 4 * N <= n) : (i += 4 * N) inline for (0..4) |k| {
                const at = i + k * N;
                const g = simd.load(T, grad + at) * factor;
                simd.store(T, dx + at, terms.join(g, simd.load(T, x + at)));
            };
            while (i < n) : (i += N) {
                const g = vectors.load(grad + i, n - i) * factor;
                vectors.store(dx + i, terms.join(g, vectors.load(x + i, n - i)), n - i);
            }
        }

        /// dx = (g - mean(g) - (x - mean) * scale * mean(g * h)) * scale. The difference of g and
        /// its mean comes first, and g is rounded in both: in a set of one element it is 0.
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
                const rest = simd.mulAdd(x - terms.center, terms.slope, terms.constant);
                return (g + rest) * terms.scale;
            }
        };

        fn sumsOf(
            comptime has_weight: bool,
            grad: [*]const T,
            x: [*]const T,
            weight: [*]const T,
            n: usize,
            statistics: Statistics(T),
        ) Sums {
            const ways = 4;
            const center: V = @splat(statistics.center);
            var all: Sums = .{};
            var i: usize = 0;
            while (i < n) {
                const stop = @min(n, i + sets.block_vectors * ways * N);
                var sums: [ways]V = @splat(@splat(0));
                var products: [ways]V = @splat(@splat(0));
                while (i + ways * N <= stop) : (i += ways * N) inline for (0..ways) |k| {
                    const at = i + k * N;
                    var g = simd.load(T, grad + at);
                    if (has_weight) g *= simd.load(T, weight + at);
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
                all.product += fold.fold(
                    fold.Sum(T),
                    (products[0] + products[1]) + (products[2] + products[3]),
                );
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
            const size = count * 2 * layout.channels;
            job.totals = runtime.scratch(.call, f64, size) orelse return .out_of_memory;
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
                    for (statistics[0..rows], first..) |*entry, row|
                        entry.* = job.applyRow(row, group);
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
            const dx = job.dx + set * n;
            const sums = sumsOf(true, grad, x, weight, n, statistics);
            const count: f64 = @floatFromInt(n);
            const terms: Terms = .init(
                job,
                .{ .grad = sums.grad / count, .product = sums.product * statistics.scale / count },
                statistics,
            );
            var i: usize = 0;
            while (i < n) : (i += N) {
                const g = vectors.load(grad + i, n - i) * vectors.load(weight + i, n - i);
                vectors.store(dx + i, terms.join(g, vectors.load(x + i, n - i)), n - i);
            }
            return statistics;
        }

        fn addChannels(
            job: *Self,
            first: usize,
            group: usize,
            statistics: []const Statistics(T),
            totals: [*]f64,
        ) void {
            const layout = &job.layout;
            const start = group * layout.planes;
            const from = first * layout.channels + start;
            var j: usize = 0;
            const own = totals + start;
            while (j + 4 * N <= layout.planes) : (j += 4 * N)
                job.addColumns(4, from + j, 4 * N, statistics, own + j);
            while (j < layout.planes) : (j += N)
                job.addColumns(1, from + j, @min(N, layout.planes - j), statistics, own + j);
        }

        inline fn addColumns(
            job: *Self,
            comptime ways: comptime_int,
            from: usize,
            n: usize,
            statistics: []const Statistics(T),
            totals: [*]f64,
        ) void {
            var sums: [2][ways]V = @splat(@splat(@splat(0)));
            for (statistics, 0..) |entry, row| {
                const center: V = @splat(entry.center);
                const scale = vectors.splat(entry.scale);
                const off = vectors.splat(-entry.off * entry.scale);
                const at = from + row * job.layout.channels;
                inline for (0..ways) |k| {
                    const count = if (ways > 1) N else n;
                    const g = vectors.load(job.grad + at + k * N, count);
                    const x = vectors.load(job.x + at + k * N, count);
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
