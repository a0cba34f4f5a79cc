//! [`Pairwise`]: ops that combine an entry of one tensor with an entry of another.

use std::marker::PhantomData;

use nfgrad_shapes::{EndsWith, Shape};

use super::enclosing::{columns, pairs};
use super::repeat::{PairRadius, PairRule, copies, repeated, sum_terms_radius};
use super::rounding::{guarded, is_known, zero_if_known};
use super::torchlean::Tensor;
use super::{Contribution, Defined, Op, Pointwise};
use crate::bound::{Ball, Domain, T0, Up};
use crate::format::Format;
use crate::kernel::entrywise::{Entry, map_rows};
use crate::kernel::reduce::sum_term_columns;
use crate::kernel::wide::WideBall;

/// A function of two numbers, lifted to every entry of a tensor, the right operand repeated over the leading axes of the left:
/// `[s ++ t], [t] -> [s ++ t]`.
///
/// The cotangent of the right operand is a sum of terms in the accumulator along a tree of known height, rounded once to the
/// format; of one term where nothing is repeated. It has the error of each term, and that of the sum (`summed.rs`).
///
/// Where both operands are one node the op is a function of one number, [`Pairwise::Twice`], and so are its radii; the
/// contribution to the left operand is then the whole cotangent, and that to the right is 0.
///
/// As for [`Pointwise`] the radii are asked for only where every operand is finite and has a finite radius, and the result is
/// finite; elsewhere the radius is ∞.
pub trait Pairwise: 'static {
    /// The name, as in a `graph!` block.
    const NAME: &'static str;
    /// What `f(x, x)` is; only its radii and its cotangent are asked for.
    type Twice: Pointwise;

    /// Where the function has a value and a derivative, of the left operand and of the right.
    const DEFINED: [Defined; 2] = [Defined::Everywhere; 2];

    /// Whether [`Pairwise::steady_radius`] is [steady](crate::bound::Steady) in the radii of both operands.
    const STEADY: bool = false;
    /// Whether the bounds of the contributions are, in those of `a`, `b` and `dy`.
    const STEADY_VJP: [bool; 3] = [false; 3];

    /// `y = fl(f(a, b))`.
    fn value<F: Format>(a: F, b: F) -> F;

    /// At least `|y - f(a*, b*)|`; each pair is a computed value with its radius.
    fn radius<F: Format>(a: (F, Up), b: (F, Up), y: F) -> Up;

    /// [`Pairwise::radius`] for a domain of norms: what [`Pairwise::STEADY`] promises is promised of this bound.
    #[inline(always)]
    fn steady_radius<F: Format>(a: (F, Up), b: (F, Up), y: F) -> Up {
        Self::radius(a, b, y)
    }

    /// The contribution to the cotangent of `a`.
    fn left<F: Format>(a: F, b: F, dy: F) -> F;

    /// At least the distance of that contribution, `da`, from the real one.
    fn left_radius<F: Format>(a: (F, Up), b: (F, Up), dy: (F, Up), da: F) -> Up;

    /// A term of the contribution to the cotangent of `b`.
    fn right<F: Format>(a: F, b: F, dy: F) -> F::Acc;

    /// That contribution where nothing is repeated: the one term, rounded to the format.
    #[doc(hidden)]
    #[inline(always)]
    fn only_right<F: Format>(a: F, b: F, dy: F) -> F {
        F::from_acc(Self::right(a, b, dy))
    }

    /// At least the distance of that term from the real one.
    fn right_radius<F: Format>(a: (F, Up), b: (F, Up), dy: (F, Up), term: F::Acc) -> Up;

    /// The number that the function has as an argument: made once, and given to the two functions below.
    #[inline]
    fn argument<const K: usize>() -> WideBall<K> {
        WideBall::ZERO
    }

    /// A ball that contains `f(a, b)` for all real numbers of two balls: see [`Op::enclose`]. Without a rule nothing is known.
    #[inline]
    fn enclose<const K: usize>(_a: WideBall<K>, _b: WideBall<K>, _argument: WideBall<K>) -> WideBall<K> {
        WideBall::UNKNOWN
    }

    /// Two that contain the derivatives by `a` and by `b`, where `y` is that of [`Pairwise::enclose`]. Without a rule nothing is known.
    #[inline]
    fn enclose_slopes<const K: usize>([_a, _b, _y]: [WideBall<K>; 3], _argument: WideBall<K>) -> [WideBall<K>; 2] {
        [WideBall::UNKNOWN; 2]
    }

    /// What TorchLean computes and its bound of it, for [`T0`]; `None` if it states nothing of the function.
    fn torchlean<F: Format>(_a: &Tensor<F>, _b: &Tensor<F>) -> Option<Tensor<F>> {
        None
    }
}

/// [`Pairwise::value`] as a kernel takes it.
struct Value<P>(PhantomData<P>);

impl<P: Pairwise, F: Format> Entry<F, 2> for Value<P> {
    const IS_SHORT: bool = true;

    #[inline(always)]
    fn at([a, b]: [F; 2]) -> F {
        P::value(a, b)
    }
}

impl<P: Pairwise> PairRadius for Value<P> {
    #[inline(always)]
    fn radius<F: Format, D: Domain>(a: (F, Up), b: (F, Up), y: F) -> Up {
        let radius = if D::IS_NORM { P::steady_radius(a, b, y) } else { P::radius(a, b, y) };
        // `&` and not `&&`: without a branch the loop is vectorised.
        if is_known(a) & is_known(b) { guarded(y, radius) } else { Up::INFINITY }
    }
}

/// [`Pairwise::left`] likewise.
struct Left<P>(PhantomData<P>);

impl<P: Pairwise, F: Format> Entry<F, 3> for Left<P> {
    const IS_SHORT: bool = true;

    #[inline(always)]
    fn at([a, b, dy]: [F; 3]) -> F {
        P::left(a, b, dy)
    }
}

/// [`Pairwise::right`] likewise, where nothing is repeated.
struct Right<P>(PhantomData<P>);

impl<P: Pairwise, F: Format> Entry<F, 3> for Right<P> {
    const IS_SHORT: bool = true;

    #[inline(always)]
    fn at([a, b, dy]: [F; 3]) -> F {
        P::only_right(a, b, dy)
    }
}

impl<P: Pairwise, L: EndsWith<R>, R: Shape> Op<(L, R)> for P {
    const NAME: &'static str = P::NAME;
    type Out = L;

    fn defined(operand: usize) -> Defined {
        P::DEFINED.get(operand).copied().unwrap_or(Defined::Everywhere)
    }

    #[inline]
    fn forward<F: Format>([a, b]: [&[F]; 2], y: &mut [F]) {
        map_rows::<Value<P>, F, 2>([a, b], y, R::NUMEL);
    }

    #[inline]
    fn forward_radius<F: Format, D: Domain>([a, b]: [Ball<'_, F, D>; 2], y: &[F], radii: &mut [f64]) {
        if a.is_same_node(&b) {
            return <P::Twice as Op<(L,)>>::forward_radius([a], y, radii);
        }
        let operands = [a.once().only_if(P::STEADY), b.repeated(copies::<L, R>()).only_if(P::STEADY)];
        D::fill_steadily(radii, L::NUMEL, operands, |x| PairRule::<Value<P>, L, R, F, D>::new(x, y));
    }

    #[inline]
    fn vjp<F: Format>([a, b]: [&[F]; 2], y: &[F], dy: &[F], [da, db]: [Option<&mut [F]>; 2]) {
        if std::ptr::eq(a, b) {
            <P::Twice as Op<(L,)>>::vjp([a], y, dy, [da]);
            if let Some(db) = db {
                db.fill(F::ZERO);
            }
            return;
        }
        if let Some(da) = da {
            map_rows::<Left<P>, F, 3>([a, b, dy], da, R::NUMEL);
        }
        if let Some(db) = db {
            if L::NUMEL == R::NUMEL {
                map_rows::<Right<P>, F, 3>([a, b, dy], db, R::NUMEL);
            } else {
                sum_term_columns(repetitions::<L, R>(), db, |i| P::right(a[i], b[repeated::<L, R>(i)], dy[i]));
            }
        }
    }

    fn enclose<const K: usize>([a, b]: [&[WideBall<K>]; 2], y: &mut [WideBall<K>]) {
        if std::ptr::eq(a, b) {
            return <P::Twice as Op<(L,)>>::enclose([a], y);
        }
        let argument = P::argument();
        pairs([a, b], y, |a, b| P::enclose(a, b, argument));
    }

    fn enclose_vjp<const K: usize>(
        [a, b]: [&[WideBall<K>]; 2],
        y: &[WideBall<K>],
        dy: &[WideBall<K>],
        [da, db]: [Option<&mut [WideBall<K>]>; 2],
    ) {
        if std::ptr::eq(a, b) {
            <P::Twice as Op<(L,)>>::enclose_vjp([a], y, dy, [da]);
            if let Some(db) = db {
                db.fill(WideBall::ZERO);
            }
            return;
        }
        let argument = P::argument();
        let slopes = |i: usize| P::enclose_slopes([a[i], b[repeated::<L, R>(i)], y[i]], argument);
        if let Some(da) = da {
            for (i, (da, &dy)) in da.iter_mut().zip(dy).enumerate() {
                *da = slopes(i)[0] * dy;
            }
        }
        if let Some(db) = db {
            columns(repetitions::<L, R>(), db, |i| slopes(i)[1] * dy[i]);
        }
    }

    fn torchlean<F: Format>([a, b]: [Ball<'_, F, T0>; 2], y: &mut [F]) -> Up {
        if let Some(result) = P::torchlean(&Tensor::of(a), &Tensor::of(b)) {
            return result.write(y);
        }
        <Self as Op<(L, R)>>::forward([a.mid, b.mid], y);
        Up::INFINITY
    }

    #[inline]
    fn vjp_radius<F: Format, D: Domain>(
        [a, b]: [Ball<'_, F, D>; 2],
        y: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        [da, db]: [Option<Contribution<'_, F>>; 2],
    ) {
        if a.is_same_node(&b) {
            if let Some(Contribution { radii, .. }) = db {
                D::fill(radii, L::NUMEL, |i: usize| zero_if_known(a.get(i)).max(zero_if_known(dy.get(i))));
            }
            return <P::Twice as Op<(L,)>>::vjp_radius([a], y, dy, [da]);
        }
        let [in_a, in_b, in_dy] = P::STEADY_VJP;
        let entries = |[a, b, dy]: [Ball<'_, F, D>; 3], i: usize| (a.get(i), b.get(repeated::<L, R>(i)), dy.get(i));
        if let Some(Contribution { mid, radii }) = da {
            let operands =
                [a.once().only_if(in_a), b.repeated(copies::<L, R>()).only_if(in_b), dy.once().only_if(in_dy)];
            D::fill_steadily(radii, L::NUMEL, operands, |x| {
                move |i: usize| {
                    let (a, b, dy) = entries(x, i);
                    let known = is_known(a) & is_known(b) & is_known(dy);
                    guarded(mid[i], if known { P::left_radius(a, b, dy, mid[i]) } else { Up::INFINITY })
                }
            });
        }
        if let Some(Contribution { mid, radii }) = db {
            // An element of the right operand is read by its own sum only.
            let operands = [a.once().only_if(in_a), b.once().only_if(in_b), dy.once().only_if(in_dy)];
            sum_terms_radius(repetitions::<L, R>(), mid, radii, operands, |x, i| {
                let (a, b, dy) = entries(x, i);
                let term = P::right(a.0, b.0, dy.0);
                let known = is_known(a) & is_known(b) & is_known(dy);
                (term, if known { P::right_radius(a, b, dy, term) } else { Up::INFINITY })
            });
        }
    }
}

/// How often the right operand is repeated.
#[inline]
fn repetitions<L: Shape, R: Shape>() -> usize {
    L::NUMEL.checked_div(R::NUMEL).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use nfgrad_shapes::D;

    use super::super::{Div, Maximum, Op};
    use crate::bound::{Ball, Euclidean};

    type Line = (D<64>,);

    /// The 2-norm of the errors of 64 entries, of operands whose errors have the norm 0.001 each.
    fn norm<O: Op<(Line, Line)>>([a, b]: [f64; 2]) -> f64 {
        let (a, b, mut y) = ([a; 64], [b; 64], [0.0; 64]);
        O::forward::<f64>([&a, &b], &mut y);
        let (alpha, beta, mut radius) = ([1e-3], [1e-3], [f64::NAN]);
        let operands = [Ball::<f64, Euclidean>::new(&a, &alpha), Ball::new(&b, &beta)];
        O::forward_radius(operands, &y, &mut radius);
        radius[0]
    }

    #[test]
    fn an_error_of_a_given_norm_is_not_felt_by_all_entries_at_once() {
        // One entry with a whole error: α/2 + β/4, where 64 with one each would have the norm 8 times that.
        let quotient = norm::<Div>([1.0, 2.0]);
        assert!((0.75e-3..0.751e-3).contains(&quotient), "{quotient}");
        let larger = norm::<Maximum>([1.0, 2.0]);
        assert!((1e-3..1.001e-3).contains(&larger), "{larger}");
        let equal = norm::<Maximum>([1.0, 1.0]);
        assert!((2e-3..2.001e-3).contains(&equal), "{equal}");
    }
}
