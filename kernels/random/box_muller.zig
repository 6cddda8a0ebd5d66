//! Random bits to normal and exponential numbers. There is no fused multiply-add here, and only
//! operations that IEEE 754 rounds correctly: the numbers of a seed have the same bits at every CPU
//! level and on every machine. The series are Taylor's, cut where the next term is below half a
//! unit in the last place; ranges are small enough for that.
const std = @import("std");
const simd = @import("../simd.zig");

fn Int(comptime T: type) type {
    return std.meta.Int(.signed, 8 * @sizeOf(T));
}

fn Unsigned(comptime T: type) type {
    return simd.Vector(std.meta.Int(.unsigned, 8 * @sizeOf(T)));
}

inline fn splat(comptime T: type, value: T) simd.Vector(T) {
    return @splat(value);
}

/// Two independent normal numbers, times `deviation`, from the bits of a radius and of an angle.
pub inline fn normals(
    comptime T: type,
    radius_bits: Unsigned(T),
    angle_bits: Unsigned(T),
    deviation: simd.Vector(T),
) [2]simd.Vector(T) {
    const radius = deviation * @sqrt(minusLog(T, 2, radius_bits));
    const direction = unitCircle(T, angle_bits);
    return .{ radius * direction[0], radius * direction[1] };
}

/// -factor * ln(u) of a u in (0, 1] made of 31 (f32) or 53 (f64) of the bits; factor: 1 or 2.
pub inline fn minusLog(comptime T: type, comptime factor: comptime_float, bits: Unsigned(T)) simd.Vector(T) {
    const I = Int(T);
    const V = simd.Vector(T);
    const scaled = aboveZero(T, bits);
    // u = 2^-down * m, m from sqrt(1/2) to sqrt(2).
    const mantissa_bits = std.math.floatMantissaBits(T);
    const root_half: I = @bitCast(@as(T, std.math.sqrt1_2));
    const pattern: simd.Vector(I) = @bitCast(scaled);
    const exponent = (pattern - @as(simd.Vector(I), @splat(root_half))) >> @splat(mantissa_bits);
    const m: V = @bitCast(pattern - (exponent << @splat(mantissa_bits)));
    const down = @as(simd.Vector(I), @splat(scaleBits(T))) - exponent;
    // ln(m) = 2 artanh(s) = 2 s (1 + s^2/3 + s^4/5 + ..), s = (m - 1) / (m + 1), |s| < 0.172.
    const s = (m - splat(T, 1)) / (m + splat(T, 1));
    const square = s * s;
    const terms = if (T == f32) 5 else 10;
    var series = splat(T, 2 * factor / (2.0 * terms - 1.0));
    comptime var term = terms - 1;
    inline while (term > 0) : (term -= 1) {
        series = series * square + splat(T, 2 * factor / (2.0 * term - 1.0));
    }
    return splat(T, factor * std.math.ln2) * smallToFloat(T, down) - s * series;
}

fn scaleBits(comptime T: type) comptime_int {
    return if (T == f32) 31 else 53;
}

/// u * 2^scaleBits: from 1/2 (f32) or 1 (f64) up to the power.
inline fn aboveZero(comptime T: type, bits: Unsigned(T)) simd.Vector(T) {
    if (T == f32) {
        const signed: simd.Vector(i32) = @bitCast(bits >> @splat(1)); // all levels convert signed ones at once
        return @as(simd.Vector(f32), @floatFromInt(signed)) + splat(f32, 0.5);
    }
    return @as(simd.Vector(f64), @floatFromInt(bits >> @splat(11))) + splat(f64, 1);
}

/// Cosine and sine of a random angle: the lower bits are an angle from -pi/4 to pi/4, the top bit
/// swaps the two (which mirrors it into the next quadrant), the next bit changes both signs.
inline fn unitCircle(comptime T: type, bits: Unsigned(T)) [2]simd.Vector(T) {
    const top_bit: Unsigned(T) = @splat(1 << (8 * @sizeOf(T) - 1));
    const angle = quarterAngle(T, bits << @splat(2));
    const square = angle * angle;
    const sine = angle * taylor(T, if (T == f32) 5 else 9, 1, square);
    const cosine = taylor(T, if (T == f32) 5 else 9, 0, square);
    const swap = bits >= top_bit;
    const sign = (bits << @splat(1)) & top_bit;
    const x: Unsigned(T) = @bitCast(@select(T, swap, sine, cosine));
    const y: Unsigned(T) = @bitCast(@select(T, swap, cosine, sine));
    return .{ @bitCast(x ^ sign), @bitCast(y ^ sign) };
}

/// The bits as a signed number, scaled to -pi/4 .. pi/4.
inline fn quarterAngle(comptime T: type, bits: Unsigned(T)) simd.Vector(T) {
    const signed: simd.Vector(Int(T)) = @bitCast(bits);
    if (T == f32) return @as(simd.Vector(f32), @floatFromInt(signed)) * splat(f32, std.math.pi * 0x1p-33);
    return smallToFloat(f64, signed >> @splat(12)) * splat(f64, std.math.pi * 0x1p-53);
}

/// Sum of (-square)^k / (2k + odd)!
inline fn taylor(
    comptime T: type,
    comptime terms: comptime_int,
    comptime odd: comptime_int,
    square: simd.Vector(T),
) simd.Vector(T) {
    comptime var factorials: [terms]T = undefined;
    comptime {
        var factorial: comptime_float = 1;
        for (0..terms) |k| {
            const n = 2 * k + odd;
            if (n > 1) factorial *= n * (n - 1);
            factorials[k] = if (k % 2 == 0) 1.0 / factorial else -1.0 / factorial;
        }
    }
    var series = splat(T, factorials[terms - 1]);
    comptime var k = terms - 1;
    inline while (k > 0) {
        k -= 1;
        series = series * square + splat(T, factorials[k]);
    }
    return series;
}

/// Integers below 2^51 in size. Only AVX-512 converts 64-bit ones; adding 1.5 * 2^52 puts them into
/// a float's low bits.
inline fn smallToFloat(comptime T: type, value: simd.Vector(Int(T))) simd.Vector(T) {
    if (T == f32) return @floatFromInt(value);
    const magic = 0x1.8p52;
    const shift: simd.Vector(i64) = @splat(@bitCast(@as(f64, magic)));
    return @as(simd.Vector(f64), @bitCast(value + shift)) - splat(f64, magic);
}

test "minusLog and unitCircle agree with the standard library" {
    var random = std.Random.DefaultPrng.init(7);
    inline for (.{ f32, f64 }) |T| {
        const Bits = std.meta.Int(.unsigned, 8 * @sizeOf(T));
        const lanes = simd.lanes(T);
        const edges = [_]Bits{ 0, 1, 2, std.math.maxInt(Bits), std.math.maxInt(Bits) - 1, 1 << (8 * @sizeOf(T) - 1) };
        const unit = std.math.floatEps(T);
        for (0..3000) |repetition| {
            var bits: [lanes]Bits = undefined;
            for (&bits) |*b| b.* = random.random().int(Bits);
            if (repetition < edges.len) bits[0] = edges[repetition];
            const scaled: [lanes]T = aboveZero(T, bits);
            const logs: [lanes]T = minusLog(T, 1, bits);
            const points = unitCircle(T, bits);
            const xs: [lanes]T = points[0];
            const ys: [lanes]T = points[1];
            for (bits, scaled, logs, xs, ys) |b, v, log, x, y| {
                const u = std.math.ldexp(@as(f64, v), -scaleBits(T));
                try std.testing.expect(u > 0 and u <= 1);
                try std.testing.expectApproxEqRel(-@log(u), @as(f64, log), 3 * unit);
                try std.testing.expect(log >= 0 and !std.math.signbit(log));
                const rest: f64 = @floatFromInt(@as(Int(T), @bitCast(b << 2)));
                const angle = std.math.pi / 2.0 * std.math.ldexp(rest, -8 * @sizeOf(T));
                const swap = b >> (8 * @sizeOf(T) - 1) == 1;
                const sign: f64 = if ((b >> (8 * @sizeOf(T) - 2)) & 1 == 1) -1 else 1;
                const expected = [2]f64{ sign * @cos(angle), sign * @sin(angle) };
                try std.testing.expectApproxEqAbs(expected[@intFromBool(swap)], @as(f64, x), 2 * unit);
                try std.testing.expectApproxEqAbs(expected[@intFromBool(!swap)], @as(f64, y), 2 * unit);
            }
        }
    }
}
