//! The digits data: 8 x 8 grey pictures and their classes, from a gzipped CSV file, with errors that say what to do.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::{error, fmt};

use csv::{ByteRecord, ReaderBuilder, Terminator, Trim};
use flate2::bufread::MultiGzDecoder;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Pixels in a picture.
pub(crate) const PIXELS: usize = 64;
/// Kinds of pictures.
pub(crate) const CLASSES: u8 = 10;
/// The value of a pixel that is fully inked.
const INK: u8 = 16;
const COLUMNS: usize = PIXELS + 1;

/// What a file may ask of the memory. A gzip file can unfold to a thousand times its size, so all three are checked
/// while it is read.
const MAX_ROWS: usize = 100_000;
const MAX_BYTES: usize = 64 << 20;
const MAX_LINE: usize = 4096;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Pictures and what they show.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Digits {
    /// 64 a picture, row by row, from 0 (paper) to 1 (ink): sixteenths, so exact in every format of 4 bits of precision or more.
    pub(crate) pixels: Vec<f32>,
    /// 0..=9, one a picture.
    pub(crate) classes: Vec<u8>,
}

impl Digits {
    /// Shuffles, and parts with `held_out` (a fraction, taken as 0 if below or NaN, as 1 if above) of the pictures:
    /// `(the others, those held out)`. The same seed gives the same parts on every machine.
    pub(crate) fn split(&self, seed: u64, held_out: f64) -> (Self, Self) {
        let mut order: Vec<usize> = (0..self.classes.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most MAX_ROWS, and from 0 to that"
        )]
        let held = (order.len() as f64 * held_out.clamp(0.0, 1.0)).round() as usize;
        let (kept, held) = order.split_at(order.len() - held);
        (self.pick(kept), self.pick(held))
    }

    fn pick(&self, rows: &[usize]) -> Self {
        Self {
            pixels: rows.iter().flat_map(|row| &self.pixels[row * PIXELS..][..PIXELS]).copied().collect(),
            classes: rows.iter().map(|&row| self.classes[row]).collect(),
        }
    }
}

/// Reads a gzipped CSV file without a header: on each line 64 pixels from 0 to 16 and a class from 0 to 9.
pub(crate) fn load(path: &Path) -> Result<Digits, DataError> {
    parse(path).map_err(|fault| DataError { path: path.to_owned(), fault })
}

fn parse(path: &Path) -> Result<Digits, Fault> {
    let file = File::open(path).map_err(|why| match why.kind() {
        io::ErrorKind::NotFound => Fault::Missing,
        _ => Fault::Unreadable(why),
    })?;
    let mut file = BufReader::new(file);
    let head = file.fill_buf().map_err(Fault::Unreadable)?;
    if head.is_empty() {
        return Err(Fault::Empty);
    }
    if head.iter().zip(GZIP_MAGIC).any(|(found, magic)| *found != magic) {
        return Err(Fault::NotGzip);
    }
    let mut lines = ReaderBuilder::new()
        .has_headers(false)
        // `push` counts the columns, and says more.
        .flexible(true)
        // Also the `\r` of a `\r\n`.
        .trim(Trim::All)
        .terminator(Terminator::Any(b'\n'))
        // A quote would let a record run over many lines, past `MAX_LINE`.
        .quoting(false)
        .from_reader(Guard { inner: MultiGzDecoder::new(file), bytes: 0, line: 0 }.chain(&b"\n"[..]));
    let (mut record, mut digits) = (ByteRecord::new(), Digits::default());
    while lines.read_byte_record(&mut record).map_err(|why| Fault::of_csv(why, digits.classes.len()))? {
        if record.iter().eq([b""]) {
            continue;
        }
        if digits.classes.len() == MAX_ROWS {
            return Err(Fault::TooLarge(Limit::Rows));
        }
        // The record's own position is that of the empty lines before it. The chained line end makes this one exact: the
        // reader stands behind the end of the record's line.
        push(&mut digits, &record, lines.position().line() - 1)?;
    }
    if digits.classes.is_empty() { Err(Fault::Empty) } else { Ok(digits) }
}

/// Appends one line.
fn push(digits: &mut Digits, record: &ByteRecord, line: u64) -> Result<(), Fault> {
    if record.len() != COLUMNS {
        return Err(Fault::Columns { line, found: record.len() });
    }
    for (field, column) in record.iter().zip(1..) {
        let text = String::from_utf8_lossy(field);
        let Ok(value) = text.parse::<i64>() else {
            return Err(Fault::Number { line, column, text: text.chars().take(24).collect() });
        };
        let small = u8::try_from(value).ok();
        if column < COLUMNS {
            let pixel = small.filter(|&pixel| pixel <= INK).ok_or(Fault::Pixel { line, column, value })?;
            digits.pixels.push(f32::from(pixel) / f32::from(INK));
        } else {
            digits.classes.push(small.filter(|&class| class < CLASSES).ok_or(Fault::Class { line, value })?);
        }
    }
    Ok(())
}

/// Passes on what it reads, and fails where that exceeds [`MAX_BYTES`], or a line of it [`MAX_LINE`].
struct Guard<R> {
    inner: R,
    bytes: usize,
    line: usize,
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes += count;
        if self.bytes > MAX_BYTES {
            return Err(io::Error::other(Limit::Bytes));
        }
        for byte in &buffer[..count] {
            self.line = if *byte == b'\n' { 0 } else { self.line + 1 };
            if self.line > MAX_LINE {
                return Err(io::Error::other(Limit::Line));
            }
        }
        Ok(count)
    }
}

/// What a file has too much of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Limit {
    Rows,
    Bytes,
    Line,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows => write!(f, "more than {MAX_ROWS} lines"),
            Self::Bytes => write!(f, "more than {MAX_BYTES} bytes when unpacked"),
            Self::Line => write!(f, "a line of more than {MAX_LINE} bytes"),
        }
    }
}

impl error::Error for Limit {}

/// Why a data file could not be read: which file, and what about it.
#[derive(Debug)]
pub(crate) struct DataError {
    pub(crate) path: PathBuf,
    pub(crate) fault: Fault,
}

/// What is wrong with a data file. Lines and columns are counted from 1.
#[derive(Debug)]
pub(crate) enum Fault {
    Missing,
    Unreadable(io::Error),
    NotGzip,
    CutShort { rows: usize },
    Corrupt { rows: usize, why: io::Error },
    Empty,
    TooLarge(Limit),
    Columns { line: u64, found: usize },
    Number { line: u64, column: usize, text: String },
    Pixel { line: u64, column: usize, value: i64 },
    Class { line: u64, value: i64 },
}

impl Fault {
    /// What the CSV reader met after `rows` good lines. It reads bytes and any number of fields, so only input fails it.
    fn of_csv(why: csv::Error, rows: usize) -> Self {
        let why = match why.into_kind() {
            csv::ErrorKind::Io(why) => why,
            other => io::Error::other(format!("{other:?}")),
        };
        if let Some(limit) = why.get_ref().and_then(|inner| inner.downcast_ref::<Limit>()) {
            return Self::TooLarge(*limit);
        }
        match why.kind() {
            io::ErrorKind::UnexpectedEof => Self::CutShort { rows },
            // What flate2 says of a wrong header, block or checksum.
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Self::Corrupt { rows, why },
            _ => Self::Unreadable(why),
        }
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "there is no such file; give the path of a gzipped CSV file of digits"),
            Self::Unreadable(why) => {
                write!(f, "it cannot be read ({why}); check that it is a file and its permissions")
            }
            Self::NotGzip => write!(f, "it is not a gzip file; pack it with `gzip`"),
            Self::CutShort { rows } => {
                write!(f, "it is cut short: the gzip data ends after {rows} whole lines; fetch the file again")
            }
            Self::Corrupt { rows, why } => {
                write!(f, "its gzip data is damaged after {rows} whole lines ({why}); fetch the file again")
            }
            Self::Empty => write!(f, "it holds no pictures; each line is to be 64 pixels and a class"),
            Self::TooLarge(limit) => write!(f, "it has {limit}, which no file of digits has; give another file"),
            Self::Columns { line, found } => {
                write!(f, "line {line}: {found} columns where there must be {COLUMNS}: {PIXELS} pixels, then the class")
            }
            Self::Number { line, column, text } => {
                // Escaped, so that a file cannot send control codes to a terminal.
                let text = text.escape_debug();
                write!(f, "line {line}, column {column}: `{text}` is not a whole number; write {}", wanted(*column))
            }
            Self::Pixel { line, column, value } => {
                write!(f, "line {line}, column {column}: {value} is no pixel; write {}", wanted(*column))
            }
            Self::Class { line, value } => {
                write!(f, "line {line}, column {COLUMNS}: {value} is no class; write {}", wanted(COLUMNS))
            }
        }
    }
}

/// What belongs into a column.
fn wanted(column: usize) -> String {
    if column < COLUMNS { format!("a pixel from 0 to {INK}") } else { format!("a class from 0 to {}", CLASSES - 1) }
}

impl error::Error for DataError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.fault {
            Fault::Unreadable(why) | Fault::Corrupt { why, .. } => Some(why),
            _ => None,
        }
    }
}
