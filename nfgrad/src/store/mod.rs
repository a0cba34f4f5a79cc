//! Numbers in files: parameters and checkpoints, inputs and outputs, as `.safetensors` (feature `safetensors`) and `.npz` (feature `npz`).
//!
//! ```
//! # #[cfg(feature = "safetensors")] {
//! use nfgrad::prelude::*;
//!
//! graph! {
//!     graph Net { input x: [4, 3]; param w: [3, 2]; param b: [2]; output y = tanh(x @ w + b); }
//! }
//!
//! let path = std::env::temp_dir().join(format!("nfgrad-{}.safetensors", std::process::id()));
//! let mut run = Net::run::<f32>();
//! run.leaves_mut().w.fill_with(|| 0.1);
//! run.save_params(&path)?;
//!
//! let mut other = Net::run::<f32>();
//! other.load_params(&path)?;
//! assert_eq!(other.params(), run.params());
//! # std::fs::remove_file(&path).expect("it is there");
//! # }
//! # Ok::<(), nfgrad::Error>(())
//! ```
//!
//! # Names
//!
//! A tensor has the name that it has in the graph. Parameters of blocks have their path, and a copy in an array its number, as in PyTorch:
//! `layers[3].up.w` is `layers.3.up.w`. For other names, and for matrices that are stored transposed, there is [`Mapping`].
//!
//! # What is refused
//!
//! The tensors of a file must be those of the graph: none is missing, none is left over, all have their shapes. Each that does not fit is named
//! in one [error](crate::error::FileError), and then nothing at all is loaded. A file that is damaged, or made to harm, is an error too, and costs
//! no more memory than ten times its length.
//!
//! # Which numbers become which
//!
//! A number in a file becomes the number of the format that it *is*: bf16 in a run of f32, or those numbers of F64 that are f32. If one of them is
//! not a number of the format that is an error, unless [`Mapping::rounded`] asks for the rounding;
//! what is beyond the largest number is an error also then. (-0 is 0 where there is no -0, and a NaN is some NaN.)
//! Parameters are floating-point numbers; inputs may be integers and booleans too.
//!
//! A format is stored as its own type where files have one, [`Stored`], and else as F32 or F64, which have its numbers. Three numbers of four bits
//! do not fill bytes, and a NaN has no code in fp4 and fp6; such a tensor is stored as F32. An `F8_E8M0`, which no format is, can be loaded
//! where its powers of two are numbers.
//!
//! # Writing
//!
//! A file is written beside its place and renamed when it is on the disk, so that nobody sees half of it, and what was there is lost only to
//! what is whole. (A symbolic link is replaced, not what it points to.) The same numbers give the same bytes.

mod archive;
mod atomic;
#[cfg(feature = "safetensors")]
mod checkpoint;
mod codes;
#[cfg(feature = "safetensors")]
mod header;
mod load;
mod mapping;
#[cfg(feature = "npz")]
mod npy;
#[cfg(feature = "npz")]
mod npz;
mod pattern;
mod run;
#[cfg(feature = "safetensors")]
mod safetensors;
mod slot;
#[cfg(feature = "npz")]
mod tensor;

pub use crate::error::{FileError, Malformed, Misfit, Problem, Why};
pub use crate::format::{Dtype, Stored};
#[cfg(feature = "safetensors")]
pub use checkpoint::Checkpoint;
pub use mapping::Mapping;
