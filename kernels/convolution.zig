const abi = @import("abi");

pub const kernels = struct {
    pub const stub_convolution = stub;
};

fn stub(_: *abi.Call) callconv(.c) abi.Status {
    return .ok;
}
