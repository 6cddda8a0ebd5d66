const abi = @import("abi");

pub const kernels = struct {
    pub fn add(call: *abi.Call) callconv(.c) abi.Status {
        const n = abi.toUsize(call.flat);
        const o = call.output(0).pointer(f32);
        const x = call.input(0).pointer(f32);
        const y = call.input(1).pointer(f32);
        for (0..n) |i| o[i] = x[i] + y[i];
        return .ok;
    }
};
