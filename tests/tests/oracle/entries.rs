//! Certificates of tensors with entries that are not finite, huge or tiny, and of rows with such entries.

use nfgrad::format::E4m3;
use nfgrad::prelude::*;
use nfgrad::shadow::Level;
use nfgrad_tests::exact::Exact;
use nfgrad_tests::sample::Sampled;

use crate::certificates::compare;

graph! {
    pub graph Logits {
        input x: [10];
        output y = exp(x);
    }
}

#[test]
fn one_entry_that_is_not_finite_does_not_spoil_the_others() {
    // In f32 the ninth overflows; the tenth in f64 as well.
    for bad in [[1.0, 2.0], [100.0, 3.0], [100.0, 800.0], [f32::NAN, f32::NEG_INFINITY], [88.0, f32::INFINITY]] {
        let x: [f32; 10] = std::array::from_fn(|i| if i < 8 { 0.1 + i as f32 } else { bad[i - 8] });
        let mut run = Logits::run::<f32>();
        run.leaves_mut().x.copy_from_slice(&x).unwrap();
        run.forward();
        let mut shadow = Shadow::new();
        let y = shadow.certify_values(&run).unwrap().outputs().y;
        for (i, x) in x.iter().enumerate().take(8) {
            let (real, y_i) = (Exact::new(f64::from(*x)).exp(), y.values().as_slice()[i]);
            let bound = y.error(i).get();
            assert!(!real.violates(y_i.into(), bound), "{i} beside {bad:?}");
            assert!(bound <= real.error_of(y_i.into()) + 0.01 * y_i.half_ulp().get(), "{i} beside {bad:?}: {bound:e}");
        }
        let is_finite = y.values().as_slice().iter().all(|y| y.is_finite());
        assert!(is_finite || !y.max_error().is_finite());
    }
}

graph! {
    pub graph Reciprocals {
        param w: [10];
        output loss = sum(recip(w));
    }
}

#[test]
fn one_huge_gradient_does_not_spoil_the_others() {
    // -1/w² is 10^30, which is near the end of f32, or beyond it.
    for huge in [1e-15, 1e-37] {
        let w: [f32; 10] = std::array::from_fn(|i| if i == 3 { huge } else { 1.1 + i as f32 });
        let mut run = Reciprocals::run::<f32>();
        run.leaves_mut().w.copy_from_slice(&w).unwrap();
        run.forward();
        run.backward();
        let mut shadow = Shadow::new();
        let gradient = shadow.certify(&run).unwrap().gradients().w;
        for i in (0..10).filter(|&i| i != 3) {
            assert!(gradient.error(i).get() < 1e-7, "{i} beside {huge}: {:e}", gradient.error(i).get());
        }
    }
}

graph! {
    pub graph Tenths {
        input x: [11];
        output y = 0.1 * x;
    }
}

#[test]
fn a_level_can_be_asked_for() {
    let mut run = Tenths::run::<f32>();
    run.leaves_mut().x.fill_with(|| 10.0);
    run.leaves_mut().x.as_mut_slice()[7] = 1e-40;
    run.forward();
    let mut shadow = Shadow::new();
    let certificate = shadow.certify_values(&run).unwrap();
    assert_eq!(certificate.level(), Level::Uniform);
    assert!(certificate.outputs().y.error(7).get() > 1e-17);
    let mut shadow = shadow.at_least(Level::Elementwise);
    let certificate = shadow.certify_values(&run).unwrap();
    assert_eq!(certificate.level(), Level::Elementwise);
    let real = |x: &f32| Exact::decimal(1, 1) * &x.real();
    let y = certificate.outputs().y;
    let real: Vec<_> = run.leaves().x.as_slice().iter().map(real).collect();
    compare("y", y, &real);
    let (own, error) = (y.error(7).get(), real[7].error_of(y.values().as_slice()[7].into()));
    assert!(own <= error * 1.001, "{own:e} {error:e}");
}

graph! {
    pub graph Squares {
        input x: [2, 3];
        input none: [3, 0];
        output y = x * x;
        output empty = none * none;
    }
}

#[test]
fn a_row_with_a_number_that_is_not_finite_is_in_doubt() {
    let mut run = Squares::run::<E4m3>();
    // 30² is beyond the numbers of E4m3, which makes it a NaN; the shadow knows that it is 900.
    for (first, verdict) in [
        (20.0, Verdict::Certified { class: 0 }),
        (30.0, Verdict::InDoubt { class: 1 }),
        (f64::NAN, Verdict::InDoubt { class: 1 }),
        (f64::INFINITY, Verdict::InDoubt { class: 1 }),
    ] {
        let x = [first, 2.0, 1.0, 1.0, 2.0, 1.5].map(E4m3::from_f64);
        run.leaves_mut().x.copy_from_slice(&x).unwrap();
        run.forward();
        let mut shadow = Shadow::new();
        let outputs = shadow.certify_values(&run).unwrap().outputs();
        let verdicts: Vec<_> = outputs.y.argmax().collect();
        assert_eq!(verdicts, [verdict, Verdict::Certified { class: 1 }], "{first}");
        let in_doubt = usize::from(matches!(verdict, Verdict::InDoubt { .. }));
        assert_eq!(verdicts.into_iter().collect::<Tally>(), Tally { certified: 2 - in_doubt, in_doubt, different: 0 });
        assert_eq!(outputs.empty.argmax().count(), 0);
    }
}
