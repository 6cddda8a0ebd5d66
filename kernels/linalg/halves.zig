//! Vectors of two halves and how they become those of the whole, for divide and conquer: each new
//! vector is a combination of old ones, most of which are zero in one half.
const matrix = @import("matrix.zig");
const vector = @import("vector.zig");

const Matrix = matrix.Matrix;

/// Where an old vector is not zero.
pub const Extent = enum(u8) { left, both, right };

/// Vectors in rows: `left` elements, `between` that the caller fills, `right` elements.
pub fn Rows(comptime T: type) type {
    return struct {
        data: [*]T,
        step: usize,
        left: usize,
        between: usize = 0,
        right: usize,

        pub fn row(r: *const @This(), index: usize) [*]T {
            return r.data + index * r.step;
        }

        pub fn rowRight(r: *const @This(), index: usize) [*]T {
            return r.row(index) + r.left + r.between;
        }
    };
}

/// Old vectors x, y <- c x + s y, c y - s x, in each of the sets of rows.
pub fn rotate(
    comptime T: type,
    sets: []const Rows(T),
    extents: [*]Extent,
    x: usize,
    y: usize,
    c: f64,
    s: f64,
) void {
    if (extents[x] != extents[y]) {
        for ([2]usize{ x, y }) |index| {
            for (sets) |rows| clearMissing(T, rows, extents[index], index);
            extents[index] = .both;
        }
    }
    const cosine: T = @floatCast(c);
    const sine: T = @floatCast(-s);
    for (sets) |rows| {
        if (extents[x] != .right) {
            vector.rotate(T, rows.row(x), rows.row(y), rows.left, cosine, sine);
        }
        if (extents[x] != .left) {
            vector.rotate(T, rows.rowRight(x), rows.rowRight(y), rows.right, cosine, sine);
        }
    }
}

fn clearMissing(comptime T: type, rows: Rows(T), extent: Extent, index: usize) void {
    if (extent == .left) @memset(rows.rowRight(index)[0..rows.right], 0);
    if (extent == .right) @memset(rows.row(index)[0..rows.left], 0);
}

/// Which old vectors go on, and which are vectors of the whole already.
pub const Choice = struct {
    /// Of every old vector.
    extents: [*]const Extent,
    /// Old vectors that are combined, those of the left half first, then those of both.
    kept: []const u32,
    lefts: usize,
    boths: usize,
    /// Old vectors that stay as they are, and come after the new ones.
    stay: []const u32,
};

/// Groups the kept vectors by their extents into `grouped`; `places` tells where each stands.
pub fn group(
    extents: [*]const Extent,
    kept: []const u32,
    stay: []const u32,
    places: [*]u32,
    grouped: [*]u32,
) Choice {
    var counts: [3]usize = @splat(0);
    for (kept) |old| counts[@intFromEnum(extents[old])] += 1;
    var next: [3]usize = .{ 0, counts[0], counts[0] + counts[1] };
    for (kept, 0..) |old, i| {
        const place = &next[@intFromEnum(extents[old])];
        places[i] = @intCast(place.*);
        grouped[place.*] = old;
        place.* += 1;
    }
    return .{
        .extents = extents,
        .kept = grouped[0..kept.len],
        .lefts = counts[0],
        .boths = counts[1],
        .stay = stay,
    };
}

/// Rows 0.. <- s times the kept rows, then the others. `copy` takes as many elements as the rows
/// have.
pub fn combine(
    comptime T: type,
    rows: Rows(T),
    choice: Choice,
    s: Matrix(T),
    copy: [*]T,
    threads: matrix.Threads,
) matrix.Error!void {
    const kept = choice.kept.len;
    const in_left = choice.lefts + choice.boths;
    const in_right = kept - choice.lefts;
    const lefts = copy;
    const rights = lefts + in_left * rows.left;
    const others = rights + in_right * rows.right;
    for (choice.kept[0..in_left], 0..) |old, i| {
        @memcpy(lefts[i * rows.left ..][0..rows.left], rows.row(old));
    }
    for (choice.kept[choice.lefts..], 0..) |old, i| {
        @memcpy(rights[i * rows.right ..][0..rows.right], rows.rowRight(old));
    }
    const both = rows.left + rows.right;
    for (choice.stay, 0..) |old, i| {
        const extent = choice.extents[old];
        const left = (others + i * both)[0..rows.left];
        const right = (others + i * both + rows.left)[0..rows.right];
        if (extent == .right) @memset(left, 0) else @memcpy(left, rows.row(old));
        if (extent == .left) @memset(right, 0) else @memcpy(right, rows.rowRight(old));
    }
    const new_left: Matrix(T) = .by(rows.data, kept, rows.left, rows.step);
    const new_right: Matrix(T) = .by(rows.rowRight(0), kept, rows.right, rows.step);
    const left: Matrix(T) = .by(lefts, in_left, rows.left, rows.left);
    const right: Matrix(T) = .by(rights, in_right, rows.right, rows.right);
    try matrix.setProduct(T, new_left, s.part(0, 0, kept, in_left), left, threads);
    try matrix.setProduct(T, new_right, s.part(0, choice.lefts, kept, in_right), right, threads);
    for (0..choice.stay.len) |i| {
        @memcpy(rows.row(kept + i)[0..rows.left], others + i * both);
        @memcpy(rows.rowRight(kept + i)[0..rows.right], others + i * both + rows.left);
    }
}

/// Rows sorted by value: `order` <- the merged order of two runs that are in order already.
pub fn mergeOrders(
    values: [*]const f64,
    first: []const u32,
    second: []const u32,
    order: []u32,
) void {
    var i: usize = 0;
    var j: usize = 0;
    for (order) |*place| {
        const from_first = j == second.len or
            (i < first.len and values[first[i]] <= values[second[j]]);
        place.* = if (from_first) first[i] else second[j];
        if (from_first) i += 1 else j += 1;
    }
}

/// Sorts a list that is nearly in order already.
pub fn sortByValue(values: [*]const f64, list: []u32) void {
    for (1..@max(1, list.len)) |i| {
        const item = list[i];
        var place = i;
        while (place > 0 and values[list[place - 1]] > values[item]) : (place -= 1) {
            list[place] = list[place - 1];
        }
        list[place] = item;
    }
}
