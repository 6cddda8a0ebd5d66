//! Accuracy and special values of math.zig.
//!
//! f32 is compared with the C library in f64, over every 16381st bit pattern; with
//! MINITENSOR_EXHAUSTIVE set in the environment, over all 2^32 of them (minutes: run `zig build
//! test -Dlevel=v4 -Dfilter="f32 functions"`). f64 is compared with the f128 definitions of
//! math/reference.zig.
const std = @import("std");
const math = @import("../math.zig");
const reference = @import("reference.zig");
const simd = @import("../simd.zig");
const testing = std.testing;

/// Bounds of the error, in units in the last place, of f32 and f64, at all levels. Those of f32 are
/// over what dense sampling found (steps of 7 to 61 bit patterns; sigmoid 2.40 and atanh 2.07 over
/// all patterns); f64 is sampled too thinly for bounds of its own and has those of f32 where the
/// method is the same. The Fast ones promise no 2.5; erfc in f64 misses it on v2.
const bounds = .{
    .{ "exp", 1.1, 1.2 },  .{ "exp2", 1.2, 1.2 },  .{ "expm1", 1.8, 2.0 },   .{ "sigmoid", 2.5, 2.5 },
    .{ "log", 1.0, 1.0 },  .{ "log2", 1.0, 1.0 },  .{ "log10", 1.0, 1.0 },   .{ "log1p", 1.6, 1.6 },
    .{ "sin", 2.3, 2.3 },  .{ "cos", 1.8, 1.8 },   .{ "tan", 1.6, 1.6 },     .{ "tanh", 1.4, 2.5 },
    .{ "sinh", 1.8, 1.8 }, .{ "cosh", 1.6, 1.6 },  .{ "asin", 1.8, 1.8 },    .{ "acos", 1.3, 1.3 },
    .{ "atan", 2.0, 2.0 }, .{ "asinh", 2.0, 2.0 }, .{ "acosh", 2.2, 2.2 },   .{ "atanh", 2.3, 2.3 },
    .{ "erf", 1.5, 1.5 },  .{ "erfc", 1.2, 2.6 },  .{ "expFast", 2.5, 1.2 }, .{ "tanhFast", 6.5, 2.5 },
};

/// The C library's functions by name.
const library = struct {
    extern "c" fn exp(f64) f64;
    extern "c" fn exp2(f64) f64;
    extern "c" fn expm1(f64) f64;
    extern "c" fn log(f64) f64;
    extern "c" fn log2(f64) f64;
    extern "c" fn log10(f64) f64;
    extern "c" fn log1p(f64) f64;
    extern "c" fn sin(f64) f64;
    extern "c" fn cos(f64) f64;
    extern "c" fn tan(f64) f64;
    extern "c" fn asin(f64) f64;
    extern "c" fn acos(f64) f64;
    extern "c" fn atan(f64) f64;
    extern "c" fn sinh(f64) f64;
    extern "c" fn cosh(f64) f64;
    extern "c" fn tanh(f64) f64;
    extern "c" fn asinh(f64) f64;
    extern "c" fn atanh(f64) f64;
    extern "c" fn erf(f64) f64;
    extern "c" fn erfc(f64) f64;

    /// musl's is not NaN for all x < 1.
    fn acosh(x: f64) f64 {
        const c = struct {
            extern "c" fn acosh(f64) f64;
        };
        return if (x < 1) nan else c.acosh(x);
    }

    fn sigmoid(x: f64) f64 {
        return 1 / (1 + exp(-x));
    }
};

fn exactName(comptime name: []const u8) []const u8 {
    return comptime if (std.mem.endsWith(u8, name, "Fast")) name[0 .. name.len - 4] else name;
}

/// The function on a vector. Out of line: compiled once, not in each test, and its arguments are
/// not known at comptime.
noinline fn apply(comptime name: []const u8, comptime length: comptime_int, comptime T: type, x: [length]T) [length]T {
    return @field(math, name)(@as(@Vector(length, T), x));
}

/// Error of got in units in the last place of T at want, which is of a wider type. Infinite where
/// the kinds differ.
fn unitsOff(comptime T: type, got: T, want: anytype) f64 {
    const W = @TypeOf(want);
    if (std.math.isNan(want)) return if (std.math.isNan(got)) 0 else std.math.inf(f64);
    if (std.math.isNan(got)) return std.math.inf(f64);
    const rounded: T = @floatCast(want);
    if (got == rounded and std.math.signbit(got) != std.math.signbit(rounded)) return std.math.inf(f64);
    if (got == rounded and (got == 0 or std.math.isInf(got))) return 0;
    const top = std.math.ldexp(@as(W, 1), std.math.floatExponentMax(T) + 1); // what infinity counts as
    const finite = std.math.clamp(want, -top, top);
    const exponent = if (finite == 0) std.math.floatExponentMin(T) else std.math.frexp(finite).exponent - 1;
    const unit_exponent = @max(exponent, std.math.floatExponentMin(T)) - std.math.floatMantissaBits(T);
    const unit = std.math.ldexp(@as(W, 1), unit_exponent);
    return @floatCast(@abs(std.math.clamp(@as(W, got), -top, top) - finite) / unit);
}

fn expectWithin(comptime name: []const u8, x: anytype, got: @TypeOf(x), want: anytype, bound: f64) !void {
    const off = unitsOff(@TypeOf(x), got, want);
    if (off <= bound) return;
    std.debug.print("{s}({e}) is {e}, not {e}: {d:.3} units\n", .{ name, x, got, @as(f64, @floatCast(want)), off });
    return error.TestInaccurate;
}

/// Whether the fast form of a function is meant for x.
fn isInDomain(comptime name: []const u8, x: anytype) bool {
    return !std.mem.eql(u8, name, "expFast") or x <= 0;
}

test "f32 functions are within their bounds" {
    @setEvalBranchQuota(100_000);
    const exhaustive = std.c.getenv("MINITENSOR_EXHAUSTIVE") != null;
    const step: u64 = if (exhaustive) 1 else 16381;
    const lanes = simd.lanes(f32);
    inline for (bounds) |bound| {
        const name = bound[0];
        var pattern: u64 = 0;
        while (pattern < 1 << 32) {
            var x: [lanes]f32 = undefined;
            for (&x) |*value| {
                value.* = @bitCast(@as(u32, @truncate(pattern)));
                pattern += step;
            }
            const y: [lanes]f32 = apply(name, lanes, f32, x);
            for (x, y) |value, got| {
                if (!isInDomain(name, value)) continue;
                try expectWithin(name, value, got, @field(library, exactName(name))(value), bound[1]);
            }
        }
    }
}

/// An f64 of a kind that changes with i: any bits, or from a range where functions have something
/// to do.
fn sample(random: std.Random, i: usize) f64 {
    const unit = 2 * random.float(f64) - 1;
    return switch (i % 6) {
        0 => @bitCast(random.int(u64)),
        1 => 2 * unit,
        2 => 30 * unit,
        3 => 750 * unit,
        4 => 1 + std.math.ldexp(unit, -random.intRangeAtMost(i32, 1, 30)),
        else => @round(200 * unit) * (std.math.pi / 2.0), // zeros of sin and cos, as near as a double comes
    };
}

test "f64 functions are within their bounds" {
    @setEvalBranchQuota(100_000);
    var generator = std.Random.DefaultPrng.init(1);
    const lanes = simd.lanes(f64);
    inline for (bounds) |bound| {
        const name = bound[0];
        const periodic = comptime for (.{ "sin", "cos", "tan" }) |other| {
            if (std.mem.eql(u8, name, other)) break true;
        } else false;
        for (0..2400 / lanes) |i| {
            var x: [lanes]f64 = undefined;
            for (&x) |*value| {
                value.* = sample(generator.random(), i);
                // The reference's reduction is for small arguments; large ones have a test below.
                if (periodic and !(@abs(value.*) < 1e9)) value.* = @as(f64, @floatFromInt(i)) * 1e5;
            }
            const y: [lanes]f64 = apply(name, lanes, f64, x);
            for (x, y) |value, got| {
                if (!isInDomain(name, value) or value == 0) continue;
                try expectWithin(name, value, got, @field(reference, exactName(name))(value), bound[2]);
            }
        }
    }
}

test "sin, cos and tan of large arguments" {
    const cases = [_][4]f64{
        .{ 3e7, 0.96413029789858318, -0.26542940431306636, -3.632341715846294 },
        .{ 1e22, -0.8522008497671888, 0.52321478539513895, -1.6287782256068989 },
        .{ 1e300, -0.8178819121159086, -0.57538611195754905, 1.4214488238747244 },
    };
    inline for (cases) |case| {
        const x = [_]f64{ case[0], 0.5 } ** (simd.lanes(f64) / 2);
        inline for (.{ "sin", "cos", "tan" }, case[1..]) |name, want| {
            const y = apply(name, x.len, f64, x);
            try expectWithin(name, x[0], y[0], @as(f128, want), 1.5);
            try testing.expectEqual(apply(name, x.len, f64, @splat(0.5))[0], y[1]);
        }
    }
}

const nan = std.math.nan(f64);
const infinity = std.math.inf(f64);

test "special values" {
    @setEvalBranchQuota(100_000);
    const cases = .{
        .{ "exp", infinity, infinity },            .{ "exp", -infinity, 0 },           .{ "exp", -0.0, 1 },
        .{ "exp2", infinity, infinity },           .{ "exp2", -infinity, 0 },          .{ "exp2", 10, 1024 },
        .{ "expm1", infinity, infinity },          .{ "expm1", -infinity, -1 },        .{ "expm1", -0.0, -0.0 },
        .{ "expFast", -infinity, 0 },              .{ "expFast", 0, 1 },               .{ "expFast", -0.0, 1 },
        .{ "log", 0, -infinity },                  .{ "log", -0.0, -infinity },        .{ "log", -1, nan },
        .{ "log", infinity, infinity },            .{ "log", -infinity, nan },         .{ "log", 1, 0 },
        .{ "log2", 0, -infinity },                 .{ "log2", -1, nan },               .{ "log2", infinity, infinity },
        .{ "log2", 1024, 10 },                     .{ "log2", 0.125, -3 },             .{ "log10", 0, -infinity },
        .{ "log10", -1, nan },                     .{ "log10", infinity, infinity },   .{ "log10", 1000, 3 },
        .{ "log1p", -1, -infinity },               .{ "log1p", -2, nan },              .{ "log1p", infinity, infinity },
        .{ "log1p", -0.0, -0.0 },                  .{ "log1p", 0, 0 },                 .{ "log1p", -infinity, nan },
        .{ "sin", infinity, nan },                 .{ "sin", -infinity, nan },         .{ "sin", -0.0, -0.0 },
        .{ "cos", infinity, nan },                 .{ "cos", 0, 1 },                   .{ "cos", -0.0, 1 },
        .{ "tan", infinity, nan },                 .{ "tan", -0.0, -0.0 },             .{ "tanh", infinity, 1 },
        .{ "tanh", -infinity, -1 },                .{ "tanh", -0.0, -0.0 },            .{ "tanhFast", infinity, 1 },
        .{ "tanhFast", -infinity, -1 },            .{ "tanhFast", -0.0, -0.0 },        .{ "sigmoid", infinity, 1 },
        .{ "sigmoid", -infinity, 0 },              .{ "sigmoid", 0, 0.5 },             .{ "sinh", infinity, infinity },
        .{ "sinh", -infinity, -infinity },         .{ "sinh", -0.0, -0.0 },            .{ "cosh", -infinity, infinity },
        .{ "cosh", 0, 1 },                         .{ "asin", -0.0, -0.0 },            .{ "asin", 1.5, nan },
        .{ "acos", 1, 0 },                         .{ "acos", -1.5, nan },             .{ "atan", -0.0, -0.0 },
        .{ "atan", infinity, 1.5707963267948966 }, .{ "asinh", -infinity, -infinity }, .{ "asinh", -0.0, -0.0 },
        .{ "acosh", 1, 0 },                        .{ "acosh", 0.5, nan },             .{ "acosh", -5, nan },
        .{ "acosh", infinity, infinity },          .{ "acosh", -infinity, nan },       .{ "atanh", 1, infinity },
        .{ "atanh", -1, -infinity },               .{ "atanh", 1.5, nan },             .{ "atanh", -0.0, -0.0 },
        .{ "erf", infinity, 1 },                   .{ "erf", -infinity, -1 },          .{ "erf", -0.0, -0.0 },
        .{ "erfc", infinity, 0 },                  .{ "erfc", -infinity, 2 },          .{ "erfc", 0, 1 },
    };
    inline for (.{ f32, f64 }) |T| {
        inline for (cases) |case| {
            const y = apply(case[0], simd.lanes(T), T, @splat(case[1]))[0];
            try expectSame(T, case[0], case[1], y, case[2]);
        }
        inline for (bounds) |bound| {
            const y = apply(bound[0], simd.lanes(T), T, @splat(nan))[0];
            try expectSame(T, bound[0], nan, y, nan);
        }
    }
}

fn expectSame(comptime T: type, comptime name: []const u8, x: f64, got: T, want: f64) !void {
    if (unitsOff(T, got, @as(f128, @as(T, @floatCast(want)))) == 0) return;
    std.debug.print("{s}({d}) of {s} is {d}, not {d}\n", .{ name, x, @typeName(T), got, want });
    return error.TestUnexpectedResult;
}

test "pow has the special cases of C99" {
    inline for (.{ f32, f64 }) |T| {
        const tiny = std.math.floatTrueMin(T);
        const huge = std.math.floatMax(T);
        const values = [_]T{
            0,    -0.0,  1,    -1,    0.5,      -0.5,     2,         -2,        3,               -3,
            1.5,  -1.5,  4,    7,     -7,       0.1,      1e10,      -1e10,     std.math.inf(T), -std.math.inf(T),
            tiny, -tiny, huge, -huge, 16777216, 16777215, -16777215, 1.0000001, std.math.nan(T),
        };
        for (values) |x| for (values) |y| {
            const got = math.pow(@as(@Vector(1, T), .{x}), @as(@Vector(1, T), .{y}))[0];
            const want: f128 = if (x > 0 and std.math.isFinite(x) and std.math.isFinite(y))
                reference.pow(x, y)
            else
                std.math.pow(T, x, y);
            const off = unitsOff(T, got, want);
            if (off <= 1.5) continue;
            std.debug.print("pow({e}, {e}) of {s} is {e}, not {e}\n", .{ x, y, @typeName(T), got, @as(f64, @floatCast(want)) });
            return error.TestUnexpectedResult;
        };
    }
}

test "pow is within its bounds" {
    var generator = std.Random.DefaultPrng.init(2);
    const random = generator.random();
    inline for (.{ f32, f64 }, .{ 0.6, 1.5 }) |T, bound| {
        const lanes = simd.lanes(T);
        for (0..3000 / lanes) |i| {
            var x: [lanes]T = undefined;
            var y: [lanes]T = undefined;
            for (&x, &y) |*base, *exponent| {
                const bits = random.int(std.meta.Int(.unsigned, @bitSizeOf(T))) >> 1;
                base.* = if (i % 2 == 0) @bitCast(bits) else 3 * random.float(T);
                if (!std.math.isNormal(base.*)) base.* = 0.7;
                // Half of the results spread over all exponents.
                const most = 1.5 * @as(T, std.math.floatExponentMax(T)) / (@abs(std.math.log2(base.*)) + 1e-3);
                exponent.* = (2 * random.float(T) - 1) * if (i % 3 == 0) 10 else most;
            }
            const z: [lanes]T = math.pow(@as(@Vector(lanes, T), x), @as(@Vector(lanes, T), y));
            for (x, y, z) |base, exponent, got| {
                try expectWithin("pow", base, got, reference.pow(base, exponent), bound);
            }
        }
    }
}

test "every length gives the same bits" {
    @setEvalBranchQuota(100_000);
    inline for (.{ f32, f64 }) |T| {
        const lanes = simd.lanes(T);
        var generator = std.Random.DefaultPrng.init(3);
        const random = generator.random();
        inline for (bounds) |bound| {
            const name = bound[0];
            for (0..20) |i| {
                var x: [2 * lanes]T = undefined;
                for (&x) |*value| value.* = @floatCast(sample(random, i));
                const together: [2 * lanes]T = apply(name, 2 * lanes, T, x);
                for (x, together, 0..) |value, got, j| {
                    if (!isInDomain(name, value)) continue;
                    const half = apply(name, lanes, T, x[j / lanes * lanes ..][0..lanes].*);
                    try expectBits(T, got, half[j % lanes]);
                    try expectBits(T, got, apply(name, 1, T, .{value})[0]);
                }
            }
        }
    }
}

fn expectBits(comptime T: type, x: T, y: T) !void {
    const Word = std.meta.Int(.unsigned, @bitSizeOf(T));
    if (std.math.isNan(x) and std.math.isNan(y)) return;
    try testing.expectEqual(@as(Word, @bitCast(x)), @as(Word, @bitCast(y)));
}
