//! Kernels of floating-point tensors: one body, compiled for each of the two dtypes.
const abi = @import("abi");

const KernelFn = fn (*abi.Call) callconv(.c) abi.Status;

/// The kernel that runs `function(T, call)`, T being the first output's dtype.
pub fn kernelOf(comptime function: anytype) KernelFn {
    return struct {
        fn run(call: *abi.Call) callconv(.c) abi.Status {
            return switch (call.output(0).kind()) {
                .float32 => function(f32, call),
                .float64 => function(f64, call),
                else => .bad_dtype,
            };
        }
    }.run;
}

/// The kernel that runs `Body(T).run(call)`, which must be public.
pub fn kernel(comptime Body: fn (type) type) KernelFn {
    return kernelOf(struct {
        inline fn run(comptime T: type, call: *abi.Call) abi.Status {
            return Body(T).run(call);
        }
    }.run);
}
