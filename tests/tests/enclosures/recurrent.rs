//! An LSTM of 50 steps, whose parameters are shared by all of them.

use nfgrad::prelude::*;
use nfgrad::shadow::Level;
use nfgrad_tests::laws::{Function, Rule};

use super::truth::{Builder, Truth, compare, fill, fill_params, shadow};

graph! {
    /// One step: the state is `h`, then `c`.
    graph Cell {
        input s: [2, 8];
        input x: [2, 3];
        param w: [7, 16];
        param b: [16];
        let gates = concat(x, slice(s, axis = 1, range = 0..4), axis = 1) @ w + b;
        let entering = sigmoid(slice(gates, axis = 1, range = 0..4)) * tanh(slice(gates, axis = 1, range = 12..16));
        let c = sigmoid(slice(gates, axis = 1, range = 4..8)) * slice(s, axis = 1, range = 4..8) + entering;
        output y = concat(sigmoid(slice(gates, axis = 1, range = 8..12)) * tanh(c), c, axis = 1);
    }
}
graph! {
    graph Five {
        input s: [2, 8];
        input x: [2, 3];
        param w: [7, 16];
        param b: [16];
        output y = Cell(Cell(Cell(Cell(Cell(s, x, w, b), x, w, b), x, w, b), x, w, b), x, w, b);
    }
}
graph! {
    graph Lstm {
        input t: [2, 8];
        input x: [2, 3];
        param w: [7, 16];
        param b: [16];
        let half = Five(Five(Five(Five(Five(t, x, w, b), x, w, b), x, w, b), x, w, b), x, w, b);
        output y = Five(Five(Five(Five(Five(half, x, w, b), x, w, b), x, w, b), x, w, b), x, w, b);
        output loss = mse(y, t);
    }
}

fn program(steps: usize) -> Builder {
    let mut net = Builder::new(&[112, 16], &[16, 6]);
    let (t, x) = (net.input(0), net.input(1));
    let part = |start, total| Rule::Slice { total, start, width: 4 };
    let mut state = t;
    for _ in 0..steps {
        let h = net.node(part(0, 8), &[state]);
        let joined = net.node(Rule::Concat { outer: 2, widths: vec![3, 4] }, &[x, h]);
        let product = net.node(Rule::MatMul { m: 2, k: 7, n: 16 }, &[joined, 0]);
        let gates = net.node(Rule::Add, &[product, 1]);
        let gate = |net: &mut Builder, start, rule| {
            let part = net.node(part(start, 16), &[gates]);
            net.node(rule, &[part])
        };
        let sigmoid = || Rule::Unary(Function::Sigmoid);
        let [i, f, o] = [0, 4, 8].map(|start| gate(&mut net, start, sigmoid()));
        let g = gate(&mut net, 12, Rule::Tanh);
        let entering = net.node(Rule::Mul, &[i, g]);
        let c = net.node(part(4, 8), &[state]);
        let left = net.node(Rule::Mul, &[f, c]);
        let c = net.node(Rule::Add, &[left, entering]);
        let curved = net.node(Rule::Tanh, &[c]);
        let h = net.node(Rule::Mul, &[o, curved]);
        state = net.node(Rule::Concat { outer: 2, widths: vec![4, 4] }, &[h, c]);
    }
    net.node(Rule::Mse, &[state, t]);
    net
}

#[test]
fn fifty_steps() {
    let mut run = Lstm::run::<f32>();
    let params = fill_params(&mut run, 0, 0.7);
    let mut leaves = run.leaves_mut();
    fill(leaves.t.as_mut_slice(), "t", 1.0);
    fill(leaves.x.as_mut_slice(), "x", 1.0);
    run.forward();
    run.backward();
    let inputs = [run.leaves().t.as_slice().to_vec(), run.leaves().x.as_slice().to_vec()];
    let Truth { values, gradients } = program(50).truth(&params, &inputs);
    for level in [Level::Elementwise, Level::Bits128, Level::Bits256, Level::Bits512] {
        let mut shadow = shadow(level);
        let certificate = shadow.certify(&run).unwrap();
        let (outputs, found) = (certificate.outputs(), certificate.gradients());
        let ratios = [
            compare("loss", outputs.loss, &values[values.len() - 1]),
            compare("y", outputs.y, &values[values.len() - 2]),
            compare("d/dw", found.w, &gradients[0]),
            compare("d/db", found.b, &gradients[1]),
        ];
        assert!(level < Level::Bits128 || ratios.iter().all(|&ratio| ratio <= 1.01), "{level:?}: {ratios:?}");
    }
}
