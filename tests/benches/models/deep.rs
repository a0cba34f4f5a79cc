//! A deep network whose certificates are timed.

use nfgrad::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

graph! {
    /// A pre-norm transformer layer.
    pub(crate) graph Layer<const B: usize, const T: usize, const H: usize, const E: usize> {
        input x: [B, T, H*E];
        param g1: [H*E]; param b1: [H*E];
        param wq: [H*E, H*E]; param wk: [H*E, H*E]; param wv: [H*E, H*E]; param wo: [H*E, H*E];
        param g2: [H*E]; param b2: [H*E];
        param w1: [H*E, 4*H*E]; param c1: [4*H*E];
        param w2: [4*H*E, H*E]; param c2: [H*E];
        let n = layer_norm(x, g1, b1);
        let q = permute(reshape(n @ wq, [B, T, H, E]), axes = [0, 2, 1, 3]);
        let k = permute(reshape(n @ wk, [B, T, H, E]), axes = [0, 2, 1, 3]);
        let v = permute(reshape(n @ wv, [B, T, H, E]), axes = [0, 2, 1, 3]);
        let a = reshape(permute(attention(q, k, v), axes = [0, 2, 1, 3]), [B, T, H*E]);
        let h = x + a @ wo;
        let m = layer_norm(h, g2, b2);
        output y = h + (gelu(m @ w1 + c1) @ w2 + c2);
    }
}

graph! {
    /// Twelve of them.
    pub(crate) graph Deep {
        input x: [2, 16, 64];
        input t: [2, 16, 64];
        block layers: [Layer<2, 16, 4, 16>; 12];
        output y = layers(x);
        output loss = mse(y, t);
    }
}

/// The transformer on random data, both sweeps done.
pub(crate) fn transformer() -> Run<Deep, f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut run = Deep::run::<f32>();
    let mut leaves = run.leaves_mut();
    leaves.x.fill_with(|| 2.0 * rng.random::<f32>() - 1.0);
    leaves.t.fill_with(|| 2.0 * rng.random::<f32>() - 1.0);
    for layer in &mut leaves.layers {
        layer.g1.fill_with(|| 1.0);
        layer.g2.fill_with(|| 1.0);
        for w in [&mut layer.wq, &mut layer.wk, &mut layer.wv, &mut layer.wo] {
            w.glorot_uniform(|| rng.random());
        }
        layer.w1.glorot_uniform(|| rng.random());
        layer.w2.glorot_uniform(|| rng.random());
    }
    run.forward();
    run.backward();
    run
}
