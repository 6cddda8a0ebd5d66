//! The rows of a view, its last dim, and what is made of their items: sorted rows, their first few,
//! one of each.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const sort_items = @import("items.zig");
const strided = @import("../strided.zig");

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
        /// A place has 32 bits beside a key of 32; 2^53 is what a call can count to.
        const longest = @min(std.math.maxInt(Items.Place), 1 << 53);
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
            const is_wide = work.extent >= wide_min and work.rows < 32;
            if (is_wide) return work.sortWide(call);
            return work.run(call, 2 * work.extent, 12, sortRow);
        }

        /// The first few items of a row, sorted.
        pub fn top(call: *abi.Call) abi.Status {
            var work: RowsOf = .init(call);
            if (call.attribute(0) != 0) work.flip = std.math.maxInt(Items.Key);
            return work.run(call, 2 * work.capacity(), 1, topRow);
        }

        /// One item of a row.
        pub fn select(call: *abi.Call) abi.Status {
            var work: RowsOf = .init(call);
            work.rank = abi.toUsize(call.attribute(0));
            work.rule = @enumFromInt(abi.toUsize(call.attribute(1)));
            const needed = if (work.rule == .mode) 2 * work.extent else work.extent;
            return work.run(call, needed, 5, selectRow);
        }

        /// Runs `body` on every row, with memory for `needed` items.
        fn run(
            work: *const RowsOf,
            call: *abi.Call,
            needed: usize,
            nanoseconds: f64,
            comptime body: Body,
        ) abi.Status {
            if (work.extent > longest) return call.fail(.bad_value, call.input(0).size, longest);
            const Job = struct {
                work: *const RowsOf,
                group: usize,
                needed: usize,
                failed: std.atomic.Value(bool) = .init(false),

                fn rows(job: *@This(), number: usize) void {
                    const items = runtime.scratch(.chunk, Item, job.needed) orelse
                        return job.failed.store(true, .monotonic);
                    const first = number * job.group;
                    const end = @min(first + job.group, job.work.rows);
                    for (first..end) |row| body(job.work, row, items);
                }
            };
            const group = @max(1, grain / @max(work.extent, 1));
            var job: Job = .{ .work = work, .group = group, .needed = needed };
            const jobs = std.math.divCeil(usize, work.rows, job.group) catch unreachable;
            runtime.parallelFor(jobs, nanoseconds * call.input(0).size, &job, Job.rows);
            const bytes: f64 = @floatFromInt(needed * @sizeOf(Item));
            if (job.failed.load(.monotonic)) return call.fail(.out_of_memory, bytes, 0);
            return .ok;
        }

        fn rowOf(work: *const RowsOf, row: usize) [*]T {
            return strided.at(T, work.x, strided.offsetOf(&work.outer, row));
        }

        inline fn element(work: *const RowsOf, row: [*]T, i: usize) T {
            return strided.at(T, row, @as(isize, @intCast(i)) * work.stride)[0];
        }

        fn load(
            work: *const RowsOf,
            row: [*]T,
            first: usize,
            count: usize,
            items: [*]Item,
        ) void {
            for (items[0..count], first..) |*item, i|
                item.* = Items.item(Items.keyOf(work.element(row, i)) ^ work.flip, i);
        }

        fn store(
            work: *const RowsOf,
            row: [*]T,
            items: [*]const Item,
            first: usize,
            count: usize,
        ) void {
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

        /// Keeps the best so far and what may be better than the last of them; when that is too
        /// much, drops the rest.
        fn topRow(work: *const RowsOf, row: usize, memory: [*]Item) void {
            const p = work.rowOf(row);
            var best: Best = .{
                .items = memory,
                .limit = work.capacity(),
                .wanted = work.count,
                .flip = work.flip,
            };
            work.load(p, 0, best.limit, best.items);
            best.held = best.limit;
            best.settle();
            var i = best.limit;
            if (work.stride == 1) {
                while (i + lanes <= work.extent) : (i += lanes) best.offer(p + i, i);
            }
            while (i < work.extent) : (i += 1) best.add(work.element(p, i), i);
            const sorted = Items.sort(best.items, memory + best.limit, best.held);
            work.store(p, sorted, row * work.count, work.count);
        }

        const Best = struct {
            items: [*]Item,
            limit: usize,
            held: usize = 0,
            wanted: usize,
            flip: Items.Key,
            /// Only a key below this is of interest: of equal ones the first has the lower place.
            bound: Items.Key = 0,

            inline fn offer(best: *Best, p: [*]const T, first: usize) void {
                const Keys = @Vector(lanes, Items.Key);
                const keys = Items.keysOf(lanes, simd.load(T, p)) ^ @as(Keys, @splat(best.flip));
                const Bits = std.meta.Int(.unsigned, lanes);
                var wins: Bits = @bitCast(keys < @as(Keys, @splat(best.bound)));
                while (wins != 0) : (wins &= wins - 1) {
                    const lane: usize = @ctz(wins);
                    best.add(p[lane], first + lane);
                }
            }

            fn add(best: *Best, x: T, place: usize) void {
                const key = Items.keyOf(x) ^ best.flip;
                if (key >= best.bound) return;
                best.items[best.held] = Items.item(key, place);
                best.held += 1;
                if (best.held == best.limit) best.settle();
            }

            /// Drops all but the best.
            fn settle(best: *Best) void {
                const other = best.items + best.limit;
                @memcpy(other[0..best.held], best.items[0..best.held]);
                const last = Items.select(other, best.held, best.wanted - 1);
                var kept: usize = 0;
                for (best.items[0..best.held]) |item| {
                    best.items[kept] = item;
                    kept += @intFromBool(item <= last);
                }
                best.held = kept;
                best.bound = Items.keyIn(last);
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
            var most: usize = 0;
            var start: usize = 0;
            for (0..count) |i| {
                if (i + 1 < count and Items.keyIn(items[i]) == Items.keyIn(items[i + 1])) continue;
                if (i + 1 - start > most) {
                    most = i + 1 - start;
                    chosen = items[i];
                }
                start = i + 1;
            }
            return chosen;
        }

        const Counts = [256]Items.Place;

        /// One long row after the other: chunks count their digits, and then know where theirs go.
        fn sortWide(work: *const RowsOf, call: *abi.Call) abi.Status {
            if (work.extent > longest) return call.fail(.bad_value, call.input(0).size, longest);
            const chunks = std.math.divCeil(usize, work.extent, wide_chunk) catch unreachable;
            const items_bytes = 2 * work.extent * @sizeOf(Item);
            const bytes = items_bytes + chunks * (@sizeOf(Counts) + @sizeOf(Item));
            const memory = runtime.scratch(.call, u8, bytes) orelse
                return call.fail(.out_of_memory, @floatFromInt(bytes), 0);
            const items: [*]Item = @ptrCast(@alignCast(memory));
            const varying: [*]Item = @ptrCast(@alignCast(memory + items_bytes));
            const counts: [*]Counts = @ptrCast(@alignCast(varying + chunks));
            for (0..work.rows) |row| {
                var wide: Wide = .{
                    .work = work,
                    .row = row,
                    .chunks = chunks,
                    .from = items,
                    .to = items + work.extent,
                    .counts = counts,
                    .varying = varying,
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
            counts: [*]Counts,
            /// For each chunk, the bits in which its items differ from the row's first.
            varying: [*]Item,
            digit: usize = 0,

            fn sort(wide: *Wide) void {
                const cost: f64 = @floatFromInt(wide.work.extent);
                runtime.parallelFor(wide.chunks, 2 * cost, wide, loadChunk);
                var varying: Item = 0;
                for (wide.varying[0..wide.chunks]) |bits| varying |= bits;
                for (0..@sizeOf(T)) |digit| {
                    if (Items.digitOf(varying, digit) == 0) continue;
                    wide.digit = digit;
                    runtime.parallelFor(wide.chunks, cost, wide, countChunk);
                    wide.place();
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
                const row = wide.work.rowOf(wide.row);
                wide.work.load(row, chunk * wide_chunk, own.len, own.ptr);
                const first = Items.item(Items.keyOf(row[0]) ^ wide.work.flip, 0);
                var varying: Item = 0;
                for (own) |item| varying |= item ^ first;
                wide.varying[chunk] = varying;
            }

            fn countChunk(wide: *Wide, chunk: usize) void {
                var counts: Counts = @splat(0);
                for (wide.itemsOf(chunk)) |item| counts[Items.digitOf(item, wide.digit)] += 1;
                wide.counts[chunk] = counts;
            }

            /// Counts become places, digit by digit and within one chunk by chunk.
            fn place(wide: *Wide) void {
                var next: Items.Place = 0;
                for (0..256) |digit| {
                    for (wide.counts[0..wide.chunks]) |*counts| {
                        const count = counts[digit];
                        counts[digit] = next;
                        next += count;
                    }
                }
            }

            fn scatterChunk(wide: *Wide, chunk: usize) void {
                var starts = wide.counts[chunk];
                Items.scatter(wide.itemsOf(chunk), wide.to, wide.digit, &starts);
            }

            fn storeChunk(wide: *Wide, chunk: usize) void {
                const work = wide.work;
                const own = wide.itemsOf(chunk);
                const first = wide.row * work.count + chunk * wide_chunk;
                work.store(work.rowOf(wide.row), own.ptr, first, own.len);
            }
        };
    };
}

/// Which item of a row is selected: the one at a rank; the lower middle one, or the first NaN; the
/// lower middle one of the numbers; the most frequent.
pub const Rule = enum(u8) { rank = 0, median = 1, nanmedian = 2, mode = 3 };
