//! The networks that TorchLean's bounds have been measured on, with random leaves and what they compute over the reals.

use nfgrad::bound::Domain;
use nfgrad::format::RoundEach;
use nfgrad::graph::{HasLoss, Model};
use nfgrad::prelude::*;
use nfgrad::shadow::Certificate;
use nfgrad_tests::exact::Exact;
use nfgrad_tests::laws::{Axis, Lengths, Rule};
use nfgrad_tests::program::Program;
use nfgrad_tests::sample::normal;
use rand_chacha::ChaCha8Rng;

/// f32, every operation rounded, sums from left to right: TorchLean's arithmetic.
pub(crate) type Single = RoundEach<f32>;

/// A graph of which one tensor is looked at: the output `y`, or the gradient of its sum with respect to `x`.
pub(crate) trait Network: HasLoss + Model {
    /// Writes random leaves.
    fn fill(run: &mut Run<Self, Single>, rng: &mut ChaCha8Rng);
    /// The leaves, in the order of their positions.
    fn real_leaves(run: &Run<Self, Single>) -> Vec<Vec<Exact>>;
    /// The nodes up to `y`, over the reals.
    fn nodes() -> Vec<(Rule, Vec<usize>)>;
    /// Says how uncertain every element of `x` is.
    fn set_uncertainty<F: Format, R: Domain>(run: &mut BoundedRun<Self, F, R>, radius: f64);
    /// The tensor and its radii.
    fn balls<F: Format, R: Domain>(run: &BoundedRun<Self, F, R>, gradient: bool) -> Vec<(f64, f64)>;
    /// The tensor and what a shadow says of it.
    fn certified(certificate: &Certificate<'_, Self, Single>, gradient: bool) -> Vec<(f64, f64)>;

    /// The tensor over the reals.
    fn real(run: &Run<Self, Single>, gradient: bool) -> Vec<Exact> {
        let leaves = Self::real_leaves(run);
        let numels: Vec<usize> = leaves.iter().map(Vec::len).collect();
        let (params, inputs) = numels.split_at(Self::PARAMS);
        let program =
            Program { name: Self::NAME, params: params.to_vec(), inputs: inputs.to_vec(), nodes: Self::nodes() };
        let mut values = program.forward(leaves);
        if !gradient {
            return values.swap_remove(values.len() - 1);
        }
        let last = values.len() - 1;
        let seed = vec![Exact::new(1.0); values[last].len()];
        program.reverse(&values, &[(last, seed)]).swap_remove(0).expect("everything depends on x")
    }
}

/// A graph with the leaves and what becomes of a random number at each of their elements, the shape of the first, which is `x`, and its nodes as rules.
macro_rules! network {
    ($graph:ty: $shape:ty, [$($leaf:ident: $spread:expr),*], $nodes:expr) => {
        impl Network for $graph {
            fn fill(run: &mut Run<Self, Single>, rng: &mut ChaCha8Rng) {
                let mut leaves = run.leaves_mut();
                $(for (i, x) in leaves.$leaf.as_mut_slice().iter_mut().enumerate() {
                    *x = Single::from_f64($spread(i, normal(rng)));
                })*
            }

            fn real_leaves(run: &Run<Self, Single>) -> Vec<Vec<Exact>> {
                let leaves = run.leaves();
                vec![$(leaves.$leaf.as_slice().iter().map(|x| Exact::new(x.to_f64())).collect()),*]
            }

            fn nodes() -> Vec<(Rule, Vec<usize>)> {
                $nodes
            }

            fn set_uncertainty<F: Format, R: Domain>(run: &mut BoundedRun<Self, F, R>, radius: f64) {
                let radii = vec![radius; <$shape as Shape>::NUMEL];
                run.set_radii(Idx::<<Self as RevGraph>::Context, $shape, 0>::new(), &radii).expect("one for each element");
            }

            fn balls<F: Format, R: Domain>(run: &BoundedRun<Self, F, R>, gradient: bool) -> Vec<(f64, f64)> {
                let tensor = if gradient { run.gradients().x } else { run.outputs().y };
                tensor.mid().as_slice().iter().enumerate().map(|(i, x)| (x.to_f64(), tensor.radius(i).get())).collect()
            }

            fn certified(certificate: &Certificate<'_, Self, Single>, gradient: bool) -> Vec<(f64, f64)> {
                let tensor = if gradient { certificate.gradients().x } else { certificate.outputs().y };
                let values = tensor.values();
                values.as_slice().iter().enumerate().map(|(i, x)| (x.to_f64(), tensor.error(i).get())).collect()
            }
        }
    };
}

graph! {
    /// Four layers with relu between them.
    pub(crate) graph Relu4<const N: usize> {
        param x: [N];
        input w1: [N, N];
        input w2: [N, N];
        input w3: [N, N];
        input w4: [N, N];
        let h1 = relu(w1 @ x);
        let h2 = relu(w2 @ h1);
        let h3 = relu(w3 @ h2);
        output y = w4 @ h3;
        output loss = sum(y);
    }
}

graph! {
    /// Eight layers with relu between them.
    pub(crate) graph Relu8<const N: usize> {
        param x: [N];
        input w1: [N, N];
        input w2: [N, N];
        input w3: [N, N];
        input w4: [N, N];
        input w5: [N, N];
        input w6: [N, N];
        input w7: [N, N];
        input w8: [N, N];
        let h1 = relu(w1 @ x);
        let h2 = relu(w2 @ h1);
        let h3 = relu(w3 @ h2);
        let h4 = relu(w4 @ h3);
        let h5 = relu(w5 @ h4);
        let h6 = relu(w6 @ h5);
        let h7 = relu(w7 @ h6);
        output y = w8 @ h7;
        output loss = sum(y);
    }
}

graph! {
    /// Four layers with tanh between them.
    pub(crate) graph Tanh4<const N: usize> {
        param x: [N];
        input w1: [N, N];
        input w2: [N, N];
        input w3: [N, N];
        input w4: [N, N];
        let h1 = tanh(w1 @ x);
        let h2 = tanh(w2 @ h1);
        let h3 = tanh(w3 @ h2);
        output y = w4 @ h3;
        output loss = sum(y);
    }
}

graph! {
    /// One row.
    pub(crate) graph Shares<const N: usize> {
        param x: [N];
        output y = softmax(x, axis = 0);
        output loss = sum(y);
    }
}

graph! {
    /// One head of width 32.
    pub(crate) graph Head<const N: usize> {
        param x: [N, 32];
        input k: [N, 32];
        input v: [N, 32];
        output y = attention(x, k, v);
        output loss = sum(y);
    }
}

graph! {
    /// Four rows of 256.
    pub(crate) graph Rows4 {
        param x: [4, 256];
        input weight: [256];
        input bias: [256];
        output y = layer_norm(x, weight, bias);
        output loss = sum(y);
    }
}

fn as_it_is(_: usize, x: f64) -> f64 {
    x
}

fn he<const N: usize>(_: usize, x: f64) -> f64 {
    x * (2.0 / N as f64).sqrt()
}

fn glorot<const N: usize>(_: usize, x: f64) -> f64 {
    x / (N as f64).sqrt()
}

/// `layers` products with a function between them: the leaves are `x` and as many matrices.
fn layers(layers: usize, n: usize, between: &Rule) -> Vec<(Rule, Vec<usize>)> {
    let (mut nodes, mut before) = (Vec::new(), 0);
    for layer in 1..=layers {
        nodes.push((Rule::MatMul { m: n, k: n, n: 1 }, vec![layer, before]));
        if layer < layers {
            nodes.push((between.clone(), vec![layers + nodes.len()]));
        }
        before = layers + nodes.len();
    }
    nodes
}

fn softmax(length: usize) -> Vec<(Rule, Vec<usize>)> {
    vec![(Rule::Softmax { axis: Axis { outer: 1, length, inner: 1 }, masked: false }, vec![0])]
}

fn attention(n: usize) -> Vec<(Rule, Vec<usize>)> {
    let lengths = Lengths { batch: 1, queries: n, keys: n, width: 32, depth: 32, masked: false };
    vec![(Rule::Attention(lengths), vec![0, 1, 2])]
}

network!(Relu4<64>: (D<64>,), [x: as_it_is, w1: he::<64>, w2: he::<64>, w3: he::<64>, w4: he::<64>], layers(4, 64, &Rule::Relu));
network!(Relu4<128>: (D<128>,), [x: as_it_is, w1: he::<128>, w2: he::<128>, w3: he::<128>, w4: he::<128>], layers(4, 128, &Rule::Relu));
network!(
    Relu8<64>: (D<64>,),
    [x: as_it_is, w1: he::<64>, w2: he::<64>, w3: he::<64>, w4: he::<64>, w5: he::<64>, w6: he::<64>, w7: he::<64>, w8: he::<64>],
    layers(8, 64, &Rule::Relu)
);
network!(
    Tanh4<64>: (D<64>,),
    [x: as_it_is, w1: glorot::<64>, w2: glorot::<64>, w3: glorot::<64>, w4: glorot::<64>],
    layers(4, 64, &Rule::Tanh)
);
network!(Shares<128>: (D<128>,), [x: as_it_is], softmax(128));
network!(Shares<1024>: (D<1024>,), [x: as_it_is], softmax(1024));
network!(Shares<8192>: (D<8192>,), [x: as_it_is], softmax(8192));
network!(Head<16>: (D<16>, D<32>), [x: as_it_is, k: as_it_is, v: as_it_is], attention(16));
network!(Head<64>: (D<64>, D<32>), [x: as_it_is, k: as_it_is, v: as_it_is], attention(64));
network!(Head<256>: (D<256>, D<32>), [x: as_it_is, k: as_it_is, v: as_it_is], attention(256));
network!(
    Rows4: (D<4>, D<256>),
    [x: |i, x| if i < 256 { 0.1 * x } else { x }, weight: |_, _| 1.0, bias: |_, _| 0.0],
    vec![(Rule::Norm { columns: 256, centred: true, digits: 1, places: 5 }, vec![0, 1, 2])]
);
