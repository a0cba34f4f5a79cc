//! Every op, with docs, visibility, constants and symbols; no warning of rustc.
#![deny(missing_docs, unused, warnings)]

use nfgrad::prelude::*;

/// A constant of the module.
pub const WIDTH: usize = 32;

/// A number of the module.
pub const EPS: f64 = 1e-5;

/// Numbers of another module.
pub mod numbers {
    /// An f32, which is taken as it is.
    pub const HALF: f32 = 0.5;
    /// A name that the expansion might have taken.
    pub const L0: i64 = -3;
    /// Likewise.
    pub const A0: u8 = 7;
}

use numbers::{A0, L0};

graph! {
    /// Everything once.
    pub graph Everything<const B: usize, const H: usize, const K: usize> where H % K == 0, K > 0 {
        /// The data.
        input x: [B, 2*H];
        /// The targets.
        input t: [B, WIDTH];
        param w1: [H + H, WIDTH];
        param b1: [WIDTH];
        param groups: [K, H/K];
        param s: [];
        input _ignored: [B - 1, self::WIDTH, crate::WIDTH];

        // A comment that rustc does not see.
        let h = relu(x @ w1 + b1);
        let u: [B, WIDTH] = -tanh(0.1 * h) * 2 - s * t;
        let v = exp(u) * b1 + b1 * (u - b1);
        output ce = mean(cross_entropy(v, t));
        output mse = mse(log_softmax(v), t);
        output rows = sum(mean(v, axis = 1), axis = 0);
        output flat = sum(groups) + ce;
        let ratio = maximum(h, b1) / minimum(b1, h) / s;
        let logs = log_softmax(v, b1, axis = 1) + log_softmax(v, axis = 0) * safe_log(h) - safe_log_smooth(u, eps = 0.1);
        output bce = bce_with_logits(logs, logistic(t)) + mean(safe_div(h, b1) + safe_div(h, h, eps = 1e-3));
        output powers = leaky_relu(pow(ratio, 3) - pow(h, exponent = -2), slope = 0.2) + leaky_relu(h);
        let near = (1.0 - h) / 3 + 2 / (h * h + EPS) - -0.5 * u + numbers::HALF - (EPS - u) * crate::EPS / L0 * -L0;
        let same = rms_norm(near, b1 + 1e-5, eps = EPS) + full([WIDTH], A0) - full([B, WIDTH], 0.1) * -1;
        output unit = eye(H) @ zeros([H, 2]) + ones([2]) * [L0, 0.5] - [1, A0] + [-EPS, -2];
        output past = attention(same @ ones([WIDTH, 3]), u @ ones([WIDTH, 3]), t, causal_mask(B)) + mean([[1, 2], [0.5, 1e3]]);
        output steps = sum(arange(B + 1)) + sum(softmax(arange(2), [1, 0])) + sum([1, 2, 3]) - sum([[A0]]);
        /// The hidden layer, as an output.
        output h;
    }
}

fn main() {
    let _ = Everything::<4, 6, 3>::NAME;
}
