//! Tensors and contexts of tensors: flat buffers whose shapes and offsets are known when the program is compiled.

mod buffer;
mod index;
mod list;
mod view;

pub use list::{EList, TList};
pub use view::{BallTensor, Tensor, TensorMut, TensorRef};

pub(crate) use buffer::Buffer;
pub(crate) use index::tells_apart;
