//! The loops around the register-tile kernels: which panel is packed when, and in which order tiles are computed.
//!
//! The kernels write columns, our result has rows; so this computes `C^T = B^T A^T`, and *rows* below are columns of
//! `B`, *columns* are rows of `A`. What is packed follows the driver of the `gemm` crate (0.19):
//! - a panel of rows, unless it lies contiguous already, fills whole registers and is used for few columns;
//! - a panel of columns only if there are many rows to use it for (more if its steps lie side by side), since the
//!   kernels read single elements of it and do not care for the stride.
//!
//! Unlike there, a block of up to 512 steps is walked in chunks *inside a tile*, whose 64 * 6 sums are then still in
//! the first cache, so that the chunks cost 1 to 2 % and the blocks stay large.
#![allow(unsafe_code, reason = "the tile kernels are unsafe functions")]

use super::cache::second_level;
use super::element::{Element, Scratch};
use super::pack::{Panels, Strip};
use super::register::Register;
use super::tile::{Chunk, Tile, Tiles};
use super::{Mat, chunk, chunks};

/// The extents of the blocks, and what is packed.
struct Plan {
    /// Steps accumulated before an addition to the result.
    chunk: usize,
    /// Steps of a block, a multiple of `chunk`.
    depth: usize,
    /// Rows and columns of a block.
    rows: usize,
    cols: usize,
    /// Whether rows are packed even where they lie contiguous.
    pack_rows: bool,
    pack_cols: bool,
}

impl Plan {
    #[inline(always)]
    fn new<T>((mr, nr): (usize, usize), a: &Mat<T>, b: &Mat<T>) -> Self {
        let (rows, cols, k) = (b.cols, a.rows, a.cols);
        let (chunk, chunks) = (chunk(k), chunks(k));
        let depth = if k <= 512 { chunk * chunks } else { chunks.div_ceil(k.div_ceil(512)) * chunk };

        // Three quarters of the second cache for the packed rows, yet at most 8 panels of them.
        let panels = rows.div_ceil(mr);
        let panel_bytes = depth * mr * size_of::<T>();
        let room = second_level() / 4 * 3;
        let panels = if panels <= 8 && panels * panel_bytes <= room {
            panels
        } else {
            panels.div_ceil(panels.div_ceil((room / panel_bytes).clamp(1, 8)))
        };

        let many = if a.col_stride == 1 { 128 } else { 2 };
        let pack_cols = rows > many * mr;
        Self {
            chunk,
            depth,
            rows: panels * mr,
            cols: if pack_cols { cols.min(512 * nr) } else { cols },
            pack_rows: cols > 8 * nr || b.col_stride != 1,
            pack_cols,
        }
    }
}

/// `C = A B`.
///
/// # Safety
/// `super::check` must have passed, and no length be zero. The processor must have the instructions of the kernels.
#[inline(always)]
pub(super) unsafe fn blocked<R: Register, const V: usize, const NR: usize>(
    tiles: &Tiles<R::Element, V, NR>,
    a: Mat<R::Element>,
    b: Mat<R::Element>,
    c: &mut [R::Element],
    scratch: &mut Scratch<R::Element>,
) {
    let mr = R::LANES * V;
    let (rows, cols, k) = (b.cols, a.rows, a.cols);
    let plan = Plan::new((mr, NR), &a, &b);
    let left = Strip { data: b.data, len: rows, depth: k, across: b.col_stride, along: b.row_stride };
    let right = Strip { data: a.data, len: cols, depth: k, across: a.row_stride, along: a.col_stride };

    let row_room = plan.rows * plan.depth;
    let col_room = if plan.pack_cols { plan.cols.next_multiple_of(NR) * plan.depth } else { 0 };
    let (edge, room) = scratch.slice(mr * NR + row_room + col_room).split_at_mut(mr * NR);
    let (row_room, col_room) = room.split_at_mut(row_room);

    let mut col = 0;
    while col < cols {
        let width = plan.cols.min(cols - col);
        let mut step = 0;
        while step < k {
            let depth = plan.depth.min(k - step);
            let right = right.part((col, width), (step, depth));
            let right = if plan.pack_cols { right.packed(NR, col_room) } else { right.direct(NR) };
            let mut row = 0;
            while row < rows {
                let mut height = plan.rows.min(rows - row);
                if !plan.pack_rows && height % R::LANES != 0 && height > mr {
                    // The last panel, ragged, becomes a block of its own.
                    height -= height % mr;
                }
                let left = left.part((row, height), (step, depth));
                let pack = plan.pack_rows || height % R::LANES != 0;
                let left = if pack { left.packed(mr, row_room) } else { left.direct(mr) };
                let out = &mut c[col * rows + row..];
                let block = Block { left, right: &right, chunk: plan.chunk, first: step == 0, stride: rows };
                // SAFETY: the caller's promise. A strip in place consists of whole registers side by side.
                unsafe { block.compute(tiles, R::LANES, out, edge) };
                row += height;
            }
            step += depth;
        }
        col += width;
    }
}

/// A product of panels that is added to a block of the result.
struct Block<'a, T> {
    left: Panels<'a, T>,
    right: &'a Panels<'a, T>,
    chunk: usize,
    /// Whether nothing has been stored in the block yet.
    first: bool,
    /// How far apart the columns of the result lie.
    stride: usize,
}

impl<T: Element> Block<'_, T> {
    /// Computes the block's tiles, and adds them to `out`. `edge` is room for one tile.
    ///
    /// # Safety
    /// The processor must have the instructions that `tiles` was compiled for. The left panels must hold whole
    /// registers of contiguous rows, of which the last may exceed the block.
    #[inline(never)]
    unsafe fn compute<const V: usize, const NR: usize>(
        &self,
        tiles: &Tiles<T, V, NR>,
        lanes: usize,
        out: &mut [T],
        edge: &mut [T],
    ) {
        let (rows, cols) = (self.left.len, self.right.len);
        assert!((cols - 1) * self.stride + rows <= out.len() && edge.len() >= lanes * V * NR);
        let out = out.as_mut_ptr();
        let mut right = self.right.as_ptr();
        for col in (0..cols).step_by(NR) {
            let width = NR.min(cols - col);
            let mut left = self.left.as_ptr();
            for row in (0..rows).step_by(lanes * V) {
                let height = (lanes * V).min(rows - row);
                let filled = height.next_multiple_of(lanes);
                let kernel = tiles[filled / lanes - 1][width - 1];
                // SAFETY: the asserted size of `out`, and for the panels what `Panels` says. A tile whose rows are
                // not whole registers is computed in `edge`, which has room for it.
                unsafe {
                    let out = out.add(col * self.stride + row);
                    if filled == height {
                        self.tile(kernel, (left, right), (out, self.stride));
                    } else {
                        let edge = edge.as_mut_ptr();
                        if !self.first {
                            copy((out, self.stride), (edge, filled), (height, width));
                        }
                        self.tile(kernel, (left, right), (edge, filled));
                        copy((edge, filled), (out, self.stride), (height, width));
                    }
                    left = left.wrapping_add(self.left.next);
                }
            }
            right = right.wrapping_add(self.right.next);
        }
    }

    /// Runs `kernel` chunk by chunk.
    ///
    /// # Safety
    /// `kernel` must be the one for that size, its instructions present; `left` and `right` point to panels of that
    /// size and `out` to columns of it, `stride` apart.
    #[inline(always)]
    unsafe fn tile(&self, kernel: Tile<T>, (left, right): (*const T, *const T), (out, stride): (*mut T, usize)) {
        let (left_along, right_along, right_across) = (self.left.along, self.right.along, self.right.across);
        let mut step = 0;
        while step < self.left.depth {
            let depth = self.chunk.min(self.left.depth - step);
            let adds = step > 0 || !self.first;
            // SAFETY: the kernel reads as many elements as it has rows at each step of `left`, and as it has columns at each of `right`, and
            // reads and writes columns of so many rows in `out`: the caller's promise.
            unsafe {
                let (left, right) = (left.add(step * left_along), right.add(step * right_along));
                kernel(&Chunk { left, right, left_along, right_along, right_across, depth, out, stride, adds });
            }
            step += depth;
        }
    }
}

/// Copies `cols` columns of `rows` elements.
///
/// The kernels store whole registers, so ragged tiles are computed whole beside the result.
///
/// # Safety
/// Each pointer must be valid for `cols` columns of `rows` elements, its stride apart, and they must not overlap.
unsafe fn copy<T: Copy>(
    (from, from_stride): (*const T, usize),
    (to, to_stride): (*mut T, usize),
    (rows, cols): (usize, usize),
) {
    for col in 0..cols {
        for row in 0..rows {
            // SAFETY: the caller's promise.
            unsafe { *to.add(col * to_stride + row) = *from.add(col * from_stride + row) };
        }
    }
}
