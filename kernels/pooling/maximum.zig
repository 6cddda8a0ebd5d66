//! Max pooling. The forward pass keeps, per output, the position inside its window of the element
//! it took; the gradient adds every output's gradient there.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const sources = @import("../convolution/source.zig");
const windows = @import("window.zig");

pub fn forward(comptime T: type, comptime Index: type, call: *abi.Call) abi.Status {
    const x = call.input(0);
    const out = call.output(0);
    if (x.kind() != out.kind()) return .bad_dtype;
    if (out.size == 0) return .ok;
    var job: Forward(T, Index) = .{
        .planes = .init(x, windows.axes(call, x, out, true), -std.math.inf(T), true),
        .values = out.pointer(T),
        .indices = call.output(1).pointer(Index),
    };
    return job.run();
}

/// dx <- grad, window index.
pub fn gradient(comptime T: type, comptime Index: type, call: *abi.Call) abi.Status {
    const dx = call.output(0);
    const grad = call.input(0);
    if (grad.kind() != dx.kind()) return .bad_dtype;
    if (dx.size == 0) return .ok;
    var job: Gradient(T, Index) = .{
        .planes = .init(dx, windows.axes(call, dx, grad, true), 0, false),
        .dx = dx.pointer(T),
        .grad = .init(grad),
        .index = .init(call.input(1)),
    };
    return job.run();
}

/// Flat index in the plane of the element that each window took <- its index in the window.
pub fn indices(comptime Index: type, call: *abi.Call) abi.Status {
    const out = call.output(0);
    if (out.kind() != .int64) return .bad_dtype;
    if (out.size == 0) return .ok;
    const attribute = struct {
        fn of(frame: *const abi.Call, i: usize) i64 {
            return @intCast(abi.toUsize(frame.attribute(i)));
        }
    }.of;
    var job: Indices(Index) = .{
        .out = out.pointer(i64),
        .place = .init(call.input(0)),
        .extents = .{ out.extent(1), out.extent(2), out.extent(3) },
        .taps = attribute(call, 1),
        .stride = .{ attribute(call, 2), attribute(call, 3) },
        .padding = .{ attribute(call, 4), attribute(call, 5) },
        .dilation = .{ attribute(call, 6), attribute(call, 7) },
        .width = attribute(call, 8),
    };
    const size = out.extent(2) * out.extent(3);
    job.planes = @max(1, index_grain / size);
    job.count = out.extent(0) * out.extent(1);
    const jobs = (job.count + job.planes - 1) / job.planes;
    runtime.parallelFor(jobs, 0.8 * out.size, &job, Indices(Index).run);
    return .ok;
}

/// Elements of a job of `indices`.
const index_grain = 1 << 15;

fn Indices(comptime Index: type) type {
    return struct {
        const Self = Indices(Index);

        out: [*]i64,
        place: windows.Rows(Index),
        /// Channels, rows, columns.
        extents: [3]usize,
        /// Columns of a window.
        taps: i64,
        stride: [2]i64,
        padding: [2]i64,
        dilation: [2]i64,
        width: i64,
        /// All planes, and those of a job.
        count: usize = 0,
        planes: usize = 0,

        fn run(job: *Self, index: usize) void {
            const channels, const rows, const columns = job.extents;
            const start = index * job.planes;
            for (start..@min(start + job.planes, job.count)) |plane| {
                const first = job.place.plane(plane / channels, plane % channels);
                for (0..rows) |row| {
                    const out = job.out + (plane * rows + row) * columns;
                    job.fillRow(out, job.place.row(first, row), @intCast(row));
                }
            }
        }

        fn fillRow(job: *const Self, out: [*]i64, places: [*]const Index, row: i64) void {
            const top = (row * job.stride[0] - job.padding[0]) * job.width - job.padding[1];
            // Integer division takes several times as long; from the middle of a step this is
            // exact.
            const taps: f64 = @floatFromInt(job.taps);
            for (0..job.extents[2]) |column| {
                const distance = @as(isize, @intCast(column)) * job.place.strides[3];
                const place: i32 = sources.advance(Index, places, distance)[0];
                const down: i64 = @intFromFloat((@as(f64, @floatFromInt(place)) + 0.5) / taps);
                const across = place - down * job.taps;
                out[column] = top + down * job.dilation[0] * job.width + across * job.dilation[1] +
                    @as(i64, @intCast(column)) * job.stride[1];
            }
        }
    };
}

fn Forward(comptime T: type, comptime Index: type) type {
    const lanes: usize = simd.lanes(T);
    const V = simd.Vector(T);
    const Lane = std.meta.Int(.unsigned, 8 * @sizeOf(T));
    const I = @Vector(lanes, Lane);
    const Planes = windows.Planes(T);
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
            for (0..columns.targets + lanes) |i| job.first_columns[i] = @intCast(Planes.inside(columns, i)[0]);
            if (planes.isPairs() and planes.source.strides.column == 1) {
                runtime.parallelFor(planes.jobs, planes.cost, job, runPairs);
            } else if (columns.stride > 2) {
                runtime.parallelFor(planes.jobs, planes.cost, job, runLines);
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
                    const first: Lane = @intCast(Planes.inside(planes.source.rows, row)[0] * planes.source.columns.taps);
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

        /// Windows far apart: the maxima down every column by vectors, then those along the line
        /// one by one.
        fn runLines(job: *Self, index: usize) void {
            const planes = &job.planes;
            const source = &planes.source;
            const rows = source.rows.targets;
            const width = (source.columns.size + lanes - 1) / lanes * lanes;
            const memory = runtime.scratch(.chunk, T, 3 * width) orelse {
                job.failed.store(true, .monotonic);
                return;
            };
            const copy: [*]T = memory;
            const bests: [*]T = memory + width;
            const places: [*]Lane = @ptrCast(memory + 2 * width);
            for (planes.first(index)..planes.first(index + 1)) |plane| for (0..rows) |row| {
                const inside = Planes.inside(source.rows, row);
                for (inside[0]..@max(inside[1], inside[0] + 1)) |tap| {
                    if (tap < inside[1])
                        sources.copyStrided(T, copy, planes.line(plane, row, tap), source.strides.column, source.columns.size)
                    else
                        sources.fillValue(T, copy, -std.math.inf(T), width);
                    var column: usize = 0;
                    while (column < width) : (column += lanes) {
                        const values = simd.load(T, copy + column);
                        var best = if (tap == inside[0]) values else simd.load(T, bests + column);
                        var at: I = if (tap == inside[0]) @splat(@intCast(tap)) else places[column..][0..lanes].*;
                        take(&best, &at, values, @intCast(tap));
                        simd.store(T, bests + column, best);
                        places[column..][0..lanes].* = at;
                    }
                }
                for (0..source.columns.targets) |column| {
                    const at = (plane * rows + row) * source.columns.targets + column;
                    job.pickAlong(at, bests, places, inside[0], column);
                }
            };
        }

        fn pickAlong(job: *const Self, at: usize, bests: [*]const T, places: [*]const Lane, row_tap: usize, column: usize) void {
            const columns = job.planes.source.columns;
            const inside = Planes.inside(columns, column);
            var best = -std.math.inf(T);
            var place: usize = row_tap * columns.taps + inside[0];
            var place_row: usize = std.math.maxInt(usize);
            for (inside[0]..inside[1]) |tap| {
                const x: usize = @intCast(columns.origin + @as(isize, @intCast(column * columns.stride + columns.position(tap))));
                const value = bests[x];
                const row: usize = @intCast(places[x]);
                // The first in row-major order of the equals, NaN counted as the largest.
                const better = if (value != value) best == best else value > best;
                const equal = if (value != value) best != best else value == best;
                if (better or (equal and row < place_row)) {
                    best = value;
                    place_row = row;
                    place = row * columns.taps + tap;
                }
            }
            job.values[at] = best;
            job.indices[at] = @intCast(place);
        }

        inline fn take(best: *V, at: *I, values: V, tap: Lane) void {
            // Greater or NaN; never after a NaN, so that the first one stays.
            const better = @select(bool, best.* == best.*, !(values <= best.*), @as(@Vector(lanes, bool), @splat(false)));
            best.* = @select(T, better, values, best.*);
            at.* = @select(Lane, better, @as(I, @splat(tap)), at.*);
        }

        /// Stores a vector at once where that stays inside the job's outputs: what it writes behind
        /// the row's end is written again with the next row.
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

fn Gradient(comptime T: type, comptime Index: type) type {
    const lanes: usize = simd.lanes(T);
    const V = simd.Vector(T);
    const Lane = std.meta.Int(.unsigned, 8 * @sizeOf(T));
    const I = @Vector(lanes, Lane);
    return struct {
        const Self = Gradient(T, Index);
        const Row = struct { grad: [*]const T, index: [*]const Index };

        planes: windows.Planes(T),
        dx: [*]T,
        grad: windows.Rows(T),
        index: windows.Rows(Index),
        /// Distance of each position from the window's first element.
        distances: [*]isize = undefined,
        failed: std.atomic.Value(bool) = .init(false),

        fn run(job: *Self) abi.Status {
            const planes = &job.planes;
            const rows = planes.source.rows;
            const columns = planes.source.columns;
            job.distances = runtime.scratch(.call, isize, planes.taps()) orelse return .out_of_memory;
            for (0..planes.taps()) |tap| job.distances[tap] = @intCast(rows.position(tap / columns.taps) * columns.size +
                columns.position(tap % columns.taps));
            // Windows side by side in both directions: each element of dx is written once.
            if (planes.isPairs() and rows.stride == rows.taps and rows.position_step == 1 and rows.origin == 0) {
                runtime.parallelFor(planes.jobs, planes.cost, job, runPairs);
            } else runtime.parallelFor(planes.jobs, planes.cost, job, runScatter);
            return if (job.failed.load(.monotonic)) .out_of_memory else .ok;
        }

        fn runPairs(job: *Self, index: usize) void {
            const planes = &job.planes;
            const rows = planes.source.rows;
            const columns = planes.source.columns;
            const size = rows.size * columns.size;
            const memory = job.newLine() orelse return;
            const rest = columns.size - 2 * columns.targets;
            for (planes.first(index)..planes.first(index + 1)) |plane| {
                const out = job.dx + plane * size;
                const first = job.firstRow(plane);
                for (0..rows.targets) |row| {
                    const line = job.readRow(memory, first, plane, row);
                    var column: usize = 0;
                    while (column < columns.targets) : (column += lanes) {
                        const grad = simd.load(T, line.grad + column);
                        const narrow: @Vector(lanes, Index) = line.index[column..][0..lanes].*;
                        const position: I = @as(@Vector(lanes, std.meta.Int(.unsigned, @bitSizeOf(Index))), @bitCast(narrow));
                        for (0..rows.taps) |i| {
                            const to = out + (row * rows.taps + i) * columns.size + 2 * column;
                            const even = flow(grad, position, 2 * i);
                            windows.storeTurns(T, to, even, flow(grad, position, 2 * i + 1), columns.targets - column);
                        }
                    }
                    if (rest > 0) for (0..rows.taps) |i|
                        sources.fillValue(T, out + (row * rows.taps + i + 1) * columns.size - rest, 0, rest);
                }
                const done = rows.targets * rows.taps * columns.size;
                sources.fillValue(T, out + done, 0, size - done);
            }
        }

        /// The gradients of those outputs that took position `tap` of their windows.
        inline fn flow(grad: V, position: I, tap: usize) V {
            const zero: V = @splat(0);
            return @select(T, position == @as(I, @splat(@intCast(tap))), grad, zero);
        }

        fn runScatter(job: *Self, index: usize) void {
            const planes = &job.planes;
            const rows = planes.source.rows;
            const columns = planes.source.columns;
            const size = rows.size * columns.size;
            const memory = job.newLine() orelse return;
            for (planes.first(index)..planes.first(index + 1)) |plane| {
                const out = job.dx + plane * size;
                const first = job.firstRow(plane);
                sources.fillValue(T, out, 0, size);
                for (0..rows.targets) |row| {
                    const line = job.readRow(memory, first, plane, row);
                    var start = (rows.origin + @as(isize, @intCast(row * rows.stride))) * @as(isize, @intCast(columns.size)) +
                        columns.origin;
                    for (0..columns.targets) |column| {
                        const at: usize = @bitCast(start + job.distances[@intCast(line.index[column])]);
                        // Only a window that lies outside altogether fails this.
                        if (at < size) out[at] += line.grad[column];
                        start += @intCast(columns.stride);
                    }
                }
            }
        }

        fn lineLength(job: *const Self) usize {
            return (job.planes.source.columns.targets + lanes - 1) / lanes * lanes;
        }

        fn newLine(job: *Self) ?[*]T {
            const memory = runtime.scratch(.chunk, T, 2 * job.lineLength()) orelse {
                job.failed.store(true, .monotonic);
                return null;
            };
            @memset(memory[0 .. 2 * job.lineLength()], 0);
            return memory;
        }

        fn firstRow(job: *const Self, plane: usize) Row {
            const image = plane / job.planes.channels;
            const channel = plane % job.planes.channels;
            return .{ .grad = job.grad.plane(image, channel), .index = job.index.plane(image, channel) };
        }

        /// A row of both inputs, readable in whole vectors: where it is, or else a copy.
        inline fn readRow(job: *const Self, memory: [*]T, first: Row, plane: usize, row: usize) Row {
            const planes = &job.planes;
            const columns = planes.source.columns.targets;
            const line: Row = .{ .grad = job.grad.row(first.grad, row), .index = job.index.row(first.index, row) };
            const rows_left = (planes.count - plane) * planes.source.rows.targets - row;
            if (job.grad.contiguous and job.index.contiguous and rows_left * columns >= job.lineLength()) return line;
            sources.copyStrided(T, memory, line.grad, job.grad.strides[3], columns);
            const copy: [*]Index = @ptrCast(memory + job.lineLength());
            for (0..columns) |i|
                copy[i] = sources.advance(Index, line.index, @as(isize, @intCast(i)) * job.index.strides[3])[0];
            return .{ .grad = memory, .index = copy };
        }
    };
}
