//! How fast radii grow in networks of other layers, of 64 wide layers and 16 rows in f32: the radius of the result over the largest true error, or over the
//! 2-norm of all its errors. `cargo test --release -p nfgrad-tests --test depth growth -- --ignored --nocapture`.
//!
//! | layer | `Uniform` | `Elementwise` | `Euclidean` | layers |
//! |---|---|---|---|---|
//! | relu(x @ w) | 7.5e8 | 1.7e6 | 2.4e5 | 8 |
//! | tanh(x @ w) | 4.0e6 | 3.8e6 | 5.5e4 | 8 |
//! | gelu(x @ w) | 1.3e9 | 2.3e6 | 5.3e5 | 8 |
//! | x + relu(layer_norm(x) @ w) | 1.2e6 | 1.3e4 | 6.1e10 | 4 |
//! | relu(layer_norm(x @ w)) | 2.4e12 | 2.6e5 | 2.8e32 | 4 |
//! | attention(x @ q, x @ k, x @ v) | 6.6e5 | 1.1e5 | 1.0e20 | 2 |

use nfgrad::prelude::*;
use nfgrad_tests::sample::normal;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::largest;

/// Layers that follow one another.
macro_rules! layers {
    ($($net:ident: $layer:ident { $($body:tt)* }, $n:literal;)*) => {$(
        graph! { graph $layer<const B: usize> { $($body)* } }
        graph! {
            graph $net<const B: usize> {
                input x: [B, 64];
                block layers: [$layer<B>; $n];
                output y = layers(x);
            }
        }
    )*};
}

layers! {
    Relus: Relu { input x: [B, 64]; param w: [64, 64]; output y = relu(x @ w); }, 8;
    Tanhs: Tanh { input x: [B, 64]; param w: [64, 64]; output y = tanh(x @ w); }, 8;
    Gelus: Gelu { input x: [B, 64]; param w: [64, 64]; output y = gelu(x @ w); }, 8;
    Residuals: Residual {
        input x: [B, 64]; param w: [64, 64]; param scale: [64]; param shift: [64];
        output y = x + relu(layer_norm(x, scale, shift) @ w);
    }, 4;
    Norms: Norm {
        input x: [B, 64]; param w: [64, 64]; param scale: [64]; param shift: [64];
        output y = relu(layer_norm(x @ w, scale, shift));
    }, 4;
    Heads: Head {
        input x: [B, 64]; param q: [64, 64]; param k: [64, 64]; param v: [64, 64];
        output y = attention(x @ q, x @ k, x @ v);
    }, 2;
}

/// Prints the radii over the errors of a network, whose weights have this variance; a layer has `$vectors` vectors after its matrix.
macro_rules! growth {
    ($net:ident, $variance:expr, $vectors:literal) => {{
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let mut run = $net::<16>::run::<f32>();
        run.leaves_mut().x.fill_with(|| f32::from_f64(normal(rng)));
        for layer in run.params_and_gradients_mut().0.chunks_mut(64 * (64 + $vectors)) {
            let (matrix, vectors) = layer.split_at_mut(64 * 64);
            matrix.fill_with(|| f32::from_f64(normal(rng) * f64::sqrt($variance)));
            vectors.iter_mut().enumerate().for_each(|(i, x)| *x = if i < 64 { 1.0 } else { 0.0 });
        }
        run.forward();
        let mut exact = $net::<16>::run::<f64>();
        exact.copy_leaves_from(&run);
        exact.forward();
        let pairs = run.outputs().y.as_slice().iter().zip(exact.outputs().y.as_slice());
        let errors: Vec<f64> = pairs.map(|(&x, y)| (f64::from(x) - y).abs()).collect();
        let norm = errors.iter().map(|e| e * e).sum::<f64>().sqrt();
        macro_rules! radius {
            ($domain:ty) => {{
                let mut bounded = $net::<16>::bounded::<f32, $domain>();
                bounded.copy_leaves_from(&run);
                bounded.forward().unwrap();
                bounded.outputs().y.max_radius().get()
            }};
        }
        let [uniform, elementwise] =
            [radius!(Uniform), radius!(Elementwise)].map(|r| r / largest(errors.iter().copied()));
        println!("{}: {uniform:.1e} {elementwise:.1e} {:.1e}", stringify!($net), radius!(Euclidean) / norm);
    }};
}

#[test]
#[ignore = "prints a table and checks nothing"]
fn growth_of_radii_through_layers() {
    growth!(Relus, 2.0 / 64.0, 0);
    growth!(Tanhs, 1.0 / 64.0, 0);
    growth!(Gelus, 2.0 / 64.0, 0);
    growth!(Residuals, 1.0 / 64.0, 2);
    growth!(Norms, 1.0 / 64.0, 2);
    growth!(Heads, 1.0 / 64.0, 0);
}
