//! Nothing is known of a leaf that is not finite, nor of what is made of it, finite though it may look.

use nfgrad::bound::Domain;
use nfgrad::prelude::*;

type X = (D<3>,);

graph! {
    /// Three functions that turn an infinity into a finite number.
    pub graph Saturating {
        param x: [3];
        output squashed = tanh(x);
        output cut = relu(x);
        output small = exp(x);
        output loss = sum(squashed) + sum(cut) + sum(small);
    }
}

/// tanh(∞) is 1, relu(-∞) and exp(-∞) are 0: finite numbers that say nothing, for an infinity is an overflow or a mistake.
#[test]
fn neither_an_infinite_leaf_nor_what_is_made_of_it_is_known() {
    fn check<F: Format, D: Domain>() {
        for bad in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let mut run = Saturating::bounded::<F, D>();
            run.leaves_mut().x.copy_from_slice(&[F::ONE, F::from_f64(bad), F::ZERO]).expect("three numbers");
            run.forward().unwrap();
            run.backward().unwrap();
            let leaf = run.get(Idx::<_, X, 0>::new());
            let outputs = run.outputs();
            for radius in [leaf.radius(1), outputs.squashed.radius(1), outputs.cut.radius(1), outputs.small.radius(1)] {
                assert!(!radius.is_finite(), "{bad} in {} {}: {radius:?}", F::NAME, D::NAME);
            }
            assert!(!outputs.loss.radius(0).is_finite());
            assert!(!run.gradients().x.radius(1).is_finite());
        }
    }
    check::<f32, Uniform>();
    check::<f32, Elementwise>();
    check::<f32, Euclidean>();
    check::<f64, Uniform>();
    check::<f64, Elementwise>();
    check::<bf16, Uniform>();
    check::<bf16, Elementwise>();
    check::<bf16, Euclidean>();
}
