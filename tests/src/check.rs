//! Holds one op to its law: random balls, a real point in each, and no radius may be too small.

mod exhaustive;
mod infinite;
mod sensitivity;
mod subject;
mod tightness;

use nfgrad::bound::Domain;
use nfgrad::op::Contribution;
use rand::{Rng, RngExt};

use crate::exact::{Exact, decided};
use crate::laws::{Function, Law, Lengths, Rule, ShapesOf};
use crate::report::Report;
use crate::sample::{Balls, Sample, Sampled, Trap, generator};

pub use exhaustive::{Line, Pairs, binary, unary, vectors};
pub use infinite::check_minus_infinity;
pub use sensitivity::{Sensitivity, sensitivity};
pub use subject::{Subject, Typed};
pub use tightness::{HEADER, Tightness, tightness};

/// Holds the op to its law in one format and one radius domain, for that many random cases.
pub fn check_op<O: Law<In>, In: ShapesOf, F: Sampled, D: Domain>(cases: u64, report: &mut Report) {
    check::<F>(&Typed::<O, In, D>::new(), cases, report);
}

fn check<F: Sampled>(subject: &dyn Subject<F>, cases: u64, report: &mut Report) {
    let label = format!("{} on {:?} elements", subject.name(), subject.numels());
    for case in 0..cases {
        let rng = &mut generator(&label, case);
        let name = format!("{label}, case {case}");
        if rng.random_bool(0.75) {
            Trial::new(subject, name, rng).compare(report);
            continue;
        }
        // Of numbers as large as these the reference might not know enough.
        let trial = decided(|| Trial::trapped(subject, name, rng));
        report.case(trial.is_some());
        if let Some(trial) = trial {
            trial.compare(report);
        }
    }
}

struct Trial<'a, F> {
    subject: &'a dyn Subject<F>,
    name: String,
    rule: Rule,
    /// One sample for each operand, or one for all of them.
    x: Vec<Sample<F>>,
    y: Sample<F>,
    dy: Sample<F>,
    /// The real contributions.
    dx: Vec<Vec<Exact>>,
}

impl<'a, F: Sampled> Trial<'a, F> {
    fn new(subject: &'a dyn Subject<F>, name: String, rng: &mut impl Rng) -> Self {
        let (numels, numel) = (subject.numels(), subject.result_numel());
        let mut sample = |numel| Sample::random(rng, numel, subject.radii(numel));
        let mut x: Vec<Sample<F>> = numels.iter().map(|&n| sample(n)).collect();
        let dy = sample(numel);
        if let Rule::Gather { rows, .. } = subject.rule()
            && rng.random_bool(0.8)
        {
            x[1] = Sample::indices(rng, numels[1], rows, subject.radii(numels[1]));
        }
        if numels.len() == 2 && numels[0] == numels[1] && rng.random_bool(0.2) {
            // One node twice: the same slices, so the op can see it.
            x.truncate(1);
        }
        Self::of(subject, name, x, dy)
    }

    /// A trial of operands that were made to be difficult for one another; the cotangent is of their kind.
    fn trapped(subject: &'a dyn Subject<F>, name: String, rng: &mut impl Rng) -> Self {
        let (mut numels, numel) = (subject.numels(), subject.result_numel());
        let operands = numels.len();
        numels.push(numel);
        let trap = Trap::random(rng);
        let mut x = trap.samples(rng, &numels[..operands], |n| subject.radii(n));
        let dy = trap.samples(rng, &numels[operands..], |n| subject.radii(n)).remove(0);
        if operands == 2 && numels[0] == numels[1] && rng.random_bool(0.2) {
            x.truncate(1);
        }
        Self::of(subject, name, x, dy)
    }

    /// The trial of these operands and this cotangent.
    fn of(subject: &'a dyn Subject<F>, name: String, x: Vec<Sample<F>>, dy: Sample<F>) -> Self {
        // Whatever is there before must be overwritten.
        let numel = subject.result_numel();
        let y = Sample::blank(numel, subject.radii(numel));
        let mut trial = Self { subject, name, rule: subject.rule(), x, y, dy, dx: Vec::new() };
        trial.evaluate();
        trial.dx = trial.rule.vjp(&trial.operands(|x| &x.real[..]), &trial.dy.real);
        trial
    }

    /// The value and every contribution.
    fn compare(&self, report: &mut Report) {
        self.forward(report);
        self.vjp(report);
    }

    fn evaluate(&mut self) {
        let mut y = std::mem::take(&mut self.y);
        self.subject.forward(&self.operands(Sample::balls), &mut y.mid);
        self.subject.forward_radius(&self.operands(Sample::balls), &y.mid, &mut y.rad);
        y.real = self.rule.forward(&self.operands(|x| &x.real[..]));
        self.y = y;
    }

    /// A view of each operand; the same one if there is one sample for all.
    fn operands<'b, T>(&'b self, view: impl Fn(&'b Sample<F>) -> T) -> Vec<T> {
        (0..self.subject.numels().len()).map(|k| view(&self.x[k.min(self.x.len() - 1)])).collect()
    }

    /// Whether something is known of all results of moderate numbers: exponentials may be too large, and in narrow formats
    /// products too; the radius of a mask may leave a doubt; and most numbers are no index.
    fn is_sure(&self) -> bool {
        // A generic format without a smallest number has none below those of f64, where products with exponentials may lie.
        let underflows = F::NAME == "nf" && matches!(self.rule, Rule::Attention(_));
        self.subject.is_ours() && F::LARGEST > 1e18 && is_tame(&self.rule) && !underflows
    }

    fn forward(&self, report: &mut Report) {
        let sure = self.is_sure() && self.x.iter().all(Sample::is_moderate);
        let exact = self.x.iter().all(Sample::is_exact) && self.subject.is_ours() && knows_exactness::<F>(&self.rule);
        self.hold("value", self.y.balls(), &self.y.real, (sure, exact), report);
    }

    fn vjp(&self, report: &mut Report) {
        let operands = self.subject.numels().len();
        let all = self.contributions(&vec![true; operands]);
        let sure = self.is_sure() && self.x.iter().chain([&self.dy]).all(Sample::is_moderate);
        if self.x.len() < operands {
            self.compare_sums(&all, &self.dx, report);
        } else {
            for (k, ((mid, rad), real)) in all.iter().zip(&self.dx).enumerate() {
                self.hold(&format!("contribution {k}"), Balls { mid, rad }, real, (sure, false), report);
            }
        }
        // A contribution does not depend on which others are asked for.
        for (alone, (among, among_rad)) in all.iter().enumerate() {
            let asked: Vec<bool> = (0..operands).map(|k| k == alone).collect();
            let (mid, rad) = &self.contributions(&asked)[alone];
            let same = rad == among_rad && mid.iter().zip(among).all(|(a, b)| same_number(*a, *b));
            report.demand(same, || format!("{}: contribution {alone} alone differs", self.name));
        }
    }

    /// The contributions and their radii; `None` is passed for those that are not asked for.
    fn contributions(&self, asked: &[bool]) -> Vec<(Vec<F>, Vec<f64>)> {
        let blank = |n| Sample::<F>::blank(n, self.subject.radii(n));
        let mut out: Vec<_> = self.subject.numels().into_iter().map(|n| (blank(n).mid, blank(n).rad)).collect();
        let x = self.operands(Sample::balls);
        let dx = out.iter_mut().zip(asked).map(|((mid, _), asked)| asked.then_some(&mut mid[..]));
        self.subject.vjp(&x, self.y.balls(), self.dy.balls(), dx.collect());
        let dx = out.iter_mut().zip(asked).map(|((mid, radii), asked)| asked.then_some(Contribution { mid, radii }));
        self.subject.vjp_radius(&x, self.y.balls(), self.dy.balls(), dx.collect());
        out
    }

    /// `sure`: the radius must be finite. `exact`: it must be 0 where the result is exact.
    fn hold(&self, what: &str, ball: Balls<'_, F>, real: &[Exact], (sure, exact): (bool, bool), report: &mut Report) {
        assert_eq!(ball.mid.len(), real.len(), "{}: the law has another shape", self.name);
        let beside = |(real, x): (&Exact, &F)| x.beside(real);
        let exact = exact && real.iter().zip(ball.mid).map(beside).all(|(real, x)| !real.violates(x, 0.0));
        for (i, real) in real.iter().enumerate() {
            let ((real, mid), radius) = (ball.mid[i].beside(real), ball.radius(i));
            let place = || format!("{}: {what}, element {i}\n{}", self.name, self.inputs(i, ball.mid.len()));
            report.ball(&real, mid, radius, place);
            report.demand(!sure || radius.is_finite(), || format!("∞ where something is known: {}", place()));
            report.demand(!exact || radius == 0.0, || format!("radius {radius:e} of an exact result: {}", place()));
        }
        if self.subject.is_norm() && !real.is_empty() {
            let errors = real.iter().zip(ball.mid).filter_map(|(real, mid)| error(real, *mid));
            report.norm(errors, ball.rad[0], || format!("{}: {what}\n{}", self.name, self.inputs(0, real.len())));
        }
    }

    /// Of one node twice only the sum of both contributions means anything: those of `x - x` may be 0 and 0.
    fn compare_sums(&self, all: &[(Vec<F>, Vec<f64>)], real: &[Vec<Exact>], report: &mut Report) {
        let [(a, alpha), (b, beta)] = all else { unreachable!("two operands") };
        for (i, (x, y)) in real[0].iter().zip(&real[1]).enumerate() {
            let ((a, alpha), (b, beta)) = ((a[i], alpha[i % alpha.len()]), (b[i], beta[i % beta.len()]));
            let place = || format!("{}: both contributions, element {i}\n{}", self.name, self.inputs(i, real[0].len()));
            let guarded = b.is_finite() || beta == f64::INFINITY;
            report.demand(guarded, || format!("the finite radius {beta:e} of {b}: {}", place()));
            if b.is_finite() {
                let (rest, a) = a.beside(&(x.clone() + y - &b.real()));
                report.ball(&rest, a, (alpha + beta).next_up(), place);
            }
        }
        if self.subject.is_norm() && !a.is_empty() {
            let mids = a.iter().zip(b).zip(real[0].iter().zip(&real[1]));
            let errors = mids.filter_map(|((&a, &b), (x, y))| Some(error(x, a)? + &error(y, b)?));
            report.norm(errors, (alpha[0] + beta[0]).next_up(), || {
                format!("{}: both\n{}", self.name, self.inputs(0, a.len()))
            });
        }
    }

    /// All tensors; of long ones what lies beside element `i` of one with `of` elements.
    fn inputs(&self, i: usize, of: usize) -> String {
        let tensor = |name: &str, s: &Sample<F>| {
            let middle = i * s.mid.len() / of;
            let shown =
                if s.mid.len() <= 32 { 0..s.mid.len() } else { middle.saturating_sub(2)..s.mid.len().min(middle + 3) };
            let real: Vec<f64> = s.real[shown.clone()].iter().map(Exact::to_f64).collect();
            let rad = if s.rad.len() == s.mid.len() { &s.rad[shown.clone()] } else { &s.rad };
            format!("    {name}[{shown:?}] = {:?}\n      radii {rad:?}\n      real {real:?}\n", &s.mid[shown.clone()])
        };
        let x: String = self.x.iter().map(|x| tensor("x", x)).collect();
        x + &tensor("y", &self.y) + &tensor("dy", &self.dy)
    }
}

/// Ops that are defined everywhere and, unlike an exponential, turn moderate numbers into moderate ones.
pub(crate) fn is_tame(rule: &Rule) -> bool {
    match rule {
        Rule::Exp
        | Rule::Div
        | Rule::Invert { .. }
        | Rule::Softmax { masked: true, .. }
        | Rule::LogSoftmax { masked: true, .. }
        | Rule::CrossEntropy { masked: true, .. }
        | Rule::Attention(Lengths { masked: true, .. })
        | Rule::Gather { .. } => false,
        Rule::Unary(function) => function.is_tame(),
        _ => true,
    }
}

/// Ops whose radius is documented to be 0 wherever the result is exact and the operands are.
fn knows_exactness<F: Sampled>(rule: &Rule) -> bool {
    match rule {
        Rule::Add
        | Rule::Sub
        | Rule::Neg
        | Rule::Relu
        | Rule::Maximum
        | Rule::Minimum
        | Rule::Permute { .. }
        | Rule::Same
        | Rule::Concat { .. }
        | Rule::Slice { .. }
        | Rule::Pad { .. }
        | Rule::MaxPool2d(_) => true,
        // Without a fused multiply-add f64 does not know the error of its products.
        Rule::Mul | Rule::Unary(Function::Pow(2)) => F::NAME != "f64",
        Rule::Unary(function) => function.knows_exactness(),
        _ => false,
    }
}

/// The real number less the computed one; none of what is not finite, whose radius is infinite anyway.
fn error<F: Sampled>(real: &Exact, mid: F) -> Option<Exact> {
    mid.is_finite().then(|| real.clone() - &mid.real())
}

/// Equal, or both not a number.
fn same_number<F: Sampled>(a: F, b: F) -> bool {
    a == b || (a.to_f64().is_nan() && b.to_f64().is_nan())
}
