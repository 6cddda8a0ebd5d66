//! Optimizer steps and gradient clipping over many tensors in one call.
//!
//! Input 0 is a contiguous float64 matrix with one row a tensor: addresses of its arrays (0:
//! absent), its number of elements, its dtype's code (float32 or float64), numbers. The arrays are
//! contiguous, and are updated in place. The tensors' elements, one after the other, are cut into
//! chunks of 16K: a large tensor is shared by threads, small ones share a chunk.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");

pub const kernels = struct {
    /// Rows: parameter, gradient, momentum buffer or 0, count, dtype, first step (1: buffer <-
    /// gradient). Attributes: learning rate, momentum, dampening, weight decay, nesterov, maximize.
    pub fn sgd(call: *abi.Call) callconv(.c) abi.Status {
        const rule: Sgd = .{
            .rate = call.attribute(0),
            .momentum = call.attribute(1),
            .kept = 1 - call.attribute(2),
            .decay = call.attribute(3),
            .nesterov = call.attribute(4) != 0,
            .sign = if (call.attribute(5) != 0) -1 else 1,
        };
        return overTensors(call, .{ .fields = 6, .count = 3, .dtype = 4 }, 0.25, &rule, null);
    }

    /// Rows: parameter, gradient, m, v, largest v (amsgrad) or 0, count, dtype, step (from 1).
    /// Attributes: learning rate, beta 1, beta 2, epsilon, weight decay, decoupled (AdamW),
    /// maximize.
    pub fn adam(call: *abi.Call) callconv(.c) abi.Status {
        const rule: Adam = .{
            .rate = call.attribute(0),
            .beta = .{ call.attribute(1), call.attribute(2) },
            .epsilon = call.attribute(3),
            .weight_decay = call.attribute(4),
            .decay = if (call.attribute(4) == 0) .none else if (call.attribute(5) != 0) .decoupled else .coupled,
            .sign = if (call.attribute(6) != 0) -1 else 1,
        };
        return overTensors(call, .{ .fields = 8, .count = 5, .dtype = 6 }, 0.5, &rule, null);
    }

    /// Rows: array, count, dtype. Attribute: factor.
    pub fn scaleAll(call: *abi.Call) callconv(.c) abi.Status {
        const rule: Scale = .{ .factor = call.attribute(0) };
        return overTensors(call, .{ .fields = 3, .count = 1, .dtype = 2 }, 0.15, &rule, null);
    }

    /// out [1] (float64): the sum of all elements' squares. Rows: array, count, dtype.
    pub fn sumSquaresAll(call: *abi.Call) callconv(.c) abi.Status {
        if (call.output(0).kind() != .float64) return .bad_dtype;
        const rule: SumSquares = .{};
        return overTensors(call, .{ .fields = 3, .count = 1, .dtype = 2 }, 0.1, &rule, &call.output(0).pointer(f64)[0]);
    }
};

/// Where in a row the count and the dtype are.
const Layout = struct { fields: usize, count: usize, dtype: usize };

const chunk_size = 16 << 10;
/// Tensors begin at multiples of this in the row of all elements, so that chunks begin at cache
/// lines.
const spacing = 64;

/// Runs `rule.apply(T, row, first, count)`, which returns an f64, over all elements; `total`
/// receives the sum of what it returns.
fn overTensors(call: *abi.Call, comptime layout: Layout, nanoseconds: f64, rule: anytype, total: ?*f64) abi.Status {
    const view = call.input(0);
    const count = view.extent(0);
    std.debug.assert(view.dims() == 2);
    std.debug.assert(view.extent(1) == layout.fields);
    const rows = view.pointer(f64);
    var end: usize = 0;
    for (0..count) |i| {
        const row = rows + i * layout.fields;
        if (row[layout.dtype] != 0 and row[layout.dtype] != 1) return .bad_dtype;
        end += spaced(row[layout.count]);
    }
    const chunks = std.math.divCeil(usize, end, chunk_size) catch unreachable;
    const words = runtime.scratch(.call, u64, count + chunks) orelse
        return call.fail(.out_of_memory, @floatFromInt(8 * (count + chunks)), 0);
    var start: usize = 0;
    for (words[0..count], 0..) |*first, i| {
        first.* = start;
        start += spaced(rows[i * layout.fields + layout.count]);
    }
    const Work = Tensors(layout, @TypeOf(rule));
    const work: Work = .{ .rows = rows, .starts = words[0..count], .parts = @ptrCast(words + count), .rule = rule };
    runtime.parallelFor(chunks, @as(f64, @floatFromInt(end)) * nanoseconds, &work, Work.chunk);
    if (total) |sum| {
        sum.* = 0;
        for (work.parts[0..chunks]) |part| sum.* += part;
    }
    return .ok;
}

fn spaced(count: f64) usize {
    return std.mem.alignForward(usize, abi.toUsize(count), spacing);
}

fn Tensors(comptime layout: Layout, comptime Rule: type) type {
    return struct {
        rows: [*]const f64,
        /// Where each tensor begins in the row of all elements.
        starts: []const u64,
        /// What each chunk returned.
        parts: [*]f64,
        rule: Rule,

        fn chunk(work: *const @This(), index: usize) void {
            const begin = index * chunk_size;
            // The last tensor that begins at or before the chunk. Empty ones begin where the next
            // does.
            var tensor = std.sort.upperBound(u64, work.starts, @as(u64, begin), order) - 1;
            var sum: f64 = 0;
            while (tensor < work.starts.len and work.starts[tensor] < begin + chunk_size) : (tensor += 1) {
                const row = work.rows + tensor * layout.fields;
                const size = abi.toUsize(row[layout.count]);
                const first = begin -| work.starts[tensor];
                const count = @min(size, begin + chunk_size - work.starts[tensor]) -| first;
                if (count == 0) continue;
                sum += if (row[layout.dtype] == 0)
                    work.rule.apply(f32, row, first, count)
                else
                    work.rule.apply(f64, row, first, count);
            }
            work.parts[index] = sum;
        }

        fn order(begin: u64, start: u64) std.math.Order {
            return std.math.order(begin, start);
        }
    };
}

/// The array at an address of a row, from element `first` on.
fn array(comptime T: type, address: f64, first: usize) [*]T {
    return @as([*]T, @ptrFromInt(abi.toUsize(address))) + first;
}

inline fn splat(comptime T: type, value: f64) simd.Vector(T) {
    return @splat(@floatCast(value));
}

/// Runs `step(constants, vectors)` over arrays of one length, a vector of each at a time. It
/// updates the vectors, of which the first `written` are stored.
inline fn sweep(
    comptime T: type,
    comptime arrays: usize,
    comptime written: usize,
    pointers: [arrays][*]T,
    count: usize,
    constants: anytype,
    comptime step: fn (constants: @TypeOf(constants), vectors: *[arrays]simd.Vector(T)) callconv(.@"inline") void,
) void {
    const lanes = simd.lanes(T);
    var vectors: [arrays]simd.Vector(T) = undefined;
    var i: usize = 0;
    while (i + lanes <= count) : (i += lanes) {
        inline for (pointers, &vectors) |pointer, *vector| vector.* = simd.load(T, pointer + i);
        step(constants, &vectors);
        inline for (pointers[0..written], vectors[0..written]) |pointer, vector| simd.store(T, pointer + i, vector);
    }
    if (i == count) return;
    inline for (pointers, &vectors) |pointer, *vector| vector.* = simd.loadPart(T, pointer + i, count - i);
    step(constants, &vectors);
    inline for (pointers[0..written], vectors[0..written]) |pointer, vector| {
        simd.storePart(T, pointer + i, vector, count - i);
    }
}

const Sgd = struct {
    rate: f64,
    momentum: f64,
    /// 1 - dampening
    kept: f64,
    decay: f64,
    nesterov: bool,
    sign: f64,

    const Form = struct { decay: bool, buffer: enum { none, first, running }, nesterov: bool };

    fn apply(rule: *const Sgd, comptime T: type, row: [*]const f64, first: usize, count: usize) f64 {
        const parameter = array(T, row[0], first);
        const gradient = array(T, row[1], first);
        const has_buffer = row[2] != 0 and rule.momentum != 0;
        inline for (.{ false, true }) |decay| if ((rule.decay != 0) == decay) {
            if (!has_buffer) {
                const step = Step(T, .{ .decay = decay, .buffer = .none, .nesterov = false });
                sweep(T, 2, 1, .{ parameter, gradient }, count, step.init(rule), step.plain);
            } else inline for (.{ false, true }) |nesterov| if (rule.nesterov == nesterov) {
                const arrays = .{ parameter, array(T, row[2], first), gradient };
                if (row[5] != 0) {
                    const step = Step(T, .{ .decay = decay, .buffer = .first, .nesterov = nesterov });
                    sweep(T, 3, 2, arrays, count, step.init(rule), step.buffered);
                } else {
                    const step = Step(T, .{ .decay = decay, .buffer = .running, .nesterov = nesterov });
                    sweep(T, 3, 2, arrays, count, step.init(rule), step.buffered);
                }
            };
        };
        return 0;
    }

    fn Step(comptime T: type, comptime form: Form) type {
        return struct {
            minus_rate: V,
            momentum: V,
            kept: V,
            decay: V,
            sign: V,

            const V = simd.Vector(T);

            fn init(rule: *const Sgd) @This() {
                return .{
                    .minus_rate = splat(T, -rule.rate),
                    .momentum = splat(T, rule.momentum),
                    .kept = splat(T, rule.kept),
                    .decay = splat(T, rule.decay),
                    .sign = splat(T, rule.sign),
                };
            }

            /// parameter, gradient
            inline fn plain(step: @This(), vectors: *[2]V) void {
                const gradient = step.decayed(vectors[1], vectors[0]);
                vectors[0] = simd.mulAdd(gradient, step.minus_rate, vectors[0]);
            }

            /// parameter, buffer, gradient
            inline fn buffered(step: @This(), vectors: *[3]V) void {
                const gradient = step.decayed(vectors[2], vectors[0]);
                const buffer = if (form.buffer == .first)
                    gradient
                else
                    simd.mulAdd(vectors[1], step.momentum, gradient * step.kept);
                const direction = if (form.nesterov) simd.mulAdd(buffer, step.momentum, gradient) else buffer;
                vectors[1] = buffer;
                vectors[0] = simd.mulAdd(direction, step.minus_rate, vectors[0]);
            }

            inline fn decayed(step: @This(), gradient: V, parameter: V) V {
                const signed = gradient * step.sign;
                return if (form.decay) simd.mulAdd(parameter, step.decay, signed) else signed;
            }
        };
    }
};

const Adam = struct {
    rate: f64,
    beta: [2]f64,
    epsilon: f64,
    weight_decay: f64,
    decay: Decay,
    sign: f64,

    const Decay = enum { none, coupled, decoupled };

    fn apply(rule: *const Adam, comptime T: type, row: [*]const f64, first: usize, count: usize) f64 {
        const parameter = array(T, row[0], first);
        const gradient = array(T, row[1], first);
        const m = array(T, row[2], first);
        const v = array(T, row[3], first);
        inline for (comptime std.enums.values(Decay)) |decay| if (rule.decay == decay) {
            const step = Step(T, decay);
            const constants = step.init(rule, row[7]);
            if (row[4] != 0) {
                const largest = array(T, row[4], first);
                sweep(T, 5, 4, .{ parameter, m, v, largest, gradient }, count, constants, step.amsgrad);
            } else {
                sweep(T, 4, 3, .{ parameter, m, v, gradient }, count, constants, step.plain);
            }
        };
        return 0;
    }

    fn Step(comptime T: type, comptime decay: Decay) type {
        return struct {
            /// Learning rate and both bias corrections: rate * m / bias 1 / (sqrt(v / bias 2) +
            /// epsilon), times sqrt(bias 2) above and below, which saves a division.
            minus_rate: V,
            epsilon: V,
            new: V,
            beta: V,
            new_square: V,
            decay: V,
            sign: V,

            const V = simd.Vector(T);

            fn init(rule: *const Adam, step_number: f64) @This() {
                const bias_root = @sqrt(1 - power(rule.beta[1], step_number));
                const shrunk = 1 - rule.rate * rule.weight_decay;
                return .{
                    .minus_rate = splat(T, -rule.rate * bias_root / (1 - power(rule.beta[0], step_number))),
                    .epsilon = splat(T, rule.epsilon * bias_root),
                    .new = splat(T, 1 - rule.beta[0]),
                    .beta = splat(T, rule.beta[1]),
                    .new_square = splat(T, 1 - rule.beta[1]),
                    .decay = splat(T, if (decay == .decoupled) shrunk else rule.weight_decay),
                    .sign = splat(T, rule.sign),
                };
            }

            /// parameter, m, v, gradient
            inline fn plain(step: @This(), vectors: *[4]V) void {
                step.moments(&vectors[0], &vectors[1], &vectors[2], vectors[3]);
                vectors[0] = step.moved(vectors[0], vectors[1], vectors[2]);
            }

            /// parameter, m, v, largest v, gradient
            inline fn amsgrad(step: @This(), vectors: *[5]V) void {
                step.moments(&vectors[0], &vectors[1], &vectors[2], vectors[4]);
                vectors[3] = simd.maximum(vectors[3], vectors[2]);
                vectors[0] = step.moved(vectors[0], vectors[1], vectors[3]);
            }

            inline fn moments(step: @This(), parameter: *V, m: *V, v: *V, raw_gradient: V) void {
                var gradient = raw_gradient * step.sign;
                if (decay == .coupled) gradient = simd.mulAdd(parameter.*, step.decay, gradient);
                if (decay == .decoupled) parameter.* *= step.decay;
                m.* = simd.mulAdd(gradient - m.*, step.new, m.*);
                v.* = simd.mulAdd(v.*, step.beta, gradient * gradient * step.new_square);
            }

            inline fn moved(step: @This(), parameter: V, m: V, v: V) V {
                return simd.mulAdd(step.minus_rate, m / (@sqrt(v) + step.epsilon), parameter);
            }
        };
    }
};

/// base^exponent for a whole exponent of at least 0.
fn power(base: f64, exponent: f64) f64 {
    var rest = abi.toUsize(exponent);
    var square = base;
    var product: f64 = 1;
    while (rest != 0) : (rest >>= 1) {
        if (rest & 1 != 0) product *= square;
        square *= square;
    }
    return product;
}

const Scale = struct {
    factor: f64,

    fn apply(rule: *const Scale, comptime T: type, row: [*]const f64, first: usize, count: usize) f64 {
        const step = struct {
            inline fn step(factor: simd.Vector(T), vectors: *[1]simd.Vector(T)) void {
                vectors[0] *= factor;
            }
        }.step;
        sweep(T, 1, 1, .{array(T, row[0], first)}, count, splat(T, rule.factor), step);
        return 0;
    }
};

const SumSquares = struct {
    fn apply(_: *const SumSquares, comptime T: type, row: [*]const f64, first: usize, count: usize) f64 {
        const lanes = simd.lanes(f64);
        const accumulators = 4;
        const x = array(T, row[0], first);
        var sums: [accumulators]simd.Vector(f64) = @splat(@splat(0));
        var i: usize = 0;
        while (i + accumulators * lanes <= count) : (i += accumulators * lanes) {
            inline for (&sums, 0..) |*sum, k| {
                const part: @Vector(lanes, T) = x[i + k * lanes ..][0..lanes].*;
                const wide: simd.Vector(f64) = @floatCast(part);
                sum.* = simd.mulAdd(wide, wide, sum.*);
            }
        }
        var rest: f64 = 0;
        for (x[i..count]) |value| rest = simd.mulAdd(@as(f64, value), @as(f64, value), rest);
        const lane_sums: [lanes]f64 = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        for (lane_sums) |sum| rest += sum;
        return rest;
    }
};

// Tests
// -----------------------------------------------------------------------------------------------------------

const frames = @import("testing.zig");
const testing = std.testing;

fn random(source: std.Random, comptime T: type, values: []T) void {
    for (values) |*value| value.* = @floatCast(source.floatNorm(f64));
}

fn addressOf(pointer: anytype) f64 {
    return @floatFromInt(@intFromPtr(pointer));
}

fn flag(set: bool) f64 {
    return if (set) 1 else 0;
}

fn close(comptime T: type, expected: f64, actual: T) !void {
    const tolerance: f64 = if (T == f32) 2e-6 else 1e-13;
    try testing.expectApproxEqAbs(expected, @as(f64, actual), tolerance * @max(1, @abs(expected)));
}

const length_max = 3 * simd.lanes(f32) + 5;

test "sgd follows its formula in every form, for three steps" {
    var source: std.Random.DefaultPrng = .init(1);
    inline for (.{ f32, f64 }) |T| for ([_]f64{ 0, 0.9 }) |momentum| for ([_]f64{ 0, 0.01 }) |decay| {
        for ([_]bool{ false, true }) |nesterov| for ([_]bool{ false, true }) |maximize| for (0..length_max) |n| {
            // One element more, to see that the end is kept to.
            var parameter: [length_max + 1]T = undefined;
            var gradient: [length_max + 1]T = undefined;
            var buffer: [length_max + 1]T = @splat(7);
            random(source.random(), T, &parameter);
            var expected: [length_max]f64 = undefined;
            var expected_buffer: [length_max]f64 = undefined;
            for (expected[0..n], parameter[0..n]) |*x, value| x.* = value;
            const guard = parameter[n];
            const dampening: f64 = if (nesterov) 0 else 0.3;
            for (0..3) |step| {
                random(source.random(), T, &gradient);
                const first = flag(step == 0);
                const has_buffer = momentum != 0;
                const row = [_]f64{
                    addressOf(&parameter), addressOf(&gradient), if (has_buffer) addressOf(&buffer) else 0,
                    @floatFromInt(n),      flag(T == f64),       first,
                };
                const attributes = [_]f64{ 0.1, momentum, dampening, decay, flag(nesterov), flag(maximize) };
                try frames.run(kernels.sgd, &.{}, &.{frames.contiguous(f64, &row, &.{ 1, 6 })}, &attributes);
                for (expected[0..n], expected_buffer[0..n], gradient[0..n]) |*x, *b, raw| {
                    var g: f64 = if (maximize) -raw else raw;
                    g += decay * x.*;
                    if (momentum != 0) {
                        b.* = if (step == 0) g else momentum * b.* + (1 - dampening) * g;
                        g = if (nesterov) g + momentum * b.* else b.*;
                    }
                    x.* -= 0.1 * g;
                }
                for (expected[0..n], parameter[0..n]) |x, value| try close(T, x, value);
                if (momentum != 0) for (expected_buffer[0..n], buffer[0..n]) |x, value| try close(T, x, value);
                try testing.expectEqual(guard, parameter[n]);
                try testing.expectEqual(@as(T, 7), buffer[n]);
            }
        };
    };
}

test "adam follows its formula in every form, for three steps" {
    var source: std.Random.DefaultPrng = .init(2);
    inline for (.{ f32, f64 }) |T| for ([_]f64{ 0, 0.1 }) |decay| for ([_]bool{ false, true }) |decoupled| {
        for ([_]bool{ false, true }) |amsgrad| for ([_]bool{ false, true }) |maximize| for (0..length_max) |n| {
            var arrays: [5][length_max + 1]T = @splat(@splat(0));
            random(source.random(), T, &arrays[0]);
            var expected: [4][length_max]f64 = @splat(@splat(0));
            for (expected[0][0..n], arrays[0][0..n]) |*x, value| x.* = value;
            const guard = arrays[0][n];
            for (1..4) |step| {
                random(source.random(), T, &arrays[1]);
                const t: f64 = @floatFromInt(step);
                const row = [_]f64{
                    addressOf(&arrays[0]), addressOf(&arrays[1]),                     addressOf(&arrays[2]),
                    addressOf(&arrays[3]), if (amsgrad) addressOf(&arrays[4]) else 0, @floatFromInt(n),
                    flag(T == f64),        t,
                };
                const attributes = [_]f64{ 0.01, 0.9, 0.999, 1e-8, decay, flag(decoupled), flag(maximize) };
                try frames.run(kernels.adam, &.{}, &.{frames.contiguous(f64, &row, &.{ 1, 8 })}, &attributes);
                for (0..n) |i| {
                    const x = &expected[0][i];
                    var g: f64 = if (maximize) -arrays[1][i] else arrays[1][i];
                    if (decoupled) x.* *= 1 - 0.01 * decay else g += decay * x.*;
                    const m = &expected[1][i];
                    const v = &expected[2][i];
                    m.* = 0.9 * m.* + 0.1 * g;
                    v.* = 0.999 * v.* + 0.001 * g * g;
                    expected[3][i] = @max(expected[3][i], v.*);
                    const square = if (amsgrad) expected[3][i] else v.*;
                    const denominator = @sqrt(square) / @sqrt(1 - std.math.pow(f64, 0.999, t)) + 1e-8;
                    x.* -= 0.01 / (1 - std.math.pow(f64, 0.9, t)) * m.* / denominator;
                    try close(T, x.*, arrays[0][i]);
                    try close(T, m.*, arrays[2][i]);
                    try close(T, v.*, arrays[3][i]);
                    if (amsgrad) try close(T, expected[3][i], arrays[4][i]);
                }
                try testing.expectEqual(guard, arrays[0][n]);
            }
        };
    };
}

test "scaleAll and sumSquaresAll over tensors of all sizes, empty and large ones among them" {
    const counts = [_]usize{ 0, 1, 3, 64, 65, 0, 0, 40_000, 7, chunk_size, chunk_size - 1, 100, 0 };
    inline for (.{ f32, f64 }) |T| {
        var rows: [counts.len][3]f64 = undefined;
        var tensors: [counts.len][]T = undefined;
        defer for (tensors) |tensor| testing.allocator.free(tensor);
        var expected: f64 = 0;
        for (counts, &tensors, &rows) |count, *tensor, *row| {
            tensor.* = try testing.allocator.alloc(T, count);
            for (tensor.*, 0..) |*x, i| {
                x.* = @floatFromInt(i % 5);
                expected += @as(f64, x.*) * x.*;
            }
            row.* = .{ addressOf(tensor.ptr), @floatFromInt(count), flag(T == f64) };
        }
        const flat: *[3 * counts.len]f64 = @ptrCast(&rows);
        const input = frames.contiguous(f64, flat, &.{ counts.len, 3 });
        var sum = [1]f64{-1};
        try frames.run(kernels.sumSquaresAll, &.{frames.contiguous(f64, &sum, &.{1})}, &.{input}, &.{});
        try testing.expectEqual(expected, sum[0]);
        try frames.run(kernels.scaleAll, &.{}, &.{input}, &.{-3});
        for (tensors) |tensor| for (tensor, 0..) |x, i| {
            try testing.expectEqual(-3 * @as(T, @floatFromInt(i % 5)), x);
        };
        const none = frames.contiguous(f64, flat, &.{ 0, 3 });
        try frames.run(kernels.sumSquaresAll, &.{frames.contiguous(f64, &sum, &.{1})}, &.{none}, &.{});
        try testing.expectEqual(@as(f64, 0), sum[0]);
        rows[3][2] = 2;
        var call = frames.frame(&.{}, &.{input}, &.{2});
        try testing.expectEqual(abi.Status.bad_dtype, kernels.scaleAll(&call));
    }
}
