//! The kernels' names by family, in the order of build.zig: a kernel's index is its place in `all`.
const std = @import("std");
const abi = @import("abi");
const options = @import("options");

pub const levels = options.levels;
pub const families = options.families;

const sources = .{
    .elementwise = @import("elementwise.zig"),
    .activation = @import("activation.zig"),
    .layout = @import("layout.zig"),
    .reduction = @import("reduction.zig"),
    .rows = @import("rows.zig"),
    .gemm = @import("gemm.zig"),
    .convolution = @import("convolution.zig"),
    .pooling = @import("pooling.zig"),
    .random = @import("random.zig"),
    .indexing = @import("indexing.zig"),
    .update = @import("update.zig"),
    .sorting = @import("sorting.zig"),
    .linalg = @import("linalg.zig"),
    .recurrent = @import("recurrent.zig"),
    .resample = @import("resample.zig"),
    .special = @import("special.zig"),
    .fourier = @import("fourier.zig"),
    .sparse = @import("sparse.zig"),
};

pub fn of(comptime family: []const u8) []const []const u8 {
    const declarations = std.meta.declarations(@field(sources, family).kernels);
    comptime var list: [declarations.len][]const u8 = undefined;
    inline for (declarations, &list) |declaration, *name| name.* = declaration.name;
    const frozen = list;
    return &frozen;
}

pub const all: []const []const u8 = blk: {
    var list: []const []const u8 = &.{};
    for (families) |family| list = list ++ of(family);
    break :blk list;
};

/// FNV-1a over the frame's fields and the names: a library and an abi.ts of different sources do
/// not fit.
pub const hash: u32 = blk: {
    @setEvalBranchQuota(1_000_000);
    var value: u32 = 2166136261;
    for (.{ abi.Call, abi.View }) |Struct| {
        for (std.meta.fieldNames(Struct)) |name| {
            value = mix(value, std.fmt.comptimePrint("{s}={d},", .{ name, @offsetOf(Struct, name) }));
        }
    }
    for (all) |name| value = mix(value, name ++ ",");
    break :blk value;
};

fn mix(start: u32, comptime text: []const u8) u32 {
    var value = start;
    for (text) |byte| value = (value ^ byte) *% 16777619;
    return value;
}
