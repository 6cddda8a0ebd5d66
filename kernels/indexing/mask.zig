//! Where a mask is true: a count for each chunk first, then the places, chunk by chunk.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("../runtime.zig");

/// Elements of a chunk; src/ops/nonzero.ts has the same.
const chunk_size = 1 << 14;
/// Elements whose places are collected before they are written.
const block_size = 256;

const Mask = struct {
    mask: [*]const u8,
    size: usize,
    /// offsets[i]: true elements in front of chunk i; behind the last one, all.
    offsets: [*]i64,
    out: [*]i64,
    shape: [abi.rank_max]usize = undefined,
    rank: usize = 1,

    fn chunks(job: *const Mask) usize {
        return (job.size + chunk_size - 1) / chunk_size;
    }

    fn part(job: *const Mask, chunk: usize) []const u8 {
        return job.mask[chunk * chunk_size .. @min((chunk + 1) * chunk_size, job.size)];
    }

    fn count(job: *const Mask, chunk: usize) void {
        var total: i64 = 0;
        for (job.part(chunk)) |x| total += x;
        job.offsets[chunk + 1] = total;
    }

    fn write(job: *const Mask, chunk: usize) void {
        const last = job.shape[job.rank - 1];
        const stop = @min((chunk + 1) * chunk_size, job.size);
        var target = job.out + @as(usize, @intCast(job.offsets[chunk])) * job.rank;
        var position = chunk * chunk_size;
        var places: [block_size + 1]i64 = undefined;
        while (position < stop) {
            const column = position % last;
            const run = @min(@min(last - column, stop - position), block_size);
            var found: usize = 0;
            // Written for all, kept for the true ones: half the guesses at a branch would be wrong.
            for (job.mask[position..][0..run], column..) |x, place| {
                places[found] = @intCast(place);
                found += x;
            }
            target = job.spread(target, places[0..found], position / last);
            position += run;
        }
    }

    /// Coordinates of places in one row of the last dim.
    fn spread(job: *const Mask, target: [*]i64, places: []const i64, row: usize) [*]i64 {
        if (places.len == 0) return target;
        if (job.rank == 1) {
            @memcpy(target, places);
            return target + places.len;
        }
        var lead: [abi.rank_max]i64 = undefined;
        var rest = row;
        var axis = job.rank - 1;
        while (axis > 0) {
            axis -= 1;
            lead[axis] = @intCast(rest % job.shape[axis]);
            rest /= job.shape[axis];
        }
        var to = target;
        for (places) |place| {
            for (lead[0 .. job.rank - 1], to) |from, *coordinate| coordinate.* = from;
            to[job.rank - 1] = place;
            to += job.rank;
        }
        return to;
    }
};

/// offsets [chunks + 1] <- mask, contiguous.
pub fn offsetsOfTrue(call: *abi.Call) callconv(.c) abi.Status {
    const view = call.input(0);
    const job: Mask = .{
        .mask = view.pointer(u8),
        .size = abi.toUsize(view.size),
        .offsets = call.output(0).pointer(i64),
        .out = undefined,
    };
    job.offsets[0] = 0;
    runtime.parallelFor(job.chunks(), 0.05 * view.size, &job, Mask.count);
    for (0..job.chunks()) |i| job.offsets[i + 1] += job.offsets[i];
    return .ok;
}

/// places [n, rank], or [n] of a mask of one dim <- mask, contiguous; offsets.
pub fn placesOfTrue(call: *abi.Call) callconv(.c) abi.Status {
    const view = call.input(0);
    var job: Mask = .{
        .mask = view.pointer(u8),
        .size = abi.toUsize(view.size),
        .offsets = call.input(1).pointer(i64),
        .out = call.output(0).pointer(i64),
        .rank = view.dims(),
    };
    for (job.shape[0..job.rank], 0..) |*extent, i| extent.* = view.extent(i);
    runtime.parallelFor(job.chunks(), view.size, &job, struct {
        fn write(context: *Mask, chunk: usize) void {
            context.write(chunk);
        }
    }.write);
    return .ok;
}
