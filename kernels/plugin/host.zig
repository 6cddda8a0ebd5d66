//! What the library gives to a plugin, and the last thing that a plugin said.
const std = @import("std");
const abi = @import("abi");
const memory = @import("../memory.zig");
const plugin = @import("../plugin.zig");
const pool = @import("../pool.zig");

const message_max = 511;
var message: [message_max + 1]u8 = @splat(0);
threadlocal var taken: [message_max + 1]u8 = @splat(0);
var message_lock: std.atomic.Value(bool) = .init(false);

/// The reason a plugin gave for the failure of a kernel, which may have run on any thread.
pub fn setError(text: plugin.String) callconv(.c) void {
    while (message_lock.swap(true, .acquire)) std.atomic.spinLoopHint();
    defer message_lock.store(false, .release);
    const bytes: []const u8 = if (text) |pointer| std.mem.span(pointer) else "";
    var count = @min(bytes.len, message_max);
    // Not within a character.
    while (count > 0 and count < bytes.len and bytes[count] & 0xc0 == 0x80) count -= 1;
    @memcpy(message[0..count], bytes[0..count]);
    message[count] = 0;
}

/// The message, once: a later failure without one must not show it. Valid until the next one is
/// taken.
pub fn takeError() [*:0]const u8 {
    while (message_lock.swap(true, .acquire)) std.atomic.spinLoopHint();
    defer message_lock.store(false, .release);
    taken = message;
    message[0] = 0;
    return @ptrCast(&taken);
}

fn scratch(slot: u32, bytes: usize) callconv(.c) ?*align(64) anyopaque {
    return if (slot > 1) null else memory.scratch(slot, bytes);
}

fn threads() callconv(.c) u32 {
    return pool.threads();
}

pub const host: plugin.Host = .{
    .abi_version = plugin.version,
    .struct_size = @sizeOf(plugin.Host),
    .version = abi.library_version,
    .parallel_for = pool.parallelFor,
    .scratch = scratch,
    .set_error = setError,
    .threads = threads,
};
