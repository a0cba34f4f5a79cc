//! More words, smaller radii: so no op takes a detour through anything shorter.

use nfgrad::__private::wide::{Wide, WideBall};
use rand::{Rng, RngExt};

use super::{Enclosing, InBalls};
use crate::laws::{Law, Rule, ShapesOf};
use crate::report::Report;
use crate::sample::{Kept, Sample, generator};

/// How many bits an op may lose beside the largest number that it meets or returns.
const LOST: i64 = 20;

/// Of exact, ordinary operands every radius of the values and of the contributions is small beside the numbers at hand: by all bits of a level but a few.
pub fn check_precision<O: Law<In>, In: ShapesOf>(report: &mut Report) {
    let subject = InBalls::<O, In>::new();
    let label = format!("{} on {:?}", O::NAME, In::shapes());
    for case in 0..3 {
        let leaves = leaves(&subject as &dyn Enclosing<2>, &mut generator(&label, case));
        let radii = [
            evaluated::<2>(&subject, &leaves, &label, report),
            evaluated::<4>(&subject, &leaves, &label, report),
            evaluated::<8>(&subject, &leaves, &label, report),
        ];
        let same = radii.iter().all(|known| *known == radii[0]);
        report.demand(same, || format!("{label}: what is known depends on the level"));
    }
}

/// Ordinary operands and a cotangent, as f64: masks of which not all is 0, and indices of rows that there are.
fn leaves(subject: &dyn Enclosing<2>, rng: &mut impl Rng) -> Vec<Vec<f64>> {
    let (numels, rule) = (subject.numels(), subject.rule());
    let mut leaves: Vec<Vec<f64>> = numels
        .iter()
        .chain([&subject.result_numel()])
        .map(|&n| Sample::<f64>::normal(rng, n, Kept::each(n)).mid)
        .collect();
    let masked = match rule {
        Rule::Softmax { masked, .. } | Rule::LogSoftmax { masked, .. } | Rule::CrossEntropy { masked, .. } => masked,
        Rule::Attention(lengths) => lengths.masked,
        _ => false,
    };
    if masked {
        let mask = &mut leaves[numels.len() - 1];
        mask.iter_mut().enumerate().for_each(|(i, x)| *x = f64::from(u8::from(i == 0 || rng.random())));
    }
    if let Rule::Gather { rows, .. } = rule {
        leaves[1].iter_mut().for_each(|x| *x = rng.random_range(0..rows) as f64);
    }
    leaves
}

/// Evaluates the op on exact leaves and looks at all radii; returns which results are known.
fn evaluated<const K: usize>(
    subject: &dyn Enclosing<K>,
    leaves: &[Vec<f64>],
    label: &str,
    report: &mut Report,
) -> Vec<bool> {
    let balls = |x: &[f64]| x.iter().map(|&x| WideBall::<K>::from(x)).collect::<Vec<_>>();
    let tensors: Vec<_> = leaves.iter().map(|x| balls(x)).collect();
    let Some((dy, x)) = tensors.split_last() else { return Vec::new() };
    let x: Vec<&[WideBall<K>]> = x.iter().map(|x| &x[..]).collect();
    let mut y = vec![WideBall::UNKNOWN; dy.len()];
    subject.enclose(&x, &mut y);
    let mut dx: Vec<_> = x.iter().map(|x| vec![WideBall::UNKNOWN; x.len()]).collect();
    subject.enclose_vjp(&x, &y, dy, dx.iter_mut().map(|dx| Some(&mut dx[..])).collect());
    let results = || std::iter::once(&y).chain(&dx).flatten();
    // Terms that cancel are no larger than products of what there is.
    let largest = |balls: &[WideBall<K>]| balls.iter().map(WideBall::at_most).max().unwrap_or_default();
    let operands: i64 = tensors.iter().map(|x| i64::from(largest(x).exponent().max(0))).sum();
    let returned =
        results().filter(|ball| ball.is_known()).map(|ball| i64::from(ball.at_most().exponent().max(0))).max();
    let allowed = operands + returned.unwrap_or(0) + LOST - i64::from(Wide::<K>::BITS);
    for ball in results() {
        let sharp = !ball.is_known() || i64::from(ball.radius().exponent()) <= allowed;
        report.enclosure(true, ball.is_known(), String::new);
        report.demand(sharp, || format!("{label} in {} bits: {ball:?} should be within 2^{allowed}", 64 * K));
    }
    results().map(WideBall::is_known).collect()
}
