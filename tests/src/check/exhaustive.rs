//! Every number and every pair of numbers of a format that has few: what random numbers may miss.
//!
//! The numbers are tried as they are, without radii, and again with radii and real points that are drawn from short lists of the worst
//! ones: an ulp, the number itself, the largest number; both ends of the ball, its middle and points inside.

use std::ops::RangeInclusive;

use nfgrad::bound::{Domain, Elementwise};
use nfgrad_shapes::D;
use rand::{Rng, RngExt};

use super::Trial;
use super::subject::{Subject, Typed};
use crate::exact::Exact;
use crate::laws::{Law, ShapesOf};
use crate::report::Report;
use crate::sample::{Enumerated, Sample, generator};

/// As many numbers as a format of eight bits may have; ops that act entry by entry are given all of them at once.
pub type Line = (D<256>,);
/// As many pairs: what ops along rows are given at once.
pub type Pairs = (D<256>, D<2>);

const LINE: usize = 256;
/// How often things are tried with radii, one in [`SPARSE`] of all: what is remembered of exact numbers is not of uncertain ones.
const ROUNDS: usize = 2;
const SPARSE: usize = 4;

/// The rounds of number `n`: the first is without radii.
fn rounds(n: usize) -> RangeInclusive<usize> {
    if n.is_multiple_of(SPARSE) { 0..=ROUNDS } else { 0..=0 }
}

/// Every number as `x` with every number as `dy`, or in radix 10 every fourth; if the op has two operands, both are the same node.
pub fn unary<O: Law<In>, In: ShapesOf, F: Enumerated>(report: &mut Report) {
    each_number::<F>(&Typed::<O, In, Elementwise>::new(), report);
}

/// Every pair of numbers, each of the two with every number as `dy`; then every number as both.
pub fn binary<O: Law<(Line, Line)>, F: Enumerated>(report: &mut Report) {
    let subject = Typed::<O, (Line, Line), Elementwise>::new();
    each_pair::<F>(&subject, report);
    each_number::<F>(&subject, report);
}

/// Every pair of numbers as a row of the first operand, or as all of it; the other operands and `dy` are any numbers.
pub fn vectors<O: Law<In>, In: ShapesOf, F: Enumerated, D: Domain>(report: &mut Report) {
    each_vector::<F>(&Typed::<O, In, D>::new(), report);
}

fn each_number<F: Enumerated>(subject: &dyn Subject<F>, report: &mut Report) {
    let (label, numbers) = (subject.name(), F::numbers());
    // Arithmetic in radix 10 is slow, and so is that of its real numbers.
    let step = if F::CONVERSION == 0.0 { 1 } else { 4 };
    for (n, &dy) in numbers.iter().enumerate().step_by(step) {
        let rng = &mut generator(&label, n as u64);
        for round in rounds(n / step) {
            let x = sample(rng, line(&numbers, 0), LINE, round > 0);
            let dy = sample(rng, vec![dy; LINE], LINE, round > 1);
            check(subject, format!("{label}, cotangent {n}, round {round}"), vec![x], dy, report);
        }
    }
}

fn each_pair<F: Enumerated>(subject: &dyn Subject<F>, report: &mut Report) {
    let (label, numbers) = (subject.name(), F::numbers());
    for (n, &a) in numbers.iter().enumerate() {
        let rng = &mut generator(&label, n as u64);
        for round in rounds(n) {
            let x = [vec![a; LINE], line(&numbers, 0)].map(|mid| sample(rng, mid, LINE, round > 0));
            // Another start for each `a`, so that every number meets every cotangent.
            let dy = sample(rng, line(&numbers, n + round), LINE, round > 1);
            check(subject, format!("{label}, left {n}, round {round}"), x.into(), dy, report);
        }
    }
}

fn each_vector<F: Enumerated>(subject: &dyn Subject<F>, report: &mut Report) {
    let (label, numbers) = (subject.name(), F::numbers());
    let pairs: Vec<F> = numbers.iter().flat_map(|&a| numbers.iter().flat_map(move |&b| [a, b])).collect();
    let (numels, result) = (subject.numels(), subject.result_numel());
    for (n, pairs) in pairs.chunks(numels[0]).enumerate() {
        let rng = &mut generator(&label, n as u64);
        // What is remembered of exact numbers is not of uncertain ones; where there are many, an eighth of them must do.
        let rounds = if numbers.len() < 100 || n.is_multiple_of(8) { 0..=1 } else { 0..=0 };
        for round in rounds {
            let mid = pairs.iter().copied().cycle().take(numels[0]).collect();
            let mut x = vec![sample(rng, mid, subject.radii(numels[0]).count, round > 0)];
            for &numel in &numels[1..] {
                let mid = any(rng, &numbers, numel);
                x.push(sample(rng, mid, subject.radii(numel).count, round > 0));
            }
            let mid = any(rng, &numbers, result);
            let dy = sample(rng, mid, subject.radii(result).count, round > 0);
            check(subject, format!("{label}, pairs {n}, round {round}"), x, dy, report);
        }
    }
}

fn check<F: Enumerated>(subject: &dyn Subject<F>, name: String, x: Vec<Sample<F>>, dy: Sample<F>, report: &mut Report) {
    Trial::of(subject, name, x, dy).compare(report);
}

/// All numbers from one of them on, and the first ones again until the line is full.
fn line<F: Enumerated>(numbers: &[F], start: usize) -> Vec<F> {
    assert!(numbers.len() <= LINE, "{} has {} numbers", F::NAME, numbers.len());
    numbers.iter().copied().cycle().skip(start % numbers.len()).take(LINE).collect()
}

fn any<F: Enumerated>(rng: &mut impl Rng, numbers: &[F], numel: usize) -> Vec<F> {
    (0..numel).map(|_| numbers[rng.random_range(0..numbers.len())]).collect()
}

/// The numbers with `len` radii, and a real point in each ball.
fn sample<F: Enumerated>(rng: &mut impl Rng, mid: Vec<F>, len: usize, is_uncertain: bool) -> Sample<F> {
    let mut rad = vec![0.0; len];
    if !is_uncertain {
        let real = mid.iter().map(|x| x.real()).collect();
        return Sample::of(mid, rad, real);
    }
    rad.iter_mut().zip(&mid).for_each(|(rad, x)| *rad = radius(rng, *x));
    let point = |(i, x): (usize, &F)| x.real() + &(Exact::new(rad[i % len]) * &Exact::new(place(rng)));
    let real = mid.iter().enumerate().map(point).collect();
    Sample::of(mid, rad, real)
}

/// How far the real number may be.
fn radius<F: Enumerated>(rng: &mut impl Rng, x: F) -> f64 {
    let (size, ulp) = (x.to_f64().abs(), 2.0 * x.half_ulp().get());
    let ulp = if ulp.is_finite() { ulp } else { size * F::EPSILON };
    [0.0, ulp, size, size + ulp, (size - ulp).abs(), 0.25, F::LEAST / 64.0, F::LARGEST][rng.random_range(0..8)]
}

/// Where in the ball the real number lies.
fn place(rng: &mut impl Rng) -> f64 {
    [-1.0, 1.0, 0.0, 0.5, -0.875][rng.random_range(0..5)]
}
