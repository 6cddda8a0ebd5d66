//! Builds libminitensor: every kernel family as one object per CPU level, and the baseline part that picks a level.
//!
//!   zig build            the library, into zig-out/lib
//!   zig build test       unit tests of every CPU level this machine can run
//!   zig build abi        src/ffi/abi.ts from kernels/abi.zig and the families' kernel names
const std = @import("std");

comptime {
    const want: std.SemanticVersion = .{ .major = 0, .minor = 16, .patch = 0 };
    const have = @import("builtin").zig_version;
    if (have.order(want) != .eq) @compileError("minitensor is built with Zig 0.16.0 exactly");
}

const Level = struct { name: []const u8, model: *const std.Target.Cpu.Model };

const x86_levels = [_]Level{
    .{ .name = "v2", .model = &std.Target.x86.cpu.x86_64_v2 },
    .{ .name = "v3", .model = &std.Target.x86.cpu.x86_64_v3 },
    .{ .name = "v4", .model = &std.Target.x86.cpu.x86_64_v4 },
};
const arm_levels = [_]Level{.{ .name = "neon", .model = &std.Target.aarch64.cpu.generic }};

/// One file each in kernels/, with a public struct `kernels`: the names of its declarations are the kernels' names.
const families = [_][]const u8{
    "elementwise", "activation", "layout",   "reduction", "rows",    "gemm",
    "convolution", "pooling",    "random",   "indexing",  "update",  "sorting",
    "linalg",      "recurrent",  "resample", "special",   "fourier", "sparse",
};

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{});
    const strip = b.option(bool, "strip", "leave out debug information (default true)") orelse true;
    const only = b.option([]const u8, "level", "build one CPU level alone: quicker while working on a kernel");
    const levels = pickLevels(b, target.result.cpu.arch, only);
    const options = b.addOptions();
    const names = b.allocator.alloc([]const u8, levels.len) catch @panic("out of memory");
    for (levels, names) |level, *name| name.* = level.name;
    options.addOption([]const []const u8, "levels", names);
    options.addOption([]const []const u8, "families", &families);

    var baseline = target.query;
    baseline.cpu_model = .{ .explicit = if (target.result.cpu.arch == .x86_64) x86_levels[0].model else levels[0].model };
    const abi = b.createModule(.{ .root_source_file = b.path("kernels/abi.zig") });
    const main = b.createModule(.{
        .root_source_file = b.path("kernels/main.zig"),
        .target = b.resolveTargetQuery(baseline),
        .optimize = .ReleaseSafe,
        .link_libc = true,
        .pic = true,
        .strip = strip,
        .unwind_tables = .none,
    });
    main.addImport("names", nameModule(b, abi, options));
    main.addImport("abi", abi);
    const library = b.addLibrary(.{ .name = "minitensor", .linkage = .dynamic, .use_llvm = true, .root_module = main });

    for (levels) |level| {
        const resolved = b.resolveTargetQuery(levelQuery(target, level));
        for (families) |family| main.addObject(familyObject(b, abi, resolved, level.name, family, strip));
    }
    b.installArtifact(library);
    addPluginModule(b, abi);
    addTests(b, target, levels, abi);
    addGenerator(b, abi, options);
}

fn pickLevels(b: *std.Build, arch: std.Target.Cpu.Arch, only: ?[]const u8) []const Level {
    const all: []const Level = if (arch == .x86_64) &x86_levels else &arm_levels;
    const wanted = only orelse return all;
    for (all, 0..) |level, i| if (std.mem.eql(u8, level.name, wanted)) return all[i .. i + 1];
    std.debug.panic("no CPU level {s} for {s}", .{ wanted, b.fmt("{t}", .{arch}) });
}

fn levelQuery(target: std.Build.ResolvedTarget, level: Level) std.Target.Query {
    var query = target.query;
    query.cpu_model = .{ .explicit = level.model };
    // Vector widths are chosen by hand in simd.zig; this only keeps LLVM from splitting 64-byte copies.
    if (target.result.cpu.arch == .x86_64)
        query.cpu_features_sub.addFeature(@intFromEnum(std.Target.x86.Feature.prefer_256_bit));
    return query;
}

fn familyObject(
    b: *std.Build,
    abi: *std.Build.Module,
    target: std.Build.ResolvedTarget,
    level: []const u8,
    family: []const u8,
    strip: bool,
) *std.Build.Step.Compile {
    const options = b.addOptions();
    options.addOption([]const u8, "symbol", b.fmt("minitensor_{s}_{s}", .{ family, level }));
    const source = b.createModule(.{ .root_source_file = b.path(b.fmt("kernels/{s}.zig", .{family})) });
    source.addImport("abi", abi);
    const root = b.createModule(.{
        .root_source_file = b.path("kernels/object.zig"),
        .target = target,
        .optimize = .ReleaseFast,
        .link_libc = true,
        .pic = true,
        .strip = strip,
        .unwind_tables = .none,
        .omit_frame_pointer = true,
        .stack_protector = false,
    });
    root.addImport("abi", abi);
    root.addImport("family", source);
    root.addOptions("options", options);
    return b.addObject(.{ .name = b.fmt("{s}_{s}", .{ family, level }), .root_module = root, .use_llvm = true });
}

/// The families as one importable module, for their kernels' names only: no code is generated from it.
fn nameModule(b: *std.Build, abi: *std.Build.Module, options: *std.Build.Step.Options) *std.Build.Module {
    const names = b.createModule(.{ .root_source_file = b.path("kernels/names.zig") });
    names.addImport("abi", abi);
    names.addOptions("options", options);
    return names;
}

/// What plugins in Zig import: no target of its own, so that it is compiled for the plugin's.
fn addPluginModule(b: *std.Build, abi: *std.Build.Module) void {
    const module = b.addModule("minitensor_plugin", .{
        .root_source_file = b.path("kernels/plugin_module.zig"),
    });
    module.addImport("abi", abi);
}

fn addTests(b: *std.Build, target: std.Build.ResolvedTarget, levels: []const Level, abi: *std.Build.Module) void {
    const step = b.step("test", "Run the kernels' unit tests at every CPU level");
    const filters = b.option([]const []const u8, "filter", "run only the tests whose name contains this") orelse &.{};
    for (levels) |level| {
        const root = b.createModule(.{
            .root_source_file = b.path("kernels/tests.zig"),
            .target = b.resolveTargetQuery(levelQuery(target, level)),
            .optimize = .ReleaseSafe,
            .link_libc = true,
        });
        root.addImport("abi", abi);
        root.addImport("plugin_header", b.addTranslateC(.{
            .root_source_file = b.path("plugins/include/minitensor_plugin.h"),
            .target = root.resolved_target.?,
            .optimize = .ReleaseSafe,
        }).createModule());
        const tests = b.addTest(.{ .name = b.fmt("test_{s}", .{level.name}), .root_module = root, .use_llvm = true, .filters = filters });
        const run = b.addRunArtifact(tests);
        run.skip_foreign_checks = false;
        step.dependOn(&run.step);
    }
}

fn addGenerator(b: *std.Build, abi: *std.Build.Module, options: *std.Build.Step.Options) void {
    const generate = b.addExecutable(.{ .name = "generate", .root_module = b.createModule(.{
        .root_source_file = b.path("kernels/generate.zig"),
        .target = b.graph.host,
    }) });
    generate.root_module.addImport("abi", abi);
    generate.root_module.addImport("names", nameModule(b, abi, options));
    const text = b.addRunArtifact(generate).captureStdOut(.{ .basename = "abi.ts" });
    const update = b.addUpdateSourceFiles();
    update.addCopyFileToSource(text, "src/ffi/abi.ts");
    b.step("abi", "Write src/ffi/abi.ts").dependOn(&update.step);
}
