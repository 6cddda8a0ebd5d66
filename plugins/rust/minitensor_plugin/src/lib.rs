//! The plugin interface of minitensor: the structs of `minitensor_plugin.h`, and what makes a
//! plugin of safe functions.
//!
//! A kernel is a function `fn(&mut Call) -> Result<(), Error>`; [`kernel!`] gives it the C
//! signature and [`plugin!`] exports the two symbols. A panic in a kernel becomes the call's error.
//!
//! ```
//! use minitensor_plugin::{kernel, plugin, Call, Error, Op, Plugin};
//!
//! fn twice(call: &mut Call) -> Result<(), Error> {
//!     minitensor_plugin::map_floats!(call, 0, [0], |[x]| x + x);
//!     Ok(())
//! }
//!
//! static OPS: &[Op] = &[Op::elementwise(c"me/twice", 1, kernel!(twice))];
//! plugin!(Plugin::new(c"me", c"1.0.0", OPS));
//! ```

mod call;
mod host;
#[cfg(test)]
mod layout_test;
mod manifest;

pub use call::{Call, Column, ColumnMut, Element, Row, Rows, View};
pub use host::{host, parallel_for, run, scratch, set_host, Body, Error, Host, Status};
pub use manifest::{Attribute, Kernel, Op, Plugin};

/// Version of the interface.
pub const ABI_VERSION: u32 = 1;
/// Largest number of dims.
pub const RANK_MAX: usize = 16;
/// Largest number of outputs and inputs of a call.
pub const VIEW_MAX: usize = 12;
/// Largest number of attributes.
pub const ATTRIBUTE_MAX: usize = 32;

/// Bits of [`Op::dtypes`].
pub const FLOATS: u32 = 0b000011;
/// int32, int64 and uint8.
pub const INTEGERS: u32 = 0b101100;

/// The C function of a kernel written as `fn(&mut Call) -> Result<(), Error>`.
#[macro_export]
macro_rules! kernel {
    ($function:path) => {{
        unsafe extern "C" fn entry(call: *mut $crate::Call) -> $crate::Status {
            // SAFETY: the library calls kernels with a frame that it filled.
            $crate::run(|| $function(unsafe { &mut *call }))
        }
        entry as $crate::Kernel
    }};
}

/// Exports the two symbols of a plugin; once in a cdylib.
#[macro_export]
macro_rules! plugin {
    ($plugin:expr) => {
        #[no_mangle]
        pub extern "C" fn minitensor_plugin_abi_version() -> u32 {
            $crate::ABI_VERSION
        }

        #[no_mangle]
        pub extern "C" fn minitensor_plugin_describe() -> *const $crate::Plugin {
            static PLUGIN: $crate::Plugin = $plugin;
            &PLUGIN
        }
    };
}

/// Writes `output` element by element: `map_floats!(call, 0, [0, 1], |[x, y]| x * y)`, for float32
/// and float64. The closure is compiled once for each.
#[macro_export]
macro_rules! map_floats {
    ($call:expr, $output:expr, $inputs:expr, $f:expr) => {
        match $call.output($output).dtype() {
            0 => $call.map::<f32, _>($output, $inputs, $f),
            1 => $call.map::<f64, _>($output, $inputs, $f),
            dtype => return Err($crate::Error::dtype(dtype)),
        }
    };
}
