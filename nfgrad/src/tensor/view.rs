//! Tensors with their shape in the type: owned, borrowed, borrowed for writing, and with radii.

use std::fmt;
use std::marker::PhantomData;

use nfgrad_shapes::Shape;

use super::tells_apart;
use crate::bound::{Ball, Domain, Up};
use crate::error::Error;
use crate::format::Format;

/// A tensor of shape `S` in the format `F`, in row-major order.
///
/// ```
/// use nfgrad::prelude::*;
/// let x = Tensor::<f32, (D<2>, D<3>)>::from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// assert_eq!(x.view().get([1, 0]), Some(4.0));
/// assert!(Tensor::<f32, (D<2>, D<3>)>::from_slice(&[1.0]).is_err());
/// # Ok::<(), nfgrad::Error>(())
/// ```
#[derive(Clone)]
pub struct Tensor<F, S> {
    data: Box<[F]>,
    shape: PhantomData<S>,
}

impl<F: Format, S: Shape> Tensor<F, S> {
    /// All zero.
    pub fn zeros() -> Self {
        Self { data: vec![F::ZERO; S::NUMEL].into(), shape: PhantomData }
    }

    /// The elements in row-major order.
    ///
    /// # Errors
    /// [`Error::Length`] unless there are exactly as many as the shape needs.
    pub fn from_slice(elements: &[F]) -> Result<Self, Error> {
        check_length::<S>(elements.len())?;
        Ok(Self { data: elements.into(), shape: PhantomData })
    }

    /// Borrows the tensor.
    pub fn view(&self) -> TensorRef<'_, F, S> {
        TensorRef::new(&self.data)
    }

    /// Borrows the tensor for writing.
    pub fn view_mut(&mut self) -> TensorMut<'_, F, S> {
        TensorMut::new(&mut self.data)
    }
}

// Derived it would ask of the dimensions, which are types, that they can be compared.
impl<F: PartialEq, S> PartialEq for Tensor<F, S> {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl<F: Format, S: Shape> fmt::Debug for Tensor<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

/// A borrowed tensor of shape `S`.
pub struct TensorRef<'a, F, S> {
    data: &'a [F],
    shape: PhantomData<S>,
}

impl<F, S> Clone for TensorRef<'_, F, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, S> Copy for TensorRef<'_, F, S> {}

impl<'a, F: Format, S: Shape> TensorRef<'a, F, S> {
    /// The caller guarantees the length, which every reader relies on.
    pub(crate) fn new(data: &'a [F]) -> Self {
        debug_assert_eq!(data.len(), S::NUMEL);
        Self { data, shape: PhantomData }
    }

    /// The elements in row-major order.
    pub fn as_slice(&self) -> &'a [F] {
        self.data
    }

    /// The lengths of the axes.
    pub fn shape(&self) -> &'static [usize] {
        S::DIMS
    }

    /// The element at an index with one number for each axis; `None` outside the shape or at a wrong rank.
    pub fn get<const RANK: usize>(&self, index: [usize; RANK]) -> Option<F> {
        offset::<S>(&index).map(|i| self.data[i])
    }

    /// A copy that owns its elements.
    pub fn to_tensor(&self) -> Tensor<F, S> {
        Tensor { data: self.data.into(), shape: PhantomData }
    }

    /// The largest magnitude, 0 for an empty tensor.
    pub fn max_abs(&self) -> f64 {
        self.data.iter().fold(0.0, |max, x| x.to_f64().abs().max(max))
    }
}

impl<F: Format> TensorRef<'_, F, ()> {
    /// The one element of a scalar.
    pub fn value(&self) -> F {
        self.data[0]
    }
}

impl<F: Format, S: Shape> fmt::Debug for TensorRef<'_, F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor<{}, {:?}> {:?}", F::NAME, S::DIMS, Summary(self.data))
    }
}

/// A tensor of shape `S`, borrowed for writing.
pub struct TensorMut<'a, F, S> {
    data: &'a mut [F],
    shape: PhantomData<S>,
}

impl<'a, F: Format, S: Shape> TensorMut<'a, F, S> {
    pub(crate) fn new(data: &'a mut [F]) -> Self {
        debug_assert_eq!(data.len(), S::NUMEL);
        Self { data, shape: PhantomData }
    }

    /// The elements in row-major order.
    pub fn as_slice(&self) -> &[F] {
        self.data
    }

    /// The elements in row-major order, for writing.
    pub fn as_mut_slice(&mut self) -> &mut [F] {
        self.data
    }

    /// Copies the elements of a slice.
    ///
    /// # Errors
    /// [`Error::Length`] unless there are exactly as many as the shape needs; then nothing is copied.
    pub fn copy_from_slice(&mut self, elements: &[F]) -> Result<(), Error> {
        check_length::<S>(elements.len())?;
        self.data.copy_from_slice(elements);
        Ok(())
    }

    /// Writes integers: what [`gather`](crate::op::gather) takes for the indices of rows.
    ///
    /// ```
    /// use nfgrad::prelude::*;
    /// let mut words = Tensor::<bf16, (D<2>,)>::zeros();
    /// words.view_mut().set_indices(&[3, 255])?;
    /// // bf16 has no 257, and takes it for 256.
    /// assert!(words.view_mut().set_indices(&[3, 257]).is_err());
    /// # Ok::<(), nfgrad::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`] unless there are exactly as many as the shape needs, [`Error::Index`] if the format does not tell one
    /// from the integer after it: from `2^p` on in a format of `p` bits. Then nothing is written.
    pub fn set_indices(&mut self, indices: &[usize]) -> Result<(), Error> {
        check_length::<S>(indices.len())?;
        if let Some(at) = indices.iter().position(|&index| !tells_apart::<F>(index)) {
            return Err(Error::Index { at, index: indices[at], format: F::NAME });
        }
        for (element, &index) in self.data.iter_mut().zip(indices) {
            *element = F::from_f64(index as f64);
        }
        Ok(())
    }

    /// Copies a tensor of the same shape.
    pub fn copy_from(&mut self, tensor: TensorRef<'_, F, S>) {
        self.data.copy_from_slice(tensor.data);
    }

    /// Sets every element, in row-major order, to what the closure returns.
    pub fn fill_with(&mut self, element: impl FnMut() -> F) {
        self.data.fill_with(element);
    }

    /// Initialises the weights of a layer that is followed by a relu: uniform in `±√(6 / fan_in)`, whose variance is `2 / fan_in`
    /// (He et al. 2015, "Delving deep into rectifiers", equation 10). `uniform` returns numbers in `[0, 1)`.
    ///
    /// How many numbers an output is made of, and how many outputs a number takes part in, is read from the shape:
    ///
    /// | shape | `fan_in` | `fan_out` |
    /// |---|---|---|
    /// | `[in]` | `in` | 0 |
    /// | `[in, out]`, `[.., in, out]`: a matrix, or one for each place of the leading axes | `in` | `out` |
    /// | `[out, in, height, width]`, four axes: weights of [`conv2d`](crate::op::conv2d), `in` a group's channels | `in height width` | `out height width` |
    pub fn he_uniform(&mut self, uniform: impl FnMut() -> f64) {
        let [fan_in, _] = Self::fans();
        self.fill_symmetric(6.0, fan_in, uniform);
    }

    /// Initialises the weights of a layer that is followed by tanh or by nothing: uniform in `±√(6 / (fan_in + fan_out))`, whose variance is
    /// `2 / (fan_in + fan_out)` (Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", equation 16).
    /// [`he_uniform`](Self::he_uniform) says what the fans of a shape are. `uniform` returns numbers in `[0, 1)`.
    pub fn glorot_uniform(&mut self, uniform: impl FnMut() -> f64) {
        let [fan_in, fan_out] = Self::fans();
        self.fill_symmetric(6.0, fan_in + fan_out, uniform);
    }

    /// `fan_in` and `fan_out` of [`TensorMut::he_uniform`].
    fn fans() -> [usize; 2] {
        match *S::DIMS {
            [outputs, inputs, height, width] => [inputs * height * width, outputs * height * width],
            [.., inputs, outputs] => [inputs, outputs],
            [inputs] => [inputs, 0],
            [] => [1, 0],
        }
    }

    fn fill_symmetric(&mut self, numerator: f64, fan: usize, mut uniform: impl FnMut() -> f64) {
        let limit = (numerator / fan.max(1) as f64).sqrt();
        self.fill_with(|| F::from_f64((2.0 * uniform() - 1.0) * limit));
    }
}

impl<F: Format, S: Shape> fmt::Debug for TensorMut<'_, F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        TensorRef::<F, S>::new(self.data).fmt(f)
    }
}

/// A tensor with the radii of the domain `D`: every real value is within its radius of the computed one.
pub struct BallTensor<'a, F, S, D> {
    ball: Ball<'a, F, D>,
    shape: PhantomData<S>,
}

impl<F, S, D> Clone for BallTensor<'_, F, S, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, S, D> Copy for BallTensor<'_, F, S, D> {}

impl<'a, F: Format, S: Shape, D: Domain> BallTensor<'a, F, S, D> {
    pub(crate) fn new(ball: Ball<'a, F, D>) -> Self {
        debug_assert_eq!(ball.mid.len(), S::NUMEL);
        Self { ball, shape: PhantomData }
    }

    /// The computed values.
    pub fn mid(&self) -> TensorRef<'a, F, S> {
        TensorRef::new(self.ball.mid)
    }

    /// The radii as the domain keeps them: one for [`Uniform`](crate::bound::Uniform) and [`Euclidean`](crate::bound::Euclidean), one for each
    /// element for [`Elementwise`](crate::bound::Elementwise).
    pub fn radii(&self) -> &'a [f64] {
        self.ball.rad
    }

    /// The radius of element `i`, counted in row-major order; ∞ where nothing is known.
    ///
    /// # Panics
    /// If the domain is elementwise and `i` is outside the tensor.
    pub fn radius(&self, i: usize) -> Up {
        self.ball.radius(i)
    }

    /// The largest radius.
    pub fn max_radius(&self) -> Up {
        (0..self.ball.mid.len()).map(|i| self.radius(i)).fold(Up::ZERO, Up::max)
    }
}

impl<F: Format, S: Shape, D: Domain> fmt::Debug for BallTensor<'_, F, S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} +/- {:?}", self.mid(), Summary(self.ball.rad))
    }
}

/// A list that is printed whole if it is short, and otherwise as its first and its last elements.
struct Summary<'a, T>(&'a [T]);

/// How many elements are printed of each end.
const ENDS: usize = 4;

impl<T: fmt::Debug> fmt::Debug for Summary<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.0.len();
        let mut list = f.debug_list();
        if len <= 2 * ENDS {
            return list.entries(self.0).finish();
        }
        list.entries(&self.0[..ENDS]).entry(&format_args!("..")).entries(&self.0[len - ENDS..]).finish()
    }
}

/// The row-major offset of an index; `None` outside the shape.
fn offset<S: Shape>(index: &[usize]) -> Option<usize> {
    if index.len() != S::RANK {
        return None;
    }
    index.iter().zip(S::DIMS).try_fold(0, |offset, (&i, &len)| (i < len).then_some(offset * len + i))
}

/// Whether a slice of `found` elements fills a tensor of shape `S`.
pub(super) fn check_length<S: Shape>(found: usize) -> Result<(), Error> {
    if found == S::NUMEL { Ok(()) } else { Err(Error::Length { shape: S::DIMS, expected: S::NUMEL, found }) }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::*;
    use crate::format::bf16;

    #[test]
    fn a_long_tensor_prints_its_ends() {
        let short = Tensor::<f32, (D<2>, D<4>)>::zeros();
        assert_eq!(format!("{short:?}"), "Tensor<f32, [2, 4]> [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]");
        let mut long = Tensor::<f32, (D<784>, D<128>)>::zeros();
        let mut count = 0.0;
        long.view_mut().fill_with(|| {
            count += 1.0;
            count
        });
        let text = "Tensor<f32, [784, 128]> [1.0, 2.0, 3.0, 4.0, .., 100349.0, 100350.0, 100351.0, 100352.0]";
        assert_eq!(format!("{:?}", long.view_mut()), text);
        assert_eq!(format!("{long:?}"), text);
        assert_eq!(format!("{:?}", Tensor::<f32, (D<0>,)>::zeros()), "Tensor<f32, [0]> []");
    }

    #[test]
    fn weights_reach_as_far_as_the_fans_of_their_last_axes_say() {
        fn check<S: Shape>(fan_in: f64, fan_out: f64) {
            // The largest weight is that of the largest number below 1.
            let (largest, mut weights) = (|| 1.0_f64.next_down(), Tensor::<f64, S>::zeros());
            weights.view_mut().he_uniform(largest);
            let he = weights.view().max_abs();
            weights.view_mut().glorot_uniform(largest);
            let glorot = weights.view().max_abs();
            assert!((he - (6.0 / fan_in).sqrt()).abs() < 1e-12, "{:?}: {he}", S::DIMS);
            assert!((glorot - (6.0 / (fan_in + fan_out)).sqrt()).abs() < 1e-12, "{:?}: {glorot}", S::DIMS);
        }
        check::<(D<7>,)>(7.0, 0.0);
        check::<(D<5>, D<7>)>(5.0, 7.0);
        check::<(D<4>, D<512>, D<64>)>(512.0, 64.0);
        check::<(D<8>, D<3>, D<5>, D<2>)>(30.0, 80.0);
        check::<(D<2>, D<2>, D<2>, D<5>, D<7>)>(5.0, 7.0);
        check::<(D<2>, D<2>, D<2>, D<2>, D<5>, D<7>)>(5.0, 7.0);
    }

    #[test]
    fn an_index_that_the_format_does_not_have_is_an_error() {
        let mut words = Tensor::<bf16, (D<3>,)>::zeros();
        let error = words.view_mut().set_indices(&[3, 255, 256]).unwrap_err();
        assert_eq!(error, Error::Index { at: 2, index: 256, format: "bf16" });
        assert_eq!(words.view().max_abs(), 0.0);
        assert!(words.view_mut().set_indices(&[1, 2]).is_err());
        words.view_mut().set_indices(&[3, 255, 0]).unwrap();
        assert_eq!(words.view().as_slice(), [3.0, 255.0, 0.0].map(bf16::from_f64));
    }
}
