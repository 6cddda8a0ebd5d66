//! Where the largest or smallest element is: argmax, argmin, maxIndex, minIndex. The first of equals wins, and the
//! first NaN wins over all.
//!
//! Rows: the extreme of each block by vectors; only a block that beats all before it is searched for the place.
//! Columns: a vector of extremes and one of places, side by side.
const std = @import("std");
const fold = @import("fold.zig");
const reduce = @import("reduce.zig");
const simd = @import("simd.zig");

pub const Side = enum { largest, smallest };

/// Extreme that keeps NaN, as a Spec of fold.zig.
pub fn Extreme(comptime T: type, comptime side: Side) type {
    return struct {
        pub const Element = T;
        pub const Lane = T;
        pub const Total = T;
        pub const Result = T;
        pub const Parameter = void;
        pub const heavy = false;
        pub const identity: T = if (@typeInfo(T) == .float)
            (if (side == .largest) -std.math.inf(T) else std.math.inf(T))
        else
            (if (side == .largest) std.math.minInt(T) else std.math.maxInt(T));
        pub inline fn step(best: anytype, x: anytype, _: void) @TypeOf(best) {
            return combine(x, best);
        }
        pub inline fn combine(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return if (side == .largest) simd.maximum(x, y) else simd.minimum(x, y);
        }
        /// Drops a NaN in x.
        inline fn dropNan(x: simd.Vector(T), y: simd.Vector(T)) simd.Vector(T) {
            return @select(T, if (side == .largest) x > y else x < y, x, y);
        }
        pub const drop = if (@typeInfo(T) == .float) dropNan else {};
        pub inline fn finish(best: anytype, _: f64) @TypeOf(best) {
            return best;
        }
    };
}

/// The last output is the index; with two outputs the first is the extreme itself.
pub fn Argument(comptime T: type, comptime side: Side) type {
    return struct {
        pub const Element = T;
        pub const ordered = true;
        pub const cost = 0.15;
        pub const Strip = struct {
            best: [reduce.strip_max]T align(64),
            indices: [reduce.strip_max]i64 align(64),
        };
        const Spec = Extreme(T, side);
        const N = simd.lanes(T);
        const Vector = @Vector(N, T);

        inline fn isBetter(x: T, best: T) bool {
            if (@typeInfo(T) == .float and x != x) return best == best;
            return if (side == .largest) x > best else x < best;
        }

        pub fn row(strip: *Strip, lane: usize, source: *const reduce.Source(T)) void {
            var search: Search = .{ .index = source.start };
            if (source.contiguous(lane)) |p| {
                const n = source.count();
                var i: usize = 0;
                while (i < n) : (i += reduce.block) {
                    if (!search.add(p + i, @min(reduce.block, n - i), source.start + i)) break;
                }
            } else source.forRuns(lane, &search, Search.add);
            strip.best[lane] = search.best;
            strip.indices[lane] = @intCast(search.index);
        }

        const Search = struct {
            best: T = Spec.identity,
            index: usize,

            fn add(search: *Search, p: [*]const T, n: usize, index: usize) bool {
                const best = fold.fold(Spec, fold.Pass(Spec).blockOf(p, n, {}));
                if (!isBetter(best, search.best)) return true;
                search.best = best;
                search.index = index + find(p, n, best);
                return best == best;
            }
        };

        /// Place of the first element equal to x, or of the first NaN if x is one. It is there.
        fn find(p: [*]const T, n: usize, x: T) usize {
            const wanted: Vector = @splat(x);
            var i: usize = 0;
            while (i < n) : (i += N) {
                const v: Vector = if (i + N <= n) p[i..][0..N].* else fold.loadPart(T, N, p + i, n - i);
                const hits = if (x == x) v == wanted else v != v;
                if (std.simd.firstTrue(hits)) |lane| return i + lane;
            }
            unreachable;
        }

        pub fn columns(strip: *Strip, width: usize, source: *const reduce.Source(T)) void {
            const places: @Vector(N, i64) = @splat(@intCast(source.start));
            var i: usize = 0;
            while (i < width) : (i += N) {
                strip.best[i..][0..N].* = @as(Vector, @splat(Spec.identity));
                strip.indices[i..][0..N].* = places;
            }
            var all: Columns = .{ .strip = strip, .width = width };
            source.forBatches(width, &all, Columns.add);
        }

        const Columns = struct {
            strip: *Strip,
            width: usize,

            fn add(all: *Columns, rows: []const [*]const T, index: usize) void {
                var i: usize = 0;
                while (i + 2 * N <= all.width) : (i += 2 * N) all.piece(2, rows, i, N, index);
                while (i < all.width) : (i += N) all.piece(1, rows, i, @min(N, all.width - i), index);
            }

            /// The place within the batch is kept in lanes as wide as the elements; the batch's winners then move to
            /// the 64-bit indices.
            inline fn piece(
                all: *Columns,
                comptime vectors: comptime_int,
                rows: []const [*]const T,
                i: usize,
                n: usize,
                index: usize,
            ) void {
                const Place = std.meta.Int(.unsigned, 8 * @sizeOf(T));
                const Places = @Vector(N, Place);
                const none: Place = reduce.batch_max;
                var best: [vectors]Vector = undefined;
                var places: [vectors]Places = @splat(@splat(none));
                inline for (&best, 0..) |*v, k| v.* = all.strip.best[i + k * N ..][0..N].*;
                for (rows, 0..) |p, r| inline for (0..vectors) |k| {
                    const x: Vector = if (vectors > 1 or n == N) p[i + k * N ..][0..N].* else fold.loadPart(T, N, p + i, n);
                    const wins = winners(x, best[k]);
                    best[k] = @select(T, wins, x, best[k]);
                    places[k] = @select(Place, wins, @as(Places, @splat(@intCast(r))), places[k]);
                };
                inline for (0..vectors) |k| {
                    if (@reduce(.Or, places[k] != @as(Places, @splat(none)))) {
                        all.strip.best[i + k * N ..][0..N].* = best[k];
                        const array: [N]Place = places[k];
                        for (array, all.strip.indices[i + k * N ..][0..N]) |place, *target| {
                            if (place != none) target.* = @intCast(index + place);
                        }
                    }
                }
            }

            inline fn winners(x: Vector, best: Vector) @Vector(N, bool) {
                const beats = if (side == .largest) x > best else x < best;
                if (@typeInfo(T) != .float) return beats;
                return beats | ((x != x) & (best == best));
            }
        };

        pub fn merge(strip: *Strip, _: usize, other: *const Strip, _: usize, width: usize) void {
            for (0..width) |i| {
                if (!isBetter(other.best[i], strip.best[i])) continue;
                strip.best[i] = other.best[i];
                strip.indices[i] = other.indices[i];
            }
        }

        pub fn store(strip: *const Strip, width: usize, _: usize, _: f64, target: *const reduce.Target) void {
            const L = simd.lanes(i64);
            const has_values = target.call.output_count == 2;
            var i: usize = 0;
            while (i < width) : (i += L)
                target.write(@intFromBool(has_values), i64, i, width, @as(@Vector(L, i64), strip.indices[i..][0..L].*));
            i = 0;
            if (has_values) while (i < width) : (i += N)
                target.write(0, T, i, width, @as(Vector, strip.best[i..][0..N].*));
        }
    };
}
