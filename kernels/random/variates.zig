//! Random numbers that are found by rejection: gamma, Poisson and binomial, one for each element of
//! their parameters. Element i draws from the blocks whose counter starts with the stream's block
//! first + i; its attempts count in the third word, which is 0 in all other streams. Only +, -, *,
//! / and square roots are used, which IEEE 754 rounds correctly: the numbers of a seed are the same
//! for every number of threads, at every CPU level and on every machine.
const std = @import("std");
const abi = @import("abi");
const philox = @import("philox.zig");
const runtime = @import("../runtime.zig");

pub const kernels = struct {
    /// out [..] <- shape [..] > 0; attributes 0..2 as in random.zig, 3: 1 for its logarithm
    pub fn gammaSample(call: *abi.Call) callconv(.c) abi.Status {
        return run(call, 1, if (call.attribute(3) == 1) gammaLogarithm else gammaPlain);
    }

    /// out [..] <- rate [..] >= 0
    pub fn poisson(call: *abi.Call) callconv(.c) abi.Status {
        return run(call, 1, poissonOf);
    }

    /// out [..] <- count [..], probability [..]
    pub fn binomial(call: *abi.Call) callconv(.c) abi.Status {
        return run(call, 2, binomialOf);
    }
};

/// Elements of one job.
const chunk_size = 2048;
const nanoseconds = 60;

const Rule = *const fn (stream: *Stream, first: f64, second: f64) f64;

fn run(call: *abi.Call, comptime inputs: usize, rule: Rule) abi.Status {
    return switch (call.output(0).kind()) {
        .float32 => Drawing(f32, inputs).start(call, rule),
        .float64 => Drawing(f64, inputs).start(call, rule),
        else => .bad_dtype,
    };
}

fn Drawing(comptime T: type, comptime inputs: usize) type {
    return struct {
        rule: Rule,
        key: philox.Key,
        first_block: u64,
        out: [*]T,
        parameters: [inputs][*]const T,
        size: usize,

        /// The inputs are contiguous and of the output's shape.
        fn start(call: *abi.Call, rule: Rule) abi.Status {
            const seed = [2]usize{ abi.toUsize(call.attribute(0)), abi.toUsize(call.attribute(1)) };
            var drawing: @This() = .{
                .rule = rule,
                .key = .init(@truncate(seed[0]), @truncate(seed[1])),
                .first_block = abi.toUsize(call.attribute(2)),
                .out = call.output(0).pointer(T),
                .parameters = undefined,
                .size = abi.toUsize(call.output(0).size),
            };
            inline for (&drawing.parameters, 0..) |*p, i| p.* = call.input(i).pointer(T);
            const chunks = std.math.divCeil(usize, drawing.size, chunk_size) catch unreachable;
            const cost = @as(f64, @floatFromInt(drawing.size)) * nanoseconds;
            runtime.parallelFor(chunks, cost, &drawing, chunk);
            return .ok;
        }

        fn chunk(drawing: *const @This(), index: usize) void {
            const first = index * chunk_size;
            for (first..@min(first + chunk_size, drawing.size)) |i| {
                var stream: Stream = .{ .key = &drawing.key, .block = drawing.first_block + i };
                const second: f64 = if (inputs == 2) drawing.parameters[1][i] else 0;
                const value = drawing.rule(&stream, drawing.parameters[0][i], second);
                drawing.out[i] = @floatCast(value);
            }
        }
    };
}

/// The numbers of one element.
const Stream = struct {
    key: *const philox.Key,
    block: u64,
    attempt: u32 = 0,

    /// Two numbers between 0 and 1, neither of them either.
    fn pair(stream: *Stream) [2]f64 {
        var c = [4]u32{ @truncate(stream.block), @truncate(stream.block >> 32), stream.attempt, 0 };
        stream.attempt += 1;
        inline for (stream.key.low, stream.key.high) |low, high| {
            const p0 = @as(u64, c[0]) * 0xd2511f53;
            const p1 = @as(u64, c[2]) * 0xcd9e8d57;
            const upper = [2]u32{ @truncate(p0 >> 32), @truncate(p1 >> 32) };
            c = .{ upper[1] ^ c[1] ^ low, @truncate(p1), upper[0] ^ c[3] ^ high, @truncate(p0) };
        }
        return .{ unit(c[0], c[1]), unit(c[2], c[3]) };
    }

    fn unit(low: u32, high: u32) f64 {
        const bits = (@as(u64, high) << 32 | low) >> 12; // 52: with the half, 53
        return (@as(f64, @floatFromInt(bits)) + 0.5) * 0x1p-52;
    }

    /// A standard normal number by the polar method (Marsaglia and Bray 1964).
    fn normal(stream: *Stream) f64 {
        while (true) {
            const numbers = stream.pair();
            const x = 2 * numbers[0] - 1;
            const y = 2 * numbers[1] - 1;
            const square = x * x + y * y;
            if (square < 1 and square > 0) return x * @sqrt(-2 * log(square) / square);
        }
    }
};

/// Marsaglia and Tsang (2000), for shapes from 1 on, and what their remark does to smaller ones: a
/// sample of shape + 1 times u^(1 / shape).
fn gammaSize(stream: *Stream, shape: f64) struct { size: f64, logarithm: f64 } {
    const small = shape < 1;
    const boost = if (small) log(stream.pair()[0]) / shape else 0;
    const d = (if (small) shape + 1 else shape) - 1.0 / 3.0;
    const c = 1 / @sqrt(9 * d);
    while (true) {
        const x = stream.normal();
        const root = 1 + c * x;
        if (root <= 0) continue;
        const v = root * root * root;
        const u = stream.pair()[0];
        const square = x * x;
        if (u < 1 - 0.0331 * square * square or log(u) < 0.5 * square + d * (1 - v + log(v))) {
            return .{ .size = d * v, .logarithm = boost };
        }
    }
}

fn isShape(shape: f64) bool {
    return shape > 0 and shape < std.math.inf(f64);
}

fn gammaPlain(stream: *Stream, shape: f64, _: f64) f64 {
    if (!isShape(shape)) return std.math.nan(f64);
    const sample = gammaSize(stream, shape);
    return if (sample.logarithm == 0) sample.size else sample.size * exp(sample.logarithm);
}

fn gammaLogarithm(stream: *Stream, shape: f64, _: f64) f64 {
    if (!isShape(shape)) return std.math.nan(f64);
    const sample = gammaSize(stream, shape);
    return log(sample.size) + sample.logarithm;
}

/// Below 10 the distribution function is inverted; from 10 on Hormann's transformed rejection with
/// squeeze (1993, algorithm PTRS).
fn poissonOf(stream: *Stream, rate: f64, _: f64) f64 {
    if (!(rate >= 0 and rate < std.math.inf(f64))) return std.math.nan(f64);
    if (rate < 10) return invert(stream.pair()[0], exp(-rate), rate, 0, 200);
    const b = 0.931 + 2.53 * @sqrt(rate);
    const a = -0.059 + 0.02483 * b;
    const inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const accepted = 0.9277 - 3.6224 / (b - 2);
    while (true) {
        const numbers = stream.pair();
        const u = numbers[0] - 0.5;
        const v = numbers[1];
        const us = 0.5 - @abs(u);
        const k = @floor((2 * a / us + b) * u + rate + 0.43);
        if (us >= 0.07 and v <= accepted) return k;
        if (k < 0 or (us < 0.013 and v > us)) continue;
        if (log(v * inverse_alpha / (a / (us * us) + b)) <= poissonLogarithm(k, rate)) return k;
    }
}

/// log(rate^k e^-rate / k!), without the cancellation of its terms (Loader 2000).
fn poissonLogarithm(k: f64, rate: f64) f64 {
    if (k == 0) return -rate;
    return -(k * excess((rate - k) / k) + stirling(k) + 0.5 * log(2 * std.math.pi * k));
}

/// k such that u lies within its share of a distribution whose shares follow from the one before:
/// times factor / k, less `fall`.
fn invert(u: f64, first: f64, factor: f64, fall: f64, most: f64) f64 {
    var rest = u;
    var share = first;
    var k: f64 = 0;
    while (rest > share and k < most) {
        rest -= share;
        k += 1;
        share *= factor / k - fall;
    }
    return k;
}

/// The same for the binomial distribution: inversion where fewer than 10 are expected, else
/// Hormann's BTRS (1993).
fn binomialOf(stream: *Stream, count: f64, probability: f64) f64 {
    if (!(count >= 0 and count < std.math.inf(f64))) return std.math.nan(f64);
    if (!(probability >= 0 and probability <= 1)) return std.math.nan(f64);
    if (probability > 0.5) return count - binomialBelow(stream, count, 1 - probability);
    return binomialBelow(stream, count, probability);
}

fn binomialBelow(stream: *Stream, count: f64, p: f64) f64 {
    if (p == 0 or count == 0) return 0;
    const q = 1 - p;
    const odds = p / q;
    if (count * p < 10) {
        // Each share is the one before, times (count - k + 1) / k odds.
        const none = exp(count * -minusLog1p(p));
        return invert(stream.pair()[0], none, (count + 1) * odds, odds, count);
    }
    const deviation = @sqrt(count * p * q);
    const b = 1.15 + 2.53 * deviation;
    const a = -0.0873 + 0.0248 * b + 0.01 * p;
    const alpha = (2.83 + 5.1 / b) * deviation;
    const accepted = 0.92 - 4.2 / b;
    const mode = @floor((count + 1) * p);
    const highest = binomialLogarithm(mode, count, p, q);
    while (true) {
        const numbers = stream.pair();
        const u = numbers[0] - 0.5;
        const v = numbers[1];
        const us = 0.5 - @abs(u);
        const k = @floor((2 * a / us + b) * u + count * p + 0.5);
        if (k < 0 or k > count) continue;
        if (us >= 0.07 and v <= accepted) return k;
        const bound = log(v * alpha / (a / (us * us) + b));
        if (bound <= binomialLogarithm(k, count, p, q) - highest) return k;
    }
}

/// log of (count over k) p^k q^(count - k) (Loader 2000).
fn binomialLogarithm(k: f64, count: f64, p: f64, q: f64) f64 {
    if (k == 0) return count * -minusLog1p(p);
    if (k == count) return count * log(p);
    const rest = count - k;
    const ratio = count / (2 * std.math.pi * k * rest);
    const terms = stirling(count) - stirling(k) - stirling(rest);
    const apart = k * excess((count * p - k) / k) + rest * excess((count * q - rest) / rest);
    return terms - apart + 0.5 * log(ratio);
}

/// log k! less (k + 1/2) log k - k + log(2 pi) / 2: its series (Abramowitz and Stegun 6.1.41), from
/// 8 on; below by recurrence.
fn stirling(k: f64) f64 {
    var x = k;
    var lost: f64 = 0;
    while (x < 8) : (x += 1) lost += (x + 0.5) * log((x + 1) / x) - 1;
    const inverse = 1 / x;
    const square = inverse * inverse;
    return lost + inverse * horner(square, &stirling_series);
}

const stirling_series = [_]f64{
    1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360360.0,
};

/// mu - log(1 + mu).
fn excess(mu: f64) f64 {
    if (@abs(mu) > 0.4) return mu - log(1 + mu);
    const s = mu / (2 + mu);
    return s * (mu - 2 * s * s * horner(s * s, odd_inverses[1..]));
}

/// -log(1 - p).
fn minusLog1p(p: f64) f64 {
    if (p > 0.25) return -log(1 - p);
    const s = p / (2 - p);
    return 2 * s * horner(s * s, &odd_inverses);
}

/// 1, 1/3, 1/5 ..
const odd_inverses = blk: {
    var list: [14]f64 = undefined;
    for (&list, 0..) |*value, i| value.* = 1.0 / (2.0 * @as(f64, i) + 1.0);
    break :blk list;
};

inline fn horner(x: f64, comptime coefficients: []const f64) f64 {
    comptime var i = coefficients.len - 1;
    var sum: f64 = coefficients[i];
    inline while (i > 0) {
        i -= 1;
        sum = sum * x + coefficients[i];
    }
    return sum;
}

/// For normal x: x = 2^k m, m from sqrt(1/2) to sqrt(2), log m = 2 artanh((m - 1) / (m + 1)).
fn log(x: f64) f64 {
    const bits: u64 = @bitCast(x);
    const root_half: u64 = @bitCast(@as(f64, std.math.sqrt1_2));
    const k = @as(i64, @bitCast(bits -% root_half)) >> 52;
    const m: f64 = @bitCast(bits -% @as(u64, @bitCast(k << 52)));
    const s = (m - 1) / (m + 1);
    return @as(f64, @floatFromInt(k)) * std.math.ln2 + 2 * s * horner(s * s, odd_inverses[0..11]);
}

/// e^x for x <= 0 and a little beyond; 0 below the normal numbers.
fn exp(x: f64) f64 {
    if (x < -708) return 0;
    const n = @round(x * std.math.log2e);
    const r = (x - n * 0x1.62e42fee00000p-1) - n * 0x1.a39ef35793c76p-33;
    const exponent: u64 = @intCast(@as(i64, @intFromFloat(n)) + 1023);
    return horner(r, &inverse_factorials) * @as(f64, @bitCast(exponent << 52));
}

const inverse_factorials = blk: {
    var list: [14]f64 = undefined;
    var factorial: f64 = 1;
    for (&list, 0..) |*value, i| {
        if (i > 0) factorial *= @floatFromInt(i);
        value.* = 1 / factorial;
    }
    break :blk list;
};

test "the logarithm and the exponential" {
    for ([_]f64{ 1e-300, 0.1, 0.5, 0.7, 0.99, 1, 1.01, 1.5, 3, 1e9 }) |x| {
        try std.testing.expectApproxEqRel(@log(x), log(x), 4e-16);
        try std.testing.expectApproxEqAbs(1, exp(-@abs(@log(x))) / @exp(-@abs(@log(x))), 1e-13);
    }
}

test "log k! and the logarithms of shares" {
    var factorial: f64 = 1;
    for (1..21) |k| {
        const x: f64 = @floatFromInt(k);
        factorial *= x;
        const base = (x + 0.5) * @log(x) - x + 0.5 * @log(2 * std.math.pi);
        try std.testing.expectApproxEqAbs(@log(factorial) - base, stirling(x), 2e-14);
    }
    const seven = -20 + 7 * @log(20.0) - @log(5040.0);
    try std.testing.expectApproxEqAbs(seven, poissonLogarithm(7, 20), 1e-13);
    const choices = 120.0; // of 3 in 10
    const expected = @log(choices * 0.3 * 0.3 * 0.3) + 7 * @log(0.7);
    try std.testing.expectApproxEqAbs(expected, binomialLogarithm(3, 10, 0.3, 0.7), 1e-13);
}
