//! Root of the unit tests: every family, with the real pool.
test {
    _ = @import("pool.zig");
    _ = @import("simd.zig");
    _ = @import("elementwise.zig");
    _ = @import("activation.zig");
    _ = @import("layout.zig");
    _ = @import("reduction.zig");
    _ = @import("rows.zig");
    _ = @import("gemm/test.zig");
    _ = @import("attention/test.zig");
    _ = @import("convolution.zig");
    _ = @import("pooling.zig");
    _ = @import("recurrent.zig");
    _ = @import("random.zig");
    _ = @import("indexing.zig");
    _ = @import("update.zig");
    _ = @import("sorting/items.zig");
    _ = @import("sorting.zig");
    _ = @import("linalg/test.zig");
    _ = @import("resample.zig");
    _ = @import("special.zig");
    _ = @import("linalg/hessenberg_test.zig");
    _ = @import("fourier.zig");
    _ = @import("sparse.zig");
    _ = @import("plugin/reader.zig");
    _ = @import("plugin/header_test.zig");
}
