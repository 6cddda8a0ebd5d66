//! Eigenvalues and vectors of symmetric matrices: reduction to tridiagonal form, then divide and
//! conquer. Small ones, and values alone, by QL steps: in float64 whatever their dtype.
const std = @import("std");
const abi = @import("abi");
const divide = @import("divide.zig");
const gemm = @import("../gemm.zig");
const halves = @import("halves.zig");
const matrix = @import("matrix.zig");
const ql = @import("ql.zig");
const reflection = @import("reflection.zig");
const tridiagonal = @import("tridiagonal.zig");
const vector = @import("vector.zig");

const Matrix = matrix.Matrix;
const Threads = matrix.Threads;
const Work = matrix.Work;

/// Up to this size QL steps are as fast.
const small = 32;

/// Codes of `info`.
pub const not_finite = 1;
pub const not_converged = 2;

/// One matrix and where its results go.
fn Task(comptime T: type) type {
    return struct {
        /// Its upper triangle is read.
        a: Matrix(T),
        values: [*]T,
        /// Contiguous; null: not asked for.
        vectors: ?[*]T,
        info: *i32,
        threads: Threads,
    };
}

pub fn decompose(comptime T: type, call: *abi.Call) abi.Status {
    const a = call.input(0);
    const n = a.extent(a.dims() - 1);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: Threads) abi.Status {
            const source: Matrix(T) = .of(inner.input(0), index);
            const size = source.rows;
            if (size == 0) {
                inner.output(2).pointer(i32)[index] = 0;
                return .ok;
            }
            const has_vectors = inner.attribute(1) == 1;
            const vectors = inner.output(1).pointer(T);
            const task: Task(T) = .{
                .a = if (inner.attribute(0) == 1) source else source.transposed(),
                .values = inner.output(0).pointer(T) + index * size,
                .vectors = if (has_vectors) vectors + index * size * size else null,
                .info = &inner.output(2).pointer(i32)[index],
                .threads = threads,
            };
            const result = if (size <= small) solveSmall(T, &task) else solve(T, &task);
            result catch return .out_of_memory;
            return .ok;
        }
    };
    return matrix.each(call, matrix.countOf(a, 2), matrix.time(n, n, n, 1), Body.run);
}

/// The upper triangle to `out`, its largest element between 0.5 and 1, by a power of 2; null when
/// an element is not finite.
fn loadScaled(comptime T: type, comptime W: type, a: Matrix(T), out: Matrix(W)) ?i32 {
    const n = a.rows;
    var most: W = 0;
    var i: usize = 0;
    const step: usize = @intCast(out.row);
    while (i < n) : (i += 16) {
        const rows = @min(16, n - i);
        a.part(i, i, rows, n - i).load(W, out.at(i, i), step);
        for (i..i + rows) |k| {
            const own = vector.largest(W, out.at(k, k)[0 .. n - k]);
            if (!std.math.isFinite(own)) return null;
            most = @max(most, own);
        }
    }
    if (most == 0) return 0;
    const exponent = std.math.frexp(most).exponent;
    if (exponent == 0) return 0;
    for (0..n) |k| vector.scaleByPower(W, out.at(k, k), n - k, -exponent);
    return exponent;
}

fn refuse(comptime T: type, task: *const Task(T), code: i32) void {
    const n = task.a.rows;
    task.info.* = code;
    @memset(task.values[0..n], std.math.nan(T));
    if (task.vectors) |vectors| @memset(vectors[0 .. n * n], std.math.nan(T));
}

fn solveSmall(comptime T: type, task: *const Task(T)) matrix.Error!void {
    const n = task.a.rows;
    var work = try Work.of(2 * Work.bytes(f64, n * n) + 3 * Work.bytes(f64, small) +
        Work.bytes(u32, small) + tridiagonal.workBytes(f64, n));
    const a: Matrix(f64) = .by(work.take(f64, n * n), n, n, n);
    const z = work.take(f64, n * n);
    const diagonal = work.take(f64, small);
    const beside = work.take(f64, small);
    const taus = work.take(f64, small);
    const order = work.take(u32, small);
    const exponent = loadScaled(T, f64, task.a, a) orelse return refuse(T, task, not_finite);
    try tridiagonal.reduce(f64, a, diagonal, beside, taus, &work, .caller);
    if (task.vectors == null) {
        if (!ql.solveValues(diagonal, beside, n)) return refuse(T, task, not_converged);
    } else {
        tridiagonal.formRows(f64, a, taus, z);
        const part: ql.Tridiagonal = .{
            .n = n,
            .diagonal = diagonal,
            .beside = beside,
            .vectors = z,
        };
        if (!part.iterate()) return refuse(T, task, not_converged);
    }
    for (order[0..n], 0..) |*place, i| place.* = @intCast(i);
    halves.sortByValue(diagonal, order[0..n]);
    const store: Store(T, f64) = .{ .task = task, .rows = z, .step = n, .order = order };
    store.run(diagonal, exponent);
}

fn solve(comptime T: type, task: *const Task(T)) matrix.Error!void {
    const n = task.a.rows;
    const step = matrix.pitch(n);
    const after = if (task.vectors == null) 0 else Work.bytes(T, n * step) +
        @max(divide.workBytes(T, n), reflection.applyBytes(T, n, n));
    var work = try Work.of(Work.bytes(T, n * step) + 2 * Work.bytes(f64, n) + Work.bytes(T, n) +
        Work.bytes(u32, n) + @max(tridiagonal.workBytes(T, n), after));
    const a: Matrix(T) = .by(work.take(T, n * step), n, n, step);
    const diagonal = work.take(f64, n);
    const beside = work.take(f64, n);
    const taus = work.take(T, n);
    const order = work.take(u32, n);
    const exponent = loadScaled(T, T, task.a, a) orelse return refuse(T, task, not_finite);
    var rest = work;
    try tridiagonal.reduce(T, a, diagonal, beside, taus, &rest, task.threads);
    if (task.vectors == null) {
        if (!ql.solveValues(diagonal, beside, n)) return refuse(T, task, not_converged);
        std.mem.sort(f64, diagonal[0..n], {}, std.sort.asc(f64));
        for (order[0..n], 0..) |*place, i| place.* = @intCast(i);
        const store: Store(T, T) = .{ .task = task, .rows = undefined, .step = 0, .order = order };
        return store.run(diagonal, exponent);
    }
    const vectors = work.take(T, n * step);
    rest = work;
    var job: divide.Divide(T) = .{
        .n = n,
        .diagonal = diagonal,
        .beside = beside,
        .vectors = vectors,
        .step = step,
        .eps = std.math.floatEps(T),
        .threads = task.threads,
        .order = order,
    };
    if (!try job.run(&rest)) return refuse(T, task, not_converged);
    const rows: Matrix(T) = .by(vectors, n, n, step);
    try reflection.applyToRows(T, a, 1, taus, rows, &work, task.threads);
    const store: Store(T, T) = .{ .task = task, .rows = vectors, .step = step, .order = order };
    store.run(diagonal, exponent);
}

/// Values in their order, vectors from rows to columns.
fn Store(comptime T: type, comptime W: type) type {
    return struct {
        task: *const Task(T),
        rows: [*]W,
        step: usize,
        order: [*]const u32,

        const columns = 16;

        fn run(s: *const @This(), values: [*]const f64, exponent: i32) void {
            const n = s.task.a.rows;
            s.task.info.* = 0;
            for (s.task.values[0..n], s.order) |*out, place| {
                out.* = @floatCast(std.math.ldexp(values[place], exponent));
            }
            if (s.task.vectors == null) return;
            const size: f64 = @floatFromInt(n);
            const chunks = matrix.chunksOf(n, columns);
            gemm.forEach(s.task.threads, chunks, size * size * 3, s, storeColumns);
        }

        fn storeColumns(s: *const @This(), chunk: usize) void {
            const n = s.task.a.rows;
            const first = chunk * columns;
            const count = @min(columns, n - first);
            var rows: [columns][*]W = undefined;
            for (rows[0..count], s.order[first..]) |*row, place| {
                row.* = s.rows + place * s.step;
                _ = vector.pointUp(W, row.*[0..n]);
            }
            const out = s.task.vectors.? + first;
            for (0..n) |k| {
                for (rows[0..count], out[k * n ..]) |row, *element| element.* = @floatCast(row[k]);
            }
        }
    };
}
