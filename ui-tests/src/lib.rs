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
