//! An op without its types: so that the checks are compiled once for each format and not once for each op and shape.

use std::marker::PhantomData;

use nfgrad::bound::{Ball, Domain, Up};
use nfgrad::op::Contribution;
use nfgrad_shapes::Shape;

use crate::laws::{Law, Numels, Rule};
use crate::sample::{Balls, Sampled};

/// An op on operands of given shapes, in the format `F` and some radius domain.
pub(super) trait Subject<F> {
    /// The op, the format and the domain.
    fn name(&self) -> String;
    fn rule(&self) -> Rule;
    /// The numbers of elements of the operands.
    fn numels(&self) -> Vec<usize>;
    fn result_numel(&self) -> usize;
    /// How many radii a tensor has.
    fn radii(&self, numel: usize) -> usize;
    /// Whether the radii are ours, of which more is known than that they are large enough.
    fn is_ours(&self) -> bool;
    fn forward(&self, x: &[Balls<'_, F>], y: &mut [F]);
    fn forward_radius(&self, x: &[Balls<'_, F>], y: &[F], radii: &mut [f64]);
    fn vjp(&self, x: &[Balls<'_, F>], y: Balls<'_, F>, dy: Balls<'_, F>, dx: Vec<Option<&mut [F]>>);
    fn vjp_radius(&self, x: &[Balls<'_, F>], y: Balls<'_, F>, dy: Balls<'_, F>, dx: Vec<Option<Contribution<'_, F>>>);
}

/// The subject that the types `O`, `In` and `D` are.
pub(super) struct Typed<O, In, D>(pub(super) PhantomData<(O, In, D)>);

impl<O: Law<In>, In: Numels, F: Sampled, D: Domain> Subject<F> for Typed<O, In, D> {
    fn name(&self) -> String {
        format!("{} in {} {}", O::NAME, F::NAME, D::NAME)
    }

    fn rule(&self) -> Rule {
        O::rule()
    }

    fn numels(&self) -> Vec<usize> {
        In::numels()
    }

    fn result_numel(&self) -> usize {
        O::Out::NUMEL
    }

    fn radii(&self, numel: usize) -> usize {
        D::len(numel)
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
fn torchlean_radii<O: Law<In>, In: Numels, F: Sampled>(
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
