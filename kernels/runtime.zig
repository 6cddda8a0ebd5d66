//! What a kernel may ask of the baseline part: threads and scratch memory.
const std = @import("std");

const Body = *const fn (context: *const anyopaque, index: usize) callconv(.c) void;

extern fn minitensor_parallel_for(count: usize, nanoseconds: f64, body: Body, context: *const anyopaque) callconv(.c) void;
extern fn minitensor_scratch(slot: u32, bytes: usize) callconv(.c) ?[*]align(64) u8;

/// Runs `body(context, index)` for index 0..count on the pool's threads, the caller's among them; returns when all are
/// done. `nanoseconds` is a guess of the whole job's time on one thread: short jobs stay on the caller. Chunks must
/// depend on the problem alone, never on the number of threads, so that results do not.
pub inline fn parallelFor(
    count: usize,
    nanoseconds: f64,
    context: anytype,
    comptime body: fn (context: @TypeOf(context), index: usize) void,
) void {
    const Context = @TypeOf(context.*);
    const Thunk = struct {
        fn run(opaque_context: *const anyopaque, index: usize) callconv(.c) void {
            body(@ptrCast(@alignCast(@constCast(opaque_context))), index);
        }
    };
    comptime std.debug.assert(@typeInfo(@TypeOf(context)) == .pointer and @sizeOf(Context) >= 0);
    if (count <= 1) {
        if (count == 1) body(context, 0);
        return;
    }
    minitensor_parallel_for(count, nanoseconds, Thunk.run, context);
}

/// Whose scratch: a call has one block for itself (`call`), and each of its chunks one on its
/// thread (`chunk`). `work` belongs to an algorithm that calls products, which use the others.
pub const Slot = enum(u32) { call = 0, chunk = 1, work = 2 };

/// At least `count` elements of uninitialised memory, aligned to 64 bytes and valid until the same thread asks for the
/// same slot again; null when there is no memory.
pub fn scratch(slot: Slot, comptime T: type, count: usize) ?[*]align(64) T {
    const bytes = std.math.mul(usize, count, @sizeOf(T)) catch return null;
    return @ptrCast(minitensor_scratch(@intFromEnum(slot), bytes) orelse return null);
}
