//! The logarithm of the gamma function, its derivatives, and the Hurwitz zeta function, for vectors
//! of f64.
const std = @import("std");
const c = @import("coefficients.zig");
const math = @import("../math.zig");
const simd = @import("../simd.zig");
const vector = @import("../math/vector.zig");
const select = vector.select;
const splat = vector.splat;

const infinity = std.math.inf(f64);
const nan = std.math.nan(f64);
const log_pi = 1.1447298858494001741;
/// From here on the asymptotic series are exact.
const far_from = 8;

/// log |gamma(x)|. Relative error below 4 units in the last place for x > 0; for x < 0 the error is
/// relative to the larger of the result and 1, since the result has zeros between the poles.
pub inline fn lgamma(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const positive = lgammaPositive(@abs(x));
    const negative = x < splat(V, 0);
    if (!@reduce(.Or, negative)) return positive;
    return select(negative, lgammaReflected(V, @abs(x), positive), positive);
}

/// log |gamma(-a)| = log(pi / (a |sin(pi a)|)) - log gamma(a).
noinline fn lgammaReflected(comptime V: type, a: V, logarithm: V) V {
    const sine = @abs(sinPi(a - @round(a))) * splat(V, 1.0 / std.math.pi);
    const value = -math.log(sine) - math.log(a) - logarithm;
    const pole = @select(bool, sine == splat(V, 0), sine == sine, a == splat(V, infinity));
    return select(pole, splat(V, infinity), value);
}

/// For x >= 0. Below 8 by recurrence from log gamma(2 + t), |t| <= 1/2; then Stirling's series.
pub inline fn lgammaPositive(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const one = splat(V, 1);
    const far = x >= splat(V, far_from);
    var y = x;
    var product = one;
    inline for (0..6) |_| {
        const high = y >= splat(V, 2.5);
        y = select(high, y - one, y);
        product = select(high, product * y, product);
    }
    const low = x < splat(V, 1.5);
    const tiny = x < splat(V, 0.5);
    product = select(low, select(tiny, x * (x + one), x), product);
    const logarithm = math.log(select(far, x, product));
    const t = select(low, select(tiny, x, x - one), y - splat(V, 2));
    const near = t * vector.polynomial(t, c.gamma_near);
    const value = select(low, near - logarithm, near + logarithm);
    if (!@reduce(.Or, far)) return value;
    const half_log = 0.91893853320467274178; // log(2 pi) / 2
    const rest = splat(V, half_log - 0.5) + stirling(x);
    const stirlings = simd.mulAdd(x - splat(V, 0.5), logarithm - one, rest);
    return select(far, stirlings, value);
}

/// log gamma(x) less (x - 1/2) log x - x + log(2 pi) / 2, for x >= 8.
pub inline fn stirling(x: anytype) @TypeOf(x) {
    const inverse = splat(@TypeOf(x), 1) / x;
    return inverse * vector.polynomial(inverse * inverse, c.stirling);
}

/// sin(pi r), |r| <= 1/2.
inline fn sinPi(r: anytype) @TypeOf(r) {
    return r * vector.polynomial(r * r - splat(@TypeOf(r), c.sine_of_pi_middle), c.sine_of_pi);
}

/// The derivative of log gamma. Relative error as lgamma's.
pub inline fn digamma(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const negative = x < splat(V, 0);
    const mirrored = select(negative, splat(V, 1) - x, x);
    const positive = digammaPositive(mirrored);
    if (!@reduce(.Or, negative)) return positive;
    return select(negative, digammaReflected(V, x, positive), positive);
}

/// digamma(x) = digamma(1 - x) - pi / tan(pi x).
noinline fn digammaReflected(comptime V: type, x: V, mirrored: V) V {
    const r = x - @round(x);
    const cosine = sinPi(splat(V, 0.5) - @abs(r));
    const value = mirrored - splat(V, std.math.pi) * cosine / sinPi(r);
    return select(r == splat(V, 0), splat(V, nan), value);
}

/// For x >= 0, and -infinity at 0, infinity at -0.
pub inline fn digammaPositive(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const one = splat(V, 1);
    const low = x < one;
    // The sum of 1 / y over the steps down to [2, 3), as one fraction.
    var y = select(low, x + one, x);
    var over = splat(V, 0);
    var under = one;
    inline for (0..5) |_| {
        const high = y >= splat(V, 3);
        y = select(high, y - one, y);
        over = select(high, simd.mulAdd(over, y, under), over);
        under = select(high, under * y, under);
    }
    const root = (y - splat(V, c.digamma_root[0])) - splat(V, c.digamma_root[1]);
    const near = root * vector.polynomial(y - splat(V, c.digamma_near_middle), c.digamma_near);
    const beyond = vector.polynomial(y - splat(V, c.digamma_next_middle), c.digamma_next);
    const next = beyond + over / under;
    const below = select(low, near - one / x, select(y < splat(V, 2), near, next));
    const far = x >= splat(V, far_from);
    if (!@reduce(.Or, far)) return below;
    const inverse = one / x;
    const square = inverse * inverse;
    const series = square * vector.polynomial(square, c.digamma_far);
    return select(far, math.log(x) - (splat(V, 0.5) * inverse + series), below);
}

/// The derivative of digamma of order n, a whole number from 1 on: (-1)^(n + 1) n! zeta(n + 1, x).
pub inline fn polygamma(n: f64, x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    var factor: f64 = if (@rem(n, 2) == 1) 1 else -1;
    const limit = @min(n, 171); // 171! is infinite
    var i: f64 = 2;
    while (i <= limit) : (i += 1) factor *= i;
    return splat(V, factor) * zeta(splat(V, n + 1), x);
}

/// The sum of (k + q)^-s over k >= 0: infinite at s = 1 and at the poles q = 0, -1, -2 .., NaN for
/// s below 1, and for negative q unless s is whole.
pub inline fn zeta(s: anytype, q: @TypeOf(s)) @TypeOf(s) {
    const V = @TypeOf(s);
    const usual = @select(bool, s > splat(V, 1), q > splat(V, 0), s != s);
    if (@reduce(.And, usual)) return zetaPositive(V, s, q);
    return zetaAny(V, s, q);
}

noinline fn zetaAny(comptime V: type, s: V, q: V) V {
    const zero = splat(V, 0);
    const one = splat(V, 1);
    const negative = q < zero;
    const left = select(negative, q - @floor(q), q); // the first q above 0
    var value = zetaPositive(V, s, left);
    if (@reduce(.Or, negative)) {
        // Those below 0 are all the ones less those beyond q, mirrored.
        const before = zetaPositive(V, s, (@floor(q) + one) - q) - zetaPositive(V, s, one - q);
        const even = s == splat(V, 2) * @floor(splat(V, 0.5) * s);
        value = select(negative, value + select(even, before, -before), value);
    }
    const whole = @select(bool, q == @floor(q), q <= zero, q != q);
    value = select(whole, splat(V, infinity), value);
    const unknown = @select(bool, negative, s != @floor(s), q != q);
    value = select(@select(bool, whole, q != q, unknown), splat(V, nan), value);
    value = select(s < one, splat(V, nan), value);
    value = select(s == one, splat(V, infinity), value);
    return select(s == s, select(q == q, value, q), s);
}

/// Terms summed before the formula of Euler and Maclaurin takes the rest.
const terms = 10;

/// For s > 1, q > 0 (Abramowitz and Stegun 3.6.28).
noinline fn zetaPositive(comptime V: type, s: V, q: V) V {
    const one = splat(V, 1);
    const w = q + splat(V, terms);
    const inverse = one / w;
    const square = inverse * inverse;
    var series = splat(V, c.euler_maclaurin[c.euler_maclaurin.len - 1]);
    comptime var j = c.euler_maclaurin.len - 1;
    inline while (j > 0) : (j -= 1) {
        const rising = (s + splat(V, 2 * j - 1)) * (s + splat(V, 2 * j)) * square;
        series = simd.mulAdd(rising, series, splat(V, c.euler_maclaurin[j - 1]));
    }
    // Where the series diverges, all from w on is below 2^-80 of the first term.
    const corrections = select(s < splat(V, 6) * w, s * inverse * series, splat(V, 0));
    const integral = inversePower(w, s - one);
    var sum = integral * (one / (s - one) + inverse * (splat(V, 0.5) + corrections));
    var k: f64 = terms;
    while (k > 0) { // the smallest first
        k -= 1;
        sum += inversePower(q + splat(V, k), s);
    }
    return sum;
}

inline fn inversePower(x: anytype, s: @TypeOf(x)) @TypeOf(x) {
    const V = @TypeOf(x);
    const square = splat(V, 1) / (x * x);
    const usual = s == splat(V, 2);
    return if (@reduce(.And, usual)) square else select(usual, square, math.pow(x, -s));
}
