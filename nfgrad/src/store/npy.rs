//! Files `.npy`, and the members of `.npz`: a header that is a Python literal, and the numbers of one array.
//!
//! The header is parsed here: three keys, whose values are a word, a truth and a tuple. The crates for it (npyz 0.9, ndarray-npy 0.10) believe the shape
//! before they have seen that the file is as long, so the memory that a damaged file costs would have no bound.

use std::io::{BufReader, Read};
use std::path::Path;

use super::archive::{Archive, Entry, Outgoing, open_file, size};
use crate::error::{Malformed, Problem};
use crate::format::Dtype;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// The longest header that is read: that of an array of plain numbers has a hundred bytes.
const LONGEST: u64 = 1 << 16;

/// One array in a file of its own.
#[derive(Debug)]
pub(super) struct Npy {
    reader: BufReader<std::fs::File>,
    entry: [Entry; 1],
}

impl Npy {
    pub(super) fn open(path: &Path) -> Result<Self, Problem> {
        let (file, bytes) = open_file(path)?;
        let mut reader = BufReader::new(file);
        let (entry, header) = entry(&mut reader, String::new())?;
        let found = bytes.saturating_sub(header);
        if found != entry.bytes {
            return Err(Malformed::Size { name: String::new(), needed: entry.bytes, found }.into());
        }
        Ok(Self { reader, entry: [entry] })
    }
}

impl Archive for Npy {
    fn entries(&self) -> &[Entry] {
        &self.entry
    }

    fn read(&mut self, _: usize) -> Result<Vec<u8>, Problem> {
        Ok(exactly(&mut self.reader, &self.entry[0])?)
    }
}

/// The bytes of an array behind its header, and nothing behind them.
pub(super) fn exactly(reader: &mut impl Read, entry: &Entry) -> std::io::Result<Vec<u8>> {
    // The size is one that a graph has, so it is an usize.
    let mut bytes = vec![0; usize::try_from(entry.bytes).unwrap_or(0)];
    reader.read_exact(&mut bytes)?;
    // An archive tells only at the end whether its checksum is right.
    match reader.read(&mut [0])? {
        0 => Ok(bytes),
        _ => Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "there are more bytes than the shape needs")),
    }
}

/// Reads a header: what is in the array by this name, and how long the header was.
pub(super) fn entry(reader: &mut impl Read, name: String) -> Result<(Entry, u64), Problem> {
    let damaged = |reason: &str| Malformed::Header { reason: format!("`{name}`: {reason}") };
    let mut prefix = [0; 8];
    reader.read_exact(&mut prefix)?;
    if prefix[..6] != *MAGIC {
        return Err(damaged("no array of NumPy").into());
    }
    let mut length = [0; 4];
    let width = match prefix[6] {
        1 => 2,
        2 | 3 => 4,
        _ => return Err(damaged("an unknown version of the format").into()),
    };
    reader.read_exact(&mut length[..width])?;
    let claimed = u64::from(u32::from_le_bytes(length));
    if claimed > LONGEST {
        return Err(Malformed::HeaderLength { claimed, limit: LONGEST }.into());
    }
    let mut text = Vec::new();
    if reader.take(claimed).read_to_end(&mut text)? as u64 != claimed {
        return Err(damaged("it is cut off").into());
    }
    let header = Literal { rest: &text }
        .header()
        .ok_or_else(|| damaged("not a dictionary of descr, fortran_order and shape"))?;
    let (dtype, is_big_endian) = numbers(&header.descr)
        .ok_or_else(|| Malformed::UnknownDtype { name: name.clone(), dtype: header.descr.clone() })?;
    let bytes = size(&name, dtype, &header.shape)?;
    let entry = Entry { name, dtype, shape: header.shape, is_reversed: header.is_reversed, is_big_endian, bytes };
    Ok((entry, 8 + width as u64 + claimed))
}

/// What a word such as `<f4` means: the type, and whether it is big-endian.
fn numbers(descr: &str) -> Option<(Dtype, bool)> {
    let (order, kind) = descr.split_at_checked(1)?;
    let dtype = match kind {
        "f8" => Dtype::F64,
        "f4" => Dtype::F32,
        "f2" => Dtype::F16,
        "i8" => Dtype::I64,
        "i4" => Dtype::I32,
        "i2" => Dtype::I16,
        "i1" => Dtype::I8,
        "u8" => Dtype::U64,
        "u4" => Dtype::U32,
        "u2" => Dtype::U16,
        "u1" => Dtype::U8,
        "b1" => Dtype::Bool,
        "c8" => Dtype::C64,
        _ => return None,
    };
    match order {
        "<" => Some((dtype, false)),
        ">" => Some((dtype, true)),
        "|" if dtype.bits() == 8 => Some((dtype, false)),
        _ => None,
    }
}

/// What a header says.
struct Header {
    descr: String,
    is_reversed: bool,
    shape: Vec<usize>,
}

/// The rest of a Python literal.
struct Literal<'a> {
    rest: &'a [u8],
}

impl Literal<'_> {
    fn header(mut self) -> Option<Header> {
        let (mut descr, mut order, mut shape) = (None, None, None);
        self.token(b'{')?;
        while self.token(b'}').is_none() {
            let key = self.word()?;
            self.token(b':')?;
            let is_new = match key.as_str() {
                "descr" => descr.replace(self.word()?).is_none(),
                "fortran_order" => order.replace(self.truth()?).is_none(),
                "shape" => shape.replace(self.tuple()?).is_none(),
                _ => false,
            };
            if !is_new {
                return None;
            }
            if self.token(b',').is_none() {
                self.token(b'}')?;
                break;
            }
        }
        self.skip();
        self.rest.is_empty().then_some(())?;
        Some(Header { descr: descr?, is_reversed: order?, shape: shape? })
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn token(&mut self, token: u8) -> Option<()> {
        self.skip();
        self.rest = self.rest.strip_prefix(&[token])?;
        Some(())
    }

    /// A string without escapes.
    fn word(&mut self) -> Option<String> {
        self.skip();
        let (&quote, rest) = self.rest.split_first()?;
        let end = rest.iter().position(|&c| c == quote)?;
        let word = std::str::from_utf8(&rest[..end]).ok()?;
        let is_plain = matches!(quote, b'\'' | b'"') && !word.contains('\\');
        self.rest = &rest[end + 1..];
        is_plain.then(|| word.to_owned())
    }

    fn truth(&mut self) -> Option<bool> {
        self.skip();
        for (word, truth) in [(&b"True"[..], true), (b"False", false)] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Some(truth);
            }
        }
        None
    }

    fn tuple(&mut self) -> Option<Vec<usize>> {
        let mut numbers = Vec::new();
        self.token(b'(')?;
        while self.token(b')').is_none() {
            self.skip();
            let end = self.rest.iter().position(|c| !c.is_ascii_digit())?;
            let (digits, rest) = self.rest.split_at(end);
            numbers.push(std::str::from_utf8(digits).ok()?.parse().ok()?);
            // Python 2 wrote `3L`.
            self.rest = rest.strip_prefix(b"L").unwrap_or(rest);
            if self.token(b',').is_none() {
                self.token(b')')?;
                break;
            }
        }
        Some(numbers)
    }
}

/// The type by which numbers are written: NumPy has none for bf16, fp8 and less, but f32 has their numbers.
pub(super) fn written_as(dtype: Dtype) -> Dtype {
    if matches!(dtype, Dtype::F64 | Dtype::F16) { dtype } else { Dtype::F32 }
}

/// An array with its header, byte for byte as NumPy writes it.
pub(super) fn bytes(tensor: &Outgoing<'_>) -> Vec<u8> {
    let dtype = written_as(tensor.dtype);
    let descr = match dtype {
        Dtype::F64 => "<f8",
        Dtype::F16 => "<f2",
        _ => "<f4",
    };
    let dims: Vec<_> = tensor.shape.iter().map(ToString::to_string).collect();
    let shape = if let [one] = &dims[..] { format!("({one},)") } else { format!("({})", dims.join(", ")) };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}").into_bytes();
    // NumPy leaves room for a first axis of 21 digits, so that an array can be made longer in place. The numbers begin at a multiple of 64, behind a
    // line feed.
    let room = dims.first().map_or(0, |first| 21_usize.saturating_sub(first.len()));
    header.resize(header.len() + room, b' ');
    let before = MAGIC.len() + 4;
    header.resize((before + header.len() + 1).next_multiple_of(64) - before - 1, b' ');
    header.push(b'\n');
    let mut bytes = [&MAGIC[..], &[1, 0], &u16::try_from(header.len()).unwrap_or(0).to_le_bytes(), &header].concat();
    tensor.encode(dtype, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, bool, Vec<usize>)> {
        let header = Literal { rest: text.as_bytes() }.header()?;
        Some((header.descr, header.is_reversed, header.shape))
    }

    #[test]
    fn headers_are_read_as_python_would() {
        let is = |text: &str, shape: &[usize]| {
            assert_eq!(parsed(text), Some(("<f4".to_owned(), false, shape.to_vec())), "{text}");
        };
        is("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n", &[2, 3]);
        is("{\"shape\":(),\"fortran_order\":False,\"descr\":\"<f4\"}", &[]);
        is(" { 'shape' : ( 7L , ) ,'fortran_order':False,'descr':'<f4',}\n", &[7]);
        for text in [
            "",
            "{}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), ",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': 1}",
            "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': ((2))}",
            "{'descr': '<\\x66', 'fortran_order': False, 'shape': ()}",
            "{'descr': '<f4",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn words_are_types_and_orders() {
        assert_eq!(numbers("<f4"), Some((Dtype::F32, false)));
        assert_eq!(numbers(">i8"), Some((Dtype::I64, true)));
        assert_eq!(numbers("|b1"), Some((Dtype::Bool, false)));
        assert_eq!([numbers("<V2"), numbers("|f4"), numbers(""), numbers("ä"), numbers("<f16")], [None; 5]);
    }
}
