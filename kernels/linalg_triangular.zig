//! Triangular systems: blocks on the diagonal row by row, everything else by products.
const std = @import("std");
const abi = @import("abi");
const matrix = @import("linalg_matrix.zig");

const Matrix = matrix.Matrix;
const block = 48;

pub fn solve(comptime T: type, call: *abi.Call) abi.Status {
    const x = call.output(0);
    const rank = x.dims();
    const rows = x.extent(rank - 2);
    const nanoseconds = matrix.time(rows, rows, x.extent(rank - 1), 0.1);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: matrix.Threads) abi.Status {
            const a: Matrix(T) = .of(inner.input(0), index);
            const b: Matrix(T) = .of(inner.input(1), index);
            const out: Matrix(T) = .of(inner.output(0), index);
            b.load(T, out.data, out.columns);
            return solveInto(T, a, inner.attribute(0) == 1, inner.attribute(1) == 1, out, threads);
        }
    };
    return matrix.each(call, matrix.countOf(x, 2), nanoseconds, Body.run);
}

/// x <- a^-1 x, for one triangle of a; x is contiguous.
pub fn solveInto(comptime T: type, a: Matrix(T), upper: bool, unit: bool, x: Matrix(T), threads: matrix.Threads) abi.Status {
    const size = x.rows;
    const blocks = (size + block - 1) / block;
    for (0..blocks) |number| {
        const place = if (upper) blocks - 1 - number else number;
        const first = place * block;
        const end = @min(first + block, size);
        // What is known already: above for a lower triangle, below for an upper one.
        const known = if (upper) end else 0;
        const status = matrix.addProduct(T, .{
            .rows = end - first,
            .columns = x.columns,
            .depth = if (upper) size - end else first,
            .a = a.at(first, known),
            .a_row = a.row,
            .a_step = a.column,
            .b = x.data + known * x.columns,
            .b_step = @intCast(x.columns),
            .b_column = 1,
            .c = x.data + first * x.columns,
            .c_row = x.columns,
            .alpha = -1,
        }, threads);
        if (status != .ok) return status;
        var corner = a;
        corner.data = a.at(first, first);
        solveBlock(T, corner, end - first, upper, unit, x.data + first * x.columns, x.columns, x.columns);
    }
    return .ok;
}

/// The same for a small triangle, row by row; rows of x are `step` apart.
pub fn solveBlock(comptime T: type, a: Matrix(T), size: usize, upper: bool, unit: bool, x: [*]T, columns: usize, step: usize) void {
    for (0..size) |number| {
        const i = if (upper) size - 1 - number else number;
        const row = x + i * step;
        const from = if (upper) i + 1 else 0;
        const to = if (upper) size else i;
        for (from..to) |j| matrix.addScaled(T, row, x + j * step, columns, -a.at(i, j)[0]);
        if (unit) continue;
        const pivot = a.at(i, i)[0];
        for (row[0..columns]) |*value| value.* /= pivot;
    }
}
