//! LU factorisation with partial pivoting, blocked, and solving with it.
const std = @import("std");
const abi = @import("abi");
const matrix = @import("matrix.zig");
const triangular = @import("triangular.zig");
const vector = @import("vector.zig");

const Matrix = matrix.Matrix;
const block = 48;

pub fn factor(comptime T: type, call: *abi.Call) abi.Status {
    const a = call.input(0);
    const rank = a.dims();
    const columns = a.extent(rank - 1);
    const nanoseconds = matrix.time(a.extent(rank - 2), columns, columns, 0.1);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: matrix.Threads) abi.Status {
            const source: Matrix(T) = .of(inner.input(0), index);
            const lu: Matrix(T) = .of(inner.output(0), index);
            source.load(T, lu.data, lu.columns);
            const count = @min(lu.rows, lu.columns);
            const pivots = inner.output(1).pointer(i32)[index * count ..][0..count];
            const info = &inner.output(2).pointer(i32)[index];
            return factorOne(T, lu, pivots, info, threads);
        }
    };
    return matrix.each(call, matrix.countOf(a, 2), nanoseconds, Body.run);
}

/// Panels of `block` columns; what is right of a panel is brought up to date by one product each.
fn factorOne(
    comptime T: type,
    lu: Matrix(T),
    pivots: []i32,
    info: *i32,
    threads: matrix.Threads,
) abi.Status {
    info.* = 0;
    var k: usize = 0;
    while (k < pivots.len) : (k += block) {
        const end = @min(k + block, pivots.len);
        const failed = panel(T, lu, k, end, pivots);
        if (failed != 0 and info.* == 0) info.* = failed;
        if (end == lu.columns) break;
        const right = lu.part(k, end, end - k, lu.columns - end);
        const corner = lu.part(k, k, end - k, end - k);
        triangular.solveBlock(T, corner, .{ .upper = false, .unit = true }, right);
        const below = lu.part(end, k, lu.rows - end, end - k);
        const rest = lu.part(end, end, below.rows, right.columns);
        matrix.addProduct(T, rest, -1, below, right, threads) catch return .out_of_memory;
    }
    return .ok;
}

/// Columns first..end, all rows below; whole rows are exchanged. Answers the first bad pivot,
/// from 1, or 0.
fn panel(comptime T: type, lu: Matrix(T), first: usize, end: usize, pivots: []i32) i32 {
    const step = lu.columns;
    const data = lu.data;
    var failed: i32 = 0;
    for (first..end) |j| {
        const pivot = pivotRow(T, lu, j);
        pivots[j] = @intCast(pivot + 1);
        if (pivot != j) exchange(T, data + j * step, data + pivot * step, step);
        const top = data[j * step + j];
        if (top == 0 or std.math.isNan(top)) {
            if (failed == 0) failed = @intCast(j + 1);
            if (top == 0) continue;
        }
        for (j + 1..lu.rows) |i| {
            const row = data + i * step;
            row[j] /= top;
            vector.addScaled(T, row + j + 1, data + j * step + j + 1, end - j - 1, -row[j]);
        }
    }
    return failed;
}

fn pivotRow(comptime T: type, lu: Matrix(T), j: usize) usize {
    var best = j;
    var most = @abs(lu.data[j * lu.columns + j]);
    for (j + 1..lu.rows) |i| {
        const value = @abs(lu.data[i * lu.columns + j]);
        if (value > most) {
            most = value;
            best = i;
        }
    }
    return best;
}

fn exchange(comptime T: type, x: [*]T, y: [*]T, count: usize) void {
    for (x[0..count], y[0..count]) |*a, *b| std.mem.swap(T, a, b);
}

pub fn solve(comptime T: type, call: *abi.Call) abi.Status {
    const x = call.output(0);
    const rank = x.dims();
    const rows = x.extent(rank - 2);
    const nanoseconds = matrix.time(rows, rows, x.extent(rank - 1), 0.2);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: matrix.Threads) abi.Status {
            const lu: Matrix(T) = .of(inner.input(0), index);
            const b: Matrix(T) = .of(inner.input(2), index);
            const out: Matrix(T) = .of(inner.output(0), index);
            b.load(T, out.data, out.columns);
            const view = inner.input(1);
            const pivots: Pivots = .{
                .data = matrix.address(i32, view, index, view.dims() - 1),
                .step = view.stride(view.dims() - 1),
            };
            return solveOne(T, lu, pivots, out, inner.attribute(0) == 1, threads);
        }
    };
    return matrix.each(call, matrix.countOf(x, 2), nanoseconds, Body.run);
}

const Pivots = struct {
    data: [*]const i32,
    step: isize,

    fn exchangeRows(p: Pivots, comptime T: type, x: Matrix(T), i: usize) void {
        const offset = @as(isize, @intCast(i)) * p.step;
        const distance: usize = @bitCast(offset *% @sizeOf(i32));
        const place: [*]const i32 = @ptrFromInt(@intFromPtr(p.data) +% distance);
        // The pivots may be the caller's own: none may lead outside.
        const other: usize = @intCast(std.math.clamp(place[0], 1, @as(i32, @intCast(x.rows))) - 1);
        if (other != i) exchange(T, x.data + i * x.columns, x.data + other * x.columns, x.columns);
    }
};

/// P L U x = b, or U^T L^T P^T x = b.
fn solveOne(
    comptime T: type,
    lu: Matrix(T),
    pivots: Pivots,
    x: Matrix(T),
    transposed: bool,
    threads: matrix.Threads,
) abi.Status {
    if (transposed) {
        const turned = lu.transposed();
        const low: triangular.Triangle = .{ .upper = false, .unit = false };
        const high: triangular.Triangle = .{ .upper = true, .unit = true };
        const first = triangular.solveInto(T, turned, low, x, threads);
        if (first != .ok) return first;
        const second = triangular.solveInto(T, turned, high, x, threads);
        if (second != .ok) return second;
        var i = x.rows;
        while (i > 0) {
            i -= 1;
            pivots.exchangeRows(T, x, i);
        }
        return .ok;
    }
    for (0..x.rows) |i| pivots.exchangeRows(T, x, i);
    const first = triangular.solveInto(T, lu, .{ .upper = false, .unit = true }, x, threads);
    if (first != .ok) return first;
    return triangular.solveInto(T, lu, .{ .upper = true, .unit = false }, x, threads);
}
