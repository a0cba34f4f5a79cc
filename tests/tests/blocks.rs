//! Graphs in graphs: a model of blocks computes, bounds and certifies what the same model written flat does, bit for bit.

use nfgrad::bound::Domain;
use nfgrad::graph::{Model, Mut};
use nfgrad::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

mod blocks {
    use nfgrad::prelude::*;

    /// A constant in the shapes of a block.
    pub(crate) const CLASSES: usize = 3;

    graph! {
        /// `x W + b`.
        pub graph Linear<const B: usize, const I: usize, const O: usize> {
            input x: [B, I];
            param w: [I, O];
            param b: [O];
            output y = x @ w + b;
        }
    }
    graph! {
        /// Two layers around a wider one, added to what they read.
        pub graph Residual<const B: usize, const H: usize> {
            input x: [B, H];
            block up: Linear<_, H, 4*H>;
            block down: Linear<_, 4*H, H>;
            output y = x + down(tanh(up(x)));
        }
    }
    graph! {
        /// A loss as a block; the inputs come in another order than the leaves of the caller.
        pub graph Loss<const B: usize> {
            input target: [B, CLASSES];
            param scale: [];
            input logits: [B, CLASSES];
            output loss = mean(cross_entropy(logits * scale, target));
        }
    }
    graph! {
        /// No parameter at all, and an input that is the output.
        pub graph Same<const N: usize> {
            input x: [N];
            output x;
        }
    }
}
use blocks::{CLASSES, Linear, Loss, Residual, Same};

graph! {
    /// Of blocks.
    pub graph Net<const B: usize> {
        input x: [B, 2];
        input t: [B, CLASSES];
        param w: [2, 4];
        param c: [4];
        block stack: [Residual<B, 4>; 2];
        block head: Linear<_, _, CLASSES>;
        block end: Loss;
        param v: [4, CLASSES];
        let h = stack(Linear(x, w, c));
        let again = stack[0](h);
        output logits = head(again) + again @ v;
        output loss = end(t, logits);
    }
}

graph! {
    /// The same, flat: its leaves are in the order of those of `Net`.
    pub graph Flat<const B: usize> {
        input x: [B, 2];
        input t: [B, 3];
        param w: [2, 4];
        param c: [4];
        param wu0: [4, 16]; param bu0: [16]; param wd0: [16, 4]; param bd0: [4];
        param wu1: [4, 16]; param bu1: [16]; param wd1: [16, 4]; param bd1: [4];
        param head_w: [4, 3]; param head_b: [3];
        param scale: [];
        param v: [4, 3];
        let h0 = x @ w + c;
        let h1 = h0 + (tanh(h0 @ wu0 + bu0) @ wd0 + bd0);
        let h2 = h1 + (tanh(h1 @ wu1 + bu1) @ wd1 + bd1);
        let h3 = h2 + (tanh(h2 @ wu0 + bu0) @ wd0 + bd0);
        output logits = (h3 @ head_w + head_b) + h3 @ v;
        output loss = mean(cross_entropy(logits * scale, t));
    }
}

/// The same numbers for both: the parameters are laid out alike, one after another.
fn fill<F: Format, D: Domain>(net: &mut BoundedRun<Net<3>, F, D>, flat: &mut BoundedRun<Flat<3>, F, D>) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    flat.leaves_mut().x.fill_with(|| F::from_f64(random.random_range(-1.0..1.0)));
    for (row, class) in [2, 0, 1].into_iter().enumerate() {
        flat.leaves_mut().t.as_mut_slice()[3 * row + class] = F::ONE;
    }
    for x in flat.params_and_gradients_mut().0 {
        *x = F::from_f64(random.random_range(-1.0..1.0));
    }
    net.copy_params_from(flat.run());
    let leaves = flat.run().leaves();
    let mut blocks: <Net<3> as Model>::Leaves<Mut<'_, F>> = net.leaves_mut();
    blocks.x.copy_from(leaves.x);
    blocks.t.copy_from(leaves.t);
}

fn agree<F: Format, D: Domain>() {
    let (mut net, mut flat) = (Net::<3>::bounded::<F, D>(), Flat::<3>::bounded::<F, D>());
    fill(&mut net, &mut flat);
    let mut plain = net.run().clone();
    for _ in 0..2 {
        plain.forward();
        plain.backward();
        net.forward().unwrap();
        net.backward().unwrap();
        flat.forward().unwrap();
        flat.backward().unwrap();
    }
    let (outputs, expected) = (net.outputs(), flat.outputs());
    assert_eq!(outputs.logits.mid().as_slice(), expected.logits.mid().as_slice());
    assert_eq!(outputs.logits.radii(), expected.logits.radii());
    assert_eq!(outputs.loss.radii(), expected.loss.radii());
    assert_eq!(outputs.loss.mid().as_slice(), plain.outputs().loss.as_slice());

    // `stack[0]` is called twice: the flat graph adds contributions tensor by tensor in the same order.
    let (gradients, expected) = (net.gradients(), flat.gradients());
    let [first, second] = gradients.stack;
    macro_rules! same {
        ($($ours:expr, $theirs:ident;)*) => {$(
            assert_eq!($ours.mid().as_slice(), expected.$theirs.mid().as_slice(), stringify!($theirs));
            assert_eq!($ours.radii(), expected.$theirs.radii(), stringify!($theirs));
        )*};
    }
    same! {
        gradients.w, w; gradients.c, c; gradients.v, v; gradients.end.scale, scale;
        gradients.head.w, head_w; gradients.head.b, head_b;
        first.up.w, wu0; first.up.b, bu0; first.down.w, wd0; first.down.b, bd0;
        second.up.w, wu1; second.up.b, bu1; second.down.w, wd1; second.down.b, bd1;
    }
    assert_eq!(plain.gradients().stack[1].up.w.as_slice(), second.up.w.mid().as_slice());
    assert!(first.up.w.mid().max_abs() > 0.0 && first.up.w.max_radius().get() > 0.0);
}

#[test]
fn a_model_of_blocks_is_the_flat_model_bit_for_bit() {
    agree::<f32, Uniform>();
    agree::<f32, Elementwise>();
    agree::<f64, Uniform>();
    agree::<f64, Elementwise>();
    agree::<f64, Euclidean>();
    agree::<bf16, Uniform>();
    agree::<bf16, Elementwise>();
}

#[test]
fn a_shadow_sees_into_blocks() {
    let (mut net, mut flat) = (Net::<3>::bounded::<f32, Uniform>(), Flat::<3>::bounded::<f32, Uniform>());
    fill(&mut net, &mut flat);
    net.forward().unwrap();
    net.backward().unwrap();
    flat.forward().unwrap();
    flat.backward().unwrap();
    let (mut ours, mut theirs) = (Shadow::<Net<3>>::new(), Shadow::<Flat<3>>::new());
    let (ours, theirs) = (ours.certify(net.run()).unwrap(), theirs.certify(flat.run()).unwrap());
    assert_eq!(ours.outputs().loss.max_error().get(), theirs.outputs().loss.max_error().get());
    let (ours, theirs) = (ours.gradients().stack[1].down.w.max_error(), theirs.gradients().wd1.max_error());
    assert!(ours.get() == theirs.get() && ours.get() < 1e-6, "{ours:?} {theirs:?}");
}

#[test]
fn parameters_have_the_names_of_their_blocks() {
    let names: Vec<_> = Net::<3>::ENTRIES.iter().map(|entry| entry.name).collect();
    assert_eq!(names[..4], ["w", "c", "stack[0].up.w", "stack[0].up.b"]);
    assert_eq!(names[10..14], ["head.w", "head.b", "end.scale", "v"]);
    let calls: Vec<_> = Net::<3>::ENTRIES[16..].iter().map(|entry| entry.op).collect();
    assert_eq!(calls, ["Linear", "Residual", "Residual", "Residual", "Linear", "matmul", "add", "Loss"]);
    let table = Net::<3>::default().to_string();
    assert!(table.contains("stack[0].*, %16"), "{table}");
}

graph! {
    /// The same tensor twice, an input that is not differentiated, and a block that computes nothing.
    graph Shared {
        input x: [2, 2];
        param w: [2, 2];
        param b: [2];
        block same: Same;
        output loss = sum(Linear(w, w, same(b)) + Linear(x, w, b));
    }
}

graph! {
    graph SharedFlat {
        input x: [2, 2];
        param w: [2, 2];
        param b: [2];
        output loss = sum((w @ w + b) + (x @ w + b));
    }
}

#[test]
fn one_tensor_may_be_several_leaves_of_a_block() {
    let (mut shared, mut flat) = (Shared::bounded::<f32, Elementwise>(), SharedFlat::bounded::<f32, Elementwise>());
    for (i, x) in flat.params_and_gradients_mut().0.iter_mut().enumerate() {
        *x = 0.1 * (i as f32) - 0.3;
    }
    shared.copy_params_from(flat.run());
    flat.leaves_mut().x.fill_with(|| 0.7);
    shared.leaves_mut().x.fill_with(|| 0.7);
    flat.forward().unwrap();
    flat.backward().unwrap();
    shared.forward().unwrap();
    shared.backward().unwrap();
    assert_eq!(shared.outputs().loss.mid().value(), flat.outputs().loss.mid().value());
    // The sums are formed in another order, so the gradients agree within their radii, and both are true.
    let (ours, theirs) = (shared.gradients(), flat.gradients());
    for (ours, theirs) in [(ours.w, theirs.w)] {
        for i in 0..4 {
            let gap = f64::from(ours.mid().as_slice()[i]) - f64::from(theirs.mid().as_slice()[i]);
            assert!(gap.abs() <= ours.radius(i).get() + theirs.radius(i).get());
            assert!(ours.radius(i).get() < 1e-5);
        }
    }
    assert_eq!(ours.b.mid().as_slice(), [4.0; 2]);
}

#[test]
fn what_is_not_finite_inside_a_block_is_not_known_outside() {
    let (mut net, mut flat) = (Net::<3>::bounded::<f32, Elementwise>(), Flat::<3>::bounded::<f32, Elementwise>());
    fill(&mut net, &mut flat);
    net.leaves_mut().stack[1].up.w.as_mut_slice()[0] = f32::NAN;
    net.forward().unwrap();
    net.backward().unwrap();
    assert_eq!(net.outputs().loss.radius(0).get(), f64::INFINITY);
    assert_eq!(net.gradients().w.max_radius().get(), f64::INFINITY);
}
