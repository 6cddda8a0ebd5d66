//! Unit tests of the factorisations: products of the factors are the matrix, for sizes around the
//! blocks'.
const std = @import("std");
const abi = @import("abi");
const testing = @import("../testing.zig");
const linalg = @import("../linalg.zig");
const allocator = std.testing.allocator;

const sizes = [_]usize{ 1, 2, 3, 5, 17, 47, 48, 49, 100, 131 };

fn randomMatrix(comptime T: type, random: std.Random, count: usize) ![]T {
    const data = try allocator.alloc(T, count);
    for (data) |*x| x.* = @floatCast(random.float(f64) * 2 - 1);
    return data;
}

/// Fails unless a b is c but for rounding.
fn expectProduct(
    comptime T: type,
    m: usize,
    k: usize,
    n: usize,
    a: []const T,
    b: []const T,
    c: []const T,
) !void {
    const allowed = 60 * std.math.floatEps(T) * @as(f64, @floatFromInt(k + 4));
    for (0..m) |i| for (0..n) |j| {
        var sum: f64 = 0;
        for (0..k) |l| sum += @as(f64, a[i * k + l]) * b[l * n + j];
        try std.testing.expectApproxEqAbs(@as(f64, c[i * n + j]), sum, allowed);
    };
}

test "linalg: luSolve undoes products, both ways" {
    var source = std.Random.DefaultPrng.init(1);
    const random = source.random();
    inline for (.{ f32, f64 }) |T| for (sizes) |n| for ([_]usize{ 1, 3, 70 }) |k| {
        const a = try randomMatrix(T, random, n * n);
        defer allocator.free(a);
        for (0..n) |i| a[i * n + i] += @floatFromInt(n);
        const b = try randomMatrix(T, random, n * k);
        defer allocator.free(b);
        const lu = try allocator.alloc(T, n * n);
        defer allocator.free(lu);
        const x = try allocator.alloc(T, n * k);
        defer allocator.free(x);
        const pivots = try allocator.alloc(i32, n);
        defer allocator.free(pivots);
        var info = [1]i32{7};
        const square = testing.contiguous(T, lu, &.{ n, n });
        const pivot_view = testing.contiguous(i32, pivots, &.{n});
        const outputs = [_]abi.View{ square, pivot_view, testing.contiguous(i32, &info, &.{}) };
        const view = testing.contiguous(T, a, &.{ n, n });
        try testing.run(linalg.kernels.luFactor, &outputs, &.{view}, &.{});
        try std.testing.expectEqual(0, info[0]);
        const right = testing.contiguous(T, b, &.{ n, k });
        const out = testing.contiguous(T, x, &.{ n, k });
        try testing.run(linalg.kernels.luSolve, &.{out}, &.{ square, pivot_view, right }, &.{0});
        try expectProduct(T, n, n, k, a, x, b);
        try testing.run(linalg.kernels.luSolve, &.{out}, &.{ square, pivot_view, right }, &.{1});
        const turned = try allocator.alloc(T, n * n);
        defer allocator.free(turned);
        for (0..n) |i| for (0..n) |j| {
            turned[i * n + j] = a[j * n + i];
        };
        try expectProduct(T, n, n, k, turned, x, b);
    };
}

test "linalg: q r is the matrix, u s vh too, and q, u, vh are orthogonal" {
    var source = std.Random.DefaultPrng.init(2);
    const random = source.random();
    inline for (.{ f32, f64 }) |T| for (sizes) |m| for ([_]usize{ 1, 4, 33, 70 }) |n| {
        const a = try randomMatrix(T, random, m * n);
        defer allocator.free(a);
        const k = @min(m, n);
        const q = try allocator.alloc(T, m * k);
        defer allocator.free(q);
        const r = try allocator.alloc(T, k * n);
        defer allocator.free(r);
        const view = testing.contiguous(T, a, &.{ m, n });
        const left = testing.contiguous(T, q, &.{ m, k });
        const right = testing.contiguous(T, r, &.{ k, n });
        try testing.run(linalg.kernels.qr, &.{ left, right }, &.{view}, &.{});
        try expectProduct(T, m, k, n, q, r, a);
        try expectOrthogonal(T, m, k, q);
        const s = try allocator.alloc(T, k);
        defer allocator.free(s);
        var info = [1]i32{7};
        const values = testing.contiguous(T, s, &.{k});
        const outputs = [_]abi.View{ left, values, right, testing.contiguous(i32, &info, &.{}) };
        try testing.run(linalg.kernels.svd, &outputs, &.{view}, &.{1});
        try std.testing.expectEqual(0, info[0]);
        try expectOrthogonal(T, m, k, q);
        for (0..m) |i| for (0..k) |j| {
            q[i * k + j] *= s[j];
        };
        try expectProduct(T, m, k, n, q, r, a);
    };
}

fn expectOrthogonal(comptime T: type, m: usize, k: usize, q: []const T) !void {
    for (0..k) |i| for (0..k) |j| {
        var sum: f64 = 0;
        for (0..m) |l| sum += @as(f64, q[l * k + i]) * q[l * k + j];
        const expected: f64 = if (i == j) 1 else 0;
        const allowed = 60 * std.math.floatEps(T) * @as(f64, @floatFromInt(m));
        try std.testing.expectApproxEqAbs(expected, sum, allowed);
    };
}

test "linalg: l l^T is the matrix, and a v is v times the values" {
    var source = std.Random.DefaultPrng.init(3);
    const random = source.random();
    inline for (.{ f32, f64 }) |T| for (sizes) |n| {
        const half = try randomMatrix(T, random, n * n);
        defer allocator.free(half);
        const a = try allocator.alloc(T, n * n);
        defer allocator.free(a);
        for (0..n) |i| for (0..n) |j| {
            var sum: f64 = if (i == j) 1 else 0;
            const size: f64 = @floatFromInt(n);
            for (0..n) |k| sum += @as(f64, half[i * n + k]) * half[j * n + k] / size;
            a[i * n + j] = @floatCast(sum);
        };
        const l = try allocator.alloc(T, n * n);
        defer allocator.free(l);
        const values = try allocator.alloc(T, n);
        defer allocator.free(values);
        var info = [1]i32{7};
        const view = testing.contiguous(T, a, &.{ n, n });
        const out = testing.contiguous(T, l, &.{ n, n });
        const info_view = testing.contiguous(i32, &info, &.{});
        try testing.run(linalg.kernels.cholesky, &.{ out, info_view }, &.{view}, &.{});
        try std.testing.expectEqual(0, info[0]);
        const turned = try allocator.alloc(T, n * n);
        defer allocator.free(turned);
        for (0..n) |i| for (0..n) |j| {
            turned[i * n + j] = l[j * n + i];
        };
        try expectProduct(T, n, n, n, l, turned, a);
        const value_view = testing.contiguous(T, values, &.{n});
        const outputs = [_]abi.View{ value_view, out, info_view };
        try testing.run(linalg.kernels.eigh, &outputs, &.{view}, &.{ 0, 1 });
        try std.testing.expectEqual(0, info[0]);
        try expectOrthogonal(T, n, n, l);
        for (0..n) |i| for (0..n) |j| {
            turned[i * n + j] = l[i * n + j] * values[j];
        };
        try expectProduct(T, n, n, n, a, l, turned);
    };
}

test "linalg: ldlSolve undoes products, also with zeros on the diagonal" {
    var source = std.Random.DefaultPrng.init(4);
    inline for (.{ f32, f64 }) |T| for ([_]usize{ 1, 2, 9, 20 }) |n| {
        const a = try randomMatrix(T, source.random(), n * n);
        defer allocator.free(a);
        for (0..n) |i| {
            for (0..i) |j| a[j * n + i] = a[i * n + j];
            if (n > 1) a[i * n + i] = 0;
        }
        const b = try randomMatrix(T, source.random(), n);
        defer allocator.free(b);
        const ld = try allocator.alloc(T, n * n);
        defer allocator.free(ld);
        const x = try allocator.alloc(T, n);
        defer allocator.free(x);
        var pivots: [20]i32 = undefined;
        var info = [1]i32{7};
        const square = testing.contiguous(T, ld, &.{ n, n });
        const pivot_view = testing.contiguous(i32, pivots[0..n], &.{n});
        const outputs = [_]abi.View{ square, pivot_view, testing.contiguous(i32, &info, &.{}) };
        const view = testing.contiguous(T, a, &.{ n, n });
        try testing.run(linalg.kernels.ldlFactor, &outputs, &.{view}, &.{});
        try std.testing.expectEqual(0, info[0]);
        const right = testing.contiguous(T, b, &.{ n, 1 });
        const out = testing.contiguous(T, x, &.{ n, 1 });
        try testing.run(linalg.kernels.ldlSolve, &.{out}, &.{ square, pivot_view, right }, &.{});
        // As far as the solution's size lets one expect.
        var most: f64 = 1;
        for (x) |value| most = @max(most, @abs(value));
        for (0..n) |i| {
            var sum: f64 = -@as(f64, b[i]);
            for (0..n) |j| sum += @as(f64, a[i * n + j]) * x[j];
            const allowed = 60 * std.math.floatEps(T) * most * @as(f64, @floatFromInt(n));
            try std.testing.expectApproxEqAbs(0, sum, allowed);
        }
    };
}

test "linalg: singular matrices are told" {
    const a = [_]f64{ 1, 2, 2, 4, 3, 1, 1, 5 };
    var lu: [8]f64 = undefined;
    var pivots: [4]i32 = undefined;
    var info: [2]i32 = undefined;
    const outputs = [_]abi.View{
        testing.contiguous(f64, &lu, &.{ 2, 2, 2 }),
        testing.contiguous(i32, &pivots, &.{ 2, 2 }),
        testing.contiguous(i32, &info, &.{2}),
    };
    const view = testing.contiguous(f64, &a, &.{ 2, 2, 2 });
    try testing.run(linalg.kernels.luFactor, &outputs, &.{view}, &.{});
    try std.testing.expectEqualSlices(i32, &.{ 2, 0 }, &info);
}
