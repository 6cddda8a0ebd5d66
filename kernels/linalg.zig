//! Factorisations of matrices and what they solve, batched: LU, Cholesky, LDL, QR, eigenvalues,
//! singular values.
//!
//! Matrices are the last two dims, of any strides; the outputs are contiguous. `info` is int32,
//! one number a matrix: 0, or where the algorithm met what it cannot go on with. Large steps are
//! products of `gemm.zig`; the matrices of a batch are divided among the threads whole.
const abi = @import("abi");
const floats = @import("floats.zig");
const lu = @import("linalg/lu.zig");
const triangular = @import("linalg/triangular.zig");
const definite = @import("linalg/cholesky.zig");
const symmetric = @import("linalg/ldl.zig");
const householder = @import("linalg/qr.zig");
const eigen = @import("linalg/eigen.zig");
const general = @import("linalg/hessenberg.zig");
const singular = @import("linalg/svd.zig");

pub const kernels = struct {
    /// lu [.., M, N], pivots int32 [.., min(M, N)], info [..] <- a [.., M, N]. Rows i and
    /// pivots[i] - 1 were exchanged in turn; info is the first pivot that is 0 or NaN, from 1.
    pub const luFactor = floats.kernelOf(lu.factor);

    /// x [.., N, K] <- lu [.., N, N], pivots [.., N], b [.., N, K], attribute 0: 1 solves with
    /// the transposed matrix.
    pub const luSolve = floats.kernelOf(lu.solve);

    /// x [.., N, K] <- a [.., N, N], b [.., N, K]. Attributes: upper, unit; the other triangle is
    /// not read.
    pub const solveTriangular = floats.kernelOf(triangular.solve);

    /// l [.., N, N], info [..] <- a [.., N, N], of which the lower triangle is read. info: order
    /// of the first leading minor that is not positive.
    pub const cholesky = floats.kernelOf(definite.factor);

    /// ld [.., N, N], pivots int32 [.., N], info [..] <- a [.., N, N], of which the lower triangle
    /// is read. Pivots as LAPACK's sytrf; info: the first block of D that is 0 or NaN, from 1.
    pub const ldlFactor = floats.kernelOf(symmetric.factor);

    /// x [.., N, K] <- ld [.., N, N], pivots [.., N], b [.., N, K].
    pub const ldlSolve = floats.kernelOf(symmetric.solve);

    /// q [.., M, K], r [.., K, N] <- a [.., M, N]; K is min(M, N), or M for the complete one.
    pub const qr = floats.kernelOf(householder.factor);

    /// values [.., N] ascending, vectors [.., N, N] in columns, info [..] <- a [.., N, N].
    /// Attributes: 1 reads the upper triangle, 0 the lower; 1 writes vectors, 0 only values. info
    /// 1: elements that are not finite, 2: no convergence.
    pub const eigh = floats.kernelOf(eigen.decompose);

    /// re, im [.., N], vectors re, im [.., N, N] in columns, info [..] <- a [.., N, N]. info as
    /// eigh's.
    pub fn eig(call: *abi.Call) callconv(.c) abi.Status {
        return switch (call.output(0).kind()) {
            .float32 => general.decompose(f32, true, call),
            .float64 => general.decompose(f64, true, call),
            else => .bad_dtype,
        };
    }

    /// As eig, without the vectors.
    pub fn eigvals(call: *abi.Call) callconv(.c) abi.Status {
        return switch (call.output(0).kind()) {
            .float32 => general.decompose(f32, false, call),
            .float64 => general.decompose(f64, false, call),
            else => .bad_dtype,
        };
    }

    /// u [.., M, P], s [.., K] descending, vh [.., Q, N], info [..] <- a [.., M, N]; P and Q are
    /// K = min(M, N), or M and N. Attribute: 1 writes u and vh, 0 only s. info as eigh's.
    pub const svd = floats.kernelOf(singular.decompose);
};
