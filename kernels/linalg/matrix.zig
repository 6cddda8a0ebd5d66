//! What the factorisations share: the matrices of a batch, their distribution among threads, their
//! products, and scratch.
const std = @import("std");
const abi = @import("abi");
const gemm = @import("../gemm.zig");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const vector = @import("vector.zig");
const assert = std.debug.assert;

pub const Threads = gemm.Threads;

/// One matrix, or a vector as a column, of any strides.
pub fn Matrix(comptime T: type) type {
    return struct {
        data: [*]T,
        rows: usize,
        columns: usize,
        row: isize,
        column: isize,

        /// Matrix number `index` of a view of rank 2 or more.
        pub fn of(view: *const abi.View, index: usize) @This() {
            const rank = view.dims();
            assert(rank >= 2);
            return .{
                .data = address(T, view, index, rank - 2),
                .rows = view.extent(rank - 2),
                .columns = view.extent(rank - 1),
                .row = view.stride(rank - 2),
                .column = view.stride(rank - 1),
            };
        }

        pub inline fn at(m: @This(), i: usize, j: usize) [*]T {
            const offset = @as(isize, @intCast(i)) * m.row + @as(isize, @intCast(j)) * m.column;
            return @ptrFromInt(@intFromPtr(m.data) +% @as(usize, @bitCast(offset *% @sizeOf(T))));
        }

        pub fn transposed(m: @This()) @This() {
            return .{
                .data = m.data,
                .rows = m.columns,
                .columns = m.rows,
                .row = m.column,
                .column = m.row,
            };
        }

        /// A matrix whose rows lie `step` apart, their elements side by side.
        pub fn by(data: [*]T, rows: usize, columns: usize, step: usize) @This() {
            const row: isize = @intCast(step);
            return .{ .data = data, .rows = rows, .columns = columns, .row = row, .column = 1 };
        }

        /// The part from row i and column j on.
        pub fn part(m: @This(), i: usize, j: usize, rows: usize, columns: usize) @This() {
            return .{
                .data = m.at(i, j),
                .rows = rows,
                .columns = columns,
                .row = m.row,
                .column = m.column,
            };
        }

        /// Its elements row by row, `step` apart, in another precision if asked.
        pub fn load(m: @This(), comptime W: type, out: [*]W, step: usize) void {
            if (m.column == 1) {
                for (0..m.rows) |i| copyRow(W, m.at(i, 0), out + i * step, m.columns);
                return;
            }
            // In squares: what is read as columns is used while in the cache.
            var top: usize = 0;
            while (top < m.rows) : (top += square) {
                var left: usize = 0;
                while (left < m.columns) : (left += square) {
                    for (top..@min(top + square, m.rows)) |i| {
                        for (left..@min(left + square, m.columns)) |j| {
                            out[i * step + j] = @floatCast(m.at(i, j)[0]);
                        }
                    }
                }
            }
        }

        /// Of a square matrix what is below the diagonal, and the diagonal.
        pub fn loadLower(m: @This(), out: [*]T) void {
            if (m.column == 1) {
                for (0..m.rows) |i| copyRow(T, m.at(i, 0), out + i * m.columns, i + 1);
                return;
            }
            var top: usize = 0;
            while (top < m.rows) : (top += square) {
                const rows = @min(square, m.rows - top);
                m.part(top, 0, rows, top + rows).load(T, out + top * m.columns, m.columns);
            }
        }

        const square = 16;

        fn copyRow(comptime W: type, from: [*]const T, to: [*]W, count: usize) void {
            if (W == T) return @memcpy(to[0..count], from);
            for (to[0..count], from) |*out, value| out.* = @floatCast(value);
        }
    };
}

/// Chunks of so many elements each.
pub fn chunksOf(count: usize, per_chunk: usize) usize {
    return (count + per_chunk - 1) / per_chunk;
}

/// Distance of rows for a matrix of scratch: an odd number of 16 elements, so that rows start in
/// different sets of the caches.
pub fn pitch(columns: usize) usize {
    return ((columns + 15) / 16 | 1) * 16;
}

/// Scratch of an algorithm, handed out piece by piece.
pub const Work = struct {
    memory: [*]align(64) u8,

    pub fn of(count: usize) Error!Work {
        return .{ .memory = runtime.scratch(.work, u8, count) orelse return error.OutOfMemory };
    }

    /// Bytes that `take` uses up.
    pub fn bytes(comptime T: type, count: usize) usize {
        return (count * @sizeOf(T) + 63) / 64 * 64;
    }

    pub fn take(work: *Work, comptime T: type, count: usize) [*]align(64) T {
        const piece = work.memory;
        work.memory = @alignCast(piece + bytes(T, count));
        return @ptrCast(piece);
    }
};

/// Address of element 0 of part number `index` of a view, whose first `axes` dims are the batch.
pub fn address(comptime T: type, view: *const abi.View, index: usize, axes: usize) [*]T {
    if (axes == 0) return view.pointer(T);
    var rest = index;
    var offset: isize = 0;
    var axis = axes - 1;
    while (axis > 0) : (axis -= 1) {
        const extent = view.extent(axis);
        offset += @as(isize, @intCast(rest % extent)) * view.stride(axis);
        rest /= extent;
    }
    // Divisions take as long as a small matrix: the first dim needs none.
    offset += @as(isize, @intCast(rest)) * view.stride(0);
    return @ptrFromInt(@intFromPtr(view.pointer(T)) +% @as(usize, @bitCast(offset *% @sizeOf(T))));
}

/// Matrices in a view whose last `axes` dims are no batch.
pub fn countOf(view: *const abi.View, axes: usize) usize {
    var count: usize = 1;
    for (0..view.dims() - axes) |axis| count *= view.extent(axis);
    return count;
}

/// Runs `body` on every matrix: one alone, or few large ones, with all threads each, others
/// divided among the threads. `nanoseconds` is a guess of one matrix's time.
pub fn each(
    call: *abi.Call,
    count: usize,
    nanoseconds: f64,
    comptime body: fn (call: *abi.Call, index: usize, threads: Threads) abi.Status,
) abi.Status {
    if (count == 1 or (count < 4 and nanoseconds > 5e6)) {
        for (0..count) |index| {
            const status = body(call, index, .pool);
            if (status != .ok) return status;
        }
        return .ok;
    }
    const Job = struct {
        call: *abi.Call,
        count: usize,
        per_chunk: usize,
        status: abi.Status = .ok,

        fn run(job: *@This(), chunk: usize) void {
            const first = chunk * job.per_chunk;
            for (first..@min(first + job.per_chunk, job.count)) |index| {
                const status = body(job.call, index, .caller);
                if (status != .ok) @atomicStore(abi.Status, &job.status, status, .monotonic);
            }
        }
    };
    const per_chunk: usize = @intFromFloat(@max(1, 2e4 / @max(nanoseconds, 20)));
    var job: Job = .{ .call = call, .count = count, .per_chunk = per_chunk };
    const whole = nanoseconds * @as(f64, @floatFromInt(count));
    runtime.parallelFor((count + per_chunk - 1) / per_chunk, whole, &job, Job.run);
    return job.status;
}

/// Time of an algorithm of so many multiplications, which also has a part that grows with the
/// square.
pub fn time(a: usize, b: usize, c: usize, factor: f64) f64 {
    const x: f64 = @floatFromInt(a);
    const y: f64 = @floatFromInt(b);
    const z: f64 = @floatFromInt(c);
    return 100 + factor * x * y * z;
}

pub const Error = error{OutOfMemory};

/// c <- a b; the elements of a row of c lie side by side.
pub fn setProduct(
    comptime T: type,
    c: Matrix(T),
    a: Matrix(T),
    b: Matrix(T),
    threads: Threads,
) Error!void {
    if (a.columns == 0) {
        for (0..c.rows) |i| @memset(c.at(i, 0)[0..c.columns], 0);
    } else try product(T, c, 1, a, b, threads, false);
}

/// c += alpha a b; the elements of a row of c lie side by side.
pub fn addProduct(
    comptime T: type,
    c: Matrix(T),
    alpha: T,
    a: Matrix(T),
    b: Matrix(T),
    threads: Threads,
) Error!void {
    if (a.columns > 0) try product(T, c, alpha, a, b, threads, true);
}

fn product(
    comptime T: type,
    c: Matrix(T),
    alpha: T,
    a: Matrix(T),
    b: Matrix(T),
    threads: Threads,
    accumulate: bool,
) Error!void {
    assert(c.rows == a.rows and c.columns == b.columns);
    assert(a.columns == b.rows and c.column == 1);
    if (c.rows == 0 or c.columns == 0) return;
    // A single column is taken for a row by `multiply`, which needs its elements side by side.
    if (c.columns == 1 and c.row != 1 and c.rows > 1) {
        for (0..c.rows) |i| {
            const is_dot = a.column == 1 and b.row == 1;
            const sum = if (is_dot) vector.dot(T, a.at(i, 0), b.data, b.rows) else sum: {
                var sum: T = 0;
                for (0..a.columns) |k| sum = simd.mulAdd(a.at(i, k)[0], b.at(k, 0)[0], sum);
                break :sum sum;
            };
            c.at(i, 0)[0] = if (accumulate) c.at(i, 0)[0] + alpha * sum else alpha * sum;
        }
        return;
    }
    const status = gemm.multiply(T, .{
        .rows = c.rows,
        .columns = c.columns,
        .depth = a.columns,
        .a = a.data,
        .a_row = a.row,
        .a_step = a.column,
        .b = b.data,
        .b_step = b.row,
        .b_column = b.column,
        .c = c.data,
        .c_row = @intCast(c.row),
        .alpha = alpha,
        .accumulate = accumulate,
    }, threads);
    if (status != .ok) return error.OutOfMemory;
}
