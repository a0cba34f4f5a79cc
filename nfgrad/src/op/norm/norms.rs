//! The radii of layer norm and rms norm in a domain of norms: each bounds the 2-norm of all errors of its tensor.
//!
//! A row of length `n` becomes `h = f(x) = √n v / s`, `v = P x / √n`, `s = √(‖v‖² + ε)`, where `P` takes the mean away, or nothing. Its
//! Jacobian is `J = (P - h hᵀ/n) / s`, and
//!
//! ```text
//! (1) ‖J‖₂ <= 1/s      (2) ‖h‖₂ <= √n      (3) s >= l = max(s₀ - r/√n, √ε) within r of where it is s₀
//! (4) the derivative of J in the direction of a unit vector has a 2-norm of at most 2 / (√(3n) s²)
//! ```
//!
//! *Proof.* `h hᵀ/n = (‖v‖²/s²) e eᵀ` with a unit vector `e = P e`, so `J` is between 0 and `1/s`: (1), and (2). As the norm of `(v, √ε)`,
//! `s` moves by no more than `‖v - v₀‖ <= ‖x - x₀‖/√n`: (3). `f = √n ∇s(v)`, so the derivatives of `J` are `1/√n` times the third
//! derivatives of `s` by `v`. These are a symmetric trilinear form, whose norm is taken on at equal unit vectors `u` (Banach 1938). There,
//! with `z = v·u/s`, it is `-3 (z - z³)/s²`, and `|z - z³| <= 2/(3√3)` for `|z| <= 1`: (4). ∎
//!
//! So with the radii `ε`, `ω`, `β`, `δ` of `x`, `w`, `b` and `ȳ`, `L` the largest `1/l` of a row for `r = ε`, `m` rows, `h` and
//! `g = ȳ w` those of the numbers as they are, and `‖a‖_c` the largest 2-norm of a column,
//!
//! ```text
//! ‖h - h*‖ <= η = min(L ε, 2 √(m n))
//! y    max |w| η + ω (‖h‖_c + η) + β √m                                                               + (the roundings)
//! x̄    max over rows of min(2 ε/√(3n l⁴), 1/l) ‖g‖ in its norm over rows + L (δ (max |w| + ω) + ω ‖ȳ‖_c)     + (the roundings)
//! w̄    δ ‖h‖_c + η (‖ȳ‖_c + δ)                                                                        + (the roundings)
//! ```
//!
//! *Proof.* `y - y* = w (h - h*) + (w - w*) h* + (b - b*)`; `x̄ - x̄* = (J - J*) g + J* (g - g*)`, where `J - J*` is the integral of (4) over a
//! way of length `ε` and lies between `-1/l` and `1/l`; `g - g* = ȳ (w - w*) + (ȳ - ȳ*) w*`; `w̄ⱼ - w̄*ⱼ = Σ ((ȳ - ȳ*) h + ȳ* (h - h*))`. The
//! errors of the rows of a tensor have norms whose squares add up to the square of its radius, so each term has the largest factor of a
//! row; and `√Σⱼ (aⱼ ‖cⱼ‖)² <= ‖a‖ max ‖cⱼ‖`. ∎
//!
//! The roundings are the rules of each element, with exact operands.

use super::{Norm, RowBall, cotangent_radii, room_of_radii, value_radii, weight_radii};
use crate::bound::{Ball, Domain, Up};
use crate::format::Format;
use crate::kernel::dispatch::wide;
use crate::kernel::scratch::{split, with_scratch};
use crate::op::Contribution;
use crate::op::axis::Rows;
use crate::op::literal::Literal;
use nfgrad_shapes::Shape;

/// What is known of all rows.
#[derive(Debug, Clone, Copy)]
struct Overview {
    /// `L` for the radius 0: the largest `1/s`.
    inverse: Up,
    /// `‖h‖_c`.
    columns: Up,
}

wide! {
    fn look<N: Norm, S: Rows, F: Format, D: Domain>(x: Ball<'_, F, D>, rows: &mut [f64], overview: &mut Overview) {
        let [c, gamma, sums] = split(rows, S::LEN);
        sums.fill(0.0);
        for start in (0..S::NUMEL).step_by(S::LEN.max(1)) {
            let row = RowBall::new::<N, F, D>(x.part(start..start + S::LEN), c, gamma);
            overview.inverse = overview.inverse.max(row.inverse);
            for (sum, (&c, &gamma)) in sums.iter_mut().zip(c.iter().zip(&*gamma)) {
                let (normal, error) = row.normal(c, gamma);
                let h = (normal.magnitude() + error).get();
                *sum += h * h;
            }
        }
        overview.columns = largest_root::<S>(sums);
    }
}

/// The largest 2-norm of a column, from the sums of the squares.
fn largest_root<S: Rows>(sums: &[f64]) -> Up {
    sums.iter().map(|&sum| Up::of_sum(sum, S::Each::NUMEL + 1).sqrt()).fold(Up::ZERO, Up::max)
}

/// `‖a‖_c`.
fn columns<S: Rows, F: Format>(a: &[F], sums: &mut [f64]) -> Up {
    sums.fill(0.0);
    for row in a.chunks_exact(S::LEN.max(1)) {
        for (sum, a) in sums.iter_mut().zip(row) {
            *sum += a.magnitude().get() * a.magnitude().get();
        }
    }
    largest_root::<S>(sums)
}

/// `L`, given the largest `1/s`.
fn inverse_within<N: Norm, S: Rows>(inverse: Up, epsilon: Up) -> Up {
    let moved = inverse * epsilon * Up::new(1.0).over((S::LEN as f64).sqrt().next_down());
    inverse.over(moved.below(1.0)).min(inverse_of_epsilon::<N>())
}

/// At least `1/√ε` of the literal.
fn inverse_of_epsilon<N: Norm>() -> Up {
    let nearest = N::Epsilon::NEAREST;
    let error = if N::Epsilon::EXACT { Up::ZERO } else { nearest.half_ulp() };
    Up::new(1.0).over(error.below(nearest).max(0.0).sqrt().next_down())
}

/// `η`. What is not known at all is not known to be a number: the range of `h` says nothing of it.
fn error_of_normals<S: Rows>(lipschitz: Up, epsilon: Up) -> Up {
    let apart = Up::new(4.0 * S::NUMEL as f64).sqrt();
    if epsilon.is_finite() { (lipschitz * epsilon).min(apart) } else { Up::INFINITY }
}

/// At least `√m`.
fn root_of_rows<S: Rows>() -> Up {
    Up::new(S::Each::NUMEL as f64).sqrt()
}

/// The same numbers, of which each is real.
fn exact<F: Format, D: Domain>(x: Ball<'_, F, D>) -> Ball<'_, F, D> {
    Ball::new(x.mid, &[0.0])
}

fn largest<F: Format>(x: &[F]) -> Up {
    x.iter().map(|x| x.magnitude()).fold(Up::ZERO, Up::max)
}

/// Of `y`.
pub(in super::super) fn value<N: Norm, S: Rows, F: Format, D: Domain>(
    [x, weight]: [Ball<'_, F, D>; 2],
    bias: Option<Ball<'_, F, D>>,
    y: &[F],
    radii: &mut [f64],
) {
    if S::NUMEL == 0 {
        return radii.fill(0.0);
    }
    with_scratch([3 * S::LEN, S::NUMEL], |[rows, each]: [&mut [f64]; 2]| {
        value_radii::<N, S, F, D>(exact(x), exact(weight), bias.map(exact), y, rows, each);
        D::fill(radii, S::NUMEL, |i: usize| Up::new(each[i]));
        let mut overview = Overview { inverse: Up::ZERO, columns: Up::ZERO };
        look::<N, S, F, D>(exact(x), rows, &mut overview);
        let (epsilon, omega, beta) = (x.radius(0), weight.radius(0), bias.map_or(Up::ZERO, |bias| bias.radius(0)));
        let eta = error_of_normals::<S>(inverse_within::<N, S>(overview.inverse, epsilon), epsilon);
        let moved = largest(weight.mid) * eta + omega * (overview.columns + eta) + beta * root_of_rows::<S>();
        radii[0] = (Up::new(radii[0]) + moved).get();
    });
}

/// Of `x̄` and `w̄`.
pub(in super::super) fn pull<N: Norm, S: Rows, F: Format, D: Domain>(
    [x, weight, dy]: [Ball<'_, F, D>; 3],
    [dx, dw]: [Option<Contribution<'_, F>>; 2],
) {
    if S::NUMEL == 0 {
        return [dx, dw].into_iter().flatten().for_each(|Contribution { radii, .. }| radii.fill(0.0));
    }
    with_scratch(room_of_radii::<S>(), |[rows, each]: [&mut [f64]; 2]| {
        let mut overview = Overview { inverse: Up::ZERO, columns: Up::ZERO };
        look::<N, S, F, D>(exact(x), rows, &mut overview);
        let (epsilon, omega, delta) = (x.radius(0), weight.radius(0), dy.radius(0));
        let (lipschitz, of_dy) =
            (inverse_within::<N, S>(overview.inverse, epsilon), columns::<S, F>(dy.mid, &mut rows[..S::LEN]));
        if let Some(Contribution { mid, radii }) = dx {
            let exact = [x, weight, dy].map(exact);
            cotangent_radii::<N, S, F, D>(exact[0], exact[1], exact[2], mid, rows, each);
            D::fill(radii, S::NUMEL, |i: usize| Up::new(each[i]));
            let turned = if epsilon == Up::ZERO { Up::ZERO } else { turned::<N, S, F, D>(exact, epsilon, rows, each) };
            let moved = lipschitz * (delta * (largest(weight.mid) + omega) + omega * of_dy);
            radii[0] = (Up::new(radii[0]) + turned + moved).get();
        }
        if let Some(Contribution { mid, radii }) = dw {
            weight_radii::<N, S, F, D>(exact(x), exact(dy), mid, rows, each);
            D::fill(radii, S::LEN, |j: usize| Up::new(each[j]));
            let eta = error_of_normals::<S>(lipschitz, epsilon);
            radii[0] = (Up::new(radii[0]) + delta * overview.columns + eta * (of_dy + delta)).get();
        }
    });
}

/// At least `‖(J - J*) g‖`, of exact operands and `x*` within `epsilon`.
fn turned<N: Norm, S: Rows, F: Format, D: Domain>(
    [x, weight, dy]: [Ball<'_, F, D>; 3],
    epsilon: Up,
    rows: &mut [f64],
    each: &mut [f64],
) -> Up {
    let bends = Up::new(2.0 / 3_f64.sqrt()).over((S::LEN as f64).sqrt().next_down()) * (1.0 + 2.0 * f64::EPSILON);
    let [c, gamma] = split(rows, S::LEN);
    let (mut bent, count) = (Up::ZERO, S::Each::NUMEL);
    for (i, start) in (0..S::NUMEL).step_by(S::LEN.max(1)).enumerate() {
        let row = RowBall::new::<N, F, D>(x.part(start..start + S::LEN), c, gamma);
        let inverse = inverse_within::<N, S>(row.inverse, epsilon);
        let squares = dy.mid[start..start + S::LEN].iter().zip(weight.mid).map(|(dy, w)| {
            let g = (dy.magnitude() * w.magnitude()).get();
            g * g
        });
        let size = Up::of_sum(squares.sum(), S::LEN + 1).sqrt();
        bent = bent.max(bends * inverse * inverse * size);
        each[i] = (inverse * size).get();
    }
    // Of all rows together, or as far as `J` can turn in each.
    let mut apart = [0.0];
    D::fill(&mut apart, count, |i: usize| Up::new(each[i]));
    if epsilon.is_finite() { (bent * epsilon).min(Up::new(apart[0])) } else { Up::INFINITY }
}
