//! The radii of a softmax: its operations once more, each with its error.

use super::super::Contribution;
use super::super::axis::Extent;
use super::super::logits::{Block, RowBall, ball_room, room, total};
use super::super::rounding::{guarded, narrowing_error, product_error};
use super::values::mean_difference;
use super::{Choice, doubt, gather, remaining, unknown};
use crate::bound::{Ball, Bound, Domain, Elementwise, Up, fill_rows};
use crate::format::{Accumulator, Format, sum_error};
use crate::kernel::dispatch::wide;
use crate::kernel::reduce::sum_height;
use crate::kernel::scratch::{split, with_scratch};

#[inline]
pub(super) fn forward_radius<F: Format, D: Domain>(
    extent: Extent,
    x: Ball<'_, F, D>,
    choice: impl Fn(usize) -> Choice,
    y: &[F],
    radii: &mut [f64],
) {
    let len = extent.len;
    with_scratch([3 * len, room(len), ball_room(len), y.len()], |[rows, room, ball, each]: [&mut [f64]; 4]| {
        // Two points of a simplex are not farther apart than √2, and one radius bounds at least one row.
        fill_rows(radii, each, (len * extent.inner, 1.0), [x.once()], |bound, [x], each| {
            value_radii(bound, extent, x, &choice, y, [&mut *rows, &mut *room, &mut *ball], each);
        });
    });
}

wide! {
    fn value_radii<F: Format, D: Domain, K: Fn(usize) -> Choice>(
        bound: Bound,
        extent: Extent,
        x: Ball<'_, F, D>,
        choice: K,
        y: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let [rows, room, ball] = scratch;
        let [z, zeta, shares] = split(rows, extent.len);
        for target in 0..extent.targets() {
            let kept = || extent.sources(target).filter(|&i| choice(i).kept());
            let count = gather(kept(), |i| x.mid[i].to_f64(), z);
            gather(kept(), |i| x.radius(i).get(), zeta);
            let unknown = doubt(extent.sources(target).map(&choice)) + unknown_row(&z[..count], &zeta[..count]);
            let count = remaining(&z[..count]);
            let row = Ball::<f64, Elementwise>::new(&z[..count], &zeta[..count]);
            let block = Block::<F::Acc>::new(row.mid, count, 0..1, room);
            // The errors take the place of the radii, which are read before.
            RowBall::new(block.row(0), row, ball).kept_for(bound).shares(shares, zeta);
            extent.sources(target).for_each(|i| out[i] = unknown.get());
            for (i, (&share, &error)) in kept().zip(shares[..count].iter().zip(&*zeta)) {
                let error = Up::new(error) + narrowing_error(Format::restored(share), y[i]);
                let error = if bound == Bound::Steady { error } else { error.min(farthest(y[i])) };
                out[i] = (guarded(y[i], error) + unknown).get();
            }
        }
    }
}

/// ∞ if a row that seems to be -∞ everywhere may be something else.
#[inline(always)]
fn unknown_row(z: &[f64], zeta: &[f64]) -> Up {
    if remaining(z) == 0 { unknown(zeta) } else { Up::ZERO }
}

/// At least the distance to every number of `[0, 1]`, where the real share lies. That of a computed share is not below 0.
#[inline(always)]
fn farthest<F: Format>(share: F) -> Up {
    share.magnitude().max(Up::new(1.0))
}

#[inline]
pub(super) fn vjp_radius<F: Format, D: Domain>(
    x: [Ball<'_, F, D>; 3],
    extent: Extent,
    choice: impl Fn(usize) -> Choice,
    Contribution { mid, radii }: Contribution<'_, F>,
) {
    let len = extent.len;
    with_scratch([7 * len, room(len), ball_room(len), mid.len()], |[rows, room, ball, each]: [&mut [f64]; 4]| {
        let operands = [x[0].once(), x[1].anyhow(), x[2].once()];
        fill_rows(radii, each, (len * extent.inner, f64::MAX), operands, |bound, x, each| {
            cotangent_radii(bound, x, extent, &choice, mid, [&mut *rows, &mut *room, &mut *ball], each);
        });
    });
}

wide! {
    fn cotangent_radii<F: Format, D: Domain, K: Fn(usize) -> Choice>(
        bound: Bound,
        x: [Ball<'_, F, D>; 3],
        extent: Extent,
        choice: K,
        dx: &[F],
        scratch: [&mut [f64]; 3],
        out: &mut [f64],
    ) {
        let ([x, y, dy], [rows, room, ball]) = (x, scratch);
        let [z, zeta, shares, rho, d, delta, error] = split(rows, extent.len);
        for target in 0..extent.targets() {
            let kept = || extent.sources(target).filter(|&i| choice(i).kept());
            let count = gather(kept(), |i| x.mid[i].to_f64(), z);
            gather(kept(), |i| x.radius(i).get(), zeta);
            gather(kept(), |i| dy.radius(i).get(), delta);
            let unknown = doubt(extent.sources(target).map(&choice)) + unknown_row(&z[..count], &zeta[..count]);
            let count = remaining(&z[..count]);
            let row = Ball::<f64, Elementwise>::new(&z[..count], &zeta[..count]);
            let block = Block::<F::Acc>::new(row.mid, count, 0..1, room);
            let row = RowBall::new(block.row(0), row, ball).kept_for(bound);
            row.shares(shares, rho);
            for (k, i) in kept().enumerate().take(count) {
                let own = Up::new(rho[k]) + narrowing_error(Format::restored(shares[k]), y.mid[i]);
                let known = if bound == Bound::Steady { own } else { own.min(y.radius(i)).min(farthest(y.mid[i])) };
                rho[k] = guarded(y.mid[i], known).get();
                (shares[k], d[k]) = (y.mid[i].to_f64(), dy.mid[i].to_f64());
            }
            let (d, error) = (&mut d[..count], &mut error[..count]);
            pull(&row, [&shares[..count], &rho[..count], &delta[..count]], d, error);
            let unknown = unknown + row.unknown();
            extent.sources(target).for_each(|i| out[i] = guarded(dx[i], unknown).get());
            for (i, (&d, &error)) in kept().zip(d.iter().zip(&*error)) {
                let error = Up::new(error) + narrowing_error(Format::restored(d), dx[i]);
                out[i] = (guarded(dx[i], error) + unknown).get();
            }
        }
    }
}

/// Replaces `ȳ` by the cotangents `y (d - c)` and writes at least their distance from the real ones, given `y`, its errors and the
/// radii of `ȳ`. The row is that of the real softmax.
#[inline(always)]
pub(in super::super) fn pull<A: Accumulator>(
    row: &RowBall<'_, A>,
    [y, rho, delta]: [&[f64]; 3],
    d: &mut [f64],
    error: &mut [f64],
) {
    error.copy_from_slice(d);
    let (mean, base) = mean_difference::<A>(y, d);
    for (r, &d) in error.iter_mut().zip(&*d) {
        *r = A::add_error(A::restored(*r), Format::neg(base), A::restored(d)).get();
    }
    let mean_error = mean_error::<A>([y, rho, d, error]);
    let uncertain = |k: usize| (row.probability_of(k).at_most() * Up::new(delta[k])).get();
    let all = total(y.len(), uncertain);
    let rest = total(y.len(), |k| if k == row.row.top { 0.0 } else { uncertain(k) });
    for k in 0..y.len() {
        let (difference, factor): (A, A) = (Format::restored(d[k]), Format::restored(y[k]));
        let slope = difference - mean;
        let slope_error = Up::new(error[k]) + mean_error + A::add_error(difference, Format::neg(mean), slope);
        let product = factor * slope;
        let p = row.probability_of(k);
        let others = if k == row.row.top { rest } else { all };
        let propagated = p.at_most() * (p.others_at_most() * Up::new(delta[k]) + others);
        let own = product_error((factor, Up::new(rho[k])), (slope, slope_error)) + A::mul_error(factor, slope, product);
        (d[k], error[k]) = (product.to_f64(), (own + propagated).get());
    }
}

/// At least the error of `c`, given `y`, its errors, `d` and the roundings of that.
#[inline(always)]
fn mean_error<A: Accumulator>([y, rho, d, error]: [&[f64]; 4]) -> Up {
    let product = |k: usize| -> A { A::restored(y[k]) * A::restored(d[k]) };
    let inherited = total(y.len(), |k| {
        let (y, d): (A, A) = (Format::restored(y[k]), Format::restored(d[k]));
        let factors = product_error((y, Up::new(rho[k])), (d, Up::new(error[k])));
        (factors + A::mul_error(y, d, product(k))).get()
    });
    let magnitude = total(y.len(), |k| product(k).magnitude().get());
    let nonzero = d.iter().filter(|&&d| d != 0.0).count();
    let height = sum_height::<A>(y.len()).min(nonzero.saturating_sub(1));
    inherited + sum_error::<A>(height).relative * magnitude
}
