//! QR factorisation by Householder reflections, in panels whose reflections are applied together.
//! A panel is factored transposed, so that its columns lie along the vectors.
const abi = @import("abi");
const matrix = @import("matrix.zig");
const reflection = @import("reflection.zig");
const vector = @import("vector.zig");

const Matrix = matrix.Matrix;
const Threads = matrix.Threads;
const Work = matrix.Work;
const panel = 32;

pub fn factor(comptime T: type, call: *abi.Call) abi.Status {
    const a = call.input(0);
    const rank = a.dims();
    const rows = a.extent(rank - 2);
    const columns = a.extent(rank - 1);
    const Body = struct {
        fn run(inner: *abi.Call, index: usize, threads: Threads) abi.Status {
            const q: Matrix(T) = .of(inner.output(0), index);
            const r: Matrix(T) = .of(inner.output(1), index);
            factorOne(T, .of(inner.input(0), index), q, r, threads) catch return .out_of_memory;
            return .ok;
        }
    };
    const both = columns + call.output(0).extent(rank - 1);
    const nanoseconds = matrix.time(rows, @min(rows, columns), both, 0.2);
    return matrix.each(call, matrix.countOf(a, 2), nanoseconds, Body.run);
}

fn factorOne(
    comptime T: type,
    source: Matrix(T),
    q: Matrix(T),
    r: Matrix(T),
    threads: Threads,
) matrix.Error!void {
    const step = matrix.pitch(source.columns);
    const bytes = Work.bytes(T, source.rows * step) +
        Reflections(T).bytes(source.rows, source.columns) +
        workBytes(T, @max(source.columns, q.columns));
    var work: Work = try .of(bytes);
    const a: Matrix(T) = .by(work.take(T, source.rows * step), source.rows, source.columns, step);
    source.load(T, a.data, step);
    const found: Reflections(T) = .take(source.rows, source.columns, &work);
    var rest = work;
    try reduce(T, a, found, &rest, threads);
    for (0..r.rows) |i| {
        const row = r.at(i, 0);
        const zeros = @min(i, r.columns);
        @memset(row[0..zeros], 0);
        @memcpy(row[zeros..r.columns], a.at(i, zeros));
    }
    try form(T, found, q, &work, threads);
}

/// The reflections of a factorisation: Q is their product.
pub fn Reflections(comptime T: type) type {
    return struct {
        /// In rows: vector k from column k on, zeros to the left of it in its panel.
        vectors: Matrix(T),
        taus: [*]T,

        pub fn bytes(rows: usize, columns: usize) usize {
            const count = @min(rows, columns);
            return Work.bytes(T, count * matrix.pitch(rows)) + Work.bytes(T, count);
        }

        pub fn take(rows: usize, columns: usize, work: *Work) @This() {
            const count = @min(rows, columns);
            const step = matrix.pitch(rows);
            return .{
                .vectors = .by(work.take(T, count * step), count, rows, step),
                .taus = work.take(T, count),
            };
        }
    };
}

/// Scratch of `reduce` and `form`, for so many columns.
pub fn workBytes(comptime T: type, columns: usize) usize {
    return Work.bytes(T, 2 * panel * panel) + Work.bytes(T, 2 * panel * columns);
}

/// a becomes R, above the diagonal; what is below is not to be read.
pub fn reduce(
    comptime T: type,
    a: Matrix(T),
    found: Reflections(T),
    work: *Work,
    threads: Threads,
) matrix.Error!void {
    const triangle = work.take(T, 2 * panel * panel);
    const sums = work.take(T, 2 * panel * a.columns);
    const count = found.vectors.rows;
    var first: usize = 0;
    while (first < count) : (first += panel) {
        const end = @min(first + panel, count);
        const v = found.vectors.part(first, first, end - first, a.rows - first);
        a.part(first, first, a.rows - first, v.rows).transposed().load(T, v.data, @intCast(v.row));
        const corner = a.part(first, first, v.rows, v.rows);
        reducePanel(T, v, corner, found.taus + first);
        if (end == a.columns) break;
        const block: reflection.Block(T) = try .of(v, found.taus + first, triangle, threads);
        const right = a.part(first, end, a.rows - first, a.columns - end);
        try block.applyLeft(right, true, sums, threads);
    }
}

/// Rows of v, columns of the matrix, become reflections; corner <- R.
fn reducePanel(comptime T: type, v: Matrix(T), corner: Matrix(T), taus: [*]T) void {
    const step: usize = @intCast(v.row);
    var sums: [panel]T = undefined;
    for (0..v.rows) |j| {
        const own = v.at(j, j);
        const length = v.columns - j;
        const made = reflection.reflect(T, own[0..length]);
        taus[j] = made.tau;
        for (0..j) |i| corner.at(i, j)[0] = v.at(j, i)[0];
        corner.at(j, j)[0] = made.beta;
        @memset(v.at(j, 0)[0..j], 0);
        if (made.tau == 0) continue;
        const others = sums[0 .. v.rows - j - 1];
        if (others.len == 0) break;
        const next = v.at(j + 1, j);
        vector.dotRows(T, others, next, step, own, length);
        for (others, 0..) |sum, i| {
            vector.addScaled(T, next + i * step, own, length, -made.tau * sum);
        }
    }
}

/// q <- the first columns of Q.
pub fn form(
    comptime T: type,
    found: Reflections(T),
    q: Matrix(T),
    work: *Work,
    threads: Threads,
) matrix.Error!void {
    const triangle = work.take(T, 2 * panel * panel);
    const sums = work.take(T, 2 * panel * q.columns);
    for (0..q.rows) |i| {
        @memset(q.at(i, 0)[0..q.columns], 0);
        if (i < q.columns) q.at(i, i)[0] = 1;
    }
    const count = found.vectors.rows;
    if (count <= few) return formFew(T, found, q, sums);
    var first = (count + panel - 1) / panel * panel;
    while (first > 0) {
        first -= panel;
        const width = @min(panel, count - first);
        const v = found.vectors.part(first, first, width, q.rows - first);
        const block: reflection.Block(T) = try .of(v, found.taus + first, triangle, threads);
        const corner = q.part(first, first, q.rows - first, q.columns - first);
        try block.applyLeft(corner, false, sums, threads);
    }
}

/// So many reflections are applied one by one.
const few = 8;

fn formFew(comptime T: type, found: Reflections(T), q: Matrix(T), sums: [*]T) void {
    const step: usize = @intCast(q.row);
    var k = found.vectors.rows;
    while (k > 0) {
        k -= 1;
        const tau = found.taus[k];
        const v = found.vectors.at(k, k)[0 .. q.rows - k];
        const corner = q.at(k, k);
        const width = q.columns - k;
        @memset(sums[0..width], 0);
        vector.addRows(T, sums, corner, step, v, width);
        for (v, 0..) |value, i| vector.addScaled(T, corner + i * step, sums, width, -tau * value);
    }
}
