//! Vectors of the level's width. What a level has is decided at comptime; the width is chosen by
//! hand, because std.simd.suggestVectorLength answers 32 bytes on x86-64-v4.
const std = @import("std");
const builtin = @import("builtin");

pub const x86 = builtin.cpu.arch == .x86_64;
pub const arm = builtin.cpu.arch == .aarch64;
pub const avx512 = x86 and builtin.cpu.has(.x86, .avx512vl) and builtin.cpu.has(.x86, .avx512bw) and
    builtin.cpu.has(.x86, .avx512dq);
pub const avx2 = x86 and builtin.cpu.has(.x86, .avx2);
pub const has_fma = if (x86) builtin.cpu.has(.x86, .fma) else arm;
pub const vector_bytes: comptime_int = if (avx512) 64 else if (avx2) 32 else 16;

/// Elements of T in one vector.
pub fn lanes(comptime T: type) comptime_int {
    return vector_bytes / @sizeOf(T);
}

pub fn Vector(comptime T: type) type {
    return @Vector(lanes(T), T);
}

/// Any alignment.
pub inline fn load(comptime T: type, p: [*]const T) Vector(T) {
    return p[0..lanes(T)].*;
}

pub inline fn store(comptime T: type, p: [*]T, v: Vector(T)) void {
    p[0..lanes(T)].* = v;
}

/// x * y + z, fused where the level has FMA. Without it @mulAdd would be a library call per lane.
pub inline fn mulAdd(x: anytype, y: @TypeOf(x), z: @TypeOf(x)) @TypeOf(x) {
    return if (has_fma) @mulAdd(@TypeOf(x), x, y, z) else x * y + z;
}

/// Loads n (1..lanes) elements, zeros behind; never touches memory past p[n - 1].
pub inline fn loadPart(comptime T: type, p: [*]const T, n: usize) Vector(T) {
    if (comptime avx512 and @sizeOf(T) == 4) {
        return asm volatile ("vmovups (%[p]), %[o]{%[k]}{z}"
            : [o] "=v" (-> Vector(T)),
            : [p] "r" (p),
              [k] "^Yk" (bitMask(u16, n)),
            : .{ .memory = true });
    } else if (comptime avx512 and @sizeOf(T) == 8) {
        return asm volatile ("vmovupd (%[p]), %[o]{%[k]}{z}"
            : [o] "=v" (-> Vector(T)),
            : [p] "r" (p),
              [k] "^Yk" (bitMask(u8, n)),
            : .{ .memory = true });
    } else if (comptime avx2 and @sizeOf(T) == 4) {
        return asm volatile ("vmaskmovps (%[p]), %[m], %[o]"
            : [o] "=x" (-> Vector(T)),
            : [p] "r" (p),
              [m] "x" (laneMask(T, n)),
            : .{ .memory = true });
    } else if (comptime avx2 and @sizeOf(T) == 8) {
        return asm volatile ("vmaskmovpd (%[p]), %[m], %[o]"
            : [o] "=x" (-> Vector(T)),
            : [p] "r" (p),
              [m] "x" (laneMask(T, n)),
            : .{ .memory = true });
    } else {
        var block: [lanes(T)]T = @splat(std.mem.zeroes(T));
        for (0..n) |i| block[i] = p[i];
        return block;
    }
}

/// Stores the first n (1..lanes) elements.
pub inline fn storePart(comptime T: type, p: [*]T, v: Vector(T), n: usize) void {
    if (comptime avx512 and @sizeOf(T) == 4) {
        asm volatile ("vmovups %[v], (%[p]){%[k]}"
            :
            : [v] "v" (v),
              [p] "r" (p),
              [k] "^Yk" (bitMask(u16, n)),
            : .{ .memory = true });
    } else if (comptime avx512 and @sizeOf(T) == 8) {
        asm volatile ("vmovupd %[v], (%[p]){%[k]}"
            :
            : [v] "v" (v),
              [p] "r" (p),
              [k] "^Yk" (bitMask(u8, n)),
            : .{ .memory = true });
    } else if (comptime avx2 and @sizeOf(T) == 4) {
        asm volatile ("vmaskmovps %[v], %[m], (%[p])"
            :
            : [v] "x" (v),
              [m] "x" (laneMask(T, n)),
              [p] "r" (p),
            : .{ .memory = true });
    } else if (comptime avx2 and @sizeOf(T) == 8) {
        asm volatile ("vmaskmovpd %[v], %[m], (%[p])"
            :
            : [v] "x" (v),
              [m] "x" (laneMask(T, n)),
              [p] "r" (p),
            : .{ .memory = true });
    } else {
        const block: [lanes(T)]T = v;
        for (0..n) |i| p[i] = block[i];
    }
}

inline fn bitMask(comptime Mask: type, n: usize) Mask {
    return @truncate((@as(u32, 1) << @intCast(n)) - 1);
}

fn laneMask(comptime T: type, n: usize) @Vector(lanes(T), std.meta.Int(.signed, 8 * @sizeOf(T))) {
    const Lane = std.meta.Int(.signed, 8 * @sizeOf(T));
    const Mask = @Vector(lanes(T), Lane);
    const index = std.simd.iota(Lane, lanes(T));
    return @select(Lane, index < @as(Mask, @splat(@intCast(n))), @as(Mask, @splat(-1)), @as(Mask, @splat(0)));
}

/// Store that bypasses the caches; p aligned to vector_bytes. Call fence() when the last one is
/// out.
pub inline fn storeStream(comptime T: type, p: [*]T, v: Vector(T)) void {
    if (comptime x86) {
        const instruction = if (avx2) "vmovntps" else "movntps";
        asm volatile (instruction ++ " %[v], (%[p])"
            :
            : [v] "v" (v),
              [p] "r" (p),
            : .{ .memory = true });
    } else store(T, p, v);
}

pub inline fn fence() void {
    if (comptime x86) asm volatile ("sfence" ::: .{ .memory = true });
}

/// p * 2^n with IEEE rounding, denormals included. AVX-512 only.
pub inline fn scale(comptime T: type, p: Vector(T), n: Vector(T)) Vector(T) {
    comptime std.debug.assert(avx512);
    const instruction = if (T == f32) "vscalefps" else "vscalefpd";
    return asm (instruction ++ " %[n], %[p], %[o]"
        : [o] "=v" (-> Vector(T)),
        : [n] "v" (n),
          [p] "v" (p),
    );
}

/// Larger of two, NaN if either is (floats); @max would drop the NaN.
pub inline fn maximum(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    return choose(x, y, .greater);
}

/// Smaller of two, NaN if either is (floats).
pub inline fn minimum(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    return choose(x, y, .less);
}

inline fn choose(x: anytype, y: @TypeOf(x), comptime side: enum { greater, less }) @TypeOf(x) {
    const T = @TypeOf(x);
    const Child = if (@typeInfo(T) == .vector) @typeInfo(T).vector.child else T;
    if (@typeInfo(Child) == .int) return if (side == .greater) @max(x, y) else @min(x, y);
    // y wins when x is not strictly on the side; a NaN in y compares false, so y stays; then a NaN
    // in x wins.
    const first = if (side == .greater) x > y else x < y;
    if (@typeInfo(T) == .vector) return @select(Child, x != x, x, @select(Child, first, x, y));
    return if (x != x) x else if (first) x else y;
}

test "loadPart and storePart touch n elements" {
    inline for (.{ f32, f64, i32, i64, u8 }) |T| {
        const L = lanes(T);
        var source: [L]T = undefined;
        for (&source, 0..) |*x, i| x.* = if (@typeInfo(T) == .int) @intCast(i + 1) else @floatFromInt(i + 1);
        for (1..L + 1) |n| {
            var target: [L]T = @splat(0);
            storePart(T, &target, loadPart(T, &source, n), n);
            for (0..L) |i| try std.testing.expectEqual(if (i < n) source[i] else 0, target[i]);
        }
    }
}

test "maximum and minimum propagate NaN" {
    const nan = std.math.nan(f32);
    try std.testing.expect(std.math.isNan(maximum(nan, @as(f32, 1))));
    try std.testing.expect(std.math.isNan(maximum(@as(f32, 1), nan)));
    try std.testing.expect(std.math.isNan(minimum(@as(f32, 1), nan)));
    try std.testing.expectEqual(@as(f32, 2), maximum(@as(f32, 1), 2));
    const v: Vector(f32) = @splat(nan);
    try std.testing.expect(std.math.isNan(maximum(v, @as(Vector(f32), @splat(1)))[0]));
}
