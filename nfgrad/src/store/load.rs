//! From a file into numbers that a run may take, or into one error that says all that does not fit.

use std::collections::BTreeMap;

use super::archive::{Archive, Entry};
use super::codes::codes;
use super::mapping::{Mapping, Placed};
use super::slot::{axes, walk};
use crate::error::{Misfit, Problem, Why};
use crate::format::{Dtype, Format};

/// Which numbers become which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Conversion {
    /// Whether numbers may be rounded.
    pub(super) rounds: bool,
    /// Whether integers are numbers.
    pub(super) takes_integers: bool,
}

/// Takes tensors from a file, and notes which do not fit.
pub(super) struct Loader<'a> {
    archive: &'a mut dyn Archive,
    conversion: Conversion,
    /// The tensors that nobody has asked for yet.
    left: BTreeMap<String, usize>,
    misfits: Vec<Misfit>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(archive: &'a mut dyn Archive, conversion: Conversion) -> Self {
        let left = archive.entries().iter().enumerate().map(|(k, entry)| (entry.name.clone(), k)).collect();
        Self { archive, conversion, left, misfits: Vec::new() }
    }

    /// Reads tensors into `target`, in the layout of the graph. If there are misfits some of it has been written: then `target` is not what anybody
    /// may compute with.
    pub(super) fn take<F: Format>(&mut self, placed: &[Placed], target: &mut [F]) -> Result<(), Problem> {
        for place in placed {
            let why = match self.left.remove(&place.file) {
                None => Some(Why::Missing { wanted_as: place.slot.name.clone(), shape: place.shape() }),
                Some(index) => match fits::<F>(&self.archive.entries()[index], place, self.conversion) {
                    None => read::<F>(self.archive, index, place, self.conversion, target)?,
                    why => why,
                },
            };
            self.misfits.extend(why.map(|why| Misfit { name: place.file.clone(), why }));
        }
        Ok(())
    }

    /// All that does not fit, with the tensors that are left over.
    pub(super) fn finish(mut self, mapping: &Mapping) -> Vec<Misfit> {
        for (name, index) in self.left.into_iter().filter(|(name, _)| !mapping.ignores(name)) {
            let Entry { dtype, shape, .. } = &self.archive.entries()[index];
            self.misfits.push(Misfit { name, why: Why::Extra { dtype: *dtype, shape: shape.clone() } });
        }
        self.misfits
    }
}

/// What is wrong with the type or the shape of a tensor.
fn fits<F: Format>(entry: &Entry, place: &Placed, conversion: Conversion) -> Option<Why> {
    let Entry { dtype, shape, .. } = entry;
    if *shape != place.shape() {
        return Some(Why::Shape { expected: place.shape(), found: shape.clone() });
    }
    let takes = *dtype != Dtype::C64 && (dtype.is_float() || conversion.takes_integers);
    (!takes).then_some(Why::Dtype { dtype: *dtype, format: F::NAME })
}

/// Reads a tensor that fits.
fn read<F: Format>(
    archive: &mut dyn Archive,
    index: usize,
    place: &Placed,
    conversion: Conversion,
    target: &mut [F],
) -> Result<Option<Why>, Problem> {
    let bytes = archive.read(index)?;
    let Entry { dtype, is_big_endian, is_reversed, .. } = archive.entries()[index];
    let target = &mut target[place.slot.start..][..place.slot.numel];
    let mut codes = codes(dtype, is_big_endian, &bytes);
    let (mut inexact, mut beyond) = (Found::default(), Found::default());
    let dims = place.slot.dims;
    let mut index = 0;
    walk(dims, &axes(dims.len(), is_reversed != place.is_transposed), &mut |offset| {
        let code = codes.next().unwrap_or(0);
        let (number, became) = converted::<F>(dtype, code);
        if became != Became::Itself {
            inexact.note(index, dtype, code);
        }
        if became == Became::Another {
            beyond.note(index, dtype, code);
        }
        target[offset] = number;
        index += 1;
    });
    let format = F::NAME;
    let why = if conversion.rounds {
        let Found { count, first, number } = beyond;
        (count > 0).then_some(Why::Beyond { dtype, format, count, first, number })
    } else {
        let Found { count, first, number } = inexact;
        (count > 0).then_some(Why::Inexact { dtype, format, count, first, number })
    };
    Ok(why)
}

/// What a number of the file has become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Became {
    Itself,
    /// What it is rounded to.
    Rounded,
    /// Something of which nothing follows for the number: it was beyond the largest one, or an integer that is no f64, which would be rounded twice.
    Another,
}

/// The number of the format, and what has become of that of the file.
fn converted<F: Format>(dtype: Dtype, code: u64) -> (F, Became) {
    const { assert!(F::CONVERSION == 0.0, "numbers are exact only in formats whose numbers are f64") };
    let Some(x) = dtype.decode(code) else { return (F::ZERO, Became::Another) };
    let number = F::from_f64(x);
    let back = number.to_f64();
    let became = if back == x || back.is_nan() && x.is_nan() {
        Became::Itself
    } else if number.half_ulp().is_finite() {
        Became::Rounded
    } else {
        Became::Another
    };
    (number, became)
}

/// Some of the numbers.
#[derive(Debug, Default)]
struct Found {
    count: usize,
    first: usize,
    number: String,
}

impl Found {
    fn note(&mut self, index: usize, dtype: Dtype, code: u64) {
        if self.count == 0 {
            self.first = index;
            self.number = match (dtype.decode(code), dtype) {
                (Some(x), _) => format!("{x:e}"),
                (None, Dtype::I64) => code.cast_signed().to_string(),
                (None, _) => code.to_string(),
            };
        }
        self.count += 1;
    }
}
