//! Softmax and its relatives along one dim (attribute 0), forward and backward; cross entropy and
//! standardised values have files of their own.
//!
//! softmax, logSoftmax: out <- x. softmaxGradient, logSoftmaxGradient: out <- (grad, output of the
//! forward kernel). Along the last dim a row stays in L1 or L2 for its two or three passes; along
//! another dim a strip of vectors across the inner dims does. An input that is strided otherwise is
//! packed into the output first and worked on there.
const std = @import("std");
const abi = @import("abi");
const entropy = @import("entropy.zig");
const fold = @import("fold.zig");
const geometry = @import("geometry.zig");
const math = @import("math.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");
const standard = @import("standardize.zig");

pub const kernels = struct {
    pub const softmax = Lines(Softmax, 1);
    pub const logSoftmax = Lines(LogSoftmax, 1);
    pub const softmaxGradient = Lines(SoftmaxGradient, 2);
    pub const logSoftmaxGradient = Lines(LogSoftmaxGradient, 2);
    pub const crossEntropy = entropy.crossEntropy;
    pub const crossEntropyGradient = entropy.crossEntropyGradient;
    pub const standardize = standard.standardize;
    pub const standardizeGradient = standard.standardizeGradient;
};

/// Columns of a strip: four totals of this length fit L1, and 64 rows of it L2.
const strip_max = 512;
/// Elements of a job.
const grain = 1 << 16;
/// Rows packed together, and elements of each at a time.
const pack_rows = 16;
/// Vectors added up in the element type before float64 takes over.
const block_vectors = 64;

/// Runs Op(T).row(out, inputs, n) on every line along the last dim, or Op(T).strip(out, step,
/// inputs, steps, n, width) on strips of lines along another.
fn Lines(comptime OpOf: fn (type) type, comptime input_count: comptime_int) fn (*abi.Call) callconv(.c) abi.Status {
    return struct {
        fn kernel(call: *abi.Call) callconv(.c) abi.Status {
            return switch (call.output(0).kind()) {
                .float32 => Run(f32).run(call),
                .float64 => Run(f64).run(call),
                else => .bad_dtype,
            };
        }

        fn Run(comptime T: type) type {
            return struct {
                const Op = OpOf(T);
                const operands = 1 + input_count;
                const Inputs = [input_count][*]const T;
                const Work = struct {
                    lines: geometry.Lines(operands),
                    output: [*]T,
                    inputs: Inputs,
                    count: usize,
                    /// Rows of a job, or columns of a strip.
                    group: usize = 1,
                    strips: usize = 1,
                    failed: bool = false,
                };

                fn run(call: *abi.Call) abi.Status {
                    const out = call.output(0);
                    if (out.size == 0) return .ok;
                    var views: [operands]*const abi.View = undefined;
                    views[0] = out;
                    for (views[1..], 0..) |*view, i| view.* = call.input(i);
                    const lines: geometry.Lines(operands) = .init(views, abi.toUsize(call.attribute(0)));
                    var work: Work = .{
                        .lines = lines,
                        .output = out.pointer(T),
                        .inputs = undefined,
                        .count = lines.nest.size(),
                    };
                    for (&work.inputs, 0..) |*p, i| p.* = call.input(i).pointer(T);
                    const cost = 0.4 * out.size;
                    if (lines.inner) |inner| {
                        work.group = @min(inner.extent, std.math.clamp(grain / lines.extent & ~@as(usize, 63), 128, strip_max));
                        work.strips = (inner.extent + work.group - 1) / work.group;
                        runtime.parallelFor(work.count * work.strips, cost, &work, stripJob);
                    } else {
                        work.group = @max(1, grain / lines.extent);
                        runtime.parallelFor((work.count + work.group - 1) / work.group, cost, &work, rowsJob);
                    }
                    return if (@atomicLoad(bool, &work.failed, .monotonic)) .out_of_memory else .ok;
                }

                fn rowsJob(work: *Work, index: usize) void {
                    const start = index * work.group;
                    const stop = @min(start + work.group, work.count);
                    const n = work.lines.extent;
                    const is_packed = work.lines.strides[1] != 1 and n != 1;
                    var walk = work.lines.nest.at(start);
                    for (start..stop) |row| {
                        if (is_packed and (row - start) % pack_rows == 0) pack(work, walk, @min(pack_rows, stop - row));
                        const out = geometry.shift(work.output, walk.offsets[0]);
                        var inputs: Inputs = undefined;
                        inputs[0] = if (is_packed) out else geometry.shift(work.inputs[0], walk.offsets[1]);
                        inline for (1..input_count) |i| {
                            const p = geometry.shift(work.inputs[i], walk.offsets[1 + i]);
                            const stride = work.lines.strides[1 + i];
                            inputs[i] = p;
                            if (stride != 1 and n != 1) {
                                const target = runtime.scratch(.chunk, T, n) orelse return fail(work);
                                geometry.gather(T, target, p, stride, n);
                                inputs[i] = target;
                            }
                        }
                        Op.row(out, inputs, n);
                        walk.next();
                    }
                }

                /// Packs rows of the first input into the output, a few elements of each at a time:
                /// a cache line of a transposed matrix, whose rows are neighbours, serves 16 rows.
                fn pack(work: *const Work, start: geometry.Nest(operands).Walk, rows: usize) void {
                    const n = work.lines.extent;
                    var k: usize = 0;
                    while (k < n) : (k += pack_rows) {
                        const from = @as(isize, @intCast(k)) * work.lines.strides[1];
                        var walk = start;
                        for (0..rows) |_| {
                            const source = geometry.shift(work.inputs[0], walk.offsets[1] + from);
                            const target = geometry.shift(work.output, walk.offsets[0]) + k;
                            geometry.gather(T, target, source, work.lines.strides[1], @min(pack_rows, n - k));
                            walk.next();
                        }
                    }
                }

                fn stripJob(work: *Work, index: usize) void {
                    const inner = work.lines.inner.?;
                    const n = work.lines.extent;
                    const from = index % work.strips * work.group;
                    const width = @min(work.group, inner.extent - from);
                    const offsets = work.lines.nest.at(index / work.strips).offsets;
                    const step = work.lines.strides[0];
                    const out = work.output + @as(usize, @intCast(offsets[0])) + from;
                    var inputs: Inputs = undefined;
                    var steps: [input_count]isize = undefined;
                    for (&inputs, &steps, 0..) |*p, *input_step, i| {
                        const stride = inner.strides[1 + i];
                        p.* = geometry.shift(work.inputs[i], offsets[1 + i] + @as(isize, @intCast(from)) * stride);
                        input_step.* = work.lines.strides[1 + i];
                        if (stride == 1 or width == 1) continue;
                        const target = if (i == 0) out else runtime.scratch(.chunk, T, n * width) orelse return fail(work);
                        const target_step = if (i == 0) step else @as(isize, @intCast(width));
                        for (0..n) |k| {
                            const line: isize = @intCast(k);
                            const from_line = geometry.shift(p.*, line * input_step.*);
                            geometry.gather(T, geometry.shift(target, line * target_step), from_line, stride, width);
                        }
                        p.* = target;
                        input_step.* = target_step;
                    }
                    Op.strip(out, step, inputs, steps, n, width);
                }

                fn fail(work: *Work) void {
                    @atomicStore(bool, &work.failed, true, .monotonic);
                }
            };
        }
    }.kernel;
}

/// Loops over a line's vectors; the last one may be a part.
fn Loops(comptime T: type) type {
    return struct {
        const N = simd.lanes(T);
        const Vector = @Vector(N, T);

        inline fn load(p: [*]const T, n: usize) Vector {
            return if (n >= N) p[0..N].* else simd.loadPart(T, p, n);
        }

        inline fn store(p: [*]T, v: Vector, n: usize) void {
            if (n >= N) p[0..N].* = v else simd.storePart(T, p, v, n);
        }

        /// out <- f(inputs, parameters).
        inline fn map(
            out: [*]T,
            inputs: anytype,
            n: usize,
            parameters: anytype,
            comptime f: fn ([inputs.len]Vector, @TypeOf(parameters)) callconv(.@"inline") Vector,
        ) void {
            var i: usize = 0;
            while (i < n) : (i += N) {
                var x: [inputs.len]Vector = undefined;
                inline for (&x, inputs) |*v, p| v.* = load(p + i, n - i);
                store(out + i, f(x, parameters), n - i);
            }
        }

        /// Sum of f(inputs, parameters), in float64 between blocks; with `out` also stores the
        /// values.
        inline fn sum(
            out: ?[*]T,
            inputs: anytype,
            n: usize,
            parameters: anytype,
            comptime f: fn ([inputs.len]Vector, @TypeOf(parameters)) callconv(.@"inline") Vector,
        ) f64 {
            var total: f64 = 0;
            var i: usize = 0;
            while (i < n) {
                var lanes: Vector = @splat(0);
                const stop = @min(n, i + block_vectors * N);
                while (i + N <= stop) : (i += N) {
                    var x: [inputs.len]Vector = undefined;
                    inline for (&x, inputs) |*v, p| v.* = p[i..][0..N].*;
                    const y = f(x, parameters);
                    if (out) |target| target[i..][0..N].* = y;
                    lanes += y;
                }
                if (i < stop) {
                    var x: [inputs.len]Vector = undefined;
                    inline for (&x, inputs) |*v, p| v.* = simd.loadPart(T, p + i, n - i);
                    const y = f(x, parameters);
                    if (out) |target| simd.storePart(T, target + i, y, n - i);
                    lanes += first(y, n - i);
                    i = n;
                }
                total += fold.fold(fold.Sum(T), lanes);
            }
            return total;
        }

        /// The first n lanes of v, zeros behind.
        inline fn first(v: Vector, n: usize) Vector {
            const inside = std.simd.iota(u8, N) < @as(@Vector(N, u8), @splat(@intCast(n)));
            return @select(T, inside, v, @as(Vector, @splat(0)));
        }

        fn peakOf(x: [*]const T, n: usize) T {
            return fold.fold(fold.Peak(T), fold.Pass(fold.Peak(T)).blockOf(x, n, {}));
        }

        inline fn exponential(x: [1]Vector, peak: Vector) Vector {
            return math.expFast(x[0] - peak);
        }

        /// Peaks of the columns of a strip.
        fn peaksOf(peaks: *[strip_max]T, x: [*]const T, step: isize, n: usize, width: usize) void {
            @memset(peaks, -std.math.inf(T));
            var row = x;
            for (0..n) |_| {
                map(peaks, .{ row, @as([*]const T, peaks) }, width, {}, larger);
                row = geometry.shift(row, step);
            }
        }

        inline fn larger(x: [2]Vector, _: void) Vector {
            return @select(T, x[0] > x[1], x[0], x[1]);
        }

        inline fn splat(x: f64) Vector {
            return @splat(@floatCast(x));
        }
    };
}

const strip_alignment = 64;

fn Softmax(comptime T: type) type {
    return struct {
        const loops = Loops(T);
        const Vector = loops.Vector;

        fn row(out: [*]T, inputs: [1][*]const T, n: usize) void {
            const peak: Vector = @splat(loops.peakOf(inputs[0], n));
            const total = loops.sum(out, inputs, n, peak, loops.exponential);
            loops.map(out, .{@as([*]const T, out)}, n, loops.splat(1 / total), scaled);
        }

        inline fn scaled(x: [1]Vector, factor: Vector) Vector {
            return x[0] * factor;
        }

        fn strip(out: [*]T, step: isize, inputs: [1][*]const T, steps: [1]isize, n: usize, width: usize) void {
            var peaks: [strip_max]T align(strip_alignment) = undefined;
            var totals: [strip_max]T align(strip_alignment) = @splat(0);
            loops.peaksOf(&peaks, inputs[0], steps[0], n, width);
            for (0..n) |k| {
                const line: isize = @intCast(k);
                const x = geometry.shift(inputs[0], line * steps[0]);
                const y = geometry.shift(out, line * step);
                var i: usize = 0;
                while (i < width) : (i += loops.N) {
                    const v = loops.exponential(.{loops.load(x + i, width - i)}, peaks[i..][0..loops.N].*);
                    loops.store(y + i, v, width - i);
                    totals[i..][0..loops.N].* = @as(Vector, totals[i..][0..loops.N].*) + v;
                }
            }
            loops.map(&totals, .{@as([*]const T, &totals)}, width, {}, inverse);
            for (0..n) |k| {
                const y = geometry.shift(out, @as(isize, @intCast(k)) * step);
                loops.map(y, .{ @as([*]const T, y), @as([*]const T, &totals) }, width, {}, product);
            }
        }

        inline fn inverse(x: [1]Vector, _: void) Vector {
            return @as(Vector, @splat(1)) / x[0];
        }

        inline fn product(x: [2]Vector, _: void) Vector {
            return x[0] * x[1];
        }
    };
}

fn LogSoftmax(comptime T: type) type {
    return struct {
        const loops = Loops(T);
        const Vector = loops.Vector;
        const Shift = struct { peak: Vector, logarithm: Vector };

        fn row(out: [*]T, inputs: [1][*]const T, n: usize) void {
            const peak: Vector = @splat(loops.peakOf(inputs[0], n));
            const total = loops.sum(null, inputs, n, peak, loops.exponential);
            const logarithm = math.log(@as(simd.Vector(f64), @splat(total)))[0];
            loops.map(out, inputs, n, Shift{ .peak = peak, .logarithm = loops.splat(logarithm) }, shifted);
        }

        /// The peak goes first: x - peak is exact where it matters.
        inline fn shifted(x: [1]Vector, shift: Shift) Vector {
            return (x[0] - shift.peak) - shift.logarithm;
        }

        fn strip(out: [*]T, step: isize, inputs: [1][*]const T, steps: [1]isize, n: usize, width: usize) void {
            var peaks: [strip_max]T align(strip_alignment) = undefined;
            var totals: [strip_max]T align(strip_alignment) = @splat(0);
            const logarithms: [*]const T = &totals;
            loops.peaksOf(&peaks, inputs[0], steps[0], n, width);
            for (0..n) |k| {
                const x = geometry.shift(inputs[0], @as(isize, @intCast(k)) * steps[0]);
                loops.map(&totals, .{ x, @as([*]const T, &peaks), logarithms }, width, {}, added);
            }
            loops.map(&totals, .{logarithms}, width, {}, logarithmOf);
            for (0..n) |k| {
                const line: isize = @intCast(k);
                const x = geometry.shift(inputs[0], line * steps[0]);
                loops.map(geometry.shift(out, line * step), .{ x, @as([*]const T, &peaks), logarithms }, width, {}, difference);
            }
        }

        inline fn added(x: [3]Vector, _: void) Vector {
            return x[2] + loops.exponential(.{x[0]}, x[1]);
        }

        inline fn logarithmOf(x: [1]Vector, _: void) Vector {
            return math.log(x[0]);
        }

        inline fn difference(x: [3]Vector, _: void) Vector {
            return (x[0] - x[1]) - x[2];
        }
    };
}

/// d x = y * (grad - sum(grad * y)).
fn SoftmaxGradient(comptime T: type) type {
    return struct {
        const loops = Loops(T);
        const Vector = loops.Vector;

        fn row(out: [*]T, inputs: [2][*]const T, n: usize) void {
            const total = loops.sum(null, inputs, n, {}, product);
            loops.map(out, inputs, n, loops.splat(total), gradient);
        }

        inline fn product(x: [2]Vector, _: void) Vector {
            return x[0] * x[1];
        }

        inline fn gradient(x: [2]Vector, total: Vector) Vector {
            return x[1] * (x[0] - total);
        }

        fn strip(out: [*]T, step: isize, inputs: [2][*]const T, steps: [2]isize, n: usize, width: usize) void {
            var totals: [strip_max]T align(strip_alignment) = @splat(0);
            const sums: [*]const T = &totals;
            for (0..n) |k| {
                const line: isize = @intCast(k);
                const grad = geometry.shift(inputs[0], line * steps[0]);
                const y = geometry.shift(inputs[1], line * steps[1]);
                loops.map(&totals, .{ grad, y, sums }, width, {}, added);
            }
            for (0..n) |k| {
                const line: isize = @intCast(k);
                const grad = geometry.shift(inputs[0], line * steps[0]);
                const y = geometry.shift(inputs[1], line * steps[1]);
                loops.map(geometry.shift(out, line * step), .{ grad, y, sums }, width, {}, stripGradient);
            }
        }

        inline fn added(x: [3]Vector, _: void) Vector {
            return simd.mulAdd(x[0], x[1], x[2]);
        }

        inline fn stripGradient(x: [3]Vector, _: void) Vector {
            return x[1] * (x[0] - x[2]);
        }
    };
}

/// d x = grad - exp(y) * sum(grad).
fn LogSoftmaxGradient(comptime T: type) type {
    return struct {
        const loops = Loops(T);
        const Vector = loops.Vector;

        fn row(out: [*]T, inputs: [2][*]const T, n: usize) void {
            const total = loops.sum(null, .{inputs[0]}, n, {}, same);
            loops.map(out, inputs, n, loops.splat(total), gradient);
        }

        inline fn same(x: [1]Vector, _: void) Vector {
            return x[0];
        }

        inline fn gradient(x: [2]Vector, total: Vector) Vector {
            return x[0] - math.expFast(x[1]) * total;
        }

        fn strip(out: [*]T, step: isize, inputs: [2][*]const T, steps: [2]isize, n: usize, width: usize) void {
            var totals: [strip_max]T align(strip_alignment) = @splat(0);
            const sums: [*]const T = &totals;
            for (0..n) |k| {
                const grad = geometry.shift(inputs[0], @as(isize, @intCast(k)) * steps[0]);
                loops.map(&totals, .{ grad, sums }, width, {}, added);
            }
            for (0..n) |k| {
                const line: isize = @intCast(k);
                const grad = geometry.shift(inputs[0], line * steps[0]);
                const y = geometry.shift(inputs[1], line * steps[1]);
                loops.map(geometry.shift(out, line * step), .{ grad, y, sums }, width, {}, stripGradient);
            }
        }

        inline fn added(x: [2]Vector, _: void) Vector {
            return x[0] + x[1];
        }

        inline fn stripGradient(x: [3]Vector, _: void) Vector {
            return x[0] - math.expFast(x[1]) * x[2];
        }
    };
}

test {
    _ = standard;
    _ = @import("rows_test.zig");
}
