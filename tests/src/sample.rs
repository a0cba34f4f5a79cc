//! Random tensors, radii and real points: chosen where bounds break, not where they are comfortable.

mod formats;
mod trap;

use nfgrad::bound::Domain;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::exact::Exact;

pub use formats::{Decimal, Enumerated, Fixed, Flushed, Hexadecimal, Middling, Sampled, SingleUp, Spacious};
pub use trap::{TRAPS, Trap};

/// The generator of one case: the same in every run, unlike that of any other case.
pub fn generator(label: &str, case: u64) -> ChaCha8Rng {
    // FNV-1a: any mixing of the label will do.
    let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    ChaCha8Rng::seed_from_u64(hash ^ case.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// How many cases to try: the environment variable `NFGRAD_CASES` multiplies the number that suits every day.
pub fn cases(usual: u64) -> u64 {
    let factor = std::env::var("NFGRAD_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    usual * factor
}

/// Which numbers a tensor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    /// Multiples of 1/8 up to 4: most operations are exact, ties and zeros abound.
    Grid,
    /// Normally distributed, as weights are.
    Normal,
    /// Up to hundreds, where exponentials overflow and underflow.
    Wide,
    /// Any finite bit pattern: every exponent is as likely as any other.
    Bits,
    /// Powers of two and their neighbours, where the unit in the last place changes.
    Powers,
    /// Around a common number, so that differences cancel.
    Close,
    /// Subnormal, or nearly so.
    Tiny,
    /// Near the largest number, so that results overflow.
    Huge,
    /// Zeros of both signs among others.
    Sparse,
}

const VALUES: [Values; 9] = [
    Values::Grid,
    Values::Normal,
    Values::Wide,
    Values::Bits,
    Values::Powers,
    Values::Close,
    Values::Tiny,
    Values::Huge,
    Values::Sparse,
];

impl Values {
    /// One of the kinds; the comfortable ones come up most.
    fn random(rng: &mut impl Rng) -> Self {
        if rng.random_bool(0.3) { Self::Grid } else { VALUES[rng.random_range(0..VALUES.len())] }
    }

    fn is_moderate(self) -> bool {
        matches!(self, Self::Grid | Self::Normal | Self::Powers | Self::Close | Self::Sparse)
    }

    /// A tensor of that kind.
    fn tensor<F: Sampled>(self, rng: &mut impl Rng, numel: usize) -> Vec<F> {
        let common = normal(rng) * 2_f64.powi(rng.random_range(-6..6));
        (0..numel).map(|_| self.element(rng, common)).collect()
    }

    fn element<F: Sampled>(self, rng: &mut impl Rng, common: f64) -> F {
        let sign = if rng.random() { 1.0 } else { -1.0 };
        let x = match self {
            Self::Grid => f64::from(rng.random_range(-32_i32..=32)) / 8.0,
            Self::Wide => normal(rng) * [10.0, 40.0, 300.0][rng.random_range(0..3)],
            Self::Bits => return any_finite(rng),
            Self::Powers => {
                let power = 2_f64.powi(rng.random_range(-12..9));
                sign * power * (1.0 + F::EPSILON * f64::from(rng.random_range(-1_i32..=1)))
            }
            Self::Close => common * (1.0 + F::EPSILON * f64::from(rng.random_range(-3_i32..=3))),
            Self::Tiny => sign * F::LEAST * f64::from(rng.random_range(0_u16..=u16::MAX)),
            Self::Huge => sign * F::LARGEST * rng.random_range(0.1..1.0),
            Self::Sparse if rng.random_bool(0.5) => return if sign < 0.0 { F::ZERO.neg() } else { F::ZERO },
            Self::Normal | Self::Sparse => normal(rng),
        };
        F::from_f64(x)
    }
}

fn any_finite<F: Sampled>(rng: &mut impl Rng) -> F {
    loop {
        let x = F::of_bits(rng.random());
        if x.is_finite() {
            return x;
        }
    }
}

/// Approximately standard normal (Irwin-Hall), which is all that is wanted of it; the factor gives it its last bits.
pub fn normal(rng: &mut impl Rng) -> f64 {
    ((0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0) * rng.random_range(0.9..1.1)
}

/// Numbers with their radii, one for each or one for all.
#[derive(Clone, Copy, Debug)]
pub struct Balls<'a, F> {
    /// The numbers.
    pub mid: &'a [F],
    /// The radii.
    pub rad: &'a [f64],
}

impl<F> Balls<'_, F> {
    /// The radius of element `i`.
    pub fn radius(&self, i: usize) -> f64 {
        if self.rad.len() == self.mid.len() { self.rad[i] } else { self.rad[0] }
    }
}

/// What is kept of the radii of a tensor.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// How many: one for each element or one for all.
    pub count: usize,
    /// Whether it bounds the 2-norm of all errors.
    pub is_norm: bool,
}

impl Kept {
    /// What a domain keeps of `numel` elements.
    pub fn by<D: Domain>(numel: usize) -> Self {
        Self { count: D::len(numel), is_norm: D::IS_NORM }
    }

    /// One for each of `numel` elements.
    pub fn each(numel: usize) -> Self {
        Self { count: numel, is_norm: false }
    }
}

/// The numbers, radii and real points of one tensor.
#[derive(Clone, Debug, Default)]
pub struct Sample<F> {
    /// The numbers.
    pub mid: Vec<F>,
    /// The radii.
    pub rad: Vec<f64>,
    /// A real number in each ball.
    pub real: Vec<Exact>,
    is_moderate: bool,
}

impl<F: Sampled> Sample<F> {
    /// A random tensor with such radii.
    pub fn random(rng: &mut impl Rng, numel: usize, kept: Kept) -> Self {
        let (values, uncertain) = (Values::random(rng), Radii::random(rng));
        let mut mid: Vec<F> = values.tensor(rng, numel);
        let spoilt = numel > 0 && rng.random_bool(0.02);
        if spoilt {
            let i = rng.random_range(0..numel);
            mid[i] = F::from_f64([f64::NAN, f64::INFINITY, f64::NEG_INFINITY][rng.random_range(0..3)]);
        }
        let is_moderate = !spoilt && values.is_moderate() && uncertain.is_moderate();
        Self::around(rng, mid, uncertain, kept, is_moderate)
    }

    /// Integers below `rows`, mostly: the numbers that they stand for are certain where their radius is below 1/2.
    pub fn indices(rng: &mut impl Rng, numel: usize, rows: usize, kept: Kept) -> Self {
        let mid: Vec<F> = (0..numel).map(|_| F::from_f64(rng.random_range(0..rows.max(1)) as f64)).collect();
        let radius = [0.0, 0.0, 0.25, 0.499, 0.5, 2.0][rng.random_range(0..6)];
        let real = mid.iter().map(|x| x.real()).collect();
        Self { mid, rad: vec![radius; kept.count], real, is_moderate: false }
    }

    /// A tensor of moderate numbers with one small radius each, as in a model.
    pub fn comfortable(rng: &mut impl Rng, numel: usize) -> Self {
        let values = if rng.random() { Values::Grid } else { Values::Normal };
        let uncertain = [Radii::Zero, Radii::Zero, Radii::Ulps, Radii::Grid, Radii::Percent, Radii::Tiny];
        let mid: Vec<F> = values.tensor(rng, numel);
        let uncertain = uncertain[rng.random_range(0..uncertain.len())];
        Self::around(rng, mid, uncertain, Kept::each(numel), true)
    }

    /// Exact, normally distributed numbers with such radii.
    pub fn normal(rng: &mut impl Rng, numel: usize, kept: Kept) -> Self {
        let mid: Vec<F> = Values::Normal.tensor(rng, numel);
        let real = mid.iter().map(|x| x.real()).collect();
        Self { mid, rad: vec![0.0; kept.count], real, is_moderate: true }
    }

    /// Zeros, exactly.
    pub fn zero(numel: usize) -> Self {
        Self { mid: vec![F::ZERO; numel], rad: vec![0.0; numel], real: vec![Exact::zero(); numel], is_moderate: true }
    }

    /// Numbers with radii of a kind.
    fn around(rng: &mut impl Rng, mid: Vec<F>, uncertain: Radii, kept: Kept, is_moderate: bool) -> Self {
        let rad = uncertain.tensor(rng, &mid, kept.count);
        let real = points(rng, Balls { mid: &mid, rad: &rad }, kept.is_norm);
        Self { mid, rad, real, is_moderate }
    }

    /// Numbers with radii and real points that were chosen by others.
    pub fn of(mid: Vec<F>, rad: Vec<f64>, real: Vec<Exact>) -> Self {
        Self { mid, rad, real, is_moderate: false }
    }

    /// A tensor that is yet to be written, and full of what must not stay.
    pub fn blank(numel: usize, kept: Kept) -> Self {
        let mid = vec![F::from_f64(f64::NAN); numel];
        Self { mid, rad: vec![f64::NAN; kept.count], real: Vec::new(), is_moderate: false }
    }

    /// The numbers with their radii.
    pub fn balls(&self) -> Balls<'_, F> {
        Balls { mid: &self.mid, rad: &self.rad }
    }

    /// Whether numbers and radii are of moderate size, so that an op that knows anything knows something here.
    pub fn is_moderate(&self) -> bool {
        self.is_moderate
    }

    /// Whether nothing is uncertain.
    pub fn is_exact(&self) -> bool {
        self.rad.iter().all(|&r| r == 0.0)
    }
}

/// How uncertain a tensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Radii {
    /// Not at all.
    Zero,
    /// By a few units in the last place.
    Ulps,
    /// By multiples of 1/8 up to 2: on a [`Values::Grid`] even corners are exact.
    Grid,
    /// By exactly its own magnitude, so that zero lies on the edge.
    Own,
    /// By its own magnitude, or the f64 before or behind that.
    Edge,
    /// By a percent or so.
    Percent,
    /// By far less than a unit in the last place, or by a subnormal number.
    Tiny,
    /// By more than the largest number of the format.
    Huge,
    /// By everything, here and there.
    Unknown,
}

const RADII: [Radii; 9] = [
    Radii::Zero,
    Radii::Ulps,
    Radii::Grid,
    Radii::Own,
    Radii::Edge,
    Radii::Percent,
    Radii::Tiny,
    Radii::Huge,
    Radii::Unknown,
];

impl Radii {
    /// One of the kinds; none at all and moderate ones come up most.
    fn random(rng: &mut impl Rng) -> Self {
        match rng.random_range(0..10) {
            0..3 => Self::Zero,
            3..5 => Self::Grid,
            _ => RADII[rng.random_range(0..RADII.len())],
        }
    }

    /// Small enough that a result of moderate size can be bounded.
    fn is_moderate(self) -> bool {
        matches!(self, Self::Zero | Self::Ulps | Self::Grid | Self::Own | Self::Edge | Self::Percent | Self::Tiny)
    }

    /// `len` radii of that kind, one for each number or one for all; of a number that is not finite nothing is known.
    fn tensor<F: Sampled>(self, rng: &mut impl Rng, mid: &[F], len: usize) -> Vec<f64> {
        let radii: Vec<f64> = mid.iter().map(|x| self.element::<F>(rng, x.to_f64())).collect();
        if len == mid.len() {
            return radii;
        }
        let unknown = mid.iter().any(|x| !x.is_finite());
        let pick = radii.get(rng.random_range(0..mid.len().max(1))).copied().unwrap_or(0.0);
        vec![if unknown { f64::INFINITY } else { pick }; len]
    }

    fn element<F: Sampled>(self, rng: &mut impl Rng, mid: f64) -> f64 {
        if !mid.is_finite() {
            return f64::INFINITY;
        }
        match self {
            Self::Zero => 0.0,
            Self::Ulps => mid.abs() * F::EPSILON * f64::from(rng.random_range(0_u8..=4)),
            Self::Grid => f64::from(rng.random_range(0_u8..=16)) / 8.0,
            Self::Own => mid.abs(),
            Self::Edge => [mid.abs(), mid.abs().next_up(), mid.abs().next_down().max(0.0)][rng.random_range(0..3)],
            Self::Percent => mid.abs() * rng.random_range(0.0..0.02),
            Self::Tiny if rng.random() => f64::from_bits(rng.random_range(0..1000)),
            Self::Tiny => mid.abs() * F::EPSILON * rng.random_range(0.0..0.01),
            Self::Huge => F::LARGEST * rng.random_range(0.01..1.0),
            Self::Unknown if rng.random_bool(0.3) => f64::INFINITY,
            Self::Unknown => rng.random_range(0.0..1.0),
        }
    }
}

/// Where in the ball the real numbers lie.
#[derive(Clone, Copy, Debug)]
enum Place {
    Centre,
    Corner,
    Upper,
    Lower,
    Outward,
    Inward,
    Inside,
}

const PLACES: [Place; 7] =
    [Place::Centre, Place::Corner, Place::Upper, Place::Lower, Place::Outward, Place::Inward, Place::Inside];

/// Real numbers, each within its radius of its midpoint; any number at all where the radius is ∞. The 2-norm of all their distances is
/// within the radius if that is a norm.
fn points<F: Sampled>(rng: &mut impl Rng, balls: Balls<'_, F>, is_norm: bool) -> Vec<Exact> {
    let place = PLACES[rng.random_range(0..PLACES.len())];
    // One element has the whole error, or all have an equal share, which is a power of two at most 1/√n.
    let numel = balls.mid.len();
    let alone = rng.random_bool(0.5).then(|| rng.random_range(0..numel.max(1)));
    let even = 2_f64.powi(-(numel.max(1).next_power_of_two().ilog2().div_ceil(2)).cast_signed());
    let share = |i: usize| match alone {
        _ if !is_norm => 1.0,
        Some(alone) => f64::from(u8::from(i == alone)),
        None => even,
    };
    (0..balls.mid.len())
        .map(|i| {
            let (mid, radius) = (balls.mid[i], balls.radius(i));
            if radius == f64::INFINITY {
                return anywhere(rng);
            }
            mid.real() + &(Exact::new(radius) * &Exact::new(share(i) * place.fraction(rng, mid.to_f64())))
        })
        .collect()
}

impl Place {
    /// Which part of the radius is added to the midpoint; exact in binary.
    fn fraction(self, rng: &mut impl Rng, mid: f64) -> f64 {
        match self {
            Self::Centre => 0.0,
            Self::Corner => f64::from(rng.random_range(0_i8..=1) * 2 - 1),
            Self::Upper => 1.0,
            Self::Lower => -1.0,
            Self::Outward => 1.0_f64.copysign(mid),
            Self::Inward => -1.0_f64.copysign(mid),
            Self::Inside => f64::from(rng.random_range(-64_i8..=64)) / 64.0,
        }
    }
}

/// A real number of which nothing was promised.
fn anywhere(rng: &mut impl Rng) -> Exact {
    let x = normal(rng);
    Exact::new(match rng.random_range(0..4) {
        0 => 0.0,
        1 => x,
        2 => x * 1e30,
        _ => x * 1e300,
    })
}
