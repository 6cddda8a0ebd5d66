//! Elementary functions of vectors of f32 or f64 of any length, at every CPU level.
//!
//! The error is at most 2.5 units in the last place where it was measured (erfc in f64 without FMA:
//! 2.52), for most functions 1 to 2: the table in math/test.zig has each one's, and says how.
//! Denormals, infinities, NaN and signed zeros are as in C99. The Fast ones are for use inside
//! other kernels and promise less.
const exponential = @import("math/exponential.zig");
const logarithm = @import("math/logarithm.zig");
const trigonometric = @import("math/trigonometric.zig");
const error_functions = @import("math/error.zig");

pub const exp = exponential.exp;
pub const exp2 = exponential.exp2;
pub const expm1 = exponential.expm1;
pub const expFast = exponential.expFast;
pub const sigmoid = exponential.sigmoid;
pub const sinh = exponential.sinh;
pub const cosh = exponential.cosh;
pub const tanh = exponential.tanh;
pub const tanhFast = exponential.tanhFast;

pub const log = logarithm.log;
pub const log2 = logarithm.log2;
pub const log10 = logarithm.log10;
pub const log1p = logarithm.log1p;
pub const asinh = logarithm.asinh;
pub const acosh = logarithm.acosh;
pub const atanh = logarithm.atanh;

pub const sin = trigonometric.sin;
pub const cos = trigonometric.cos;
pub const tan = trigonometric.tan;
pub const asin = trigonometric.asin;
pub const acos = trigonometric.acos;
pub const atan = trigonometric.atan;

pub const erf = error_functions.erf;
pub const erfc = error_functions.erfc;
pub const normal = error_functions.normal;

pub const pow = @import("math/power.zig").pow;

test {
    _ = @import("math/test.zig");
}
