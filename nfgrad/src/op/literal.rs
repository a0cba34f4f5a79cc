//! Numbers that are written into a graph: `0.1 * x`, `x + 1e-5`, `x / 3`, `2 / x`, `x + EPS`.
//!
//! What is written means a real number `c*`: the real 0.1, which no binary format has, or the number that a named constant is. Let `l` be the
//! f64 nearest to it. Then an op computes with `c`, which is
//!
//! - `l` itself, if the format has it; the operation is one of the format;
//! - in a format that accumulates in a wider one: the number nearest to `l` there; the result is rounded there and then to the format;
//! - in any other: the number of the format nearest to `l`, unless that is not as close as numbers of usual size are. Then it is `l`,
//!   the operation is one of f64, and its result rounded to the format.
//!
//! So `1e5 * x` is finite in f16 wherever the product is, though f16 has no number so large, and `0.001 * x` in bf16 is off by one rounding and
//! not by two.
//!
//! # Error bound
//!
//! ```text
//! |y - f(c*, x*)| <= |y - f(c, x)| + |f(c, x) - f(c*, x*)|         |c - c*| <= β
//! ```
//!
//! The second term is that of the operation, for operands with the radii `β` and `α`. Where `c` is a number of the format, the first is the error of
//! its operation and `β = |c - l| + λ`, with `λ` half a unit in the last place of `l`, or 0 if `c*` is `l`. Elsewhere the line holds for `l`
//! in the place of `c`, with `β = λ`, and `|y - f(l, x)| <= |y - p| + |p - f(l, x)|` for `p = f(l, x)` in f64 is measured.

use std::marker::PhantomData;

use super::rounding::in_f64;
use crate::bound::Up;
use crate::format::Format;

/// A number that is written, as a type, so that an op can be named by it.
///
/// ```
/// use nfgrad::op::Literal;
/// struct Tenth;
/// impl Literal for Tenth {
///     const TEXT: &'static str = "0.1";
///     const NEAREST: f64 = 0.1;
///     const EXACT: bool = false;
/// }
/// ```
pub trait Literal: 'static {
    /// As it is written.
    const TEXT: &'static str;
    /// The f64 nearest to it.
    const NEAREST: f64;
    /// Whether [`Literal::NEAREST`] is the number that is written.
    const EXACT: bool;
}

/// The value of a named constant in a graph, as an f64.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Constant<T>(T);

/// The types of constants that a graph can name.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a constant in a graph is an f64, an f32 or an integer, not `{Self}`",
    label = "not a real number",
    note = "its value is taken exactly as it is: `const TENTH: f64 = 0.1;` is the f64 nearest to 0.1, while a literal `0.1` is 0.1"
)]
pub trait Real: Copy {
    /// What has a method `value`. By the way of this type rustc says of another type only that it is none of these.
    type Wrapped;
}

/// The constant.
#[doc(hidden)]
pub const fn constant<T: Real<Wrapped = Constant<T>>>(value: T) -> T::Wrapped {
    Constant(value)
}

macro_rules! impl_real {
    ($($float:ident),*; $($integer:ident),*) => {
        $(
            impl Real for $float {
                type Wrapped = Constant<Self>;
            }

            impl Constant<$float> {
                /// The number.
                #[allow(clippy::cast_lossless, reason = "`From` is not const")]
                pub const fn value(self) -> f64 {
                    self.0 as f64
                }
            }
        )*
        $(
            impl Real for $integer {
                type Wrapped = Constant<Self>;
            }

            impl Constant<$integer> {
                /// The number; NaN if f64 does not have it.
                #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_lossless, reason = "compared")]
                pub const fn value(self) -> f64 {
                    let nearest = self.0 as f64;
                    if nearest as i128 == self.0 as i128 { nearest } else { f64::NAN }
                }
            }
        )*
    };
}

impl_real!(f32, f64; i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

/// The number of the format nearest to the f64 nearest to a literal.
#[inline(always)]
pub(super) fn nearest<L: Literal, F: Format>() -> F {
    F::from_f64(L::NEAREST)
}

/// The number of the format nearest to a positive literal; its smallest positive number where that would be 0.
#[inline(always)]
pub(super) fn positive<L: Literal, F: Format>() -> F {
    let nearest = nearest::<L, F>();
    // Twice the error of an underflow is no less than the smallest number.
    if nearest == F::ZERO { F::from_f64(2.0 * F::ZERO.half_ulp().get()) } else { nearest }
}

/// At least the distance of [`Literal::NEAREST`] from the literal.
#[inline(always)]
fn beyond<L: Literal>() -> Up {
    if L::EXACT { Up::ZERO } else { L::NEAREST.half_ulp() }
}

/// The literal in the format, with its distance from the real number.
#[inline]
pub(super) fn in_format<L: Literal, F: Format>() -> (F, Up) {
    let nearest = nearest::<L, F>();
    (nearest, nearest.distance(L::NEAREST) + beyond::<L>())
}

/// Whether the number nearest to a literal is as close to it as numbers of usual size are: no overflow, and nothing lost below the
/// smallest ones.
#[inline(always)]
pub(super) fn is_close<L: Literal, F: Format>() -> bool {
    let nearest = nearest::<L, F>();
    // Radii are rounded up, hence the sliver.
    let enough = F::ROUNDOFF[0] * L::NEAREST.abs() * (1.0 + 4.0 * f64::EPSILON);
    nearest.to_f64() == L::NEAREST || nearest != F::ZERO && nearest.distance(L::NEAREST).get() <= enough
}

/// One operation on a number that is written and one that is computed.
pub(super) trait Operation {
    /// `fl(f(c, x))`.
    fn value<F: Format>(c: F, x: F) -> F;
    /// At least `|y - f(c*, x*)|`, where `y` is [`Operation::value`].
    fn error<F: Format>(c: (F, Up), x: (F, Up), y: F) -> Up;
}

/// The operation `O` with the literal `L`; see the [module](self).
pub(super) struct With<L, O>(PhantomData<(L, O)>);

impl<L: Literal, O: Operation> With<L, O> {
    /// Whether the operation is one of the format; known when the program is compiled.
    #[inline(always)]
    fn is_own<F: Format>() -> bool {
        if F::ROUNDS_ONCE { nearest::<L, F>().to_f64() == L::NEAREST } else { is_close::<L, F>() }
    }

    /// `fl(f(c, x))`
    #[inline(always)]
    pub(super) fn value<F: Format>(x: F) -> F {
        if Self::is_own::<F>() {
            O::value(nearest::<L, F>(), x)
        } else if F::ROUNDS_ONCE && is_close::<L, F::Acc>() {
            F::from_acc(O::value(nearest::<L, F::Acc>(), x.to_acc()))
        } else {
            F::from_f64(O::value(L::NEAREST, x.to_f64()))
        }
    }

    /// At least `|y - f(c*, x*)|`, where `y` is `fl(f(c, x))`.
    #[inline]
    pub(super) fn bound<F: Format>(x: (F, Up), y: F) -> Up {
        if Self::is_own::<F>() {
            return O::error(in_format::<L, F>(), x, y);
        }
        let wide = in_f64(x);
        let result = O::value(L::NEAREST, wide.0);
        O::error((L::NEAREST, beyond::<L>()), wide, result) + y.distance(result)
    }
}

/// A type that is named by a literal, `Scale(0.1)`.
macro_rules! of_literal {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        pub struct $name<L>(std::marker::PhantomData<fn() -> L>);

        impl<L> Clone for $name<L> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<L> Copy for $name<L> {}

        impl<L: $crate::op::Literal> std::fmt::Debug for $name<L> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), L::TEXT)
            }
        }
    };
}

pub(super) use of_literal;

/// A literal for tests.
#[cfg(test)]
macro_rules! literal {
    ($name:ident, $value:literal, $exact:literal) => {
        struct $name;
        impl $crate::op::Literal for $name {
            const TEXT: &'static str = stringify!($value);
            const NEAREST: f64 = $value;
            const EXACT: bool = $exact;
        }
    };
}

#[cfg(test)]
pub(super) use literal;
