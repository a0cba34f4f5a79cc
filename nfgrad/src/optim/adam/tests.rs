//! In every format the steps are those of the real optimizer, but for the rounding of the parameter.

use super::{Adam, AdamW};
use crate::format::{
    AccumulateIn, AccumulateInF64, Below, Carried, E4m3, E4m3Saturating, E5m2, Flt, Format, FusedEach, NearestEven, Nf,
    RoundEach, Tf32, f16,
};
use crate::prelude::*;

graph! {
    graph Line {
        input slope: [2];
        param w: [2];
        output loss = sum(w * slope);
    }
}

/// A parameter after so many steps from 1/2 along a gradient that is always `g`: the formulas of the paper in f64.
fn real(steps: i32, g: f64, rate: f64, eps: f64) -> f64 {
    let (mut m, mut v, mut p) = (0.0, 0.0, 0.5);
    for t in 1..=steps {
        m = 0.9 * m + 0.1 * g;
        // In units of the gradient, so that nothing underflows.
        v = 0.999 * v + 0.001;
        let [m, v] = [m / (1.0 - 0.9_f64.powi(t)), v / (1.0 - 0.999_f64.powi(t))];
        p -= rate * m / (v.sqrt() * g.abs() + eps);
    }
    p
}

/// The parameters with their radii after ten steps, which are the same without radii, bit for bit.
fn ten_steps<F: Format>(g: F, rate: f64, eps: f64) -> Vec<(F, f64)> {
    let mut run = Line::bounded::<F, Elementwise>();
    run.leaves_mut().w.fill_with(|| F::from_f64(0.5));
    run.leaves_mut().slope.copy_from_slice(&[g, g.neg()]).unwrap();
    let (mut plain, mut decoupled) = (run.run().clone(), run.run().clone());
    let (mut adam, mut same) = (Adam::<F>::new(rate).eps(eps), Adam::<F>::new(rate).eps(eps));
    let mut adam_w = AdamW::<F>::new(rate).eps(eps).weight_decay(0.0);
    for _ in 0..10 {
        run.forward().unwrap();
        run.backward().unwrap();
        adam.step_bounded(&mut run).unwrap();
        for plain in [&mut plain, &mut decoupled] {
            plain.forward();
            plain.backward();
        }
        same.step(&mut plain).unwrap();
        adam_w.step(&mut decoupled).unwrap();
    }
    let w = run.params().w;
    assert!([plain, decoupled].iter().all(|run| run.params()[..2] == *w.mid().as_slice()));
    (0..2).map(|i| (w.mid().as_slice()[i], w.radius(i).get())).collect()
}

fn follows<F: Format>() {
    for g in [1e-3, 1e-7, 0.25, 6e4] {
        let g = F::from_f64(g);
        if g == F::ZERO || !g.is_finite() {
            continue;
        }
        for (sign, (p, radius)) in [1.0, -1.0].into_iter().zip(ten_steps(g, 1e-3, 1e-8)) {
            let exact = real(10, sign * g.to_f64(), 1e-3, 1e-8);
            let error = (p.to_f64() - exact).abs();
            // Half a unit a step, where the step is not so small that the parameter stays.
            let ulps = 10.5 * F::from_f64(0.5).half_ulp().get() + 1e-6 * 1e-3;
            assert!(error <= ulps, "{} {g}: {p}, not {exact}", F::NAME);
            assert!(error <= radius + 1e-14 && radius < 0.2, "{} {g}: {error} > {radius}", F::NAME);
        }
    }
}

#[test]
fn ten_steps_are_those_of_the_real_optimizer_in_every_format() {
    follows::<f32>();
    follows::<f64>();
    follows::<bf16>();
    follows::<f16>();
    follows::<Tf32>();
    follows::<E4m3>();
    follows::<E4m3Saturating>();
    follows::<E5m2>();
    follows::<Carried<11, -24, 15>>();
    follows::<Carried<20, -40, 40>>();
    follows::<RoundEach<f16>>();
    follows::<RoundEach<f32>>();
    follows::<FusedEach<f16>>();
    follows::<AccumulateInF64<f16>>();
    follows::<AccumulateIn<f16, f32>>();
    follows::<Nf<2, Below<Flt<-24, 11>, 16>, NearestEven>>();
    follows::<Nf<10, Flt<-12, 4>, NearestEven>>();
}

#[test]
fn a_second_moment_that_underflows_does_not_lead_astray() {
    fn check<F: Format>(g: f64, eps: f64) {
        for (sign, (p, radius)) in [1.0, -1.0].into_iter().zip(ten_steps(F::from_f64(g), 1e-3, eps)) {
            let error = (p.to_f64() - real(10, sign * g, 1e-3, eps)).abs();
            // Ten times η K, which is 2.7 in the end.
            assert!((p.to_f64() - 0.5).abs() < 0.03, "{} {g}: {p}", F::NAME);
            assert!(error <= radius + 1e-14 && radius < 0.06, "{} {g}: {error} > {radius}", F::NAME);
        }
    }
    check::<f32>(f32::from_f64(1e-25).into(), 1e-36);
    check::<bf16>(bf16::from_f64(1e-25).to_f64(), 1e-36);
    check::<f64>(1e-200, 1e-250);
}

/// The real optimizer that begins with a second moment of 0 takes a step of 5e7, and a radius says so.
#[test]
fn a_step_that_was_brought_back_is_charged_where_the_real_one_may_be_beyond() {
    let mut run = Line::bounded::<f32, Elementwise>();
    let mut adam = Adam::<f32>::new(1e-3).eps(1e-36);
    let mut plain = run.run().clone();
    plain.leaves_mut().slope.fill_with(|| 1e-25);
    plain.forward();
    plain.backward();
    adam.step(&mut plain).unwrap();
    adam.assume_exact();
    run.forward().unwrap();
    run.backward().unwrap();
    adam.step_bounded(&mut run).unwrap();
    let w = run.params().w;
    assert!(w.mid().max_abs() < 0.01 && w.max_radius().get() > 4.7e7, "{w:?}");
}
