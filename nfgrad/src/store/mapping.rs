//! [`Mapping`]: how the tensors of a file become those of a graph.

use std::collections::BTreeMap;

use super::pattern::Pattern;
use super::slot::Slot;
use crate::error::{Misfit, Why};

/// How the tensors of a file become those of a graph, and the other way round: by which names, which of them transposed, and whether numbers
/// may be rounded. Nothing of that is done unless it is said.
///
/// Names are those of the file first, then those of the graph, where blocks in an array are numbered as in PyTorch: the tensor
/// `layers[3].up.w` is `layers.3.up.w`. In both `*` stands for one part between dots, and `**` for one or more. Of several
/// rules for one tensor the last one counts. A tensor without a rule has one name in both. A rule that concerns no tensor is an error, for it was
/// meant to.
///
/// ```
/// use nfgrad::store::Mapping;
/// // What PyTorch calls `model.0.weight` is the parameter `w1`, stored as [out, in] there and as [in, out] here.
/// let mapping = Mapping::new()
///     .rename("model.0.weight", "w1")
///     .transposed("model.0.weight")
///     .rename("model.0.bias", "b1");
/// // The same in one line, and for twelve layers at once.
/// let mapping = Mapping::new().linear("model.0", "w1", "b1").linear("h.*.up", "layers.*.up.w", "layers.*.up.b");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// The name in the file, the name in the graph.
    renames: Vec<(Pattern, Pattern)>,
    /// Names in the file.
    transposed: Vec<Pattern>,
    /// Names in the file.
    ignored: Vec<Pattern>,
    /// Names in the graph.
    without: Vec<Pattern>,
    rounds: bool,
}

impl Mapping {
    /// Every tensor under its own name, as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is called `file` in the file is called `graph` in the graph.
    #[must_use]
    pub fn rename(mut self, file: &str, graph: &str) -> Self {
        self.renames.push((Pattern::new(file), Pattern::new(graph)));
        self
    }

    /// The matrix that is called `file` in the file is transposed there: PyTorch's `Linear` computes `x Wᵀ + b` and stores `W` as `[out, in]`, where
    /// `x @ w + b` has a `w` of `[in, out]`. Of a square matrix no shape tells which of the two it is.
    #[must_use]
    pub fn transposed(mut self, file: &str) -> Self {
        self.transposed.push(Pattern::new(file));
        self
    }

    /// A `Linear` layer of PyTorch that is called `file`: its transposed `weight` and its `bias`.
    #[must_use]
    pub fn linear(self, file: &str, weight: &str, bias: &str) -> Self {
        let (w, b) = (format!("{file}.weight"), format!("{file}.bias"));
        self.rename(&w, weight).transposed(&w).rename(&b, bias)
    }

    /// The graph has no place for what is called `file` in the file, and that is no mistake.
    #[must_use]
    pub fn ignore(mut self, file: &str) -> Self {
        self.ignored.push(Pattern::new(file));
        self
    }

    /// The file has nothing for what is called `graph` in the graph: it is not written, and keeps its numbers when the others are loaded.
    #[must_use]
    pub fn without(mut self, graph: &str) -> Self {
        self.without.push(Pattern::new(graph));
        self
    }

    /// A number that the format does not have is rounded as the format rounds, mostly to the nearest one, ties to even. Without this it is an error.
    /// What is beyond the largest number is an error still, whether the format would make it an infinity, a NaN or the largest number.
    ///
    /// That rounding is part of no radius: the rounded numbers are those that a run with radii takes for exact. To have it counted, load a run in the
    /// format of the file, and take its leaves with [`BoundedRun::enclose_leaves_of`](crate::graph::BoundedRun::enclose_leaves_of).
    #[must_use]
    pub fn rounded(mut self) -> Self {
        self.rounds = true;
        self
    }

    pub(super) fn rounds(&self) -> bool {
        self.rounds
    }

    /// Whether the graph need have no place for what has this name in the file.
    pub(super) fn ignores(&self, file: &str) -> bool {
        self.ignored.iter().any(|pattern| pattern.matched(file).is_some())
    }

    /// Where each tensor of the graph is in a file, without those that it does not have; and what is wrong with the rules.
    pub(super) fn place(&self, slots: Vec<Slot>) -> (Vec<Placed>, Vec<Misfit>) {
        let mut misfits = self.indefinite();
        if !misfits.is_empty() {
            return (Vec::new(), misfits);
        }
        let mut used = Used::of(self);
        let mut placed: Vec<Placed> = slots.into_iter().filter_map(|slot| self.place_one(slot, &mut used)).collect();
        misfits.extend(used.unused(self));
        let mut names: BTreeMap<&str, &str> = BTreeMap::new();
        for Placed { file, slot, is_transposed } in &placed {
            if *is_transposed && slot.dims.len() != 2 {
                misfits.push(Misfit { name: file.clone(), why: Why::NotAMatrix { shape: slot.dims.to_vec() } });
            }
            if let Some(other) = names.insert(file, &slot.name) {
                let tensors = [other.to_owned(), slot.name.clone()];
                misfits.push(Misfit { name: file.clone(), why: Why::Shared { tensors } });
            }
        }
        placed.retain(|placed| !placed.is_transposed || placed.slot.dims.len() == 2);
        (placed, misfits)
    }

    fn place_one(&self, slot: Slot, used: &mut Used) -> Option<Placed> {
        if let Some(k) = last(&self.without, |pattern| pattern.matched(&slot.name)).map(|(k, _)| k) {
            used.without[k] = true;
            return None;
        }
        let file = match last(&self.renames, |(_, graph)| graph.matched(&slot.name)) {
            Some((k, found)) => {
                used.renames[k] = true;
                self.renames[k].0.filled(&found)
            }
            None => slot.name.clone(),
        };
        let mut is_transposed = false;
        for (pattern, used) in self.transposed.iter().zip(&mut used.transposed) {
            if pattern.matched(&file).is_some() {
                (is_transposed, *used) = (true, true);
            }
        }
        Some(Placed { slot, file, is_transposed })
    }

    /// The rules that do not say what they mean.
    fn indefinite(&self) -> Vec<Misfit> {
        let pairs =
            self.renames.iter().filter(|(file, graph)| !graph.fits(file)).map(|(file, graph)| arrow(file, graph));
        let single = [&self.transposed, &self.ignored, &self.without].into_iter().flatten();
        let single = single.filter(|pattern| !pattern.is_definite()).map(|pattern| pattern.text().to_owned());
        pairs.chain(single).map(|name| Misfit { name, why: Why::Wildcards }).collect()
    }
}

/// A tensor of a graph with its place in a file.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) slot: Slot,
    /// Its name in the file.
    pub(super) file: String,
    pub(super) is_transposed: bool,
}

impl Placed {
    /// Its shape in the file.
    pub(super) fn shape(&self) -> Vec<usize> {
        let dims = self.slot.dims.iter().copied();
        if self.is_transposed { dims.rev().collect() } else { dims.collect() }
    }
}

/// Which rules have concerned a tensor.
struct Used {
    renames: Vec<bool>,
    transposed: Vec<bool>,
    without: Vec<bool>,
}

impl Used {
    fn of(mapping: &Mapping) -> Self {
        let Mapping { renames, transposed, without, .. } = mapping;
        let [renames, transposed, without] =
            [renames.len(), transposed.len(), without.len()].map(|len| vec![false; len]);
        Self { renames, transposed, without }
    }

    fn unused(&self, mapping: &Mapping) -> Vec<Misfit> {
        let renames = mapping.renames.iter().map(|(file, graph)| arrow(file, graph)).zip(&self.renames);
        let transposed = mapping.transposed.iter().map(|pattern| pattern.text().to_owned()).zip(&self.transposed);
        let without = mapping.without.iter().map(|pattern| pattern.text().to_owned()).zip(&self.without);
        let unused = renames.chain(transposed).chain(without).filter(|&(_, used)| !used);
        unused.map(|(name, _)| Misfit { name, why: Why::Unused }).collect()
    }
}

/// The last of the rules that matches, with what it found.
fn last<T, R>(rules: &[T], matched: impl Fn(&T) -> Option<R>) -> Option<(usize, R)> {
    rules.iter().enumerate().rev().find_map(|(k, rule)| Some((k, matched(rule)?)))
}

fn arrow(file: &Pattern, graph: &Pattern) -> String {
    format!("{} -> {}", file.text(), graph.text())
}
