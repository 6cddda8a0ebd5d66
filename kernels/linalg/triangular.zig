//! Triangular systems: blocks on the diagonal row by row, everything else by products.
const abi = @import("abi");
const matrix = @import("matrix.zig");
const vector = @import("vector.zig");

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
            const triangle: Triangle = .{
                .upper = inner.attribute(0) == 1,
                .unit = inner.attribute(1) == 1,
            };
            return solveInto(T, a, triangle, out, threads);
        }
    };
    return matrix.each(call, matrix.countOf(x, 2), nanoseconds, Body.run);
}

/// Which triangle, and whether its diagonal is ones that are not read.
pub const Triangle = struct { upper: bool, unit: bool };

/// x <- a^-1 x, for one triangle of a; x is contiguous.
pub fn solveInto(
    comptime T: type,
    a: Matrix(T),
    triangle: Triangle,
    x: Matrix(T),
    threads: matrix.Threads,
) abi.Status {
    const size = x.rows;
    if (size <= block) {
        solveBlock(T, a, triangle, x);
        return .ok;
    }
    const blocks = (size + block - 1) / block;
    for (0..blocks) |number| {
        const place = if (triangle.upper) blocks - 1 - number else number;
        const first = place * block;
        const end = @min(first + block, size);
        // What is known already: above for a lower triangle, below for an upper one.
        const from = if (triangle.upper) end else 0;
        const count = if (triangle.upper) size - end else first;
        const own = x.part(first, 0, end - first, x.columns);
        const known = x.part(from, 0, count, x.columns);
        const beside = a.part(first, from, end - first, count);
        matrix.addProduct(T, own, -1, beside, known, threads) catch return .out_of_memory;
        solveBlock(T, a.part(first, first, end - first, end - first), triangle, own);
    }
    return .ok;
}

/// The same for a small triangle, row by row.
pub fn solveBlock(comptime T: type, a: Matrix(T), triangle: Triangle, x: Matrix(T)) void {
    const size = x.rows;
    for (0..size) |number| {
        const i = if (triangle.upper) size - 1 - number else number;
        const row = x.at(i, 0);
        const from = if (triangle.upper) i + 1 else 0;
        const to = if (triangle.upper) size else i;
        for (from..to) |j| vector.addScaled(T, row, x.at(j, 0), x.columns, -a.at(i, j)[0]);
        if (triangle.unit) continue;
        vector.divide(T, row, x.columns, a.at(i, i)[0]);
    }
}
