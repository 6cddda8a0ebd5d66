pub const reduction = @import("reduction.zig").kernels;
pub const rows = @import("rows.zig").kernels;
pub const testing = @import("testing.zig");
