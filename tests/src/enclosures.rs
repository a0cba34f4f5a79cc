//! Holds what an op encloses to its law: balls of wide numbers, a real point in each, and no ball may miss the exact result.

mod precision;
mod subject;
mod tensor;

use rand::{Rng, RngExt};

use crate::check::is_tame;
use crate::exact::{Exact, decided, with_bits};
use crate::laws::{Law, Rule, ShapesOf};
use crate::report::Report;
use crate::sample::{Kept, Sample, Trap, cases, generator};

pub use precision::check_precision;
pub use subject::{Enclosing, InBalls};
pub use tensor::{Tensor, contains, number};

/// Holds the op to its law in balls of each size, for that many random cases in the smallest.
pub fn check_enclosures<O: Law<In>, In: ShapesOf>(usual: u64, report: &mut Report) {
    let subject = InBalls::<O, In>::new();
    check::<2>(&subject, cases(usual), report);
    check::<4>(&subject, cases(usual.div_ceil(4)), report);
    with_bits(640, || check::<8>(&subject, cases(usual.div_ceil(16)), report));
}

/// In balls of 128 bits only: what a shape beside the first is tried in.
pub fn check_in_128_bits<O: Law<In>, In: ShapesOf>(usual: u64, report: &mut Report) {
    check::<2>(&InBalls::<O, In>::new(), cases(usual), report);
}

fn check<const K: usize>(subject: &dyn Enclosing<K>, cases: u64, report: &mut Report) {
    let label = format!("{} on {:?} elements in {} bits", subject.name(), subject.numels(), 64 * K);
    for case in 0..cases {
        let rng = &mut generator(&label, case);
        let name = format!("{label}, case {case}");
        // What nobody chose may cancel so far that the reference does not know enough.
        let trial = decided(|| Trial::new(subject, name, rng));
        report.case(trial.is_some());
        if let Some(trial) = trial {
            trial.compare(report);
        }
    }
}

struct Trial<'a, const K: usize> {
    subject: &'a dyn Enclosing<K>,
    name: String,
    rule: Rule,
    /// One for each operand, or one for all of them.
    x: Vec<Tensor<K>>,
    y: Tensor<K>,
    dy: Tensor<K>,
    /// The real contributions.
    dx: Vec<Vec<Exact>>,
}

impl<'a, const K: usize> Trial<'a, K> {
    fn new(subject: &'a dyn Enclosing<K>, name: String, rng: &mut impl Rng) -> Self {
        let (mut numels, rule) = (subject.numels(), subject.rule());
        let operands = numels.len();
        numels.push(subject.result_numel());
        let mut samples: Vec<Sample<f64>> = if rng.random_bool(0.75) {
            numels.iter().map(|&n| Sample::random(rng, n, Kept::each(n))).collect()
        } else {
            let trap = Trap::random(rng);
            let mut samples = trap.samples(rng, &numels[..operands], Kept::each);
            samples.extend(trap.samples(rng, &numels[operands..], Kept::each));
            samples
        };
        if let Rule::Gather { rows, .. } = rule
            && rng.random_bool(0.8)
        {
            samples[1] = Sample::indices(rng, numels[1], rows, Kept::each(numels[1]));
        }
        let dy = Tensor::of(rng, &samples.pop().unwrap_or_default());
        if operands == 2 && numels[0] == numels[1] && rng.random_bool(0.2) {
            // One node twice: the same slices, so the op can see it.
            samples.truncate(1);
        }
        let x: Vec<_> = samples.iter().map(|sample| Tensor::of(rng, sample)).collect();
        let mut trial = Self { subject, name, rule, x, y: Tensor::default(), dy, dx: Vec::new() };
        trial.y = Tensor::blank(subject.result_numel());
        let mut balls = std::mem::take(&mut trial.y.balls);
        subject.enclose(&trial.operands(|x| &x.balls[..]), &mut balls);
        trial.y.balls = balls;
        let real = trial.operands(|x| &x.real[..]);
        let (y, dx) = (trial.rule.forward(&real), trial.rule.vjp(&real, &trial.dy.real));
        (trial.y.real, trial.dx) = (y, dx);
        trial
    }

    /// A view of each operand; the same one if there is one tensor for all.
    fn operands<'b, T>(&'b self, view: impl Fn(&'b Tensor<K>) -> T) -> Vec<T> {
        (0..self.subject.numels().len()).map(|k| view(&self.x[k.min(self.x.len() - 1)])).collect()
    }

    fn compare(&self, report: &mut Report) {
        let operands = self.subject.numels().len();
        let sure = is_tame(&self.rule) && self.x.iter().all(Tensor::is_plain);
        self.hold("value", &self.y, sure, report);
        let sure = sure && self.dy.is_plain();
        let all = self.contributions(&vec![true; operands]);
        let pairs = all.iter().zip(&self.dx);
        if self.x.len() < operands {
            // Of one node twice only the sum of both contributions means anything: those of `x - x` may be 0 and 0.
            let balls = all[0].iter().zip(&all[1]).map(|(&a, &b)| a + b).collect();
            let real = self.dx[0].iter().zip(&self.dx[1]).map(|(a, b)| a.clone() + b).collect();
            self.hold("both contributions", &Tensor { balls, real, is_plain: false }, sure, report);
        } else {
            for (k, (balls, real)) in pairs.enumerate() {
                let tensor = Tensor { balls: balls.clone(), real: real.clone(), is_plain: false };
                self.hold(&format!("contribution {k}"), &tensor, sure, report);
            }
        }
        // A contribution does not depend on which others are asked for.
        for (alone, among) in all.iter().enumerate() {
            let asked: Vec<bool> = (0..operands).map(|k| k == alone).collect();
            let balls = &self.contributions(&asked)[alone];
            let same = balls.iter().zip(among).all(|(a, b)| a.radius() == b.radius() && a.mid().cmp(&b.mid()).is_eq());
            report.demand(same, || format!("{}: contribution {alone} alone differs", self.name));
        }
    }

    /// The contributions; `None` is passed for those that are not asked for.
    fn contributions(&self, asked: &[bool]) -> Vec<Vec<nfgrad::__private::wide::WideBall<K>>> {
        let mut out: Vec<_> = self.subject.numels().into_iter().map(|n| Tensor::blank(n).balls).collect();
        let dx = out.iter_mut().zip(asked).map(|(dx, asked)| asked.then_some(&mut dx[..])).collect();
        self.subject.enclose_vjp(&self.operands(|x| &x.balls[..]), &self.y.balls, &self.dy.balls, dx);
        out
    }

    /// `sure`: something must be known.
    fn hold(&self, what: &str, tensor: &Tensor<K>, sure: bool, report: &mut Report) {
        assert_eq!(tensor.balls.len(), tensor.real.len(), "{}: the law has another shape", self.name);
        for (i, (ball, real)) in tensor.balls.iter().zip(&tensor.real).enumerate() {
            let place = || format!("{}: {what}, element {i}\n{}", self.name, self.inputs());
            report.enclosure(contains(ball, real), ball.is_known(), || {
                format!("{ball:?} does not contain {:e}: {}", real.to_f64(), place())
            });
            report.demand(!sure || ball.is_known(), || format!("nothing is known where something is: {}", place()));
        }
    }

    fn inputs(&self) -> String {
        let tensor = |name: &str, x: &Tensor<K>| {
            let real: Vec<f64> = x.real.iter().map(Exact::to_f64).collect();
            format!("    {name} = {:?}\n      real {real:?}\n", x.balls)
        };
        let x: String = self.x.iter().map(|x| tensor("x", x)).collect();
        x + &tensor("y", &self.y) + &tensor("dy", &self.dy)
    }
}
