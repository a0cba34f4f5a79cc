//! The fast formats are the generic one, bit for bit.

use super::super::{Carried, E5m2, Narrow, Tf32, bf16, f16};
use super::*;

/// Compares every operation of `F` with the same one of `N`, whose parameters are those of `F`.
fn agree<F: Format, N: Format>(pairs: impl Iterator<Item = (F, F)>) {
    for (a, b) in pairs {
        let (x, y) = (N::from_f64(a.to_f64()), N::from_f64(b.to_f64()));
        let same = |what: &str, ours: F, theirs: N| {
            let (ours, theirs) = (ours.to_f64(), theirs.to_f64());
            assert!(ours == theirs || ours.is_nan() && theirs.is_nan(), "{a} {what} {b}: {ours:e} {theirs:e}");
        };
        same("itself", a, x);
        same("+", a.add(b), x.add(y));
        same("-", a.sub(b), x.sub(y));
        same("*", a.mul(b), x.mul(y));
        if b != F::ZERO {
            // Zero has no sign here, and so has no infinity that it divides to.
            same("/", a.div(b), x.div(y));
        }
        same("sqrt", a.sqrt(), x.sqrt());
        same("max", a.max(b), x.max(y));
        assert!(!a.is_finite() || a.half_ulp() == x.half_ulp(), "{a}");
        // What is measured is measured alike, up to the rounding of the bounds.
        let (sum, product) = (a.add(b), a.mul(b));
        for (ours, theirs) in [
            (F::add_error(a, b, sum), N::add_error(x, y, x.add(y))),
            (F::mul_error(a, b, product), N::mul_error(x, y, x.mul(y))),
        ] {
            let (ours, theirs) = (ours.get(), theirs.get());
            let close = ours == theirs || theirs <= ours * 1.000_001 && ours <= theirs * 1.000_001;
            assert!(close, "{a} {b}: {ours:e} {theirs:e}");
        }
    }
}

fn pairs<F: Copy>(numbers: Vec<F>) -> impl Iterator<Item = (F, F)> {
    (0..numbers.len() * numbers.len()).map(move |i| (numbers[i / numbers.len()], numbers[i % numbers.len()]))
}

/// Pairs of random bits, of which half have close exponents, so that sums are not one of their operands.
fn random_bits(count: u32) -> impl Iterator<Item = (u32, u32)> {
    let mut seed = 1_u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        #[allow(clippy::cast_possible_truncation, reason = "the upper half is the random one")]
        {
            (seed >> 32) as u32
        }
    };
    (0..count).map(move |i| {
        let (a, b) = (random(), random());
        (a, if i % 2 == 0 { b } else { b & 0x83ff_ffff | a & 0x7c00_0000 })
    })
}

#[test]
fn all_pairs_of_an_8_bit_format() {
    agree::<E5m2, Nf<2, Below<Flt<-16, 3>, 16>, NearestEven>>(pairs((0..=255).map(E5m2::from_bits).collect()));
}

#[test]
fn the_formats_of_the_hardware() {
    let f32s = |count| random_bits(count).map(|(a, b)| (f32::from_bits(a), f32::from_bits(b)));
    agree::<f32, Nf<2, Below<Flt<-149, 24>, 128>, NearestEven>>(f32s(100_000));
    let narrow = f32s(30_000).map(|(a, b)| (bf16::round(a), bf16::round(b)));
    agree::<bf16, Nf<2, Below<Flt<-133, 8>, 128>, NearestEven>>(narrow);
    let narrow = f32s(30_000).map(|(a, b)| (Tf32::round(a), Tf32::round(b)));
    agree::<Tf32, Nf<2, Below<Flt<-136, 11>, 128>, NearestEven>>(narrow);
    #[allow(clippy::cast_possible_truncation, reason = "16 random bits")]
    let halves = random_bits(30_000).map(|(a, b)| (f16::from_bits((a >> 16) as u16), f16::from_bits((b >> 16) as u16)));
    agree::<f16, Nf<2, Below<Flt<-24, 11>, 16>, NearestEven>>(halves);
}

#[test]
fn the_carried_formats() {
    type Widest = Carried<25, -149, 127>;
    type Middling = Carried<16, -77, 63>;
    let doubles = || random_bits(50_000).map(|(a, b)| (f64::from(f32::from_bits(a)), f64::from(f32::from_bits(b))));
    agree::<Widest, Nf<2, Below<Flt<-149, 25>, 128>, NearestEven>>(
        doubles().map(|(a, b)| (Widest::from_f64(a), Widest::from_f64(b))),
    );
    agree::<Middling, Nf<2, Below<Flt<-77, 16>, 64>, NearestEven>>(
        doubles().map(|(a, b)| (Middling::from_f64(a), Middling::from_f64(b))),
    );
}

#[test]
fn f64_is_a_format_like_any_other() {
    type Double = Nf<2, Below<Flt<-1074, 53>, 1024>, NearestEven>;
    for x in [0.0, 5e-324, 1e-310, f64::MIN_POSITIVE, 1.0, f64::MAX] {
        assert_eq!(Double::from_f64(x).half_ulp(), x.half_ulp());
    }
    for (high, low) in random_bits(100_000) {
        let bits = |high: u32, low: u32| f64::from_bits(u64::from(high) << 32 | u64::from(low));
        let (a, b) = (bits(high, low), bits(high ^ 0x0010_0000, low.rotate_left(7)));
        let (x, y) = (Double::from_f64(a), Double::from_f64(b));
        let same = |ours: f64, theirs: Double| ours == theirs.to_f64() || ours.is_nan() && theirs.is_nan();
        assert!(same(a, x) && same(a + b, x + y) && same(a - b, x - y) && same(a * b, x * y), "{a:e} {b:e}");
        assert!((b == 0.0 || same(a / b, x / y)) && same(a.sqrt(), Format::sqrt(x)), "{a:e} {b:e}");
    }
}

#[test]
fn decimals_are_what_they_say() {
    type Price = Nf<10, Fix<-2>, NearestAway>;
    let price = |text: &str| text.parse::<Price>().unwrap();
    assert_eq!(price("0.1") + price("0.2"), price("0.3"));
    assert_eq!((price("0.05") * price("0.5")).to_string(), "0.03");
    assert_eq!((price("2") / price("3")).to_string(), "0.67");
    assert_eq!(Format::sqrt(price("2")).to_string(), "1.41");
    assert_eq!(price("1.005"), price("1.01"));
    assert_eq!(price("12.5e-1").parts(), Some((125, -2)));
    for (text, error) in [("", ParseNfError::Syntax), ("1x", ParseNfError::Syntax), ("1e999", ParseNfError::TooLong)] {
        assert_eq!(text.parse::<Price>(), Err(error));
    }
}

#[test]
fn a_decimal_is_not_its_f64_and_the_bounds_know() {
    type Decimal = Nf<10, Flx<7>, NearestEven>;
    let tenth: Decimal = "0.1".parse().unwrap();
    assert!(Decimal::CONVERSION > 0.0 && !Decimal::contains(0.1) && Decimal::contains(0.5));
    assert!(tenth.magnitude().get() > 0.1 && tenth.distance(0.1).get() > 0.0);
    let [below, above] = tenth.enclosure();
    assert!(below < 0.1 && above > 0.1);
    assert!((tenth.half_ulp().get() / 0.5e-7 - 1.0).abs() < 1e-12);
    // Correctly rounded: e^0.1 = 1.10517091807...
    assert_eq!(tenth.eval::<super::super::elementary::Exp>().to_string(), "1.105171");
    assert_eq!(Decimal::from_f64(2.0).eval::<super::super::elementary::Ln>().to_string(), "0.6931472");
}

#[test]
fn what_has_no_number_is_not_finite() {
    type Small = Nf<3, Below<Flt<-4, 3>, 5>, NearestEven>;
    type Unlimited = Nf<10, Flx<3>, NearestEven>;
    let largest = Small::INFINITY.next_down();
    assert_eq!((largest.to_f64(), largest.next_up()), (234.0, Small::INFINITY));
    assert!(!(largest + largest).is_finite() && !(Small::ONE / Small::ZERO).is_finite());
    assert!(Format::sqrt(-Small::ONE).is_nan() && (Small::INFINITY - Small::INFINITY).is_nan());
    assert_eq!(Small::add_error(largest, largest, largest + largest), Up::INFINITY);
    // A format without smallest number has numbers that are too small to be kept.
    let tiny: Unlimited = "1e-290".parse().unwrap();
    assert!((tiny * tiny).is_nan() && Unlimited::mul_error(tiny, tiny, tiny * tiny) == Up::INFINITY);
    assert!(Unlimited::ZERO.next_up().is_nan());
}

#[test]
fn neighbours_are_next_to_each_other() {
    fn walk<const RADIX: u32, E: ExponentFunction>() {
        let mut x = Nf::<RADIX, E, NearestEven>::NEG_INFINITY.next_up();
        while x.is_finite() {
            let next = x.next_up();
            assert!(next > x && next.next_down() == x, "{x:?} {next:?}");
            // What lies between zero and the smallest number may be flushed.
            if next.is_finite() && !(E::FLUSHES && (next.is_zero() || x.is_zero())) {
                let middle = f64::midpoint(x.to_f64(), next.to_f64());
                let rounded = Nf::<RADIX, E, Downward>::from_f64(middle).to_f64();
                assert!(rounded == x.to_f64(), "{x:?} {middle} {rounded}");
            }
            x = next;
        }
    }
    walk::<2, Below<Flt<-6, 3>, 4>>();
    walk::<3, Below<Flt<-3, 2>, 3>>();
    walk::<10, Below<Flt<-2, 2>, 2>>();
    walk::<16, Below<Flt<-1, 1>, 2>>();
    walk::<2, Below<Fix<-3>, 3>>();
    walk::<2, Below<Ftz<-6, 3>, 4>>();
    walk::<10, Below<Ftz<-3, 2>, 2>>();
}

/// A tenth is no f64, and the f64 nearest to it is above: rounded upward it would be the next number.
#[test]
fn a_number_of_a_directed_decimal_format_survives_being_an_f64() {
    type Up2 = Nf<10, Flt<-2, 2>, Upward>;
    fn walk<R: Rounding>() {
        type Three<R> = Nf<10, Flt<-4, 3>, R>;
        let mut x = Three::<R>::from_f64(-9.0);
        while x < Three::<R>::from_f64(9.0) {
            assert_eq!(Three::<R>::restored(x.to_f64()), x);
            x = x.next_up();
        }
    }
    walk::<NearestEven>();
    walk::<NearestAway>();
    walk::<TowardZero>();
    walk::<Upward>();
    walk::<Downward>();
    let tenth: Up2 = "0.1".parse().expect("a number");
    assert_ne!(Up2::from_f64(tenth.to_f64()), tenth);
}
