//! L D L^T factorisation of symmetric matrices with Bunch and Kaufman's pivoting (1977): D has
//! blocks of 1 or 2 rows, so that no element grows without bound. Solving with it.
const std = @import("std");
const abi = @import("abi");
const matrix = @import("matrix.zig");
const runtime = @import("../runtime.zig");
const vector = @import("vector.zig");

const Matrix = matrix.Matrix;
const Threads = matrix.Threads;

pub fn factor(comptime T: type, call: *abi.Call) abi.Status {
    const a = call.input(0);
    const size = a.extent(a.dims() - 1);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: Threads) abi.Status {
            _ = threads;
            const source: Matrix(T) = .of(inner.input(0), index);
            const out: Matrix(T) = .of(inner.output(0), index);
            const n = out.rows;
            source.loadLower(out.data);
            for (0..n) |i| @memset(out.at(i, 0)[i + 1 .. n], 0);
            const columns = runtime.scratch(.work, T, 2 * n) orelse return .out_of_memory;
            const factors: Factors(T) = .{
                .a = out.data,
                .n = n,
                .pivots = inner.output(1).pointer(i32) + index * n,
                .columns = columns,
            };
            inner.output(2).pointer(i32)[index] = @intCast(factors.run());
            return .ok;
        }
    };
    return matrix.each(call, matrix.countOf(a, 2), matrix.time(size, size, size, 0.1), Body.run);
}

/// (1 + sqrt(17)) / 8: the least bound for the growth of a step of 2 and of two steps of 1.
const alpha = 0.6403882032022076;

fn Factors(comptime T: type) type {
    return struct {
        /// Lower triangle, rows n apart.
        a: [*]T,
        n: usize,
        /// As LAPACK's sytrf: row k was exchanged with |pivot| - 1; twice a negative one for a
        /// block of 2, whose second row was.
        pivots: [*]i32,
        /// Two columns side by side.
        columns: [*]T,

        const Self = @This();

        inline fn at(f: *const Self, i: usize, j: usize) *T {
            return &f.a[i * f.n + j];
        }

        /// 0, or the first block of D that is 0 or not a number, from 1.
        fn run(f: *const Self) usize {
            var failed: usize = 0;
            var k: usize = 0;
            while (k < f.n) {
                const choice = f.choose(k) orelse {
                    if (failed == 0) failed = k + 1;
                    f.pivots[k] = @intCast(k + 1);
                    k += 1;
                    continue;
                };
                f.exchange(k, k + choice.size - 1, choice.row);
                const number: i32 = @intCast(choice.row + 1);
                if (choice.size == 1) {
                    f.eliminateOne(k);
                    f.pivots[k] = number;
                } else {
                    f.eliminateTwo(k);
                    f.pivots[k] = -number;
                    f.pivots[k + 1] = -number;
                }
                k += choice.size;
            }
            return failed;
        }

        const Choice = struct { size: usize, row: usize };

        /// Null where the column has nothing to divide by.
        fn choose(f: *const Self, k: usize) ?Choice {
            const own = @abs(f.at(k, k).*);
            var row = k;
            var column_most: T = 0;
            for (k + 1..f.n) |i| {
                const value = @abs(f.at(i, k).*);
                if (value > column_most) {
                    column_most = value;
                    row = i;
                }
            }
            if (std.math.isNan(own) or @max(own, column_most) == 0) return null;
            if (own >= alpha * column_most) return .{ .size = 1, .row = k };
            var row_most: T = 0;
            for (k..row) |j| row_most = @max(row_most, @abs(f.at(row, j).*));
            for (row + 1..f.n) |i| row_most = @max(row_most, @abs(f.at(i, row).*));
            const bound = alpha * column_most * (column_most / row_most);
            if (own >= bound) return .{ .size = 1, .row = k };
            const other = @abs(f.at(row, row).*);
            return .{ .size = if (other >= alpha * row_most) 1 else 2, .row = row };
        }

        /// Rows and columns x < y of what is left from k on.
        fn exchange(f: *const Self, k: usize, x: usize, y: usize) void {
            if (x == y) return;
            for (y + 1..f.n) |i| std.mem.swap(T, f.at(i, x), f.at(i, y));
            for (x + 1..y) |i| std.mem.swap(T, f.at(i, x), f.at(y, i));
            std.mem.swap(T, f.at(x, x), f.at(y, y));
            if (x != k) std.mem.swap(T, f.at(x, k), f.at(y, k));
        }

        fn eliminateOne(f: *const Self, k: usize) void {
            const inverse = 1 / f.at(k, k).*;
            for (k + 1..f.n) |i| f.columns[i] = f.at(i, k).*;
            for (k + 1..f.n) |i| {
                const factor_i = f.columns[i] * inverse;
                const row = f.a + i * f.n + k + 1;
                vector.addScaled(T, row, f.columns + k + 1, i - k, -factor_i);
                f.at(i, k).* = factor_i;
            }
        }

        fn eliminateTwo(f: *const Self, k: usize) void {
            const beside = f.at(k + 1, k).*;
            const first = f.at(k, k).* / beside;
            const second = f.at(k + 1, k + 1).* / beside;
            const scale = 1 / (first * second - 1) / beside;
            const xs = f.columns;
            const ys = f.columns + f.n;
            for (k + 2..f.n) |i| {
                xs[i] = f.at(i, k).*;
                ys[i] = f.at(i, k + 1).*;
            }
            for (k + 2..f.n) |i| {
                const x = scale * (second * xs[i] - ys[i]);
                const y = scale * (first * ys[i] - xs[i]);
                const row = f.a + i * f.n + k + 2;
                vector.addScaled(T, row, xs + k + 2, i - k - 1, -x);
                vector.addScaled(T, row, ys + k + 2, i - k - 1, -y);
                f.at(i, k).* = x;
                f.at(i, k + 1).* = y;
            }
        }
    };
}

pub fn solve(comptime T: type, call: *abi.Call) abi.Status {
    const x = call.output(0);
    const rank = x.dims();
    const rows = x.extent(rank - 2);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: Threads) abi.Status {
            _ = threads;
            const out: Matrix(T) = .of(inner.output(0), index);
            const b: Matrix(T) = .of(inner.input(2), index);
            b.load(T, out.data, out.columns);
            const view = inner.input(1);
            const solver: Solver(T) = .{
                .a = .of(inner.input(0), index),
                .pivots = matrix.address(i32, view, index, view.dims() - 1),
                .pivot_step = view.stride(view.dims() - 1),
                .x = out,
            };
            solver.run();
            return .ok;
        }
    };
    const nanoseconds = matrix.time(rows, rows, x.extent(rank - 1), 0.3);
    return matrix.each(call, matrix.countOf(x, 2), nanoseconds, Body.run);
}

fn Solver(comptime T: type) type {
    return struct {
        a: Matrix(T),
        pivots: [*]const i32,
        pivot_step: isize,
        x: Matrix(T),

        const Self = @This();

        /// The row that row k was exchanged with, and whether its block has 2 rows. The pivots may
        /// be the caller's own: none may lead outside.
        fn pivot(s: *const Self, k: usize) struct { row: usize, is_pair: bool } {
            const offset = @as(isize, @intCast(k)) * s.pivot_step;
            const distance: usize = @bitCast(offset *% @sizeOf(i32));
            const place: [*]const i32 = @ptrFromInt(@intFromPtr(s.pivots) +% distance);
            const last: u32 = @intCast(s.x.rows);
            return .{ .row = std.math.clamp(@abs(place[0]), 1, last) - 1, .is_pair = place[0] < 0 };
        }

        fn exchange(s: *const Self, i: usize, j: usize) void {
            if (i == j) return;
            for (s.x.at(i, 0)[0..s.x.columns], s.x.at(j, 0)) |*x, *y| std.mem.swap(T, x, y);
        }

        /// Row i loses factor times row k.
        fn subtract(s: *const Self, i: usize, k: usize, factor_k: T) void {
            vector.addScaled(T, s.x.at(i, 0), s.x.at(k, 0), s.x.columns, -factor_k);
        }

        fn run(s: *const Self) void {
            const n = s.x.rows;
            var k: usize = 0;
            while (k < n) {
                const found = s.pivot(k);
                const is_pair = found.is_pair and k + 1 < n;
                const last = k + @intFromBool(is_pair);
                s.exchange(last, found.row);
                for (last + 1..n) |i| for (k..last + 1) |j| s.subtract(i, j, s.a.at(i, j)[0]);
                if (is_pair) {
                    s.dividePair(k);
                } else vector.divide(T, s.x.at(k, 0), s.x.columns, s.a.at(k, k)[0]);
                k = last + 1;
            }
            while (k > 0) {
                const last = k - 1;
                const found = s.pivot(last);
                const first = last - @intFromBool(found.is_pair and last > 0);
                for (k..n) |i| for (first..k) |j| s.subtract(j, i, s.a.at(i, j)[0]);
                s.exchange(last, found.row);
                k = first;
            }
        }

        fn dividePair(s: *const Self, k: usize) void {
            const beside = s.a.at(k + 1, k)[0];
            const first = s.a.at(k, k)[0] / beside;
            const second = s.a.at(k + 1, k + 1)[0] / beside;
            const scale = 1 / (first * second - 1) / beside;
            for (s.x.at(k, 0)[0..s.x.columns], s.x.at(k + 1, 0)) |*x, *y| {
                const old = x.*;
                x.* = scale * (second * old - y.*);
                y.* = scale * (first * y.* - old);
            }
        }
    };
}
