//! The three networks that are timed, with their data: in our types and as the hand-written yardstick.

use nfgrad::bound::Domain;
use nfgrad::optim::Sgd;
use nfgrad::prelude::*;
use nfgrad::shadow::Level;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::hand;

graph! {
    /// 784-128-10 with relu and softmax cross-entropy.
    pub(crate) graph Mlp<const B: usize> {
        input x: [B, 784];
        input t: [B, 10];
        param w1: [784, 128];
        param b1: [128];
        param w2: [128, 10];
        param b2: [10];
        let h = relu(x @ w1 + b1);
        let logits = h @ w2 + b2;
        output loss = mean(cross_entropy(logits, t));
    }
}

graph! {
    /// 4-8-1 with tanh and squared error.
    pub(crate) graph Tiny {
        input x: [1, 4];
        input t: [1, 1];
        param w1: [4, 8];
        param b1: [8];
        param w2: [8, 1];
        param b2: [1];
        let h = tanh(x @ w1 + b1);
        output loss = mse(h @ w2 + b2, t);
    }
}

graph! {
    /// 3 x 3 windows on 14 x 14 images, and a squared error; the images are trained too, so that they have a gradient.
    pub(crate) graph Conv<const B: usize> {
        param x: [B, 16, 14, 14];
        input t: [B, 32, 14, 14];
        param w: [32, 16, 3, 3];
        param b: [32];
        output loss = mse(conv2d(x, w, b, padding = 1), t);
    }
}

/// Images of the convolution at a time.
pub(crate) const IMAGES: usize = 16;
/// Pictures of the larger network at a time.
pub(crate) const BATCH: usize = 64;
/// The learning rate.
pub(crate) const RATE: f32 = 1e-3;

/// The larger network on random data, and the yardstick with the same.
pub(crate) fn mlp() -> (Run<Mlp<BATCH>, f32>, hand::Mlp) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut run = Mlp::<BATCH>::run::<f32>();
    let mut leaves = run.leaves_mut();
    leaves.x.fill_with(|| rng.random());
    leaves.w1.he_uniform(|| rng.random());
    leaves.w2.he_uniform(|| rng.random());
    for row in leaves.t.as_mut_slice().chunks_exact_mut(10) {
        row[rng.random_range(0..10)] = 1.0;
    }
    let mut hand = hand::Mlp::new(BATCH, [784, 128, 10]);
    let leaves = run.leaves();
    hand.x.copy_from_slice(leaves.x.as_slice());
    hand.t.copy_from_slice(leaves.t.as_slice());
    hand.w1.copy_from_slice(leaves.w1.as_slice());
    hand.w2.copy_from_slice(leaves.w2.as_slice());
    (run, hand)
}

/// The smaller one, likewise.
pub(crate) fn tiny() -> (Run<Tiny, f32>, hand::Tiny) {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut run = Tiny::run::<f32>();
    let mut leaves = run.leaves_mut();
    leaves.x.fill_with(|| rng.random());
    leaves.w1.glorot_uniform(|| rng.random());
    leaves.w2.glorot_uniform(|| rng.random());
    let mut hand = hand::Tiny { t: 0.5, ..Default::default() };
    let leaves = run.leaves();
    hand.x.copy_from_slice(leaves.x.as_slice());
    hand.w1.as_flattened_mut().copy_from_slice(leaves.w1.as_slice());
    hand.w2.copy_from_slice(leaves.w2.as_slice());
    (run, hand)
}

/// The convolution, likewise.
pub(crate) fn conv() -> (Run<Conv<IMAGES>, f32>, hand::Conv) {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut run = Conv::<IMAGES>::run::<f32>();
    let mut leaves = run.leaves_mut();
    leaves.x.fill_with(|| rng.random());
    leaves.t.fill_with(|| rng.random());
    leaves.w.he_uniform(|| rng.random());
    let mut hand = hand::Conv::new(IMAGES, [16, 32, 14, 3]);
    let leaves = run.leaves();
    hand.x.copy_from_slice(leaves.x.as_slice());
    hand.t.copy_from_slice(leaves.t.as_slice());
    hand.w.copy_from_slice(leaves.w.as_slice());
    hand.b.copy_from_slice(leaves.b.as_slice());
    (run, hand)
}

/// One step of training.
#[inline]
pub(crate) fn step<G: nfgrad::graph::HasLoss>(run: &mut Run<G, f32>, sgd: &mut Sgd<f32>) {
    run.forward();
    run.backward();
    sgd.step(run).expect("a rate");
    std::hint::black_box(run.params());
}

/// [`step`] with a certificate of what the step begins with.
pub(crate) fn certified_step<G: nfgrad::graph::HasLoss>(
    (run, sgd): (&mut Run<G, f32>, &mut Sgd<f32>),
    shadow: &mut Shadow<G>,
) -> Level {
    run.forward();
    run.backward();
    let level = std::hint::black_box(shadow.certify(run).unwrap()).level();
    sgd.step(run).expect("a rate");
    level
}

/// One step of training with radii, each of the step alone: the parameters count as exact again.
pub(crate) fn bounded_step<G: nfgrad::graph::HasLoss, D: Domain>(run: &mut BoundedRun<G, f32, D>) {
    run.forward().unwrap();
    run.backward().unwrap();
    let (params, gradients) = run.params_and_gradients_mut();
    for (p, g) in params.iter_mut().zip(gradients) {
        *p -= RATE * g;
    }
}
