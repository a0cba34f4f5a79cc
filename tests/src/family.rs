//! One test an op, in every format and every radius domain: what the files `tests/ops_*.rs` are made of.

use nfgrad::bound::{Elementwise, Euclidean, Uniform};
use nfgrad::format::{E4m3, E4m3Saturating, E5m2, E5m2Saturating, Tf32, bf16, f16};

use crate::check::check_op;
use crate::laws::{Law, ShapesOf};
use crate::report::Report;
use crate::sample::{Fixed, Flushed, Hexadecimal, Middling, SingleUp, Spacious, cases};

/// All formats and domains.
pub fn everywhere<O: Law<In>, In: ShapesOf>(usual: u64, report: &mut Report) {
    let cases = cases(usual);
    check_op::<O, In, f32, Uniform>(cases, report);
    check_op::<O, In, f32, Elementwise>(cases, report);
    check_op::<O, In, f64, Uniform>(cases, report);
    check_op::<O, In, f64, Elementwise>(cases, report);
    check_op::<O, In, f64, Euclidean>(cases, report);
    check_op::<O, In, bf16, Uniform>(cases, report);
    check_op::<O, In, bf16, Elementwise>(cases, report);
}

/// Each domain once, each in another format: what a shape beside the first is tried in.
pub fn in_each_domain<O: Law<In>, In: ShapesOf>(usual: u64, report: &mut Report) {
    let cases = cases(usual);
    check_op::<O, In, f32, Elementwise>(cases, report);
    check_op::<O, In, bf16, Uniform>(cases, report);
    check_op::<O, In, f64, Euclidean>(cases, report);
}

/// The formats that share their code with bf16, or differ from the native ones in nothing but how they round; and the
/// domain of 2-norms in the main ones.
pub fn in_other_formats<O: Law<In>, In: ShapesOf>(usual: u64, report: &mut Report) {
    let cases = cases(usual).div_ceil(2);
    check_op::<O, In, f32, Euclidean>(cases, report);
    check_op::<O, In, bf16, Euclidean>(cases, report);
    check_op::<O, In, Hexadecimal, Euclidean>(cases, report);
    check_op::<O, In, f16, Elementwise>(cases, report);
    check_op::<O, In, Tf32, Uniform>(cases, report);
    check_op::<O, In, E4m3, Elementwise>(cases, report);
    check_op::<O, In, E4m3Saturating, Elementwise>(cases, report);
    check_op::<O, In, E5m2Saturating, Uniform>(cases, report);
    check_op::<O, In, E5m2, Uniform>(cases, report);
    check_op::<O, In, Middling, Uniform>(cases, report);
    check_op::<O, In, Spacious, Elementwise>(cases, report);
    check_op::<O, In, SingleUp, Elementwise>(cases, report);
    check_op::<O, In, Hexadecimal, Uniform>(cases, report);
    check_op::<O, In, Fixed, Elementwise>(cases, report);
    check_op::<O, In, Flushed, Elementwise>(cases, report);
}

/// Two tests an op: its shapes, and how many cases each is tried with, in formats and in balls of wide numbers.
#[macro_export]
macro_rules! ops {
    ($($test:ident: $op:ty, $usual:literal, [$first:ty $(, $shapes:ty)* $(,)?];)*) => {$(
        mod $test {
            use super::*;

            #[test]
            fn in_formats() {
                let mut report = $crate::report::Report::new();
                $crate::family::everywhere::<$op, $first>($usual, &mut report);
                $crate::family::in_other_formats::<$op, $first>($usual, &mut report);
                $($crate::family::in_each_domain::<$op, $shapes>($usual, &mut report);)*
                report.finish();
            }

            #[test]
            fn in_balls() {
                let mut report = $crate::report::Report::new();
                $crate::enclosures::check_enclosures::<$op, $first>($usual, &mut report);
                $($crate::enclosures::check_in_128_bits::<$op, $shapes>($usual, &mut report);)*
                report.finish_knowing(0.2);
                let mut report = $crate::report::Report::new();
                $crate::enclosures::check_precision::<$op, $first>(&mut report);
                report.finish_knowing(0.2);
            }
        }
    )*};
}

/// Types that are the literals of a model: `Tenth = "0.1", 0.1, false`, where the last says whether the f64 is exact.
#[macro_export]
macro_rules! literals {
    ($($name:ident = $text:literal, $nearest:literal, $exact:literal;)*) => {$(
        struct $name;

        impl nfgrad::op::Literal for $name {
            const TEXT: &'static str = $text;
            const NEAREST: f64 = $nearest;
            const EXACT: bool = $exact;
        }
    )*};
}
