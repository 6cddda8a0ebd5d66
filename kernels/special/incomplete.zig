//! The regularised incomplete gamma functions and the slope of gamma samples, for vectors of f64.
//! Lanes go on until the last of them is done, each by the method of its region:
//!   - a >= 50 and x within 3/10 of a: Temme's uniform expansion (DLMF 8.12.3 to 8.12.12);
//!   - x below a, or small: the power series of the lower function (DLMF 8.11.4), for the upper one
//!     of small a and x the one of its complement (DiDonato and Morris 1986, equation 17);
//!   - else the continued fraction of the upper function (DLMF 8.9.2) by Lentz's method.
const std = @import("std");
const c = @import("coefficients.zig");
const gamma = @import("gamma.zig");
const math = @import("../math.zig");
const vector = @import("../math/vector.zig");
const select = vector.select;
const splat = vector.splat;

const infinity = std.math.inf(f64);
const nan = std.math.nan(f64);
const epsilon = 0x1p-54;
const steps_max = 5000;

pub inline fn lower(a: anytype, x: @TypeOf(a)) @TypeOf(a) {
    return share(@TypeOf(a), .lower, a, x);
}

pub inline fn upper(a: anytype, x: @TypeOf(a)) @TypeOf(a) {
    return share(@TypeOf(a), .upper, a, x);
}

const Side = enum { lower, upper };

fn Mask(comptime V: type) type {
    return @Vector(vector.length(V), bool);
}

inline fn both(p: anytype, q: @TypeOf(p)) @TypeOf(p) {
    return @select(bool, p, q, p);
}

inline fn either(p: anytype, q: @TypeOf(p)) @TypeOf(p) {
    return @select(bool, p, p, q);
}

noinline fn share(comptime V: type, comptime side: Side, a: V, x: V) V {
    const one = splat(V, 1);
    const proper = both(isProper(V, a), isProper(V, x));
    const distance = @abs(x - a);
    const uniform = both(both(proper, a >= splat(V, 50)), distance <= splat(V, 0.3) * a);
    const fraction = both(both(proper, !uniform), both(x > splat(V, 1.1), x >= a));
    const power = both(both(proper, !uniform), !fraction);
    var value = splat(V, nan);
    if (@reduce(.Or, uniform)) value = select(uniform, temme(V, side, a, x), value);
    if (@reduce(.Or, fraction)) {
        const q = density(V, a, x) * x * continued(V, a, x, fraction).value;
        value = select(fraction, if (side == .upper) q else one - q, value);
    }
    if (@reduce(.Or, power)) {
        if (side == .lower) {
            value = select(power, lowerSeries(V, a, x, power), value);
        } else {
            const small = both(power, isSmall(V, a, x));
            const other = both(power, !small);
            if (@reduce(.Or, small)) value = select(small, upperSeries(V, a, x), value);
            if (@reduce(.Or, other)) {
                value = select(other, one - lowerSeries(V, a, x, other), value);
            }
        }
    }
    return select(proper, value, edge(V, side, a, x));
}

/// Above 0 and finite.
inline fn isProper(comptime V: type, x: V) Mask(V) {
    return both(x > splat(V, 0), x < splat(V, infinity));
}

/// At 0 and infinity; NaN for what is negative.
fn edge(comptime V: type, comptime side: Side, a: V, x: V) V {
    const zero = splat(V, 0);
    const end = splat(V, infinity);
    const none = splat(V, if (side == .lower) 0 else 1);
    const whole = splat(V, if (side == .lower) 1 else 0);
    var value = select(both(a == zero, x > zero), whole, splat(V, nan));
    value = select(both(a > zero, x == zero), none, value);
    value = select(both(a == end, both(x >= zero, x < end)), none, value);
    return select(both(both(a >= zero, a < end), x == end), whole, value);
}

/// Whether the upper function is to come from its own series, since the lower one is near 1.
fn isSmall(comptime V: type, a: V, x: V) Mask(V) {
    const low = x <= splat(V, 0.5);
    const first = a <= splat(V, -0.4) / math.log(x);
    const second = both(x <= splat(V, 1.1), a <= splat(V, 1.1) * x);
    return either(both(low, first), both(!low, second));
}

/// The density of the gamma distribution: x^(a - 1) e^-x / gamma(a).
fn density(comptime V: type, a: V, x: V) V {
    const near = math.exp(a * math.log(x) - x - gamma.lgammaPositive(a));
    const large = a >= splat(V, 10);
    if (!@reduce(.Or, large)) return near / x;
    // x^a e^-x / (a^a e^-a) = e^(-a (mu - log(1 + mu))): no large terms cancel.
    const factor = @sqrt(a * splat(V, 0.5 / std.math.pi));
    const far = factor * math.exp(-(a * excess(V, (x - a) / a) + gamma.stirling(a)));
    return select(large, far, near) / x;
}

/// mu - log(1 + mu). With s = mu / (2 + mu) it is mu s - 2 (s^3 / 3 + s^5 / 5 + ..).
fn excess(comptime V: type, mu: V) V {
    const s = mu / (splat(V, 2) + mu);
    const square = s * s;
    comptime var coefficients: [12]f64 = undefined;
    comptime for (&coefficients, 0..) |*value, i| {
        value.* = 2.0 / (2.0 * @as(f64, i) + 3.0);
    };
    const near = s * (mu - square * vector.polynomial(square, coefficients));
    return select(@abs(mu) <= splat(V, 0.4), near, mu - math.log1p(mu));
}

fn Dual(comptime V: type) type {
    return struct { value: V, slope: V };
}

/// The sum of x^n / ((a + 1) .. (a + n)), and its derivative by a.
fn rising(comptime V: type, a: V, x: V, wanted: Mask(V)) Dual(V) {
    const one = splat(V, 1);
    var term = one;
    var slope = splat(V, 0); // of the term
    var sum: Dual(V) = .{ .value = one, .slope = slope };
    var n = a;
    var active = wanted; // a lane that is done stays as it is: results do not depend on neighbours
    for (0..steps_max) |_| {
        n += one;
        const ratio = x / n;
        slope = ratio * (slope - term / n);
        term *= ratio;
        sum.value = select(active, sum.value + term, sum.value);
        sum.slope = select(active, sum.slope + slope, sum.slope);
        const small = term <= sum.value * splat(V, epsilon);
        active = both(active, !both(small, -slope <= -sum.slope * splat(V, epsilon)));
        if (!@reduce(.Or, active)) break;
    }
    return sum;
}

fn lowerSeries(comptime V: type, a: V, x: V, wanted: Mask(V)) V {
    // x^a e^-x / gamma(a + 1), where x^a alone would do no harm: a may be tiny.
    return density(V, a, x) * x / a * rising(V, a, x, wanted).value;
}

/// 1 - x^a / gamma(1 + a) (1 + a sum of (-x)^n / (n! (a + n))).
fn upperSeries(comptime V: type, a: V, x: V) V {
    const one = splat(V, 1);
    var term = one;
    var sum = splat(V, 0);
    var n = splat(V, 0);
    for (0..24) |_| { // x <= 1.1
        n += one;
        term *= -x / n;
        sum += term / (a + n);
    }
    const tiny = a < splat(V, 0.5);
    const near = a * vector.polynomial(a, c.gamma_near) - math.log1p(a); // log gamma(1 + a)
    const logarithm = select(tiny, near, gamma.lgammaPositive(a + one));
    const exponent = a * math.log(x) - logarithm;
    return -(math.expm1(exponent) + math.exp(exponent) * a * sum);
}

/// 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / ..)), and its derivative by a.
fn continued(comptime V: type, a: V, x: V, wanted: Mask(V)) Dual(V) {
    const one = splat(V, 1);
    const two = splat(V, 2);
    // The denominators b, and Lentz's c and d with their derivatives.
    var b = x + one - a;
    var d = one / b;
    var d_slope = d * d; // db/da = -1
    var upper_c = splat(V, 1e300);
    var c_slope = splat(V, 0);
    var value = d;
    var logarithm = d_slope / d; // derivative of the logarithm of the value
    var n = splat(V, 0);
    var active = wanted;
    for (0..steps_max) |_| {
        n += one;
        const numerator = n * (a - n); // its derivative is n
        b += two;
        const below = numerator * d + b;
        const below_slope = n * d + numerator * d_slope - one;
        d = one / below;
        d_slope = -below_slope * d * d;
        const over = b + numerator / upper_c;
        const over_slope = -one + (n - numerator * c_slope / upper_c) / upper_c;
        upper_c = over;
        c_slope = over_slope;
        const factor = upper_c * d;
        const step = c_slope / upper_c + d_slope / d;
        value = select(active, value * factor, value);
        logarithm = select(active, logarithm + step, logarithm);
        const limit = splat(V, epsilon) * (one + @abs(logarithm));
        const done = both(@abs(factor - one) <= splat(V, 4 * epsilon), @abs(step) <= limit);
        active = both(active, !done);
        if (!@reduce(.Or, active)) break;
    }
    return .{ .value = value, .slope = value * logarithm };
}

fn temme(comptime V: type, comptime side: Side, a: V, x: V) V {
    const mu = (x - a) / a;
    const half = excess(V, mu); // eta^2 / 2
    const size = @sqrt(half + half);
    const below = mu < splat(V, 0);
    const eta = select(below, -size, size);
    const inverse = splat(V, 1) / a;
    var series = splat(V, 0);
    comptime var k = c.temme.len;
    inline while (k > 0) {
        k -= 1;
        series = series * inverse + vector.polynomial(eta, c.temme[k]);
    }
    const rest = math.exp(-a * half) * splat(V, @sqrt(0.5 / std.math.pi)) / @sqrt(a) * series;
    const argument = eta * @sqrt(a * splat(V, 0.5));
    return if (side == .lower)
        splat(V, 0.5) * math.erfc(-argument) - rest
    else
        splat(V, 0.5) * math.erfc(argument) + rest;
}

/// dx/da of a gamma sample x of shape a, by implicit differentiation (Figurnov, Mohamed and Mnih
/// 2018): the series and the fraction of the distribution function are differentiated with it. The
/// factor that both have in common with the density is cancelled, so that no tail is too far out.
pub inline fn sampleSlope(a: anytype, x: @TypeOf(a)) @TypeOf(a) {
    const V = @TypeOf(a);
    const zero = both(x == splat(V, 0), a > splat(V, 0));
    return select(zero, x, x * slopeOfLog(V, a, x, math.log(x)));
}

/// The same for the logarithm of the sample, which may be below that of all numbers.
pub inline fn logSampleSlope(a: anytype, logarithm: @TypeOf(a)) @TypeOf(a) {
    return slopeOfLog(@TypeOf(a), a, math.exp(logarithm), logarithm);
}

noinline fn slopeOfLog(comptime V: type, a: V, x: V, logarithm: V) V {
    const proper = both(isProper(V, a), x < splat(V, infinity));
    const large = both(proper, a > splat(V, 1e5));
    const fraction = both(both(proper, !large), both(x > splat(V, 1.1), x >= a));
    const power = both(both(proper, !large), !fraction);
    var value = splat(V, nan);
    if (@reduce(.Or, large)) value = select(large, slopeFar(V, a, x) / x, value);
    if (@reduce(.Or, fraction)) {
        const q = continued(V, a, x, fraction);
        const rest = logarithm - gamma.digammaPositive(a);
        value = select(fraction, rest * q.value + q.slope, value);
    }
    if (@reduce(.Or, power)) {
        const p = rising(V, a, x, power);
        const rest = logarithm - gamma.digammaPositive(a + splat(V, 1));
        value = select(power, -(rest * p.value + p.slope) / a, value);
    }
    return value;
}

/// The quantile of large shapes is a + z sqrt(a) + (z^2 - 1) / 3 + (z^3 - 7 z) / (36 sqrt(a)) - ..
/// (Cornish and Fisher 1938); z follows from x by Newton's method.
fn slopeFar(comptime V: type, a: V, x: V) V {
    const one = splat(V, 1);
    const root = @sqrt(a);
    var z = (x - a) / root;
    for (0..4) |_| {
        const square = z * z;
        const last = (square - splat(V, 7)) * z / (splat(V, 36) * root);
        const last_rise = (splat(V, 3) * square - splat(V, 7)) / (splat(V, 36) * root);
        const value = z + ((square - one) / splat(V, 3) + last) / root;
        const rise = one + (splat(V, 2.0 / 3.0) * z + last_rise) / root;
        z -= (value - (x - a) / root) / rise;
    }
    return one + (z - (z * z - splat(V, 7)) * z / (splat(V, 36) * a)) / (splat(V, 2) * root);
}
