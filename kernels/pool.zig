//! The process's one pool of threads. A job is cut into chunks; the caller works on them too, and
//! the workers join it when they can.
//!
//! Chunks are claimed by a fetch_add on one word that holds the next chunk, their count and the
//! job's epoch. A claim below the count is a claim on the job in the slot, whichever it is by then,
//! and keeps that job alive until it is reported finished: a worker that comes late can neither run
//! a stale chunk nor compare with a stale count. The caller waits only for chunks that others have
//! claimed, so a worker that the system does not run costs nothing (a static division would wait
//! for it, 4 to 8 ms).
//!
//! There are several slots, for runtimes with several JavaScript threads. A call from inside a
//! chunk, or when every slot is taken, runs on its own thread: no caller ever waits for another
//! caller's job.
const std = @import("std");
const memory = @import("memory.zig");
const platform = @import("platform.zig");
const Atomic = std.atomic.Value;
const assert = std.debug.assert;

const Body = *const fn (context: *const anyopaque, index: usize) callconv(.c) void;

/// Jobs shorter than this run on the caller: handing half of one over and back costs about 0.5 us
/// when workers spin.
const alone_below = 4_000.0;
/// Waking a parked worker takes 20 to 25 us until it works; jobs shorter than this leave it asleep.
const wake_above = 60_000.0;
/// Short jobs that follow one another within this many nanoseconds are a stream, worth waking for
/// as one long job is: without it a loop of 38 us matrix products never used the second core.
const stream_gap = 100_000;
/// Nanoseconds that a thread without work spins before it sleeps.
const spin_time = 50_000;
const threads_max = 256;
const job_max = 4;

const Claim = packed struct(u64) {
    next: u20,
    count: u20,
    epoch: u24,
};

/// Threads that fail to claim push `next` past the count, each by 1 per look: half the field is
/// room for them.
const chunk_max = 1 << 19;

/// Two cache lines apart, because the prefetcher fetches them in pairs.
const Job = extern struct {
    claim: Atomic(u64) align(128) = .init(0),
    body: Body = undefined,
    context: *const anyopaque = undefined,
    /// Indices in the job, and in each chunk: 1, unless there are more indices than a claim can
    /// count.
    total: usize = 0,
    group: usize = 1,
    /// Finished chunks, and a flag: the caller sleeps until the last one.
    finished: Atomic(u32) align(128) = .init(0),
    taken: Atomic(bool) = .init(false),
};

const caller_sleeps = 1 << 31;

var jobs: [job_max]Job = @splat(.{});
/// Threads that may work, the caller's among them; 0 until someone asks.
var limit: Atomic(u32) align(128) = .init(0);
var cores: Atomic(u32) = .init(0);
/// Workers that exist, and a lock for whoever makes more.
var started: Atomic(u32) = .init(0);
var starting: Atomic(bool) = .init(false);
var prepared = false;
/// Workers that sleep, and the word they sleep on.
var sleeping: Atomic(u32) align(128) = .init(0);
var alarm: Atomic(u32) align(128) = .init(0);
/// Whether this thread runs a chunk.
threadlocal var inside: bool = false;

/// Threads that take part in a job, the caller's among them.
pub fn threads() u32 {
    const count = limit.load(.acquire);
    return if (count != 0) count else setDefault();
}

/// Takes effect with the next job. 0: back to the default.
pub fn setThreads(count: u32) void {
    limit.store(if (count == 0) defaultThreads() else @min(count, threads_max), .seq_cst);
    // Workers that are now too many must not sleep where they would catch the alarms of the others.
    platform.wake(&limit, threads_max);
    _ = alarm.fetchAdd(1, .seq_cst);
    platform.wake(&alarm, threads_max);
}

fn setDefault() u32 {
    const count = defaultThreads();
    return limit.cmpxchgStrong(0, count, .seq_cst, .acquire) orelse count;
}

/// MINITENSOR_THREADS, or one for each core that the process may use.
fn defaultThreads() u32 {
    const fallback = @min(platform.coreCount(), threads_max);
    const wanted = std.c.getenv("MINITENSOR_THREADS") orelse return fallback;
    const count = std.fmt.parseInt(u32, std.mem.span(wanted), 10) catch return fallback;
    return if (count == 0) fallback else @min(count, threads_max);
}

pub fn parallelFor(count: usize, nanoseconds: f64, body: Body, context: *const anyopaque) callconv(.c) void {
    // Written so that a NaN stays on the caller.
    if (count < 2 or !(nanoseconds >= alone_below) or inside) return runAlone(count, body, context);
    const helpers = threads() - 1;
    if (helpers == 0) return runAlone(count, body, context);
    var awake = awakeWorkers(helpers);
    const worth_waking = nanoseconds >= wake_above or (awake == 0 and isStream(nanoseconds));
    if (worth_waking and started.load(.monotonic) < helpers) {
        startWorkers(helpers);
        awake = awakeWorkers(helpers);
    }
    if (awake == 0 and !worth_waking) return runAlone(count, body, context);
    const job = takeJob() orelse return runAlone(count, body, context);
    defer job.taken.store(false, .release);

    const chunks = publish(job, count, body, context);
    if (worth_waking) wakeWorkers(@min(chunks - 1, helpers), awake, @max(nanoseconds, wake_above));
    inside = true;
    const ran = work(job);
    inside = false;
    join(job, chunks, ran);
}

fn awakeWorkers(helpers: u32) u32 {
    return @min(started.load(.monotonic), helpers) -| sleeping.load(.monotonic);
}

/// Short jobs of this thread that ran without help, one soon after the other.
threadlocal var stream: struct { nanoseconds: f64 = 0, last: u64 = 0 } = .{};

/// Whether the short jobs of late add up to one that is worth waking for.
fn isStream(nanoseconds: f64) bool {
    const time = platform.now();
    if (time -% stream.last > stream_gap) stream.nanoseconds = 0;
    stream.last = time + @as(u64, @intFromFloat(nanoseconds));
    stream.nanoseconds += nanoseconds;
    if (stream.nanoseconds < wake_above) return false;
    stream.nanoseconds = 0;
    return true;
}

fn runAlone(count: usize, body: Body, context: *const anyopaque) void {
    for (0..count) |index| body(context, index);
}

fn takeJob() ?*Job {
    for (&jobs) |*job| {
        if (!job.taken.load(.monotonic) and !job.taken.swap(true, .acquire)) return job;
    }
    return null;
}

/// Opens the job for claims; returns the number of chunks.
fn publish(job: *Job, count: usize, body: Body, context: *const anyopaque) u32 {
    const before: Claim = @bitCast(job.claim.load(.monotonic));
    assert(before.next >= before.count); // nothing left of the last job
    job.body = body;
    job.context = context;
    job.total = count;
    job.group = std.math.divCeil(usize, count, chunk_max) catch unreachable;
    const chunks = std.math.divCeil(usize, count, job.group) catch unreachable;
    assert(chunks >= 1 and chunks <= chunk_max);
    job.finished.store(0, .monotonic);
    const claim: Claim = .{ .next = 0, .count = @intCast(chunks), .epoch = before.epoch +% 1 };
    job.claim.store(@bitCast(claim), .seq_cst);
    return @intCast(chunks);
}

/// Wakes as many sleepers as the job has 30 us shares, less those already awake.
fn wakeWorkers(useful: u32, awake: u32, nanoseconds: f64) void {
    const asleep = sleeping.load(.seq_cst);
    if (asleep == 0) return;
    const shares: u32 = @intFromFloat(@min(nanoseconds / (wake_above / 2), threads_max));
    const count = @min(useful, shares) -| awake;
    if (count == 0) return;
    _ = alarm.fetchAdd(1, .seq_cst);
    platform.wake(&alarm, @min(count, asleep));
}

/// Claims and runs chunks until none is left; returns how many it ran, which the thread has yet to
/// report.
fn work(job: *Job) u32 {
    var ran: u32 = 0;
    var epoch: u24 = 0;
    while (hasWork(job)) {
        const claim: Claim = @bitCast(job.claim.fetchAdd(1, .acq_rel));
        if (claim.next >= claim.count) break;
        // Chunks not yet reported keep the job from ending.
        assert(ran == 0 or claim.epoch == epoch);
        epoch = claim.epoch;
        const first = @as(usize, claim.next) * job.group;
        for (first..@min(first + job.group, job.total)) |index| job.body(job.context, index);
        ran += 1;
    }
    return ran;
}

fn hasWork(job: *const Job) bool {
    const claim: Claim = @bitCast(job.claim.load(.seq_cst));
    return claim.next < claim.count;
}

/// Waits for the chunks that workers have claimed.
fn join(job: *Job, chunks: u32, ran: u32) void {
    assert(ran <= chunks);
    const theirs = chunks - ran;
    if (theirs == 0) return;
    var spin: Spin = .{};
    while (spin.next()) if (job.finished.load(.acquire) == theirs) return;
    while (true) {
        const seen = job.finished.fetchOr(caller_sleeps, .acquire) | caller_sleeps;
        if (seen == theirs | caller_sleeps) return;
        platform.wait(&job.finished, seen);
    }
}

/// About spin_time of pauses. The clock is read every 16th time: a pause takes 25 ns here, 4 or 40
/// elsewhere.
const Spin = struct {
    count: u32 = 0,
    end: u64 = 0,

    fn next(spin: *Spin) bool {
        std.atomic.spinLoopHint();
        spin.count +%= 1;
        if (spin.count % 16 != 0) return true;
        const time = platform.now();
        if (spin.end == 0) spin.end = time + spin_time;
        return time < spin.end;
    }
};

fn startWorkers(wanted: u32) void {
    @branchHint(.cold);
    if (starting.swap(true, .acquire)) return; // another caller is at it; this one goes on without
    defer starting.store(false, .release);
    if (!prepared) {
        cores.store(platform.coreCount(), .monotonic);
        platform.pinLibrary();
        platform.afterFork(resetAfterFork);
        prepared = true;
    }
    while (started.load(.monotonic) < wanted) {
        if (!platform.startThread(workerMain, started.load(.monotonic))) break;
        _ = started.fetchAdd(1, .monotonic);
    }
}

fn workerMain(index: u32) void {
    platform.nameThread("minitensor");
    inside = true;
    while (true) {
        const allowed = limit.load(.acquire);
        if (index + 1 >= allowed) {
            platform.wait(&limit, allowed);
        } else if (!help(index)) {
            // With more threads than cores, spinning would take time from those that have work.
            const found = allowed <= cores.load(.monotonic) and spinForWork();
            if (!found) sleep();
        }
    }
}

/// Works on every open job, each worker starting at another slot; false if there was none.
fn help(index: u32) bool {
    var helped = false;
    for (0..job_max) |offset| {
        const job = &jobs[(index + offset) % job_max];
        const ran = work(job);
        if (ran == 0) continue;
        helped = true;
        // After this the job may be over and its slot another's: a wake too many is harmless.
        const before = job.finished.fetchAdd(ran, .acq_rel);
        if (before & caller_sleeps != 0) platform.wake(&job.finished, 1);
    }
    return helped;
}

fn anyWork() bool {
    for (&jobs) |*job| if (hasWork(job)) return true;
    return false;
}

fn spinForWork() bool {
    var spin: Spin = .{};
    while (spin.next()) if (anyWork()) return true;
    return false;
}

/// Until the alarm. The caller publishes, then looks for sleepers; the worker becomes a sleeper,
/// then looks for work: one of the two sees the other.
fn sleep() void {
    _ = sleeping.fetchAdd(1, .seq_cst);
    const seen = alarm.load(.seq_cst);
    if (!anyWork()) platform.wait(&alarm, seen);
    _ = sleeping.fetchSub(1, .seq_cst);
}

/// The child of a fork has none of the parent's workers, nor the callers that held slots and locks.
fn resetAfterFork() callconv(.c) void {
    jobs = @splat(.{});
    started.store(0, .monotonic);
    sleeping.store(0, .monotonic);
    starting.store(false, .monotonic);
    memory.resetAfterFork();
}

comptime {
    @export(&parallelFor, .{ .name = "minitensor_parallel_for", .visibility = .hidden });
    @export(&memory.scratch, .{ .name = "minitensor_scratch", .visibility = .hidden });
}

// Tests
// -----------------------------------------------------------------------------------------------------------

const testing = std.testing;

/// Counts how often each index ran.
const Tally = struct {
    counts: []Atomic(u8),
    inner: ?*Tally = null,

    fn count(context: *const anyopaque, index: usize) callconv(.c) void {
        const tally: *const Tally = @ptrCast(@alignCast(context));
        if (tally.inner) |inner| parallelFor(inner.counts.len, 1e6, count, inner);
        _ = tally.counts[index].fetchAdd(1, .monotonic);
    }
};

fn zeros(count: usize) ![]Atomic(u8) {
    const counts = try testing.allocator.alloc(Atomic(u8), count);
    @memset(counts, .init(0));
    return counts;
}

fn expectEach(counts: []Atomic(u8), times: u8) !void {
    for (counts) |*count| if (count.load(.monotonic) != times) return error.TestUnexpectedResult;
}

test "parallelFor runs every index once, for any count and number of threads" {
    defer setThreads(0);
    for ([_]u32{ 1, 2, 3, 8, 40, 5, 1, 2 }) |thread_count| {
        setThreads(thread_count);
        try testing.expectEqual(thread_count, threads());
        for ([_]usize{ 0, 1, 2, 3, 7, 64, 1000, chunk_max - 1, chunk_max, chunk_max + 1, 3 * chunk_max + 5 }) |count| {
            for ([_]f64{ 0, 5e3, 1e5, 1e9, std.math.inf(f64), std.math.nan(f64) }) |nanoseconds| {
                if (count > 1000 and nanoseconds != 1e9) continue;
                const tally: Tally = .{ .counts = try zeros(count) };
                defer testing.allocator.free(tally.counts);
                parallelFor(count, nanoseconds, Tally.count, &tally);
                try expectEach(tally.counts, 1);
            }
        }
    }
    try testing.expect(threads() >= 1);
}

test "many jobs in a row, short and long, with workers awake and asleep" {
    defer setThreads(0);
    setThreads(4);
    const tally: Tally = .{ .counts = try zeros(64) };
    defer testing.allocator.free(tally.counts);
    var random = std.Random.DefaultPrng.init(1);
    for (0..20_000) |repetition| {
        const count = random.random().uintLessThan(usize, 64) + 1;
        const nanoseconds: f64 = if (repetition % 3 == 0) 1e5 else 5e3;
        parallelFor(count, nanoseconds, Tally.count, &tally);
        for (tally.counts, 0..) |*times, index| {
            if (times.swap(0, .monotonic) != @intFromBool(index < count)) return error.TestUnexpectedResult;
        }
        if (repetition % 1000 == 0) {
            const until = platform.now() + 2 * spin_time;
            while (platform.now() < until) std.atomic.spinLoopHint();
        }
    }
}

test "a call from inside a chunk runs there" {
    defer setThreads(0);
    setThreads(4);
    var innermost: Tally = .{ .counts = try zeros(3) };
    defer testing.allocator.free(innermost.counts);
    var inner: Tally = .{ .counts = try zeros(5), .inner = &innermost };
    defer testing.allocator.free(inner.counts);
    const outer: Tally = .{ .counts = try zeros(7), .inner = &inner };
    defer testing.allocator.free(outer.counts);
    parallelFor(7, 1e6, Tally.count, &outer);
    try expectEach(outer.counts, 1);
    try expectEach(inner.counts, 7);
    try expectEach(innermost.counts, 35);
}

test "callers on several threads, more than there are slots, with threads() changing" {
    defer setThreads(0);
    setThreads(3);
    const caller = struct {
        fn caller(failures: *Atomic(u32)) void {
            const tally: Tally = .{ .counts = zeros(100) catch return };
            defer testing.allocator.free(tally.counts);
            for (1..2000) |repetition| {
                const nanoseconds: f64 = if (repetition % 2 == 0) 1e5 else 5e3;
                parallelFor(100, nanoseconds, Tally.count, &tally);
                expectEach(tally.counts, @truncate(repetition)) catch {
                    _ = failures.fetchAdd(1, .monotonic);
                };
                if (repetition % 100 == 0) setThreads(2 + @as(u32, @intCast(repetition / 100)) % 5);
            }
        }
    }.caller;
    var failures: Atomic(u32) = .init(0);
    var callers: [2 * job_max]std.Thread = undefined;
    for (&callers) |*thread| thread.* = try std.Thread.spawn(.{}, caller, .{&failures});
    for (callers) |thread| thread.join();
    try testing.expectEqual(@as(u32, 0), failures.load(.monotonic));
}

test "a long job is shared: two chunks that wait for each other end" {
    defer setThreads(0);
    setThreads(2);
    const meet = struct {
        fn meet(context: *const anyopaque, _: usize) callconv(.c) void {
            const arrived: *Atomic(u32) = @ptrCast(@alignCast(@constCast(context)));
            _ = arrived.fetchAdd(1, .acq_rel);
            while (arrived.load(.acquire) < 2) std.atomic.spinLoopHint();
        }
    }.meet;
    for (0..20) |repetition| {
        var arrived: Atomic(u32) = .init(0);
        parallelFor(2, 1e6, meet, &arrived);
        const until = platform.now() + (repetition % 2) * 3 * spin_time;
        while (platform.now() < until) std.atomic.spinLoopHint();
    }
}

test "the child of a fork starts its own workers" {
    const builtin = @import("builtin");
    if (builtin.os.tag != .linux) return error.SkipZigTest;
    if (builtin.cpu.arch != .x86_64) return error.SkipZigTest; // qemu's user mode has no threads after a fork
    defer setThreads(0);
    setThreads(3);
    const tally: Tally = .{ .counts = try zeros(64) };
    defer testing.allocator.free(tally.counts);
    parallelFor(64, 1e6, Tally.count, &tally);
    const child = std.c.fork();
    if (child == 0) {
        const fresh = started.load(.monotonic) == 0;
        parallelFor(64, 1e6, Tally.count, &tally);
        expectEach(tally.counts, 2) catch std.c._exit(1);
        std.c._exit(if (fresh and started.load(.monotonic) == 2) 0 else 2);
    }
    var status: c_int = 0;
    try testing.expectEqual(child, std.c.waitpid(child, &status, 0));
    try testing.expectEqual(@as(c_int, 0), status);
}
