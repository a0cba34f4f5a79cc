//! Windows that slide over images, entry by entry from the coordinates.

use super::{length, map};
use crate::exact::Exact;

/// How windows slide over both axes of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sliding {
    /// The channels of all images together, for a pooling; those of one, for a convolution.
    pub channels: usize,
    /// Height and width of an image.
    pub image: [usize; 2],
    /// Height and width of a window.
    pub window: [usize; 2],
    /// How many windows there are along both axes.
    pub result: [usize; 2],
    /// How far apart windows are.
    pub stride: usize,
    /// The zeros around an image.
    pub padding: usize,
    /// How far apart the entries of a window are.
    pub dilation: usize,
}

/// What a convolution has besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Images {
    /// How many there are.
    pub images: usize,
    /// The channels of the result.
    pub outputs: usize,
    /// In how many groups the channels fall.
    pub groups: usize,
}

impl Sliding {
    /// For window `[i, j]` and tap `[a, b]` the place in a channel, or nothing in the padding.
    fn place(&self, window: [usize; 2], tap: [usize; 2]) -> Option<usize> {
        let along = |axis: usize| {
            let shifted = window[axis] * self.stride + tap[axis] * self.dilation;
            shifted.checked_sub(self.padding).filter(|place| *place < self.image[axis])
        };
        Some(along(0)? * self.image[1] + along(1)?)
    }

    fn taps(self) -> impl Iterator<Item = [usize; 2]> {
        let [height, width] = self.window;
        (0..height).flat_map(move |a| (0..width).map(move |b| [a, b]))
    }

    fn windows(self) -> impl Iterator<Item = [usize; 2]> {
        let [height, width] = self.result;
        (0..height).flat_map(move |i| (0..width).map(move |j| [i, j]))
    }

    /// The entries of every window, of one channel after another.
    fn entries(self) -> impl Iterator<Item = Vec<usize>> {
        let numel = self.image[0] * self.image[1];
        (0..self.channels).flat_map(move |channel| {
            self.windows().map(move |window| {
                self.taps().filter_map(|tap| Some(channel * numel + self.place(window, tap)?)).collect()
            })
        })
    }

    /// For each window the first entry that no other is larger than.
    fn tops(self, x: &[Exact]) -> impl Iterator<Item = usize> {
        let larger = |top: usize, i: usize| if x[top].is_less_than(&x[i]) { i } else { top };
        self.entries().filter_map(move |entries| entries.into_iter().reduce(larger))
    }
}

/// Calls `visit` with the places in result, image and weights of every product.
fn products(sliding: Sliding, images: Images, mut visit: impl FnMut(usize, usize, usize)) {
    let Images { images, outputs, groups } = images;
    let (inputs, [height, width]) = (sliding.channels / groups, sliding.image);
    for (n, o) in (0..images).flat_map(|n| (0..outputs).map(move |o| (n, o))) {
        for (l, window) in sliding.windows().enumerate() {
            let y = (n * outputs + o) * sliding.result[0] * sliding.result[1] + l;
            for c in 0..inputs {
                let channel = n * sliding.channels + o / (outputs / groups) * inputs + c;
                for (k, tap) in sliding.taps().enumerate() {
                    if let Some(place) = sliding.place(window, tap) {
                        let w = (o * inputs + c) * sliding.window[0] * sliding.window[1] + k;
                        visit(y, channel * height * width + place, w);
                    }
                }
            }
        }
    }
}

fn add(sums: &mut [Exact], i: usize, term: &Exact) {
    sums[i] = sums[i].clone() + term;
}

/// `Σ w x + b`.
pub(super) fn convolved(sliding: Sliding, images: Images, x: &[&[Exact]]) -> Vec<Exact> {
    let windows = sliding.result[0] * sliding.result[1];
    let bias = |i: usize| x.get(2).map_or_else(Exact::zero, |bias| bias[i / windows % images.outputs].clone());
    let mut y: Vec<_> = (0..images.images * images.outputs * windows).map(bias).collect();
    products(sliding, images, |y_at, x_at, w_at| add(&mut y, y_at, &(x[0][x_at].clone() * &x[1][w_at])));
    y
}

/// The contributions to the cotangents of images, weights and bias.
pub(super) fn convolved_vjp(sliding: Sliding, images: Images, x: &[&[Exact]], dy: &[Exact]) -> Vec<Vec<Exact>> {
    let mut dx: Vec<_> = x.iter().map(|x| vec![Exact::zero(); x.len()]).collect();
    products(sliding, images, |y_at, x_at, w_at| {
        add(&mut dx[0], x_at, &(dy[y_at].clone() * &x[1][w_at]));
        add(&mut dx[1], w_at, &(dy[y_at].clone() * &x[0][x_at]));
    });
    if let Some(db) = dx.get_mut(2) {
        let windows = sliding.result[0] * sliding.result[1];
        dy.iter().enumerate().for_each(|(i, dy)| add(db, i / windows % images.outputs, dy));
    }
    dx
}

/// The largest entry of each window.
pub(super) fn largest(sliding: Sliding, x: &[Exact]) -> Vec<Exact> {
    sliding.tops(x).map(|top| x[top].clone()).collect()
}

/// Everything for the first largest entry of each window.
pub(super) fn largest_vjp(sliding: Sliding, x: &[Exact], dy: &[Exact]) -> Vec<Exact> {
    let mut dx = vec![Exact::zero(); x.len()];
    sliding.tops(x).zip(dy).for_each(|(top, dy)| add(&mut dx, top, dy));
    dx
}

/// The mean of each window, zeros around the image included.
pub(super) fn mean(sliding: Sliding, x: &[Exact]) -> Vec<Exact> {
    let all = length(sliding.window[0] * sliding.window[1]);
    sliding.entries().map(|entries| Exact::sum(entries.iter().map(|i| &x[*i])).over_exact(&all)).collect()
}

/// An equal share for every entry.
pub(super) fn mean_vjp(sliding: Sliding, numel: usize, dy: &[Exact]) -> Vec<Exact> {
    let mut dx = vec![Exact::zero(); numel];
    for (entries, dy) in sliding.entries().zip(dy) {
        for i in entries {
            add(&mut dx, i, dy);
        }
    }
    map(&dx, |dx| dx.over_exact(&length(sliding.window[0] * sliding.window[1])))
}
