//! How much larger a 2-norm of propagated errors is than it must be: than the largest singular value of the derivative.

use std::fmt;

use nfgrad::bound::Euclidean;
use nfgrad::op::Contribution;

use super::Balls;
use super::subject::{Subject, Typed};
use crate::laws::{Law, ShapesOf};
use crate::sample::{Sample, generator};

/// The radius of the one tensor that is uncertain: so small that what an op does to it is its derivative, and far above roundings.
const EPSILON: f64 = 1e-9;

/// The step of a central difference.
const STEP: f64 = 1e-5;

/// What an op makes of an error, over the most that it can be.
#[derive(Debug)]
pub struct Sensitivity {
    name: String,
    /// What result, of what uncertain tensor: `y`, `dx[0]`, …; how much too large. None of those that do not depend on it.
    pub ratios: Vec<(String, String, f64)>,
}

impl Sensitivity {
    /// The largest of all ratios.
    pub fn largest(&self) -> f64 {
        self.ratios.iter().map(|(_, _, ratio)| *ratio).fold(0.0, f64::max)
    }

    /// The least.
    pub fn least(&self) -> f64 {
        self.ratios.iter().map(|(_, _, ratio)| *ratio).fold(f64::INFINITY, f64::min)
    }
}

impl fmt::Display for Sensitivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.name)?;
        self.ratios.iter().try_for_each(|(result, of, ratio)| write!(f, " {result}/{of} {ratio:.2}"))
    }
}

/// Of an op at normally distributed numbers.
pub fn sensitivity<O: Law<In>, In: ShapesOf>() -> Sensitivity {
    measure(&Typed::<O, In, Euclidean>::new())
}

/// The operands and the cotangent of the result.
type Point = Vec<Vec<f64>>;

fn measure(subject: &dyn Subject<f64>) -> Sensitivity {
    let name = format!("{}, {:?}", subject.name(), subject.numels());
    let rng = &mut generator(&name, 0);
    let lengths = subject.numels().into_iter().chain([subject.result_numel()]);
    let point: Point = lengths.map(|n| Sample::normal(rng, n, subject.radii(n)).mid).collect();
    let operands = point.len() - 1;
    let mut ratios = Vec::new();
    let exact = radii(subject, &point, None);
    for uncertain in 0..=operands {
        let derivatives = derivatives(subject, &point, uncertain);
        let moved = radii(subject, &point, Some(uncertain));
        for (result, matrix) in derivatives.iter().enumerate() {
            let best = largest_singular_value(matrix);
            if best > 1e-6 {
                let label = |k: usize| if k == operands { "dy".to_owned() } else { format!("x{k}") };
                let of_result = if result == 0 { "y".to_owned() } else { format!("dx{}", result - 1) };
                ratios.push((of_result, label(uncertain), (moved[result] - exact[result]) / EPSILON / best));
            }
        }
    }
    Sensitivity { name, ratios }
}

/// The value and every contribution.
fn results(subject: &dyn Subject<f64>, point: &Point) -> Vec<Vec<f64>> {
    let (dy, x) = point.split_last().expect("a cotangent");
    let balls: Vec<_> = x.iter().map(|x| Balls { mid: &x[..], rad: &[0.0] }).collect();
    let mut out: Vec<Vec<f64>> = vec![vec![0.0; subject.result_numel()]];
    out.extend(x.iter().map(|x| vec![0.0; x.len()]));
    let (y, dx) = out.split_at_mut(1);
    subject.forward(&balls, &mut y[0]);
    let asked = dx.iter_mut().map(|dx| Some(&mut dx[..])).collect();
    subject.vjp(&balls, Balls { mid: &y[0], rad: &[0.0] }, Balls { mid: dy, rad: &[0.0] }, asked);
    out
}

/// The radii of the value and of every contribution, where one tensor is uncertain.
fn radii(subject: &dyn Subject<f64>, point: &Point, uncertain: Option<usize>) -> Vec<f64> {
    let (mids, rad) = (results(subject, point), |k: usize| [if uncertain == Some(k) { EPSILON } else { 0.0 }]);
    let kept: Vec<[f64; 1]> = (0..point.len()).map(rad).collect();
    let balls: Vec<_> = point.iter().zip(&kept).map(|(mid, rad)| Balls { mid: &mid[..], rad: &rad[..] }).collect();
    let (dy, x) = balls.split_last().expect("a cotangent");
    let mut radii = vec![[f64::NAN]; mids.len()];
    subject.forward_radius(x, &mids[0], &mut radii[0]);
    let y_radius = radii[0];
    let contributions = mids[1..].iter().zip(&mut radii[1..]);
    let asked = contributions.map(|(mid, radii)| Some(Contribution { mid: &mid[..], radii: &mut radii[..] })).collect();
    subject.vjp_radius(x, Balls { mid: &mids[0], rad: &y_radius }, *dy, asked);
    radii.into_iter().map(|[radius]| radius).collect()
}

/// The derivative of every result by one tensor, a row for each of its elements.
fn derivatives(subject: &dyn Subject<f64>, point: &Point, by: usize) -> Vec<Vec<Vec<f64>>> {
    let mut out = vec![Vec::new(); point.len()];
    for element in 0..point[by].len() {
        let at = |step: f64| {
            let mut point = point.clone();
            point[by][element] += step;
            results(subject, &point)
        };
        for ((out, ahead), behind) in out.iter_mut().zip(at(STEP)).zip(at(-STEP)) {
            out.push(ahead.iter().zip(behind).map(|(a, b)| (a - b) / (2.0 * STEP)).collect());
        }
    }
    out
}

/// By power iteration, from below.
fn largest_singular_value(rows: &[Vec<f64>]) -> f64 {
    let width = rows.first().map_or(0, Vec::len);
    let mut x: Vec<f64> = (0..width).map(|i| 1.0 + (i * 7919 % 101) as f64 / 50.0).collect();
    let mut gain = 0.0;
    for _ in 0..300 {
        let y: Vec<f64> = rows.iter().map(|row| row.iter().zip(&x).map(|(a, x)| a * x).sum()).collect();
        let mut z = vec![0.0; width];
        for (row, y) in rows.iter().zip(&y) {
            z.iter_mut().zip(row).for_each(|(z, a)| *z += a * y);
        }
        gain = z.iter().map(|z| z * z).sum::<f64>().sqrt();
        if gain < 1e-30 {
            return 0.0;
        }
        x = z.iter().map(|z| z / gain).collect();
    }
    gain.sqrt()
}
