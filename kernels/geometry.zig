//! Nested loops over strided dims, for kernels that read and write several arrays in step.
const std = @import("std");
const abi = @import("abi");
const assert = std.debug.assert;

/// Loops from the outermost dim to the innermost; every dim has one stride per operand, in
/// elements.
pub fn Nest(comptime operands: comptime_int) type {
    return struct {
        const NestOf = @This();
        pub const Offsets = [operands]isize;
        pub const Dim = struct { extent: usize, strides: Offsets };

        depth: usize = 0,
        list: [abi.rank_max]Dim = undefined,

        /// Adds a dim inside the others. A dim of extent 1 is no loop at all.
        pub fn push(nest: *NestOf, extent: usize, strides: Offsets) void {
            if (extent == 1) return;
            assert(nest.depth < abi.rank_max);
            nest.list[nest.depth] = .{ .extent = extent, .strides = strides };
            nest.depth += 1;
        }

        /// Takes the innermost dim out; one of extent 1 when there is none.
        pub fn pop(nest: *NestOf) Dim {
            if (nest.depth == 0) return .{ .extent = 1, .strides = @splat(0) };
            nest.depth -= 1;
            return nest.list[nest.depth];
        }

        pub fn dims(nest: *NestOf) []Dim {
            return nest.list[0..nest.depth];
        }

        /// Number of passes through the innermost body.
        pub fn size(nest: *const NestOf) usize {
            var product: usize = 1;
            for (nest.list[0..nest.depth]) |dim| product *= dim.extent;
            return product;
        }

        /// Turns dims around so that the first operand's strides are not negative; answers where
        /// the loops now start.
        pub fn flip(nest: *NestOf) Offsets {
            var start: Offsets = @splat(0);
            for (nest.dims()) |*dim| {
                if (dim.strides[0] >= 0 or dim.extent == 0) continue;
                for (&start, &dim.strides) |*offset, *stride| {
                    offset.* += @as(isize, @intCast(dim.extent - 1)) * stride.*;
                    stride.* = -stride.*;
                }
            }
            return start;
        }

        /// Smallest stride of the first operand innermost. Dims of stride 0 go outermost: repeating
        /// an inner loop of some length costs less than loops without end over one element.
        pub fn sort(nest: *NestOf) void {
            const list = nest.dims();
            for (1..@max(list.len, 1)) |i| {
                const dim = list[i];
                var j = i;
                while (j > 0 and isInside(list[j - 1], dim)) : (j -= 1) list[j] = list[j - 1];
                list[j] = dim;
            }
        }

        fn isInside(first: Dim, second: Dim) bool {
            const a = @abs(first.strides[0]);
            const b = @abs(second.strides[0]);
            if (a == 0 or b == 0) return b == 0 and a != 0;
            return a < b;
        }

        /// Joins neighbours that every operand walks as one dim.
        pub fn merge(nest: *NestOf) void {
            const list = nest.dims();
            if (list.len < 2) return;
            var last: usize = 0;
            for (list[1..]) |dim| {
                const inner: isize = @intCast(dim.extent);
                const joins = for (list[last].strides, dim.strides) |outer, stride| {
                    if (outer != stride * inner) break false;
                } else true;
                if (joins) {
                    list[last] = .{ .extent = list[last].extent * dim.extent, .strides = dim.strides };
                } else {
                    last += 1;
                    list[last] = dim;
                }
            }
            nest.depth = last + 1;
        }

        /// The walk that has `index` passes behind it.
        pub fn at(nest: *const NestOf, index: usize) Walk {
            var walk: Walk = .{ .nest = nest, .offsets = @splat(0) };
            var rest = index;
            var axis = nest.depth;
            while (axis > 0) {
                axis -= 1;
                const dim = &nest.list[axis];
                // Most walks start at 0, and a division takes longer than a small call's whole
                // work.
                const position = if (rest == 0) 0 else rest % dim.extent;
                if (rest != 0) rest /= dim.extent;
                walk.position[axis] = position;
                for (&walk.offsets, dim.strides) |*offset, stride| offset.* += @as(isize, @intCast(position)) * stride;
            }
            return walk;
        }

        pub const Walk = struct {
            nest: *const NestOf,
            offsets: Offsets,
            position: [abi.rank_max]usize = undefined,

            /// To the next pass; after the last one back to the first.
            pub fn next(walk: *Walk) void {
                var axis = walk.nest.depth;
                while (axis > 0) {
                    axis -= 1;
                    const dim = &walk.nest.list[axis];
                    for (&walk.offsets, dim.strides) |*offset, stride| offset.* += stride;
                    walk.position[axis] += 1;
                    if (walk.position[axis] < dim.extent) return;
                    walk.position[axis] = 0;
                    for (&walk.offsets, dim.strides) |*offset, stride| offset.* -= @as(isize, @intCast(dim.extent)) * stride;
                }
            }
        };
    };
}

/// Views of one shape as lines along one dim. The first view is contiguous, and the lines run in
/// its order.
pub fn Lines(comptime operands: comptime_int) type {
    return struct {
        const LinesOf = @This();
        /// All other dims; for columns without `inner`.
        nest: Nest(operands) = .{},
        extent: usize = 1,
        /// Of the line's dim.
        strides: [operands]isize = @splat(1),
        /// Lines next to each other, when the line's own elements are not: the first view's stride
        /// is 1 along it.
        inner: ?Nest(operands).Dim = null,

        pub fn init(views: [operands]*const abi.View, axis: usize) LinesOf {
            var lines: LinesOf = .{};
            for (0..views[0].dims()) |i| {
                var strides: [operands]isize = undefined;
                for (&strides, views) |*stride, view| stride.* = view.stride(i);
                const extent = views[0].extent(i);
                if (i == axis) {
                    lines.extent = extent;
                    lines.strides = strides;
                } else lines.nest.push(extent, strides);
            }
            lines.nest.merge();
            const is_row = lines.strides[0] == 1 and (lines.extent > 1 or lines.nest.depth == 0);
            if (!is_row) lines.inner = lines.nest.pop();
            return lines;
        }
    };
}

/// Pointer `offset` elements away, which may be negative.
pub inline fn shift(pointer: anytype, offset: isize) @TypeOf(pointer) {
    const bytes = offset *% @as(isize, @sizeOf(std.meta.Elem(@TypeOf(pointer))));
    return @ptrFromInt(@intFromPtr(pointer) +% @as(usize, @bitCast(bytes)));
}

/// Copies `count` elements that lie `stride` apart into a contiguous block.
pub fn gather(comptime T: type, target: [*]T, source: [*]const T, stride: isize, count: usize) void {
    var from = source;
    var i: usize = 0;
    while (i + 4 <= count) : (i += 4) {
        inline for (0..4) |k| target[i + k] = shift(from, stride * k)[0];
        from = shift(from, 4 * stride);
    }
    while (i < count) : (i += 1) {
        target[i] = from[0];
        from = shift(from, stride);
    }
}

test "Nest walks merged dims in order" {
    var nest: Nest(2) = .{};
    nest.push(3, .{ 40, 8 });
    nest.push(1, .{ 7, 7 });
    nest.push(4, .{ 10, 2 });
    nest.push(2, .{ 1, 1 });
    nest.merge();
    try std.testing.expectEqual(2, nest.depth);
    try std.testing.expectEqual(24, nest.size());
    var walk = nest.at(0);
    for (0..24) |i| {
        const group: isize = @intCast(i / 2);
        const rest: isize = @intCast(i % 2);
        try std.testing.expectEqual([2]isize{ 10 * group + rest, 2 * group + rest }, walk.offsets);
        try std.testing.expectEqual(walk.offsets, nest.at(i).offsets);
        walk.next();
    }
    try std.testing.expectEqual([2]isize{ 0, 0 }, walk.offsets);
}

test "Nest flips and sorts, repeated dims outermost" {
    var nest: Nest(1) = .{};
    nest.push(5, .{-1});
    nest.push(3, .{0});
    nest.push(2, .{5});
    try std.testing.expectEqual([1]isize{-4}, nest.flip());
    nest.sort();
    nest.merge();
    try std.testing.expectEqual(2, nest.depth);
    try std.testing.expectEqual(3, nest.list[0].extent);
    try std.testing.expectEqual(10, nest.list[1].extent);
    try std.testing.expectEqual([1]isize{1}, nest.list[1].strides);
}
