//! The C header against the structs of this library: every field at the same place, every constant
//! the same.
const std = @import("std");
const abi = @import("abi");
const header = @import("plugin_header");
const plugin = @import("../plugin.zig");

fn expectSame(comptime Ours: type, comptime Theirs: type) !void {
    const ours = comptime std.meta.fieldNames(Ours);
    const theirs = comptime std.meta.fieldNames(Theirs);
    try std.testing.expectEqual(ours.len, theirs.len);
    inline for (ours, theirs) |a, b| {
        try std.testing.expectEqualStrings(a, b);
        try std.testing.expectEqual(@offsetOf(Ours, a), @offsetOf(Theirs, b));
        try std.testing.expectEqual(@sizeOf(@FieldType(Ours, a)), @sizeOf(@FieldType(Theirs, b)));
    }
    try std.testing.expectEqual(@sizeOf(Ours), @sizeOf(Theirs));
}

test "minitensor_plugin.h has the structs of abi.zig and plugin.zig" {
    try expectSame(abi.View, header.minitensor_view);
    try expectSame(abi.Call, header.minitensor_call);
    try expectSame(plugin.Host, header.minitensor_host);
    try expectSame(plugin.Attribute, header.minitensor_attribute);
    try expectSame(plugin.Op, header.minitensor_op);
    try expectSame(plugin.Plugin, header.minitensor_plugin);
}

test "minitensor_plugin.h has the constants of abi.zig and plugin.zig" {
    @setEvalBranchQuota(4000);
    try std.testing.expectEqual(plugin.version, header.MINITENSOR_PLUGIN_ABI_VERSION);
    try std.testing.expectEqual(abi.rank_max, header.MINITENSOR_RANK_MAX);
    try std.testing.expectEqual(abi.view_max, header.MINITENSOR_VIEW_MAX);
    try std.testing.expectEqual(abi.attribute_max, header.MINITENSOR_ATTRIBUTE_MAX);
    try std.testing.expectEqual(plugin.required, header.MINITENSOR_REQUIRED);
    try std.testing.expectEqual(plugin.elementwise, header.MINITENSOR_ELEMENTWISE);
    try std.testing.expectEqual(plugin.saves_inputs, header.MINITENSOR_SAVES_INPUTS);
    try std.testing.expectEqual(plugin.saves_outputs, header.MINITENSOR_SAVES_OUTPUTS);
    inline for (comptime std.enums.values(abi.DType)) |dtype| {
        const name = comptime upper("MINITENSOR_" ++ @tagName(dtype));
        try std.testing.expectEqual(@intFromEnum(dtype), @field(header, &name));
    }
    inline for (comptime std.enums.values(abi.Status)) |status| {
        const name = comptime upper("MINITENSOR_" ++ @tagName(status));
        try std.testing.expectEqual(@intFromEnum(status), @field(header, &name));
    }
}

fn upper(comptime text: []const u8) [text.len]u8 {
    var result: [text.len]u8 = undefined;
    for (text, &result) |from, *to| to.* = std.ascii.toUpper(from);
    return result;
}
