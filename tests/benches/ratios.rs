//! The speed goals as ratios: each of our steps beside a hand-written one, in turn, in one process.
//!
//!     cargo bench -p nfgrad-tests --bench ratios
//!
//! A ratio is the median over rounds of (ours / yardstick), both timed in the same round, so that it holds when the
//! speed of the machine drifts.

use std::hint::black_box;
use std::time::Instant;

use nfgrad::format::elementary::Tanh;
use nfgrad::optim::Sgd;
use nfgrad::prelude::*;
use nfgrad::shadow::Level;

use models::{BATCH, Conv, IMAGES, Mlp, RATE, Tiny, bounded_step, certified_step, step};

mod hand;
mod models;
#[path = "models/deep.rs"]
mod transformer;

const ROUNDS: usize = 60;
/// Of what takes seconds.
const FEW_ROUNDS: usize = 12;

fn main() {
    println!(
        "{:<44} {:>10} {:>10} {:>8} {:>6}",
        "step (forward + backward + SGD), one thread", "ours", "yardstick", "ratio", "goal"
    );
    large();
    conv();
    tiny();
    deep();
}

fn large() {
    let (mut plain, mut hand) = models::mlp();
    let mut uniform = Mlp::<BATCH>::bounded::<f32, Uniform>();
    uniform.copy_leaves_from(&plain);
    let mut elementwise = Mlp::<BATCH>::bounded::<f32, Elementwise>();
    elementwise.copy_leaves_from(&plain);
    let mut certified = plain.clone();
    let mut shadow = Shadow::new();
    let mut sgd = Sgd::new(f64::from(RATE));

    let mut yardstick = || {
        black_box(hand.step(RATE));
    };
    row("784-128-10, batch 64, f32 / hand-written", "1.10", 4, &mut yardstick, || step(&mut plain, &mut sgd));

    let mut step_plain = plain.clone();
    let mut yardstick = || step(&mut step_plain, &mut Sgd::new(f64::from(RATE)));
    row("with Uniform radii / plain", "1.40", 4, &mut yardstick, || {
        bounded_step(&mut uniform);
    });
    row("with Elementwise radii / plain", "", 2, &mut yardstick, || {
        bounded_step(&mut elementwise);
    });
    let mut level = Level::Uniform;
    row("f32 step and shadow certificate / plain", "4.00", 2, &mut yardstick, || {
        level = certified_step((&mut certified, &mut sgd), &mut shadow);
    });
    println!("  (the shadow answered with {level:?} radii)");
}

fn conv() {
    let (mut plain, mut hand) = models::conv();
    let mut uniform = Conv::<IMAGES>::bounded::<f32, Uniform>();
    uniform.copy_leaves_from(&plain);
    let mut sgd = Sgd::new(f64::from(RATE));
    let mut yardstick = || {
        black_box(hand.step(RATE));
    };
    row("conv2d 16-32, 3x3 on 14x14, f32 / by hand", "1.10", 4, &mut yardstick, || step(&mut plain, &mut sgd));
    let mut step_plain = plain.clone();
    let mut yardstick = || step(&mut step_plain, &mut Sgd::new(f64::from(RATE)));
    row("with Uniform radii / plain", "", 4, &mut yardstick, || {
        bounded_step(&mut uniform);
    });
}

fn tiny() {
    let (mut run, mut hand) = models::tiny();
    let mut bounded = Tiny::bounded::<f32, Elementwise>();
    bounded.copy_leaves_from(&run);

    let mut sgd = Sgd::new(f64::from(RATE));
    let mut same_tanh = || {
        black_box(hand.step(RATE, Format::eval::<Tanh>));
    };
    row("4-8-1, batch 1, f32 / hand-written", "1.50", 10_000, &mut same_tanh, || step(&mut run, &mut sgd));
    let mut libm_tanh = || {
        black_box(hand.step(RATE, f32::tanh));
    };
    row("4-8-1, batch 1, f32 / hand-written, libm tanh", "", 10_000, &mut libm_tanh, || step(&mut run, &mut sgd));
    let mut plain = run.clone();
    let mut yardstick = || step(&mut plain, &mut Sgd::new(f64::from(RATE)));
    row("4-8-1 with Elementwise radii / plain", "", 10_000, &mut yardstick, || {
        bounded_step(&mut bounded);
    });
}

/// Certificates of a transformer of twelve layers, width 64, twice sixteen tokens, beside its plain step without an optimizer.
fn deep() {
    let run = transformer::transformer();
    let mut plain = run.clone();
    let mut yardstick = || {
        plain.forward();
        plain.backward();
        black_box(plain.outputs());
    };
    let (mut shadow, mut level, mut needed) = (Shadow::new(), Level::Uniform, None);
    rounds(FEW_ROUNDS, "12 layers: values certified / plain", "12.00", 1, &mut yardstick, || {
        let certificate = shadow.certify_values(&run).unwrap();
        (level, needed) = (certificate.level(), certificate.needed());
    });
    println!("  (in {} bits; needed: {needed:?})", level.bits());
    rounds(FEW_ROUNDS, "12 layers: values and gradients / plain", "40.00", 1, &mut yardstick, || {
        let certificate = shadow.certify(&run).unwrap();
        (level, needed) = (certificate.level(), certificate.needed());
    });
    println!("  (in {} bits; needed: {needed:?})", level.bits());
}

/// Times both in turn and prints the medians and the median ratio.
fn row(what: &str, goal: &str, repetitions: usize, yardstick: &mut dyn FnMut(), ours: impl FnMut()) {
    rounds(ROUNDS, what, goal, repetitions, yardstick, ours);
}

/// [`row`], of so many rounds.
fn rounds(
    rounds: usize,
    what: &str,
    goal: &str,
    repetitions: usize,
    yardstick: &mut dyn FnMut(),
    mut ours: impl FnMut(),
) {
    let mut rounds: Vec<(f64, f64)> =
        (0..rounds).map(|_| (time(repetitions, &mut ours), time(repetitions, &mut *yardstick))).skip(5).collect();
    let mut ratios: Vec<f64> = rounds.iter().map(|(a, b)| a / b).collect();
    ratios.sort_by(f64::total_cmp);
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ours = rounds[rounds.len() / 2].0;
    rounds.sort_by(|a, b| a.1.total_cmp(&b.1));
    let yardstick = rounds[rounds.len() / 2].1;
    println!(
        "{what:<44} {:>7.2} us {:>7.2} us {:>8.2} {goal:>6}",
        ours * 1e6,
        yardstick * 1e6,
        ratios[ratios.len() / 2]
    );
}

/// Seconds for one call.
fn time(repetitions: usize, mut body: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..repetitions {
        body();
    }
    start.elapsed().as_secs_f64() / repetitions as f64
}
