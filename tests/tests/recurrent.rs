//! A recurrent network: blocks that are called twenty times, each on what the calls before have left.

use nfgrad::bound::Domain;
use nfgrad::bound::Up;
use nfgrad::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

graph! {
    /// What goes into the four gates of an LSTM of four numbers.
    pub graph Gates<const B: usize> {
        input x: [B, 3];
        input h: [B, 4];
        param w: [3, 16];
        param u: [4, 16];
        param b: [16];
        output gates = x @ w + h @ u + b;
    }
}

graph! {
    /// What is remembered.
    pub graph Memory<const B: usize> {
        input gates: [B, 16];
        input c: [B, 4];
        let admit = sigmoid(slice(gates, axis = 1, range = 0..4));
        let keep = sigmoid(slice(gates, axis = 1, range = 4..8));
        output next = keep * c + admit * tanh(slice(gates, axis = 1, range = 8..12));
    }
}

graph! {
    /// What is shown of it.
    pub graph Shown<const B: usize> {
        input gates: [B, 16];
        input c: [B, 4];
        output h = sigmoid(slice(gates, axis = 1, range = 12..16)) * tanh(c);
    }
}

graph! {
    /// Two sequences of twenty steps.
    graph Sequence {
        input x: [20, 2, 3];
        input h0: [2, 4];
        input c0: [2, 4];
        input t: [2, 4];
        block gates: Gates<2>;
        let g1 = gates(reshape(slice(x, axis = 0, range = 0..1), [2, 3]), h0);
        let c1 = Memory(g1, c0);
        let h1 = Shown(g1, c1);
        let g2 = gates(reshape(slice(x, axis = 0, range = 1..2), [2, 3]), h1);
        let c2 = Memory(g2, c1);
        let h2 = Shown(g2, c2);
        let g3 = gates(reshape(slice(x, axis = 0, range = 2..3), [2, 3]), h2);
        let c3 = Memory(g3, c2);
        let h3 = Shown(g3, c3);
        let g4 = gates(reshape(slice(x, axis = 0, range = 3..4), [2, 3]), h3);
        let c4 = Memory(g4, c3);
        let h4 = Shown(g4, c4);
        let g5 = gates(reshape(slice(x, axis = 0, range = 4..5), [2, 3]), h4);
        let c5 = Memory(g5, c4);
        let h5 = Shown(g5, c5);
        let g6 = gates(reshape(slice(x, axis = 0, range = 5..6), [2, 3]), h5);
        let c6 = Memory(g6, c5);
        let h6 = Shown(g6, c6);
        let g7 = gates(reshape(slice(x, axis = 0, range = 6..7), [2, 3]), h6);
        let c7 = Memory(g7, c6);
        let h7 = Shown(g7, c7);
        let g8 = gates(reshape(slice(x, axis = 0, range = 7..8), [2, 3]), h7);
        let c8 = Memory(g8, c7);
        let h8 = Shown(g8, c8);
        let g9 = gates(reshape(slice(x, axis = 0, range = 8..9), [2, 3]), h8);
        let c9 = Memory(g9, c8);
        let h9 = Shown(g9, c9);
        let g10 = gates(reshape(slice(x, axis = 0, range = 9..10), [2, 3]), h9);
        let c10 = Memory(g10, c9);
        let h10 = Shown(g10, c10);
        let g11 = gates(reshape(slice(x, axis = 0, range = 10..11), [2, 3]), h10);
        let c11 = Memory(g11, c10);
        let h11 = Shown(g11, c11);
        let g12 = gates(reshape(slice(x, axis = 0, range = 11..12), [2, 3]), h11);
        let c12 = Memory(g12, c11);
        let h12 = Shown(g12, c12);
        let g13 = gates(reshape(slice(x, axis = 0, range = 12..13), [2, 3]), h12);
        let c13 = Memory(g13, c12);
        let h13 = Shown(g13, c13);
        let g14 = gates(reshape(slice(x, axis = 0, range = 13..14), [2, 3]), h13);
        let c14 = Memory(g14, c13);
        let h14 = Shown(g14, c14);
        let g15 = gates(reshape(slice(x, axis = 0, range = 14..15), [2, 3]), h14);
        let c15 = Memory(g15, c14);
        let h15 = Shown(g15, c15);
        let g16 = gates(reshape(slice(x, axis = 0, range = 15..16), [2, 3]), h15);
        let c16 = Memory(g16, c15);
        let h16 = Shown(g16, c16);
        let g17 = gates(reshape(slice(x, axis = 0, range = 16..17), [2, 3]), h16);
        let c17 = Memory(g17, c16);
        let h17 = Shown(g17, c17);
        let g18 = gates(reshape(slice(x, axis = 0, range = 17..18), [2, 3]), h17);
        let c18 = Memory(g18, c17);
        let h18 = Shown(g18, c18);
        let g19 = gates(reshape(slice(x, axis = 0, range = 18..19), [2, 3]), h18);
        let c19 = Memory(g19, c18);
        let h19 = Shown(g19, c19);
        let g20 = gates(reshape(slice(x, axis = 0, range = 19..20), [2, 3]), h19);
        let c20 = Memory(g20, c19);
        output h20 = Shown(g20, c20);
        output loss = mse(h20, t);
    }
}

/// The largest radii of the last output, of the loss and of each gradient.
fn radii<D: Domain>() -> [f64; 5] {
    let mut run = Sequence::bounded::<f32, D>();
    let mut random = ChaCha8Rng::seed_from_u64(20);
    let mut leaves = run.leaves_mut();
    leaves.x.fill_with(|| random.random_range(-1.5..1.5));
    leaves.t.fill_with(|| random.random_range(-0.5..0.5));
    // As PyTorch begins: within 1/√4.
    leaves.gates.w.fill_with(|| random.random_range(-0.5..0.5));
    leaves.gates.u.fill_with(|| random.random_range(-0.5..0.5));
    leaves.gates.b.fill_with(|| random.random_range(-0.5..0.5));
    run.forward().unwrap();
    run.backward().unwrap();
    let (outputs, gradients) = (run.outputs(), run.gradients().gates);
    assert!(outputs.h20.mid().max_abs() > 0.1 && gradients.u.mid().max_abs() > 1e-3);
    [
        outputs.h20.max_radius(),
        outputs.loss.max_radius(),
        gradients.w.max_radius(),
        gradients.u.max_radius(),
        gradients.b.max_radius(),
    ]
    .map(Up::get)
}

/// Gates are bounded, and so is what their errors do, in a domain of norms too: it was ∞ after twenty steps.
#[test]
fn twenty_steps_of_an_lstm_are_known_in_every_domain() {
    let all = [radii::<Elementwise>(), radii::<Uniform>(), radii::<Euclidean>()];
    assert!(all.iter().flatten().all(|&radius| radius > 0.0 && radius.is_finite()), "{all:?}");
    let [value, loss, gradients @ ..] = all[2];
    assert!(value < 1.0 && loss < 1.0 && gradients.iter().all(|&radius| radius < 1e6), "{all:?}");
}
