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

/// The coordinates in the operand of a place in the result, for shapes that are lined up at the end.
fn origin(place: &[usize], from: &[usize]) -> Vec<usize> {
    let lined_up = &place[place.len() - from.len()..];
    lined_up.iter().zip(from).map(|(&coordinate, &length)| if length == 1 { 0 } else { coordinate }).collect()
}

/// Each element wherever its coordinates are.
pub(super) fn stretched(x: &[Exact], from: &[usize], to: &[usize]) -> Vec<Exact> {
    places(to).iter().map(|place| x[at(&origin(place, from), from)].clone()).collect()
}

/// For each element the sum over all places where it is.
pub(super) fn gathered(dy: &[Exact], from: &[usize], to: &[usize]) -> Vec<Exact> {
    let mut sums = vec![Exact::zero(); from.iter().product()];
    for (place, dy) in places(to).iter().zip(dy) {
        let sum = &mut sums[at(&origin(place, from), from)];
        *sum = sum.clone() + dy;
    }
    sums
}

/// A piece of each operand in turn.
pub(super) fn joined(x: &[&[Exact]], outer: usize, widths: &[usize]) -> Vec<Exact> {
    let pieces = (0..outer).flat_map(|o| x.iter().zip(widths).flat_map(move |(x, &width)| &x[o * width..][..width]));
    pieces.cloned().collect()
}

/// What went to each operand.
pub(super) fn parted(dy: &[Exact], outer: usize, widths: &[usize]) -> Vec<Vec<Exact>> {
    let total: usize = widths.iter().sum();
    let before = |k: usize| widths[..k].iter().sum::<usize>();
    let piece = |k: usize, o: usize| dy[o * total + before(k)..][..widths[k]].to_vec();
    (0..widths.len()).map(|k| (0..outer).flat_map(|o| piece(k, o)).collect()).collect()
}

/// A part of each chunk.
pub(super) fn cut(x: &[Exact], total: usize, start: usize, width: usize) -> Vec<Exact> {
    x.chunks_exact(total.max(1)).flat_map(|chunk| chunk[start..start + width].to_vec()).collect()
}

/// Each chunk with zeros around it.
pub(super) fn surrounded(x: &[Exact], total: usize, start: usize, width: usize) -> Vec<Exact> {
    surrounded_chunks(x, x.len().checked_div(width).unwrap_or(0), total, start, width)
}

/// [`surrounded`] for that many chunks, which may be empty.
pub(super) fn surrounded_chunks(x: &[Exact], chunks: usize, total: usize, start: usize, width: usize) -> Vec<Exact> {
    let element = |chunk: usize, i: usize| match i.checked_sub(start) {
        Some(i) if i < width => x[chunk * width + i].clone(),
        _ => Exact::zero(),
    };
    (0..chunks).flat_map(|chunk| (0..total).map(move |i| (chunk, i))).map(|(chunk, i)| element(chunk, i)).collect()
}

/// The integer that a number stands for, if there is such a row.
fn index(x: &Exact, rows: usize) -> Option<usize> {
    (0..rows).find(|&row| (x.to_f64() - row as f64).abs() < 0.5)
}

/// The rows that the index names.
pub(super) fn rows_of(table: &[Exact], at: &[Exact], rows: usize, columns: usize) -> Vec<Exact> {
    let row = |x: &Exact| match index(x, rows) {
        Some(row) => table[row * columns..][..columns].to_vec(),
        None => vec![Exact::zero(); columns],
    };
    at.iter().flat_map(row).collect()
}

/// For each row of the table the sum of what was made of it.
pub(super) fn sums_of_rows(at: &[Exact], dy: &[Exact], rows: usize, columns: usize) -> Vec<Exact> {
    let mut sums = vec![Exact::zero(); rows * columns];
    for (x, dy) in at.iter().zip(dy.chunks_exact(columns)) {
        if let Some(row) = index(x, rows) {
            for (sum, dy) in sums[row * columns..].iter_mut().zip(dy) {
                *sum = sum.clone() + dy;
            }
        }
    }
    sums
}
