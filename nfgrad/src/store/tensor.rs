//! One tensor in a file `.npy`.

use std::io::Write;
use std::path::Path;

use nfgrad_shapes::Shape;

use super::archive::Outgoing;
use super::atomic;
use super::load::{Conversion, Loader};
use super::mapping::{Mapping, Placed};
use super::npy::{self, Npy};
use super::slot::Slot;
use crate::error::{Error, FileError, Problem};
use crate::format::Stored;
use crate::tensor::{Tensor, TensorRef};

/// Arrays of NumPy: see [`store`](crate::store).
impl<F: Stored, S: Shape> Tensor<F, S> {
    /// Reads an array of the shape `S` that `numpy.save` wrote. Each of its numbers, which may be integers or booleans, must be a number of the format.
    ///
    /// ```
    /// use nfgrad::prelude::*;
    /// let path = std::env::temp_dir().join(format!("nfgrad-{}.npy", std::process::id()));
    /// let x = Tensor::<f64, (D<2>, D<2>)>::from_slice(&[0.5, 1.5, -2.0, 0.1])?;
    /// x.view().save_npy(&path)?;
    /// assert_eq!(Tensor::<f64, (D<2>, D<2>)>::load_npy(&path)?, x);
    /// // 0.1 is no number of f32.
    /// assert!(Tensor::<f32, (D<2>, D<2>)>::load_npy(&path).is_err());
    /// assert_eq!(Tensor::<f32, (D<2>, D<2>)>::load_npy_rounded(&path)?.view().get([1, 1]), Some(0.1));
    /// # std::fs::remove_file(&path).expect("it is there");
    /// # Ok::<(), nfgrad::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, or its array has another shape or other numbers.
    pub fn load_npy(path: impl AsRef<Path>) -> Result<Self, Error> {
        read(path.as_ref(), false)
    }

    /// [`Tensor::load_npy`], each number rounded as the format rounds, mostly to the nearest one, ties to even.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read, or its array has another shape.
    pub fn load_npy_rounded(path: impl AsRef<Path>) -> Result<Self, Error> {
        read(path.as_ref(), true)
    }
}

impl<F: Stored, S: Shape> TensorRef<'_, F, S> {
    /// Writes an array that `numpy.load` reads, of float16, float32 or float64: of the first of these that has the numbers of the format.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be written; then what was there before is still there.
    pub fn save_npy(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let tensor = Outgoing::new(String::new(), S::DIMS, false, self.as_slice());
        let written =
            atomic::replace(path.as_ref(), |file| file.write_all(&npy::bytes(&tensor)).map_err(Problem::from));
        written.map_err(|problem| FileError::new(path.as_ref(), problem).into())
    }
}

fn read<F: Stored, S: Shape>(path: &Path, rounds: bool) -> Result<Tensor<F, S>, Error> {
    let mut tensor = Tensor::zeros();
    let slot = Slot { name: String::new(), dims: S::DIMS, start: 0, numel: S::NUMEL };
    let placed = [Placed { slot, file: String::new(), is_transposed: false }];
    let conversion = Conversion { rounds, takes_integers: true };
    let read = Npy::open(path).and_then(|mut file| {
        let mut loader = Loader::new(&mut file, conversion);
        loader.take(&placed, tensor.view_mut().as_mut_slice())?;
        Ok(loader.finish(&Mapping::new()))
    });
    match read.map_err(|problem| FileError::new(path, problem))? {
        misfits if misfits.is_empty() => Ok(tensor),
        misfits => Err(FileError::new(path, Problem::Tensors { graph: "", misfits }).into()),
    }
}
