//! What each op computes over the reals, and its VJP: the laws that the library's values and radii are held to.
//!
//! Written from the textbook definitions and without a look at the library's formulas. Tensors are flat and row-major; the
//! lengths that a rule needs beside those of its operands are its fields.

mod attention;
mod layout;
mod ops;
mod rows;
mod unary;
mod windows;

use crate::exact::Exact;

pub use attention::Lengths;
pub use ops::{Decimals, Law, ShapesOf};
pub use unary::Function;
pub use windows::{Images, Sliding};

/// An op over the reals.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// `a + b`, `b` repeated over the leading axes.
    Add,
    /// `a - b`, likewise.
    Sub,
    /// `a * b` entry by entry, likewise.
    Mul,
    /// `a / b` entry by entry, likewise.
    Div,
    /// The larger of `a` and `b`, likewise; equal ones have half of the derivative each.
    Maximum,
    /// The smaller, likewise.
    Minimum,
    /// `-x`.
    Neg,
    /// `max(x, 0)`, with derivative 0 at 0.
    Relu,
    /// `e^x`.
    Exp,
    /// `tanh x`.
    Tanh,
    /// `c x` for the decimal fraction `c = digits / 10^places`.
    Scale {
        /// The digits of the literal without its point.
        digits: i32,
        /// How many of them follow the point.
        places: u8,
    },
    /// The decimal fractions themselves, each `digits / 10^places`: an op without operands.
    Constant(Vec<(i32, u8)>),
    /// `x + c` for such a fraction `c`.
    Shift {
        /// The digits of the number without its point.
        digits: i32,
        /// How many of them follow the point.
        places: u8,
    },
    /// `x / c` for such a fraction `c`.
    Divide {
        /// The digits of the divisor without its point.
        digits: i32,
        /// How many of them follow the point.
        places: u8,
    },
    /// `c / x` for such a fraction `c`.
    Invert {
        /// The digits of the dividend without its point.
        digits: i32,
        /// How many of them follow the point.
        places: u8,
    },
    /// `x` where it is positive, else `c x` for such a fraction `c`.
    LeakyRelu {
        /// The digits of the slope without its point.
        digits: i32,
        /// How many of them follow the point.
        places: u8,
    },
    /// `[m, k] @ [k, n]`.
    MatMul {
        /// Rows of the left matrix.
        m: usize,
        /// The inner length.
        k: usize,
        /// Columns of the right matrix.
        n: usize,
    },
    /// A batch of products `[m, k] @ [k, n]`.
    MatMuls {
        /// Rows of the left matrices.
        m: usize,
        /// The inner length.
        k: usize,
        /// Columns of the right matrices.
        n: usize,
    },
    /// The largest entry along the middle axis of `[outer, length, inner]`; the first of them has all of the gradient.
    Amax(Axis),
    /// The smallest, likewise.
    Amin(Axis),
    /// The rows of a table that a list of integers names.
    Gather {
        /// Rows of the table.
        rows: usize,
        /// Columns of the table.
        columns: usize,
    },
    /// The sum along the middle axis of `[outer, length, inner]`.
    Sum(Axis),
    /// The mean along it.
    Mean(Axis),
    /// `x - ln Σ e^x` along an axis, over the entries whose mask is not 0; 0 at the others.
    LogSoftmax {
        /// Along which axis.
        axis: Axis,
        /// Whether there is a mask, which is repeated over the leading axes.
        masked: bool,
    },
    /// `e^x / Σ e^x` along an axis, over the entries whose mask is not 0.
    Softmax {
        /// Along which axis.
        axis: Axis,
        /// Whether there is a mask, which is repeated over the leading axes.
        masked: bool,
    },
    /// `(x - mean) / √(mean of the squares + ε) * weight + bias` along the last axis; the mean and the bias only if it is centred.
    Norm {
        /// The length of the last axis.
        columns: usize,
        /// Layer norm, not rms norm.
        centred: bool,
        /// `ε` times `10^places`.
        digits: i32,
        /// How many places it has.
        places: u8,
    },
    /// `softmax(q kᵀ / √width) v` in each of the leading axes, over the scores whose mask is not 0.
    Attention(attention::Lengths),
    /// `-Σ t log_softmax(x)` along the last axis, over the entries whose mask is not 0.
    CrossEntropy {
        /// The length of the last axis.
        columns: usize,
        /// Whether there is a mask.
        masked: bool,
    },
    /// `a / max(b, ε)` for such a fraction `ε`, `b` repeated; the derivative by `b` is 0 at `b = ε`.
    SafeDiv {
        /// The digits of `ε` without its point.
        digits: i32,
        /// How many of them follow the point.
        places: u8,
    },
    /// The mean of `ln(1 + e^z) - t z` over everything.
    BceWithLogits,
    /// The mean of `(p - t)²` over everything.
    Mse,
    /// The axes of a tensor of the lengths `dims`, in another order.
    Permute {
        /// The lengths.
        dims: Vec<usize>,
        /// Axis `n` of the result is axis `axes[n]` of the operand.
        axes: Vec<usize>,
    },
    /// The same elements.
    Same,
    /// Each element in the places of the result that have its coordinates, or any where its own length is 1.
    Broadcast {
        /// The lengths of the operand.
        from: Vec<usize>,
        /// The lengths of the result.
        to: Vec<usize>,
    },
    /// Tensors side by side along an axis.
    Concat {
        /// The product of the lengths before the axis.
        outer: usize,
        /// For each operand its length along the axis, times the product of those after it.
        widths: Vec<usize>,
    },
    /// What is left of chunks of `total` elements without the first `start` and all behind the next `width`.
    Slice {
        /// The length of a chunk.
        total: usize,
        /// Where the part begins.
        start: usize,
        /// The length of the part.
        width: usize,
    },
    /// Zeros around chunks of `width` elements, so that they have `total`, of which `start` are in front.
    Pad {
        /// The length of a chunk of the result.
        total: usize,
        /// The zeros in front.
        start: usize,
        /// The length of a chunk of the operand.
        width: usize,
    },
    /// A function of one number, entry by entry.
    Unary(Function),
    /// A window of weights that slides over images, with or without a bias.
    Conv2d(Sliding, Images),
    /// The largest entry of each window; the first of them has all of the gradient.
    MaxPool2d(Sliding),
    /// The mean of each window.
    AvgPool2d(Sliding),
}

/// An axis: the product of the lengths before it, its own length, and the product of those after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The product of the lengths before it.
    pub outer: usize,
    /// Its length.
    pub length: usize,
    /// The product of the lengths after it.
    pub inner: usize,
}

impl Axis {
    /// Where the entries of the sum `s` lie.
    fn entries(self, s: usize) -> impl Iterator<Item = usize> {
        let (o, i) = (s / self.inner, s % self.inner);
        (0..self.length).map(move |l| (o * self.length + l) * self.inner + i)
    }

    fn lines(self) -> usize {
        self.outer * self.inner
    }

    fn sums(self, x: &[Exact]) -> Vec<Exact> {
        (0..self.outer * self.inner).map(|s| Exact::sum(self.entries(s).map(|i| &x[i]))).collect()
    }

    /// For each group the first entry to which no other is preferred.
    fn firsts(self, x: &[Exact], less: impl Fn(&Exact, &Exact) -> bool) -> impl Iterator<Item = usize> {
        (0..self.outer * self.inner)
            .filter_map(move |s| self.entries(s).reduce(|top, i| if less(&x[top], &x[i]) { i } else { top }))
    }

    /// The sum to which each entry belongs.
    fn spread(self, dy: &[Exact]) -> Vec<Exact> {
        (0..self.outer * self.length * self.inner)
            .map(|e| dy[e / (self.length * self.inner) * self.inner + e % self.inner].clone())
            .collect()
    }
}

impl Rule {
    /// The real values.
    pub fn forward(&self, x: &[&[Exact]]) -> Vec<Exact> {
        match *self {
            Self::Permute { ref dims, ref axes } => layout::permuted(x[0], dims, axes),
            Self::Same => x[0].to_vec(),
            Self::Broadcast { ref from, ref to } => layout::stretched(x[0], from, to),
            Self::Concat { outer, ref widths } => layout::joined(x, outer, widths),
            Self::Slice { total, start, width } => layout::cut(x[0], total, start, width),
            Self::Pad { total, start, width } => layout::surrounded(x[0], total, start, width),
            Self::Unary(function) => map(x[0], |x| function.at(x).0),
            Self::Conv2d(sliding, images) => windows::convolved(sliding, images, x),
            Self::MaxPool2d(sliding) => windows::largest(sliding, x[0]),
            Self::AvgPool2d(sliding) => windows::mean(sliding, x[0]),
            Self::Add => repeated(x, |a, b| a.clone() + b),
            Self::Sub => repeated(x, |a, b| a.clone() - b),
            Self::Mul => repeated(x, |a, b| a.clone() * b),
            Self::Div => repeated(x, Exact::over),
            Self::Maximum => repeated(x, |a, b| if a.is_less_than(b) { b.clone() } else { a.clone() }),
            Self::Minimum => repeated(x, |a, b| if b.is_less_than(a) { b.clone() } else { a.clone() }),
            Self::Neg => map(x[0], |x| -x.clone()),
            Self::Relu => map(x[0], |x| if x.is_positive() { x.clone() } else { Exact::zero() }),
            Self::Exp => map(x[0], Exact::exp),
            Self::Tanh => map(x[0], |x| x.tanh_and_slope().0),
            Self::Scale { digits, places } => map(x[0], |x| scaled(x, digits, places)),
            Self::Constant(ref entries) => {
                entries.iter().map(|&(digits, places)| Exact::decimal(digits, places)).collect()
            }
            Self::Shift { digits, places } => map(x[0], |x| x.clone() + &Exact::decimal(digits, places)),
            Self::Divide { digits, places } => map(x[0], |x| x.over(&Exact::decimal(digits, places))),
            Self::Invert { digits, places } => map(x[0], |x| Exact::decimal(digits, places).over(x)),
            Self::LeakyRelu { digits, places } => {
                map(x[0], |x| if x.is_positive() { x.clone() } else { scaled(x, digits, places) })
            }
            Self::MatMul { m, k, n } => product(x[0], x[1], (m, k, n)),
            Self::MatMuls { m, k, n } => batches(x[0], x[1], (m * k, k * n), |a, b| product(a, b, (m, k, n))),
            Self::Amax(axis) => axis.firsts(x[0], Exact::is_less_than).map(|i| x[0][i].clone()).collect(),
            Self::Amin(axis) => axis.firsts(x[0], |a, b| b.is_less_than(a)).map(|i| x[0][i].clone()).collect(),
            Self::Gather { rows, columns } => layout::rows_of(x[0], x[1], rows, columns),
            Self::Sum(axis) => axis.sums(x[0]),
            Self::Mean(axis) => map(&axis.sums(x[0]), |sum| sum.over_exact(&length(axis.length))),
            Self::LogSoftmax { axis, .. } => rows::log_softmax(axis, x),
            Self::Softmax { axis, .. } => rows::softmax(axis, x),
            Self::Attention(lengths) => attention::forward(lengths, x),
            Self::Norm { columns, centred, digits, places } => {
                rows::norm(x, columns, centred, &scaled(&Exact::new(1.0), digits, places))
            }
            Self::CrossEntropy { columns, .. } => rows::cross_entropy(x, columns),
            Self::SafeDiv { digits, places } => {
                let epsilon = Exact::decimal(digits, places);
                repeated(x, |a, b| a.over(if epsilon.is_less_than(b) { b } else { &epsilon }))
            }
            Self::BceWithLogits => {
                let loss = |z: &Exact, t: &Exact| Function::Softplus.at(z).0 - &(t.clone() * z);
                vec![Exact::sum(&together(x[0], x[1], loss)).over_exact(&length(x[0].len()))]
            }
            Self::Mse => {
                let squares = together(x[0], x[1], |p, t| square(&(p.clone() - t)));
                vec![Exact::sum(&squares).over_exact(&length(x[0].len()))]
            }
        }
    }

    /// The real contributions to the cotangents of the operands.
    pub fn vjp(&self, x: &[&[Exact]], dy: &[Exact]) -> Vec<Vec<Exact>> {
        match *self {
            Self::Permute { ref dims, ref axes } => vec![layout::restored(dy, dims, axes)],
            Self::Same | Self::Shift { .. } => vec![dy.to_vec()],
            Self::Broadcast { ref from, ref to } => vec![layout::gathered(dy, from, to)],
            Self::Concat { outer, ref widths } => layout::parted(dy, outer, widths),
            Self::Slice { total, start, width } => {
                let chunks = x[0].len().checked_div(total).unwrap_or(0);
                vec![layout::surrounded_chunks(dy, chunks, total, start, width)]
            }
            Self::Pad { total, start, width } => vec![layout::cut(dy, total, start, width)],
            Self::Unary(function) => vec![together(x[0], dy, |x, d| function.at(x).1 * d)],
            Self::Conv2d(sliding, images) => windows::convolved_vjp(sliding, images, x, dy),
            Self::MaxPool2d(sliding) => vec![windows::largest_vjp(sliding, x[0], dy)],
            Self::AvgPool2d(sliding) => vec![windows::mean_vjp(sliding, x[0].len(), dy)],
            Self::Add => vec![dy.to_vec(), columns(dy, x[1].len())],
            Self::Sub => vec![dy.to_vec(), map(&columns(dy, x[1].len()), |d| -d.clone())],
            Self::Mul => {
                let da = repeated(&[dy, x[1]], |d, b| d.clone() * b);
                let db = together(dy, x[0], |d, a| d.clone() * a);
                vec![da, columns(&db, x[1].len())]
            }
            Self::Div => {
                let da = repeated(&[dy, x[1]], Exact::over);
                let db = together(&together(dy, x[0], |d, a| -(d.clone() * a)), &cycled(x[1], dy.len()), |n, b| {
                    n.over(&square(b))
                });
                vec![da, columns(&db, x[1].len())]
            }
            Self::Maximum => selected(x, dy, Exact::is_less_than),
            Self::Minimum => selected(x, dy, |a, b| b.is_less_than(a)),
            Self::Neg => vec![map(dy, |d| -d.clone())],
            Self::Relu => vec![together(x[0], dy, |x, d| if x.is_positive() { d.clone() } else { Exact::zero() })],
            Self::Exp => vec![together(x[0], dy, |x, d| x.exp() * d)],
            Self::Tanh => vec![together(x[0], dy, |x, d| x.tanh_and_slope().1 * d)],
            Self::Scale { digits, places } => vec![map(dy, |d| scaled(d, digits, places))],
            Self::Constant(_) => vec![],
            Self::Divide { digits, places } => vec![map(dy, |d| d.over(&Exact::decimal(digits, places)))],
            Self::Invert { digits, places } => {
                let slope = |x: &Exact, d: &Exact| -scaled(d, digits, places).over(&square(x));
                vec![together(x[0], dy, slope)]
            }
            Self::LeakyRelu { digits, places } => {
                let slope = |x: &Exact, d: &Exact| if x.is_positive() { d.clone() } else { scaled(d, digits, places) };
                vec![together(x[0], dy, slope)]
            }
            Self::MatMul { m, k, n } => {
                let (a, b) = (transposed(x[0], m, k), transposed(x[1], k, n));
                vec![product(dy, &b, (m, n, k)), product(&a, dy, (k, m, n))]
            }
            Self::MatMuls { m, k, n } => vec![
                batches(dy, x[1], (m * n, k * n), |dy, b| product(dy, &transposed(b, k, n), (m, n, k))),
                batches(x[0], dy, (m * k, m * n), |a, dy| product(&transposed(a, m, k), dy, (k, m, n))),
            ],
            Self::Amax(axis) => vec![at_places(axis.firsts(x[0], Exact::is_less_than), dy, x[0].len())],
            Self::Amin(axis) => vec![at_places(axis.firsts(x[0], |a, b| b.is_less_than(a)), dy, x[0].len())],
            Self::Gather { rows, columns } => {
                vec![layout::sums_of_rows(x[1], dy, rows, columns), vec![Exact::zero(); x[1].len()]]
            }
            Self::Sum(axis) => vec![axis.spread(dy)],
            Self::Mean(axis) => vec![map(&axis.spread(dy), |d| d.over_exact(&length(axis.length)))],
            Self::LogSoftmax { axis, .. } => rows::log_softmax_vjp(axis, x, dy),
            Self::Softmax { axis, .. } => rows::softmax_vjp(axis, x, dy),
            Self::Attention(lengths) => attention::vjp(lengths, x, dy),
            Self::Norm { columns, centred, digits, places } => {
                rows::norm_vjp(x, dy, columns, centred, &scaled(&Exact::new(1.0), digits, places))
            }
            Self::CrossEntropy { columns, .. } => rows::cross_entropy_vjp(x, dy, columns),
            Self::SafeDiv { digits, places } => {
                let epsilon = Exact::decimal(digits, places);
                let b = cycled(x[1], dy.len());
                let clamped = map(&b, |b| if epsilon.is_less_than(b) { b.clone() } else { epsilon.clone() });
                let products = together(dy, x[0], |d, a| -(d.clone() * a));
                let db =
                    together(
                        &products,
                        &b,
                        |n, b| {
                            if epsilon.is_less_than(b) { n.over(&square(b)) } else { Exact::zero() }
                        },
                    );
                vec![together(dy, &clamped, Exact::over), columns(&db, x[1].len())]
            }
            Self::BceWithLogits => {
                let step = dy[0].over_exact(&length(x[0].len()));
                let dz = together(x[0], x[1], |z, t| (z.logistic().0 - t) * &step);
                vec![dz, map(x[0], |z| -(z.clone() * &step))]
            }
            Self::Mse => {
                let step = (Exact::new(2.0) * &dy[0]).over_exact(&length(x[0].len()));
                let dp = together(x[0], x[1], |p, t| (p.clone() - t) * &step);
                let dt = map(&dp, |d| -d.clone());
                vec![dp, dt]
            }
        }
    }
}

/// `x - m - ln Σ e^(x - m)`, with `m` the maximum: the same number for every `m`, but of moderate size.
fn log_softmax(x: &[Exact]) -> Vec<Exact> {
    if x.is_empty() {
        return Vec::new();
    }
    let shifted = shifted(x);
    let log = Exact::sum(&map(&shifted, Exact::exp)).ln();
    map(&shifted, |x| x.clone() - &log)
}

fn softmax(x: &[Exact]) -> Vec<Exact> {
    if x.is_empty() {
        return Vec::new();
    }
    let powers = map(&shifted(x), Exact::exp);
    let inverse = Exact::sum(&powers).reciprocal_above_one();
    map(&powers, |p| p.clone() * &inverse)
}

fn shifted(x: &[Exact]) -> Vec<Exact> {
    let largest = x.iter().reduce(|a, b| if a.is_less_than(b) { b } else { a });
    largest.map_or_else(Vec::new, |largest| map(x, |x| x.clone() - largest))
}

fn product(a: &[Exact], b: &[Exact], (m, k, n): (usize, usize, usize)) -> Vec<Exact> {
    let entry = |i: usize, j: usize| (0..k).map(|p| a[i * k + p].clone() * &b[p * n + j]).collect::<Vec<_>>();
    (0..m * n).map(|e| Exact::sum(&entry(e / n, e % n))).collect()
}

/// Each number at its place, and zeros elsewhere.
fn at_places(places: impl Iterator<Item = usize>, dy: &[Exact], numel: usize) -> Vec<Exact> {
    let mut out = vec![Exact::zero(); numel];
    places.zip(dy).for_each(|(place, dy)| out[place] = dy.clone());
    out
}

/// Both tensors cut into pieces of these lengths, and what comes of each pair.
fn batches(
    a: &[Exact],
    b: &[Exact],
    lengths: (usize, usize),
    f: impl Fn(&[Exact], &[Exact]) -> Vec<Exact>,
) -> Vec<Exact> {
    a.chunks_exact(lengths.0).zip(b.chunks_exact(lengths.1)).flat_map(|(a, b)| f(a, b)).collect()
}

fn transposed(a: &[Exact], rows: usize, columns: usize) -> Vec<Exact> {
    (0..rows * columns).map(|e| a[e % rows * columns + e / rows].clone()).collect()
}

fn scaled(x: &Exact, digits: i32, places: u8) -> Exact {
    (Exact::new(digits.into()) * x).over_exact(&Exact::new(10_f64.powi(places.into())))
}

fn square(x: &Exact) -> Exact {
    x.clone() * x
}

fn length(n: usize) -> Exact {
    Exact::new(n as f64)
}

fn map(x: &[Exact], f: impl Fn(&Exact) -> Exact) -> Vec<Exact> {
    x.iter().map(f).collect()
}

fn together(a: &[Exact], b: &[Exact], f: impl Fn(&Exact, &Exact) -> Exact) -> Vec<Exact> {
    a.iter().zip(b).map(|(a, b)| f(a, b)).collect()
}

/// The second operand repeated over the leading axes of the first.
fn repeated(x: &[&[Exact]], f: impl Fn(&Exact, &Exact) -> Exact) -> Vec<Exact> {
    x[0].iter().zip(x[1].iter().cycle()).map(|(a, b)| f(a, b)).collect()
}

fn cycled(x: &[Exact], len: usize) -> Vec<Exact> {
    x.iter().cycle().take(len).cloned().collect()
}

/// The cotangents of the larger of two, in an order; half each where they are equal.
fn selected(x: &[&[Exact]], dy: &[Exact], less: impl Fn(&Exact, &Exact) -> bool) -> Vec<Vec<Exact>> {
    let share = |(own, other): (&Exact, &Exact), dy: &Exact| match (less(own, other), less(other, own)) {
        (true, _) => Exact::zero(),
        (_, true) => dy.clone(),
        _ => dy.clone() * &Exact::new(0.5),
    };
    let b = cycled(x[1], dy.len());
    let (left, right) = (x[0].iter().zip(&b), b.iter().zip(x[0]));
    let da = left.zip(dy).map(|(pair, dy)| share(pair, dy)).collect();
    let db: Vec<_> = right.zip(dy).map(|(pair, dy)| share(pair, dy)).collect();
    vec![da, columns(&db, x[1].len())]
}

/// The sum over the leading axes: what the cotangent of a repeated operand is.
fn columns(x: &[Exact], columns: usize) -> Vec<Exact> {
    (0..columns).map(|j| Exact::sum(x.iter().skip(j).step_by(columns))).collect()
}

fn rows(x: &[Exact], columns: usize) -> impl Iterator<Item = &[Exact]> {
    x.chunks_exact(columns.max(1))
}
