//! Files `.npz`: an archive of arrays, stored or deflated.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::archive::{Archive, Entry, Outgoing, open_file};
use super::npy;
use crate::error::{Malformed, Problem};

/// An archive of which the headers have been read.
#[derive(Debug)]
pub(super) struct Npz {
    archive: ZipArchive<BufReader<File>>,
    entries: Vec<Entry>,
}

impl Npz {
    /// Reads the headers of all arrays, and of each no more than that: what is packed may be of any size.
    pub(super) fn open(path: &Path) -> Result<Self, Problem> {
        let (file, _) = open_file(path)?;
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(refused)?;
        if archive.has_duplicate_names() {
            return Err(Malformed::Archive { reason: "two members have one name".to_owned() }.into());
        }
        let mut entries = Vec::new();
        for index in 0..archive.len() {
            let mut member = archive.by_index(index).map_err(refused)?;
            let name = member.name().map_err(refused)?.into_owned();
            let Some(name) = name.strip_suffix(".npy") else {
                return Err(Malformed::Archive { reason: format!("`{name}` is no array") }.into());
            };
            let claimed = member.size();
            let (entry, header) = npy::entry(&mut member, name.to_owned())?;
            let found = claimed.saturating_sub(header);
            if found != entry.bytes {
                return Err(Malformed::Size { name: name.to_owned(), needed: entry.bytes, found }.into());
            }
            entries.push(entry);
        }
        Ok(Self { archive, entries })
    }
}

impl Archive for Npz {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&mut self, index: usize) -> Result<Vec<u8>, Problem> {
        let mut member = self.archive.by_index(index).map_err(refused)?;
        npy::entry(&mut member, String::new())?;
        Ok(npy::exactly(&mut member, &self.entries[index])?)
    }
}

fn refused(error: ZipError) -> Problem {
    match error {
        ZipError::Io(error) => error.into(),
        other => Malformed::Archive { reason: other.to_string() }.into(),
    }
}

/// Writes an archive as `numpy.savez` does: stored, not deflated. The same arrays give the same bytes.
pub(super) fn write(file: &mut BufWriter<File>, tensors: &[Outgoing<'_>]) -> Result<(), Problem> {
    let mut archive = ZipWriter::new(file);
    for tensor in tensors {
        let bytes = npy::bytes(tensor);
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(u32::try_from(bytes.len()).is_err());
        archive.start_file(format!("{}.npy", tensor.name), options).map_err(refused)?;
        archive.write_all(&bytes)?;
    }
    archive.finish().map_err(refused)?;
    Ok(())
}
