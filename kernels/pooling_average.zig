//! Average pooling. A window's divisor is the override; else its part inside the image, or inside the image and its
//! padding when that counts.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");
const sources = @import("convolution_source.zig");
const windows = @import("pooling_window.zig");

pub fn forward(comptime T: type, call: *abi.Call) abi.Status {
    const x = call.input(0);
    const out = call.output(0);
    if (x.kind() != out.kind()) return .bad_dtype;
    var job = Job(T).init(call, x, out, true);
    job.out = out.pointer(T);
    if (job.planes.count * job.size() == 0) return .ok;
    if (job.planes.isPairs() and x.stride(3) == 1) return job.run(Job(T).averagePairs);
    return job.run(Job(T).averageCopies);
}

pub fn gradient(comptime T: type, call: *abi.Call) abi.Status {
    const dx = call.output(0);
    const grad = call.input(0);
    if (grad.kind() != dx.kind()) return .bad_dtype;
    var job = Job(T).init(call, dx, grad, false);
    job.out = dx.pointer(T);
    job.grad = grad;
    if (job.planes.count * job.planes.source.rows.size * job.planes.source.columns.size == 0) return .ok;
    return job.run(Job(T).spread);
}

fn Job(comptime T: type) type {
    const lanes: usize = simd.lanes(T);
    const V = simd.Vector(T);
    return struct {
        const Self = Job(T);

        planes: windows.Planes(T),
        count_padding: bool,
        override: T,
        out: [*]T = undefined,
        grad: *const abi.View = undefined,
        offsets: [*]isize = undefined,
        /// The columns of each window that count, as T.
        widths: [*]T = undefined,
        failed: std.atomic.Value(bool) = .init(false),

        fn init(call: *const abi.Call, x: *const abi.View, out: *const abi.View, banded: bool) Self {
            return .{
                .planes = .init(x, windows.axes(call, x, out, false), 0, banded),
                .count_padding = call.attribute(6) != 0,
                .override = @floatCast(call.attribute(7)),
            };
        }

        fn size(job: *const Self) usize {
            return job.planes.source.rows.targets * job.planes.source.columns.targets;
        }

        fn run(job: *Self, comptime body: fn (job: *Self, index: usize) void) abi.Status {
            const planes = &job.planes;
            const columns = planes.source.columns.targets;
            const table = planes.taps() * @sizeOf(isize);
            const memory = runtime.scratch(.call, u8, table + (columns + lanes) * @sizeOf(T)) orelse return .out_of_memory;
            job.offsets = @ptrCast(memory);
            job.widths = @ptrCast(@alignCast(memory + table));
            planes.fillOffsets(job.offsets);
            for (0..columns + lanes) |i| job.widths[i] = job.counted(planes.source.columns, i);
            runtime.parallelFor(planes.jobs, planes.cost, job, body);
            return if (job.failed.load(.monotonic)) .out_of_memory else .ok;
        }

        /// How many of a window's rows or columns count; 1 where none do, as their sum is zero then.
        fn counted(job: *const Self, axis: sources.Axis, target: usize) T {
            const size_: isize = @intCast(axis.size);
            const start = axis.origin + @as(isize, @intCast(target * axis.stride));
            const end = start + @as(isize, @intCast(axis.taps));
            const number = if (job.count_padding)
                @min(end, size_ - axis.origin) - start
            else
                @min(end, size_) - @max(start, 0);
            return @floatFromInt(@max(1, number));
        }

        inline fn divisor(job: *const Self, height: T, column: usize) V {
            if (job.override != 0) return @splat(job.override);
            return simd.load(T, job.widths + column) * @as(V, @splat(height));
        }

        fn averageCopies(job: *Self, index: usize) void {
            const planes = &job.planes;
            const columns = planes.source.columns.targets;
            const rows = planes.source.rows.targets;
            const end = planes.first(index + 1) * job.size();
            const copy = runtime.scratch(.chunk, T, planes.copySize()) orelse {
                job.failed.store(true, .monotonic);
                return;
            };
            for (planes.first(index)..planes.first(index + 1)) |plane| for (0..rows) |row| {
                if (row % planes.band == 0) planes.copy(copy, plane, row);
                const line = copy + row % planes.band * planes.pitch();
                const height = job.counted(planes.source.rows, row);
                var column: usize = 0;
                while (column < columns) : (column += lanes) {
                    var sum: V = @splat(0);
                    for (job.offsets[0..planes.taps()]) |offset| {
                        const from: [*]const T = @ptrFromInt(@intFromPtr(line + column) +% @as(usize, @bitCast(offset)));
                        sum += simd.load(T, from);
                    }
                    job.put((plane * rows + row) * columns + column, end, sum / job.divisor(height, column));
                }
            };
        }

        /// Windows 2 wide and 2 apart, read where they are.
        fn averagePairs(job: *Self, index: usize) void {
            const planes = &job.planes;
            const source = &planes.source;
            const columns = source.columns.targets;
            const rows = source.rows.targets;
            const end = planes.first(index + 1) * job.size();
            for (planes.first(index)..planes.first(index + 1)) |plane| for (0..rows) |row| {
                const line = source.at(plane / planes.channels, plane % planes.channels, row);
                const height = job.counted(source.rows, row);
                var column: usize = 0;
                while (column < columns) : (column += lanes) {
                    var sum: V = @splat(0);
                    for (0..source.rows.taps) |i| {
                        const distance = @as(isize, @intCast(i)) * source.strides.row;
                        const pair = windows.loadPairs(T, sources.advance(T, line, distance) + 2 * column, columns - column);
                        sum += pair[0];
                        sum += pair[1];
                    }
                    job.put((plane * rows + row) * columns + column, end, sum / job.divisor(height, column));
                }
            };
        }

        /// What a vector writes behind the row's end is written again with the next row.
        inline fn put(job: *const Self, at: usize, end: usize, values: V) void {
            if (at + lanes <= end) return simd.store(T, job.out + at, values);
            simd.storePart(T, job.out + at, values, end - at);
        }

        /// Each output's share to all elements of its window.
        fn spread(job: *Self, index: usize) void {
            const planes = &job.planes;
            const rows = planes.source.rows;
            const columns = planes.source.columns;
            const line_lanes = (columns.targets + lanes - 1) / lanes * lanes;
            const copy_size = planes.copySize();
            const gradients = runtime.scratch(.chunk, T, line_lanes + copy_size) orelse {
                job.failed.store(true, .monotonic);
                return;
            };
            @memset(gradients[0..line_lanes], 0);
            const copy: [*]T = gradients + line_lanes;
            for (planes.first(index)..planes.first(index + 1)) |plane| {
                sources.fillValue(T, copy, 0, copy_size);
                for (0..rows.targets) |row| {
                    const distance = @as(isize, @intCast(plane / planes.channels)) * job.grad.stride(0) +
                        @as(isize, @intCast(plane % planes.channels)) * job.grad.stride(1) +
                        @as(isize, @intCast(row)) * job.grad.stride(2);
                    const from = sources.advance(T, job.grad.pointer(T), distance);
                    sources.copyStrided(T, gradients, from, job.grad.stride(3), columns.targets);
                    const height = job.counted(rows, row);
                    const line = copy + row * planes.pitch();
                    var column: usize = 0;
                    while (column < columns.targets) : (column += lanes) {
                        const share = simd.load(T, gradients + column) / job.divisor(height, column);
                        for (job.offsets[0..planes.taps()]) |offset| {
                            const to: [*]T = @ptrFromInt(@intFromPtr(line + column) +% @as(usize, @bitCast(offset)));
                            simd.store(T, to, simd.load(T, to) + share);
                        }
                    }
                }
                planes.join(job.out + plane * rows.size * columns.size, copy);
            }
        }
    };
}
