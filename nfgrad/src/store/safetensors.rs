//! Files `.safetensors`: the length of a header, a header in JSON, and the numbers.

use std::cmp::Reverse;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use safetensors::tensor::TensorInfo;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::archive::{Archive, Entry, Notes, Outgoing, open_file, size};
use super::header::{Header, Info, NOTES};
use crate::error::{Malformed, Problem};
use crate::format::Dtype;

/// The bytes before the header: its length.
const PREFIX: u64 = 8;
/// The longest header that the format allows.
const LONGEST: u64 = 100_000_000;

/// A file of which the header has been read.
#[derive(Debug)]
pub(super) struct Safetensors {
    file: File,
    entries: Vec<Entry>,
    /// Where each of them begins in the file.
    starts: Vec<u64>,
    notes: Notes,
}

impl Safetensors {
    /// Reads the header. What is allocated is bounded by its length, and that by the length of the file.
    pub(super) fn open(path: &Path) -> Result<Self, Problem> {
        let (mut file, bytes) = open_file(path)?;
        let Some(limit) = bytes.checked_sub(PREFIX) else { return Err(Malformed::TooShort { bytes }.into()) };
        let mut prefix = [0; 8];
        file.read_exact(&mut prefix)?;
        let claimed = u64::from_le_bytes(prefix);
        let limit = limit.min(LONGEST);
        let length = usize::try_from(claimed).ok().filter(|_| claimed <= limit);
        let length = length.ok_or(Malformed::HeaderLength { claimed, limit })?;
        let mut header = vec![0; length];
        file.read_exact(&mut header)?;
        let Header { tensors, notes } = serde_json::from_slice(&header).map_err(|error| damaged(&error))?;
        drop(header);
        let (entries, starts) = placed(tensors, PREFIX + claimed, bytes)?;
        Ok(Self { file, entries, starts, notes })
    }

    /// The remarks.
    pub(super) fn notes(&self) -> &Notes {
        &self.notes
    }
}

impl Archive for Safetensors {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&mut self, index: usize) -> Result<Vec<u8>, Problem> {
        let name = &self.entries[index].name;
        let bytes = self.entries[index].bytes;
        let len = usize::try_from(bytes).map_err(|_| Malformed::TooLarge { name: name.clone() })?;
        self.file.seek(SeekFrom::Start(self.starts[index]))?;
        let mut read = vec![0; len];
        self.file.read_exact(&mut read)?;
        Ok(read)
    }
}

/// The tensors of a header, and where each begins in a file whose data begin at `data` and end at `end`.
fn placed(mut tensors: Vec<(String, Info)>, data: u64, end: u64) -> Result<(Vec<Entry>, Vec<u64>), Malformed> {
    tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
    if let Some(pair) = tensors.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(Malformed::Twice { name: pair[0].0.clone() });
    }
    tensors.sort_by_key(|(_, info)| info.offsets);
    let (mut entries, mut starts) = (Vec::with_capacity(tensors.len()), Vec::with_capacity(tensors.len()));
    let mut expected = 0;
    for (name, Info { dtype, shape, offsets: (start, stop) }) in tensors {
        let dtype = our(&name, dtype)?;
        let needed = size(&name, dtype, &shape)?;
        if start != expected {
            return Err(Malformed::Offsets { name, expected, found: start });
        }
        let found = stop.saturating_sub(start);
        if found != needed || stop < start {
            return Err(Malformed::Size { name, needed, found });
        }
        expected = stop;
        entries.push(Entry { name, dtype, shape, is_reversed: false, is_big_endian: false, bytes: needed });
        starts.push(data.saturating_add(start));
    }
    let asked = data.saturating_add(expected);
    if asked == end { Ok((entries, starts)) } else { Err(Malformed::Length { expected: asked, found: end }) }
}

fn damaged(error: &serde_json::Error) -> Malformed {
    Malformed::Header { reason: error.to_string() }
}

macro_rules! dtypes {
    ($($theirs:ident => $ours:ident),* $(,)?) => {
        /// A type of theirs, if it is known.
        fn our(name: &str, dtype: safetensors::Dtype) -> Result<Dtype, Malformed> {
            match dtype {
                $(safetensors::Dtype::$theirs => Ok(Dtype::$ours),)*
                unknown => Err(Malformed::UnknownDtype { name: name.to_owned(), dtype: unknown.to_string() }),
            }
        }

        /// A type of ours.
        fn their(dtype: Dtype) -> safetensors::Dtype {
            match dtype {
                $(Dtype::$ours => safetensors::Dtype::$theirs,)*
            }
        }
    };
}

dtypes! {
    F64 => F64,
    F32 => F32,
    F16 => F16,
    BF16 => Bf16,
    F8_E4M3 => F8E4M3,
    F8_E5M2 => F8E5M2,
    F8_E4M3FNUZ => F8E4M3Fnuz,
    F8_E5M2FNUZ => F8E5M2Fnuz,
    F8_E8M0 => F8E8M0,
    F6_E2M3 => F6E2M3,
    F6_E3M2 => F6E3M2,
    F4 => F4,
    I64 => I64,
    I32 => I32,
    I16 => I16,
    I8 => I8,
    U64 => U64,
    U32 => U32,
    U16 => U16,
    U8 => U8,
    BOOL => Bool,
    C64 => C64,
}

/// Writes a file, with the very bytes of [`safetensors::serialize`]: tensors with the widest numbers first, so that all are aligned, then by name.
pub(super) fn write(file: &mut BufWriter<File>, tensors: &[Outgoing<'_>], notes: &Notes) -> Result<(), Problem> {
    let mut tensors: Vec<_> = tensors.iter().collect();
    tensors.sort_by(|a, b| (Reverse(their(a.dtype)), &a.name).cmp(&(Reverse(their(b.dtype)), &b.name)));
    let mut end = 0;
    let mut infos = Vec::with_capacity(tensors.len());
    for Outgoing { name, dtype, shape, .. } in &tensors {
        let bytes = usize::try_from(size(name, *dtype, shape)?).unwrap_or(usize::MAX);
        let data_offsets = (end, end + bytes);
        end += bytes;
        infos.push((name, TensorInfo { dtype: their(*dtype), shape: shape.clone(), data_offsets }));
    }
    let mut header = serde_json::to_vec(&Written { notes, infos: &infos }).map_err(|error| damaged(&error))?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let claimed = header.len() as u64;
    if claimed > LONGEST {
        return Err(Malformed::HeaderLength { claimed, limit: LONGEST }.into());
    }
    file.write_all(&claimed.to_le_bytes())?;
    file.write_all(&header)?;
    let mut bytes = Vec::new();
    for tensor in &tensors {
        bytes.clear();
        tensor.encode(tensor.dtype, &mut bytes);
        file.write_all(&bytes)?;
    }
    Ok(())
}

/// A header as it is written: the same file, the same bytes.
struct Written<'a> {
    notes: &'a Notes,
    infos: &'a [(&'a String, TensorInfo)],
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.notes.is_empty() {
            map.serialize_entry(NOTES, self.notes)?;
        }
        for (name, info) in self.infos {
            map.serialize_entry(name, info)?;
        }
        map.end()
    }
}
