//! Ops that another crate adds: `graph!` calls them by their paths, infers their shapes, and says where a radius is missing.

use nfgrad::op::{Op, Pointwise};
use nfgrad::prelude::*;
use nfgrad::report::{Report, Unknown};

mod ops {
    use nfgrad::bound::{Ball, Domain, Up};
    use nfgrad::shapes::Dim;

    use super::*;

    /// `x²`, with its radii.
    pub(crate) struct Square;

    impl Pointwise for Square {
        const NAME: &'static str = "square";

        fn value<F: Format>(x: F) -> F {
            x.mul(x)
        }

        /// `|x² - x*²| <= α (2 |x| + α)`, and the rounding of the product.
        fn radius<F: Format>(x: F, alpha: Up, y: F) -> Up {
            alpha * (x.magnitude() + x.magnitude() + alpha) + F::mul_error(x, x, y)
        }

        fn vjp<F: Format>(x: F, _: F, dy: F) -> F {
            x.add(x).mul(dy)
        }
    }

    nfgrad::declare_op! { pub(crate) Square(x: [..]) -> [..] }

    /// The product of every entry of `a` with every entry of `b`, without radii.
    pub(crate) struct Outer;

    impl<M: Dim, N: Dim> Op<((M,), (N,))> for Outer {
        const NAME: &'static str = "outer";
        type Out = (M, N);

        fn forward<F: Format>([a, b]: [&[F]; 2], y: &mut [F]) {
            for (row, &a) in y.chunks_mut(N::SIZE.max(1)).zip(a) {
                row.iter_mut().zip(b).for_each(|(y, &b)| *y = a.mul(b));
            }
        }

        fn vjp<F: Format>([a, b]: [&[F]; 2], _: &[F], dy: &[F], [da, db]: [Option<&mut [F]>; 2]) {
            let dot = |x: &mut dyn Iterator<Item = F>| x.fold(F::ZERO, F::add);
            if let Some(da) = da {
                for (da, row) in da.iter_mut().zip(dy.chunks(N::SIZE.max(1))) {
                    *da = dot(&mut row.iter().zip(b).map(|(dy, b)| dy.mul(*b)));
                }
            }
            if let Some(db) = db {
                for (j, db) in db.iter_mut().enumerate() {
                    *db = dot(&mut a.iter().enumerate().map(|(i, a)| dy[i * N::SIZE + j].mul(*a)));
                }
            }
        }
    }

    nfgrad::declare_op! { pub(crate) Outer<const M: usize, const N: usize>(a: [M], b: [N]) -> [M, N] }

    /// 1, 1/2, 1/4: a constant.
    pub(crate) struct Halves;

    impl Op<()> for Halves {
        const NAME: &'static str = "halves";
        type Out = (D<3>,);

        fn forward<F: Format>(_: [&[F]; 0], y: &mut [F]) {
            y.copy_from_slice(&[1.0, 0.5, 0.25].map(F::from_f64));
        }

        fn forward_radius<F: Format, R: Domain>(_: [Ball<'_, F, R>; 0], y: &[F], radii: &mut [f64]) {
            R::fill(radii, 3, |i: usize| y[i].distance(1.0 / f64::from(1_u8 << i)));
        }

        fn vjp<F: Format>(_: [&[F]; 0], _: &[F], _: &[F], _: [Option<&mut [F]>; 0]) {}
    }

    nfgrad::declare_op! { pub(crate) Halves() -> [3] }
}
use ops::Outer;

graph! {
    graph Net<const B: usize> {
        input x: [B];
        param w: [3];
        let s = ops::Square(x);
        let p: [B, 3] = Outer(s, w);
        output loss = sum(p);
        output s;
    }
}

#[test]
fn an_op_of_another_crate_is_evaluated_and_differentiated() {
    let mut run = Net::<2>::bounded::<f32, Elementwise>();
    run.leaves_mut().x.as_mut_slice().copy_from_slice(&[2.0, -3.0]);
    run.leaves_mut().w.as_mut_slice().copy_from_slice(&[1.0, 2.0, 4.0]);
    run.forward().unwrap();
    run.backward().unwrap();
    assert_eq!(run.outputs().s.mid().as_slice(), [4.0, 9.0]);
    assert_eq!(run.outputs().s.radii(), [0.0; 2]);
    assert_eq!(run.outputs().loss.mid().value(), 13.0 * 7.0);
    assert_eq!(run.gradients().w.mid().as_slice(), [13.0; 3]);
}

graph! {
    graph Weighted<const B: usize> {
        param x: [B, 3];
        output y = x * ops::Halves();
        output loss = sum(y);
    }
}

#[test]
fn an_op_of_another_crate_may_be_a_constant() {
    let mut run = Weighted::<2>::bounded::<f32, Elementwise>();
    run.leaves_mut().x.as_mut_slice().fill(3.0);
    run.forward().unwrap();
    run.backward().unwrap();
    assert_eq!(run.outputs().y.mid().as_slice(), [3.0, 1.5, 0.75, 3.0, 1.5, 0.75]);
    assert_eq!((run.outputs().y.radii(), run.gradients().x.radii()), (&[0.0; 6][..], &[0.0; 6][..]));
    assert_eq!(run.gradients().x.mid().as_slice(), [1.0, 0.5, 0.25, 1.0, 0.5, 0.25]);
}

#[test]
fn an_op_without_a_rule_has_an_infinite_radius_and_the_report_says_why() {
    let mut run = Net::<2>::bounded::<f32, Uniform>();
    run.leaves_mut().x.as_mut_slice().copy_from_slice(&[2.0, -3.0]);
    run.leaves_mut().w.as_mut_slice().copy_from_slice(&[1.0, 2.0, 4.0]);
    run.forward().unwrap();
    run.backward().unwrap();
    assert_eq!(run.outputs().loss.max_radius().get(), f64::INFINITY);
    assert_eq!(run.gradients().w.max_radius().get(), f64::INFINITY);
    let origins = Unknown::origins(&run);
    assert_eq!((origins.len(), origins[0].name.as_str(), origins[0].op), (1, "p", "Outer"));
    let report = Report::new(run.run()).radii(&run).unwrap().to_string();
    assert!(
        report.contains("nothing is known of `p` = Outer(s, w) at element 0, where it is 4: `Outer` gives no radius"),
        "{report}"
    );
}

#[test]
fn a_leaf_that_is_not_finite_is_an_origin() {
    let mut run = Net::<2>::bounded::<f32, Elementwise>();
    run.leaves_mut().x.as_mut_slice().copy_from_slice(&[1.0, f32::NAN]);
    run.forward().unwrap();
    let origins: Vec<_> = Unknown::origins(&run).iter().map(ToString::to_string).collect();
    assert_eq!(origins, ["nothing is known of `x` at element 1: the input is NaN"]);
}
