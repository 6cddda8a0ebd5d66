//! Cholesky factorisation, by columns of blocks.
const std = @import("std");
const abi = @import("abi");
const matrix = @import("linalg_matrix.zig");

const Matrix = matrix.Matrix;
const block = 48;

pub fn factor(comptime T: type, call: *abi.Call) abi.Status {
    const a = call.input(0);
    const size = a.extent(a.dims() - 1);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: matrix.Threads) abi.Status {
            const source: Matrix(T) = .of(inner.input(0), index);
            const l: Matrix(T) = .of(inner.output(0), index);
            const step = l.columns;
            for (0..l.rows) |i| {
                for (0..i + 1) |j| l.data[i * step + j] = source.at(i, j)[0];
                @memset(l.data[i * step + i + 1 ..][0 .. l.columns - i - 1], 0);
            }
            return factorOne(T, l, &inner.output(1).pointer(i32)[index], threads);
        }
    };
    return matrix.each(call, matrix.countOf(a, 2), matrix.time(size, size, size, 0.05), Body.run);
}

/// Each column of blocks loses the product of what is left of it, then its own corner is factored.
fn factorOne(comptime T: type, l: Matrix(T), info: *i32, threads: matrix.Threads) abi.Status {
    const size = l.rows;
    const step = l.columns;
    info.* = 0;
    var first: usize = 0;
    while (first < size) : (first += block) {
        const end = @min(first + block, size);
        if (first > 0) {
            const known = l.part(first, 0, size - first, first);
            const turned = known.part(0, 0, end - first, first).transposed();
            const own = l.part(first, first, size - first, end - first);
            matrix.addProduct(T, own, -1, known, turned, threads) catch return .out_of_memory;
        }
        for (first..size) |i| {
            const row = l.data + i * step + first;
            for (first..@min(i, end - 1) + 1) |j| {
                const other = l.data + j * step + first;
                const rest = row[j - first] - matrix.dot(T, row, other, j - first);
                if (i != j) {
                    row[j - first] = rest / other[j - first];
                    continue;
                }
                // Also false for NaN.
                if (!(rest > 0) and info.* == 0) info.* = @intCast(i + 1);
                row[j - first] = @sqrt(rest);
            }
            // The product also wrote above the diagonal.
            for (i + 1..@max(i + 1, end)) |j| l.data[i * step + j] = 0;
        }
        if (info.* != 0) return .ok;
    }
    return .ok;
}
