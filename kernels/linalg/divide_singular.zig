//! Singular values and vectors of an upper bidiagonal matrix by divide and conquer: two bidiagonal
//! matrices and a row between them, which make a matrix of one full row and a diagonal, whose
//! singular values are roots of a secular equation (Gu and Eisenstat, 1995). Small parts are solved
//! by Jacobi rotations.
//!
//! A part of n rows has n + 1 columns, the last one n: it has a right vector without a left one.
//! Without vectors only the first and last element of right ones is kept.
const std = @import("std");
const gemm = @import("../gemm.zig");
const halves = @import("halves.zig");
const jacobi = @import("jacobi.zig");
const matrix = @import("matrix.zig");
const secular = @import("secular.zig");
const vector = @import("vector.zig");

const Matrix = matrix.Matrix;
const Threads = matrix.Threads;
const Work = matrix.Work;
const Equation = secular.Equation(.squares);

const leaf = 8;
const alone = 100;

pub fn workBytes(comptime T: type, n: usize, has_vectors: bool) usize {
    const squares: usize = if (has_vectors) 3 else 2;
    return 7 * Work.bytes(f64, n + 1) + Work.bytes(f64, n * n) + squares * Work.bytes(T, n * n) +
        6 * Work.bytes(u32, n + 1);
}

pub fn Divide(comptime T: type) type {
    return struct {
        n: usize,
        /// Singular values afterwards, in the order of the vectors.
        diagonal: [*]f64,
        /// Above the diagonal.
        beside: [*]f64,
        /// Left vectors in rows; null: no vectors.
        lefts: ?Matrix(T),
        /// Right vectors in rows, or their first and last elements.
        rights: [*]T,
        step: usize,
        /// What counts as 0, relative to the largest element.
        eps: f64,
        threads: Threads,
        /// Numbers of the rows in ascending order of the values.
        order: [*]u32,
        temporary: Temporary = undefined,
        bounds: [*]u32 = undefined,
        parts: usize = 0,
        has_no_memory: bool = false,
        has_diverged: bool = false,

        const Self = @This();
        const SolveError = error{ OutOfMemory, NotConverged };

        const Temporary = struct {
            values: [*]f64,
            z: [*]f64,
            poles: [*]f64,
            weights: [*]f64,
            corrected: [*]f64,
            roots: [*]f64,
            gaps: [*]f64,
            s_right: [*]T,
            s_left: [*]T,
            copy: [*]T,
            merged: [*]u32,
            kept: [*]u32,
            stay: [*]u32,
            places: [*]u32,
            grouped: [*]u32,
            extents: [*]halves.Extent,

            fn from(t: *const Temporary, first: usize, n: usize) Temporary {
                var own = t.*;
                inline for (.{ "values", "z", "poles", "weights", "corrected", "roots" }) |name| {
                    @field(own, name) += first;
                }
                inline for (.{ "merged", "kept", "stay", "places", "grouped", "extents" }) |name| {
                    @field(own, name) += first;
                }
                inline for (.{ "gaps", "s_right", "s_left", "copy" }) |name| {
                    @field(own, name) += first * n;
                }
                return own;
            }
        };

        /// False when Jacobi rotations did not converge.
        pub fn run(d: *Self, work: *Work) matrix.Error!bool {
            const n = d.n;
            inline for (.{ "values", "z", "poles", "weights", "corrected", "roots" }) |name| {
                @field(d.temporary, name) = work.take(f64, n + 1);
            }
            inline for (.{ "merged", "kept", "stay", "places", "grouped" }) |name| {
                @field(d.temporary, name) = work.take(u32, n + 1);
            }
            d.temporary.extents = @ptrCast(work.take(u32, n + 1));
            d.bounds = @ptrCast(work.take(f64, n + 1));
            d.temporary.gaps = work.take(f64, n * n);
            d.temporary.s_right = work.take(T, n * n);
            d.temporary.copy = work.take(T, n * n);
            d.temporary.s_left = if (d.lefts == null) d.temporary.copy else work.take(T, n * n);
            d.split(0, n);
            const whole: f64 = @floatFromInt(n);
            gemm.forEach(d.threads, d.parts, whole * alone * 40, d, solvePart);
            if (d.has_no_memory) return error.OutOfMemory;
            if (d.has_diverged) return false;
            try d.mergeAll(0, n);
            return true;
        }

        fn split(d: *Self, first: usize, end: usize) void {
            if (end - first <= alone) {
                d.bounds[2 * d.parts] = @intCast(first);
                d.bounds[2 * d.parts + 1] = @intCast(end);
                d.parts += 1;
                return;
            }
            const middle = (first + end) / 2;
            d.split(first, middle);
            d.split(middle + 1, end);
        }

        fn mergeAll(d: *Self, first: usize, end: usize) matrix.Error!void {
            if (end - first <= alone) return;
            const middle = (first + end) / 2;
            try d.mergeAll(first, middle);
            try d.mergeAll(middle + 1, end);
            try d.merge(first, middle, end, d.threads);
        }

        fn solvePart(d: *Self, part: usize) void {
            d.solve(d.bounds[2 * part], d.bounds[2 * part + 1]) catch |why| {
                const failed = if (why == error.OutOfMemory) &d.has_no_memory else &d.has_diverged;
                @atomicStore(bool, failed, true, .monotonic);
            };
        }

        fn solve(d: *Self, first: usize, end: usize) SolveError!void {
            if (end - first <= leaf) return d.solveLeaf(first, end);
            const middle = (first + end) / 2;
            try d.solve(first, middle);
            try d.solve(middle + 1, end);
            try d.merge(first, middle, end, .caller);
        }

        fn rightRow(d: *const Self, first: usize, i: usize) [*]T {
            return d.rights + (first + i) * d.step + (if (d.lefts != null) first else 0);
        }

        /// Square, with a row of zeros where the part has a column more.
        fn solveLeaf(d: *Self, first: usize, end: usize) error{NotConverged}!void {
            const n = end - first;
            const columns = if (end == d.n) n else n + 1;
            const size_max = leaf + 1;
            var memory: [2 * size_max * size_max + 2 * size_max]f64 = @splat(0);
            const x = &memory;
            for (0..n) |i| {
                x[i * columns + i] = d.diagonal[first + i];
                if (i + 1 < columns) x[i * columns + i + 1] = d.beside[first + i];
            }
            const w = x[size_max * size_max ..];
            const rotations: jacobi.Jacobi = .{
                .n = columns,
                .x = x,
                .w = w.ptr,
                .norms = w.ptr + size_max * size_max,
            };
            if (!rotations.run()) return error.NotConverged;
            rotations.normalise();
            for (0..columns) |i| {
                // Ascending, then the vector without a value.
                const place = rotations.order()[if (i < n) n - 1 - i else i];
                const v = x[place * columns ..][0..columns];
                const row = d.rightRow(first, i);
                if (d.lefts == null) {
                    row[0] = @floatCast(v[0]);
                    row[1] = @floatCast(v[columns - 1]);
                } else for (v, row) |value, *out| out.* = @floatCast(value);
                if (i == n) break;
                d.diagonal[first + i] = rotations.norms[place];
                d.order[first + i] = @intCast(i);
                const lefts = d.lefts orelse continue;
                const left_row = lefts.at(first + i, first);
                for (w[place * columns ..][0..n], left_row) |value, *out| out.* = @floatCast(value);
            }
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
            const is_last = end == d.n;
            const has_vectors = d.lefts != null;
            const right = n - left - @intFromBool(is_last);
            var m: Merge = .{
                .n = n,
                .middle = left,
                .alpha = d.diagonal[middle],
                .beta = d.beside[middle],
                .is_last = is_last,
                .has_vectors = has_vectors,
                .diagonal = d.diagonal + first,
                .order = d.order[first..end],
                .t = d.temporary.from(first, d.n),
                .sets = .{ .{
                    .data = d.rightRow(first, 0),
                    .step = d.step,
                    .left = if (has_vectors) left + 1 else 1,
                    .right = if (has_vectors) right else 1,
                }, .{
                    .data = if (d.lefts) |lefts| lefts.at(first, first) else undefined,
                    .step = if (d.lefts) |lefts| @intCast(lefts.row) else 0,
                    .left = left,
                    .between = 1,
                    .right = n - left - 1,
                } },
                .eps = d.eps,
                .threads = threads,
            };
            m.readEdges();
            m.deflate();
            try m.combine();
        }

        /// One merge: a row z above a diagonal that starts with 0.
        const Merge = struct {
            n: usize,
            /// Of the rows: its right vector is the left part's that has no value.
            middle: usize,
            alpha: f64,
            beta: f64,
            is_last: bool,
            has_vectors: bool,
            diagonal: [*]f64,
            order: []u32,
            t: Temporary,
            /// Right vectors, then left ones.
            sets: [2]halves.Rows(T),
            eps: f64,
            threads: Threads,
            kept: usize = 0,
            stay: usize = 0,

            fn vectorSets(m: *const Merge) []const halves.Rows(T) {
                return m.sets[0..if (m.has_vectors) 2 else 1];
            }

            /// z: the middle row times the right vectors.
            fn readEdges(m: *Merge) void {
                const rights = m.sets[0];
                for (0..m.n + @intFromBool(!m.is_last)) |i| {
                    const is_left = i <= m.middle;
                    m.t.extents[i] = if (is_left) .left else .right;
                    const row = rights.row(i);
                    const last = @intFromBool(is_left);
                    const place = if (m.has_vectors) rights.left - last else last;
                    m.t.values[i] = (if (is_left) m.alpha else m.beta) * row[place];
                    if (!m.has_vectors) row[place] = 0;
                }
                @memcpy(m.t.z[0..m.n], m.t.values);
                m.diagonal[m.middle] = 0;
                if (!m.is_last) {
                    const x = m.t.values[m.middle];
                    const y = m.t.values[m.n];
                    const length = std.math.hypot(x, y);
                    const is_zero = length == 0;
                    const c = if (is_zero) 1 else x / length;
                    const s = if (is_zero) 0 else y / length;
                    m.t.z[m.middle] = length;
                    halves.rotate(T, m.sets[0..1], m.t.extents, m.middle, m.n, c, s);
                }
                if (m.has_vectors) {
                    const row = m.sets[1].row(m.middle);
                    @memset(row[0..m.n], 0);
                }
                const after = m.middle + 1;
                for (m.order[after..]) |*index| index.* += @intCast(after);
                const merged = m.t.merged[0 .. m.n - 1];
                halves.mergeOrders(m.diagonal, m.order[0..m.middle], m.order[after..], merged);
            }

            fn deflate(m: *Merge) void {
                const d = m.diagonal;
                const z = m.t.z;
                const most = @max(@abs(m.alpha), @abs(m.beta), vector.largest(f64, d[0..m.n]));
                // Its square is still a number.
                const least = @max(8 * m.eps * most, 1e-100);
                m.keep(@intCast(m.middle));
                const first = &z[m.middle];
                if (@abs(first.*) <= least) first.* = std.math.copysign(least, first.*);
                var candidate: ?u32 = null;
                for (m.t.merged[0 .. m.n - 1]) |index| {
                    if (@abs(z[index]) <= least) {
                        m.leave(index);
                        continue;
                    }
                    const other = candidate orelse {
                        candidate = index;
                        continue;
                    };
                    candidate = index;
                    if (d[index] - d[other] > least) {
                        m.keep(other);
                        continue;
                    }
                    const length = std.math.hypot(z[index], z[other]);
                    const c = z[index] / length;
                    const s = -z[other] / length;
                    z[index] = length;
                    halves.rotate(T, m.vectorSets(), m.t.extents, other, index, c, s);
                    m.leave(other);
                }
                if (candidate) |index| m.keep(index);
                for (m.t.kept[0..m.kept], 0..) |old, i| {
                    // Distinct from the 0 that comes first.
                    m.t.poles[i] = if (i == 0) 0 else @max(d[old], least / 2);
                    m.t.weights[i] = z[old] * z[old];
                }
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
                // Nothing to solve: the first vectors belong together.
                if (k == 1) {
                    m.t.roots[0] = @abs(m.t.z[m.middle]);
                    m.t.gaps[0] = -1;
                    m.t.corrected[0] = 1;
                } else {
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
                gemm.forEach(m.threads, (k + 15) / 16, elements * 2.5, m, formVectors);
                const s_right: Matrix(T) = .by(m.t.s_right, k, k, k);
                try halves.combine(T, m.sets[0], choice, s_right, m.t.copy, m.threads);
                if (m.has_vectors) {
                    const s_left: Matrix(T) = .by(m.t.s_left, k, k, k);
                    try halves.combine(T, m.sets[1], choice, s_left, m.t.copy, m.threads);
                    const lefts = m.sets[1];
                    const column = lefts.left;
                    for (0..k) |j| lefts.row(j)[column] = s_left.at(j, m.t.places[0])[0];
                    for (k..m.n) |j| lefts.row(j)[column] = 0;
                }
                m.finish();
            }

            /// Right: z / (pole^2 - root^2); left: the same times the pole, and -1 first.
            fn formVectors(m: *Merge, chunk: usize) void {
                const k = m.kept;
                for (chunk * 16..@min(chunk * 16 + 16, k)) |j| {
                    const gaps = m.t.gaps + j * k;
                    var squares: f64 = 0;
                    var left_squares: f64 = 1;
                    for (0..k) |i| {
                        gaps[i] = m.t.corrected[i] / gaps[i];
                        squares += gaps[i] * gaps[i];
                        const left = gaps[i] * m.t.poles[i];
                        left_squares += left * left;
                    }
                    const scale = 1 / @sqrt(squares);
                    const row = m.t.s_right + j * k;
                    for (0..k) |i| row[m.t.places[i]] = @floatCast(gaps[i] * scale);
                    if (!m.has_vectors) continue;
                    const left_scale = 1 / @sqrt(left_squares);
                    const left_row = m.t.s_left + j * k;
                    for (1..k) |i| {
                        left_row[m.t.places[i]] = @floatCast(gaps[i] * m.t.poles[i] * left_scale);
                    }
                    left_row[m.t.places[0]] = @floatCast(-left_scale);
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
