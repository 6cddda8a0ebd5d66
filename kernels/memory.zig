//! What the library does to memory that the runtimes own: huge pages for large blocks, glibc's thresholds.
const std = @import("std");
const builtin = @import("builtin");

const huge_page = 2 << 20;

/// Asks for huge pages in the part of a fresh block that can have them. First touch of 64 MB takes 22 ms with 4 KiB
/// pages and 5 ms with huge ones.
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

/// Lets glibc keep freed blocks of up to 64 MB instead of returning their pages: a fresh 4 MB result then costs 81 us in
/// Deno instead of 300-430.
pub fn tuneAllocator() void {
    if (builtin.os.tag != .linux or !builtin.abi.isGnu()) return;
    _ = mallopt(M_MMAP_THRESHOLD, 64 << 20);
    _ = mallopt(M_TRIM_THRESHOLD, 256 << 20);
}
