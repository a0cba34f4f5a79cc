//! Attention as a node of graphs, f32 against f64.

use nfgrad_shapes::Listed;

use crate::graph::HasLoss;
use crate::prelude::*;

graph! {
    graph SelfAttention {
        input t: [5, 3];
        param x: [5, 3];
        output loss = mse(attention(x, x, x), t);
    }
}

graph! {
    graph Causal {
        input mask: [4, 4];
        input t: [2, 4, 2];
        param q: [2, 4, 3];
        param k: [2, 4, 3];
        param v: [2, 4, 2];
        output loss = mse(attention(q, k, v, mask), t);
    }
}

/// Numbers in [-2, 2).
fn numbers(n: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from_f64(f64::from(state >> 8) / 4_194_304.0 - 2.0)
    };
    (0..n).map(|_| next()).collect()
}

/// The largest radius of the entries; what lies between them means nothing.
fn largest<G: HasLoss>(radii: &[f64]) -> f64 {
    let mut largest = 0.0;
    G::Context::LAYOUT.for_each(&mut |_, span| {
        if let Some(entry) = radii.get(span.offset..span.offset + span.numel) {
            largest = entry.iter().copied().fold(largest, f64::max);
        }
    });
    largest
}

/// Holds values and gradients of f32 against those of f64; returns the largest radius of each.
fn check<G: HasLoss>(leaves: &Run<G, f32>) -> [f64; 2] {
    let (mut run, mut exact) = (BoundedRun::<G, f32, Elementwise>::new(), Run::<G, f64>::new());
    run.copy_leaves_from(leaves);
    exact.copy_leaves_from(leaves);
    run.forward().unwrap();
    run.backward().unwrap();
    exact.forward();
    exact.backward();
    let compare = |mid: &[f32], radii: &[f64], exact: &[f64]| {
        for ((mid, radius), exact) in mid.iter().zip(radii).zip(exact) {
            let error = (mid.to_f64() - exact).abs();
            assert!(error <= radius + 1e-14, "{mid} - {exact} = {error} > {radius}");
        }
        largest::<G>(radii)
    };
    let n = G::PARAM_SIZE;
    [
        compare(run.run().values().values(), run.radii(), exact.values().values()),
        compare(&run.run().cotangents().values()[..n], &run.cotangent_radii()[..n], exact.cotangents().values()),
    ]
}

#[test]
fn one_tensor_may_be_all_three_operands() {
    let mut leaves = SelfAttention::run::<f32>();
    leaves.leaves_mut().x.as_mut_slice().copy_from_slice(&numbers(15));
    let radii = check(&leaves);
    assert!(radii.iter().all(|&r| r > 0.0 && r < 2e-6), "{radii:?}");
}

#[test]
fn a_query_sees_nothing_behind_it() {
    let mut run = Causal::run::<f32>();
    let mut leaves = run.leaves_mut();
    leaves.q.as_mut_slice().copy_from_slice(&numbers(24));
    leaves.k.as_mut_slice().copy_from_slice(&numbers(48)[24..]);
    leaves.v.as_mut_slice().copy_from_slice(&numbers(16));
    for (i, mask) in leaves.mask.as_mut_slice().iter_mut().enumerate() {
        *mask = if i % 4 <= i / 4 { 1.0 } else { 0.0 };
    }
    let radii = check(&run);
    assert!(radii.iter().all(|&r| r > 0.0 && r < 1e-5), "{radii:?}");
    // The first query of each batch sees one key, whatever the score.
    run.forward();
    run.backward();
    assert!(run.gradients().q.as_slice().chunks(12).all(|q| q[..3] == [0.0; 3]));
}

#[test]
fn a_row_that_sees_nothing_is_exactly_zero() {
    let mut leaves = Causal::run::<f32>();
    leaves.leaves_mut().v.as_mut_slice().copy_from_slice(&numbers(16));
    let mut run = BoundedRun::<Causal, f32, Elementwise>::new();
    run.copy_leaves_from(&leaves);
    run.forward().unwrap();
    run.backward().unwrap();
    assert_eq!((run.outputs().loss.mid().value(), run.outputs().loss.radii()), (0.0, &[0.0][..]));
    for gradient in [run.gradients().q.radii(), run.gradients().k.radii(), run.gradients().v.radii()] {
        assert!(gradient.iter().all(|&radius| radius == 0.0));
    }
    // A mask that may be something else says nothing.
    let mask = Idx::<Causal, (nfgrad_shapes::D<4>, nfgrad_shapes::D<4>), 3>::new();
    run.set_radii(mask, &[0.5; 16]).unwrap();
    run.forward().unwrap();
    run.backward().unwrap();
    assert_eq!(run.outputs().loss.radii(), [f64::INFINITY]);
    assert!(run.gradients().q.radii().iter().all(|&r| r == f64::INFINITY));
}
