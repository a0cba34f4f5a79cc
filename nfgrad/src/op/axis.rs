//! Along what a reduction goes: all entries, one axis, or the last axis. The shape rules of reductions, as types.

use nfgrad_shapes::{Dim, Shape};

use super::enclosing::total;
use super::summed::Summed;
use crate::bound::{Ball, Domain, Up};
use crate::format::Format;
use crate::kernel::reduce::{column_of, sum_columns, sum_of};
use crate::kernel::wide::WideBall;

/// Over all entries: `[s] -> []`.
#[derive(Debug, Clone, Copy)]
pub struct All;

/// Along axis `I`, counted from 0, the outermost: the shape without that axis.
#[derive(Debug, Clone, Copy)]
pub struct Axis<const I: usize>;

/// `A: Along<S>` reads "a tensor of shape `S` can be reduced along `A`".
#[diagnostic::on_unimplemented(
    message = "a tensor of shape `{S}` has no `{Self}` to be reduced along",
    note = "`All`, or `Axis<I>` with `I` less than the number of axes"
)]
pub trait Along<S: Shape>: 'static {
    /// The shape that is left.
    type Out: Shape;
    /// Where the entries lie that are reduced to one.
    const EXTENT: Extent;
}

/// A tensor seen as `[outer, len, inner]`, to be reduced along its middle axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The number of elements of the axes before.
    pub outer: usize,
    /// The length of the axis.
    pub len: usize,
    /// The number of elements of the axes behind.
    pub inner: usize,
}

impl<S: Shape> Along<S> for All {
    type Out = ();
    const EXTENT: Extent = Extent { outer: 1, len: S::NUMEL, inner: 1 };
}

/// `A: OneAxis<S>` reads "`A` is one axis of a tensor of shape `S`".
#[diagnostic::on_unimplemented(
    message = "a tensor of shape `{S}` has no `{Self}`",
    note = "`Axis<I>` with `I` less than the number of axes"
)]
pub trait OneAxis<S: Shape>: Along<S> {
    /// Which one, counted from 0, the outermost.
    const INDEX: usize;
    /// Its length.
    type Length: Dim;
    /// The shape with another length of this axis.
    type With<L: Dim>: Shape;
}

macro_rules! impl_along {
    ($axis:literal: [$($before:ident)*] $along:ident [$($behind:ident)*]) => {
        impl<$($before: Dim,)* $along: Dim, $($behind: Dim),*> OneAxis<($($before,)* $along, $($behind,)*)>
            for Axis<$axis>
        {
            const INDEX: usize = $axis;
            type Length = $along;
            type With<L: Dim> = ($($before,)* L, $($behind,)*);
        }

        impl<$($before: Dim,)* $along: Dim, $($behind: Dim),*> Along<($($before,)* $along, $($behind,)*)> for Axis<$axis> {
            type Out = ($($before,)* $($behind,)*);
            const EXTENT: Extent =
                Extent { outer: 1 $(* $before::SIZE)*, len: $along::SIZE, inner: 1 $(* $behind::SIZE)* };
        }
    };
}

impl_along!(0: [] A []);
impl_along!(0: [] A [B]);
impl_along!(1: [A] B []);
impl_along!(0: [] A [B C]);
impl_along!(1: [A] B [C]);
impl_along!(2: [A B] C []);
impl_along!(0: [] A [B C E]);
impl_along!(1: [A] B [C E]);
impl_along!(2: [A B] C [E]);
impl_along!(3: [A B C] E []);
impl_along!(0: [] A [B C E F]);
impl_along!(1: [A] B [C E F]);
impl_along!(2: [A B] C [E F]);
impl_along!(3: [A B C] E [F]);
impl_along!(4: [A B C E] F []);
impl_along!(0: [] A [B C E F G]);
impl_along!(1: [A] B [C E F G]);
impl_along!(2: [A B] C [E F G]);
impl_along!(3: [A B C] E [F G]);
impl_along!(4: [A B C E] F [G]);
impl_along!(5: [A B C E F] G []);

/// `S: Rows` reads "`S` has a last axis": a tensor is a list of rows along it.
#[diagnostic::on_unimplemented(message = "the shape `{Self}` has no last axis", note = "a scalar has no axis at all")]
pub trait Rows: Shape {
    /// The shape without the last axis: one number for each row.
    type Each: Shape;
    /// The length of a row.
    const LEN: usize;
}

macro_rules! impl_rows {
    ($($before:ident)* ; $last:ident) => {
        impl<$($before: Dim,)* $last: Dim> Rows for ($($before,)* $last,) {
            type Each = ($($before,)*);
            const LEN: usize = $last::SIZE;
        }
    };
}

impl_rows!(; A);
impl_rows!(A; B);
impl_rows!(A B; C);
impl_rows!(A B C; E);
impl_rows!(A B C E; F);
impl_rows!(A B C E F; G);

impl Extent {
    /// The sum of the balls of each target.
    pub(super) fn enclosed_sums<const K: usize>(self, x: &[WideBall<K>], y: &mut [WideBall<K>]) {
        for (target, y) in y.iter_mut().enumerate() {
            *y = total(self.sources(target).map(|i| x[i]));
        }
    }

    /// The ball of its target for each element.
    pub(super) fn enclosed_copies<const K: usize>(self, dy: &[WideBall<K>], dx: &mut [WideBall<K>]) {
        for (i, dx) in dx.iter_mut().enumerate() {
            *dx = dy[self.target(i)];
        }
    }

    /// Which result element `i` of the tensor goes into.
    #[inline]
    pub(super) fn target(self, i: usize) -> usize {
        i / (self.len * self.inner) * self.inner + i % self.inner
    }

    /// How many results there are.
    #[inline]
    pub(super) const fn targets(self) -> usize {
        self.outer * self.inner
    }

    /// The elements of the tensor that go into result `target`, in the order in which they are added.
    #[inline]
    pub(super) fn sources(self, target: usize) -> impl Iterator<Item = usize> + Clone {
        let start = target / self.inner * self.len * self.inner + target % self.inner;
        (0..self.len).map(move |k| start + k * self.inner)
    }

    /// The sums along the axis, each completed by `finish`.
    #[inline]
    pub(super) fn sums<F: Format>(self, x: &[F], y: &mut [F], finish: impl Fn(F::Acc) -> F) {
        let Self { len, inner, .. } = self;
        for (target, y) in (0..).step_by(inner.max(1)).zip(y.chunks_mut(inner.max(1))) {
            if inner == 1 {
                y[0] = finish(self.sum(x, target));
            } else {
                sum_columns(&x[target * len..][..len * inner], y, &finish);
            }
        }
    }

    /// Repeats each `dy` over the entries that were reduced to it.
    #[inline]
    pub(super) fn repeat<F: Format>(self, dy: &[F], dx: &mut [F], value: impl Fn(F) -> F) {
        let Self { len, inner, .. } = self;
        if inner == 1 {
            for (dx, &dy) in dx.chunks_mut(len.max(1)).zip(dy) {
                dx.fill(value(dy));
            }
            return;
        }
        for (dx, dy) in dx.chunks_mut((len * inner).max(1)).zip(dy.chunks(inner.max(1))) {
            for dx in dx.chunks_mut(inner) {
                for (dx, &dy) in dx.iter_mut().zip(dy) {
                    *dx = value(dy);
                }
            }
        }
    }

    /// The sum that [`Extent::sums`] completes to result `target`.
    #[inline]
    pub(super) fn sum<F: Format>(self, x: &[F], target: usize) -> F::Acc {
        if self.inner == 1 {
            let row = &x[target * self.len..][..self.len];
            sum_of::<F>(self.len, |k| row[k].to_acc())
        } else {
            let start = target / self.inner * self.len * self.inner + target % self.inner;
            column_of::<F>(self.len, |k| x[start + k * self.inner].to_acc())
        }
    }

    /// At least the distance of `sum`, which is [`Extent::sum`] or that rounded to the format, from the real sum.
    #[inline]
    pub(super) fn sum_error<F: Format, D: Domain>(self, x: Ball<'_, F, D>, target: usize, sum: impl Format) -> Up {
        if self.inner == 1 {
            Summed::row(x.part(target * self.len..(target + 1) * self.len)).error(sum)
        } else {
            Summed::elements(x, self.sources(target)).error(sum)
        }
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::*;
    use crate::bound::Elementwise;

    type Cube = (D<2>, D<3>, D<4>);

    #[test]
    fn a_shape_is_seen_as_three_axes() {
        assert_eq!(<Axis<0> as Along<Cube>>::EXTENT, Extent { outer: 1, len: 2, inner: 12 });
        assert_eq!(<Axis<1> as Along<Cube>>::EXTENT, Extent { outer: 2, len: 3, inner: 4 });
        assert_eq!(<Axis<2> as Along<Cube>>::EXTENT, Extent { outer: 6, len: 4, inner: 1 });
        assert_eq!(<All as Along<Cube>>::EXTENT, Extent { outer: 1, len: 24, inner: 1 });
        assert_eq!(<<Axis<1> as Along<Cube>>::Out as Shape>::DIMS, [2, 4]);
        assert_eq!((<Cube as Rows>::LEN, <<Cube as Rows>::Each as Shape>::DIMS), (4, &[2, 3][..]));
    }

    #[test]
    fn one_sum_is_the_same_as_among_all_and_its_error_is_bounded() {
        // Far from integers, so that a different order would show.
        let x: Vec<f32> = (0..24 * 40).map(|i| 1.0 / (1.0 + i as f32)).collect();
        for extent in [
            Extent { outer: 6, len: 160, inner: 1 },
            Extent { outer: 2, len: 20, inner: 24 },
            Extent { outer: 1, len: 1, inner: 960 },
        ] {
            let mut y = vec![0.0; extent.outer * extent.inner];
            extent.sums(&x, &mut y, |sum| sum);
            for (target, y) in y.iter().enumerate() {
                assert_eq!(y.to_bits(), extent.sum(&x, target).to_bits());
                assert!(extent.sources(target).all(|i| extent.target(i) == target));
                let exact: f64 = extent.sources(target).map(|i| f64::from(x[i])).sum();
                let bound = extent.sum_error(Ball::<f32, Elementwise>::new(&x, &vec![0.0; x.len()]), target, *y);
                assert!(bound.get() >= (f64::from(*y) - exact).abs() && bound.get() < 2e-7 * exact);
            }
        }
    }
}
