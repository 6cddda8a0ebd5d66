//! Reduction of a symmetric matrix to tridiagonal form by reflections, in panels: the vectors of a
//! panel change the rest of the matrix together, by one product of twice the panel's depth
//! (Dongarra, Hammarling and Sorensen, 1989).
//!
//! The upper triangle is read and written. Row r ends as reflection r, from column r + 1 on.
const std = @import("std");
const gemm = @import("../gemm.zig");
const matrix = @import("matrix.zig");
const reflection = @import("reflection.zig");
const simd = @import("../simd.zig");
const vector = @import("vector.zig");

const Matrix = matrix.Matrix;
const Threads = matrix.Threads;

const panel = 32;
/// Rows of the rest of the matrix that are updated by one product.
const strip = 128;

/// Partial products of the matrix with a vector; a number of the problem, not of threads.
fn partsOf(count: usize) usize {
    return std.math.clamp(count / 128, 1, 8);
}

pub fn workBytes(comptime T: type, size: usize) usize {
    return matrix.Work.bytes(T, (4 * panel + 8) * matrix.pitch(size));
}

/// a [n, n] -> diagonal and the numbers beside it, and the factors of the reflections.
pub fn reduce(
    comptime T: type,
    a: Matrix(T),
    diagonal: [*]f64,
    beside: [*]f64,
    taus: [*]T,
    work: *matrix.Work,
    threads: Threads,
) matrix.Error!void {
    const n = a.rows;
    const step = matrix.pitch(n);
    const pairs = work.take(T, (4 * panel + 8) * step);
    var r: Reducer(T) = .{
        .a = a.data,
        .a_step = @intCast(a.row),
        .n = n,
        .step = step,
        .pairs = pairs,
        .turned = pairs + 2 * panel * step,
        .parts = pairs + 4 * panel * step,
        .threads = threads,
    };
    while (r.first + 1 < n) : (r.first += panel) {
        const end = @min(r.first + panel, n - 1);
        for (r.first..end) |k| {
            const found = r.reduceRow(k);
            diagonal[k] = r.row(k)[k];
            beside[k] = found.beta;
            taus[k] = found.tau;
        }
        try r.updateRest(end);
    }
    if (n > 0) diagonal[n - 1] = r.row(n - 1)[n - 1];
}

fn Reducer(comptime T: type) type {
    return struct {
        a: [*]T,
        a_step: usize,
        n: usize,
        /// Of the rows below.
        step: usize,
        /// v and w of each row of the panel in turn: the rest loses v w^T + w v^T.
        pairs: [*]T,
        /// w and v in turn.
        turned: [*]T,
        /// Partial products.
        parts: [*]T,
        first: usize = 0,
        threads: Threads,

        const Self = @This();

        fn row(r: *const Self, k: usize) [*]T {
            return r.a + k * r.a_step;
        }

        /// Row k of the panel brought up to date, its reflection v, and w = p - (tau/2) (p v) v of
        /// p = tau a v.
        fn reduceRow(r: *Self, k: usize) reflection.Reflection(T) {
            const known = 2 * (k - r.first);
            const left = r.n - k - 1;
            var factors: [2 * panel]T = undefined;
            for (0..known) |i| factors[i] = -r.pairs[(i ^ 1) * r.step + k];
            vector.addRows(T, r.row(k) + k, r.pairs + k, r.step, factors[0..known], left + 1);
            const v = r.row(k) + k + 1;
            const found = reflection.reflect(T, v[0..left]);
            const own = r.pairs + known * r.step;
            @memcpy(own[k + 1 .. r.n], v[0..left]);
            const w = own + r.step + k + 1;
            if (found.tau == 0) {
                @memset(w[0..left], 0);
                return found;
            }
            r.multiply(k + 1, v, w);
            vector.dotRows(T, factors[0..known], r.pairs + k + 1, r.step, v, left);
            var i: usize = 0;
            while (i < known) : (i += 2) {
                std.mem.swap(T, &factors[i], &factors[i + 1]);
                factors[i] = -factors[i];
                factors[i + 1] = -factors[i + 1];
            }
            vector.addRows(T, w, r.pairs + k + 1, r.step, factors[0..known], left);
            vector.scale(T, w, left, found.tau);
            const overlap = vector.dot(T, w, v, left);
            vector.addScaled(T, w, v, left, -0.5 * found.tau * overlap);
            return found;
        }

        /// w <- a v for the symmetric rest of a from row `from` on.
        fn multiply(r: *Self, from: usize, v: [*]const T, w: [*]T) void {
            const count = r.n - from;
            var job: Product(T) = .{
                .a = r.row(from) + from,
                .a_step = r.a_step,
                .count = count,
                .v = v,
                .parts = r.parts,
                .step = r.step,
            };
            const elements: f64 = @floatFromInt(count * count);
            const nanoseconds = elements * @sizeOf(T) / 80;
            gemm.forEach(r.threads, partsOf(count), nanoseconds, &job, Product(T).run);
            @memcpy(w[0..count], r.parts[0..count]);
            for (1..partsOf(count)) |part| {
                const low = job.firstRow(part);
                vector.addScaled(T, w + low, r.parts + part * r.step + low, count - low, 1);
            }
        }

        fn updateRest(r: *Self, end: usize) matrix.Error!void {
            const known = 2 * (end - r.first);
            if (r.n - end == 1) {
                const last = &r.row(end)[end];
                const column = r.pairs + end;
                for (0..known) |i| last.* -= column[i * r.step] * column[(i ^ 1) * r.step];
                return;
            }
            for (0..known) |i| {
                const source = r.pairs + (i ^ 1) * r.step;
                @memcpy(r.turned[i * r.step + end ..][0 .. r.n - end], source[end..r.n]);
            }
            const n = r.n;
            const a: Matrix(T) = .by(r.a, n, n, r.a_step);
            const pairs = Matrix(T).by(r.pairs, known, n, r.step).transposed();
            const turned: Matrix(T) = .by(r.turned, known, n, r.step);
            var i = end;
            while (i < n) : (i += strip) {
                const rows = @min(strip, n - i);
                const own = a.part(i, i, rows, n - i);
                const left = pairs.part(i, 0, rows, known);
                try matrix.addProduct(T, own, -1, left, turned.part(0, i, known, n - i), r.threads);
            }
        }
    };
}

/// Parts of the product of a symmetric matrix, known above its diagonal, and a vector: each of
/// some rows and of the columns that mirror them, so that every element is read once.
fn Product(comptime T: type) type {
    const L = simd.lanes(T);
    return struct {
        a: [*]const T,
        a_step: usize,
        count: usize,
        v: [*]const T,
        parts: [*]T,
        step: usize,

        const Self = @This();

        /// Parts of equal area.
        fn firstRow(p: *const Self, part: usize) usize {
            const parts = partsOf(p.count);
            if (part == parts) return p.count;
            const share = @as(f64, @floatFromInt(part)) / @as(f64, @floatFromInt(parts));
            const size: f64 = @floatFromInt(p.count);
            return @as(usize, @intFromFloat(size * (1 - @sqrt(1 - share)))) / 4 * 4;
        }

        fn run(p: *Self, part: usize) void {
            var i = p.firstRow(part);
            const end = p.firstRow(part + 1);
            const sums = p.parts + part * p.step;
            @memset(sums[i..p.count], 0);
            while (i + 4 <= end) : (i += 4) p.addRows(4, i, sums);
            while (i < end) : (i += 1) p.addRows(1, i, sums);
        }

        inline fn addRows(p: *const Self, comptime rows: comptime_int, i: usize, sums: [*]T) void {
            const a = p.a + i * p.a_step;
            const v = p.v;
            var own: [rows]T = undefined;
            inline for (0..rows) |k| {
                const row = a + k * p.a_step + i;
                own[k] = row[k] * v[i + k];
                inline for (0..rows) |j| {
                    if (j < k) own[k] += a[j * p.a_step + i + k] * v[i + j];
                    if (j > k) own[k] += row[j] * v[i + j];
                }
            }
            var dots: [rows]simd.Vector(T) = @splat(@splat(0));
            var j = i + rows;
            while (j + L <= p.count) : (j += L) {
                const vs = simd.load(T, v + j);
                var sum = simd.load(T, sums + j);
                inline for (0..rows) |k| {
                    const as = simd.load(T, a + k * p.a_step + j);
                    dots[k] = simd.mulAdd(as, vs, dots[k]);
                    sum = simd.mulAdd(as, @as(simd.Vector(T), @splat(v[i + k])), sum);
                }
                simd.store(T, sums + j, sum);
            }
            if (simd.avx2 and j < p.count) {
                const left = p.count - j;
                const vs = simd.loadPart(T, v + j, left);
                var sum = simd.loadPart(T, sums + j, left);
                inline for (0..rows) |k| {
                    const as = simd.loadPart(T, a + k * p.a_step + j, left);
                    dots[k] = simd.mulAdd(as, vs, dots[k]);
                    sum = simd.mulAdd(as, @as(simd.Vector(T), @splat(v[i + k])), sum);
                }
                simd.storePart(T, sums + j, sum, left);
                j = p.count;
            }
            inline for (0..rows) |k| own[k] += @reduce(.Add, dots[k]);
            while (j < p.count) : (j += 1) {
                inline for (0..rows) |k| {
                    const value = a[k * p.a_step + j];
                    own[k] = simd.mulAdd(value, v[j], own[k]);
                    sums[j] = simd.mulAdd(value, v[i + k], sums[j]);
                }
            }
            inline for (0..rows) |k| sums[i + k] += own[k];
        }
    };
}

/// z <- (H_0 H_1 ...)^T, one reflection after the other: for small matrices.
pub fn formRows(comptime T: type, a: Matrix(T), taus: [*]const T, z: [*]T) void {
    const n = a.rows;
    @memset(z[0 .. n * n], 0);
    for (0..n) |i| z[i * n + i] = 1;
    var k = n;
    while (k > 1) {
        k -= 1;
        const tau = taus[k - 1];
        if (tau == 0) continue;
        const v = a.at(k - 1, k);
        for (k..n) |i| {
            const row = z + i * n + k;
            vector.addScaled(T, row, v, n - k, -tau * vector.dot(T, row, v, n - k));
        }
    }
}
