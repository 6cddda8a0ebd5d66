//! Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC
//! 2011): a block of four 32-bit words is a function of a 64-bit key and a 128-bit counter. So any
//! element of a random tensor can be computed by itself, and all of them are the same for every
//! number of threads and vector width.
//!
//! Counters stand in 64-bit lanes, of which only the low halves count: the product of two 32-bit
//! numbers then falls where the next round needs both its halves, and a round is 2 multiplications,
//! 2 shifts and 2 three-way xors, without a shuffle.
const std = @import("std");
const simd = @import("../simd.zig");

/// Counters computed at once.
pub const width = simd.lanes(u64);
const Lanes = @Vector(width, u64);
const low_half: Lanes = @splat(0xffff_ffff);

const multipliers = [2]u32{ 0xd251_1f53, 0xcd9e_8d57 };
const key_steps = [2]u32{ 0x9e37_79b9, 0xbb67_ae85 };
const rounds = 10;

/// The keys of the ten rounds.
pub const Key = struct {
    low: [rounds]u32,
    high: [rounds]u32,

    pub fn init(low: u32, high: u32) Key {
        var key: Key = undefined;
        for (&key.low, &key.high, 0..) |*one, *other, round| {
            one.* = low +% key_steps[0] *% @as(u32, @intCast(round));
            other.* = high +% key_steps[1] *% @as(u32, @intCast(round));
        }
        return key;
    }
};

/// Words 0..3 of `width` blocks, one block a lane. The upper halves of the lanes are undefined.
const State = [4]Lanes;

inline fn cipher(comptime count: usize, key: *const Key, counters: [count]State) [count]State {
    var states = counters;
    inline for (0..rounds) |round| {
        const low: Lanes = @splat(key.low[round]);
        const high: Lanes = @splat(key.high[round]);
        inline for (&states) |*state| {
            const first = (state[0] & low_half) * @as(Lanes, @splat(multipliers[0]));
            const second = (state[2] & low_half) * @as(Lanes, @splat(multipliers[1]));
            state.* = .{
                (second >> @splat(32)) ^ state[1] ^ low, second,
                (first >> @splat(32)) ^ state[3] ^ high, first,
            };
        }
    }
    return states;
}

/// Which words of a block are next to each other in a 64-bit number.
pub const Order = enum {
    /// 0 1, 2 3 and blocks one after the other: the stream itself, as 32-bit or 64-bit numbers.
    stream,
    /// A vector of 0 and 2 of each block, one of 1 and 3: interleave() of the two as 32-bit numbers
    /// is the stream.
    apart_narrow,
    /// A vector of 0 1 of each block, one of 2 3: interleave() of the two as 64-bit numbers is the
    /// stream.
    apart_wide,
};

/// What fill() makes at once: two vectors from `width` blocks.
pub const Tile = [2]Lanes;

/// Tiles of consecutive blocks, the first of them number `block`. The counter of a block is its
/// number.
pub fn fill(comptime order: Order, key: *const Key, block: u64, tiles: []Tile) void {
    var number = block;
    var i: usize = 0;
    // One round waits for the one before: two tiles at once are 1.15 times as fast.
    while (i + 2 <= tiles.len) : (i += 2) {
        const states = cipher(2, key, .{ numbered(number), numbered(number + width) });
        tiles[i] = arrange(order, states[0]);
        tiles[i + 1] = arrange(order, states[1]);
        number += 2 * width;
    }
    if (i < tiles.len) tiles[i] = arrange(order, cipher(1, key, .{numbered(number)})[0]);
}

/// Even lanes have the first half of the blocks, odd lanes the second: as interleave() wants them.
inline fn numbered(block: u64) State {
    comptime var lane_blocks: [width]u64 = undefined;
    comptime for (&lane_blocks, 0..) |*lane_block, lane| {
        lane_block.* = (lane % 2) * (width / 2) + lane / 2;
    };
    const number = @as(Lanes, @splat(block)) + @as(Lanes, lane_blocks);
    const zero: Lanes = @splat(0);
    return .{ number, number >> @splat(32), zero, zero };
}

inline fn arrange(comptime order: Order, state: State) Tile {
    return switch (order) {
        .stream => interleave(join(state[0], state[1]), join(state[2], state[3])),
        .apart_narrow => .{ join(state[0], state[2]), join(state[1], state[3]) },
        .apart_wide => .{ join(state[0], state[1]), join(state[2], state[3]) },
    };
}

inline fn join(low: Lanes, high: Lanes) Lanes {
    return (low & low_half) | (high << @splat(32));
}

/// Within each 16 bytes x0 y0 x1 y1 ..: the low halves of all of them, then the high halves. One
/// unpack each.
pub inline fn interleave(x: anytype, y: @TypeOf(x)) [2]@TypeOf(x) {
    const info = @typeInfo(@TypeOf(x)).vector;
    const in_part = 16 / @sizeOf(info.child);
    comptime var masks: [2][info.len]i32 = undefined;
    comptime for (0..info.len) |lane| {
        const part = lane / in_part * in_part;
        for (0..2) |half| {
            const source: i32 = @intCast(part + half * (in_part / 2) + lane % in_part / 2);
            masks[half][lane] = if (lane % 2 == 0) source else ~source;
        }
    };
    return .{ @shuffle(info.child, x, y, masks[0]), @shuffle(info.child, x, y, masks[1]) };
}

test "the known answers of the paper's authors" {
    const cases = [_]struct { counter: [4]u32, key: [2]u32, words: [4]u32 }{
        .{
            .counter = .{ 0, 0, 0, 0 },
            .key = .{ 0, 0 },
            .words = .{ 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 },
        },
        .{
            .counter = @splat(0xffffffff),
            .key = @splat(0xffffffff),
            .words = .{ 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd },
        },
        .{
            .counter = .{ 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
            .key = .{ 0xa4093822, 0x299f31d0 },
            .words = .{ 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 },
        },
    };
    for (cases) |case| {
        var counter: State = undefined;
        for (&counter, case.counter) |*word, value| word.* = @splat(value);
        const key: Key = .init(case.key[0], case.key[1]);
        const state = cipher(1, &key, .{counter})[0];
        inline for (state, case.words) |word, expected| {
            inline for (0..width) |lane| try std.testing.expectEqual(expected, @as(u32, @truncate(word[lane])));
        }
    }
}

test "the orders, across a carry into the second word" {
    const key: Key = .init(1, 2);
    const first: u64 = (1 << 32) - 3;
    var stream: [3]Tile = undefined;
    var narrow: [3]Tile = undefined;
    var wide: [3]Tile = undefined;
    fill(.stream, &key, first, &stream);
    fill(.apart_narrow, &key, first, &narrow);
    fill(.apart_wide, &key, first, &wide);
    const words: [3 * 4 * width]u32 = @bitCast(stream);
    for (0..3 * width) |i| {
        const block = first + i;
        const counter: State = .{ @splat(block), @splat(block >> 32), @splat(0), @splat(0) };
        const state = cipher(1, &key, .{counter})[0];
        inline for (state, 0..) |word, j| try std.testing.expectEqual(@as(u32, @truncate(word[0])), words[4 * i + j]);
    }
    for (stream, narrow, wide) |expected, low, high| {
        const Words = @Vector(2 * width, u32);
        const both = interleave(@as(Words, @bitCast(low[0])), @as(Words, @bitCast(low[1])));
        try std.testing.expectEqual(expected, @as(Tile, .{ @bitCast(both[0]), @bitCast(both[1]) }));
        try std.testing.expectEqual(expected, interleave(high[0], high[1]));
    }
}
