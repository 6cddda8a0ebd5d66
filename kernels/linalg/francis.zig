//! QR steps with two implicit shifts, which bring a Hessenberg matrix to quasi-triangular form: 1 x
//! 1 blocks for real eigenvalues, 2 x 2 ones for pairs of complex ones.
const std = @import("std");
const simd = @import("../simd.zig");
const Work = @import("hessenberg.zig").Work;
const vector = @import("vector.zig");

/// Steps for one eigenvalue; every tenth takes shifts that break cycles.
const steps_max = 60;
const epsilon = std.math.floatEps(f64);

/// False when an eigenvalue does not come out.
pub fn iterate(w: *const Work) bool {
    var end = w.n; // what follows is done
    var count: usize = 0;
    while (end > 0) {
        const start = activeFrom(w, end);
        if (start + 1 == end) {
            w.re[end - 1] = w.row(end - 1)[end - 1];
            w.im[end - 1] = 0;
        } else if (start + 2 == end) {
            split(w, start);
        } else {
            if (count == steps_max) return false;
            count += 1;
            step(w, start, end - 1, shiftsOf(w, end - 1, count));
            continue;
        }
        end = start;
        count = 0;
    }
    return true;
}

/// Where the block before `end` begins: above it is a subdiagonal element that is negligible.
fn activeFrom(w: *const Work, end: usize) usize {
    var l = end - 1;
    while (l > 0) : (l -= 1) {
        const below = &w.row(l)[l - 1];
        var size = @abs(w.row(l - 1)[l - 1]) + @abs(w.row(l)[l]);
        if (size == 0) size = 1; // the matrix has magnitudes around 1
        if (@abs(below.*) <= epsilon * size) {
            below.* = 0;
            return l;
        }
    }
    return 0;
}

/// Two shifts as the diagonal and the product of the other elements of a 2 x 2 matrix.
const Shifts = struct { first: f64, last: f64, product: f64 };

fn shiftsOf(w: *const Work, hi: usize, count: usize) Shifts {
    if (count % 10 == 0) {
        const size = @abs(w.row(hi)[hi - 1]) + @abs(w.row(hi - 1)[hi - 2]);
        const middle = 0.75 * size + w.row(hi)[hi];
        return .{ .first = middle, .last = middle, .product = -0.4375 * size * size };
    }
    return .{
        .first = w.row(hi - 1)[hi - 1],
        .last = w.row(hi)[hi],
        .product = w.row(hi)[hi - 1] * w.row(hi - 1)[hi],
    };
}

/// The first column of (h - first)(h - last) - product, at row m, scaled.
fn columnAt(w: *const Work, m: usize, shifts: Shifts) [3]f64 {
    const z = w.row(m)[m];
    const r = shifts.last - z;
    const s = shifts.first - z;
    const below = w.row(m + 1)[m];
    const p = (r * s - shifts.product) / below + w.row(m)[m + 1];
    const q = w.row(m + 1)[m + 1] - z - r - s;
    const o = w.row(m + 2)[m + 1];
    const size = @abs(p) + @abs(q) + @abs(o);
    return .{ p / size, q / size, o / size };
}

/// One double step on rows and columns l to hi.
fn step(w: *const Work, l: usize, hi: usize, shifts: Shifts) void {
    var m = hi - 2;
    var x = columnAt(w, m, shifts);
    // Two small subdiagonal elements in a row let the step begin between them.
    while (m > l) : (m -= 1) {
        const size = @abs(w.row(m - 1)[m - 1]) + @abs(w.row(m)[m]) + @abs(w.row(m + 1)[m + 1]);
        const tail = @abs(w.row(m)[m - 1]) * (@abs(x[1]) + @abs(x[2]));
        if (tail <= epsilon * @abs(x[0]) * size) break;
        x = columnAt(w, m - 1, shifts);
    }
    for (m..hi) |k| {
        const has_third = k + 2 <= hi;
        if (k > m) {
            const third = if (has_third) w.row(k + 2)[k - 1] else 0;
            x = .{ w.row(k)[k - 1], w.row(k + 1)[k - 1], third };
        }
        const norm = std.math.copysign(std.math.hypot(std.math.hypot(x[0], x[1]), x[2]), x[0]);
        if (norm == 0) continue;
        const top = x[0] + norm;
        const v = [2]f64{ x[1] / top, x[2] / top };
        const factor = top / norm;
        if (k > m) {
            w.row(k)[k - 1] = -norm;
            w.row(k + 1)[k - 1] = 0;
            if (has_third) w.row(k + 2)[k - 1] = 0;
        } else if (m > l) w.row(k)[k - 1] *= 1 - factor;
        if (has_third) turn(w, true, k, l, hi, v, factor) else turn(w, false, k, l, hi, v, factor);
    }
}

/// Rows and columns k, k + 1 and perhaps k + 2 by I - factor (1, v) (1, v)^T.
fn turn(
    w: *const Work,
    comptime has_third: bool,
    k: usize,
    l: usize,
    hi: usize,
    v: [2]f64,
    factor: f64,
) void {
    const all = w.qt != null;
    const stop = if (all) w.n else hi + 1;
    reflectRows(has_third, w.row(k) + k, w.n, stop - k, v, factor);
    const first = if (all) 0 else l;
    for (first..@min(k + 3, hi) + 1) |i| {
        const p = w.row(i) + k;
        const third = if (has_third) v[1] * p[2] else 0;
        const t = factor * (p[0] + v[0] * p[1] + third);
        p[0] -= t;
        p[1] -= t * v[0];
        if (has_third) p[2] -= t * v[1];
    }
    if (w.qt) |qt| reflectRows(has_third, qt + k * w.n, w.n, w.n, v, factor);
}

/// Two or three rows from p on, which lie `apart`.
fn reflectRows(
    comptime has_third: bool,
    p: [*]f64,
    apart: usize,
    count: usize,
    v: [2]f64,
    factor: f64,
) void {
    const L = comptime simd.lanes(f64);
    const V = simd.Vector(f64);
    const rows = if (has_third) 3 else 2;
    var i: usize = 0;
    while (i < count) {
        if (i + L <= count) {
            var x: [rows]V = undefined;
            inline for (&x, 0..) |*part, r| part.* = simd.load(f64, p + r * apart + i);
            var t = x[0];
            inline for (1..rows) |r| t = simd.mulAdd(@as(V, @splat(v[r - 1])), x[r], t);
            t *= @splat(factor);
            simd.store(f64, p + i, x[0] - t);
            inline for (1..rows) |r| {
                simd.store(f64, p + r * apart + i, x[r] - t * @as(V, @splat(v[r - 1])));
            }
            i += L;
        } else {
            var t = p[i];
            inline for (1..rows) |r| t = simd.mulAdd(v[r - 1], p[r * apart + i], t);
            t *= factor;
            p[i] -= t;
            inline for (1..rows) |r| p[r * apart + i] -= t * v[r - 1];
            i += 1;
        }
    }
}

/// The 2 x 2 block at row i: a pair of complex eigenvalues, or two real ones, which a rotation
/// parts.
fn split(w: *const Work, i: usize) void {
    const b = w.row(i)[i + 1];
    const c = w.row(i + 1)[i];
    const d = w.row(i + 1)[i + 1];
    const half = (w.row(i)[i] - d) / 2;
    const square = half * half + b * c;
    const root = @sqrt(@abs(square));
    if (square < 0) {
        w.re[i] = d + half;
        w.re[i + 1] = d + half;
        w.im[i] = root;
        w.im[i + 1] = -root;
        return;
    }
    const z = half + std.math.copysign(root, half);
    w.re[i] = d + z;
    w.re[i + 1] = if (z == 0) d else d - b * c / z;
    w.im[i] = 0;
    w.im[i + 1] = 0;
    const length = std.math.hypot(c, z);
    if (length > 0) rotate(w, i, z / length, c / length);
    w.row(i)[i] = w.re[i];
    w.row(i + 1)[i + 1] = w.re[i + 1];
    w.row(i + 1)[i] = 0;
}

/// Rows and columns i and i + 1 by a rotation; only where vectors are wanted does the rest matter.
fn rotate(w: *const Work, i: usize, cosine: f64, sine: f64) void {
    const qt = w.qt orelse return;
    vector.rotate(f64, w.row(i + 1) + i, w.row(i) + i, w.n - i, cosine, sine);
    for (0..i + 2) |j| {
        const p = w.row(j) + i;
        const first = p[0];
        p[0] = cosine * first + sine * p[1];
        p[1] = cosine * p[1] - sine * first;
    }
    vector.rotate(f64, qt + (i + 1) * w.n, qt + i * w.n, w.n, cosine, sine);
}
