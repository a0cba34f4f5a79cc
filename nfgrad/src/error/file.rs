//! [`FileError`]: what is wrong with a file, or between a file and a graph.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::format::Dtype;

/// Why a file was not read or not written. Nothing has been changed: neither the numbers of a run, nor the file that was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: Problem,
}

impl FileError {
    pub(crate) fn new(path: &Path, problem: impl Into<Problem>) -> Self {
        Self { path: path.to_owned(), problem: problem.into() }
    }
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The operating system refused.
    Io {
        /// What kind of refusal.
        kind: io::ErrorKind,
        /// Its words.
        message: String,
    },
    /// Neither `.safetensors` nor `.npz`, or a kind of file whose cargo feature is switched off.
    Extension,
    /// Not a file of its kind: cut off, damaged, or made to harm.
    Malformed(Malformed),
    /// The tensors of the file and those of the graph do not fit, or the mapping between them does not.
    Tensors {
        /// The name of the graph; empty for a tensor by itself.
        graph: &'static str,
        /// Each tensor that does not fit, with the reason.
        misfits: Vec<Misfit>,
    },
    /// No checkpoint, or one of another optimizer or another format.
    Checkpoint {
        /// The optimizer or the format that was expected.
        expected: &'static str,
        /// What the file says; nothing if it is no checkpoint.
        found: Option<String>,
    },
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Io { kind: error.kind(), message: error.to_string() }
    }
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// In what a file breaks the rules of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// Too short to have a header.
    TooShort {
        /// Its length in bytes.
        bytes: u64,
    },
    /// A header that is longer than the file or than any header may be.
    HeaderLength {
        /// The length that is claimed, in bytes.
        claimed: u64,
        /// The longest that it could be.
        limit: u64,
    },
    /// A header that cannot be parsed.
    Header {
        /// Where and why.
        reason: String,
    },
    /// Two tensors of one name.
    Twice {
        /// The name.
        name: String,
    },
    /// A tensor with more elements, or bits, than can be counted.
    TooLarge {
        /// Its name.
        name: String,
    },
    /// A tensor whose bits do not fill whole bytes.
    Bits {
        /// Its name.
        name: String,
    },
    /// A tensor that has not as many bytes as its shape needs.
    Size {
        /// Its name.
        name: String,
        /// What its shape needs, in bytes.
        needed: u64,
        /// What it has.
        found: u64,
    },
    /// A tensor that does not begin where the one before ends: they overlap, or something lies between.
    Offsets {
        /// Its name.
        name: String,
        /// Where it should begin.
        expected: u64,
        /// Where it does.
        found: u64,
    },
    /// Tensors that end before the file does, or after: it was cut off, or something was appended.
    Length {
        /// The length that the header asks for, in bytes.
        expected: u64,
        /// The length of the file.
        found: u64,
    },
    /// A tensor of numbers that nothing here knows.
    UnknownDtype {
        /// Its name.
        name: String,
        /// The type as the file has it.
        dtype: String,
    },
    /// A number of a checkpoint that no optimizer has.
    Number {
        /// Its name.
        name: String,
        /// What it is.
        number: String,
    },
    /// The archive, or one of its members, is damaged, encrypted or packed in an unknown way.
    Archive {
        /// What is wrong.
        reason: String,
    },
}

/// A tensor that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Its name in the file; of a rule, what it says.
    pub name: String,
    /// Why it does not fit.
    pub why: Why,
}

/// Why a tensor does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// The graph needs it, and the file does not have it.
    Missing {
        /// Its name in the graph.
        wanted_as: String,
        /// The shape that it should have in the file.
        shape: Vec<usize>,
    },
    /// The file has it, and the graph has no place for it.
    Extra {
        /// Its type.
        dtype: Dtype,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// It has another shape.
    Shape {
        /// The one that it should have in the file.
        expected: Vec<usize>,
        /// The one that it has.
        found: Vec<usize>,
    },
    /// Its numbers are of a kind that is not converted: integers where parameters are wanted, or complex numbers.
    Dtype {
        /// Its type.
        dtype: Dtype,
        /// The name of the format.
        format: &'static str,
    },
    /// Some of its numbers are not numbers of the format, and no rounding was asked for.
    Inexact {
        /// Its type.
        dtype: Dtype,
        /// The name of the format.
        format: &'static str,
        /// How many of its numbers.
        count: usize,
        /// Where the first of them is, in the order of the file.
        first: usize,
        /// The first of them.
        number: String,
    },
    /// Some of its numbers cannot be rounded to the format: they are beyond its largest number, or integers that no f64 is.
    Beyond {
        /// Its type.
        dtype: Dtype,
        /// The name of the format.
        format: &'static str,
        /// How many of its numbers.
        count: usize,
        /// Where the first of them is, in the order of the file.
        first: usize,
        /// The first of them.
        number: String,
    },
    /// Another tensor of the graph has the same name in the file.
    Shared {
        /// The names in the graph.
        tensors: [String; 2],
    },
    /// It is to be transposed, and is no matrix.
    NotAMatrix {
        /// Its shape in the graph.
        shape: Vec<usize>,
    },
    /// A rule that no tensor of the graph is concerned by.
    Unused,
    /// A rule whose two sides have different wildcards, or one with more than one `**`.
    Wildcards,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            Problem::Io { message, .. } => write!(f, "`{path}`: {message}"),
            Problem::Extension => {
                write!(f, "`{path}`: the name of a file of tensors ends in `.safetensors` or `.npz`")?;
                write!(f, "; each needs the cargo feature of its name, `safetensors` or `npz`")
            }
            Problem::Malformed(malformed) => write!(f, "`{path}` cannot be read: {malformed}"),
            Problem::Tensors { graph, misfits } => {
                let (of, name) = if graph.is_empty() { ("the tensor", "") } else { ("the graph ", *graph) };
                write!(f, "`{path}` does not fit {of}{name}, and nothing was changed:")?;
                for misfit in misfits.iter().take(MOST) {
                    write!(f, "\n  {misfit}")?;
                }
                match misfits.len().saturating_sub(MOST) {
                    0 => Ok(()),
                    more => write!(f, "\n  and {more} more"),
                }
            }
            Problem::Checkpoint { expected, found: None } => {
                write!(f, "`{path}` is no checkpoint, and one of {expected} is expected")
            }
            Problem::Checkpoint { expected, found: Some(found) } => {
                let found = Name(found);
                write!(f, "`{path}` is a checkpoint of {found}, and one of {expected} is expected")
            }
        }
    }
}

impl std::error::Error for FileError {}

/// How many misfits a message names: a hostile file may have millions. All are in the error.
const MOST: usize = 200;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { bytes } => write!(f, "its {bytes} bytes are too few for a header"),
            Self::HeaderLength { claimed, limit } => {
                write!(f, "it claims a header of {claimed} bytes, and at most {limit} are possible")
            }
            Self::Header { reason } => write!(f, "its header is damaged: {}", Name(reason)),
            Self::Twice { name } => write!(f, "`{}` is there twice", Name(name)),
            Self::TooLarge { name } => write!(f, "the elements of `{}` cannot be counted", Name(name)),
            Self::Bits { name } => write!(f, "the bits of `{}` do not fill whole bytes", Name(name)),
            Self::Size { name, needed, found } => {
                write!(f, "the shape of `{}` needs {needed} bytes, and it has {found}", Name(name))
            }
            Self::Offsets { name, expected, found } => {
                write!(
                    f,
                    "`{}` begins at byte {found} of the data, and the tensor before ends at {expected}",
                    Name(name)
                )
            }
            Self::Length { expected, found } => {
                write!(f, "its header asks for {expected} bytes in all, and it has {found}")
            }
            Self::UnknownDtype { name, dtype } => {
                write!(f, "the numbers of `{}` are of the unknown type {}", Name(name), Name(dtype))?;
                if dtype.ends_with("V2") || dtype.ends_with("V1") {
                    write!(f, "; NumPy writes bf16 and fp8 so. Save them as float32, or in a `.safetensors` file")?;
                }
                Ok(())
            }
            Self::Number { name, number } => write!(f, "`{}` cannot be {number}", Name(name)),
            Self::Archive { reason } => write!(f, "{}", Name(reason)),
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Name(&self.name);
        match &self.why {
            Why::Missing { wanted_as, shape } if *wanted_as == self.name => {
                write!(f, "missing: `{name}` {}", Dims(shape))
            }
            Why::Missing { wanted_as, shape } => {
                write!(f, "missing: `{name}` {}, for `{wanted_as}`", Dims(shape))
            }
            Why::Extra { dtype, shape } => write!(f, "extra: `{name}` {} of {dtype}", Dims(shape)),
            Why::Shape { expected, found } => {
                write!(f, "shape: `{name}` is {}, and {} is expected", Dims(found), Dims(expected))?;
                if found.len() == 2 && found.iter().eq(expected.iter().rev()) {
                    write!(
                        f,
                        "; if it is stored transposed, as PyTorch's `Linear` stores its weight, say `transposed`"
                    )?;
                }
                Ok(())
            }
            Why::Dtype { dtype, format } => {
                write!(f, "dtype: `{name}` is of {dtype}, which is not converted to {format}")
            }
            Why::Inexact { dtype, format, count, first, number } => {
                write!(f, "dtype: `{name}` is of {dtype}, and {count} of its numbers are not numbers of {format}")?;
                write!(f, ", the first {number} at index {first}; `rounded` asks for the nearest ones")
            }
            Why::Beyond { dtype, format, count, first, number } => {
                write!(f, "dtype: `{name}` is of {dtype}, and {count} of its numbers are too large for {format}")?;
                write!(f, ", the first {number} at index {first}")
            }
            Why::Shared { tensors: [a, b] } => {
                write!(f, "shared: `{name}` is the name in the file of `{a}` and of `{b}`")
            }
            Why::NotAMatrix { shape } => {
                write!(f, "transposed: `{name}` is no matrix, its shape in the graph is {}", Dims(shape))
            }
            Why::Unused => write!(f, "unused: no tensor of the graph is concerned by the rule `{name}`"),
            Why::Wildcards => {
                write!(f, "rule: the two sides of `{name}` need the same wildcards, of which only one may be `**`")
            }
        }
    }
}

/// Text of a file, with nothing in it that a terminal obeys, and not much of it.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 300;
        for c in self.0.chars().take(MOST) {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        if self.0.chars().nth(MOST).is_some() { f.write_str("...") } else { Ok(()) }
    }
}

/// A shape, or its beginning.
struct Dims<'a>(&'a [usize]);

impl fmt::Display for Dims<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 16;
        let dims: Vec<_> = self.0.iter().take(MOST).map(ToString::to_string).collect();
        write!(f, "[{}{}]", dims.join(", "), if self.0.len() > MOST { ", ..." } else { "" })
    }
}
