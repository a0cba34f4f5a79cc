//! Constant tensors: no operand, one shape, and entries that are written. `[] -> [s]`.
//!
//! | call | entries |
//! |---|---|
//! | `zeros([B, 64])`, `ones([B, 64])` | 0, 1 |
//! | `full([B, 64], 0.1)` | the number |
//! | `eye(N)` | `[N, N]`, 1 on the diagonal, else 0 |
//! | `arange(N)` | `[N]`, 0 to N - 1 |
//! | `causal_mask(T)` | `[T, T]`, 1 at column `j` of row `i` where `j <= i`, else 0: row `i` sees itself and what is before it |
//! | `[[1, 0.5], [0, 2]]` | those that are written |
//!
//! | | |
//! |---|---|
//! | Value | `y = fl(c)` |
//! | Cotangent | none: there is no operand, and no cotangent of the tensor is computed |
//!
//! A mask of this library is 0 where an entry is left out, and so is that of [`attention`](super::attention) and
//! [`softmax`](super::softmax): `attention(q, k, v, causal_mask(T))`.
//!
//! # Error bound
//!
//! ```text
//! |y - c*| <= |y - l| + λ         l the f64 nearest to c*, λ half a unit in its last place, or 0 if it is c*
//! ```
//!
//! The first term is measured. So 0, 1 and what else the format has are exact; an entry beyond the largest number has the radius ∞.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use nfgrad_shapes::Shape;

use super::literal::Literal;
use super::rounding::guarded;
use super::torchlean::Tensor;
use super::{Contribution, Op};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::wide::WideBall;

/// What the entries of a constant tensor are.
pub trait Pattern: 'static {
    /// The name, as in a `graph!` block.
    const NAME: &'static str;

    /// The entry in that row and column, of a tensor whose rows lie along its last axis: the f64 nearest to it, and whether that is the entry.
    fn at(row: usize, column: usize, columns: usize) -> (f64, bool);

    /// The entry as it is written, where it is not that f64.
    fn text(_row: usize, _column: usize, _columns: usize) -> &'static str {
        ""
    }
}

/// Numbers that are written as an array, row by row, as a type.
pub trait Listed: 'static {
    /// The f64 nearest to each.
    const NEAREST: &'static [f64];
    /// Whether each is that f64.
    const EXACT: &'static [bool];
    /// Each as it is written, where it is not that f64.
    const TEXT: &'static [&'static str];
}

/// A tensor of the shape `S` whose entries are `P`; see the [module](self).
pub struct Constant<P, S>(PhantomData<fn() -> (P, S)>);

/// `zeros([B, 64])`.
pub type Zeros<S> = Constant<Zero, S>;
/// `ones([B, 64])`.
pub type Ones<S> = Constant<One, S>;
/// `full([B, 64], 0.1)`.
pub type Full<S, L> = Constant<Same<L>, S>;
/// `eye(N)`.
pub type Eye<N> = Constant<Identity, (N, N)>;
/// `arange(N)`.
pub type Arange<N> = Constant<Count, (N,)>;
/// `causal_mask(T)`.
pub type CausalMask<T> = Constant<Past, (T, T)>;
/// `[[1, 0.5], [0, 2]]`.
pub type Array<S, A> = Constant<Written<A>, S>;

/// 0 everywhere.
#[derive(Debug, Clone, Copy)]
pub struct Zero;

/// 1 everywhere.
#[derive(Debug, Clone, Copy)]
pub struct One;

/// One number everywhere.
#[derive(Debug, Clone, Copy)]
pub struct Same<L>(PhantomData<L>);

/// 1 on the diagonal of a matrix.
#[derive(Debug, Clone, Copy)]
pub struct Identity;

/// 0, 1, 2 and so on along a vector.
#[derive(Debug, Clone, Copy)]
pub struct Count;

/// 1 on the diagonal and left of it.
#[derive(Debug, Clone, Copy)]
pub struct Past;

/// What is written.
#[derive(Debug, Clone, Copy)]
pub struct Written<A>(PhantomData<A>);

impl Pattern for Zero {
    const NAME: &'static str = "zeros";

    #[inline(always)]
    fn at(_: usize, _: usize, _: usize) -> (f64, bool) {
        (0.0, true)
    }
}

impl Pattern for One {
    const NAME: &'static str = "ones";

    #[inline(always)]
    fn at(_: usize, _: usize, _: usize) -> (f64, bool) {
        (1.0, true)
    }
}

impl<L: Literal> Pattern for Same<L> {
    const NAME: &'static str = "full";

    #[inline(always)]
    fn at(_: usize, _: usize, _: usize) -> (f64, bool) {
        (L::NEAREST, L::EXACT)
    }

    fn text(_: usize, _: usize, _: usize) -> &'static str {
        L::TEXT
    }
}

impl Pattern for Identity {
    const NAME: &'static str = "eye";

    #[inline(always)]
    fn at(row: usize, column: usize, _: usize) -> (f64, bool) {
        (f64::from(row == column), true)
    }
}

impl Pattern for Count {
    const NAME: &'static str = "arange";

    #[inline(always)]
    fn at(_: usize, column: usize, _: usize) -> (f64, bool) {
        // No tensor has 2^53 entries.
        (column as f64, true)
    }
}

impl Pattern for Past {
    const NAME: &'static str = "causal_mask";

    #[inline(always)]
    fn at(row: usize, column: usize, _: usize) -> (f64, bool) {
        (f64::from(column <= row), true)
    }
}

impl<A: Listed> Pattern for Written<A> {
    const NAME: &'static str = "array";

    #[inline(always)]
    fn at(row: usize, column: usize, columns: usize) -> (f64, bool) {
        let i = row * columns + column;
        (A::NEAREST[i], A::EXACT[i])
    }

    fn text(row: usize, column: usize, columns: usize) -> &'static str {
        A::TEXT[row * columns + column]
    }
}

impl<P, S> Clone for Constant<P, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, S> Copy for Constant<P, S> {}

impl<P: Pattern, S: Shape> Debug for Constant<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Constant({} {:?})", P::NAME, S::DIMS)
    }
}

impl<P: Pattern, S: Shape> Constant<P, S> {
    /// How long a row is: 1 of a scalar.
    const COLUMNS: usize = match S::DIMS.last() {
        Some(0) | None => 1,
        Some(&columns) => columns,
    };

    /// The entry, and at least how far its f64 is from it.
    #[inline(always)]
    fn entry(i: usize) -> (f64, Up) {
        let (nearest, is_exact) = P::at(i / Self::COLUMNS, i % Self::COLUMNS, Self::COLUMNS);
        (nearest, if is_exact { Up::ZERO } else { nearest.half_ulp() })
    }

    /// At least `|y - c*|`, where `y` is entry `i`.
    #[inline(always)]
    fn radius<F: Format>(i: usize, y: F) -> Up {
        let (nearest, beyond) = Self::entry(i);
        guarded(y, y.distance(nearest) + beyond)
    }
}

impl<P: Pattern, S: Shape> Op<()> for Constant<P, S> {
    const NAME: &'static str = P::NAME;
    type Out = S;

    #[inline]
    fn forward<F: Format>(_: [&[F]; 0], y: &mut [F]) {
        for (i, y) in y.iter_mut().enumerate() {
            *y = F::from_f64(Self::entry(i).0);
        }
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>(_: [Ball<'_, F, D>; 0], y: &[F], radii: &mut [f64]) {
        D::fill(radii, S::NUMEL, |i| Self::radius(i, y[i]));
    }

    #[inline]
    fn vjp<F: Format>(_: [&[F]; 0], _: &[F], _: &[F], _: [Option<&mut [F]>; 0]) {}

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        _: [Ball<'_, F, D>; 0],
        _: Ball<'_, F, D>,
        _: Ball<'_, F, D>,
        _: [Option<Contribution<'_, F>>; 0],
    ) {
    }

    fn enclose<const K: usize>(_: [&[WideBall<K>]; 0], y: &mut [WideBall<K>]) {
        for (i, y) in y.iter_mut().enumerate() {
            let (row, column) = (i / Self::COLUMNS, i % Self::COLUMNS);
            let (nearest, is_exact) = P::at(row, column, Self::COLUMNS);
            let decimal = || WideBall::decimal(P::text(row, column, Self::COLUMNS)).unwrap_or(WideBall::UNKNOWN);
            *y = if is_exact { WideBall::from(nearest) } else { decimal() };
        }
    }

    fn enclose_vjp<const K: usize>(
        _: [&[WideBall<K>]; 0],
        _: &[WideBall<K>],
        _: &[WideBall<K>],
        _: [Option<&mut [WideBall<K>]>; 0],
    ) {
    }

    /// A leaf with the distance that it is known to have.
    fn torchlean<F: Format>(_: [Ball<'_, F, T0>; 0], y: &mut [F]) -> Up {
        Self::forward([], y);
        Tensor::collect(y.iter().enumerate().map(|(i, &y)| (y, Self::radius(i, y)))).error
    }

    fn torchlean_vjp<F: Format>(
        _: [Ball<'_, F, T0>; 0],
        _: Ball<'_, F, T0>,
        _: Ball<'_, F, T0>,
        _: [Option<&mut [F]>; 0],
    ) -> [Option<Up>; 0] {
        []
    }
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::literal::literal;
    use super::*;
    use crate::bound::{Elementwise, Euclidean, Uniform};
    use crate::format::{E4m3, bf16, f16};

    literal!(Tenth, 0.1, false);
    literal!(Large, 1e5, true);

    struct Numbers;

    impl Listed for Numbers {
        const NEAREST: &'static [f64] = &[1.0, 0.1, -3.0, 1e-3, 257.0, 0.5];
        const EXACT: &'static [bool] = &[true, false, true, false, true, true];
        const TEXT: &'static [&'static str] = &["", "0.1", "", "1e-3", "", ""];
    }

    /// The entries and their radii.
    fn made<O: Op<()>, F: Format, D: Domain>() -> (Vec<f64>, Vec<f64>) {
        let mut y = vec![F::ONE; O::Out::NUMEL];
        let mut radii = vec![f64::NAN; D::len(O::Out::NUMEL)];
        O::forward([], &mut y);
        O::forward_radius::<F, D>([], &y, &mut radii);
        (y.iter().map(|y| y.to_f64()).collect(), radii)
    }

    #[test]
    fn entries_are_where_they_belong() {
        let exact = |(y, radii): (Vec<f64>, Vec<f64>)| {
            assert!(radii.iter().all(|r| *r == 0.0));
            y
        };
        assert_eq!(exact(made::<Zeros<(D<2>, D<2>)>, f32, Elementwise>()), [0.0; 4]);
        assert_eq!(exact(made::<Ones<()>, bf16, Uniform>()), [1.0]);
        assert_eq!(exact(made::<Ones<(D<0>, D<3>)>, f32, Uniform>()), [0.0; 0]);
        assert_eq!(exact(made::<Zeros<(D<3>, D<0>)>, f32, Elementwise>()), [0.0; 0]);
        assert_eq!(exact(made::<Eye<D<3>>, f64, Euclidean>()), [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(exact(made::<CausalMask<D<3>>, f16, Uniform>()), [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(exact(made::<Arange<D<4>>, bf16, Elementwise>()), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(made::<Array<(D<2>, D<3>), Numbers>, f64, Uniform>().0, Numbers::NEAREST);
    }

    #[test]
    fn what_a_format_does_not_have_is_charged() {
        let (y, radii) = made::<Arange<D<260>>, bf16, Elementwise>();
        assert_eq!((y[256], y[257], y[259]), (256.0, 256.0, 260.0));
        assert_eq!(radii[..257], [0.0; 257]);
        assert!(radii[257] >= 1.0 && radii[257] < 1.000_001 && radii[258] == 0.0);
        let error = f64::from(0.1_f32) - 0.1;
        let (_, radii) = made::<Full<(D<4>,), Tenth>, f32, Uniform>();
        assert!(radii[0] >= error && radii[0] < error * 1.000_001 + 1e-17);
        // Of four entries that are off by the same the 2-norm is twice as much.
        let (_, norm) = made::<Full<(D<4>,), Tenth>, f32, Euclidean>();
        assert!(norm[0] >= 2.0 * error && norm[0] < 2.000_01 * error);
        let (_, radii) = made::<Array<(D<6>,), Numbers>, f64, Elementwise>();
        assert!(radii[1] > 5e-18 && radii[1] < 7e-18 && radii[3] > 0.0);
        assert_eq!((radii[0], radii[2], radii[4]), (0.0, 0.0, 0.0));
    }

    #[test]
    fn what_is_beyond_a_format_is_not_known() {
        assert_eq!(made::<Full<(D<2>,), Large>, f16, Elementwise>().1, [f64::INFINITY; 2]);
        assert_eq!(made::<Full<(D<2>,), Large>, E4m3, Uniform>().1, [f64::INFINITY]);
        assert_eq!(made::<Arange<D<500>>, E4m3, Uniform>().1, [f64::INFINITY]);
    }
}
