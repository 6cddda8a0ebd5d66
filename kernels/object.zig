//! Root of one object: one kernel family at one CPU level. Exports one hidden symbol, the array of its kernels.
const std = @import("std");
const abi = @import("abi");
const family = @import("family");
const options = @import("options");

const kernel_names = std.meta.declarations(family.kernels);

const table: [kernel_names.len]abi.Kernel = blk: {
    var kernels: [kernel_names.len]abi.Kernel = undefined;
    for (kernel_names, &kernels) |declaration, *kernel| kernel.* = &@field(family.kernels, declaration.name);
    break :blk kernels;
};

comptime {
    @export(&table, .{ .name = options.symbol, .visibility = .hidden });
}
