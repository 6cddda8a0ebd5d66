//! Singular values: a QR factorisation where there are more rows than columns, reduction to
//! bidiagonal form, then divide and conquer; small ones by Jacobi rotations, in float64 whatever
//! their dtype.
const std = @import("std");
const abi = @import("abi");
const bidiagonal = @import("bidiagonal.zig");
const divide = @import("divide_singular.zig");
const eigen = @import("eigen.zig");
const gemm = @import("../gemm.zig");
const jacobi = @import("jacobi.zig");
const matrix = @import("matrix.zig");
const qr = @import("qr.zig");
const reflection = @import("reflection.zig");
const vector = @import("vector.zig");

const Matrix = matrix.Matrix;
const Threads = matrix.Threads;
const Work = matrix.Work;

/// Up to so many values Jacobi rotations are as fast.
const small = 16;

/// One matrix of at least as many rows as columns, and where its results go.
fn Task(comptime T: type) type {
    return struct {
        a: Matrix(T),
        values: [*]T,
        has_vectors: bool,
        /// m x n or m x m.
        u: Matrix(T),
        /// n x n.
        vh: Matrix(T),
        info: *i32,
        /// The matrix was given transposed: its left vectors are the rows of vh.
        is_turned: bool,
        threads: Threads,
    };
}

pub fn decompose(comptime T: type, call: *abi.Call) abi.Status {
    const a = call.input(0);
    const rank = a.dims();
    const rows = a.extent(rank - 2);
    const columns = a.extent(rank - 1);
    const count = @min(rows, columns);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: Threads) abi.Status {
            const source: Matrix(T) = .of(inner.input(0), index);
            const u: Matrix(T) = .of(inner.output(0), index);
            const vh: Matrix(T) = .of(inner.output(2), index);
            const values = @min(source.rows, source.columns);
            const is_wide = source.rows < source.columns;
            // Of a wide matrix the transposed one is taken: A^T = V S U^T.
            const task: Task(T) = .{
                .a = if (is_wide) source.transposed() else source,
                .values = inner.output(1).pointer(T) + index * values,
                .has_vectors = inner.attribute(0) == 1,
                .u = if (is_wide) vh.transposed() else u,
                .vh = if (is_wide) u.transposed() else vh,
                .info = &inner.output(3).pointer(i32)[index],
                .is_turned = is_wide,
                .threads = threads,
            };
            const result = if (values <= small) solveSmall(T, &task) else solve(T, &task);
            result catch return .out_of_memory;
            return .ok;
        }
    };
    const nanoseconds = matrix.time(count, count, @max(rows, columns) + count, 1);
    return matrix.each(call, matrix.countOf(a, 2), nanoseconds, Body.run);
}

fn refuse(comptime T: type, task: *const Task(T), code: i32) void {
    task.info.* = code;
    @memset(task.values[0..task.a.columns], std.math.nan(T));
    if (!task.has_vectors) return;
    for ([2]Matrix(T){ task.u, task.vh }) |x| for (0..x.rows) |i| for (0..x.columns) |j| {
        x.at(i, j)[0] = std.math.nan(T);
    };
}

/// The matrix to `out`, its largest element between 0.5 and 1, by a power of 2; null when an
/// element is not finite.
fn loadScaled(comptime T: type, comptime W: type, a: Matrix(T), out: Matrix(W)) ?i32 {
    a.load(W, out.data, @intCast(out.row));
    var most: W = 0;
    for (0..a.rows) |i| {
        const own = vector.largest(W, out.at(i, 0)[0..a.columns]);
        if (!std.math.isFinite(own)) return null;
        most = @max(most, own);
    }
    const exponent = if (most == 0) 0 else std.math.frexp(most).exponent;
    if (exponent == 0) return 0;
    for (0..a.rows) |i| vector.scaleByPower(W, out.at(i, 0), a.columns, -exponent);
    return exponent;
}

/// Left vectors in rows, as many as u has columns: those of a square matrix, then the axes beyond.
fn extend(comptime W: type, lefts: Matrix(W), known: usize) void {
    for (0..lefts.rows) |i| {
        const row = lefts.at(i, 0)[0..lefts.columns];
        if (i < known) {
            @memset(row[known..], 0);
        } else {
            @memset(row, 0);
            row[i] = 1;
        }
    }
}

fn solveSmall(comptime T: type, task: *const Task(T)) matrix.Error!void {
    const m = task.a.rows;
    const n = task.a.columns;
    const step = matrix.pitch(n);
    const wide_step = matrix.pitch(m);
    const lefts_count = if (task.has_vectors) task.u.columns else 0;
    const bytes = Work.bytes(f64, m * step) + 2 * Work.bytes(f64, n * n) + Work.bytes(f64, 2 * n) +
        Work.bytes(u32, n) + qr.Reflections(f64).bytes(m, n) + qr.workBytes(f64, n) +
        Work.bytes(f64, lefts_count * wide_step) + reflection.applyBytes(f64, m, lefts_count);
    var work = try Work.of(bytes);
    const a: Matrix(f64) = .by(work.take(f64, m * step), m, n, step);
    const x = work.take(f64, n * n);
    const w = work.take(f64, n * n);
    const norms = work.take(f64, 2 * n);
    const order = work.take(u32, n);
    const exponent = loadScaled(T, f64, task.a, a) orelse return refuse(T, task, eigen.not_finite);
    const found: qr.Reflections(f64) = .take(m, n, &work);
    if (m > n) {
        var rest = work;
        try qr.reduce(f64, a, found, &rest, .caller);
    }
    for (0..n) |i| {
        const zeros = if (m > n) i else 0;
        @memset(x[i * n ..][0..zeros], 0);
        @memcpy(x[i * n + zeros .. (i + 1) * n], a.at(i, zeros));
    }
    const rotations: jacobi.Jacobi = .{ .n = n, .x = x, .w = w, .norms = norms };
    if (!rotations.run()) return refuse(T, task, eigen.not_converged);
    rotations.normalise();
    for (order[0..n], rotations.order()) |*place, given| place.* = @intCast(given);
    const left_data = work.take(f64, lefts_count * wide_step);
    const lefts: Matrix(f64) = .by(left_data, lefts_count, m, wide_step);
    if (task.has_vectors) {
        for (0..n) |i| @memcpy(lefts.at(i, 0)[0..n], w + i * n);
        extend(f64, lefts, n);
        const vectors = found.vectors;
        if (m > n) try reflection.applyToRows(f64, vectors, 0, found.taus, lefts, &work, .caller);
    }
    const store: Store(T, f64) = .{
        .task = task,
        .lefts = lefts,
        .rights = .by(x, n, n, n),
        .order = order,
    };
    store.run(norms, exponent);
}

fn solve(comptime T: type, task: *const Task(T)) matrix.Error!void {
    const m = task.a.rows;
    const n = task.a.columns;
    const step = matrix.pitch(n);
    const wide_step = matrix.pitch(m);
    const lefts_count = if (task.has_vectors) task.u.columns else 0;
    const is_tall = m > n;
    const square = Work.bytes(T, n * step);
    const before = if (is_tall) qr.workBytes(T, n) else 0;
    const edges_bytes = Work.bytes(f64, 2 * n + 2);
    const after = Work.bytes(T, lefts_count * wide_step) + square + edges_bytes + @max(
        if (task.has_vectors) divide.workBytes(T, n, true) else divide.workBytes(f64, n, false),
        reflection.applyBytes(T, m, @max(lefts_count, n)),
    );
    const bytes = Work.bytes(T, m * step) + (if (is_tall) qr.Reflections(T).bytes(m, n) else 0) +
        2 * square + 2 * Work.bytes(T, n) + 2 * Work.bytes(f64, n) + Work.bytes(u32, n) +
        @max(before, bidiagonal.workBytes(T, n), after);
    var work = try Work.of(bytes);
    const whole: Matrix(T) = .by(work.take(T, m * step), m, n, step);
    const order = work.take(u32, n);
    const exponent = loadScaled(T, T, task.a, whole) orelse
        return refuse(T, task, eigen.not_finite);
    var found: qr.Reflections(T) = undefined;
    if (is_tall) {
        found = .take(m, n, &work);
        var rest = work;
        try qr.reduce(T, whole, found, &rest, task.threads);
        for (0..n) |i| @memset(whole.at(i, 0)[0..i], 0);
    }
    const a = whole.part(0, 0, n, n);
    const result: bidiagonal.Result(T) = .{
        .columns = .by(work.take(T, n * step), n, n, step),
        .column_taus = work.take(T, n),
        .row_taus = work.take(T, n),
        .diagonal = work.take(f64, n),
        .beside = work.take(f64, n),
    };
    var rest = work;
    try bidiagonal.reduce(T, a, result, &rest, task.threads);
    if (!task.has_vectors) {
        const edges = work.take(f64, 2 * (n + 1));
        if (!try conquer(T, f64, task, result, null, edges, 2, order, &work))
            return refuse(T, task, eigen.not_converged);
        const none: Matrix(T) = .by(whole.data, 0, m, step);
        const store: Store(T, T) = .{ .task = task, .lefts = none, .rights = none, .order = order };
        return store.run(result.diagonal, exponent);
    }
    const lefts: Matrix(T) = .by(work.take(T, lefts_count * wide_step), lefts_count, m, wide_step);
    const rights: Matrix(T) = .by(work.take(T, n * step), n, n, step);
    rest = work;
    if (!try conquer(T, T, task, result, lefts, rights.data, step, order, &rest))
        return refuse(T, task, eigen.not_converged);
    rest = work;
    try reflection.applyToRows(T, a, 1, result.row_taus, rights, &rest, task.threads);
    rest = work;
    const inner = lefts.part(0, 0, n, n);
    const taus = result.column_taus;
    try reflection.applyToRows(T, result.columns, 0, taus, inner, &rest, task.threads);
    if (is_tall) {
        extend(T, lefts, n);
        try reflection.applyToRows(T, found.vectors, 0, found.taus, lefts, &work, task.threads);
    }
    const store: Store(T, T) = .{ .task = task, .lefts = lefts, .rights = rights, .order = order };
    store.run(result.diagonal, exponent);
}

fn conquer(
    comptime T: type,
    comptime W: type,
    task: *const Task(T),
    result: bidiagonal.Result(T),
    lefts: ?Matrix(W),
    rights: [*]W,
    step: usize,
    order: [*]u32,
    work: *Work,
) matrix.Error!bool {
    const n = task.a.columns;
    var job: divide.Divide(W) = .{
        .n = n,
        .diagonal = result.diagonal,
        .beside = result.beside,
        .lefts = lefts,
        .rights = rights,
        .step = step,
        .eps = std.math.floatEps(T),
        .threads = task.threads,
        .order = order,
    };
    if (!try job.run(work)) return false;
    // Merges keep z away from 0: what that made of a 0.
    for (result.diagonal[0..n]) |*value| {
        if (value.* < 1e-90) value.* = 0;
    }
    // Descending.
    std.mem.reverse(u32, order[0..n]);
    return true;
}

/// Values in their order; vectors from rows to where they belong, one of each pair turned so that
/// its largest element is positive.
fn Store(comptime T: type, comptime W: type) type {
    return struct {
        task: *const Task(T),
        /// As many as u has columns; none without vectors.
        lefts: Matrix(W),
        rights: Matrix(W),
        order: [*]const u32,

        const group = 16;

        fn run(s: *const @This(), values: [*]const f64, exponent: i32) void {
            const n = s.task.a.columns;
            s.task.info.* = 0;
            for (s.task.values[0..n], s.order) |*out, place| {
                out.* = @floatCast(std.math.ldexp(values[place], exponent));
            }
            if (!s.task.has_vectors) return;
            const size: f64 = @floatFromInt(s.lefts.rows * s.lefts.columns);
            const chunks = matrix.chunksOf(s.lefts.rows, group);
            gemm.forEach(s.task.threads, chunks, size * 4, s, storeGroup);
        }

        fn storeGroup(s: *const @This(), chunk: usize) void {
            const n = s.task.a.columns;
            const m = s.task.a.rows;
            const first = chunk * group;
            var lefts: [group][*]W = undefined;
            var rights: [group][*]W = undefined;
            const count = @min(group, s.lefts.rows - first);
            const pairs = @min(count, n -| first);
            for (0..count) |k| {
                if (k >= pairs) {
                    lefts[k] = s.lefts.at(first + k, 0);
                    continue;
                }
                const place = s.order[first + k];
                lefts[k] = s.lefts.at(place, 0);
                rights[k] = s.rights.at(place, 0);
                const left = lefts[k][0..m];
                const right = rights[k][0..n];
                if (s.task.is_turned) {
                    if (vector.pointUp(W, right)) vector.scale(W, left.ptr, m, -1);
                } else if (vector.pointUp(W, left)) vector.scale(W, right.ptr, n, -1);
            }
            storeRows(lefts[0..count], m, s.task.u.part(0, first, m, count).transposed());
            storeRows(rights[0..pairs], n, s.task.vh.part(@min(first, n), 0, pairs, n));
        }

        fn storeRows(rows: []const [*]W, length: usize, out: Matrix(T)) void {
            if (out.column == 1) {
                for (rows, 0..) |row, i| {
                    for (out.at(i, 0)[0..length], row) |*to, value| to.* = @floatCast(value);
                }
            } else for (0..length) |k| {
                for (rows, 0..) |row, i| out.at(i, k)[0] = @floatCast(row[k]);
            }
        }
    };
}
