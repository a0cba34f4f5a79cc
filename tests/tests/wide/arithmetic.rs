//! Results of numbers are the exact ones, rounded once, and the radius is how far off they are.

use std::cmp::Ordering;

use dashu_float::Context;
use dashu_float::round::mode::HalfEven;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use nfgrad::__private::wide::{Wide, WideBall};

use super::{Big, big, big_radius, bits, draw, magnitude, unlimited};

/// `got` is `exact` rounded to nearest, ties to even; its radius is the distance and little more, and 0 where that is.
fn is_rounded<const K: usize>(what: &str, operands: [&Wide<K>; 2], got: WideBall<K>, exact: &Big) {
    let mid = big(&got.mid());
    assert!(mid == exact.clone().with_precision(64 * K).value(), "{what} {operands:?}: {got:?}");
    let (distance, radius) = (magnitude(unlimited(mid - exact)), big_radius(got.radius()));
    assert!(distance <= radius, "{what} {operands:?}: {got:?} is further off");
    assert!(distance > Big::ZERO || got.is_exact(), "{what} {operands:?}: {got:?} is exact");
    let half_ulp = i64::from(got.mid().exponent()) - bits::<K>();
    assert!(
        i64::from(got.radius().exponent()) <= half_ulp + 1 || got.is_exact(),
        "{what} {operands:?}: {got:?} is blunt"
    );
}

fn all<const K: usize>(cases: usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(K as u64);
    // Enough to tell a quotient or a root from every number and every tie.
    let long = Context::<HalfEven>::new(128 * K + 100);
    for case in 0..cases {
        let span = [2, Wide::<K>::BITS.cast_signed() + 5, 2000][case % 3];
        let (a, mut b) = (draw::<K>(&mut rng, -span..span), draw::<K>(&mut rng, -span..span));
        match case % 7 {
            0 => {
                let (_, mut words, exponent) = a.raw();
                words[0] ^= rng.random_range(0..8);
                b = Wide::from_raw(rng.random(), words, exponent);
            }
            1 => b = Wide::ZERO,
            _ => {}
        }
        let (x, y) = (big(&a), big(&b));
        is_rounded("+", [&a, &b], a.add(&b), &unlimited(&x + &y));
        is_rounded("-", [&a, &b], a.sub(&b), &unlimited(&x - &y));
        is_rounded("*", [&a, &b], a.mul(&b), &unlimited(&x * &y));
        assert_eq!(Some(a.cmp(&b)), x.partial_cmp(&y));
        if b.is_zero() {
            assert!(!a.div(&b).is_known());
        } else {
            is_rounded("/", [&a, &b], a.div(&b), &long.div(x.repr(), y.repr()).expect("a quotient").value());
        }
        let root = long.sqrt(big(&a.abs()).repr()).expect("a root").value();
        is_rounded("√", [&a.abs(); 2], a.abs().sqrt(), &root);
        assert!(a.neg().abs() == a.abs() && (!a.is_negative() || !a.sqrt().is_known()));
        let n = rng.next_u64() >> rng.random_range(0..64);
        if n > 0 {
            let y = unlimited(Big::from(n));
            is_rounded("times", [&a; 2], a.times(n), &unlimited(&x * &y));
            is_rounded("over", [&a; 2], a.over(n), &long.div(x.repr(), y.repr()).expect("a quotient").value());
        }
        to_f64(&a, &x);
    }
}

/// The two f64 around a number are neighbours, and the nearest is one of them.
fn to_f64<const K: usize>(a: &Wide<K>, x: &Big) {
    let (nearest, [low, high]) = (a.to_f64(), a.enclosure());
    assert!(nearest == low || nearest == high);
    assert!(high == low || high == low.next_up());
    let side = |end: f64| Wide::<K>::new(end).map(|end| big(&end).partial_cmp(x));
    assert!(side(low).is_none_or(|order| order != Some(Ordering::Greater)), "{a:?} {low}");
    assert!(side(high).is_none_or(|order| order != Some(Ordering::Less)), "{a:?} {high}");
    if let (Some(down), Some(up)) = (Wide::<K>::new(low), Wide::<K>::new(high)) {
        let [below, above] = [unlimited(x - big(&down)), unlimited(big(&up) - x)];
        assert!(nearest != low || below <= above, "{a:?} {nearest}");
        assert!(nearest != high || above <= below, "{a:?} {nearest}");
    }
}

#[test]
fn results_are_rounded_once_128() {
    all::<2>(3000);
}

#[test]
fn results_are_rounded_once_256() {
    all::<4>(1500);
}

#[test]
fn results_are_rounded_once_512() {
    all::<8>(700);
}

#[test]
fn every_f64_is_a_number() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let edges = [0.0, 1.0, f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), f64::from_bits((1 << 52) - 1)];
    let any = (0..2000).map(|_| f64::from_bits(rng.next_u64())).filter(|x| x.is_finite());
    for x in edges.into_iter().chain(any).flat_map(|x| [x, -x]) {
        let wide = Wide::<2>::new(x).expect("a finite number");
        assert!(wide.to_f64() == x && wide.enclosure() == [x; 2], "{x}");
        assert_eq!(big(&wide), unlimited(Big::try_from(x).expect("a finite number")));
    }
    assert!([f64::NAN, f64::INFINITY].iter().all(|x| Wide::<2>::new(*x).is_none()));
    assert!(!WideBall::<2>::from(f64::NAN).is_known());
}

#[test]
fn exponents_end_in_what_is_known() {
    let (largest, tiny) =
        (Wide::<2>::from_raw(false, [u64::MAX; 2], 1 << 30), Wide::<2>::from_raw(true, [0, 1 << 63], -(1 << 30)));
    assert!(!largest.add(&largest).is_known() && !largest.mul(&largest).is_known() && !largest.div(&tiny).is_known());
    for small in [tiny.mul(&tiny), tiny.div(&largest), tiny.scaled(-1)] {
        assert!(small.mid().is_zero() && !small.is_exact() && small.is_known(), "{small:?}");
    }
    assert_eq!((largest.to_f64(), largest.enclosure()), (f64::INFINITY, [f64::MAX, f64::INFINITY]));
    assert_eq!((tiny.to_f64(), tiny.enclosure()), (0.0, [-f64::from_bits(1), 0.0]));
    assert_eq!((tiny.mul(&tiny).radius() * tiny.at_most()).to_f64(), f64::from_bits(1));
    assert!(!(largest.at_most() * largest.at_most()).is_finite());
}
