//! One step of training, timed by divan: forward, backward and SGD in f32 on one thread, ours beside a hand-written one.
//!
//!     cargo bench -p nfgrad-tests --bench step
//!
//! For ratios that hold while the speed of the machine drifts, see `ratios.rs`.

use divan::{Bencher, black_box};
use nfgrad::bound::Domain;
use nfgrad::format::elementary::Tanh;
use nfgrad::graph::{HasLoss, RevGraph};
use nfgrad::optim::Sgd;
use nfgrad::prelude::*;

use models::{RATE, bounded_step, certified_step, step};

mod hand;
mod models;

fn main() {
    divan::main();
}

/// All networks have the same rows.
macro_rules! network {
    ($name:ident, $hand:expr) => {
        mod $name {
            use super::*;

            #[divan::bench]
            fn hand_written(bencher: Bencher<'_, '_>) {
                let (_, mut hand) = models::$name();
                let step: fn(&mut _) = $hand;
                bencher.bench_local(|| step(&mut hand));
            }

            #[divan::bench]
            fn plain(bencher: Bencher<'_, '_>) {
                let ((mut run, _), mut sgd) = (models::$name(), sgd());
                bencher.bench_local(|| step(&mut run, &mut sgd));
            }

            #[divan::bench(types = [Uniform, Elementwise])]
            fn with_radii<D: Domain>(bencher: Bencher<'_, '_>) {
                bounded::<_, D>(bencher, &models::$name().0);
            }

            #[divan::bench]
            fn with_shadow_certificate(bencher: Bencher<'_, '_>) {
                let ((mut run, _), mut sgd, mut shadow) = (models::$name(), sgd(), Shadow::new());
                bencher.bench_local(|| certified_step((&mut run, &mut sgd), &mut shadow));
            }
        }
    };
}

network!(mlp, |hand: &mut hand::Mlp| {
    black_box(hand.step(RATE));
});
network!(conv, |hand: &mut hand::Conv| {
    black_box(hand.step(RATE));
});
network!(tiny, |hand: &mut hand::Tiny| {
    black_box(hand.step(RATE, Format::eval::<Tanh>));
});

fn sgd() -> Sgd<f32> {
    Sgd::new(f64::from(RATE))
}

fn bounded<G: RevGraph + HasLoss, D: Domain>(bencher: Bencher<'_, '_>, leaves: &Run<G, f32>) {
    let mut run = BoundedRun::<G, f32, D>::new();
    run.copy_leaves_from(leaves);
    bencher.bench_local(|| bounded_step(&mut run));
}
