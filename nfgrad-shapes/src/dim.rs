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
    /// The length, in elements.
    const SIZE: usize;
}

/// The dimension `N`: a literal or a const generic.
#[derive(Debug, Clone, Copy)]
pub struct D<const N: usize>;

/// The dimension `A + B`.
#[derive(Debug, Clone, Copy)]
pub struct Plus<A, B>(PhantomData<(A, B)>);

/// The dimension `A - B`. A negative value is a compile error where it is used.
#[derive(Debug, Clone, Copy)]
pub struct Minus<A, B>(PhantomData<(A, B)>);

/// The dimension `A * B`.
#[derive(Debug, Clone, Copy)]
pub struct Times<A, B>(PhantomData<(A, B)>);

/// The dimension `A / B`, rounded down.
#[derive(Debug, Clone, Copy)]
pub struct Over<A, B>(PhantomData<(A, B)>);

impl<const N: usize> Dim for D<N> {
    const SIZE: usize = N;
}

impl<A: Dim, B: Dim> Dim for Plus<A, B> {
    const SIZE: usize = match A::SIZE.checked_add(B::SIZE) {
        Some(size) => size,
        None => panic!("a dimension is too large for usize"),
    };
}

impl<A: Dim, B: Dim> Dim for Minus<A, B> {
    const SIZE: usize = match A::SIZE.checked_sub(B::SIZE) {
        Some(size) => size,
        None => panic!("a dimension is negative: the right side of a `-` is larger than the left"),
    };
}

impl<A: Dim, B: Dim> Dim for Times<A, B> {
    const SIZE: usize = match A::SIZE.checked_mul(B::SIZE) {
        Some(size) => size,
        None => panic!("a dimension is too large for usize"),
    };
}

impl<A: Dim, B: Dim> Dim for Over<A, B> {
    const SIZE: usize = match A::SIZE.checked_div(B::SIZE) {
        Some(size) => size,
        None => panic!("a dimension is divided by zero"),
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
}
