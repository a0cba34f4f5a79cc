//! Steps of optimizers against the same optimizers over the reals: no radius of a parameter below its true error, after one step or ten.

use nfgrad::Since;
use nfgrad::bound::{Domain, Euclidean, Up};
use nfgrad::format::{E4m3, E4m3Saturating, E5m2, Tf32, f16};
use nfgrad::graph::HasLoss;
use nfgrad::op::{Add, All, MatMul, Mse, Mul, Sum, Tanh};
use nfgrad::optim::{Adam, AdamW, Sgd};
use nfgrad::prelude::*;
use nfgrad_tests::exact::Exact;
use nfgrad_tests::laws::Law;
use nfgrad_tests::program::Program;
use nfgrad_tests::report::Report;
use nfgrad_tests::sample::{Decimal, Kept, Middling, Sample, Sampled, SingleUp, cases, generator};
use nfgrad_tests::training::{RealAdam, RealOptimizer, RealSgd};
use rand::RngExt;

/// A run with an optimizer of its own, as the tests drive it.
trait Optimizer<F> {
    fn step<G: RevGraph>(&mut self, run: &mut Run<G, F>);
    fn step_bounded<G: RevGraph, D: Domain>(&mut self, run: &mut BoundedRun<G, F, D>);
}

macro_rules! optimizer {
    ($($name:ident),*) => {$(
        impl<F: Format> Optimizer<F> for $name<F> {
            fn step<G: RevGraph>(&mut self, run: &mut Run<G, F>) {
                $name::step(self, run).expect("good hyper-parameters");
            }

            fn step_bounded<G: RevGraph, D: Domain>(&mut self, run: &mut BoundedRun<G, F, D>) {
                $name::step_bounded(self, run).expect("good hyper-parameters");
            }
        }
    )*};
}

optimizer!(Sgd, Adam, AdamW);

/// What is tried: an optimizer in any format, and over the reals.
trait Recipe: Copy {
    fn rounded<F: Format>(self) -> impl Optimizer<F>;
    fn real(self) -> impl RealOptimizer;
    fn name(self) -> String;
}

#[derive(Clone, Copy, Debug)]
struct SgdRecipe {
    rate: f64,
    momentum: f64,
    nesterov: bool,
    decay: f64,
}

impl Recipe for SgdRecipe {
    fn rounded<F: Format>(self) -> impl Optimizer<F> {
        let sgd = Sgd::<F>::new(self.rate).momentum(self.momentum).weight_decay(self.decay);
        if self.nesterov { sgd.nesterov() } else { sgd }
    }

    fn real(self) -> impl RealOptimizer {
        let Self { rate, momentum, nesterov, decay } = self;
        RealSgd { rate, momentum, nesterov, decay, buffer: Vec::new() }
    }

    fn name(self) -> String {
        format!("{self:?}")
    }
}

const SGD: [SgdRecipe; 6] = [
    SgdRecipe { rate: 0.1, momentum: 0.0, nesterov: false, decay: 0.0 },
    SgdRecipe { rate: 0.7, momentum: 0.0, nesterov: false, decay: 0.3 },
    SgdRecipe { rate: 0.1, momentum: 0.9, nesterov: false, decay: 0.0 },
    SgdRecipe { rate: 1.5, momentum: 0.9, nesterov: false, decay: 1e-2 },
    SgdRecipe { rate: 0.03, momentum: 0.95, nesterov: true, decay: 0.0 },
    SgdRecipe { rate: 0.5, momentum: 0.5, nesterov: true, decay: 0.1 },
];

#[derive(Clone, Copy, Debug)]
struct AdamRecipe {
    rate: f64,
    betas: [f64; 2],
    eps: f64,
    decay: f64,
}

#[derive(Clone, Copy, Debug)]
struct AdamWRecipe(AdamRecipe);

macro_rules! adam_recipe {
    ($recipe:ident, $optimizer:ident, $decoupled:literal, $of:expr) => {
        impl Recipe for $recipe {
            fn rounded<F: Format>(self) -> impl Optimizer<F> {
                let AdamRecipe { rate, betas, eps, decay } = $of(self);
                $optimizer::<F>::new(rate).betas(betas[0], betas[1]).eps(eps).weight_decay(decay)
            }

            fn real(self) -> impl RealOptimizer {
                let AdamRecipe { rate, betas, eps, decay } = $of(self);
                RealAdam { rate, betas, eps, decay, decoupled: $decoupled, steps: 0, moments: Default::default() }
            }

            fn name(self) -> String {
                format!("{self:?}")
            }
        }
    };
}

adam_recipe!(AdamRecipe, Adam, false, |recipe| recipe);
adam_recipe!(AdamWRecipe, AdamW, true, |recipe: AdamWRecipe| recipe.0);

const ADAM: [AdamRecipe; 5] = [
    AdamRecipe { rate: 1e-3, betas: [0.9, 0.999], eps: 1e-8, decay: 0.0 },
    AdamRecipe { rate: 0.1, betas: [0.9, 0.999], eps: 1e-8, decay: 0.1 },
    AdamRecipe { rate: 0.5, betas: [0.5, 0.75], eps: 0.125, decay: 0.0 },
    AdamRecipe { rate: 0.1, betas: [0.0, 0.9], eps: 1e-30, decay: 0.0 },
    AdamRecipe { rate: 0.1, betas: [0.95, 0.0], eps: 1e-3, decay: 0.01 },
];

const ADAM_W: [AdamWRecipe; 4] =
    [AdamWRecipe(ADAM[0]), AdamWRecipe(ADAM[1]), AdamWRecipe(ADAM[2]), AdamWRecipe(ADAM[4])];

type V5 = (D<5>,);
type V2 = (D<2>,);
type M32 = (D<3>, D<2>);
type M43 = (D<4>, D<3>);
type M42 = (D<4>, D<2>);

graph! {
    /// Its gradients are its inputs, whatever they are and however uncertain.
    pub graph Given {
        input x: [5];
        input y: [2];
        param w: [5];
        param b: [2];
        output loss = sum(w * x) + sum(b * y);
    }
}

fn given() -> Program {
    Program {
        name: "given gradients",
        params: vec![5, 2],
        inputs: vec![5, 2],
        nodes: vec![
            (<Mul as Law<(V5, V5)>>::rule(), vec![0, 2]),
            (<Sum<All> as Law<(V5,)>>::rule(), vec![4]),
            (<Mul as Law<(V2, V2)>>::rule(), vec![1, 3]),
            (<Sum<All> as Law<(V2,)>>::rule(), vec![6]),
            (<Add as Law<((), ())>>::rule(), vec![5, 7]),
        ],
    }
}

graph! {
    /// One layer.
    pub graph Layer {
        input x: [4, 3];
        input t: [4, 2];
        param w: [3, 2];
        param b: [2];
        output loss = mse(tanh(x @ w + b), t);
    }
}

fn layer() -> Program {
    Program {
        name: "one layer",
        params: vec![6, 2],
        inputs: vec![12, 8],
        nodes: vec![
            (<MatMul as Law<(M43, M32)>>::rule(), vec![2, 0]),
            (<Add as Law<(M42, V2)>>::rule(), vec![4, 1]),
            (<Tanh as Law<(M42,)>>::rule(), vec![5]),
            (<Mse as Law<(M42, M42)>>::rule(), vec![6, 3]),
        ],
    }
}

/// The real numbers of a sample, and radii that hold for them. Around decimal numbers those are drawn that are no f64, and of which the
/// reference would know the sign of none that is nearly 0: the nearest f64 serves as well, within a wider radius.
fn real_numbers<F: Sampled>(sample: &Sample<F>) -> (Vec<Exact>, Vec<f64>) {
    if F::CONVERSION == 0.0 {
        return (sample.real.clone(), sample.rad.clone());
    }
    let off = |x: &F, r: Up| (x.magnitude() + r) * Up::new(4.0 * F::CONVERSION);
    let widened = |(x, r): (&F, &f64)| (Up::new(*r) + off(x, Up::new(*r))).get();
    let near = |real: &Exact| if real.to_f64().is_finite() { Exact::new(real.to_f64()) } else { real.clone() };
    let real = sample.real.iter().map(near).collect();
    (real, sample.mid.iter().zip(&sample.rad).map(widened).collect())
}

/// Two runs of a graph, with radii and without, with an optimizer each, and the same over the reals.
struct Training<G: RevGraph, F, D, A, R> {
    bounded: BoundedRun<G, F, D>,
    plain: Run<G, F>,
    optimizers: [A; 2],
    real_optimizer: R,
    leaves: Vec<Vec<Exact>>,
}

impl<G: HasLoss, F: Sampled, D: Domain, A: Optimizer<F>, R: RealOptimizer> Training<G, F, D, A, R> {
    fn set<S: Shape, const I: usize>(&mut self, sample: &Sample<F>)
    where
        G::Context: At<I, Shape = S>,
    {
        let at = Idx::<G::Context, S, I>::new();
        self.bounded.get_mut(at).copy_from_slice(&sample.mid).unwrap();
        self.plain.get_mut(at).copy_from_slice(&sample.mid).unwrap();
        let (real, radii) = real_numbers(sample);
        self.bounded.set_radii(at, &radii).unwrap();
        self.leaves[I] = real;
    }

    fn step(&mut self, program: &Program) {
        self.bounded.backward().unwrap();
        self.optimizers[0].step_bounded(&mut self.bounded);
        self.plain.forward();
        self.plain.backward();
        self.optimizers[1].step(&mut self.plain);
        real_step(program, &mut self.real_optimizer, &mut self.leaves);
    }

    /// The parameters of both runs are the same bits, and their radii, with which the forward sweep began, hold.
    fn compare<S: Shape, const I: usize>(&self, place: &str, moderate: bool, report: &mut Report)
    where
        G::Context: At<I, Shape = S>,
    {
        let at = Idx::<G::Context, S, I>::new();
        let (balls, plain) = (self.bounded.get(at), self.plain.get(at).as_slice());
        for (i, real) in self.leaves[I].iter().enumerate() {
            let (mid, radius) = (balls.mid().as_slice()[i], balls.radius(i).get());
            let place = || format!("{place}, parameter {I}[{i}]: {mid:?} +/- {radius:e}, plainly {:?}", plain[i]);
            let same = mid.to_f64().to_bits() == plain[i].to_f64().to_bits() || !mid.is_finite();
            report.demand(same, || format!("other bits: {}", place()));
            report.demand(!moderate || radius.is_finite(), || format!("nothing is known: {}", place()));
            if mid.is_finite() {
                report.ball(&(real.clone() - &mid.real()), 0.0, radius, place);
            } else {
                report.demand(radius == f64::INFINITY, || format!("a radius of what is not finite: {}", place()));
            }
        }
        if D::IS_NORM && balls.mid().as_slice().iter().all(|x| x.is_finite()) {
            let errors =
                self.leaves[I].iter().zip(balls.mid().as_slice()).map(|(real, mid)| real.clone() - &mid.real());
            report.norm(errors, balls.radius(0).get(), || format!("{place}, parameter {I}"));
        }
    }
}

/// A step over the reals. The parameters are the first two leaves.
fn real_step(program: &Program, optimizer: &mut impl RealOptimizer, leaves: &mut [Vec<Exact>]) {
    let values = program.forward(leaves.to_vec());
    let loss = (values.len() - 1, vec![Exact::new(1.0)]);
    let gradients = program.reverse(&values, &[loss]);
    let gradients: Vec<Exact> = gradients.into_iter().take(2).flatten().flatten().collect();
    let mut params = leaves[..2].concat();
    optimizer.step(&mut params, &gradients);
    leaves[1] = params.split_off(leaves[0].len());
    leaves[0] = params;
}

/// Trains with random inputs, and radii of all leaves, for 1, 2 or 10 steps; a part `tame` of the cases has moderate ones.
fn train<G, F, D, P0, P1, X0, X1>(program: &Program, recipe: impl Recipe, usual: u64, tame: f64, report: &mut Report)
where
    G: HasLoss<Context: At<0, Shape = P0> + At<1, Shape = P1> + At<2, Shape = X0> + At<3, Shape = X1>>,
    F: Sampled,
    D: Domain,
    P0: Shape,
    P1: Shape,
    X0: Shape,
    X1: Shape,
{
    let label = format!("{}, {} in {} {}", program.name, recipe.name(), F::NAME, D::NAME);
    for case in 0..cases(usual) {
        let rng = &mut generator(&label, case);
        let mut training = Training::<G, F, D, _, _> {
            bounded: BoundedRun::new(),
            plain: Run::new(),
            optimizers: [recipe.rounded::<F>(), recipe.rounded::<F>()],
            real_optimizer: recipe.real(),
            leaves: vec![Vec::new(); 4],
        };
        training.set::<P0, 0>(&Sample::comfortable(rng, P0::NUMEL));
        training.set::<P1, 1>(&Sample::comfortable(rng, P1::NUMEL));
        let comfortable = rng.random_bool(tame);
        let steps = [1, 2, 10][rng.random_range(0..3)];
        // Now and then zero gradients, and so zero second moments, for as long as that.
        let still = rng.random_range(0..3) * rng.random_range(0..2);
        for step in 0..=steps {
            let mut sample = |n| match comfortable {
                _ if step < still => Sample::zero(n),
                true => Sample::comfortable(rng, n),
                false => Sample::random(rng, n, Kept::each(n)),
            };
            training.set::<X0, 2>(&sample(X0::NUMEL));
            training.set::<X1, 3>(&sample(X1::NUMEL));
            training.bounded.forward().unwrap();
            let moderate = comfortable && F::LARGEST > 1e18 && step < 3;
            let place = format!("{label}, case {case}, after step {step}");
            training.compare::<P0, 0>(&place, moderate, report);
            training.compare::<P1, 1>(&place, moderate, report);
            if step < steps {
                training.step(program);
            }
        }
    }
}

/// Any gradients at all, in all formats and domains.
fn along_given_gradients(recipes: &[impl Recipe]) {
    let mut report = Report::new();
    let program = given();
    for &recipe in recipes {
        macro_rules! in_formats {
            ($($format:ty: $cases:literal),*) => {$(
                train::<Given, $format, Elementwise, V5, V2, V5, V2>(&program, recipe, $cases, 0.8, &mut report);
                train::<Given, $format, Uniform, V5, V2, V5, V2>(&program, recipe, $cases, 0.8, &mut report);
                train::<Given, $format, Euclidean, V5, V2, V5, V2>(&program, recipe, $cases, 0.8, &mut report);
            )*};
        }
        in_formats!(f32: 12, f64: 8, bf16: 12, f16: 6, E4m3: 6, E4m3Saturating: 6, E5m2: 6);
        in_formats!(Middling: 6, SingleUp: 4, Tf32: 2, Decimal: 4);
    }
    report.finish();
}

/// A layer that is trained: the radii of the parameters are those that the next gradients see.
fn through_a_layer(recipes: &[impl Recipe]) {
    let mut report = Report::new();
    let program = layer();
    for &recipe in recipes {
        macro_rules! in_formats {
            ($($format:ty),*) => {$(
                train::<Layer, $format, Elementwise, M32, V2, M43, M42>(&program, recipe, 3, 1.0, &mut report);
                train::<Layer, $format, Uniform, M32, V2, M43, M42>(&program, recipe, 3, 1.0, &mut report);
                train::<Layer, $format, Euclidean, M32, V2, M43, M42>(&program, recipe, 3, 1.0, &mut report);
            )*};
        }
        in_formats!(f32, f64, bf16, E5m2, Decimal);
    }
    report.finish();
}

#[test]
fn sgd_along_given_gradients() {
    along_given_gradients(&SGD);
}

#[test]
fn sgd_through_a_layer() {
    through_a_layer(&SGD);
}

#[test]
fn adam_along_given_gradients() {
    along_given_gradients(&ADAM);
}

#[test]
fn adam_through_a_layer() {
    through_a_layer(&ADAM);
}

#[test]
fn adam_w_along_given_gradients() {
    along_given_gradients(&ADAM_W);
}

#[test]
fn adam_w_through_a_layer() {
    through_a_layer(&ADAM_W);
}

/// `ε` alone keeps the divisor away from zero, and the ratio of the moments what is divided.
#[test]
fn a_second_moment_that_may_be_zero_has_a_radius_of_a_few_rates() {
    for uncertain in [0.0, 1e-12, 1e-6, 1.0, 1e6] {
        let mut run = Given::bounded::<f32, Elementwise>();
        let mut adam = AdamW::new(1e-3);
        run.set_radii(Idx::<Given, V5, 2>::new(), &[uncertain; 5]).unwrap();
        for steps in 1..=3 {
            run.forward().unwrap();
            run.backward().unwrap();
            adam.step_bounded(&mut run).unwrap();
            let radius = run.params().w.max_radius().get();
            assert!(radius <= 1e-3 * 1.5 * f64::from(steps), "{uncertain}: {radius}");
            assert!(radius > 0.0 || uncertain == 0.0);
        }
    }
}

/// After a start without radii the moments are no more those of the definition, to the last bit, and the ratio is not used.
#[test]
fn moments_that_came_without_radii_are_exact_only_if_that_is_said() {
    let (mut adam, mut first) = (Adam::new(1e-3), Given::run::<f32>());
    first.leaves_mut().x.fill_with(|| 0.3);
    first.forward();
    first.backward();
    adam.step(&mut first).unwrap();
    let mut run = Given::bounded::<f32, Elementwise>();
    run.copy_leaves_from(&first);
    run.forward().unwrap();
    run.backward().unwrap();
    assert_eq!(adam.step_bounded(&mut run), Err(Error::StepsWithoutRadii));
    adam.assume_exact();
    adam.step_bounded(&mut run).unwrap();
    let radius = run.params().w.max_radius().get();
    assert!(radius > 0.0 && radius < 1e-9, "{radius}");
}

#[test]
fn a_bad_hyper_parameter_of_adam_is_an_error() {
    let mut run = Given::run::<f32>();
    for (name, range, mut adam) in [
        ("learning rate", "a number from 0 on", Adam::new(f64::NAN)),
        ("weight decay", "a number from 0 on", Adam::new(0.1).weight_decay(-1.0)),
        ("first beta", "at least 0 and below 1", Adam::new(0.1).betas(1.0, 0.9)),
        ("second beta", "at least 0 and below 1", Adam::new(0.1).betas(0.9, 1.0)),
        ("second beta", "at least 0 and below 1", Adam::new(0.1).betas(0.9, f64::NAN)),
        ("epsilon", "a positive number", Adam::new(0.1).eps(0.0)),
        ("epsilon", "a positive number", Adam::new(0.1).eps(f64::INFINITY)),
    ] {
        assert_eq!(adam.step(&mut run), Err(Error::Hyperparameter { name, range }));
    }
}

#[test]
fn a_bad_hyper_parameter_is_an_error_and_changes_nothing() {
    let mut run = Given::bounded::<f32, Elementwise>();
    run.leaves_mut().x.fill_with(|| 1.0);
    run.forward().unwrap();
    run.backward().unwrap();
    let bad = [f64::NAN, f64::INFINITY, -0.1];
    for (name, mut sgd) in bad.into_iter().flat_map(|x| {
        let good = Sgd::new(0.1);
        [("learning rate", Sgd::new(x)), ("momentum", good.clone().momentum(x)), ("weight decay", good.weight_decay(x))]
    }) {
        let range = "a number from 0 on";
        assert_eq!(sgd.step_bounded(&mut run), Err(Error::Hyperparameter { name, range }));
        assert_eq!(sgd.step(&mut Given::run::<f32>()), Err(Error::Hyperparameter { name, range }));
    }
    assert!(run.params().w.mid().as_slice() == [0.0; 5] && run.params().w.radii() == [0.0; 5]);
}

/// A gradient of other leaves, or none, moves no parameter, in whatever optimizer.
#[test]
fn a_step_without_gradients_of_these_leaves_is_an_error_and_changes_nothing() {
    fn check(mut step: impl FnMut(&mut Run<Given, f32>) -> Result<(), Error>) {
        let mut run = Given::run::<f32>();
        let mut refused = |run: &mut Run<Given, f32>, since| {
            let before = run.params().to_vec();
            assert_eq!(step(run), Err(Error::Stale { call: "step", since }));
            assert_eq!(run.params(), before);
        };
        refused(&mut run, Since::New);
        run.leaves_mut().x.fill_with(|| 0.5);
        run.forward();
        refused(&mut run, Since::NotDifferentiated);
        run.backward();
        run.leaves_mut().x.fill_with(|| 1.0);
        refused(&mut run, Since::LeavesWritten);
        run.forward();
        run.backward();
        step(&mut run).unwrap();
        assert!(run.params().iter().any(|&w| w != 0.0));
        // The second step asks for a second gradient, which may come from `backward_from`.
        assert_eq!(step(&mut run), Err(Error::Stale { call: "step", since: Since::ParametersChanged }));
        run.forward();
        run.backward_from(|_| ());
        step(&mut run).unwrap();
    }
    let (mut sgd, mut heavy) = (Sgd::new(0.1), Sgd::new(0.1).momentum(0.9));
    let (mut adam, mut adam_w) = (Adam::new(0.1), AdamW::new(0.1));
    check(|run| sgd.step(run));
    check(|run| heavy.step(run));
    check(|run| adam.step(run));
    check(|run| adam_w.step(run));
}

#[test]
fn what_is_remembered_of_another_domain_is_not_known() {
    let mut sgd = Sgd::new(0.1).momentum(0.9);
    let mut uniform = Given::bounded::<f32, Uniform>();
    uniform.leaves_mut().x.fill_with(|| 1.0);
    uniform.forward().unwrap();
    uniform.backward().unwrap();
    sgd.step_bounded(&mut uniform).unwrap();
    let mut elementwise = Given::bounded::<f32, Elementwise>();
    let mut step = |sgd: &mut Sgd<f32>| {
        elementwise.copy_leaves_from(uniform.run());
        elementwise.forward().unwrap();
        elementwise.backward().unwrap();
        sgd.step_bounded(&mut elementwise).unwrap();
        elementwise.params().w.max_radius().is_finite()
    };
    let mut trusted = sgd.clone();
    trusted.assume_exact();
    assert!(step(&mut trusted));
    assert!(!step(&mut sgd));
}

/// Sets a leaf of a run of any format to the numbers of a sample.
fn set_leaf<F: Format, D: Domain, S: Shape, const I: usize>(run: &mut BoundedRun<Layer, F, D>, numbers: &[f32])
where
    Layer: At<I, Shape = S>,
{
    let numbers: Vec<F> = numbers.iter().map(|x| F::from_f64(x.to_f64())).collect();
    run.get_mut(Idx::<Layer, S, I>::new()).copy_from_slice(&numbers).unwrap();
}

/// The parameters and their radii.
fn parameters<F: Format, D: Domain>(run: &BoundedRun<Layer, F, D>) -> Vec<(f64, f64)> {
    let LayerParams { w, b } = run.params();
    let balls = |mid: &[F], radius: &dyn Fn(usize) -> f64| -> Vec<(f64, f64)> {
        mid.iter().enumerate().map(|(i, x)| (x.to_f64(), radius(i))).collect()
    };
    [balls(w.mid().as_slice(), &|i| w.radius(i).get()), balls(b.mid().as_slice(), &|i| b.radius(i).get())].concat()
}

/// Median radius, median error and median ratio of the two, for the radii that travel with an f32 training and for the distance from an
/// f64 training with radii.
fn growth<D: Domain>(recipe: impl Recipe) {
    let program = layer();
    let rng = &mut generator("growth", 0);
    let (mut run, mut wide) = (Layer::bounded::<f32, D>(), Layer::bounded::<f64, D>());
    let (mut optimizer, mut wide_optimizer) = (recipe.rounded::<f32>(), recipe.rounded::<f64>());
    let mut real_optimizer = recipe.real();
    let mut reals: Vec<Vec<Exact>> = Vec::new();
    for step in 0..=100_usize {
        let inputs = [12, 8].map(|n| Sample::<f32>::normal(rng, n, Kept::each(n)));
        if step == 0 {
            let [w, b] = [6, 2].map(|n| Sample::<f32>::normal(rng, n, Kept::each(n)));
            set_leaf::<_, D, M32, 0>(&mut run, &w.mid);
            set_leaf::<_, D, V2, 1>(&mut run, &b.mid);
            set_leaf::<_, D, M32, 0>(&mut wide, &w.mid);
            set_leaf::<_, D, V2, 1>(&mut wide, &b.mid);
            reals = vec![w.real, b.real, Vec::new(), Vec::new()];
        }
        if [1, 10, 100].contains(&step) {
            report_growth(&format!("{} {step:>3} steps", D::NAME), &parameters(&run), &parameters(&wide), &reals);
        }
        let [x, t] = inputs;
        set_leaf::<_, D, M43, 2>(&mut run, &x.mid);
        set_leaf::<_, D, M42, 3>(&mut run, &t.mid);
        set_leaf::<_, D, M43, 2>(&mut wide, &x.mid);
        set_leaf::<_, D, M42, 3>(&mut wide, &t.mid);
        (reals[2], reals[3]) = (x.real, t.real);
        run.forward().unwrap();
        run.backward().unwrap();
        optimizer.step_bounded(&mut run);
        wide.forward().unwrap();
        wide.backward().unwrap();
        wide_optimizer.step_bounded(&mut wide);
        real_step(&program, &mut real_optimizer, &mut reals);
    }
}

/// One line of the table.
fn report_growth(name: &str, run: &[(f64, f64)], wide: &[(f64, f64)], reals: &[Vec<Exact>]) {
    let median = |mut numbers: Vec<f64>| {
        numbers.sort_by(f64::total_cmp);
        numbers[numbers.len() / 2]
    };
    let errors: Vec<f64> = reals[..2].iter().flatten().zip(run).map(|(real, (mid, _))| real.error_of(*mid)).collect();
    let own: Vec<f64> = run.iter().zip(&errors).map(|((_, radius), error)| radius / error).collect();
    let distances = run.iter().zip(wide).map(|((mid, _), (wide, radius))| (mid - wide).abs() + radius);
    let measured: Vec<f64> = distances.zip(&errors).map(|(bound, error)| bound / error).collect();
    let (error, own, measured) = (median(errors), median(own), median(measured));
    println!("  {name:<24} error {error:.1e}   radius / error {own:>10.3e}   with f64 {measured:>10.3e}");
}

/// How radii grow: `cargo test --release -p nfgrad-tests --test optimizers -- --ignored --nocapture`.
#[test]
#[ignore = "prints a table and checks nothing"]
fn radii_over_many_steps() {
    fn both(recipe: impl Recipe) {
        println!("{}", recipe.name());
        growth::<Elementwise>(recipe);
        growth::<Uniform>(recipe);
    }
    both(SgdRecipe { rate: 0.01, momentum: 0.0, nesterov: false, decay: 0.0 });
    both(SgdRecipe { rate: 0.1, momentum: 0.0, nesterov: false, decay: 0.0 });
    both(SgdRecipe { rate: 0.01, momentum: 0.9, nesterov: true, decay: 1e-4 });
    both(AdamWRecipe(AdamRecipe { rate: 1e-3, betas: [0.9, 0.999], eps: 1e-8, decay: 0.01 }));
}
