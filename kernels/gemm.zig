//! Matrix product: out = activation(alpha * a b + bias), for every layout and dtype, batched.
//!
//! How a product is computed depends on its shapes and strides alone, never on the number of
//! threads:
//!   - a few thousand multiplications: micro-kernels straight over the operands (`multiplySmall`);
//!   - one row: `gemm/vector.zig` when B's columns are adjacent, else dot products;
//!   - few rows and B given along the depth: dot products (`gemm/dot.zig`);
//!   - a small result of great depth: the depth is split, partial results are added in order
//!     (`gemm/split.zig`);
//!   - everything else: tiles over A and B where they lie, or copied where their strides collide in
//!     the cache (`gemm/grid.zig`).
const std = @import("std");
const abi = @import("abi");
const fused = @import("attention.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");
const tile = @import("gemm/tile.zig");
const pack = @import("gemm/pack.zig");
const dot = @import("gemm/dot.zig");
const vector = @import("gemm/vector.zig");
const split = @import("gemm/split.zig");
const grid = @import("gemm/grid.zig");
const assert = std.debug.assert;
const Block = tile.Block;
const Limits = tile.Limits;
const at = tile.at;

pub const kernels = struct {
    /// out [..., M, N] <- a [..., M, K], b [..., K, N][, bias expanded to out]. Attributes: alpha,
    /// activation (0 none, 1 relu), accumulate (1: out += alpha * a b + bias). Integers wrap; alpha
    /// is then taken as an integer.
    pub fn matmul(call: *abi.Call) callconv(.c) abi.Status {
        return switch (call.output(0).kind()) {
            .float32 => matmulOf(f32, call),
            .float64 => matmulOf(f64, call),
            .int32 => matmulOf(i32, call),
            .int64 => matmulOf(i64, call),
            else => .bad_dtype,
        };
    }

    // Of this family because it is made of the same micro-kernels.
    pub const attention = fused.attention;
    pub const attentionGradient = fused.attentionGradient;
};

/// Whether a product may use the pool, or is one of many that share it.
pub const Threads = enum { pool, caller };

/// One product: rows x depth times depth x columns. Strides in elements; the columns of c are
/// adjacent, and so are the rows of a c of one column.
pub fn Problem(comptime T: type) type {
    return struct {
        rows: usize,
        columns: usize,
        depth: usize,
        a: [*]const T,
        a_row: isize,
        a_step: isize,
        b: [*]const T,
        b_step: isize,
        b_column: isize,
        c: [*]T,
        c_row: usize,
        bias: ?[*]const T = null,
        bias_row: isize = 0,
        bias_column: isize = 0,
        alpha: T = 1,
        floor: T = tile.lowest(T),
        accumulate: bool = false,

        pub fn flops(p: *const @This()) f64 {
            return 2 * @as(f64, @floatFromInt(p.rows)) * @as(f64, @floatFromInt(p.columns)) * @as(f64, @floatFromInt(p.depth));
        }

        /// c^T = b^T a^T: a single column becomes a single row, whose elements are adjacent as
        /// well.
        fn turn(p: *@This()) void {
            assert(p.columns == 1 and (p.c_row == 1 or p.rows == 1));
            std.mem.swap(usize, &p.rows, &p.columns);
            std.mem.swap([*]const T, &p.a, &p.b);
            std.mem.swap(isize, &p.a_row, &p.b_column);
            std.mem.swap(isize, &p.a_step, &p.b_step);
            std.mem.swap(isize, &p.bias_row, &p.bias_column);
        }

        pub fn block(p: *const @This()) Block(T) {
            return .{
                .depth = p.depth,
                .a_row = p.a_row,
                .a_step = p.a_step,
                .b_step = p.b_step,
                .c_row = p.c_row,
                .alpha = p.alpha,
                .floor = p.floor,
                .accumulate = p.accumulate,
                .bias = if (p.bias == null) .none else if (p.bias_column == 0) .per_row else .elements,
                .bias_row = p.bias_row,
            };
        }

        pub fn biasPointer(p: *const @This()) [*]const T {
            return p.bias orelse p.c;
        }
    };
}

/// Nanoseconds on one thread, roughly.
pub fn cost(comptime T: type, flops: f64) f64 {
    return flops * @sizeOf(T) / (7 * @as(f64, simd.vector_bytes));
}

// Frame and batch.

const axes_max = abi.rank_max;

fn Batch(comptime T: type) type {
    return struct {
        axes: usize = 0,
        count: usize = 1,
        extents: [axes_max]usize = undefined,
        strides: [axes_max][3]isize = undefined, // a, b, bias
        first: Problem(T),

        /// The product number `index`.
        fn product(batch: *const @This(), index: usize) Problem(T) {
            var p = batch.first;
            p.c += index * p.rows * p.columns;
            var rest = index;
            var axis = batch.axes;
            while (axis > 0) {
                axis -= 1;
                const position = rest % batch.extents[axis];
                rest /= batch.extents[axis];
                p.a = at(p.a, position, batch.strides[axis][0]);
                p.b = at(p.b, position, batch.strides[axis][1]);
                if (p.bias) |bias| p.bias = at(bias, position, batch.strides[axis][2]);
            }
            return p;
        }
    };
}

fn matmulOf(comptime T: type, call: *abi.Call) abi.Status {
    const rank = call.output(0).dims();
    assert(rank >= 2);
    var batch: Batch(T) = .{ .first = problemOf(T, call, rank - 2) };
    var axis = rank - 2;
    while (axis > 0) {
        axis -= 1;
        addAxis(T, &batch, call, axis);
    }
    if (batch.count == 0 or batch.first.rows == 0 or batch.first.columns == 0) return .ok;
    // Axes were found from the last to the first; `product` takes them in memory order.
    std.mem.reverse(usize, batch.extents[0..batch.axes]);
    std.mem.reverse([3]isize, batch.strides[0..batch.axes]);
    if (batch.count == 1) return multiply(T, batch.first, .pool);
    return multiplyBatch(T, &batch);
}

fn problemOf(comptime T: type, call: *const abi.Call, axis: usize) Problem(T) {
    const out = call.output(0);
    const a = call.input(0);
    const b = call.input(1);
    var p: Problem(T) = .{
        .rows = out.extent(axis),
        .columns = out.extent(axis + 1),
        .depth = a.extent(axis + 1),
        .a = a.pointer(T),
        .a_row = a.stride(axis),
        .a_step = a.stride(axis + 1),
        .b = b.pointer(T),
        .b_step = b.stride(axis),
        .b_column = b.stride(axis + 1),
        .c = out.pointer(T),
        .c_row = out.extent(axis + 1),
        .accumulate = call.attribute(2) != 0,
    };
    assert(a.extent(axis) == p.rows and b.extent(axis) == p.depth and b.extent(axis + 1) == p.columns);
    const alpha = call.attribute(0);
    p.alpha = if (@typeInfo(T) == .float) @floatCast(alpha) else std.math.lossyCast(T, alpha);
    if (call.attribute(1) == 1) p.floor = 0;
    if (call.input_count > 2) {
        const bias = call.input(2);
        p.bias = bias.pointer(T);
        p.bias_row = bias.stride(axis);
        p.bias_column = bias.stride(axis + 1);
    }
    return p;
}

/// Adds a batch axis, outside those added before. When b does not move along it and the rows of a
/// continue, its matrices are one with more rows.
fn addAxis(comptime T: type, batch: *Batch(T), call: *const abi.Call, axis: usize) void {
    const extent = call.output(0).extent(axis);
    batch.count *= extent;
    if (extent == 1) return;
    const p = &batch.first;
    const strides: [3]isize = .{
        call.input(0).stride(axis),
        call.input(1).stride(axis),
        if (p.bias != null) call.input(2).stride(axis) else 0,
    };
    if (batch.axes == 0 and strides[1] == 0) {
        const rows: isize = @intCast(p.rows);
        const continues = strides[0] == rows * p.a_row and (p.bias == null or strides[2] == rows * p.bias_row);
        if (continues or rows == 1) {
            if (rows == 1) {
                p.a_row = strides[0];
                p.bias_row = strides[2];
            }
            p.rows *= extent;
            if (extent != 0) batch.count /= extent;
            return;
        }
    }
    batch.extents[batch.axes] = extent;
    batch.strides[batch.axes] = strides;
    batch.axes += 1;
}

fn BatchJob(comptime T: type) type {
    return struct {
        batch: *const Batch(T),
        per_chunk: usize,
        status: abi.Status = .ok,

        fn run(job: *@This(), chunk: usize) void {
            const first = chunk * job.per_chunk;
            for (first..@min(first + job.per_chunk, job.batch.count)) |index| {
                const status = multiply(T, job.batch.product(index), .caller);
                if (status != .ok) @atomicStore(abi.Status, &job.status, status, .monotonic);
            }
        }
    };
}

/// Small matrices are divided among the threads whole, large ones one after the other, each by all
/// threads.
fn multiplyBatch(comptime T: type, batch: *const Batch(T)) abi.Status {
    const flops = batch.first.flops();
    if (flops > 4e6 and (batch.count < 32 or flops > 64e6)) {
        for (0..batch.count) |index| {
            const status = multiply(T, batch.product(index), .pool);
            if (status != .ok) return status;
        }
        return .ok;
    }
    const per_chunk: usize = @intFromFloat(@max(1, 2e6 / @max(flops, 1e3)));
    var job: BatchJob(T) = .{ .batch = batch, .per_chunk = per_chunk };
    const chunks = (batch.count + per_chunk - 1) / per_chunk;
    const each = cost(T, flops) + 30;
    runtime.parallelFor(chunks, each * @as(f64, @floatFromInt(batch.count)), &job, BatchJob(T).run);
    return job.status;
}

// One product.

pub fn multiply(comptime T: type, problem: Problem(T), threads: Threads) abi.Status {
    var p = problem;
    assert(p.rows > 0 and p.columns > 0);
    if (p.columns == 1) p.turn();
    if (p.bias != null and p.bias_column != 0 and p.bias_column != 1) spreadBias(T, &p);
    const flops = p.flops();
    if (flops <= small_flops and multiplySmall(T, &p)) return .ok;
    if (@typeInfo(T) == .float) {
        if (p.rows == 1 and p.b_column == 1) return vector.multiply(T, &p, threads);
        if (isDot(T, &p)) return multiplyDot(T, &p, threads);
    }
    if (threads == .pool and split.isDeep(T, &p)) return split.multiply(T, &p);
    return grid.multiply(T, &p, threads);
}

/// A bias of other strides than the micro-kernels read goes to c first, which the product is then
/// added to.
fn spreadBias(comptime T: type, p: *Problem(T)) void {
    const bias = p.bias.?;
    for (0..p.rows) |i| {
        const source = at(bias, i, p.bias_row);
        for (p.c[i * p.c_row ..][0..p.columns], 0..) |*c, j| {
            const value = at(source, j, p.bias_column)[0];
            c.* = if (p.accumulate) tile.add(T, c.*, value) else value;
        }
    }
    p.bias = null;
    p.accumulate = true;
}

/// Up to here (10 us) a product is one chunk.
const small_flops = 1e6;
/// Elements of B that a small product packs on the stack.
const small_pack = 1024;

/// False when B has to be packed and is too large for the stack.
fn multiplySmall(comptime T: type, p: *const Problem(T)) bool {
    const width = Limits(T).width;
    var block = p.block();
    if (p.b_column == 1 and (tile.has_masks or p.columns % Limits(T).lanes == 0)) {
        tile.sweep(T, &block, p.rows, p.columns, p.a, p.b, width, p.c, p.biasPointer());
        return true;
    }
    if (p.columns > width or p.depth * width > small_pack) return false;
    var packed_b: [small_pack]T = undefined;
    pack.packStrip(T, width, p.depth, p.columns, p.b, p.b_step, p.b_column, &packed_b);
    block.b_step = width;
    tile.sweep(T, &block, p.rows, p.columns, p.a, &packed_b, width, p.c, p.biasPointer());
    return true;
}

// Dot products.

/// Both operands along the depth, and too few rows to pay for transposing B: at a depth of 512 to
/// 1024, 64 rows take 100 to 105 GFLOP/s by dot products and 97 to 102 by tiles, 128 rows 97 to 106
/// and 101 to 109.
fn isDot(comptime T: type, p: *const Problem(T)) bool {
    if (p.b_step != 1) return false;
    return p.rows == 1 or (p.rows <= 72 and p.depth >= 192);
}

fn DotJob(comptime T: type) type {
    return struct {
        problem: *const Problem(T),
        block: Block(T),
        a: [*]const T,
        per_chunk: usize,

        fn run(job: *@This(), chunk: usize) void {
            const p = job.problem;
            const first = chunk * job.per_chunk;
            const columns = @min(job.per_chunk, p.columns - first);
            const b = at(p.b, first, p.b_column);
            const bias = if (job.block.bias == .elements) p.biasPointer() + first else p.biasPointer();
            dot.sweep(T, &job.block, p.rows, columns, job.a, b, p.b_column, p.c + first, bias);
        }
    };
}

fn multiplyDot(comptime T: type, p: *const Problem(T), threads: Threads) abi.Status {
    var job: DotJob(T) = .{ .problem = p, .block = p.block(), .a = p.a, .per_chunk = undefined };
    if (p.a_step != 1 or (p.rows > 6 and grid.collides(T, p.a_row, p.rows))) {
        const slot: runtime.Slot = if (threads == .pool) .call else .chunk;
        const copy = runtime.scratch(slot, T, pack.copyElements(p.rows, p.depth)) orelse return .out_of_memory;
        job.block.a_row = pack.copyAlongDepth(T, p.rows, p.depth, p.a, p.a_row, p.a_step, copy);
        job.block.a_step = 1;
        job.a = copy;
    }
    const per_column = p.flops() / @as(f64, @floatFromInt(p.columns));
    const wanted: usize = @intFromFloat(@max(1, 2e6 / @max(per_column, 1)));
    job.per_chunk = (@min(wanted, p.columns) + 7) / 8 * 8;
    forEach(threads, (p.columns + job.per_chunk - 1) / job.per_chunk, cost(T, p.flops()) * 1.2, &job, DotJob(T).run);
    return .ok;
}

/// parallelFor, or a plain loop inside another chunk.
pub fn forEach(
    threads: Threads,
    count: usize,
    nanoseconds: f64,
    context: anytype,
    comptime body: fn (context: @TypeOf(context), index: usize) void,
) void {
    switch (threads) {
        .pool => runtime.parallelFor(count, nanoseconds, context, body),
        .caller => for (0..count) |index| body(context, index),
    }
}

test {
    _ = @import("gemm/pack.zig");
}
