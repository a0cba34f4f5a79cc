//! The radii of a convolution: those of its matrix products, and of the sums of their entries.

use super::Lengths;
use super::values::widen;
use crate::bound::{Ball, Domain, Up};
use crate::format::Format;
use crate::kernel::reduce::RowSums;
use crate::kernel::scratch::with_buffers;
use crate::op::Contribution;
use crate::op::rounding::{guarded, narrowing_error, sum_radius};
use crate::op::summed::Summed;

impl Lengths {
    /// The radii of [`Lengths::forward`].
    pub(super) fn forward_radius<F: Format, D: Domain>(
        self,
        x: Ball<'_, F, D>,
        w: Ball<'_, F, D>,
        bias: Option<Ball<'_, F, D>>,
        y: &[F],
        radii: &mut [f64],
    ) {
        if D::IS_NORM {
            return radii.fill(self.forward_norm(x, w, bias, y).get());
        }
        let (terms, windows, part) = (self.terms(bias.is_some()), self.frame.windows(), self.outputs_numel());
        let (rows, cells, ones) = (self.outputs * terms, terms * windows, self.frame.taps() * windows);
        let all = self.groups * rows;
        let exact = is_exact(x);
        with_buffers([all, cells, part], |[weights, columns, values]: [&mut [F::Acc]; 3]| {
            let lengths = [x.mid.len(), all.max(cells), D::len(all), D::len(cells), D::len(part)];
            with_buffers(lengths, |[alpha, each, rad_w, rad_x, zeros]: [&mut [f64]; 5]| {
                let biases = bias.map(|bias| move |o: usize| bias.mid[o].to_acc());
                self.weights(weights, |i| w.mid[i].to_acc(), biases.as_ref());
                let biases = bias.map(|bias| move |o: usize| bias.radius(o).get());
                self.weights(&mut each[..all], |i| w.radius(i).get(), biases.as_ref());
                keep::<D>(rad_w, &each[..all]);
                let weights = Ball::<F::Acc, D>::new(weights, rad_w);
                columns[ones..].fill(F::Acc::ONE);
                for buffer in [&mut each[ones..], &mut *rad_x, &mut *zeros] {
                    buffer.fill(0.0);
                }
                spread(x, alpha);
                D::fill(radii, 0, |_: usize| Up::ZERO);
                for pair in 0..self.pairs() {
                    let image = pair * self.frame.numel()..(pair + 1) * self.frame.numel();
                    self.frame.unfold(&x.mid[image.clone()], (columns, windows), F::Acc::ZERO, F::to_acc);
                    if !exact {
                        self.frame.unfold(&alpha[image], (each, windows), 0.0, |radius| radius);
                        keep::<D>(rad_x, &each[..cells]);
                    }
                    let (range, first) = (pair * part..(pair + 1) * part, pair % self.groups * rows);
                    widen(&y[range.clone()], values);
                    let weights = weights.part(first..first + rows).matrix(self.outputs, terms);
                    let columns = Ball::<F::Acc, D>::new(columns, rad_x).matrix(terms, windows);
                    D::fill_part(radii, range.clone(), |radii| {
                        D::product(weights, columns, values, radii);
                        narrow::<F, D>(radii, zeros, &y[range]);
                    });
                }
            });
        });
    }

    /// The radii of [`Lengths::image_cotangent`].
    pub(super) fn image_radii<F: Format, D: Domain>(
        self,
        w: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        Contribution { mid: dx, radii }: Contribution<'_, F>,
    ) {
        if D::IS_NORM {
            return radii.fill(self.image_norm(w, dy, dx).get());
        }
        let (taps, windows) = (self.frame.taps(), self.frame.windows());
        let (numel, part, rows, cells) =
            (self.frame.numel(), self.outputs_numel(), self.outputs * taps, taps * windows);
        let lengths = [w.mid.len(), part, cells, self.frame.room::<F::Acc>(), numel];
        with_buffers(lengths, |[weights, outputs, terms, room, values]: [&mut [F::Acc]; 5]| {
            let lengths = [D::len(cells), cells, numel, numel, numel];
            with_buffers(lengths, |[rad, each, radius, magnitude, count]: [&mut [f64]; 5]| {
                widen(w.mid, weights);
                // No entry is in more windows than a window has entries.
                let most = taps / self.frame.channels.max(1);
                D::fill(radii, 0, |_: usize| Up::ZERO);
                for pair in 0..self.pairs() {
                    let (range, first) = (pair * part..(pair + 1) * part, pair % self.groups * rows);
                    let dy = dy.part(range);
                    widen(dy.mid, outputs);
                    self.image_terms(pair, weights, outputs, terms);
                    let weights = Ball::<F::Acc, D>::new(weights, w.rad).part(first..first + rows);
                    let outputs = Ball::<F::Acc, D>::new(outputs, dy.rad).matrix(self.outputs, windows);
                    D::product(weights.matrix(self.outputs, taps).t(), outputs, terms, rad);
                    spread(Ball::<F::Acc, D>::new(terms, rad), each);
                    for sum in [&mut *radius, &mut *magnitude, &mut *count] {
                        sum.fill(0.0);
                    }
                    self.frame.fold(each, radius, |sum, radius| sum + radius);
                    self.frame.fold(terms, magnitude, |sum, term| sum + term.magnitude().get());
                    self.frame.fold(terms, count, |count, _| count + 1.0);
                    self.image_sums(terms, room, |sums, first| values[first..][..sums.len()].copy_from_slice(sums));
                    let range = pair * numel..(pair + 1) * numel;
                    let mid = &dx[range.clone()];
                    D::fill_part(radii, range, |radii| {
                        D::fill(radii, numel, |i: usize| {
                            let error = sum_radius::<F>((radius[i], magnitude[i]), count[i], most);
                            guarded(mid[i], error + narrowing_error(values[i], mid[i]))
                        });
                    });
                }
            });
        });
    }

    /// The radii of [`Lengths::weight_cotangent`].
    pub(super) fn weight_radii<F: Format, D: Domain>(
        self,
        x: Ball<'_, F, D>,
        dy: Ball<'_, F, D>,
        Contribution { mid: dw, radii }: Contribution<'_, F>,
    ) {
        if D::IS_NORM {
            return radii.fill(self.weight_norm(x, dy, dw).get());
        }
        let (taps, numel) = (self.frame.taps(), self.outputs * self.frame.taps());
        let width = self.images_per_bundle() * self.frame.windows();
        let (cells, lines) = (taps * width, self.outputs * width);
        let exact = is_exact(x);
        let room = RowSums::<F::Acc>::room::<F::Acc>(numel, self.bundles_per_group());
        let (zero, add) = (F::Acc::ZERO, |a: F::Acc, b: F::Acc| a + b);
        with_buffers([cells, lines, numel, room], |[columns, outputs, terms, room]: [&mut [F::Acc]; 4]| {
            let mut sums = RowSums::new(room, numel, zero);
            let kept = D::len(numel);
            let each = [x.mid.len(), dy.mid.len(), cells.max(lines)];
            let lengths = [each[0], each[1], each[2], D::len(cells), D::len(lines), numel, kept, kept];
            with_buffers(lengths, |[alpha, delta, each, rad_x, rad_dy, magnitude, more, zeros]: [&mut [f64]; 8]| {
                spread(x, alpha);
                spread(dy, delta);
                rad_x.fill(0.0);
                zeros.fill(0.0);
                D::fill(radii, 0, |_: usize| Up::ZERO);
                for (group, bundles) in self.bundles() {
                    let range = group * numel..(group + 1) * numel;
                    let mid = &dw[range.clone()];
                    D::fill_part(radii, range, |radii| {
                        D::fill(radii, numel, |_: usize| Up::ZERO);
                        magnitude.fill(0.0);
                        sums.clear(zero);
                        for bundle in bundles {
                            let width = bundle.1.len() * self.frame.windows();
                            let (cells, lines) = (taps * width, self.outputs * width);
                            self.unfold(bundle.clone(), x.mid, columns, F::Acc::ZERO, F::to_acc);
                            self.gather(bundle.clone(), dy.mid, outputs, F::to_acc);
                            self.weight_terms(width, outputs, columns, terms);
                            if !exact {
                                self.unfold(bundle.clone(), alpha, each, 0.0, |radius| radius);
                                keep::<D>(rad_x, &each[..cells]);
                            }
                            self.gather(bundle, delta, each, |radius| radius);
                            keep::<D>(rad_dy, &each[..lines]);
                            let columns = Ball::<F::Acc, D>::new(&columns[..cells], &rad_x[..D::len(cells)]);
                            let outputs = Ball::<F::Acc, D>::new(&outputs[..lines], &rad_dy[..D::len(lines)]);
                            let outputs = outputs.matrix(self.outputs, width);
                            D::product(outputs, columns.matrix(taps, width).t(), terms, more);
                            D::accumulate(radii, more, numel, |_| Up::ZERO);
                            let magnitudes = magnitude.iter_mut().zip(&*terms);
                            magnitudes.for_each(|(sum, term)| *sum += term.magnitude().get());
                            sums.leaf().iter_mut().zip(&*terms).for_each(|(sum, &term)| *sum = *sum + term);
                            sums.next_row::<F::Acc>(zero, add);
                        }
                        let (sums, bundles) = (sums.total::<F::Acc>(add), self.bundles_per_group());
                        D::accumulate(radii, zeros, numel, |i| {
                            let error = sum_radius::<F>((0.0, magnitude[i]), bundles as f64, bundles);
                            guarded(mid[i], error + narrowing_error(sums[i], mid[i]))
                        });
                    });
                }
            });
        });
    }

    /// The radii of [`Lengths::bias_cotangent`].
    pub(super) fn bias_radii<F: Format, D: Domain>(
        self,
        dy: Ball<'_, F, D>,
        Contribution { mid: db, radii }: Contribution<'_, F>,
    ) {
        let (windows, all) = (self.frame.windows(), self.groups * self.outputs);
        D::fill_steadily(radii, db.len(), [dy.averaged(self.images * windows)], |[dy]| {
            move |o: usize| {
                let line = |image: usize| (image * all + o) * windows..(image * all + o + 1) * windows;
                Summed::elements(dy, (0..self.images).flat_map(line)).radius(db[o])
            }
        });
    }
}

/// Writes the radius of each element.
fn spread<F: Format, D: Domain>(x: Ball<'_, F, D>, each: &mut [f64]) {
    each.iter_mut().enumerate().for_each(|(i, each)| *each = x.radius(i).get());
}

/// Keeps one radius for each element.
fn keep<D: Domain>(radii: &mut [f64], each: &[f64]) {
    D::fill(radii, each.len(), |i: usize| Up::new(each[i]));
}

/// Whether every element has the radius 0.
fn is_exact<F: Format, D: Domain>(x: Ball<'_, F, D>) -> bool {
    x.rad.iter().all(|&radius| radius == 0.0)
}

/// Adds what the rounding to the format costs, where that is not that of the accumulator.
fn narrow<F: Format, D: Domain>(radii: &mut [f64], zeros: &[f64], results: &[F]) {
    if F::ROUNDS_ONCE {
        D::accumulate(radii, zeros, results.len(), |i| results[i].half_ulp());
    }
}
