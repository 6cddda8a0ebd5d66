//! A plugin of one function and its gradient, each one expression: zig_swish(x) = x * sigmoid(x).
const plugin = @import("minitensor_plugin");
const math = plugin.math;
const simd = plugin.simd;
const splat = plugin.loops.splat;
const Binary = plugin.loops.Binary;
const Ternary = plugin.loops.Ternary;
const Unary = plugin.loops.Unary;
const Child = plugin.loops.Child;
const floats = plugin.loops.floats;

comptime {
    plugin.exportPlugin(.{
        .name = "zig_swish",
        .version = "1.0.0",
        .description = "x * sigmoid(x), written in Zig with the library's own loops",
        .author = "minitensor",
        .ops = &ops,
    });
}

const ops = [_]plugin.Op{
    .{
        .name = "zig_swish",
        .summary = "x * sigmoid(x)",
        .input_count = 1,
        .flags = plugin.interface.elementwise,
        .dtypes = plugin.floats,
        .saves = plugin.interface.saves_inputs,
        .infer = "same",
        .forward = &forward,
        .gradient = "zig_swish_gradient",
    },
    .{
        .name = "zig_swish_gradient",
        .summary = "grad times the slope of zig_swish at x",
        .input_count = 2,
        .flags = plugin.interface.elementwise,
        .dtypes = plugin.floats,
        .saves = plugin.interface.saves_inputs,
        .infer = "broadcast",
        .forward = &gradient,
        .backward = &backward,
    },
};

// out <- x
const forward = Unary(floats, struct {
    pub const cost = 0.25;
    pub inline fn f(x: anytype) @TypeOf(x) {
        return x * math.sigmoid(x);
    }
});

// out <- grad, x
const gradient = Binary(floats, struct {
    pub const cost = 0.3;
    pub inline fn f(grad: anytype, x: @TypeOf(grad)) @TypeOf(grad) {
        return grad * Swish(@TypeOf(x)).of(x).slope;
    }
});

// out <- outer, grad, x
const curvature = Ternary(floats, struct {
    pub const cost = 0.35;
    pub inline fn f(outer: anytype, grad: @TypeOf(outer), x: @TypeOf(outer)) @TypeOf(outer) {
        return outer * grad * Swish(@TypeOf(x)).of(x).curvature;
    }
});

/// grad's and x's gradients <- outer, grad, x
fn backward(call: *plugin.Call) callconv(.c) plugin.Status {
    if (plugin.needs(call, 0)) {
        var first = plugin.part(call, 0, &.{ 0, 2 });
        const status = gradient(&first);
        if (status != .ok) return status;
    }
    if (plugin.needs(call, 1)) {
        var second = plugin.part(call, 1, &.{ 0, 1, 2 });
        return curvature(&second);
    }
    return .ok;
}

/// The first two derivatives, from e^-|x|: exact where the sigmoid is all but 0 or 1.
fn Swish(comptime V: type) type {
    return struct {
        slope: V,
        curvature: V,

        inline fn of(x: V) @This() {
            const one = splat(V, 1);
            const e = math.exp(-@abs(x));
            const near = one / (one + e);
            const far = e * near;
            const sigmoid = @select(Child(V), x < splat(V, 0), far, near);
            const steepness = near * far;
            return .{
                .slope = simd.mulAdd(x, steepness, sigmoid),
                .curvature = steepness * simd.mulAdd(-@abs(x), near - far, splat(V, 2)),
            };
        }
    };
}
