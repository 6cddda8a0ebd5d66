//! Eigenvalues and vectors of a symmetric tridiagonal matrix by divide and conquer: it is two
//! halves and a matrix of rank 1, whose eigenvalues are roots of a secular equation (Cuppen, 1981;
//! Gu and Eisenstat, 1995). Small parts are solved by QL steps.
const std = @import("std");
const gemm = @import("../gemm.zig");
const halves = @import("halves.zig");
const matrix = @import("matrix.zig");
const secular = @import("secular.zig");
const ql = @import("ql.zig");
const vector = @import("vector.zig");

const Threads = matrix.Threads;
const Work = matrix.Work;
const Equation = secular.Equation(.values);

/// Parts up to this size are solved by QL steps.
const leaf = 32;
/// Parts up to this size are solved by one thread each, larger ones by all.
const alone = 128;

pub fn workBytes(comptime T: type, n: usize) usize {
    return 7 * Work.bytes(f64, n) + Work.bytes(f64, n * n) + 2 * Work.bytes(T, n * n) +
        6 * Work.bytes(u32, n);
}

pub fn Divide(comptime T: type) type {
    return struct {
        n: usize,
        /// Eigenvalues afterwards, in the order of the vectors.
        diagonal: [*]f64,
        beside: [*]f64,
        /// Eigenvectors in rows.
        vectors: [*]T,
        step: usize,
        /// What counts as 0, relative to the largest element.
        eps: f64,
        threads: Threads,
        /// Numbers of the rows in ascending order of the eigenvalues.
        order: [*]u32,
        temporary: Temporary = undefined,
        /// Bounds of the parts that are solved alone.
        bounds: [*]u32 = undefined,
        parts: usize = 0,
        has_no_memory: bool = false,
        has_diverged: bool = false,

        const Self = @This();

        const Temporary = struct {
            values: [*]f64,
            z: [*]f64,
            poles: [*]f64,
            weights: [*]f64,
            corrected: [*]f64,
            roots: [*]f64,
            gaps: [*]f64,
            s: [*]T,
            copy: [*]T,
            merged: [*]u32,
            kept: [*]u32,
            stay: [*]u32,
            places: [*]u32,
            grouped: [*]u32,
            extents: [*]halves.Extent,

            /// What belongs to rows `first` on.
            fn from(t: *const Temporary, first: usize, n: usize) Temporary {
                var own = t.*;
                inline for (.{ "values", "z", "poles", "weights", "corrected", "roots" }) |name| {
                    @field(own, name) += first;
                }
                inline for (.{ "merged", "kept", "stay", "places", "grouped", "extents" }) |name| {
                    @field(own, name) += first;
                }
                inline for (.{ "gaps", "s", "copy" }) |name| @field(own, name) += first * n;
                return own;
            }
        };

        /// False when QL steps did not converge.
        pub fn run(d: *Self, work: *Work) matrix.Error!bool {
            const n = d.n;
            inline for (.{ "values", "z", "poles", "weights", "corrected", "roots" }) |name| {
                @field(d.temporary, name) = work.take(f64, n);
            }
            inline for (.{ "merged", "kept", "stay", "places", "grouped" }) |name| {
                @field(d.temporary, name) = work.take(u32, n);
            }
            d.temporary.extents = @ptrCast(work.take(u32, n));
            d.temporary.gaps = work.take(f64, n * n);
            d.temporary.s = work.take(T, n * n);
            d.temporary.copy = work.take(T, n * n);
            d.bounds = @ptrCast(work.take(f64, n));
            d.split(0, n);
            const whole: f64 = @floatFromInt(n);
            gemm.forEach(d.threads, d.parts, whole * alone * 20, d, solvePart);
            if (d.has_no_memory) return error.OutOfMemory;
            if (d.has_diverged) return false;
            try d.mergeAll(0, n);
            return true;
        }

        /// Takes the matrices of rank 1 out, down to parts that are solved alone.
        fn split(d: *Self, first: usize, end: usize) void {
            if (end - first <= alone) {
                d.bounds[2 * d.parts] = @intCast(first);
                d.bounds[2 * d.parts + 1] = @intCast(end);
                d.parts += 1;
                return;
            }
            const middle = d.tear(first, end);
            d.split(first, middle);
            d.split(middle, end);
        }

        fn tear(d: *Self, first: usize, end: usize) usize {
            const middle = (first + end) / 2;
            const size = @abs(d.beside[middle - 1]);
            d.diagonal[middle - 1] -= size;
            d.diagonal[middle] -= size;
            return middle;
        }

        fn mergeAll(d: *Self, first: usize, end: usize) matrix.Error!void {
            if (end - first <= alone) return;
            const middle = (first + end) / 2;
            try d.mergeAll(first, middle);
            try d.mergeAll(middle, end);
            try d.merge(first, middle, end, d.threads);
        }

        fn solvePart(d: *Self, part: usize) void {
            d.solve(d.bounds[2 * part], d.bounds[2 * part + 1]) catch |why| {
                const failed = if (why == error.OutOfMemory) &d.has_no_memory else &d.has_diverged;
                @atomicStore(bool, failed, true, .monotonic);
            };
        }

        fn solve(d: *Self, first: usize, end: usize) error{ OutOfMemory, NotConverged }!void {
            if (end - first <= leaf) return d.solveLeaf(first, end);
            const middle = d.tear(first, end);
            try d.solve(first, middle);
            try d.solve(middle, end);
            try d.merge(first, middle, end, .caller);
        }

        fn rowOf(d: *const Self, first: usize, i: usize) [*]T {
            return d.vectors + (first + i) * d.step + first;
        }

        fn solveLeaf(d: *Self, first: usize, end: usize) error{NotConverged}!void {
            const n = end - first;
            var beside: [leaf]f64 = undefined;
            @memcpy(beside[0 .. n - 1], d.beside[first .. end - 1]);
            const z = d.temporary.gaps + first * d.n;
            const part: ql.Tridiagonal = .{
                .n = n,
                .diagonal = d.diagonal + first,
                .beside = &beside,
                .vectors = z,
            };
            @memset(z[0 .. n * n], 0);
            for (0..n) |i| z[i * n + i] = 1;
            if (!part.iterate()) return error.NotConverged;
            for (0..n) |i| {
                const row = d.rowOf(first, i);
                d.order[first + i] = @intCast(i);
                for (z[i * n ..][0..n], row) |value, *out| out.* = @floatCast(value);
            }
            halves.sortByValue(d.diagonal + first, d.order[first..end]);
        }

        fn merge(
            d: *Self,
            first: usize,
            middle: usize,
            end: usize,
            threads: Threads,
        ) matrix.Error!void {
            const n = end - first;
            const left = middle - first;
            var m: Merge = .{
                .n = n,
                .left = left,
                .rho = d.beside[middle - 1],
                .diagonal = d.diagonal + first,
                .order = d.order[first..end],
                .t = d.temporary.from(first, d.n),
                .rows = .{
                    .data = d.rowOf(first, 0),
                    .step = d.step,
                    .left = left,
                    .right = n - left,
                },
                .eps = d.eps,
                .threads = threads,
            };
            m.readEdges();
            m.deflate();
            try m.combine();
        }

        /// One merge: diagonal + rho z z^T.
        const Merge = struct {
            n: usize,
            left: usize,
            rho: f64,
            diagonal: [*]f64,
            order: []u32,
            t: Temporary,
            rows: halves.Rows(T),
            eps: f64,
            threads: Threads,
            kept: usize = 0,
            stay: usize = 0,

            /// z: the last elements of the left half's vectors, the first of the right one's.
            fn readEdges(m: *Merge) void {
                const half: f64 = @sqrt(0.5);
                for (0..m.n) |i| {
                    const is_left = i < m.left;
                    m.t.extents[i] = if (is_left) .left else .right;
                    const value = m.rows.row(i)[m.left - @intFromBool(is_left)];
                    m.t.z[i] = value * (if (is_left) half else std.math.copysign(half, m.rho));
                }
                m.rho = 2 * @abs(m.rho);
                for (m.order[m.left..]) |*index| index.* += @intCast(m.left);
                const merged = m.t.merged[0..m.n];
                halves.mergeOrders(m.diagonal, m.order[0..m.left], m.order[m.left..], merged);
            }

            /// Vectors whose z is negligible stay; of two with nearly equal eigenvalues one does
            /// after a rotation.
            fn deflate(m: *Merge) void {
                const d = m.diagonal;
                const z = m.t.z;
                const most = @max(
                    vector.largest(f64, d[0..m.n]),
                    vector.largest(f64, z[0..m.n]),
                );
                const least = 4 * m.eps * most;
                var candidate: ?u32 = null;
                for (m.t.merged[0..m.n]) |index| {
                    if (m.rho * @abs(z[index]) <= least) {
                        m.leave(index);
                        continue;
                    }
                    const other = candidate orelse {
                        candidate = index;
                        continue;
                    };
                    candidate = index;
                    const length = std.math.hypot(z[index], z[other]);
                    const c = z[index] / length;
                    const s = -z[other] / length;
                    if (@abs((d[index] - d[other]) * c * s) > least) {
                        m.keep(other);
                        continue;
                    }
                    z[index] = length;
                    z[other] = 0;
                    halves.rotate(T, &.{m.rows}, m.t.extents, other, index, c, s);
                    const sum = d[other] * s * s + d[index] * c * c;
                    d[other] = d[other] * c * c + d[index] * s * s;
                    d[index] = sum;
                    m.leave(other);
                }
                if (candidate) |index| m.keep(index);
                halves.sortByValue(d, m.t.stay[0..m.stay]);
            }

            fn keep(m: *Merge, index: u32) void {
                m.t.kept[m.kept] = index;
                m.kept += 1;
            }

            fn leave(m: *Merge, index: u32) void {
                m.t.stay[m.stay] = index;
                m.stay += 1;
            }

            fn combine(m: *Merge) matrix.Error!void {
                const k = m.kept;
                const equation: Equation = .{
                    .count = k,
                    .values = m.t.poles,
                    .weights = m.t.weights,
                    .gaps = m.t.gaps,
                    .roots = m.t.roots,
                };
                for (m.t.kept[0..k], 0..) |old, i| {
                    m.t.poles[i] = m.diagonal[old];
                    m.t.weights[i] = m.rho * m.t.z[old] * m.t.z[old];
                }
                if (k > 0) {
                    equation.solve(m.threads);
                    equation.correct(m.t.corrected, m.threads);
                }
                const choice = halves.group(
                    m.t.extents,
                    m.t.kept[0..k],
                    m.t.stay[0..m.stay],
                    m.t.places,
                    m.t.grouped,
                );
                for (m.t.kept[0..k], m.t.corrected) |old, *value| {
                    value.* = std.math.copysign(@sqrt(value.*), m.t.z[old]);
                }
                const elements: f64 = @floatFromInt(k * k);
                gemm.forEach(m.threads, (k + 15) / 16, elements * 1.5, m, formVectors);
                try halves.combine(T, m.rows, choice, .by(m.t.s, k, k, k), m.t.copy, m.threads);
                m.finish();
            }

            /// Rows of s: z / (pole - root), of length 1.
            fn formVectors(m: *Merge, chunk: usize) void {
                const k = m.kept;
                for (chunk * 16..@min(chunk * 16 + 16, k)) |j| {
                    const gaps = m.t.gaps + j * k;
                    var squares: f64 = 0;
                    for (0..k) |i| {
                        gaps[i] = m.t.corrected[i] / gaps[i];
                        squares += gaps[i] * gaps[i];
                    }
                    const scale = 1 / @sqrt(squares);
                    const row = m.t.s + j * k;
                    for (0..k) |i| row[m.t.places[i]] = @floatCast(gaps[i] * scale);
                }
            }

            fn finish(m: *Merge) void {
                for (m.t.stay[0..m.stay], m.t.values) |old, *value| value.* = m.diagonal[old];
                @memcpy(m.diagonal[0..m.kept], m.t.roots);
                @memcpy(m.diagonal[m.kept..m.n], m.t.values);
                for (m.t.merged[0..m.n], 0..) |*index, i| index.* = @intCast(i);
                const merged = m.t.merged;
                halves.mergeOrders(m.diagonal, merged[0..m.kept], merged[m.kept..m.n], m.order);
            }
        };
    };
}
