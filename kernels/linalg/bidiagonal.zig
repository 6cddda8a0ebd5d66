//! Reduction of a square matrix to upper bidiagonal form by reflections from both sides, in panels:
//! the vectors of a panel change the rest of the matrix together, by one product (Dongarra,
//! Hammarling and Sorensen, 1989).
//!
//! Row r of a ends as the reflection of the rows, from column r + 1 on; that of column r comes into
//! row r of another matrix, from r on.
const gemm = @import("../gemm.zig");
const matrix = @import("matrix.zig");
const reflection = @import("reflection.zig");
const vector = @import("vector.zig");

const Matrix = matrix.Matrix;
const Threads = matrix.Threads;

const panel = 32;
/// Rows and columns of a chunk of the products with a vector.
const chunk_rows = 64;
const chunk_columns = 256;

pub fn workBytes(comptime T: type, size: usize) usize {
    return matrix.Work.bytes(T, 4 * panel * matrix.pitch(size));
}

/// What `reduce` gives.
pub fn Result(comptime T: type) type {
    return struct {
        diagonal: [*]f64,
        /// Above the diagonal: one less.
        beside: [*]f64,
        /// Factors of the reflections of columns, and of rows.
        column_taus: [*]T,
        row_taus: [*]T,
        /// Vectors of the reflections of columns, in rows.
        columns: Matrix(T),
    };
}

pub fn reduce(
    comptime T: type,
    a: Matrix(T),
    result: Result(T),
    work: *matrix.Work,
    threads: Threads,
) matrix.Error!void {
    const n = a.rows;
    const step = matrix.pitch(n);
    const vectors = work.take(T, 4 * panel * step);
    var r: Reducer(T) = .{
        .a = a,
        .result = result,
        .step = step,
        .lefts = vectors,
        .rights = vectors + 2 * panel * step,
        .threads = threads,
    };
    while (r.first < n) : (r.first += panel) {
        const end = @min(r.first + panel, n);
        for (r.first..end) |k| {
            r.reduceColumn(k);
            if (k + 1 < n) r.reduceRow(k);
        }
        try r.updateRest(end);
    }
}

fn Reducer(comptime T: type) type {
    return struct {
        a: Matrix(T),
        result: Result(T),
        step: usize,
        /// v and x of each step of the panel in turn; the rest loses v y^T + x u^T.
        lefts: [*]T,
        /// y and u in turn.
        rights: [*]T,
        first: usize = 0,
        threads: Threads,

        const Self = @This();

        fn left(r: *const Self, k: usize) [*]T {
            return r.lefts + 2 * (k - r.first) * r.step;
        }

        fn right(r: *const Self, k: usize) [*]T {
            return r.rights + 2 * (k - r.first) * r.step;
        }

        /// Column k up to date, its reflection v, and y = tau a^T v of the rest up to date.
        fn reduceColumn(r: *Self, k: usize) void {
            const n = r.a.rows;
            const known = 2 * (k - r.first);
            const v = r.left(k) + k;
            for (0..n - k) |i| v[i] = r.a.at(k + i, k)[0];
            var factors: [2 * panel]T = undefined;
            for (0..known) |i| factors[i] = -r.rights[i * r.step + k];
            vector.addRows(T, v, r.lefts + k, r.step, factors[0..known], n - k);
            const found = reflection.reflect(T, v[0 .. n - k]);
            r.result.diagonal[k] = found.beta;
            r.result.column_taus[k] = found.tau;
            @memcpy(r.result.columns.at(k, k)[0 .. n - k], v);
            const count = n - k - 1;
            const y = r.right(k) + k + 1;
            if (found.tau == 0) return @memset(y[0..count], 0);
            r.multiplyTransposed(k, v, y);
            vector.dotRows(T, factors[0..known], r.lefts + k, r.step, v, n - k);
            for (factors[0..known]) |*factor| factor.* = -factor.*;
            vector.addRows(T, y, r.rights + k + 1, r.step, factors[0..known], count);
            vector.scale(T, y, count, found.tau);
        }

        /// The same for row k right of the diagonal: its reflection u, and x = tau a u.
        fn reduceRow(r: *Self, k: usize) void {
            const count = r.a.rows - k - 1;
            const known = 2 * (k - r.first) + 1;
            const u = r.a.at(k, k + 1);
            var factors: [2 * panel]T = undefined;
            for (0..known) |i| factors[i] = -r.lefts[i * r.step + k];
            vector.addRows(T, u, r.rights + k + 1, r.step, factors[0..known], count);
            const found = reflection.reflect(T, u[0..count]);
            r.result.beside[k] = found.beta;
            r.result.row_taus[k] = found.tau;
            @memcpy(r.right(k) + r.step + k + 1, u[0..count]);
            const x = r.left(k) + r.step + k + 1;
            if (found.tau == 0) return @memset(x[0..count], 0);
            r.multiply(k + 1, u, x);
            vector.dotRows(T, factors[0..known], r.rights + k + 1, r.step, u, count);
            for (factors[0..known]) |*factor| factor.* = -factor.*;
            vector.addRows(T, x, r.lefts + k + 1, r.step, factors[0..known], count);
            vector.scale(T, x, count, found.tau);
        }

        fn costOf(count: usize) f64 {
            return @as(f64, @floatFromInt(count * count)) * @sizeOf(T) / 40;
        }

        /// y <- a^T v of rows from k and columns from k + 1 on.
        fn multiplyTransposed(r: *Self, k: usize, v: [*]const T, y: [*]T) void {
            const Job = struct {
                a: Matrix(T),
                v: [*]const T,
                y: [*]T,

                fn run(job: *const @This(), chunk: usize) void {
                    const from = chunk * chunk_columns;
                    const count = @min(chunk_columns, job.a.columns - from);
                    @memset(job.y[from..][0..count], 0);
                    const step: usize = @intCast(job.a.row);
                    const factors = job.v[0..job.a.rows];
                    vector.addRows(T, job.y + from, job.a.at(0, from), step, factors, count);
                }
            };
            const count = r.a.rows - k - 1;
            const job: Job = .{ .a = r.a.part(k, k + 1, count + 1, count), .v = v, .y = y };
            const chunks = matrix.chunksOf(count, chunk_columns);
            gemm.forEach(r.threads, chunks, costOf(count), &job, Job.run);
        }

        /// x <- a u of rows and columns from k on.
        fn multiply(r: *Self, k: usize, u: [*]const T, x: [*]T) void {
            const Job = struct {
                a: Matrix(T),
                u: [*]const T,
                x: [*]T,

                fn run(job: *const @This(), chunk: usize) void {
                    const from = chunk * chunk_rows;
                    const count = @min(chunk_rows, job.a.rows - from);
                    const step: usize = @intCast(job.a.row);
                    const sums = job.x[from..][0..count];
                    vector.dotRows(T, sums, job.a.at(from, 0), step, job.u, job.a.columns);
                }
            };
            const count = r.a.rows - k;
            const job: Job = .{ .a = r.a.part(k, k, count, count), .u = u, .x = x };
            const chunks = matrix.chunksOf(count, chunk_rows);
            gemm.forEach(r.threads, chunks, costOf(count), &job, Job.run);
        }

        fn updateRest(r: *Self, end: usize) matrix.Error!void {
            const n = r.a.rows;
            if (end == n) return;
            const known = 2 * (end - r.first);
            const lefts = Matrix(T).by(r.lefts, known, n, r.step).transposed();
            const rights: Matrix(T) = .by(r.rights, known, n, r.step);
            const count = n - end;
            const rest = r.a.part(end, end, count, count);
            const a = lefts.part(end, 0, count, known);
            try matrix.addProduct(T, rest, -1, a, rights.part(0, end, known, count), r.threads);
        }
    };
}
