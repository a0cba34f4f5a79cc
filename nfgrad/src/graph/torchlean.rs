//! What TorchLean does at each step of the way back: it adds to the whole context, and charges every addition.

use nfgrad_shapes::{Context, Listed};

use super::RevGraph;
use super::node::{Witnesses, radius_range, scratch_range, targets, value_range};
use super::plan::{Mode, Modes};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::op::{Op, Operands};

/// The contributions of a node and their bounds. What goes to one tensor is added up before it is added to it.
pub(super) fn vjp<Ctx: Context, O: Op<W::Shapes>, W: Witnesses<Ctx>, F: Format>(
    modes: Modes,
    x: <W::Shapes as Operands>::Each<Ball<'_, F, T0>>,
    [y, dy]: [Ball<'_, F, T0>; 2],
    (cotangents, radii): (&mut [F], &mut [f64]),
    scratch: &mut [F],
) {
    // Nothing is written in this domain, so all contributions are in the scratch.
    let dx =
        targets::<Ctx, W, F>(modes, |k| value_range::<Ctx, W>(k), cotangents, |k| scratch_range(W::NUMELS, k), scratch);
    let mut bounds = [None; 4];
    let each = O::torchlean_vjp(x, y, dy, dx);
    <W::Shapes as Operands>::zip(each, <W::Shapes as Operands>::each(|_| ()), |k, bound, ()| bounds[k] = bound);
    for k in 0..W::POSITIONS.len() {
        let is_same = |j: &usize| W::POSITIONS[*j] == W::POSITIONS[k] && bounds[*j].is_some();
        let (Some(bound), Mode::Add) = (bounds[k], modes.of(k)) else { continue };
        if let Some(first) = (0..k).find(is_same) {
            let (before, own) = scratch.split_at_mut(scratch_range(W::NUMELS, k).start);
            let sum = &mut before[scratch_range(W::NUMELS, first)];
            bounds[first] = bounds[first].map(|first| add(sum, first, &own[..W::NUMELS[k]], bound));
            bounds[k] = None;
        }
    }
    for (k, bound) in bounds.into_iter().enumerate().take(W::POSITIONS.len()) {
        if let (Some(bound), Mode::Add) = (bound, modes.of(k)) {
            let sum = &mut cotangents[value_range::<Ctx, W>(k)];
            let radius = &mut radii[radius_range::<Ctx, W, T0>(k)][0];
            *radius = add(sum, Up::new(*radius), &scratch[scratch_range(W::NUMELS, k)], bound).get();
        }
    }
}

/// Adds a tensor to another; returns the bound `max (ε + ε' + h(x + x'))`.
fn add<F: Format>(sum: &mut [F], before: Up, x: &[F], bound: Up) -> Up {
    let mut largest = Up::ZERO;
    for (sum, &x) in sum.iter_mut().zip(x) {
        *sum = sum.add(x);
        largest = largest.max(before + bound + sum.half_ulp());
    }
    largest
}

/// Charges the tensors among the first `len` of a context to which a node adds nothing: `max (ε + h(x + 0))`.
///
/// A sweep that calls this at each node takes a number of steps that is the square of the number of nodes.
pub(super) fn charge<G: RevGraph, F: Format, D: Domain>(
    len: usize,
    (modes, operands): (Modes, &[usize]),
    cotangents: &[F],
    radii: &mut [f64],
) {
    let is_added_to = |position| (0..operands.len()).any(|k| operands[k] == position && modes.of(k) == Mode::Add);
    G::Context::LAYOUT.for_each(&mut |position, span| {
        if position < len && !is_added_to(position) {
            let x = &cotangents[span.offset..][..span.numel];
            let radii = &mut radii[D::range(position, span.offset, span.numel)];
            D::accumulate(radii, &[0.0], span.numel, |i| x[i].half_ulp());
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::bound::T0;
    use crate::format::RoundEach;
    use crate::prelude::*;

    /// Half a unit in the last place of numbers in `[1, 2)`, and of 0.
    const U: f64 = 1.0 / (1_u64 << 24) as f64;
    const H0: f64 = 0.5 * f32::from_bits(1) as f64;

    graph! {
        graph Chain {
            param a: [1];
            param b: [1];
            let p = a * b;
            let q = -p;
            let r = -q;
            output loss = sum(r);
        }
    }

    graph! {
        graph Twice {
            param w: [1];
            output loss = sum(w + w);
        }
    }

    graph! {
        graph Square {
            param w: [1];
            output loss = sum(w * w);
        }
    }

    graph! {
        graph Nothing {
            param w: [1];
            output loss = sum(w - w);
        }
    }

    graph! {
        graph Quadric {
            param a: [1, 1];
            output loss = sum(a @ a);
        }
    }

    graph! {
        graph Outside {
            param w: [1];
            let s = Square(w);
            output loss = -s;
        }
    }

    fn is_near(bound: f64, expected: f64) -> bool {
        bound >= expected && bound < expected * (1.0 + 1e-10)
    }

    #[test]
    fn every_tensor_is_charged_at_every_step() {
        let mut run = Chain::bounded::<RoundEach<f32>, T0>();
        run.leaves_mut().a.fill_with(|| RoundEach::from(5.0));
        run.leaves_mut().b.fill_with(|| RoundEach::from(3.0));
        run.forward().unwrap();
        for _ in 0..2 {
            // What an earlier sweep left behind does not matter.
            run.backward().unwrap();
            // r: h(1). q: h(0), the contribution h(1) + h(-1), h(0 - 1). p: the same once more. a: 3 h(0), and a product with 3.
            let p = 5.0 * U + 3.0 * H0;
            assert!(is_near(run.cotangent(Idx::<Chain, (D<1>,), 2>::new()).unwrap().radius(0).get(), p));
            let gradients = run.gradients();
            assert!(is_near(gradients.a.radius(0).get(), 3.0 * H0 + 3.0 * p + 2.0 * U + 2.0 * U));
            assert!(is_near(gradients.b.radius(0).get(), 3.0 * H0 + 5.0 * p + 4.0 * U + 4.0 * U));
            assert_eq!((gradients.a.mid().as_slice()[0].get(), gradients.b.mid().as_slice()[0].get()), (3.0, 5.0));
        }
    }

    macro_rules! gradient {
        ($graph:ident, $leaf:ident, $x:literal) => {{
            let mut run = $graph::bounded::<RoundEach<f32>, T0>();
            run.leaves_mut().$leaf.fill_with(|| RoundEach::from($x));
            run.forward().unwrap();
            run.backward().unwrap();
            let gradient = run.gradients().$leaf;
            (gradient.mid().as_slice()[0].get(), gradient.radius(0).get())
        }};
    }

    #[test]
    fn contributions_of_one_node_twice_are_added_up_first() {
        // 1 + 1, each within h(1), charged h(2); and h(2) again when it is added to zero.
        let (gradient, bound) = gradient!(Twice, w, 3.0);
        assert!(gradient == 2.0 && is_near(bound, H0 + (2.0 * U + 2.0 * U) + 2.0 * U));
        // 3 + 3, each within 3 h(1) + h(3), charged h(6).
        let (gradient, bound) = gradient!(Square, w, 3.0);
        assert!(gradient == 6.0 && is_near(bound, H0 + (10.0 * U + 4.0 * U) + 4.0 * U));
        // The same by two folds of one term each.
        let (gradient, bound) = gradient!(Quadric, a, 3.0);
        assert!(gradient == 6.0 && is_near(bound, H0 + (2.0 * (5.0 * U + H0 + 2.0 * U) + 4.0 * U) + 4.0 * U));
        let (gradient, bound) = gradient!(Nothing, w, 3.0);
        assert!(gradient == 0.0 && is_near(bound, 2.0 * H0));
    }

    #[test]
    fn a_graph_of_its_own_is_one_step() {
        let (gradient, bound) = gradient!(Outside, w, 3.0);
        // The cotangent of s is -1 within 3 h(1), of which inside 18 h(1) of the square become 18 + 5 * 2.
        assert!(gradient == -6.0 && bound > 24.0 * U && bound < 64.0 * U, "{}", bound / U);
    }
}
