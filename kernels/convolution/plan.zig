//! How the targets of a unit of work are cut into vectors: three ways, the cheapest by an estimate.
const std = @import("std");
const simd = @import("../simd.zig");

/// rows: vectors within one target row, the last one shifted back to end with the row (needs a row
/// of one vector). flat: vectors over the padded source as if it were one row, the columns between
/// rows computed in vain. gathered: every depth step's targets gathered into full vectors first;
/// nothing in vain, but a copy of each panel.
pub const Mode = enum { rows, flat, gathered };

/// A vector of targets: where it is read (`rows`, `flat`) and, when `whole`, where it goes as one
/// store. Else its pieces go one by one.
pub const Vector = struct { source: isize, target: usize, first: u32, count: u32, whole: bool };
/// A run of targets inside one row and one vector.
pub const Piece = struct { source: isize, target: usize, lane: u32, length: u32 };

/// The unit: rows x columns targets of some images; all distances in elements.
pub const Shape = struct {
    images: usize,
    rows: usize,
    columns: usize,
    source_image: isize,
    source_row: isize,
    target_image: usize,
    target_row: usize,
    target_column: usize,
};

pub fn Plan(comptime T: type) type {
    const lanes: usize = simd.lanes(T);
    return struct {
        mode: Mode,
        vectors: []Vector,
        pieces: []Piece,

        pub fn vectorCount(shape: Shape, mode: Mode) usize {
            if (shape.rows * shape.columns * shape.images == 0) return 0;
            return switch (mode) {
                .rows => shape.images * shape.rows * ceil(shape.columns, lanes),
                .flat => shape.images * ceil((shape.rows - 1) * @as(usize, @intCast(shape.source_row)) + shape.columns, lanes),
                .gathered => ceil(shape.images * shape.rows * shape.columns, lanes),
            };
        }

        /// An upper bound.
        pub fn pieceCount(shape: Shape, mode: Mode) usize {
            return vectorCount(shape, mode) + shape.images * shape.rows;
        }

        /// In vector instructions; the weights of copies are measured ratios to an FMA with its
        /// loads.
        fn cost(shape: Shape, mode: Mode, outputs: usize, depth: usize) usize {
            const products = vectorCount(shape, mode) * outputs * depth;
            const pieces = pieceCount(shape, mode);
            return products + switch (mode) {
                .rows => if (shape.target_column == 1) 0 else pieces * outputs * 8,
                .flat => pieces * outputs * 6,
                .gathered => pieces * depth * 3,
            };
        }

        pub fn choose(shape: Shape, outputs: usize, depth: usize, in_place: bool) Mode {
            var best: Mode = .gathered;
            if (shape.columns >= lanes and cost(shape, .rows, outputs, depth) <= cost(shape, best, outputs, depth))
                best = .rows;
            if (!in_place and cost(shape, .flat, outputs, depth) < cost(shape, best, outputs, depth)) best = .flat;
            return best;
        }

        pub fn build(plan: *Plan(T), shape: Shape) void {
            var builder: Builder = .{ .plan = plan, .whole_possible = shape.target_column == 1 };
            for (0..shape.images) |image| {
                const image_source = @as(isize, @intCast(image)) * shape.source_image;
                if (plan.mode == .flat) builder.position = ceil(builder.position, lanes) * lanes;
                const start = builder.position;
                for (0..shape.rows) |row| {
                    const source = image_source + @as(isize, @intCast(row)) * shape.source_row;
                    const target = image * shape.target_image + row * shape.target_row;
                    switch (plan.mode) {
                        .rows => builder.addRow(source, target, shape),
                        .flat => {
                            builder.origin = image_source - @as(isize, @intCast(start));
                            builder.position = start + row * @as(usize, @intCast(shape.source_row));
                            builder.addRun(source, target, shape);
                        },
                        .gathered => builder.addRun(source, target, shape),
                    }
                }
            }
            std.debug.assert(builder.vectors <= plan.vectors.len and builder.pieces <= plan.pieces.len);
            plan.vectors = plan.vectors[0..builder.vectors];
            plan.pieces = plan.pieces[0..builder.pieces];
            // Whole means every lane a target.
            for (plan.vectors) |*vector| {
                const last = plan.pieces[vector.first + vector.count - 1];
                vector.whole = vector.whole and last.lane + last.length == lanes;
            }
        }

        const Builder = struct {
            plan: *Plan(T),
            whole_possible: bool,
            vectors: usize = 0,
            pieces: usize = 0,
            /// Lane of the next target, counted over all vectors.
            position: usize = 0,
            /// Source of lane 0 (flat).
            origin: isize = 0,

            fn addRow(builder: *Builder, source: isize, target: usize, shape: Shape) void {
                var column: usize = 0;
                while (column < shape.columns) : (column += lanes) {
                    const at = @min(column, shape.columns - lanes);
                    const vector = builder.addVector(source + @as(isize, @intCast(at)));
                    builder.addPiece(vector, .{
                        .source = vector.source,
                        .target = target + at * shape.target_column,
                        .lane = 0,
                        .length = lanes,
                    });
                }
            }

            fn addRun(builder: *Builder, source: isize, target: usize, shape: Shape) void {
                var column: usize = 0;
                while (column < shape.columns) {
                    const index = builder.position / lanes;
                    while (builder.vectors <= index)
                        _ = builder.addVector(builder.origin + @as(isize, @intCast(builder.vectors * lanes)));
                    const lane = builder.position % lanes;
                    const length = @min(lanes - lane, shape.columns - column);
                    builder.addPiece(&builder.plan.vectors[index], .{
                        .source = source + @as(isize, @intCast(column)),
                        .target = target + column * shape.target_column,
                        .lane = @intCast(lane),
                        .length = @intCast(length),
                    });
                    column += length;
                    builder.position += length;
                }
            }

            fn addVector(builder: *Builder, source: isize) *Vector {
                const vector = &builder.plan.vectors[builder.vectors];
                vector.* = .{ .source = source, .target = 0, .first = @intCast(builder.pieces), .count = 0, .whole = false };
                builder.vectors += 1;
                return vector;
            }

            /// Pieces of a vector follow each other; the vector is whole when they also do so in
            /// the target.
            fn addPiece(builder: *Builder, vector: *Vector, piece: Piece) void {
                if (vector.count == 0) {
                    vector.target = piece.target;
                    vector.first = @intCast(builder.pieces);
                    vector.whole = builder.whole_possible and piece.lane == 0;
                } else {
                    vector.whole = vector.whole and piece.target == vector.target + piece.lane and
                        builder.lastEnd() == piece.lane;
                }
                builder.plan.pieces[builder.pieces] = piece;
                builder.pieces += 1;
                vector.count += 1;
            }

            fn lastEnd(builder: *Builder) u32 {
                const last = builder.plan.pieces[builder.pieces - 1];
                return last.lane + last.length;
            }
        };
    };
}

pub fn ceil(count: usize, size: usize) usize {
    return (count + size - 1) / size;
}
