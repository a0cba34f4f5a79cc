//! An op without its types: so that the checks are compiled once for each format and not once for each op and shape.

use std::marker::PhantomData;

use nfgrad::bound::{Ball, Domain, Up};
use nfgrad::op::Contribution;
use nfgrad_shapes::Shape;

use crate::laws::{Law, Rule, ShapesOf};
use crate::sample::{Balls, Kept, Sampled};

/// An op on operands of given shapes, in the format `F` and some radius domain.
pub trait Subject<F> {
    /// The op, the format and the domain.
    fn name(&self) -> String;
    /// What it computes.
    fn rule(&self) -> Rule;
    /// The lengths of the operands.
    fn shapes(&self) -> Vec<&'static [usize]>;
    /// The lengths of the result.
    fn result_shape(&self) -> &'static [usize];
    /// The numbers of elements of the operands.
    fn numels(&self) -> Vec<usize>;
    /// That of the result.
    fn result_numel(&self) -> usize;
    /// What is kept of the radii of a tensor.
    fn radii(&self, numel: usize) -> Kept;
    /// Whether a radius bounds the 2-norm of the errors of a tensor.
    fn is_norm(&self) -> bool;
    /// Whether the radii are ours, of which more is known than that they are large enough.
    fn is_ours(&self) -> bool;
    /// [`Op::forward`](nfgrad::op::Op::forward).
    fn forward(&self, x: &[Balls<'_, F>], y: &mut [F]);
    /// [`Op::forward_radius`](nfgrad::op::Op::forward_radius).
    fn forward_radius(&self, x: &[Balls<'_, F>], y: &[F], radii: &mut [f64]);
    /// [`Op::vjp`](nfgrad::op::Op::vjp).
    fn vjp(&self, x: &[Balls<'_, F>], y: Balls<'_, F>, dy: Balls<'_, F>, dx: Vec<Option<&mut [F]>>);
    /// [`Op::vjp_radius`](nfgrad::op::Op::vjp_radius).
    fn vjp_radius(&self, x: &[Balls<'_, F>], y: Balls<'_, F>, dy: Balls<'_, F>, dx: Vec<Option<Contribution<'_, F>>>);
}

/// The subject that the types `O`, `In` and `D` are.
#[derive(Debug)]
pub struct Typed<O, In, D>(PhantomData<(O, In, D)>);

impl<O, In, D> Typed<O, In, D> {
    /// The subject.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<O, In, D> Default for Typed<O, In, D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O: Law<In>, In: ShapesOf, F: Sampled, D: Domain> Subject<F> for Typed<O, In, D> {
    fn name(&self) -> String {
        format!("{} in {} {}", O::NAME, F::NAME, D::NAME)
    }

    fn rule(&self) -> Rule {
        O::rule()
    }

    fn shapes(&self) -> Vec<&'static [usize]> {
        In::shapes()
    }

    fn result_shape(&self) -> &'static [usize] {
        O::Out::DIMS
    }

    fn numels(&self) -> Vec<usize> {
        In::shapes().into_iter().map(|dims| dims.iter().product()).collect()
    }

    fn result_numel(&self) -> usize {
        O::Out::NUMEL
    }

    fn radii(&self, numel: usize) -> Kept {
        Kept::by::<D>(numel)
    }

    fn is_norm(&self) -> bool {
        D::IS_NORM
    }

    fn is_ours(&self) -> bool {
        !D::TORCHLEAN
    }

    fn forward(&self, x: &[Balls<'_, F>], y: &mut [F]) {
        if D::TORCHLEAN {
            O::torchlean(In::each(|k| ball(x[k])), y);
        } else {
            O::forward(In::each(|k| x[k].mid), y);
        }
    }

    fn forward_radius(&self, x: &[Balls<'_, F>], y: &[F], radii: &mut [f64]) {
        if D::TORCHLEAN {
            radii[0] = O::torchlean(In::each(|k| ball(x[k])), &mut y.to_vec()).get();
            return;
        }
        O::forward_radius::<F, D>(In::each(|k| ball(x[k])), y, radii);
    }

    fn vjp(&self, x: &[Balls<'_, F>], y: Balls<'_, F>, dy: Balls<'_, F>, dx: Vec<Option<&mut [F]>>) {
        let mut dx = dx.into_iter();
        let dx = In::each(|_| dx.next().flatten());
        if D::TORCHLEAN {
            O::torchlean_vjp(In::each(|k| ball(x[k])), ball(y), ball(dy), dx);
        } else {
            O::vjp(In::each(|k| x[k].mid), y.mid, dy.mid, dx);
        }
    }

    fn vjp_radius(&self, x: &[Balls<'_, F>], y: Balls<'_, F>, dy: Balls<'_, F>, dx: Vec<Option<Contribution<'_, F>>>) {
        let mut dx = dx.into_iter();
        if D::TORCHLEAN {
            torchlean_radii::<O, In, F>(x, [y, dy], dx.collect());
            return;
        }
        let dx = In::each(|_| dx.next().flatten());
        O::vjp_radius::<F, D>(In::each(|k| ball(x[k])), ball(y), ball(dy), dx);
    }
}

/// The bounds of the contributions, which are computed once more. An operand without one of its own has none to add.
fn torchlean_radii<O: Law<In>, In: ShapesOf, F: Sampled>(
    x: &[Balls<'_, F>],
    [y, dy]: [Balls<'_, F>; 2],
    dx: Vec<Option<Contribution<'_, F>>>,
) {
    let mut again: Vec<_> = dx.iter().map(|dx| dx.as_ref().map(|dx| dx.mid.to_vec())).collect();
    let mut mids = again.iter_mut();
    let mids = In::each(|_| mids.next().and_then(|mid| mid.as_deref_mut()));
    let bounds = O::torchlean_vjp(In::each(|k| ball(x[k])), ball(y), ball(dy), mids);
    let mut dx = dx.into_iter();
    In::zip(bounds, In::each(|_| ()), |_, bound, ()| {
        if let Some(Contribution { radii, .. }) = dx.next().flatten() {
            radii[0] = bound.map_or(0.0, Up::get);
        }
    });
}

fn ball<F: Sampled, D: Domain>(balls: Balls<'_, F>) -> Ball<'_, F, D> {
    Ball::new(balls.mid, balls.rad)
}
