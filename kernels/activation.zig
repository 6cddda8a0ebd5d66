//! Activation functions and their gradients, each one pass over its inputs.
const std = @import("std");
const loops = @import("loops.zig");
const math = @import("math.zig");
const simd = @import("simd.zig");

const Child = loops.Child;
const splat = loops.splat;
const floats = loops.floats;
const Binary = loops.Binary;
const Unary = loops.Unary;

pub const kernels = struct {
    /// NaN stays, because it is not below 0.
    pub const relu = Unary(loops.numeric, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            const zero = splat(@TypeOf(x), 0);
            return @select(Child(@TypeOf(x)), zero > x, zero, x);
        }
    });
    pub const relu6 = Unary(floats, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            return within(x, 0, 6);
        }
    });
    pub const hardswish = Unary(floats, struct {
        pub inline fn f(x: anytype) @TypeOf(x) {
            const V = @TypeOf(x);
            return x * within(x + splat(V, 3), 0, 6) * splat(V, 1.0 / 6.0);
        }
    });
    /// x > 0 ? x : slope * x; attributes: slope.
    pub const leakyRelu = Unary(floats, struct {
        pub const attributes = 1;
        pub inline fn f(x: anytype, c: [1]@TypeOf(x)) @TypeOf(x) {
            return @select(Child(@TypeOf(x)), x > splat(@TypeOf(x), 0), x, c[0] * x);
        }
    });
    /// x > 0 ? x : alpha * (exp(x) - 1); attributes: alpha.
    pub const elu = Unary(floats, struct {
        pub const cost = 0.3;
        pub const attributes = 1;
        pub inline fn f(x: anytype, c: [1]@TypeOf(x)) @TypeOf(x) {
            const zero = splat(@TypeOf(x), 0);
            return @select(Child(@TypeOf(x)), x > zero, x, c[0] * math.expm1(x));
        }
    });
    pub const sigmoid = Unary(floats, struct {
        pub const cost = 0.25;
        pub inline fn f(x: anytype) @TypeOf(x) {
            return math.sigmoid(x);
        }
    });
    pub const silu = Unary(floats, struct {
        pub const cost = 0.25;
        pub inline fn f(x: anytype) @TypeOf(x) {
            return x * math.sigmoid(x);
        }
    });
    /// x * (the normal distribution function at x).
    pub const gelu = Unary(floats, struct {
        pub const cost = 0.4;
        pub inline fn f(x: anytype) @TypeOf(x) {
            return x * math.normal(x);
        }
    });
    /// x / 2 * (1 + tanh u) = x * sigmoid(2u), without the cancellation at the left end.
    pub const geluTanh = Unary(floats, struct {
        pub const cost = 0.3;
        pub inline fn f(x: anytype) @TypeOf(x) {
            return x * math.sigmoid(geluArgument(x));
        }
    });
    /// log(1 + exp(beta * x)) / beta, x itself where beta * x exceeds the threshold; attributes:
    /// beta, threshold.
    pub const softplus = Unary(floats, struct {
        pub const cost = 0.6;
        pub const attributes = 2;
        pub inline fn f(x: anytype, c: [2]@TypeOf(x)) @TypeOf(x) {
            const scaled = x * c[0];
            return @select(Child(@TypeOf(x)), scaled > c[1], x, math.log1p(math.exp(scaled)) / c[0]);
        }
    });
    /// x * tanh(softplus(x)).
    pub const mish = Unary(floats, struct {
        pub const cost = 0.3;
        pub inline fn f(x: anytype) @TypeOf(x) {
            return x * Mish(@TypeOf(x)).of(x).tanh;
        }
    });

    // out <- grad, output
    pub const reluGradient = Binary(floats, struct {
        pub inline fn f(grad: anytype, output: @TypeOf(grad)) @TypeOf(grad) {
            const zero = splat(@TypeOf(grad), 0);
            return @select(Child(@TypeOf(grad)), output <= zero, zero, grad);
        }
    });
    pub const sigmoidGradient = Binary(floats, struct {
        pub inline fn f(grad: anytype, output: @TypeOf(grad)) @TypeOf(grad) {
            return grad * output * (splat(@TypeOf(grad), 1) - output);
        }
    });
    pub const tanhGradient = Binary(floats, struct {
        pub inline fn f(grad: anytype, output: @TypeOf(grad)) @TypeOf(grad) {
            return grad * (splat(@TypeOf(grad), 1) - output * output);
        }
    });

    // out <- grad, x; attributes as the function's
    pub const leakyReluGradient = Binary(floats, struct {
        pub const attributes = 1;
        pub inline fn f(grad: anytype, x: @TypeOf(grad), c: [1]@TypeOf(grad)) @TypeOf(grad) {
            return @select(Child(@TypeOf(x)), x > splat(@TypeOf(x), 0), grad, c[0] * grad);
        }
    });
    pub const eluGradient = Binary(floats, struct {
        pub const cost = 0.25;
        pub const attributes = 1;
        pub inline fn f(grad: anytype, x: @TypeOf(grad), c: [1]@TypeOf(grad)) @TypeOf(grad) {
            const slope = c[0] * math.exp(x);
            return @select(Child(@TypeOf(x)), x > splat(@TypeOf(x), 0), grad, grad * slope);
        }
    });
    pub const siluGradient = Binary(floats, struct {
        pub const cost = 0.3;
        pub inline fn f(grad: anytype, x: @TypeOf(grad)) @TypeOf(grad) {
            const s = Logistic(@TypeOf(x)).of(x);
            return grad * simd.mulAdd(x, s.slope, s.value);
        }
    });
    pub const geluGradient = Binary(floats, struct {
        pub const cost = 0.6;
        pub inline fn f(grad: anytype, x: @TypeOf(grad)) @TypeOf(grad) {
            const V = @TypeOf(x);
            const density = splat(V, 1.0 / @sqrt(2.0 * std.math.pi)) * math.expFast(splat(V, -0.5) * x * x);
            return grad * simd.mulAdd(x, density, math.normal(x));
        }
    });
    pub const geluTanhGradient = Binary(floats, struct {
        pub const cost = 0.4;
        pub inline fn f(grad: anytype, x: @TypeOf(grad)) @TypeOf(grad) {
            const V = @TypeOf(x);
            const s = Logistic(V).of(geluArgument(x));
            const inner = splat(V, 2 * gelu_scale) * simd.mulAdd(splat(V, 3 * gelu_cubic), x * x, splat(V, 1));
            return grad * simd.mulAdd(x * s.slope, inner, s.value);
        }
    });
    pub const softplusGradient = Binary(floats, struct {
        pub const cost = 0.3;
        pub const attributes = 2;
        pub inline fn f(grad: anytype, x: @TypeOf(grad), c: [2]@TypeOf(grad)) @TypeOf(grad) {
            const scaled = x * c[0];
            return @select(Child(@TypeOf(x)), scaled > c[1], grad, grad * math.sigmoid(scaled));
        }
    });
    pub const mishGradient = Binary(floats, struct {
        pub const cost = 0.4;
        pub inline fn f(grad: anytype, x: @TypeOf(grad)) @TypeOf(grad) {
            const m = Mish(@TypeOf(x)).of(x);
            return grad * simd.mulAdd(m.x, m.slope, m.tanh);
        }
    });
};

const gelu_scale = @sqrt(2.0 / std.math.pi);
const gelu_cubic = 0.044715;

/// NaN stays.
inline fn within(x: anytype, comptime low: comptime_float, comptime high: comptime_float) @TypeOf(x) {
    const V = @TypeOf(x);
    const above = @select(Child(V), splat(V, low) > x, splat(V, low), x);
    return @select(Child(V), splat(V, high) < above, splat(V, high), above);
}

/// Twice the argument of tanh in the approximation.
inline fn geluArgument(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    return splat(V, 2 * gelu_scale) * x * simd.mulAdd(splat(V, gelu_cubic), x * x, splat(V, 1));
}

/// The sigmoid and its slope s * (1 - s), both from e^-|x| and so exact where s is all but 0 or 1.
fn Logistic(comptime V: type) type {
    return struct {
        value: V,
        slope: V,

        inline fn of(x: V) @This() {
            const one = splat(V, 1);
            const e = math.exp(-@abs(x));
            const near = one / (one + e);
            const far = e * near;
            return .{ .value = @select(Child(V), x < splat(V, 0), far, near), .slope = near * far };
        }
    };
}

/// tanh(softplus(x)) = n / (n + 2) with e = exp(x), n = e * (e + 2): one exponential instead of
/// three functions. Beyond x = 40 it is 1 in both precisions, and e * e still fits.
fn Mish(comptime V: type) type {
    return struct {
        x: V,
        tanh: V,
        /// Its derivative: 4 e (e + 1) / (n + 2)^2, divided factor by factor so that nothing
        /// overflows.
        slope: V,

        inline fn of(x: V) @This() {
            const T = Child(V);
            const one = splat(V, 1);
            const two = splat(V, 2);
            const limit = splat(V, 40);
            const capped = @select(T, x > limit, limit, x);
            const e = math.exp(capped);
            const n = e * (e + two);
            const inverse = one / (n + two);
            return .{ .x = capped, .tanh = n * inverse, .slope = splat(V, 4) * (e * inverse) * ((e + one) * inverse) };
        }
    };
}

const testing = @import("testing.zig");

fn run(comptime T: type, kernel: anytype, out: []T, inputs: []const []const T, attributes: []const f64) !void {
    const abi = @import("abi");
    var views: [2]abi.View = undefined;
    for (inputs, views[0..inputs.len]) |input, *view| view.* = testing.contiguous(T, input, &.{input.len});
    try testing.run(kernel, &.{testing.contiguous(T, out, &.{out.len})}, views[0..inputs.len], attributes);
}

test "relu keeps NaN, its gradient passes there" {
    inline for (.{ f32, f64 }) |T| {
        const nan = std.math.nan(T);
        const x = [_]T{ -1, 0, 2, nan, std.math.inf(T), -std.math.inf(T) };
        const grad: [6]T = @splat(3);
        var out: [6]T = undefined;
        try run(T, kernels.relu, &out, &.{&x}, &.{});
        try std.testing.expectEqualSlices(T, &.{ 0, 0, 2 }, out[0..3]);
        try std.testing.expect(std.math.isNan(out[3]));
        try run(T, kernels.reluGradient, &out, &.{ &grad, &x }, &.{});
        try std.testing.expectEqual([6]T{ 0, 0, 3, 3, 3, 0 }, out);
        try run(T, kernels.relu6, &out, &.{&x}, &.{});
        try std.testing.expectEqual(@as(T, 6), out[4]);
        try std.testing.expect(std.math.isNan(out[3]));
    }
}

/// A gradient kernel in f64 against the central difference of its function, f32 against f64.
fn expectGradient(function: anytype, gradient: anytype, comptime of_output: bool, attributes: []const f64) !void {
    const step = 1e-5;
    var x: [161]f64 = undefined;
    var above: [161]f64 = undefined;
    var below: [161]f64 = undefined;
    var saved: [161]f64 = undefined;
    var out: [161]f64 = undefined;
    const grad: [161]f64 = @splat(2);
    for (&x, &above, &below, 0..) |*e, *a, *b, i| {
        e.* = (@as(f64, @floatFromInt(i)) - 79.7) * 0.1;
        a.* = e.* + step;
        b.* = e.* - step;
    }
    saved = x;
    if (of_output) try run(f64, function, &saved, &.{&x}, attributes);
    try run(f64, gradient, &out, &.{ &grad, &saved }, attributes);
    try run(f64, function, &above, &.{&above}, attributes);
    try run(f64, function, &below, &.{&below}, attributes);
    for (out, above, below) |got, a, b| try std.testing.expectApproxEqAbs((a - b) / step, got, 1e-6);

    var single: [161]f32 = undefined;
    var single_out: [161]f32 = undefined;
    const single_grad: [161]f32 = @splat(2);
    for (&single, saved) |*e, s| e.* = @floatCast(s);
    try run(f32, gradient, &single_out, &.{ &single_grad, &single }, attributes);
    for (single_out, out) |got, want| try std.testing.expectApproxEqAbs(@as(f32, @floatCast(want)), got, 4e-6);
}

test "gradients are the slopes of their functions" {
    const tanh = @import("elementwise.zig").kernels.tanh;
    try expectGradient(kernels.relu, kernels.reluGradient, true, &.{});
    try expectGradient(kernels.sigmoid, kernels.sigmoidGradient, true, &.{});
    try expectGradient(tanh, kernels.tanhGradient, true, &.{});
    try expectGradient(kernels.leakyRelu, kernels.leakyReluGradient, false, &.{0.1});
    try expectGradient(kernels.elu, kernels.eluGradient, false, &.{1.3});
    try expectGradient(kernels.silu, kernels.siluGradient, false, &.{});
    try expectGradient(kernels.gelu, kernels.geluGradient, false, &.{});
    try expectGradient(kernels.geluTanh, kernels.geluTanhGradient, false, &.{});
    try expectGradient(kernels.softplus, kernels.softplusGradient, false, &.{ 1.5, 20 });
    try expectGradient(kernels.mish, kernels.mishGradient, false, &.{});
}

test "activations: known values" {
    const x = [_]f64{ -2, 0, 1, 50 };
    const cases = .{
        .{ kernels.sigmoid, [4]f64{ 0.11920292202211755, 0.5, 0.7310585786300049, 1 }, &[_]f64{} },
        .{ kernels.silu, [4]f64{ -0.2384058440442351, 0, 0.7310585786300049, 50 }, &[_]f64{} },
        .{ kernels.gelu, [4]f64{ -0.04550026389635842, 0, 0.8413447460685429, 50 }, &[_]f64{} },
        .{ kernels.geluTanh, [4]f64{ -0.04540230591222494, 0, 0.8411919906082768, 50 }, &[_]f64{} },
        .{ kernels.mish, [4]f64{ -0.2525014826957088, 0, 0.8650983882673103, 50 }, &[_]f64{} },
        .{ kernels.hardswish, [4]f64{ -1.0 / 3.0, 0, 2.0 / 3.0, 50 }, &[_]f64{} },
        .{ kernels.softplus, [4]f64{ 0.009074963974861226, 0.34657359027997264, 1.0634640055214863, 50 }, &[_]f64{ 2, 20 } },
        .{ kernels.elu, [4]f64{ -0.8646647167633873, 0, 1, 50 }, &[_]f64{1} },
        .{ kernels.leakyRelu, [4]f64{ -0.5, 0, 1, 50 }, &[_]f64{0.25} },
    };
    inline for (cases) |case| {
        var out: [4]f64 = undefined;
        try run(f64, case[0], &out, &.{&x}, case[2]);
        for (case[1], out) |want, got| try std.testing.expectApproxEqAbs(want, got, 1e-6);
        var single: [4]f32 = undefined;
        try run(f32, case[0], &single, &.{&.{ -2, 0, 1, 50 }}, case[2]);
        for (case[1], single) |want, got| try std.testing.expectApproxEqAbs(@as(f32, @floatCast(want)), got, 2e-6);
    }
}
