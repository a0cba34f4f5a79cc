//! [`RowSums`]: the sums of columns whose rows are made one at a time.

use super::STEPS;
use crate::format::Accumulator;

/// The sums of the columns of a matrix whose rows are made one at a time, in the order of the other sums of columns: those of a leaf in the
/// first row of a buffer, and those of complete leaves in one row for each level of the tree.
#[derive(Debug)]
pub(crate) struct RowSums<'a, T> {
    width: usize,
    rows: usize,
    buffer: &'a mut [T],
}

impl<'a, T: Copy> RowSums<'a, T> {
    /// How many numbers the buffer has at least, for so many rows in the accumulator `A`.
    pub(crate) const fn room<A: Accumulator>(width: usize, rows: usize) -> usize {
        let leaves = if A::LEFT_FOLD { 0 } else { rows / STEPS };
        width * (1 + (usize::BITS - leaves.leading_zeros()) as usize)
    }

    /// In a buffer of that room; nothing has been added yet.
    #[inline(always)]
    pub(crate) fn new(buffer: &'a mut [T], width: usize, zero: T) -> Self {
        let mut sums = Self { width, rows: 0, buffer };
        sums.clear(zero);
        sums
    }

    /// Begins anew.
    #[inline(always)]
    pub(crate) fn clear(&mut self, zero: T) {
        self.rows = 0;
        self.leaf().fill(zero);
    }

    /// The sums of this leaf, to which the next row is to be added.
    #[inline(always)]
    pub(crate) fn leaf(&mut self) -> &mut [T] {
        &mut self.buffer[..self.width]
    }

    /// A row has been added.
    #[inline(always)]
    pub(crate) fn next_row<A: Accumulator>(&mut self, zero: T, add: impl Fn(T, T) -> T) {
        self.rows += 1;
        if A::LEFT_FOLD || !self.rows.is_multiple_of(STEPS) {
            return;
        }
        let level = (self.rows / STEPS - 1).trailing_ones() as usize;
        for before in 0..level {
            self.join(before, &add);
        }
        let (leaf, levels) = self.buffer.split_at_mut(self.width);
        levels[level * self.width..][..self.width].copy_from_slice(leaf);
        leaf.fill(zero);
    }

    /// All sums. Nothing can be added to them afterwards.
    #[inline(always)]
    pub(crate) fn total<A: Accumulator>(&mut self, add: impl Fn(T, T) -> T) -> &mut [T] {
        let mut left = if A::LEFT_FOLD { 0 } else { self.rows / STEPS };
        while left != 0 {
            self.join(left.trailing_zeros() as usize, &add);
            left &= left - 1;
        }
        self.leaf()
    }

    /// Adds the sums of a level to those of the leaf.
    #[inline(always)]
    fn join(&mut self, level: usize, add: &impl Fn(T, T) -> T) {
        let (leaf, levels) = self.buffer.split_at_mut(self.width);
        for (sum, &before) in leaf.iter_mut().zip(&levels[level * self.width..][..self.width]) {
            *sum = add(before, *sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sum_columns;
    use super::*;
    use crate::format::RoundEach;

    fn the_order_is_that_of_columns<A: Accumulator>() {
        const WIDTH: usize = 19;
        for rows in [0, 1, 7, 8, 9, 16, 17, 24, 127, 128, 300, 1000] {
            let xs: Vec<A> = (0..rows * WIDTH).map(|i| A::from_f64(1.0 / (1.0 + i as f64))).collect();
            let mut expected = vec![A::ZERO; WIDTH];
            sum_columns(&xs, &mut expected, A::from_acc);
            let mut buffer = vec![A::ONE; RowSums::<A>::room::<A>(WIDTH, rows)];
            let mut sums = RowSums::new(&mut buffer, WIDTH, A::ZERO);
            for row in xs.chunks_exact(WIDTH) {
                sums.leaf().iter_mut().zip(row).for_each(|(sum, &x)| *sum = *sum + x);
                sums.next_row::<A>(A::ZERO, |a, b| a + b);
            }
            assert_eq!(sums.total::<A>(|a, b| a + b), expected, "{rows}");
        }
    }

    #[test]
    fn the_order_is_that_of_columns_everywhere() {
        the_order_is_that_of_columns::<f32>();
        the_order_is_that_of_columns::<RoundEach<f32>>();
    }
}
