//! Weight gradient when a group has few output channels (depthwise convolution): vectors run along
//! the pixels, and each tap of the kernel is one sum of products.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const convolution = @import("../convolution.zig");
const sources = @import("source.zig");

/// Taps summed at a time; with the gradient and a product they fit 16 registers.
const taps_max = 9;

pub fn run(
    comptime T: type,
    g: convolution.Geometry,
    rows: sources.Axis,
    columns: sources.Axis,
    x: *const abi.View,
    grad: *const abi.View,
    out: [*]T,
) abi.Status {
    var job: Job(T) = .{
        .g = g,
        .x = .{
            .data = x.pointer(T),
            .strides = convolution.stridesOf(x),
            .rows = rows,
            .columns = columns,
        },
        .grad = grad.pointer(T),
        .grad_strides = convolution.stridesOf(grad),
        .out = out,
    };
    job.x.init(rows.targets, 1);
    const work: f64 = @floatFromInt(g.images * g.groups * g.channels * rows.targets * columns.targets * (g.outputs * g.kernelSize() + 2));
    runtime.parallelFor(g.groups * g.channels, work / 10, &job, Job(T).sumChannel);
    return if (job.failed.load(.monotonic)) .out_of_memory else .ok;
}

fn Job(comptime T: type) type {
    const lanes: usize = simd.lanes(T);
    const V = simd.Vector(T);
    return struct {
        const Self = Job(T);

        g: convolution.Geometry,
        x: sources.Source(T),
        grad: [*]const T,
        grad_strides: sources.Strides,
        out: [*]T,
        failed: std.atomic.Value(bool) = .init(false),

        /// One input channel against its group's output channels, over all images.
        fn sumChannel(job: *Self, index: usize) void {
            const g = job.g;
            const group = index / g.channels;
            const channel = index % g.channels;
            const taps = g.kernelSize();
            const width = job.x.columns.targets;
            const rows = job.x.rows.targets;
            const round = 64 / @sizeOf(T);
            const copy_size = (job.x.elements(1) + round - 1) / round * round;
            const line = (width + lanes - 1) / lanes * lanes;
            const sums_size = g.outputs * taps * lanes;
            const memory = runtime.scratch(.chunk, T, copy_size + sums_size + rows * line + taps * (@sizeOf(isize) / @sizeOf(T))) orelse {
                job.failed.store(true, .monotonic);
                return;
            };
            const sums = memory + copy_size;
            const plane = sums + sums_size;
            const offsets: [*]isize = @ptrCast(@alignCast(plane + rows * line));
            for (0..g.kernel_height) |i| for (0..g.kernel_width) |j| {
                offsets[i * g.kernel_width + j] = job.x.offset(0, i, j);
            };
            @memset(sums[0..sums_size], 0);
            for (0..g.images) |image| {
                job.x.copyChannel(memory, image, index, 0);
                for (0..g.outputs) |o| {
                    job.copyGradient(plane, line, image, group * g.outputs + o);
                    var tap: usize = 0;
                    while (tap < taps) {
                        const count = @min(taps_max, taps - tap);
                        table[count - 1](memory, @intCast(job.x.row_pitch), plane, line, rows, width, offsets + tap, sums + (o * taps + tap) * lanes);
                        tap += count;
                    }
                }
            }
            for (0..g.outputs) |o| for (0..taps) |tap| {
                var total: f64 = 0;
                for (sums[(o * taps + tap) * lanes ..][0..lanes]) |part| total += part;
                job.out[((group * g.outputs + o) * g.channels + channel) * taps + tap] = @floatCast(total);
            };
        }

        /// Rows padded with zeros to whole vectors.
        fn copyGradient(job: *const Self, target: [*]T, line: usize, image: usize, channel: usize) void {
            const strides = job.grad_strides;
            const width = job.x.columns.targets;
            const plane = sources.advance(T, job.grad, @as(isize, @intCast(image)) * strides.image +
                @as(isize, @intCast(channel)) * strides.channel);
            for (0..job.x.rows.targets) |row| {
                const to = target + row * line;
                simd.store(T, to + line - lanes, @splat(0));
                const from = sources.advance(T, plane, @as(isize, @intCast(row)) * strides.row);
                sources.copyStrided(T, to, from, strides.column, width);
            }
        }

        const Kernel = *const fn ([*]const T, usize, [*]const T, usize, usize, usize, [*]const isize, [*]T) void;
        const table: [taps_max]Kernel = blk: {
            var all: [taps_max]Kernel = undefined;
            for (&all, 1..) |*kernel, count| kernel.* = &Instance(count).kernel;
            break :blk all;
        };

        /// A column of vectors. Behind a row's end lie elements of x that do not belong to it: were
        /// one infinite, its product with the gradient's zero would be NaN, so the last column cuts
        /// them off.
        inline fn addColumn(
            comptime count: comptime_int,
            comptime cut: bool,
            totals: *[count]V,
            x: [*]const T,
            pitch: usize,
            gradient: [*]const T,
            line: usize,
            rows: usize,
            offsets: [*]const isize,
            left: usize,
        ) void {
            const Lane = std.meta.Int(.unsigned, 8 * @sizeOf(T));
            const index = std.simd.iota(Lane, lanes);
            const inside = index < @as(@Vector(lanes, Lane), @splat(@intCast(left)));
            for (0..rows) |row| {
                const factor = simd.load(T, gradient + row * line);
                const base = @intFromPtr(x + row * pitch);
                inline for (0..count) |i| {
                    const values: [*]const T = @ptrFromInt(base +% @as(usize, @bitCast(offsets[i])));
                    var pixels = simd.load(T, values);
                    if (cut) pixels = @select(T, inside, pixels, @as(V, @splat(0)));
                    totals[i] = simd.mulAdd(factor, pixels, totals[i]);
                }
            }
        }

        fn Instance(comptime count: comptime_int) type {
            return struct {
                noinline fn kernel(x: [*]const T, pitch: usize, gradient: [*]const T, line: usize, rows: usize, width: usize, offsets: [*]const isize, sums: [*]T) void {
                    var totals: [count]V = @splat(@splat(0));
                    var column: usize = 0;
                    while (column + lanes <= width) : (column += lanes)
                        addColumn(count, false, &totals, x + column, pitch, gradient + column, line, rows, offsets, lanes);
                    if (column < width)
                        addColumn(count, true, &totals, x + column, pitch, gradient + column, line, rows, offsets, width - column);
                    inline for (0..count) |i| {
                        const to = sums + i * lanes;
                        simd.store(T, to, simd.load(T, to) + totals[i]);
                    }
                }
            };
        }
    };
}
