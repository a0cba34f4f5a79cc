//! What must not compile, and what it says.
//!
//! The messages of `graph!` itself are in `fail/`, word for word. Here is what rustc words: the code of its error is
//! checked, not the text, which shows lines of nfgrad and changes with them.
//!
//! # Const generics that do not fit
//!
//! They are checked when the graph is built with them, and the message names the dimension of the model that fails:
//! "graph `Net` needs WIDTH % HEADS == 0 \[NF0045\]".
//!
//! ```compile_fail,E0080
//! # use nfgrad::prelude::*;
//! graph! {
//!     pub graph Net<const WIDTH: usize, const HEADS: usize> where WIDTH % HEADS == 0 {
//!         input x: [WIDTH/HEADS, HEADS];
//!         param w: [HEADS, 2];
//!         output y = relu(x @ w);
//!     }
//! }
//! Net::<10, 3>::run::<f32>().forward();
//! ```
//!
//! ```
//! # use nfgrad::prelude::*;
//! # graph! {
//! #     pub graph Net<const WIDTH: usize, const HEADS: usize> where WIDTH % HEADS == 0 {
//! #         input x: [WIDTH/HEADS, HEADS];
//! #         param w: [HEADS, 2];
//! #         output y = relu(x @ w);
//! #     }
//! # }
//! Net::<12, 3>::run::<f32>().forward();
//! ```
//!
//! A window that is larger than the data, "the dimension N - K + 1 is negative":
//!
//! ```compile_fail,E0080
//! # use nfgrad::prelude::*;
//! graph! {
//!     pub graph Windows<const N: usize, const K: usize> {
//!         input x: [N - K + 1, K];
//!         param w: [K, 2];
//!         output y = relu(x @ w);
//!     }
//! }
//! Windows::<3, 5>::run::<f32>().forward();
//! ```
//!
//! A quotient with a remainder, "the dimension (N - 3)/2 is not a whole number", and one by zero:
//!
//! ```compile_fail,E0080
//! # use nfgrad::prelude::*;
//! graph! {
//!     pub graph Strides<const N: usize> {
//!         input x: [N, (N - 3)/2 + 1];
//!         param w: [(N - 3)/2 + 1];
//!         output y = relu(x @ w);
//!     }
//! }
//! Strides::<6>::run::<f32>().forward();
//! ```
//!
//! ```compile_fail,E0080
//! # use nfgrad::prelude::*;
//! graph! {
//!     pub graph Parts<const N: usize, const K: usize> {
//!         input x: [N, N/K];
//!         param w: [N/K];
//!         output y = x @ w;
//!     }
//! }
//! Parts::<3, 0>::run::<f32>().forward();
//! ```
//!
//! A kernel that is larger than the image with its padding, "`conv2d`: a window of length K does not fit into axis 2 of `x` with its
//! padding, which has the length H + 2", and a length that is not rounded down:
//!
//! ```compile_fail,E0080
//! # use nfgrad::prelude::*;
//! graph! {
//!     pub graph Layer<const H: usize, const K: usize> {
//!         input x: [1, 3, H, H];
//!         param w: [8, 3, K, K];
//!         output y = conv2d(x, w, padding = 1);
//!     }
//! }
//! Layer::<4, 7>::run::<f32>().forward();
//! ```
//!
//! ```compile_fail,E0080
//! # use nfgrad::prelude::*;
//! graph! {
//!     pub graph Pool<const H: usize> {
//!         input x: [3, H, H];
//!         output y: [3, H/2, H/2] = max_pool2d(x, size = 2);
//!     }
//! }
//! Pool::<7>::run::<f32>().forward();
//! ```
//!
//! ```
//! # use nfgrad::prelude::*;
//! # graph! {
//! #     pub graph Layer<const H: usize, const K: usize> {
//! #         input x: [1, 3, H, H];
//! #         param w: [8, 3, K, K];
//! #         output y = conv2d(x, w, padding = 1);
//! #     }
//! # }
//! # graph! {
//! #     pub graph Pool<const H: usize> {
//! #         input x: [3, H, H];
//! #         output y: [3, floor(H/2), floor(H/2)] = max_pool2d(x, size = 2);
//! #     }
//! # }
//! Layer::<4, 6>::run::<f32>().forward();
//! Pool::<7>::run::<f32>().forward(); // with floor(H/2) in the place of H/2
//! ```
//!
//! A range that goes beyond its axis, "`slice`: the range 1..N goes beyond axis 0 of `x`, which has the length M":
//!
//! ```compile_fail,E0080
//! # use nfgrad::prelude::*;
//! graph! {
//!     pub graph Part<const N: usize, const M: usize> {
//!         input x: [M, 3];
//!         output y = slice(x, axis = 0, range = 1..N);
//!     }
//! }
//! Part::<6, 5>::run::<f32>().forward();
//! ```
//!
//! ```
//! # use nfgrad::prelude::*;
//! # graph! {
//! #     pub graph Part<const N: usize, const M: usize> {
//! #         input x: [M, 3];
//! #         output y = slice(x, axis = 0, range = 1..N);
//! #     }
//! # }
//! Part::<5, 5>::run::<f32>().forward();
//! ```
//!
//! A fact that was stated and is not so, "graph `Patches` needs H*W == P":
//!
//! ```compile_fail,E0080
//! # use nfgrad::prelude::*;
//! graph! {
//!     pub graph Patches<const H: usize, const W: usize, const P: usize> where H * W == P {
//!         input x: [H, W];
//!         output y = reshape(x, [P]);
//!     }
//! }
//! Patches::<3, 4, 13>::run::<f32>().forward();
//! ```
//!
//! An op written by hand whose argument contradicts its operand, "`reshape` changes the number of elements":
//!
//! ```compile_fail,E0080
//! # use nfgrad::graph::{Leaves, Node, Run, Then};
//! # use nfgrad::op::Reshape;
//! # use nfgrad::prelude::*;
//! type Start = Leaves<Snoc<Nil, (D<3>, D<2>)>, Nil>;
//! type C = <Start as RevGraph>::Context;
//! type Wrong = Then<Start, Node<Reshape<(D<7>,)>, (Idx<C, (D<3>, D<2>), 0>,)>>;
//! Run::<Wrong, f32>::new().forward();
//! ```
//!
//! An axis that a matrix does not have, "a tensor of shape `(D<3>, D<2>)` has no `Axis<2>`":
//!
//! ```compile_fail,E0277
//! # use nfgrad::graph::{Leaves, Node, Run, Then};
//! # use nfgrad::op::{Axis, Permute};
//! # use nfgrad::prelude::*;
//! type Start = Leaves<Snoc<Nil, (D<3>, D<2>)>, Nil>;
//! type C = <Start as RevGraph>::Context;
//! type Wrong = Then<Start, Node<Permute<(Axis<0>, Axis<2>)>, (Idx<C, (D<3>, D<2>), 0>,)>>;
//! Run::<Wrong, f32>::new().forward();
//! ```
//!
//! # A gradient without a loss
//!
//! "graph `Net` has no scalar output to differentiate":
//!
//! ```compile_fail,E0277
//! # use nfgrad::prelude::*;
//! graph! {
//!     pub graph Net<const B: usize> {
//!         input x: [B, 64];
//!         param w: [64, 32];
//!         output y = relu(x @ w);
//!     }
//! }
//! let mut run = Net::<8>::run::<f32>();
//! run.forward();
//! run.backward();
//! ```

pub mod blocks;
mod book;
