//! Certificates against exact arithmetic: leaves that are no f64, leaves of another run, casts; and reports of them.

use nfgrad::bound::Domain;
use nfgrad::format::{E4m3, Flx, NearestEven, Nf};
use nfgrad::prelude::*;
use nfgrad::report::Report;
use nfgrad::shadow::{Enclosed, Level};
use nfgrad::{Error, Since};
use nfgrad_tests::exact::Exact;
use nfgrad_tests::laws::{Axis, Rule};
use nfgrad_tests::program::Program;
use nfgrad_tests::sample::{Sampled, generator, normal};
use rand::RngExt;

/// The numbers of a pocket calculator.
type Decimal = Nf<10, Flx<8>, NearestEven>;

graph! {
    /// Two numbers that lose most of their digits, each times a third.
    pub graph Lost {
        param a: [2];
        param b: [2];
        param c: [2];
        output y = (a - b) * c;
    }
}

/// Fails if an element is further from the real number than its bound says; the largest bound over the largest error.
pub(super) fn compare<F: Sampled, S: Shape>(what: &str, enclosed: Enclosed<'_, F, S>, real: &[Exact]) -> f64 {
    let (mut largest_error, mut largest_bound) = (0.0_f64, 0.0_f64);
    assert_eq!(enclosed.values().as_slice().len(), real.len());
    for (i, (x, real)) in enclosed.values().as_slice().iter().zip(real).enumerate() {
        let (bound, (real, x)) = (enclosed.error(i).get(), x.beside(real));
        assert!(!real.violates(x, bound), "{what}[{i}] is off by {:e}, bound {bound:e}", real.error_of(x));
        (largest_error, largest_bound) = (largest_error.max(real.error_of(x)), largest_bound.max(bound));
    }
    largest_bound / largest_error
}

fn lost<F: Sampled>(a: [F; 2], b: [F; 2], c: [F; 2]) -> (Run<Lost, F>, Vec<Exact>) {
    let mut run = Lost::run::<F>();
    let mut leaves = run.leaves_mut();
    leaves.a.copy_from_slice(&a).unwrap();
    leaves.b.copy_from_slice(&b).unwrap();
    leaves.c.copy_from_slice(&c).unwrap();
    run.forward();
    let real = (0..2).map(|i| (a[i].real() - &b[i].real()) * &c[i].real()).collect();
    (run, real)
}

#[test]
fn a_leaf_that_is_no_f64_has_a_radius() {
    let number = |text: &str| text.parse::<Decimal>().expect("a number");
    let (run, real) = lost(
        [number("1.9612385"), number("0.5")],
        [number("1.9612062"), number("0.25")],
        [number("-2.6425825"), number("3")],
    );
    let mut shadow = Shadow::new();
    let ratio = compare("y", shadow.certify_values(&run).unwrap().outputs().y, &real);
    assert!(ratio < 1.01, "{ratio}");
    // Nothing of that is left when the next leaves are f64.
    let mut narrow = Lost::run::<f32>();
    narrow.leaves_mut().a.fill_with(|| 0.5);
    narrow.leaves_mut().c.fill_with(|| 3.0);
    narrow.forward();
    let again = shadow.certify_values(&narrow).unwrap().outputs().y.max_error();
    assert_eq!(again, Shadow::new().certify_values(&narrow).unwrap().outputs().y.max_error());
}

/// Products that are equal, or differ in the last digit of a factor: a verdict may only say what is so.
#[test]
fn verdicts_on_near_ties_of_decimal_numbers_are_true() {
    let rng = &mut generator("near ties", 0);
    let mut shadow = Shadow::new();
    let number = |digits: u32, places: i32| {
        let ten = Decimal::from_f64(10_f64.powi(places));
        Decimal::from_f64(digits.into()).div(ten)
    };
    let (mut ties, mut decided) = (0, 0);
    for _ in 0..400 {
        // (a₀ - b₀) c₀ = m₀ m₁ s = (a₁ - b₁) c₁, up to a unit of c₁.
        let (m0, m1) = (rng.random_range(2..100), rng.random_range(2..100));
        let s = rng.random_range(10_000..100_000);
        let b: [u32; 2] = std::array::from_fn(|_| rng.random_range(10_000_000..99_000_000));
        let unit = rng.random_range(0..3);
        let (run, real) = lost(
            [number(b[0] + m0, 7), number(b[1] + m1, 7)],
            b.map(|b| number(b, 7)),
            [number(m1 * s, 3), number(m0 * s + unit - 1, 3)],
        );
        let verdict = shadow.certify_values(&run).unwrap().outputs().y.argmax().next().expect("one row");
        let difference = real[0].clone() - &real[1];
        let is = |class: usize| difference.to_f64() != 0.0 && (class == 0) == (difference.to_f64() > 0.0);
        match verdict {
            Verdict::Certified { class } => assert!(is(class), "{verdict:?}, differing by {difference:?}"),
            Verdict::Different { exact, .. } => assert!(is(exact), "{verdict:?}, differing by {difference:?}"),
            Verdict::InDoubt { .. } => {}
        }
        ties += u32::from(unit == 1);
        decided += u32::from(!matches!(verdict, Verdict::InDoubt { .. }));
    }
    assert!(ties > 100 && decided > 100, "{ties} ties, {decided} decided");
}

graph! {
    /// A layer whose product is taken in bf16, and a loss.
    pub graph Mixed {
        input x: [4, 6];
        param w: [6, 3];
        param v: [3];
        let h = tanh(cast(x, bf16) @ cast(w, bf16));
        output y = h;
        output loss = mean(h * v);
    }
}

graph! {
    /// The same in one format.
    pub graph Plain {
        input x: [4, 6];
        param w: [6, 3];
        param v: [3];
        let h = tanh(x @ w);
        output y = h;
        output loss = mean(h * v);
    }
}

/// The same over the reals: `w` and `v`, then `x`.
fn layer() -> Program {
    Program {
        name: "layer",
        params: vec![18, 3],
        inputs: vec![24],
        nodes: vec![
            (Rule::MatMul { m: 4, k: 6, n: 3 }, vec![2, 0]),
            (Rule::Tanh, vec![3]),
            (Rule::Mul, vec![4, 1]),
            (Rule::Mean(Axis { outer: 1, length: 12, inner: 1 }), vec![5]),
        ],
    }
}

/// Leaves of normally distributed numbers of f32, both sweeps in `F`, and what is real: `y`, the loss and the gradients of `w` and `v`.
macro_rules! layer {
    ($graph:ident, $F:ty, $case:expr) => {{
        let rng = &mut generator("layer", $case);
        let mut wide = $graph::run::<f32>();
        let mut leaves = wide.leaves_mut();
        for leaf in [leaves.x.as_mut_slice(), leaves.w.as_mut_slice(), leaves.v.as_mut_slice()] {
            leaf.fill_with(|| f32::from_f64(normal(rng)));
        }
        let mut run = $graph::run::<$F>();
        run.copy_leaves_from(&wide);
        run.forward();
        run.backward();
        let leaves = wide.leaves();
        let real = |x: &[f32]| x.iter().map(|x| x.real()).collect::<Vec<_>>();
        let program = layer();
        let values =
            program.forward(vec![real(leaves.w.as_slice()), real(leaves.v.as_slice()), real(leaves.x.as_slice())]);
        let mut gradients = program.reverse(&values, &[(6, vec![Exact::new(1.0)])]).into_iter().flatten();
        let gradients = [gradients.next().expect("of w"), gradients.next().expect("of v")];
        (wide, run, [values[4].clone(), values[6].clone()], gradients)
    }};
}

/// Every bound holds; those of each tensor are within a thousandth of the largest error.
macro_rules! is_tight {
    ($certificate:expr, $values:expr, $gradients:expr) => {{
        let certificate = $certificate;
        let (outputs, gradients) = (certificate.outputs(), certificate.gradients());
        let ratios = [
            compare("y", outputs.y, &$values[0]),
            compare("loss", outputs.loss, &$values[1]),
            compare("d/dw", gradients.w, &$gradients[0]),
            compare("d/dv", gradients.v, &$gradients[1]),
        ];
        assert!(ratios.iter().all(|&ratio| ratio <= 1.001), "{ratios:?}");
    }};
}

#[test]
fn a_certificate_against_the_leaves_of_another_run_is_within_a_thousandth_of_the_truth() {
    for case in 0..10 {
        let (wide, run, values, gradients) = layer!(Plain, bf16, case);
        let mut shadow = Shadow::new();
        let certificate = shadow.certify_against(&run, &wide).unwrap();
        is_tight!(certificate, values, gradients);
        assert_eq!(certificate.leaves_of(), Some("f32"));
        let y = compare("y", shadow.certify_values_against(&run, &wide).unwrap().outputs().y, &values[0]);
        assert!(y <= 1.001, "{y}");
        // Its own leaves are another question, with another answer.
        let [own, other] = [
            shadow.certify(&run).unwrap().gradients().w.max_error(),
            shadow.certify_against(&run, &wide).unwrap().gradients().w.max_error(),
        ];
        assert_ne!(own, other);
    }
}

#[test]
fn leaves_of_a_wider_radix_may_be_those_of_a_binary_run() {
    let (wide, run, values, gradients) = layer!(Plain, Decimal, 3);
    let mut shadow = Shadow::new();
    // Each of the decimal numbers is off from that in f32 by 10^-8: the certificate counts it.
    is_tight!(shadow.certify_against(&run, &wide).unwrap(), values, gradients);
    assert!(shadow.certify(&run).unwrap().leaves_of().is_none());
}

#[test]
fn radii_of_rounded_leaves_enclose_what_the_originals_give() {
    fn check<D: Domain>(wide: &Run<Plain, f32>, values: &[Vec<Exact>; 2], gradients: &[Vec<Exact>; 2]) {
        let mut run = Plain::bounded::<bf16, D>();
        run.enclose_leaves_of(wide).unwrap();
        run.forward().unwrap();
        run.backward().unwrap();
        let (y, w) = (run.outputs().y, run.gradients().w);
        let outside = |i: &usize| values[0][*i].violates(y.mid().as_slice()[*i].to_f64(), y.radius(*i).get());
        assert_eq!((0..12).find(outside), None, "y in {}", D::NAME);
        let outside = |i: &usize| gradients[0][*i].violates(w.mid().as_slice()[*i].to_f64(), w.radius(*i).get());
        assert_eq!((0..18).find(outside), None, "d/dw in {}", D::NAME);
        assert!(y.max_radius().get() < 1.0);
    }
    for case in 0..5 {
        let (wide, _, values, gradients) = layer!(Plain, bf16, case);
        check::<Uniform>(&wide, &values, &gradients);
        check::<Euclidean>(&wide, &values, &gradients);
        check::<Elementwise>(&wide, &values, &gradients);
    }
}

#[test]
fn a_cast_is_no_error_of_the_shadow() {
    for case in 0..10 {
        let (_, run, values, gradients) = layer!(Mixed, f32, case);
        let mut shadow = Shadow::new();
        is_tight!(shadow.certify(&run).unwrap(), values, gradients);
        let (wide, run, values, gradients) = layer!(Mixed, bf16, case);
        is_tight!(shadow.certify_against(&run, &wide).unwrap(), values, gradients);
    }
}

graph! {
    /// A parameter with two consumers, of which one is rounded: its cotangents are added.
    pub graph Twice {
        param w: [4];
        output loss = sum(cast(w, E4m3) * w);
    }
}

graph! {
    /// A graph with a cast as a node of another.
    pub graph Rounded {
        input x: [4];
        output y = cast(x, E4m3);
    }
}

graph! {
    pub graph Inside {
        param w: [4];
        output loss = sum(Rounded(w) * w);
    }
}

#[test]
fn the_way_back_through_a_cast_is_the_identity_too() {
    let w = [1.05_f32, 0.3, -7.7, 13.0];
    macro_rules! check {
        ($graph:ident) => {{
            let mut run = $graph::run::<f32>();
            run.leaves_mut().w.copy_from_slice(&w).unwrap();
            run.forward();
            run.backward();
            let mut shadow = Shadow::new().at_least(Level::Elementwise);
            let gradient = shadow.certify(&run).unwrap().gradients().w;
            assert_eq!(gradient.mid().as_slice(), w.map(|w| 2.0 * f64::from(w))); // of w² it is 2w
            let real: Vec<_> = w.iter().map(|w| Exact::new(2.0 * f64::from(*w))).collect();
            let ratio = compare(stringify!($graph), gradient, &real);
            assert!(ratio < 1.000_001, "{ratio}");
        }};
    }
    check!(Twice);
    check!(Inside);
}

graph! {
    /// Casts that lose nothing, of a number and of a cotangent that are off in f64.
    pub graph Wide {
        param w: [4];
        output y = cast(0.1 * w, f64);
        output loss = sum(0.1 * cast(w, f64));
    }
}

#[test]
fn a_cast_passes_the_radius_on() {
    let mut run = Wide::run::<f64>();
    run.leaves_mut().w.copy_from_slice(&[1.05, 0.3, -7.7, 13.0]).unwrap();
    run.forward();
    run.backward();
    let tenth = Exact::decimal(1, 1);
    let y: Vec<_> = run.leaves().w.as_slice().iter().map(|w| tenth.clone() * &w.real()).collect();
    let mut shadow = Shadow::new();
    let certificate = shadow.certify(&run).unwrap();
    assert!(compare("y", certificate.outputs().y, &y) < 10.0);
    assert!(compare("d/dw", certificate.gradients().w, &vec![tenth; 4]) < 10.0);
}

#[test]
fn a_report_is_of_one_run() {
    let (wide, narrow, ..) = layer!(Plain, bf16, 1);
    let mut run = wide.clone();
    run.forward();
    run.backward();
    let mut uniform = Plain::bounded::<f32, Uniform>();
    uniform.copy_leaves_from(&run);
    let stale = |since| Err(Error::Stale { call: "Report::radii", since });
    assert_eq!(Report::new(&run).radii(&uniform).map(|_| ()), stale(Since::New));
    uniform.forward().unwrap();
    assert_eq!(Report::new(&run).radii(&uniform).map(|_| ()), stale(Since::NotDifferentiated));
    uniform.backward().unwrap();
    assert!(Report::new(&run).radii(&uniform).is_ok());

    // Of the same numbers it does not matter whose they are; of others it does.
    let mut other = run.clone();
    assert!(Report::new(&other).radii(&uniform).is_ok());
    other.leaves_mut().v.as_mut_slice()[2] = 0.5;
    other.forward();
    other.backward();
    let another = |column| Err(Error::AnotherRun { column });
    assert_eq!(Report::new(&other).radii(&uniform).map(|_| ()), another("Uniform"));
    let mut shadow = Shadow::new();
    let certificate = shadow.certify(&run).unwrap();
    assert_eq!(Report::new(&other).certificate(&certificate).map(|_| ()), another("shadow"));
    assert_eq!(Report::new(&run.clone()).certificate(&certificate).map(|_| ()), another("shadow"));
    assert_eq!(Report::new(&run).certificate(&certificate).map(|report| report.columns), Ok(vec!["shadow".to_owned()]));
    assert!(Error::AnotherRun { column: "Uniform" }.to_string().contains("`Uniform`"));

    // A certificate of another question says so, and the columns keep their places.
    let certificate = shadow.certify_against(&narrow, &wide).unwrap();
    let report = Report::new(&narrow).certificate(&certificate).unwrap();
    assert_eq!(report.columns, ["shadow of f32"]);
    let text = report.to_string();
    let ends: Vec<_> = text.lines().map(|line| line.chars().count()).collect();
    assert!(ends.iter().all(|&end| end == ends[0]), "{text}");
}

#[test]
fn a_report_has_gradients_where_the_run_has_them() {
    let (mut wide, ..) = layer!(Plain, bf16, 1);
    wide.forward();
    assert!(Report::new(&wide).rows.iter().all(|row| !row.is_gradient));
    wide.backward();
    assert_eq!(Report::new(&wide).rows.iter().filter(|row| row.is_gradient).count(), 2);
}

#[test]
fn a_report_says_that_leaves_were_uncertain() {
    let (wide, ..) = layer!(Plain, bf16, 2);
    let mut narrow = Plain::bounded::<bf16, Elementwise>();
    narrow.enclose_leaves_of(&wide).unwrap();
    narrow.forward().unwrap();
    narrow.backward().unwrap();
    let report = Report::new(narrow.run()).radii(&narrow).unwrap();
    assert_eq!(report.notes, ["Elementwise counts the radii that leaves were given"]);
}
