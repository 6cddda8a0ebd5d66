//! Average pooling. A window's divisor is the override; else its part inside the image, or inside
//! the image and its padding when that counts.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const sources = @import("../convolution/source.zig");
const windows = @import("window.zig");

pub fn forward(comptime T: type, call: *abi.Call) abi.Status {
    const x = call.input(0);
    const out = call.output(0);
    if (x.kind() != out.kind()) return .bad_dtype;
    if (out.size == 0) return .ok;
    var job = Job(T).init(call, x, out, true);
    job.out = out.pointer(T);
    if (job.planes.isPairs() and x.stride(3) == 1) return job.run(Job(T).averagePairs);
    if (job.planes.source.columns.stride > 2) return job.run(Job(T).averageLines);
    return job.run(Job(T).averageCopies);
}

pub fn gradient(comptime T: type, call: *abi.Call) abi.Status {
    const dx = call.output(0);
    const grad = call.input(0);
    if (grad.kind() != dx.kind()) return .bad_dtype;
    if (dx.size == 0) return .ok;
    var job = Job(T).init(call, dx, grad, false);
    job.out = dx.pointer(T);
    job.grad = .init(grad);
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
        grad: windows.Rows(T) = undefined,
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

        /// How many of a window's rows or columns count; 1 where none do, as their sum is zero
        /// then.
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

        /// Windows far apart: the sums down every column by vectors, then those along the line one
        /// by one.
        fn averageLines(job: *Self, index: usize) void {
            const planes = &job.planes;
            const source = &planes.source;
            const columns = source.columns;
            const width = (columns.size + lanes - 1) / lanes * lanes;
            const copy = runtime.scratch(.chunk, T, 2 * width) orelse {
                job.failed.store(true, .monotonic);
                return;
            };
            const sums: [*]T = copy + width;
            for (planes.first(index)..planes.first(index + 1)) |plane| for (0..source.rows.targets) |row| {
                const inside = windows.Planes(T).inside(source.rows, row);
                @memset(sums[0..width], 0);
                for (inside[0]..inside[1]) |tap| {
                    const line = planes.line(plane, row, tap);
                    if (source.strides.column == 1) {
                        addRow(sums, line, columns.size);
                        continue;
                    }
                    sources.copyStrided(T, copy, line, source.strides.column, columns.size);
                    addLine(sums, copy, width);
                }
                const height = job.counted(source.rows, row);
                const out = job.out + (plane * source.rows.targets + row) * columns.targets;
                for (0..columns.targets) |column| {
                    const range = span(columns, column);
                    var sum: T = 0;
                    for (sums[range[0]..range[1]]) |part| sum += part;
                    out[column] = sum / if (job.override != 0) job.override else height * job.widths[column];
                }
            };
        }

        /// The columns of a window that are inside the image.
        fn span(axis: sources.Axis, target: usize) [2]usize {
            const start = axis.origin + @as(isize, @intCast(target * axis.stride));
            const end = @max(0, @min(start + @as(isize, @intCast(axis.taps)), @as(isize, @intCast(axis.size))));
            return .{ @intCast(std.math.clamp(start, 0, end)), @intCast(end) };
        }

        /// count: whole vectors.
        inline fn addLine(target: [*]T, line: [*]const T, count: usize) void {
            var i: usize = 0;
            while (i < count) : (i += lanes) simd.store(T, target + i, simd.load(T, target + i) + simd.load(T, line + i));
        }

        /// Each output's share to all elements of its window: along a line first, then the line to
        /// all its rows.
        fn spread(job: *Self, index: usize) void {
            const planes = &job.planes;
            const rows = planes.source.rows;
            const columns = planes.source.columns;
            const length = (columns.targets + lanes - 1) / lanes * lanes;
            const width = columns.size + 2 * lanes;
            const shares = runtime.scratch(.chunk, T, length + width + lanes) orelse {
                job.failed.store(true, .monotonic);
                return;
            };
            const line: [*]T = shares + length;
            @memset(shares[0..length], 0);
            for (planes.first(index)..planes.first(index + 1)) |plane| {
                const out = job.out + plane * rows.size * columns.size;
                const first = job.grad.plane(plane / planes.channels, plane % planes.channels);
                // Rows below this one were not written yet: they are stored, not added to.
                var fresh: usize = 0;
                for (0..rows.targets) |row| {
                    job.readShares(shares, job.grad.row(first, row), row);
                    spreadLine(line, shares, columns, planes.isPairs());
                    const range = span(rows, row);
                    if (range[0] > fresh) {
                        sources.fillValue(T, out + fresh * columns.size, 0, (range[0] - fresh) * columns.size);
                        fresh = range[0];
                    }
                    for (range[0]..range[1]) |at| {
                        const to = out + at * columns.size;
                        if (at >= fresh) {
                            sources.copyStrided(T, to, line, 1, columns.size);
                            fresh = at + 1;
                        } else addRow(to, line, columns.size);
                    }
                }
                sources.fillValue(T, out + fresh * columns.size, 0, (rows.size - fresh) * columns.size);
            }
        }

        fn readShares(job: *const Self, shares: [*]T, from: [*]const T, row: usize) void {
            const planes = &job.planes;
            const columns = planes.source.columns.targets;
            sources.copyStrided(T, shares, from, job.grad.strides[3], columns);
            const height = job.counted(planes.source.rows, row);
            var column: usize = 0;
            while (column < columns) : (column += lanes)
                simd.store(T, shares + column, simd.load(T, shares + column) / job.divisor(height, column));
        }

        fn spreadLine(line: [*]T, shares: [*]const T, columns: sources.Axis, pairs: bool) void {
            var column: usize = 0;
            if (pairs) {
                while (column < columns.targets) : (column += lanes) {
                    const share = simd.load(T, shares + column);
                    windows.storeTurns(T, line + 2 * column, share, share, columns.targets - column);
                }
                const rest = columns.size - 2 * columns.targets;
                return sources.fillValue(T, line + 2 * columns.targets, 0, rest);
            }
            @memset(line[0..columns.size], 0);
            if (columns.stride == 1) {
                // One tap of all windows at a time.
                for (0..columns.taps) |tap| {
                    const shift = columns.origin + @as(isize, @intCast(tap));
                    const low: usize = @intCast(@max(0, -shift));
                    const at: usize = @intCast(@max(0, shift));
                    if (at >= columns.size or low >= columns.targets) continue;
                    addRow(line + at, shares + low, @min(columns.targets - low, columns.size - at));
                }
                return;
            }
            while (column < columns.targets) : (column += 1) {
                const range = span(columns, column);
                for (line[range[0]..range[1]]) |*to| to.* += shares[column];
            }
        }

        inline fn addRow(target: [*]T, line: [*]const T, count: usize) void {
            const whole = count / lanes * lanes;
            addLine(target, line, whole);
            if (whole == count) return;
            const rest = count - whole;
            simd.storePart(T, target + whole, simd.loadPart(T, target + whole, rest) + simd.loadPart(T, line + whole, rest), rest);
        }
    };
}
