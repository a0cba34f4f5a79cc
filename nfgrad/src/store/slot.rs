//! [`Slot`]: the tensors of a graph by the names that they have in files.

use crate::graph::{Model, dims};
use nfgrad_shapes::Listed;

/// A tensor of a graph: a parameter, an input or an output.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// `layers.3.up.w` for the tensor `layers[3].up.w`.
    pub(super) name: String,
    pub(super) dims: &'static [usize],
    /// Where it begins in the flat buffer.
    pub(super) start: usize,
    pub(super) numel: usize,
}

impl Slot {
    /// Those of the positions that are wanted, in the order of the graph.
    pub(super) fn of<M: Model>(wanted: impl Fn(usize) -> bool) -> Vec<Self> {
        let dims = dims::<M>();
        let mut slots = Vec::new();
        M::Context::LAYOUT.for_each(&mut |position, span| {
            if wanted(position) {
                let name = in_file(M::ENTRIES[position].name);
                slots.push(Self { name, dims: dims[position], start: span.offset, numel: span.numel });
            }
        });
        slots
    }
}

/// Blocks in arrays are parts of a name, as in PyTorch: `layers[3].w` is `layers.3.w`.
fn in_file(name: &str) -> String {
    name.replace('[', ".").replace(']', "")
}

/// The offsets of the elements of a tensor, in the order in which a file has them whose `axes` go from the slowest to the fastest.
pub(super) fn walk(dims: &[usize], axes: &[usize], visit: &mut impl FnMut(usize)) {
    fn along(dims: &[usize], axes: &[usize], start: usize, visit: &mut impl FnMut(usize)) {
        let Some((&axis, inner)) = axes.split_first() else { return visit(start) };
        let stride: usize = dims[axis + 1..].iter().product();
        for i in 0..dims[axis] {
            along(dims, inner, start + i * stride, visit);
        }
    }
    along(dims, axes, 0, visit);
}

/// The axes of a tensor as a file has them, from the slowest to the fastest.
pub(super) fn axes(rank: usize, is_reversed: bool) -> Vec<usize> {
    if is_reversed { (0..rank).rev().collect() } else { (0..rank).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_visits_every_element_in_the_order_of_the_file() {
        let visited = |dims: &[usize], is_reversed| {
            let mut offsets = Vec::new();
            walk(dims, &axes(dims.len(), is_reversed), &mut |offset| offsets.push(offset));
            offsets
        };
        assert_eq!(visited(&[2, 3], false), [0, 1, 2, 3, 4, 5]);
        assert_eq!(visited(&[2, 3], true), [0, 3, 1, 4, 2, 5]);
        assert_eq!(visited(&[], true), [0]);
        assert!(visited(&[2, 0, 3], true).is_empty());
        assert_eq!(visited(&[2, 1, 2], true), [0, 2, 1, 3]);
    }
}
