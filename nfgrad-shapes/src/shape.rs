//! Shapes: lists of dimensions as types.
//!
//! A shape is a tuple of dimensions, outermost first: `(D<64>, D<10>)` is `[64, 10]`, `(D<10>,)` is `[10]` and `()` is a
//! scalar. Tuples rather than a nested list, because they are what rustc prints: an error says `(D<64>, D<10>)`.
//! Elements are stored in row-major order: the last axis varies fastest.

use crate::dim::Dim;

/// A list of dimensions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a shape",
    label = "expected a tuple of dimensions such as `(D<64>, D<10>)`",
    note = "a scalar has the shape `()`; a vector has a trailing comma, `(D<10>,)`; at most 6 axes are supported"
)]
pub trait Shape: 'static {
    /// How many axes there are; 0 for a scalar.
    const RANK: usize;
    /// The lengths of the axes, outermost first.
    const DIMS: &'static [usize];
    /// The number of elements: the product of the lengths, 1 for a scalar.
    const NUMEL: usize = numel(Self::DIMS);
}

/// The product of the lengths; a product too large for `usize` does not compile.
const fn numel(dims: &[usize]) -> usize {
    let (mut axis, mut product) = (0, 1_usize);
    while axis < dims.len() {
        product = match product.checked_mul(dims[axis]) {
            Some(product) => product,
            None => panic!("a shape has more elements than usize can count"),
        };
        axis += 1;
    }
    product
}

macro_rules! impl_shape {
    ($($dim:ident),*) => {
        impl<$($dim: Dim),*> Shape for ($($dim,)*) {
            const RANK: usize = Self::DIMS.len();
            const DIMS: &'static [usize] = &[$($dim::SIZE),*];
        }
    };
}

impl_shape!();
impl_shape!(A);
impl_shape!(A, B);
impl_shape!(A, B, C);
impl_shape!(A, B, C, E);
impl_shape!(A, B, C, E, F);
impl_shape!(A, B, C, E, F, G);

/// `L: EndsWith<R>` reads "the last axes of `L` are exactly `R`", so that `R` can be repeated over the leading axes of `L`.
///
/// This is the only implicit broadcast there is. A length of 1 is never stretched: `[4, 1]` does not meet `[1, 4]`.
#[diagnostic::on_unimplemented(
    message = "the shape `{R}` is not a suffix of `{Self}`",
    label = "these shapes do not combine",
    note = "the right operand is repeated only over leading axes: `[B, 10] + [10]` is allowed, `[B, 10] + [B]` is not"
)]
pub trait EndsWith<R: Shape>: Shape {}

macro_rules! impl_ends_with {
    ($($lead:ident)* ; $($tail:ident)*) => {
        impl<$($lead: Dim,)* $($tail: Dim),*> EndsWith<($($tail,)*)> for ($($lead,)* $($tail,)*) {}
    };
}

impl_ends_with!(;);
impl_ends_with!(A;);
impl_ends_with!(; A);
impl_ends_with!(A B;);
impl_ends_with!(A; B);
impl_ends_with!(; A B);
impl_ends_with!(A B C;);
impl_ends_with!(A B; C);
impl_ends_with!(A; B C);
impl_ends_with!(; A B C);
impl_ends_with!(A B C E;);
impl_ends_with!(A B C; E);
impl_ends_with!(A B; C E);
impl_ends_with!(A; B C E);
impl_ends_with!(; A B C E);
impl_ends_with!(A B C E F;);
impl_ends_with!(A B C E; F);
impl_ends_with!(A B C; E F);
impl_ends_with!(A B; C E F);
impl_ends_with!(A; B C E F);
impl_ends_with!(; A B C E F);
impl_ends_with!(A B C E F G;);
impl_ends_with!(A B C E F; G);
impl_ends_with!(A B C E; F G);
impl_ends_with!(A B C; E F G);
impl_ends_with!(A B; C E F G);
impl_ends_with!(A; B C E F G);
impl_ends_with!(; A B C E F G);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dim::D;

    #[test]
    fn a_scalar_has_one_element_and_no_axis() {
        assert_eq!(<() as Shape>::NUMEL, 1);
        assert_eq!(<() as Shape>::RANK, 0);
    }

    #[test]
    fn a_length_of_zero_is_legal() {
        assert_eq!(<(D<0>, D<3>) as Shape>::NUMEL, 0);
    }

    #[test]
    fn every_suffix_is_a_suffix() {
        fn check<L: EndsWith<R>, R: Shape>() -> usize {
            L::RANK - R::RANK
        }
        assert_eq!(check::<(D<2>, D<3>), (D<3>,)>(), 1);
        assert_eq!(check::<(D<2>, D<3>), ()>(), 2);
        assert_eq!(check::<(D<2>, D<3>), (D<2>, D<3>)>(), 0);
    }
}
