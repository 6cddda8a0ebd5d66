//! Special functions, element by element. All are computed in f64, float32 tensors too, whose
//! results are then right to little more than half a unit in the last place.
const bessel = @import("special_bessel.zig");
const gamma = @import("special_gamma.zig");
const incomplete = @import("special_incomplete.zig");
const loops = @import("loops.zig");
const normal = @import("special_normal.zig");

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
            return @floatCast(gamma.polygamma(@floatCast(n[0][0]), widened(x)));
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
};

fn Wide(comptime V: type) type {
    return @Vector(@typeInfo(V).vector.len, f64);
}

inline fn widened(x: anytype) Wide(@TypeOf(x)) {
    return @floatCast(x);
}

fn One(comptime function: anytype, comptime nanoseconds: comptime_float) type {
    return struct {
        pub const cost = nanoseconds;
        pub inline fn f(x: anytype) @TypeOf(x) {
            return @floatCast(function(widened(x)));
        }
    };
}

fn Two(comptime function: anytype, comptime nanoseconds: comptime_float) type {
    return struct {
        pub const cost = nanoseconds;
        pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return @floatCast(function(widened(x), widened(y)));
        }
    };
}
