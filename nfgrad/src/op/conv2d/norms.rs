//! The radii of a convolution in a domain of norms: each bounds the 2-norm of all errors of its tensor.
//!
//! Let `X_g` be the windows of all images as group `g` sees them, side by side, `W_g` its weights, a row for each output, and `Ȳ_g` the
//! cotangents of its outputs, arranged as `W_g X_g` is. `ε`, `ω`, `β` and `δ` are the radii of the images, the weights, the bias and the
//! cotangents, `n` is the number of windows of all images, `κ` and `η` are the constants of the product at hand. No entry of an image is
//! in more than `r` windows.
//!
//! ```text
//! value    κ √Σ_g ‖[W_g b_g]‖_F² ‖[X_g 1]‖_F² + √numel η + √r ε (max ‖W_g‖₂ + ω) + ω max ‖X_g‖₂ + β √n
//! images   √r (κ √Σ_g ‖W_g‖_F² ‖Ȳ_g‖_F² + √cells η + δ (max ‖W_g‖₂ + ω) + ω max ‖Ȳ_g‖₂) + (the roundings of the sums)
//! weights  κ √Σ_g ‖X_g‖_F² ‖Ȳ_g‖_F² + √numel η + √r ε (max ‖Ȳ_g‖₂ + δ) + δ max ‖X_g‖₂ + (the roundings of the sums)
//! ```
//!
//! *Proof.* Every entry of an image is copied to `r` places of the matrices `X_g` at most. So an error of 2-norm `ε` of the images is one of
//! Frobenius norm `√r ε` at most of the windows of all groups together; and adding up the places of each entry, which is the
//! transpose of copying, multiplies a norm by `√r` at most too. For `D_g` whose squared Frobenius norms add up to `d²`,
//! `Σ_g ‖A_g D_g‖_F² <= max ‖A_g‖₂² d²`. That is each term with one radius; in the term with two, `‖W_g - W*_g‖₂ <= ω`. The error of the bias
//! is the same in each of `n` columns. The roundings of a product are those of [`Euclidean::product`](crate::bound::Euclidean), added up over the
//! groups; where it is cut into products `k` of parts that are added up, `Σₖ ‖Ȳₖ‖_F ‖Xₖ‖_F <= ‖Ȳ‖_F ‖X‖_F`. ∎
//!
//! Of matrices side by side, `‖[A B]‖₂² <= ‖A‖₂² + ‖B‖₂²`, since `[A B] [A B]ᵀ = A Aᵀ + B Bᵀ`: so the norms of `X_g` and `Ȳ_g` are taken
//! bundle by bundle.

use super::Lengths;
use super::values::{Bundle, widen};
use crate::bound::{Ball, BallMat, Domain, Up, matrix_norm, norm};
use crate::format::{Format, product_error};
use crate::kernel::gemm::Mat;
use crate::kernel::norms::norm_2;
use crate::kernel::scratch::with_buffers;
use crate::kernel::spectral::spectral_norm;
use crate::op::rounding::sum_radius;

/// Norms of a matrix, rounded up.
#[derive(Debug, Clone, Copy)]
struct Size {
    frobenius: Up,
    /// The largest singular value; 0 where nobody asks for it.
    spectral: Up,
}

impl Size {
    const NOTHING: Self = Self { frobenius: Up::ZERO, spectral: Up::ZERO };

    /// Of a row-major matrix.
    fn of<F: Format>(entries: &[F], cols: usize, asked: bool) -> Self {
        let rows = entries.len().checked_div(cols).unwrap_or_default();
        let spectral = if asked { spectral_norm(Mat::row_major(entries, rows, cols)) } else { Up::ZERO };
        Self { frobenius: norm_2(entries), spectral }
    }

    /// Of both matrices side by side.
    fn beside(self, other: Self) -> Self {
        let both = |a, b| norm(&[a, b]);
        Self { frobenius: both(self.frobenius, other.frobenius), spectral: both(self.spectral, other.spectral) }
    }
}

/// At least the root of a number of elements.
fn root(n: usize) -> Up {
    Up::new(n as f64).sqrt()
}

impl Lengths {
    /// The radius of [`Lengths::forward`].
    pub(super) fn forward_norm<F: Format, D: Domain>(
        self,
        x: Ball<'_, F, D>,
        w: Ball<'_, F, D>,
        bias: Option<Ball<'_, F, D>>,
        y: &[F],
    ) -> Up {
        let (epsilon, omega, beta) = (x.radius(0), w.radius(0), bias.map_or(Up::ZERO, |bias| bias.radius(0)));
        let all = root(self.images * self.frame.windows());
        let (mut of_w, mut of_x, mut magnitude) = (Up::ZERO, Up::ZERO, Up::ZERO);
        with_buffers([self.bundle_cells()], |[columns]: [&mut [F::Acc]; 1]| {
            for (group, bundles) in self.bundles() {
                let windows = bundles.fold(Size::NOTHING, |size, bundle| {
                    size.beside(self.size_of_windows(bundle, x.mid, columns, omega != Up::ZERO))
                });
                let weights = self.weights_of(group, w);
                let mut factors = [norm_2(weights.mid.data), windows.frobenius];
                if let Some(bias) = bias {
                    let own = norm_2(&bias.mid[group * self.outputs..][..self.outputs]);
                    factors = [norm(&[factors[0], own]), norm(&[factors[1], all])];
                }
                magnitude = norm(&[magnitude, factors[0] * factors[1]]);
                of_x = of_x.max(windows.spectral);
                if epsilon != Up::ZERO {
                    of_w = of_w.max(matrix_norm(weights));
                }
            }
        });
        let error = product_error::<F>(self.terms(bias.is_some()));
        let rounding = error.relative * magnitude + root(y.len()) * error.absolute;
        let from_images = self.copies() * epsilon * (of_w + omega);
        finished::<F, D>(rounding + from_images + omega * of_x + beta * all, y)
    }

    /// The radius of [`Lengths::image_cotangent`].
    pub(super) fn image_norm<F: Format, D: Domain>(self, w: Ball<'_, F, D>, dy: Ball<'_, F, D>, dx: &[F]) -> Up {
        let (omega, delta) = (w.radius(0), dy.radius(0));
        let (mut of_w, mut of_dy, mut magnitude) = (Up::ZERO, Up::ZERO, Up::ZERO);
        with_buffers([self.bundle_lines()], |[outputs]: [&mut [F::Acc]; 1]| {
            for (group, bundles) in self.bundles() {
                let cotangents = bundles.fold(Size::NOTHING, |size, bundle| {
                    size.beside(self.size_of_outputs(bundle, dy.mid, outputs, omega != Up::ZERO))
                });
                let weights = self.weights_of(group, w);
                magnitude = norm(&[magnitude, norm_2(weights.mid.data) * cotangents.frobenius]);
                of_dy = of_dy.max(cotangents.spectral);
                if delta != Up::ZERO {
                    of_w = of_w.max(matrix_norm(weights));
                }
            }
        });
        let cells = self.pairs() * self.frame.taps() * self.frame.windows();
        let error = product_error::<F>(self.outputs);
        let rounding = error.relative * magnitude + root(cells) * error.absolute;
        let terms = self.copies() * (rounding + delta * (of_w + omega) + omega * of_dy);
        finished::<F, D>(terms + self.rounding_of_image_sums::<F, D>(w.mid, dy.mid), dx)
    }

    /// The radius of [`Lengths::weight_cotangent`].
    pub(super) fn weight_norm<F: Format, D: Domain>(self, x: Ball<'_, F, D>, dy: Ball<'_, F, D>, dw: &[F]) -> Up {
        let (epsilon, delta, numel) = (x.radius(0), dy.radius(0), self.outputs * self.frame.taps());
        let (mut of_x, mut of_dy, mut rounding) = (Up::ZERO, Up::ZERO, Up::ZERO);
        let lengths = [self.bundle_cells(), self.bundle_lines(), numel];
        with_buffers(lengths, |[columns, outputs, terms]: [&mut [F::Acc]; 3]| {
            with_buffers([numel], |[sums]: [&mut [f64]; 1]| {
                for (_, bundles) in self.bundles() {
                    let (mut windows, mut cotangents) = (Size::NOTHING, Size::NOTHING);
                    let (mut relative, mut absolute, mut count) = (Up::ZERO, Up::ZERO, 0);
                    sums.fill(0.0);
                    for bundle in bundles {
                        let width = bundle.1.len() * self.frame.windows();
                        let (of_x, of_dy) = (delta != Up::ZERO, epsilon != Up::ZERO);
                        windows = windows.beside(self.size_of_windows(bundle.clone(), x.mid, columns, of_x));
                        cotangents = cotangents.beside(self.size_of_outputs(bundle, dy.mid, outputs, of_dy));
                        let error = product_error::<F>(width);
                        (relative, absolute) = (relative.max(error.relative), absolute + error.absolute);
                        count += 1;
                        // The sum of one matrix is exact.
                        if self.images > self.images_per_bundle() {
                            self.weight_terms(width, outputs, columns, terms);
                            sums.iter_mut().zip(&*terms).for_each(|(sum, term)| *sum += term.magnitude().get());
                        }
                    }
                    let product = relative * (windows.frobenius * cotangents.frobenius) + root(numel) * absolute;
                    let count = f64::from(count);
                    let added =
                        norm_of::<D>(numel, |i| sum_radius::<F>((0.0, sums[i]), count, self.bundles_per_group()));
                    rounding = norm(&[rounding, product + added]);
                    (of_x, of_dy) = (of_x.max(windows.spectral), of_dy.max(cotangents.spectral));
                }
            });
        });
        let from_images = self.copies() * epsilon * (of_dy + delta);
        finished::<F, D>(rounding + from_images + delta * of_x, dw)
    }

    /// At least `√r`.
    fn copies(self) -> Up {
        root(self.frame.overlap())
    }

    /// How many entries the windows of a bundle have.
    fn bundle_cells(self) -> usize {
        self.frame.taps() * self.images_per_bundle() * self.frame.windows()
    }

    /// How many outputs a bundle has.
    fn bundle_lines(self) -> usize {
        self.outputs * self.images_per_bundle() * self.frame.windows()
    }

    /// `W_g`.
    fn weights_of<F: Format, D: Domain>(self, group: usize, w: Ball<'_, F, D>) -> BallMat<'_, F> {
        let (rows, taps) = (self.outputs, self.frame.taps());
        w.part(group * rows * taps..(group + 1) * rows * taps).matrix(rows, taps)
    }

    /// Writes the windows of a bundle.
    fn size_of_windows<F: Format>(self, bundle: Bundle, x: &[F], columns: &mut [F::Acc], asked: bool) -> Size {
        let width = bundle.1.len() * self.frame.windows();
        self.unfold(bundle, x, columns, F::Acc::ZERO, F::to_acc);
        Size::of(&columns[..self.frame.taps() * width], width, asked)
    }

    /// Writes the cotangents of the outputs of a bundle.
    fn size_of_outputs<F: Format>(self, bundle: Bundle, dy: &[F], outputs: &mut [F::Acc], asked: bool) -> Size {
        let width = bundle.1.len() * self.frame.windows();
        self.gather(bundle, dy, outputs, F::to_acc);
        Size::of(&outputs[..self.outputs * width], width, asked)
    }

    /// At least the 2-norm of the roundings of the sums over the windows that have an entry.
    fn rounding_of_image_sums<F: Format, D: Domain>(self, w: &[F], dy: &[F]) -> Up {
        if self.frame.overlap() <= 1 {
            return Up::ZERO;
        }
        let (part, numel) = (self.outputs_numel(), self.frame.numel());
        // No entry is in more windows than a window has entries.
        let most = self.frame.taps() / self.frame.channels.max(1);
        let mut total = Up::ZERO;
        let lengths = [w.len(), part, self.frame.taps() * self.frame.windows()];
        with_buffers(lengths, |[weights, outputs, terms]: [&mut [F::Acc]; 3]| {
            with_buffers([numel, numel], |[magnitude, count]: [&mut [f64]; 2]| {
                widen(w, weights);
                for pair in 0..self.pairs() {
                    widen(&dy[pair * part..][..part], outputs);
                    self.image_terms(pair, weights, outputs, terms);
                    magnitude.fill(0.0);
                    count.fill(0.0);
                    self.frame.fold(terms, magnitude, |sum, term| sum + term.magnitude().get());
                    self.frame.fold(terms, count, |count, _| count + 1.0);
                    let added = norm_of::<D>(numel, |i| sum_radius::<F>((0.0, magnitude[i]), count[i], most));
                    total = norm(&[total, added]);
                }
            });
        });
        total
    }
}

/// At least the 2-norm of errors with these bounds.
fn norm_of<D: Domain>(numel: usize, rule: impl Fn(usize) -> Up) -> Up {
    let mut radius = [0.0];
    D::fill(&mut radius, numel, rule);
    Up::new(radius[0])
}

/// With what the rounding to the format costs, where that is not that of the accumulator; ∞ if a result is not finite.
fn finished<F: Format, D: Domain>(bound: Up, results: &[F]) -> Up {
    if F::ROUNDS_ONCE {
        bound + norm_of::<D>(results.len(), |i| results[i].half_ulp())
    } else if F::all_finite(results) {
        bound
    } else {
        Up::INFINITY
    }
}
