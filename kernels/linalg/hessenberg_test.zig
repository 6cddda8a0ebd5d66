//! Eigenvectors are turned as far as their eigenvalues say, and keep their direction.
const std = @import("std");
const testing = @import("../testing.zig");
const linalg = @import("../linalg.zig");

fn expectEigenvectors(comptime T: type, comptime n: usize, a: *const [n * n]T) !void {
    var values: [2][n]T = undefined;
    var alone: [2][n]T = undefined;
    var vectors: [2][n * n]T = undefined;
    var info = [1]i32{7};
    const report = testing.contiguous(i32, &info, &.{});
    const view = testing.contiguous(T, a, &.{ n, n });
    const re = testing.contiguous(T, &values[0], &.{n});
    const im = testing.contiguous(T, &values[1], &.{n});
    const x = testing.contiguous(T, &vectors[0], &.{ n, n });
    const y = testing.contiguous(T, &vectors[1], &.{ n, n });
    try testing.run(linalg.kernels.eig, &.{ re, im, x, y, report }, &.{view}, &.{});
    try std.testing.expectEqual(0, info[0]);
    for (0..n) |k| for (0..n) |i| {
        var left: [2]f64 = .{ 0, 0 };
        for (0..n) |j| for (&left, vectors) |*sum, part| {
            sum.* += @as(f64, a[i * n + j]) * part[j * n + k];
        };
        const p: f64 = vectors[0][i * n + k];
        const q: f64 = vectors[1][i * n + k];
        const bound = 20 * n * @as(f64, std.math.floatEps(T));
        try std.testing.expectApproxEqAbs(values[0][k] * p - values[1][k] * q, left[0], bound);
        try std.testing.expectApproxEqAbs(values[0][k] * q + values[1][k] * p, left[1], bound);
    };
    const first = testing.contiguous(T, &alone[0], &.{n});
    const second = testing.contiguous(T, &alone[1], &.{n});
    try testing.run(linalg.kernels.eigvals, &.{ first, second, report }, &.{view}, &.{});
    for (values, alone) |all, own| for (all, own) |expected, found| {
        try std.testing.expectApproxEqAbs(expected, found, 100 * std.math.floatEps(T));
    };
}

test "linalg: eig of matrices with real and complex eigenvalues" {
    var source = std.Random.DefaultPrng.init(9);
    const random = source.random();
    inline for (.{ f32, f64 }) |T| inline for (.{ 1, 2, 3, 8, 19 }) |n| {
        var a: [n * n]T = undefined;
        for (&a) |*x| x.* = @floatCast(random.float(f64) * 2 - 1);
        try expectEigenvectors(T, n, &a);
        for (0..n) |i| @memset(a[i * n ..][0..i], 0);
        try expectEigenvectors(T, n, &a);
    };
}
