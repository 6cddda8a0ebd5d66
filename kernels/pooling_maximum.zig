//! Max pooling. The forward pass keeps, per output, the position inside its window of the element it took; the gradient
//! adds every output's gradient there.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");
const sources = @import("convolution_source.zig");
const windows = @import("pooling_window.zig");

pub fn forward(comptime T: type, comptime Index: type, call: *abi.Call) abi.Status {
    const x = call.input(0);
    const out = call.output(0);
    if (x.kind() != out.kind()) return .bad_dtype;
    var job: Forward(T, Index) = .{
        .planes = .init(x, windows.axes(call, x, out, true), -std.math.inf(T), true),
        .values = out.pointer(T),
        .indices = call.output(1).pointer(Index),
    };
    if (job.planes.count * job.size() == 0) return .ok;
    return job.run();
}

/// dx <- grad, window index.
pub fn gradient(comptime T: type, comptime Index: type, call: *abi.Call) abi.Status {
    const dx = call.output(0);
    const grad = call.input(0);
    if (grad.kind() != dx.kind()) return .bad_dtype;
    var job: Gradient(T, Index) = .{
        .planes = .init(dx, windows.axes(call, dx, grad, true), 0, false),
        .dx = dx.pointer(T),
        .grad = grad,
        .index = call.input(1),
    };
    if (job.planes.count * job.planes.source.rows.size * job.planes.source.columns.size == 0) return .ok;
    return job.run();
}

fn Forward(comptime T: type, comptime Index: type) type {
    const lanes: usize = simd.lanes(T);
    const V = simd.Vector(T);
    const Lane = std.meta.Int(.unsigned, 8 * @sizeOf(T));
    const I = @Vector(lanes, Lane);
    return struct {
        const Self = Forward(T, Index);

        planes: windows.Planes(T),
        values: [*]T,
        indices: [*]Index,
        offsets: [*]isize = undefined,
        /// The first column of a window that is inside the image.
        first_columns: [*]Lane = undefined,
        failed: std.atomic.Value(bool) = .init(false),

        fn size(job: *const Self) usize {
            return job.planes.source.rows.targets * job.planes.source.columns.targets;
        }

        fn run(job: *Self) abi.Status {
            const planes = &job.planes;
            const columns = planes.source.columns;
            const table = planes.taps() * @sizeOf(isize);
            const memory = runtime.scratch(.call, u8, table + (columns.targets + lanes) * @sizeOf(T)) orelse
                return .out_of_memory;
            job.offsets = @ptrCast(memory);
            job.first_columns = @ptrCast(@alignCast(memory + table));
            planes.fillOffsets(job.offsets);
            for (0..columns.targets + lanes) |i| job.first_columns[i] = @intCast(firstInside(columns, i));
            if (planes.isPairs() and planes.source.strides.column == 1) {
                runtime.parallelFor(planes.jobs, planes.cost, job, runPairs);
            } else runtime.parallelFor(planes.jobs, planes.cost, job, runCopies);
            return if (job.failed.load(.monotonic)) .out_of_memory else .ok;
        }

        fn runCopies(job: *Self, index: usize) void {
            const planes = &job.planes;
            const columns = planes.source.columns.targets;
            const rows = planes.source.rows.targets;
            const end = planes.first(index + 1) * job.size();
            const copy = runtime.scratch(.chunk, T, planes.copySize()) orelse {
                job.failed.store(true, .monotonic);
                return;
            };
            for (planes.first(index)..planes.first(index + 1)) |plane| {
                for (0..rows) |row| {
                    if (row % planes.band == 0) planes.copy(copy, plane, row);
                    const line = copy + row % planes.band * planes.pitch();
                    const first: Lane = @intCast(firstInside(planes.source.rows, row) * planes.source.columns.taps);
                    var column: usize = 0;
                    while (column < columns) : (column += lanes) {
                        var best: V = @splat(-std.math.inf(T));
                        var at: I = job.first_columns[column..][0..lanes].*;
                        at += @splat(first);
                        for (job.offsets[0..planes.taps()], 0..) |offset, tap| {
                            const from: [*]const T = @ptrFromInt(@intFromPtr(line + column) +% @as(usize, @bitCast(offset)));
                            take(&best, &at, simd.load(T, from), @intCast(tap));
                        }
                        job.put((plane * rows + row) * columns + column, end, best, at);
                    }
                }
            }
        }

        /// Windows 2 wide and 2 apart, read where they are.
        fn runPairs(job: *Self, index: usize) void {
            const planes = &job.planes;
            const source = &planes.source;
            const columns = source.columns.targets;
            const rows = source.rows.targets;
            const end = planes.first(index + 1) * job.size();
            for (planes.first(index)..planes.first(index + 1)) |plane| {
                for (0..rows) |row| {
                    const line = source.at(plane / planes.channels, plane % planes.channels, row);
                    var column: usize = 0;
                    while (column < columns) : (column += lanes) {
                        var best: V = undefined;
                        var at: I = @splat(0);
                        for (0..source.rows.taps) |i| {
                            const distance = @as(isize, @intCast(source.rows.position(i))) * source.strides.row;
                            const pair = windows.loadPairs(T, sources.advance(T, line, distance) + 2 * column, columns - column);
                            if (i == 0) best = pair[0] else take(&best, &at, pair[0], @intCast(2 * i));
                            take(&best, &at, pair[1], @intCast(2 * i + 1));
                        }
                        job.put((plane * rows + row) * columns + column, end, best, at);
                    }
                }
            }
        }

        inline fn take(best: *V, at: *I, values: V, tap: Lane) void {
            // Greater or NaN; never after a NaN, so that the first one stays.
            const better = @select(bool, best.* == best.*, !(values <= best.*), @as(@Vector(lanes, bool), @splat(false)));
            best.* = @select(T, better, values, best.*);
            at.* = @select(Lane, better, @as(I, @splat(tap)), at.*);
        }

        /// Stores a vector at once where that stays inside the job's outputs: what it writes behind the row's end is
        /// written again with the next row.
        inline fn put(job: *const Self, at: usize, end: usize, best: V, index: I) void {
            const narrow: @Vector(lanes, std.meta.Int(.unsigned, @bitSizeOf(Index))) = @truncate(index);
            const positions: @Vector(lanes, Index) = @bitCast(narrow);
            if (at + lanes <= end) {
                simd.store(T, job.values + at, best);
                job.indices[at..][0..lanes].* = positions;
                return;
            }
            const values: [lanes]T = best;
            const places: [lanes]Index = positions;
            for (0..end - at) |i| {
                job.values[at + i] = values[i];
                job.indices[at + i] = places[i];
            }
        }
    };
}

/// First tap of a window that is inside the image; padding is never taken, even when all else is -infinity.
fn firstInside(axis: sources.Axis, target: usize) usize {
    const start = axis.origin + @as(isize, @intCast(target * axis.stride));
    if (start >= 0) return 0;
    const step: usize = @intCast(axis.position_step);
    return @min(axis.taps - 1, (@as(usize, @intCast(-start)) + step - 1) / step);
}

fn Gradient(comptime T: type, comptime Index: type) type {
    const lanes: usize = simd.lanes(T);
    const V = simd.Vector(T);
    return struct {
        const Self = Gradient(T, Index);

        planes: windows.Planes(T),
        dx: [*]T,
        grad: *const abi.View,
        index: *const abi.View,
        offsets: [*]isize = undefined,
        failed: std.atomic.Value(bool) = .init(false),

        fn run(job: *Self) abi.Status {
            const planes = &job.planes;
            job.offsets = runtime.scratch(.call, isize, planes.taps()) orelse return .out_of_memory;
            planes.fillOffsets(job.offsets);
            const rows = planes.source.rows;
            // Windows side by side in both directions: each element of dx is written once.
            if (planes.isPairs() and rows.stride == rows.taps and rows.position_step == 1 and rows.origin == 0) {
                runtime.parallelFor(planes.jobs, planes.cost, job, runPairs);
            } else runtime.parallelFor(planes.jobs, planes.cost, job, runCopies);
            return if (job.failed.load(.monotonic)) .out_of_memory else .ok;
        }

        fn runPairs(job: *Self, index: usize) void {
            const planes = &job.planes;
            const rows = planes.source.rows;
            const columns = planes.source.columns;
            const size = rows.size * columns.size;
            const line_lanes = job.lineLength();
            const lines = job.newLines(0) orelse return;
            for (planes.first(index)..planes.first(index + 1)) |plane| {
                const out = job.dx + plane * size;
                for (0..rows.targets) |row| {
                    job.readLine(lines, line_lanes, plane, row);
                    for (0..rows.taps) |i| {
                        const to = out + (row * rows.taps + i) * columns.size;
                        var column: usize = 0;
                        while (column < columns.targets) : (column += lanes) {
                            const even = flow(lines, line_lanes, column, 2 * i);
                            const odd = flow(lines, line_lanes, column, 2 * i + 1);
                            if (column + lanes <= columns.targets) {
                                windows.storeTurns(T, to + 2 * column, even, odd);
                            } else for (0..columns.targets - column) |j| {
                                to[2 * (column + j)] = @as([lanes]T, even)[j];
                                to[2 * (column + j) + 1] = @as([lanes]T, odd)[j];
                            }
                        }
                        sources.fillValue(T, to + 2 * columns.targets, 0, columns.size - 2 * columns.targets);
                    }
                }
                const done = rows.targets * rows.taps * columns.size;
                sources.fillValue(T, out + done, 0, size - done);
            }
        }

        fn runCopies(job: *Self, index: usize) void {
            const planes = &job.planes;
            const rows = planes.source.rows;
            const columns = planes.source.columns;
            const line_lanes = job.lineLength();
            const copy_size = planes.copySize();
            const lines = job.newLines(copy_size) orelse return;
            const copy: [*]T = lines + 2 * line_lanes;
            for (planes.first(index)..planes.first(index + 1)) |plane| {
                sources.fillValue(T, copy, 0, copy_size);
                for (0..rows.targets) |row| {
                    job.readLine(lines, line_lanes, plane, row);
                    const line = copy + row * planes.pitch();
                    var column: usize = 0;
                    while (column < columns.targets) : (column += lanes) {
                        for (job.offsets[0..planes.taps()], 0..) |offset, tap| {
                            const to: [*]T = @ptrFromInt(@intFromPtr(line + column) +% @as(usize, @bitCast(offset)));
                            simd.store(T, to, simd.load(T, to) + flow(lines, line_lanes, column, tap));
                        }
                    }
                }
                planes.join(job.dx + plane * rows.size * columns.size, copy);
            }
        }

        /// A row of gradients and a row of positions as T, padded with zeros to whole vectors, then the copy.
        fn lineLength(job: *const Self) usize {
            return (job.planes.source.columns.targets + lanes - 1) / lanes * lanes;
        }
        fn newLines(job: *Self, extra: usize) ?[*]T {
            const count = 2 * job.lineLength();
            const memory = runtime.scratch(.chunk, T, count + extra) orelse {
                job.failed.store(true, .monotonic);
                return null;
            };
            @memset(memory[0..count], 0);
            return memory;
        }

        fn readLine(job: *const Self, target: [*]T, line_lanes: usize, plane: usize, row: usize) void {
            const image: isize = @intCast(plane / job.planes.channels);
            const channel: isize = @intCast(plane % job.planes.channels);
            const columns = job.planes.source.columns.targets;
            const at = .{ image, channel, @as(isize, @intCast(row)) };
            const grad = sources.advance(T, job.grad.pointer(T), distance(job.grad, at));
            sources.copyStrided(T, target, grad, job.grad.stride(3), columns);
            const index = sources.advance(Index, job.index.pointer(Index), distance(job.index, at));
            const step = job.index.stride(3);
            const to = target + line_lanes;
            var i: usize = 0;
            if (step == 1) while (i + lanes <= columns) : (i += lanes) {
                const positions: @Vector(lanes, Index) = index[i..][0..lanes].*;
                simd.store(T, to + i, @floatFromInt(positions));
            };
            while (i < columns) : (i += 1)
                to[i] = @floatFromInt(sources.advance(Index, index, @as(isize, @intCast(i)) * step)[0]);
        }

        fn distance(view: *const abi.View, at: [3]isize) isize {
            return at[0] * view.stride(0) + at[1] * view.stride(1) + at[2] * view.stride(2);
        }

        /// The gradients of those outputs that took position `tap` of their windows.
        inline fn flow(lines: [*]const T, line_lanes: usize, column: usize, tap: usize) V {
            const position: V = @splat(@floatFromInt(tap));
            const zero: V = @splat(0);
            return @select(T, simd.load(T, lines + line_lanes + column) == position, simd.load(T, lines + column), zero);
        }
    };
}
