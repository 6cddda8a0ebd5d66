//! Sizes and offsets are the header's: written here as numbers, and asked of a C compiler.

use crate::{Attribute, Call, Host, Op, Plugin, View};
use std::mem::offset_of;
use std::process::Command;

/// Every struct of the header: its size, then the offset of each field.
macro_rules! layouts {
    ($($name:literal $type:ident: $($field:ident),*;)*) => {
        vec![$(
            ($name, size_of::<$type>(), vec![$((stringify!($field), offset_of!($type, $field))),*])
        ),*]
    };
}

type Layout = (&'static str, usize, Vec<(&'static str, usize)>);

fn layouts() -> Vec<Layout> {
    layouts! {
        "minitensor_view" View: data, dtype, rank, size, shape, strides;
        "minitensor_call" Call: kernel, output_count, input_count, flat, detail, splat, needs,
            attributes, views;
        "minitensor_host" Host: abi_version, struct_size, version, parallel_for, scratch,
            set_error, threads;
        "minitensor_attribute" Attribute: name, default_value, flags, reserved;
        "minitensor_op" Op: name, summary, input_count, optional_count, output_count, flags,
            dtypes, saves, infer, infer_fn, forward, backward, gradient, attributes,
            attribute_count, attribute_size, output_names;
        "minitensor_plugin" Plugin: abi_version, struct_size, name, version, description, author,
            min_minitensor_version, max_minitensor_version, initialize, cleanup, op_count,
            op_size, ops;
    }
}

#[test]
fn layouts_are_the_numbers_of_the_header() {
    let expected: [(usize, &[usize]); 6] = [
        (288, &[0, 8, 16, 24, 32, 160]),
        (3776, &[0, 8, 16, 24, 32, 48, 56, 64, 320]),
        (48, &[0, 4, 8, 16, 24, 32, 40]),
        (24, &[0, 8, 16, 20]),
        (104, &[0, 8, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 88, 92, 96]),
        (88, &[0, 4, 8, 16, 24, 32, 40, 48, 56, 64, 72, 76, 80]),
    ];
    for ((name, size, fields), (wanted_size, wanted)) in layouts().into_iter().zip(expected) {
        let offsets: Vec<usize> = fields.iter().map(|(_, offset)| *offset).collect();
        assert_eq!((size, &offsets[..]), (wanted_size, wanted), "{name}");
    }
}

#[test]
fn layouts_are_what_c_says() {
    let mut source = String::from("#include \"minitensor_plugin.h\"\n");
    for (name, size, fields) in layouts() {
        source += &format!("_Static_assert(sizeof({name}) == {size}, \"{name}\");\n");
        for (field, offset) in fields {
            let place = format!("offsetof({name}, {field}) == {offset}");
            source += &format!("_Static_assert({place}, \"{name}.{field}\");\n");
        }
    }
    let file = std::env::temp_dir().join(format!("minitensor_layout_{}.c", std::process::id()));
    std::fs::write(&file, source).unwrap();
    let include = concat!(env!("CARGO_MANIFEST_DIR"), "/../../include");
    let output = Command::new("cc").args(["-fsyntax-only", "-I", include]).arg(&file).output();
    std::fs::remove_file(&file).unwrap();
    match output {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        Err(_) => println!("skipped: there is no C compiler"),
    }
}

#[test]
fn a_panic_is_a_status() {
    assert_eq!(crate::run(|| panic!("no")), crate::Status::Failed);
    assert_eq!(crate::run(|| Err("no".into())), crate::Status::Failed);
    assert_eq!(crate::run(|| Err(crate::Error::dtype(4))), crate::Status::BadDtype);
    assert_eq!(crate::run(|| Ok(())), crate::Status::Ok);
}
