//! Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011): a block of four
//! 32-bit words is a function of a 64-bit key and a 128-bit counter. So any element of a random tensor can be computed
//! by itself, and all of them are the same for every number of threads and vector width.
//!
//! Counters stand in 64-bit lanes, of which only the low halves count: the product of two 32-bit numbers then falls
//! where the next round needs both its halves, and a round is 2 multiplications, 2 shifts and 2 three-way xors, without
//! a shuffle.
const std = @import("std");
const simd = @import("simd.zig");

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

inline fn cipher(key: *const Key, counter: State) State {
    var state = counter;
    inline for (0..rounds) |round| {
        const low: Lanes = @splat(key.low[round]);
        const high: Lanes = @splat(key.high[round]);
        const first = (state[0] & low_half) * @as(Lanes, @splat(multipliers[0]));
        const second = (state[2] & low_half) * @as(Lanes, @splat(multipliers[1]));
        state = .{ (second >> @splat(32)) ^ state[1] ^ low, second, (first >> @splat(32)) ^ state[3] ^ high, first };
    }
    return state;
}

/// `width` blocks of the stream from number `block` on. The counter is the block's number. Which lane has which block is
/// chosen so that interleave() of two vectors gives the stream's order.
pub const Blocks = struct {
    words: State,

    pub inline fn at(key: *const Key, block: u64) Blocks {
        const number = @as(Lanes, @splat(block)) + lane_blocks;
        const zero: Lanes = @splat(0);
        return .{ .words = cipher(key, .{ number, number >> @splat(32), zero, zero }) };
    }

    const lane_blocks: Lanes = blk: {
        var order: [width]u64 = undefined;
        for (&order, 0..) |*block, lane| block.* = (lane % 2) * (width / 2) + lane / 2;
        break :blk order;
    };

    /// Two words of each block in each lane: one in the low half, one in the high half.
    pub inline fn pair(blocks: Blocks, comptime low: usize, comptime high: usize) Lanes {
        return (blocks.words[low] & low_half) | (blocks.words[high] << @splat(32));
    }

    /// The stream as 64-bit numbers: 2 * width of them, two a block.
    pub inline fn wide(blocks: Blocks) [2]Lanes {
        return interleave(blocks.pair(0, 1), blocks.pair(2, 3));
    }

    /// The stream as 32-bit words: 4 * width of them, four a block.
    pub inline fn narrow(blocks: Blocks) [2]@Vector(2 * width, u32) {
        const both = blocks.wide();
        return .{ @bitCast(both[0]), @bitCast(both[1]) };
    }
};

/// Within each 16 bytes x0 y0 x1 y1 ..: the low halves of all of them, then the high halves. One unpack each.
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
        const state = cipher(&key, counter);
        inline for (state, case.words) |word, expected| {
            inline for (0..width) |lane| try std.testing.expectEqual(expected, @as(u32, @truncate(word[lane])));
        }
    }
}

test "the stream's order is the blocks' order, across a carry into the second word" {
    const key: Key = .init(1, 2);
    const first: u64 = (1 << 32) - 3;
    const narrow: [4 * width]u32 = @bitCast(Blocks.at(&key, first).narrow());
    for (0..width) |i| {
        const block = first + i;
        const state = cipher(&key, .{ @splat(block), @splat(block >> 32), @splat(0), @splat(0) });
        inline for (state, 0..) |word, j| try std.testing.expectEqual(@as(u32, @truncate(word[0])), narrow[4 * i + j]);
    }
}
