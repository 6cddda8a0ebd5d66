//! Gradient of a convolution's weights: dw[o, k] = sum over images and pixels of grad[o, pixel] *
//! x[offset[k] + pixel].
//!
//! Vectors run along the output channels: a band of grad is transposed to [pixel][channel], x is
//! broadcast element by element from where it lies (a padded copy of the band only where there is
//! padding), so no lane is lost on narrow images. A tile keeps its sums in registers over a band of
//! a few hundred pixels; those block sums are added up apart, which keeps long sums accurate.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const convolution = @import("../convolution.zig");
const plans = @import("plan.zig");
const sources = @import("source.zig");
const tiles = @import("tile.zig");
const depthwise = @import("depthwise.zig");
const ceil = plans.ceil;

/// Pixels whose products one register sums up.
const block_pixels = 512;
/// Multiply-adds of a job, about 100 us.
const job_work = 4 << 20;
const jobs_max = 64;
/// Bytes of all splits' sums.
const sums_bytes = 4 * 1024 * 1024;
/// Bytes of a copy of x.
const copy_bytes = 256 * 1024;

pub fn run(
    comptime T: type,
    g: convolution.Geometry,
    rows: sources.Axis,
    columns: sources.Axis,
    x: *const abi.View,
    grad: *const abi.View,
    dw: *const abi.View,
) abi.Status {
    const out = dw.pointer(T);
    const count = g.groups * g.outputs * g.channels * g.kernelSize();
    if (count == 0) return .ok;
    if (g.images * rows.targets * columns.targets == 0) {
        sources.fillValue(T, out, 0, count);
        return .ok;
    }
    if (g.outputs * 4 <= simd.lanes(T) and g.kernelSize() > 1)
        return depthwise.run(T, g, rows, columns, x, grad, out);
    var job: Job(T) = .{
        .g = g,
        .x = .{
            .data = x.pointer(T),
            .strides = convolution.stridesOf(x),
            .rows = rows,
            .columns = columns,
            .in_place = rows.inside() and columns.inside(),
        },
        .rows = rows,
        .columns = columns,
        .grad = grad.pointer(T),
        .grad_strides = convolution.stridesOf(grad),
    };
    return if (job.run(out)) .ok else .out_of_memory;
}

fn Job(comptime T: type) type {
    const lanes: usize = simd.lanes(T);
    const panel_lanes = 2 * lanes;
    return struct {
        const Self = Job(T);

        g: convolution.Geometry,
        x: sources.Source(T),
        rows: sources.Axis,
        columns: sources.Axis,
        grad: [*]const T,
        grad_strides: sources.Strides,

        depth: usize = 0,
        /// Output channels of a group, rounded up to vectors.
        lanes_padded: usize = 0,
        band: usize = 0,
        bands: usize = 0,
        depth_blocks: usize = 0,
        /// The most channels that a block of depth touches.
        block_channels: usize = 0,
        splits: usize = 0,
        /// Distances in x or its copy: from pixel to pixel and from row to row, in bytes.
        column_step: isize = 0,
        row_step: isize = 0,
        offsets: [*]isize = undefined,
        sums: [*]T = undefined,
        out: [*]T = undefined,
        failed: std.atomic.Value(bool) = .init(false),

        fn run(job: *Self, out: [*]T) bool {
            const g = job.g;
            job.out = out;
            job.depth = g.channels * g.kernelSize();
            job.lanes_padded = ceil(g.outputs, lanes) * lanes;
            job.band = @min(job.rows.targets, @max(1, block_pixels / job.columns.targets));
            job.bands = ceil(job.rows.targets, job.band);
            job.band = ceil(job.rows.targets, job.bands);
            job.divide();
            job.layOutSource();

            const sum_elements = job.splits * g.groups * job.depth * job.lanes_padded;
            const offset_bytes = ceil(job.depth * @sizeOf(isize), 64) * 64;
            const memory = runtime.scratch(.call, u8, offset_bytes + @sizeOf(T) * sum_elements) orelse return false;
            job.offsets = @ptrCast(memory);
            job.sums = @ptrCast(@alignCast(memory + offset_bytes));
            job.fillOffsets();
            @memset(job.sums[0..sum_elements], 0);
            const jobs = g.groups * ceil(job.lanes_padded, panel_lanes) * job.depth_blocks * job.splits;
            const pixels = g.images * job.rows.targets * job.columns.targets;
            const work: f64 = @floatFromInt(pixels * g.groups * job.lanes_padded * (job.depth + 8));
            // About 40 multiply-adds a nanosecond.
            runtime.parallelFor(jobs, work / 40 * @sizeOf(T) / 4, job, sumPart);
            if (job.failed.load(.monotonic)) return false;
            runtime.parallelFor(g.groups * job.lanes_padded / lanes, @floatFromInt(sum_elements / 2), job, finish);
            return true;
        }

        fn layOutSource(job: *Self) void {
            const x = &job.x;
            const row_stride: isize = @intCast(job.rows.stride);
            const column_stride: isize = @intCast(job.columns.stride);
            if (x.in_place) {
                job.row_step = @sizeOf(T) * x.strides.row * row_stride;
                job.column_step = @sizeOf(T) * x.strides.column * column_stride;
                return;
            }
            // Broadcasts do not mind the stride: the copy is the padded image, not its phases.
            inline for (.{ &x.rows, &x.columns }, .{ job.band, job.columns.targets }) |axis, targets| {
                axis.targets = (targets - 1) * axis.stride + axis.reach() + 1;
                axis.stride = 1;
                axis.taps = 1;
                axis.position_step = 0;
            }
            x.init(x.rows.targets, job.block_channels);
            job.row_step = @sizeOf(T) * x.row_pitch * row_stride;
            job.column_step = @sizeOf(T) * column_stride;
        }

        fn fillOffsets(job: *Self) void {
            const x = &job.x;
            const row_pitch = if (x.in_place) x.strides.row else x.row_pitch;
            const channel_pitch = if (x.in_place) x.strides.channel else x.channel_pitch;
            const column_pitch = if (x.in_place) x.strides.column else 1;
            var k: usize = 0;
            for (0..job.g.channels) |c| for (0..job.rows.taps) |i| for (0..job.columns.taps) |j| {
                const row: isize = @intCast(job.rows.position(i));
                const column: isize = @intCast(job.columns.position(j));
                job.offsets[k] = @sizeOf(T) * (@as(isize, @intCast(c)) * channel_pitch + row * row_pitch + column * column_pitch);
                k += 1;
            };
        }

        /// Jobs: groups x panels of channels, split by images and bands (each split with its own
        /// sums), then by blocks of depth, each of which transposes grad again.
        fn divide(job: *Self) void {
            const g = job.g;
            const jobs = g.groups * ceil(job.lanes_padded, panel_lanes);
            const work = jobs * g.images * job.rows.targets * job.columns.targets * job.depth * panel_lanes;
            const wanted = std.math.clamp(work / job_work, 1, jobs_max);
            const sum_bytes = @sizeOf(T) * g.groups * job.depth * job.lanes_padded;
            const splits = @min(ceil(wanted, jobs), @min(g.images * job.bands, sums_bytes / sum_bytes));
            job.splits = @max(1, splits);
            const tile_count = ceil(job.depth, tiles.row_max);
            const plane_bytes = @sizeOf(T) * (job.columns.targets * job.columns.stride + job.columns.reach()) *
                (job.band * job.rows.stride + job.rows.reach());
            const copies = if (job.x.in_place) 1 else ceil(g.channels * plane_bytes, copy_bytes);
            job.depth_blocks = @min(@max(copies, wanted / (jobs * job.splits)), ceil(tile_count, 10));
            job.depth_blocks = @max(1, job.depth_blocks);
            for (0..job.depth_blocks) |block| {
                const range = job.channelRange(job.depthRange(block));
                job.block_channels = @max(job.block_channels, range[1] - range[0]);
            }
        }

        fn tileStart(job: *const Self, tile_index: usize) usize {
            return tile_index * job.depth / ceil(job.depth, tiles.row_max);
        }
        /// The tiles of a block.
        fn depthRange(job: *const Self, block: usize) [2]usize {
            const tile_count = ceil(job.depth, tiles.row_max);
            return .{ block * tile_count / job.depth_blocks, (block + 1) * tile_count / job.depth_blocks };
        }
        fn channelRange(job: *const Self, range: [2]usize) [2]usize {
            const taps = job.g.kernelSize();
            return .{ job.tileStart(range[0]) / taps, ceil(job.tileStart(range[1]), taps) };
        }

        fn sumPart(job: *Self, index: usize) void {
            const g = job.g;
            const panels = ceil(job.lanes_padded, panel_lanes);
            var rest = index;
            const split = rest % job.splits;
            rest /= job.splits;
            const range = job.depthRange(rest % job.depth_blocks);
            rest /= job.depth_blocks;
            const channel = rest % panels * panel_lanes;
            const group = rest / panels;
            const width = @min(panel_lanes, job.lanes_padded - channel);

            const transposed_size = job.band * job.columns.targets * width;
            const memory = runtime.scratch(.chunk, T, transposed_size + job.x.elements(1)) orelse {
                job.failed.store(true, .monotonic);
                return;
            };
            const copy: [*]T = memory + transposed_size;
            const sums = job.sums + (split * g.groups + group) * job.depth * job.lanes_padded + channel;
            const channels = job.channelRange(range);
            const items = g.images * job.bands;
            for (split * items / job.splits..(split + 1) * items / job.splits) |item| {
                const image = item / job.bands;
                const row = item % job.bands * job.band;
                if (row >= job.rows.targets) continue;
                const rows = @min(job.band, job.rows.targets - row);
                job.transposeBand(memory, width, image, group, channel, row, rows);
                var arguments: Arguments = .{
                    .rows = rows,
                    .columns = job.columns.targets,
                    .source = job.readSource(copy, image, group, channels, row),
                    .row_step = job.row_step,
                    .column_step = job.column_step,
                    .offsets = undefined,
                    .gradient = memory,
                    .sums = undefined,
                    .sums_pitch = job.lanes_padded,
                };
                for (range[0]..range[1]) |i| {
                    const k = job.tileStart(i);
                    arguments.offsets = job.offsets + k;
                    arguments.sums = sums + k * job.lanes_padded;
                    table[job.tileStart(i + 1) - k - 1][width / lanes - 1](&arguments);
                }
            }
        }

        /// Address of what a group's first channel would have at the first tap of target row `row`;
        /// the channels in `channels` are there.
        fn readSource(job: *const Self, copy: [*]T, image: usize, group: usize, channels: [2]usize, row: usize) usize {
            const first_channel = group * job.g.channels;
            const first_row = row * job.rows.stride;
            const x = &job.x;
            if (x.in_place) {
                const base = sources.advance(T, x.data, @as(isize, @intCast(image)) * x.strides.image +
                    @as(isize, @intCast(first_channel)) * x.strides.channel);
                const distance = (job.rows.origin + @as(isize, @intCast(first_row))) * x.strides.row +
                    job.columns.origin * x.strides.column;
                return @intFromPtr(sources.advance(T, base, distance));
            }
            const pitch: usize = @intCast(x.channel_pitch);
            for (channels[0]..channels[1]) |channel|
                x.copyChannel(copy + (channel - channels[0]) * pitch, image, first_channel + channel, first_row);
            return @intFromPtr(copy) -% channels[0] * pitch * @sizeOf(T);
        }

        /// Rows of grad for `width` output channels, as [pixel][channel].
        fn transposeBand(
            job: *const Self,
            target: [*]T,
            width: usize,
            image: usize,
            group: usize,
            channel: usize,
            row: usize,
            rows: usize,
        ) void {
            const strides = job.grad_strides;
            for (0..width / lanes) |j| {
                const first = channel + j * lanes;
                const channels = @min(lanes, job.g.outputs - first);
                const plane = sources.advance(T, job.grad, @as(isize, @intCast(image)) * strides.image +
                    @as(isize, @intCast(group * job.g.outputs + first)) * strides.channel);
                job.transposePlanes(target + j * lanes, width, plane, channels, row, rows);
            }
        }

        /// Up to a vector's lanes of channels.
        fn transposePlanes(
            job: *const Self,
            target: [*]T,
            width: usize,
            plane: [*]const T,
            channels: usize,
            row: usize,
            rows: usize,
        ) void {
            const strides = job.grad_strides;
            const columns = job.columns.targets;
            const whole = strides.row == strides.column * @as(isize, @intCast(columns));
            const lines = if (whole) 1 else rows;
            const length = if (whole) rows * columns else columns;
            for (0..lines) |line| {
                const from = sources.advance(T, plane, @as(isize, @intCast(row + line)) * strides.row);
                const to = target + line * length * width;
                if (strides.column == 1) {
                    transposeLine(to, width, from, strides.channel, channels, length);
                } else for (0..length) |i| for (0..lanes) |c| {
                    to[i * width + c] = if (c < channels) sources.advance(T, from, @as(isize, @intCast(i)) * strides.column +
                        @as(isize, @intCast(c)) * strides.channel)[0] else 0;
                };
            }
        }

        fn transposeLine(target: [*]T, width: usize, source: [*]const T, stride: isize, channels: usize, length: usize) void {
            const V = simd.Vector(T);
            var i: usize = 0;
            while (i < length) : (i += lanes) {
                const left = @min(lanes, length - i);
                var block: [lanes]V = undefined;
                if (channels == lanes and left == lanes) {
                    inline for (0..lanes) |c|
                        block[c] = simd.load(T, sources.advance(T, source, @as(isize, c) * stride) + i);
                } else for (0..lanes) |c| {
                    const line = sources.advance(T, source, @as(isize, @intCast(c)) * stride) + i;
                    block[c] = if (c < channels) simd.loadPart(T, line, left) else @splat(0);
                }
                transpose(&block);
                if (left == lanes) {
                    inline for (0..lanes) |p| simd.store(T, target + (i + p) * width, block[p]);
                } else for (0..left) |p| simd.store(T, target + (i + p) * width, block[p]);
            }
        }

        /// Lanes x lanes, exchanging halves of ever larger blocks between rows.
        inline fn transpose(block: *[lanes]simd.Vector(T)) void {
            comptime var step: usize = 1;
            inline while (step < lanes) : (step *= 2) {
                inline for (0..lanes) |i| if (i & step == 0) {
                    const a = block[i];
                    const b = block[i + step];
                    comptime var low: [lanes]i32 = undefined;
                    comptime var high: [lanes]i32 = undefined;
                    inline for (0..lanes) |lane| {
                        const odd = lane & step != 0;
                        low[lane] = if (odd) ~@as(i32, lane - step) else lane;
                        high[lane] = if (odd) ~@as(i32, lane) else lane + step;
                    }
                    block[i] = @shuffle(T, a, b, low);
                    block[i + step] = @shuffle(T, a, b, high);
                };
            }
        }

        /// Adds the splits up, in f64, and turns [depth][channel] into dw for a vector of channels.
        fn finish(job: *Self, index: usize) void {
            const g = job.g;
            const vectors = job.lanes_padded / lanes;
            const group = index / vectors;
            const first = index % vectors * lanes;
            const channels = @min(lanes, g.outputs - first);
            const size = g.groups * job.depth * job.lanes_padded;
            const out = job.out + (group * g.outputs + first) * job.depth;
            const sums = job.sums + group * job.depth * job.lanes_padded + first;
            var k: usize = 0;
            while (k < job.depth) : (k += lanes) {
                const left = @min(lanes, job.depth - k);
                var block: [lanes]simd.Vector(T) = @splat(@splat(0));
                for (0..left) |i| {
                    var total: @Vector(lanes, f64) = @splat(0);
                    for (0..job.splits) |split| {
                        const part: @Vector(lanes, f64) = simd.load(T, sums + split * size + (k + i) * job.lanes_padded);
                        total += part;
                    }
                    block[i] = @floatCast(total);
                }
                transpose(&block);
                for (0..channels) |o| {
                    const to = out + o * job.depth + k;
                    if (left == lanes) simd.store(T, to, block[o]) else simd.storePart(T, to, block[o], left);
                }
            }
        }

        const Arguments = struct {
            rows: usize,
            columns: usize,
            source: usize,
            row_step: isize,
            column_step: isize,
            offsets: [*]const isize,
            gradient: [*]const T,
            sums: [*]T,
            sums_pitch: usize,
        };

        const table: [tiles.row_max][2]*const fn (arguments: *const Arguments) void = blk: {
            var all: [tiles.row_max][2]*const fn (arguments: *const Arguments) void = undefined;
            for (&all, 1..) |*row, count_| row.* = .{ &Instance(count_, 1).kernel, &Instance(count_, 2).kernel };
            break :blk all;
        };

        fn Instance(comptime depths: comptime_int, comptime vectors: comptime_int) type {
            return struct {
                noinline fn kernel(arguments: *const Arguments) void {
                    tile(depths, vectors, arguments);
                }
            };
        }

        inline fn tile(comptime depths: comptime_int, comptime vectors: comptime_int, arguments: *const Arguments) void {
            const V = simd.Vector(T);
            var sums: [depths][vectors]V = @splat(@splat(@splat(0)));
            const offsets = arguments.offsets;
            var gradient = arguments.gradient;
            var row = arguments.source;
            for (0..arguments.rows) |_| {
                var at = row;
                for (0..arguments.columns) |_| {
                    var values: [vectors]V = undefined;
                    inline for (0..vectors) |j| values[j] = simd.load(T, gradient + j * lanes);
                    inline for (0..depths) |i| {
                        const pixel: *const T = @ptrFromInt(at +% @as(usize, @bitCast(offsets[i])));
                        const broadcast: V = @splat(pixel.*);
                        inline for (0..vectors) |j| sums[i][j] = simd.mulAdd(broadcast, values[j], sums[i][j]);
                    }
                    gradient += vectors * lanes;
                    at +%= @bitCast(arguments.column_step);
                }
                row +%= @bitCast(arguments.row_step);
            }
            inline for (0..depths) |i| inline for (0..vectors) |j| {
                const to = arguments.sums + i * arguments.sums_pitch + j * lanes;
                simd.store(T, to, simd.load(T, to) + sums[i][j]);
            };
        }
    };
}
