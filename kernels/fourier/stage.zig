//! One pass of a Fourier transform: n = r m numbers, of which s transforms lie side by side.
//!
//! Stockham's order: y[q + s (r p + k)] = w^(p k) times the sum over j of x[q + s (p + j m)]
//! e^(-2 pi i j k / r), w = e^(-2 pi i / n), p < m, q < s. The result comes out in order, so
//! nothing is reversed by bits, and vectors lie along q, where neighbours are treated alike (Van
//! Loan, Computational Frameworks for the Fast Fourier Transform, 1.7). Real and imaginary parts
//! are two arrays.
const std = @import("std");
const simd = @import("../simd.zig");

/// Real and imaginary parts.
pub fn Pair(comptime T: type) type {
    return struct {
        re: [*]T,
        im: [*]T,

        pub inline fn from(pair: @This(), offset: usize) @This() {
            return .{ .re = pair.re + offset, .im = pair.im + offset };
        }

        /// Transforms of exchanged parts are inverse transforms with their parts exchanged.
        pub inline fn exchanged(pair: @This(), exchange: bool) @This() {
            return if (exchange) .{ .re = pair.im, .im = pair.re } else pair;
        }
    };
}

/// The radices that a pass may have; others go by way of a chirp.
pub const radices = [_]comptime_int{ 2, 3, 4, 5, 7, 8 };

/// Numbers of a pass's table: (r - 1) m real parts, then as many imaginary ones.
pub inline fn tableSize(radix: usize, m: usize) usize {
    return 2 * (radix - 1) * m;
}

/// y <- x, in a pass of that radix.
pub fn pass(
    comptime T: type,
    radix: usize,
    m: usize,
    s: usize,
    x: Pair(T),
    y: Pair(T),
    table: [*]const T,
) void {
    const L = comptime simd.lanes(T);
    if (radix == 4 and s < L and m * s % L == 0) {
        if (s == 1) return opening(T, 1, m, x, y, table);
        if (comptime L > 4) if (s == 4) return opening(T, 4, m, x, y, table);
    }
    inline for (radices) |r| if (radix == r) return ordinary(T, r, m, s, x, y, table);
    unreachable;
}

fn ordinary(
    comptime T: type,
    comptime r: comptime_int,
    m: usize,
    s: usize,
    x: Pair(T),
    y: Pair(T),
    table: [*]const T,
) void {
    span(T, r, false, s, x, y, m * s, undefined);
    for (1..m) |p| {
        var factors: [r - 1][2]T = undefined;
        for (&factors, 0..) |*factor, k| {
            factor.* = .{ table[k * m + p], table[(r - 1 + k) * m + p] };
        }
        span(T, r, true, s, x.from(p * s), y.from(p * r * s), m * s, &factors);
    }
}

/// The transforms side by side at one p; the parts of x lie `step` apart, those of y s.
fn span(
    comptime T: type,
    comptime r: comptime_int,
    comptime turns: bool,
    s: usize,
    x: Pair(T),
    y: Pair(T),
    step: usize,
    factors: *const [r - 1][2]T,
) void {
    const L = comptime simd.lanes(T);
    const V = simd.Vector(T);
    var q: usize = 0;
    while (q < s) : (q += L) {
        const count = @min(L, s - q);
        var a: [r]Complex(V) = undefined;
        inline for (&a, 0..) |*value, j| value.* = read(T, x.from(j * step + q), count);
        const b = butterfly(T, V, r, a);
        inline for (b, 0..) |value, k| {
            const turned = if (!turns or k == 0) value else value.times(.{
                .re = @splat(factors[k - 1][0]),
                .im = @splat(factors[k - 1][1]),
            });
            write(T, y.from(k * s + q), turned, count);
        }
    }
}

pub inline fn read(comptime T: type, x: Pair(T), count: usize) Complex(simd.Vector(T)) {
    if (count == comptime simd.lanes(T)) {
        return .{ .re = simd.load(T, x.re), .im = simd.load(T, x.im) };
    }
    return .{ .re = simd.loadPart(T, x.re, count), .im = simd.loadPart(T, x.im, count) };
}

pub inline fn write(
    comptime T: type,
    y: Pair(T),
    value: Complex(simd.Vector(T)),
    count: usize,
) void {
    if (count == comptime simd.lanes(T)) {
        simd.store(T, y.re, value.re);
        simd.store(T, y.im, value.im);
    } else {
        simd.storePart(T, y.re, value.re, count);
        simd.storePart(T, y.im, value.im, count);
    }
}

/// A pass of radix 4 whose s is less than a vector: vectors lie along q + s p, where a table's
/// element serves `s` lanes, and results are woven together in blocks of s.
fn opening(
    comptime T: type,
    comptime s: comptime_int,
    m: usize,
    x: Pair(T),
    y: Pair(T),
    table: [*]const T,
) void {
    const L = comptime simd.lanes(T);
    const V = simd.Vector(T);
    const quarter = m * s;
    var j: usize = 0;
    while (j < quarter) : (j += L) {
        var a: [4]Complex(V) = undefined;
        inline for (&a, 0..) |*value, k| value.* = read(T, x.from(j + k * quarter), L);
        var b = butterfly(T, V, 4, a);
        inline for (1..4) |k| b[k] = b[k].times(.{
            .re = repeated(T, s, table + (k - 1) * m + j / s),
            .im = repeated(T, s, table + (2 + k) * m + j / s),
        });
        const re = woven(T, s, .{ b[0].re, b[1].re, b[2].re, b[3].re });
        const im = woven(T, s, .{ b[0].im, b[1].im, b[2].im, b[3].im });
        inline for (re, im, 0..) |v, w, k| {
            write(T, y.from(4 * j + k * L), .{ .re = v, .im = w }, L);
        }
    }
}

/// Elements of p, each `times` times.
inline fn repeated(comptime T: type, comptime times: comptime_int, p: [*]const T) simd.Vector(T) {
    const L = comptime simd.lanes(T);
    const short: @Vector(L / times, T) = p[0 .. L / times].*;
    comptime var mask: [L]i32 = undefined;
    inline for (&mask, 0..) |*lane, i| lane.* = i / times;
    return @shuffle(T, short, undefined, mask);
}

/// Four vectors block by block: of block 0 the first's, the second's, ..., then those of block 1.
inline fn woven(
    comptime T: type,
    comptime block: comptime_int,
    v: [4]simd.Vector(T),
) [4]simd.Vector(T) {
    const even = zipped(T, block, v[0], v[2]);
    const odd = zipped(T, block, v[1], v[3]);
    const low = zipped(T, block, even[0], odd[0]);
    const high = zipped(T, block, even[1], odd[1]);
    return .{ low[0], low[1], high[0], high[1] };
}

/// Blocks of two vectors in turn.
pub inline fn zipped(
    comptime T: type,
    comptime block: comptime_int,
    x: simd.Vector(T),
    y: simd.Vector(T),
) [2]simd.Vector(T) {
    const L = comptime simd.lanes(T);
    comptime var masks: [2][L]i32 = undefined;
    inline for (0..2 * L) |i| {
        const place: i32 = i / (2 * block) * block + i % block;
        masks[i / L][i % L] = if (i / block % 2 == 0) place else ~place;
    }
    return .{ @shuffle(T, x, y, masks[0]), @shuffle(T, x, y, masks[1]) };
}

/// A complex number, or a vector of them.
pub fn Complex(comptime V: type) type {
    return struct {
        re: V,
        im: V,

        pub inline fn plus(a: @This(), b: @This()) @This() {
            return .{ .re = a.re + b.re, .im = a.im + b.im };
        }
        pub inline fn minus(a: @This(), b: @This()) @This() {
            return .{ .re = a.re - b.re, .im = a.im - b.im };
        }
        pub inline fn times(a: @This(), b: @This()) @This() {
            return .{
                .re = simd.mulAdd(a.re, b.re, -(a.im * b.im)),
                .im = simd.mulAdd(a.re, b.im, a.im * b.re),
            };
        }
        /// Times -i.
        inline fn turned(a: @This()) @This() {
            return .{ .re = a.im, .im = -a.re };
        }
    };
}

/// The transform of r numbers.
inline fn butterfly(
    comptime T: type,
    comptime V: type,
    comptime r: comptime_int,
    a: [r]Complex(V),
) [r]Complex(V) {
    switch (r) {
        2 => return .{ a[0].plus(a[1]), a[0].minus(a[1]) },
        4 => {
            const sum = a[0].plus(a[2]);
            const difference = a[0].minus(a[2]);
            const other = a[1].plus(a[3]);
            const turned = a[1].minus(a[3]).turned();
            return .{
                sum.plus(other),
                difference.plus(turned),
                sum.minus(other),
                difference.minus(turned),
            };
        },
        8 => {
            const even = butterfly(T, V, 4, .{ a[0], a[2], a[4], a[6] });
            var odd = butterfly(T, V, 4, .{ a[1], a[3], a[5], a[7] });
            const half: V = @splat(std.math.sqrt1_2);
            // Copies: a struct is written field by field, while its old fields are still read.
            const first = odd[1];
            const third = odd[3];
            odd[1] = .{ .re = half * (first.re + first.im), .im = half * (first.im - first.re) };
            odd[2] = odd[2].turned();
            odd[3] = .{ .re = half * (third.im - third.re), .im = half * -(third.im + third.re) };
            var b: [8]Complex(V) = undefined;
            inline for (even, odd, 0..) |e, o, k| {
                b[k] = e.plus(o);
                b[k + 4] = e.minus(o);
            }
            return b;
        },
        else => return oddButterfly(T, V, r, a),
    }
}

/// By sums and differences of the parts that turn alike: a quarter of the multiplications.
inline fn oddButterfly(
    comptime T: type,
    comptime V: type,
    comptime r: comptime_int,
    a: [r]Complex(V),
) [r]Complex(V) {
    const half = r / 2;
    var sums: [half]Complex(V) = undefined;
    var differences: [half]Complex(V) = undefined;
    var b: [r]Complex(V) = undefined;
    b[0] = a[0];
    inline for (&sums, &differences, 1..) |*sum, *difference, j| {
        sum.* = a[j].plus(a[r - j]);
        difference.* = a[j].minus(a[r - j]);
        b[0] = b[0].plus(sum.*);
    }
    inline for (1..half + 1) |k| {
        var straight = a[0];
        var across: Complex(V) = .{ .re = @splat(0), .im = @splat(0) };
        inline for (sums, differences, 1..) |sum, difference, j| {
            const angle = comptime 2.0 * std.math.pi * @as(f64, j * k % r) / r;
            const c: V = @splat(comptime @as(T, @floatCast(@cos(angle))));
            const s: V = @splat(comptime @as(T, @floatCast(@sin(angle))));
            straight.re = simd.mulAdd(sum.re, c, straight.re);
            straight.im = simd.mulAdd(sum.im, c, straight.im);
            across.re = simd.mulAdd(difference.re, s, across.re);
            across.im = simd.mulAdd(difference.im, s, across.im);
        }
        b[k] = straight.plus(across.turned());
        b[r - k] = straight.minus(across.turned());
    }
    return b;
}
