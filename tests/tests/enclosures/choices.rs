//! What decides: exact ties are those of `forward` and `vjp`, balls that overlap leave both answers open, and more bits close them.

use nfgrad::__private::wide::{Radius, WideBall};
use nfgrad::op::{
    Abs, Add, All, Amax, Amin, Attention, Axis, BceWithLogits, CrossEntropy, Div, Gather, LeakyRelu, LogSoftmax,
    MatMul, MaxPool2d, Maximum, Minimum, Relu, SafeDiv, SafeLog, Softmax,
};
use nfgrad::prelude::*;
use nfgrad_tests::check::{Subject, Typed};
use nfgrad_tests::enclosures::{Enclosing, InBalls, contains};
use nfgrad_tests::exact::Exact;
use nfgrad_tests::laws::{Law, ShapesOf};
use nfgrad_tests::literals;
use nfgrad_tests::sample::{Balls, cases, generator};
use rand::RngExt;

literals! {
    Quarter = "0.25", 0.25, true;
    Three = "3", 3.0, true;
}

type Line = (D<4>,);
type Two = (D<2>, D<2>);
type Image = (D<1>, D<3>, D<2>);
type Pool = MaxPool2d<D<2>, D<1>, D<0>, D<2>, D<1>>;
type Padded = MaxPool2d<D<3>, D<1>, D<1>, D<3>, D<2>>;

/// Calls a function for each op that decides, on some operands.
macro_rules! deciding {
    ($check:ident($($argument:expr),*)) => {
        $check::<Relu, (Line,)>($($argument),*);
        $check::<Abs, (Line,)>($($argument),*);
        $check::<LeakyRelu<Quarter>, (Line,)>($($argument),*);
        $check::<LeakyRelu<Three>, (Line,)>($($argument),*);
        $check::<Maximum, (Line, Line)>($($argument),*);
        $check::<Maximum, (Two, (D<2>,))>($($argument),*);
        $check::<Minimum, (Line, Line)>($($argument),*);
        $check::<Amax<All>, (Line,)>($($argument),*);
        $check::<Amin<All>, (Line,)>($($argument),*);
        $check::<Amax<Axis<0>>, (Two,)>($($argument),*);
        $check::<Pool, (Image,)>($($argument),*);
        $check::<Padded, (Image,)>($($argument),*);
        $check::<SafeDiv<Quarter>, (Line, Line)>($($argument),*);
    };
}

/// The value and the contributions of an op in f64.
fn in_f64<O: Law<In>, In: ShapesOf>(x: &[Vec<f64>], dy: &[f64]) -> Vec<Vec<f64>> {
    let subject = Typed::<O, In, Elementwise>::new();
    let subject: &dyn Subject<f64> = &subject;
    let balls: Vec<_> = x.iter().map(|x| Balls { mid: x, rad: &[0.0] }).collect();
    let mut y = vec![f64::NAN; subject.result_numel()];
    subject.forward(&balls, &mut y);
    let mut dx: Vec<_> = x.iter().map(|x| vec![f64::NAN; x.len()]).collect();
    let [value, seed] = [&y[..], dy].map(|mid| Balls { mid, rad: &[0.0] });
    subject.vjp(&balls, value, seed, dx.iter_mut().map(|dx| Some(&mut dx[..])).collect());
    [vec![y], dx].concat()
}

/// The same in balls.
fn in_balls<O: Law<In>, In: ShapesOf, const K: usize>(
    x: &[Vec<WideBall<K>>],
    dy: &[WideBall<K>],
) -> Vec<Vec<WideBall<K>>> {
    let subject = InBalls::<O, In>::new();
    let subject: &dyn Enclosing<K> = &subject;
    let operands: Vec<_> = x.iter().map(|x| &x[..]).collect();
    let mut y = vec![WideBall::from(77.0); subject.result_numel()];
    subject.enclose(&operands, &mut y);
    let mut dx: Vec<_> = x.iter().map(|x| vec![WideBall::from(77.0); x.len()]).collect();
    subject.enclose_vjp(&operands, &y, dy, dx.iter_mut().map(|dx| Some(&mut dx[..])).collect());
    [vec![y], dx].concat()
}

fn exactly<const K: usize>(x: &[f64]) -> Vec<WideBall<K>> {
    x.iter().map(|&x| WideBall::from(x)).collect()
}

fn ball(mid: f64, radius: f64) -> WideBall<2> {
    WideBall::from(mid).widened(Radius::of_f64(radius))
}

/// Quarters from -1 to 1, so that many are equal, or 0, and what is computed of them is exact.
fn quarters(rng: &mut impl RngExt, numel: usize) -> Vec<f64> {
    (0..numel).map(|_| f64::from(rng.random_range(-4_i8..=4)) / 4.0).collect()
}

fn numels<In: ShapesOf>() -> Vec<usize> {
    In::shapes().into_iter().map(|dims| dims.iter().product()).collect()
}

fn ties<O: Law<In>, In: ShapesOf>() {
    let rng = &mut generator(O::NAME, 1);
    for _ in 0..cases(60) {
        let x: Vec<_> = numels::<In>().into_iter().map(|n| quarters(rng, n)).collect();
        let dy = vec![1.5; <InBalls<O, In> as Enclosing<2>>::result_numel(&InBalls::new())];
        let expected = in_f64::<O, In>(&x, &dy);
        let found = in_balls::<O, In, 2>(&x.iter().map(|x| exactly(x)).collect::<Vec<_>>(), &exactly(&dy));
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            let off = (*found - WideBall::from(*expected)).at_most();
            // Quotients by 3/4 are rounded in f64.
            let same =
                found.is_exact() && off == Radius::ZERO || O::NAME == "safe_div" && off < Radius::power_of_two(-50);
            assert!(same, "{} at {x:?}: {found:?}, in f64 {expected}", O::NAME);
        }
    }
}

#[test]
fn exact_ties_are_those_of_the_values() {
    deciding!(ties());
    let slope = |x: f64| in_balls::<SafeLog<Quarter>, (Line,), 2>(&[exactly(&[x; 4])], &exactly(&[1.0; 4]))[1][0];
    assert!(slope(0.25).is_exact() && slope(0.25).mid().is_zero());
    assert_eq!((slope(0.5).mid().to_f64(), slope(-1.0).mid().to_f64()), (2.0, 0.0));
}

fn open<O: Law<In>, In: ShapesOf>() {
    let rng = &mut generator(O::NAME, 2);
    for _ in 0..cases(40) {
        let mids: Vec<_> = numels::<In>().into_iter().map(|n| quarters(rng, n)).collect();
        let radii: Vec<Vec<f64>> =
            mids.iter().map(|x| quarters(rng, x.len()).iter().map(|r| r.abs()).collect()).collect();
        let balls = |(x, r): (&Vec<f64>, &Vec<f64>)| x.iter().zip(r).map(|(&x, &r)| ball(x, r)).collect();
        let x: Vec<Vec<_>> = mids.iter().zip(&radii).map(balls).collect();
        let dy = vec![-1.5; <InBalls<O, In> as Enclosing<2>>::result_numel(&InBalls::new())];
        let found = in_balls::<O, In, 2>(&x, &exactly(&dy));
        for _ in 0..40 {
            let mut point = |(x, r): (&Vec<f64>, &Vec<f64>)| {
                x.iter().zip(r).map(|(x, r)| x + r * f64::from(rng.random_range(-1_i8..=1))).collect()
            };
            let points: Vec<Vec<f64>> = mids.iter().zip(&radii).map(&mut point).collect();
            for (found, real) in found.iter().flatten().zip(in_f64::<O, In>(&points, &dy).iter().flatten()) {
                // A quotient is rounded.
                let found = if O::NAME == "safe_div" { found.widened(Radius::power_of_two(-45)) } else { *found };
                assert!(contains(&found, &Exact::new(*real)), "{} of {x:?} at {points:?}: {found:?}, {real}", O::NAME);
            }
        }
    }
}

#[test]
fn every_answer_that_is_possible_is_in_the_ball() {
    deciding!(open());
}

#[test]
fn each_that_may_be_the_largest_may_have_all_or_nothing() {
    let x = vec![ball(1.0, 0.25), ball(1.25, 0.25), ball(0.0, 0.25), ball(1.5, 0.25)];
    let all = |x: &WideBall<2>| contains(x, &Exact::zero()) && contains(x, &Exact::new(3.0));
    let dx = &in_balls::<Amax<All>, (Line,), 2>(std::slice::from_ref(&x), &exactly(&[3.0]))[1];
    assert!(all(&dx[0]) && all(&dx[1]) && all(&dx[3]), "{dx:?}");
    assert!(dx[2].is_exact() && dx[2].mid().is_zero());
    let dx = &in_balls::<Amin<All>, (Line,), 2>(&[x], &exactly(&[3.0]))[1];
    assert!(dx[2].is_exact() && dx[2].mid().to_f64() == 3.0, "{dx:?}");
    let (a, b) = (vec![ball(1.0, 0.25); 4], vec![ball(1.5, 0.25), ball(1.5, 0.125), ball(0.0, 0.25), ball(1.0, 0.0)]);
    let dx = in_balls::<Maximum, (Line, Line), 2>(&[a, b], &exactly(&[3.0; 4]));
    assert!([&dx[1][0], &dx[2][0], &dx[1][3], &dx[2][3]].into_iter().all(all), "{dx:?}");
    let values = [&dx[1][1], &dx[2][1], &dx[1][2], &dx[2][2]].map(|x| (x.is_exact(), x.mid().to_f64()));
    assert_eq!(values, [(true, 0.0), (true, 3.0), (true, 3.0), (true, 0.0)]);
}

/// `1 + 2^-150 - 1`: in 128 bits a ball around 0, in 256 bits the number.
fn slight<const K: usize>() -> WideBall<K> {
    WideBall::ONE + WideBall::ONE.scaled(-150) - WideBall::ONE
}

fn decided<O: Law<In>, In: ShapesOf>() {
    fn certain<O: Law<In>, In: ShapesOf, const K: usize>(base: f64) -> bool {
        let operand = |k: usize, n: usize| {
            // Beside a first entry that is a hair above all others, or all that of the other operand.
            let hair =
                |i: usize| if k == 0 && (i == 0 || numels::<In>().len() > 1) { slight() } else { WideBall::ZERO };
            (0..n).map(|i| WideBall::<K>::from(base) + hair(i)).collect()
        };
        let x: Vec<Vec<_>> = numels::<In>().into_iter().enumerate().map(|(k, n)| operand(k, n)).collect();
        let dy = exactly(&vec![1.0; <InBalls<O, In> as Enclosing<2>>::result_numel(&InBalls::new())]);
        in_balls::<O, In, K>(&x, &dy)[1].iter().all(|dx| dx.radius() < Radius::power_of_two(-90))
    }
    let base = if O::NAME == "safe_div" { 0.25 } else { 0.0 };
    assert!(certain::<O, In, 4>(base), "{} should be decided in 256 bits", O::NAME);
    assert!(O::NAME == "safe_div" || !certain::<O, In, 2>(base), "{} should be open in 128 bits", O::NAME);
}

#[test]
fn more_bits_decide() {
    deciding!(decided());
}

fn unknown<O: Law<In>, In: ShapesOf>() {
    let operand = |n: usize| vec![WideBall::<2>::UNKNOWN; n];
    let x: Vec<Vec<_>> = numels::<In>().into_iter().map(operand).collect();
    let dy = exactly(&vec![1.0; <InBalls<O, In> as Enclosing<2>>::result_numel(&InBalls::new())]);
    let found = in_balls::<O, In, 2>(&x, &dy);
    assert!(found.iter().flatten().all(|x| !x.is_known()), "{} of what is not known: {found:?}", O::NAME);
}

/// Not even that there is a number: then there is no derivative either.
#[test]
fn what_is_not_known_decides_nothing() {
    deciding!(unknown());
    unknown::<SafeLog<Quarter>, (Line,)>();
    let mut x = exactly::<2>(&[1.0, 2.0, 3.0, 4.0]);
    x[1] = WideBall::UNKNOWN;
    let found = in_balls::<Amax<All>, (Line,), 2>(&[x], &exactly(&[1.0]));
    assert!(found.iter().flatten().all(|x| !x.is_known()), "{found:?}");
}

/// `x / x` is 1, however little is known of `x`; `x / max(x, ε)` at most.
#[test]
fn a_ball_over_itself_is_one() {
    fn over_itself<O: Law<(Line, Line)>>(x: &[WideBall<2>]) -> Vec<WideBall<2>> {
        let (subject, mut y) = (InBalls::<O, (Line, Line)>::new(), vec![WideBall::ZERO; 4]);
        subject.enclose(&[x, x], &mut y);
        y
    }
    let x = [ball(3.0, 1.0), ball(-0.5, 0.25), ball(0.5, 0.75), ball(0.125, 0.125)];
    let y = over_itself::<Div>(&x);
    assert!(y[..2].iter().all(|y| y.is_exact() && y.mid().to_f64() == 1.0), "{y:?}");
    assert!(y[2..].iter().all(|y| !y.is_known()), "{y:?}");
    let y = over_itself::<SafeDiv<Quarter>>(&x);
    assert!(y[0].is_exact() && y[0].mid().to_f64() == 1.0, "{y:?}");
    assert!(contains(&y[2], &Exact::new(1.0)) && contains(&y[2], &Exact::new(-1.0)) && y[2].is_known(), "{y:?}");
    assert!(contains(&y[3], &Exact::zero()) && contains(&y[3], &Exact::new(1.0)), "{y:?}");
    assert!(y[3].radius() <= Radius::of_f64(0.501), "{y:?}");
}

#[test]
fn only_an_exact_index_names_a_row() {
    let table = exactly::<2>(&[1.0, 2.0, 3.0, 4.0]);
    let gather = |index: [WideBall<2>; 2]| {
        in_balls::<Gather, (Two, (D<2>,)), 2>(&[table.clone(), index.to_vec()], &exactly(&[1.0, 2.0, 3.0, 4.0]))
    };
    let sure = gather([WideBall::ONE, WideBall::ONE]);
    let numbers = |x: &[WideBall<2>]| x.iter().map(|x| (x.is_exact(), x.mid().to_f64())).collect::<Vec<_>>();
    assert_eq!(numbers(&sure[0]), [(true, 3.0), (true, 4.0), (true, 3.0), (true, 4.0)]);
    assert_eq!(numbers(&sure[1]), [(true, 0.0), (true, 0.0), (true, 4.0), (true, 6.0)]);
    assert!(sure[2].iter().all(|x| x.is_exact() && x.mid().is_zero()));
    for doubtful in [ball(1.0, 1e-30), ball(0.5, 0.0), ball(2.0, 0.0), ball(-1.0, 0.0), WideBall::UNKNOWN] {
        let found = gather([WideBall::ZERO, doubtful]);
        assert_eq!(numbers(&found[0][..2]), [(true, 1.0), (true, 2.0)]);
        assert!(found[0][2..].iter().chain(&found[1]).all(|x| !x.is_known()), "{doubtful:?}: {found:?}");
        assert!(found[2][0].is_known() && !found[2][1].is_known());
    }
}

/// Of an op with a mask whose second row is open the first row is known, and nothing of the second.
fn masked<O: Law<In>, In: ShapesOf>(rows: usize) {
    let numels = numels::<In>();
    let per_row = |numel: usize| numel / rows;
    let mut x: Vec<_> = numels.iter().map(|&n| exactly::<2>(&quarters(&mut generator(O::NAME, 3), n))).collect();
    let mask = x.last_mut().expect("a mask");
    let width = per_row(mask.len());
    for (i, mask) in mask.iter_mut().enumerate() {
        // Whole rows that are dropped are 0, whatever they are.
        *mask = match i / width {
            0 => WideBall::from(f64::from(u8::from(i % 2 == 0))),
            1 if i % width == 0 => ball(0.25, 0.25),
            1 => WideBall::ONE,
            _ => WideBall::ZERO,
        };
    }
    let dy = exactly(&vec![1.0; <InBalls<O, In> as Enclosing<2>>::result_numel(&InBalls::new())]);
    let found = in_balls::<O, In, 2>(&x, &dy);
    let row = |x: &[WideBall<2>], k: usize| x[k * per_row(x.len())..(k + 1) * per_row(x.len())].to_vec();
    assert!(row(&found[0], 0).iter().all(WideBall::is_known), "{}: {found:?}", O::NAME);
    assert!(row(&found[0], 1).iter().all(|x| !x.is_known()), "{}: {found:?}", O::NAME);
    assert!(row(&found[0], 2).iter().all(|x| x.is_exact() && x.mid().is_zero()), "{}: {found:?}", O::NAME);
    let first = &found[1];
    assert!(row(first, 0).iter().all(WideBall::is_known) && row(first, 1).iter().all(|x| !x.is_known()));
    assert!(row(first, 2).iter().all(|x| x.is_exact() && x.mid().is_zero()), "{}: {found:?}", O::NAME);
    let mask = found.last().expect("a mask");
    let open: Vec<usize> = (0..mask.len()).filter(|&i| !mask[i].is_known()).collect();
    assert_eq!(open, [width], "{}", O::NAME);
    assert!(mask.iter().all(|x| !x.is_known() || x.is_exact() && x.mid().is_zero()));
}

#[test]
fn a_mask_that_is_open_leaves_its_row_open() {
    type Scores = (D<3>, D<4>);
    masked::<Softmax<Axis<1>>, (Scores, Scores)>(3);
    masked::<LogSoftmax<Axis<1>>, (Scores, Scores)>(3);
    masked::<CrossEntropy, (Scores, Scores, Scores)>(3);
    // Queries, keys, values and mask: only what belongs to a query is looked at.
    masked::<Attention, ((D<3>, D<4>), (D<6>, D<4>), (D<6>, D<3>), (D<3>, D<6>))>(3);
}

/// An entry that is -∞ itself, as a mask that is added makes it, is left out as a mask of 0 leaves it out.
#[test]
fn minus_infinity_is_left_out() {
    type Scores = (D<2>, D<3>);
    const OUT: WideBall<2> = WideBall::MINUS_INFINITY;
    let (numbers, dy) = (exactly::<2>(&[0.5, 0.0, -1.25, 2.0, 0.75, 0.0]), exactly(&[1.0, -2.0, 3.0, 0.5, 1.5, -1.0]));
    let mask = exactly(&[1.0, 0.0, 1.0, 1.0, 1.0, 0.0]);
    let added: Vec<_> = mask.iter().map(|x| if x.mid().is_zero() { OUT } else { WideBall::ZERO }).collect();
    let z = in_balls::<Add, (Scores, Scores), 2>(&[numbers.clone(), added], &dy).remove(0);
    assert!(z[1].is_minus_infinity() && z[5].is_minus_infinity());
    let same = |a: &[WideBall<2>], b: &[WideBall<2>]| {
        let equal = |(a, b): (&WideBall<2>, &WideBall<2>)| a.mid().cmp(&b.mid()).is_eq() && a.radius() == b.radius();
        assert!(a.iter().all(WideBall::is_known) && a.iter().zip(b).all(equal), "{a:?} {b:?}");
    };
    let (found, expected) = (
        in_balls::<Softmax<Axis<1>>, (Scores,), 2>(std::slice::from_ref(&z), &dy),
        in_balls::<Softmax<Axis<1>>, (Scores, Scores), 2>(&[numbers.clone(), mask.clone()], &dy),
    );
    same(&found[0], &expected[0]);
    same(&found[1], &expected[1]);
    let t = exactly(&[1.0, 0.0, 2.0, 0.5, 0.5, 0.0]);
    let (found, expected) = (
        in_balls::<CrossEntropy, (Scores, Scores), 2>(&[z.clone(), t.clone()], &dy[..2]),
        in_balls::<CrossEntropy, (Scores, Scores, Scores), 2>(&[numbers.clone(), t.clone(), mask.clone()], &dy[..2]),
    );
    same(&found[0], &expected[0]);
    same(&found[1], &expected[1]);
    assert!(!found[2][1].is_known() && found[2][0].is_known());
    let meant = in_balls::<CrossEntropy, (Scores, Scores), 2>(&[z.clone(), exactly(&[1.0; 6])], &dy[..2]);
    assert!(meant[0].iter().all(|loss| !loss.is_known()));

    let found = in_balls::<LogSoftmax<Axis<1>>, (Scores,), 2>(std::slice::from_ref(&z), &dy);
    let expected = in_balls::<LogSoftmax<Axis<1>>, (Scores, Scores), 2>(&[numbers, mask], &dy);
    assert!([1, 5].iter().all(|&i| found[0][i].is_minus_infinity()));
    for i in [0, 2, 3, 4] {
        same(&found[0][i..=i], &expected[0][i..=i]);
    }
    same(&[found[1][1], found[1][5]], &[dy[1], dy[5]]);

    let bce = in_balls::<BceWithLogits, (Scores, Scores), 2>(&[z.clone(), t], &dy[..1]);
    assert!(bce[0][0].is_known() && bce[1].iter().all(WideBall::is_known) && bce[1][5].mid().is_zero());
    // A row of nothing else.
    let none = in_balls::<Softmax<Axis<1>>, (Scores,), 2>(&[vec![OUT; 6]], &dy);
    assert!(none.iter().flatten().all(|x| x.is_exact() && x.mid().is_zero()));
}

/// Nothing but a sum keeps it.
#[test]
fn minus_infinity_is_unknown_elsewhere() {
    type Square = ((D<2>, D<2>), (D<2>, D<2>));
    const OUT: WideBall<2> = WideBall::MINUS_INFINITY;
    let one = WideBall::ONE;
    assert!((OUT + one).is_minus_infinity() && (one + OUT).is_minus_infinity() && !OUT.is_known());
    let others = [
        -OUT,
        one - OUT,
        OUT * one,
        OUT * WideBall::ZERO,
        OUT / one,
        one / OUT,
        OUT.abs(),
        OUT.max(one),
        one.max(OUT),
        OUT.hull(one),
        OUT.positive(),
        OUT.exp(),
        OUT.tanh(),
        OUT.sigmoid(),
        OUT.softplus(),
        OUT.sqrt(),
        OUT.recip(),
        OUT.powi(2),
        OUT.times(3),
        OUT.over(3),
        OUT.scaled(2),
        OUT.sin(),
        OUT.cos(),
        OUT.ln(),
        OUT.ln_1p(),
        OUT.exp_m1(),
        OUT.normal_cdf(),
        OUT.normal_pdf(),
        OUT + WideBall::UNKNOWN,
        WideBall::UNKNOWN + OUT,
        WideBall::ZERO.widened(OUT.at_most()),
        WideBall::step(&OUT, &one, one),
        WideBall::step(&one, &OUT, one),
    ];
    for (i, other) in others.into_iter().enumerate() {
        assert!(!other.is_known() && !other.is_minus_infinity(), "{i}: {other:?}");
    }
    let product = in_balls::<MatMul, Square, 2>(&[vec![OUT; 4], exactly(&[1.0; 4])], &exactly(&[1.0; 4]));
    assert!(product[0].iter().all(|x| !x.is_known() && !x.is_minus_infinity()));
}
