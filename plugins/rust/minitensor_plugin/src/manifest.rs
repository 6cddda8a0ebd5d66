//! What a plugin says of itself: structs of the header, made by constant functions.

use crate::{set_host, Call, Host, Status, FLOATS};
use std::ffi::{c_char, CStr};
use std::ptr::null;

/// A kernel as the library calls it; made by [`kernel!`](crate::kernel).
pub type Kernel = unsafe extern "C" fn(call: *mut Call) -> Status;

/// A named number of an op.
#[repr(C)]
pub struct Attribute {
    pub(crate) name: *const c_char,
    pub(crate) default_value: f64,
    pub(crate) flags: u32,
    pub(crate) reserved: u32,
}

impl Attribute {
    pub const fn new(name: &'static CStr, default_value: f64) -> Attribute {
        Attribute { name: name.as_ptr(), default_value, flags: 0, reserved: 0 }
    }

    pub const fn required(name: &'static CStr) -> Attribute {
        Attribute { name: name.as_ptr(), default_value: 0.0, flags: 1, reserved: 0 }
    }
}

/// An op of a plugin.
#[repr(C)]
pub struct Op {
    pub(crate) name: *const c_char,
    pub(crate) summary: *const c_char,
    pub(crate) input_count: u32,
    pub(crate) optional_count: u32,
    pub(crate) output_count: u32,
    pub(crate) flags: u32,
    pub(crate) dtypes: u32,
    pub(crate) saves: u32,
    pub(crate) infer: *const c_char,
    pub(crate) infer_fn: Option<Kernel>,
    pub(crate) forward: Option<Kernel>,
    pub(crate) backward: Option<Kernel>,
    pub(crate) gradient: *const c_char,
    pub(crate) attributes: *const Attribute,
    pub(crate) attribute_count: u32,
    pub(crate) attribute_size: u32,
    pub(crate) output_names: *const *const c_char,
}

impl Op {
    /// An op of one output whose shape follows from the inputs' by the rule `infer`.
    pub const fn new(
        name: &'static CStr,
        inputs: u32,
        infer: &'static CStr,
        forward: Kernel,
    ) -> Op {
        Op {
            name: name.as_ptr(),
            summary: null(),
            input_count: inputs,
            optional_count: 0,
            output_count: 1,
            flags: 0,
            dtypes: FLOATS,
            saves: 0,
            infer: infer.as_ptr(),
            infer_fn: None,
            forward: Some(forward),
            backward: None,
            gradient: null(),
            attributes: null(),
            attribute_count: 0,
            attribute_size: size_of::<Attribute>() as u32,
            output_names: null(),
        }
    }

    /// An op that computes each element from the inputs' at its place.
    pub const fn elementwise(name: &'static CStr, inputs: u32, forward: Kernel) -> Op {
        let infer = if inputs == 1 { c"same" } else { c"broadcast" };
        Op { flags: 1, ..Op::new(name, inputs, infer, forward) }
    }

    pub const fn summary(self, summary: &'static CStr) -> Op {
        Op { summary: summary.as_ptr(), ..self }
    }

    /// Bits of the dtypes that inputs may have, instead of float32 and float64.
    pub const fn dtypes(self, dtypes: u32) -> Op {
        Op { dtypes, ..self }
    }

    /// So many inputs may follow the others; an elementwise op then broadcasts.
    pub const fn optional(self, count: u32) -> Op {
        let infer = if self.flags & 1 == 1 { c"broadcast".as_ptr() } else { self.infer };
        Op { optional_count: count, infer, ..self }
    }

    /// Shapes and dtypes by a kernel, instead of a rule.
    pub const fn infer_fn(self, infer: Kernel) -> Op {
        Op { infer: null(), infer_fn: Some(infer), ..self }
    }

    pub const fn attributes(self, attributes: &'static [Attribute]) -> Op {
        let count = attributes.len() as u32;
        Op { attributes: attributes.as_ptr(), attribute_count: count, ..self }
    }

    /// The gradient is a kernel that reads the inputs; it is not differentiated itself.
    pub const fn backward(self, backward: Kernel) -> Op {
        Op { backward: Some(backward), saves: 1, ..self }
    }

    /// The gradient is an op of this plugin that reads the inputs.
    pub const fn gradient(self, name: &'static CStr) -> Op {
        Op { gradient: name.as_ptr(), saves: 1, ..self }
    }
}

/// A plugin.
#[repr(C)]
pub struct Plugin {
    pub(crate) abi_version: u32,
    pub(crate) struct_size: u32,
    pub(crate) name: *const c_char,
    pub(crate) version: *const c_char,
    pub(crate) description: *const c_char,
    pub(crate) author: *const c_char,
    pub(crate) min_minitensor_version: *const c_char,
    pub(crate) max_minitensor_version: *const c_char,
    pub(crate) initialize: Option<unsafe extern "C" fn(host: *const Host) -> Status>,
    pub(crate) cleanup: Option<unsafe extern "C" fn()>,
    pub(crate) op_count: u32,
    pub(crate) op_size: u32,
    pub(crate) ops: *const Op,
}

impl Plugin {
    pub const fn new(name: &'static CStr, version: &'static CStr, ops: &'static [Op]) -> Plugin {
        Plugin {
            abi_version: crate::ABI_VERSION,
            struct_size: size_of::<Plugin>() as u32,
            name: name.as_ptr(),
            version: version.as_ptr(),
            description: c"".as_ptr(),
            author: c"".as_ptr(),
            min_minitensor_version: c"0.1.0".as_ptr(),
            max_minitensor_version: null(),
            initialize: Some(set_host),
            cleanup: None,
            op_count: ops.len() as u32,
            op_size: size_of::<Op>() as u32,
            ops: ops.as_ptr(),
        }
    }

    pub const fn description(self, text: &'static CStr) -> Plugin {
        Plugin { description: text.as_ptr(), ..self }
    }

    pub const fn author(self, text: &'static CStr) -> Plugin {
        Plugin { author: text.as_ptr(), ..self }
    }

    /// The first version of minitensor that the plugin works with; 0.1.0 if it says nothing.
    pub const fn needs(self, version: &'static CStr) -> Plugin {
        Plugin { min_minitensor_version: version.as_ptr(), ..self }
    }
}

// SAFETY: the pointers are to constants of the program.
unsafe impl Sync for Attribute {}
unsafe impl Sync for Op {}
unsafe impl Sync for Plugin {}

const _: () = {
    assert!(size_of::<crate::View>() == 288 && size_of::<Call>() == 3776);
    assert!(size_of::<Host>() == 48 && size_of::<Attribute>() == 24);
    assert!(size_of::<Op>() == 104 && size_of::<Plugin>() == 88);
};
