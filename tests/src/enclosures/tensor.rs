//! Random balls of wide numbers, with a real point in each.

use nfgrad::__private::wide::{Radius, Wide, WideBall};
use rand::{Rng, RngExt};

use crate::exact::Exact;
use crate::sample::Sample;

/// Balls, and a real number in each; any number where nothing is known.
#[derive(Clone, Debug, Default)]
pub struct Tensor<const K: usize> {
    /// The balls.
    pub balls: Vec<WideBall<K>>,
    /// The real numbers.
    pub real: Vec<Exact>,
    pub(super) is_plain: bool,
}

/// What is done with a sample.
#[derive(Clone, Copy, PartialEq)]
enum Made {
    /// Its numbers and radii, as they are.
    Whole,
    /// Its numbers without their radii.
    Exact,
    /// Its numbers with far smaller radii.
    Narrow,
}

impl<const K: usize> Tensor<K> {
    /// The numbers of a sample, or numbers beside them that use all bits, and balls around them.
    pub fn of(rng: &mut impl Rng, sample: &Sample<f64>) -> Self {
        let made = [Made::Whole, Made::Whole, Made::Exact, Made::Narrow][rng.random_range(0..4)];
        let (long, smaller) = (rng.random_bool(0.4), rng.random_range(40..i64::from(Wide::<K>::BITS) + 20));
        let is_plain = sample.is_moderate() && made != Made::Whole;
        let mut tensor = Self { is_plain, ..Self::default() };
        for ((&x, &radius), real) in sample.mid.iter().zip(&sample.rad).zip(&sample.real) {
            let Some(mut mid) = Wide::<K>::new(x) else {
                tensor.balls.push(WideBall::UNKNOWN);
                tensor.real.push(real.clone());
                continue;
            };
            if long {
                mid = lengthened(rng, mid);
            }
            let whole = Radius::of_f64(radius);
            let radius = match made {
                Made::Whole => whole,
                Made::Exact => Radius::ZERO,
                Made::Narrow => mid.at_most().scaled(-smaller),
            };
            let real = match made {
                Made::Whole if radius.is_finite() => number(&mid) + &(real.clone() - &Exact::new(x)),
                Made::Whole => real.clone(),
                _ => {
                    let part = Exact::new(f64::from(rng.random_range(-8_i8..=8)) / 8.0);
                    number(&mid) + &(number(&Wide::<2>::of(radius)) * &part)
                }
            };
            tensor.balls.push(WideBall::new(mid, radius));
            tensor.real.push(real);
        }
        tensor
    }

    /// The numbers, radii and real points of a sample, as they are.
    pub fn exactly(sample: &Sample<f64>) -> Self {
        let ball = |(&x, &radius): (&f64, &f64)| WideBall::from(x).widened(Radius::of_f64(radius));
        let balls = sample.mid.iter().zip(&sample.rad).map(ball).collect();
        Self { balls, real: sample.real.clone(), is_plain: false }
    }

    /// A tensor that is yet to be written, and full of what must not stay: a number without a radius.
    pub fn blank(numel: usize) -> Self {
        Self { balls: vec![WideBall::from(-1e77); numel], ..Self::default() }
    }

    /// Whether the numbers are of moderate size and all but certain, so that an op that knows anything knows something here.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }
}

/// A number of which only the first 64 bits are the same.
fn lengthened<const K: usize>(rng: &mut impl Rng, x: Wide<K>) -> Wide<K> {
    let (negative, mut words, exponent) = x.raw();
    if x.is_zero() {
        return x;
    }
    words[..K - 1].iter_mut().for_each(|word| *word = rng.random());
    Wide::from_raw(negative, words, exponent)
}

/// The number itself.
pub fn number<const K: usize>(x: &Wide<K>) -> Exact {
    let (negative, words, exponent) = x.raw();
    Exact::of_words(negative, &words, i64::from(exponent) - i64::from(Wide::<K>::BITS))
}

/// Whether the ball contains the real number, as far as the reference can tell; one of which nothing is known contains everything.
pub fn contains<const K: usize>(ball: &WideBall<K>, real: &Exact) -> bool {
    !ball.is_known() || !real.is_outside(&number(&ball.mid()), &number(&Wide::<2>::of(ball.radius())))
}
