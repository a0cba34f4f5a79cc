//! What the radii of a shadow add to the error of a run as networks get deeper, and what they cost:
//! `cargo test --release -p nfgrad-tests --test depth -- --ignored --nocapture`.
//!
//! One run on a busy machine with two cores, 64 pictures, 784-256-..-256-10 with relu: the bound of the shadow over the error of the f32 run
//! (largest of a tensor over largest), and the time of both sweeps over that of a plain f64 step once the norms of the weights are remembered.
//!
//! | layers | radii | logits | last gradient | first gradient | time |
//! |---|---|---|---|---|---|
//! | 5 | `Uniform` | 1.06 | 1.65 | 1.6e4 | 1.1 |
//! | | `Euclidean` | 1.002 | 1.02 | 10.1 | 1.4 |
//! | | `Elementwise` | 1.002 | 1.01 | 10.7 | 3.9 |
//! | 9 | `Uniform` | 5.7e3 | 1.0e5 | 1.9e16 | 1.7 |
//! | | `Euclidean` | 1.09 | 2.5 | 4.5e4 | 2.3 |
//! | | `Elementwise` | 9.0 | 87 | 3.4e8 | 5.4 |

use std::time::Instant;

use nfgrad::bound::Domain;
use nfgrad::prelude::*;
use nfgrad_tests::sample::normal;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[path = "depth/growth.rs"]
#[allow(dead_code, reason = "its parameters are filled as one slice, not by their names")]
mod growth;

const BATCH: usize = 64;

graph! {
    /// Four hidden layers.
    graph Five {
        input x: [BATCH, 784];
        input t: [BATCH, 10];
        param w1: [784, 256];
        param w2: [256, 256];
        param w3: [256, 256];
        param w4: [256, 256];
        param w5: [256, 10];
        let h1 = relu(x @ w1);
        let h2 = relu(h1 @ w2);
        let h3 = relu(h2 @ w3);
        let h4 = relu(h3 @ w4);
        output logits = h4 @ w5;
        output loss = mean(cross_entropy(logits, t));
    }
}

graph! {
    /// Eight hidden layers.
    graph Nine {
        input x: [BATCH, 784];
        input t: [BATCH, 10];
        param w1: [784, 256];
        param w2: [256, 256];
        param w3: [256, 256];
        param w4: [256, 256];
        param w5: [256, 256];
        param w6: [256, 256];
        param w7: [256, 256];
        param w8: [256, 256];
        param w9: [256, 10];
        let h1 = relu(x @ w1);
        let h2 = relu(h1 @ w2);
        let h3 = relu(h2 @ w3);
        let h4 = relu(h3 @ w4);
        let h5 = relu(h4 @ w5);
        let h6 = relu(h5 @ w6);
        let h7 = relu(h6 @ w7);
        let h8 = relu(h7 @ w8);
        output logits = h8 @ w9;
        output loss = mean(cross_entropy(logits, t));
    }
}

/// Normally distributed, with a variance of two over the number of inputs.
fn weights(rng: &mut impl Rng, inputs: usize, numel: usize) -> Vec<f32> {
    let deviation = (2.0 / inputs as f64).sqrt();
    (0..numel).map(|_| f32::from_f64(normal(rng) * deviation)).collect()
}

fn one_hot(rng: &mut impl Rng) -> Vec<f32> {
    let mut t = vec![0.0; BATCH * 10];
    for row in t.chunks_exact_mut(10) {
        row[rng.random_range(0..10)] = 1.0;
    }
    t
}

fn largest(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.fold(0.0, f64::max)
}

/// Milliseconds for one call, the median of several.
fn time(mut body: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..9)
        .map(|_| {
            let start = Instant::now();
            body();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[4]
}

/// Fills a network, runs it in f32 and prints a line for each domain of its shadow: radius over error of three tensors, and times.
macro_rules! measure {
    ($graph:ident, $first:ident, [$($hidden:ident),*], $last:ident) => {{
        fn line<D: Domain>(run: &Run<$graph, f32>, plain_ms: f64) {
            let mut shadow = $graph::bounded::<f64, D>();
            shadow.copy_leaves_from(run);
            let first_ms = time_once(|| { shadow.forward().unwrap(); shadow.backward().unwrap(); });
            let ms = time(|| { shadow.forward().unwrap(); shadow.backward().unwrap(); });
            print!("    {:<12}", D::NAME);
            macro_rules! ratio {
                ($name:expr, $computed:expr, $ball:expr) => {{
                    let (computed, ball) = ($computed, $ball);
                    let mids = ball.mid();
                    let gaps = computed.as_slice().iter().zip(mids.as_slice()).map(|(&x, mid)| (f64::from(x) - mid).abs());
                    let gap = largest(gaps);
                    let radius = largest((0..computed.as_slice().len()).map(|i| ball.radius(i).get()));
                    print!(" {}: {:>8.1e} of {gap:.1e} ({:>7.5})", $name, radius, 1.0 + radius / gap);
                }};
            }
            ratio!("logits", run.outputs().logits, shadow.outputs().logits);
            ratio!(stringify!($last), run.gradients().$last, shadow.gradients().$last);
            ratio!(stringify!($first), run.gradients().$first, shadow.gradients().$first);
            println!("; first {first_ms:.2} ms, then {ms:.2} ms, {:.2} times plain", ms / plain_ms);
        }

        let rng = &mut ChaCha8Rng::seed_from_u64(7);
        let mut run = $graph::run::<f32>();
        let mut leaves = run.leaves_mut();
        let pixels: Vec<f32> = (0..BATCH * 784).map(|_| rng.random()).collect();
        leaves.x.copy_from_slice(&pixels).unwrap();
        leaves.t.copy_from_slice(&one_hot(rng)).unwrap();
        leaves.$first.copy_from_slice(&weights(rng, 784, 784 * 256)).unwrap();
        $(leaves.$hidden.copy_from_slice(&weights(rng, 256, 256 * 256)).unwrap();)*
        leaves.$last.copy_from_slice(&weights(rng, 256, 256 * 10)).unwrap();
        run.forward();
        run.backward();
        let mut plain = $graph::run::<f64>();
        plain.copy_leaves_from(&run);
        let plain_ms = time(|| { plain.forward(); plain.backward(); });
        println!("{}: f32 {:.2} ms, f64 {plain_ms:.2} ms", stringify!($graph), time(|| { run.forward(); run.backward(); }));
        line::<Uniform>(&run, plain_ms);
        line::<Euclidean>(&run, plain_ms);
        line::<Elementwise>(&run, plain_ms);
        let mut shadow = Shadow::new();
        let certificate = shadow.certify(&run).unwrap();
        println!("    the shadow answers at level {:?}", certificate.level());
    }};
}

fn time_once(body: impl FnOnce()) -> f64 {
    let start = Instant::now();
    body();
    start.elapsed().as_secs_f64() * 1e3
}

#[test]
#[ignore = "prints a table and checks nothing"]
fn radius_of_the_shadow_over_error_of_the_run() {
    measure!(Five, w1, [w2, w3, w4], w5);
    measure!(Nine, w1, [w2, w3, w4, w5, w6, w7, w8], w9);
}
