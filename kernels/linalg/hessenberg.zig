//! Eigenvalues and vectors of square matrices: balancing, Householder reduction to Hessenberg form,
//! Francis's double-shift QR steps to a quasi-triangular one, back substitution (Golub and Van
//! Loan, Matrix Computations, 7.4 to 7.6; James, Langou and Lowery 2014 for balancing). Computed in
//! float64 for float32 too.
const std = @import("std");
const abi = @import("abi");
const matrix = @import("matrix.zig");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const steps = @import("francis.zig");
const vectors = @import("eigenvectors.zig");
const vector = @import("vector.zig");

const Matrix = matrix.Matrix;
const not_finite = 1;
const not_converged = 2;

/// What the parts of the algorithm work on. Matrices lie row by row.
pub const Work = struct {
    n: usize,
    /// The matrix, then its Hessenberg and its quasi-triangular form.
    h: [*]f64,
    /// Transposed: a = q h q^T. Null where only values are wanted.
    qt: ?[*]f64,
    /// Eigenvalues.
    re: [*]f64,
    im: [*]f64,
    /// Powers of 2 that balancing divided columns by.
    balance: [*]f64,
    /// Two vectors for whoever needs them.
    x: [*]f64,
    y: [*]f64,
    /// The matrix, and so its eigenvalues, were divided by 2 to this power.
    exponent: i32 = 0,

    pub inline fn row(w: *const Work, i: usize) [*]f64 {
        return w.h + i * w.n;
    }

    fn of(n: usize, has_vectors: bool) ?Work {
        const square = n * n;
        const squares: usize = if (has_vectors) 2 else 1;
        const block = runtime.scratch(.work, f64, squares * square + 5 * n) orelse return null;
        const lines = block + squares * square;
        return .{
            .n = n,
            .h = block,
            .qt = if (has_vectors) block + square else null,
            .re = lines,
            .im = lines + n,
            .balance = lines + 2 * n,
            .x = lines + 3 * n,
            .y = lines + 4 * n,
        };
    }

    fn run(w: *Work) i32 {
        const all = w.h[0 .. w.n * w.n];
        const most = vector.largest(f64, all);
        if (!std.math.isFinite(most)) return not_finite;
        // By a power of 2: nothing is rounded, nothing overflows.
        const exponent = if (most == 0) 0 else std.math.frexp(most).exponent;
        scaleBy(all, -exponent);
        w.balanceRows();
        w.reduce();
        if (!steps.iterate(w)) return not_converged;
        w.exponent = exponent;
        return 0;
    }

    /// h -> d^-1 h d with rows and columns of alike norms, d powers of 2.
    fn balanceRows(w: *const Work) void {
        @memset(w.balance[0..w.n], 1);
        for (0..100) |_| {
            var changed = false;
            for (0..w.n) |i| changed = w.balanceOne(i) or changed;
            if (!changed) return;
        }
    }

    fn balanceOne(w: *const Work, i: usize) bool {
        var across: f64 = 0;
        var down: f64 = 0;
        for (0..w.n) |j| {
            if (j == i) continue;
            across = std.math.hypot(across, w.row(i)[j]);
            down = std.math.hypot(down, w.row(j)[i]);
        }
        if (across == 0 or down == 0) return false;
        // The power of 2 next to sqrt(across / down).
        const power = @round(@log2(across / down) / 2);
        const whole: i32 = @intFromFloat(std.math.clamp(power, -500, 500));
        const factor = std.math.ldexp(@as(f64, 1), whole);
        if (down * factor + across / factor >= 0.95 * (down + across)) return false;
        w.balance[i] *= factor;
        vector.scale(f64, w.row(i), w.n, 1 / factor);
        for (0..w.n) |j| w.row(j)[i] *= factor;
        return true;
    }

    /// h -> q^T h q without elements below the first subdiagonal.
    fn reduce(w: *const Work) void {
        const n = w.n;
        // Reflection k is kept in column k, its factor in x[k].
        for (0..n -| 2) |k| {
            const left = n - k - 1;
            for (0..left) |i| w.y[i] = w.row(k + 1 + i)[k];
            w.x[k] = reflection(w.y[0..left]);
            w.row(k + 1)[k] = w.y[0];
            w.y[0] = 1;
            for (1..left) |i| w.row(k + 1 + i)[k] = w.y[i];
            if (w.x[k] != 0) w.reflect(k, w.y, left, w.x[k]);
        }
        if (w.qt) |qt| w.formVectors(qt);
        for (2..@max(n, 2)) |i| @memset(w.row(i)[0 .. i - 1], 0);
    }

    fn reflect(w: *const Work, k: usize, v: [*]const f64, left: usize, factor: f64) void {
        // From the left: the sum of rows, each by its part, is taken from each. It is put together
        // where values go later.
        const sum = w.re;
        @memset(sum[0..left], 0);
        for (0..left) |i| vector.addScaled(f64, sum, w.row(k + 1 + i) + k + 1, left, v[i]);
        for (0..left) |i| {
            vector.addScaled(f64, w.row(k + 1 + i) + k + 1, sum, left, -factor * v[i]);
        }
        for (0..w.n) |i| {
            const part = w.row(i) + k + 1;
            vector.addScaled(f64, part, v, left, -factor * vector.dot(f64, part, v, left));
        }
    }

    fn formVectors(w: *const Work, qt: [*]f64) void {
        const n = w.n;
        @memset(qt[0 .. n * n], 0);
        for (0..n) |i| qt[i * n + i] = 1;
        var k = n -| 2;
        while (k > 0) {
            k -= 1;
            if (w.x[k] == 0) continue;
            const left = n - k - 1;
            w.y[0] = 1;
            for (1..left) |i| w.y[i] = w.row(k + 1 + i)[k];
            for (k + 1..n) |i| {
                const part = qt + i * n + k + 1;
                vector.addScaled(f64, part, w.y, left, -w.x[k] * vector.dot(f64, part, w.y, left));
            }
        }
    }
};

/// x times 2 to a power, in two steps since that alone may be no number.
fn scaleBy(x: []f64, exponent: i32) void {
    const half = @divTrunc(exponent, 2);
    const first = std.math.ldexp(@as(f64, 1), half);
    const second = std.math.ldexp(@as(f64, 1), exponent - half);
    for (x) |*value| value.* = value.* * first * second;
}

/// x -> (beta, v[1..]) and the factor t of I - t v v^T, v[0] = 1, that maps x to (beta, 0, ...).
pub fn reflection(x: []f64) f64 {
    const below = @sqrt(vector.dot(f64, x.ptr + 1, x.ptr + 1, x.len - 1));
    if (below == 0) return 0;
    const norm = std.math.hypot(x[0], below);
    const beta = if (x[0] > 0) -norm else norm;
    const factor = (beta - x[0]) / beta;
    vector.scale(f64, x.ptr + 1, x.len - 1, 1 / (x[0] - beta));
    x[0] = beta;
    return factor;
}

/// Outputs re, im [.., N], with vectors also re, im [.., N, N] in columns, info [..].
pub fn decompose(comptime T: type, comptime has_vectors: bool, call: *abi.Call) abi.Status {
    const a = call.input(0);
    const size = a.extent(a.dims() - 1);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, _: matrix.Threads) abi.Status {
            const source: Matrix(T) = .of(inner.input(0), index);
            const n = source.rows;
            var work = Work.of(n, has_vectors) orelse return inner.fail(.out_of_memory, 0, 0);
            source.load(f64, work.h, n);
            const info = if (n == 0) 0 else work.run();
            inner.output(if (has_vectors) 4 else 2).pointer(i32)[index] = info;
            if (info == 0 and has_vectors) {
                const vr = inner.output(2).pointer(T) + index * n * n;
                const vi = inner.output(3).pointer(T) + index * n * n;
                if (!vectors.store(T, &work, vr, vi)) return inner.fail(.out_of_memory, 0, 0);
            }
            scaleBy(work.re[0..n], work.exponent);
            scaleBy(work.im[0..n], work.exponent);
            const re = inner.output(0).pointer(T) + index * n;
            const im = inner.output(1).pointer(T) + index * n;
            for (0..n) |i| {
                re[i] = if (info == 0) @floatCast(work.re[i]) else std.math.nan(T);
                im[i] = if (info == 0) @floatCast(work.im[i]) else std.math.nan(T);
            }
            if (info != 0 and has_vectors) {
                @memset((inner.output(2).pointer(T) + index * n * n)[0 .. n * n], std.math.nan(T));
                @memset((inner.output(3).pointer(T) + index * n * n)[0 .. n * n], std.math.nan(T));
            }
            return .ok;
        }
    };
    const factor: f64 = if (has_vectors) 12 else 6;
    return matrix.each(call, matrix.countOf(a, 2), matrix.time(size, size, size, factor), Body.run);
}
