//! The driver of every reduction: which elements make which output, in which order, on which
//! thread.
//!
//! A reduction of any strided view becomes tiles: `width` neighbouring outputs, times a chunk of
//! the reduced index. Where the reduced elements lie next to each other a tile is read by rows, one
//! output after the other; where the outputs' elements do, by columns, with a vector across
//! outputs. Anything else is packed into one of the two on the way. Tiles and chunks depend on the
//! shape and strides alone, and chunks are merged in order, so results have the same bits for any
//! number of threads.
const std = @import("std");
const abi = @import("abi");
const geometry = @import("geometry.zig");
const runtime = @import("runtime.zig");
const assert = std.debug.assert;

/// Outputs of the widest tile: 4 to 16 KB of totals, which stay in L1 while the columns stream
/// past.
pub const strip_max = 1024;
/// Elements that a rows kernel gets in one piece.
pub const block = 4096;
/// Rows that a columns kernel gets at once.
pub const batch_max = 16;
/// Matrices of at most this many columns are folded, this many rows into one.
pub const narrow_max = 16;
pub const narrow_rows = 16;
/// Outputs of a tile whose columns are packed first: 16 rows of 256 are at most 32 KB.
const packed_max = 256;
/// Elements of a job: about 10 us of work.
const grain = 1 << 17;

pub const Path = enum { rows, columns };

pub const Plan = struct {
    /// Operands: input, output. The innermost kept dim is `inner`.
    kept: geometry.Nest(2),
    inner: geometry.Nest(2).Dim,
    /// The innermost reduced dim is `run`.
    reduced: geometry.Nest(1),
    run: geometry.Nest(1).Dim,
    start: [2]isize,
    outputs: usize,
    /// Elements of each output.
    count: usize,
    path: Path,
    width: usize,
    tiles_inner: usize,
    tiles: usize,
    chunk: usize,
    chunks: usize,
    /// Tiles of one job, where the reduced index is not split.
    group: usize,

    /// `ordered`: the reduced index must run in logical order.
    fn init(plan: *Plan, view: *const abi.View, mask: u32, ordered: bool) void {
        plan.collect(view, mask);
        if (plan.outputs == 0) return;
        plan.start = plan.kept.flip();
        plan.kept.sort();
        plan.kept.merge();
        if (!ordered) {
            plan.start[0] += plan.reduced.flip()[0];
            plan.reduced.sort();
        }
        plan.reduced.merge();
        plan.inner = plan.kept.pop();
        plan.path = plan.pickPath();
        plan.run = plan.reduced.pop();
        plan.split();
    }

    fn collect(plan: *Plan, view: *const abi.View, mask: u32) void {
        const rank = view.dims();
        plan.kept.depth = 0;
        plan.reduced.depth = 0;
        plan.count = 1;
        var output_strides: [abi.rank_max]isize = undefined;
        var size: isize = 1;
        var axis = rank;
        while (axis > 0) {
            axis -= 1;
            if (mask >> @intCast(axis) & 1 != 0) continue;
            output_strides[axis] = size;
            size *= @intCast(view.extent(axis));
        }
        plan.outputs = @intCast(size);
        for (0..rank) |i| {
            if (mask >> @intCast(i) & 1 != 0) {
                plan.reduced.push(view.extent(i), .{view.stride(i)});
                plan.count *= view.extent(i);
            } else plan.kept.push(view.extent(i), .{ view.stride(i), output_strides[i] });
        }
    }

    /// Rows of fewer than 8 elements waste most of a vector and end in a tree per output; packing
    /// the same elements as columns costs about one load each.
    fn pickPath(plan: *const Plan) Path {
        if (plan.count == 0) return .rows;
        if (plan.reduced.depth == 0) return .columns;
        if (plan.inner.extent == 1) return .rows;
        const run = &plan.reduced.list[plan.reduced.depth - 1];
        const run_stride = @abs(run.strides[0]);
        const inner_stride = @abs(plan.inner.strides[0]);
        if (run_stride == 1) {
            const is_short = run.extent < 8 and plan.inner.extent >= 16 and inner_stride <= 64;
            return if (is_short) .columns else .rows;
        }
        if (inner_stride == 1) return .columns;
        return if (run_stride < inner_stride and run_stride != 0) .rows else .columns;
    }

    fn split(plan: *Plan) void {
        plan.width = @min(plan.inner.extent, switch (plan.path) {
            .rows => std.math.clamp(grain / @max(plan.count, 1), 1, packed_max),
            .columns => if (plan.isPacked()) @as(usize, packed_max) else strip_max,
        });
        plan.tiles_inner = if (plan.width == plan.inner.extent) 1 else divideUp(plan.inner.extent, plan.width);
        plan.tiles = plan.kept.size() * plan.tiles_inner;
        const elements = plan.width * plan.count;
        plan.chunk = plan.count;
        plan.chunks = 1;
        plan.group = 1;
        if (elements > 2 * grain and plan.tiles < 64) {
            plan.chunk = switch (plan.path) {
                .rows => grain,
                .columns => std.mem.alignForward(usize, grain / plan.width, batch_max),
            };
            plan.chunks = divideUp(plan.count, plan.chunk);
        } else if (plan.tiles > 1) plan.group = @max(1, grain / @max(elements, 1));
    }

    fn isPacked(plan: *const Plan) bool {
        return plan.inner.strides[0] != 1 and plan.inner.extent != 1;
    }
};

fn divideUp(x: usize, y: usize) usize {
    return (x + y - 1) / y;
}

/// The elements of one tile.
pub fn Source(comptime T: type) type {
    return struct {
        const SourceOf = @This();
        plan: *const Plan,
        /// Reduced index 0 of the tile's first output.
        first: [*]const T,
        /// Range of the reduced index.
        start: usize,
        stop: usize,

        pub inline fn count(source: *const SourceOf) usize {
            return source.stop - source.start;
        }

        /// The elements of output `lane` when they lie next to each other.
        pub inline fn contiguous(source: *const SourceOf, lane: usize) ?[*]const T {
            const plan = source.plan;
            if (plan.reduced.depth != 0 or plan.run.strides[0] != 1 and plan.run.extent != 1) return null;
            return source.row(lane) + source.start;
        }

        /// The whole range as one contiguous matrix of `width` columns, if it is tall and those are
        /// few.
        pub inline fn narrow(source: *const SourceOf, width: usize) ?[*]const T {
            const plan = source.plan;
            if (width > narrow_max or source.count() < 8 * narrow_rows) return null;
            if (plan.reduced.depth != 0 or plan.isPacked() or plan.run.strides[0] != width) return null;
            return source.first + source.start * width;
        }

        inline fn row(source: *const SourceOf, lane: usize) [*]const T {
            return geometry.shift(source.first, @as(isize, @intCast(lane)) * source.plan.inner.strides[0]);
        }

        /// Calls `body(context, p, n, index)` for contiguous pieces of at most `block` elements of
        /// output `lane`; `index` is the reduced index of the first. `body` answers whether it
        /// wants more.
        pub fn forRuns(
            source: *const SourceOf,
            lane: usize,
            context: anytype,
            comptime body: fn (@TypeOf(context), [*]const T, usize, usize) bool,
        ) void {
            const plan = source.plan;
            const run = plan.run.extent;
            const stride = plan.run.strides[0];
            const first = source.row(lane);
            if (source.start == source.stop) return;
            var walk = plan.reduced.at(source.start / run);
            var inside = source.start % run;
            var index = source.start;
            var buffer: [block]T = undefined;
            while (index < source.stop) {
                const n = @min(block, run - inside, source.stop - index);
                const p = geometry.shift(first, walk.offsets[0] + @as(isize, @intCast(inside)) * stride);
                if (stride != 1) geometry.gather(T, &buffer, p, stride, n);
                if (!body(context, if (stride == 1) p else &buffer, n, index)) return;
                index += n;
                inside += n;
                if (inside == run) {
                    inside = 0;
                    walk.next();
                }
            }
        }

        /// Calls `body(context, rows, index)` for batches of at most `batch_max` rows; row k has
        /// the elements of reduced index `index + k` of outputs 0..width next to each other.
        pub fn forBatches(
            source: *const SourceOf,
            width: usize,
            context: anytype,
            comptime body: fn (@TypeOf(context), []const [*]const T, usize) void,
        ) void {
            const plan = source.plan;
            const run = plan.run.extent;
            const is_packed = plan.isPacked();
            if (source.start == source.stop) return;
            var walk = plan.reduced.at(source.start / run);
            var inside = source.start % run;
            var index = source.start;
            var rows: [batch_max][*]const T = undefined;
            var buffer: [batch_max][packed_max]T = undefined;
            assert(!is_packed or width <= packed_max);
            while (index < source.stop) {
                const n = @min(batch_max, source.stop - index);
                for (rows[0..n], buffer[0..n]) |*slot, *line| {
                    const p = geometry.shift(source.first, walk.offsets[0] + @as(isize, @intCast(inside)) * plan.run.strides[0]);
                    if (is_packed) geometry.gather(T, line, p, plan.inner.strides[0], width);
                    slot.* = if (is_packed) line else p;
                    inside += 1;
                    if (inside == run) {
                        inside = 0;
                        walk.next();
                    }
                }
                body(context, rows[0..n], index);
                index += n;
            }
        }
    };
}

/// Where a tile's results go: `offset` elements into each output, `stride` apart.
pub const Target = struct {
    call: *const abi.Call,
    offset: isize,
    stride: isize,

    /// Writes results i.. of the tile into output `index`, as many as there are of `values`' lanes
    /// up to `width`.
    pub inline fn write(target: *const Target, index: usize, comptime Result: type, i: usize, width: usize, values: anytype) void {
        const lanes = @typeInfo(@TypeOf(values)).vector.len;
        const out = geometry.shift(target.call.output(index).pointer(Result), target.offset + @as(isize, @intCast(i)) * target.stride);
        if (target.stride == 1 and i + lanes <= width) {
            out[0..lanes].* = values;
        } else {
            const array: [lanes]Result = values;
            for (array[0..@min(lanes, width - i)], 0..) |value, k| geometry.shift(out, @as(isize, @intCast(k)) * target.stride)[0] = value;
        }
    }
};

/// Runs `Op` over the input. Op has Element, ordered, cost (nanoseconds per element); Strip: a
/// struct of arrays of strip_max elements, what is known of up to strip_max outputs; row(strip,
/// lane, source): reduces the source's range of one output; columns(strip, width, source): reduces
/// the source's range of outputs 0..width; merge(strip, count, other, other_count, width): joins
/// what is known of count elements and of other_count later ones; store(strip, width, count,
/// parameter, target): writes the results.
pub fn reduce(comptime Op: type, call: *abi.Call, mask: u32, parameter: f64) abi.Status {
    var plan: Plan = undefined;
    plan.init(call.input(0), mask, Op.ordered);
    if (plan.outputs == 0) return .ok;
    const T = Op.Element;
    const Work = Job(Op);
    var work: Work = .{
        .plan = &plan,
        .call = call,
        .parameter = parameter,
        .input = geometry.shift(@as([*]const T, call.input(0).pointer(T)), plan.start[0]),
    };
    const nanoseconds = Op.cost * @as(f64, @floatFromInt(plan.outputs)) * @as(f64, @floatFromInt(@max(plan.count, 1)));
    if (plan.chunks == 1) {
        const jobs = if (plan.group == 1) plan.tiles else divideUp(plan.tiles, plan.group);
        runtime.parallelFor(jobs, nanoseconds, &work, Work.tiles);
        return .ok;
    }
    const region = Work.regionBytes(plan.width);
    work.partials = runtime.scratch(.call, u8, plan.tiles * plan.chunks * region) orelse return .out_of_memory;
    runtime.parallelFor(plan.tiles * plan.chunks, nanoseconds, &work, Work.part);
    const merged: f64 = @floatFromInt(plan.tiles * plan.chunks * plan.width);
    runtime.parallelFor(plan.tiles, 2 * merged, &work, Work.join);
    return .ok;
}

fn Job(comptime Op: type) type {
    return struct {
        const JobOf = @This();
        const T = Op.Element;
        const Strip = Op.Strip;
        const fields = @typeInfo(Strip).@"struct".fields;

        plan: *const Plan,
        call: *const abi.Call,
        parameter: f64,
        input: [*]const T,
        partials: [*]align(64) u8 = undefined,

        const Tile = struct { offsets: [2]isize, width: usize };

        fn tile(job: *const JobOf, index: usize) Tile {
            const plan = job.plan;
            const outer = if (plan.tiles_inner == 1) index else index / plan.tiles_inner;
            const from = (index - outer * plan.tiles_inner) * plan.width;
            var offsets = plan.kept.at(outer).offsets;
            for (&offsets, plan.inner.strides) |*offset, stride| offset.* += @as(isize, @intCast(from)) * stride;
            return .{ .offsets = offsets, .width = @min(plan.width, plan.inner.extent - from) };
        }

        fn tiles(job: *JobOf, index: usize) void {
            const start = index * job.plan.group;
            var strip: Strip = undefined;
            for (start..@min(start + job.plan.group, job.plan.tiles)) |i| {
                const place = job.tile(i);
                job.fill(&strip, place, 0, job.plan.count);
                job.finish(&strip, place);
            }
        }
        /// Not inlined: `tiles` and `part` share one copy of the kernel.
        noinline fn fill(job: *const JobOf, strip: *Strip, place: Tile, start: usize, stop: usize) void {
            const source: Source(T) = .{
                .plan = job.plan,
                .first = geometry.shift(job.input, place.offsets[0]),
                .start = start,
                .stop = stop,
            };
            switch (job.plan.path) {
                .rows => for (0..place.width) |lane| Op.row(strip, lane, &source),
                .columns => Op.columns(strip, place.width, &source),
            }
        }

        noinline fn finish(job: *const JobOf, strip: *Strip, place: Tile) void {
            Op.store(strip, place.width, job.plan.count, job.parameter, &.{
                .call = job.call,
                .offset = job.plan.start[1] + place.offsets[1],
                .stride = job.plan.inner.strides[1],
            });
        }

        fn part(job: *JobOf, index: usize) void {
            const plan = job.plan;
            const place = job.tile(index / plan.chunks);
            const start = index % plan.chunks * plan.chunk;
            var strip: Strip = undefined;
            job.fill(&strip, place, start, @min(start + plan.chunk, plan.count));
            job.copy(&strip, index, place.width, .out);
        }

        fn join(job: *JobOf, index: usize) void {
            const plan = job.plan;
            const place = job.tile(index);
            var strip: Strip = undefined;
            var other: Strip = undefined;
            job.copy(&strip, index * plan.chunks, place.width, .in);
            for (1..plan.chunks) |i| {
                job.copy(&other, index * plan.chunks + i, place.width, .in);
                const start = i * plan.chunk;
                Op.merge(&strip, start, &other, @min(plan.chunk, plan.count - start), place.width);
            }
            job.finish(&strip, place);
        }

        fn regionBytes(width: usize) usize {
            var bytes: usize = 0;
            inline for (fields) |field| bytes += std.mem.alignForward(usize, width * @sizeOf(std.meta.Elem(field.type)), 64);
            return bytes;
        }

        /// Moves a strip to or from its place among the partial results.
        fn copy(job: *const JobOf, strip: *Strip, region: usize, width: usize, comptime direction: enum { in, out }) void {
            var bytes = job.partials + region * regionBytes(job.plan.width);
            inline for (fields) |field| {
                const Item = std.meta.Elem(field.type);
                const kept: [*]Item = @ptrCast(@alignCast(bytes));
                const lanes = @field(strip, field.name)[0..width];
                if (direction == .out) @memcpy(kept[0..width], lanes) else @memcpy(lanes, kept[0..width]);
                bytes += std.mem.alignForward(usize, job.plan.width * @sizeOf(Item), 64);
            }
        }
    };
}
