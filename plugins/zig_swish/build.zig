//! Builds libzig_swish for the CPU of this machine; `zig build -Dcpu=baseline`, one to hand out.
const std = @import("std");

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{});
    const minitensor = b.dependency("minitensor", .{});
    const root = b.createModule(.{
        .root_source_file = b.path("swish.zig"),
        .target = target,
        .optimize = .ReleaseFast,
        .strip = true,
        .pic = true,
    });
    root.addImport("minitensor_plugin", minitensor.module("minitensor_plugin"));
    b.installArtifact(b.addLibrary(.{
        .name = "zig_swish",
        .linkage = .dynamic,
        .use_llvm = true,
        .root_module = root,
    }));
}
