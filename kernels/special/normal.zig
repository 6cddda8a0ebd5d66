//! The normal distribution function's inverse and logarithm, and the scaled complementary error
//! function, for vectors of f64.
const std = @import("std");
const math = @import("../math.zig");
const simd = @import("../simd.zig");
const vector = @import("../math/vector.zig");
const select = vector.select;
const splat = vector.splat;

const infinity = std.math.inf(f64);
const half_log_of_two_pi = 0.91893853320467274178;

/// log of the normal distribution function.
pub inline fn logNdtr(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const scaled = x * splat(V, -std.math.sqrt1_2);
    const high = x > splat(V, -1);
    const complement = splat(V, 0.5) * math.erfc(select(high, -scaled, scaled));
    const near = select(high, math.log1p(-complement), math.log(complement));
    const far = x < splat(V, -20);
    if (!@reduce(.Or, far)) return near;
    return select(far, logTail(V, x), near);
}

/// For x < -20: log(density / -x (1 - 1/x^2 + 3/x^4 - 15/x^6 ..)) (Abramowitz and Stegun 26.2.12).
noinline fn logTail(comptime V: type, x: V) V {
    const inverse = splat(V, 1) / (x * x);
    const coefficients = [_]f64{ -1, 3, -15, 105, -945, 10395, -135135, 2027025 };
    const series = math.log1p(inverse * vector.polynomial(inverse, coefficients));
    const value = splat(V, -0.5) * x * x - (math.log(-x) + splat(V, half_log_of_two_pi) - series);
    return select(x == splat(V, -infinity), x, value);
}

/// e^(x^2) erfc(x): to 25 from erfc itself, the rounding of x^2 made good; then by its asymptotic
/// series (7.1.23).
pub inline fn erfcx(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const square = x * x;
    const lost = vector.productError(x, x, square);
    const power = math.exp(square);
    const direct = math.erfc(x) * simd.mulAdd(power, lost, power);
    const inverse = splat(V, 0.5) / square;
    const series = vector.polynomial(inverse, [_]f64{ 1, -1, 3, -15, 105, -945, 10395 });
    const tail = splat(V, std.math.sqrt(1.0 / std.math.pi)) / x * series;
    const near = select(power == splat(V, infinity), power, direct); // x below -26.6
    return select(x > splat(V, 25), tail, near);
}

/// The quantile of the normal distribution: Wichura's algorithm AS 241 (1988), PPND16.
pub inline fn ndtri(p: anytype) @TypeOf(p) {
    const V = @TypeOf(p);
    const one = splat(V, 1);
    const q = p - splat(V, 0.5);
    const r = splat(V, 0.180625) - q * q;
    const centre = q * vector.polynomial(r, centre_over) / vector.polynomial(r, centre_under);
    const outer = @abs(q) > splat(V, 0.425);
    if (!@reduce(.Or, outer)) return centre;
    const low = q < splat(V, 0);
    const rest = select(low, p, one - p);
    const s = @sqrt(-math.log(rest));
    const near = s - splat(V, 1.6);
    const far = s - splat(V, 5);
    const beyond = s > splat(V, 5);
    const value = select(
        beyond,
        vector.polynomial(far, far_over) / vector.polynomial(far, far_under),
        vector.polynomial(near, near_over) / vector.polynomial(near, near_under),
    );
    const bounded = select(rest == splat(V, 0), splat(V, infinity), value);
    return select(outer, select(low, -bounded, bounded), centre);
}

const centre_over = [_]f64{
    3.3871328727963666080e0,  1.3314166789178437745e+2,
    1.9715909503065514427e+3, 1.3731693765509461125e+4,
    4.5921953931549871457e+4, 6.7265770927008700853e+4,
    3.3430575583588128105e+4, 2.5090809287301226727e+3,
};
const centre_under = [_]f64{
    1,                        4.2313330701600911252e+1,
    6.8718700749205790830e+2, 5.3941960214247511077e+3,
    2.1213794301586595867e+4, 3.9307895800092710610e+4,
    2.8729085735721942674e+4, 5.2264952788528545610e+3,
};
const near_over = [_]f64{
    1.42343711074968357734e0,  4.63033784615654529590e0,
    5.76949722146069140550e0,  3.64784832476320460504e0,
    1.27045825245236838258e0,  2.41780725177450611770e-1,
    2.27238449892691845833e-2, 7.74545014278341407640e-4,
};
const near_under = [_]f64{
    1,                         2.05319162663775882187e0,
    1.67638483018380384940e0,  6.89767334985100004550e-1,
    1.48103976427480074590e-1, 1.51986665636164571966e-2,
    5.47593808499534494600e-4, 1.05075007164441684324e-9,
};
const far_over = [_]f64{
    6.65790464350110377720e0,  5.46378491116411436990e0,
    1.78482653991729133580e0,  2.96560571828504891230e-1,
    2.65321895265761230930e-2, 1.24266094738807843860e-3,
    2.71155556874348757815e-5, 2.01033439929228813265e-7,
};
const far_under = [_]f64{
    1,                         5.99832206555887937690e-1,
    1.36929880922735805310e-1, 1.48753612908506148525e-2,
    7.86869131145613259100e-4, 1.84631831751005468180e-5,
    1.42151175831644588870e-7, 2.04426310338993978564e-15,
};
