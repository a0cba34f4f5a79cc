//! Files of tensors, whatever their kind: what is in one, and what goes into one.

#[cfg(feature = "safetensors")]
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use super::atomic;
use super::codes::{Writer, dtype_of};
use super::slot::{axes, walk};
use crate::error::{FileError, Malformed, Problem};
use crate::format::{Dtype, Stored};

/// Remarks in a file, by name. Only safetensors files have them.
#[cfg(feature = "safetensors")]
pub(super) type Notes = BTreeMap<String, String>;

/// A tensor in a file that was opened.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    /// Whether the first axis is the fastest: "Fortran order".
    pub(super) is_reversed: bool,
    pub(super) is_big_endian: bool,
    /// How many bytes it has: as many as its shape needs.
    pub(super) bytes: u64,
}

/// The number of bytes of a tensor.
pub(super) fn size(name: &str, dtype: Dtype, shape: &[usize]) -> Result<u64, Malformed> {
    let numel = shape.iter().try_fold(1_u64, |product, &len| product.checked_mul(u64::try_from(len).ok()?));
    let bits = numel.and_then(|numel| numel.checked_mul(dtype.bits() as u64));
    let bits = bits.ok_or_else(|| Malformed::TooLarge { name: name.to_owned() })?;
    if bits.is_multiple_of(8) { Ok(bits / 8) } else { Err(Malformed::Bits { name: name.to_owned() }) }
}

/// A file that was opened: its header has been read and is sound.
pub(super) trait Archive {
    /// The tensors, each name once.
    fn entries(&self) -> &[Entry];

    /// The bytes of one of the tensors. Asked for only if the size is one that a graph has.
    fn read(&mut self, index: usize) -> Result<Vec<u8>, Problem>;
}

/// Opens a file of the kind that its name says.
pub(super) fn open(path: &Path) -> Result<Box<dyn Archive>, FileError> {
    let opened: Result<Box<dyn Archive>, Problem> = match Kind::of(path) {
        #[cfg(feature = "safetensors")]
        Some(Kind::Safetensors) => super::safetensors::Safetensors::open(path).map(|file| Box::new(file) as Box<_>),
        #[cfg(feature = "npz")]
        Some(Kind::Npz) => super::npz::Npz::open(path).map(|file| Box::new(file) as Box<_>),
        None => Err(Problem::Extension),
    };
    opened.map_err(|problem| FileError::new(path, problem))
}

/// Opens a file, which must be one: reading a pipe might never end.
pub(super) fn open_file(path: &Path) -> Result<(File, u64), Problem> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        let message = "not a regular file".to_owned();
        return Err(Problem::Io { kind: std::io::ErrorKind::InvalidInput, message });
    }
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    Ok((file, len))
}

/// Adds the bytes of some numbers of a type.
type Encode<'a> = Box<dyn Fn(Dtype, &mut Vec<u8>) + 'a>;

/// A tensor that is to be written.
pub(super) struct Outgoing<'a> {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    encode: Encode<'a>,
}

impl<'a> Outgoing<'a> {
    /// A tensor with these numbers in row-major order of `dims`, in the file by this name and, if it says so, transposed.
    pub(super) fn new<F: Stored>(name: String, dims: &'a [usize], is_transposed: bool, numbers: &'a [F]) -> Self {
        let dtype = dtype_of(numbers);
        let axes = axes(dims.len(), is_transposed);
        let shape = axes.iter().map(|&axis| dims[axis]).collect();
        let encode = move |dtype: Dtype, bytes: &mut Vec<u8>| {
            bytes.reserve((numbers.len() * dtype.bits()).div_ceil(8));
            let mut writer = Writer::new(dtype, bytes);
            if is_transposed {
                walk(dims, &axes, &mut |offset| writer.push(numbers[offset]));
            } else {
                for &x in numbers {
                    writer.push(x);
                }
            }
        };
        Self { name, dtype, shape, encode: Box::new(encode) }
    }

    /// Adds its bytes, as numbers of its own type or of one that has them too.
    pub(super) fn encode(&self, dtype: Dtype, bytes: &mut Vec<u8>) {
        (self.encode)(dtype, bytes);
    }
}

/// Writes a file of the kind that its name says.
pub(super) fn write(path: &Path, tensors: &[Outgoing<'_>]) -> Result<(), FileError> {
    let write = |file: &mut BufWriter<File>, kind: Kind| match kind {
        #[cfg(feature = "safetensors")]
        Kind::Safetensors => super::safetensors::write(file, tensors, &Notes::new()),
        #[cfg(feature = "npz")]
        Kind::Npz => super::npz::write(file, tensors),
    };
    let written = match Kind::of(path) {
        Some(kind) => atomic::replace(path, |file| write(file, kind)),
        None => Err(Problem::Extension),
    };
    written.map_err(|problem| FileError::new(path, problem))
}

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[cfg(feature = "safetensors")]
    Safetensors,
    #[cfg(feature = "npz")]
    Npz,
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        #[cfg(feature = "safetensors")]
        if extension.eq_ignore_ascii_case("safetensors") {
            return Some(Self::Safetensors);
        }
        #[cfg(feature = "npz")]
        if extension.eq_ignore_ascii_case("npz") {
            return Some(Self::Npz);
        }
        let _ = extension;
        None
    }
}
