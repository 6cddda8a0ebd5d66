//! Reductions that fold elements into totals in any order: sums, products, extremes, and what two
//! such passes give.
//!
//! Rows: blocks of 4096 elements in 8 vector accumulators of the lane type, added to a vector of
//! the total type. A sum of float32 thus adds 32 numbers in float32 and the rest in float64: better
//! than a cascade, and no slower. Columns: batches of 16 rows in the lane type, then the same.
const std = @import("std");
const math = @import("math.zig");
const reduce = @import("reduce.zig");
const simd = @import("simd.zig");

/// One pass over the elements. Spec has Element, Lane (of the accumulators), Total, Parameter
/// (void, or a lane type: one value per output); heavy: a step is dozens of instructions; drop(x,
/// y), for extremes that keep NaN: one that need not; identity; step(accumulator, x, parameter);
/// combine(x, y) of lanes or totals.
pub fn Pass(comptime Spec: type) type {
    return struct {
        const T = Spec.Element;
        const N = simd.lanes(Spec.Lane);
        const Lanes = @Vector(N, Spec.Lane);
        const Totals = @Vector(N, Spec.Total);
        const Parameters = if (Spec.Parameter == void) void else @Vector(N, Spec.Parameter);
        const empty: Lanes = @splat(Spec.identity);
        const nothing: Totals = @splat(Spec.identity);
        /// Accumulators at work together: as many as hide the latency of an addition, fewer of a
        /// long step.
        const ways = if (Spec.heavy) 2 else 8;

        /// Reduces output `lane` of the source.
        pub fn row(source: *const reduce.Source(T), lane: usize, parameter: Spec.Parameter) Spec.Total {
            const splat: Parameters = if (Spec.Parameter == void) {} else @splat(parameter);
            if (source.contiguous(lane)) |p| return run(p, source.count(), splat);
            var gathered: Gathered = .{ .parameter = splat };
            source.forRuns(lane, &gathered, Gathered.add);
            return fold(Spec, combineTotals(gathered.totals, gathered.lanes));
        }

        /// Reduces n contiguous elements.
        pub fn run(p: [*]const T, n: usize, parameter: Parameters) Spec.Total {
            if (n <= reduce.block) return widen(fold(Spec, blockOf(p, n, parameter)));
            var totals = nothing;
            var i: usize = 0;
            while (i < n) : (i += reduce.block)
                totals = combineTotals(totals, blockOf(p + i, @min(reduce.block, n - i), parameter));
            return fold(Spec, totals);
        }

        /// At most a block of contiguous elements. Not inlined: it is most of the kernel's code,
        /// and called twice.
        pub noinline fn blockOf(p: [*]const T, n: usize, parameter: Parameters) Lanes {
            var i: usize = 0;
            var sum = empty;
            if (n >= ways * N) {
                i = n - n % (ways * N);
                sum = if (@hasDecl(Spec, "drop") and @typeInfo(T) == .float) dropping(p, i) else wide(p, i, parameter);
            }
            while (i + N <= n) : (i += N) sum = Spec.step(sum, load(p + i), parameter);
            if (i == n) return sum;
            const inside = std.simd.iota(u8, N) < @as(@Vector(N, u8), @splat(@intCast(n - i)));
            return @select(Spec.Lane, inside, Spec.step(sum, loadPart(T, N, p + i, n - i), parameter), sum);
        }

        inline fn wide(p: [*]const T, n: usize, parameter: Parameters) Lanes {
            var lanes: [ways]Lanes = @splat(empty);
            var i: usize = 0;
            while (i < n) : (i += ways * N) {
                inline for (&lanes, 0..) |*accumulator, k|
                    accumulator.* = Spec.step(accumulator.*, load(p + i + k * N), parameter);
            }
            return together(lanes);
        }

        /// Extremes that drop NaN take one instruction, and one more per two vectors notices the
        /// NaN: 0.04 ns an element from L2 where steps that keep it take 0.05.
        inline fn dropping(p: [*]const T, n: usize) Lanes {
            var lanes: [ways]Lanes = @splat(empty);
            var unordered: @Vector(N, bool) = @splat(false);
            var i: usize = 0;
            while (i < n) : (i += ways * N) {
                inline for (0..ways / 2) |k| {
                    const x = load(p + i + 2 * k * N);
                    const y = load(p + i + (2 * k + 1) * N);
                    unordered = unordered | (x != x) | (y != y);
                    lanes[2 * k] = Spec.drop(x, lanes[2 * k]);
                    lanes[2 * k + 1] = Spec.drop(y, lanes[2 * k + 1]);
                }
            }
            return @select(T, unordered, @as(Lanes, @splat(std.math.nan(T))), together(lanes));
        }

        inline fn together(lanes: [ways]Lanes) Lanes {
            var sums = lanes;
            comptime var half = ways / 2;
            inline while (half > 0) : (half /= 2) {
                inline for (0..half) |k| sums[k] = Spec.combine(sums[k], sums[k + half]);
            }
            return sums[0];
        }

        inline fn load(p: [*]const T) @Vector(N, T) {
            return p[0..N].*;
        }

        inline fn combineTotals(totals: Totals, lanes: Lanes) Totals {
            return Spec.combine(totals, widen(lanes));
        }

        /// Lanes or one lane as totals.
        inline fn widen(x: anytype) if (@TypeOf(x) == Lanes) Totals else Spec.Total {
            if (Spec.Lane == Spec.Total) return x;
            return if (@typeInfo(Spec.Lane) == .float) @floatCast(x) else @intCast(x);
        }

        /// What is known of a row that comes in runs, which may be short.
        const Gathered = struct {
            lanes: Lanes = empty,
            totals: Totals = nothing,
            filled: usize = 0,
            parameter: Parameters,

            fn add(gathered: *Gathered, p: [*]const T, n: usize, _: usize) bool {
                if (gathered.filled + n > reduce.block / ways) {
                    gathered.totals = combineTotals(gathered.totals, gathered.lanes);
                    gathered.lanes = empty;
                    gathered.filled = 0;
                }
                gathered.filled += n;
                gathered.lanes = Spec.combine(gathered.lanes, blockOf(p, n, gathered.parameter));
                return true;
            }
        };

        /// Reduces outputs 0..width of the source into `totals`.
        pub fn columns(
            source: *const reduce.Source(T),
            width: usize,
            parameters: ?[*]const Spec.Parameter,
            totals: *[reduce.strip_max]Spec.Total,
        ) void {
            if (source.narrow(width)) |p| return narrowColumns(p, source.count(), width, parameters, totals);
            var i: usize = 0;
            while (i < width) : (i += N) totals[i..][0..N].* = nothing;
            var strip: Columns = .{ .width = width, .parameters = parameters, .totals = totals };
            source.forBatches(width, &strip, Columns.add);
        }

        /// A contiguous matrix of few columns, with `fold_rows` of its rows taken as one: whole
        /// vectors instead of parts, 10 times the speed at 3 columns.
        noinline fn narrowColumns(
            p: [*]const T,
            count: usize,
            width: usize,
            parameters: ?[*]const Spec.Parameter,
            totals: *[reduce.strip_max]Spec.Total,
        ) void {
            const fold_rows = reduce.narrow_rows;
            var wide_totals: [fold_rows * reduce.narrow_max]Spec.Total = @splat(Spec.identity);
            var wide_parameters: [fold_rows * reduce.narrow_max]Spec.Parameter = undefined;
            if (Spec.Parameter != void) for (wide_parameters[0 .. fold_rows * width], 0..) |*parameter, i| {
                parameter.* = parameters.?[i % width];
            };
            var strip: Columns = .{ .width = fold_rows * width, .parameters = &wide_parameters, .totals = &wide_totals };
            var rows: [reduce.batch_max][*]const T = undefined;
            var at: usize = 0;
            while (at + fold_rows <= count) {
                const batch = @min(reduce.batch_max, (count - at) / fold_rows);
                for (rows[0..batch]) |*row_start| {
                    row_start.* = p + at * width;
                    at += fold_rows;
                }
                strip.add(rows[0..batch], 0);
            }
            // The last rows go their own way: lanes behind a part hold zeros, which wide totals
            // must not see.
            @memset(totals[0..@max(N, reduce.narrow_max)], Spec.identity);
            strip = .{ .width = width, .parameters = parameters, .totals = totals };
            for (rows[0 .. count - at], 0..) |*row_start, k| row_start.* = p + (at + k) * width;
            strip.add(rows[0 .. count - at], 0);
            for (totals[0..width], 0..) |*total, i| {
                var lane: @Vector(1, Spec.Total) = .{total.*};
                for (0..fold_rows) |k| lane = Spec.combine(lane, @Vector(1, Spec.Total){wide_totals[k * width + i]});
                total.* = lane[0];
            }
        }

        const Columns = struct {
            width: usize,
            parameters: ?[*]const Spec.Parameter,
            totals: [*]Spec.Total,

            fn add(strip: *Columns, rows: []const [*]const T, _: usize) void {
                var i: usize = 0;
                if (!Spec.heavy) while (i + 4 * N <= strip.width) : (i += 4 * N) strip.piece(4, rows, i, N);
                while (i < strip.width) : (i += N) strip.piece(1, rows, i, @min(N, strip.width - i));
            }

            /// `vectors` vectors of columns from column i on; of a single vector only `n` lanes.
            inline fn piece(strip: *Columns, comptime vectors: comptime_int, rows: []const [*]const T, i: usize, n: usize) void {
                var lanes: [vectors]Lanes = @splat(empty);
                var parameters: [vectors]Parameters = undefined;
                if (Spec.Parameter != void) {
                    inline for (&parameters, 0..) |*parameter, k| parameter.* = strip.parameters.?[i + k * N ..][0..N].*;
                }
                for (rows) |p| inline for (&lanes, 0..) |*accumulator, k| {
                    const x = if (vectors > 1 or n == N) load(p + i + k * N) else loadPart(T, N, p + i, n);
                    accumulator.* = Spec.step(accumulator.*, x, parameters[k]);
                };
                inline for (&lanes, 0..) |accumulator, k| {
                    const totals = strip.totals[i + k * N ..][0..N];
                    totals.* = combineTotals(@as(Totals, totals.*), accumulator);
                }
            }
        };
    };
}

/// A vector's lanes combined as a tree.
pub inline fn fold(comptime Spec: type, v: anytype) @typeInfo(@TypeOf(v)).vector.child {
    @setEvalBranchQuota(10_000); // 64 lanes of bytes
    const n = @typeInfo(@TypeOf(v)).vector.len;
    if (n == 1) return v[0];
    return fold(Spec, Spec.combine(std.simd.extract(v, 0, n / 2), std.simd.extract(v, n / 2, n / 2)));
}

/// n < N elements, zeros behind.
pub inline fn loadPart(comptime T: type, comptime N: comptime_int, p: [*]const T, n: usize) @Vector(N, T) {
    if (@sizeOf(T) >= 4 and N <= simd.lanes(T)) return std.simd.extract(simd.loadPart(T, p, n), 0, N);
    var array: [N]T = @splat(0);
    for (array[0..n], p) |*x, y| x.* = y;
    return array;
}

/// A reduction of one pass: a Spec with Result and finish(totals, divisor), where the divisor is
/// the count for a mean (parameter 1) and otherwise 1.
pub fn Fold(comptime Spec: type) type {
    return struct {
        pub const Element = Spec.Element;
        pub const ordered = false;
        pub const cost = 0.1;
        pub const Strip = struct { totals: [reduce.strip_max]Spec.Total align(64) };
        const N = simd.lanes(Spec.Lane);
        const Totals = @Vector(N, Spec.Total);

        pub fn row(strip: *Strip, lane: usize, source: *const reduce.Source(Element)) void {
            strip.totals[lane] = Pass(Spec).row(source, lane, {});
        }

        pub fn columns(strip: *Strip, width: usize, source: *const reduce.Source(Element)) void {
            Pass(Spec).columns(source, width, null, &strip.totals);
        }

        pub fn merge(strip: *Strip, _: usize, other: *const Strip, _: usize, width: usize) void {
            var i: usize = 0;
            while (i < width) : (i += N) {
                const totals: Totals = strip.totals[i..][0..N].*;
                strip.totals[i..][0..N].* = Spec.combine(totals, @as(Totals, other.totals[i..][0..N].*));
            }
        }

        pub fn store(strip: *const Strip, width: usize, count: usize, parameter: f64, target: *const reduce.Target) void {
            const divisor: f64 = if (parameter == 1) @floatFromInt(count) else 1;
            var i: usize = 0;
            while (i < width) : (i += N) {
                const totals: Totals = strip.totals[i..][0..N].*;
                target.write(0, Spec.Result, i, width, Spec.finish(totals, divisor));
            }
        }
    };
}

/// Variance and mean by two passes over each chunk, about the chunk's own mean; chunks merge by the
/// rule of Chan, Golub and LeVeque. Differences are taken in float64, so a mean far from 0 costs no
/// digits.
pub fn Variance(comptime T: type) type {
    return struct {
        pub const Element = T;
        pub const ordered = false;
        pub const cost = 0.2;
        pub const Strip = struct {
            means: [reduce.strip_max]f64 align(64),
            /// Sums of squared differences from the mean.
            squares: [reduce.strip_max]f64 align(64),
        };
        const N = simd.lanes(f64);
        const Vector = @Vector(N, f64);
        const Differences = struct {
            pub const Element = T;
            pub const Lane = f64;
            pub const Total = f64;
            pub const Parameter = f64;
            pub const heavy = false;
            pub const identity = 0;
            pub inline fn step(total: Vector, x: @Vector(N, T), mean: Vector) Vector {
                const difference = @as(Vector, @floatCast(x)) - mean;
                return simd.mulAdd(difference, difference, total);
            }
            pub inline fn combine(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
                return x + y;
            }
        };

        pub fn row(strip: *Strip, lane: usize, source: *const reduce.Source(T)) void {
            const mean = Pass(Sum(T)).row(source, lane, {}) / @as(f64, @floatFromInt(source.count()));
            strip.means[lane] = mean;
            strip.squares[lane] = Pass(Differences).row(source, lane, mean);
        }

        pub fn columns(strip: *Strip, width: usize, source: *const reduce.Source(T)) void {
            Pass(Sum(T)).columns(source, width, null, &strip.means);
            const count: Vector = @splat(@floatFromInt(source.count()));
            var i: usize = 0;
            while (i < width) : (i += N) strip.means[i..][0..N].* = @as(Vector, strip.means[i..][0..N].*) / count;
            Pass(Differences).columns(source, width, &strip.means, &strip.squares);
        }

        pub fn merge(strip: *Strip, count: usize, other: *const Strip, other_count: usize, width: usize) void {
            const first: f64 = @floatFromInt(count);
            const second: f64 = @floatFromInt(other_count);
            const share = second / (first + second);
            for (0..width) |i| {
                const difference = other.means[i] - strip.means[i];
                strip.means[i] += difference * share;
                strip.squares[i] += other.squares[i] + difference * difference * first * share;
            }
        }

        pub fn store(strip: *const Strip, width: usize, count: usize, correction: f64, target: *const reduce.Target) void {
            const divisor: Vector = @splat(@max(@as(f64, @floatFromInt(count)) - correction, 0));
            var i: usize = 0;
            while (i < width) : (i += N) {
                const squares: Vector = strip.squares[i..][0..N].*;
                const means: Vector = strip.means[i..][0..N].*;
                target.write(0, T, i, width, @as(@Vector(N, T), @floatCast(squares / divisor)));
                target.write(1, T, i, width, @as(@Vector(N, T), @floatCast(means)));
            }
        }
    };
}

/// log(sum(exp(x))) as peak + log(sum(exp(x - peak))). A peak that is infinite counts as 0: the sum
/// then is 0 or infinite by itself.
pub fn LogSumExp(comptime T: type) type {
    return struct {
        pub const Element = T;
        pub const ordered = false;
        pub const cost = 0.4;
        pub const Strip = struct {
            peaks: [reduce.strip_max]T align(64),
            sums: [reduce.strip_max]f64 align(64),
        };
        const Doubles = @Vector(simd.lanes(f64), f64);
        const Exponentials = Shifted(T, .exponential_any);

        pub fn row(strip: *Strip, lane: usize, source: *const reduce.Source(T)) void {
            const peak = finite(Pass(Peak(T)).row(source, lane, {}));
            strip.peaks[lane] = peak;
            strip.sums[lane] = Pass(Exponentials).row(source, lane, peak);
        }

        pub fn columns(strip: *Strip, width: usize, source: *const reduce.Source(T)) void {
            Pass(Peak(T)).columns(source, width, null, &strip.peaks);
            for (strip.peaks[0..width]) |*peak| peak.* = finite(peak.*);
            Pass(Exponentials).columns(source, width, &strip.peaks, &strip.sums);
        }

        fn finite(peak: T) T {
            return if (std.math.isInf(peak)) 0 else peak;
        }

        pub fn merge(strip: *Strip, _: usize, other: *const Strip, _: usize, width: usize) void {
            for (0..width) |i| {
                // A chunk of -inf alone has the sum 0, and a peak that means nothing.
                if (other.sums[i] == 0) continue;
                const peak = if (strip.sums[i] == 0) other.peaks[i] else @max(strip.peaks[i], other.peaks[i]);
                if (strip.sums[i] != 0) strip.sums[i] *= @exp(@as(f64, strip.peaks[i]) - peak);
                strip.sums[i] += other.sums[i] * @exp(@as(f64, other.peaks[i]) - peak);
                strip.peaks[i] = peak;
            }
        }

        pub fn store(strip: *const Strip, width: usize, _: usize, _: f64, target: *const reduce.Target) void {
            const L = simd.lanes(f64);
            var i: usize = 0;
            while (i < width) : (i += L) {
                const sums: Doubles = strip.sums[i..][0..L].*;
                const peaks: @Vector(L, T) = strip.peaks[i..][0..L].*;
                const result = math.log(sums) + @as(Doubles, @floatCast(peaks));
                target.write(0, T, i, width, @as(@Vector(L, T), @floatCast(result)));
            }
        }
    };
}

/// Sum of floats, in float64 between blocks.
pub fn Sum(comptime T: type) type {
    return struct {
        pub const Element = T;
        pub const Lane = T;
        pub const Total = f64;
        pub const Parameter = void;
        pub const heavy = false;
        pub const identity = 0;
        pub inline fn step(total: anytype, x: anytype, _: void) @TypeOf(total) {
            return total + x;
        }
        pub inline fn combine(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return x + y;
        }
    };
}

/// Maximum that drops NaN: a sum of exponentials brings it back.
pub fn Peak(comptime T: type) type {
    return struct {
        pub const Element = T;
        pub const Lane = T;
        pub const Total = T;
        pub const Parameter = void;
        pub const heavy = false;
        pub const identity = -std.math.inf(T);
        pub inline fn step(peak: anytype, x: anytype, _: void) @TypeOf(peak) {
            return combine(x, peak);
        }
        pub inline fn combine(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return @select(T, x > y, x, y);
        }
    };
}

/// Sum of x - peak, or of its exponential; `exponential` for x <= peak, `exponential_any` for any
/// x.
pub fn Shifted(comptime T: type, comptime what: enum { difference, exponential, exponential_any }) type {
    return struct {
        pub const Element = T;
        pub const Lane = T;
        pub const Total = f64;
        pub const Parameter = T;
        pub const heavy = what != .difference;
        pub const identity = 0;
        const Vector = simd.Vector(T);
        pub inline fn step(total: Vector, x: Vector, peak: Vector) Vector {
            const difference = x - peak;
            return total + switch (what) {
                .difference => difference,
                .exponential => math.expFast(difference),
                .exponential_any => math.exp(difference),
            };
        }
        pub inline fn combine(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return x + y;
        }
    };
}
