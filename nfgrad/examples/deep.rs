//! Trains a transformer of twelve layers for a few steps, and proves how far each number it computes is from exact arithmetic.
//!
//!     cargo run --release --example deep [seed]

use std::error::Error;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use nfgrad::optim::Sgd;
use nfgrad::prelude::*;
use nfgrad::shadow::{Enclosed, Level};
use nfgrad::shapes::Shape;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

graph! {
    /// Attention of `H` heads of `E` numbers, then two products, each behind a norm and added to what it reads.
    pub graph Layer<const B: usize, const T: usize, const H: usize, const E: usize> {
        input x: [B, T, H*E];
        param g1: [H*E];
        param b1: [H*E];
        param wq: [H*E, H*E];
        param wk: [H*E, H*E];
        param wv: [H*E, H*E];
        param wo: [H*E, H*E];
        param g2: [H*E];
        param b2: [H*E];
        param w1: [H*E, 4*H*E];
        param c1: [4*H*E];
        param w2: [4*H*E, H*E];
        param c2: [H*E];

        let n = layer_norm(x, g1, b1);
        let q = permute(reshape(n @ wq, [B, T, H, E]), axes = [0, 2, 1, 3]);
        let k = permute(reshape(n @ wk, [B, T, H, E]), axes = [0, 2, 1, 3]);
        let v = permute(reshape(n @ wv, [B, T, H, E]), axes = [0, 2, 1, 3]);
        let a = reshape(permute(attention(q, k, v), axes = [0, 2, 1, 3]), [B, T, H*E]);
        let h = x + a @ wo;
        let m = layer_norm(h, g2, b2);
        output y = h + (gelu(m @ w1 + c1) @ w2 + c2);
    }
}

graph! {
    /// Twelve layers, and a class for each token.
    pub graph Net<const B: usize, const T: usize, const H: usize, const E: usize> {
        input x: [B, T, H*E];
        /// One-hot classes.
        input t: [B, T, 10];
        block layers: [Layer<B, T, H, E>; 12];
        param g: [H*E];
        param b: [H*E];
        param w: [H*E, 10];

        let y = layer_norm(layers(x), g, b);
        let logits = y @ w;
        output loss = mean(cross_entropy(logits, t));
        output logits;
    }
}

const CLASSES: usize = 10;
const STEPS: u64 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let seed = match std::env::args().nth(1) {
        Some(text) => {
            text.parse().map_err(|_| format!("the seed must be a number from 0 to 2^64 - 1, found `{text}`"))?
        }
        None => 0,
    };
    Ok(show::<2, 16, 4, 16>(seed)?)
}

/// Trains, and certifies what the last step begins with.
fn show<const B: usize, const T: usize, const H: usize, const E: usize>(seed: u64) -> Result<(), nfgrad::Error> {
    let mut run = Net::<B, T, H, E>::run::<f32>();
    fill(&mut run, seed);
    let step = train(&mut run)?;
    let run = &run;

    println!("\nHow far can each tensor be from exact real arithmetic on the same f32 leaves?\n");
    println!(
        "{:<42} {:>11} {:>6} {:>10} {:>16} {:>10} {:>8}",
        "", "level", "bits", "logits +/-", "gradient wq0 +/-", "time", "x step"
    );
    let row = |what: &str, level, needed: Option<u32>, bounds: [Option<f64>; 2], time: Duration| {
        let bits = needed.map_or("?".to_owned(), |bits| bits.to_string());
        let [logits, wq] = bounds.map(|bound| bound.map_or("-".to_owned(), |bound| format!("{bound:.2e}")));
        let times = time.as_secs_f64() / step.as_secs_f64();
        println!("{what:<42} {level:>11} {bits:>6} {logits:>10} {wq:>16} {time:>10.1?} {times:>8.1}");
    };
    let wait = |what: &str| {
        let spinner = ProgressBar::new_spinner().with_message(what.to_owned());
        spinner.enable_steady_tick(Duration::from_millis(100));
        spinner
    };

    for (what, most) in [("values, in f64 only", Level::Elementwise), ("values", Level::Bits512)] {
        let (mut shadow, spinner, start) = (Shadow::new().at_most(most), wait(what), Instant::now());
        let certificate = shadow.certify_values(run)?;
        let time = start.elapsed();
        spinner.finish_and_clear();
        let logits = certificate.outputs().logits.max_error().get();
        row(what, format!("{:?}", certificate.level()), certificate.needed(), [Some(logits), None], time);
    }
    let mut shadow = Shadow::new();
    for (what, most) in
        [("values and gradients, in f64 only", Level::Elementwise), ("values and gradients", Level::Bits512)]
    {
        shadow = Shadow::new().at_most(most);
        let (spinner, start) = (wait(what), Instant::now());
        let certificate = shadow.certify(run)?;
        let time = start.elapsed();
        spinner.finish_and_clear();
        let logits = certificate.outputs().logits.max_error().get();
        let wq = certificate.gradients().layers[0].wq.max_error().get();
        row(what, format!("{:?}", certificate.level()), certificate.needed(), [Some(logits), Some(wq)], time);
    }
    println!("(bits: how many numbers need for all of it to be bounded well, as far as the level can tell)");

    let certificate = shadow.certify(run)?;
    let (outputs, gradients) = (certificate.outputs(), certificate.gradients());
    println!(
        "\n{:<25} {:>11} {:>10} {:>10} {:>6} {:>18}",
        "", "max |value|", "+/-", "relative", "bits", "bound / error <="
    );
    print_row("loss", &outputs.loss);
    print_row("logits", &outputs.logits);
    for (i, layer) in gradients.layers.iter().enumerate() {
        print_row(&format!("d loss / d layers[{i}].wq"), &layer.wq);
    }
    print_row("d loss / d w", &gradients.w);

    let Tally { certified, in_doubt, different } = outputs.logits.argmax().collect();
    println!("\nClasses: {certified} certified, {in_doubt} in doubt, {different} different.");
    Ok(())
}

/// Random tokens, a random class for each, and weights as usual.
fn fill<const B: usize, const T: usize, const H: usize, const E: usize>(
    run: &mut Run<Net<B, T, H, E>, f32>,
    seed: u64,
) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut leaves = run.leaves_mut();
    leaves.x.fill_with(|| 2.0 * rng.random::<f32>() - 1.0);
    for classes in leaves.t.as_mut_slice().chunks_exact_mut(CLASSES) {
        classes[rng.random_range(0..CLASSES)] = 1.0;
    }
    for layer in &mut leaves.layers {
        layer.g1.fill_with(|| 1.0);
        layer.g2.fill_with(|| 1.0);
        for w in [&mut layer.wq, &mut layer.wk, &mut layer.wv, &mut layer.wo] {
            w.glorot_uniform(|| rng.random());
        }
        layer.w1.glorot_uniform(|| rng.random());
        layer.w2.glorot_uniform(|| rng.random());
    }
    leaves.g.fill_with(|| 1.0);
    leaves.w.glorot_uniform(|| rng.random());
}

/// A few steps of gradient descent. The run ends with the values and gradients of its leaves; returned is how long both sweeps take, the median of all.
fn train<const B: usize, const T: usize, const H: usize, const E: usize>(
    run: &mut Run<Net<B, T, H, E>, f32>,
) -> Result<Duration, nfgrad::Error> {
    let bar = ProgressBar::new(STEPS).with_style(
        ProgressStyle::with_template("training {bar:40} {pos}/{len} steps, {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let (mut sgd, mut times, mut losses) = (Sgd::new(0.05), Vec::new(), Vec::new());
    for step in 0..=STEPS {
        let start = Instant::now();
        run.forward();
        run.backward();
        times.push(start.elapsed());
        losses.push(run.outputs().loss.value());
        bar.set_message(format!("loss {:.4}", run.outputs().loss.value()));
        bar.inc(1);
        if step < STEPS {
            sgd.step(run)?;
        }
    }
    bar.finish();
    times.sort();
    let step = times[times.len() / 2];
    println!("12 layers of width {}, {B} times {T} tokens, in f32", H * E);
    println!("trained {STEPS} steps: loss {:.4}, then {:.4}", losses[0], losses[losses.len() - 1]);
    println!("values and gradients take {step:.1?}");
    Ok(step)
}

/// One row: the largest bound of a tensor, and how much larger than the true error it can be.
fn print_row<S: Shape>(name: &str, tensor: &Enclosed<'_, f32, S>) {
    let (bound, size) = (tensor.max_error().get(), tensor.max_abs());
    let bits = tensor.needed().map_or("?".to_owned(), |bits| bits.to_string());
    // |run - real| >= |run - mid| - rad, and the bound is at most |run - mid| + rad: so the error is at least the bound less twice the radius.
    let worst = (0..S::NUMEL).max_by(|&i, &j| tensor.error(i).get().total_cmp(&tensor.error(j).get()));
    let radius = worst.map_or(0.0, |i| tensor.shadow_radius(i).get());
    let ratio = bound / (bound - 2.0 * radius).max(0.0);
    println!("{name:<25} {size:>11.4e} {bound:>10.2e} {:>10.1e} {bits:>6} {ratio:>18.7}", bound / size);
}

#[cfg(test)]
mod tests {
    /// Of the same depth, with little of everything else.
    #[test]
    fn a_narrow_one_is_certified() {
        super::show::<1, 2, 1, 4>(1).unwrap();
    }
}
