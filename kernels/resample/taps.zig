//! Sums of elements at given places, the same ones in every channel; and both gradients.
//!
//! Images are first laid out with their channels side by side: a tap is then a load of vectors,
//! where plane by plane it would be one of single elements.
const std = @import("std");
const abi = @import("abi");
const blocks = @import("../blocks.zig");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");

/// Places of a chunk, and of the tile that is turned at a time.
const place_block = 256;
const tile_places = 32;
/// Elements of a chunk that lays out an image.
const pack_block = 1024;
/// Bytes of images laid out at a time.
const round_bytes = 8 << 20;

fn Job(comptime T: type) type {
    return struct {
        const Self = Job(T);

        images: usize,
        channels: usize,
        elements: usize,
        taps: usize,
        places: usize,
        /// Of an image: elements, or their gradients.
        x: [*]T,
        /// At the places: results, or their gradients.
        y: [*]T,
        index: [*]const i32,
        weight: [*]T,
        /// Images laid out, from `first` on: [elements][pitch].
        first: usize = 0,
        packed_x: [*]T = undefined,
        pitch: usize = undefined,
        failed: std.atomic.Value(bool) = .init(false),

        const Views = struct {
            x: *const abi.View,
            y: *const abi.View,
            index: *const abi.View,
            weight: *const abi.View,
        };

        fn init(views: Views) Self {
            std.debug.assert(views.x.dims() == 3 and views.y.dims() == 3);
            std.debug.assert(views.index.dims() == 3 and views.index.kind() == .int32);
            return .{
                .images = views.x.extent(0),
                .channels = views.x.extent(1),
                .elements = views.x.extent(2),
                .taps = views.index.extent(1),
                .places = views.index.extent(2),
                .x = views.x.pointer(T),
                .y = views.y.pointer(T),
                .index = views.index.pointer(i32),
                .weight = views.weight.pointer(T),
            };
        }

        fn placeBlocks(job: *const Self) usize {
            return (job.places + place_block - 1) / place_block;
        }
        fn packBlocks(job: *const Self) usize {
            return (job.elements + pack_block - 1) / pack_block;
        }
        /// Nanoseconds of `count` images on one thread, roughly.
        fn cost(job: *const Self, count: usize) f64 {
            return @floatFromInt(count * job.channels * (job.places * job.taps + job.elements) / 4);
        }

        /// Where a tap is; null outside: negative indices are large as unsigned numbers.
        inline fn element(job: *const Self, index: i32) ?usize {
            const at: usize = @as(u32, @bitCast(index));
            return if (at < job.elements) at else null;
        }

        /// Fewer taps than it would pay to lay out the images for.
        fn isSparse(job: *const Self) bool {
            return 4 * job.places * job.taps < job.elements;
        }

        fn sparseCost(job: *const Self) f64 {
            return @floatFromInt(2 * job.images * job.channels * job.places * job.taps);
        }

        fn samplePlane(job: *Self, plane: usize) void {
            const x = job.x + plane * job.elements;
            const table = plane / job.channels * job.taps * job.places;
            for (0..job.places) |place| {
                var total: T = 0;
                for (0..job.taps) |tap| {
                    const at = table + tap * job.places + place;
                    total += job.weight[at] * x[job.element(job.index[at]) orelse continue];
                }
                job.y[plane * job.places + place] = total;
            }
        }

        fn correlateImage(job: *Self, image: usize) void {
            const x = job.x + image * job.channels * job.elements;
            const y = job.y + image * job.channels * job.places;
            const table = image * job.taps * job.places;
            for (0..job.taps * job.places) |i| {
                var total: T = 0;
                if (job.element(job.index[table + i])) |from| for (0..job.channels) |channel| {
                    const grad = y[channel * job.places + i % job.places];
                    total += grad * x[channel * job.elements + from];
                };
                job.weight[table + i] = total;
            }
        }

        /// Lays out images, as many at a time as memory is meant for, and runs `body` on each
        /// block of their places.
        fn run(
            job: *Self,
            comptime width: usize,
            comptime body: fn (*Self, usize) void,
        ) abi.Status {
            job.pitch = std.mem.alignForward(usize, job.channels, width);
            const size = job.elements * job.pitch;
            const most = std.math.clamp(round_bytes / @max(1, size * @sizeOf(T)), 1, job.images);
            job.packed_x = runtime.scratch(.call, T, most * size) orelse return .out_of_memory;
            while (job.first < job.images) : (job.first += most) {
                const count = @min(most, job.images - job.first);
                const time = job.cost(count);
                runtime.parallelFor(count * job.packBlocks(), time / 4, job, pack);
                runtime.parallelFor(count * job.placeBlocks(), time, job, body);
            }
            return if (job.failed.load(.monotonic)) .out_of_memory else .ok;
        }

        fn pack(job: *Self, chunk: usize) void {
            const image = chunk / job.packBlocks();
            const start = chunk % job.packBlocks() * pack_block;
            const count = @min(pack_block, job.elements - start);
            const from = job.x + (job.first + image) * job.channels * job.elements + start;
            const to = job.packed_x + (image * job.elements + start) * job.pitch;
            turnIn(to, job.pitch, from, job.elements, job.channels, count);
        }

        /// Rows of planes `from_pitch` apart become columns, zeros behind the last channel.
        fn turnIn(
            to: [*]T,
            pitch: usize,
            from: [*]T,
            from_pitch: usize,
            channels: usize,
            count: usize,
        ) void {
            if (channels < pitch) @memset(to[0 .. count * pitch], 0);
            const target = side(to, pitch, 1);
            blocks.move(@sizeOf(T), count, channels, target, side(from, 1, from_pitch), .normal);
        }

        fn turnOut(
            to: [*]T,
            to_pitch: usize,
            from: [*]T,
            pitch: usize,
            channels: usize,
            count: usize,
        ) void {
            const target = side(to, to_pitch, 1);
            blocks.move(@sizeOf(T), channels, count, target, side(from, 1, pitch), .normal);
        }

        fn side(data: [*]T, row: usize, column: usize) blocks.Side {
            return .{
                .pointer = @ptrCast(data),
                .row = @intCast(row * @sizeOf(T)),
                .column = @intCast(column * @sizeOf(T)),
            };
        }

        /// A block of places, tile by tile.
        const Tiles = struct {
            image: usize,
            at: usize,
            end: usize,

            fn init(job: *const Self, chunk: usize) Tiles {
                const start = chunk % job.placeBlocks() * place_block;
                return .{
                    .image = chunk / job.placeBlocks(),
                    .at = start,
                    .end = @min(job.places, start + place_block),
                };
            }
        };

        fn Wide(comptime width: usize) type {
            const V = @Vector(width, T);
            return struct {
                fn sample(job: *Self, chunk: usize) void {
                    const tile = runtime.scratch(.chunk, T, tile_places * job.pitch) orelse
                        return job.failed.store(true, .monotonic);
                    var tiles: Tiles = .init(job, chunk);
                    const image = job.first + tiles.image;
                    const x = job.packed_x + tiles.image * job.elements * job.pitch;
                    const table = image * job.taps * job.places;
                    while (tiles.at < tiles.end) : (tiles.at += tile_places) {
                        const count = @min(tile_places, tiles.end - tiles.at);
                        for (0..count) |i|
                            sum(job, tile + i * job.pitch, x, table + tiles.at + i);
                        const y = job.y + image * job.channels * job.places + tiles.at;
                        turnOut(y, job.places, tile, job.pitch, job.channels, count);
                    }
                }

                /// All channels of one place, whose taps are in the table from `at` on.
                inline fn sum(job: *const Self, to: [*]T, x: [*]const T, at: usize) void {
                    var channel: usize = 0;
                    while (channel < job.pitch) : (channel += width) {
                        var total: V = @splat(0);
                        for (0..job.taps) |tap| {
                            const entry = at + tap * job.places;
                            const place = job.element(job.index[entry]) orelse continue;
                            const factor: V = @splat(job.weight[entry]);
                            const values: V = x[place * job.pitch + channel ..][0..width].*;
                            total = simd.mulAdd(values, factor, total);
                        }
                        to[channel..][0..width].* = total;
                    }
                }

                fn correlate(job: *Self, chunk: usize) void {
                    const tile = runtime.scratch(.chunk, T, tile_places * job.pitch) orelse
                        return job.failed.store(true, .monotonic);
                    var tiles: Tiles = .init(job, chunk);
                    const image = job.first + tiles.image;
                    const x = job.packed_x + tiles.image * job.elements * job.pitch;
                    while (tiles.at < tiles.end) : (tiles.at += tile_places) {
                        const count = @min(tile_places, tiles.end - tiles.at);
                        const y = job.y + image * job.channels * job.places + tiles.at;
                        turnIn(tile, job.pitch, y, job.places, job.channels, count);
                        for (0..job.taps) |tap| {
                            const at = (image * job.taps + tap) * job.places + tiles.at;
                            for (0..count) |i| {
                                const place = job.element(job.index[at + i]);
                                job.weight[at + i] = if (place) |from|
                                    dot(tile + i * job.pitch, x + from * job.pitch, job.pitch)
                                else
                                    0;
                            }
                        }
                    }
                }

                inline fn dot(a: [*]const T, b: [*]const T, count: usize) T {
                    var total: V = @splat(0);
                    var i: usize = 0;
                    while (i < count) : (i += width) {
                        const values: V = a[i..][0..width].*;
                        total = simd.mulAdd(values, @as(V, b[i..][0..width].*), total);
                    }
                    return @reduce(.Add, total);
                }

                /// Adds the places' gradients to their taps, for `width` channels of an image: no
                /// two chunks meet.
                fn spread(job: *Self, chunk: usize) void {
                    const groups = job.pitch / width;
                    const first = chunk % groups * width;
                    const channels = @min(width, job.channels - first);
                    const size = (job.elements + tile_places) * width;
                    const sums = runtime.scratch(.chunk, T, size) orelse
                        return job.failed.store(true, .monotonic);
                    const tile = sums + job.elements * width;
                    @memset(sums[0 .. job.elements * width], 0);
                    const plane = chunk / groups * job.channels + first;
                    const table = chunk / groups * job.taps * job.places;
                    var at: usize = 0;
                    while (at < job.places) : (at += tile_places) {
                        const count = @min(tile_places, job.places - at);
                        const y = job.y + plane * job.places + at;
                        turnIn(tile, width, y, job.places, channels, count);
                        for (0..job.taps) |tap| for (0..count) |i| {
                            const entry = table + tap * job.places + at + i;
                            const place = job.element(job.index[entry]) orelse continue;
                            const factor: V = @splat(job.weight[entry]);
                            const values: V = tile[i * width ..][0..width].*;
                            const to = sums[place * width ..][0..width];
                            to.* = simd.mulAdd(values, factor, @as(V, to.*));
                        };
                    }
                    const x = job.x + plane * job.elements;
                    turnOut(x, job.elements, sums, width, channels, job.elements);
                }
            };
        }
    };
}

/// Few channels are not worth a whole vector.
inline fn isNarrow(comptime T: type, channels: usize) bool {
    return simd.lanes(T) <= 4 or channels <= 4;
}

pub fn forward(comptime T: type, call: *abi.Call) abi.Status {
    if (call.output(0).size == 0) return .ok;
    var job: Job(T) = .init(.{
        .x = call.input(0),
        .y = call.output(0),
        .index = call.input(1),
        .weight = call.input(2),
    });
    if (job.isSparse()) {
        const planes = job.images * job.channels;
        runtime.parallelFor(planes, job.sparseCost(), &job, Job(T).samplePlane);
        return .ok;
    }
    const Wide = Job(T).Wide;
    if (isNarrow(T, job.channels)) return job.run(4, Wide(4).sample);
    return job.run(simd.lanes(T), Wide(simd.lanes(T)).sample);
}

pub fn inputGradient(comptime T: type, call: *abi.Call) abi.Status {
    if (call.output(0).size == 0) return .ok;
    var job: Job(T) = .init(.{
        .x = call.output(0),
        .y = call.input(0),
        .index = call.input(1),
        .weight = call.input(2),
    });
    const Wide = Job(T).Wide;
    const width: usize = if (isNarrow(T, job.channels)) 4 else simd.lanes(T);
    job.pitch = std.mem.alignForward(usize, job.channels, width);
    const chunks = job.images * job.pitch / width;
    const time = job.cost(job.images);
    if (isNarrow(T, job.channels)) {
        runtime.parallelFor(chunks, time, &job, Wide(4).spread);
    } else runtime.parallelFor(chunks, time, &job, Wide(simd.lanes(T)).spread);
    return if (job.failed.load(.monotonic)) .out_of_memory else .ok;
}

pub fn weightGradient(comptime T: type, call: *abi.Call) abi.Status {
    if (call.output(0).size == 0) return .ok;
    var job: Job(T) = .init(.{
        .x = call.input(1),
        .y = call.input(0),
        .index = call.input(2),
        .weight = call.output(0),
    });
    if (job.isSparse()) {
        runtime.parallelFor(job.images, job.sparseCost(), &job, Job(T).correlateImage);
        return .ok;
    }
    const Wide = Job(T).Wide;
    if (isNarrow(T, job.channels)) return job.run(4, Wide(4).correlate);
    return job.run(simd.lanes(T), Wide(simd.lanes(T)).correlate);
}
