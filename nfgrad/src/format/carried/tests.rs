//! Tests of [`Carried`] within the crate.

use super::super::beyond::{FiniteNan, FiniteNanSaturating, Fnuz, Saturating};
use super::super::small::{Float8E4m3Fn, Float8E5m2};
use super::super::{E4m3, E4m3Saturating, E5m2, E5m2Saturating, Narrow, Tf32, bf16, f16};
use super::*;

/// `W` is the format `T`, carried in f64.
fn is_the_same_format<T: Narrow, W: Format>(numbers: &[T]) {
    let same = |a: T, b: W| {
        let (a, b) = (a.to_f64(), b.to_f64());
        assert!(a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(), "{a:e} {b:e}");
    };
    assert_eq!(<T as Format>::ROUNDOFF, W::ROUNDOFF);
    for &x in numbers {
        let wide_x = W::from_f64(x.to_f64());
        same(x, wide_x);
        assert!(!x.is_finite() || x.half_ulp() == wide_x.half_ulp());
        for &y in numbers {
            let wide_y = W::from_f64(y.to_f64());
            same(Format::add(x, y), wide_x.add(wide_y));
            same(Format::sub(x, y), wide_x.sub(wide_y));
            same(Format::mul(x, y), wide_x.mul(wide_y));
            same(Format::div(x, y), wide_x.div(wide_y));
        }
        same(Format::sqrt(x), wide_x.sqrt());
    }
}

#[test]
fn a_format_is_the_same_whatever_carries_it() {
    is_the_same_format::<_, Float8E4m3Fn>(&(0..=255).map(E4m3::from_bits).collect::<Vec<_>>());
    is_the_same_format::<_, Float8E5m2>(&(0..=255).map(E5m2::from_bits).collect::<Vec<_>>());
    let saturating = (0..=255).map(E4m3Saturating::from_bits);
    is_the_same_format::<_, Carried<4, -9, 8, FiniteNanSaturating>>(&saturating.collect::<Vec<_>>());
    // An infinity is none of its numbers, though it has a code.
    let saturating = (0..=255).map(E5m2Saturating::from_bits).filter(|x| !x.to_f32().is_infinite());
    is_the_same_format::<_, Carried<3, -16, 15, Saturating>>(&saturating.collect::<Vec<_>>());
    is_the_same_format::<_, Carried<11, -24, 15>>(&(0..=u16::MAX).step_by(97).map(f16::from_bits).collect::<Vec<_>>());
    is_the_same_format::<_, Carried<8, -133, 127>>(
        &(0..=u16::MAX).step_by(97).map(bf16::from_bits).collect::<Vec<_>>(),
    );
    let tf32 = (0..=u32::MAX).step_by(6_543_211).map(|bits| Tf32::round(f32::from_bits(bits)));
    is_the_same_format::<_, Carried<11, -136, 127>>(&tf32.collect::<Vec<_>>());
}

/// All numbers of a format that are not negative, by adding units.
fn numbers<const P: u32, const EMIN: i32, const EMAX: i32, B: Beyond>() -> Vec<f64> {
    let last = Carried::<P, EMIN, EMAX, B>::LARGEST;
    // The unit of a normal number is 2^(1-P) times the power of two below it.
    let power = |x: f64| f64::from_bits(x.to_bits() & 0x7ff0_0000_0000_0000);
    let unit = |x: f64| power(x.max(1.0)) * power_of_two(EMIN);
    assert_eq!(EMIN + P.cast_signed(), 1, "for formats whose smallest normal number is 1");
    std::iter::successors(Some(0.0), |&x| (x < last).then(|| x + unit(x))).collect()
}

/// Whether the error is at least `|r - √x| = |r² - x| / (r + √x)`: the residual is exact, and the divisor is taken from below.
fn covers_root(x: f64, r: f64, error: Up) -> bool {
    let (residual, divisor) = ((r * r - x).abs(), (r + x.sqrt().next_down()).next_down());
    residual == 0.0 || (error.get() * divisor).next_down() >= residual
}

/// Arithmetic of all pairs, against a search for the nearest number; and no error is below the true one.
fn computes_as_a_search_does<const P: u32, const EMIN: i32, const EMAX: i32, B: Beyond>() {
    let sizes = numbers::<P, EMIN, EMAX, B>();
    let next = 2.0 * sizes[sizes.len() - 1] - sizes[sizes.len() - 2];
    // `compare(m)` is how the exact magnitude compares with m; the number of midpoints below it is the index of the nearest number.
    let nearest = |sign: f64, compare: &dyn Fn(f64) -> Ordering| {
        let middles = sizes.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
        let middles = middles.chain([f64::midpoint(next, sizes[sizes.len() - 1])]).enumerate();
        let count =
            middles.filter(|&(i, m)| compare(m) == Ordering::Greater || compare(m) == Ordering::Equal && i % 2 == 1);
        let [overflow, _] = Carried::<P, EMIN, EMAX, B>::BEYOND;
        sizes.get(count.count()).copied().unwrap_or(overflow) * sign
    };
    let signed: Vec<f64> = sizes.iter().flat_map(|&x| [x, -x]).collect();
    let check =
        |what: &str, a: f64, b: f64, ours: Carried<P, EMIN, EMAX, B>, theirs: f64, error: Up, true_error: f64| {
            assert!(ours.0 == theirs || ours.0.is_nan() && theirs.is_nan(), "{a} {what} {b}: {ours} {theirs}");
            assert!(ours.0 != 0.0 || B::NEGATIVE_ZERO || ours.0.is_sign_positive(), "{a} {what} {b}: -0");
            let is_sharp = error.get() <= true_error * 1.5 && error.get() <= ours.half_ulp().get() * 1.01;
            assert!(is_sharp || !ours.is_finite(), "{a} {what} {b}: {error:?} {true_error}");
        };
    for &a in &signed {
        let x = Carried::<P, EMIN, EMAX, B>::from_f64(a);
        assert_eq!(x.0, a);
        let root = x.sqrt();
        if a >= 0.0 {
            let theirs = nearest(1.0, &|m| a.total_cmp(&(m * m)));
            let error = Carried::sqrt_error(x, root);
            check("√", 0.0, a, root, theirs, error, (theirs - a.sqrt()).abs());
            assert!(covers_root(a, theirs, error), "√{a}: {error:?}");
        }
        for &b in &signed {
            let y = Carried::from_f64(b);
            for (what, ours, exact, error) in [
                ("+", x.add(y), a + b, Carried::add_error(x, y, x.add(y))),
                ("-", x.sub(y), a - b, Carried::add_error(x, y.neg(), x.sub(y))),
                ("*", x.mul(y), a * b, Carried::mul_error(x, y, x.mul(y))),
            ] {
                let theirs = nearest(exact.signum(), &|m| exact.abs().total_cmp(&m));
                check(what, a, b, ours, theirs, error, (theirs - exact).abs());
                assert!(error >= Up::abs(theirs - exact), "{a} {what} {b}: {error:?}");
            }
            let quotient = x.div(y);
            let error = Carried::div_error(x, y, quotient);
            if b == 0.0 {
                let expected = if a == 0.0 { f64::NAN } else { Carried::<P, EMIN, EMAX, B>::BEYOND[1] };
                assert!(quotient.0.abs() == expected || quotient.0.is_nan() && expected.is_nan(), "{a} / {b}");
                assert!(!error.is_finite() && !quotient.half_ulp().is_finite());
                continue;
            }
            let theirs = nearest((a / b).signum(), &|m| a.abs().total_cmp(&(m * b.abs())));
            check("/", a, b, quotient, theirs, error, (theirs - a / b).abs());
            // Few bits: the residual is exact, and one fused operation has the sign of the exact result.
            let residual = (theirs * b - a).abs();
            assert!(error == Up::INFINITY || error.get().mul_add(b.abs(), -residual) >= 0.0, "{a} / {b}: {error:?}");
        }
    }
}

#[test]
fn small_formats_compute_as_a_search_for_the_nearest_number_does() {
    computes_as_a_search_does::<2, -1, 2, Saturating>(); // fp4
    computes_as_a_search_does::<2, -1, 2, Infinite>();
    computes_as_a_search_does::<4, -3, 2, Saturating>(); // fp6
    computes_as_a_search_does::<4, -3, 2, Fnuz>();
    computes_as_a_search_does::<4, -3, 3, FiniteNan>();
    computes_as_a_search_does::<4, -3, 0, FiniteNanSaturating>();
    computes_as_a_search_does::<7, -6, 0, Saturating>(); // the integers of 8 bits, as 64ths
}

/// Roots of small numbers are subnormal here, where a root may be rounded by more than a unit roundoff of itself.
#[test]
fn errors_of_subnormal_roots_are_covered() {
    type Coarse = Carried<10, -10, 3>;
    for k in 1..1 << 10 {
        let x = Coarse::from_f64(f64::from(k) / 1024.0);
        let root = x.sqrt();
        assert!(covers_root(x.0, root.0, Coarse::sqrt_error(x, root)), "{x}");
    }
}

/// f32 is FLT(-149, 24): the processor is the oracle.
#[test]
fn with_the_parameters_of_f32_it_is_f32() {
    type Single = Carried<24, -149, 127>;
    let mut seed = 1_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        #[allow(clippy::cast_possible_truncation, reason = "the upper half is the random one")]
        f32::from_bits((seed >> 32) as u32)
    };
    let same = |a: f32, b: Single| f64::from(a).to_bits() == b.0.to_bits() || a.is_nan() && b.0.is_nan();
    for i in 0..300_000 {
        let (a, mut b) = (random(), random());
        if i % 2 == 0 {
            // Close exponents, so that sums are not one of their operands.
            b = f32::from_bits(b.to_bits() & 0x81ff_ffff | a.to_bits() & 0x7e00_0000);
        }
        let (wide_a, wide_b) = (Single::from_f64(a.into()), Single::from_f64(b.into()));
        assert!(same(a, wide_a) && same(a + b, wide_a.add(wide_b)) && same(a - b, wide_a.sub(wide_b)), "{a} {b}");
        assert!(same(a * b, wide_a.mul(wide_b)) && same(a / b, wide_a.div(wide_b)), "{a} {b}");
        assert!(same(a.sqrt(), wide_a.sqrt()), "{a}");
        assert_eq!(Format::half_ulp(a), wide_a.half_ulp());
        assert_eq!(f32::add_error(a, b, a + b), Single::add_error(wide_a, wide_b, wide_a.add(wide_b)));
        assert_eq!(f32::mul_error(a, b, a * b), Single::mul_error(wide_a, wide_b, wide_a.mul(wide_b)));
    }
}

#[test]
fn beyond_the_largest_number_is_an_infinity() {
    type Tiny = Carried<2, -2, 1>;
    let numbers: Vec<f64> = (0..30).map(|i| Tiny::from_f64(f64::from(i) / 8.0).0).collect();
    assert_eq!(numbers[..5], [0.0, 0.0, 0.25, 0.5, 0.5]);
    assert_eq!(numbers[24..27], [3.0, 3.0, 3.0]);
    assert_eq!((numbers[28], Tiny::from_f64(-3.4).0), (f64::INFINITY, -3.0));
    assert!(Tiny::from_f64(f64::NAN).0.is_nan() && !Tiny::from_f64(-4.0).is_finite());
    assert_eq!(Tiny::from_f64(-0.125).0.to_bits(), (-0.0_f64).to_bits());
}

#[derive(Clone, Copy, Default)]
struct Propagating;

impl Beyond for Propagating {
    const OVERFLOW: Becomes = Becomes::Largest;
    const INFINITY: Becomes = Becomes::Infinity;
}

/// Where f64 has no room above the largest number, and where it has: the rules are the same.
#[test]
fn beyond_the_largest_number_is_what_the_parameter_says() {
    fn at<const P: u32, const EMAX: i32, B: Beyond>(x: f64) -> f64 {
        Carried::<P, -60, EMAX, B>::from_f64(x * power_of_two(EMAX)).0 / power_of_two(EMAX)
    }
    fn is<const EMAX: i32>() {
        // Of 3 bits: 1, 1.25, 1.5, 1.75; the tie beyond the last, 1.875, would be even.
        assert_eq!(
            [1.8, -1.87, 1.875, -1.9].map(at::<3, EMAX, Infinite>),
            [1.75, -1.75, f64::INFINITY, -f64::INFINITY]
        );
        assert_eq!([1.8, -1.87, 1.875, -1.99].map(at::<3, EMAX, Saturating>), [1.75, -1.75, 1.75, -1.75]);
        let [below, tie, beyond] = [1.6, 1.625, 1.63].map(at::<3, EMAX, FiniteNan>);
        assert!(below == 1.5 && tie == 1.5 && beyond.is_nan());
        assert_eq!([1.6, -1.63, f64::INFINITY].map(at::<3, EMAX, FiniteNanSaturating>), [1.5, -1.5, 1.5]);
        let [zero, negative, beyond] = [-0.0, -1.75, -1.875].map(at::<3, EMAX, Fnuz>);
        assert!(zero.is_sign_positive() && negative == -1.75 && beyond.is_nan());
        assert!(at::<3, EMAX, Saturating>(f64::NAN).is_nan() && at::<3, EMAX, Fnuz>(f64::NEG_INFINITY).is_nan());
    }
    is::<0>();
    is::<1>();
    is::<960>();
    is::<961>();
    is::<1023>();
    assert_eq!([-1.99, f64::NEG_INFINITY].map(at::<3, 100, Propagating>), [-1.75, -f64::INFINITY]);
}

#[test]
fn where_there_is_no_negative_zero_nothing_becomes_one() {
    type Unsigned = Carried<3, -5, 3, Fnuz>;
    assert!([-1e-9, -0.0].iter().all(|&x| Unsigned::from_f64(x).0.to_bits() == 0));
    assert_eq!(Unsigned::ZERO.neg().0.to_bits(), 0);
}

/// What is cut off may have more bits than f64: it is rounded up.
#[test]
fn a_measured_error_counts_what_saturation_cut_off() {
    type Wide = Carried<25, -60, 60, Saturating>;
    let [large, small] = [Wide::from_f64(Wide::LARGEST), Wide::from_f64(power_of_two(-60) * 3.0)];
    let (quotient, product) = (large.div(small), large.mul(large));
    assert_eq!((quotient.0, product.0), (Wide::LARGEST, Wide::LARGEST));
    assert!(Wide::div_error(large, small, quotient).get() >= Wide::LARGEST / small.0 - Wide::LARGEST);
    assert!(Wide::mul_error(large, large, product).get() > Wide::LARGEST * Wide::LARGEST - Wide::LARGEST);
    assert_eq!(Wide::add_error(large, large, large.add(large)).get(), Wide::LARGEST * (1.0 + f64::EPSILON));
    assert!(!quotient.half_ulp().is_finite() && Wide::from_f64(Wide::LARGEST.next_down()).half_ulp() == Up::INFINITY);
}
