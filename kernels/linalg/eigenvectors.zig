//! Eigenvectors of a quasi-triangular matrix by back substitution, turned back to those of the
//! matrix that it came from.
const std = @import("std");
const runtime = @import("../runtime.zig");
const Work = @import("hessenberg.zig").Work;
const vector = @import("vector.zig");

const Number = std.math.Complex(f64);
const epsilon = std.math.floatEps(f64);

/// Vectors of length 1 into the columns of re and im. The largest element of each is real and
/// positive, the first of those that are about equal. False when there is no memory.
pub fn store(comptime T: type, w: *const Work, re: [*]T, im: [*]T) bool {
    const n = w.n;
    const block = runtime.scratch(.chunk, f64, 2 * n) orelse return false;
    var k = n;
    while (k > 0) {
        const is_pair = w.im[k - 1] != 0;
        k -= if (is_pair) 2 else 1;
        const last = if (is_pair) k + 1 else k;
        substitute(w, k, last, .init(w.re[k], w.im[k]));
        turnBack(w, last, block, block + n);
        point(block[0..n], (block + n)[0..n]);
        for (0..n) |i| {
            re[i * n + k] = @floatCast(block[i]);
            im[i * n + k] = @floatCast(block[n + i]);
            if (!is_pair) continue;
            re[i * n + last] = @floatCast(block[i]);
            im[i * n + last] = @floatCast(-block[n + i]);
        }
    }
    return true;
}

/// x + i y with (h - value)(x + i y) = 0, whose last element that is not 0 is `last`; `first` is
/// the other row of its block.
fn substitute(w: *const Work, first: usize, last: usize, value: Number) void {
    if (first == last) {
        put(w, last, .init(1, 0));
    } else {
        const b = w.row(first)[last];
        const c = w.row(last)[first];
        // Of the block's two equations the one that divides by more.
        if (@abs(b) >= @abs(c)) {
            put(w, first, .init(1, 0));
            put(w, last, value.sub(.init(w.row(first)[first], 0)).div(.init(b, 0)));
        } else {
            put(w, last, .init(1, 0));
            put(w, first, value.sub(.init(w.row(last)[last], 0)).div(.init(c, 0)));
        }
    }
    var j = first;
    while (j > 0) {
        const sum = sumOf(w, j - 1, j, last);
        const d = Number.init(w.row(j - 1)[j - 1], 0).sub(value);
        if (w.im[j - 1] == 0) {
            j -= 1;
            put(w, j, sum.neg().div(atLeast(d)));
        } else {
            // (a b; c d) (u; v) = -(above; sum)
            j -= 2;
            const above = sumOf(w, j, j + 2, last);
            const a = Number.init(w.row(j)[j], 0).sub(value);
            const b: Number = .init(w.row(j)[j + 1], 0);
            const c: Number = .init(w.row(j + 1)[j], 0);
            const determinant = atLeast(a.mul(d).sub(b.mul(c)));
            put(w, j, b.mul(sum).sub(d.mul(above)).div(determinant));
            put(w, j + 1, c.mul(above).sub(a.mul(sum)).div(determinant));
        }
        shrink(w, j, last);
    }
}

fn put(w: *const Work, i: usize, value: Number) void {
    w.x[i] = value.re;
    w.y[i] = value.im;
}

/// Sum of h[row, i] (x[i] + i y[i]) for i from `from` to `last`.
fn sumOf(w: *const Work, row: usize, from: usize, last: usize) Number {
    const count = last + 1 - from;
    const h = w.row(row) + from;
    return .init(vector.dot(f64, h, w.x + from, count), vector.dot(f64, h, w.y + from, count));
}

/// A divisor of 0, of equal eigenvalues, counts as one of rounding's size.
fn atLeast(x: Number) Number {
    return if (@abs(x.re) + @abs(x.im) < epsilon * epsilon) .init(epsilon, 0) else x;
}

/// Keeps elements that grow, as they do for eigenvalues that are close, from overflowing.
fn shrink(w: *const Work, from: usize, last: usize) void {
    var most: f64 = 0;
    for (from..@min(from + 2, last + 1)) |i| most = @max(most, @abs(w.x[i]), @abs(w.y[i]));
    if (most < 1e100) return;
    vector.scale(f64, w.x + from, last + 1 - from, 1e-100);
    vector.scale(f64, w.y + from, last + 1 - from, 1e-100);
}

/// re + i im = d q (x + i y).
fn turnBack(w: *const Work, last: usize, re: [*]f64, im: [*]f64) void {
    const n = w.n;
    @memset(re[0..n], 0);
    @memset(im[0..n], 0);
    for (0..last + 1) |k| {
        vector.addScaled(f64, re, w.qt.? + k * n, n, w.x[k]);
        vector.addScaled(f64, im, w.qt.? + k * n, n, w.y[k]);
    }
    for (0..n) |i| {
        re[i] *= w.balance[i];
        im[i] *= w.balance[i];
    }
}

fn point(re: []f64, im: []f64) void {
    const most = @max(vector.largest(f64, re), vector.largest(f64, im));
    if (most == 0) return;
    var length: f64 = 0;
    for (re, im) |*x, *y| {
        x.* /= most;
        y.* /= most;
        length += x.* * x.* + y.* * y.*;
    }
    var place: usize = 0;
    var largest: f64 = 0;
    for (re, im, 0..) |x, y, i| {
        const size = std.math.hypot(x, y);
        if (size > largest * 1.000001) {
            largest = size;
            place = i;
        }
    }
    const unit: Number = .init(re[place] / largest, -im[place] / largest);
    const factor = 1 / @sqrt(length);
    for (re, im) |*x, *y| {
        const turned = Number.init(x.*, y.*).mul(unit);
        x.* = turned.re * factor;
        y.* = turned.im * factor;
    }
    im[place] = 0;
}
