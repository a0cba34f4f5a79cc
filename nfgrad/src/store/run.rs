//! What a run saves and loads.

use std::path::Path;

use super::archive::{self, Outgoing};
use super::load::{Conversion, Loader};
use super::mapping::{Mapping, Placed};
use super::slot::Slot;
use crate::bound::Domain;
use crate::error::{Error, FileError, Misfit, Problem};
use crate::format::Stored;
use crate::graph::{BoundedRun, Model, Run};

/// Parameters, inputs and outputs in files: see [`store`](crate::store).
impl<G: Model, F: Stored> Run<G, F> {
    /// Writes the parameters to a file, `.safetensors` or `.npz`, each under its own name.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be written; then what was there before is still there.
    pub fn save_params(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.save_params_with(path, &Mapping::new())
    }

    /// [`Run::save_params`] with other names, or transposed.
    ///
    /// # Errors
    /// [`Error::File`] if the mapping does not fit the graph, or the file cannot be written; then what was there before is still there.
    pub fn save_params_with(&self, path: impl AsRef<Path>, mapping: &Mapping) -> Result<(), Error> {
        save::<G, F>(path.as_ref(), mapping, Slot::of::<G>(is_param::<G>), self.values().values())
    }

    /// Takes the parameters from a file, `.safetensors` or `.npz`, each by its own name.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, or does not fit; then no number of the run has changed.
    pub fn load_params(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.load_params_with(path, &Mapping::new())
    }

    /// [`Run::load_params`] by other names, transposed, or rounded.
    ///
    /// ```
    /// # #[cfg(feature = "safetensors")] {
    /// use nfgrad::prelude::*;
    /// use nfgrad::store::Mapping;
    ///
    /// graph! {
    ///     graph Net { input x: [4, 3]; param w: [3, 2]; param b: [2]; output y = tanh(x @ w + b); }
    /// }
    ///
    /// // As PyTorch would write its `Linear` layer `fc`: `fc.weight` of [2, 3], `fc.bias` of [2].
    /// let torch = Mapping::new().linear("fc", "w", "b");
    /// let path = std::env::temp_dir().join(format!("nfgrad-torch-{}.safetensors", std::process::id()));
    /// let mut run = Net::run::<f32>();
    /// run.leaves_mut().w.copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    /// run.save_params_with(&path, &torch)?;
    ///
    /// let mut narrow = Net::run::<bf16>();
    /// let refused = narrow.load_params(&path).err().map(|error| error.to_string()).unwrap_or_default();
    /// assert!(refused.contains("missing: `w` [3, 2]") && refused.contains("extra: `fc.weight` [2, 3] of F32"));
    /// narrow.load_params_with(&path, &torch.rounded())?;
    /// assert_eq!(narrow.leaves().w.get([2, 1]).map(bf16::to_f64), Some(6.0));
    /// # std::fs::remove_file(&path).expect("it is there");
    /// # }
    /// # Ok::<(), nfgrad::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, or does not fit; then no number of the run has changed.
    pub fn load_params_with(&mut self, path: impl AsRef<Path>, mapping: &Mapping) -> Result<(), Error> {
        let params = loaded_params(self, path.as_ref(), mapping)?;
        self.set_leaves(0, &params);
        Ok(())
    }

    /// Takes the inputs from a file, `.safetensors` or `.npz`, each by its own name. Integers and booleans are numbers too, if the format has them.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, or does not fit; then no number of the run has changed.
    pub fn load_inputs(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.load_inputs_with(path, &Mapping::new())
    }

    /// [`Run::load_inputs`] by other names, transposed, or rounded: NumPy's own numbers are f64, of which most are not f32.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, or does not fit; then no number of the run has changed.
    pub fn load_inputs_with(&mut self, path: impl AsRef<Path>, mapping: &Mapping) -> Result<(), Error> {
        let inputs = loaded_inputs(self, path.as_ref(), mapping)?;
        self.set_leaves(G::PARAM_SIZE, &inputs);
        Ok(())
    }

    /// Writes the inputs to a file, `.safetensors` or `.npz`, each under its own name.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be written; then what was there before is still there.
    pub fn save_inputs(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        save::<G, F>(path.as_ref(), &Mapping::new(), Slot::of::<G>(is_input::<G>), self.values().values())
    }

    /// Writes the outputs to a file, `.safetensors` or `.npz`, each under its own name, as the last forward sweep left them.
    ///
    /// # Errors
    /// [`Error::Stale`] if leaves were written since, [`Error::File`] if the file cannot be written; then what was there before is still there.
    pub fn save_outputs(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.need_values("save_outputs")?;
        let outputs = Slot::of::<G>(|position| G::OUTPUTS.contains(&position));
        save::<G, F>(path.as_ref(), &Mapping::new(), outputs, self.values().values())
    }

    /// Writes the gradient of the loss with respect to each parameter, under the name of the parameter.
    ///
    /// # Errors
    /// [`Error::Stale`] if it is not that of the leaves, [`Error::File`] if the file cannot be written; then what was there before is still there.
    pub fn save_gradients(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.need_gradient("save_gradients")?;
        save::<G, F>(path.as_ref(), &Mapping::new(), Slot::of::<G>(is_param::<G>), self.cotangents().values())
    }
}

/// Parameters and inputs from files: see [`store`](crate::store). What a run with radii saves is saved by its [`BoundedRun::run`].
impl<G: Model, F: Stored, D: Domain> BoundedRun<G, F, D> {
    /// [`Run::load_params`]. Radii stay as they were given, as with [`BoundedRun::leaves_mut`].
    ///
    /// # Errors
    /// Those of [`Run::load_params`].
    pub fn load_params(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.load_params_with(path, &Mapping::new())
    }

    /// [`Run::load_params_with`]. Radii stay as they were given, as with [`BoundedRun::leaves_mut`]; that numbers were rounded is not part of them.
    ///
    /// # Errors
    /// Those of [`Run::load_params_with`].
    pub fn load_params_with(&mut self, path: impl AsRef<Path>, mapping: &Mapping) -> Result<(), Error> {
        let params = loaded_params(self.run(), path.as_ref(), mapping)?;
        self.set_leaves(0, &params);
        Ok(())
    }

    /// [`Run::load_inputs`]. Radii stay as they were given, as with [`BoundedRun::leaves_mut`].
    ///
    /// # Errors
    /// Those of [`Run::load_inputs`].
    pub fn load_inputs(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.load_inputs_with(path, &Mapping::new())
    }

    /// [`Run::load_inputs_with`]. Radii stay as they were given, as with [`BoundedRun::leaves_mut`]; that numbers were rounded is not part of them.
    ///
    /// # Errors
    /// Those of [`Run::load_inputs_with`].
    pub fn load_inputs_with(&mut self, path: impl AsRef<Path>, mapping: &Mapping) -> Result<(), Error> {
        let inputs = loaded_inputs(self.run(), path.as_ref(), mapping)?;
        self.set_leaves(G::PARAM_SIZE, &inputs);
        Ok(())
    }
}

pub(super) fn is_param<G: Model>(position: usize) -> bool {
    position < G::PARAMS
}

fn is_input<G: Model>(position: usize) -> bool {
    (G::PARAMS..G::LEAVES).contains(&position)
}

/// The parameters as they are to be.
fn loaded_params<G: Model, F: Stored>(run: &Run<G, F>, path: &Path, mapping: &Mapping) -> Result<Vec<F>, FileError> {
    let conversion = Conversion { rounds: mapping.rounds(), takes_integers: false };
    loaded::<G, F>(path, mapping, Slot::of::<G>(is_param::<G>), conversion, run.params().to_vec())
}

/// The inputs as they are to be.
fn loaded_inputs<G: Model, F: Stored>(run: &Run<G, F>, path: &Path, mapping: &Mapping) -> Result<Vec<F>, FileError> {
    let conversion = Conversion { rounds: mapping.rounds(), takes_integers: true };
    let mut slots = Slot::of::<G>(is_input::<G>);
    for slot in &mut slots {
        slot.start -= G::PARAM_SIZE;
    }
    let inputs = run.values().values()[G::PARAM_SIZE..G::LEAF_SIZE].to_vec();
    loaded::<G, F>(path, mapping, slots, conversion, inputs)
}

fn loaded<G: Model, F: Stored>(
    path: &Path,
    mapping: &Mapping,
    slots: Vec<Slot>,
    conversion: Conversion,
    mut numbers: Vec<F>,
) -> Result<Vec<F>, FileError> {
    let mut archive = archive::open(path)?;
    let (placed, mut misfits) = mapping.place(slots);
    let mut loader = Loader::new(&mut *archive, conversion);
    loader.take(&placed, &mut numbers).map_err(|problem| FileError::new(path, problem))?;
    misfits.extend(loader.finish(mapping));
    if misfits.is_empty() { Ok(numbers) } else { Err(refused::<G>(path, misfits)) }
}

fn save<G: Model, F: Stored>(path: &Path, mapping: &Mapping, slots: Vec<Slot>, numbers: &[F]) -> Result<(), Error> {
    let (placed, misfits) = mapping.place(slots);
    if !misfits.is_empty() {
        return Err(refused::<G>(path, misfits).into());
    }
    let outgoing = |place: Placed| {
        let numbers = &numbers[place.slot.start..][..place.slot.numel];
        Outgoing::new(place.file, place.slot.dims, place.is_transposed, numbers)
    };
    let tensors: Vec<_> = placed.into_iter().map(outgoing).collect();
    Ok(archive::write(path, &tensors)?)
}

pub(super) fn refused<G: Model>(path: &Path, misfits: Vec<Misfit>) -> FileError {
    FileError::new(path, Problem::Tensors { graph: G::NAME, misfits })
}
