//! Convolutions and poolings with symbols, through flatten and a linear layer; lengths that are rounded down, and blocks.
#![deny(missing_docs, unused, warnings)]

use nfgrad::prelude::*;

graph! {
    /// LeNet-5 for square pictures of any size that two poolings divide.
    pub graph LeNet<const B: usize, const H: usize> {
        /// Pictures of one channel.
        input x: [B, 1, H, H];
        /// One-hot classes.
        input t: [B, 10];
        param k1: [6, 1, 5, 5];
        param b1: [6];
        param k2: [16, 6, 5, 5];
        param b2: [16];
        param w: [16 * (H/4 - 2) * (H/4 - 2), 10];
        param b: [10];

        let h1: [B, 6, H, H] = relu(conv2d(x, k1, b1, padding = 2));
        let p1: [B, 6, H/2, H/2] = max_pool2d(h1, size = 2);
        let h2 = relu(conv2d(p1, k2, b2));
        let p2: [B, 16, (H/2 - 4)/2, H/4 - 2] = max_pool2d(h2, size = 2);
        let y = flatten(p2, from = 1) @ w + b;
        output loss = mean(cross_entropy(y, t));
        output y;
    }
}

graph! {
    /// Half as large, whatever the size: the first layer of a residual network and its pooling.
    pub graph Stem<const B: usize, const C: usize, const H: usize, const W: usize> {
        /// Pictures.
        input x: [B, C, H, W];
        param w: [8, C, 7, 7];
        let h: [B, 8, floor((H - 1)/2) + 1, floor((W + 1)/2)] = conv2d(x, w, stride = 2, padding = 3);
        /// A quarter.
        output y: [B, 8, floor((H - 1)/4) + 1, floor((W + 3)/4)] = max_pool2d(h, size = 3, stride = 2, padding = 1);
    }
}

graph! {
    /// Everything a symbol.
    pub graph Layer<const N: usize, const I: usize, const O: usize, const G: usize, const H: usize, const K: usize, const S: usize,
        const P: usize, const E: usize> where O % G == 0
    {
        /// Images.
        input x: [N, I, H, H];
        param w: [O, I/G, K, K];
        param b: [O];
        output y: [N, O, (H + 2*P - E*(K - 1) - 1)/S + 1, (H + 2*P - E*(K - 1) - 1)/S + 1] =
            conv2d(x, w, b, stride = S, padding = P, dilation = E, groups = G);
    }
}

graph! {
    /// A stem and two layers as blocks, and one number for each channel.
    pub graph Deep<const B: usize> {
        /// Pictures of 33 x 40.
        input x: [B, 3, 33, 40];
        block stem: Stem<B, 3, 33, 40>;
        param w: [8, 1, 3, 3];
        let h: [B, 8, 9, 10] = stem(x);
        let depthwise: [B, 8, 9, 10] = conv2d(h, w, padding = 1, groups = 8);
        let whole = avg_pool2d(depthwise, size = 9);
        output y: [B, 8, 1, 1] = whole;
    }
}

graph! {
    /// One image without a batch, a layer as a block of it.
    pub graph Single<const H: usize> where H > 1 {
        /// One image.
        input x: [1, H, H];
        param w: [4, 1, 2, 2];
        block head: Layer<_, 4, 2, 1, _, 1, 1, 0, 1>;
        let h: [4, H + 1, H + 1] = conv2d(x, w, padding = 1);
        let batch = reshape(h, [1, 4, H + 1, H + 1]);
        let same: [1, 2, H + 1, H + 1] = head(batch);
        output y: [1, 2, floor((H + 1)/2), floor((H + 1)/2)] = avg_pool2d(same, size = 2);
    }
}

fn main() {
    let mut run = LeNet::<2, 28>::bounded::<f32, Elementwise>();
    run.forward().unwrap();
    run.backward().unwrap();
    let mut run = Stem::<1, 3, 17, 20>::run::<f32>();
    run.forward();
    let mut run = Layer::<2, 4, 6, 2, 9, 3, 2, 1, 1>::bounded::<f32, Uniform>();
    run.forward().unwrap();
    let mut run = Deep::<2>::run::<f32>();
    run.forward();
    let mut run = Single::<5>::run::<f32>();
    run.forward();
}
