//! Elements as items to be ordered: an unsigned key that orders like the element, and the element's
//! place behind it. All items of a row differ: any sort of them is a stable sort of the elements.
const std = @import("std");
const simd = @import("../simd.zig");

/// Rows up to this long are sorted by comparing all with all by vectors: no branch to guess.
const rank_max = 16 * simd.lanes(u64);
/// Items that no vector compares are inserted, or merged, up to these lengths.
const insertion_max = 20;
const merge_max = 64;
/// Longer rows are sorted by their digits.
const run = 16;

/// Items of a dtype. NaN is above all, and -0 equals 0.
pub fn Items(comptime T: type) type {
    return struct {
        pub const Key = std.meta.Int(.unsigned, 8 * @sizeOf(T));
        /// The key in the upper half, the place in the lower.
        pub const Item = if (@sizeOf(T) <= 4) u64 else u128;
        pub const Place = if (@sizeOf(T) <= 4) u32 else u64;
        const half = @bitSizeOf(Place);
        const top: Key = 1 << (@bitSizeOf(Key) - 1);
        const is_float = @typeInfo(T) == .float;
        const is_signed = @typeInfo(T) == .int and @typeInfo(T).int.signedness == .signed;
        pub const nan_key: Key = std.math.maxInt(Key);
        const Counts = [@sizeOf(T)][256]Place;

        /// Keys of a vector of elements.
        pub inline fn keysOf(
            comptime count: comptime_int,
            x: @Vector(count, T),
        ) @Vector(count, Key) {
            const Keys = @Vector(count, Key);
            if (!is_float) {
                const bits: Keys = @bitCast(x);
                return if (is_signed) bits ^ @as(Keys, @splat(top)) else bits;
            }
            const Signed = @Vector(count, std.meta.Int(.signed, @bitSizeOf(T)));
            const bits: Keys = @bitCast(x + @as(@Vector(count, T), @splat(0)));
            const sign: Keys = @bitCast(@as(Signed, @bitCast(bits)) >> @splat(@bitSizeOf(T) - 1));
            const keys = bits ^ (sign | @as(Keys, @splat(top)));
            return @select(Key, x == x, keys, @as(Keys, @splat(nan_key)));
        }

        pub inline fn keyOf(x: T) Key {
            return keysOf(1, .{x})[0];
        }

        pub inline fn item(key: Key, place: usize) Item {
            return @as(Item, key) << half | @as(Item, @intCast(place));
        }

        pub inline fn keyIn(packed_item: Item) Key {
            return @truncate(packed_item >> half);
        }

        pub inline fn placeIn(packed_item: Item) usize {
            return @as(Place, @truncate(packed_item));
        }

        /// Sorts; answers which of the two blocks has the result.
        pub fn sort(items: [*]Item, other: [*]Item, count: usize) [*]Item {
            if (Item == u64 and count <= rank_max) {
                rankSort(items, count);
                return items;
            }
            if (count <= insertion_max) {
                insert(items, count);
                return items;
            }
            if (count <= merge_max) return mergeSort(items, other, count);
            return radixSort(items, other, count);
        }

        /// An item's place is the number of items below it.
        fn rankSort(items: [*]u64, count: usize) void {
            const lanes = simd.lanes(u64);
            const V = simd.Vector(u64);
            var all: [rank_max]u64 align(64) = undefined;
            @memcpy(all[0..count], items[0..count]);
            const end = std.mem.alignForward(usize, count, lanes);
            @memset(all[count..end], std.math.maxInt(u64));
            for (all[0..count]) |x| {
                var below: V = @splat(0);
                var i: usize = 0;
                while (i < end) : (i += lanes) {
                    const less = @as(V, all[i..][0..lanes].*) < @as(V, @splat(x));
                    below += @select(u64, less, @as(V, @splat(1)), @as(V, @splat(0)));
                }
                items[@reduce(.Add, below)] = x;
            }
        }

        fn insert(items: [*]Item, count: usize) void {
            for (1..@max(count, 1)) |i| {
                const x = items[i];
                var j = i;
                while (j > 0 and items[j - 1] > x) : (j -= 1) items[j] = items[j - 1];
                items[j] = x;
            }
        }

        fn mergeSort(items: [*]Item, other: [*]Item, count: usize) [*]Item {
            var start: usize = 0;
            while (start < count) : (start += run) insert(items + start, @min(run, count - start));
            var from = items;
            var to = other;
            var width: usize = run;
            while (width < count) : (width *= 2) {
                start = 0;
                while (start < count) : (start += 2 * width) {
                    const middle = @min(start + width, count);
                    const end = @min(middle + width, count);
                    merge(from[start..middle], from[middle..end], to + start);
                }
                std.mem.swap([*]Item, &from, &to);
            }
            return from;
        }

        fn merge(a: []const Item, b: []const Item, to: [*]Item) void {
            var i: usize = 0;
            var j: usize = 0;
            while (i < a.len and j < b.len) {
                const second = b[j] < a[i];
                to[i + j] = if (second) b[j] else a[i];
                j += @intFromBool(second);
                i += @intFromBool(!second);
            }
            @memcpy(to[i + j ..][0 .. a.len - i], a[i..]);
            @memcpy(to[a.len + j ..][0 .. b.len - j], b[j..]);
        }

        /// The key's digit of 8 bits, the lowest first.
        pub inline fn digitOf(packed_item: Item, digit: usize) u8 {
            return @truncate(packed_item >> @intCast(half + 8 * digit));
        }

        fn radixSort(items: [*]Item, other: [*]Item, count: usize) [*]Item {
            var counts: Counts = @splat(@splat(0));
            for (items[0..count]) |x| {
                inline for (&counts, 0..) |*list, digit| list[digitOf(x, digit)] += 1;
            }
            var from = items;
            var to = other;
            for (&counts, 0..) |*list, digit| {
                if (list[digitOf(from[0], digit)] == count) continue;
                toStarts(list);
                scatter(from[0..count], to, digit, list);
                std.mem.swap([*]Item, &from, &to);
            }
            return from;
        }

        /// Counts become the places where their digits start.
        fn toStarts(counts: *[256]Place) void {
            var next: Place = 0;
            for (counts) |*place| {
                const count = place.*;
                place.* = next;
                next += count;
            }
        }

        /// Items to where their digits start, which moves on.
        pub fn scatter(from: []const Item, to: [*]Item, digit: usize, starts: *[256]Place) void {
            for (from) |x| {
                const place = &starts[digitOf(x, digit)];
                to[place.*] = x;
                place.* += 1;
            }
        }

        /// The item that sorting would put at `rank`; the items are left in disorder. From the
        /// highest digit down, only those that may be it are kept.
        pub fn select(items: [*]Item, count: usize, rank: usize) Item {
            std.debug.assert(rank < count);
            var left = count;
            var wanted = rank;
            var digit: usize = @sizeOf(T);
            while (digit > 0 and left > insertion_max) {
                digit -= 1;
                var counts: [256]usize = @splat(0);
                for (items[0..left]) |x| counts[digitOf(x, digit)] += 1;
                const bucket = for (counts, 0..) |n, i| {
                    if (wanted < n) break i;
                    wanted -= n;
                } else unreachable;
                if (counts[bucket] == left) continue;
                left = keep(items, left, digit, @intCast(bucket));
            }
            // Items of one key stand in the order of their places.
            if (left <= insertion_max) insert(items, left);
            return items[wanted];
        }

        fn keep(items: [*]Item, count: usize, digit: usize, bucket: u8) usize {
            var kept: usize = 0;
            for (items[0..count]) |x| {
                items[kept] = x;
                kept += @intFromBool(digitOf(x, digit) == bucket);
            }
            return kept;
        }
    };
}

test "sorted items are in order at every length, and select finds each rank" {
    inline for (.{ f32, f64, i32, i64, u8 }) |T| {
        const I = Items(T);
        var random: std.Random.DefaultPrng = .init(7);
        for ([_]usize{ 0, 1, 2, 15, 21, 33, 64, 65, 128, 129, 500, 3000 }) |count| {
            var items: [3000]I.Item = undefined;
            var other: [3000]I.Item = undefined;
            var copy: [3000]I.Item = undefined;
            for (0..count) |i| {
                const wide: i32 = random.random().intRangeAtMost(i32, 0, 200);
                const x: T = if (@typeInfo(T) == .float)
                    @as(T, @floatFromInt(wide - 100)) / 8
                else
                    @intCast(wide);
                items[i] = I.item(I.keyOf(x), i);
            }
            @memcpy(copy[0..count], items[0..count]);
            const sorted = I.sort(&items, &other, count);
            for (1..@max(count, 1)) |i| try std.testing.expect(sorted[i - 1] < sorted[i]);
            if (count == 0) continue;
            for ([_]usize{ 0, count / 2, count - 1 }) |rank| {
                var scratch = copy;
                try std.testing.expectEqual(sorted[rank], I.select(&scratch, count, rank));
            }
        }
    }
}

test "keys order as numbers do: NaN above all, -0 equal to 0" {
    const inf = std.math.inf(f32);
    const ordered = [_]f32{ -inf, -2, -1e-40, 0, 1e-40, 2, inf, std.math.nan(f32) };
    const I = Items(f32);
    for (ordered[1..], ordered[0 .. ordered.len - 1]) |x, before|
        try std.testing.expect(I.keyOf(before) < I.keyOf(x));
    try std.testing.expectEqual(I.keyOf(0.0), I.keyOf(-0.0));
    try std.testing.expectEqual(I.keyOf(std.math.nan(f32)), I.keyOf(-std.math.nan(f32)));
    try std.testing.expect(Items(i64).keyOf(-1) < Items(i64).keyOf(0));
}
