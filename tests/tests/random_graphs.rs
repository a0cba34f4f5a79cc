//! Random graphs of up to 30 nodes in many formats, against exact reverse mode over the reals: every value and every gradient.

use nfgrad::bound::{Domain, Euclidean};
use nfgrad::format::{E4m3, bf16};
use nfgrad::prelude::*;
use nfgrad_tests::catalogue;
use nfgrad_tests::program::{Dynamic, random};
use nfgrad_tests::report::Report;
use nfgrad_tests::sample::{Decimal, Flushed, Middling, Sampled, SingleUp, cases, generator};

fn check<F: Sampled, R: Domain>(graphs: u64) {
    let (catalogue, mut report) = (catalogue::in_format::<F, R>(), Report::new());
    for graph in 0..cases(graphs) {
        let rng = &mut generator(&format!("{} {}", F::NAME, R::NAME), graph);
        let (program, nodes) = random(rng, &catalogue, format!("graph {graph}").leak());
        let mut machine = Dynamic::<F, R>::new(&program.params, &program.inputs, nodes);
        program.check(&mut machine, 3, &mut report);
    }
    report.finish_knowing(0.3);
}

macro_rules! graphs {
    ($($test:ident: $format:ty, $domain:ty;)*) => {$(
        #[test]
        fn $test() {
            check::<$format, $domain>(100);
        }
    )*};
}

graphs! {
    in_f32_uniform: f32, Uniform;
    in_f32_elementwise: f32, Elementwise;
    in_f64: f64, Elementwise;
    in_bf16: bf16, Uniform;
    in_f32_with_norms: f32, Euclidean;
    in_e4m3: E4m3, Elementwise;
    in_a_carried_format: Middling, Elementwise;
    in_a_format_that_rounds_up: SingleUp, Elementwise;
    in_a_format_that_flushes: Flushed, Uniform;
    in_a_decimal_format: Decimal, Elementwise;
}
