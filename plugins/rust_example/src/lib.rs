//! rust_abs, rust_clamp and rust_gelu: three functions with exact gradients.

mod gelu;

use minitensor_plugin::{kernel, map_floats, plugin, Attribute, Call, Error, Op, Plugin};

static BOUNDS: [Attribute; 2] = [
    Attribute::new(c"min", f64::NEG_INFINITY),
    Attribute::new(c"max", f64::INFINITY),
];

static OPS: [Op; 4] = [
    Op::elementwise(c"rust_abs", 1, kernel!(abs))
        .summary(c"the absolute value; its gradient at 0 is 0")
        .backward(kernel!(abs_backward)),
    Op::elementwise(c"rust_clamp", 1, kernel!(clamp))
        .summary(c"x between min and max: numbers, or tensors after x")
        .optional(2)
        .attributes(&BOUNDS)
        .backward(kernel!(clamp_backward)),
    Op::elementwise(c"rust_gelu", 1, kernel!(gelu_forward))
        .summary(c"x times the normal distribution function at x")
        .gradient(c"rust_gelu_gradient"),
    Op::elementwise(c"rust_gelu_gradient", 2, kernel!(gelu_gradient))
        .summary(c"grad times the slope of rust_gelu at x")
        .backward(kernel!(gelu_gradient_backward)),
];

plugin!(Plugin::new(c"rust_example", c"1.0.0", &OPS)
    .description(c"abs, clamp and gelu, in Rust")
    .author(c"minitensor"));

/// What the kernels need of f32 and f64.
trait Float: minitensor_plugin::Element + PartialOrd + std::ops::Mul<Output = Self> {
    fn from_f64(x: f64) -> Self;
    fn to_f64(self) -> f64;
    fn magnitude(self) -> Self;
}

macro_rules! float {
    ($type:ty) => {
        impl Float for $type {
            fn from_f64(x: f64) -> Self {
                x as $type
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn magnitude(self) -> Self {
                self.abs()
            }
        }
    };
}
float!(f32);
float!(f64);

fn abs(call: &mut Call) -> Result<(), Error> {
    map_floats!(call, 0, [0], |[x]| Float::magnitude(x));
    Ok(())
}

/// x's gradient <- grad, x
fn abs_backward(call: &mut Call) -> Result<(), Error> {
    map_floats!(call, 0, [0, 1], |[grad, x]| {
        if x > 0.0 {
            grad
        } else if x < 0.0 {
            -grad
        } else {
            grad * x // 0, or NaN
        }
    });
    Ok(())
}

/// Which of three numbers clamp answers.
#[derive(PartialEq)]
enum Winner {
    X,
    Low,
    High,
    /// Something is NaN.
    None,
}

/// As `min(max(x, low), high)`: where low exceeds high, high wins. On the bounds, x does.
fn winner<T: Float>(x: T, low: T, high: T) -> Winner {
    if [x, low, high].iter().any(|value| value.partial_cmp(value).is_none()) {
        Winner::None
    } else if x > high || low > high {
        Winner::High
    } else if x < low {
        Winner::Low
    } else {
        Winner::X
    }
}

fn clamped<T: Float>(x: T, low: T, high: T) -> T {
    match winner(x, low, high) {
        Winner::X => x,
        Winner::Low => low,
        Winner::High => high,
        Winner::None => T::from_f64(f64::NAN),
    }
}

/// Bounds are attributes where there is no tensor.
fn clamp(call: &mut Call) -> Result<(), Error> {
    match call.output(0).dtype() {
        0 => clamp_of::<f32>(call),
        1 => clamp_of::<f64>(call),
        dtype => return Err(Error::dtype(dtype)),
    }
    Ok(())
}

fn bounds<T: Float>(call: &Call) -> (T, T) {
    (T::from_f64(call.attribute(0)), T::from_f64(call.attribute(1)))
}

fn clamp_of<T: Float>(call: &Call) {
    let (min, max) = bounds::<T>(call);
    match call.input_count() {
        1 => call.map(0, [0], |[x]| clamped::<T>(x, min, max)),
        2 => call.map(0, [0, 1], |[x, low]| clamped::<T>(x, low, max)),
        _ => call.map(0, [0, 1, 2], |[x, low, high]| clamped::<T>(x, low, high)),
    }
}

/// x's, min's and max's gradients <- grad, x, min, max, as many as were given
fn clamp_backward(call: &mut Call) -> Result<(), Error> {
    match call.output(0).dtype() {
        0 => clamp_backward_of::<f32>(call),
        1 => clamp_backward_of::<f64>(call),
        dtype => return Err(Error::dtype(dtype)),
    }
    Ok(())
}

fn clamp_backward_of<T: Float>(call: &Call) {
    let (min, max) = bounds::<T>(call);
    let zero = T::from_f64(0.0);
    for (output, wanted) in [Winner::X, Winner::Low, Winner::High].iter().enumerate() {
        if output >= call.output_count() || !call.needs(output) {
            continue;
        }
        let share = |grad, x, low, high| {
            if winner::<T>(x, low, high) == *wanted { grad } else { zero }
        };
        match call.output_count() {
            1 => call.map(output, [0, 1], |[grad, x]| share(grad, x, min, max)),
            2 => call.map(output, [0, 1, 2], |[grad, x, low]| share(grad, x, low, max)),
            _ => call.map(output, [0, 1, 2, 3], |[grad, x, low, high]| share(grad, x, low, high)),
        }
    }
}

/// In double precision, rounded once.
fn through<T: Float>(x: T, f: fn(f64) -> f64) -> f64 {
    f(x.to_f64())
}

fn gelu_forward(call: &mut Call) -> Result<(), Error> {
    map_floats!(call, 0, [0], |[x]| Float::from_f64(through(x, gelu::value)));
    Ok(())
}

/// out <- grad, x
fn gelu_gradient(call: &mut Call) -> Result<(), Error> {
    map_floats!(call, 0, [0, 1], |[grad, x]| {
        Float::from_f64(through(x, gelu::slope) * Float::to_f64(grad))
    });
    Ok(())
}

/// grad's and x's gradients <- outer, grad, x
fn gelu_gradient_backward(call: &mut Call) -> Result<(), Error> {
    if call.needs(0) {
        map_floats!(call, 0, [0, 2], |[outer, x]| {
            Float::from_f64(through(x, gelu::slope) * Float::to_f64(outer))
        });
    }
    if call.needs(1) {
        map_floats!(call, 1, [0, 1, 2], |[outer, grad, x]| {
            Float::from_f64(through(x, gelu::curvature) * Float::to_f64(outer * grad))
        });
    }
    Ok(())
}
