//! A matrix product in tiles: blocks of the depth and of the columns, each a grid of jobs that run
//! the micro-kernels over A and B where they lie, or over copies where their strides collide in the
//! cache.
const std = @import("std");
const abi = @import("abi");
const gemm = @import("../gemm.zig");
const runtime = @import("../runtime.zig");
const tile = @import("tile.zig");
const pack = @import("pack.zig");
const Block = tile.Block;
const Limits = tile.Limits;
const at = tile.at;

fn Plan(comptime T: type) type {
    const limits = Limits(T);
    return struct {
        /// Columns from here on are packed: 0 all, p.columns none.
        packed_from: usize,
        /// Each job packs the strips of its columns itself, one at a time, and takes all rows.
        pack_own: bool,
        copy_a: bool,
        /// Extent of a block of the depth and of the columns.
        depth: usize,
        columns: usize,

        /// 512 loses 1 to 3 % at 1024 and beyond.
        const depth_max = 4096 / @sizeOf(T);
        /// Below, packing costs more than the collisions: 128 x 1024 x 1024 takes 110 GFLOP/s in
        /// place and 100 packed, 512 x 1024 x 1024 105 and 108, 2048 x 2048 x 2048 84 and 110 (one
        /// core of 117.7, f32).
        const pack_rows = 256;
        /// Bytes of an operand that other cores' traffic may push out of the cache: copies are as
        /// fast in quiet (1000^3: 108 both ways, f64 with a transposed 53 against 50) and keep
        /// their speed beside other processes.
        const large = 3 << 20;
        /// Packed columns of one block: 8 MB at the full depth, in the shared cache.
        const columns_max = 2048 * 4 / @sizeOf(T);

        fn of(p: *const gemm.Problem(T)) @This() {
            const blocks = (p.depth + depth_max - 1) / depth_max;
            const pack_all = p.b_column != 1 or (p.rows >= pack_rows and (collides(T, p.b_step, p.depth) or
                p.columns * p.depth * @sizeOf(T) > large));
            const line = if (p.a_step == 1) p.a_row else p.a_step;
            const copy_a = p.columns >= 2 * limits.width and
                ((p.a_step != 1 and p.a_row != 1) or collides(T, line, if (p.a_step == 1) p.rows else p.depth) or
                    (p.rows >= pack_rows and p.rows * p.depth * @sizeOf(T) > large));
            return .{
                .packed_from = if (pack_all) 0 else if (tile.has_masks) p.columns else p.columns - p.columns % limits.width,
                // A strip that another core packed comes from its cache: 128^3 with B transposed
                // took 36 us on two threads that way, and 22 with strips packed where they are
                // used.
                .pack_own = pack_all and !copy_a and p.rows < pack_rows,
                .copy_a = copy_a,
                .depth = if (blocks == 0) 1 else roundUp((p.depth + blocks - 1) / blocks, 4),
                .columns = if (pack_all) columns_max else p.columns,
            };
        }
    };
}

/// Lines a multiple of 2 KiB apart fall into a few sets of the caches.
pub fn collides(comptime T: type, stride: isize, lines: usize) bool {
    return lines >= 8 and stride != 0 and @rem(stride * @sizeOf(T), 4096) == 0;
}

fn roundUp(x: usize, to: usize) usize {
    return (x + to - 1) / to * to;
}

/// One block of the depth and of the columns, as a grid of jobs.
fn TileJob(comptime T: type) type {
    const limits = Limits(T);
    return struct {
        problem: *const gemm.Problem(T),
        plan: Plan(T),
        threads: gemm.Threads,
        block: Block(T),
        /// First column and count of columns of this block, first step of its depth.
        column: usize = 0,
        columns: usize = 0,
        step: usize = 0,
        packed_b: [*]T,
        copied_a: ?[*]T,
        panels: usize,
        row_jobs: usize,
        column_jobs: usize,
        failed: bool = false,

        const panels_max = 8;

        fn grid(job: *@This()) void {
            const p = job.problem;
            const strips = (p.columns + limits.width - 1) / limits.width;
            const flops = p.flops();
            job.panels = (p.rows + limits.rows - 1) / limits.rows;
            if (job.plan.pack_own) {
                job.row_jobs = 1;
                const wanted: usize = @intFromFloat(std.math.clamp(flops / chunk_flops, 1, 1024));
                job.column_jobs = @min(strips, wanted);
                return;
            }
            const share = chunk_flops * @as(f64, @floatFromInt(job.panels)) / flops;
            const panels: usize = @intFromFloat(std.math.clamp(@ceil(share), 1, panels_max));
            job.row_jobs = (job.panels + panels - 1) / panels;
            // Few rows: columns are divided as well. Chunks beyond half a millisecond: the same.
            const rows_only: f64 = @floatFromInt(job.row_jobs);
            const wanted = @min(16, flops / chunk_flops) / rows_only;
            const long = @min(flops / rows_only / 60e6, @as(f64, @floatFromInt(strips)) / 8);
            const column_jobs: usize = @intFromFloat(@max(1, wanted, long));
            job.column_jobs = @min(column_jobs, strips);
        }

        fn packStrips(job: *@This(), index: usize) void {
            const p = job.problem;
            const j = job.plan.packed_from + index * limits.width;
            if (j >= job.columns) return;
            const source = at(at(p.b, job.column + j, p.b_column), job.step, p.b_step);
            const count = @min(job.columns - j, limits.width);
            const target = job.packed_b + index * limits.width * job.block.depth;
            pack.packStrip(T, limits.width, job.block.depth, count, source, p.b_step, p.b_column, target);
        }

        fn firstRow(job: *const @This(), row_job: usize) usize {
            const panel = job.panels * row_job / job.row_jobs;
            return panel * (job.problem.rows / job.panels) + @min(panel, job.problem.rows % job.panels);
        }

        fn run(job: *@This(), index: usize) void {
            const p = job.problem;
            const row_job = index % job.row_jobs;
            const column_job = index / job.row_jobs;
            const strips = (job.columns + limits.width - 1) / limits.width;
            const i = job.firstRow(row_job);
            const rows = job.firstRow(row_job + 1) - i;
            const j = strips * column_job / job.column_jobs * limits.width;
            const end = @min(strips * (column_job + 1) / job.column_jobs * limits.width, job.columns);
            if (j >= end) return;

            var block = job.block;
            if (job.plan.pack_own) return job.sweepOwn(&block, j, end);
            var a = at(at(p.a, i, p.a_row), job.step, p.a_step);
            if (job.plan.copy_a) {
                const copy = job.copied_a orelse
                    runtime.scratch(.chunk, T, pack.copyElements(rows, block.depth)) orelse {
                    @atomicStore(bool, &job.failed, true, .monotonic);
                    return;
                };
                const placed = pack.copyBlock(T, rows, block.depth, a, p.a_row, p.a_step, copy);
                block.a_row = placed.row;
                block.a_step = placed.step;
                a = copy;
            }
            // Columns before `packed_from` are read in place, the others from their strips.
            const between = std.math.clamp(job.plan.packed_from, j, end);
            if (between > j) job.sweep(&block, i, rows, j, between, a);
            if (end > between) job.sweepPacked(&block, i, rows, between, end, a);
        }

        /// All rows of some columns, strip by strip: packed, and used while in the nearest cache.
        fn sweepOwn(job: *@This(), block: *Block(T), first: usize, end: usize) void {
            const p = job.problem;
            const strip = runtime.scratch(.chunk, T, limits.width * block.depth) orelse {
                @atomicStore(bool, &job.failed, true, .monotonic);
                return;
            };
            block.b_step = limits.width;
            const a = at(p.a, job.step, p.a_step);
            var j = first;
            while (j < end) : (j += limits.width) {
                const count = @min(end - j, limits.width);
                const column = job.column + j;
                const source = at(at(p.b, column, p.b_column), job.step, p.b_step);
                pack.packStrip(T, limits.width, block.depth, count, source, p.b_step, p.b_column, strip);
                tile.sweep(T, block, p.rows, count, a, strip, limits.width, p.c + column, job.biasAt(0, column));
            }
        }

        fn sweep(job: *@This(), block: *const Block(T), i: usize, rows: usize, j: usize, end: usize, a: [*]const T) void {
            const p = job.problem;
            const b = at(p.b, job.step, p.b_step) + job.column + j;
            const c = p.c + i * p.c_row + job.column + j;
            tile.sweep(T, block, rows, end - j, a, b, limits.width, c, job.biasAt(i, job.column + j));
        }

        fn sweepPacked(job: *@This(), block: *Block(T), i: usize, rows: usize, j: usize, end: usize, a: [*]const T) void {
            const p = job.problem;
            block.b_step = limits.width;
            const strip = limits.width * block.depth;
            const b = job.packed_b + (j - job.plan.packed_from) / limits.width * strip;
            const c = p.c + i * p.c_row + job.column + j;
            tile.sweep(T, block, rows, end - j, a, b, strip, c, job.biasAt(i, job.column + j));
        }

        fn biasAt(job: *const @This(), i: usize, j: usize) [*]const T {
            const row = at(job.problem.biasPointer(), i, job.block.bias_row);
            return if (job.block.bias == .elements) row + j else row;
        }
    };
}

const chunk_flops = 5e5;

pub fn multiply(comptime T: type, p: *const gemm.Problem(T), threads: gemm.Threads) abi.Status {
    const limits = Limits(T);
    const plan: Plan(T) = .of(p);
    const from = if (plan.pack_own) plan.columns else plan.packed_from;
    const pack_columns = roundUp(@min(plan.columns, p.columns) - @min(from, plan.columns, p.columns), limits.width);
    const pack_elements = roundUp(pack_columns * @min(plan.depth, p.depth), 16);
    const rows_max = TileJob(T).panels_max * limits.rows;
    const copy_elements = if (plan.copy_a) pack.copyElements(@min(rows_max, p.rows), plan.depth) else 0;

    var job: TileJob(T) = .{
        .problem = p,
        .plan = plan,
        .threads = threads,
        .block = p.block(),
        .packed_b = undefined,
        .copied_a = null,
        .panels = undefined,
        .row_jobs = undefined,
        .column_jobs = undefined,
    };
    job.grid();
    // On the caller's thread alone the one block of scratch of this chunk holds both copies.
    const elements = if (threads == .pool) pack_elements else pack_elements + copy_elements;
    if (elements > 0) {
        const slot: runtime.Slot = if (threads == .pool) .call else .chunk;
        const memory = runtime.scratch(slot, T, elements) orelse return .out_of_memory;
        job.packed_b = memory;
        if (threads == .caller) job.copied_a = memory + pack_elements;
    }
    while (job.column < p.columns) : (job.column += job.columns) {
        job.columns = @min(plan.columns, p.columns - job.column);
        depthBlocks(T, &job);
        if (job.failed) return .out_of_memory;
    }
    return .ok;
}

/// The first block of the depth writes c, the others add to it; bias and floor come with the last.
fn depthBlocks(comptime T: type, job: *TileJob(T)) void {
    const p = job.problem;
    const whole = p.block();
    const packed_columns = if (job.plan.pack_own) 0 else job.columns -| job.plan.packed_from;
    const packed_strips = (packed_columns + Limits(T).width - 1) / Limits(T).width;
    const share = @as(f64, @floatFromInt(job.columns)) / @as(f64, @floatFromInt(p.columns));
    job.step = 0;
    while (true) {
        const depth = @min(job.plan.depth, p.depth - job.step);
        const is_last = job.step + depth == p.depth;
        job.block = whole;
        job.block.depth = depth;
        job.block.accumulate = whole.accumulate or job.step > 0;
        if (!is_last) {
            job.block.bias = .none;
            job.block.floor = tile.lowest(T);
        }
        const pack_cost: f64 = @floatFromInt(packed_strips * Limits(T).width * depth * @sizeOf(T));
        gemm.forEach(job.threads, packed_strips, pack_cost * 0.1, job, TileJob(T).packStrips);
        const steps: f64 = @floatFromInt(depth);
        const fraction = share * steps / @as(f64, @floatFromInt(@max(p.depth, 1)));
        gemm.forEach(job.threads, job.row_jobs * job.column_jobs, gemm.cost(T, p.flops() * fraction), job, TileJob(T).run);
        job.step += depth;
        if (is_last) return;
    }
}
