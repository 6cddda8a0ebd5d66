//! Arithmetic, comparisons, logic and functions, element by element.
const std = @import("std");
const abi = @import("abi");
const division = @import("division.zig");
const loops = @import("loops.zig");
const math = @import("math.zig");
const power = @import("power.zig");
const simd = @import("simd.zig");
const convertOne = @import("convert.zig").convertOne;

const Child = loops.Child;
const Mask = loops.Mask;
const isFloat = loops.isFloat;
const splat = loops.splat;

const all = loops.all;
const floats = loops.floats;
const integers = loops.integers;
const logical = loops.logical;
const numeric = loops.numeric;
const Binary = loops.Binary;
const Predicate = loops.Predicate;
const Ternary = loops.Ternary;
const Unary = loops.Unary;

/// Kahan's x y + z w: what rounding took from z w is put back (Jeannerod, Louvet and Muller 2013).
inline fn productsOf(x: anytype, y: @TypeOf(x), z: @TypeOf(x), w: @TypeOf(x)) @TypeOf(x) {
    const V = @TypeOf(x);
    const product = z * w;
    if (comptime !simd.has_fma) return x * y + product;
    const rest = @mulAdd(V, z, w, -product);
    const kept = @select(Child(V), rest == rest, rest, @as(V, @splat(0))); // NaN of infinities
    return @mulAdd(V, x, y, product) + kept;
}

pub const kernels = struct {
    // out <- x, y
    pub const add = Binary(all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return plus(x, y);
        }
        pub const Boolean = Or;
    });
    pub const sub = Binary(numeric, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return if (comptime isFloat(@TypeOf(x))) x - y else x -% y;
        }
    });
    pub const mul = Binary(all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return times(x, y);
        }
    });
    pub const div = Binary(floats, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return x / y;
        }
    });
    pub const pow = power.pow;
    pub const maximum = Binary(all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return simd.maximum(x, y);
        }
    });
    pub const minimum = Binary(all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return simd.minimum(x, y);
        }
    });
    /// The angle of the point (y, x), from -pi to pi.
    pub const atan2 = Binary(floats, struct {
        pub const cost = 0.6;
        pub inline fn f(y: anytype, x: @TypeOf(y)) @TypeOf(y) {
            return angle(y, x);
        }
    });
    pub const hypot = Binary(floats, struct {
        pub const cost = 0.3;
        pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            const V = @TypeOf(x);
            const large = simd.maximum(@abs(x), @abs(y));
            const small = simd.minimum(@abs(x), @abs(y));
            const ratio = @select(loops.Child(V), small == large, splat(V, 1), small / large); // 0/0 and inf/inf
            const length = large * @sqrt(splat(V, 1) + ratio * ratio);
            const inf: V = @splat(std.math.inf(loops.Child(V)));
            // An infinite side wins over NaN, as C's hypot has it.
            const beyond = @select(loops.Child(V), @abs(x) == inf, inf, length);
            return @select(loops.Child(V), @abs(y) == inf, inf, beyond);
        }
    });
    pub const floorDivide = Divide(division.FloorDivide);
    pub const remainder = Divide(division.Remainder);
    pub const fmod = Divide(division.Fmod);

    /// x + alpha * y; attributes: alpha.
    pub const addScaled = Binary(numeric, struct {
        pub const attributes = 1;
        pub inline fn f(x: anytype, y: @TypeOf(x), alpha: [1]@TypeOf(x)) @TypeOf(x) {
            return if (comptime isFloat(@TypeOf(x))) simd.mulAdd(alpha[0], y, x) else x +% alpha[0] *% y;
        }
    });
    /// x * y + z, rounded once where the level has FMA.
    pub const fma = Ternary(floats, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x), z: @TypeOf(x)) @TypeOf(x) {
            return simd.mulAdd(x, y, z);
        }
    });

    // out <- x, y, z, w
    /// x * y + z * w, rounded as if once or twice where the level has FMA.
    pub const productSum = loops.Map(.{ .inputs = 4, .dtypes = floats }, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x), z: @TypeOf(x), w: @TypeOf(x)) @TypeOf(x) {
            return productsOf(x, y, z, w);
        }
    });
    /// x * y - z * w, likewise.
    pub const productDifference = loops.Map(.{ .inputs = 4, .dtypes = floats }, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x), z: @TypeOf(x), w: @TypeOf(x)) @TypeOf(x) {
            return productsOf(x, y, -z, w);
        }
    });

    // out (bool) <- x, y
    pub const eq = Predicate(2, all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) Mask(@TypeOf(x)) {
            return x == y;
        }
    });
    pub const ne = Predicate(2, all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) Mask(@TypeOf(x)) {
            return x != y;
        }
    });
    pub const lt = Predicate(2, all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) Mask(@TypeOf(x)) {
            return x < y;
        }
    });
    pub const le = Predicate(2, all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) Mask(@TypeOf(x)) {
            return x <= y;
        }
    });
    pub const gt = Predicate(2, all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) Mask(@TypeOf(x)) {
            return x > y;
        }
    });
    pub const ge = Predicate(2, all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) Mask(@TypeOf(x)) {
            return x >= y;
        }
    });
    pub const logicalAnd = Predicate(2, all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) Mask(@TypeOf(x)) {
            return @select(bool, isTrue(x), isTrue(y), isTrue(x));
        }
    });
    pub const logicalOr = Predicate(2, all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) Mask(@TypeOf(x)) {
            return @select(bool, isTrue(x), isTrue(x), isTrue(y));
        }
    });
    pub const logicalXor = Predicate(2, all, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) Mask(@TypeOf(x)) {
            return @select(bool, isTrue(x), isFalse(y), isTrue(y));
        }
    });
    pub const logicalNot = Predicate(1, all, struct {
        pub inline fn f(x: anytype) Mask(@TypeOf(x)) {
            return isFalse(x);
        }
    });

    pub const bitwiseAnd = Binary(logical, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return x & y;
        }
    });
    pub const bitwiseOr = Binary(logical, Or);
    pub const bitwiseXor = Binary(logical, struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return x ^ y;
        }
    });
    pub const bitwiseNot = Unary(logical, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            return ~x;
        }
        pub const Boolean = struct {
            pub inline fn f(x: anytype) @TypeOf(x) {
                return x ^ splat(@TypeOf(x), 1);
            }
        };
    });

    // out <- x
    pub const neg = Unary(numeric, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            return if (comptime isFloat(@TypeOf(x))) -x else splat(@TypeOf(x), 0) -% x;
        }
    });
    pub const abs = Unary(numeric, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            return if (comptime isFloat(@TypeOf(x))) @abs(x) else @max(x, splat(@TypeOf(x), 0) -% x);
        }
    });
    /// NaN and both zeros give 0.
    pub const sign = Unary(numeric, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            const V = @TypeOf(x);
            const zero = splat(V, 0);
            const negative = @select(Child(V), x < zero, splat(V, -1), zero);
            return @select(Child(V), x > zero, splat(V, 1), negative);
        }
    });
    pub const square = Unary(numeric, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            return times(x, x);
        }
    });
    pub const floor = Unary(floats, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            return @floor(x);
        }
    });
    pub const ceil = Unary(floats, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            return @ceil(x);
        }
    });
    pub const trunc = Unary(floats, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            return @trunc(x);
        }
    });
    /// Half to even: adding 2^23 (f32) leaves no bit for a fraction, and the addition itself rounds
    /// to even.
    pub const round = Unary(floats, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            const V = @TypeOf(x);
            const whole = splat(V, 1 << std.math.floatFractionalBits(Child(V)));
            const rounded = loops.copySign((@abs(x) + whole) - whole, x);
            return @select(Child(V), @abs(x) < whole, rounded, x);
        }
    });
    pub const reciprocal = Unary(floats, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            return splat(@TypeOf(x), 1) / x;
        }
    });
    pub const sqrt = Unary(floats, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            return @sqrt(x);
        }
    });
    pub const rsqrt = Unary(floats, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            return inverseSqrt(x);
        }
    });
    pub const exp = Unary(floats, Math("exp", 0.15));
    pub const exp2 = Unary(floats, Math("exp2", 0.15));
    pub const expm1 = Unary(floats, Math("expm1", 0.3));
    pub const log = Unary(floats, Math("log", 0.3));
    pub const log2 = Unary(floats, Math("log2", 0.3));
    pub const log10 = Unary(floats, Math("log10", 0.3));
    pub const log1p = Unary(floats, Math("log1p", 0.4));
    pub const sin = Unary(floats, Math("sin", 0.3));
    pub const cos = Unary(floats, Math("cos", 0.3));
    pub const tan = Unary(floats, Math("tan", 0.5));
    pub const tanh = Unary(floats, Math("tanh", 0.4));
    pub const asin = Unary(floats, Math("asin", 0.4));
    pub const acos = Unary(floats, Math("acos", 0.4));
    pub const atan = Unary(floats, Math("atan", 0.4));
    pub const sinh = Unary(floats, Math("sinh", 0.4));
    pub const cosh = Unary(floats, Math("cosh", 0.3));
    pub const asinh = Unary(floats, Math("asinh", 0.5));
    pub const acosh = Unary(floats, Math("acosh", 0.5));
    pub const atanh = Unary(floats, Math("atanh", 0.5));
    pub const erf = Unary(floats, Math("erf", 0.4));
    pub const erfc = Unary(floats, Math("erfc", 0.6));

    // out (bool) <- x
    pub const isnan = Predicate(1, floats, struct {
        pub inline fn f(x: anytype) Mask(@TypeOf(x)) {
            return x != x;
        }
    });
    pub const isinf = Predicate(1, floats, struct {
        pub inline fn f(x: anytype) Mask(@TypeOf(x)) {
            return @abs(x) == splat(@TypeOf(x), std.math.inf(Child(@TypeOf(x))));
        }
    });
    pub const isfinite = Predicate(1, floats, struct {
        pub inline fn f(x: anytype) Mask(@TypeOf(x)) {
            return @abs(x) < splat(@TypeOf(x), std.math.inf(Child(@TypeOf(x))));
        }
    });

    /// out <- condition (bool), x, y: x where the condition holds, else y.
    pub const where = loops.Map(.{ .inputs = 3, .dtypes = .initFull(), .condition = true, .by_size = true }, struct {
        pub inline fn f(condition: anytype, x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return @select(Child(@TypeOf(x)), isTrue(condition), x, y);
        }
    });
    /// x within [min, max], max where min > max; attributes: hasMin, min, hasMax, max.
    pub const clamp = Unary(numeric, struct {
        pub const attributes = 2;
        pub const read = bounds;
        pub inline fn f(x: anytype, limits: [2]@TypeOf(x)) @TypeOf(x) {
            return simd.minimum(simd.maximum(x, limits[0]), limits[1]);
        }
    });
    /// out <- grad, x: grad where min <= x <= max, else 0; attributes as clamp's.
    pub const clampGradient = Binary(floats, struct {
        pub const attributes = 2;
        pub const read = bounds;
        pub inline fn f(grad: anytype, x: @TypeOf(grad), limits: [2]@TypeOf(grad)) @TypeOf(grad) {
            const T = Child(@TypeOf(x));
            const zero = splat(@TypeOf(x), 0);
            return @select(T, x >= limits[0], @select(T, x <= limits[1], grad, zero), zero);
        }
    });
};

const Or = struct {
    pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
        return x | y;
    }
};

inline fn plus(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    return if (comptime isFloat(@TypeOf(x))) x + y else x +% y;
}

inline fn times(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    return if (comptime isFloat(@TypeOf(x))) x * y else x *% y;
}

/// NaN is not zero, so it is true.
inline fn isTrue(x: anytype) Mask(@TypeOf(x)) {
    return x != splat(@TypeOf(x), 0);
}

inline fn isFalse(x: anytype) Mask(@TypeOf(x)) {
    return x == splat(@TypeOf(x), 0);
}

/// A function of math.zig as an op.
fn Math(comptime name: []const u8, comptime nanoseconds: comptime_float) type {
    return struct {
        pub const cost = nanoseconds;
        pub inline fn f(x: anytype) @TypeOf(x) {
            return @field(math, name)(x);
        }
    };
}

/// Integers are checked for a zero divisor, floats follow IEEE.
fn Divide(comptime Op: type) fn (*abi.Call) callconv(.c) abi.Status {
    return struct {
        const ofInts = Binary(integers, division.Checked(Op));
        const ofFloats = Binary(floats, Op);

        fn run(call: *abi.Call) callconv(.c) abi.Status {
            return switch (call.input(1).kind()) {
                .int32, .int64 => ofInts(call),
                else => ofFloats(call),
            };
        }
    }.run;
}

/// An absent bound is the dtype's own.
fn bounds(comptime T: type, call: *const abi.Call) [2]T {
    const float = @typeInfo(T) == .float;
    const lowest = if (float) -std.math.inf(T) else std.math.minInt(T);
    const highest = if (float) std.math.inf(T) else std.math.maxInt(T);
    return .{
        if (call.attribute(0) != 0) convertOne(T, call.attribute(1)) else lowest,
        if (call.attribute(2) != 0) convertOne(T, call.attribute(3)) else highest,
    };
}

/// The smaller coordinate over the larger keeps atan within pi / 4; the octant follows from the
/// comparison and the signs.
inline fn angle(y: anytype, x: @TypeOf(y)) @TypeOf(y) {
    const V = @TypeOf(y);
    const T = Child(V);
    const steep = @abs(y) > @abs(x);
    const large = @select(T, steep, @abs(y), @abs(x));
    const small = @select(T, steep, @abs(x), @abs(y));
    // 0 / 0 and inf / inf, whose angles are those of the signs alone.
    const alike = @select(T, large == splat(V, 0), splat(V, 0), splat(V, 1));
    const same = small == large;
    const ratio = @select(T, same, alike, small / large);
    const octant = math.atan(ratio);
    const quadrant = @select(T, steep, splat(V, std.math.pi / 2.0) - octant, octant);
    // The sign of x counts even when x is a zero.
    const left = loops.copySign(splat(V, 1), x) < splat(V, 0);
    const half = @select(T, left, splat(V, std.math.pi) - quadrant, quadrant);
    return @select(T, x == x, loops.copySign(half, y), x);
}

/// f32 on AVX-512: the 14-bit estimate and one Newton step, 1.7 ulp in a third of the time of 1 /
/// sqrt(x). The step makes NaN of 0 and infinity, where the estimate is already right.
inline fn inverseSqrt(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    if (!(simd.avx512 and V == @Vector(16, f32))) return splat(V, 1) / @sqrt(x);
    const estimate = asm ("vrsqrt14ps %[x], %[o]"
        : [o] "=v" (-> V),
        : [x] "v" (x),
    );
    const half = splat(V, 0.5) * estimate;
    const step = simd.mulAdd(half, simd.mulAdd(-x * estimate, estimate, splat(V, 1)), estimate);
    return @select(f32, step == step, step, estimate);
}

const testing = @import("testing.zig");
const expectEqual = std.testing.expectEqual;

/// Every pair of the values through a kernel of two inputs, against the same on single numbers.
fn expectPairs(comptime T: type, comptime Out: type, kernel: abi.Kernel, values: []const T, comptime reference: anytype) !void {
    var x: [400]T = undefined;
    var y: [400]T = undefined;
    var out: [400]Out = undefined;
    const n = values.len * values.len;
    for (0..n) |i| {
        x[i] = values[i / values.len];
        y[i] = values[i % values.len];
    }
    const shape = [_]usize{n};
    try testing.run(kernel, &.{testing.contiguous(Out, &out, &shape)}, &.{ testing.contiguous(T, &x, &shape), testing.contiguous(T, &y, &shape) }, &.{});
    for (0..n) |i| try expectSame(Out, reference(x[i], y[i]), out[i]);
}

fn expectSingles(comptime T: type, comptime Out: type, kernel: abi.Kernel, values: []const T, attributes: []const f64, comptime reference: anytype) !void {
    var out: [20]Out = undefined;
    const shape = [_]usize{values.len};
    try testing.run(kernel, &.{testing.contiguous(Out, &out, &shape)}, &.{testing.contiguous(T, values, &shape)}, attributes);
    for (values, out[0..values.len]) |x, got| try expectSame(Out, reference(x), got);
}

/// Equal, zeros with their sign, NaN like NaN.
fn expectSame(comptime T: type, want: T, got: T) !void {
    if (@typeInfo(T) != .float) return expectEqual(want, got);
    if (std.math.isNan(want)) return std.testing.expect(std.math.isNan(got));
    const Bits = std.meta.Int(.unsigned, @bitSizeOf(T));
    try expectEqual(@as(Bits, @bitCast(want)), @as(Bits, @bitCast(got)));
}

fn flag(value: bool) abi.Bool {
    return if (value) .yes else .no;
}

fn specials(comptime T: type) []const T {
    const inf = std.math.inf(T);
    return &.{ 0, @bitCast(@as(std.meta.Int(.unsigned, @bitSizeOf(T)), 1 << (@bitSizeOf(T) - 1))), 1, -1, 2.5, -2.5, 3.5, 1e-30, -7, 123.456, 1e10, inf, -inf, std.math.nan(T), 0.1, 6 };
}

test "float arithmetic and comparisons: special values" {
    inline for (.{ f32, f64 }) |T| {
        const values = specials(T);
        const R = struct {
            fn div(x: T, y: T) T {
                return x / y;
            }
            fn maximum(x: T, y: T) T {
                return simd.maximum(x, y);
            }
            fn lt(x: T, y: T) abi.Bool {
                return flag(x < y);
            }
            fn ne(x: T, y: T) abi.Bool {
                return flag(x != y);
            }
            fn both(x: T, y: T) abi.Bool {
                return flag(x != 0 and y != 0);
            }
            fn either(x: T, y: T) abi.Bool {
                return flag((x != 0) != (y != 0));
            }
            fn fmod(x: T, y: T) T {
                if (y == 0 or std.math.isInf(x) or std.math.isNan(x) or std.math.isNan(y)) return std.math.nan(T);
                return if (std.math.isInf(y)) x else @rem(x, y);
            }
            fn remainder(x: T, y: T) T {
                const rest = fmod(x, y);
                return if (rest != 0 and (rest < 0) != (y < 0)) rest + y else rest;
            }
            fn floorDivide(x: T, y: T) T {
                if (y == 0) return x / y;
                const rest = fmod(x, y);
                const quotient = (x - rest) / y - @as(T, if (rest != 0 and (rest < 0) != (y < 0)) 1 else 0);
                if (quotient == 0) return std.math.copysign(@as(T, 0), x / y);
                return if (quotient - @floor(quotient) > 0.5) @floor(quotient) + 1 else @floor(quotient);
            }
        };
        try expectPairs(T, T, kernels.div, values, R.div);
        try expectPairs(T, T, kernels.maximum, values, R.maximum);
        try expectPairs(T, T, kernels.fmod, values, R.fmod);
        try expectPairs(T, T, kernels.remainder, values, R.remainder);
        try expectPairs(T, T, kernels.floorDivide, values, R.floorDivide);
        try expectPairs(T, abi.Bool, kernels.lt, values, R.lt);
        try expectPairs(T, abi.Bool, kernels.ne, values, R.ne);
        try expectPairs(T, abi.Bool, kernels.logicalAnd, values, R.both);
        try expectPairs(T, abi.Bool, kernels.logicalXor, values, R.either);
    }
}

test "integers wrap, divide with the right signs, refuse a zero divisor" {
    inline for (.{ i32, i64 }) |T| {
        const min = std.math.minInt(T);
        const max = std.math.maxInt(T);
        const values = [_]T{ min, max, -7, 7, -1, 1, 2, -2, 3, min + 1, max - 1, 1000003 };
        const R = struct {
            fn mul(x: T, y: T) T {
                return x *% y;
            }
            fn floorDivide(x: T, y: T) T {
                return if (y == -1) 0 -% x else @divFloor(x, y);
            }
            fn remainder(x: T, y: T) T {
                if (y == -1) return 0;
                const rest = @rem(x, y);
                return if (rest != 0 and (rest < 0) != (y < 0)) rest +% y else rest;
            }
            fn fmod(x: T, y: T) T {
                return if (y == -1) 0 else @rem(x, y);
            }
            fn pow(x: T, y: T) T {
                if (y < 0) return if (x == 1) 1 else if (x == -1) (if (y & 1 == 1) -1 else 1) else 0;
                var result: T = 1;
                var base = x;
                var rest = y;
                while (rest > 0) : (rest >>= 1) {
                    if (rest & 1 == 1) result *%= base;
                    base *%= base;
                }
                return result;
            }
        };
        try expectPairs(T, T, kernels.mul, &values, R.mul);
        try expectPairs(T, T, kernels.floorDivide, &values, R.floorDivide);
        try expectPairs(T, T, kernels.remainder, &values, R.remainder);
        try expectPairs(T, T, kernels.fmod, &values, R.fmod);
        try expectPairs(T, T, kernels.pow, &values, R.pow);
        var out: [33]T = undefined;
        var y: [33]T = @splat(3);
        for ([_]usize{ 0, 15, 32 }) |i| {
            y[i] = 0;
            const views = [_]abi.View{ testing.contiguous(T, &out, &.{33}), testing.contiguous(T, &y, &.{33}) };
            var call = testing.frame(views[0..1], &.{ views[1], views[1] }, &.{});
            try expectEqual(abi.Status.division_by_zero, kernels.remainder(&call));
            call.flat = 33;
            try expectEqual(abi.Status.division_by_zero, kernels.floorDivide(&call));
            y[i] = 3;
        }
    }
}

test "one input: special values" {
    inline for (.{ f32, f64 }) |T| {
        const R = struct {
            fn sign(x: T) T {
                return if (x > 0) 1 else if (x < 0) -1 else 0;
            }
            fn round(x: T) T {
                const down = @floor(x);
                if (!(@abs(x) < 1e9)) return x;
                const up = x - down > 0.5 or (x - down == 0.5 and @rem(down, 2) != 0);
                return std.math.copysign(if (up) down + 1 else down, x);
            }
            fn isinf(x: T) abi.Bool {
                return flag(std.math.isInf(x));
            }
            fn isfinite(x: T) abi.Bool {
                return flag(std.math.isFinite(x));
            }
            fn not(x: T) abi.Bool {
                return flag(x == 0);
            }
            fn clamp(x: T) T {
                return if (x < -2) -2 else if (x > 3) 3 else x;
            }
            fn clampMax(x: T) T {
                return if (x > 3) 3 else x;
            }
            fn clampCrossed(x: T) T {
                return if (std.math.isNan(x)) x else -2;
            }
            fn abs(x: T) T {
                return @abs(x);
            }
        };
        const values = specials(T);
        try expectSingles(T, T, kernels.sign, values, &.{}, R.sign);
        try expectSingles(T, T, kernels.round, values, &.{}, R.round);
        try expectSingles(T, T, kernels.abs, values, &.{}, R.abs);
        try expectSingles(T, abi.Bool, kernels.isinf, values, &.{}, R.isinf);
        try expectSingles(T, abi.Bool, kernels.isfinite, values, &.{}, R.isfinite);
        try expectSingles(T, abi.Bool, kernels.logicalNot, values, &.{}, R.not);
        try expectSingles(T, T, kernels.clamp, values, &.{ 1, -2, 1, 3 }, R.clamp);
        try expectSingles(T, T, kernels.clamp, values, &.{ 0, 0, 1, 3 }, R.clampMax);
        try expectSingles(T, T, kernels.clamp, values, &.{ 1, 3, 1, -2 }, R.clampCrossed);
    }
}

test "bool arithmetic is logic" {
    var x = [_]abi.Bool{ .no, .no, .yes, .yes };
    var y = [_]abi.Bool{ .no, .yes, .no, .yes };
    var out: [4]abi.Bool = undefined;
    const cases = .{
        .{ kernels.add, [4]abi.Bool{ .no, .yes, .yes, .yes } },       .{ kernels.mul, [4]abi.Bool{ .no, .no, .no, .yes } },
        .{ kernels.maximum, [4]abi.Bool{ .no, .yes, .yes, .yes } },   .{ kernels.bitwiseXor, [4]abi.Bool{ .no, .yes, .yes, .no } },
        .{ kernels.bitwiseNot, [4]abi.Bool{ .yes, .yes, .no, .no } }, .{ kernels.le, [4]abi.Bool{ .yes, .yes, .no, .yes } },
        .{ kernels.logicalXor, [4]abi.Bool{ .no, .yes, .yes, .no } },
    };
    inline for (cases) |case| {
        const shape = [_]usize{4};
        try testing.run(case[0], &.{testing.contiguous(abi.Bool, &out, &shape)}, &.{ testing.contiguous(abi.Bool, &x, &shape), testing.contiguous(abi.Bool, &y, &shape) }, &.{});
        try expectEqual(case[1], out);
    }
}

test "pow: constant exponents need no logarithm" {
    var x = [_]f64{ 0, 1, 2.5, 9, 1e-3 };
    var out: [5]f64 = undefined;
    for ([_]f64{ 2, 3, 0.5, -1, 1 }) |exponent| {
        const power_view = testing.strided(f64, &exponent, &.{5}, &.{0});
        try testing.run(kernels.pow, &.{testing.contiguous(f64, &out, &.{5})}, &.{ testing.contiguous(f64, &x, &.{5}), power_view }, &.{});
        for (x, out) |base, got| {
            const want = std.math.pow(f64, base, exponent);
            try std.testing.expect(want == got or @abs(want - got) <= 1e-15 * want);
        }
    }
}

test "rsqrt: two units in the last place, exact at the ends" {
    var x: [1000]f32 = undefined;
    var out: [1000]f32 = undefined;
    for (&x, 0..) |*e, i| e.* = std.math.ldexp(@as(f32, @floatFromInt(1000 + i)), @as(i32, @intCast(i % 200)) - 130);
    try testing.run(kernels.rsqrt, &.{testing.contiguous(f32, &out, &.{1000})}, &.{testing.contiguous(f32, &x, &.{1000})}, &.{});
    for (x, out) |value, got| {
        const want = 1 / @sqrt(@as(f64, value));
        try std.testing.expect(@abs(got - want) <= 2.4e-7 * want);
    }
    const inf = std.math.inf(f32);
    const ends = [_]f32{ 0, inf, -1, std.math.nan(f32), -0.0, 4 };
    try testing.run(kernels.rsqrt, &.{testing.contiguous(f32, &out, &.{6})}, &.{testing.contiguous(f32, &ends, &.{6})}, &.{});
    try expectEqual(inf, out[0]);
    try expectEqual(@as(f32, 0), out[1]);
    try std.testing.expect(std.math.isNan(out[2]) and std.math.isNan(out[3]));
    try expectEqual(@as(f32, 0.5), out[5]);
}

test "atan2: all directions" {
    inline for (.{ f32, f64 }) |T| {
        const inf = std.math.inf(T);
        const values = [_]T{ 0, -0.0 * @as(T, 1), 1, -1, 0.3, -7, 1e-30, 1e30, inf, -inf, std.math.nan(T) };
        for (values) |y| for (values) |x| {
            var out: [1]T = undefined;
            try testing.run(kernels.atan2, &.{testing.contiguous(T, &out, &.{1})}, &.{ testing.contiguous(T, &.{y}, &.{1}), testing.contiguous(T, &.{x}, &.{1}) }, &.{});
            const want = std.math.atan2(@as(f64, y), @as(f64, x));
            if (std.math.isNan(want)) {
                try std.testing.expect(std.math.isNan(out[0]));
            } else try std.testing.expectApproxEqAbs(want, out[0], if (T == f32) 4e-7 else 1e-15);
        };
    }
}

test "clampGradient, addScaled, fma, where" {
    const nan = std.math.nan(f32);
    var x = [_]f32{ -3, -2, 0, 3, 3.5, nan };
    var y = [_]f32{ 1, 2, 3, 4, 5, 6 };
    var out: [6]f32 = undefined;
    const shape = [_]usize{6};
    const a = testing.contiguous(f32, &x, &shape);
    const b = testing.contiguous(f32, &y, &shape);
    const o = testing.contiguous(f32, &out, &shape);
    try testing.run(kernels.clampGradient, &.{o}, &.{ b, a }, &.{ 1, -2, 1, 3 });
    try expectEqual([6]f32{ 0, 2, 3, 4, 0, 0 }, out);
    try testing.run(kernels.addScaled, &.{o}, &.{ b, b }, &.{-3});
    try expectEqual([6]f32{ -2, -4, -6, -8, -10, -12 }, out);
    try testing.run(kernels.fma, &.{o}, &.{ b, b, b }, &.{});
    try expectEqual([6]f32{ 2, 6, 12, 20, 30, 42 }, out);
    var condition = [_]abi.Bool{ .yes, .no, .yes, .no, .yes, .no };
    try testing.run(kernels.where, &.{o}, &.{ testing.contiguous(abi.Bool, &condition, &shape), testing.strided(f32, &y[4], &shape, &.{0}), b }, &.{});
    try expectEqual([6]f32{ 5, 2, 5, 4, 5, 6 }, out);
}
