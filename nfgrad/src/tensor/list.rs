//! `TList<Γ>` and `EList<Γ>`: one tensor, and the radii of one domain, for each shape of a context.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use nfgrad_shapes::{At, Context, Differs, Holds, Idx, Pos, Shape};
use typenum::Unsigned;

use super::view::check_length;
use super::{Buffer, TensorMut, TensorRef};
use crate::bound::{Domain, Up};
use crate::error::Error;
use crate::format::Format;

/// One tensor for each shape of `Ctx`, in one allocation with offsets that are known at compile time.
///
/// A tensor is reached through its witness, so a position can neither be missing nor hold another shape:
///
/// ```
/// use nfgrad::prelude::*;
/// use nfgrad::tensor::TList;
///
/// type Ctx = Snoc<Snoc<Nil, (D<2>,)>, (D<2>,)>;
/// let (a, b) = (Idx::<Ctx, (D<2>,), 0>::new(), Idx::<Ctx, (D<2>,), 1>::new());
///
/// let mut list = TList::<f32, Ctx>::zeros();
/// list.set2_idx(a, &[1.0, 2.0], b, &[3.0, 4.0])?;
/// assert_eq!(list.get(b).as_slice(), [3.0, 4.0]);
/// list.set2_idx(a, &[1.0, 2.0], a, &[3.0, 4.0])?; // one position: the contributions are added
/// assert_eq!(list.get(a).as_slice(), [4.0, 6.0]);
/// # Ok::<(), nfgrad::Error>(())
/// ```
pub struct TList<F, Ctx> {
    values: Buffer<F>,
    context: PhantomData<Ctx>,
}

impl<F: Format, Ctx: Context> TList<F, Ctx> {
    /// The tensor at a position.
    #[inline]
    pub fn get<S: Shape, const I: usize>(&self, _: Idx<Ctx, S, I>) -> TensorRef<'_, F, S>
    where
        Ctx: At<I, Shape = S>,
    {
        TensorRef::new(&self.values[range::<Ctx, I>()])
    }

    /// The tensor at a position, for writing.
    #[inline]
    pub fn get_mut<S: Shape, const I: usize>(&mut self, _: Idx<Ctx, S, I>) -> TensorMut<'_, F, S>
    where
        Ctx: At<I, Shape = S>,
    {
        TensorMut::new(&mut self.values[range::<Ctx, I>()])
    }

    /// Writes one position.
    ///
    /// # Errors
    /// [`Error::Length`] if the slice does not fit.
    pub fn set_idx<S: Shape, const I: usize>(&mut self, i: Idx<Ctx, S, I>, x: &[F]) -> Result<(), Error>
    where
        Ctx: At<I, Shape = S>,
    {
        self.get_mut(i).copy_from_slice(x)
    }

    /// Writes two positions. If they coincide the contributions are added, each sum rounded once.
    ///
    /// # Errors
    /// [`Error::Length`] if a slice does not fit; then nothing is written.
    pub fn set2_idx<S: Shape, T: Shape, const I: usize, const J: usize>(
        &mut self,
        i: Idx<Ctx, S, I>,
        x: &[F],
        j: Idx<Ctx, T, J>,
        y: &[F],
    ) -> Result<(), Error>
    where
        Ctx: At<I, Shape = S> + At<J, Shape = T>,
    {
        check_length::<T>(y.len())?;
        self.set_idx(i, x)?;
        if I == J {
            for (sum, &y) in self.values[range::<Ctx, I>()].iter_mut().zip(y) {
                *sum = sum.add(y);
            }
            Ok(())
        } else {
            self.set_idx(j, y)
        }
    }

    /// Writes three positions that are proved to differ. Nothing is added to anything: in floating point even `x + 0`
    /// is an operation.
    ///
    /// # Errors
    /// [`Error::Length`] if a slice does not fit; then nothing is written.
    pub fn set3_idx_ne<S: Shape, T: Shape, R: Shape, const I: usize, const J: usize, const K: usize>(
        &mut self,
        (i, x): (Idx<Ctx, S, I>, &[F]),
        (j, y): (Idx<Ctx, T, J>, &[F]),
        (k, z): (Idx<Ctx, R, K>, &[F]),
    ) -> Result<(), Error>
    where
        Ctx: At<I, Shape = S> + At<J, Shape = T> + At<K, Shape = R>,
        Pos<I>: Differs<J> + Differs<K>,
        Pos<J>: Differs<K>,
    {
        check_length::<T>(y.len())?;
        check_length::<R>(z.len())?;
        self.set_idx(i, x)?;
        self.set_idx(j, y)?;
        self.set_idx(k, z)
    }
}

impl<T: Copy + Default, Ctx: Context> TList<T, Ctx> {
    /// All tensors zero.
    pub fn zeros() -> Self {
        Self { values: Buffer::zeros(Ctx::SIZE), context: PhantomData }
    }

    /// The whole buffer: every tensor at its offset, zeros between.
    #[inline]
    pub(crate) fn values(&self) -> &[T] {
        &self.values
    }

    /// The whole buffer, for writing.
    #[inline]
    pub(crate) fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }
}

impl<F: Copy + Default, Ctx> Clone for TList<F, Ctx> {
    fn clone(&self) -> Self {
        Self { values: self.values.clone(), context: PhantomData }
    }
}

impl<F: Format, Ctx: Context> fmt::Debug for TList<F, Ctx> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TList<{}> of {} tensors, {} elements", F::NAME, Ctx::Len::USIZE, self.values.len())
    }
}

/// The radii of one tensor for each shape of `Ctx`, as the domain `D` keeps them.
pub struct EList<D, Ctx> {
    radii: Buffer<f64>,
    domain: PhantomData<(D, Ctx)>,
}

impl<D: Domain, Ctx: Context> EList<D, Ctx> {
    /// All radii zero: everything is exact.
    pub fn zeros() -> Self {
        Self { radii: Buffer::zeros(D::context_len(Ctx::Len::USIZE, Ctx::SIZE)), domain: PhantomData }
    }

    /// The radii of the tensor at a position.
    pub fn get<S: Shape, const I: usize>(&self, _: Idx<Ctx, S, I>) -> &[f64]
    where
        Ctx: At<I, Shape = S>,
    {
        &self.radii[D::range(I, Ctx::OFFSET, S::NUMEL)]
    }

    /// Sets the radii of the tensor at a position: one for each element, of which the domain keeps what it can.
    ///
    /// # Errors
    /// [`Error::Length`] if there are not as many as elements, [`Error::Radius`] if one is negative or NaN; then
    /// nothing is changed.
    pub fn set_idx<S: Shape, const I: usize>(&mut self, _: Idx<Ctx, S, I>, radii: &[f64]) -> Result<(), Error>
    where
        Ctx: Holds<S, I> + At<I, Shape = S>,
    {
        check_length::<S>(radii.len())?;
        // The negated comparison also finds a NaN.
        if let Some(index) = radii.iter().position(|&r| {
            !matches!(r.partial_cmp(&0.0), Some(std::cmp::Ordering::Greater | std::cmp::Ordering::Equal))
        }) {
            return Err(Error::Radius { index });
        }
        D::fill(&mut self.radii[D::range(I, Ctx::OFFSET, S::NUMEL)], S::NUMEL, |i: usize| Up::new(radii[i]));
        Ok(())
    }

    #[inline]
    pub(crate) fn radii(&self) -> &[f64] {
        &self.radii
    }

    #[inline]
    pub(crate) fn radii_mut(&mut self) -> &mut [f64] {
        &mut self.radii
    }
}

impl<D: Domain, Ctx> Clone for EList<D, Ctx> {
    fn clone(&self) -> Self {
        Self { radii: self.radii.clone(), domain: PhantomData }
    }
}

impl<D: Domain, Ctx: Context> fmt::Debug for EList<D, Ctx> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EList<{}> of {} tensors", D::NAME, Ctx::Len::USIZE)
    }
}

/// Where the tensor at a position lies in the flat buffer.
#[inline]
pub(crate) fn range<Ctx: At<I>, const I: usize>() -> Range<usize> {
    Ctx::OFFSET..Ctx::OFFSET + <Ctx::Shape as Shape>::NUMEL
}
