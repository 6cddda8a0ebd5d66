//! Discrete Fourier transforms along one dim, of complex and of real numbers. Real and imaginary
//! parts are tensors of their own. Nothing is divided by the length but what `scale` says.
//!
//! Attributes: 0 the dim, 1 whether inverse, 2 scale, 3 the length of the real side (0 where both
//! are complex), from 4 the plan of fourier/plan.zig: of the length, or of its half where the real
//! side is even. The last input is the plan's table. Inputs may lie in any way.
//!
//! A line that fills vectors is transformed alone. Others go side by side, a vector's lanes at a
//! time: each lane then does the same, whatever the length.
const std = @import("std");
const abi = @import("abi");
const blocks = @import("blocks.zig");
const geometry = @import("geometry.zig");
const half = @import("fourier/half.zig");
const planning = @import("fourier/plan.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");
const stage = @import("fourier/stage.zig");

pub const kernels = struct {
    /// re, im [.., n, ..] <- re, im [.., n, ..], table.
    pub fn fourier(call: *abi.Call) callconv(.c) abi.Status {
        return dispatch(.both, call);
    }

    /// re, im [.., n/2 + 1, ..] <- x [.., n, ..], table: the rest is their mirror image.
    pub fn fourierReal(call: *abi.Call) callconv(.c) abi.Status {
        return dispatch(.forward, call);
    }

    /// x [.., n, ..] <- re, im [.., n/2 + 1, ..], table: the inverse of a transform whose other
    /// half is the mirror image.
    pub fn fourierHalf(call: *abi.Call) callconv(.c) abi.Status {
        return dispatch(.backward, call);
    }
};

/// Which sides are complex: both, the result, the input.
const Kind = enum { both, forward, backward };

/// Numbers that a job transforms, roughly.
const grain = 1 << 13;

/// Memory of a part of lines side by side; six such parts are in use.
const strip_bytes = 1 << 17;

fn dispatch(comptime kind: Kind, call: *abi.Call) abi.Status {
    return switch (call.output(0).kind()) {
        .float32 => Transform(f32, kind).run(call),
        .float64 => Transform(f64, kind).run(call),
        else => .bad_dtype,
    };
}

fn Transform(comptime T: type, comptime kind: Kind) type {
    return struct {
        const Self = @This();
        const L = simd.lanes(T);
        const Pair = stage.Pair(T);
        const Parts = [2][*]T;
        /// Where an operand's parts begin, and the distances of a line's elements and of lines.
        const Place = struct { parts: Parts, along: isize, across: isize };

        plan: planning.Plan(T),
        lines: geometry.Lines(3),
        inner: geometry.Nest(3).Dim,
        out: Parts,
        in: Parts,
        /// Length of the real side, or of both.
        n: usize,
        inverse: bool,
        scale: T,
        /// Lines side by side: 1 or a vector.
        width: usize,
        groups: usize,
        per_job: usize,
        failed: bool = false,

        fn run(call: *abi.Call) abi.Status {
            const last = abi.toUsize(call.input_count) - 1;
            const out = call.output(0);
            const in = call.input(0);
            const other = if (kind == .forward) in else call.input(1);
            const second = if (kind == .backward) out else call.output(1);
            var work: Self = .{
                .plan = .of(call, 4, call.input(last).pointer(T)),
                .lines = .init(.{ out, in, other }, abi.toUsize(call.attribute(0))),
                .inner = undefined,
                .out = .{ out.pointer(T), second.pointer(T) },
                .in = .{ in.pointer(T), other.pointer(T) },
                .n = abi.toUsize(call.attribute(3)),
                .inverse = call.attribute(1) == 1,
                .scale = @floatCast(call.attribute(2)),
                .width = L,
                .groups = undefined,
                .per_job = undefined,
            };
            if (work.n == 0) work.n = work.plan.n;
            work.inner = work.lines.inner orelse work.lines.nest.pop();
            const alone = work.plan.fillsVectors() and work.lines.strides[0] == 1;
            if (alone or work.inner.extent == 1) work.width = 1 else work.widen();
            work.groups = std.math.divCeil(usize, work.inner.extent, work.width) catch unreachable;
            const count = work.groups * work.lines.nest.size();
            work.per_job = @max(1, grain / (work.plan.length() * work.width));
            const jobs = std.math.divCeil(usize, count, work.per_job) catch unreachable;
            runtime.parallelFor(jobs, work.nanoseconds(count), &work, job);
            return if (@atomicLoad(bool, &work.failed, .monotonic)) .out_of_memory else .ok;
        }

        /// As many lines as the cache has room for: each page of memory is then visited less often.
        fn widen(work: *Self) void {
            const wanted = @min(work.inner.extent, strip_bytes / @sizeOf(T) / work.plan.length());
            work.width = std.math.clamp(wanted / L * L, L, 4 * L);
        }

        fn nanoseconds(work: *const Self, count: usize) f64 {
            const each: f64 = @floatFromInt(work.plan.length() * work.width * count);
            const passes: f64 = @floatFromInt(work.plan.count + 2);
            return each * passes * (if (work.plan.chirp == 0) @as(f64, 0.2) else 0.5);
        }

        fn isHalved(work: *const Self) bool {
            return kind != .both and work.n == 2 * work.plan.n;
        }

        fn job(work: *Self, index: usize) void {
            const s = work.width;
            const size = planning.rounded((work.plan.n + 1) * s);
            const scratch = runtime.scratch(.chunk, T, 4 * size + work.plan.scratchSize(s)) orelse {
                @atomicStore(bool, &work.failed, true, .monotonic);
                return;
            };
            const x: Pair = .{ .re = scratch, .im = scratch + size };
            const y: Pair = .{ .re = scratch + 2 * size, .im = scratch + 3 * size };
            const first = index * work.per_job;
            const count = work.groups * work.lines.nest.size();
            for (first..@min(first + work.per_job, count)) |number| {
                const offsets = work.lines.nest.at(number / work.groups).offsets;
                const lane = number % work.groups * s;
                const width = @min(s, work.inner.extent - lane);
                var at = offsets;
                for (&at, work.inner.strides) |*offset, stride| {
                    offset.* += @as(isize, @intCast(lane)) * stride;
                }
                work.transform(at, width, x, y, scratch + 4 * size);
            }
        }

        fn place(work: *const Self, operand: usize, parts: Parts, offset: isize) Place {
            return .{
                .parts = .{
                    geometry.shift(parts[0], offset),
                    geometry.shift(parts[1], offset),
                },
                .along = work.lines.strides[operand],
                .across = work.inner.strides[operand],
            };
        }

        fn transform(
            work: *const Self,
            at: [3]isize,
            width: usize,
            x: Pair,
            y: Pair,
            scratch: [*]T,
        ) void {
            const s = work.width;
            const n = work.plan.n;
            const re = work.place(1, .{ work.in[0], work.in[0] }, at[1]);
            const im = work.place(2, .{ work.in[1], work.in[1] }, at[2]);
            const to = work.place(0, work.out, at[0]);
            switch (kind) {
                .both => {
                    const source = work.direct(re, im) orelse blk: {
                        load(x.re, s, re.parts[0], re.along, re.across, n, width);
                        load(x.im, s, im.parts[0], im.along, im.across, n, width);
                        break :blk x;
                    };
                    const target = work.direct(to, to) orelse y;
                    const from = source.exchanged(work.inverse);
                    work.plan.run(from, target.exchanged(work.inverse), scratch, s);
                    work.multiply(target, n * s);
                    if (target.re == y.re) work.save(y, to, n, width);
                },
                .forward => if (work.isHalved()) {
                    work.split(re, width, x);
                    work.plan.run(x, y, scratch, s);
                    const target = work.direct(to, to) orelse x;
                    const turns = work.plan.halfTurns();
                    half.untangle(T, .forward, y, target, turns, n, s, work.scale);
                    if (target.re == x.re) work.save(x, to, n + 1, width);
                } else {
                    load(x.re, s, re.parts[0], re.along, re.across, n, width);
                    @memset(x.im[0 .. n * s], 0);
                    work.plan.run(x, y, scratch, s);
                    work.multiply(y, (n / 2 + 1) * s);
                    work.save(y, to, n / 2 + 1, width);
                },
                .backward => {
                    const given = work.n / 2 + 1;
                    const is_direct = work.isHalved() and work.direct(re, im) != null;
                    if (!is_direct) {
                        load(x.re, s, re.parts[0], re.along, re.across, given, width);
                        load(x.im, s, im.parts[0], im.along, im.across, given, width);
                    }
                    if (work.isHalved()) {
                        const source = if (is_direct) work.direct(re, im).? else x;
                        const turns = work.plan.halfTurns();
                        half.untangle(T, .backward, source, y, turns, n, s, work.scale);
                        work.plan.run(y.exchanged(true), x.exchanged(true), scratch, s);
                        work.join(x, to, width);
                    } else {
                        mirror(x, n, s);
                        work.plan.run(x.exchanged(true), y.exchanged(true), scratch, s);
                        work.multiply(y, n * s);
                        store(to.parts[0], to.along, to.across, y.re, s, n, width);
                    }
                },
            }
        }

        /// The operand itself where the elements of its only line lie side by side.
        fn direct(work: *const Self, re: Place, im: Place) ?Pair {
            if (work.width != 1 or re.along != 1 or im.along != 1) return null;
            return .{ .re = re.parts[0], .im = im.parts[1] };
        }

        fn save(work: *const Self, from: Pair, to: Place, n: usize, width: usize) void {
            store(to.parts[0], to.along, to.across, from.re, work.width, n, width);
            store(to.parts[1], to.along, to.across, from.im, work.width, n, width);
        }

        fn multiply(work: *const Self, x: Pair, count: usize) void {
            if (work.scale == 1) return;
            for ([_][*]T{ x.re, x.im }) |p| {
                const factor: simd.Vector(T) = @splat(work.scale);
                var i: usize = 0;
                while (i + L <= count) : (i += L) {
                    simd.store(T, p + i, simd.load(T, p + i) * factor);
                }
                while (i < count) : (i += 1) p[i] *= work.scale;
            }
        }

        /// Even elements to the real parts, odd ones to the imaginary parts.
        fn split(work: *const Self, from: Place, width: usize, x: Pair) void {
            const n = work.plan.n;
            const p = from.parts[0];
            var k: usize = 0;
            if (work.width == 1 and from.along == 1) {
                const even = comptime std.simd.iota(i32, L) * @as(@Vector(L, i32), @splat(2));
                const odd = comptime even + @as(@Vector(L, i32), @splat(1));
                while (k + L <= n) : (k += L) {
                    const pieces: @Vector(2 * L, T) = p[2 * k ..][0 .. 2 * L].*;
                    simd.store(T, x.re + k, @shuffle(T, pieces, undefined, even));
                    simd.store(T, x.im + k, @shuffle(T, pieces, undefined, odd));
                }
                while (k < n) : (k += 1) {
                    x.re[k] = p[2 * k];
                    x.im[k] = p[2 * k + 1];
                }
                return;
            }
            load(x.re, work.width, p, 2 * from.along, from.across, n, width);
            const next = geometry.shift(p, from.along);
            load(x.im, work.width, next, 2 * from.along, from.across, n, width);
        }

        /// The reverse of split.
        fn join(work: *const Self, x: Pair, to: Place, width: usize) void {
            const n = work.plan.n;
            const p = to.parts[0];
            var k: usize = 0;
            if (work.width == 1 and to.along == 1) {
                while (k + L <= n) : (k += L) {
                    const even = simd.load(T, x.re + k);
                    const pieces = stage.zipped(T, 1, even, simd.load(T, x.im + k));
                    simd.store(T, p + 2 * k, pieces[0]);
                    simd.store(T, p + 2 * k + L, pieces[1]);
                }
                while (k < n) : (k += 1) {
                    p[2 * k] = x.re[k];
                    p[2 * k + 1] = x.im[k];
                }
                return;
            }
            store(p, 2 * to.along, to.across, x.re, work.width, n, width);
            store(geometry.shift(p, to.along), 2 * to.along, to.across, x.im, work.width, n, width);
        }

        /// The other half of n numbers: x[n - k] = conj x[k]. x[0] counts as real.
        fn mirror(x: Pair, n: usize, s: usize) void {
            @memset(x.im[0..s], 0);
            for (1..n / 2 + 1) |k| for (0..s) |q| {
                x.re[(n - k) * s + q] = x.re[k * s + q];
                x.im[(n - k) * s + q] = -x.im[k * s + q];
            };
        }

        /// Elements of `width` lines into rows of s, zeros behind.
        fn load(
            to: [*]T,
            s: usize,
            from: [*]T,
            along: isize,
            across: isize,
            n: usize,
            width: usize,
        ) void {
            if (width < s) @memset(to[0 .. n * s], 0);
            move(sideOf(to, @intCast(s), 1), sideOf(from, along, across), n, width);
        }

        fn store(
            to: [*]T,
            along: isize,
            across: isize,
            from: [*]T,
            s: usize,
            n: usize,
            width: usize,
        ) void {
            move(sideOf(to, along, across), sideOf(from, @intCast(s), 1), n, width);
        }

        fn sideOf(p: [*]T, row: isize, column: isize) blocks.Side {
            return .{
                .pointer = @ptrCast(p),
                .row = row * @sizeOf(T),
                .column = column * @sizeOf(T),
            };
        }

        /// to[i, j] <- from[i, j]; columns run along the target's neighbours.
        fn move(to: blocks.Side, from: blocks.Side, rows: usize, columns: usize) void {
            if (to.row == @sizeOf(T) and (to.column != @sizeOf(T) or columns == 1)) {
                blocks.move(@sizeOf(T), columns, rows, flipped(to), flipped(from), .normal);
            } else blocks.move(@sizeOf(T), rows, columns, to, from, .normal);
        }

        fn flipped(side: blocks.Side) blocks.Side {
            return .{ .pointer = side.pointer, .row = side.column, .column = side.row };
        }
    };
}

test {
    _ = @import("fourier/test.zig");
}
