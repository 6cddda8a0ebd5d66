//! What the library does to memory: scratch blocks for the kernels; huge pages and glibc's
//! thresholds for the blocks that the runtimes own.
const std = @import("std");
const builtin = @import("builtin");
const platform = @import("platform.zig");
const Pages = std.heap.PageAllocator;

const huge_page = 2 << 20;

/// Asks for huge pages in the part of a fresh block that can have them. First touch of 64 MB takes
/// 22 ms with 4 KiB pages and 5 ms with huge ones.
pub fn prepareBlock(address: usize, bytes: usize) void {
    if (builtin.os.tag != .linux) return;
    const start = std.mem.alignForward(usize, address, huge_page);
    const end = std.mem.alignBackward(usize, address + bytes, huge_page);
    if (end <= start) return;
    _ = std.os.linux.madvise(@ptrFromInt(start), end - start, std.os.linux.MADV.HUGEPAGE); // a hint: failing is fine
}

extern "c" fn mallopt(parameter: c_int, value: c_int) c_int;
const M_TRIM_THRESHOLD = -1;
const M_MMAP_THRESHOLD = -3;

/// Lets glibc keep freed blocks of up to 32 MB (it takes no higher threshold) instead of returning
/// their pages: a fresh 4 MB result then costs 81 us in Deno instead of 300-430.
pub fn tuneAllocator() void {
    if (builtin.os.tag != .linux or !builtin.abi.isGnu()) return;
    _ = mallopt(M_MMAP_THRESHOLD, 32 << 20);
    _ = mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

/// One thread's scratch blocks, one per runtime.Slot. A thread finds its own by a thread-local
/// pointer. That has no destructor, which could outlive the library: a thread that ends leaves its
/// Scratch in the list, and the next new thread takes it over, blocks included. So there are never
/// more than threads alive at one time. (On systems where isAlive cannot tell, a thread that ends
/// leaks its blocks.)
const Scratch = struct {
    owner: platform.ThreadId,
    next: ?*Scratch,
    blocks: [3][]align(std.heap.page_size_min) u8,
};

threadlocal var mine: ?*Scratch = null;
var list: ?*Scratch = null;
var list_lock: std.atomic.Value(bool) = .init(false);

const block_min = 64 << 10;
/// No address space has more; sums of sizes below it cannot overflow.
const bytes_max = 1 << 56;
/// Larger blocks are given back once a request needs less than half of one.
const keep_max = 64 << 20;

/// Where in its block a slot's memory starts. Blocks begin at a page; so do large results of
/// malloc, 64 bytes on. With the same low 12 bits a store and a later load look dependent (4 KiB
/// aliasing).
const colours = [3]usize{ 1 << 10, 3 << 9, 1 << 11 };

/// Memory of the calling thread, aligned to 64 bytes and valid until it asks for the same slot
/// again; null when there is none.
pub fn scratch(slot: u32, bytes: usize) callconv(.c) ?[*]align(64) u8 {
    std.debug.assert(slot < colours.len);
    const own = mine orelse adopt() orelse return null;
    const block = &own.blocks[slot];
    if (bytes > bytes_max) return null;
    const needed = bytes + colours[slot];
    const fits = needed <= block.len and (block.len <= keep_max or needed > block.len / 2);
    if (!fits and !replace(block, needed)) return null;
    return @alignCast(block.ptr + colours[slot]);
}

/// A block of at least `needed` bytes instead of the old one, grown by doubling.
fn replace(block: *[]align(std.heap.page_size_min) u8, needed: usize) bool {
    @branchHint(.cold);
    if (block.len != 0) Pages.unmap(block.*);
    block.* = &.{};
    const bytes = if (needed > keep_max)
        std.mem.alignForward(usize, needed, huge_page)
    else
        std.math.ceilPowerOfTwoAssert(usize, @max(needed, block_min));
    const alignment: usize = if (bytes >= huge_page) huge_page else std.heap.page_size_min;
    const memory = Pages.map(bytes, .fromByteUnits(alignment)) orelse return false;
    block.* = @alignCast(memory[0..bytes]);
    prepareBlock(@intFromPtr(memory), bytes);
    return true;
}

/// The Scratch of a thread that has ended, or a new one.
fn adopt() ?*Scratch {
    @branchHint(.cold);
    const id = platform.threadId();
    // Held for microseconds, once per thread. Looking and taking over must be one step: ids are
    // used again.
    while (list_lock.swap(true, .acquire)) std.atomic.spinLoopHint();
    defer list_lock.store(false, .release);
    var node = list;
    while (node) |other| : (node = other.next) {
        // This thread's id on a node that is not `mine` is from an earlier thread with the same id.
        if (builtin.os.tag == .linux and (other.owner == id or !platform.isAlive(other.owner))) break;
    }
    const own = node orelse fresh() orelse return null;
    own.owner = id;
    mine = own;
    return own;
}

fn fresh() ?*Scratch {
    const own = std.heap.c_allocator.create(Scratch) catch return null;
    own.* = .{ .owner = 0, .next = list, .blocks = @splat(&.{}) };
    list = own;
    return own;
}

/// In the child of a fork: its one thread has a new id, and whoever held the lock is gone.
pub fn resetAfterFork() void {
    list_lock.store(false, .monotonic);
    if (mine) |own| own.owner = platform.threadId();
}

fn scratchOwners() usize {
    var count: usize = 0;
    var node = list;
    while (node) |other| : (node = other.next) count += 1;
    return count;
}

test "scratch grows, keeps and gives back" {
    const testing = std.testing;
    // What there is not makes room: tests before this one have left blocks.
    try testing.expectEqual(@as(?[*]align(64) u8, null), scratch(0, 1 << 50));
    const small = scratch(0, 100).?;
    try testing.expectEqual(small, scratch(0, 60_000).?);
    try testing.expect(std.mem.isAligned(@intFromPtr(small), 64));
    const other = scratch(1, 100).?;
    try testing.expect(other != small);
    const large = scratch(0, 5 << 20).?;
    large[(5 << 20) - 1] = 1;
    try testing.expectEqual(@as(usize, 8 << 20), mine.?.blocks[0].len);
    const huge = scratch(0, 100 << 20).?;
    huge[(100 << 20) - 1] = 1;
    try testing.expectEqual(huge, scratch(0, 60 << 20).?);
    _ = scratch(0, 40 << 20).?;
    try testing.expectEqual(@as(usize, keep_max), mine.?.blocks[0].len);
    _ = scratch(0, 1).?;
    try testing.expectEqual(@as(usize, keep_max), mine.?.blocks[0].len);
    try testing.expectEqual(@as(?[*]align(64) u8, null), scratch(0, std.math.maxInt(usize)));
    try testing.expectEqual(@as(?[*]align(64) u8, null), scratch(0, 1 << 50));
    try testing.expectEqual(@as(usize, 0), mine.?.blocks[0].len);
    try testing.expect(scratch(0, 0) != null);
}

test "threads that ended leave their scratch to new ones" {
    if (builtin.os.tag != .linux) return error.SkipZigTest;
    _ = scratch(0, 1);
    const before = scratchOwners();
    const use = struct {
        fn use() void {
            const block = scratch(1, 1000).?;
            @memset(block[0..1000], 7);
        }
    }.use;
    for (0..20) |_| (try std.Thread.spawn(.{}, use, .{})).join();
    // join returns when the thread's memory is free, just before the kernel forgets its id: one may
    // overlap the next.
    try std.testing.expect(scratchOwners() <= before + 2);
}
