//! Special functions, element by element. All are computed in f64, float32 tensors too, whose
//! results are then right to little more than half a unit in the last place.
const std = @import("std");
const bessel = @import("special/bessel.zig");
const gamma = @import("special/gamma.zig");
const incomplete = @import("special/incomplete.zig");
const loops = @import("loops.zig");
const normal = @import("special/normal.zig");
const simd = @import("simd.zig");

const floats = loops.floats;
const Binary = loops.Binary;
const Unary = loops.Unary;

pub const kernels = struct {
    // out <- x
    pub const lgamma = Unary(floats, One(gamma.lgamma, 2));
    pub const digamma = Unary(floats, One(gamma.digamma, 2));
    pub const @"i0" = Unary(floats, One(bessel.order0, 1.5));
    pub const i0e = Unary(floats, One(bessel.order0Scaled, 1.5));
    pub const @"i1" = Unary(floats, One(bessel.order1, 1.5));
    pub const i1e = Unary(floats, One(bessel.order1Scaled, 1.5));
    pub const ndtri = Unary(floats, One(normal.ndtri, 2));
    pub const logNdtr = Unary(floats, One(normal.logNdtr, 2));
    pub const erfcx = Unary(floats, One(normal.erfcx, 2));
    /// The derivative of digamma of order n >= 1; attributes: n.
    pub const polygamma = Unary(floats, struct {
        pub const cost = 20;
        pub const attributes = 1;
        pub inline fn f(x: anytype, n: [1]@TypeOf(x)) @TypeOf(x) {
            return map(@TypeOf(x), .{ x, n[0][0] }, struct {
                inline fn of(given: anytype, comptime index: comptime_int) Part {
                    return outside(given[1], part(given[0], index));
                }
            }.of);
        }
        noinline fn outside(n: f64, x: Part) Part {
            return gamma.polygamma(n, x);
        }
    });

    // out <- x, y
    pub const zeta = Binary(floats, Two(gamma.zeta, 20));
    /// The regularised lower incomplete gamma function P(x, y).
    pub const gammainc = Binary(floats, Two(incomplete.lower, 20));
    /// The upper one, Q(x, y) = 1 - P(x, y).
    pub const gammaincc = Binary(floats, Two(incomplete.upper, 20));
    /// How a sample y of the gamma distribution of shape x moves with the shape while its share of
    /// the distribution stays: -(dP/dx) / (dP/dy).
    pub const gammaSlope = Binary(floats, Two(incomplete.sampleSlope, 20));
    /// The same for the logarithm y of a sample.
    pub const gammaLogSlope = Binary(floats, Two(incomplete.logSampleSlope, 20));
};

/// What the functions are compiled for: one vector of f64.
const lanes = simd.lanes(f64);
const Part = @Vector(lanes, f64);

/// Number of parts that a vector makes.
fn parts(comptime V: type) comptime_int {
    return @typeInfo(V).vector.len / lanes;
}

inline fn part(x: anytype, comptime index: comptime_int) Part {
    return @floatCast(std.simd.extract(x, index * lanes, lanes));
}

/// A function of x, one part at a time, out of line: inlined, these functions would be most of the
/// library.
inline fn map(comptime V: type, context: anytype, comptime function: anytype) V {
    var result: [@typeInfo(V).vector.len]loops.Child(V) = undefined;
    inline for (0..parts(V)) |index| {
        const one: @Vector(lanes, loops.Child(V)) = @floatCast(function(context, index));
        result[index * lanes ..][0..lanes].* = one;
    }
    return result;
}

fn One(comptime function: anytype, comptime nanoseconds: comptime_float) type {
    return struct {
        pub const cost = nanoseconds;
        pub inline fn f(x: anytype) @TypeOf(x) {
            return map(@TypeOf(x), x, struct {
                inline fn of(all: anytype, comptime index: comptime_int) Part {
                    return outside(part(all, index));
                }
            }.of);
        }
        noinline fn outside(x: Part) Part {
            return function(x);
        }
    };
}

fn Two(comptime function: anytype, comptime nanoseconds: comptime_float) type {
    return struct {
        pub const cost = nanoseconds;
        pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return map(@TypeOf(x), .{ x, y }, struct {
                inline fn of(both: anytype, comptime index: comptime_int) Part {
                    return outside(part(both[0], index), part(both[1], index));
                }
            }.of);
        }
        noinline fn outside(x: Part, y: Part) Part {
            return function(x, y);
        }
    };
}
