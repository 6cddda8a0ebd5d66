//! Root of the module `minitensor_plugin`, with which a plugin in Zig is written like a kernel of
//! the library's own: the call frame, the loops over elements, the vector functions, the host's
//! threads and scratch memory, and `exportPlugin`, which exports the two symbols. plugins/zig_swish
//! shows all of it.
const std = @import("std");

pub const abi = @import("abi");
pub const interface = @import("plugin.zig");
pub const loops = @import("loops.zig");
pub const math = @import("math.zig");
pub const simd = @import("simd.zig");

const runtime = @import("runtime.zig");
pub const parallelFor = runtime.parallelFor;
pub const scratch = runtime.scratch;
pub const Slot = runtime.Slot;

pub const Call = abi.Call;
pub const DType = abi.DType;
pub const Kernel = abi.Kernel;
pub const Status = abi.Status;
pub const View = abi.View;

pub const Attribute = interface.Attribute;
pub const Host = interface.Host;
pub const Op = interface.Op;

/// Sets of dtypes, for `Op.dtypes`.
pub const floats = bits(loops.floats);
pub const numeric = bits(loops.numeric);

pub fn bits(comptime dtypes: loops.DTypes) u32 {
    comptime {
        var mask: u32 = 0;
        for (std.enums.values(DType)) |dtype| {
            if (dtypes.contains(dtype)) mask |= 1 << @intFromEnum(dtype);
        }
        return mask;
    }
}

/// What a plugin says of itself.
pub const Description = struct {
    name: [:0]const u8,
    version: [:0]const u8,
    description: [:0]const u8 = "",
    author: [:0]const u8 = "",
    min_minitensor_version: [:0]const u8 = abi.library_version,
    max_minitensor_version: ?[:0]const u8 = null,
    /// Called once, after the host was saved; answer `fail("why")` to be refused.
    initialize: ?*const fn (host: *const Host) callconv(.c) Status = null,
    cleanup: ?*const fn () callconv(.c) void = null,
    ops: []const Op,
};

/// Exports the two symbols of a plugin; call it once, in a `comptime` block of the root file.
pub fn exportPlugin(comptime description: Description) void {
    const Exports = struct {
        const manifest: interface.Plugin = .{
            .name = description.name,
            .version = description.version,
            .description = description.description,
            .author = description.author,
            .min_minitensor_version = description.min_minitensor_version,
            .max_minitensor_version = if (description.max_minitensor_version) |text| text else null,
            .initialize = initialize,
            .cleanup = description.cleanup,
            .op_count = description.ops.len,
            .ops = description.ops.ptr,
        };

        fn abiVersion() callconv(.c) u32 {
            return interface.version;
        }

        fn describe() callconv(.c) *const interface.Plugin {
            return &manifest;
        }

        fn initialize(given: *const Host) callconv(.c) Status {
            host = given;
            return if (description.initialize) |own| own(given) else .ok;
        }
    };
    @export(&Exports.abiVersion, .{ .name = "minitensor_plugin_abi_version" });
    @export(&Exports.describe, .{ .name = "minitensor_plugin_describe" });
}

/// What the library gave to this plugin; null before that, as in the plugin's own unit tests.
pub var host: ?*const Host = null;

/// Says why a kernel or `initialize` fails: `return fail("the matrix is singular")`.
pub fn fail(message: [*:0]const u8) Status {
    if (host) |given| given.set_error(message);
    return .failed;
}

/// True in a backward kernel if the gradient of that input is wanted.
pub fn needs(call: *const Call, input: usize) bool {
    return abi.toUsize(call.needs) >> @intCast(input) & 1 == 1;
}

/// A call of one output and some inputs of another call. A backward kernel has an output per input
/// of its op; with this it computes each by a kernel of one output. Attributes are as in the whole.
pub fn part(call: *const Call, output: usize, comptime inputs: []const usize) Call {
    var result: Call = undefined;
    result.output_count = 1;
    result.input_count = inputs.len;
    result.flat = call.flat;
    result.attributes = call.attributes;
    result.views[0] = call.output(output).*;
    const singles = abi.toUsize(call.splat);
    var splat: usize = 0;
    inline for (inputs, 0..) |input, i| {
        result.views[1 + i] = call.input(input).*;
        splat |= (singles >> input & 1) << i;
    }
    result.splat = @floatFromInt(splat);
    return result;
}

// What runtime.zig asks of the library it is linked into: here the host answers.
comptime {
    @export(&hostParallelFor, .{ .name = "minitensor_parallel_for", .visibility = .hidden });
    @export(&hostScratch, .{ .name = "minitensor_scratch", .visibility = .hidden });
}

fn hostParallelFor(
    count: usize,
    nanoseconds: f64,
    body: Host.Body,
    context: *const anyopaque,
) callconv(.c) void {
    if (host) |given| return given.parallel_for(count, nanoseconds, body, context);
    for (0..count) |index| body(context, index);
}

fn hostScratch(slot: u32, bytes: usize) callconv(.c) ?[*]align(64) u8 {
    const given = host orelse return null;
    return @ptrCast(given.scratch(slot, bytes));
}
