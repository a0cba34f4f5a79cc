//! A ball that an operation returns contains the exact result for the numbers of its operands.

use std::cmp::Ordering;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use nfgrad::__private::wide::{Radius, Wide, WideBall};

use super::{Big, big, big_radius, draw, magnitude, unlimited, with_radius};

/// Both ends of a ball and its middle.
fn ends<const K: usize>(x: &WideBall<K>) -> [Big; 3] {
    let (mid, radius) = (big(&x.mid()), big_radius(x.radius()));
    [unlimited(&mid - &radius), mid.clone(), unlimited(mid + radius)]
}

fn contains<const K: usize>(ball: &WideBall<K>, x: &Big) -> bool {
    !ball.is_known() || magnitude(unlimited(big(&ball.mid()) - x)) <= big_radius(ball.radius())
}

fn operations<const K: usize>(cases: usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(K as u64 + 10);
    for case in 0..cases {
        let span = [3, 100, 900][case % 3];
        let mut operand = || {
            let x = draw::<K>(&mut rng, -span..span);
            with_radius(&mut rng, x)
        };
        let (a, mut b) = (operand(), operand());
        if case % 5 == 0 {
            b = WideBall::new(a.mid().neg(), b.radius());
        }
        let quotient = a / b;
        for x in ends(&a) {
            for y in ends(&b) {
                assert!(contains(&(a + b), &unlimited(&x + &y)), "{a:?} + {b:?}");
                assert!(contains(&(a - b), &unlimited(&x - &y)), "{a:?} - {b:?}");
                assert!(contains(&(a * b), &unlimited(&x * &y)), "{a:?} * {b:?}");
                // |x - q y| <= r |y|, as x / y is not dyadic.
                let off = magnitude(unlimited(&x - &unlimited(big(&quotient.mid()) * &y)));
                let inside =
                    !quotient.is_known() || off <= unlimited(big_radius(quotient.radius()) * magnitude(y.clone()));
                assert!(inside, "{a:?} / {b:?}: {quotient:?}");
                let order = x.partial_cmp(&y);
                assert!(a.order(&b).is_none_or(|known| Some(known) == order), "{a:?} ? {b:?}");
            }
        }
        roots(&a);
    }
}

/// `(m - r)² <= x <= (m + r)²` for the root of x.
fn roots<const K: usize>(a: &WideBall<K>) {
    let a = WideBall::new(a.mid().abs(), a.radius());
    let (root, inverse) = (a.sqrt(), a.rsqrt());
    for x in ends(&a).into_iter().filter(|x| *x > Big::ZERO) {
        let [low, _, high] = ends(&root);
        assert!(unlimited(&low * &low) <= x && x <= unlimited(&high * &high), "√{a:?}: {root:?}");
        let [low, _, high] = ends(&inverse);
        let square = |end: &Big| unlimited(unlimited(end * end) * &x);
        assert!(square(&low) <= Big::ONE && Big::ONE <= square(&high), "1/√{a:?}: {inverse:?}");
    }
}

#[test]
fn operations_enclose() {
    operations::<2>(600);
    operations::<4>(300);
    operations::<8>(150);
}

#[test]
fn what_is_not_known_stays_unknown() {
    type B = WideBall<2>;
    let (zero, one, minus) = (B::ZERO, B::ONE, -B::ONE);
    let around_zero = B::new(Wide::ZERO, Radius::power_of_two(-100));
    let none = [
        one / zero,
        one / around_zero,
        minus.sqrt(),
        around_zero.sqrt(),
        zero.rsqrt(),
        zero.ln(),
        minus.ln_1p(),
        around_zero.powi(-1),
        B::UNKNOWN * zero,
        B::UNKNOWN + one,
        B::UNKNOWN.tanh(),
        B::UNKNOWN.sigmoid(),
        B::UNKNOWN.exp(),
        B::UNKNOWN.normal_cdf(),
        B::UNKNOWN.scaled(-100),
        B::from(1e300).exp(),
    ];
    assert!(none.iter().all(|ball| !ball.is_known()), "{none:?}");
    assert_eq!(none[0].enclosure(), [f64::NEG_INFINITY, f64::INFINITY]);
    assert_eq!((B::UNKNOWN.order(&one), around_zero.sign()), (None, None));
    assert_eq!(
        (one.order(&one), one.order(&zero), zero.sign()),
        (Some(Ordering::Equal), Some(Ordering::Greater), Some(Ordering::Equal))
    );
}

#[test]
fn exact_results_have_no_radius() {
    let [three, four] = [3.0, 4.0].map(WideBall::<2>::from);
    let exact = [
        (three * three + four * four).sqrt(),
        three / four,
        (three - four).powi(5),
        four.rsqrt(),
        three.over(8),
        three.times(5),
    ];
    assert!(exact.iter().all(WideBall::is_exact), "{exact:?}");
    assert_eq!(exact.map(|x| x.mid().to_f64()), [5.0, 0.75, -1.0, 0.5, 0.375, 15.0]);
    assert!(
        WideBall::<2>::ZERO.exp().is_exact()
            && WideBall::<2>::ONE.ln().is_exact()
            && WideBall::<2>::ZERO.tanh().is_exact()
    );
}

fn sums<const K: usize>(cases: usize) {
    let mut rng = ChaCha8Rng::seed_from_u64(K as u64 + 20);
    for case in 0..cases {
        let span = [1, 30, 700][case % 3];
        let mut terms: Vec<WideBall<K>> = (0..rng.random_range(0..20))
            .map(|_| {
                let x = draw(&mut rng, -span..span);
                if case % 2 == 0 { x.into() } else { with_radius(&mut rng, x) }
            })
            .collect();
        if case % 4 == 0 {
            terms.extend(terms.clone().iter().map(|x| -*x));
        }
        let sum = WideBall::sum(terms.iter().copied());
        let total =
            |f: &dyn Fn(&WideBall<K>) -> Big| terms.iter().fold(unlimited(Big::ZERO), |sum, x| unlimited(sum + f(x)));
        let (mid, radius) = (total(&|x| big(&x.mid())), total(&|x| big_radius(x.radius())));
        let off = unlimited(magnitude(unlimited(big(&sum.mid()) - &mid)) + radius);
        assert!(off <= big_radius(sum.radius()), "{terms:?}: {sum:?}");
        // A number and its negative cancel, whatever is between them, where nothing is cut off.
        assert!(span > 30 || case % 4 != 0 || sum.is_exact(), "{terms:?}: {sum:?}");
    }
}

#[test]
fn sums_enclose() {
    sums::<2>(400);
    sums::<4>(200);
    sums::<8>(100);
}

#[test]
fn a_literal_is_the_number_that_is_written() {
    type B = WideBall<4>;
    let ratio = |text: &str, n: f64, d: f64| {
        let (literal, ratio) = (B::decimal(text).expect("a number"), B::from(n) / B::from(d));
        let sharp = literal.radius() <= literal.at_most().scaled(-250);
        assert!(literal.overlaps(&ratio) && sharp, "{text}: {literal:?} {ratio:?}");
        assert_eq!(literal.is_exact(), ratio.is_exact(), "{text}");
    };
    ratio("0.1", 1.0, 10.0);
    ratio("1e-5", 1.0, 1e5);
    ratio("-1.25e3", -1250.0, 1.0);
    ratio("1_000.5", 2001.0, 2.0);
    ratio("3", 3.0, 1.0);
    ratio("6.02E2", 602.0, 1.0);
    assert!(["", ".", "e5", "1e", "x", "1.2.3", "--1", "1e99999999999"].iter().all(|text| B::decimal(text).is_none()));
}

#[test]
fn elementary_functions_have_their_balls() {
    use nfgrad::format::elementary::{Elementary, Exp, Gelu, GeluTanh, Silu, Softplus, Tanh};
    fn check<E: Elementary>() {
        for x in [-3.0, -0.1, 0.7, 5.0] {
            let y = E::ball(WideBall::<4>::from(x));
            assert!(
                (y.mid().to_f64() - E::wide(x)).abs() <= 4.0 * f64::EPSILON * y.mid().to_f64().abs(),
                "{} {x}",
                E::NAME
            );
            assert!(y.radius() <= y.at_most().scaled(-245), "{} {x}: {y:?}", E::NAME);
        }
    }
    check::<Exp>();
    check::<Tanh>();
    check::<Silu>();
    check::<Softplus>();
    check::<Gelu>();
    check::<GeluTanh>();
}
