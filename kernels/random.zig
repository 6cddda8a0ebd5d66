//! Random tensors. Attributes 0..2 of every kernel are the seed's low and high 32 bits and the
//! number of the first block of the Philox stream. An element's bits depend on its index alone, so
//! results are the same for every number of threads, at every CPU level and on every machine (see
//! random/box_muller.zig for the normal ones).
//!
//! A block is 128 bits. n elements use ceil(n / 4) blocks when each takes 32 bits: uniform, normal
//! and exponential in float32; bernoulli and dropout in every dtype. They use ceil(n / 2) when each
//! takes 64: uniform, normal and exponential in float64; integers; permutation.
const std = @import("std");
const abi = @import("abi");
const floats = @import("floats.zig");
const box_muller = @import("random/box_muller.zig");
const philox = @import("random/philox.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");
const strided = @import("strided.zig");
const variates = @import("random/variates.zig");
const Tile = philox.Tile;

pub const kernels = struct {
    /// out [..] in [low, high) <- attributes 3, 4: low, high; 24 (float32) or 53 (float64) random
    /// bits
    pub const uniform = floats.kernelOf(uniformOf);

    /// out [..] <- attributes 3, 4: mean, standard deviation
    pub fn normal(call: *abi.Call) callconv(.c) abi.Status {
        return switch (call.output(0).kind()) {
            .float32 => fill(call, Normal(f32).init(call), null),
            .float64 => fill(call, Normal(f64).init(call), null),
            else => .bad_dtype,
        };
    }

    /// out [..] <- attribute 3: rate
    pub fn exponential(call: *abi.Call) callconv(.c) abi.Status {
        return switch (call.output(0).kind()) {
            .float32 => fill(call, Exponential(f32).init(call), null),
            .float64 => fill(call, Exponential(f64).init(call), null),
            else => .bad_dtype,
        };
    }

    /// out [..] (int32, int64) in [low, high) <- attributes 3, 4: low, high, at most 2^53 apart
    pub fn integers(call: *abi.Call) callconv(.c) abi.Status {
        const range = call.attribute(4) - call.attribute(3);
        if (!(range >= 1 and range <= 0x1p53)) return call.fail(.bad_value, range, 0x1p53);
        return switch (call.output(0).kind()) {
            .int32 => fill(call, Integers(i32).init(call), null),
            .int64 => fill(call, Integers(i64).init(call), null),
            else => .bad_dtype,
        };
    }

    /// out [..] (bool, float32, float64) of 0 and 1 <- attribute 3: probability of 1; or an input
    /// of probabilities
    pub fn bernoulli(call: *abi.Call) callconv(.c) abi.Status {
        return switch (call.output(0).kind()) {
            .bool => bernoulliOf(abi.Bool, call),
            .float32 => bernoulliOf(f32, call),
            .float64 => bernoulliOf(f64, call),
            else => .bad_dtype,
        };
    }

    /// out [..] <- x [..], attribute 3: p. Zero with probability p (even where x is NaN), else x /
    /// (1 - p).
    pub fn dropout(call: *abi.Call) callconv(.c) abi.Status {
        const p = call.attribute(3);
        if (!(p >= 0 and p <= 1)) return call.fail(.bad_value, p, 1);
        return switch (call.output(0).kind()) {
            .float32 => fill(call, Dropout(f32).init(p), call.input(0)),
            .float64 => fill(call, Dropout(f64).init(p), call.input(0)),
            else => .bad_dtype,
        };
    }

    /// out [..] <- gradient [..], attributes as dropout had them: the mask is computed again.
    pub const dropoutGradient = dropout;

    /// out [..] <- shapes, rates, or counts and probabilities [..]
    pub const gammaSample = variates.kernels.gammaSample;
    pub const poisson = variates.kernels.poisson;
    pub const binomial = variates.kernels.binomial;

    /// out [n] (int64): 0..n in random order
    pub fn permutation(call: *abi.Call) callconv(.c) abi.Status {
        if (call.output(0).kind() != .int64) return .bad_dtype;
        if (call.output(0).size == 0) return .ok;
        shuffle(&keyOf(call), firstBlock(call), call.output(0).pointer(i64)[0..abi.toUsize(call.output(0).size)]);
        return .ok;
    }
};

fn keyOf(call: *const abi.Call) philox.Key {
    return .init(@truncate(abi.toUsize(call.attribute(0))), @truncate(abi.toUsize(call.attribute(1))));
}

fn firstBlock(call: *const abi.Call) u64 {
    return abi.toUsize(call.attribute(2));
}

/// Elements of one job: 10 to 20 us.
const chunk_size = 32 << 10;
/// Elements at a time: first their random bits, then what becomes of them. One loop for both would
/// save 0.06 ns an element in the cheap rules (of 0.5), and have the cipher compiled into every one
/// of them: 40 KB more a CPU level.
const run_size = 1024;

/// A rule says what becomes of a run of blocks:
///   Element, Input: what the output and the input (if any) are of
///   tile: elements made from a philox.Tile
///   order: how it wants the tile
///   nanoseconds: cost of an element
///   write(bits, out, x): `tile` elements
fn fill(call: *abi.Call, rule: anytype, input: ?*const abi.View) abi.Status {
    const Rule = @TypeOf(rule);
    const output = call.output(0);
    const size = abi.toUsize(output.size);
    if (size == 0) return .ok;
    const filling: Filling(Rule) = .{
        .rule = rule,
        .key = keyOf(call),
        .first_block = firstBlock(call),
        .out = output.pointer(Rule.Element),
        .size = size,
        .input = input,
        .direct = if (input) |view| strided.isContiguous(view) else true,
    };
    const cost = @as(f64, @floatFromInt(size)) * Rule.nanoseconds;
    const chunks = std.math.divCeil(usize, size, chunk_size) catch unreachable;
    runtime.parallelFor(chunks, cost, &filling, Filling(Rule).chunk);
    return .ok;
}

fn Filling(comptime Rule: type) type {
    return struct {
        rule: Rule,
        key: philox.Key,
        first_block: u64,
        out: [*]Rule.Element,
        size: usize,
        input: ?*const abi.View,
        /// Whether the input can be read where it is.
        direct: bool,

        const Filler = @This();
        const in_block = Rule.tile / philox.width;

        comptime {
            std.debug.assert(chunk_size % run_size == 0 and run_size % Rule.tile == 0);
        }

        fn chunk(filling: *const Filler, index: usize) void {
            const end = @min((index + 1) * chunk_size, filling.size);
            var first = index * chunk_size;
            while (first < end) : (first += run_size) filling.run(first, @min(run_size, end - first));
        }

        /// Elements first..first + count, at most run_size.
        fn run(filling: *const Filler, first: usize, count: usize) void {
            var gathered: [run_size]Rule.Input = undefined;
            var x: [*]const Rule.Input = &gathered;
            if (Rule.Input != void) {
                const view = filling.input.?;
                if (filling.direct) {
                    x = view.pointer(Rule.Input) + first;
                } else strided.gather(Rule.Input, view, first, count, &gathered);
            }
            const whole = count / Rule.tile;
            const left = count % Rule.tile;
            var tiles: [run_size / Rule.tile]Tile = undefined;
            const used = tiles[0 .. whole + @intFromBool(left != 0)];
            philox.fill(Rule.order, &filling.key, filling.first_block + first / in_block, used);
            filling.write(used, filling.out + first, x, count);
        }

        fn write(
            filling: *const Filler,
            tiles: []const Tile,
            out: [*]Rule.Element,
            x: [*]const Rule.Input,
            count: usize,
        ) void {
            const rule = filling.rule;
            const left = count % Rule.tile;
            const whole = count - left;
            for (tiles[0 .. count / Rule.tile], 0..) |bits, i| rule.write(bits, out + i * Rule.tile, x + i * Rule.tile);
            if (left == 0) return;
            var last: [Rule.tile]Rule.Element = undefined;
            var last_x: [Rule.tile]Rule.Input = @splat(std.mem.zeroes(Rule.Input));
            if (Rule.Input != void) @memcpy(last_x[0..left], x[whole..]);
            rule.write(tiles[tiles.len - 1], &last, &last_x);
            @memcpy(out[whole..][0..left], last[0..left]);
        }
    };
}

/// Words of 32 bits in the order of the stream.
inline fn words(bits: Tile) [2]@Vector(2 * philox.width, u32) {
    return .{ @bitCast(bits[0]), @bitCast(bits[1]) };
}

/// Elements that `width` blocks make: 4 a block of f32, 2 of f64.
fn tileOf(comptime T: type) comptime_int {
    return 16 * philox.width / @sizeOf(T);
}

fn uniformOf(comptime T: type, call: *abi.Call) abi.Status {
    const low: T = @floatCast(call.attribute(3));
    const high: T = @floatCast(call.attribute(4));
    const span = high - low;
    if (!(span >= 0 and std.math.isFinite(span))) return call.fail(.bad_value, high, low);
    // low + u * span may be rounded up to high.
    const below = @max(low, std.math.nextAfter(T, high, -std.math.inf(T)));
    return fill(call, Uniform(T){ .low = @splat(low), .span = @splat(span), .below = @splat(below) }, null);
}

fn Uniform(comptime T: type) type {
    return struct {
        const Element = T;
        const Input = void;
        const order: philox.Order = .stream;
        const tile = tileOf(T);
        const nanoseconds = if (T == f32) 0.3 else 0.6;
        const V = simd.Vector(T);

        low: V,
        span: V,
        below: V,

        inline fn write(rule: @This(), bits: Tile, out: [*]T, _: [*]const void) void {
            inline for (if (T == f32) words(bits) else bits, 0..) |word, i| {
                const x = rule.low + fraction(T, word) * rule.span;
                simd.store(T, out + i * simd.lanes(T), @select(T, x < rule.below, x, rule.below));
            }
        }
    };
}

/// [0, 1) from the upper 24 or 53 bits.
inline fn fraction(comptime T: type, bits: anytype) simd.Vector(T) {
    if (T == f32) {
        const signed: simd.Vector(i32) = @bitCast(bits >> @splat(8)); // all levels convert signed ones at once
        return @as(simd.Vector(f32), @floatFromInt(signed)) * @as(simd.Vector(f32), @splat(0x1p-24));
    }
    return @as(simd.Vector(f64), @floatFromInt(bits >> @splat(11))) * @as(simd.Vector(f64), @splat(0x1p-53));
}

fn Normal(comptime T: type) type {
    return struct {
        const Element = T;
        const Input = void;
        const order: philox.Order = if (T == f32) .apart_narrow else .apart_wide;
        const tile = tileOf(T);
        const nanoseconds = if (T == f32) 0.7 else 2.5;
        const V = simd.Vector(T);

        mean: V,
        deviation: V,

        fn init(call: *const abi.Call) @This() {
            const mean: T = @floatCast(call.attribute(3));
            const deviation: T = @floatCast(call.attribute(4));
            return .{ .mean = @splat(mean), .deviation = @splat(deviation) };
        }

        /// Elements 2i and 2i + 1 are a pair, from the stream's words 2i and 2i + 1 (32 or 64 bits
        /// each).
        inline fn write(rule: @This(), bits: Tile, out: [*]T, _: [*]const void) void {
            const apart = if (T == f32) words(bits) else bits;
            const pairs = box_muller.normals(T, apart[0], apart[1], rule.deviation);
            const ordered = philox.interleave(pairs[0], pairs[1]);
            inline for (ordered, 0..) |x, i| simd.store(T, out + i * simd.lanes(T), rule.mean + x);
        }
    };
}

fn Exponential(comptime T: type) type {
    return struct {
        const Element = T;
        const Input = void;
        const order: philox.Order = .stream;
        const tile = tileOf(T);
        const nanoseconds = if (T == f32) 0.6 else 2.0;

        rate: simd.Vector(T),

        fn init(call: *const abi.Call) @This() {
            return .{ .rate = @splat(@floatCast(call.attribute(3))) };
        }

        inline fn write(rule: @This(), bits: Tile, out: [*]T, _: [*]const void) void {
            inline for (if (T == f32) words(bits) else bits, 0..) |word, i| {
                simd.store(T, out + i * simd.lanes(T), box_muller.minusLog(T, 1, word) / rule.rate);
            }
        }
    };
}

fn Integers(comptime T: type) type {
    return struct {
        const Element = T;
        const Input = void;
        const order: philox.Order = .stream;
        const tile = tileOf(u64);
        const nanoseconds = 0.8;

        low: i64,
        range: u64,

        fn init(call: *const abi.Call) @This() {
            const low = call.attribute(3);
            return .{ .low = @intFromFloat(low), .range = abi.toUsize(call.attribute(4) - low) };
        }

        inline fn write(rule: @This(), bits: Tile, out: [*]T, _: [*]const void) void {
            inline for (bits, 0..) |number, i| {
                const low: simd.Vector(u64) = @splat(@bitCast(rule.low));
                const value = low +% highProduct(number, rule.range);
                const Out = @Vector(philox.width, std.meta.Int(.unsigned, 8 * @sizeOf(T)));
                out[i * philox.width ..][0..philox.width].* = @bitCast(@as(Out, @truncate(value)));
            }
        }
    };
}

/// bits * range / 2^64: below range, each value as likely as any other to 1 part in 2^64 / range.
inline fn highProduct(bits: simd.Vector(u64), range: u64) simd.Vector(u64) {
    const half: simd.Vector(u64) = @splat(0xffff_ffff);
    const shift: @Vector(philox.width, u6) = @splat(32);
    const range_low: simd.Vector(u64) = @splat(range & 0xffff_ffff);
    const range_high: simd.Vector(u64) = @splat(range >> 32);
    const low = bits & half;
    const high = bits >> shift;
    const middle = high * range_low + ((low * range_low) >> shift);
    const other = low * range_high + (middle & half);
    return high * range_high + (middle >> shift) + (other >> shift);
}

/// Number of 32-bit words that are below probability * 2^32.
fn wordsBelow(probability: f64) u64 {
    return abi.toUsize(@ceil(probability * 0x1p32));
}

fn bernoulliOf(comptime T: type, call: *abi.Call) abi.Status {
    if (abi.toUsize(call.input_count) == 0) {
        const p = call.attribute(3);
        if (!(p >= 0 and p <= 1)) return call.fail(.bad_value, p, 1);
        return fill(call, Bernoulli(T).init(p), null);
    }
    return switch (call.input(0).kind()) {
        .float32 => fill(call, BernoulliOf(T, f32){}, call.input(0)),
        .float64 => fill(call, BernoulliOf(T, f64){}, call.input(0)),
        else => .bad_dtype,
    };
}

/// One word of 32 bits an element.
const words_tile = 4 * philox.width;

/// Stores a 1 where `mask` is set, else a 0.
inline fn storeMask(comptime T: type, out: [*]T, mask: anytype) void {
    const n = @typeInfo(@TypeOf(mask)).vector.len;
    if (T == abi.Bool) {
        const bytes: [*]u8 = @ptrCast(out);
        bytes[0..n].* = @select(u8, mask, @as(@Vector(n, u8), @splat(1)), @as(@Vector(n, u8), @splat(0)));
    } else {
        out[0..n].* = @select(T, mask, @as(@Vector(n, T), @splat(1)), @as(@Vector(n, T), @splat(0)));
    }
}

fn Bernoulli(comptime T: type) type {
    return struct {
        const Element = T;
        const Input = void;
        const order: philox.Order = .stream;
        const tile = words_tile;
        const nanoseconds = 0.3;

        /// 1 where the word is at most this, unless never.
        most: u32,
        never: bool,

        fn init(p: f64) @This() {
            return .{ .most = @truncate(wordsBelow(p) -| 1), .never = p == 0 };
        }

        inline fn write(rule: @This(), bits: Tile, out: [*]T, _: [*]const void) void {
            inline for (words(bits), 0..) |several, i| {
                const n = 2 * philox.width;
                const below = several <= @as(@Vector(n, u32), @splat(rule.most));
                storeMask(T, out + i * n, below & @as(@Vector(n, bool), @splat(!rule.never)));
            }
        }
    };
}

/// With a probability for each element.
fn BernoulliOf(comptime T: type, comptime P: type) type {
    return struct {
        const Element = T;
        const Input = P;
        const order: philox.Order = .stream;
        const tile = words_tile;
        const nanoseconds = 0.5;

        inline fn write(_: @This(), bits: Tile, out: [*]T, x: [*]const P) void {
            const n = simd.lanes(P);
            inline for (words(bits), 0..) |several, i| {
                inline for (0..2 * philox.width / n) |part| {
                    const first = i * 2 * philox.width + part * n;
                    const word = std.simd.extract(several, part * n, n);
                    const u = if (P == f32)
                        fraction(f32, word)
                    else
                        @as(simd.Vector(f64), @floatFromInt(word)) * @as(simd.Vector(f64), @splat(0x1p-32));
                    storeMask(T, out + first, u < simd.load(P, x + first));
                }
            }
        }
    };
}

fn Dropout(comptime T: type) type {
    return struct {
        const Element = T;
        const Input = T;
        const order: philox.Order = .stream;
        const tile = words_tile;
        const nanoseconds = 0.4;

        /// Kept where the word is at most this, unless none is.
        most: u32,
        none: bool,
        scale: T,

        fn init(p: f64) @This() {
            const kept = wordsBelow(1 - p);
            const scale: T = if (kept == 0) 0 else @floatCast(1 / (1 - p));
            return .{ .most = @truncate(kept -| 1), .none = kept == 0, .scale = scale };
        }

        inline fn write(rule: @This(), bits: Tile, out: [*]T, x: [*]const T) void {
            const n = simd.lanes(T);
            const most: @Vector(n, u32) = @splat(rule.most);
            const zero: @Vector(n, T) = @splat(0);
            inline for (words(bits), 0..) |several, i| {
                inline for (0..2 * philox.width / n) |part| {
                    const first = i * 2 * philox.width + part * n;
                    const below = std.simd.extract(several, part * n, n) <= most;
                    const keep = below & @as(@Vector(n, bool), @splat(!rule.none));
                    const scaled = simd.load(T, x + first) * @as(@Vector(n, T), @splat(rule.scale));
                    simd.store(T, out + first, @select(T, keep, scaled, zero));
                }
            }
        }
    };
}

/// Fisher and Yates: each element, from the last on, changes places with one of those up to itself.
/// The places are computed ahead, so that they can be fetched: in a large tensor each is a cache
/// miss.
fn shuffle(key: *const philox.Key, first_block: u64, order: []i64) void {
    for (order, 0..) |*element, i| element.* = @intCast(i);
    var tiles: [64 / tileOf(u64)]Tile = undefined;
    const places: *[64]u64 = @ptrCast(&tiles);
    var left = order.len;
    var block = first_block;
    while (left > 1) {
        philox.fill(.stream, key, block, &tiles);
        block += places.len / 2;
        const count = @min(places.len, left - 1);
        for (places[0..count], 0..) |*place, i| {
            place.* = @truncate((@as(u128, place.*) * (left - i)) >> 64);
            @prefetch(&order[place.*], .{ .rw = .write });
        }
        for (places[0..count], 0..) |place, i| std.mem.swap(i64, &order[place], &order[left - 1 - i]);
        left -= count;
    }
}

// Tests
// -----------------------------------------------------------------------------------------------------------

const frames = @import("testing.zig");
const testing = std.testing;

const seed = [3]f64{ 0x1234_5678, 0x9abc_def0, (1 << 32) - 5 };

/// Word `index` of the tests' stream, by the definition of Philox alone.
fn wordAt(index: usize) u32 {
    const block: u64 = abi.toUsize(seed[2]) + index / 4;
    var c = [4]u32{ @truncate(block), @truncate(block >> 32), 0, 0 };
    var k = [2]u32{ 0x1234_5678, 0x9abc_def0 };
    for (0..10) |_| {
        const p0 = @as(u64, c[0]) * 0xd2511f53;
        const p1 = @as(u64, c[2]) * 0xcd9e8d57;
        const high = [2]u32{ @truncate(p0 >> 32), @truncate(p1 >> 32) };
        c = .{ high[1] ^ c[1] ^ k[0], @truncate(p1), high[0] ^ c[3] ^ k[1], @truncate(p0) };
        k = .{ k[0] +% 0x9e3779b9, k[1] +% 0xbb67ae85 };
    }
    return c[index % 4];
}

fn wideAt(index: usize) u64 {
    return wordAt(2 * index) | @as(u64, wordAt(2 * index + 1)) << 32;
}

/// Runs a kernel of the tests' seed for an output of n elements.
fn draw(kernel: abi.Kernel, comptime T: type, out: []T, inputs: []const abi.View, attributes: []const f64) !void {
    var all: [8]f64 = undefined;
    @memcpy(all[0..3], &seed);
    @memcpy(all[3..][0..attributes.len], attributes);
    try frames.run(kernel, &.{frames.contiguous(T, out, &.{out.len})}, inputs, all[0 .. 3 + attributes.len]);
}

const sizes = [_]usize{ 0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 67, 1000, 1024, 1031 };

test "uniform follows the stream and stays below high" {
    inline for (.{ f32, f64 }) |T| for (sizes) |n| {
        var out: [1031]T = undefined;
        try draw(kernels.uniform, T, out[0..n], &.{}, &.{ -2, 3 });
        for (out[0..n], 0..) |x, i| {
            const bits: f64 = @floatFromInt(if (T == f32) wordAt(i) >> 8 else wideAt(i) >> 11);
            const u: T = @floatCast(bits * (if (T == f32) 0x1p-24 else 0x1p-53));
            try testing.expectEqual(@as(T, -2) + u * 5, x);
        }
        // Two neighbours: u * span rounds to high half of the time.
        const next = std.math.nextAfter(T, 1, 2);
        try draw(kernels.uniform, T, out[0..n], &.{}, &.{ 1, next });
        for (out[0..n]) |x| try testing.expectEqual(@as(T, 1), x);
    };
}

test "integers are the stream scaled down" {
    inline for (.{ i32, i64 }) |T| for (sizes) |n| {
        const big = T == i64;
        const low: i64 = if (big) -(1 << 52) else std.math.minInt(i32);
        const range: u64 = if (big) 1 << 53 else 1 << 32;
        for ([_][2]i64{ .{ 0, 10 }, .{ -7, -6 }, .{ low, low + @as(i64, @intCast(range)) } }) |bounds| {
            var out: [1031]T = undefined;
            try draw(kernels.integers, T, out[0..n], &.{}, &.{ @floatFromInt(bounds[0]), @floatFromInt(bounds[1]) });
            for (out[0..n], 0..) |x, i| {
                const product = @as(u128, wideAt(i)) * @as(u64, @intCast(bounds[1] - bounds[0]));
                try testing.expectEqual(bounds[0] + @as(i64, @intCast(product >> 64)), @as(i64, x));
            }
        }
    };
}

test "bernoulli compares the stream with p: a number or a view" {
    inline for (.{ abi.Bool, f32, f64 }) |T| for ([_]f64{ 0, 1e-3, 0.5, 0.75, 1 }) |p| for (sizes) |n| {
        var out: [1031]T = undefined;
        var same: [1031]T = undefined;
        const p64 = p;
        const p32: f32 = @floatCast(p);
        try draw(kernels.bernoulli, T, out[0..n], &.{}, &.{p});
        try draw(kernels.bernoulli, T, same[0..n], &.{frames.strided(f64, &p64, &.{n}, &.{0})}, &.{});
        for (out[0..n], same[0..n], 0..) |x, y, i| {
            const expected = @as(f64, @floatFromInt(wordAt(i))) < p * 0x1p32;
            try testing.expectEqual(expected, if (T == abi.Bool) x == .yes else x == 1);
            try testing.expectEqual(x, y);
        }
        try draw(kernels.bernoulli, T, out[0..n], &.{frames.strided(f32, &p32, &.{n}, &.{0})}, &.{});
        for (out[0..n], 0..) |x, i| {
            const expected = @as(f32, @floatFromInt(wordAt(i) >> 8)) * 0x1p-24 < p32;
            try testing.expectEqual(expected, if (T == abi.Bool) x == .yes else x == 1);
        }
    };
}

test "dropout keeps and scales; its gradient has the same mask" {
    inline for (.{ f32, f64 }) |T| for ([_]f64{ 0, 0.1, 0.5, 1 }) |p| for (sizes) |n| {
        var x: [3 * 1031]T = undefined;
        for (&x, 0..) |*value, i| value.* = @floatFromInt(i + 1);
        var out: [1031]T = undefined;
        // Contiguous but unaligned, reversed, every third.
        const views = [_]abi.View{
            frames.strided(T, &x[1], &.{n}, &.{1}),
            frames.strided(T, &x[n], &.{n}, &.{-1}),
            frames.strided(T, &x[0], &.{n}, &.{3}),
        };
        for (views, 0..) |view, which| {
            for ([_]abi.Kernel{ kernels.dropout, kernels.dropoutGradient }) |kernel| {
                try draw(kernel, T, out[0..n], &.{view}, &.{p});
                for (out[0..n], 0..) |y, i| {
                    const value = x[if (which == 0) i + 1 else if (which == 1) n - i else 3 * i];
                    const keep = @as(f64, @floatFromInt(wordAt(i))) < (1 - p) * 0x1p32;
                    try testing.expectEqual(if (keep) value * @as(T, @floatCast(1 / (1 - p))) else 0, y);
                }
            }
        }
    };
}

test "normal has the right moments and the same bits at every level" {
    inline for (.{ f32, f64 }) |T| {
        const n = 100_001;
        const out = try testing.allocator.alloc(T, n);
        defer testing.allocator.free(out);
        try draw(kernels.normal, T, out, &.{}, &.{ 0, 1 });
        var moments: [4]f64 = @splat(0);
        for (out) |x| for (&moments, 1..) |*moment, power| {
            moment.* += std.math.pow(f64, x, @floatFromInt(power)) / n;
        };
        try testing.expectApproxEqAbs(0, moments[0], 0.01);
        try testing.expectApproxEqAbs(1, moments[1], 0.02);
        try testing.expectApproxEqAbs(0, moments[2], 0.05);
        try testing.expectApproxEqAbs(3, moments[3], 0.1);
        const hash = std.hash.Fnv1a_64.hash(std.mem.sliceAsBytes(out));
        try testing.expectEqual(@as(u64, if (T == f32) 15729561710610866289 else 15426950450460673260), hash);
        for (sizes) |size| {
            var part: [1031]T = undefined;
            try draw(kernels.normal, T, part[0..size], &.{}, &.{ 0, 1 });
            try testing.expectEqualSlices(T, out[0..size], part[0..size]);
            try draw(kernels.normal, T, part[0..size], &.{}, &.{ 5, 0.25 });
            for (part[0..size], out[0..size]) |x, y| try testing.expectEqual(5 + 0.25 * y, x); // 0.25 * y is exact
        }
    }
}

test "exponential has the right mean and is not negative" {
    inline for (.{ f32, f64 }) |T| {
        var out: [1031]T = undefined;
        for (sizes) |n| try draw(kernels.exponential, T, out[0..n], &.{}, &.{2});
        var sum: f64 = 0;
        for (out) |x| {
            try testing.expect(x >= 0 and !std.math.signbit(x) and x < 20);
            sum += x;
        }
        try testing.expectApproxEqAbs(0.5, sum / out.len, 0.06);
    }
}

test "permutation has every index once and moves them" {
    for ([_]usize{ 0, 1, 2, 3, 63, 64, 65, 66, 129, 5000 }) |n| {
        var out: [5000]i64 = undefined;
        try draw(kernels.permutation, i64, out[0..n], &.{}, &.{});
        var seen: [5000]bool = @splat(false);
        for (out[0..n]) |i| seen[@intCast(i)] = true;
        for (seen[0..n]) |was| try testing.expect(was);
        var order: [5000]i64 = undefined;
        for (order[0..n], 0..) |*x, i| x.* = @intCast(i);
        for (1..@max(n, 1)) |k| {
            const left = n - k + 1;
            std.mem.swap(i64, &order[left - 1], &order[@intCast((@as(u128, wideAt(k - 1)) * left) >> 64)]);
        }
        try testing.expectEqualSlices(i64, order[0..n], out[0..n]);
    }
}

test "a chunk's elements are those that its first block begins" {
    const n = 3 * chunk_size + 77;
    const whole = try testing.allocator.alloc(f32, n);
    defer testing.allocator.free(whole);
    var part: [1000]f32 = undefined;
    for ([_]abi.Kernel{ kernels.uniform, kernels.normal, kernels.exponential, kernels.bernoulli }) |kernel| {
        try draw(kernel, f32, whole, &.{}, &.{ 0.25, 1 });
        for ([_]usize{ 0, chunk_size - 500, 2 * chunk_size - 4, 3 * chunk_size - 924 }) |first| {
            const block = seed[2] + @as(f64, @floatFromInt(first / 4));
            const output = frames.contiguous(f32, &part, &.{part.len});
            try frames.run(kernel, &.{output}, &.{}, &.{ seed[0], seed[1], block, 0.25, 1 });
            try testing.expectEqualSlices(f32, whole[first..][0..part.len], &part);
        }
    }
}

test "values out of range are reported" {
    var out: [4]f32 = undefined;
    const output = frames.contiguous(f32, &out, &.{4});
    for ([_]f64{ -0.1, 1.5, std.math.nan(f64) }) |p| {
        var call = frames.frame(&.{output}, &.{output}, &.{ 0, 0, 0, p });
        try testing.expectEqual(abi.Status.bad_value, kernels.dropout(&call));
        call.input_count = 0;
        try testing.expectEqual(abi.Status.bad_value, kernels.bernoulli(&call));
    }
    var call = frames.frame(&.{output}, &.{}, &.{ 0, 0, 0, 3, 3 });
    try testing.expectEqual(abi.Status.bad_value, kernels.integers(&call));
    try testing.expectEqual(abi.Status.bad_dtype, kernels.permutation(&call));
}
