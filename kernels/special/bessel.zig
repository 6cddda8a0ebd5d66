//! Modified Bessel functions of the first kind, of orders 0 and 1, for vectors of f64.
const std = @import("std");
const c = @import("coefficients.zig");
const math = @import("../math.zig");
const vector = @import("../math/vector.zig");
const select = vector.select;
const splat = vector.splat;

/// From here on the expansion in 1 / x holds.
const far_from = 8;

pub inline fn order0(x: anytype) @TypeOf(x) {
    return modified(0, false, x);
}

/// e^-|x| order0(x)
pub inline fn order0Scaled(x: anytype) @TypeOf(x) {
    return modified(0, true, x);
}

pub inline fn order1(x: anytype) @TypeOf(x) {
    return modified(1, false, x);
}

/// e^-|x| order1(x)
pub inline fn order1Scaled(x: anytype) @TypeOf(x) {
    return modified(1, true, x);
}

inline fn modified(comptime order: comptime_int, comptime scaled: bool, x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const a = @abs(x);
    const far = a > splat(V, far_from);
    // One exponential for both: that of the distance from 8 cannot overflow before the result does.
    const exponent = select(far, a - splat(V, far_from), a);
    const power = math.exp(if (scaled) -a else exponent);
    const result = select(far, beyond(order, scaled, a, power), within(order, scaled, a, power));
    return if (order == 1) vector.withSign(result, x) else result;
}

inline fn within(
    comptime order: comptime_int,
    comptime scaled: bool,
    a: anytype,
    power: @TypeOf(a),
) @TypeOf(a) {
    const V = @TypeOf(a);
    const square = a * a;
    const series = if (order == 0)
        vector.polynomial(square, c.bessel_i0_near)
    else
        splat(V, 0.5) * a * vector.polynomial(square, c.bessel_i1_near);
    return if (scaled) power * series else series;
}

inline fn beyond(
    comptime order: comptime_int,
    comptime scaled: bool,
    a: anytype,
    power: @TypeOf(a),
) @TypeOf(a) {
    const V = @TypeOf(a);
    const inverse = splat(V, 1) / a;
    const series = if (order == 0)
        vector.polynomial(inverse - splat(V, c.bessel_i0_far_middle), c.bessel_i0_far)
    else
        vector.polynomial(inverse - splat(V, c.bessel_i1_far_middle), c.bessel_i1_far);
    const value = series / @sqrt(a);
    if (scaled) return value;
    const unit = comptime @exp(@as(f64, far_from));
    const product = splat(V, unit) * value * power;
    return select(a == splat(V, std.math.inf(f64)), a, product);
}
