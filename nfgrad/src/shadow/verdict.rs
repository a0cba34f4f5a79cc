//! [`Verdict`]: is a prediction the one that exact real arithmetic would give?

use crate::bound::Up;
use crate::format::Format;

/// What is proved of the largest element of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The run's largest element is the one that exact arithmetic makes largest.
    Certified {
        /// Its index.
        class: usize,
    },
    /// Nothing is proved: the enclosures of two elements overlap, or some element of the row is not finite, or nothing is known of it.
    InDoubt {
        /// The run's largest element, NaNs left aside; 0 if there are no others.
        class: usize,
    },
    /// Exact arithmetic makes another element largest.
    Different {
        /// The run's largest element.
        class: usize,
        /// The exact one.
        exact: usize,
    },
}

impl Verdict {
    /// Compares the largest element of `run` with the balls `mid ± rad`; of equal elements the first counts as largest.
    ///
    /// Element `j` is proved to be the exact argmax if `mid_j - rad_j > mid_k + rad_k` for every other `k`: then the real
    /// value at `j` is larger than every other real value. A run that holds a NaN or an infinity has no largest number to compare that
    /// with, and an infinite radius encloses everything.
    pub(super) fn of<F: Format>(run: &[F], mid: &[f64], rad: impl Fn(usize) -> Up) -> Self {
        let class = largest(run);
        let is_known = |k: usize| run[k].is_finite() && mid[k].is_finite() && rad(k).is_finite();
        if !(0..run.len()).all(is_known) {
            return Self::InDoubt { class };
        }
        let exact = largest(mid);
        // Rounded toward each other, so that the comparison can only fail.
        let lower = (mid[exact] - rad(exact).get()).next_down();
        let proved = (0..mid.len()).all(|k| k == exact || lower > (mid[k] + rad(k).get()).next_up());
        match (proved, class == exact) {
            (true, true) => Self::Certified { class },
            (true, false) => Self::Different { class, exact },
            (false, _) => Self::InDoubt { class },
        }
    }
}

/// The index of the largest element, the first of equal ones; a NaN is largest only among NaNs.
fn largest<T: PartialOrd>(row: &[T]) -> usize {
    let is_nan = |j: usize| row[j].partial_cmp(&row[j]).is_none();
    (1..row.len()).fold(0, |best, j| if row[j] > row[best] || (is_nan(best) && !is_nan(j)) { j } else { best })
}

/// How many verdicts there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Proved equal.
    pub certified: usize,
    /// Not proved; among them all rows that are not finite.
    pub in_doubt: usize,
    /// Proved different.
    pub different: usize,
}

impl FromIterator<Verdict> for Tally {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        verdicts.into_iter().fold(Self::default(), |mut tally, verdict| {
            match verdict {
                Verdict::Certified { .. } => tally.certified += 1,
                Verdict::InDoubt { .. } => tally.in_doubt += 1,
                Verdict::Different { .. } => tally.different += 1,
            }
            tally
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(run: [f32; 2], mid: [f64; 2], rad: f64) -> Verdict {
        Verdict::of(&run, &mid, |_| Up::new(rad))
    }

    #[test]
    fn only_disjoint_balls_decide() {
        assert_eq!(verdict([2.0, 1.0], [2.0, 1.0], 0.4), Verdict::Certified { class: 0 });
        assert_eq!(verdict([2.0, 1.0], [2.0, 1.0], 0.5), Verdict::InDoubt { class: 0 });
        assert_eq!(verdict([1.0, 2.0], [2.0, 1.0], 0.4), Verdict::Different { class: 1, exact: 0 });
    }

    #[test]
    fn what_is_not_known_is_in_doubt() {
        assert_eq!(verdict([2.0, 1.0], [2.0, 1.0], f64::INFINITY), Verdict::InDoubt { class: 0 });
        assert_eq!(verdict([2.0, 1.0], [f64::NAN, 1.0], 0.1), Verdict::InDoubt { class: 0 });
    }

    #[test]
    fn a_row_that_is_not_finite_is_in_doubt() {
        const INF: f32 = f32::INFINITY;
        let balls = |run: &[f32]| Verdict::of(run, &[480.0, 4.0, 1.0][..run.len()], |_| Up::ZERO);
        assert_eq!(balls(&[480.0, 4.0, 1.0]), Verdict::Certified { class: 0 });
        // Overflows, of which the shadow knows the value.
        assert_eq!(balls(&[f32::NAN, 4.0, 1.0]), Verdict::InDoubt { class: 1 });
        assert_eq!(balls(&[INF, 4.0, 1.0]), Verdict::InDoubt { class: 0 });
        assert_eq!(balls(&[480.0, 4.0, f32::NAN]), Verdict::InDoubt { class: 0 });
        assert_eq!(balls(&[480.0, 4.0, -INF]), Verdict::InDoubt { class: 0 });
        assert_eq!(balls(&[f32::NAN; 3]), Verdict::InDoubt { class: 0 });
        // A row of one element has nothing to be compared with, and yet.
        assert_eq!(balls(&[480.0]), Verdict::Certified { class: 0 });
        assert_eq!(balls(&[f32::NAN]), Verdict::InDoubt { class: 0 });
        assert_eq!(Verdict::of(&[1.0_f32], &[f64::NAN], |_| Up::ZERO), Verdict::InDoubt { class: 0 });
        assert_eq!(Verdict::of(&[1.0_f32], &[1.0], |_| Up::INFINITY), Verdict::InDoubt { class: 0 });
    }

    #[test]
    fn an_infinite_ball_decides_nothing() {
        let below = |k| if k == 1 { Up::INFINITY } else { Up::ZERO };
        assert_eq!(Verdict::of(&[2.0_f32, 1.0], &[2.0, f64::NEG_INFINITY], below), Verdict::InDoubt { class: 0 });
        assert_eq!(Verdict::of(&[2.0_f32, 1.0], &[f64::INFINITY, 1.0], |_| Up::ZERO), Verdict::InDoubt { class: 0 });
    }

    #[test]
    fn equal_elements_are_never_certified() {
        assert_eq!(verdict([1.0, 1.0], [1.0, 1.0], 0.0), Verdict::InDoubt { class: 0 });
    }
}
