//! Elements that move: where each goes, from the coordinates.

use crate::exact::Exact;

/// Every list of coordinates of a tensor of these lengths, in row-major order.
fn places(dims: &[usize]) -> Vec<Vec<usize>> {
    dims.iter().fold(vec![Vec::new()], |places, &length| {
        places.iter().flat_map(|place| (0..length).map(|i| [place.as_slice(), &[i]].concat())).collect()
    })
}

/// The element at those coordinates.
fn at(place: &[usize], dims: &[usize]) -> usize {
    place.iter().zip(dims).fold(0, |i, (&coordinate, &length)| i * length + coordinate)
}

/// The axes in another order.
pub(super) fn permuted(x: &[Exact], dims: &[usize], axes: &[usize]) -> Vec<Exact> {
    let result: Vec<usize> = axes.iter().map(|&axis| dims[axis]).collect();
    let source = |place: &Vec<usize>| {
        let mut there = vec![0; dims.len()];
        axes.iter().zip(place).for_each(|(&axis, &coordinate)| there[axis] = coordinate);
        x[at(&there, dims)].clone()
    };
    places(&result).iter().map(source).collect()
}

/// The axes back in the order that they had.
pub(super) fn restored(dy: &[Exact], dims: &[usize], axes: &[usize]) -> Vec<Exact> {
    let result: Vec<usize> = axes.iter().map(|&axis| dims[axis]).collect();
    let target = |place: &Vec<usize>| {
        let there: Vec<usize> = axes.iter().map(|&axis| place[axis]).collect();
        dy[at(&there, &result)].clone()
    };
    places(dims).iter().map(target).collect()
}
