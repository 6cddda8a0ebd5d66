//! The library's exported functions: version, level, kernels by index, the one call, threads.
const std = @import("std");
const builtin = @import("builtin");
const abi = @import("abi");
const cpu = @import("cpu.zig");
const memory = @import("memory.zig");
const names = @import("names");
const plugin = @import("plugin.zig");
const plugin_host = @import("plugin/host.zig");
const plugin_reader = @import("plugin/reader.zig");
const pool = @import("pool.zig");

/// Without this, std.Thread.spawn would put a 256 KB signal stack into the library's thread-local
/// storage.
pub const std_options: std.Options = .{ .signal_stack_size = null };

/// Safety checks of the baseline part abort with a line instead of pulling in std.debug's unwinder.
pub const panic = std.debug.FullPanic(panicLine);

fn panicLine(message: []const u8, _: ?usize) noreturn {
    @branchHint(.cold);
    if (builtin.os.tag != .windows) { // there a file is a handle, and abort reports itself
        _ = std.c.write(2, message.ptr, message.len);
        _ = std.c.write(2, "\n", 1);
    }
    std.c.abort();
}

const Table = [names.all.len]abi.Kernel;
const level_count = names.levels.len;

fn familyTable(comptime family: []const u8, comptime level: []const u8) *const [names.of(family).len]abi.Kernel {
    const Symbol = *const [names.of(family).len]abi.Kernel;
    return @extern(Symbol, .{ .name = "minitensor_" ++ family ++ "_" ++ level, .visibility = .hidden });
}

var level_index = std.atomic.Value(u32).init(std.math.maxInt(u32));

fn indexOf(name: []const u8) ?u32 {
    for (names.levels, 0..) |level, i| if (std.mem.eql(u8, level, name)) return @intCast(i);
    return null;
}

/// The best level of this machine, or the one that MINITENSOR_CPU asks for when the machine can run
/// it.
fn pickLevel() u32 {
    const best = indexOf(cpu.detect()) orelse 0;
    const wanted = std.c.getenv("MINITENSOR_CPU") orelse return best;
    const index = indexOf(std.mem.span(wanted)) orelse return best;
    return if (level_count == 1) 0 else @min(index, best);
}

fn currentLevel() u32 {
    const index = level_index.load(.monotonic);
    if (index < level_count) return index;
    const picked = pickLevel();
    level_index.store(picked, .monotonic); // racing callers store the same value
    return picked;
}

/// What the level's number stands for in minitensor_set_level.
const known_levels = [_][]const u8{ "v2", "v3", "v4", "neon" };

/// Takes the level of that number into use; 0 when this library or this machine does not have it.
/// Addresses of kernels that were asked for before stay those of the level before.
fn minitensor_set_level(number: u32) callconv(.c) u32 {
    if (number >= known_levels.len) return 0;
    const index = indexOf(known_levels[number]) orelse return 0;
    if (level_count > 1 and index > indexOf(cpu.detect()) orelse 0) return 0;
    level_index.store(index, .monotonic);
    return 1;
}

fn kernelAt(comptime level: []const u8, index: usize) abi.Kernel {
    var rest = index;
    inline for (names.families) |family| {
        const table = familyTable(family, level);
        if (rest < table.len) return table[rest];
        rest -= table.len;
    }
    unreachable;
}

/// Address of the kernel of that index (KERNELS of abi.ts) at the level in use; 0 for an index out
/// of range.
fn minitensor_kernel(index: u32) callconv(.c) f64 {
    if (index >= names.all.len) return 0;
    inline for (names.levels, 0..) |level, i| {
        if (currentLevel() == i) return @floatFromInt(@intFromPtr(kernelAt(level, index)));
    }
    unreachable;
}

/// Runs the kernel that the frame at the address names: ours or a plugin's.
fn minitensor_call(frame: f64) callconv(.c) abi.Status {
    const call: *abi.Call = @ptrFromInt(abi.toUsize(frame));
    const kernel: abi.Kernel = @ptrFromInt(abi.toUsize(call.kernel));
    return kernel(call);
}

fn minitensor_abi_version() callconv(.c) u32 {
    return abi.version;
}

fn minitensor_build_hash() callconv(.c) u32 {
    return names.hash;
}

// Addresses cross the boundary as f64. Deno takes its own pointer objects only from programs that may use all of FFI,
// not from those that may open this library alone.

fn addressOf(text: [*:0]const u8) f64 {
    return @floatFromInt(@intFromPtr(text));
}

/// Address of the first byte of a buffer.
fn minitensor_address(buffer: ?*const anyopaque) callconv(.c) f64 {
    return @floatFromInt(@intFromPtr(buffer));
}

/// Copies the text at an address, without its final 0, as far as it fits; its whole length.
fn minitensor_text(address: f64, target: [*]u8, capacity: u32) callconv(.c) u32 {
    const text = std.mem.span(@as([*:0]const u8, @ptrFromInt(abi.toUsize(address))));
    const count = @min(text.len, capacity);
    @memcpy(target[0..count], text[0..count]);
    return @intCast(text.len);
}

/// Name of the level in use: v2, v3, v4 or neon.
fn minitensor_level() callconv(.c) f64 {
    inline for (names.levels, 0..) |level, i| if (currentLevel() == i) return addressOf(level ++ "");
    unreachable;
}

fn minitensor_threads() callconv(.c) u32 {
    return pool.threads();
}

fn minitensor_set_threads(count: u32) callconv(.c) void {
    pool.setThreads(count);
}

fn minitensor_prepare_block(address: f64, bytes: f64) callconv(.c) void {
    memory.prepareBlock(abi.toUsize(address), abi.toUsize(bytes));
}

fn minitensor_tune_allocator() callconv(.c) void {
    memory.tuneAllocator();
}

// Plugins. They are opened by the runtime, which checks permissions; here they are read and
// started.

threadlocal var manifest: ?[:0]u8 = null;

/// Text: what the plugin described at the address says of itself, as JSON (plugin_reader.Answer), until
/// the next call; null when there is no memory.
fn minitensor_plugin_read(address: f64) callconv(.c) f64 {
    const allocator = std.heap.c_allocator;
    if (manifest) |old| allocator.free(old);
    manifest = null;
    const text = plugin_reader.json(allocator, abi.toUsize(address)) catch return 0;
    defer allocator.free(text);
    manifest = allocator.dupeZ(u8, text) catch return 0;
    return addressOf(manifest.?.ptr);
}

/// Runs a plugin's `initialize`.
fn minitensor_plugin_initialize(address: f64) callconv(.c) abi.Status {
    const initialize: *const fn (*const plugin.Host) callconv(.c) abi.Status = @ptrFromInt(abi.toUsize(address));
    plugin_host.setError(null);
    return initialize(&plugin_host.host);
}

/// Runs a plugin's `cleanup`.
fn minitensor_plugin_cleanup(address: f64) callconv(.c) void {
    const cleanup: *const fn () callconv(.c) void = @ptrFromInt(abi.toUsize(address));
    cleanup();
}

/// Why a plugin's kernel or `initialize` failed, if it said so since the last call of this; empty
/// if not.
fn minitensor_plugin_error() callconv(.c) f64 {
    return addressOf(plugin_host.takeError());
}

const exported = [_][]const u8{
    "minitensor_abi_version",
    "minitensor_build_hash",
    "minitensor_level",
    "minitensor_set_level",
    "minitensor_kernel",
    "minitensor_call",
    "minitensor_address",
    "minitensor_text",
    "minitensor_threads",
    "minitensor_set_threads",
    "minitensor_prepare_block",
    "minitensor_tune_allocator",
    "minitensor_plugin_read",
    "minitensor_plugin_initialize",
    "minitensor_plugin_cleanup",
    "minitensor_plugin_error",
};

comptime {
    for (exported) |name| @export(&@field(@This(), name), .{ .name = name });
}
