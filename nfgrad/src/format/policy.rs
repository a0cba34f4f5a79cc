//! How sums and products are rounded: [`RoundEach`] operation, [fused](FusedEach) or not, or once after they were
//! [accumulated](AccumulateIn) in something wider.
//!
//! | | accumulates in | order | rounds |
//! |---|---|---|---|
//! | f32, f64 | itself | blocked, as the kernels have it, with or without FMA | each operation |
//! | bf16, f16, tf32, fp8 | f32 | the same | once |
//! | [`Carried`](super::Carried) | f64 | the same | once |
//! | [`Nf`](super::Nf) | itself | one term after another | each operation |
//! | [`RoundEach<F>`] | itself | one term after another | each operation |
//! | [`FusedEach<F>`] | itself | products one term after another | each multiplication together with its addition |
//! | [`AccumulateInF64<F>`] | f64 | as for f64 | once |
//! | [`AccumulateIn<F, W>`] | `W` | one term after another | each operation in `W`, and once to `F` |
//!
//! Each is a format: the same graph is evaluated with one policy or the other, and the radii follow.

use std::fmt::{self, Debug, Display};
use std::ops::{Add, Div, Mul, Neg, Sub};

use num_traits::{One, Zero};

use super::elementary::Elementary;
use super::fold::{fold_error, fold_product, product_fold_error};
use super::{Accumulation, Accumulator, Format, accumulated_product};
use crate::bound::Up;
use crate::kernel::gemm::Mat;

/// The format `F`, of which sums and products are taken one term after another, each operation rounded: `fl(… fl(fl(a₀ b₀) +
/// fl(a₁ b₁)) + …)`, bit for bit TorchLean's order.
///
/// `F` rounds to nearest and does not saturate, or it does not compile: a sum that saturates and comes back would look
/// like any other.
///
/// ```
/// use nfgrad::prelude::*;
/// use nfgrad::format::{E5m2, RoundEach};
///
/// graph! {
///     /// A sum.
///     pub graph Total { param x: [9]; output total = sum(x); }
/// }
///
/// // 8 + 1 is a tie in three bits, so ones added one by one get stuck at 8.
/// let mut each = Total::run::<RoundEach<E5m2>>();
/// each.leaves_mut().x.fill_with(|| RoundEach::from_f64(1.0));
/// each.forward();
/// assert_eq!(each.outputs().total.value().to_f64(), 8.0);
/// ```
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct RoundEach<F>(F);

/// The format `F`, of which sums and products accumulate in f64 and are rounded once. Every number of `F` must be an f64.
///
/// ```
/// use nfgrad::format::{AccumulateInF64, Format};
/// let third = AccumulateInF64::<f32>::from_f64(1.0 / 3.0);
/// assert_eq!(third.to_f64(), f64::from(1.0_f32 / 3.0));
/// ```
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct AccumulateInF64<F>(F);

/// What a format around another takes from it.
macro_rules! as_inside {
    () => {
        const NAME: &'static str = F::NAME;
        const ZERO: Self = Self::of(F::ZERO);
        const ONE: Self = Self::of(F::ONE);
        const CONVERSION: f64 = F::CONVERSION;
        const SATURATES: bool = F::SATURATES;
        const ROUNDOFF: [f64; 2] = F::ROUNDOFF;
        const TO_NEAREST: bool = F::TO_NEAREST;
        type Carrier = F::Carrier;

        #[inline]
        fn from_f64(x: f64) -> Self {
            Self::of(F::from_f64(x))
        }
        #[inline]
        fn restored(x: f64) -> Self {
            Self::of(F::restored(x))
        }
        #[inline]
        fn to_f64(self) -> f64 {
            self.0.to_f64()
        }
        #[inline]
        fn is_finite(self) -> bool {
            self.0.is_finite()
        }
        #[inline]
        fn add(self, other: Self) -> Self {
            Self::of(self.0.add(other.0))
        }
        #[inline]
        fn sub(self, other: Self) -> Self {
            Self::of(self.0.sub(other.0))
        }
        #[inline]
        fn mul(self, other: Self) -> Self {
            Self::of(self.0.mul(other.0))
        }
        #[inline]
        fn div(self, other: Self) -> Self {
            Self::of(self.0.div(other.0))
        }
        #[inline]
        fn neg(self) -> Self {
            Self::of(self.0.neg())
        }
        #[inline]
        fn max(self, other: Self) -> Self {
            Self::of(self.0.max(other.0))
        }
        #[inline]
        fn sqrt(self) -> Self {
            Self::of(self.0.sqrt())
        }
        #[inline]
        fn eval<E: Elementary>(self) -> Self {
            Self::of(self.0.eval::<E>())
        }
        #[inline]
        fn half_ulp(self) -> Up {
            self.0.half_ulp()
        }
        #[inline]
        fn eval_error<E: Elementary>(self) -> Up {
            self.0.eval_error::<E>()
        }
        #[inline]
        fn add_error(a: Self, b: Self, sum: Self) -> Up {
            F::add_error(a.0, b.0, sum.0)
        }
        #[inline]
        fn mul_error(a: Self, b: Self, product: Self) -> Up {
            F::mul_error(a.0, b.0, product.0)
        }
        #[inline]
        fn div_error(a: Self, b: Self, quotient: Self) -> Up {
            F::div_error(a.0, b.0, quotient.0)
        }
        #[inline]
        fn sqrt_error(x: Self, root: Self) -> Up {
            F::sqrt_error(x.0, root.0)
        }
        #[inline]
        fn magnitude(self) -> Up {
            self.0.magnitude()
        }
        #[inline]
        fn distance(self, x: f64) -> Up {
            self.0.distance(x)
        }
        #[inline]
        fn enclosure(self) -> [f64; 2] {
            self.0.enclosure()
        }
    };
}

impl<F: Format> Format for RoundEach<F> {
    as_inside!();
    type Acc = Self;
    const ROUNDS_ONCE: bool = false;

    #[inline]
    fn to_acc(self) -> Self {
        const { assert!(!F::SATURATES, "a sum that saturates and comes back would look like any other") };
        self
    }
    #[inline]
    fn from_acc(acc: Self) -> Self {
        acc
    }
    fn matmul(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        const { assert!(!F::SATURATES, "a sum that saturates and comes back would look like any other") };
        fold_product(a, b, c);
    }
}

impl<F: Format> Accumulator for RoundEach<F> {
    type Primitive = <F::Acc as Accumulator>::Primitive;
    const LEFT_FOLD: bool = true;
    const LARGEST: f64 = 0.0;

    fn sum_error(height: usize) -> Accumulation {
        fold_error(F::ROUNDOFF[0], F::TO_NEAREST, height)
    }
    fn product_error(k: usize) -> Accumulation {
        product_fold_error(F::ROUNDOFF, F::TO_NEAREST, k)
    }
    fn gemm(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        fold_product(a, b, c);
    }
}

impl<F: Format> Format for AccumulateInF64<F> {
    as_inside!();
    type Acc = f64;
    const ROUNDS_ONCE: bool = true;

    #[inline]
    fn to_acc(self) -> f64 {
        const { assert!(F::CONVERSION == 0.0, "the numbers of this format are no f64") };
        self.0.to_f64()
    }
    #[inline]
    fn from_acc(acc: f64) -> Self {
        Self(F::from_f64(acc))
    }
    fn matmul(a: Mat<'_, Self>, b: Mat<'_, Self>, c: &mut [Self]) {
        accumulated_product(a, b, c);
    }
}

/// The operators of a format that is its own accumulator.
macro_rules! operators {
    ($format:ident: $($trait:ident $method:ident),*) => {
        $(impl<F: Format> $trait for $format<F> {
            type Output = Self;

            #[inline]
            fn $method(self, other: Self) -> Self {
                Self(self.0.$method(other.0))
            }
        })*

        impl<F: Format> Neg for $format<F> {
            type Output = Self;

            #[inline]
            fn neg(self) -> Self {
                Self(self.0.neg())
            }
        }

        impl<F: Format> Zero for $format<F> {
            #[inline]
            fn zero() -> Self {
                Self(F::ZERO)
            }
            #[inline]
            fn is_zero(&self) -> bool {
                self.0 == F::ZERO
            }
        }

        impl<F: Format> One for $format<F> {
            #[inline]
            fn one() -> Self {
                Self(F::ONE)
            }
        }
    };
}

operators!(RoundEach: Add add, Sub sub, Mul mul, Div div);

macro_rules! text {
    ($($format:ident),*) => {$(
        impl<F: Format> $format<F> {
            /// The number inside.
            #[inline]
            pub const fn get(self) -> F {
                self.0
            }

            #[inline]
            const fn of(x: F) -> Self {
                Self(x)
            }
        }

        impl<F: Format> From<F> for $format<F> {
            #[inline]
            fn from(x: F) -> Self {
                Self(x)
            }
        }

        impl<F: Format> Debug for $format<F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Debug::fmt(&self.0, f)
            }
        }

        impl<F: Format> Display for $format<F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Display::fmt(&self.0, f)
            }
        }
    )*};
}

text!(RoundEach, AccumulateInF64);

mod fused;
mod wider;

pub use fused::FusedEach;
pub use wider::AccumulateIn;

#[cfg(test)]
mod tests {
    use super::super::bf16;
    use super::*;
    use crate::kernel::reduce::sum_of;

    #[test]
    fn a_sum_is_a_left_fold_or_rounded_once() {
        let xs: Vec<f64> = (1..40).map(|i| 1.0 / f64::from(i)).collect();
        let narrow: Vec<bf16> = xs.iter().map(|&x| bf16::from_f64(x)).collect();
        let fold = narrow.iter().fold(bf16::ZERO, |sum, &x| Format::add(sum, x));
        assert_eq!(sum_of::<RoundEach<bf16>>(narrow.len(), |i| RoundEach(narrow[i])).get(), fold);
        let exact: f64 = narrow.iter().map(|x| Format::to_f64(*x)).sum();
        let wide = sum_of::<AccumulateInF64<bf16>>(narrow.len(), |i| AccumulateInF64(narrow[i]).to_acc());
        assert_eq!(AccumulateInF64::<bf16>::from_acc(wide).get(), bf16::from_f64(exact));
        assert_ne!(fold, bf16::from_f64(exact));
    }

    #[test]
    fn a_product_is_a_left_fold_too() {
        let a: Vec<RoundEach<bf16>> = (0..30).map(|i| RoundEach::from_f64(1.0 + f64::from(i) / 7.0)).collect();
        let (a, b) = a.split_at(15);
        let mut c = [RoundEach::ZERO];
        Format::matmul(Mat::row_major(a, 1, 15), Mat::row_major(b, 15, 1), &mut c);
        let fold = a.iter().zip(b).map(|(a, b)| Format::mul(*a, *b)).reduce(Format::add);
        assert_eq!(Some(c[0]), fold);
        let exact: f64 = a.iter().zip(b).map(|(a, b)| a.to_f64() * b.to_f64()).sum();
        let error = RoundEach::<bf16>::product_error(15);
        assert!((c[0].to_f64() - exact).abs() <= error.relative.get() * exact + error.absolute.get());
    }
}
