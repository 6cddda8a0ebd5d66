//! A small result of great depth has too few tiles to share among threads: the depth is split
//! instead. Every part has a partial result of its own; they are added in the order of the parts,
//! so that the bits depend on the shape alone.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const tile = @import("tile.zig");
const gemm = @import("../gemm.zig");
const assert = std.debug.assert;
const at = tile.at;

const elements_max = 8192;
const part_depth = 512;
const parts_max = 16;

pub fn isDeep(comptime T: type, p: *const gemm.Problem(T)) bool {
    return p.depth >= 4 * part_depth and p.rows * p.columns <= elements_max;
}

fn Parts(comptime T: type) type {
    return struct {
        problem: *const gemm.Problem(T),
        count: usize,
        partial: [*]T,
        status: abi.Status = .ok,

        fn run(parts: *@This(), index: usize) void {
            const whole = parts.problem;
            const first = whole.depth * index / parts.count;
            var p = whole.*;
            p.depth = whole.depth * (index + 1) / parts.count - first;
            p.a = at(p.a, first, p.a_step);
            p.b = at(p.b, first, p.b_step);
            p.c = parts.partial + index * p.rows * p.columns;
            p.c_row = p.columns;
            p.bias = null;
            p.alpha = 1;
            p.floor = tile.lowest(T);
            p.accumulate = false;
            const status = gemm.multiply(T, p, .caller);
            if (status != .ok) @atomicStore(abi.Status, &parts.status, status, .monotonic);
        }

        fn addRow(parts: *@This(), i: usize) void {
            const p = parts.problem;
            const L = simd.lanes(T);
            const block = p.block();
            const c = p.c + i * p.c_row;
            const bias = at(p.biasPointer(), i, block.bias_row);
            var j: usize = 0;
            while (j < p.columns) : (j += L) {
                const count = @min(p.columns - j, L);
                var sum: simd.Vector(T) = @splat(0);
                for (0..parts.count) |part| {
                    const row = parts.partial + (part * p.rows + i) * p.columns;
                    sum = tile.add(T, sum, simd.loadPart(T, row + j, count));
                }
                sum = tile.mul(T, sum, @as(simd.Vector(T), @splat(p.alpha)));
                switch (block.bias) {
                    .none => {},
                    .per_row => sum = tile.add(T, sum, @as(simd.Vector(T), @splat(bias[0]))),
                    .elements => sum = tile.add(T, sum, simd.loadPart(T, bias + j, count)),
                }
                if (p.accumulate) sum = tile.add(T, sum, simd.loadPart(T, c + j, count));
                simd.storePart(T, c + j, tile.clamp(T, sum, @as(simd.Vector(T), @splat(p.floor))), count);
            }
        }
    };
}

pub fn multiply(comptime T: type, p: *const gemm.Problem(T)) abi.Status {
    assert(isDeep(T, p));
    const count = @min(p.depth / part_depth, parts_max);
    const partial = runtime.scratch(.call, T, count * p.rows * p.columns) orelse return .out_of_memory;
    var parts: Parts(T) = .{ .problem = p, .count = count, .partial = partial };
    runtime.parallelFor(count, gemm.cost(T, p.flops()), &parts, Parts(T).run);
    if (parts.status != .ok) return parts.status;
    for (0..p.rows) |i| parts.addRow(i);
    return .ok;
}
