//! What the pool needs of an operating system: a clock, wait and wake on a word, the number of
//! cores it may use, and a library that stays mapped. Linux, macOS and Windows; only Linux has been
//! run.
const std = @import("std");
const builtin = @import("builtin");
const Word = std.atomic.Value(u32);

const os = builtin.os.tag;
const linux = std.os.linux;

comptime {
    if (os != .linux and os != .macos and os != .windows) @compileError("no wait and wake for this system");
}

/// Monotonic time in nanoseconds.
pub fn now() u64 {
    if (os == .windows) {
        var count: i64 = 0;
        var frequency: i64 = 1;
        _ = QueryPerformanceCounter(&count);
        _ = QueryPerformanceFrequency(&frequency);
        return @intCast(@divTrunc(@as(i128, count) * std.time.ns_per_s, frequency));
    }
    var time: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.MONOTONIC, &time);
    return @as(u64, @intCast(time.sec)) * std.time.ns_per_s + @as(u64, @intCast(time.nsec));
}

extern "kernel32" fn QueryPerformanceCounter(count: *i64) callconv(.winapi) i32;
extern "kernel32" fn QueryPerformanceFrequency(frequency: *i64) callconv(.winapi) i32;

/// Sleeps while `word` holds `expected`; may return for no reason.
pub fn wait(word: *const Word, expected: u32) void {
    switch (os) {
        .linux => _ = linux.futex_4arg(word, .{ .cmd = .WAIT, .private = true }, expected, null),
        .macos => _ = __ulock_wait(ulock_compare_and_wait, word, expected, 0),
        .windows => _ = RtlWaitOnAddress(word, &expected, @sizeOf(u32), null),
        else => unreachable,
    }
}

/// Wakes up to `count` threads that wait on `word`: on macOS and Windows all of them, when count is
/// more than 1.
pub fn wake(word: *const Word, count: u32) void {
    switch (os) {
        .linux => _ = linux.futex_3arg(word, .{ .cmd = .WAKE, .private = true }, @min(count, std.math.maxInt(i32))),
        .macos => _ = __ulock_wake(ulock_compare_and_wait | @as(u32, if (count > 1) ulock_wake_all else 0), word, 0),
        .windows => if (count > 1) RtlWakeAddressAll(word) else RtlWakeAddressSingle(word),
        else => unreachable,
    }
}

const ulock_compare_and_wait = 1;
const ulock_wake_all = 0x100;
extern "c" fn __ulock_wait(operation: u32, address: *const anyopaque, value: u64, microseconds: u32) c_int;
extern "c" fn __ulock_wake(operation: u32, address: *const anyopaque, value: u64) c_int;
extern "ntdll" fn RtlWaitOnAddress(
    address: *const anyopaque,
    expected: *const anyopaque,
    size: usize,
    timeout: ?*const i64,
) callconv(.winapi) i32;
extern "ntdll" fn RtlWakeAddressAll(address: *const anyopaque) callconv(.winapi) void;
extern "ntdll" fn RtlWakeAddressSingle(address: *const anyopaque) callconv(.winapi) void;

/// Starts a detached thread that receives no signal: the runtimes send theirs to their own threads,
/// and expect the handlers to run there. False when the system refuses.
pub fn startThread(comptime body: fn (index: u32) void, index: u32) bool {
    if (os == .windows) return spawn(body, index);
    const every = std.posix.sigfillset();
    var before: std.c.sigset_t = undefined;
    _ = std.c.pthread_sigmask(std.c.SIG.SETMASK, &every, &before);
    defer {
        var ignored: std.c.sigset_t = undefined;
        _ = std.c.pthread_sigmask(std.c.SIG.SETMASK, &before, &ignored);
    }
    return spawn(body, index);
}

fn spawn(comptime body: fn (index: u32) void, index: u32) bool {
    const thread = std.Thread.spawn(.{ .stack_size = 512 << 10 }, body, .{index}) catch return false;
    thread.detach();
    return true;
}

/// Names the calling thread, for debuggers and profilers.
pub fn nameThread(name: [*:0]const u8) void {
    if (os == .linux) _ = std.c.prctl(@intFromEnum(linux.PR.SET_NAME), name);
}

/// Keeps the library mapped after dlclose: parked threads will wake up in its code. There is
/// nothing to undo at exit.
pub fn pinLibrary() void {
    if (os == .windows) {
        var module: ?*anyopaque = null;
        const pin_from_address = 1 | 4;
        _ = GetModuleHandleExW(pin_from_address, &pinLibrary, &module);
        return;
    }
    var info: DlInfo = undefined;
    if (dladdr(&pinLibrary, &info) == 0) return;
    _ = std.c.dlopen(info.file, .{ .NOW = true, .NOLOAD = true, .NODELETE = true });
}

const DlInfo = extern struct { file: ?[*:0]const u8, base: ?*anyopaque, symbol: ?[*:0]const u8, address: ?*anyopaque };
extern "c" fn dladdr(address: *const anyopaque, info: *DlInfo) c_int;
extern "kernel32" fn GetModuleHandleExW(
    flags: u32,
    address: *const anyopaque,
    module: *?*anyopaque,
) callconv(.winapi) i32;

/// Has `reset` called in the child of every later fork, which starts with one thread only.
pub fn afterFork(reset: *const fn () callconv(.c) void) void {
    if (os != .windows) _ = pthread_atfork(null, null, reset);
}

const ForkHandler = ?*const fn () callconv(.c) void;
extern "c" fn pthread_atfork(prepare: ForkHandler, parent: ForkHandler, child: ForkHandler) c_int;

pub const ThreadId = u32;

/// Identity of the calling thread for isAlive; 0 on systems without a cheap one.
pub fn threadId() ThreadId {
    return if (os == .linux) @intCast(linux.gettid()) else 0;
}

/// False only if no thread of this process has that id.
pub fn isAlive(id: ThreadId) bool {
    if (os != .linux) return true;
    const process: usize = @intCast(linux.getpid());
    return linux.errno(linux.syscall3(.tgkill, process, id, 0)) != .SRCH;
}

/// Cores that this process may use: by affinity, and by quota of its cgroup (containers), rounded
/// up.
pub fn coreCount() u32 {
    const cores = std.math.lossyCast(u32, std.Thread.getCpuCount() catch 1);
    const quota = if (os == .linux) quotaOfGroups() else null;
    return @max(1, @min(cores, quota orelse cores));
}

/// The least quota among this process's cgroups and their ancestors. A container may see its
/// groups' paths as they are on the host, where they do not exist for it: then the last step, the
/// root, is the container's own group.
fn quotaOfGroups() ?u32 {
    var buffer: [4096]u8 = undefined;
    const groups = readFile("/proc/self/cgroup", &buffer) orelse return null;
    var least: ?u32 = null;
    var lines = std.mem.tokenizeScalar(u8, groups, '\n');
    while (lines.next()) |line| {
        var fields = std.mem.splitScalar(u8, line, ':'); // hierarchy:controllers:path
        _ = fields.next();
        const controllers = fields.next() orelse continue;
        var path = std.mem.trimEnd(u8, fields.rest(), "/");
        if (controllers.len != 0 and !listed("cpu", controllers)) continue;
        while (true) {
            if (quotaOfGroup(controllers.len == 0, path)) |quota| least = @min(quota, least orelse quota);
            path = path[0 .. std.mem.lastIndexOfScalar(u8, path, '/') orelse break];
        }
    }
    return least;
}

fn quotaOfGroup(unified: bool, path: []const u8) ?u32 {
    var quota: [64]u8 = undefined;
    var period: [64]u8 = undefined;
    if (unified) {
        const line = readFrom("/sys/fs/cgroup", path, "/cpu.max", &quota) orelse return null;
        var words = std.mem.tokenizeAny(u8, line, " \n");
        return quotaCores(words.next() orelse return null, words.next() orelse return null);
    }
    return quotaCores(
        readFrom("/sys/fs/cgroup/cpu", path, "/cpu.cfs_quota_us", &quota) orelse return null,
        readFrom("/sys/fs/cgroup/cpu", path, "/cpu.cfs_period_us", &period) orelse return null,
    );
}

/// Microseconds of quota in microseconds of period, as cores; null for "max" and -1.
fn quotaCores(quota: []const u8, period: []const u8) ?u32 {
    const part = std.fmt.parseInt(u32, std.mem.trimEnd(u8, quota, "\n"), 10) catch return null;
    const whole = std.fmt.parseInt(u32, std.mem.trimEnd(u8, period, "\n"), 10) catch return null;
    if (part == 0 or whole == 0) return null;
    return std.math.divCeil(u32, part, whole) catch unreachable;
}

fn listed(name: []const u8, list: []const u8) bool {
    var names = std.mem.splitScalar(u8, list, ',');
    while (names.next()) |other| if (std.mem.eql(u8, name, other)) return true;
    return false;
}

fn readFrom(root: []const u8, path: []const u8, name: []const u8, buffer: []u8) ?[]const u8 {
    var full: [4096]u8 = undefined;
    const written = std.fmt.bufPrintZ(&full, "{s}{s}{s}", .{ root, path, name }) catch return null;
    return readFile(written, buffer);
}

fn readFile(path: [*:0]const u8, buffer: []u8) ?[]const u8 {
    const file = std.c.open(path, .{ .CLOEXEC = true });
    if (file < 0) return null;
    defer _ = std.c.close(file);
    const length = std.c.read(file, buffer.ptr, buffer.len);
    return if (length > 0) buffer[0..@intCast(length)] else null;
}

test "a quota is worth cores" {
    try std.testing.expectEqual(@as(?u32, null), quotaCores("max", "100000\n"));
    try std.testing.expectEqual(@as(?u32, null), quotaCores("-1\n", "100000\n"));
    try std.testing.expectEqual(@as(?u32, 1), quotaCores("5000", "100000"));
    try std.testing.expectEqual(@as(?u32, 2), quotaCores("150000", "100000\n"));
    try std.testing.expectEqual(@as(?u32, 4), quotaCores("400000\n", "100000\n"));
    try std.testing.expect(listed("cpu", "cpu,cpuacct") and listed("cpu", "cpuset,cpu") and !listed("cpu", "cpuset"));
}

test "the process has cores and threads" {
    try std.testing.expect(coreCount() >= 1);
    try std.testing.expect(isAlive(threadId()));
    const before = now();
    try std.testing.expect(now() >= before);
}

test "wait returns at once when the word has changed" {
    const word: Word = .init(7);
    wait(&word, 6);
    wake(&word, 1);
}
