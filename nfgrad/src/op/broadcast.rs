//! Axes added in front, and axes of length 1 stretched: `broadcast(x, [B, 64])` of `[64]`, of `[1, 64]` or of `[B, 1]`.
//!
//! The lengths are lined up at the end; each of the operand's is that of the result, or 1. This is the only place where an
//! axis of length 1 is stretched: no other op does it unasked.
//!
//! | | |
//! |---|---|
//! | Value | `y[i, j] = x[j]`, exact |
//! | Cotangent | `x̄[j] = fl(Σᵢ ȳ[i, j])`, added in the accumulator along a tree of known height, rounded once to the format |
//!
//! # Error bound
//!
//! The value is a copy, with the radius `α`. The cotangent is a sum of `n` numbers:
//!
//! ```text
//! |x̄ⱼ - x̄ⱼ*| <= Σᵢ δᵢⱼ + |x̄ⱼ - w| + κ' Σᵢ |ȳᵢⱼ|
//! ```
//!
//! with `w` the same sum in f64: see `summed.rs`. Where nothing is repeated it is a copy, with the radius `δ`.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::Shape;

use super::enclosing::total;
use super::rounding::guarded;
use super::summed::Terms;
use super::view::View;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::reduce::sum_of;
use crate::kernel::wide::WideBall;

/// The operand repeated until it has the shape `T`; see the [module](self).
#[derive(Clone, Copy)]
pub struct Broadcast<T>(PhantomData<fn() -> T>);

impl<T: Shape> Debug for Broadcast<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Broadcast({:?})", T::DIMS)
    }
}

/// Where the copies of each element are.
#[derive(Debug, Clone, Copy)]
struct Copies {
    /// The element of the operand that each element of the result is.
    result: View,
    /// The first copy of each element of the operand.
    first: View,
    /// How far its other copies are from the first.
    others: View,
}

impl Copies {
    /// From the shape `from` to the shape `to`.
    const fn new(from: &[usize], to: &[usize]) -> Self {
        assert!(from.len() <= to.len(), "`broadcast` cannot drop an axis");
        let (mut result, mut first, mut others) = (View::SCALAR, View::SCALAR, View::SCALAR);
        let (mut i, mut source, mut target) = (to.len(), 1, 1);
        while i > 0 {
            i -= 1;
            let kept = i + from.len() >= to.len() && from[i + from.len() - to.len()] == to[i];
            let length = if i + from.len() >= to.len() { from[i + from.len() - to.len()] } else { 1 };
            assert!(kept || length == 1, "`broadcast` stretches only axes of length 1");
            result = result.within(to[i], if kept { source } else { 0 });
            if kept {
                first = first.within(to[i], target);
            } else {
                others = others.within(to[i], target);
            }
            source *= length;
            target *= to[i];
        }
        Self { result, first, others }
    }

    /// `fl(Σ ȳ)` over the copies of the element whose first copy is at `first`.
    #[inline]
    fn sum<F: Format>(&self, dy: &[F], first: usize) -> F::Acc {
        match self.others.stride() {
            Some(stride) => sum_of::<F>(self.others.numel(), |k| dy[first + k * stride].to_acc()),
            None => sum_of::<F>(self.others.numel(), |k| dy[first + self.others.source(k)].to_acc()),
        }
    }

    /// The radius of `sum`, which is [`Copies::sum`] rounded to the format.
    fn radius<F: Format, D: Domain>(&self, dy: Ball<'_, F, D>, first: usize, sum: F) -> Up {
        let mut terms = Terms::new();
        self.others.each(|_, other| {
            let (dy, delta) = dy.get(first + other);
            terms.add(dy, delta);
        });
        terms.done().radius(sum)
    }
}

impl<S: Shape, T: Shape> Op<(S,)> for Broadcast<T> {
    const NAME: &'static str = "broadcast";
    type Out = T;
    const VALID: () = {
        Copies::new(S::DIMS, T::DIMS);
    };

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        const { Copies::new(S::DIMS, T::DIMS) }.result.copy(x, y);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        const { Copies::new(S::DIMS, T::DIMS) }.result.copy_radii(x, y, radii);
    }

    #[inline]
    fn vjp<F: Format>(_: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        if let Some(dx) = dx {
            let copies = const { Copies::new(S::DIMS, T::DIMS) };
            copies.first.each(|j, first| dx[j] = F::from_acc(copies.sum(dy, first)));
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        _: [Ball<'_, F, D>; 1],
        _: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx]: [Option<Contribution<'_, F>>; 1],
    ) {
        if let Some(Contribution { mid, radii }) = dx {
            let copies = const { Copies::new(S::DIMS, T::DIMS) };
            D::fill_steadily(radii, S::NUMEL, [dy.averaged(copies.others.numel())], |[dy]| {
                move |j: usize| {
                    let first = copies.first.source(j);
                    if copies.others.numel() == 1 {
                        return guarded(mid[j], dy.radius(first));
                    }
                    copies.radius(dy, first, mid[j])
                }
            });
        }
    }

    fn torchlean<F: Format>([x]: [Ball<'_, F, T0>; 1], y: &mut [F]) -> Up {
        <Self as Op<(S,)>>::forward([x.mid], y);
        x.radius(0)
    }

    fn enclose<const K: usize>([x]: [&[WideBall<K>]; 1], y: &mut [WideBall<K>]) {
        const { Copies::new(S::DIMS, T::DIMS) }.result.copy(x, y);
    }

    fn enclose_vjp<const K: usize>(
        _: [&[WideBall<K>]; 1],
        _: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dx]: [Option<&mut [WideBall<K>]>; 1],
    ) {
        if let Some(dx) = dx {
            let copies = const { Copies::new(S::DIMS, T::DIMS) };
            copies.first.each(|j, first| {
                let others = (0..copies.others.numel()).map(|k| copies.others.source(k));
                dx[j] = total(others.map(|other| dy[first + other]));
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::testing::{Case1, elementwise1, uniform1};
    use super::*;

    type Wide = Broadcast<(D<2>, D<3>)>;

    const CASE: Case1<'static, f32> = Case1 {
        x: &[1.0, 2.0],
        alpha: &[0.1, 0.2],
        dy: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        delta: &[0.5, 0.0, 0.0, 0.0, 0.25, 0.25],
    };

    #[test]
    fn a_column_is_stretched_and_its_cotangent_summed() {
        let result = elementwise1::<Wide, (D<2>, D<1>), _>(CASE);
        assert_eq!(result.y, [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
        assert_eq!(result.rad_y, [0.1, 0.1, 0.1, 0.2, 0.2, 0.2]);
        assert_eq!(result.dx[0], [6.0, 15.0]);
        for r in &result.rad_dx[0] {
            assert!(*r >= 0.5 && *r < 0.5 + 2.1 * 15.0 * 2f64.powi(-24), "{r}");
        }
    }

    #[test]
    fn axes_are_added_in_front() {
        let case = Case1 { x: &[1.0, 2.0, 3.0], alpha: &[0.1, 0.2, 0.3], ..CASE };
        let result = elementwise1::<Wide, (D<3>,), _>(case);
        assert_eq!(result.y, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
        assert_eq!(result.dx[0], [5.0, 7.0, 9.0]);
        let result = uniform1::<Broadcast<(D<2>, D<3>, D<1>)>, (D<3>, D<1>), _>(case);
        assert_eq!((result.y, result.rad_y), (vec![1.0, 2.0, 3.0, 1.0, 2.0, 3.0], vec![0.3]));
    }

    #[test]
    fn a_copy_is_a_copy() {
        let case = Case1 { x: CASE.dy, alpha: CASE.delta, ..CASE };
        let result = elementwise1::<Wide, (D<2>, D<3>), _>(case);
        assert_eq!((&result.y[..], &result.rad_y[..]), (CASE.dy, CASE.delta));
        assert_eq!((&result.dx[0][..], &result.rad_dx[0][..]), (CASE.dy, CASE.delta));
    }

    #[test]
    fn a_scalar_fills_a_tensor_even_an_empty_one() {
        let case = Case1 { x: &[7.0], alpha: &[0.5], dy: &[], delta: &[] };
        let result = elementwise1::<Broadcast<(D<0>, D<3>)>, (), f32>(case);
        assert!(result.y.is_empty());
        assert_eq!((&result.dx[0][..], &result.rad_dx[0][..]), (&[0.0][..], &[0.0][..]));
        // Both an axis in front and one inside: the copies are not evenly spaced.
        let dy: Vec<f32> = (0..12_u8).map(f32::from).collect();
        let case = Case1 { x: &[1.0, 2.0, 3.0], dy: &dy, ..Case1::default() };
        let result = elementwise1::<Broadcast<(D<2>, D<3>, D<2>)>, (D<3>, D<1>), _>(case);
        assert_eq!(result.y, [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
        assert_eq!(result.dx[0], [0.0 + 1.0 + 6.0 + 7.0, 2.0 + 3.0 + 8.0 + 9.0, 4.0 + 5.0 + 10.0 + 11.0]);
    }
}
