//! Certificates at the wide levels, beside those in f64: leaves that are no numbers, no leaves at all, casts, ops without a rule, levels that are asked for.

use nfgrad::format::{Flx, NearestEven, Nf};
use nfgrad::op::Op;
use nfgrad::prelude::*;
use nfgrad::shadow::{Enclosed, Level};
use nfgrad_tests::exact::Exact;
use nfgrad_tests::sample::Sampled;

use super::truth::{WIDE, compare, fill, shadow};

type Decimal = Nf<10, Flx<8>, NearestEven>;

graph! {
    /// Two losses of which one may be spoilt.
    graph Apart {
        param a: [3];
        param b: [3];
        param c: [3];
        let first = sum(relu(a * b) + maximum(a, b));
        let second = sum(tanh(c * b));
        output loss = first + second;
        output spoilt = first;
        output sound = second;
    }
}

fn errors<F: Sampled, S: Shape>(enclosed: Enclosed<'_, F, S>) -> Vec<f64> {
    (0..enclosed.values().as_slice().len()).map(|i| enclosed.error(i).get()).collect()
}

#[test]
fn of_a_leaf_that_is_no_number_nothing_is_known() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut run = Apart::run::<f32>();
        let mut leaves = run.leaves_mut();
        leaves.a.copy_from_slice(&[0.3, bad, 0.2]).unwrap();
        leaves.b.copy_from_slice(&[0.1, 0.7, -0.4]).unwrap();
        leaves.c.copy_from_slice(&[1.1, 0.9, -0.3]).unwrap();
        run.forward();
        run.backward();
        for level in [Level::Elementwise].into_iter().chain(WIDE) {
            let mut shadow = shadow(level);
            let certificate = shadow.certify(&run).unwrap();
            let (outputs, gradients) = (certificate.outputs(), certificate.gradients());
            assert_eq!(errors(outputs.spoilt), [f64::INFINITY], "{level:?}");
            assert_eq!(errors(outputs.loss), [f64::INFINITY], "{level:?}");
            assert!(errors(outputs.sound)[0] < 1e-6, "{level:?}");
            assert!(errors(gradients.c).iter().all(|&error| error < 1e-6), "{level:?}");
            // What depends on the derivative at that leaf has none.
            let [a, b] = [errors(gradients.a), errors(gradients.b)];
            assert_eq!([a[1], b[1]], [f64::INFINITY; 2], "{level:?} of {bad}");
            // The shadow knows that by itself, whatever the run computed.
            assert_eq!([gradients.a, gradients.b].map(|x| x.shadow_radius(1).get()), [f64::INFINITY; 2], "{level:?}");
            assert!([a[0], a[2], b[0], b[2]].iter().all(|&error| error < 1e-6), "{level:?}: {a:?} {b:?}");
        }
    }
}

graph! {
    /// A batch that may be empty.
    graph Batch<const B: usize> {
        input x: [B, 3];
        param w: [3, 2];
        param s: [3];
        let h = layer_norm(x, s, s) @ w;
        let sums = sum(relu(h)) + sum(softmax(h, axis = 1)) + sum(amax(h, axis = 1));
        output loss = sums + sum(s);
        output total = sums;
        output average = mean(h);
    }
}

#[test]
fn a_batch_without_rows_is_certified() {
    let mut run = Batch::<0>::run::<f32>();
    fill(run.leaves_mut().w.as_mut_slice(), "w", 1.0);
    run.forward();
    run.backward();
    for level in WIDE {
        let mut shadow = shadow(level);
        let certificate = shadow.certify(&run).unwrap();
        assert_eq!(errors(certificate.outputs().total), [0.0], "{level:?}");
        assert_eq!(errors(certificate.outputs().average), [f64::INFINITY], "{level:?}: a mean of nothing");
        assert_eq!(errors(certificate.gradients().w), [0.0; 6], "{level:?}");
        assert_eq!(certificate.gradients().s.mid().as_slice(), [1.0; 3], "{level:?}");
    }
}

graph! {
    /// Two numbers that lose most of their digits, each times a third.
    graph Lost {
        param a: [2];
        param b: [2];
        param c: [2];
        output y = (a - b) * c;
        output loss = sum(y);
    }
}

#[test]
fn a_leaf_that_is_no_f64_is_charged() {
    let mut run = Lost::run::<Decimal>();
    let number = |text: &str| text.parse::<Decimal>().expect("a number");
    let [a, b] = [["1.9612385", "0.5"], ["1.9612062", "0.25"]].map(|texts| texts.map(number));
    let c = ["-2.6425825", "3.1"].map(number);
    let mut leaves = run.leaves_mut();
    leaves.a.copy_from_slice(&a).unwrap();
    leaves.b.copy_from_slice(&b).unwrap();
    leaves.c.copy_from_slice(&c).unwrap();
    run.forward();
    run.backward();
    let difference: Vec<Exact> = (0..2).map(|i| a[i].real() - &b[i].real()).collect();
    let y: Vec<Exact> = (0..2).map(|i| difference[i].clone() * &c[i].real()).collect();
    for level in WIDE {
        let mut shadow = shadow(level);
        let certificate = shadow.certify(&run).unwrap();
        let ratio = compare("y", certificate.outputs().y, &y);
        assert!(ratio < 1.01, "{level:?}: {ratio}");
        // The difference is exact in eight digits, but no ball of binary numbers knows that.
        let gradient = certificate.gradients().c;
        for (i, real) in difference.iter().enumerate() {
            let (mid, radius) = (gradient.mid().as_slice()[i], gradient.shadow_radius(i).get());
            assert!(!real.violates(mid, radius), "{level:?}: {mid} ± {radius:e}");
        }
        assert!(gradient.shadow_radius(0).get() > 0.0, "{level:?}");
    }
}

mod ops {
    use nfgrad::shapes::Dim;

    use super::*;

    /// Twice the number: an op of another crate that knows nothing of balls.
    pub(crate) struct Double;

    impl<N: Dim> Op<((N,),)> for Double {
        const NAME: &'static str = "double";
        type Out = (N,);

        fn forward<F: Format>([x]: [&[F]; 1], y: &mut [F]) {
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = x.add(x));
        }

        fn vjp<F: Format>([_]: [&[F]; 1], _: &[F], dy: &[F], [dx]: [Option<&mut [F]>; 1]) {
            if let Some(dx) = dx {
                dx.iter_mut().zip(dy).for_each(|(dx, &dy)| *dx = dy.add(dy));
            }
        }
    }

    nfgrad::declare_op! { pub(crate) Double<const N: usize>(x: [N]) -> [N] }
}

graph! {
    graph Foreign {
        param w: [3];
        param v: [3];
        output doubled = ops::Double(w);
        output beside = w * v;
        output loss = sum(doubled) + sum(beside);
    }
}

#[test]
fn an_op_without_a_rule_is_unknown_and_not_false() {
    let mut run = Foreign::run::<f32>();
    fill(run.leaves_mut().w.as_mut_slice(), "w", 1.0);
    fill(run.leaves_mut().v.as_mut_slice(), "v", 1.0);
    run.forward();
    run.backward();
    for level in WIDE {
        let mut shadow = shadow(level);
        let certificate = shadow.certify(&run).unwrap();
        let (outputs, gradients) = (certificate.outputs(), certificate.gradients());
        for unknown in [errors(outputs.doubled), errors(outputs.loss), errors(gradients.w)] {
            assert!(unknown.iter().all(|&error| error == f64::INFINITY), "{level:?}: {unknown:?}");
        }
        assert!(errors(outputs.beside).iter().chain(&errors(gradients.v)).all(|&error| error < 1e-6), "{level:?}");
    }
}

graph! {
    /// A cast between a parameter and its square.
    graph Rounded {
        param w: [4];
        output half = cast(w, bf16);
        output loss = sum(half * w);
    }
}

#[test]
fn a_cast_is_the_identity_over_the_reals() {
    let w = [1.05_f32, 0.3, -7.7, 13.0];
    let mut run = Rounded::run::<f32>();
    run.leaves_mut().w.copy_from_slice(&w).unwrap();
    run.forward();
    run.backward();
    let real: Vec<_> = w.iter().map(|&w| Exact::new(f64::from(w))).collect();
    let twice: Vec<_> = w.iter().map(|&w| Exact::new(2.0 * f64::from(w))).collect();
    for level in WIDE {
        let mut shadow = shadow(level);
        let certificate = shadow.certify(&run).unwrap();
        assert!(compare("half", certificate.outputs().half, &real) < 1.000_001, "{level:?}");
        assert!(compare("d/dw", certificate.gradients().w, &twice) < 1.000_001, "{level:?}");
        assert_eq!(certificate.gradients().w.max_error(), certificate.gradients().w.max_error());
    }
}

#[test]
fn leaves_of_another_run_at_every_level() {
    let mut wide = Lost::run::<f32>();
    for (leaf, label) in [(0, "a"), (1, "b"), (2, "c")] {
        let mut leaves = wide.leaves_mut();
        let leaf = [leaves.a.as_mut_slice(), leaves.b.as_mut_slice(), leaves.c.as_mut_slice()].into_iter().nth(leaf);
        fill(leaf.expect("three leaves"), label, 1.0);
    }
    let mut run = Lost::run::<bf16>();
    run.copy_leaves_from(&wide);
    run.forward();
    run.backward();
    let leaves = wide.leaves();
    let [a, b, c] = [leaves.a, leaves.b, leaves.c].map(|x| x.as_slice().iter().map(|x| x.real()).collect::<Vec<_>>());
    let y: Vec<Exact> = (0..2).map(|i| (a[i].clone() - &b[i]) * &c[i]).collect();
    for level in WIDE {
        let mut shadow = shadow(level);
        let certificate = shadow.certify_against(&run, &wide).unwrap();
        assert!(compare("y", certificate.outputs().y, &y) < 1.000_001, "{level:?}");
        assert!(compare("d/da", certificate.gradients().a, &c) < 1.000_001, "{level:?}");
        let values = shadow.certify_values_against(&run, &wide).unwrap();
        assert!(compare("y alone", values.outputs().y, &y) < 1.000_001, "{level:?}");
    }
}

graph! {
    graph Step { input x: [2, 6]; param w: [6, 6]; output y = tanh(x @ w); }
}
graph! {
    graph Deep {
        input x: [2, 6];
        block layers: [Step; 25];
        output y = layers(x);
        output loss = sum(y);
    }
}

fn deep() -> Run<Deep, f32> {
    let mut run = Deep::run::<f32>();
    super::truth::fill_params(&mut run, 0, 0.7);
    fill(run.leaves_mut().x.as_mut_slice(), "x", 1.0);
    run.forward();
    run.backward();
    run
}

#[test]
fn a_shadow_goes_as_far_as_it_must_and_may() {
    let run = deep();
    let first = |shadow: &mut Shadow<Deep>| {
        let certificate = shadow.certify(&run).unwrap();
        (certificate.level(), certificate.gradients().layers[0].w.max_error().get())
    };
    let (level, error) = first(&mut Shadow::new());
    assert!(level >= Level::Bits128, "{level:?}");
    let (capped, blunt) = first(&mut Shadow::new().at_most(Level::Elementwise));
    assert_eq!(capped, Level::Elementwise);
    let (most, sharp) = first(&mut Shadow::new().at_least(Level::Bits512));
    assert_eq!(most, Level::Bits512);
    assert!(sharp <= error && error <= 1.01 * sharp && blunt > 10.0 * sharp, "{blunt:e} {error:e} {sharp:e}");
    // A cap is a cap.
    assert_eq!(first(&mut Shadow::new().at_least(Level::Bits512).at_most(Level::Bits128)).0, Level::Bits128);
    assert_eq!(first(&mut Shadow::new().at_most(Level::Uniform)).0, Level::Uniform);
}

#[test]
fn values_alone_are_certified_as_with_gradients() {
    let run = deep();
    for level in WIDE {
        let (mut one, mut other) = (shadow(level), shadow(level));
        let (values, both) = (one.certify_values(&run).unwrap(), other.certify(&run).unwrap());
        assert_eq!((values.level(), both.level()), (level, level));
        assert_eq!(errors(values.outputs().y), errors(both.outputs().y), "{level:?}");
        assert_eq!(errors(values.outputs().loss), errors(both.outputs().loss), "{level:?}");
    }
    // Fewer bits are enough for values than for gradients.
    let mut shadow = Shadow::new();
    let values = shadow.certify_values(&run).unwrap().level();
    assert!(values <= shadow.certify(&run).unwrap().level());
}

#[test]
fn a_shadow_that_was_used_before_answers_as_a_new_one() {
    let (first, mut second) = (deep(), deep());
    second.leaves_mut().x.fill_with(|| 0.125);
    second.forward();
    second.backward();
    for level in [Level::Elementwise, Level::Bits128, Level::Bits256] {
        let mut used = shadow(level);
        used.certify(&first).unwrap();
        let (again, mut new) = (used.certify(&second).unwrap(), shadow(level));
        let expected = new.certify(&second).unwrap();
        assert_eq!(errors(again.outputs().y), errors(expected.outputs().y), "{level:?}");
        let [a, b] = [&again, &expected].map(|certificate| errors(certificate.gradients().layers[3].w));
        assert_eq!(a, b, "{level:?}");
    }
}

graph! {
    /// Attention whose mask is added: 0 or -∞.
    graph Additive {
        param w: [4, 4];
        input x: [3, 4];
        input mask: [3, 3];
        input t: [3, 3];
        let scores = x @ w @ transpose(x) + mask;
        output p = softmax(scores);
        output loss = mse(p @ x, x) + mean(cross_entropy(scores, t));
    }
}

#[test]
fn a_mask_of_minus_infinity_is_known_at_every_level() {
    let mut run = Additive::run::<f32>();
    let mut leaves = run.leaves_mut();
    fill(leaves.w.as_mut_slice(), "w", 1.0);
    fill(leaves.x.as_mut_slice(), "x", 1.0);
    let out = f32::NEG_INFINITY;
    leaves.mask.copy_from_slice(&[0.0, out, out, 0.0, 0.0, out, 0.0, 0.0, 0.0]).unwrap();
    leaves.t.copy_from_slice(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0]).unwrap();
    run.forward();
    run.backward();
    let mut narrow = shadow(Level::Elementwise);
    let narrow = narrow.certify(&run).unwrap();
    for level in WIDE {
        let mut shadow = shadow(level);
        let certificate = shadow.certify(&run).unwrap();
        assert_eq!([1, 2, 5].map(|i| certificate.outputs().p.error(i).get()), [0.0; 3], "{level:?}");
        assert!(errors(certificate.outputs().loss)[0] < 1e-6, "{level:?}");
        let (found, expected) = (certificate.gradients().w, narrow.gradients().w);
        for i in 0..16 {
            let gap = (found.mid().as_slice()[i] - expected.mid().as_slice()[i]).abs();
            let radius = found.shadow_radius(i).get();
            assert!(radius < 1e-14 && gap <= radius + expected.shadow_radius(i).get(), "{level:?} {i}: {gap} {radius}");
        }
    }
}

graph! {
    graph Biased { param b: [3]; input t: [3]; output loss = sum(softmax(b) * t); }
}

#[test]
fn a_parameter_of_minus_infinity_is_no_mask() {
    let mut run = Biased::run::<f32>();
    run.leaves_mut().b.copy_from_slice(&[0.5, f32::NEG_INFINITY, 1.0]).unwrap();
    run.leaves_mut().t.copy_from_slice(&[1.0, 2.0, 0.5]).unwrap();
    run.forward();
    run.backward();
    for level in WIDE {
        let mut shadow = shadow(level);
        let error = errors(shadow.certify(&run).unwrap().outputs().loss)[0];
        // A share is at most 1, whatever it is; more is not known.
        assert!(error > 1.0, "{level:?}: {error:e}");
    }
}
