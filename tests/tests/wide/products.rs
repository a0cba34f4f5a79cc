//! Products of matrices enclose, are exact where they can be, and are as sharp as their operands.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use nfgrad::__private::wide::{Radius, Wide, WideBall, product_of};

use super::{Big, big, big_radius, draw, magnitude, unlimited};

/// What the elements of a factor are like.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Long,
    /// 24 bits, like an f32.
    Short,
    /// 8 bits.
    Bytes,
    /// Exponents far apart.
    Uneven,
    /// Long numbers with a radius.
    Balls,
    /// Numbers all of whose digits are a third of what a digit can be at most, with one sign: nothing cancels in the sums of orders.
    Full,
}

fn matrix<const K: usize>(rng: &mut ChaCha8Rng, len: usize, kind: Kind) -> Vec<WideBall<K>> {
    let mut element = |_| {
        if rng.random_range(0..20) == 0 {
            return WideBall::ZERO;
        }
        let span = if kind == Kind::Uneven { 300 } else { 4 };
        let (negative, mut words, exponent) = draw::<K>(rng, -span..span).raw();
        let short = |words: &mut [u64; K], bits: u32| {
            words[..K - 1].fill(0);
            words[K - 1] &= u64::MAX << (64 - bits);
        };
        match kind {
            Kind::Short => short(&mut words, 24),
            Kind::Bytes => short(&mut words, 8),
            Kind::Full => words.fill(0xaaaa_aaaa_aaaa_aaaa),
            _ => {}
        }
        let x = if kind == Kind::Full {
            Wide::from_raw(false, words, 0)
        } else {
            Wide::from_raw(negative, words, exponent)
        };
        let bits = i64::from(Wide::<K>::BITS);
        let radius = if kind == Kind::Balls {
            Radius::power_of_two(rng.random_range(-bits - 10..40 - bits))
        } else {
            Radius::ZERO
        };
        WideBall::new(x, radius)
    };
    (0..len).map(&mut element).collect()
}

/// An entry over the real numbers: its value in the middle, how far it may be from there, and the sum of the magnitudes.
fn entry<const K: usize>(row: &[WideBall<K>], column: &[WideBall<K>]) -> [Big; 3] {
    let zero = unlimited(Big::ZERO);
    row.iter().zip(column).fold([zero.clone(), zero.clone(), zero], |[mid, spread, size], (a, b)| {
        let [x, y] = [a, b].map(|x| big(&x.mid()));
        let [r, s] = [a, b].map(|x| big_radius(x.radius()));
        let far = |x: &Big, y: &Big| unlimited(magnitude(x.clone()) * y);
        let off = unlimited(far(&x, &s) + unlimited(far(&y, &r) + unlimited(&r * &s)));
        [unlimited(mid + unlimited(&x * &y)), unlimited(spread + off), unlimited(size + magnitude(unlimited(x * y)))]
    })
}

fn check<const K: usize>(rng: &mut ChaCha8Rng, [m, k, n]: [usize; 3], kinds: [Kind; 2]) {
    let (a, b) = (matrix::<K>(rng, m * k, kinds[0]), matrix::<K>(rng, k * n, kinds[1]));
    let mut c = vec![WideBall::UNKNOWN; m * n];
    product_of([m, k, n], &a, &b, &mut c);
    for (place, ball) in c.iter().enumerate() {
        let (i, j) = (place / n, place % n);
        let column: Vec<_> = (0..k).map(|p| b[p * n + j]).collect();
        let [mid, spread, size] = entry(&a[i * k..][..k], &column);
        let off = unlimited(magnitude(unlimited(big(&ball.mid()) - mid)) + &spread);
        let radius = big_radius(ball.radius());
        assert!(off <= radius, "{kinds:?} {m} {k} {n}: {ball:?}");
        let tame = !kinds.contains(&Kind::Uneven);
        if tame {
            // Half a unit of the largest possible sum, and the units of the radii.
            let allowed = unlimited((size >> (64 * K - 1).cast_signed()) + unlimited(spread.clone() >> 20));
            assert!(unlimited(radius - spread) <= allowed, "{kinds:?} {m} {k} {n}: {ball:?} is blunt");
        }
        let short = kinds.iter().all(|kind| matches!(kind, Kind::Short | Kind::Bytes));
        assert!(!short || ball.is_exact() || K == 2 && kinds == [Kind::Short; 2], "{kinds:?}: {ball:?}");
    }
}

fn all<const K: usize>() {
    let mut rng = ChaCha8Rng::seed_from_u64(K as u64 + 30);
    let kinds = [Kind::Long, Kind::Short, Kind::Bytes, Kind::Uneven, Kind::Balls, Kind::Full];
    for left in kinds {
        for right in kinds {
            let shape = std::array::from_fn(|_| rng.random_range(1..12));
            check::<K>(&mut rng, shape, [left, right]);
        }
    }
    check::<K>(&mut rng, [17, 33, 18], [Kind::Balls, Kind::Long]);
    check::<K>(&mut rng, [2, 70, 2], [Kind::Full, Kind::Full]);
}

#[test]
fn products_enclose_128() {
    all::<2>();
    // More than one piece of the sums.
    check::<2>(&mut ChaCha8Rng::seed_from_u64(1), [2, 1500, 1], [Kind::Full, Kind::Balls]);
}

#[test]
fn products_enclose_256() {
    all::<4>();
}

#[test]
fn products_enclose_512() {
    all::<8>();
}

/// Rows whose large elements meet the small ones of a column, and sums that cancel: as sharp as term by term.
#[test]
fn an_uneven_product_is_as_sharp_as_its_terms() {
    type B = WideBall<2>;
    let x = |x: f64, scale: i64| B::from(x).recip().scaled(scale);
    let a = [x(3.0, 400), x(7.0, 0), x(11.0, -400)];
    let b = [x(5.0, -400), x(9.0, 0), x(13.0, 400)];
    let mut c = [B::UNKNOWN];
    product_of([1, 3, 1], &a, &b, &mut c);
    assert!(c[0].radius() < Radius::power_of_two(-124), "{:?}", c[0]);
    let mut c = [B::UNKNOWN];
    product_of([1, 2, 1], &[a[0], -a[0]], &[b[0], b[0]], &mut c);
    assert!(c[0].radius() < Radius::power_of_two(-124), "{:?}", c[0]);
}

#[test]
fn what_is_not_known_spoils_its_row_and_column_only() {
    type B = WideBall<4>;
    let (mut a, b) = ([B::ONE; 6], [B::ZERO; 6]);
    a[2] = B::UNKNOWN;
    let mut c = [B::ONE; 4];
    product_of([2, 3, 2], &a, &b, &mut c);
    assert_eq!(c.map(|x| x.is_known()), [false, false, true, true]);
    let mut empty = [B::UNKNOWN; 4];
    product_of([2, 0, 2], &[], &[], &mut empty);
    assert!(empty.iter().all(|x| x.is_exact() && x.mid().is_zero()));
}
