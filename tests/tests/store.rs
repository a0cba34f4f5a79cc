//! Numbers in files: they come back as they were, what does not fit is named, and what is damaged is refused.

#[path = "store/arrays.rs"]
mod arrays;
#[path = "store/checkpoints.rs"]
mod checkpoints;
#[path = "store/hostile.rs"]
mod hostile;
#[path = "store/memory.rs"]
mod memory;
#[path = "store/params.rs"]
mod params;
#[path = "store/python.rs"]
mod python;

use std::fs;
use std::path::{Path, PathBuf};

use nfgrad::Error;
use nfgrad::prelude::*;
use nfgrad::store::{FileError, Misfit, Problem};
use nfgrad_tests::sample::{generator, normal};

graph! {
    /// `x W + b`.
    pub graph Linear<const B: usize, const I: usize, const O: usize> {
        input x: [B, I];
        param w: [I, O];
        param b: [O];
        output y = x @ w + b;
    }
}
graph! {
    /// A wider layer and back, added to what they read.
    pub graph Residual<const B: usize, const H: usize> {
        input x: [B, H];
        block up: Linear<_, H, 2*H>;
        block down: Linear<_, 2*H, H>;
        output y = x + down(tanh(up(x)));
    }
}
graph! {
    /// Blocks in blocks, two of them in an array.
    pub graph Net<const B: usize> {
        input x: [B, 4];
        input t: [B, 2];
        param scale: [];
        block layers: [Residual<B, 4>; 2];
        block head: Linear<_, _, 2>;
        let y = head(layers(x)) * scale;
        output loss = mse(y, t);
        output y;
    }
}

/// A folder of its own for each test, gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("nfgrad-store-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names of the files in it.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("a folder");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A run whose parameters and inputs are random numbers of the format.
fn random<F: Format>(seed: u64) -> Run<Net<3>, F> {
    let mut run = Net::<3>::run::<F>();
    let mut rng = generator("store", seed);
    let mut number = || F::from_f64(normal(&mut rng));
    run.params_and_gradients_mut().0.fill_with(&mut number);
    run.leaves_mut().x.fill_with(&mut number);
    run.leaves_mut().t.fill_with(&mut number);
    run
}

/// The bits of numbers, as far as they can be told apart.
fn bits<F: Format>(numbers: &[F]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_f64().to_bits()).collect()
}

/// What was wrong with a file.
fn problem<T>(result: Result<T, Error>) -> Problem {
    match result.err().expect("an error") {
        Error::File(error) => {
            let FileError { problem, .. } = *error;
            problem
        }
        other => panic!("{other}"),
    }
}

/// The tensors that do not fit.
fn misfits<T>(result: Result<T, Error>) -> Vec<Misfit> {
    match problem(result) {
        Problem::Tensors { misfits, .. } => misfits,
        other => panic!("{other:?}"),
    }
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("a file")
}
