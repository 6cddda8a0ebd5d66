//! Cross entropy of logits [N, C, d1..] against class indices [N, d1..], without ever storing a
//! softmax.
//!
//! Attributes: the ignored index, the label smoothing s. With w[c] = 1 unless weights are given and
//! p = softmax(x): loss = -(1 - s) w[t] log p[t] - s/C sum_c w[c] log p[c], and 0 for ignored
//! samples. crossEntropy: (loss, logsumexp, sampleWeight) <- (logits, target, [weight]).
//! crossEntropyGradient: out <- (grad of each loss, logits, target, logsumexp, [weight]).
const std = @import("std");
const abi = @import("abi");
const floats = @import("floats.zig");
const fold = @import("fold.zig");
const geometry = @import("geometry.zig");
const math = @import("math.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");

/// Samples of a tile: their peaks and sums stay in L1.
const tile_max = 256;
/// Logits of a job.
const grain = 1 << 16;

pub fn crossEntropy(call: *abi.Call) callconv(.c) abi.Status {
    return switch (call.input(0).kind()) {
        .float32 => Forward(f32).run(call),
        .float64 => Forward(f64).run(call),
        else => .bad_dtype,
    };
}

pub const crossEntropyGradient = floats.kernel(Backward);

/// What both directions know: samples as tiles of neighbours, and the classes of each.
fn Problem(comptime T: type, comptime operands: comptime_int) type {
    return struct {
        const ProblemOf = @This();
        /// Sample dims [N, d1..] without `inner`; operands: logits, target, the rest.
        nest: geometry.Nest(operands),
        inner: geometry.Nest(operands).Dim,
        logits: [*]const T,
        target: [*]const i64,
        weight: ?[*]const T,
        classes: usize,
        class_stride: isize,
        ignore: i64,
        smoothing: T,
        width: usize,
        tiles_inner: usize,
        tiles: usize,
        group: usize,
        /// The first sample with a bad target, in tiles' order; its value.
        bad: usize = std.math.maxInt(usize),

        fn init(
            call: *const abi.Call,
            logits: *const abi.View,
            target: *const abi.View,
            weight: ?*const abi.View,
            others: [operands - 2]*const abi.View,
        ) ProblemOf {
            var problem: ProblemOf = .{
                .nest = .{},
                .inner = undefined,
                .logits = logits.pointer(T),
                .target = target.pointer(i64),
                .weight = if (weight) |view| view.pointer(T) else null,
                .classes = logits.extent(1),
                .class_stride = logits.stride(1),
                .ignore = @intFromFloat(call.attribute(0)),
                .smoothing = @floatCast(call.attribute(1)),
                .width = undefined,
                .tiles_inner = undefined,
                .tiles = undefined,
                .group = undefined,
            };
            for (0..target.dims()) |axis| {
                const logits_axis = if (axis == 0) 0 else axis + 1;
                var strides: [operands]isize = undefined;
                strides[0] = logits.stride(logits_axis);
                strides[1] = target.stride(axis);
                // A view with the class dim counts its axes as the logits do.
                for (strides[2..], others) |*stride, view|
                    stride.* = view.stride(if (view.dims() == logits.dims()) logits_axis else axis);
                problem.nest.push(target.extent(axis), strides);
            }
            problem.nest.merge();
            problem.inner = problem.nest.pop();
            problem.width = @min(problem.inner.extent, std.math.clamp(grain / @max(problem.classes, 1), 1, tile_max));
            problem.tiles_inner = (problem.inner.extent + problem.width - 1) / problem.width;
            problem.tiles = problem.nest.size() * problem.tiles_inner;
            problem.group = @max(1, grain / @max(problem.width * problem.classes, 1));
            return problem;
        }

        fn jobs(problem: *const ProblemOf) usize {
            return (problem.tiles + problem.group - 1) / problem.group;
        }

        const Tile = struct { offsets: [operands]isize, width: usize, first: usize };

        fn tile(problem: *const ProblemOf, index: usize) Tile {
            const from = index % problem.tiles_inner * problem.width;
            const outer = index / problem.tiles_inner;
            var offsets = problem.nest.at(outer).offsets;
            for (&offsets, problem.inner.strides) |*offset, stride| offset.* += @as(isize, @intCast(from)) * stride;
            return .{
                .offsets = offsets,
                .width = @min(problem.width, problem.inner.extent - from),
                .first = outer * problem.inner.extent + from,
            };
        }

        /// The classes lie next to each other, or nothing does.
        fn isRows(problem: *const ProblemOf) bool {
            return problem.class_stride == 1 or problem.inner.strides[0] != 1 or problem.classes == 1;
        }

        inline fn at(problem: *const ProblemOf, place: *const Tile, comptime operand: comptime_int, i: usize) isize {
            return place.offsets[operand] + @as(isize, @intCast(i)) * problem.inner.strides[operand];
        }

        /// The class of sample i of the tile; null when it is ignored or out of range.
        inline fn classOf(problem: *ProblemOf, place: *const Tile, i: usize) ?usize {
            const class = geometry.shift(problem.target, problem.at(place, 1, i))[0];
            if (class == problem.ignore) return null;
            if (class >= 0 and class < problem.classes) return @intCast(class);
            _ = @atomicRmw(usize, &problem.bad, .Min, place.first + i, .monotonic);
            return null;
        }

        inline fn weightOf(problem: *const ProblemOf, class: usize) T {
            return if (problem.weight) |weight| weight[class] else 1;
        }

        fn totalWeight(problem: *const ProblemOf) f64 {
            const weight = problem.weight orelse return @floatFromInt(problem.classes);
            var total: f64 = 0;
            for (weight[0..problem.classes]) |w| total += w;
            return total;
        }

        fn status(problem: *const ProblemOf, call: *abi.Call) abi.Status {
            if (problem.bad == std.math.maxInt(usize)) return .ok;
            const outer = problem.bad / problem.inner.extent;
            const inner: isize = @intCast(problem.bad % problem.inner.extent);
            const offset = problem.nest.at(outer).offsets[1] + inner * problem.inner.strides[1];
            const found = geometry.shift(problem.target, offset)[0];
            return call.fail(.bad_index, @floatFromInt(found), @floatFromInt(problem.classes));
        }
    };
}

fn Forward(comptime T: type) type {
    return struct {
        const N = simd.lanes(T);
        const Vector = @Vector(N, T);
        const Work = struct {
            problem: Problem(T, 3),
            loss: [*]T,
            logsumexp: [*]T,
            sample_weight: [*]T,
            total_weight: f64,
            failed: bool = false,
        };
        /// Of each sample: the largest logit, sum(exp(x - peak)), sum(w (x - peak)) when labels are
        /// smoothed.
        const Strip = struct {
            peaks: [tile_max]T align(64),
            sums: [tile_max]T align(64),
            smooth: [tile_max]T align(64),
        };

        pub fn run(call: *abi.Call) abi.Status {
            const target = call.input(1);
            if (target.size == 0) return .ok;
            const weight = if (call.input_count > 2) call.input(2) else null;
            var work: Work = .{
                .problem = .init(call, call.input(0), target, weight, .{call.output(0)}),
                .loss = call.output(0).pointer(T),
                .logsumexp = call.output(1).pointer(T),
                .sample_weight = call.output(2).pointer(T),
                .total_weight = 0,
            };
            const problem = &work.problem;
            if (problem.smoothing != 0) work.total_weight = problem.totalWeight();
            const cost = 0.4 * target.size * @as(f64, @floatFromInt(problem.classes + 8));
            runtime.parallelFor(problem.jobs(), cost, &work, tiles);
            if (work.failed) return .out_of_memory;
            return problem.status(call);
        }

        fn tiles(work: *Work, index: usize) void {
            const problem = &work.problem;
            const start = index * problem.group;
            var strip: Strip = undefined;
            for (start..@min(start + problem.group, problem.tiles)) |i| {
                const place = problem.tile(i);
                if (problem.isRows()) {
                    rows(work, &strip, &place) catch return @atomicStore(bool, &work.failed, true, .monotonic);
                } else columns(work, &strip, &place);
                finish(work, &strip, &place);
            }
        }

        fn rows(work: *const Work, strip: *Strip, place: anytype) error{OutOfMemory}!void {
            const problem = &work.problem;
            const n = problem.classes;
            var line: ?[*]T = null;
            if (problem.class_stride != 1 and n != 1)
                line = runtime.scratch(.chunk, T, n) orelse return error.OutOfMemory;
            for (0..place.width) |i| {
                var x = geometry.shift(problem.logits, problem.at(place, 0, i));
                if (line) |target| {
                    geometry.gather(T, target, x, problem.class_stride, n);
                    x = target;
                }
                const peak = fold.fold(fold.Peak(T), fold.Pass(fold.Peak(T)).blockOf(x, n, {}));
                strip.peaks[i] = peak;
                strip.sums[i] = @floatCast(sumRow(x, n, peak));
                if (problem.smoothing != 0) strip.smooth[i] = @floatCast(smoothRow(x, n, peak, problem.weight));
            }
        }

        const Exponentials = fold.Shifted(T, .exponential);

        inline fn sumRow(x: [*]const T, n: usize, peak: T) f64 {
            return fold.Pass(Exponentials).run(x, n, @splat(peak));
        }

        fn smoothRow(x: [*]const T, n: usize, peak: T, weight: ?[*]const T) f64 {
            const w = weight orelse return fold.Pass(fold.Shifted(T, .difference)).run(x, n, @splat(peak));
            var total: f64 = 0;
            var i: usize = 0;
            while (i < n) : (i += N) {
                const part = @min(N, n - i);
                const v: Vector = if (part == N) x[i..][0..N].* else simd.loadPart(T, x + i, part);
                const u: Vector = if (part == N) w[i..][0..N].* else simd.loadPart(T, w + i, part);
                total += fold.fold(fold.Sum(T), u * (v - @as(Vector, @splat(peak))));
            }
            return total;
        }

        fn columns(work: *const Work, strip: *Strip, place: anytype) void {
            const problem = &work.problem;
            const n = problem.classes;
            const first = geometry.shift(problem.logits, problem.at(place, 0, 0));
            const smooths = problem.smoothing != 0;
            var i: usize = 0;
            while (i < place.width) : (i += N) {
                const part = @min(N, place.width - i);
                var peak: Vector = @splat(-std.math.inf(T));
                var x = first + i;
                for (0..n) |_| {
                    const v = load(x, part);
                    peak = @select(T, v > peak, v, peak);
                    x = geometry.shift(x, problem.class_stride);
                }
                var sum: Vector = @splat(0);
                var smooth: Vector = @splat(0);
                x = first + i;
                for (0..n) |class| {
                    const v = load(x, part) - peak;
                    sum += math.expFast(v);
                    if (smooths) smooth = simd.mulAdd(@as(Vector, @splat(problem.weightOf(class))), v, smooth);
                    x = geometry.shift(x, problem.class_stride);
                }
                strip.peaks[i..][0..N].* = peak;
                strip.sums[i..][0..N].* = sum;
                strip.smooth[i..][0..N].* = smooth;
            }
        }

        inline fn load(p: [*]const T, n: usize) Vector {
            return if (n == N) p[0..N].* else simd.loadPart(T, p, n);
        }

        fn finish(work: *Work, strip: *Strip, place: anytype) void {
            const problem = &work.problem;
            var i: usize = 0;
            while (i < place.width) : (i += N) {
                const logarithm = math.log(@as(Vector, strip.sums[i..][0..N].*));
                strip.sums[i..][0..N].* = logarithm;
            }
            const confidence = 1 - problem.smoothing;
            const share = problem.smoothing / @as(T, @floatFromInt(problem.classes));
            const total_weight: T = @floatCast(work.total_weight);
            const out: usize = @intCast(place.offsets[2]);
            for (strip.peaks[0..place.width], strip.sums[0..place.width], 0..) |peak, logarithm, k| {
                work.logsumexp[out + k] = peak + logarithm;
                const class = problem.classOf(place, k) orelse {
                    work.loss[out + k] = 0;
                    work.sample_weight[out + k] = 0;
                    continue;
                };
                const weight = problem.weightOf(class);
                const offset = problem.at(place, 0, k) + @as(isize, @intCast(class)) * problem.class_stride;
                const x = geometry.shift(problem.logits, offset)[0];
                var loss = confidence * weight * (logarithm - (x - peak));
                if (problem.smoothing != 0) loss += share * (logarithm * total_weight - strip.smooth[k]);
                work.loss[out + k] = loss;
                work.sample_weight[out + k] = weight;
            }
        }
    };
}

/// d x[c] = grad ((a + b) p[c] - a [c = t] - s/C w[c]), with a = (1 - s) w[t], b = s/C sum(w), p[c]
/// = exp(x[c] - logsumexp).
fn Backward(comptime T: type) type {
    return struct {
        const N = simd.lanes(T);
        const Vector = @Vector(N, T);
        const Work = struct {
            /// Operands: logits, target, out, grad, logsumexp.
            problem: Problem(T, 5),
            out: [*]T,
            out_stride: isize,
            grad: [*]const T,
            logsumexp: [*]const T,
            total_weight: T,
        };
        /// Of each sample: the factors of p[c], of w[c] and of [c = t].
        const Strip = struct {
            softmax: [tile_max]T align(64),
            weight: [tile_max]T align(64),
            target: [tile_max]T align(64),
            logsumexp: [tile_max]T align(64),
            classes: [tile_max]usize,
        };

        pub fn run(call: *abi.Call) abi.Status {
            const out = call.output(0);
            if (out.size == 0) return .ok;
            const weight = if (call.input_count > 4) call.input(4) else null;
            var work: Work = .{
                .problem = .init(call, call.input(1), call.input(2), weight, .{ out, call.input(0), call.input(3) }),
                .out = out.pointer(T),
                .out_stride = out.stride(1),
                .grad = call.input(0).pointer(T),
                .logsumexp = call.input(3).pointer(T),
                .total_weight = 0,
            };
            const problem = &work.problem;
            if (problem.smoothing != 0) work.total_weight = @floatCast(problem.totalWeight());
            runtime.parallelFor(problem.jobs(), 0.3 * out.size, &work, tiles);
            return problem.status(call);
        }

        fn tiles(work: *Work, index: usize) void {
            const problem = &work.problem;
            const start = index * problem.group;
            var strip: Strip = undefined;
            for (start..@min(start + problem.group, problem.tiles)) |i| {
                const place = problem.tile(i);
                prepare(work, &strip, &place);
                const is_row = work.out_stride == 1 or problem.classes == 1;
                if (is_row) rows(work, &strip, &place) else columns(work, &strip, &place);
                for (strip.target[0..place.width], strip.classes[0..place.width], 0..) |factor, class, k| {
                    const offset = problem.at(&place, 2, k) + @as(isize, @intCast(class)) * work.out_stride;
                    geometry.shift(work.out, offset)[0] -= factor;
                }
            }
        }

        fn prepare(work: *Work, strip: *Strip, place: anytype) void {
            const problem = &work.problem;
            const share = problem.smoothing / @as(T, @floatFromInt(problem.classes));
            for (0..place.width) |k| {
                strip.logsumexp[k] = geometry.shift(work.logsumexp, problem.at(place, 4, k))[0];
                const class = problem.classOf(place, k) orelse {
                    strip.softmax[k] = 0;
                    strip.weight[k] = 0;
                    strip.target[k] = 0;
                    strip.classes[k] = 0;
                    continue;
                };
                const grad = geometry.shift(work.grad, problem.at(place, 3, k))[0];
                const own = (1 - problem.smoothing) * problem.weightOf(class);
                strip.softmax[k] = grad * (own + share * work.total_weight);
                strip.weight[k] = grad * share;
                strip.target[k] = grad * own;
                strip.classes[k] = class;
            }
        }

        fn rows(work: *const Work, strip: *const Strip, place: anytype) void {
            const problem = &work.problem;
            const n = problem.classes;
            for (0..place.width) |k| {
                const out = geometry.shift(work.out, problem.at(place, 2, k));
                if (strip.softmax[k] == 0 and strip.weight[k] == 0) {
                    @memset(out[0..n], 0);
                    continue;
                }
                var x = geometry.shift(problem.logits, problem.at(place, 0, k));
                if (problem.class_stride != 1 and n != 1) {
                    geometry.gather(T, out, x, problem.class_stride, n);
                    x = out;
                }
                const shift: Vector = @splat(strip.logsumexp[k]);
                const softmax: Vector = @splat(strip.softmax[k]);
                const weight: Vector = @splat(strip.weight[k]);
                var i: usize = 0;
                while (i < n) : (i += N) {
                    const part = @min(N, n - i);
                    var gradient = softmax * math.expFast(load(x + i, part) - shift);
                    if (problem.smoothing != 0)
                        gradient -= if (problem.weight) |w| weight * load(w + i, part) else weight;
                    store(out + i, gradient, part);
                }
            }
        }

        fn columns(work: *const Work, strip: *const Strip, place: anytype) void {
            const problem = &work.problem;
            const stride = problem.inner.strides[0];
            const width = place.width;
            for (0..problem.classes) |class| {
                const line: isize = @intCast(class);
                const out = geometry.shift(work.out, problem.at(place, 2, 0) + line * work.out_stride);
                var x = geometry.shift(problem.logits, problem.at(place, 0, 0) + line * problem.class_stride);
                if (stride != 1 and width != 1) {
                    geometry.gather(T, out, x, stride, width);
                    x = out;
                }
                const weight: Vector = @splat(problem.weightOf(class));
                var i: usize = 0;
                while (i < width) : (i += N) {
                    const part = @min(N, width - i);
                    const softmax: Vector = strip.softmax[i..][0..N].*;
                    const p = math.expFast(load(x + i, part) - @as(Vector, strip.logsumexp[i..][0..N].*));
                    // An ignored sample's logits may be NaN.
                    const none: Vector = @splat(0);
                    var gradient = @select(T, softmax == none, none, softmax * p);
                    if (problem.smoothing != 0) gradient -= weight * @as(Vector, strip.weight[i..][0..N].*);
                    store(out + i, gradient, part);
                }
            }
        }

        inline fn load(p: [*]const T, n: usize) Vector {
            return if (n == N) p[0..N].* else simd.loadPart(T, p, n);
        }

        inline fn store(p: [*]T, v: Vector, n: usize) void {
            if (n == N) p[0..N].* = v else simd.storePart(T, p, v, n);
        }
    };
}
