//! [`AccumulateIn`]: sums and products in a wider format, rounded once to the narrow one.

use std::fmt::{self, Debug, Display};
use std::marker::PhantomData;

use super::super::Format;
use super::super::elementary::Elementary;
use super::super::fold::fold_product_of;
use super::RoundEach;
use crate::bound::Up;
use crate::kernel::gemm::Mat;

/// The format `F`, of which sums and products accumulate in the wider format `W`, one term after another, each operation rounded to `W`
/// ([`RoundEach<W>`]), and are rounded once to `F`.
///
/// Every number of `F` is one of `W`, both are binary and `W` does not saturate, or it does not compile.
///
/// The error of a sum is that of its left fold in `W`, and what the last rounding has cut off.
///
/// ```
/// use nfgrad::format::{AccumulateIn, E4m3, Format, bf16};
/// use nfgrad::prelude::*;
///
/// graph! {
///     /// A product of fp8 numbers.
///     pub graph Product { param a: [1, 40]; param b: [40, 1]; output y = a @ b; }
/// }
///
/// let mut run = Product::bounded::<AccumulateIn<E4m3, bf16>, Elementwise>();
/// run.leaves_mut().a.fill_with(|| E4m3::from_f64(1.0).into());
/// run.leaves_mut().b.fill_with(|| E4m3::from_f64(0.5).into());
/// run.forward()?;
/// assert_eq!(run.outputs().y.mid().as_slice()[0].to_f64(), 20.0);
/// assert!(run.outputs().y.radius(0).get() < 5.0);
/// # Ok::<(), nfgrad::Error>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct AccumulateIn<F, W>(F, PhantomData<W>);

impl<F: Format, W: Format> AccumulateIn<F, W> {
    /// Does not compile unless the numbers of `F` embed in `W`, and those of `W` in f64.
    const FITS: () = {
        assert!(F::CONVERSION == 0.0 && W::CONVERSION == 0.0, "the numbers of this format are no f64");
        assert!(!W::SATURATES, "a sum that saturates and comes back would look like any other");
        // Of a directed rounding both are twice as large.
        let factor = if F::TO_NEAREST { 1.0 } else { 0.5 };
        assert!(W::ROUNDOFF[0] <= factor * F::ROUNDOFF[0], "the format that accumulates has fewer bits");
        assert!(W::ROUNDOFF[1] <= factor * F::ROUNDOFF[1], "the format that accumulates has less range");
    };

    /// The number inside.
    #[inline]
    pub const fn get(self) -> F {
        self.0
    }

    #[inline]
    const fn of(x: F) -> Self {
        Self(x, PhantomData)
    }
}

impl<F: Format, W: Format> From<F> for AccumulateIn<F, W> {
    #[inline]
    fn from(x: F) -> Self {
        Self::of(x)
    }
}

impl<F: Format, W: Format> Debug for AccumulateIn<F, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.0, f)
    }
}

impl<F: Format, W: Format> Display for AccumulateIn<F, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl<F: Format, W: Format> Format for AccumulateIn<F, W> {
    as_inside!();
    type Acc = RoundEach<W>;
    const ROUNDS_ONCE: bool = true;

    #[inline]
    fn to_acc(self) -> RoundEach<W> {
        let () = Self::FITS;
        RoundEach::from(W::from_f64(self.0.to_f64()))
    }
    #[inline]
    fn from_acc(acc: RoundEach<W>) -> Self {
        Self::of(F::from_f64(acc.to_f64()))
    }
    fn matmul(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        fold_product_of(a, b, c, Self::to_acc, Self::from_acc);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{E4m3, bf16};
    use super::*;
    use crate::format::product_error;

    #[test]
    fn a_product_is_a_fold_in_the_wider_format_rounded_once() {
        type Fp8 = AccumulateIn<E4m3, bf16>;
        let numbers: Vec<Fp8> = (0..60_u8).map(|i| Fp8::of(E4m3::from_bits(0x28 + i % 23))).collect();
        let (a, b) = numbers.split_at(30);
        let mut c = [Fp8::ZERO];
        Fp8::matmul(Mat::row_major(a, 1, 30), Mat::row_major(b, 30, 1), &mut c);
        let wide = |x: &Fp8| bf16::from_f64(x.to_f64());
        let fold = a.iter().zip(b).map(|(a, b)| Format::mul(wide(a), wide(b))).reduce(Format::add).unwrap();
        assert_eq!(c[0].get(), E4m3::from_f64(fold.to_f64()));
        let exact: f64 = a.iter().zip(b).map(|(a, b)| a.to_f64() * b.to_f64()).sum();
        assert_ne!(fold.to_f64(), exact);
        let bound = product_error::<Fp8>(30).relative.get() * exact;
        assert!((fold.to_f64() - exact).abs() <= bound && bound < exact * 30.0 / 250.0);
    }
}
