//! The structs of plugins/include/minitensor_plugin.h, for this library and for plugins in Zig.
const abi = @import("abi");

/// The header's MINITENSOR_PLUGIN_ABI_VERSION: raised when the meaning of anything in it changes.
pub const version: u32 = 1;

pub const String = ?[*:0]const u8;

pub const Host = extern struct {
    abi_version: u32,
    struct_size: u32,
    version: String,
    parallel_for: *const fn (
        count: usize,
        nanoseconds: f64,
        body: Body,
        context: *const anyopaque,
    ) callconv(.c) void,
    scratch: *const fn (slot: u32, bytes: usize) callconv(.c) ?*align(64) anyopaque,
    set_error: *const fn (message: String) callconv(.c) void,
    threads: *const fn () callconv(.c) u32,

    pub const Body = *const fn (context: *const anyopaque, index: usize) callconv(.c) void;
};

/// A flag of Attribute.
pub const required: u32 = 1;

pub const Attribute = extern struct {
    name: String,
    default_value: f64 = 0,
    flags: u32 = 0,
    reserved: u32 = 0,
};

/// A flag of Op.
pub const elementwise: u32 = 1;
/// What the gradient reads.
pub const saves_inputs: u32 = 1;
pub const saves_outputs: u32 = 2;

pub const Op = extern struct {
    name: String,
    summary: String,
    input_count: u32,
    optional_count: u32 = 0,
    output_count: u32 = 1,
    flags: u32 = 0,
    dtypes: u32,
    saves: u32 = 0,
    infer: String = null,
    infer_fn: ?abi.Kernel = null,
    forward: ?abi.Kernel,
    backward: ?abi.Kernel = null,
    gradient: String = null,
    attributes: ?[*]const Attribute = null,
    attribute_count: u32 = 0,
    attribute_size: u32 = @sizeOf(Attribute),
    output_names: ?[*]const String = null,
};

pub const Plugin = extern struct {
    abi_version: u32 = version,
    struct_size: u32 = @sizeOf(Plugin),
    name: String,
    version: String,
    description: String,
    author: String,
    min_minitensor_version: String,
    max_minitensor_version: String = null,
    initialize: ?*const fn (host: *const Host) callconv(.c) abi.Status = null,
    cleanup: ?*const fn () callconv(.c) void = null,
    op_count: u32,
    op_size: u32 = @sizeOf(Op),
    ops: ?[*]const Op,
};
