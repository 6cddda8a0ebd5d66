//! Images whose rows and columns are weighted sums of others' rows and columns.
//!
//! Sums of rows are sums of vectors; those of columns pick elements one by one. Of an image that
//! grows each row is therefore widened once, before rows are added; of one that shrinks rows are
//! added first.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");

/// Element operations of a chunk, roughly 50 us.
const chunk_work = 1 << 16;

/// One dim's table: places and weights of each target's taps, tap by tap.
fn Table(comptime T: type) type {
    return struct {
        taps: usize,
        targets: usize,
        size: usize,
        places: [*]u32,
        weights: [*]T,

        fn bytes(view: *const abi.View) usize {
            const count = view.extent(1) * view.extent(2);
            return std.mem.alignForward(usize, count * (@sizeOf(u32) + @sizeOf(T)), 64);
        }

        /// The table in the form that the loops read, in `memory`.
        fn init(view: *const abi.View, size: usize, memory: [*]align(64) u8) Table(T) {
            std.debug.assert(view.dims() == 3);
            std.debug.assert(view.extent(0) == 2);
            const count = view.extent(1) * view.extent(2);
            const given = view.pointer(f64);
            const table: Table(T) = .{
                .taps = view.extent(1),
                .targets = view.extent(2),
                .size = size,
                .weights = @ptrCast(memory),
                .places = @ptrCast(@alignCast(memory + count * @sizeOf(T))),
            };
            for (0..count) |i| {
                table.places[i] = @intCast(@min(abi.toUsize(given[i]), size));
                table.weights[i] = @floatCast(given[count + i]);
            }
            return table;
        }

        /// The most places from a target's first to its last.
        fn span(table: *const Table(T)) usize {
            var most: usize = 1;
            for (0..table.targets) |target| {
                var low: usize = table.size;
                var high: usize = 0;
                for (0..table.taps) |tap| {
                    const place = table.places[tap * table.targets + target];
                    if (place == table.size) continue;
                    low = @min(low, place);
                    high = @max(high, place);
                }
                if (high >= low) most = @max(most, high - low + 1);
            }
            return most;
        }
    };
}

pub fn run(comptime T: type, call: *abi.Call) abi.Status {
    const out = call.output(0);
    const x = call.input(0);
    std.debug.assert(out.dims() == 3 and x.dims() == 3);
    if (out.size == 0) return .ok;
    const row_bytes = Table(T).bytes(call.input(1));
    const memory = runtime.scratch(.call, u8, row_bytes + Table(T).bytes(call.input(2))) orelse
        return .out_of_memory;
    const rows: Table(T) = .init(call.input(1), x.extent(1), memory);
    const columns: Table(T) = .init(call.input(2), x.extent(2), @alignCast(memory + row_bytes));
    var job: Job(T) = .{
        .source = x.pointer(T),
        .target = out.pointer(T),
        .height = x.extent(1),
        .width = x.extent(2),
        .out_height = out.extent(1),
        .out_width = out.extent(2),
        .rows = rows,
        .columns = columns,
        .widens_first = columns.taps > 0 and x.extent(1) < out.extent(1),
        .slots = undefined,
        .total = out.extent(0) * out.extent(1),
        .chunks = undefined,
    };
    job.slots = if (job.widens_first and rows.taps > 0) rows.span() else 1;
    const work = job.total * job.out_width * (rows.taps + 4 * columns.taps + 1);
    job.chunks = @min(job.total, 1 + work / chunk_work);
    runtime.parallelFor(job.chunks, @as(f64, @floatFromInt(work)) / 8, &job, Job(T).chunk);
    return if (job.failed.load(.monotonic)) .out_of_memory else .ok;
}

fn Job(comptime T: type) type {
    const lanes: usize = simd.lanes(T);
    const V = simd.Vector(T);
    return struct {
        const Self = Job(T);

        source: [*]const T,
        target: [*]T,
        height: usize,
        width: usize,
        out_height: usize,
        out_width: usize,
        rows: Table(T),
        columns: Table(T),
        widens_first: bool,
        /// Widened rows that are kept: as many as a target's taps lie apart.
        slots: usize,
        total: usize,
        chunks: usize,
        failed: std.atomic.Value(bool) = .init(false),

        /// A chunk's scratch memory.
        const Room = struct {
            /// A row and a zero behind it, where what is no tap finds nothing.
            line: [*]T,
            /// Rows that are added, and what they are multiplied by.
            added: [*][*]const T,
            factors: [*]T,
            widened: [*]T,
            /// Which source row each slot holds, counted over all planes; -1 for none.
            held: [*]usize,
        };

        fn room(job: *const Self) ?Room {
            const taps = @max(1, job.rows.taps);
            const round = 64 / @sizeOf(usize);
            const words = std.mem.alignForward(usize, taps + job.slots, round);
            const numbers = taps + job.width + 1 + job.slots * job.out_width;
            const bytes = words * @sizeOf(usize) + numbers * @sizeOf(T);
            const memory = runtime.scratch(.chunk, u8, bytes) orelse return null;
            const list: [*]usize = @ptrCast(memory);
            const floats: [*]T = @ptrCast(@alignCast(memory + words * @sizeOf(usize)));
            return .{
                .added = @ptrCast(list),
                .held = list + taps,
                .factors = floats,
                .line = floats + taps,
                .widened = floats + taps + job.width + 1,
            };
        }

        fn chunk(job: *Self, index: usize) void {
            const own = job.room() orelse return job.failed.store(true, .monotonic);
            @memset(own.held[0..job.slots], std.math.maxInt(usize));
            const first = index * job.total / job.chunks;
            const last = (index + 1) * job.total / job.chunks;
            for (first..last) |i| {
                const out = job.target + i * job.out_width;
                const plane = i / job.out_height;
                const row = i % job.out_height;
                if (job.columns.taps == 0) {
                    const count = job.gather(own, plane, row, false);
                    sum(out, own.added, own.factors, count, job.out_width);
                } else if (job.widens_first) {
                    const count = job.gather(own, plane, row, true);
                    sum(out, own.added, own.factors, count, job.out_width);
                } else {
                    const count = job.gather(own, plane, row, false);
                    sum(own.line, own.added, own.factors, count, job.width);
                    own.line[job.width] = 0;
                    job.widen(out, own.line);
                }
            }
        }

        /// The rows that the target row is a sum of, widened where asked for.
        inline fn gather(
            job: *const Self,
            own: Room,
            plane: usize,
            row: usize,
            comptime wide: bool,
        ) usize {
            var count: usize = 0;
            for (0..@max(1, job.rows.taps)) |tap| {
                const at = tap * job.out_height + row;
                const place = if (job.rows.taps == 0) row else job.rows.places[at];
                if (place == job.height) continue;
                const global = plane * job.height + place;
                const from = job.source + global * job.width;
                own.added[count] = if (wide) job.widened(own, from, global) else from;
                own.factors[count] = if (job.rows.taps == 0) 1 else job.rows.weights[at];
                count += 1;
            }
            return count;
        }

        fn widened(job: *const Self, own: Room, from: [*]const T, row: usize) [*]const T {
            const slot = row % job.slots;
            const to = own.widened + slot * job.out_width;
            if (own.held[slot] == row) return to;
            @memcpy(own.line[0..job.width], from[0..job.width]);
            own.line[job.width] = 0;
            job.widen(to, own.line);
            own.held[slot] = row;
            return to;
        }

        fn widen(job: *const Self, out: [*]T, line: [*]const T) void {
            switch (job.columns.taps) {
                1 => job.pick(1, out, line),
                2 => job.pick(2, out, line),
                3 => job.pick(3, out, line),
                4 => job.pick(4, out, line),
                else => {
                    job.pick(4, out, line);
                    for (4..job.columns.taps) |tap| {
                        const places = job.columns.places + tap * job.out_width;
                        const weights = job.columns.weights + tap * job.out_width;
                        for (0..job.out_width) |i| out[i] += weights[i] * line[places[i]];
                    }
                },
            }
        }

        inline fn pick(job: *const Self, comptime taps: usize, out: [*]T, line: [*]const T) void {
            const width = job.out_width;
            const places = job.columns.places;
            const weights = job.columns.weights;
            for (0..width) |i| {
                var total = weights[i] * line[places[i]];
                inline for (1..taps) |tap| {
                    const at = tap * width + i;
                    total += weights[at] * line[places[at]];
                }
                out[i] = total;
            }
        }

        fn sum(
            out: [*]T,
            rows: [*]const [*]const T,
            factors: [*]const T,
            count: usize,
            width: usize,
        ) void {
            if (count == 1 and factors[0] == 1) return @memcpy(out[0..width], rows[0][0..width]);
            var i: usize = 0;
            while (i + 2 * lanes <= width) : (i += 2 * lanes) {
                var totals: [2]V = @splat(@splat(0));
                for (rows[0..count], factors[0..count]) |row, factor| {
                    inline for (&totals, 0..) |*total, k|
                        total.* += simd.load(T, row + i + k * lanes) * @as(V, @splat(factor));
                }
                inline for (totals, 0..) |total, k| simd.store(T, out + i + k * lanes, total);
            }
            while (i < width) : (i += 1) {
                var total: T = 0;
                for (rows[0..count], factors[0..count]) |row, factor| total += row[i] * factor;
                out[i] = total;
            }
        }
    };
}
