//! Every number of the narrow formats under every function: the result is the nearest number, ties to even.
//!
//! The f64 function, whose error is known, decides nearly all of them: if both ends of its enclosure round to one number, that is
//! the nearest. The others are decided in arbitrary precision (Ziv's way).

use nfgrad::format::narrow::Narrow;
use nfgrad::format::{E4m3, E5m2, Format, Tf32, bf16, f16};

use super::{Function, big, functions, ulp};

/// How a function fared in one format.
#[derive(Default)]
struct Tally {
    numbers: u64,
    /// What f64 could not decide.
    undecided: u64,
}

impl Tally {
    fn of<F: Narrow>(f: &Function, numbers: impl Iterator<Item = F>) -> Self {
        let mut tally = Self::default();
        for x in numbers.filter(|x| Format::is_finite(*x)) {
            let (argument, computed) = (Format::to_f64(x), <F as Format>::from_f64((f.narrow)(Format::to_f64(x))));
            let nearest = nearest::<F>(f, argument, &mut tally);
            assert!(same(computed, nearest), "{}: {}({x}) is {computed} and not {nearest}", F::NAME, f.name);
            tally.numbers += 1;
        }
        tally
    }
}

/// The number that is nearest to `f(x)`.
fn nearest<F: Narrow>(f: &Function, x: f64, tally: &mut Tally) -> F {
    let y = (f.wide)(x);
    if !y.is_finite() {
        return Format::from_f64(y);
    }
    let doubt = (f.wide_ulps + 1.0) * ulp(y, 53, -1060);
    let ends: [F; 2] = [y - doubt, y + doubt].map(Format::from_f64);
    if same(ends[0], ends[1]) {
        return ends[0];
    }
    tally.undecided += 1;
    // The end that is nearer to zero is a number; half a unit beyond it is the border.
    let [near, far] = if y > 0.0 { ends } else { [ends[1], ends[0]] };
    let border = Format::to_f64(near) + near.half_ulp().get().copysign(y);
    let (exact, border) = ((f.exact)(big(x)), big(border));
    let distance = (exact - &border).to_f64().value();
    let resolved = border.to_f64().value().abs() * 2f64.powi(-150);
    assert!(distance.abs() > resolved, "{}({x:e}) is too near to a tie", f.name);
    if (distance > 0.0) == (y > 0.0) { far } else { near }
}

/// Whether two numbers are the same, or both none. (A zero of the wrong sign is a nearest number too.)
fn same<F: Narrow>(a: F, b: F) -> bool {
    a == b || a.is_nan() && b.is_nan()
}

#[test]
fn every_number_of_the_narrow_formats() {
    for f in &functions() {
        let tallies = [
            Tally::of(f, (0..=u8::MAX).map(E4m3::from_bits)),
            Tally::of(f, (0..=u8::MAX).map(E5m2::from_bits)),
            Tally::of(f, (0..=u16::MAX).map(bf16::from_bits)),
            Tally::of(f, (0..=u16::MAX).map(f16::from_bits)),
            Tally::of(f, (0..1_u32 << 19).map(|code| Tf32::round(f32::from_bits(code << 13)))),
        ];
        let counts = tallies.map(|Tally { numbers, undecided }| format!("{undecided} of {numbers}")).join(", ");
        println!("{:11} undecided by f64 in e4m3, e5m2, bf16, f16, tf32: {counts}", f.name);
    }
}
