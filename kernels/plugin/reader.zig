//! Reads what a plugin says of itself, as JSON, and takes nothing on trust: every struct and string
//! is copied before it is looked at, and an address that is not the process's is an answer, not a
//! crash. What the fields mean (names, rules, versions) is judged in TypeScript.
const std = @import("std");
const builtin = @import("builtin");
const abi = @import("abi");
const plugin = @import("../plugin.zig");
const Allocator = std.mem.Allocator;

const ops_max = 1024;
const name_max = 128;
const text_max = 4096;
/// No struct of this interface will ever be larger; a plugin's step from op to op has to be sane.
const struct_max = 4096;

const Text = []const u8;

/// The default is text: JSON has no NaN and no infinity.
pub const Attribute = struct { name: []const u8, default: []const u8, required: bool };

pub const Op = struct {
    name: []const u8,
    summary: []const u8,
    inputs: u32,
    optional: u32,
    outputs: u32,
    flags: u32,
    dtypes: u32,
    saves: u32,
    infer: ?[]const u8,
    inferAddress: usize,
    forward: usize,
    backward: usize,
    gradient: ?[]const u8,
    attributes: []const Attribute,
    outputNames: ?[]const []const u8,
};

pub const Manifest = struct {
    name: []const u8,
    version: []const u8,
    description: []const u8,
    author: []const u8,
    minimum: []const u8,
    maximum: ?[]const u8,
    initialize: usize,
    cleanup: usize,
    ops: []const Op,
};

/// What came of it: one of the three is set.
pub const Answer = struct {
    manifest: ?Manifest = null,
    /// What is wrong, after "its ".
    problem: ?[]const u8 = null,
    /// The version in the plugin's struct, when it is not this library's.
    abiVersion: ?u32 = null,
};

const Fault = error{ Invalid, OutOfMemory };

/// The manifest at `address` as JSON; the text belongs to the allocator.
pub fn json(allocator: Allocator, address: usize) error{OutOfMemory}![]u8 {
    var arena: std.heap.ArenaAllocator = .init(allocator);
    defer arena.deinit();
    var reader: Reader = .{ .arena = arena.allocator() };
    const answer = reader.read(address) catch |err| switch (err) {
        error.OutOfMemory => return error.OutOfMemory,
        error.Invalid => reader.answer,
    };
    return std.json.Stringify.valueAlloc(allocator, answer, .{});
}

const Reader = struct {
    arena: Allocator,
    answer: Answer = .{},

    fn fail(reader: *Reader, comptime format: []const u8, args: anytype) Fault {
        reader.answer.problem = try std.fmt.allocPrint(reader.arena, format, args);
        return error.Invalid;
    }

    fn read(reader: *Reader, address: usize) Fault!Answer {
        if (address == 0) return reader.fail("description is null", .{});
        const head = try reader.copy([2]u32, address, "description");
        if (head[0] != plugin.version) {
            reader.answer.abiVersion = head[0];
            return error.Invalid;
        }
        const size = head[1];
        if (size < @sizeOf(plugin.Plugin)) {
            return reader.fail(
                "struct_size is {d}, expected {d} or more",
                .{ size, @sizeOf(plugin.Plugin) },
            );
        }
        const found = try reader.copy(plugin.Plugin, address, "description");
        return .{ .manifest = .{
            .name = try reader.string(found.name, name_max, "name", .{}),
            .version = try reader.string(found.version, name_max, "version", .{}),
            .description = try reader.string(found.description, text_max, "description text", .{}),
            .author = try reader.string(found.author, text_max, "author", .{}),
            .minimum = try reader.string(
                found.min_minitensor_version,
                name_max,
                "min_minitensor_version",
                .{},
            ),
            .maximum = try reader.optional(
                found.max_minitensor_version,
                name_max,
                "max_minitensor_version",
                .{},
            ),
            .initialize = @intFromPtr(found.initialize),
            .cleanup = @intFromPtr(found.cleanup),
            .ops = try reader.readOps(&found),
        } };
    }

    fn readOps(reader: *Reader, found: *const plugin.Plugin) Fault![]const Op {
        if (found.op_count > ops_max) {
            return reader.fail(
                "op_count is {d}, at most {d} are taken",
                .{ found.op_count, ops_max },
            );
        }
        if (found.op_count == 0) return &.{};
        if (found.op_size < @sizeOf(plugin.Op) or found.op_size > struct_max) {
            return reader.fail(
                "op_size is {d}, expected {d}",
                .{ found.op_size, @sizeOf(plugin.Op) },
            );
        }
        const first = @intFromPtr(found.ops orelse return reader.fail("ops is null", .{}));
        const ops = try reader.arena.alloc(Op, found.op_count);
        for (ops, 0..) |*op, i| {
            const raw = try reader.copy(plugin.Op, first +% i * found.op_size, "ops");
            op.* = try reader.readOp(&raw, i);
        }
        return ops;
    }

    fn readOp(reader: *Reader, raw: *const plugin.Op, i: usize) Fault!Op {
        const name = try reader.string(raw.name, name_max, "ops[{d}].name", .{i});
        if (raw.forward == null) return reader.fail("op {s} has no forward kernel", .{name});
        if (raw.output_count == 0) return reader.fail("op {s} has no output", .{name});
        const views = @as(u64, raw.input_count) + raw.optional_count + raw.output_count;
        if (views > abi.view_max) {
            return reader.fail(
                "op {s} has {d} inputs and outputs, at most {d} are taken",
                .{ name, views, abi.view_max },
            );
        }
        const known = (@as(u32, 1) << std.enums.values(abi.DType).len) - 1;
        if (raw.dtypes == 0 or raw.dtypes & ~known != 0) {
            return reader.fail(
                "op {s} has dtypes 0x{x}, of which 0x{x} are known",
                .{ name, raw.dtypes, known },
            );
        }
        if (raw.flags & ~plugin.elementwise != 0) {
            return reader.fail(
                "op {s} has unknown flags 0x{x}",
                .{ name, raw.flags },
            );
        }
        const saves = plugin.saves_inputs | plugin.saves_outputs;
        if (raw.saves & ~saves != 0) {
            return reader.fail(
                "op {s} has unknown bits in saves, 0x{x}",
                .{ name, raw.saves },
            );
        }
        if ((raw.infer == null) == (raw.infer_fn == null)) {
            return reader.fail("op {s} must have one of infer and infer_fn", .{name});
        }
        if (raw.backward != null and raw.gradient != null) {
            return reader.fail("op {s} has both backward and gradient", .{name});
        }
        return .{
            .name = name,
            .summary = try reader.optional(
                raw.summary,
                text_max,
                "summary of op {s}",
                .{name},
            ) orelse "",
            .inputs = raw.input_count,
            .optional = raw.optional_count,
            .outputs = raw.output_count,
            .flags = raw.flags,
            .dtypes = raw.dtypes,
            .saves = raw.saves,
            .infer = try reader.optional(raw.infer, name_max, "infer of op {s}", .{name}),
            .inferAddress = @intFromPtr(raw.infer_fn),
            .forward = @intFromPtr(raw.forward),
            .backward = @intFromPtr(raw.backward),
            .gradient = try reader.optional(raw.gradient, name_max, "gradient of op {s}", .{name}),
            .attributes = try reader.readAttributes(raw, name),
            .outputNames = try reader.outputNames(raw, name),
        };
    }

    fn readAttributes(reader: *Reader, raw: *const plugin.Op, op: Text) Fault![]const Attribute {
        const count = raw.attribute_count;
        if (count == 0) return &.{};
        if (count > abi.attribute_max) {
            return reader.fail(
                "op {s} has {d} attributes, at most {d} are taken",
                .{ op, count, abi.attribute_max },
            );
        }
        if (raw.attribute_size < @sizeOf(plugin.Attribute) or raw.attribute_size > struct_max) {
            return reader.fail(
                "op {s} has attribute_size {d}, expected {d}",
                .{ op, raw.attribute_size, @sizeOf(plugin.Attribute) },
            );
        }
        const array = raw.attributes orelse return reader.fail("op {s} has null attributes", .{op});
        const first = @intFromPtr(array);
        const attributes = try reader.arena.alloc(Attribute, count);
        for (attributes, 0..) |*attribute, i| {
            const address = first +% i * raw.attribute_size;
            const found = try reader.copy(plugin.Attribute, address, "attributes");
            attribute.* = .{
                .name = try reader.string(
                    found.name,
                    name_max,
                    "attributes[{d}].name of op {s}",
                    .{ i, op },
                ),
                .default = try std.fmt.allocPrint(reader.arena, "{d}", .{found.default_value}),
                .required = found.flags & plugin.required != 0,
            };
        }
        return attributes;
    }

    fn outputNames(reader: *Reader, raw: *const plugin.Op, op: Text) Fault!?[]const Text {
        const first = @intFromPtr(raw.output_names orelse return null);
        const names = try reader.arena.alloc([]const u8, raw.output_count);
        for (names, 0..) |*name, i| {
            const address = first +% i * @sizeOf(plugin.String);
            const found = try reader.copy(plugin.String, address, "output_names");
            name.* = try reader.string(found, name_max, "output_names[{d}] of op {s}", .{ i, op });
        }
        return names;
    }

    fn copy(reader: *Reader, comptime T: type, address: usize, what: []const u8) Fault!T {
        var value: T = undefined;
        if (copied(address, std.mem.asBytes(&value)) < @sizeOf(T)) {
            return reader.fail(
                "{s} at 0x{x} lies outside the process's memory",
                .{ what, address },
            );
        }
        return value;
    }

    fn string(
        reader: *Reader,
        pointer: plugin.String,
        most: usize,
        comptime what: []const u8,
        args: anytype,
    ) Fault![]const u8 {
        return try reader.optional(pointer, most, what, args) orelse
            reader.fail(what ++ " is null", args);
    }

    fn optional(
        reader: *Reader,
        pointer: plugin.String,
        most: usize,
        comptime what: []const u8,
        args: anytype,
    ) Fault!?[]const u8 {
        const address = @intFromPtr(pointer orelse return null);
        const buffer = try reader.arena.alloc(u8, most + 1);
        const bytes = buffer[0..copied(address, buffer)];
        const end = std.mem.indexOfScalar(u8, bytes, 0) orelse {
            if (bytes.len == buffer.len) {
                return reader.fail(
                    what ++ " is longer than {d} bytes",
                    args ++ .{most},
                );
            }
            return reader.fail(what ++ " lies outside the process's memory", args);
        };
        if (!std.unicode.utf8ValidateSlice(bytes[0..end])) {
            return reader.fail(what ++ " is not UTF-8", args);
        }
        return bytes[0..end];
    }
};

/// Copies what can be read of `target.len` bytes at `address`; how many. The bytes go through a
/// pipe, since write(2) answers EFAULT where a load would be a segmentation fault.
fn copied(address: usize, target: []u8) usize {
    if (builtin.os.tag == .windows) {
        @memcpy(target, @as([*]const u8, @ptrFromInt(address)));
        return target.len;
    }
    var ends: [2]c_int = undefined;
    if (std.c.pipe(&ends) != 0) return 0;
    defer for (ends) |end| {
        _ = std.c.close(end);
    };
    var done: usize = 0;
    while (done < target.len) {
        // Up to the end of a page: a string may lie at the end of the last one that can be read.
        const from = address +% done;
        const page = std.heap.page_size_min;
        const count = @min(target.len - done, page - from % page);
        const written = std.c.write(ends[1], @ptrFromInt(from), count);
        if (written <= 0) break;
        const read = std.c.read(ends[0], target[done..].ptr, @intCast(written));
        if (read <= 0) break;
        done += @intCast(read);
    }
    return done;
}

test "a manifest is read back as it is" {
    const kernel = struct {
        fn run(_: *abi.Call) callconv(.c) abi.Status {
            return .ok;
        }
    }.run;
    const attributes = [_]plugin.Attribute{.{ .name = "alpha", .default_value = 0.5 }};
    const ops = [_]plugin.Op{.{
        .name = "me/twice",
        .summary = null,
        .input_count = 1,
        .dtypes = 3,
        .infer = "same",
        .forward = kernel,
        .attributes = &attributes,
        .attribute_count = 1,
    }};
    const given: plugin.Plugin = .{
        .name = "me",
        .version = "1.2.3",
        .description = "says \"hello\"",
        .author = "J\xc3\xbcrgen",
        .min_minitensor_version = "0.1.0",
        .op_count = 1,
        .ops = &ops,
    };
    const text = try json(std.testing.allocator, @intFromPtr(&given));
    defer std.testing.allocator.free(text);
    const parsed = try std.json.parseFromSlice(Answer, std.testing.allocator, text, .{});
    defer parsed.deinit();
    const manifest = parsed.value.manifest.?;
    try std.testing.expectEqualStrings("J\xc3\xbcrgen", manifest.author);
    try std.testing.expectEqualStrings("me/twice", manifest.ops[0].name);
    try std.testing.expectEqual(@intFromPtr(&kernel), manifest.ops[0].forward);
    try std.testing.expectEqualStrings("0.5", manifest.ops[0].attributes[0].default);
}

test "what cannot be read is told" {
    const cases = .{
        .{ @as(usize, 0), "description is null" },
        .{ @as(usize, 16), "description at 0x10 lies outside the process's memory" },
        .{ @intFromPtr(&[2]u32{ 1, 8 }), "struct_size is 8, expected 88 or more" },
    };
    inline for (cases) |case| try expectProblem(case[0], case[1]);
    var bad: plugin.Plugin = .{
        .name = "\xff\xfe",
        .version = "1.0.0",
        .description = "",
        .author = "",
        .min_minitensor_version = "0.1.0",
        .op_count = 1,
        .ops = null,
    };
    try expectProblem(@intFromPtr(&bad), "name is not UTF-8");
    bad.name = @ptrFromInt(1 << 40);
    try expectProblem(@intFromPtr(&bad), "name lies outside the process's memory");
    bad.name = "x" ** 200;
    try expectProblem(@intFromPtr(&bad), "name is longer than 128 bytes");
    bad.name = "good";
    try expectProblem(@intFromPtr(&bad), "ops is null");
    bad.op_count = std.math.maxInt(u32);
    try expectProblem(@intFromPtr(&bad), "op_count is 4294967295, at most 1024 are taken");
}

fn expectProblem(address: usize, expected: []const u8) !void {
    const text = try json(std.testing.allocator, address);
    defer std.testing.allocator.free(text);
    const parsed = try std.json.parseFromSlice(Answer, std.testing.allocator, text, .{});
    defer parsed.deinit();
    try std.testing.expectEqualStrings(expected, parsed.value.problem orelse "none");
}
