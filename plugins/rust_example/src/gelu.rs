//! x * P(x) with P the normal distribution function, and its first two derivatives, within 1e-15.

use std::f64::consts::FRAC_1_SQRT_2;

#[cfg_attr(unix, link(name = "m"))]
extern "C" {
    fn erfc(x: f64) -> f64;
}

/// 1 / sqrt(2 pi)
const DENSITY_AT_ZERO: f64 = 0.398_942_280_401_432_7;
/// What FRAC_1_SQRT_2 lacks of sqrt(1/2).
const FRAC_1_SQRT_2_LOW: f64 = -4.833_646_656_726_457e-17;
/// Beyond, the distribution is 0 or 1 and the density 0, in double precision.
const FAR: f64 = 40.0;

fn density(x: f64) -> f64 {
    let x = x.clamp(-FAR, FAR); // keeps NaN; x * density is then 0 at the infinities
    DENSITY_AT_ZERO * (-0.5 * x * x).exp()
}

/// erfc(-x / sqrt(2)) / 2. The tail is steep: what rounding took from the argument is given back by
/// erfc's slope.
fn distribution(x: f64) -> f64 {
    let argument = -x * FRAC_1_SQRT_2;
    let lost = (-x).mul_add(FRAC_1_SQRT_2, -argument) - x * FRAC_1_SQRT_2_LOW;
    // SAFETY: a function of the C library without state.
    let half = 0.5 * unsafe { erfc(argument) };
    if x.abs() < FAR { half - lost * std::f64::consts::SQRT_2 * density(x) } else { half }
}

pub fn value(x: f64) -> f64 {
    if x == f64::NEG_INFINITY { -0.0 } else { x * distribution(x) }
}

pub fn slope(x: f64) -> f64 {
    distribution(x) + x.clamp(-FAR, FAR) * density(x)
}

pub fn curvature(x: f64) -> f64 {
    let near = x.clamp(-FAR, FAR);
    (2.0 - near * near) * density(x)
}
