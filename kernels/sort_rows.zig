//! The rows of a view, its last dim, and what is made of their items: sorted rows, their first few, one of each.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");
const sort_items = @import("sort_items.zig");
const strided = @import("strided.zig");

/// Elements of a job of several rows.
const grain = 1 << 14;
/// A row this long is sorted by all threads together, in chunks.
const wide_min = 1 << 18;
const wide_chunk = 1 << 16;

pub fn Rows(comptime T: type) type {
    const Items = sort_items.Items(T);
    const Item = Items.Item;
    return struct {
        const RowsOf = @This();
        const lanes = simd.lanes(T);
        const Body = fn (work: *const RowsOf, row: usize, items: [*]Item) void;

        values: [*]T,
        indices: [*]i64,
        x: [*]T,
        /// The dims before the last.
        outer: abi.View,
        stride: isize,
        extent: usize,
        rows: usize,
        /// Results of a row.
        count: usize,
        /// What keys are changed by: all bits where the largest comes first.
        flip: Items.Key = 0,
        rank: usize = 0,
        rule: Rule = .rank,

        fn init(call: *const abi.Call) RowsOf {
            const view = call.input(0);
            const last = view.dims() - 1;
            const extent = view.extent(last);
            return .{
                .values = call.output(0).pointer(T),
                .indices = call.output(1).pointer(i64),
                .x = view.pointer(T),
                .outer = strided.part(view, 0, last),
                .stride = view.stride(last),
                .extent = extent,
                .rows = abi.toUsize(view.size) / @max(extent, 1),
                .count = call.output(0).extent(last),
            };
        }

        /// All items of a row, sorted.
        pub fn sort(call: *abi.Call) abi.Status {
            var work: RowsOf = .init(call);
            if (call.attribute(0) != 0) work.flip = std.math.maxInt(Items.Key);
            if (work.extent < wide_min or work.rows >= 32) return work.run(call, work.extent, 12, sortRow);
            return work.sortWide(call);
        }

        /// The first few items of a row, sorted.
        pub fn top(call: *abi.Call) abi.Status {
            var work: RowsOf = .init(call);
            if (call.attribute(0) != 0) work.flip = std.math.maxInt(Items.Key);
            return work.run(call, work.capacity(), 1, topRow);
        }

        /// One item of a row.
        pub fn select(call: *abi.Call) abi.Status {
            var work: RowsOf = .init(call);
            work.rank = abi.toUsize(call.attribute(0));
            work.rule = @enumFromInt(abi.toUsize(call.attribute(1)));
            return work.run(call, work.extent, 5, selectRow);
        }

        /// Runs `body` on every row, with memory for twice `needed` items.
        fn run(work: *const RowsOf, call: *abi.Call, needed: usize, nanoseconds: f64, comptime body: Body) abi.Status {
            if (work.extent > std.math.maxInt(Items.Place)) return call.fail(.bad_value, call.input(0).size, 0);
            const Job = struct {
                work: *const RowsOf,
                group: usize,
                needed: usize,
                failed: std.atomic.Value(bool) = .init(false),

                fn rows(job: *@This(), number: usize) void {
                    const items = runtime.scratch(.chunk, Item, 2 * job.needed) orelse
                        return job.failed.store(true, .monotonic);
                    const first = number * job.group;
                    for (first..@min(first + job.group, job.work.rows)) |row| body(job.work, row, items);
                }
            };
            var job: Job = .{ .work = work, .group = @max(1, grain / @max(work.extent, 1)), .needed = needed };
            const jobs = std.math.divCeil(usize, work.rows, job.group) catch unreachable;
            runtime.parallelFor(jobs, nanoseconds * call.input(0).size, &job, Job.rows);
            const bytes: f64 = @floatFromInt(2 * needed * @sizeOf(Item));
            return if (job.failed.load(.monotonic)) call.fail(.out_of_memory, bytes, 0) else .ok;
        }

        fn rowOf(work: *const RowsOf, row: usize) [*]T {
            return strided.at(T, work.x, strided.offsetOf(&work.outer, row));
        }

        inline fn element(work: *const RowsOf, row: [*]T, i: usize) T {
            return strided.at(T, row, @as(isize, @intCast(i)) * work.stride)[0];
        }

        fn load(work: *const RowsOf, row: [*]T, first: usize, count: usize, items: [*]Item) void {
            for (items[0..count], first..) |*item, i|
                item.* = Items.item(Items.keyOf(work.element(row, i)) ^ work.flip, i);
        }

        fn store(work: *const RowsOf, row: [*]T, items: [*]const Item, first: usize, count: usize) void {
            for (items[0..count], first..) |item, i| {
                const place = Items.placeIn(item);
                work.values[i] = work.element(row, place);
                work.indices[i] = @intCast(place);
            }
        }

        fn sortRow(work: *const RowsOf, row: usize, items: [*]Item) void {
            const p = work.rowOf(row);
            work.load(p, 0, work.extent, items);
            const sorted = Items.sort(items, items + work.extent, work.extent);
            work.store(p, sorted, row * work.count, work.count);
        }

        /// Items that a row's best are chosen from at a time.
        fn capacity(work: *const RowsOf) usize {
            return @min(work.extent, 2 * work.count + 16);
        }

        /// Keeps the best so far and what may be better than the last of them; when that is too much, sorts.
        fn topRow(work: *const RowsOf, row: usize, memory: [*]Item) void {
            const p = work.rowOf(row);
            const limit = work.capacity();
            var best: Best = .{ .items = memory, .other = memory + limit, .held = limit, .wanted = work.count };
            work.load(p, 0, limit, best.items);
            best.settle();
            var i = limit;
            while (i < work.extent) {
                if (work.stride == 1 and i + lanes <= work.extent) {
                    const keys = Items.keysOf(lanes, simd.load(T, p + i)) ^ @as(@Vector(lanes, Items.Key), @splat(work.flip));
                    if (!@reduce(.Or, keys < @as(@Vector(lanes, Items.Key), @splat(best.bound)))) {
                        i += lanes;
                        continue;
                    }
                }
                const end = @min(i + lanes, work.extent);
                while (i < end) : (i += 1) {
                    const key = Items.keyOf(work.element(p, i)) ^ work.flip;
                    if (key >= best.bound) continue;
                    best.items[best.held] = Items.item(key, i);
                    best.held += 1;
                    if (best.held == limit) best.settle();
                }
            }
            best.settle();
            work.store(p, best.items, row * work.count, work.count);
        }

        const Best = struct {
            items: [*]Item,
            other: [*]Item,
            held: usize,
            wanted: usize,
            /// Only a key below this is of interest: of equal ones the first has the lower place.
            bound: Items.Key = 0,

            fn settle(best: *Best) void {
                const sorted = Items.sort(best.items, best.other, best.held);
                if (sorted != best.items) std.mem.swap([*]Item, &best.items, &best.other);
                best.held = @min(best.held, best.wanted);
                best.bound = Items.keyIn(best.items[best.wanted - 1]);
            }
        };

        fn selectRow(work: *const RowsOf, row: usize, items: [*]Item) void {
            const p = work.rowOf(row);
            work.load(p, 0, work.extent, items);
            const chosen = if (work.rule == .mode)
                mostFrequent(Items.sort(items, items + work.extent, work.extent), work.extent)
            else
                Items.select(items, work.extent, work.rankIn(items));
            work.store(p, &.{chosen}, row, 1);
        }

        fn rankIn(work: *const RowsOf, items: [*]const Item) usize {
            if (work.rule == .rank) return work.rank;
            var nans: usize = 0;
            if (@typeInfo(T) == .float) for (items[0..work.extent]) |item| {
                nans += @intFromBool(Items.keyIn(item) == Items.nan_key);
            };
            const numbers = work.extent - nans;
            if (work.rule == .median and nans > 0) return numbers;
            return (numbers -| 1) / 2;
        }

        /// The last place of the smallest key that no other occurs more often than.
        fn mostFrequent(items: [*]const Item, count: usize) Item {
            var chosen = items[0];
            var longest: usize = 0;
            var start: usize = 0;
            for (0..count) |i| {
                if (i + 1 < count and Items.keyIn(items[i]) == Items.keyIn(items[i + 1])) continue;
                if (i + 1 - start > longest) {
                    longest = i + 1 - start;
                    chosen = items[i];
                }
                start = i + 1;
            }
            return chosen;
        }

        /// One long row after the other: chunks count their digits, and then know where theirs go.
        fn sortWide(work: *const RowsOf, call: *abi.Call) abi.Status {
            if (work.extent > std.math.maxInt(Items.Place)) return call.fail(.bad_value, call.input(0).size, 0);
            const chunks = std.math.divCeil(usize, work.extent, wide_chunk) catch unreachable;
            const items_bytes = 2 * work.extent * @sizeOf(Item);
            const bytes = items_bytes + chunks * @sizeOf([256]usize);
            const memory = runtime.scratch(.call, u8, bytes) orelse
                return call.fail(.out_of_memory, @floatFromInt(bytes), 0);
            const items: [*]Item = @ptrCast(@alignCast(memory));
            const counts: [*][256]usize = @ptrCast(@alignCast(memory + items_bytes));
            for (0..work.rows) |row| {
                var wide: Wide = .{
                    .work = work,
                    .row = row,
                    .chunks = chunks,
                    .from = items,
                    .to = items + work.extent,
                    .counts = counts,
                };
                wide.sort();
            }
            return .ok;
        }

        const Wide = struct {
            work: *const RowsOf,
            row: usize,
            chunks: usize,
            from: [*]Item,
            to: [*]Item,
            counts: [*][256]usize,
            digit: usize = 0,

            fn sort(wide: *Wide) void {
                const cost: f64 = @floatFromInt(wide.work.extent);
                runtime.parallelFor(wide.chunks, 2 * cost, wide, loadChunk);
                for (0..@sizeOf(T)) |digit| {
                    wide.digit = digit;
                    runtime.parallelFor(wide.chunks, cost, wide, countChunk);
                    if (!wide.place()) continue;
                    runtime.parallelFor(wide.chunks, 2 * cost, wide, scatterChunk);
                    std.mem.swap([*]Item, &wide.from, &wide.to);
                }
                runtime.parallelFor(wide.chunks, 4 * cost, wide, storeChunk);
            }

            fn countOf(wide: *const Wide, chunk: usize) usize {
                return @min(wide_chunk, wide.work.extent - chunk * wide_chunk);
            }

            fn itemsOf(wide: *const Wide, chunk: usize) []Item {
                return wide.from[chunk * wide_chunk ..][0..wide.countOf(chunk)];
            }

            fn loadChunk(wide: *Wide, chunk: usize) void {
                const own = wide.itemsOf(chunk);
                wide.work.load(wide.work.rowOf(wide.row), chunk * wide_chunk, own.len, own.ptr);
            }

            fn countChunk(wide: *Wide, chunk: usize) void {
                var counts: [256]usize = @splat(0);
                for (wide.itemsOf(chunk)) |item| counts[Items.digitOf(item, wide.digit)] += 1;
                wide.counts[chunk] = counts;
            }

            /// Counts become places, digit by digit and within one chunk by chunk; false when one digit has all.
            fn place(wide: *Wide) bool {
                var next: usize = 0;
                for (0..256) |digit| {
                    const first = next;
                    for (wide.counts[0..wide.chunks]) |*counts| {
                        const count = counts[digit];
                        counts[digit] = next;
                        next += count;
                    }
                    if (next - first == wide.work.extent) return false;
                }
                return true;
            }

            fn scatterChunk(wide: *Wide, chunk: usize) void {
                var starts = wide.counts[chunk];
                Items.scatter(wide.itemsOf(chunk), wide.to, wide.digit, &starts);
            }

            fn storeChunk(wide: *Wide, chunk: usize) void {
                const work = wide.work;
                const own = wide.itemsOf(chunk);
                work.store(work.rowOf(wide.row), own.ptr, wide.row * work.count + chunk * wide_chunk, own.len);
            }
        };
    };
}

/// Which item of a row is selected: the one at a rank; the lower middle one, or the first NaN; the lower middle one of
/// the numbers; the most frequent.
pub const Rule = enum(u8) { rank = 0, median = 1, nanmedian = 2, mode = 3 };
