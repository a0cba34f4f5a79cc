//! [`Pointwise`]: ops that act on every entry alone.

use std::marker::PhantomData;

use nfgrad_shapes::Shape;

use super::rounding::is_known;
use super::torchlean::Tensor;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, Rule, T0, Up};
use crate::format::Format;

/// A function of one number, lifted to every entry of a tensor: `[s] -> [s]`.
///
/// The radii are asked for only where every operand is finite and has a finite radius, and the result is finite; elsewhere
/// the radius is ∞, since a function that is bounded, such as tanh, would turn "nothing is known" into a bound.
pub trait Pointwise: 'static {
    /// The name, as in a `graph!` block.
    const NAME: &'static str;

    /// `y = fl(f(x))`.
    fn value<F: Format>(x: F) -> F;

    /// At least `|y - f(x*)|`, given `|x - x*| <= alpha`. Without a rule nothing is known.
    fn radius<F: Format>(_x: F, _alpha: Up, _y: F) -> Up {
        Up::INFINITY
    }

    /// The contribution `fl(f'(x) dy)` to the cotangent of `x`.
    fn vjp<F: Format>(x: F, y: F, dy: F) -> F;

    /// At least `|dx - f'(x*) dy*|`; each pair is a computed value with its radius. Without a rule nothing is known.
    fn vjp_radius<F: Format>(_x: (F, Up), _y: (F, Up), _dy: (F, Up), _dx: F) -> Up {
        Up::INFINITY
    }

    /// What TorchLean computes and its bound of it, for [`T0`](crate::bound::T0); `None` if it states nothing of the function.
    fn torchlean<F: Format>(_x: (F, Up)) -> Option<(F, Up)> {
        None
    }

    /// The contribution that TorchLean computes and its bound of it; `None` if it states nothing of it.
    fn torchlean_vjp<F: Format>(_x: &Tensor<F>, _dy: &Tensor<F>) -> Option<Tensor<F>> {
        None
    }
}

impl<P: Pointwise, S: Shape> Op<(S,)> for P {
    const NAME: &'static str = P::NAME;
    type Out = S;

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = P::value(x);
        }
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        D::fill(radii, S::NUMEL, ValueRule::<P, F, D> { x, y, op: PhantomData });
    }

    #[inline]
    fn vjp<F: Format>([x]: [&[F]; 1], y: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        if let Some(dx) = dx {
            for (((dx, &x), &y), &dy) in dx.iter_mut().zip(x).zip(y).zip(dy) {
                *dx = P::vjp(x, y, dy);
            }
        }
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [x]: [Ball<'_, F, D>; 1],
        y: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [dx]: [Option<Contribution<'_, F>>; 1],
    ) {
        if let Some(Contribution { mid, radii }) = dx {
            D::fill(radii, S::NUMEL, VjpRule::<P, F, D> { x, y, dy, dx: mid, op: PhantomData });
        }
    }

    fn torchlean<F: Format>([x]: [Ball<'_, F, T0>; 1], y: &mut [F]) -> Up {
        if let Some(result) = Tensor::of(x).try_map(P::torchlean) {
            return result.write(y);
        }
        <P as Op<(S,)>>::forward([x.mid], y);
        Up::INFINITY
    }

    fn torchlean_vjp<F: Format>(
        [x]: [Ball<'_, F, T0>; 1],
        y: Ball<'_, F, T0>,
        dy: Ball<'_, F, T0>,
        [dx]: [Option<&mut [F]>; 1],
    ) -> [Option<Up>; 1] {
        let Some(dx) = dx else { return [None] };
        if let Some(result) = P::torchlean_vjp(&Tensor::of(x), &Tensor::of(dy)) {
            return [Some(result.write(dx))];
        }
        <P as Op<(S,)>>::vjp([x.mid], y.mid, dy.mid, [Some(dx)]);
        [Some(Up::INFINITY)]
    }
}

/// The radii of the values.
struct ValueRule<'a, P, F, D> {
    x: Ball<'a, F, D>,
    y: &'a [F],
    op: PhantomData<P>,
}

impl<P: Pointwise, F: Format, D: Domain> Rule for ValueRule<'_, P, F, D> {
    #[inline(always)]
    fn radius(&self, i: usize) -> Up {
        let ((x, alpha), y) = (self.x.get(i), self.y[i]);
        let radius = P::radius(x, alpha, y);
        // `&` and not `&&`: without a branch the loop is vectorised.
        if is_known((x, alpha)) & y.is_finite() { radius } else { Up::INFINITY }
    }

    #[inline(always)]
    fn limited_to(self, numel: usize) -> Self {
        Self { x: self.x.limited_to(numel), y: &self.y[..numel], op: PhantomData }
    }
}

/// The radii of the contributions.
struct VjpRule<'a, P, F, D> {
    x: Ball<'a, F, D>,
    y: Ball<'a, F, D>,
    dy: Ball<'a, F, D>,
    dx: &'a [F],
    op: PhantomData<P>,
}

impl<P: Pointwise, F: Format, D: Domain> Rule for VjpRule<'_, P, F, D> {
    #[inline(always)]
    fn radius(&self, i: usize) -> Up {
        let (x, y, dy, dx) = (self.x.get(i), self.y.get(i), self.dy.get(i), self.dx[i]);
        let radius = P::vjp_radius(x, y, dy, dx);
        if is_known(x) & is_known(y) & is_known(dy) & dx.is_finite() { radius } else { Up::INFINITY }
    }

    #[inline(always)]
    fn limited_to(self, numel: usize) -> Self {
        Self {
            x: self.x.limited_to(numel),
            y: self.y.limited_to(numel),
            dy: self.dy.limited_to(numel),
            dx: &self.dx[..numel],
            op: PhantomData,
        }
    }
}
