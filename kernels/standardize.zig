//! Standardised values, (x - mean) / sqrt(variance + eps), then factors and terms of the channels:
//! what layer, group, batch and RMS normalisation are, and their gradient.
//!
//! x is contiguous, [outer, channels, inner]. A plane is one channel of one outer index; statistics
//! are those of a set of planes: a group of neighbouring channels, or one channel at every outer
//! index. Where a channel is a single element, a set is a row, and factors and terms run along it.
//!
//! standardize: y, mean, variance <- x[, weight[, bias]]; given the statistics, y <- x, mean,
//! variance[, weight[, bias]]. standardizeGradient: dx[, dweight, dbias] <- grad, x, mean,
//! variance[, weight]. Means and variances are float64. Attributes: channels, inner, groups (0:
//! sets are channels), eps, 1 for the mean square in place of the variance, 1 where the statistics
//! are given.
const abi = @import("abi");
const floats = @import("floats.zig");
const gradient = @import("standardize/gradient.zig");
const runtime = @import("runtime.zig");
const sets = @import("standardize/sets.zig");
const simd = @import("simd.zig");
const Moments = sets.Moments;
const Statistics = sets.Statistics;
const grain = sets.grain;
const jobs = sets.jobs;
const momentsOf = sets.momentsOf;

/// As plan.zig has it.
const stream_bytes = 8 << 20;

pub const standardize = floats.kernel(Forward);

pub const standardizeGradient = floats.kernel(gradient.Backward);

fn Forward(comptime T: type) type {
    return struct {
        const Self = @This();
        const vectors = sets.Vectors(T);
        const N = vectors.N;

        layout: sets.Layout,
        x: [*]const T,
        y: [*]T,
        mean: [*]f64,
        variance: [*]f64,
        weight: ?[*]const T,
        bias: ?[*]const T,
        eps: f64,
        is_rms: bool,
        is_given: bool,
        /// Past the caches, as elementwise kernels do with what is larger.
        is_streamed: bool,
        group: usize = 1,
        moments: [*]Moments = undefined,

        pub fn run(call: *abi.Call) abi.Status {
            const is_given = call.attribute(5) != 0;
            const out = call.output(0);
            const statistics: [2]*const abi.View = if (is_given)
                .{ call.input(1), call.input(2) }
            else
                .{ call.output(1), call.output(2) };
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
                .is_streamed = out.size * @sizeOf(T) > stream_bytes,
            };
            if (out.size == 0) {
                if (is_given) return .ok;
                for (statistics) |view| @memset(view.pointer(f64)[0..abi.toUsize(view.size)], 0);
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
                    const moments = momentsOf(T, job.x + row, layout.planes, job.is_rms);
                    const channel = set % layout.groups * layout.planes;
                    job.applyRow(row, channel, job.keep(set, moments));
                    continue;
                }
                var moments: Moments = .{};
                for (0..layout.planes) |k| {
                    const plane = job.x + layout.plane(set, k) * layout.inner;
                    moments.add(momentsOf(T, plane, layout.inner, job.is_rms));
                }
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
            const bias = if (job.bias) |bias| bias[channel] else 0;
            const term = vectors.splat(bias - statistics.off * whole);
            const center: vectors.V = @splat(statistics.center);
            var i: usize = 0;
            if (job.is_streamed and @intFromPtr(y) % simd.vector_bytes == 0) {
                while (i + N <= n) : (i += N) {
                    const difference = simd.load(T, x + i) - center;
                    simd.storeStream(T, y + i, simd.mulAdd(difference, factor, term));
                }
                simd.fence();
            }
            while (i + 4 * N <= n) : (i += 4 * N) inline for (0..4) |k| {
                const difference = simd.load(T, x + i + k * N) - center;
                simd.store(T, y + i + k * N, simd.mulAdd(difference, factor, term));
            };
            while (i < n) : (i += N) {
                const difference = vectors.load(x + i, n - i) - center;
                vectors.store(y + i, simd.mulAdd(difference, factor, term), n - i);
            }
        }

        fn applyRow(job: *Self, row: usize, channel: usize, statistics: Statistics(T)) void {
            const weight = job.weight.? + channel;
            if (job.bias) |bias| {
                job.applyRowOf(true, row, weight, bias + channel, statistics);
            } else job.applyRowOf(false, row, weight, weight, statistics);
        }

        fn applyRowOf(
            job: *Self,
            comptime has_bias: bool,
            row: usize,
            weight: [*]const T,
            bias: [*]const T,
            statistics: Statistics(T),
        ) void {
            const n = job.layout.planes;
            const center: vectors.V = @splat(statistics.center);
            const scale = vectors.splat(statistics.scale);
            const off = vectors.splat(-statistics.off * statistics.scale);
            var i: usize = 0;
            while (i < n) : (i += N) {
                const rest = n - i;
                const difference = vectors.load(job.x + row + i, rest) - center;
                const standard = simd.mulAdd(difference, scale, off);
                const factor = vectors.load(weight + i, rest);
                const value = if (has_bias)
                    simd.mulAdd(standard, factor, vectors.load(bias + i, rest))
                else
                    standard * factor;
                vectors.store(job.y + row + i, value, rest);
            }
        }
    };
}

test {
    _ = @import("standardize/test.zig");
}
