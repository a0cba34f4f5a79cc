//! Deep networks against Arb: thirty layers of tanh, and six of a transformer. Their leaves are pseudo-random and not committed.
//!
//! No bound is below the error that Arb finds. The largest of a tensor is at most a hundredth above it, and so is each where there are bits to spare.

use std::fmt::Write;
use std::time::Instant;

use nfgrad::prelude::*;
use nfgrad::shadow::{Enclosed, Level};
use nfgrad::shapes::Shape;
use nfgrad_tests::oracle::Oracle;

use super::read;

graph! {
    graph Dense<const B: usize, const D: usize> {
        input x: [B, D];
        param w: [D, D];
        param b: [D];
        output y = tanh(x @ w + b);
    }
}

graph! {
    graph Attentive<const T: usize, const H: usize, const E: usize> {
        input x: [T, H*E];
        param g1: [H*E];
        param b1: [H*E];
        param wq: [H*E, H*E];
        param wk: [H*E, H*E];
        param wv: [H*E, H*E];
        param wo: [H*E, H*E];
        param g2: [H*E];
        param b2: [H*E];
        param w1: [H*E, 4*H*E];
        param c1: [4*H*E];
        param w2: [4*H*E, H*E];
        param c2: [H*E];

        let n = layer_norm(x, g1, b1);
        let q = permute(reshape(n @ wq, [T, H, E]), axes = [1, 0, 2]);
        let k = permute(reshape(n @ wk, [T, H, E]), axes = [1, 0, 2]);
        let v = permute(reshape(n @ wv, [T, H, E]), axes = [1, 0, 2]);
        let a = reshape(permute(attention(q, k, v), axes = [1, 0, 2]), [T, H*E]);
        let h = x + a @ wo;
        let m = layer_norm(h, g2, b2);
        output y = h + (gelu(m @ w1 + c1) @ w2 + c2);
    }
}

graph! {
    /// Thirty layers, width 16, four rows.
    graph Mlp {
        input x: [4, 16];
        input t: [4, 16];
        block layers: [Dense<4, 16>; 30];
        output y = layers(x);
        output loss = mse(y, t);
    }
}

graph! {
    /// Six layers, width 16 in two heads, eight tokens.
    graph Transformer {
        input x: [8, 16];
        input t: [8, 16];
        block layers: [Attentive<8, 2, 8>; 6];
        output y = layers(x);
        output loss = mse(y, t);
    }
}

graph! {
    /// Twelve layers, width 64 in four heads, sixteen tokens: to compare speeds with.
    graph Large {
        input x: [16, 64];
        input t: [16, 64];
        block layers: [Attentive<16, 4, 16>; 12];
        output y = layers(x);
        output loss = mse(y, t);
    }
}

/// Numbers of 24 bits between -1 and 1, of a linear congruential generator.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, scale: f32) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let above = u32::try_from(self.0 >> 40).expect("24 bits");
        scale * (f32::from_f64(f64::from(above)) / 8_388_608.0 - 1.0)
    }
}

/// The fields of a layer, each with its scale, and what is added to it.
macro_rules! layer_fields {
    (Mlp, $each:ident!($($rest:tt)*)) => { $each! { $($rest)* w 0.5 0.0, b 0.25 0.0 } };
    (Transformer, $each:ident!($($rest:tt)*)) => { $each! { $($rest)*
        g1 0.25 1.0, b1 0.25 0.0, wq 0.5 0.0, wk 0.5 0.0, wv 0.5 0.0, wo 0.5 0.0,
        g2 0.25 1.0, b2 0.25 0.0, w1 0.5 0.0, c1 0.25 0.0, w2 0.25 0.0, c2 0.25 0.0
    } };
    (Large, $each:ident!($($rest:tt)*)) => { $each! { $($rest)*
        g1 0.25 1.0, b1 0.25 0.0, wq 0.25 0.0, wk 0.25 0.0, wv 0.25 0.0, wo 0.25 0.0,
        g2 0.25 1.0, b2 0.25 0.0, w1 0.25 0.0, c1 0.25 0.0, w2 0.125 0.0, c2 0.25 0.0
    } };
}

macro_rules! fill_layer {
    ($layer:ident $numbers:ident; $($field:ident $scale:literal $start:literal),*) => {
        $($layer.$field.fill_with(|| $start + $numbers.next($scale));)*
    };
}

macro_rules! dump_layer {
    ($dump:ident $layer:ident $i:ident; $($field:ident $scale:literal $start:literal),*) => {
        $($dump.tensor(&format!("{}.{}", stringify!($field), $i), &$layer.$field);)*
    };
}

macro_rules! check_layer {
    ($oracle:ident $layer:ident $i:ident $each:ident; $($field:ident $scale:literal $start:literal),*) => {
        $(check(&$oracle, &format!("grad_{}.{}", stringify!($field), $i), &$layer.$field, $each);)*
    };
}

/// The leaves as they are read by `tests/oracle/deep.py`.
#[derive(Default)]
struct Dump(String);

impl Dump {
    fn tensor<S: Shape>(&mut self, name: &str, tensor: &TensorRef<'_, f32, S>) {
        let (rows, columns) = if let [rows, columns] = *S::DIMS { (rows, columns) } else { (1, S::NUMEL) };
        writeln!(self.0, "tensor {name} {rows} {columns} leaf").expect("a string");
        for x in tensor.as_slice() {
            writeln!(self.0, "{}", hex(*x)).expect("a string");
        }
    }
}

/// An integer and a power of two, as a hexadecimal float.
fn hex(x: f32) -> String {
    let bits = x.to_bits();
    let (exponent, fraction) = ((bits >> 23 & 0xff).cast_signed(), bits & 0x7f_ffff);
    let (significand, exponent) = if exponent == 0 { (fraction, 1) } else { (fraction | 0x80_0000, exponent) };
    format!("{}0x{significand:x}p{:+}", if x.is_sign_negative() { "-" } else { "" }, exponent - 150)
}

/// What Arb knows of a tensor, its first numbers: no bound is below its error, and the largest, or each, is at most a hundredth above it.
fn check<S: Shape>(oracle: &Oracle, name: &str, tensor: &Enclosed<'_, f32, S>, each: bool) {
    let Ok(exact) = oracle.exact(name) else { return };
    let (mut largest_error, mut largest_bound) = (0.0_f64, 0.0_f64);
    for (i, exact) in exact.iter().enumerate() {
        let (error, bound) = (exact.error_up(tensor.values().as_slice()[i].into()), tensor.error(i).get());
        assert!(error <= bound, "{name}[{i}]: error {error:e}, bound {bound:e}");
        assert!(!each || bound <= 1.01 * error, "{name}[{i}]: error {error:e}, bound {bound:e}");
        (largest_error, largest_bound) = (largest_error.max(error), largest_bound.max(bound));
    }
    assert!(largest_bound <= 1.01 * largest_error, "{name}: error {largest_error:e}, bound {largest_bound:e}");
}

macro_rules! network {
    ($module:ident, $net:ident) => {
        mod $module {
            use super::*;

            pub(super) fn run() -> Run<$net, f32> {
                let (mut run, mut numbers) = ($net::run::<f32>(), Numbers(7));
                let mut leaves = run.leaves_mut();
                leaves.x.fill_with(|| numbers.next(1.0));
                leaves.t.fill_with(|| numbers.next(1.0));
                for layer in &mut leaves.layers {
                    layer_fields!($net, fill_layer!(layer numbers;));
                }
                run.forward();
                run.backward();
                run
            }

            /// Returns the level of the answer.
            pub(super) fn check_against(file: &str, mut shadow: Shadow<$net>, each: bool) -> Level {
                let (oracle, run) = (read(file), run());
                let certificate = shadow.certify(&run).unwrap();
                let (outputs, gradients) = (certificate.outputs(), certificate.gradients());
                check(&oracle, "y", &outputs.y, each);
                check(&oracle, "loss", &outputs.loss, each);
                for (i, layer) in gradients.layers.iter().enumerate() {
                    layer_fields!($net, check_layer!(oracle layer i each;));
                }
                certificate.level()
            }

            /// The leaves, and how long a certificate takes at a level, the median of some.
            pub(super) fn dump(folder: &str, file: &str, level: Level) {
                let (run, mut dump) = (run(), Dump::default());
                let mut shadow = Shadow::new().at_least(level).at_most(level);
                let mut seconds: Vec<f64> = (0..6)
                    .map(|_| {
                        let start = Instant::now();
                        shadow.certify(&run).unwrap();
                        start.elapsed().as_secs_f64()
                    })
                    .collect();
                seconds.sort_by(f64::total_cmp);
                writeln!(dump.0, "# bits {}\n# seconds {}", level.bits(), seconds[2]).expect("a string");
                let leaves = run.leaves();
                dump.tensor("x", &leaves.x);
                dump.tensor("t", &leaves.t);
                for (i, layer) in leaves.layers.iter().enumerate() {
                    layer_fields!($net, dump_layer!(dump layer i;));
                }
                std::fs::write(format!("{folder}/{file}"), dump.0).expect("written");
            }
        }
    };
}

network!(mlp, Mlp);
network!(transformer, Transformer);
network!(large, Large);

#[test]
fn thirty_layers_are_certified_to_a_hundredth() {
    assert_eq!(mlp::check_against("deep_mlp.txt", Shadow::new(), false), Level::Bits128);
    // The numbers that are far smaller than the others of their tensor, too.
    mlp::check_against("deep_mlp.txt", Shadow::new().at_least(Level::Bits256), true);
}

#[test]
fn six_layers_of_a_transformer_are_certified_to_a_hundredth() {
    assert_eq!(transformer::check_against("deep_transformer.txt", Shadow::new(), true), Level::Bits256);
}

/// `NFGRAD_LEAVES=folder cargo test --release -p nfgrad-tests --test oracle -- --ignored leaves_for_arb`, then `tests/oracle/deep.py folder`.
#[test]
#[ignore = "writes files"]
fn leaves_for_arb() {
    let folder = std::env::var("NFGRAD_LEAVES").expect("NFGRAD_LEAVES: a folder to write to");
    mlp::dump(&folder, "deep_mlp.txt", Level::Bits256);
    transformer::dump(&folder, "deep_transformer.txt", Level::Bits256);
    large::dump(&folder, "large.txt", Level::Bits512);
}

#[test]
fn numbers_are_written_exactly() {
    for (x, text) in [(1.0, "0x800000p-23"), (-0.375, "-0xc00000p-25"), (0.0, "0x0p-149"), (1e-45, "0x1p-149")] {
        assert_eq!(hex(x), text);
        assert_eq!(nfgrad_tests::oracle::hex_float(text), Some(x.into()));
    }
}
