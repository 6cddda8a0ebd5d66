//! Random bits to normal and exponential numbers. There is no fused multiply-add here, and only operations that IEEE 754
//! rounds correctly: the numbers of a seed have the same bits at every CPU level and on every machine. The series are
//! Taylor's, cut where the next term is below half a unit in the last place; ranges are small enough for that.
const std = @import("std");
const simd = @import("simd.zig");

fn Int(comptime T: type) type {
    return std.meta.Int(.signed, 8 * @sizeOf(T));
}

fn Unsigned(comptime T: type) type {
    return simd.Vector(std.meta.Int(.unsigned, 8 * @sizeOf(T)));
}

inline fn splat(comptime T: type, value: T) simd.Vector(T) {
    return @splat(value);
}

/// Two independent normal numbers from the bits of a radius and of an angle.
pub inline fn normals(comptime T: type, radius_bits: Unsigned(T), angle_bits: Unsigned(T)) [2]simd.Vector(T) {
    const radius = @sqrt(splat(T, 2) * minusLog(T, radius_bits));
    const direction = unitCircle(T, angle_bits);
    return .{ radius * direction[0], radius * direction[1] };
}

/// -ln(u) of a u in (0, 1] made of 31 (f32) or 53 (f64) of the bits.
pub inline fn minusLog(comptime T: type, bits: Unsigned(T)) simd.Vector(T) {
    const I = Int(T);
    const V = simd.Vector(T);
    const u = aboveZero(T, bits);
    // u = 2^exponent * m, m from sqrt(1/2) to sqrt(2).
    const mantissa_bits = std.math.floatMantissaBits(T);
    const root_half: I = @bitCast(@as(T, std.math.sqrt1_2));
    const pattern: simd.Vector(I) = @bitCast(u);
    const exponent = (pattern - @as(simd.Vector(I), @splat(root_half))) >> @splat(mantissa_bits);
    const m: V = @bitCast(pattern - (exponent << @splat(mantissa_bits)));
    // ln(m) = 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ..), s = (m - 1) / (m + 1), |s| < 0.172.
    const s = (m - splat(T, 1)) / (m + splat(T, 1));
    const square = s * s;
    const terms = if (T == f32) 5 else 11;
    var series = splat(T, 2.0 / (2.0 * terms + 1.0));
    comptime var term = terms;
    inline while (term > 1) {
        term -= 1;
        series = series * square + splat(T, 2.0 / (2.0 * term + 1.0));
    }
    const log_m = (series * square) * s + (s + s);
    return splat(T, std.math.ln2) * smallToFloat(T, -exponent) - log_m;
}

/// (0, 1]: the smallest is 2^-32 (f32), 2^-53 (f64).
inline fn aboveZero(comptime T: type, bits: Unsigned(T)) simd.Vector(T) {
    if (T == f32) {
        const signed: simd.Vector(i32) = @bitCast(bits >> @splat(1)); // all levels convert signed ones at once
        return (@as(simd.Vector(f32), @floatFromInt(signed)) + splat(f32, 0.5)) * splat(f32, 0x1p-31);
    }
    return (@as(simd.Vector(f64), @floatFromInt(bits >> @splat(11))) + splat(f64, 1)) * splat(f64, 0x1p-53);
}

/// Cosine and sine of a random angle: two bits choose a quadrant, the others the angle from its middle.
inline fn unitCircle(comptime T: type, bits: Unsigned(T)) [2]simd.Vector(T) {
    const top_bit: Unsigned(T) = @splat(1 << (8 * @sizeOf(T) - 1));
    const angle = fraction(T, bits << @splat(2)) * splat(T, std.math.pi / 2.0); // -pi/4 .. pi/4
    const square = angle * angle;
    const sine = angle * taylor(T, if (T == f32) 5 else 9, 1, square);
    const cosine = taylor(T, if (T == f32) 6 else 9, 0, square);
    // Top bit: a quarter turn; the next bit: half a turn.
    const quarter = bits >= top_bit;
    const half = (bits << @splat(1)) & top_bit;
    const x: Unsigned(T) = @bitCast(@select(T, quarter, -sine, cosine));
    const y: Unsigned(T) = @bitCast(@select(T, quarter, cosine, sine));
    return .{ @bitCast(x ^ half), @bitCast(y ^ half) };
}

/// Sum of (-square)^k / (2k + odd)!
inline fn taylor(comptime T: type, comptime terms: comptime_int, comptime odd: comptime_int, square: simd.Vector(T)) simd.Vector(T) {
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

/// The bits as a signed fraction, -1/2 to 1/2.
inline fn fraction(comptime T: type, bits: Unsigned(T)) simd.Vector(T) {
    const signed: simd.Vector(Int(T)) = @bitCast(bits);
    if (T == f32) return @as(simd.Vector(f32), @floatFromInt(signed)) * splat(f32, 0x1p-32);
    return smallToFloat(f64, signed >> @splat(12)) * splat(f64, 0x1p-52);
}

/// Integers below 2^51 in size. Only AVX-512 converts 64-bit ones; adding 1.5 * 2^52 puts them into a float's low bits.
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
            const u: [lanes]T = aboveZero(T, bits);
            const logs: [lanes]T = minusLog(T, bits);
            const points = unitCircle(T, bits);
            const xs: [lanes]T = points[0];
            const ys: [lanes]T = points[1];
            for (bits, u, logs, xs, ys) |b, v, log, x, y| {
                try std.testing.expect(v > 0 and v <= 1);
                const expected = -@log(@as(f64, v));
                try std.testing.expectApproxEqRel(expected, @as(f64, log), 3 * unit);
                try std.testing.expect(log >= 0 and !std.math.signbit(log));
                const quadrants: f64 = @floatFromInt(b >> (8 * @sizeOf(T) - 1));
                const halves: f64 = @floatFromInt((b >> (8 * @sizeOf(T) - 2)) & 1);
                const rest: f64 = @floatFromInt(@as(Int(T), @bitCast(b << 2)));
                const scale = std.math.ldexp(@as(f64, 1), -8 * @sizeOf(T));
                const angle = std.math.pi / 2.0 * (quadrants + 2 * halves + rest * scale);
                try std.testing.expectApproxEqAbs(@cos(angle), @as(f64, x), 4 * unit);
                try std.testing.expectApproxEqAbs(@sin(angle), @as(f64, y), 4 * unit);
            }
        }
    }
}
