//! Serial stand-in.
const std = @import("std");
const Body = *const fn (context: *const anyopaque, index: usize) callconv(.c) void;

pub fn threads() u32 {
    return 1;
}
pub fn setThreads(_: u32) void {}

fn parallelFor(count: usize, _: f64, body: Body, context: *const anyopaque) callconv(.c) void {
    for (0..count) |i| body(context, i);
}
threadlocal var blocks: [2]?[]align(64) u8 = .{ null, null };
fn scratch(slot: u32, bytes: usize) callconv(.c) ?[*]align(64) u8 {
    if (blocks[slot]) |block| {
        if (block.len >= bytes) return block.ptr;
        std.heap.c_allocator.free(block);
        blocks[slot] = null;
    }
    blocks[slot] = std.heap.c_allocator.alignedAlloc(u8, .@"64", bytes) catch return null;
    return blocks[slot].?.ptr;
}
comptime {
    @export(&parallelFor, .{ .name = "minitensor_parallel_for", .visibility = .hidden });
    @export(&scratch, .{ .name = "minitensor_scratch", .visibility = .hidden });
}
