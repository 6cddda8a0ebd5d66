//! Real transforms of even length 2 h by complex ones of length h: even elements as real parts,
//! odd ones as imaginary parts (Press et al., Numerical Recipes, 12.3).
const std = @import("std");
const simd = @import("../simd.zig");
const stage = @import("stage.zig");

pub const Side = enum { forward, backward };

/// Forward: the h + 1 first elements of the real transform, from the h of the complex one.
/// Backward: the other way. Of k and its mirror h - k: y[k] = f (P + t Q), P = x[k] + conj x[h -
/// k], Q = x[k] - conj x[h - k], t = -i w or i conj w, w = e^(-pi i k / h). s transforms lie side
/// by side.
pub fn untangle(
    comptime T: type,
    comptime side: Side,
    x: stage.Pair(T),
    y: stage.Pair(T),
    turns: stage.Pair(T),
    h: usize,
    s: usize,
    scale: T,
) void {
    ends(T, side, x, y, h, s, scale);
    const factor = if (side == .forward) scale / 2 else scale;
    const L = comptime simd.lanes(T);
    var k: usize = 1;
    if (s == 1) {
        while (k + L <= h) : (k += L) {
            const near = stage.read(T, x.from(k), L);
            const far = reversed(simd.Vector(T), stage.read(T, x.from(h - k - L + 1), L));
            const turn = turnOf(side, simd.Vector(T), stage.read(T, turns.from(k), L));
            stage.write(T, y.from(k), combined(simd.Vector(T), near, far, turn, @splat(factor)), L);
        }
        while (k < h) : (k += 1) {
            const turn = turnOf(side, T, .{ .re = turns.re[k], .im = turns.im[k] });
            const near: stage.Complex(T) = .{ .re = x.re[k], .im = x.im[k] };
            const far: stage.Complex(T) = .{ .re = x.re[h - k], .im = x.im[h - k] };
            const value = combined(T, near, far, turn, factor);
            y.re[k] = value.re;
            y.im[k] = value.im;
        }
        return;
    }
    std.debug.assert(s % L == 0);
    while (k < h) : (k += 1) {
        const V = simd.Vector(T);
        const turn = turnOf(side, V, .{ .re = @splat(turns.re[k]), .im = @splat(turns.im[k]) });
        var q: usize = 0;
        while (q < s) : (q += L) {
            const near = stage.read(T, x.from(k * s + q), L);
            const far = stage.read(T, x.from((h - k) * s + q), L);
            stage.write(T, y.from(k * s + q), combined(V, near, far, turn, @splat(factor)), L);
        }
    }
}

/// y[0] and, forward, y[h]: both are real, and all that a backward transform reads of theirs.
fn ends(
    comptime T: type,
    comptime side: Side,
    x: stage.Pair(T),
    y: stage.Pair(T),
    h: usize,
    s: usize,
    scale: T,
) void {
    for (0..s) |q| {
        const first = x.re[q];
        const second = if (side == .forward) x.im[q] else x.re[h * s + q];
        y.re[q] = scale * (first + second);
        if (side == .forward) {
            y.im[q] = 0;
            y.re[h * s + q] = scale * (first - second);
            y.im[h * s + q] = 0;
        } else y.im[q] = scale * (first - second);
    }
}

inline fn turnOf(
    comptime side: Side,
    comptime V: type,
    w: stage.Complex(V),
) stage.Complex(V) {
    return .{ .re = w.im, .im = if (side == .forward) -w.re else w.re };
}

inline fn combined(
    comptime V: type,
    near: stage.Complex(V),
    far: stage.Complex(V),
    turn: stage.Complex(V),
    factor: V,
) stage.Complex(V) {
    const difference: stage.Complex(V) = .{ .re = near.re - far.re, .im = near.im + far.im };
    const turned = difference.times(turn);
    return .{
        .re = factor * (near.re + far.re + turned.re),
        .im = factor * (near.im - far.im + turned.im),
    };
}

inline fn reversed(comptime V: type, v: stage.Complex(V)) stage.Complex(V) {
    return .{ .re = std.simd.reverseOrder(v.re), .im = std.simd.reverseOrder(v.im) };
}
