//! QR factorisation by Householder reflections, in panels whose reflections are applied together:
//! I - V T V^T (the compact WY form of Schreiber and Van Loan, 1989).
const std = @import("std");
const abi = @import("abi");
const matrix = @import("linalg_matrix.zig");
const runtime = @import("runtime.zig");
const assert = std.debug.assert;

const Matrix = matrix.Matrix;
const Threads = matrix.Threads;
const block = 32;

pub fn factor(comptime T: type, call: *abi.Call) abi.Status {
    const a = call.input(0);
    const rank = a.dims();
    const rows = a.extent(rank - 2);
    const columns = a.extent(rank - 1);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: Threads) abi.Status {
            const source: Matrix(T) = .of(inner.input(0), index);
            const q: Matrix(T) = .of(inner.output(0), index);
            const r: Matrix(T) = .of(inner.output(1), index);
            const elements = source.rows * source.columns;
            const needed = workElements(source.rows, source.columns, q.columns);
            const work = runtime.scratch(.work, T, elements + needed) orelse
                return fail(T, inner, elements + needed);
            source.load(T, work, source.columns);
            const job: Factor(T) = .{
                .a = work,
                .rows = source.rows,
                .columns = source.columns,
                .work = work + elements,
                .threads = threads,
            };
            const status = job.run(q.data, q.columns);
            if (status != .ok) return status;
            for (0..r.rows) |i| {
                const row = r.data + i * r.columns;
                const zeros = @min(i, r.columns);
                @memset(row[0..zeros], 0);
                @memcpy(row[zeros..r.columns], work + i * r.columns + zeros);
            }
            return .ok;
        }
    };
    const both = columns + call.output(0).extent(rank - 1);
    const nanoseconds = matrix.time(rows, @min(rows, columns), both, 0.2);
    return matrix.each(call, matrix.countOf(a, 2), nanoseconds, Body.run);
}

fn fail(comptime T: type, call: *abi.Call, elements: usize) abi.Status {
    return call.fail(.out_of_memory, @floatFromInt(elements * @sizeOf(T)), 0);
}

/// Elements of scratch that a factorisation takes, q having so many columns.
pub fn workElements(rows: usize, columns: usize, q_columns: usize) usize {
    const products = 2 * block * @max(columns, q_columns);
    return rows * block + products + 2 * block * block + @min(rows, columns);
}

/// One factorisation, in place: R above the diagonal, the reflections below.
pub fn Factor(comptime T: type) type {
    return struct {
        a: [*]T,
        rows: usize,
        columns: usize,
        work: [*]T,
        threads: Threads,

        const Self = @This();

        fn count(f: *const Self) usize {
            return @min(f.rows, f.columns);
        }

        fn scales(f: *const Self) [*]T {
            return f.work;
        }

        fn vectors(f: *const Self) [*]T {
            return f.work + f.count();
        }

        fn triangle(f: *const Self) [*]T {
            return f.vectors() + f.rows * block;
        }

        fn products(f: *const Self) [*]T {
            return f.triangle() + 2 * block * block;
        }

        /// Factors a, and writes the first columns of q: as many as a has, or all.
        pub fn run(f: *const Self, q: [*]T, q_columns: usize) abi.Status {
            var first: usize = 0;
            while (first < f.count()) : (first += block) {
                const end = @min(first + block, f.count());
                for (first..end) |j| f.reflect(j, end);
                if (end == f.columns) continue;
                f.prepare(first, end);
                const a: Matrix(T) = .by(f.a, f.rows, f.columns, f.columns);
                const right = a.part(first, end, f.rows - first, f.columns - end);
                const status = f.applyBlock(end - first, true, right);
                if (status != .ok) return status;
            }
            for (0..f.rows) |i| {
                @memset(q[i * q_columns ..][0..q_columns], 0);
                if (i < q_columns) q[i * q_columns + i] = 1;
            }
            while (first > 0) {
                first -= block;
                const end = @min(first + block, f.count());
                f.prepare(first, end);
                const whole: Matrix(T) = .by(q, f.rows, q_columns, q_columns);
                const corner = whole.part(first, first, f.rows - first, q_columns - first);
                const status = f.applyBlock(end - first, false, corner);
                if (status != .ok) return status;
            }
            return .ok;
        }

        /// Makes column j zero below the diagonal, and takes the columns up to `end` along.
        fn reflect(f: *const Self, j: usize, end: usize) void {
            const step = f.columns;
            const a = f.a;
            const top = a[j * step + j];
            const below = f.columnNorm(j);
            if (below == 0) {
                f.scales()[j] = 0;
                return;
            }
            const norm = std.math.hypot(top, below);
            const beta = if (top > 0) -norm else norm;
            const tau = (beta - top) / beta;
            f.scales()[j] = tau;
            for (j + 1..f.rows) |i| a[i * step + j] /= top - beta;
            a[j * step + j] = beta;
            var sums: [block]T = undefined;
            const width = end - j - 1;
            @memcpy(sums[0..width], a + j * step + j + 1);
            for (j + 1..f.rows) |i| {
                matrix.addScaled(T, &sums, a + i * step + j + 1, width, a[i * step + j]);
            }
            matrix.addScaled(T, a + j * step + j + 1, &sums, width, -tau);
            for (j + 1..f.rows) |i| {
                const factor_i = -tau * a[i * step + j];
                matrix.addScaled(T, a + i * step + j + 1, &sums, width, factor_i);
            }
        }

        /// Norm of a column below the diagonal, scaled so that no square overflows.
        fn columnNorm(f: *const Self, j: usize) T {
            var most: T = 0;
            for (j + 1..f.rows) |i| {
                const value = @abs(f.a[i * f.columns + j]);
                if (std.math.isNan(value)) return value;
                most = @max(most, value);
            }
            if (most == 0 or std.math.isInf(most)) return most;
            var sum: T = 0;
            for (j + 1..f.rows) |i| {
                const value = f.a[i * f.columns + j] / most;
                sum += value * value;
            }
            return most * @sqrt(sum);
        }

        /// V of a block as a matrix of its own, and its T: the product of the reflections is I -
        /// V T V^T.
        fn prepare(f: *const Self, first: usize, end: usize) void {
            const width = end - first;
            const v = f.vectors();
            const t = f.triangle();
            for (first..f.rows) |i| {
                const row = v + (i - first) * width;
                for (first..end) |j| {
                    row[j - first] = if (i > j) f.a[i * f.columns + j] else if (i == j) 1 else 0;
                }
            }
            const overlaps = t + block * block;
            @memset(overlaps[0 .. width * width], 0);
            for (0..f.rows - first) |i| {
                const row = v + i * width;
                for (0..width) |k| matrix.addScaled(T, overlaps + k * width, row, width, row[k]);
            }
            for (0..width) |j| {
                const tau = f.scales()[first + j];
                for (0..j) |i| {
                    var sum: T = 0;
                    for (i..j) |k| sum += t[i * width + k] * overlaps[k * width + j];
                    t[i * width + j] = -tau * sum;
                }
                t[j * width + j] = tau;
                for (j + 1..width) |i| t[i * width + j] = 0;
            }
        }

        /// c <- (I - V T V^T) c, or with T transposed, for the block that was prepared.
        fn applyBlock(f: *const Self, width: usize, transposed: bool, c: Matrix(T)) abi.Status {
            const v: Matrix(T) = .by(f.vectors(), c.rows, width, width);
            const t: Matrix(T) = .by(f.triangle(), width, width, width);
            const sums: Matrix(T) = .by(f.products(), width, c.columns, c.columns);
            const elements = width * c.columns;
            const turned: Matrix(T) = .by(sums.data + elements, width, c.columns, c.columns);
            @memset(sums.data[0 .. 2 * elements], 0);
            matrix.addProduct(T, sums, 1, v.transposed(), c, f.threads) catch return .out_of_memory;
            const middle = if (transposed) t.transposed() else t;
            matrix.addProduct(T, turned, 1, middle, sums, f.threads) catch return .out_of_memory;
            matrix.addProduct(T, c, -1, v, turned, f.threads) catch return .out_of_memory;
            return .ok;
        }
    };
}
