//! Whole graphs against exact reverse mode over the reals: chains, diamonds, one node twice, dead ends.

mod graphs {
    pub(crate) mod machine;
}

use nfgrad::format::{E5m2, bf16 as Brain};
use nfgrad::op::{
    Add, All, Amax, AvgPool2d, Axis, BceWithLogits, Broadcast, Cast, Concat, Conv2d, CrossEntropy, Div, Exp, Integer,
    LeakyRelu, LogSoftmax, MatMul, MaxPool2d, Maximum, Mean, Minimum, Mse, Mul, Neg, Pad, Permute, Pow, Relu, Reshape,
    SafeDiv, SafeLog, SafeLogSmooth, Slice, Sub, Sum, Tanh, Transpose,
};
use nfgrad::prelude::*;

use nfgrad_tests::literals;

use graphs::machine::graphs;

literals! {
    Tenth = "0.1", 0.1, false;
}

type M23 = (D<2>, D<3>);
type M33 = (D<3>, D<3>);
type M34 = (D<3>, D<4>);
type M24 = (D<2>, D<4>);
type V2 = (D<2>,);
type V3 = (D<3>,);
type V4 = (D<4>,);
type M44 = (D<4>, D<4>);
type M31 = (D<3>, D<1>);
type M32 = (D<3>, D<2>);
type C234 = (D<2>, D<3>, D<4>);
type C243 = (D<2>, D<4>, D<3>);
type C233 = (D<2>, D<3>, D<3>);
type Beside = Concat<Axis<0>, D<4>>;
type Middle = Slice<Axis<0>, D<1>, D<2>>;
type Leaky = LeakyRelu<Tenth>;
type SmoothLog = SafeLogSmooth<Tenth>;
type ClampedLog = SafeLog<Tenth>;
type Quotient = SafeDiv<Tenth>;
type Cube = Pow<Integer<3>>;
type Inverse = Pow<Integer<-1>>;
type Images = (D<2>, D<1>, D<4>, D<4>);
type Weights = (D<2>, D<1>, D<3>, D<3>);
type Features = (D<2>, D<2>, D<4>, D<4>);
type Pooled = (D<2>, D<2>, D<2>, D<2>);
type Smooth = (D<2>, D<2>, D<3>, D<3>);
type Same = Conv2d<D<1>, D<1>, D<1>, D<1>, D<4>, D<4>>;
type Halved = MaxPool2d<D<2>, D<2>, D<0>, D<2>, D<2>>;
type Smoothed = AvgPool2d<D<2>, D<1>, D<1>, D<3>, D<3>>;
type ZerosBefore = Pad<Axis<1>, D<1>, D<0>, D<3>>;

graphs! {
    /// `sum(relu(x @ w + b))`
    layer: 60 cases {
        params [0: M34, 1: V4]; inputs [2: M23];
        G1 = 3: MatMul [2: M23, 0: M34] => M24;
        G2 = 4: Add [3: M24, 1: V4] => M24;
        G3 = 5: Relu [4: M24] => M24;
        G4 = 6: Sum<All> [5: M24] => ();
    }

    /// `mean(tanh(x @ v) @ w + c)`, through two layers
    two_layers: 25 cases {
        params [0: M34, 1: V4, 2: ()]; inputs [3: M23];
        G1 = 4: MatMul [3: M23, 0: M34] => M24;
        G2 = 5: Tanh [4: M24] => M24;
        G3 = 6: MatMul [5: M24, 1: V4] => V2;
        G4 = 7: Add [6: V2, 2: ()] => V2;
        G5 = 8: Mean<All> [7: V2] => ();
    }

    /// `mean(tanh(cast(x, E5m2) @ cast(w, bf16)))`: operands of two formats, accumulated in a third
    mixed_precision: 40 cases {
        params [0: M34]; inputs [1: M23];
        G1 = 2: Cast<E5m2> [1: M23] => M23;
        G2 = 3: Cast<Brain> [0: M34] => M34;
        G3 = 4: MatMul [2: M23, 3: M34] => M24;
        G4 = 5: Tanh [4: M24] => M24;
        G5 = 6: Mean<All> [5: M24] => ();
    }

    /// `sum(h * h)` with h = x @ w: one node twice in a product
    square: 60 cases {
        params [0: M34]; inputs [1: M23];
        G1 = 2: MatMul [1: M23, 0: M34] => M24;
        G2 = 3: Mul [2: M24, 2: M24] => M24;
        G3 = 4: Sum<All> [3: M24] => ();
    }

    /// `mean(relu(h) + tanh(h) - h)`: one node with three consumers
    three_consumers: 25 cases {
        params [0: V3]; inputs [1: M23];
        G1 = 2: Mul [1: M23, 0: V3] => M23;
        G2 = 3: Relu [2: M23] => M23;
        G3 = 4: Tanh [2: M23] => M23;
        G4 = 5: Add [3: M23, 4: M23] => M23;
        G5 = 6: Sub [5: M23, 2: M23] => M23;
        G6 = 7: Mean<All> [6: M23] => ();
    }

    /// `(w + w) - (w + w) + w`, and its sum: one node twice in a sum and in a difference
    same_node_twice: 60 cases {
        params [0: V3]; inputs [];
        G1 = 1: Add [0: V3, 0: V3] => V3;
        G2 = 2: Sub [1: V3, 1: V3] => V3;
        G3 = 3: Add [2: V3, 0: V3] => V3;
        G4 = 4: Sum<Axis<0>> [3: V3] => ();
    }

    /// `sum(w @ w @ w)`: a parameter that meets itself
    cube: 60 cases {
        params [0: M33]; inputs [];
        G1 = 1: MatMul [0: M33, 0: M33] => M33;
        G2 = 2: MatMul [1: M33, 0: M33] => M33;
        G3 = 3: Sum<All> [2: M33] => ();
    }

    /// A parameter that nothing reads, and a node that leads nowhere
    dead_ends: 60 cases {
        params [0: V3, 1: V3]; inputs [2: V3];
        G1 = 3: Mul [0: V3, 2: V3] => V3;
        G2 = 4: Neg [3: V3] => V3;
        G3 = 5: Relu [3: V3] => V3;
        G4 = 6: Sum<All> [5: V3] => ();
    }

    /// A node over inputs alone has no gradient, and what follows it has
    inputs_alone: 60 cases {
        params [0: V3]; inputs [1: M23, 2: V3];
        G1 = 3: Add [1: M23, 2: V3] => M23;
        G2 = 4: Relu [3: M23] => M23;
        G3 = 5: MatMul [4: M23, 0: V3] => V2;
        G4 = 6: Mean<Axis<0>> [5: V2] => ();
    }

    /// `mean(cross_entropy(x @ w + b, t))`: a classifier
    classifier: 12 cases {
        params [0: M34, 1: V4]; inputs [2: M23, 3: M24];
        G1 = 4: MatMul [2: M23, 0: M34] => M24;
        G2 = 5: Add [4: M24, 1: V4] => M24;
        G3 = 6: CrossEntropy [5: M24, 3: M24] => V2;
        G4 = 7: Mean<All> [6: V2] => ();
    }

    /// The same with its loss spelled out, and the logarithms used twice
    spelled_out: 12 cases {
        params [0: M23]; inputs [1: M23];
        G1 = 2: LogSoftmax<Axis<1>> [0: M23] => M23;
        G2 = 3: Mul [2: M23, 1: M23] => M23;
        G3 = 4: Sub [3: M23, 2: M23] => M23;
        G4 = 5: Sum<Axis<1>> [4: M23] => V2;
        G5 = 6: Neg [5: V2] => V2;
        G6 = 7: Mean<All> [6: V2] => ();
    }

    /// `mse(tanh(x @ w), t)`
    regression: 25 cases {
        params [0: M34]; inputs [1: M23, 2: M24];
        G1 = 3: MatMul [1: M23, 0: M34] => M24;
        G2 = 4: Tanh [3: M24] => M24;
        G3 = 5: Mse [4: M24, 2: M24] => ();
    }

    /// `mse(h, h) + mse(w, t)`: one node as prediction and as target
    same_target: 60 cases {
        params [0: V3]; inputs [1: V3];
        G1 = 2: Mul [0: V3, 1: V3] => V3;
        G2 = 3: Mse [2: V3, 2: V3] => ();
        G3 = 4: Mse [0: V3, 1: V3] => ();
        G4 = 5: Add [3: (), 4: ()] => ();
    }

    /// `exp(s) * s - s` for a scalar: everything is one number
    scalar: 60 cases {
        params [0: ()]; inputs [];
        G1 = 1: Exp [0: ()] => ();
        G2 = 2: Mul [1: (), 0: ()] => ();
        G3 = 3: Sub [2: (), 0: ()] => ();
    }

    /// `sum((w / v) * max(w, v)) + sum(h / h)` with h = w / v: quotients and selections, of a node by itself too
    quotients: 40 cases {
        params [0: M23, 1: V3]; inputs [];
        G1 = 2: Div [0: M23, 1: V3] => M23;
        G2 = 3: Maximum [0: M23, 1: V3] => M23;
        G3 = 4: Mul [2: M23, 3: M23] => M23;
        G4 = 5: Div [2: M23, 2: M23] => M23;
        G5 = 6: Minimum [5: M23, 5: M23] => M23;
        G6 = 7: Add [4: M23, 6: M23] => M23;
        G7 = 8: Sum<All> [7: M23] => ();
    }

    /// `mean(leaky_relu(x @ w) ^ 3 - w' ^ -1)`: a slope, and powers of both signs
    powers: 40 cases {
        params [0: M34, 1: V4]; inputs [2: M23];
        G1 = 3: MatMul [2: M23, 0: M34] => M24;
        G2 = 4: Leaky [3: M24] => M24;
        G3 = 5: Cube [4: M24] => M24;
        G4 = 6: Inverse [1: V4] => V4;
        G5 = 7: Sub [5: M24, 6: V4] => M24;
        G6 = 8: Mean<All> [7: M24] => ();
    }

    /// `bce(logs(x @ w) / max(safe_log_smooth(w'), 0.1), t)`: logarithms and quotients that cannot fail
    guarded: 25 cases {
        params [0: M34, 1: V4]; inputs [2: M23, 3: M24];
        G1 = 4: MatMul [2: M23, 0: M34] => M24;
        G2 = 5: LogSoftmax<Axis<1>> [4: M24] => M24;
        G3 = 6: SmoothLog [1: V4] => V4;
        G4 = 7: Quotient [5: M24, 6: V4] => M24;
        G5 = 8: Quotient [7: M24, 7: M24] => M24;
        G6 = 9: ClampedLog [8: M24] => M24;
        G7 = 10: Add [9: M24, 7: M24] => M24;
        G8 = 11: BceWithLogits [10: M24, 3: M24] => ();
    }

    /// Reductions along either axis of what was repeated
    axes: 60 cases {
        params [0: M23, 1: V3, 2: ()]; inputs [];
        G1 = 3: Mul [0: M23, 1: V3] => M23;
        G2 = 4: Sub [3: M23, 2: ()] => M23;
        G3 = 5: Mean<Axis<0>> [4: M23] => V3;
        G4 = 6: Sum<Axis<1>> [4: M23] => V2;
        G5 = 7: Sum<All> [5: V3] => ();
        G6 = 8: Mean<All> [6: V2] => ();
        G7 = 9: Mul [7: (), 8: ()] => ();
    }

    /// A tensor beside itself, and a part of both: two contributions that overlap
    beside_itself: 40 cases {
        params [0: M24]; inputs [1: M24];
        G1 = 2: Beside [0: M24, 0: M24] => M44;
        G2 = 3: Middle [2: M44] => M24;
        G3 = 4: Mul [3: M24, 1: M24] => M24;
        G4 = 5: Sum<All> [4: M24] => ();
    }

    /// `sum(amax(q @ transpose(q), axis = 2))`: a batch that meets itself, and the largest score of each row
    scores: 25 cases {
        params [0: C234]; inputs [];
        G1 = 1: Transpose [0: C234] => C243;
        G2 = 2: MatMul [0: C234, 1: C243] => C233;
        G3 = 3: Amax<Axis<2>> [2: C233] => M23;
        G4 = 4: Sum<All> [3: M23] => ();
    }

    /// A column stretched over rows, with zeros before it, turned over
    stretched: 40 cases {
        params [0: V3]; inputs [1: M32];
        G1 = 2: Reshape<M31> [0: V3] => M31;
        G2 = 3: Broadcast<M32> [2: M31] => M32;
        G3 = 4: Mul [3: M32, 1: M32] => M32;
        G4 = 5: ZerosBefore [4: M32] => M33;
        G5 = 6: Permute<(Axis<1>, Axis<0>)> [5: M33] => M33;
        G6 = 7: Mean<All> [6: M33] => ();
    }

    /// `mean(avg_pool2d(max_pool2d(relu(conv2d(x, w, b)))))`: a small convolutional network, and its weights twice
    convolutional: 12 cases {
        params [0: Weights, 1: V2]; inputs [2: Images];
        G1 = 3: Same [2: Images, 0: Weights, 1: V2] => Features;
        G2 = 4: Relu [3: Features] => Features;
        G3 = 5: Halved [4: Features] => Pooled;
        G4 = 6: Smoothed [5: Pooled] => Smooth;
        G5 = 7: Mean<All> [6: Smooth] => ();
        G6 = 8: Sum<All> [0: Weights] => ();
        G7 = 9: Mul [7: (), 8: ()] => ();
    }
}
