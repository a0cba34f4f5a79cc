//! Whole graphs against Arb: every output and every gradient, in every format and with every kind of bound.

use nfgrad::bound::{Domain, Up};
use nfgrad::graph::Model;
use nfgrad::graph::{BallRef, Ref};
use nfgrad::prelude::*;
use nfgrad::shadow::Enclosures;
use nfgrad::shadow::Level;
use nfgrad_tests::oracle::{Exact, Oracle};

#[path = "oracle/certificates.rs"]
mod certificates;
#[path = "oracle/deep.rs"]
#[allow(dead_code, reason = "fields of leaves are read by macros")]
mod deep;
#[path = "oracle/entries.rs"]
mod entries;

graph! {
    /// The digits classifier.
    pub graph Digits<const B: usize> {
        input x: [B, 64];
        input t: [B, 10];
        param w1: [64, 32];
        param b1: [32];
        param w2: [32, 10];
        param b2: [10];
        let h = relu(x @ w1 + b1);
        let logits = h @ w2 + b2;
        output loss = mean(cross_entropy(logits, t));
        output logits;
    }
}

graph! {
    /// 4-8-1 with tanh and squared error.
    pub graph Tanh<const B: usize> {
        input x: [B, 4];
        input t: [B, 1];
        param w1: [4, 8];
        param b1: [8];
        param w2: [8, 1];
        param b2: [1];
        let h = tanh(x @ w1 + b1);
        let y = h @ w2 + b2;
        output loss = mse(y, t);
        output y;
    }
}

fn read(name: &str) -> Oracle {
    Oracle::read(concat!(env!("CARGO_MANIFEST_DIR"), "/oracle/").to_owned() + name).expect("a committed file")
}

/// The leaves of an oracle file are numbers of the format, so nothing is rounded here.
fn leaf<F: Format>(oracle: &Oracle, name: &str) -> Vec<F> {
    let exact = oracle.leaf(name).expect("a leaf of the file");
    let stored: Vec<F> = exact.iter().map(|&x| F::from_f64(x)).collect();
    assert!(stored.iter().zip(exact).all(|(s, &x)| s.to_f64() == x), "{name} is not in {}", F::NAME);
    stored
}

/// No element may be further from the exact value than its bound says; returns the largest bound over the largest error.
fn check<F: Format>(oracle: &Oracle, name: &str, values: &[F], bound: impl Fn(usize) -> Up) -> f64 {
    let exact: &[Exact] = oracle.exact(name).expect("a result of the file");
    assert_eq!(exact.len(), values.len(), "{name}");
    let (mut largest_error, mut largest_bound) = (0.0_f64, 0.0_f64);
    for (i, (exact, value)) in exact.iter().zip(values).enumerate() {
        let (error, bound) = (exact.error_up(value.to_f64()), bound(i).get());
        assert!(error <= bound, "{name}[{i}] in {}: error {error:e}, bound {bound:e}", F::NAME);
        largest_error = largest_error.max(error);
        largest_bound = largest_bound.max(bound);
    }
    largest_bound / largest_error
}

macro_rules! oracle_test {
    ($model:ident, $batch:literal, $output:ident) => {
        fn set<F: Format>(oracle: &Oracle) -> Run<$model<$batch>, F> {
            let mut run = $model::<$batch>::run::<F>();
            let mut leaves = run.leaves_mut();
            leaves.x.copy_from_slice(&leaf(oracle, "x")).expect("the shape of the file");
            leaves.t.copy_from_slice(&leaf(oracle, "t")).expect("the shape of the file");
            leaves.w1.copy_from_slice(&leaf(oracle, "w1")).expect("the shape of the file");
            leaves.b1.copy_from_slice(&leaf(oracle, "b1")).expect("the shape of the file");
            leaves.w2.copy_from_slice(&leaf(oracle, "w2")).expect("the shape of the file");
            leaves.b2.copy_from_slice(&leaf(oracle, "b2")).expect("the shape of the file");
            run.forward();
            run.backward();
            run
        }

        /// The shadow's bounds; returns the worst ratio of bound to error over the gradients.
        pub(super) fn shadow<F: Format>(file: &str) -> f64 {
            let oracle = read(file);
            let run = set::<F>(&oracle);
            let mut shadow = Shadow::new();
            let certificate = shadow.certify(&run).unwrap();
            // Small networks cost no more than this.
            assert_eq!(certificate.level(), Level::Uniform);
            let outputs = certificate.outputs();
            check(&oracle, stringify!($output), outputs.$output.values().as_slice(), |i| outputs.$output.error(i));
            check(&oracle, "loss", outputs.loss.values().as_slice(), |i| outputs.loss.error(i));
            let gradients: <$model<$batch> as Model>::Params<Enclosures<'_, F>> = certificate.gradients();
            [
                check(&oracle, "grad_w1", gradients.w1.values().as_slice(), |i| gradients.w1.error(i)),
                check(&oracle, "grad_b1", gradients.b1.values().as_slice(), |i| gradients.b1.error(i)),
                check(&oracle, "grad_w2", gradients.w2.values().as_slice(), |i| gradients.w2.error(i)),
                check(&oracle, "grad_b2", gradients.b2.values().as_slice(), |i| gradients.b2.error(i)),
            ]
            .into_iter()
            .fold(0.0, f64::max)
        }

        /// The radii computed beside the values.
        pub(super) fn beside<F: Format, D: Domain>(file: &str) {
            let oracle = read(file);
            let plain = set::<F>(&oracle);
            let mut run = $model::<$batch>::bounded::<F, D>();
            run.copy_leaves_from(&plain);
            run.forward().unwrap();
            run.backward().unwrap();
            let outputs: <$model<$batch> as Model>::Outputs<BallRef<'_, F, D>> = run.outputs();
            check(&oracle, stringify!($output), outputs.$output.mid().as_slice(), |i| outputs.$output.radius(i));
            check(&oracle, "loss", outputs.loss.mid().as_slice(), |i| outputs.loss.radius(i));
            let gradients = run.gradients();
            check(&oracle, "grad_w1", gradients.w1.mid().as_slice(), |i| gradients.w1.radius(i));
            check(&oracle, "grad_b1", gradients.b1.mid().as_slice(), |i| gradients.b1.radius(i));
            check(&oracle, "grad_w2", gradients.w2.mid().as_slice(), |i| gradients.w2.radius(i));
            check(&oracle, "grad_b2", gradients.b2.mid().as_slice(), |i| gradients.b2.radius(i));

            // The values are those of the plain run, bit for bit.
            let expected: <$model<$batch> as Model>::Params<Ref<'_, F>> = plain.gradients();
            assert!(expected.w1.as_slice() == gradients.w1.mid().as_slice());
            assert!(expected.b2.as_slice() == gradients.b2.mid().as_slice());
        }
    };
}

mod digits {
    use super::*;
    oracle_test!(Digits, 16, logits);
}

mod tanh {
    use super::*;
    oracle_test!(Tanh, 3, y);
}

#[test]
fn the_shadow_of_the_trained_digits_model_is_within_five_percent_of_the_truth() {
    assert!(digits::shadow::<f32>("digits_f32.txt") <= 1.05);
    assert!(digits::shadow::<bf16>("digits_bf16.txt") <= 1.05);
}

#[test]
fn the_shadow_of_the_tanh_model_is_within_five_percent_of_the_truth() {
    assert!(tanh::shadow::<f32>("tanh_f32.txt") <= 1.05);
}

#[test]
fn radii_beside_the_values_hold_for_digits() {
    beside_in_both_domains(digits::beside::<f32, Uniform>, digits::beside::<f32, Elementwise>, "digits_f32.txt");
    beside_in_both_domains(digits::beside::<bf16, Uniform>, digits::beside::<bf16, Elementwise>, "digits_bf16.txt");
    // An f64 run on the f32 leaves: the format in which radii beside the values are of most use.
    beside_in_both_domains(digits::beside::<f64, Uniform>, digits::beside::<f64, Elementwise>, "digits_f32.txt");
    digits::beside::<f32, Euclidean>("digits_f32.txt");
    digits::beside::<f64, Euclidean>("digits_f32.txt");
}

#[test]
fn radii_beside_the_values_hold_for_tanh() {
    beside_in_both_domains(tanh::beside::<f32, Uniform>, tanh::beside::<f32, Elementwise>, "tanh_f32.txt");
    beside_in_both_domains(tanh::beside::<f64, Uniform>, tanh::beside::<f64, Elementwise>, "tanh_f32.txt");
    tanh::beside::<f32, Euclidean>("tanh_f32.txt");
    tanh::beside::<f64, Euclidean>("tanh_f32.txt");
}

fn beside_in_both_domains(uniform: fn(&str), elementwise: fn(&str), file: &str) {
    uniform(file);
    elementwise(file);
}
