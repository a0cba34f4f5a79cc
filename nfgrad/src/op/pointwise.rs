//! [`Pointwise`]: ops that act on every entry alone.

use nfgrad_shapes::Shape;

use super::{Contribution, Op};
use crate::bound::{Ball, Domain, Up};
use crate::format::Format;

/// A function of one number, lifted to every entry of a tensor: `[s] -> [s]`.
pub trait Pointwise: 'static {
    /// The name, as in a `graph!` block.
    const NAME: &'static str;

    /// `y = fl(f(x))`.
    fn value<F: Format>(x: F) -> F;

    /// At least `|y - f(x*)|`, given `|x - x*| <= alpha`.
    fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up;

    /// The contribution `fl(f'(x) dy)` to the cotangent of `x`.
    fn vjp<F: Format>(x: F, y: F, dy: F) -> F;

    /// At least `|dx - f'(x*) dy*|`; each pair is a computed value with its radius.
    fn vjp_radius<F: Format>(x: (F, Up), y: (F, Up), dy: (F, Up), dx: F) -> Up;
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
        D::fill(radii, S::NUMEL, |i| {
            let (mid, alpha) = x.get(i);
            P::radius(mid, alpha, y[i])
        });
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
            D::fill(radii, S::NUMEL, |i| P::vjp_radius(x.get(i), y.get(i), dy.get(i), mid[i]));
        }
    }
}
