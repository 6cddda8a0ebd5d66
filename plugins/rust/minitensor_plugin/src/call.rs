//! What a kernel is given: the call's frame and its rows.

use crate::{parallel_for, ATTRIBUTE_MAX, RANK_MAX, VIEW_MAX};
use std::marker::PhantomData;

/// A tensor: an address, a dtype, a shape and strides in elements.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct View {
    pub(crate) data: f64,
    pub(crate) dtype: f64,
    pub(crate) rank: f64,
    pub(crate) size: f64,
    pub(crate) shape: [f64; RANK_MAX],
    pub(crate) strides: [f64; RANK_MAX],
}

impl View {
    /// Code of the dtype, as in the header.
    pub fn dtype(&self) -> u8 {
        self.dtype as u8
    }

    pub fn rank(&self) -> usize {
        self.rank as usize
    }

    /// Number of elements; not set in flat calls.
    pub fn size(&self) -> usize {
        self.size as usize
    }

    pub fn extent(&self, dim: usize) -> usize {
        self.shape[..self.rank()][dim] as usize
    }

    pub fn stride(&self, dim: usize) -> isize {
        self.strides[..self.rank()][dim] as isize
    }

    /// Sets shape and dtype: for `infer_fn`, on outputs.
    pub fn set(&mut self, dtype: u8, shape: &[usize]) {
        self.dtype = f64::from(dtype);
        self.rank = shape.len() as f64;
        self.size = shape.iter().product::<usize>() as f64;
        for (to, extent) in self.shape.iter_mut().zip(shape) {
            *to = *extent as f64;
        }
    }

    fn address(&self) -> usize {
        self.data as usize
    }
}

/// A type that tensors are made of.
///
/// # Safety
/// `CODE` is the dtype whose elements have this type's size and any bits.
pub unsafe trait Element: Copy + Send + Sync + 'static {
    const CODE: u8;
}

macro_rules! elements {
    ($($type:ty = $code:literal),*) => {
        $(unsafe impl Element for $type { const CODE: u8 = $code; })*
    };
}
elements!(f32 = 0, f64 = 1, i32 = 2, i64 = 3, u8 = 5);

/// One call of a kernel.
#[repr(C)]
pub struct Call {
    pub(crate) kernel: f64,
    pub(crate) output_count: f64,
    pub(crate) input_count: f64,
    pub(crate) flat: f64,
    pub(crate) detail: [f64; 2],
    pub(crate) splat: f64,
    pub(crate) needs: f64,
    pub(crate) attributes: [f64; ATTRIBUTE_MAX],
    pub(crate) views: [View; VIEW_MAX],
}

impl Call {
    pub fn output_count(&self) -> usize {
        self.output_count as usize
    }

    pub fn input_count(&self) -> usize {
        self.input_count as usize
    }

    pub fn output(&self, index: usize) -> &View {
        assert!(index < self.output_count(), "output {index} of {}", self.output_count());
        &self.views[index]
    }

    /// For `infer_fn`.
    pub fn output_mut(&mut self, index: usize) -> &mut View {
        assert!(index < self.output_count(), "output {index} of {}", self.output_count());
        &mut self.views[index]
    }

    pub fn input(&self, index: usize) -> &View {
        assert!(index < self.input_count(), "input {index} of {}", self.input_count());
        &self.views[self.output_count() + index]
    }

    pub fn attribute(&self, index: usize) -> f64 {
        self.attributes[index]
    }

    /// True if the gradient of that input is wanted, in a backward kernel.
    pub fn needs(&self, input: usize) -> bool {
        self.needs as u64 >> input & 1 == 1
    }

    /// The rows of an elementwise call: it is flat, or its views have one shape.
    pub fn rows(&self) -> Rows<'_> {
        Rows::new(self)
    }

    /// Writes an output of an elementwise call from the inputs at the same place, in parallel.
    pub fn map<T: Element, const N: usize>(
        &self,
        output: usize,
        inputs: [usize; N],
        f: impl Fn([T; N]) -> T + Sync,
    ) {
        /// Elements of a task, and about what one takes.
        const CHUNK: usize = 8192;
        const NANOSECONDS: f64 = 5.0;
        for row in self.rows() {
            let out = row.output::<T>(output);
            let from = inputs.map(|input| row.input::<T>(input));
            let time = row.count() as f64 * NANOSECONDS;
            let is_dense = out.step == 1 && from.iter().all(|column| column.step == 1);
            parallel_for(row.count().div_ceil(CHUNK), time, &|chunk| {
                let start = chunk * CHUNK;
                let end = row.count().min(start + CHUNK);
                if is_dense {
                    // SAFETY: start..end lies within the row, whose steps are 1.
                    let out = unsafe { out.dense(start, end) };
                    let from = from.map(|column| unsafe { column.dense(start, end) });
                    for (i, value) in out.iter_mut().enumerate() {
                        *value = f(std::array::from_fn(|k| from[k][i]));
                    }
                    return;
                }
                for i in start..end {
                    out.set(i, f(std::array::from_fn(|k| from[k].get(i))));
                }
            });
        }
    }
}

/// Iterator over rows, which hides flat calls, strides and broadcasting.
pub struct Rows<'a> {
    next: Option<Row<'a>>,
    index: [usize; RANK_MAX],
}

impl<'a> Rows<'a> {
    fn new(call: &'a Call) -> Rows<'a> {
        let views = call.output_count() + call.input_count();
        let mut row = Row { call, count: 1, data: [0; VIEW_MAX], step: [0; VIEW_MAX] };
        let rank = call.views[0].rank as usize;
        if call.flat >= 0.0 {
            row.count = call.flat as usize;
        } else if rank > 0 {
            row.count = call.views[0].extent(rank - 1);
        }
        for (i, view) in call.views[..views].iter().enumerate() {
            row.data[i] = view.address();
            row.step[i] = if call.flat >= 0.0 {
                let is_single = i >= call.output_count()
                    && call.splat as u64 >> (i - call.output_count()) & 1 == 1;
                isize::from(!is_single)
            } else if rank > 0 {
                view.stride(rank - 1)
            } else {
                0
            };
        }
        Rows { next: Some(row), index: [0; RANK_MAX] }
    }

    fn advanced(&mut self, mut row: Row<'a>) -> Option<Row<'a>> {
        let call = row.call;
        if call.flat >= 0.0 {
            return None;
        }
        let views = call.output_count() + call.input_count();
        for dim in (0..call.views[0].rank().saturating_sub(1)).rev() {
            let extent = call.views[0].extent(dim);
            self.index[dim] += 1;
            let is_inside = self.index[dim] < extent;
            let moved = if is_inside { 1 } else { 1 - extent as isize };
            for (data, view) in row.data.iter_mut().zip(&call.views[..views]) {
                let bytes = moved * view.stride(dim) * size_of_dtype(view.dtype()) as isize;
                *data = data.wrapping_add_signed(bytes);
            }
            if is_inside {
                return Some(row);
            }
            self.index[dim] = 0;
        }
        None
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        let row = self.next.take()?;
        self.next = self.advanced(row);
        Some(row)
    }
}

fn size_of_dtype(code: u8) -> usize {
    match code {
        0 | 2 => 4,
        1 | 3 => 8,
        _ => 1,
    }
}

/// As many elements of every view, each a step from the next.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    call: &'a Call,
    count: usize,
    data: [usize; VIEW_MAX],
    step: [isize; VIEW_MAX],
}

impl<'a> Row<'a> {
    pub fn count(&self) -> usize {
        self.count
    }

    /// Panics if the input has another dtype.
    pub fn input<T: Element>(&self, index: usize) -> Column<'a, T> {
        self.check::<T>(self.call.input(index));
        let at = self.call.output_count() + index;
        Column { data: self.data[at], step: self.step[at], count: self.count, row: PhantomData }
    }

    /// Panics if the output has another dtype.
    pub fn output<T: Element>(&self, index: usize) -> ColumnMut<'a, T> {
        self.check::<T>(self.call.output(index));
        let Row { data, step, count, .. } = *self;
        ColumnMut { data: data[index], step: step[index], count, row: PhantomData }
    }

    fn check<T: Element>(&self, view: &View) {
        assert!(view.dtype() == T::CODE, "dtype {} read as {}", view.dtype(), T::CODE);
    }
}

/// The elements of an input in a row.
#[derive(Clone, Copy)]
pub struct Column<'a, T> {
    data: usize,
    step: isize,
    count: usize,
    row: PhantomData<&'a T>,
}

impl<'a, T: Element> Column<'a, T> {
    /// # Safety
    /// The step is 1 and `end` at most the count.
    unsafe fn dense(self, start: usize, end: usize) -> &'a [T] {
        std::slice::from_raw_parts((self.data as *const T).add(start), end - start)
    }

    #[inline]
    pub fn get(&self, index: usize) -> T {
        assert!(index < self.count);
        // SAFETY: the library promises `count` elements, a step apart.
        unsafe { (self.data as *const T).offset(self.step * index as isize).read() }
    }
}

/// The elements of an output in a row. Threads may share one, as long as each writes its own
/// elements: two writes of one element at a time would be a race.
#[derive(Clone, Copy)]
pub struct ColumnMut<'a, T> {
    data: usize,
    step: isize,
    count: usize,
    row: PhantomData<&'a T>,
}

impl<'a, T: Element> ColumnMut<'a, T> {
    /// # Safety
    /// The step is 1, `end` at most the count, and nobody else has any of it.
    unsafe fn dense(self, start: usize, end: usize) -> &'a mut [T] {
        std::slice::from_raw_parts_mut((self.data as *mut T).add(start), end - start)
    }

    #[inline]
    pub fn set(&self, index: usize, value: T) {
        assert!(index < self.count);
        // SAFETY: the library promises `count` elements, a step apart, that nobody else uses.
        unsafe { (self.data as *mut T).offset(self.step * index as isize).write(value) }
    }
}
