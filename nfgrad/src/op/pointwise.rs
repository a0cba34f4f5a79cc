//! [`Pointwise`]: ops that act on every entry alone.

use std::marker::PhantomData;

use nfgrad_shapes::Shape;

use super::rounding::is_known;
use super::torchlean::Tensor;
use super::{Contribution, Defined, Op};
use crate::bound::{Ball, Domain, Rule, T0, Up};
use crate::format::Format;
use crate::kernel::entrywise::{Entry, map};
use crate::kernel::wide::WideBall;

/// A function of one number, lifted to every entry of a tensor: `[s] -> [s]`.
///
/// The radii are asked for only where every operand is finite and has a finite radius, and the result is finite; elsewhere
/// the radius is ∞, since a function that is bounded, such as tanh, would turn "nothing is known" into a bound.
pub trait Pointwise: 'static {
    /// The name, as in a `graph!` block.
    const NAME: &'static str;

    /// Whether the real function is the identity: see [`Op::ONLY_ROUNDS`].
    const ONLY_ROUNDS: bool = false;
    /// Where the function has a value.
    const DEFINED: Defined = Defined::Everywhere;
    /// Where it has a derivative.
    const DIFFERENTIABLE: Defined = Self::DEFINED;

    /// `y = fl(f(x))`.
    fn value<F: Format>(x: F) -> F;

    /// At least `|y - f(x*)|`, given `|x - x*| <= alpha`. Without a rule nothing is known.
    fn radius<F: Format>(_x: F, _alpha: Up, _y: F) -> Up {
        Up::INFINITY
    }

    /// Of which operands [`Pointwise::steady_radius`] and [`Pointwise::steady_vjp_radius`] are steady functions. Of none, if
    /// nothing is said.
    const STEADY: Steadiness = Steadiness::NONE;

    /// Whether [`Pointwise::radius`] and [`Pointwise::vjp_radius`] stay bounded however large the radius of `x` is, as those of tanh do. In a domain of norms
    /// they are then asked too where that radius is above 1, each entry with all of it, and the smaller bound is kept: the errors of `n`
    /// values that are no more than `r` apart have a 2-norm of at most `r √n`.
    const BOUNDED: bool = false;

    /// [`Pointwise::radius`] for a domain of norms: what [`Pointwise::STEADY`] promises is promised of this bound, which therefore has no
    /// minimum in it.
    #[inline(always)]
    fn steady_radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
        Self::radius(x, alpha, y)
    }

    /// [`Pointwise::vjp_radius`] for a domain of norms.
    #[inline(always)]
    fn steady_vjp_radius<F: Format>(x: (F, Up), y: (F, Up), dy: (F, Up), dx: F) -> Up {
        Self::vjp_radius(x, y, dy, dx)
    }

    /// Whether the value, and whether the contribution, takes no longer than a few operations, so that it matters how numbers are packed.
    #[doc(hidden)]
    const IS_SHORT: [bool; 2] = [false; 2];

    /// Whether the bound of the contribution holds only where something is known of the value: because it reads the value, or because the
    /// value says whether the function is defined near `x`. Where it does not, a value that overflowed leaves the contribution known.
    const NEEDS_VALUE: bool = true;

    /// The contribution `fl(f'(x) dy)` to the cotangent of `x`.
    fn vjp<F: Format>(x: F, y: F, dy: F) -> F;

    /// At least `|dx - f'(x*) dy*|`; each pair is a computed value with its radius. Without a rule nothing is known.
    fn vjp_radius<F: Format>(_x: (F, Up), _y: (F, Up), _dy: (F, Up), _dx: F) -> Up {
        Up::INFINITY
    }

    /// The number that the function has as an argument, such as the factor of a scale: made once, and given to the two functions below.
    #[inline]
    fn argument<const K: usize>() -> WideBall<K> {
        WideBall::ZERO
    }

    /// A ball that contains `f(x)` for all real numbers of a ball: see [`Op::enclose`]. Without a rule nothing is known.
    #[inline]
    fn enclose<const K: usize>(_x: WideBall<K>, _argument: WideBall<K>) -> WideBall<K> {
        WideBall::UNKNOWN
    }

    /// One that contains `f'(x)`, where `y` is that of [`Pointwise::enclose`]. Without a rule nothing is known.
    #[inline]
    fn enclose_slope<const K: usize>(_x: WideBall<K>, _y: WideBall<K>, _argument: WideBall<K>) -> WideBall<K> {
        WideBall::UNKNOWN
    }

    /// What TorchLean computes and its bound of it, for [`T0`](crate::bound::T0); `None` if it states nothing of the function.
    fn torchlean<F: Format>(_x: (F, Up)) -> Option<(F, Up)> {
        None
    }

    /// [`Pointwise::torchlean`] of a tensor, for a bound that looks at all its entries.
    #[doc(hidden)]
    fn torchlean_of<F: Format>(x: &Tensor<F>) -> Option<Tensor<F>> {
        x.try_map(Self::torchlean)
    }

    /// The contribution that TorchLean computes and its bound of it; `None` if it states nothing of it.
    fn torchlean_vjp<F: Format>(_x: &Tensor<F>, _dy: &Tensor<F>) -> Option<Tensor<F>> {
        None
    }
}

/// [`Pointwise::value`] as a kernel takes it.
struct Value<P>(PhantomData<P>);

impl<P: Pointwise, F: Format> Entry<F, 1> for Value<P> {
    const IS_SHORT: bool = P::IS_SHORT[0];

    #[inline(always)]
    fn at([x]: [F; 1]) -> F {
        P::value(x)
    }
}

/// [`Pointwise::vjp`] likewise.
struct Vjp<P>(PhantomData<P>);

impl<P: Pointwise, F: Format> Entry<F, 3> for Vjp<P> {
    const IS_SHORT: bool = P::IS_SHORT[1];

    #[inline(always)]
    fn at([x, y, dy]: [F; 3]) -> F {
        P::vjp(x, y, dy)
    }
}

/// In which radii the bounds of a [`Pointwise`] op are [steady](crate::bound::Steady): in those that are used, and felt slowly at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steadiness {
    /// The bound of the value, in the radius of `x`.
    pub value: bool,
    /// The bound of the contribution, in the radii of `x`, `y` and `dy`.
    pub vjp: [bool; 3],
}

impl Steadiness {
    /// Nothing is promised.
    pub const NONE: Self = Self { value: false, vjp: [false; 3] };
    /// The value, and the contribution in the radius of the cotangent: for piecewise linear functions, where a radius of `x` can put
    /// the slope in doubt.
    pub const LINEAR: Self = Self { value: true, vjp: [false, false, true] };
    /// The value, and the contribution in the radii of `x` and the cotangent.
    pub const SMOOTH: Self = Self { value: true, vjp: [true, false, true] };
}

impl<P: Pointwise, S: Shape> Op<(S,)> for P {
    const NAME: &'static str = P::NAME;
    type Out = S;
    const ONLY_ROUNDS: bool = P::ONLY_ROUNDS;

    fn defined(_: usize) -> Defined {
        P::DEFINED
    }

    fn differentiable(_: usize) -> Defined {
        P::DIFFERENTIABLE
    }

    #[inline]
    fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
        map::<Value<P>, F, 1>([x], y, S::NUMEL);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([x]: [Ball<'_, F, D>; 1], y: &[F], radii: &mut [f64]) {
        D::fill_steadily(radii, S::NUMEL, [x.once().only_if(P::STEADY.value)], |[x]| ValueRule::<P, F, D> {
            x,
            y,
            op: PhantomData,
        });
        if is_capped::<P, F, D>(x) {
            cap::<D>(radii, S::NUMEL, |i| {
                let (known, radius) = (y[i].is_finite(), x.radius(i));
                if known { P::radius(x.mid[i], radius, y[i]) } else { Up::INFINITY }
            });
        }
    }

    #[inline]
    fn vjp<F: Format>([x]: [&[F]; 1], y: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
        if let Some(dx) = dx {
            map::<Vjp<P>, F, 3>([x, y, dy], dx, S::NUMEL);
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
            let [in_x, in_y, in_dy] = P::STEADY.vjp;
            // In place of a value that is not looked at stands one that is known whenever the contribution is.
            let y = if P::NEEDS_VALUE { y } else { x };
            let operands = [x.once().only_if(in_x), y.once().only_if(in_y), dy.once().only_if(in_dy)];
            D::fill_steadily(radii, S::NUMEL, operands, |[x, y, dy]| VjpRule::<P, F, D> {
                x,
                y,
                dy,
                dx: mid,
                op: PhantomData,
            });
            if is_capped::<P, F, D>(x) {
                cap::<D>(radii, S::NUMEL, |i| {
                    let (x, y, dy) = (x.get(i), y.get(i), dy.get(i));
                    let known = is_known(y) & is_known(dy) & mid[i].is_finite();
                    if known { P::vjp_radius(x, y, dy, mid[i]) } else { Up::INFINITY }
                });
            }
        }
    }

    fn enclose<const K: usize>([x]: [&[WideBall<K>]; 1], y: &mut [WideBall<K>]) {
        let argument = P::argument();
        for (y, &x) in y.iter_mut().zip(x) {
            *y = P::enclose(x, argument);
        }
    }

    fn enclose_vjp<const K: usize>(
        [x]: [&[WideBall<K>]; 1],
        y: &[WideBall<K>],
        dy: &[WideBall<K>],
        [dx]: [Option<&mut [WideBall<K>]>; 1],
    ) {
        let (Some(dx), argument) = (dx, P::argument()) else { return };
        for (((dx, &x), &y), &dy) in dx.iter_mut().zip(x).zip(y).zip(dy) {
            *dx = P::enclose_slope(x, y, argument) * dy;
        }
    }

    fn torchlean<F: Format>([x]: [Ball<'_, F, T0>; 1], y: &mut [F]) -> Up {
        if let Some(result) = P::torchlean_of(&Tensor::of(x)) {
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

/// Whether [`Pointwise::BOUNDED`] helps.
#[inline]
fn is_capped<P: Pointwise, F: Format, D: Domain>(x: Ball<'_, F, D>) -> bool {
    P::BOUNDED && D::IS_NORM && x.rad[0] > 1.0 && x.rad[0].is_finite() && F::all_finite(x.mid)
}

/// Replaces the radius by that of a rule for each entry, if that is smaller.
fn cap<D: Domain>(radii: &mut [f64], numel: usize, rule: impl Fn(usize) -> Up) {
    let mut other = [0.0];
    D::fill(&mut other, numel, rule);
    radii[0] = radii[0].min(other[0]);
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
        let radius = if D::IS_NORM { P::steady_radius(x, alpha, y) } else { P::radius(x, alpha, y) };
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
        let radius = if D::IS_NORM { P::steady_vjp_radius(x, y, dy, dx) } else { P::vjp_radius(x, y, dy, dx) };
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
