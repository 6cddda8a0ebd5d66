//! One pass of a convolution: target[image, group, row, pixel] = bias[row] + sum over depth of
//! weights[group, row, depth] * source[image, group, offset[depth] + pixel], cut into units of
//! images or row bands.
const std = @import("std");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const plans = @import("plan.zig");
const sources = @import("source.zig");
const tiles = @import("tile.zig");

/// Bytes of a source copy: a quarter of a 1 MB L2 cache.
const copy_bytes = 256 * 1024;
/// Bytes of source that a block of panels reads, over which all weights pass.
const block_bytes = 512 * 1024;
/// Depth of gathered panels.
const depth_max = 640;
/// Multiply-adds of a unit, about 100 us.
const unit_work = 4 << 20;

pub fn Pass(comptime T: type) type {
    const Source = sources.Source(T);
    const Plan = plans.Plan(T);
    const Tile = tiles.Tile(T);
    const lanes: usize = simd.lanes(T);

    return struct {
        const Self = Pass(T);

        source: Source,
        images: usize,
        groups: usize,
        /// Per group.
        channels: usize,
        outputs: usize,
        /// [groups * outputs][depth], rows weights_pitch apart; depth = [channels][row taps][column
        /// taps].
        weights: [*]const T,
        weights_pitch: usize,
        bias: [*]const T,
        relu: bool,
        target: [*]T,
        target_width: usize,
        target_plane: usize,

        // Chosen by prepare().
        depth: usize = 0,
        offsets: [*]isize = undefined,
        unit_images: usize = 0,
        unit_rows: usize = 0,
        bands: usize = 0,
        units: usize = 0,
        parts: usize = 0,
        /// Panels of a block, and how the depth is cut.
        block: usize = 0,
        depth_blocks: usize = 0,
        depth_block: usize = 0,
        full: Plan = undefined,
        rest: Plan = undefined,
        failed: std.atomic.Value(bool) = .init(false),

        /// Bytes of memory for run().
        pub fn scratchBytes(pass: *Self) usize {
            pass.prepare();
            return @sizeOf(isize) * pass.offsetCount() + 2 * (pass.vectorBytes() + pass.pieceBytes());
        }

        fn vectorBytes(pass: *const Self) usize {
            return @sizeOf(plans.Vector) * Plan.vectorCount(pass.unitShape(pass.unit_images, pass.unit_rows), pass.full.mode);
        }
        fn pieceBytes(pass: *const Self) usize {
            return @sizeOf(plans.Piece) * Plan.pieceCount(pass.unitShape(pass.unit_images, pass.unit_rows), pass.full.mode);
        }
        /// The table of offsets, and behind it the table of a packed panel.
        fn offsetCount(pass: *const Self) usize {
            return 2 * pass.depth;
        }

        fn panelVectors(pass: *const Self) usize {
            return tiles.panelWidth(pass.outputs);
        }

        fn prepare(pass: *Self) void {
            const source = &pass.source;
            const rows = source.rows.targets;
            pass.depth = pass.channels * source.rows.taps * source.columns.taps;
            const row_work = pass.groups * pass.outputs * (pass.depth + 1) * source.columns.targets;
            const row_bytes = @sizeOf(T) * pass.channels * source.rows.phases() * source.columns.phases() *
                source.columns.extent(source.columns.targets);
            // Rows of a unit: enough work, a source copy that fits, and not so few that the halo
            // costs more.
            const by_work = @max(1, unit_work / @max(1, row_work));
            const by_bytes = if (source.in_place) by_work else @max(1, copy_bytes / @max(1, row_bytes));
            const halo = 4 * (source.rows.extent(1) - 1);
            // Weights beyond L2 come from L3 once a unit: enough pixels to hide that.
            const weight_bytes = @sizeOf(T) * pass.groups * pass.outputs * pass.depth;
            const hiding = if (weight_bytes < copy_bytes) 0 else plans.ceil(192, @max(1, source.columns.targets));
            const wanted = @max(1, @max(halo, @max(hiding, @min(by_work, by_bytes))));
            if (wanted < rows) {
                pass.bands = plans.ceil(rows, wanted);
                pass.unit_rows = plans.ceil(rows, pass.bands);
                pass.bands = plans.ceil(rows, pass.unit_rows);
                pass.unit_images = 1;
            } else {
                pass.bands = 1;
                pass.unit_rows = rows;
                pass.unit_images = @max(1, @min(pass.images, wanted / @max(1, rows)));
            }
            pass.units = @max(1, plans.ceil(pass.images, pass.unit_images) * pass.bands);
            source.init(pass.unit_rows, pass.channels);
            const shape = pass.unitShape(pass.unit_images, pass.unit_rows);
            pass.full.mode = Plan.choose(shape, pass.outputs, pass.depth, source.in_place);
            // Few units: cut the outputs (or the groups) too. Every part gathers for itself, so
            // those are large.
            const gathered = pass.full.mode == .gathered;
            const part_rows: usize = if (gathered) 128 else 2 * tiles.row_max;
            const whole = if (pass.groups > 1) pass.groups else @max(1, pass.outputs / part_rows);
            const work = pass.unit_images * pass.unit_rows * row_work;
            pass.parts = @max(1, @min(whole, @min(plans.ceil(16, pass.units), work / (unit_work / 4))));
            // Gathered panels are cut in depth as well; elsewhere two vectors may share targets,
            // and cannot be added to.
            pass.depth_blocks = if (gathered) @max(1, plans.ceil(pass.depth, depth_max)) else 1;
            pass.depth_block = plans.ceil(pass.depth, pass.depth_blocks);
            const panels = @max(1, plans.ceil(Plan.vectorCount(shape, pass.full.mode), pass.panelVectors()));
            const panel_bytes = @sizeOf(T) * lanes * pass.panelVectors() * @max(1, pass.depth_block);
            // A copied source is small enough as a whole.
            const fits = if (gathered or source.in_place) block_bytes / panel_bytes else panels;
            pass.block = std.math.clamp(fits, 1, panels);
        }

        fn unitShape(pass: *const Self, images: usize, rows: usize) plans.Shape {
            return .{
                .images = images,
                .rows = rows,
                .columns = pass.source.columns.targets,
                .source_image = pass.source.image_pitch,
                .source_row = pass.source.row_pitch,
                .target_image = pass.groups * pass.outputs * pass.target_plane,
                .target_row = pass.source.rows.step * pass.target_width,
                .target_column = pass.source.columns.step,
            };
        }

        /// Whether prepare() would read the source in place; call before run() when that is
        /// possible at all.
        pub fn allowInPlace(pass: *Self) void {
            const source = &pass.source;
            const pitch = @abs(source.strides.channel) * @sizeOf(T) % 2048;
            source.in_place = source.strides.column == 1 and source.columns.stride == 1 and
                source.rows.inside() and source.columns.inside() and source.columns.targets >= lanes and
                (pitch >= 256 or pass.channels <= 8);
        }

        /// False: no memory.
        pub fn run(pass: *Self, memory: [*]align(64) u8) bool {
            if (pass.images * pass.groups * pass.outputs * pass.source.rows.targets * pass.source.columns.targets == 0)
                return true;
            pass.layOut(memory);
            const work: f64 = @floatFromInt(pass.images * pass.groups * pass.outputs * (pass.depth + 1) *
                pass.source.rows.targets * pass.source.columns.targets);
            // About 40 multiply-adds a nanosecond.
            runtime.parallelFor(pass.units * pass.parts, work / 40 * @sizeOf(T) / 4, pass, runUnit);
            return !pass.failed.load(.monotonic);
        }

        fn layOut(pass: *Self, memory: [*]align(64) u8) void {
            pass.offsets = @ptrCast(memory);
            const source = &pass.source;
            var p: usize = 0;
            for (0..pass.channels) |channel| for (0..source.rows.taps) |row| for (0..source.columns.taps) |column| {
                pass.offsets[p] = source.offset(channel, row, column);
                p += 1;
            };
            const panel: isize = @intCast(@sizeOf(T) * lanes * pass.panelVectors());
            for (0..pass.depth) |i| pass.offsets[pass.depth + i] = @as(isize, @intCast(i)) * panel;
            var at = @sizeOf(isize) * pass.offsetCount();
            const rest_images = pass.images - (plans.ceil(pass.images, pass.unit_images) - 1) * pass.unit_images;
            const rest_rows = source.rows.targets - (pass.bands - 1) * pass.unit_rows;
            const shapes = .{
                pass.unitShape(pass.unit_images, pass.unit_rows),
                if (pass.bands == 1) pass.unitShape(rest_images, pass.unit_rows) else pass.unitShape(1, rest_rows),
            };
            pass.rest.mode = pass.full.mode;
            inline for (.{ &pass.full, &pass.rest }, shapes) |plan, shape| {
                const vectors: [*]plans.Vector = @ptrCast(@alignCast(memory + at));
                plan.vectors = vectors[0..Plan.vectorCount(shape, plan.mode)];
                at += pass.vectorBytes();
                const pieces: [*]plans.Piece = @ptrCast(@alignCast(memory + at));
                plan.pieces = pieces[0..Plan.pieceCount(shape, plan.mode)];
                at += pass.pieceBytes();
                plan.build(shape);
            }
        }

        /// One unit for one part of the outputs or groups, with its own memory.
        const Unit = struct {
            plan: *const Plan,
            image: usize,
            images: usize,
            row: usize,
            copy: [*]T,
            panels: [*]T,
            stage: [*]T,
        };

        fn runUnit(pass: *Self, index: usize) void {
            const unit_index = index / pass.parts;
            const part = index % pass.parts;
            const image = unit_index / pass.bands * pass.unit_images;
            const band = unit_index % pass.bands;
            const images = @min(pass.unit_images, pass.images - image);
            const short = if (pass.bands == 1) image + pass.unit_images > pass.images else band + 1 == pass.bands;
            const copy = pass.source.elements(pass.unit_images);
            const packing = if (pass.full.mode == .gathered) pass.block * pass.panelVectors() * lanes * pass.depth_block + lanes else 0;
            // A piece is read as a vector, so the last one runs over.
            const stage = tiles.row_max * tiles.vector_max * lanes + lanes;
            const round = 64 / @sizeOf(T);
            const memory = runtime.scratch(.chunk, T, copy + packing + stage + 2 * round) orelse {
                pass.failed.store(true, .monotonic);
                return;
            };
            const unit: Unit = .{
                .plan = if (short) &pass.rest else &pass.full,
                .image = image,
                .images = images,
                .row = band * pass.unit_rows,
                .copy = memory,
                .panels = memory + plans.ceil(copy, round) * round,
                .stage = memory + plans.ceil(copy, round) * round + plans.ceil(packing, round) * round,
            };
            if (pass.groups > 1) {
                const first = part * pass.groups / pass.parts;
                const last = (part + 1) * pass.groups / pass.parts;
                for (first..last) |group| pass.runGroup(&unit, group, 0, pass.outputs);
            } else {
                const tile_count = plans.ceil(pass.outputs, tiles.row_max);
                const first = @min(pass.outputs, part * tile_count / pass.parts * tiles.row_max);
                const last = @min(pass.outputs, (part + 1) * tile_count / pass.parts * tiles.row_max);
                pass.runGroup(&unit, 0, first, last);
            }
        }

        fn runGroup(pass: *const Self, unit: *const Unit, group: usize, first: usize, last: usize) void {
            const source = &pass.source;
            const plan = unit.plan;
            var base: [*]const T = unit.copy;
            if (source.in_place) {
                base = source.at(unit.image, group * pass.channels, unit.row);
            } else for (0..unit.images) |image| for (0..pass.channels) |channel| {
                const distance = @as(isize, @intCast(image)) * source.image_pitch +
                    @as(isize, @intCast(channel)) * source.channel_pitch;
                const to: [*]T = @constCast(sources.advance(T, unit.copy, distance));
                source.copyChannel(to, unit.image + image, group * pass.channels + channel, unit.row);
            };
            const target = pass.target + (unit.image * pass.groups + group) * pass.outputs * pass.target_plane +
                (source.rows.first + unit.row * source.rows.step) * pass.target_width + source.columns.first;
            const width = pass.panelVectors();
            const block = pass.block * width;
            const row_panels = plans.ceil(last - first, tiles.row_max);
            var at: usize = 0;
            while (at < plan.vectors.len) : (at += block) {
                const end = @min(plan.vectors.len, at + block);
                for (0..pass.depth_blocks) |depth_index| {
                    const block_: Block = .{
                        .first = at,
                        .end = end,
                        .depth_first = depth_index * pass.depth_block,
                        .depth_end = @min(pass.depth, (depth_index + 1) * pass.depth_block),
                    };
                    if (plan.mode == .gathered) pass.pack(unit, base, block_);
                    for (0..row_panels) |panel| {
                        // Balanced, so that no panel is left with one row.
                        const row = first + panel * (last - first) / row_panels;
                        const row_end = first + (panel + 1) * (last - first) / row_panels;
                        pass.runRows(unit, base, target, group, row, row_end - row, block_);
                    }
                }
            }
        }

        /// Vectors and a range of depth.
        const Block = struct { first: usize, end: usize, depth_first: usize, depth_end: usize };

        /// Rows row.. of the product for one block.
        fn runRows(
            pass: *const Self,
            unit: *const Unit,
            base: [*]const T,
            target: [*]T,
            group: usize,
            row: usize,
            rows: usize,
            block: Block,
        ) void {
            const plan = unit.plan;
            const width = pass.panelVectors();
            const gathered = plan.mode == .gathered;
            const depth = block.depth_end - block.depth_first;
            const weight_row = group * pass.outputs + row;
            var arguments: Tile.Arguments = .{
                .depth = depth,
                .offsets = if (gathered) pass.offsets + pass.depth else pass.offsets,
                .weights = pass.weights + weight_row * pass.weights_pitch + block.depth_first,
                .weights_pitch = pass.weights_pitch,
                .bias = pass.bias + weight_row,
                .sources = undefined,
                .targets = undefined,
                .target_pitch = undefined,
                .relu = pass.relu and block.depth_end == pass.depth,
                .accumulate = block.depth_first > 0,
            };
            const out = target + row * pass.target_plane;
            var first = block.first;
            while (first < block.end) {
                const left = block.end - first;
                const count: usize = if (left >= width) width else if (left >= 4) 4 else if (left >= 2) 2 else 1;
                const vectors = plan.vectors[first..][0..count];
                var whole = true;
                for (vectors, 0..) |vector, j| {
                    const index = first - block.first + j;
                    arguments.sources[j] = if (gathered)
                        unit.panels + (index / width * width * depth + index % width) * lanes
                    else
                        sources.advance(T, base, vector.source);
                    arguments.targets[j] = out + vector.target;
                    whole = whole and vector.whole;
                }
                arguments.target_pitch = pass.target_plane;
                if (!whole) {
                    for (0..count) |j| arguments.targets[j] = unit.stage + j * lanes;
                    arguments.target_pitch = count * lanes;
                    if (arguments.accumulate) pass.movePieces(plan, vectors, unit.stage, rows, out, .in);
                }
                Tile.run(rows, count, &arguments);
                if (!whole) pass.movePieces(plan, vectors, unit.stage, rows, out, .out);
                first += count;
            }
        }

        /// Gathers a block's vectors into panels [depth][width][lanes].
        fn pack(pass: *const Self, unit: *const Unit, base: [*]const T, block: Block) void {
            const plan = unit.plan;
            const width = pass.panelVectors();
            var first = block.first;
            var panel = unit.panels;
            while (first < block.end) : (first += width) {
                const vectors = plan.vectors[first..@min(block.end, first + width)];
                // Where a vector that holds the piece at its lane would start: never before the
                // copy, in which the targets lie at least as far apart.
                var from: [tiles.vector_max * lanes]isize = undefined;
                var masks: [tiles.vector_max * lanes]Mask = undefined;
                var counts: [tiles.vector_max]usize = undefined;
                var count: usize = 0;
                for (vectors, 0..) |vector, j| {
                    counts[j] = vector.count;
                    for (plan.pieces[vector.first..][0..vector.count]) |piece| {
                        from[count] = (piece.source - piece.lane) * @sizeOf(T);
                        masks[count] = laneMask(piece.lane);
                        count += 1;
                    }
                }
                for (pass.offsets[block.depth_first..block.depth_end]) |offset| {
                    const line = @intFromPtr(base) +% @as(usize, @bitCast(offset));
                    var i: usize = 0;
                    for (counts[0..vectors.len], 0..) |pieces, j| {
                        var values = simd.load(T, @ptrFromInt(line +% @as(usize, @bitCast(from[i]))));
                        for (i + 1..i + pieces) |next| {
                            const piece = simd.load(T, @ptrFromInt(line +% @as(usize, @bitCast(from[next]))));
                            values = @select(T, isSet(masks[next]), piece, values);
                        }
                        i += pieces;
                        simd.store(T, panel + j * lanes, values);
                    }
                    panel += width * lanes;
                }
            }
        }

        /// Lanes from `first` on: bits where there are mask registers, else whole lanes.
        const Mask = if (simd.avx512) std.meta.Int(.unsigned, lanes) else @Vector(lanes, std.meta.Int(.signed, 8 * @sizeOf(T)));

        fn laneMask(first: u32) Mask {
            if (simd.avx512) return @as(Mask, std.math.maxInt(Mask)) << @intCast(first);
            const Lane = std.meta.Int(.signed, 8 * @sizeOf(T));
            const set = std.simd.iota(Lane, lanes) >= @as(Mask, @splat(@intCast(first)));
            return @select(Lane, set, @as(Mask, @splat(-1)), @as(Mask, @splat(0)));
        }
        inline fn isSet(mask: Mask) @Vector(lanes, bool) {
            return if (simd.avx512) @bitCast(mask) else mask < @as(Mask, @splat(0));
        }

        /// Between the stage of a tile and the targets of its vectors' pieces.
        fn movePieces(
            pass: *const Self,
            plan: *const Plan,
            vectors: []const plans.Vector,
            stage: [*]T,
            rows: usize,
            target: [*]T,
            comptime direction: enum { in, out },
        ) void {
            const step = pass.source.columns.step;
            for (0..rows) |row| {
                const line = target + row * pass.target_plane;
                for (vectors, 0..) |vector, j| {
                    const staged = stage + (row * vectors.len + j) * lanes;
                    for (plan.pieces[vector.first..][0..vector.count]) |piece| {
                        const at = staged + piece.lane;
                        const to = line + piece.target;
                        if (direction == .in) {
                            for (0..piece.length) |i| at[i] = to[i * step];
                        } else if (step != 1) {
                            for (0..piece.length) |i| to[i * step] = at[i];
                        } else if (piece.length == lanes) {
                            simd.store(T, to, simd.load(T, at));
                        } else simd.storePart(T, to, simd.load(T, at), piece.length);
                    }
                }
            }
        }
    };
}
