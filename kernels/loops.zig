//! The loops under every elementwise kernel: an op gives one expression over vectors, `Map` makes
//! the kernel of it.
//!
//! A call goes one of two ways. Flat (all operands contiguous and alike): one loop over all
//! elements. Otherwise the strided views become a Plan: dims of size 1 dropped, sorted by the
//! output's stride, merged where every operand allows it. The plan is walked in two-dimensional
//! blocks. An operand that is unit-stride or constant along a row is read where it is; any other
//! (transposed, sliced with a step) is first moved into a dense tile in L1, so that ops only ever
//! see contiguous rows. One set of ops x dtypes is compiled; the plan and the moves are shared by
//! all.
const std = @import("std");
const abi = @import("abi");
const blocks = @import("blocks.zig");
const convertOne = @import("convert.zig").convertOne;
const planning = @import("plan.zig");
const simd = @import("simd.zig");
const assert = std.debug.assert;

pub const DTypes = std.enums.EnumSet(abi.DType);
pub const floats = DTypes.initMany(&.{ .float32, .float64 });
pub const integers = DTypes.initMany(&.{ .int32, .int64 });
pub const numeric = floats.unionWith(integers);
pub const logical = integers.unionWith(DTypes.initOne(.bool));
pub const all = numeric.unionWith(DTypes.initOne(.bool));

pub const Options = struct {
    inputs: comptime_int,
    dtypes: DTypes,
    /// Nanoseconds per element of 4 bytes with the data in L2, roughly: decides chunks and
    /// unrolling.
    cost: comptime_float = 0.1,
    /// The output is bool, whatever the inputs are.
    predicate: bool = false,
    /// Input 0 is bool, whatever the others are.
    condition: bool = false,
    /// The op only selects or moves: elements of one size share code.
    by_size: bool = false,
};

/// What stores an element of the dtype. A bool's byte takes part as u8 0 or 1, a bfloat16 as its
/// bits.
pub fn Storage(comptime dtype: abi.DType) type {
    return switch (dtype) {
        .bool => u8,
        .bfloat16 => u16,
        else => dtype.Type(),
    };
}

/// out <- x
pub fn Unary(comptime dtypes: DTypes, comptime Op: type) KernelFn {
    return Map(.{ .inputs = 1, .dtypes = dtypes, .cost = costOf(Op) }, Op);
}

/// out <- x, y
pub fn Binary(comptime dtypes: DTypes, comptime Op: type) KernelFn {
    return Map(.{ .inputs = 2, .dtypes = dtypes, .cost = costOf(Op) }, Op);
}

/// out <- x, y, z
pub fn Ternary(comptime dtypes: DTypes, comptime Op: type) KernelFn {
    return Map(.{ .inputs = 3, .dtypes = dtypes, .cost = costOf(Op) }, Op);
}

/// out (bool) <- x or x, y
pub fn Predicate(comptime inputs: comptime_int, comptime dtypes: DTypes, comptime Op: type) KernelFn {
    return Map(.{ .inputs = inputs, .dtypes = dtypes, .cost = costOf(Op), .predicate = true }, Op);
}

/// Element type of a vector type.
pub fn Child(comptime V: type) type {
    return @typeInfo(V).vector.child;
}

pub fn isFloat(comptime V: type) bool {
    return @typeInfo(Child(V)) == .float;
}

/// Result of a comparison.
pub fn Mask(comptime V: type) type {
    return @Vector(@typeInfo(V).vector.len, bool);
}

pub inline fn splat(comptime V: type, value: Child(V)) V {
    return @splat(value);
}

pub inline fn copySign(magnitude: anytype, sign: @TypeOf(magnitude)) @TypeOf(magnitude) {
    const V = @TypeOf(magnitude);
    const Bits = std.meta.Int(.unsigned, @bitSizeOf(Child(V)));
    const top: @Vector(@typeInfo(V).vector.len, Bits) = @splat(1 << (@bitSizeOf(Bits) - 1));
    const rest: @TypeOf(top) = @bitCast(magnitude);
    return @bitCast((rest & ~top) | (@as(@TypeOf(top), @bitCast(sign)) & top));
}

const KernelFn = fn (*abi.Call) callconv(.c) abi.Status;

fn costOf(comptime Op: type) comptime_float {
    return if (@hasDecl(Op, "cost")) Op.cost else 0.1;
}

/// The kernel of an op. `Op.f` takes one vector per input, then, when the op has `attributes`, an
/// array of so many vectors: the call's first attributes in the inputs' dtype, or what `Op.read(T,
/// call)` makes of them. An op may have `Boolean`, the op that stands for it on bools, and
/// `isFault(y)`, the lanes of the second input that make the call fail with `Op.fault`. The dtype
/// is that of the last input.
pub fn Map(comptime options: Options, comptime Op: type) KernelFn {
    return struct {
        fn run(call: *abi.Call) callconv(.c) abi.Status {
            switch (call.input(options.inputs - 1).kind()) {
                inline else => |dtype| {
                    if (comptime !options.dtypes.contains(dtype)) return .bad_dtype;
                    const stands = comptime if (options.by_size) ofSize(dtype) else dtype;
                    return Typed(options, Op, stands).run(call);
                },
            }
        }
    }.run;
}

/// One dtype stands for all of a size, so that there is one copy of the code.
fn ofSize(comptime dtype: abi.DType) abi.DType {
    return switch (@sizeOf(dtype.Type())) {
        1 => .uint8,
        2 => .int16,
        4 => .int32,
        8 => .int64,
        else => unreachable,
    };
}

fn Typed(comptime options: Options, comptime Op: type, comptime dtype: abi.DType) type {
    const Stored = if (options.by_size) std.meta.Int(.unsigned, 8 * @sizeOf(dtype.Type())) else Storage(dtype);
    const Chosen = if (dtype == .bool and @hasDecl(Op, "Boolean")) Op.Boolean else Op;
    var inputs: [options.inputs]type = @splat(Stored);
    if (options.condition) inputs[0] = u8;
    return Instance(Chosen, inputs, if (options.predicate) u8 else Stored, options.cost);
}

/// Operands of a call: the output, then the inputs.
fn Pointers(comptime count: comptime_int) type {
    return [count][*]u8;
}

/// The code of one op for one combination of element types.
pub fn Instance(comptime Op: type, comptime inputs: anytype, comptime Out: type, comptime cost: comptime_float) type {
    return struct {
        const N = inputs.len;
        const types = [1]type{Out} ++ inputs;
        const largest = blk: {
            var bytes = 0;
            for (types) |T| bytes = @max(bytes, @sizeOf(T));
            break :blk bytes;
        };
        const L = simd.vector_bytes / largest;
        /// Independent vectors in flight. An expensive expression fills the pipeline by itself.
        const unroll = if (cost > 0.2) 1 else if (N == 3) 2 else 4;
        const Constant = [if (@hasDecl(Op, "attributes")) Op.attributes else 0]inputs[N - 1];
        const Vectors = blk: {
            var list: [N]type = undefined;
            for (&list, inputs) |*V, T| V.* = @Vector(L, T);
            break :blk std.meta.Tuple(&list);
        };
        const cheap = cost <= 0.2;
        /// Sets of inputs, as bit masks, that may be constant along a row: each is a loop of its
        /// own.
        const splats: []const u8 = if (!cheap or @hasDecl(Op, "isFault")) &.{0} else switch (N) {
            2 => &.{ 0, 0b01, 0b10 },
            3 => &.{ 0, 0b010, 0b100, 0b110 },
            else => &.{0},
        };

        pub fn run(call: *abi.Call) abi.Status {
            const constants = readConstants(call);
            if (call.flat >= 0) {
                const n = abi.toUsize(call.flat);
                const singles = abi.toUsize(call.splat);
                if (comptime !@hasDecl(Op, "isFault")) {
                    if (n <= flat_max) {
                        var pointers: Pointers(N + 1) = undefined;
                        inline for (&pointers, 0..) |*p, i| p.* = call.views[i].pointer(u8);
                        inline for (splats) |mask| if (singles == mask) {
                            row(mask, .normal, n, &pointers, &constants);
                            return .ok;
                        };
                    }
                }
                if (singles != 0) unflatten(call, n, singles);
            }
            return planning.run(N + 1, call, &.{
                .sizes = sizes,
                .span = span,
                .splats = comptime mask: {
                    var set: u16 = 0;
                    for (splats) |s| set |= 1 << s;
                    break :mask set;
                },
                .constants = &constants,
                .cost = cost * @as(f64, largest) / 4.0,
                .fault = if (@hasDecl(Op, "isFault")) Op.fault else .ok,
            });
        }

        /// Completes the views of a flat call with single elements: a row whose strides are 1, or 0
        /// for those.
        fn unflatten(call: *abi.Call, n: usize, singles: usize) void {
            call.flat = -1;
            for (call.views[0 .. N + 1], 0..) |*view, i| {
                const single = i > 0 and singles >> @intCast(i - 1) & 1 == 1;
                view.rank = 1;
                view.size = @floatFromInt(n);
                view.shape[0] = view.size;
                view.strides[0] = if (single) 0 else 1;
            }
        }

        fn readConstants(call: *const abi.Call) Constant {
            if (@hasDecl(Op, "read")) return Op.read(inputs[N - 1], call);
            var constants: Constant = undefined;
            inline for (&constants, 0..) |*c, i| c.* = convertOne(inputs[N - 1], call.attribute(i));
            return constants;
        }

        /// Elements that are worth no thought about threads or the caches.
        const flat_max: usize = @intFromFloat(@min(200_000.0, 4_000.0 / (cost * @as(f64, largest) / 4.0)));

        const sizes = blk: {
            var list: [N + 1]usize = undefined;
            for (&list, types) |*size, T| size.* = @sizeOf(T);
            break :blk list;
        };

        fn span(s: *planning.Span(N + 1)) void {
            const constants: *const Constant = @ptrCast(@alignCast(s.constants));
            inline for (splats) |mask| if (s.splat == mask) {
                var pointers = s.pointers;
                for (0..s.rows) |_| {
                    if (comptime @hasDecl(Op, "isFault")) {
                        if (anyFault(s.columns, &pointers)) s.fault = true;
                    }
                    if (s.store == .stream) {
                        row(mask, .stream, s.columns, &pointers, constants);
                    } else row(mask, .normal, s.columns, &pointers, constants);
                    inline for (&pointers, s.row_steps) |*p, step| p.* = blocks.offset(p.*, step);
                }
                return;
            };
            unreachable;
        }

        /// One contiguous row. The last vector overlaps the one before it and is computed first,
        /// because the output may be one of the inputs; the loop then needs no tail.
        noinline fn row(
            comptime fixed: u8,
            comptime store: blocks.Store,
            n: usize,
            pointers: *const Pointers(N + 1),
            constants: *const Constant,
        ) void {
            const p = pointers.*;
            const values = splatConstants(constants);
            var x: Vectors = undefined;
            inline for (0..N) |k| {
                if (comptime fixed >> k & 1 == 1) x[k] = @splat(@as(*align(1) const inputs[k], @ptrCast(p[k + 1])).*);
            }
            if (n < L) {
                if (n == 0) return;
                inline for (0..N) |k| {
                    if (comptime fixed >> k & 1 == 0) x[k] = loadTail(inputs[k], L, p[k + 1], n);
                }
                return storeTail(Out, L, p[0], apply(x, values), n);
            }
            const last = n - L;
            loadInputs(fixed, &x, p, last);
            const tail = apply(x, values);
            var i: usize = 0;
            if (unroll > 1) while (i + (unroll - 1) * L < last) : (i += unroll * L) {
                var results: [unroll]@Vector(L, Out) = undefined;
                inline for (&results, 0..) |*result, u| {
                    loadInputs(fixed, &x, p, i + u * L);
                    result.* = apply(x, values);
                }
                inline for (results, 0..) |result, u| storeVector(Out, L, store, p[0], i + u * L, result);
            };
            while (i < last) : (i += L) {
                loadInputs(fixed, &x, p, i);
                storeVector(Out, L, store, p[0], i, apply(x, values));
            }
            storeVector(Out, L, .normal, p[0], last, tail);
        }

        inline fn loadInputs(comptime fixed: u8, x: *Vectors, p: Pointers(N + 1), i: usize) void {
            inline for (0..N) |k| {
                if (comptime fixed >> k & 1 == 0)
                    x[k] = @as(*align(1) const [L]inputs[k], @ptrCast(p[k + 1] + i * @sizeOf(inputs[k]))).*;
            }
        }

        inline fn splatConstants(constants: *const Constant) [@typeInfo(Constant).array.len]@Vector(L, inputs[N - 1]) {
            var values: [constants.len]@Vector(L, inputs[N - 1]) = undefined;
            inline for (&values, 0..) |*v, i| v.* = @splat(constants[i]);
            return values;
        }

        inline fn apply(x: Vectors, values: anytype) @Vector(L, Out) {
            const result = @call(.always_inline, Op.f, if (values.len > 0) x ++ .{values} else x);
            if (@typeInfo(@TypeOf(result)).vector.child != bool) return result;
            return @intFromBool(result);
        }

        /// Looks at the divisors as they are in memory: the padding lanes of a tail must not count.
        fn anyFault(n: usize, p: *const Pointers(N + 1)) bool {
            const T = inputs[1];
            const y: [*]align(1) const T = @ptrCast(p[2]);
            var i: usize = 0;
            while (i + L <= n) : (i += L) {
                if (@reduce(.Or, Op.isFault(@as(@Vector(L, T), y[i..][0..L].*)))) return true;
            }
            while (i < n) : (i += 1) {
                if (Op.isFault(@as(@Vector(1, T), y[i..][0..1].*))[0]) return true;
            }
            return false;
        }
    };
}

inline fn storeVector(comptime T: type, comptime L: comptime_int, comptime store: blocks.Store, p: [*]u8, i: usize, v: @Vector(L, T)) void {
    const target = p + i * @sizeOf(T);
    if (comptime store == .stream and L * @sizeOf(T) == simd.vector_bytes) {
        simd.storeStream(T, @ptrCast(@alignCast(target)), v);
    } else @as(*align(1) [L]T, @ptrCast(target)).* = v;
}

/// The first n (1..L-1) elements, zeros behind; touches no memory past them.
inline fn loadTail(comptime T: type, comptime L: comptime_int, p: [*]const u8, n: usize) @Vector(L, T) {
    if (comptime L == simd.lanes(T) and @sizeOf(T) >= 4 and simd.avx2) return simd.loadPart(T, @ptrCast(@alignCast(p)), n);
    var buffer: [L]T align(simd.vector_bytes) = @splat(0);
    copyShort(@ptrCast(&buffer), p, n * @sizeOf(T));
    return buffer;
}

inline fn storeTail(comptime T: type, comptime L: comptime_int, p: [*]u8, v: @Vector(L, T), n: usize) void {
    if (comptime L == simd.lanes(T) and @sizeOf(T) >= 4 and simd.avx2) return simd.storePart(T, @ptrCast(@alignCast(p)), v, n);
    const buffer: [L]T align(simd.vector_bytes) = v;
    copyShort(p, @ptrCast(&buffer), n * @sizeOf(T));
}

/// Fewer bytes than a vector: two moves of a power of two that overlap.
fn copyShort(to: [*]u8, from: [*]const u8, bytes: usize) void {
    assert(bytes < 64);
    inline for (.{ 32, 16, 8, 4, 2 }) |half| if (bytes >= half) {
        const low: @Vector(half, u8) = from[0..half].*;
        const high: @Vector(half, u8) = from[bytes - half ..][0..half].*;
        to[0..half].* = low;
        to[bytes - half ..][0..half].* = high;
        return;
    };
    if (bytes == 1) to[0] = from[0];
}

const testing = @import("testing.zig");
const expectEqual = std.testing.expectEqual;

const Sum = struct {
    pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
        return if (comptime isFloat(@TypeOf(x))) x + y else x +% y;
    }
    pub const Boolean = struct {
        pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return x | y;
        }
    };
};
const Less = struct {
    pub inline fn f(x: anytype, y: @TypeOf(x)) Mask(@TypeOf(x)) {
        return x < y;
    }
};
const Select = struct {
    pub const cost = 0.5;
    pub inline fn f(condition: anytype, x: anytype, y: @TypeOf(x)) @TypeOf(x) {
        return @select(Child(@TypeOf(x)), condition != splat(@TypeOf(condition), 0), x, y);
    }
};
const sumKernel = Binary(all, Sum);
const lessKernel = Predicate(2, all, Less);
const selectKernel = Map(.{ .inputs = 3, .dtypes = .initFull(), .condition = true, .by_size = true }, Select);

/// Memory for one operand and a view of it in one of several layouts.
fn Operand(comptime T: type) type {
    return struct {
        const layouts = 8;
        view: abi.View,
        memory: []T,

        fn init(shape: []const usize, layout: usize) !@This() {
            var strides: [4]isize = @splat(0);
            var step: isize = 1;
            for (0..shape.len) |i| {
                // 1 and 6 count dims from the front: transposed. 2 skips every other element, 3
                // runs backwards.
                const axis = if (layout == 1 or layout == 6) i else shape.len - 1 - i;
                const gap: isize = if (i == 0 and layout == 2) 2 else 1;
                strides[axis] = step * gap * @as(isize, if (layout == 3) -1 else 1);
                step *= gap * @as(isize, @intCast(shape[axis]));
                if (layout == 6) step += 1;
            }
            if (shape.len > 0 and layout == 4) strides[shape.len - 1] = 0;
            if (shape.len > 0 and layout == 5) strides[0] = 0;
            if (layout == 7) strides = @splat(0);
            const memory = try std.testing.allocator.alloc(T, @as(usize, @intCast(@max(step, 1))) + 40);
            for (memory, 0..) |*x, i| x.* = valueOf(T, i);
            // One element off a vector's alignment, or at the end of the memory.
            const first: usize = if (layout == 3) @intCast(step) else if (layout == 0) 0 else 1;
            return .{ .memory = memory, .view = testing.strided(T, &memory[first], shape, strides[0..shape.len]) };
        }
        fn deinit(operand: @This()) void {
            std.testing.allocator.free(operand.memory);
        }
        fn at(operand: @This(), index: usize) T {
            return elementOf(T, &operand.view, index).*;
        }
    };
}

fn valueOf(comptime T: type, i: usize) T {
    const small: u8 = @truncate(i *% 37 +% i / 256);
    if (T == abi.Bool) return if (small % 3 == 0) .yes else .no;
    return if (@typeInfo(T) == .float) @floatFromInt(small) else small;
}

/// The element of that row-major index.
fn elementOf(comptime T: type, view: *const abi.View, index: usize) *T {
    var rest = index;
    var offset: isize = 0;
    var axis = view.dims();
    while (axis > 0) {
        axis -= 1;
        offset += view.stride(axis) * @as(isize, @intCast(rest % view.extent(axis)));
        rest /= view.extent(axis);
    }
    return @ptrFromInt(@intFromPtr(view.pointer(T)) +% @as(usize, @bitCast(offset * @sizeOf(T))));
}

const shapes = [_][]const usize{
    &.{},       &.{0},      &.{1},        &.{7},           &.{ 0, 3 },       &.{ 5, 3 },        &.{ 40, 3 }, &.{ 3, 40 },
    &.{ 1, 9 }, &.{ 9, 1 }, &.{ 37, 70 }, &.{ 2, 33, 17 }, &.{ 3, 2, 4, 5 }, &.{ 2, 3, 19, 4 },
};

fn asByte(x: abi.Bool) u8 {
    return @intFromEnum(x);
}

test "binary and predicate: every layout of every operand" {
    inline for (.{ f32, f64, i32, i64, abi.Bool }) |T| {
        for (shapes) |shape| for (0..Operand(T).layouts) |a| for (0..Operand(T).layouts) |b| {
            const x = try Operand(T).init(shape, a);
            defer x.deinit();
            const y = try Operand(T).init(shape, b);
            defer y.deinit();
            // The output too: contiguous, transposed, with gaps, backwards.
            const out = try Operand(T).init(shape, (a + b) % 4);
            defer out.deinit();
            const flags = try Operand(abi.Bool).init(shape, 0);
            defer flags.deinit();
            try testing.run(sumKernel, &.{out.view}, &.{ x.view, y.view }, &.{});
            try testing.run(lessKernel, &.{flags.view}, &.{ x.view, y.view }, &.{});
            for (0..@intFromFloat(x.view.size)) |i| {
                if (T == abi.Bool) {
                    try expectEqual(asByte(x.at(i)) | asByte(y.at(i)), asByte(out.at(i)));
                    try expectEqual(asByte(x.at(i)) < asByte(y.at(i)), flags.at(i) == .yes);
                } else {
                    try expectEqual(x.at(i) + y.at(i), out.at(i));
                    try expectEqual(x.at(i) < y.at(i), flags.at(i) == .yes);
                }
            }
        };
    }
}

test "map: inputs of different sizes in every layout" {
    inline for (.{ f32, f64, abi.Bool }) |T| {
        for (shapes) |shape| for (0..Operand(T).layouts) |a| for (0..Operand(T).layouts) |b| {
            const condition = try Operand(abi.Bool).init(shape, (a + b) % Operand(T).layouts);
            defer condition.deinit();
            const x = try Operand(T).init(shape, a);
            defer x.deinit();
            const y = try Operand(T).init(shape, b);
            defer y.deinit();
            const out = try Operand(T).init(shape, 0);
            defer out.deinit();
            try testing.run(selectKernel, &.{out.view}, &.{ condition.view, x.view, y.view }, &.{});
            for (0..@intFromFloat(x.view.size)) |i|
                try expectEqual(if (condition.at(i) == .yes) x.at(i) else y.at(i), out.at(i));
        };
    }
}

test "binary: flat sizes, unaligned, in place, nothing written behind" {
    inline for (.{ f32, f64, i32, i64 }) |T| {
        for (0..4 * simd.lanes(T) + 3) |n| {
            var x: [260]T = undefined;
            var out: [260]T = undefined;
            for (&x, 0..) |*e, i| e.* = valueOf(T, i);
            var call = testing.frame(&.{testing.contiguous(T, out[1..], &.{n})}, &.{ testing.contiguous(T, x[1..], &.{n}), testing.contiguous(T, x[3..], &.{n}) }, &.{});
            for ([_]f64{ -1, @floatFromInt(n) }) |flat| {
                call.flat = flat;
                @memset(&out, 7);
                try expectEqual(abi.Status.ok, sumKernel(&call));
                for (0..n) |i| try expectEqual(x[1 + i] + x[3 + i], out[1 + i]);
                try expectEqual(@as(T, 7), out[0]);
                try expectEqual(@as(T, 7), out[1 + n]);
            }
            for (out[1..][0..n], 0..) |*e, i| e.* = valueOf(T, i);
            call.views[1] = call.views[0];
            try expectEqual(abi.Status.ok, sumKernel(&call));
            for (0..n) |i| try expectEqual(valueOf(T, i) + x[3 + i], out[1 + i]);
        }
    }
}

test "binary: large outputs are streamed and cut into chunks" {
    const rows = 2050;
    const columns = 1088;
    const memory = try std.testing.allocator.alignedAlloc(f32, .@"64", 2 * rows * columns);
    defer std.testing.allocator.free(memory);
    const x = memory[0 .. rows * columns];
    const out = memory[rows * columns ..];
    for (x, 0..) |*e, i| e.* = valueOf(f32, i);
    const shape = [_]usize{ rows, columns };
    const straight = testing.contiguous(f32, x, &shape);
    const column = testing.strided(f32, &x[0], &shape, &.{ columns, 0 });
    const turned = testing.strided(f32, &x[0], &shape, &.{ 1, rows });
    for ([_]abi.View{ straight, column, turned }) |y| {
        try testing.run(sumKernel, &.{testing.contiguous(f32, out, &shape)}, &.{ straight, y }, &.{});
        var i: usize = 0;
        while (i < out.len) : (i += 61) try expectEqual(x[i] + elementOf(f32, &y, i).*, out[i]);
    }
}

test "map: a dtype without code is refused" {
    var x: [4]u8 = .{ 1, 2, 3, 4 };
    const view = testing.contiguous(u8, &x, &.{4});
    var call = testing.frame(&.{view}, &.{ view, view }, &.{});
    try expectEqual(abi.Status.bad_dtype, sumKernel(&call));
}
