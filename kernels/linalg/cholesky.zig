//! Cholesky factorisation by halves: the first is factored, what is below it solved for, the second
//! loses the product of that with itself.
const std = @import("std");
const abi = @import("abi");
const gemm = @import("../gemm.zig");
const matrix = @import("matrix.zig");
const simd = @import("../simd.zig");
const vector = @import("vector.zig");

const Matrix = matrix.Matrix;
const Threads = matrix.Threads;

/// Up to this size everything is element by element.
const leaf = 16;
/// Up to this size the product is not halved, though only its lower triangle is needed.
const whole = 64;

pub fn factor(comptime T: type, call: *abi.Call) abi.Status {
    const a = call.input(0);
    const size = a.extent(a.dims() - 1);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: Threads) abi.Status {
            const source: Matrix(T) = .of(inner.input(0), index);
            const l: Matrix(T) = .of(inner.output(0), index);
            source.loadLower(l.data);
            const info = &inner.output(1).pointer(i32)[index];
            info.* = @intCast(factorPart(T, l, threads) catch return .out_of_memory);
            // The products also wrote above the diagonal.
            for (0..l.rows) |i| @memset(l.at(i, 0)[i + 1 .. l.columns], 0);
            return .ok;
        }
    };
    return matrix.each(call, matrix.countOf(a, 2), matrix.time(size, size, size, 0.03), Body.run);
}

/// 0, or the order of the first leading minor that is not positive; what follows is then as it was.
fn factorPart(comptime T: type, a: Matrix(T), threads: Threads) matrix.Error!usize {
    const n = a.rows;
    if (n <= leaf) return factorLeaf(T, a);
    const half = halfOf(n);
    const first = a.part(0, 0, half, half);
    const below = a.part(half, 0, n - half, half);
    const second = a.part(half, half, n - half, n - half);
    const failed = try factorPart(T, first, threads);
    if (failed != 0) return failed;
    try solveRight(T, first, below, threads);
    try subtractSquare(T, second, below, threads);
    const later = try factorPart(T, second, threads);
    return if (later == 0) 0 else half + later;
}

/// A multiple of the leaf's size, so that parts come out whole.
fn halfOf(n: usize) usize {
    return (n / 2 + leaf - 1) / leaf * leaf;
}

fn factorLeaf(comptime T: type, a: Matrix(T)) usize {
    const step: usize = @intCast(a.row);
    for (0..a.rows) |j| {
        const row = a.data + j * step;
        var rest = row[j];
        for (row[0..j]) |value| rest = simd.mulAdd(-value, value, rest);
        // Also false for NaN.
        if (!(rest > 0)) return j + 1;
        const root = @sqrt(rest);
        const inverse = 1 / root;
        row[j] = root;
        for (j + 1..a.rows) |i| {
            const other = a.data + i * step;
            var sum = other[j];
            for (row[0..j], other) |x, y| sum = simd.mulAdd(-x, y, sum);
            other[j] = if (std.math.isInf(inverse)) sum / root else sum * inverse;
        }
    }
    return 0;
}

/// x <- x l^-T for a lower triangle l.
fn solveRight(comptime T: type, l: Matrix(T), x: Matrix(T), threads: Threads) matrix.Error!void {
    const n = l.rows;
    if (n <= leaf) return solveRightLeaf(T, l, x, threads);
    const half = halfOf(n);
    const first = x.part(0, 0, x.rows, half);
    const second = x.part(0, half, x.rows, n - half);
    try solveRight(T, l.part(0, 0, half, half), first, threads);
    const beside = l.part(half, 0, n - half, half);
    try matrix.addProduct(T, second, -1, first, beside.transposed(), threads);
    try solveRight(T, l.part(half, half, n - half, n - half), second, threads);
}

/// Some rows of x at a time, transposed: along them all is vectors.
fn solveRightLeaf(comptime T: type, l: Matrix(T), x: Matrix(T), threads: Threads) void {
    const Job = struct {
        l: Matrix(T),
        x: Matrix(T),

        const rows_max = 64;

        fn run(job: *const @This(), chunk: usize) void {
            const first = chunk * rows_max;
            const rows = @min(rows_max, job.x.rows - first);
            const own = job.x.part(first, 0, rows, job.x.columns);
            var turned: [leaf * rows_max]T = undefined;
            for (0..rows) |i| {
                for (own.at(i, 0)[0..own.columns], 0..) |value, j| turned[j * rows_max + i] = value;
            }
            var factors: [leaf]T = undefined;
            for (0..own.columns) |j| {
                const row = turned[j * rows_max ..][0..rows];
                for (factors[0..j], job.l.at(j, 0)) |*f, value| f.* = -value;
                vector.addRows(T, row.ptr, &turned, rows_max, factors[0..j], rows);
                vector.divide(T, row.ptr, rows, job.l.at(j, j)[0]);
            }
            for (0..rows) |i| {
                const row = own.at(i, 0)[0..own.columns];
                for (row, 0..) |*value, j| value.* = turned[j * rows_max + i];
            }
        }
    };
    const job: Job = .{ .l = l, .x = x };
    const elements: f64 = @floatFromInt(x.rows * l.rows * l.rows);
    const chunks = matrix.chunksOf(x.rows, Job.rows_max);
    gemm.forEach(threads, chunks, elements * 0.1, &job, Job.run);
}

/// The lower triangle of c loses x x^T.
fn subtractSquare(
    comptime T: type,
    c: Matrix(T),
    x: Matrix(T),
    threads: Threads,
) matrix.Error!void {
    const n = c.rows;
    if (n <= whole) return matrix.addProduct(T, c, -1, x, x.transposed(), threads);
    const half = halfOf(n);
    const top = x.part(0, 0, half, x.columns);
    const rest = x.part(half, 0, n - half, x.columns);
    try subtractSquare(T, c.part(0, 0, half, half), top, threads);
    try matrix.addProduct(T, c.part(half, 0, n - half, half), -1, rest, top.transposed(), threads);
    try subtractSquare(T, c.part(half, half, n - half, n - half), rest, threads);
}
