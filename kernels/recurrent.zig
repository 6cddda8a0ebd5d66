//! What recurrent cells do after their matrix products, forward and backward. A cell's gates stand
//! side by side in the last dim, each as wide as the state: [N, gates * H]. All is row-major.
const std = @import("std");
const abi = @import("abi");
const math = @import("math.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");

pub const kernels = struct {
    /// h, c, gates after their activations <- gates of x, gates of h, c. In the order i, f, g, o:
    /// c' = f c + i g, h' = o tanh(c') (Hochreiter and Schmidhuber 1997, with forget gates).
    pub const lstmGates = Cell(Lstm, 3, 3);
    /// Gradients of the gates' inputs and of c <- those of h' and c', gates, c, c'.
    pub const lstmGatesGradient = Cell(LstmGradient, 2, 5);
    /// h', gates after their activations <- gates of x, gates of h, h. In the order r, z, n:
    /// h' = (1 - z) n + z h with n = tanh(nx + r nh) (Cho et al. 2014).
    pub const gruGates = Cell(Gru, 2, 3);
    /// Gradients of the gates of x, of those of h, and of h <- that of h', gates, gates of h, h.
    pub const gruGatesGradient = Cell(GruGradient, 3, 4);
};

/// Elements of a job, about 20 us.
const grain = 1 << 12;

/// Runs Op(T).at on every vector of the state. What it reads and writes are the call's outputs and
/// then its inputs.
fn Cell(
    comptime OpOf: fn (type) type,
    comptime output_count: usize,
    comptime input_count: usize,
) fn (*abi.Call) callconv(.c) abi.Status {
    return struct {
        fn kernel(call: *abi.Call) callconv(.c) abi.Status {
            return switch (call.output(0).kind()) {
                .float32 => run(f32, call),
                .float64 => run(f64, call),
                else => .bad_dtype,
            };
        }

        fn run(comptime T: type, call: *abi.Call) abi.Status {
            // The state, [N, H], is the last operand of every kernel.
            const state = call.input(input_count - 1);
            std.debug.assert(state.dims() == 2);
            if (state.size == 0) return .ok;
            var job: Job(T) = .{ .rows = state.extent(0), .hidden = state.extent(1) };
            for (0..output_count) |i| job.operands[i] = call.output(i).pointer(T);
            for (0..input_count) |i| {
                if (call.input(i).kind() != call.output(0).kind()) return .bad_dtype;
                job.operands[output_count + i] = call.input(i).pointer(T);
            }
            job.group = @max(1, grain / job.hidden);
            const jobs = (job.rows + job.group - 1) / job.group;
            runtime.parallelFor(jobs, 2.5 * state.size, &job, Job(T).work);
            return .ok;
        }

        fn Job(comptime T: type) type {
            return struct {
                rows: usize,
                hidden: usize,
                group: usize = 1,
                operands: [output_count + input_count][*]T = undefined,

                fn work(job: *@This(), index: usize) void {
                    const first = index * job.group;
                    for (first..@min(first + job.group, job.rows)) |row| {
                        var column: usize = 0;
                        while (column < job.hidden) : (column += simd.lanes(T)) {
                            OpOf(T).at(job.operands, .{
                                .row = row,
                                .hidden = job.hidden,
                                .column = column,
                            });
                        }
                    }
                }
            };
        }
    }.kernel;
}

/// A vector of the state, and its like in the gates.
const Place = struct {
    row: usize,
    hidden: usize,
    column: usize,

    inline fn load(place: Place, comptime T: type, p: [*]const T) simd.Vector(T) {
        return place.gate(T, p, 1, 0);
    }
    inline fn store(place: Place, comptime T: type, p: [*]T, v: simd.Vector(T)) void {
        place.storeGate(T, p, 1, 0, v);
    }
    /// Of gate `index` of `count`.
    inline fn gate(
        place: Place,
        comptime T: type,
        p: [*]const T,
        comptime count: usize,
        comptime index: usize,
    ) simd.Vector(T) {
        const from = p + place.offset(count, index);
        const left = place.hidden - place.column;
        return if (left >= simd.lanes(T)) simd.load(T, from) else simd.loadPart(T, from, left);
    }
    inline fn storeGate(
        place: Place,
        comptime T: type,
        p: [*]T,
        comptime count: usize,
        comptime index: usize,
        v: simd.Vector(T),
    ) void {
        const to = p + place.offset(count, index);
        const left = place.hidden - place.column;
        if (left >= simd.lanes(T)) simd.store(T, to, v) else simd.storePart(T, to, v, left);
    }
    inline fn offset(place: Place, comptime count: usize, comptime index: usize) usize {
        return (place.row * count + index) * place.hidden + place.column;
    }
};

fn Lstm(comptime T: type) type {
    return struct {
        inline fn at(p: [6][*]T, place: Place) void {
            const h, const c, const gates, const gates_x, const gates_h, const before = p;
            var sums: [4]simd.Vector(T) = undefined;
            inline for (&sums, 0..) |*sum, k| {
                sum.* = place.gate(T, gates_x, 4, k) + place.gate(T, gates_h, 4, k);
            }
            const i = math.sigmoid(sums[0]);
            const f = math.sigmoid(sums[1]);
            const g = math.tanh(sums[2]);
            const o = math.sigmoid(sums[3]);
            const next = simd.mulAdd(f, place.load(T, before), i * g);
            place.store(T, c, next);
            place.store(T, h, o * math.tanh(next));
            inline for (.{ i, f, g, o }, 0..) |value, k| place.storeGate(T, gates, 4, k, value);
        }
    };
}

fn LstmGradient(comptime T: type) type {
    return struct {
        inline fn at(p: [7][*]T, place: Place) void {
            const to_gates, const to_before = p[0..2].*;
            const grad_h, const grad_c, const gates, const next, const before = p[2..7].*;
            const one: simd.Vector(T) = @splat(1);
            var gate: [4]simd.Vector(T) = undefined;
            inline for (&gate, 0..) |*value, k| value.* = place.gate(T, gates, 4, k);
            const i, const f, const g, const o = gate;
            const bent = math.tanh(place.load(T, next));
            const dh = place.load(T, grad_h);
            const dc = place.load(T, grad_c) + dh * o * (one - bent * bent);
            place.store(T, to_before, dc * f);
            place.storeGate(T, to_gates, 4, 0, dc * g * i * (one - i));
            place.storeGate(T, to_gates, 4, 1, dc * place.load(T, before) * f * (one - f));
            place.storeGate(T, to_gates, 4, 2, dc * i * (one - g * g));
            place.storeGate(T, to_gates, 4, 3, dh * bent * o * (one - o));
        }
    };
}

fn Gru(comptime T: type) type {
    return struct {
        inline fn at(p: [5][*]T, place: Place) void {
            const h, const gates, const gates_x, const gates_h, const before = p;
            const one: simd.Vector(T) = @splat(1);
            const r = math.sigmoid(place.gate(T, gates_x, 3, 0) + place.gate(T, gates_h, 3, 0));
            const z = math.sigmoid(place.gate(T, gates_x, 3, 1) + place.gate(T, gates_h, 3, 1));
            const from_state = place.gate(T, gates_h, 3, 2);
            const n = math.tanh(simd.mulAdd(r, from_state, place.gate(T, gates_x, 3, 2)));
            place.store(T, h, simd.mulAdd(z, place.load(T, before), (one - z) * n));
            inline for (.{ r, z, n }, 0..) |value, k| place.storeGate(T, gates, 3, k, value);
        }
    };
}

fn GruGradient(comptime T: type) type {
    return struct {
        inline fn at(p: [7][*]T, place: Place) void {
            const to_x, const to_h, const to_before = p[0..3].*;
            const grad, const gates, const gates_h, const before = p[3..7].*;
            const one: simd.Vector(T) = @splat(1);
            const r = place.gate(T, gates, 3, 0);
            const z = place.gate(T, gates, 3, 1);
            const n = place.gate(T, gates, 3, 2);
            const dh = place.load(T, grad);
            const dn = dh * (one - z) * (one - n * n);
            const dz = dh * (place.load(T, before) - n) * z * (one - z);
            const dr = dn * place.gate(T, gates_h, 3, 2) * r * (one - r);
            place.store(T, to_before, dh * z);
            inline for (.{ dr, dz, dn }, 0..) |value, k| place.storeGate(T, to_x, 3, k, value);
            inline for (.{ dr, dz, dn * r }, 0..) |value, k| place.storeGate(T, to_h, 3, k, value);
        }
    };
}

// Tests
// -------------------------------------------------------------------------------------------------

const testing = @import("testing.zig");

test "gates of lengths around a vector's" {
    inline for (.{ f32, f64 }) |T| {
        for (1..2 * simd.lanes(T) + 2) |hidden| try checkLstm(T, 3, hidden);
    }
}

fn checkLstm(comptime T: type, comptime rows: usize, hidden: usize) !void {
    const size_max = rows * 4 * (2 * simd.lanes(T) + 2);
    var memory: [6][size_max]T = undefined;
    var random: std.Random.DefaultPrng = .init(hidden);
    for (&memory) |*part| for (part) |*v| {
        v.* = random.random().float(T) * 4 - 2;
    };
    const gates_x, const gates_h, const before = memory[0..3].*;
    const h, const c, const gates = .{ &memory[3], &memory[4], &memory[5] };
    const state = [2]usize{ rows, hidden };
    const wide = [2]usize{ rows, 4 * hidden };
    try testing.run(&kernels.lstmGates, &.{
        testing.contiguous(T, h, &state),
        testing.contiguous(T, c, &state),
        testing.contiguous(T, gates, &wide),
    }, &.{
        testing.contiguous(T, &gates_x, &wide),
        testing.contiguous(T, &gates_h, &wide),
        testing.contiguous(T, &before, &state),
    }, &.{});
    for (0..rows) |row| for (0..hidden) |column| {
        var sums: [4]f64 = undefined;
        for (&sums, 0..) |*sum, k| {
            const at = (row * 4 + k) * hidden + column;
            sum.* = @as(f64, gates_x[at]) + gates_h[at];
        }
        const at = row * hidden + column;
        const kept = before[at] / (1 + @exp(-sums[1]));
        const next = kept + std.math.tanh(sums[2]) / (1 + @exp(-sums[0]));
        const shown = std.math.tanh(next) / (1 + @exp(-sums[3]));
        const most = 16 * std.math.floatEps(T);
        try std.testing.expectApproxEqAbs(next, c[at], most);
        try std.testing.expectApproxEqAbs(shown, h[at], most);
    };
}
