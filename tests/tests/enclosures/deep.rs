//! Deep networks: a certificate in enough bits is the error itself, to a hundredth; one in any number of bits is true.

use nfgrad::prelude::*;
use nfgrad::shadow::Level;
use nfgrad_tests::laws::{self, Function, Lengths, Rule, Sliding};

use super::truth::{Builder, Truth, WIDE, compare, fill, fill_params, shadow};

graph! {
    graph TanhLayer<const B: usize> {
        input x: [B, 6]; param w: [6, 6]; param b: [6];
        output y = tanh(x @ w + b);
    }
}
graph! {
    graph ReluLayer<const B: usize> {
        input x: [B, 6]; param w: [6, 6]; param b: [6];
        output y = relu(x @ w + b);
    }
}
graph! {
    graph NormLayer<const B: usize> {
        input x: [B, 6]; param w: [6, 6]; param scale: [6]; param shift: [6];
        output y = x + relu(layer_norm(x, scale, shift) @ w);
    }
}
graph! {
    /// Three tokens.
    graph Block<const B: usize> {
        input x: [B, 3, 4];
        param scale: [4]; param shift: [4]; param q: [4, 4]; param k: [4, 4]; param v: [4, 4];
        param again: [4]; param up: [4, 8]; param down: [8, 4];
        let n = layer_norm(x, scale, shift);
        let h = x + attention(n @ q, n @ k, n @ v);
        output y = h + gelu(rms_norm(h, again) @ up) @ down;
    }
}

/// Layers that follow one another, and the squares of what is left of a target.
macro_rules! chains {
    ($($net:ident: [$layer:ident; $n:literal] on $($shape:tt),+;)*) => {$(
        graph! {
            graph $net<const B: usize> {
                input x: [$($shape),+];
                input t: [$($shape),+];
                block layers: [$layer<B>; $n];
                output y = layers(x);
                output loss = mse(y, t);
            }
        }
    )*};
}

chains! {
    Tanhs: [TanhLayer; 40] on B, 6;
    FewTanhs: [TanhLayer; 5] on B, 6;
    Relus: [ReluLayer; 40] on B, 6;
    Norms: [NormLayer; 20] on B, 6;
    Blocks: [Block; 6] on B, 3, 4;
}

graph! {
    graph Convolutions<const B: usize> {
        input x: [B, 2, 5, 5]; param a: [2, 2, 3, 3]; param b: [2]; param c: [2, 2, 3, 3];
        output y = x + conv2d(relu(conv2d(x, a, b, padding = 1)), c, padding = 1);
    }
}
graph! {
    graph Images<const B: usize> {
        input x: [B, 2, 5, 5];
        input t: [B, 2, 2, 2];
        block layers: [Convolutions<B>; 6];
        output y = max_pool2d(layers(x), size = 2);
        output loss = mse(y, t);
    }
}

const BATCH: usize = 2;

/// `x @ w + b` and a function, for each layer.
fn dense(layers: usize, function: &Rule) -> Builder {
    let mut net = Builder::new(&[36, 6].repeat(layers), &[12, 12]);
    let mut h = net.input(0);
    for layer in 0..layers {
        let product = net.node(Rule::MatMul { m: BATCH, k: 6, n: 6 }, &[h, 2 * layer]);
        let sum = net.node(Rule::Add, &[product, 2 * layer + 1]);
        h = net.node(function.clone(), &[sum]);
    }
    net.node(Rule::Mse, &[h, net.input(1)]);
    net
}

fn norms(layers: usize) -> Builder {
    let mut net = Builder::new(&[36, 6, 6].repeat(layers), &[12, 12]);
    let mut h = net.input(0);
    for layer in 0..layers {
        let [w, scale, shift] = [0, 1, 2].map(|k| 3 * layer + k);
        let n = net.node(Rule::Norm { columns: 6, centred: true, digits: 1, places: 5 }, &[h, scale, shift]);
        let product = net.node(Rule::MatMul { m: BATCH, k: 6, n: 6 }, &[n, w]);
        let part = net.node(Rule::Relu, &[product]);
        h = net.node(Rule::Add, &[h, part]);
    }
    net.node(Rule::Mse, &[h, net.input(1)]);
    net
}

fn blocks(layers: usize) -> Builder {
    let mut net = Builder::new(&[4, 4, 16, 16, 16, 4, 32, 32].repeat(layers), &[24, 24]);
    let mut x = net.input(0);
    let product = |k, n| Rule::MatMul { m: 3 * BATCH, k, n };
    let norm = |centred| Rule::Norm { columns: 4, centred, digits: 1, places: 5 };
    for layer in 0..layers {
        let [scale, shift, q, k, v, again, up, down] = [0, 1, 2, 3, 4, 5, 6, 7].map(|k| 8 * layer + k);
        let n = net.node(norm(true), &[x, scale, shift]);
        let [q, k, v] = [q, k, v].map(|w| net.node(product(4, 4), &[n, w]));
        let lengths = Lengths { batch: BATCH, queries: 3, keys: 3, width: 4, depth: 4, masked: false };
        let attended = net.node(Rule::Attention(lengths), &[q, k, v]);
        let h = net.node(Rule::Add, &[x, attended]);
        let n = net.node(norm(false), &[h, again]);
        let wide = net.node(product(4, 8), &[n, up]);
        let curved = net.node(Rule::Unary(Function::Gelu), &[wide]);
        let narrow = net.node(product(8, 4), &[curved, down]);
        x = net.node(Rule::Add, &[h, narrow]);
    }
    net.node(Rule::Mse, &[x, net.input(1)]);
    net
}

fn convolutions(layers: usize) -> Builder {
    let mut net = Builder::new(&[36, 2, 36].repeat(layers), &[100, 16]);
    let sliding =
        Sliding { channels: 2, image: [5; 2], window: [3; 2], result: [5; 2], stride: 1, padding: 1, dilation: 1 };
    let rule = Rule::Conv2d(sliding, laws::Images { images: BATCH, outputs: 2, groups: 1 });
    let mut x = net.input(0);
    for layer in 0..layers {
        let [a, b, c] = [0, 1, 2].map(|k| 3 * layer + k);
        let first = net.node(rule.clone(), &[x, a, b]);
        let kept = net.node(Rule::Relu, &[first]);
        let second = net.node(rule.clone(), &[kept, c]);
        x = net.node(Rule::Add, &[x, second]);
    }
    let halved = Sliding { channels: 2 * BATCH, window: [2; 2], result: [2; 2], stride: 2, padding: 0, ..sliding };
    let y = net.node(Rule::MaxPool2d(halved), &[x]);
    net.node(Rule::Mse, &[y, net.input(1)]);
    net
}

/// Runs a network in a format on normally distributed leaves, and the same over the reals.
macro_rules! network {
    ($net:ident, $F:ty, $program:expr, $seed:expr, $deviation:expr) => {{
        let mut run = $net::<BATCH>::run::<$F>();
        let params = fill_params(&mut run, $seed, $deviation);
        let mut leaves = run.leaves_mut();
        fill(leaves.x.as_mut_slice(), "x", 1.0);
        fill(leaves.t.as_mut_slice(), "t", 1.0);
        run.forward();
        run.backward();
        let leaves = run.leaves();
        let inputs = [leaves.x.as_slice(), leaves.t.as_slice()].map(<[$F]>::to_vec);
        let truth: Truth = $program.truth(&params, &inputs);
        (run, truth)
    }};
}

/// At each level from the first on the bounds are true; from the given one on they are the largest error and a hundredth. Of the gradients of a layer
/// one is looked at.
macro_rules! certified {
    ($net:ident, $F:ty, $program:expr, $seed:expr, $deviation:expr, $name:ident is $k:literal of $each:literal, $levels:expr, $sharp:expr) => {{
        let (run, Truth { values, gradients }) = network!($net, $F, $program, $seed, $deviation);
        let layers = gradients.len() / $each;
        for level in $levels {
            let mut shadow = shadow(level);
            let certificate = shadow.certify(&run).unwrap();
            assert_eq!(certificate.level(), level);
            let outputs = certificate.outputs();
            let found = certificate.gradients().layers;
            let ratios = [
                compare("loss", outputs.loss, &values[values.len() - 1]),
                compare("y", outputs.y, &values[values.len() - 2]),
                compare("the last gradient", found[layers - 1].$name, &gradients[$each * (layers - 1) + $k]),
                compare("the middle gradient", found[layers / 2].$name, &gradients[$each * (layers / 2) + $k]),
                compare("the first gradient", found[0].$name, &gradients[$k]),
            ];
            let sharp = level < $sharp || ratios.iter().all(|&ratio| ratio <= 1.01);
            assert!(sharp, "{} in {} at {level:?}: {ratios:?}", stringify!($net), <$F>::NAME);
        }
    }};
}

const ALL: [Level; 6] =
    [Level::Uniform, Level::Euclidean, Level::Elementwise, Level::Bits128, Level::Bits256, Level::Bits512];

#[test]
fn forty_layers_of_tanh() {
    certified!(Tanhs, f32, dense(40, &Rule::Tanh), 0, 0.5, w is 0 of 2, ALL, Level::Bits256);
}

#[test]
fn forty_layers_of_relu() {
    certified!(Relus, f32, dense(40, &Rule::Relu), 3, 0.6, w is 0 of 2, ALL, Level::Bits256);
}

#[test]
fn twenty_residual_layers_with_norms() {
    certified!(Norms, f32, norms(20), 0, 0.6, w is 0 of 3, ALL, Level::Bits256);
}

#[test]
fn six_blocks_of_attention() {
    certified!(Blocks, f32, blocks(6), 0, 0.6, q is 2 of 8, ALL, Level::Bits256);
}

#[test]
fn twelve_convolutions() {
    certified!(Images, f32, convolutions(6), 0, 0.3, a is 0 of 3, ALL, Level::Bits256);
}

#[test]
fn a_run_in_f64() {
    certified!(FewTanhs, f64, dense(5, &Rule::Tanh), 0, 0.5, w is 0 of 2, WIDE, Level::Bits128);
    certified!(Tanhs, f64, dense(40, &Rule::Tanh), 0, 0.5, w is 0 of 2, WIDE, Level::Bits256);
}
