//! Root of the unit tests: every family, with the real pool.
test {
    _ = @import("pool.zig");
    _ = @import("simd.zig");
    _ = @import("elementwise.zig");
    _ = @import("activation.zig");
    _ = @import("layout.zig");
    _ = @import("reduction.zig");
    _ = @import("rows.zig");
    _ = @import("gemm_test.zig");
    _ = @import("attention_test.zig");
    _ = @import("convolution.zig");
    _ = @import("pooling.zig");
    _ = @import("recurrent.zig");
    _ = @import("random.zig");
    _ = @import("indexing.zig");
    _ = @import("update.zig");
    _ = @import("sort_items.zig");
    _ = @import("sorting.zig");
    _ = @import("linalg_test.zig");
    _ = @import("resample.zig");
    _ = @import("special.zig");
    _ = @import("linalg_hessenberg_test.zig");
    _ = @import("fourier.zig");
    _ = @import("sparse.zig");
    _ = @import("plugin_reader.zig");
    _ = @import("plugin_header_test.zig");
}
