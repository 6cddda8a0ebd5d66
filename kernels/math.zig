//! Stand-in, one lane at a time.
const std = @import("std");
fn each(x: anytype, comptime f: anytype) @TypeOf(x) {
    const info = @typeInfo(@TypeOf(x)).vector;
    var a: [info.len]info.child = x;
    for (&a) |*e| e.* = f(e.*);
    return a;
}
pub fn exp(x: anytype) @TypeOf(x) {
    return @exp(x);
}
pub fn exp2(x: anytype) @TypeOf(x) {
    return @exp2(x);
}
pub fn log(x: anytype) @TypeOf(x) {
    return @log(x);
}
pub fn log2(x: anytype) @TypeOf(x) {
    return @log2(x);
}
pub fn log10(x: anytype) @TypeOf(x) {
    return @log10(x);
}
pub fn log1p(x: anytype) @TypeOf(x) {
    return each(x, std.math.log1p);
}
pub fn expm1(x: anytype) @TypeOf(x) {
    return each(x, std.math.expm1);
}
pub fn sin(x: anytype) @TypeOf(x) {
    return @sin(x);
}
pub fn cos(x: anytype) @TypeOf(x) {
    return @cos(x);
}
pub fn tan(x: anytype) @TypeOf(x) {
    return @tan(x);
}
pub fn tanh(x: anytype) @TypeOf(x) {
    return each(x, std.math.tanh);
}
pub fn sigmoid(x: anytype) @TypeOf(x) {
    const one: @TypeOf(x) = @splat(1);
    return one / (one + @exp(-x));
}
pub fn erf(x: anytype) @TypeOf(x) {
    return tanh(x);
}
pub fn pow(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    return @exp(y * @log(x));
}
pub fn expFast(x: anytype) @TypeOf(x) {
    return exp(x);
}
pub fn tanhFast(x: anytype) @TypeOf(x) {
    return tanh(x);
}
