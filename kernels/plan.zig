//! The walk over strided operands: a plan of their dims, cut into two-dimensional blocks that run
//! on the pool's threads.
const std = @import("std");
const abi = @import("abi");
const blocks = @import("blocks.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");

/// What the walk over a plan needs to know of an op.
pub fn Job(comptime count: comptime_int) type {
    return struct {
        sizes: [count]usize,
        /// Null: input 0 is moved to the output as it is.
        span: ?*const fn (*Span(count)) void,
        /// Bit m set: the span has a loop for the set m of constant inputs.
        splats: u16,
        constants: *const anyopaque,
        /// Nanoseconds per element.
        cost: f64,
        fault: abi.Status = .ok,
    };
}

/// Rows that an op can run over: the output and every input are contiguous along a row, or the
/// input is constant there.
pub fn Span(comptime count: comptime_int) type {
    return struct {
        rows: usize,
        columns: usize,
        pointers: [count][*]u8,
        /// Bytes from one row to the next.
        row_steps: [count]isize,
        splat: u8,
        store: blocks.Store,
        constants: *const anyopaque,
        fault: bool,
    };
}

const axes_max = abi.rank_max + 2;

/// The dims of a call from the innermost to the outermost, and every operand's step along each in
/// bytes. Operand 0 is the output.
pub fn Plan(comptime count: comptime_int) type {
    return struct {
        const This = @This();
        rank: usize,
        extents: [axes_max]usize,
        steps: [axes_max][count]isize,
        pointers: [count][*]u8,

        pub fn init(call: *const abi.Call, sizes: [count]usize) This {
            var plan: This = undefined;
            plan.rank = 0;
            for (&plan.pointers, 0..) |*p, i| p.* = call.views[i].pointer(u8);
            if (call.flat >= 0) {
                plan.push(abi.toUsize(call.flat), signed(count, sizes));
            } else {
                var axis = call.views[0].dims();
                while (axis > 0) {
                    axis -= 1;
                    const extent = call.views[0].extent(axis);
                    if (extent == 1) continue;
                    var steps: [count]isize = undefined;
                    const units = signed(count, sizes);
                    inline for (&steps, units, 0..) |*step, unit, i| step.* = call.views[i].stride(axis) * unit;
                    plan.push(extent, steps);
                }
            }
            plan.sort();
            plan.merge();
            if (plan.rank == 0) plan.push(1, signed(count, sizes));
            if (plan.rank == 1) plan.push(1, @splat(0));
            return plan;
        }

        fn push(plan: *This, extent: usize, steps: [count]isize) void {
            plan.extents[plan.rank] = extent;
            plan.steps[plan.rank] = steps;
            plan.rank += 1;
        }

        /// Smallest output step first. Dims that the output walks backwards are turned around.
        fn sort(plan: *This) void {
            for (0..plan.rank) |i| {
                if (plan.steps[i][0] < 0 and plan.extents[i] > 0) {
                    const back: isize = @intCast(plan.extents[i] - 1);
                    inline for (&plan.pointers, &plan.steps[i]) |*p, *step| {
                        p.* = blocks.offset(p.*, step.* * back);
                        step.* = -step.*;
                    }
                }
                var j = i;
                while (j > 0 and plan.steps[j][0] < plan.steps[j - 1][0]) : (j -= 1) plan.swap(j, j - 1);
            }
        }

        fn swap(plan: *This, i: usize, j: usize) void {
            std.mem.swap(usize, &plan.extents[i], &plan.extents[j]);
            std.mem.swap([count]isize, &plan.steps[i], &plan.steps[j]);
        }

        /// Joins a dim to the one inside it where both are one run for every operand.
        fn merge(plan: *This) void {
            if (plan.rank == 0) return;
            var top: usize = 0;
            for (1..plan.rank) |i| {
                const extent: isize = @intCast(plan.extents[top]);
                var joined = true;
                inline for (0..count) |k| joined = joined and plan.steps[i][k] == plan.steps[top][k] * extent;
                if (joined) {
                    plan.extents[top] *= plan.extents[i];
                } else {
                    top += 1;
                    plan.extents[top] = plan.extents[i];
                    plan.steps[top] = plan.steps[i];
                }
            }
            plan.rank = top + 1;
        }

        /// The same walk with one number, constant everywhere, as a second operand.
        pub fn withConstant(plan: *const This, value: [*]u8) Plan(count + 1) {
            var wider: Plan(count + 1) = .{ .rank = plan.rank, .extents = plan.extents, .steps = undefined, .pointers = plan.pointers ++ .{value} };
            for (wider.steps[0..plan.rank], plan.steps[0..plan.rank]) |*wide, steps| wide.* = steps ++ .{0};
            return wider;
        }

        /// Some input is contiguous along the rows, not along the columns.
        pub fn isTransposed(plan: *const This, sizes: [count]usize) bool {
            for (1..count) |k| {
                const unit: isize = @intCast(sizes[k]);
                if (plan.steps[0][k] != unit and plan.steps[0][k] != 0 and plan.steps[1][k] == unit) return true;
            }
            return false;
        }

        pub fn total(plan: *const This) usize {
            var product: usize = 1;
            for (plan.extents[0..plan.rank]) |extent| product *= extent;
            return product;
        }
    };
}

fn signed(comptime count: comptime_int, sizes: [count]usize) [count]isize {
    var result: [count]isize = undefined;
    inline for (&result, sizes) |*r, size| r.* = @intCast(size);
    return result;
}

/// Bytes of one operand's tile: four of them fit the L1 cache.
const tile_bytes = 8192;
/// Columns of a tile. A transposed tile has long runs of rows instead, because those are what is
/// contiguous in memory: with 1 KB of each line at a time a + b.T from DRAM takes half the time
/// that it takes with 128 bytes.
const tile_columns = 128;
const run_bytes: usize = 1024;
/// A move needs no tile, and one page of each line is best: 0.31 ns an element for 4096 x 1024,
/// 0.56 with 128 bytes.
const move_run_bytes: usize = 4096;
/// Outputs larger than this would push everything else out of the cache: they go past it.
const stream_bytes = 8 << 20;
/// One-thread time of a chunk.
const chunk_nanoseconds = 5_000;

/// How each operand of a block reaches the op.
const Access = enum { unit, splat, tile };

/// A plan cut into blocks of `edges` columns and rows.
fn Grid(comptime count: comptime_int) type {
    return struct {
        const This = @This();
        plan: *const Plan(count),
        job: *const Job(count),
        /// Blocks along each dim: columns, rows, then the outer dims one by one.
        counts: [axes_max]usize,
        edges: [2]usize,
        access: [count]Access,
        splat: u8,
        /// Rows are so short that a block of them is run as one row.
        joined: bool,
        store: blocks.Store,
        total: usize,
        blocks_per_chunk: usize,
        /// Bytes of scratch for each operand; 0 when all are read where they are.
        tile_size: usize,
        failure: std.atomic.Value(abi.Status),

        fn init(plan: *Plan(count), job: *const Job(count)) This {
            var grid: This = undefined;
            grid.plan = plan;
            grid.job = job;
            grid.failure = .init(.ok);
            transposeFirst(plan, job.sizes);
            grid.classify();
            grid.chooseEdges();
            grid.total = 1;
            for (grid.counts[0..plan.rank]) |n| grid.total *= n;
            grid.store = grid.chooseStore();
            const block_cost = job.cost * @as(f64, @floatFromInt(grid.edges[0] * grid.edges[1]));
            grid.blocks_per_chunk = @intFromFloat(@max(1.0, chunk_nanoseconds / block_cost));
            return grid;
        }

        /// Makes the dim along which a transposed input is contiguous the rows of the blocks.
        fn transposeFirst(plan: *Plan(count), sizes: [count]usize) void {
            for (1..count) |k| {
                const unit: isize = @intCast(sizes[k]);
                if (plan.steps[0][k] == unit or plan.steps[0][k] == 0) continue;
                for (1..plan.rank) |d| if (plan.steps[d][k] == unit) return plan.swap(1, d);
            }
        }

        fn classify(grid: *This) void {
            const columns = grid.plan.steps[0];
            const rows = grid.plan.steps[1];
            const units = signed(count, grid.job.sizes);
            const n: isize = @intCast(grid.plan.extents[0]);
            grid.joined = n < 32 and grid.plan.extents[1] > 1 and
                columns[0] == units[0] and rows[0] == columns[0] * n;
            grid.splat = 0;
            if (grid.job.span == null) return;
            inline for (&grid.access, 0..) |*access, k| {
                const dense = !grid.joined or rows[k] == columns[k] * n;
                access.* = if (dense and columns[k] == units[k]) .unit else .tile;
                if (k > 0 and dense and columns[k] == 0) {
                    access.* = .splat;
                    grid.splat |= 1 << (k - 1);
                }
            }
            while (grid.job.splats >> @as(u4, @intCast(grid.splat)) & 1 == 0) {
                const k = @ctz(grid.splat);
                grid.access[k + 1] = .tile;
                grid.splat &= grid.splat - 1;
            }
        }

        fn chooseEdges(grid: *This) void {
            const plan = grid.plan;
            const job = grid.job;
            var largest: usize = 1;
            for (job.sizes) |size| largest = @max(largest, size);
            const tiled = if (job.span == null) plan.isTransposed(job.sizes) else std.mem.indexOfScalar(Access, &grid.access, .tile) != null;
            // Blocks begin at cache lines: all but the smallest have a multiple of 64 columns.
            const flat = std.mem.alignForward(usize, @intFromFloat(chunk_nanoseconds / job.cost), 4096);
            var width = flat;
            var capacity = flat;
            if (tiled) {
                const run_length = if (job.span == null) move_run_bytes else run_bytes;
                const runs = plan.isTransposed(job.sizes) and !grid.joined;
                capacity = if (runs) tile_columns * run_length / largest else tile_bytes / largest;
                width = if (grid.joined or plan.extents[1] == 1) capacity else tile_columns;
            }
            grid.edges[0] = @max(1, @min(plan.extents[0], width));
            grid.edges[1] = @max(1, @min(plan.extents[1], capacity / grid.edges[0]));
            grid.counts = plan.extents;
            for (0..2) |d| grid.counts[d] = divideUp(plan.extents[d], grid.edges[d]);
            grid.tile_size = if (tiled and job.span != null) std.mem.alignForward(usize, grid.edges[0] * grid.edges[1] * largest, 64) else 0;
        }

        fn chooseStore(grid: *const This) blocks.Store {
            const plan = grid.plan;
            const size = grid.job.sizes[0];
            if (plan.total() * size <= stream_bytes or plan.steps[0][0] != size) return .normal;
            var aligned = @intFromPtr(plan.pointers[0]) % 64 == 0;
            for (1..plan.rank) |d| aligned = aligned and @mod(plan.steps[d][0], 64) == 0;
            for (plan.pointers[1..]) |p| if (p == plan.pointers[0]) return .normal;
            return if (aligned) .stream else .normal;
        }

        fn chunk(grid: *This, index: usize) void {
            const first = index * grid.blocks_per_chunk;
            const last = @min(first + grid.blocks_per_chunk, grid.total);
            var tiles: [*]u8 = undefined;
            if (grid.tile_size > 0) tiles = runtime.scratch(.chunk, u8, count * grid.tile_size) orelse
                return grid.failure.store(.out_of_memory, .monotonic);
            var place = Place(count).init(grid, first);
            for (first..last) |_| {
                grid.block(&place, tiles);
                place.next(grid);
            }
            if (grid.store == .stream) simd.fence();
        }

        fn block(grid: *This, place: *const Place(count), tiles: [*]u8) void {
            const plan = grid.plan;
            const job = grid.job;
            const columns = @min(grid.edges[0], plan.extents[0] - place.position[0] * grid.edges[0]);
            const rows = @min(grid.edges[1], plan.extents[1] - place.position[1] * grid.edges[1]);
            const runSpan = job.span orelse {
                const size = job.sizes[0];
                return blocks.move(size, rows, columns, grid.side(place, 0), grid.side(place, 1), grid.store);
            };
            var s: Span(count) = .{
                .rows = rows,
                .columns = columns,
                .pointers = place.pointers,
                .row_steps = plan.steps[1],
                .splat = grid.splat,
                .store = grid.store,
                .constants = grid.job.constants,
                .fault = false,
            };
            inline for (0..count) |k| if (grid.access[k] == .tile) {
                const size = grid.job.sizes[k];
                const tile = tiles + k * grid.tile_size;
                s.pointers[k] = tile;
                s.row_steps[k] = @intCast(columns * size);
                if (k > 0) blocks.move(size, rows, columns, tileSide(tile, columns, size), grid.side(place, k), .normal);
            };
            if (grid.joined) {
                s.columns *= rows;
                s.rows = 1;
            }
            runSpan(&s);
            if (grid.access[0] == .tile) {
                const size = grid.job.sizes[0];
                blocks.move(size, rows, columns, grid.side(place, 0), tileSide(tiles, columns, size), .normal);
            }
            if (s.fault) grid.failure.store(job.fault, .monotonic);
        }

        fn side(grid: *const This, place: *const Place(count), comptime k: comptime_int) blocks.Side {
            return .{ .pointer = place.pointers[k], .row = grid.plan.steps[1][k], .column = grid.plan.steps[0][k] };
        }
    };
}

fn tileSide(tile: [*]u8, columns: usize, size: usize) blocks.Side {
    return .{ .pointer = tile, .row = @intCast(columns * size), .column = @intCast(size) };
}

/// A place in a grid: an odometer over its blocks.
fn Place(comptime count: comptime_int) type {
    return struct {
        const This = @This();
        position: [axes_max]usize,
        pointers: [count][*]u8,

        fn init(grid: *const Grid(count), index: usize) This {
            var place: This = .{ .position = @splat(0), .pointers = grid.plan.pointers };
            if (index == 0) return place;
            var rest = index;
            for (0..grid.plan.rank) |d| {
                place.position[d] = rest % grid.counts[d];
                rest /= grid.counts[d];
                place.move(grid, d, @intCast(place.position[d]));
            }
            return place;
        }

        fn next(place: *This, grid: *const Grid(count)) void {
            for (0..grid.plan.rank) |d| {
                if (place.position[d] + 1 < grid.counts[d]) {
                    place.position[d] += 1;
                    return place.move(grid, d, 1);
                }
                place.move(grid, d, -@as(isize, @intCast(place.position[d])));
                place.position[d] = 0;
            }
        }

        fn move(place: *This, grid: *const Grid(count), d: usize, distance: isize) void {
            const edge: isize = if (d < 2) @intCast(grid.edges[d]) else 1;
            inline for (&place.pointers, grid.plan.steps[d]) |*p, step| p.* = blocks.offset(p.*, step * edge * distance);
        }
    };
}

fn divideUp(n: usize, by: usize) usize {
    return if (n <= by) 1 else (n - 1) / by + 1;
}

/// Runs a call's job over all of its elements.
pub fn run(comptime count: comptime_int, call: *abi.Call, job: *const Job(count)) abi.Status {
    var plan = Plan(count).init(call, job.sizes);
    const status = walk(count, &plan, job);
    return if (status == .ok) .ok else call.fail(status, 0, 0);
}

/// Runs a job over a plan.
pub fn walk(comptime count: comptime_int, plan: *Plan(count), job: *const Job(count)) abi.Status {
    const size = plan.total();
    if (size == 0) return .ok;
    var grid = Grid(count).init(plan, job);
    const chunks = divideUp(grid.total, grid.blocks_per_chunk);
    runtime.parallelFor(chunks, job.cost * @as(f64, @floatFromInt(size)), &grid, Grid(count).chunk);
    return grid.failure.load(.monotonic);
}
