//! TorchLean's bounds beside ours: `cargo bench -p nfgrad-tests --bench torchlean`.
//!
//! All of it in one format, f32 with every operation rounded and sums from left to right, for TorchLean's theorems speak of no other.
//! A row prints the largest true error of a tensor and the largest of its radii in each domain; then the medians, over the elements that have
//! an error, of radius / true error. TorchLean computes softmax, attention and layer norm by other operations than we do, so its errors
//! are its own.
//!
//! The true error is the distance from the exact result, by arithmetic of 320 bits (`dashu-float`) that knows nothing of the library. Of
//! softmax with inputs that are off by `ε` it is the largest over all inputs that are within `ε`, which is known in closed form and reached.

mod torchlean {
    pub(crate) mod networks;
}

use nfgrad::bound::{Domain, T0};
use nfgrad::prelude::*;
use nfgrad_tests::exact::Exact;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use torchlean::networks::{Head, Network, Relu4, Relu8, Rows4, Shares, Single, Tanh4};

fn main() {
    println!("{:52}  largest                                           median of radius / true error", "");
    println!(
        "{:52} {:>9} {:>9} {:>9} {:>11} {:>9} | {:>8} {:>8} {:>11} {:>8} {:>15}",
        "f32, left fold",
        "error",
        "T0",
        "Uniform",
        "Elementwise",
        "shadow",
        "T0",
        "Uniform",
        "Elementwise",
        "shadow",
        "T0/Elementwise"
    );
    measure::<Relu4<64>>(layers("relu MLP, 4 x 64, value"));
    measure::<Relu8<64>>(layers("relu MLP, 8 x 64, value"));
    measure::<Relu4<128>>(layers("relu MLP, 4 x 128, value"));
    measure::<Relu4<64>>(Case { gradient: true, ..layers("relu MLP, 4 x 64, gradient of the input") });
    measure::<Tanh4<64>>(layers("tanh MLP, 4 x 64, value"));
    measure::<Tanh4<64>>(Case { gradient: true, ..layers("tanh MLP, 4 x 64, gradient of the input") });
    for uncertainty in [0.0, 1e-6, 1e-4, 1e-2] {
        let (short, long) = [128, 1024].map(|n| format!("softmax of {n}, inputs within {uncertainty:e}")).into();
        measure::<Shares<128>>(Case { uncertainty, ..rows(&short) });
        measure::<Shares<1024>>(Case { uncertainty, ..rows(&long) });
    }
    measure::<Shares<8192>>(rows("softmax of 8192"));
    measure::<Head<16>>(rows("attention, 16 queries and keys"));
    measure::<Head<64>>(rows("attention, 64 queries and keys"));
    measure::<Head<256>>(rows("attention, 256 queries and keys"));
    measure::<Rows4>(rows("layer norm, 4 x 256, one row smaller by 10"));
}

/// What is measured, and how many times tighter than T0 `Elementwise` is to be.
#[derive(Debug, Clone, Copy)]
struct Case<'a> {
    name: &'a str,
    gradient: bool,
    /// How far every element of `x` may be off.
    uncertainty: f64,
    goal: f64,
}

/// The value of a network of layers.
fn layers(name: &str) -> Case<'_> {
    Case { name, gradient: false, uncertainty: 0.0, goal: 30.0 }
}

/// An op that works on rows.
fn rows(name: &str) -> Case<'_> {
    Case { goal: 1000.0, ..layers(name) }
}

/// One way to bound the errors of a tensor: for each element its radius and its true error.
struct Bounds(Vec<(f64, f64)>);

impl Bounds {
    fn largest(&self) -> f64 {
        self.0.iter().map(|(radius, _)| *radius).fold(0.0, f64::max)
    }

    fn largest_error(&self) -> f64 {
        self.0.iter().map(|(_, error)| *error).fold(0.0, f64::max)
    }

    fn median(&self) -> f64 {
        let known = self.0.iter().filter(|(_, error)| *error > 0.0);
        let mut ratios: Vec<f64> = known.map(|(radius, error)| radius / error).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(1.0)
    }
}

fn measure<G: Network>(case: Case<'_>) {
    let mut run = G::run::<Single>();
    G::fill(&mut run, &mut ChaCha8Rng::seed_from_u64(1));
    let real = G::real(&run, case.gradient);
    let error = |i: usize, x: f64| true_error(&real[i], x, case.uncertainty);
    let bounds = |balls: Vec<(f64, f64)>| {
        Bounds(balls.into_iter().enumerate().map(|(i, (x, radius))| (radius, error(i, x))).collect())
    };
    let t0 = bounds(balls::<G, Single, T0>(&run, case));
    let uniform = bounds(balls::<G, Single, Uniform>(&run, case));
    let elementwise = bounds(balls::<G, Single, Elementwise>(&run, case));
    run.forward();
    run.backward();
    let shadow = bounds(if case.uncertainty == 0.0 {
        G::certified(&Shadow::new().certify(&run).unwrap(), case.gradient)
    } else {
        // Leaves that are themselves uncertain: what a shadow does, by hand.
        let wide = balls::<G, f64, Elementwise>(&run, case);
        let own = balls::<G, Single, Elementwise>(&run, case);
        own.iter().zip(wide).map(|((x, _), (mid, radius))| (*x, ((x - mid).abs() + radius) * (1.0 + 1e-15))).collect()
    });
    let all = [&t0, &uniform, &elementwise, &shadow];
    for (radius, error) in all.iter().flat_map(|bounds| &bounds.0) {
        assert!(radius >= error, "{}: the radius {radius:e} of an error of {error:e}", case.name);
    }
    print(case, elementwise.largest_error(), all);
}

/// The tensor of a run with radii, at the same leaves.
fn balls<G: Network, F: Format, D: Domain>(leaves: &Run<G, Single>, case: Case<'_>) -> Vec<(f64, f64)> {
    let mut run = G::bounded::<F, D>();
    run.copy_leaves_from(leaves);
    G::set_uncertainty(&mut run, case.uncertainty);
    run.forward().unwrap();
    run.backward().unwrap();
    G::balls(&run, case.gradient)
}

/// The distance from the real number; if that is a softmax whose inputs are off, the largest that it may be: `p` becomes
/// `p / (p + (1 - p) e^±2ε)` if one input moves by `ε` and all others by `ε` the other way.
fn true_error(real: &Exact, x: f64, uncertainty: f64) -> f64 {
    if uncertainty == 0.0 {
        return real.error_of(x);
    }
    let one = Exact::new(1.0);
    let moved = |sign: f64| {
        let factor = Exact::new(2.0 * sign * uncertainty).exp();
        let rest = (one.clone() - real) * &factor;
        real.over(&(rest + real)).error_of(x)
    };
    moved(1.0).max(moved(-1.0))
}

fn print(case: Case<'_>, error: f64, [t0, uniform, elementwise, shadow]: [&Bounds; 4]) {
    let medians = [t0, uniform, elementwise, shadow].map(Bounds::median);
    let gain = medians[0] / medians[2];
    let met = if gain >= case.goal && medians[3] <= 1.01 { "" } else { "  goal missed" };
    println!(
        "{:52} {:>9.1e} {:>9.1e} {:>9.1e} {:>11.1e} {:>9.1e} | {:>8.1e} {:>8.1e} {:>11.2} {:>8.4} {:>15.1}{met}",
        case.name,
        error,
        t0.largest(),
        uniform.largest(),
        elementwise.largest(),
        shadow.largest(),
        medians[0],
        medians[1],
        medians[2],
        medians[3],
        gain,
    );
}
