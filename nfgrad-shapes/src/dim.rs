//! Dimensions: numbers as types.
//!
//! A literal or a const generic is `D<N>`. An expression of them, such as `2*H + 1`, is a tree of [`Plus`], [`Times`],
//! [`Minus`] and [`Over`]. Two dimensions are equal when they are the same type, so whoever writes them must write equal
//! numbers in the same way: `graph!` brings every expression to one canonical form (a polynomial with its terms in a
//! fixed order) before it prints the type, which is why it can say that `M + N` equals `N + M`.

use core::marker::PhantomData;

/// A dimension: the length of one axis, known when the program is compiled.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a dimension",
    label = "expected a dimension such as `D<64>`",
    note = "a dimension is a literal or const generic `D<N>`, or `Plus`, `Times`, `Minus`, `Over` of two dimensions"
)]
pub trait Dim: 'static {
    /// The number. It may be negative inside of an expression, as `(H - 1)/2` is in `(H - 1)/2 + 1` where `H` is 0.
    const VALUE: i128;
    /// The length, in elements. A negative one does not compile where it is used.
    const SIZE: usize = size(Self::VALUE);
}

/// A number as a length.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both are excluded")]
const fn size(value: i128) -> usize {
    assert!(value >= 0, "a dimension is negative: the right side of a `-` is larger than the left");
    assert!(value <= usize::MAX as i128, "a dimension is too large for usize");
    value as usize
}

/// The dimension `N`: a literal or a const generic.
#[derive(Debug, Clone, Copy)]
pub struct D<const N: usize>;

/// The dimension `A + B`.
#[derive(Debug, Clone, Copy)]
pub struct Plus<A, B>(PhantomData<(A, B)>);

/// The dimension `A - B`. A negative length is a compile error where it is used.
#[derive(Debug, Clone, Copy)]
pub struct Minus<A, B>(PhantomData<(A, B)>);

/// The dimension `A * B`.
#[derive(Debug, Clone, Copy)]
pub struct Times<A, B>(PhantomData<(A, B)>);

/// The dimension `A / B`, rounded down.
#[derive(Debug, Clone, Copy)]
pub struct Over<A, B>(PhantomData<(A, B)>);

impl<const N: usize> Dim for D<N> {
    const VALUE: i128 = N as i128;
}

impl<A: Dim, B: Dim> Dim for Plus<A, B> {
    const VALUE: i128 = match A::VALUE.checked_add(B::VALUE) {
        Some(value) => value,
        None => panic!("a dimension is too large for usize"),
    };
}

impl<A: Dim, B: Dim> Dim for Minus<A, B> {
    const VALUE: i128 = match A::VALUE.checked_sub(B::VALUE) {
        Some(value) => value,
        None => panic!("a dimension is too large for usize"),
    };
}

impl<A: Dim, B: Dim> Dim for Times<A, B> {
    const VALUE: i128 = match A::VALUE.checked_mul(B::VALUE) {
        Some(value) => value,
        None => panic!("a dimension is too large for usize"),
    };
}

impl<A: Dim, B: Dim> Dim for Over<A, B> {
    const VALUE: i128 = {
        assert!(B::VALUE != 0, "a dimension is divided by zero");
        assert!(B::VALUE > 0, "a dimension is divided by a negative number");
        A::VALUE.div_euclid(B::VALUE)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_has_the_value_of_its_arithmetic() {
        type H = D<6>;
        // (2*H - 1) / 2
        type Out = Over<Minus<Times<D<2>, H>, D<1>>, D<2>>;
        assert_eq!(Out::SIZE, 5);
        assert_eq!(Plus::<H, D<4>>::SIZE, 10);
    }

    #[test]
    fn a_quotient_is_rounded_down_also_below_zero() {
        // (0 - 1)/2 + 1
        assert_eq!(Plus::<Over<Minus<D<0>, D<1>>, D<2>>, D<1>>::SIZE, 0);
    }
}
