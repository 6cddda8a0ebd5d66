//! Gradient of a convolution's weights: dw[o, k] = sum over images and pixels of grad[o, pixel] * x[offset[k] + pixel].
//!
//! Vectors run along the output channels: grad is transposed to [pixel][channel] once, x is broadcast element by element
//! from where it lies (padded copies only where there is padding), so no lane is lost on narrow images. A tile keeps
//! its sums in registers over a few hundred pixels; those block sums are added up apart, which keeps long sums accurate.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");
const convolution = @import("convolution.zig");
const plans = @import("convolution_plan.zig");
const sources = @import("convolution_source.zig");
const tiles = @import("convolution_tile.zig");
const depthwise = @import("convolution_depthwise.zig");
const ceil = plans.ceil;

/// Copies of x and grad made at a time.
const memory_bytes = 16 * 1024 * 1024;
/// Pixels whose products one register sums up.
const block_pixels = 512;
/// Multiply-adds of a job, about 100 us.
const job_work = 4 << 20;
const splits_max = 32;

pub fn run(
    comptime T: type,
    g: convolution.Geometry,
    rows: sources.Axis,
    columns: sources.Axis,
    x: *const abi.View,
    strides: sources.Strides,
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
        return depthwise.run(T, g, rows, columns, x, strides, grad, out);
    var job: Job(T) = .{
        .g = g,
        .x = .{
            .data = x.pointer(T),
            .strides = strides,
            .rows = rows,
            .columns = columns,
            .in_place = rows.inside() and columns.inside(),
        },
        .rows = rows,
        .columns = columns,
        .grad = grad.pointer(T),
        .grad_strides = convolution.stridesOf(grad),
        .grad_rows = g.out_height,
        .grad_columns = g.out_width,
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
        grad_rows: usize,
        grad_columns: usize,

        depth: usize = 0,
        pixels: usize = 0,
        /// Output channels of a group, rounded up to vectors.
        lanes_padded: usize = 0,
        band: usize = 0,
        bands: usize = 0,
        depth_blocks: usize = 0,
        splits: usize = 0,
        /// Distances in x or its copy: from pixel to pixel and from row to row, in bytes.
        column_step: isize = 0,
        row_step: isize = 0,
        offsets: [*]isize = undefined,
        transposed: [*]T = undefined,
        copy: [*]T = undefined,
        sums: [*]T = undefined,
        /// The images copied now.
        image: usize = 0,
        images: usize = 0,
        out: [*]T = undefined,

        fn run(job: *Self, out: [*]T) bool {
            const g = job.g;
            job.out = out;
            job.depth = g.channels * g.kernelSize();
            job.pixels = job.rows.targets * job.columns.targets;
            job.lanes_padded = ceil(g.outputs, lanes) * lanes;
            job.layOutSource();
            job.band = @min(job.rows.targets, @max(1, block_pixels / job.columns.targets));
            job.bands = ceil(job.rows.targets, job.band);
            job.divide();

            const gradient_elements = g.groups * job.lanes_padded * job.pixels;
            const copy_elements = if (job.x.in_place) 0 else @as(usize, @intCast(job.x.image_pitch));
            const block = std.math.clamp(memory_bytes / (@sizeOf(T) * (gradient_elements + copy_elements)), 1, g.images);
            const sum_elements = job.splits * g.groups * job.depth * job.lanes_padded;
            const round = 64 / @sizeOf(T);
            const copy_size = ceil(copy_elements * block + lanes, round) * round;
            const offset_size = ceil(job.depth * @sizeOf(isize), 64) * 64;
            const total = offset_size + @sizeOf(T) * (sum_elements + gradient_elements * block + copy_size);
            const memory = runtime.scratch(.call, u8, total) orelse return false;
            job.offsets = @ptrCast(memory);
            job.transposed = @ptrCast(@alignCast(memory + offset_size));
            job.sums = job.transposed + gradient_elements * block;
            job.copy = job.sums + sum_elements;
            job.fillOffsets();
            @memset(job.sums[0..sum_elements], 0);
            while (job.image < g.images) : (job.image += block) {
                job.images = @min(block, g.images - job.image);
                job.sumImages();
            }
            const lines = g.groups * g.outputs;
            runtime.parallelFor(lines, @floatFromInt(count(job) * job.splits), job, finish);
            return true;
        }

        fn count(job: *const Self) usize {
            return job.g.groups * job.g.outputs * job.depth;
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
            inline for (.{ &x.rows, &x.columns }) |axis| {
                axis.targets = (axis.targets - 1) * axis.stride + axis.reach() + 1;
                axis.stride = 1;
                axis.taps = 1;
                axis.position_step = 0;
            }
            x.init(x.rows.targets, job.g.groups * job.g.channels);
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

        /// Jobs: groups x panels of channels x blocks of depth; too few of them are split by images, each split with
        /// its own sums.
        fn divide(job: *Self) void {
            const g = job.g;
            const panels = ceil(job.lanes_padded, panel_lanes);
            const work = g.images * job.pixels * job.depth * panel_lanes;
            const tile_count = ceil(job.depth, tiles.row_max);
            job.depth_blocks = std.math.clamp(work / job_work, 1, ceil(tile_count, 4));
            const jobs = g.groups * panels * job.depth_blocks;
            const wanted = @min(ceil(16, jobs), @max(1, work / job.depth_blocks / job_work));
            job.splits = @max(1, @min(@min(wanted, splits_max), g.images * job.bands));
        }

        fn sumImages(job: *Self) void {
            const g = job.g;
            const elements: f64 = @floatFromInt(job.images * job.pixels * g.groups * (g.outputs + g.channels));
            runtime.parallelFor(job.images * g.groups, elements / 4, job, copyImage);
            const jobs = g.groups * ceil(job.lanes_padded, panel_lanes) * job.depth_blocks * job.splits;
            const work: f64 = @floatFromInt(job.images * job.pixels * g.groups * job.lanes_padded * job.depth);
            runtime.parallelFor(jobs, work / 40 * @sizeOf(T) / 4, job, sumPart);
        }

        /// x padded and grad transposed, for one group of one image.
        fn copyImage(job: *Self, index: usize) void {
            const g = job.g;
            const image = index / g.groups;
            const group = index % g.groups;
            if (!job.x.in_place) for (group * g.channels..(group + 1) * g.channels) |channel| {
                const pitch: usize = @intCast(job.x.image_pitch);
                const plane: usize = @intCast(job.x.channel_pitch);
                job.x.copyChannel(job.copy + image * pitch + channel * plane, job.image + image, channel, 0);
            };
            const strides = job.grad_strides;
            var to = job.transposed + (image * g.groups + group) * job.lanes_padded * job.pixels;
            var channel: usize = 0;
            while (channel < job.lanes_padded) {
                const width = @min(panel_lanes, job.lanes_padded - channel);
                for (0..width / lanes) |j| {
                    const first = channel + j * lanes;
                    const channels = @min(lanes, g.outputs - first);
                    const plane = sources.advance(T, job.grad, @as(isize, @intCast(job.image + image)) * strides.image +
                        @as(isize, @intCast(group * g.outputs + first)) * strides.channel);
                    job.transposePlanes(to + j * lanes, width, plane, channels);
                }
                to += width * job.pixels;
                channel += width;
            }
        }

        /// Up to a vector's lanes of channels.
        fn transposePlanes(job: *const Self, target: [*]T, width: usize, plane: [*]const T, channels: usize) void {
            const strides = job.grad_strides;
            const whole = strides.row == strides.column * @as(isize, @intCast(job.grad_columns));
            const lines = if (whole) 1 else job.grad_rows;
            const length = if (whole) job.pixels else job.grad_columns;
            for (0..lines) |line| {
                const from = sources.advance(T, plane, @as(isize, @intCast(line)) * strides.row);
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

        fn sumPart(job: *Self, index: usize) void {
            const g = job.g;
            const panels = ceil(job.lanes_padded, panel_lanes);
            var rest = index;
            const split = rest % job.splits;
            rest /= job.splits;
            const depth_block = rest % job.depth_blocks;
            rest /= job.depth_blocks;
            const panel = rest % panels;
            const group = rest / panels;
            const channel = panel * panel_lanes;
            const width = @min(panel_lanes, job.lanes_padded - channel);
            const sums = job.sums + (split * g.groups + group) * job.depth * job.lanes_padded + channel;
            const tile_count = ceil(job.depth, tiles.row_max);
            const tile_first = depth_block * tile_count / job.depth_blocks;
            const tile_last = (depth_block + 1) * tile_count / job.depth_blocks;
            const items = job.images * job.bands;
            for (split * items / job.splits..(split + 1) * items / job.splits) |item| {
                const image = item / job.bands;
                const row = item % job.bands * job.band;
                const rows = @min(job.band, job.rows.targets - row);
                var arguments: Arguments = .{
                    .rows = rows,
                    .columns = job.columns.targets,
                    .source = job.sourceAt(image, group, row),
                    .row_step = job.row_step,
                    .column_step = job.column_step,
                    .offsets = undefined,
                    .gradient = job.transposed + ((image * g.groups + group) * job.lanes_padded + channel) * job.pixels +
                        row * job.columns.targets * width,
                    .sums = undefined,
                    .sums_pitch = job.lanes_padded,
                };
                for (tile_first..tile_last) |i| {
                    const k = i * job.depth / tile_count;
                    const end = (i + 1) * job.depth / tile_count;
                    arguments.offsets = job.offsets + k;
                    arguments.sums = sums + k * job.lanes_padded;
                    table[end - k - 1][width / lanes - 1](&arguments);
                }
            }
        }

        fn sourceAt(job: *const Self, image: usize, group: usize, row: usize) usize {
            const channel = group * job.g.channels;
            const first = if (job.x.in_place) blk: {
                const base = sources.advance(T, job.x.data, @as(isize, @intCast(job.image + image)) * job.x.strides.image +
                    @as(isize, @intCast(channel)) * job.x.strides.channel);
                break :blk sources.advance(T, base, job.rows.origin * job.x.strides.row + job.columns.origin * job.x.strides.column);
            } else job.copy + image * @as(usize, @intCast(job.x.image_pitch)) + channel * @as(usize, @intCast(job.x.channel_pitch));
            return @intFromPtr(first) +% @as(usize, @bitCast(@as(isize, @intCast(row)) * job.row_step));
        }

        /// Adds the splits up and turns [depth][channel] into dw.
        fn finish(job: *Self, line: usize) void {
            const g = job.g;
            const group = line / g.outputs;
            const o = line % g.outputs;
            const out = job.out + line * job.depth;
            const size = g.groups * job.depth * job.lanes_padded;
            const sums = job.sums + group * job.depth * job.lanes_padded + o;
            for (0..job.depth) |k| {
                var total: f64 = 0;
                for (0..job.splits) |split| total += sums[split * size + k * job.lanes_padded];
                out[k] = @floatCast(total);
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
