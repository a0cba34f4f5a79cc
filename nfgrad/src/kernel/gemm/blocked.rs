//! The loops around the register-tile kernels: which panel is packed when, and in which order tiles are computed.
//!
//! The kernels write columns, our result has rows; so this computes `C^T = B^T A^T`, and *rows* below are columns of
//! `B`, *columns* are rows of `A`. What is packed follows the `gemm` crate's own driver:
//! - a panel of rows, unless it lies contiguous already, fills whole registers and is used for few columns;
//! - a panel of columns only if there are many rows to use it for (more if its steps lie side by side), since the
//!   kernels read single elements of it and do not care for the stride.
//!
//! Unlike there, a block of up to 512 steps is walked in chunks *inside a tile*, whose 64 * 6 sums are then still in
//! the first cache, so that the chunks cost about 1 % and the blocks stay large.
#![allow(unsafe_code, reason = "the tile kernels are unsafe functions")]

use super::element::{Element, Scratch};
use super::pack::{Panel, pack};
use super::{Mat, chunk, chunks};
use gemm_common::cache::CACHE_INFO;
use gemm_common::microkernel::MicroKernelFn;

/// The tile kernels of one instruction set: `table[v - 1][n - 1]` computes `v` registers of `LANES` rows, `n` columns.
pub(super) struct Tiles<T: 'static, const LANES: usize, const V: usize, const NR: usize> {
    table: &'static [[MicroKernelFn<T>; NR]; V],
}

impl<T, const LANES: usize, const V: usize, const NR: usize> Tiles<T, LANES, V, NR> {
    /// Rows of a full tile.
    const MR: usize = LANES * V;

    #[inline(always)]
    pub(super) fn new(table: &'static [[MicroKernelFn<T>; NR]; V]) -> Self {
        Self { table }
    }
}

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
    fn new<T, const LANES: usize, const V: usize, const NR: usize>(a: &Mat<T>, b: &Mat<T>) -> Self {
        let (rows, cols, k, mr) = (b.cols, a.rows, a.cols, LANES * V);
        let (chunk, chunks) = (chunk(k), chunks(k));
        let depth = if k <= 512 { chunk * chunks } else { chunks.div_ceil(k.div_ceil(512)) * chunk };

        // Three quarters of the second cache for the packed rows, yet at most 8 panels of them.
        let panels = rows.div_ceil(mr);
        let panel_bytes = depth * mr * size_of::<T>();
        let room = CACHE_INFO[1].cache_bytes / 4 * 3;
        let panels = if panels <= 8 && panels * panel_bytes <= room {
            panels
        } else {
            panels.div_ceil(panels.div_ceil((room / panel_bytes).clamp(1, 8)))
        };

        // The kernels for Arm load a packed column panel as vectors.
        let many = if a.col_stride == 1 && cfg!(not(target_arch = "aarch64")) { 128 } else { 2 };
        let pack_cols = rows > many * mr;
        Self {
            chunk,
            depth,
            rows: panels * mr,
            cols: if pack_cols { cols.min(512 * NR) } else { cols },
            pack_rows: cols > 8 * NR || b.col_stride != 1,
            pack_cols,
        }
    }
}

/// `C = A B` for lengths that have been checked and are not zero, except that `k` may be.
///
/// # Safety
/// The processor must have the instructions that `tiles` was compiled for.
#[inline(always)]
pub(super) unsafe fn blocked<T: Element, const LANES: usize, const V: usize, const NR: usize>(
    tiles: &Tiles<T, LANES, V, NR>,
    a: Mat<T>,
    b: Mat<T>,
    c: &mut [T],
    scratch: &mut Scratch<T>,
) {
    let mr = Tiles::<T, LANES, V, NR>::MR;
    let plan = Plan::new::<T, LANES, V, NR>(&a, &b);
    let (rows, cols, k) = (b.cols, a.rows, a.cols);
    let left = Panel { data: b.data, len: rows, across: b.col_stride, along: b.row_stride };
    let right = Panel { data: a.data, len: cols, across: a.row_stride, along: a.col_stride };

    let row_room = plan.rows * plan.depth;
    let col_room = if plan.pack_cols { plan.cols.next_multiple_of(NR) * plan.depth } else { 0 };
    let (edge, packed) = scratch.slice(mr * NR + row_room + col_room).split_at_mut(mr * NR);
    let (packed_rows, packed_cols) = packed.split_at_mut(row_room);

    for col_block in (0..cols).step_by(plan.cols) {
        let col_end = cols.min(col_block + plan.cols);
        for start in (0..k).step_by(plan.depth) {
            let depth = plan.depth.min(k - start);
            for row_block in (0..rows).step_by(plan.rows) {
                let row_end = rows.min(row_block + plan.rows);
                for col in (col_block..col_end).step_by(NR) {
                    let mut right = right.part(col, NR.min(col_end - col), start);
                    if plan.pack_cols {
                        let room = &mut packed_cols[(col - col_block) * plan.depth..][..NR * depth];
                        if row_block == 0 {
                            pack(right, depth, NR, room);
                        }
                        right = Panel { data: room, across: 1, along: NR, ..right };
                    }
                    for row in (row_block..row_end).step_by(mr) {
                        let mut left = left.part(row, mr.min(row_end - row), start);
                        if plan.pack_rows || left.len % LANES != 0 {
                            let room = &mut packed_rows[(row - row_block) * plan.depth..][..mr * depth];
                            if col == col_block {
                                pack(left, depth, mr, room);
                            }
                            left = Panel { data: room, across: 1, along: mr, ..left };
                        }
                        let run = Run { depth, chunk: plan.chunk, first: start == 0 };
                        let out = &mut c[col * rows + row..];
                        // SAFETY: the caller's promise.
                        unsafe { tile(tiles, left, right, run, out, rows, edge) }
                    }
                }
            }
        }
    }
}

/// The steps of one tile.
#[derive(Clone, Copy)]
struct Run {
    depth: usize,
    chunk: usize,
    /// Whether nothing has been stored in the result yet.
    first: bool,
}

/// Adds the product of two panels to a tile of the result, whose columns lie `stride` apart in `out`.
///
/// # Safety
/// The processor must have the instructions that `tiles` was compiled for.
#[inline(always)]
unsafe fn tile<T: Element, const LANES: usize, const V: usize, const NR: usize>(
    tiles: &Tiles<T, LANES, V, NR>,
    left: Panel<T>,
    right: Panel<T>,
    run: Run,
    out: &mut [T],
    stride: usize,
    edge: &mut [T],
) {
    let (rows, cols) = (left.len, right.len);
    let filled = rows.next_multiple_of(LANES);
    let kernel = tiles.table[filled / LANES - 1][cols - 1];
    if filled == rows {
        // SAFETY: the caller's promise; the kernel is that of `filled` and `cols`.
        return unsafe { fold(kernel, left, right, run, out, stride) };
    }
    // The kernels store partial registers element by element, so a ragged tile is computed whole beside the result.
    if !run.first {
        for (edge, out) in edge.chunks_exact_mut(filled).zip(out.chunks(stride)).take(cols) {
            edge[..rows].copy_from_slice(&out[..rows]);
        }
    }
    let whole = Panel { len: filled, ..left };
    // SAFETY: as above.
    unsafe { fold(kernel, whole, right, run, edge, filled) };
    for (edge, out) in edge.chunks_exact(filled).zip(out.chunks_mut(stride)).take(cols) {
        out[..rows].copy_from_slice(&edge[..rows]);
    }
}

/// Runs `kernel` chunk by chunk.
///
/// What `height` relies on, and the bitwise test watches, is this: the kernel starts its sums at zero, folds the steps
/// in order, and with `alpha_status` 0 stores `beta * sum`, with 1 stores `beta * sum + out`, rounded once as
/// `beta = 1`. (`gemm_common::microkernel::microkernel!`, version 0.19.0.)
///
/// # Safety
/// `kernel` must be the one for `left.len` rows, whole registers, and `right.len` columns; the processor must have
/// its instructions.
#[inline(always)]
unsafe fn fold<T: Element>(
    kernel: MicroKernelFn<T>,
    left: Panel<T>,
    right: Panel<T>,
    run: Run,
    out: &mut [T],
    stride: usize,
) {
    let last = run.depth - 1;
    assert!(last * left.along + left.len <= left.data.len());
    assert!(last * right.along + (right.len - 1) * right.across < right.data.len());
    assert!((right.len - 1) * stride + left.len <= out.len());
    let mut start = 0;
    while start < run.depth {
        let depth = run.chunk.min(run.depth - start);
        let add = u8::from(start > 0 || !run.first);
        // SAFETY: the kernel reads `left.len` elements at each step of `left` and `right.len` at each of `right`, and
        // reads and writes `right.len` columns of `left.len` elements in `out`: all inside, as asserted above. Strides
        // are at most the length of a slice, so they fit `isize`. It ignores the last four arguments.
        unsafe {
            kernel(
                left.len,
                right.len,
                depth,
                out.as_mut_ptr(),
                left.data.as_ptr().add(start * left.along),
                right.data.as_ptr().add(start * right.along),
                stride.cast_signed(),
                1,
                left.along.cast_signed(),
                right.along.cast_signed(),
                right.across.cast_signed(),
                T::ONE,
                T::ONE,
                add,
                false,
                false,
                false,
                core::ptr::null(),
            );
        }
        start += depth;
    }
}
