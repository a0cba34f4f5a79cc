//! [`Checkpoint`]: a training in a file, to be taken up again.

use std::path::Path;

use super::archive::{Notes, Outgoing};
use super::atomic;
use super::load::{Conversion, Loader};
use super::mapping::{Mapping, Placed};
use super::run::{is_param, refused};
use super::safetensors::{self, Safetensors};
use super::slot::Slot;
use crate::error::{Error, FileError, Malformed, Misfit, Problem};
use crate::format::Stored;
use crate::graph::{Model, Run};
use crate::optim::Optimizer;

/// A training in a file: the parameters, what the optimizer remembers with its hyper-parameters, and notes of yours.
///
/// It goes on bit for bit: the next step after [`Checkpoint::load`] is the one that would have come after [`Checkpoint::save`]. What else decides the
/// training, such as the epoch and the seed of a generator, is yours to note.
///
/// The file is a `.safetensors` with the parameters under the names that [`Run::save_params`] gives them, beside tensors `optimizer/..`, which
/// no parameter can be called.
///
/// ```
/// use nfgrad::optim::Adam;
/// use nfgrad::prelude::*;
/// use nfgrad::store::Checkpoint;
///
/// graph! {
///     graph Bowl { param w: [2]; output loss = sum(w * w); }
/// }
///
/// let path = std::env::temp_dir().join(format!("nfgrad-checkpoint-{}.safetensors", std::process::id()));
/// let mut run = Bowl::run::<f32>();
/// run.leaves_mut().w.copy_from_slice(&[1.0, -1.0])?;
/// let mut adam = Adam::new(0.1);
/// for step in 0..10 {
///     if step == 5 {
///         Checkpoint::new().note("step", step).save(&path, &run, &adam)?;
///     }
///     run.forward();
///     run.backward();
///     adam.step(&mut run)?;
/// }
///
/// let (mut again, mut adam) = (Bowl::run::<f32>(), Adam::new(1e-3));
/// let checkpoint = Checkpoint::load(&path, &mut again, &mut adam)?;
/// let step = checkpoint.get("step").and_then(|step| step.parse().ok()).unwrap_or(0);
/// for _ in step..10 {
///     again.forward();
///     again.backward();
///     adam.step(&mut again)?;
/// }
/// assert_eq!(again.params(), run.params());
/// # std::fs::remove_file(&path).expect("it is there");
/// # Ok::<(), nfgrad::Error>(())
/// ```
///
/// # Radii
///
/// None are in the file. A [`step_bounded`](crate::optim::Sgd::step_bounded) after [`Checkpoint::load`] is refused until `assume_exact` says that the real
/// optimizer begins with what the file says.
#[derive(Debug, Clone, Default)]
pub struct Checkpoint {
    notes: Notes,
}

/// What the notes of this library begin with.
const OURS: &str = "nfgrad.";
/// Which optimizer it is.
const KIND: &str = "nfgrad.optimizer";
/// In which format the run is.
const FORMAT: &str = "nfgrad.format";
/// Whether the optimizer has taken a step that it remembers.
const REMEMBERS: &str = "nfgrad.remembers";

impl Checkpoint {
    /// Without a note.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a note, to be found again by its name. Names that begin with `nfgrad.` are not kept.
    #[must_use]
    #[allow(
        clippy::needless_pass_by_value,
        reason = "`note(\"step\", step)` reads better than a reference to a number"
    )]
    pub fn note(mut self, name: &str, text: impl ToString) -> Self {
        if !name.starts_with(OURS) {
            self.notes.insert(name.to_owned(), text.to_string());
        }
        self
    }

    /// A note by its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.notes.get(name).map(String::as_str)
    }

    /// Writes a training to a file `.safetensors`.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be written; then what was there before is still there.
    pub fn save<G, F, O>(&self, path: impl AsRef<Path>, run: &Run<G, F>, optimizer: &O) -> Result<(), Error>
    where
        G: Model,
        F: Stored,
        O: Optimizer<F, Number: Stored>,
    {
        let path = path.as_ref();
        check_extension(path)?;
        let (numbers, of_params) = (optimizer.numbers(), optimizer.of_params(G::PARAM_SIZE));
        let mut notes = self.notes.clone();
        notes.insert(KIND.to_owned(), O::KIND.to_owned());
        notes.insert(FORMAT.to_owned(), F::NAME.to_owned());
        notes.insert(REMEMBERS.to_owned(), of_params.is_some().to_string());
        let slots = Slot::of::<G>(is_param::<G>);
        let mut tensors = Vec::new();
        for Slot { name, dims, start, numel } in &slots {
            tensors.push(Outgoing::new(name.clone(), dims, false, &run.params()[*start..][..*numel]));
        }
        for (what, values) in O::OF_PARAMS.iter().zip(of_params.iter().flatten()) {
            for Slot { name, dims, start, numel } in &slots {
                tensors.push(Outgoing::new(of_param(what, name), dims, false, &values[*start..][..*numel]));
            }
        }
        for (k, name) in O::NUMBERS.iter().enumerate() {
            tensors.push(Outgoing::new(of_optimizer(name), &[], false, &numbers[k..=k]));
        }
        let written = atomic::replace(path, |file| safetensors::write(file, &tensors, &notes));
        written.map_err(|problem| FileError::new(path, problem).into())
    }

    /// Takes up a training from a file: the parameters, and all of the optimizer, its hyper-parameters included. Returns the notes.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, is not of a run of this graph and this format, or of another optimizer; then neither run nor optimizer has
    /// changed.
    pub fn load<G, F, O>(path: impl AsRef<Path>, run: &mut Run<G, F>, optimizer: &mut O) -> Result<Self, Error>
    where
        G: Model,
        F: Stored,
        O: Optimizer<F, Number: Stored>,
    {
        let path = path.as_ref();
        check_extension(path)?;
        let failed = |problem| FileError::new(path, problem);
        let mut file = Safetensors::open(path).map_err(failed)?;
        let remembers = check_kind::<F, O>(file.notes()).map_err(failed)?;
        let notes = file.notes().iter().filter(|(name, _)| !name.starts_with(OURS));
        let notes = notes.map(|(name, text)| (name.clone(), text.clone())).collect();

        let read = Training::read::<G, O>(&mut file, remembers, run.params().to_vec());
        let (Training { params, of_params, numbers }, misfits) = read.map_err(failed)?;
        if !misfits.is_empty() {
            return Err(refused::<G>(path, misfits).into());
        }
        if let Err(k) = optimizer.resume(&numbers, remembers.then_some(of_params)) {
            let (name, number) = (of_optimizer(O::NUMBERS[k]), format!("{:e}", numbers[k]));
            return Err(failed(Malformed::Number { name, number }.into()).into());
        }
        run.set_leaves(0, &params);
        Ok(Self { notes })
    }
}

/// What a checkpoint has, before any of it is taken.
struct Training<F, N> {
    params: Vec<F>,
    /// What is remembered of each parameter; of none, if nothing is.
    of_params: Vec<Vec<N>>,
    numbers: Vec<f64>,
}

impl<F: Stored, N: Stored> Training<F, N> {
    /// Reads all of it, in the layout of `params`, which are replaced.
    fn read<G: Model, O: Optimizer<F, Number = N>>(
        file: &mut Safetensors,
        remembers: bool,
        mut params: Vec<F>,
    ) -> Result<(Self, Vec<Misfit>), Problem> {
        let slots = Slot::of::<G>(is_param::<G>);
        let mut loader = Loader::new(file, Conversion { rounds: false, takes_integers: false });
        loader.take(&placed(&slots, Slot::clone), &mut params)?;
        let mut of_params = Vec::new();
        for what in O::OF_PARAMS.iter().filter(|_| remembers) {
            let mut values = vec![N::ZERO; G::PARAM_SIZE];
            let renamed = |slot: &Slot| Slot { name: of_param(what, &slot.name), ..slot.clone() };
            loader.take(&placed(&slots, renamed), &mut values)?;
            of_params.push(values);
        }
        let mut numbers = vec![0.0; O::NUMBERS.len()];
        let scalar = |(start, name): (usize, &&str)| Slot { name: of_optimizer(name), dims: &[], start, numel: 1 };
        let scalars: Vec<_> = O::NUMBERS.iter().enumerate().map(scalar).collect();
        loader.take(&placed(&scalars, Slot::clone), &mut numbers)?;
        Ok((Self { params, of_params, numbers }, loader.finish(&Mapping::new())))
    }
}

/// Whether the optimizer remembers anything, if the notes are those of such a run.
fn check_kind<F: Stored, O: Optimizer<F>>(notes: &Notes) -> Result<bool, Problem> {
    for (note, expected) in [(KIND, O::KIND), (FORMAT, F::NAME)] {
        let found = notes.get(note);
        if found.is_none_or(|found| found != expected) {
            return Err(Problem::Checkpoint { expected, found: found.cloned() });
        }
    }
    Ok(notes.get(REMEMBERS).is_some_and(|remembers| remembers == "true"))
}

fn check_extension(path: &Path) -> Result<(), FileError> {
    let fits = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors"));
    if fits { Ok(()) } else { Err(FileError::new(path, Problem::Extension)) }
}

fn placed(slots: &[Slot], named: impl Fn(&Slot) -> Slot) -> Vec<Placed> {
    let slots = slots.iter().map(named);
    slots.map(|slot| Placed { file: slot.name.clone(), slot, is_transposed: false }).collect()
}

/// The name of something about the optimizer. A slash is in no name of a graph.
fn of_optimizer(name: &str) -> String {
    format!("optimizer/{name}")
}

fn of_param(what: &str, param: &str) -> String {
    format!("optimizer/{what}/{param}")
}
