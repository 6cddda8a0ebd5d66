//! The inner product of a convolution: rows of weights times vectors of pixels, with a table of
//! offsets for the depth.
//!
//! Depth step p of vector j is the vector at sources[j] + offsets[p]: the table turns a (channel,
//! kernel row, kernel column) into a distance, so that one kernel serves every stride, dilation and
//! layout, packed sources as well.
const simd = @import("../simd.zig");

const registers = if (simd.avx512 or simd.arm) 32 else 16;

/// Rows of the largest tile: 14x2 vectors keep 28 sums, 2 sources and 2 weights in 32 registers.
pub const row_max: comptime_int = if (registers == 32) 14 else 6;
/// Up to this many rows, a tile is 8 vectors wide: with one row, 2 sums could not hide the latency
/// of an FMA.
pub const wide_rows: comptime_int = if (registers == 32) 3 else 1;
pub const vector_max: comptime_int = 8;

/// Vectors of a panel when the product has that many rows.
pub fn panelWidth(rows: usize) usize {
    return if (rows <= wide_rows) vector_max else 2;
}

pub fn Tile(comptime T: type) type {
    return struct {
        pub const Arguments = struct {
            depth: usize,
            offsets: [*]const isize,
            weights: [*]const T,
            weights_pitch: usize,
            /// What the sums start with, one a row.
            bias: [*]const T,
            sources: [vector_max][*]const T,
            targets: [vector_max][*]T,
            target_pitch: usize,
            relu: bool,
            /// Start with what the targets hold instead.
            accumulate: bool,
        };
        const Kernel = *const fn (arguments: *const Arguments) void;

        /// rows 1..row_max; vectors 1 or 2, up to `wide_rows` also 4 and 8.
        pub fn run(rows: usize, vectors: usize, arguments: *const Arguments) void {
            const narrow = comptime narrowTable();
            const wide = comptime wideTable();
            if (vectors <= 2) return narrow[rows - 1][vectors - 1](arguments);
            wide[rows - 1][@intFromBool(vectors == 8)](arguments);
        }

        fn narrowTable() [row_max][2]Kernel {
            var table: [row_max][2]Kernel = undefined;
            for (&table, 1..) |*row, rows| row.* = .{ &Instance(rows, 1).kernel, &Instance(rows, 2).kernel };
            return table;
        }

        fn wideTable() [wide_rows][2]Kernel {
            var table: [wide_rows][2]Kernel = undefined;
            for (&table, 1..) |*row, rows| row.* = .{ &Instance(rows, 4).kernel, &Instance(rows, 8).kernel };
            return table;
        }

        fn Instance(comptime rows: comptime_int, comptime vectors: comptime_int) type {
            return struct {
                noinline fn kernel(arguments: *const Arguments) void {
                    tile(rows, vectors, arguments);
                }
            };
        }

        inline fn tile(comptime rows: comptime_int, comptime vectors: comptime_int, arguments: *const Arguments) void {
            const V = simd.Vector(T);
            var sums: [rows][vectors]V = undefined;
            if (arguments.accumulate) {
                inline for (0..rows) |i| inline for (0..vectors) |j| {
                    sums[i][j] = simd.load(T, arguments.targets[j] + i * arguments.target_pitch);
                };
            } else inline for (0..rows) |i| {
                const start: V = @splat(arguments.bias[i]);
                inline for (0..vectors) |j| sums[i][j] = start;
            }
            var sources: [vectors][*]const T = undefined;
            inline for (0..vectors) |j| sources[j] = arguments.sources[j];
            const weights = arguments.weights;
            const pitch = arguments.weights_pitch;
            const offsets = arguments.offsets;
            const depth = arguments.depth;
            var p: usize = 0;
            while (p < depth) : (p += 1) {
                const offset: usize = @bitCast(offsets[p]);
                var values: [vectors]V = undefined;
                inline for (0..vectors) |j| values[j] = simd.load(T, @ptrFromInt(@intFromPtr(sources[j]) +% offset));
                inline for (0..rows) |i| {
                    const weight: V = @splat(weights[i * pitch + p]);
                    inline for (0..vectors) |j| sums[i][j] = simd.mulAdd(weight, values[j], sums[i][j]);
                }
            }
            if (arguments.relu) {
                inline for (0..rows) |i| inline for (0..vectors) |j| {
                    const zero: V = @splat(0);
                    // A NaN compares false and stays.
                    sums[i][j] = @select(T, sums[i][j] < zero, zero, sums[i][j]);
                };
            }
            inline for (0..rows) |i| inline for (0..vectors) |j| {
                simd.store(T, arguments.targets[j] + i * arguments.target_pitch, sums[i][j]);
            };
        }
    };
}
