//! Trains a classifier on 1,797 handwritten digits and proves how far each number it computes is from exact arithmetic.
//!
//!     cargo run --release --example digits [seed]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use digits_data::{CLASSES, Digits, PIXELS};
use indicatif::{ProgressBar, ProgressStyle};
use nfgrad::bound::Up;
use nfgrad::optim::Sgd;
use nfgrad::prelude::*;
use nfgrad::report::Report;
use oracle::{Exact, Oracle};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[path = "support/digits_data.rs"]
mod digits_data;
#[path = "../../tests/src/oracle.rs"]
#[allow(dead_code, unreachable_pub, reason = "the reader is shared with the tests, which use all of it")]
mod oracle;

graph! {
    /// One hidden layer and a softmax cross-entropy loss.
    pub graph Net<const B: usize> {
        /// Pixels, from 0 to 1.
        input x: [B, 64];
        /// One-hot classes.
        input t: [B, 10];
        param w1: [64, 32];
        param b1: [32];
        param w2: [32, 10];
        param b2: [10];

        let h = relu(x @ w1 + b1);
        let logits = h @ w2 + b2;
        output loss = mean(cross_entropy(logits, t));
        output logits;
    }
}

/// Pictures in a batch.
const BATCH: usize = 64;
const EPOCHS: u64 = 40;

type Batch = Net<BATCH>;

fn main() -> Result<(), Box<dyn Error>> {
    let seed = match std::env::args().nth(1) {
        Some(text) => {
            text.parse().map_err(|_| format!("the seed must be a number from 0 to 2^64 - 1, found `{text}`"))?
        }
        None => 0,
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let digits = digits_data::load(&folder.join("examples/data/digits.csv.gz"))?;
    let (train, test) = digits.split(seed, 0.2);

    let start = Instant::now();
    let mut run = Batch::run::<f32>();
    fit(&mut run, &train, seed)?;
    let correct = (0..test.classes.len()).step_by(BATCH).try_fold(0, |sum, first| {
        load_batch(&mut run, &test, |row| first + row)?;
        run.forward();
        Ok::<_, Error_>(sum + count_correct(&run, &test.classes[first..]))
    })?;
    println!("trained {EPOCHS} epochs on {} pictures in {:.1?}", train.classes.len(), start.elapsed());
    println!("test accuracy: {:.1} % ({correct} of {})", percent(correct, test.classes.len()), test.classes.len());

    println!("\nOne batch of {BATCH} in f32, and how far each tensor can be from exact real arithmetic:\n");
    load_batch(&mut run, &train, |row| row)?;
    println!("{}", report(&mut run)?);

    println!(
        "\nPredictions on the test set: is the class the one that exact real arithmetic on the f32 weights gives?\n"
    );
    println!("{:<6} {:>10} {:>10} {:>10}", "", "certified", "in doubt", "different");
    certify::<f32>(&mut run, &test)?;
    certify::<bf16>(&mut run, &test)?;

    println!("\nAgainst the oracle (Arb at 256 bits, a trained net, one batch of 16 in f32):\n");
    against_oracle(&folder.join("../tests/oracle/digits_f32.txt"))
}

type Error_ = nfgrad::Error;

/// Stochastic gradient descent with momentum; the same seed gives the same parameters, bit for bit.
fn fit(run: &mut Run<Batch, f32>, train: &Digits, seed: u64) -> Result<(), Error_> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut leaves = run.leaves_mut();
    leaves.w1.he_uniform(|| rng.random());
    leaves.w2.glorot_uniform(|| rng.random());

    let bar = ProgressBar::new(EPOCHS).with_style(
        ProgressStyle::with_template("training {bar:40} {pos}/{len} epochs, {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut sgd = Sgd::new(0.1).momentum(0.9);
    let mut order: Vec<usize> = (0..train.classes.len()).collect();
    for _ in 0..EPOCHS {
        order.shuffle(&mut rng);
        let (mut loss, mut batches) = (0.0, 0.0);
        for rows in order.chunks_exact(BATCH) {
            load_batch(run, train, |row| rows[row])?;
            run.forward();
            run.backward();
            sgd.step(run)?;
            loss += f64::from(run.outputs().loss.value());
            batches += 1.0;
        }
        bar.set_message(format!("loss {:.4}", loss / batches));
        bar.inc(1);
    }
    bar.finish();
    Ok(())
}

/// Fills a batch with the pictures `pick(0), pick(1), …`; what lies beyond the last picture is left blank.
fn load_batch(run: &mut Run<Batch, f32>, digits: &Digits, pick: impl Fn(usize) -> usize) -> Result<(), Error_> {
    let mut pixels = [0.0; BATCH * PIXELS];
    let mut targets = [0.0; BATCH * CLASSES as usize];
    for row in 0..BATCH {
        let picture = pick(row);
        let Some(&class) = digits.classes.get(picture) else { continue };
        pixels[row * PIXELS..][..PIXELS].copy_from_slice(&digits.pixels[picture * PIXELS..][..PIXELS]);
        targets[row * usize::from(CLASSES) + usize::from(class)] = 1.0;
    }
    let mut leaves = run.leaves_mut();
    leaves.x.copy_from_slice(&pixels)?;
    leaves.t.copy_from_slice(&targets)
}

fn count_correct(run: &Run<Batch, f32>, classes: &[u8]) -> usize {
    let logits = run.outputs().logits;
    let is_largest = |row: &[f32], class: usize| (0..row.len()).all(|j| j == class || row[class] > row[j]);
    let rows = logits.as_slice().chunks_exact(CLASSES.into());
    rows.zip(classes).filter(|(row, class)| is_largest(row, usize::from(**class))).count()
}

/// Values and gradients of the batch that is loaded, with three ways to bound their errors.
fn report(run: &mut Run<Batch, f32>) -> Result<Report<'_, Batch, f32>, Error_> {
    run.forward();
    run.backward();
    let run = &*run;
    let mut uniform = Batch::bounded::<f32, Uniform>();
    let mut elementwise = Batch::bounded::<f32, Elementwise>();
    uniform.copy_leaves_from(run);
    uniform.forward()?;
    uniform.backward()?;
    elementwise.copy_leaves_from(run);
    elementwise.forward()?;
    elementwise.backward()?;
    let mut shadow = Shadow::new();
    Report::new(run).radii(&uniform)?.radii(&elementwise)?.certificate(&shadow.certify(run)?)
}

/// One row of the table of predictions: the model in `F` beside exact arithmetic on the leaves in f32.
fn certify<F: Format>(trained: &mut Run<Batch, f32>, test: &Digits) -> Result<(), Error_> {
    let (mut run, mut shadow, mut verdicts) = (Batch::run::<F>(), Shadow::new(), Vec::new());
    for first in (0..test.classes.len()).step_by(BATCH) {
        load_batch(trained, test, |row| first + row)?;
        run.copy_leaves_from(trained);
        run.forward();
        let certificate = shadow.certify_values_against(&run, trained)?;
        verdicts.extend(certificate.outputs().logits.argmax().take(test.classes.len() - first));
    }
    let Tally { certified, in_doubt, different } = verdicts.into_iter().collect();
    println!("{:<6} {certified:>10} {in_doubt:>10} {different:>10}", F::NAME);
    Ok(())
}

/// Prints, for each gradient, the bound of the shadow beside the true error, which Arb knows.
fn against_oracle(file: &Path) -> Result<(), Box<dyn Error>> {
    let oracle = Oracle::read(file)?;
    let leaf = |name: &str| Ok::<_, String>(oracle.leaf(name)?.iter().map(|&x| f32::from_f64(x)).collect::<Vec<_>>());
    let mut run = Net::<16>::run::<f32>();
    let mut leaves = run.leaves_mut();
    leaves.x.copy_from_slice(&leaf("x")?)?;
    leaves.t.copy_from_slice(&leaf("t")?)?;
    leaves.w1.copy_from_slice(&leaf("w1")?)?;
    leaves.b1.copy_from_slice(&leaf("b1")?)?;
    leaves.w2.copy_from_slice(&leaf("w2")?)?;
    leaves.b2.copy_from_slice(&leaf("b2")?)?;
    run.forward();
    run.backward();
    let mut shadow = Shadow::new();
    let certificate = shadow.certify(&run)?;
    let (outputs, gradients) = (certificate.outputs(), certificate.gradients());
    println!("{:<14} {:>12} {:>12} {:>14}", "", "true error", "bound", "bound / error");
    let row = |name: &str, exact: &[Exact], values: &[f32], bound: Up| {
        let error = exact.iter().zip(values).fold(0.0, |max, (exact, &x)| exact.error_up(x.into()).max(max));
        println!("{name:<14} {error:>12.3e} {:>12.3e} {:>14.5}", bound.get(), bound.get() / error);
    };
    row("logits", oracle.exact("logits")?, outputs.logits.values().as_slice(), outputs.logits.max_error());
    row("loss", oracle.exact("loss")?, outputs.loss.values().as_slice(), outputs.loss.max_error());
    row("d loss / d w1", oracle.exact("grad_w1")?, gradients.w1.values().as_slice(), gradients.w1.max_error());
    row("d loss / d b1", oracle.exact("grad_b1")?, gradients.b1.values().as_slice(), gradients.b1.max_error());
    row("d loss / d w2", oracle.exact("grad_w2")?, gradients.w2.values().as_slice(), gradients.w2.max_error());
    row("d loss / d b2", oracle.exact("grad_b2")?, gradients.b2.values().as_slice(), gradients.b2.max_error());
    println!("(shadow radii: {:?})", certificate.level());
    Ok(())
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
