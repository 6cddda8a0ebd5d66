//! Running totals along one dim: cumsum and cumprod, in float64 or int64 whatever the element.
//!
//! Along the last dim a vector is scanned in registers, log2(lanes) shuffles; sums of float32 stay in float32 for a
//! block of 16 vectors, and blocks are added in float64. Along any other dim the totals are a row of vectors, and the elements stream past.
const std = @import("std");
const abi = @import("abi");
const fold = @import("fold.zig");
const geometry = @import("geometry.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");

const block = 4096;
const strip_max = 512;
/// Vectors that a sum of float32 runs through before float64 takes over.
const block_vectors = 16;
/// Elements of a job.
const grain = 1 << 17;

pub const Operation = enum { sum, product };

fn Accumulator(comptime T: type) type {
    return if (@typeInfo(T) == .float) f64 else i64;
}

/// The dtype's elements in, `Result` out.
pub fn Scan(comptime T: type, comptime operation: Operation) type {
    return struct {
        const Total = Accumulator(T);
        pub const Result = if (@typeInfo(T) == .float) T else i64;
        /// Products leave the range of float32 long before their results do.
        const Lane = if (T == f32 and operation == .product) f64 else if (Total == f64) T else i64;
        const N = simd.lanes(Lane);
        const Lanes = @Vector(N, Lane);
        const M = simd.lanes(Total);
        const Totals = @Vector(M, Total);
        const identity: Total = if (operation == .sum) 0 else 1;

        const Work = struct {
            /// Operands: output, input.
            lines: geometry.Lines(2),
            output: [*]Result,
            input: [*]const T,
            rows: usize,
            group: usize = 1,
            chunks: usize = 1,
            strips: usize = 1,
            carries: [*]Total = undefined,
        };

        pub fn run(call: *abi.Call, axis: usize) abi.Status {
            const view = call.input(0);
            if (view.size == 0) return .ok;
            const lines: geometry.Lines(2) = .init(.{ call.output(0), view }, axis);
            var work: Work = .{
                .lines = lines,
                .output = call.output(0).pointer(Result),
                .input = view.pointer(T),
                .rows = lines.nest.size(),
            };
            const cost = 0.25 * view.size;
            const inner = lines.inner orelse return runRows(&work, cost);
            work.strips = (inner.extent + strip_max - 1) / strip_max;
            runtime.parallelFor(work.rows * work.strips, cost, &work, columnsJob);
            return .ok;
        }

        fn runRows(work: *Work, cost: f64) abi.Status {
            const extent = work.lines.extent;
            if (work.rows >= 64 or extent < 2 * grain) {
                work.group = @max(1, grain / extent);
                runtime.parallelFor((work.rows + work.group - 1) / work.group, cost, work, rowsJob);
                return .ok;
            }
            work.chunks = (extent + grain - 1) / grain;
            work.carries = runtime.scratch(.call, Total, work.rows * work.chunks) orelse return .out_of_memory;
            runtime.parallelFor(work.rows * work.chunks, cost / 2, work, totalJob);
            for (0..work.rows) |row| {
                var carry = identity;
                for (work.carries[row * work.chunks ..][0..work.chunks]) |*total| {
                    const next = combine(carry, total.*);
                    total.* = carry;
                    carry = next;
                }
            }
            runtime.parallelFor(work.rows * work.chunks, cost, work, chunkJob);
            return .ok;
        }

        fn rowsJob(work: *Work, index: usize) void {
            const start = index * work.group;
            const stop = @min(start + work.group, work.rows);
            var walk = work.lines.nest.at(start);
            for (start..stop) |_| {
                const p = geometry.shift(work.input, walk.offsets[1]);
                const out = geometry.shift(work.output, walk.offsets[0]);
                _ = scanRow(p, work.lines.strides[1], out, work.lines.extent, identity);
                walk.next();
            }
        }

        fn totalJob(work: *Work, index: usize) void {
            const place = chunkOf(work, index);
            work.carries[index] = totalOf(place.p, work.lines.strides[1], place.n);
        }

        fn chunkJob(work: *Work, index: usize) void {
            const place = chunkOf(work, index);
            _ = scanRow(place.p, work.lines.strides[1], place.out, place.n, work.carries[index]);
        }

        const Chunk = struct { p: [*]const T, out: [*]Result, n: usize };

        fn chunkOf(work: *const Work, index: usize) Chunk {
            const offsets = work.lines.nest.at(index / work.chunks).offsets;
            const from = index % work.chunks * grain;
            return .{
                .p = geometry.shift(work.input, offsets[1] + @as(isize, @intCast(from)) * work.lines.strides[1]),
                .out = geometry.shift(work.output, offsets[0] + @as(isize, @intCast(from))),
                .n = @min(grain, work.lines.extent - from),
            };
        }

        inline fn combine(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            if (Total == f64) return if (operation == .sum) x + y else x * y;
            return if (operation == .sum) x +% y else x *% y;
        }

        inline fn widenTo(comptime To: type, comptime count: comptime_int, x: @Vector(count, T)) @Vector(count, To) {
            return if (@typeInfo(To) == .float) @floatCast(x) else @intCast(x);
        }

        inline fn widen(x: @Vector(N, T)) Lanes {
            return widenTo(Lane, N, x);
        }

        inline fn narrow(x: Lanes) @Vector(N, Result) {
            return if (Total == f64) @floatCast(x) else x;
        }

        fn scanRow(first: [*]const T, stride: isize, out: [*]Result, n: usize, start: Total) Total {
            if (stride == 1) return scanRun(first, out, n, start);
            var buffer: [block]T = undefined;
            var carry = start;
            var i: usize = 0;
            while (i < n) : (i += block) {
                const count = @min(block, n - i);
                geometry.gather(T, &buffer, geometry.shift(first, @as(isize, @intCast(i)) * stride), stride, count);
                carry = scanRun(&buffer, out + i, count, carry);
            }
            return carry;
        }

        /// Within a block in lanes of type Lane, between blocks in Total.
        fn scanRun(p: [*]const T, out: [*]Result, n: usize, start: Total) Total {
            var total = start;
            var i: usize = 0;
            while (i + N <= n) {
                const stop = @min(n - N, i + (block_vectors - 1) * N);
                const base: Lanes = @splat(convert(Lane, total));
                var carry: Lanes = @splat(identity);
                while (i <= stop) : (i += N) {
                    const scanned = scanVector(widen(p[i..][0..N].*));
                    out[i..][0..N].* = narrow(combine(base, combine(carry, scanned)));
                    carry = combine(carry, last(scanned));
                }
                total = combine(total, convert(Total, carry[0]));
            }
            while (i < n) : (i += 1) {
                total = combine(total, convert(Total, p[i]));
                out[i] = convert(Result, total);
            }
            return total;
        }

        inline fn scanVector(v: Lanes) Lanes {
            var scanned = v;
            comptime var step = 1;
            inline while (step < N) : (step *= 2) {
                const mask = comptime blk: {
                    var lanes: [N]i32 = undefined;
                    for (&lanes, 0..) |*lane, k| lane.* = if (k < step) -1 else @intCast(k - step);
                    break :blk lanes;
                };
                scanned = combine(scanned, @shuffle(Lane, scanned, @as(Lanes, @splat(identity)), mask));
            }
            return scanned;
        }

        inline fn last(v: Lanes) Lanes {
            return @shuffle(Lane, v, undefined, @as([N]i32, @splat(N - 1)));
        }

        inline fn convert(comptime To: type, x: anytype) To {
            return if (@typeInfo(To) == .float) @floatCast(x) else @intCast(x);
        }

        fn totalOf(first: [*]const T, stride: isize, n: usize) Total {
            var totals: [4]Totals = @splat(@as(Totals, @splat(identity)));
            var i: usize = 0;
            if (stride == 1) while (i + 4 * M <= n) : (i += 4 * M) {
                inline for (&totals, 0..) |*total, k| total.* = combine(total.*, widenTo(Total, M, first[i + k * M ..][0..M].*));
            };
            var rest = identity;
            while (i < n) : (i += 1)
                rest = combine(rest, convert(Total, geometry.shift(first, @as(isize, @intCast(i)) * stride)[0]));
            const lanes: [M]Total = combine(combine(totals[0], totals[1]), combine(totals[2], totals[3]));
            for (lanes) |x| rest = combine(rest, x);
            return rest;
        }

        fn columnsJob(work: *Work, index: usize) void {
            const from = index % work.strips * strip_max;
            const inner = work.lines.inner.?;
            const width = @min(strip_max, inner.extent - from);
            const offsets = work.lines.nest.at(index / work.strips).offsets;
            const stride = inner.strides[1];
            var p = geometry.shift(work.input, offsets[1] + @as(isize, @intCast(from)) * stride);
            var out = geometry.shift(work.output, offsets[0] + @as(isize, @intCast(from)));
            var totals: [strip_max]Total align(64) = @splat(identity);
            var packed_row: [strip_max]T = undefined;
            for (0..work.lines.extent) |_| {
                if (stride != 1) geometry.gather(T, &packed_row, p, stride, width);
                addRow(&totals, if (stride == 1) p else &packed_row, out, width);
                p = geometry.shift(p, work.lines.strides[1]);
                out = geometry.shift(out, work.lines.strides[0]);
            }
        }

        fn addRow(totals: *[strip_max]Total, p: [*]const T, out: [*]Result, width: usize) void {
            var i: usize = 0;
            while (i < width) : (i += M) {
                const part = @min(M, width - i);
                const x: @Vector(M, T) = if (part == M) p[i..][0..M].* else fold.loadPart(T, M, p + i, part);
                const sums = combine(@as(Totals, totals[i..][0..M].*), widenTo(Total, M, x));
                totals[i..][0..M].* = sums;
                const results: @Vector(M, Result) = if (Total == f64) @floatCast(sums) else sums;
                if (part == M) out[i..][0..M].* = results else @memcpy(out[i..][0..part], @as([M]Result, results)[0..part]);
            }
        }
    };
}
