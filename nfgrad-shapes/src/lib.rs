//! The type level of nfgrad: dimensions, shapes, contexts and the witnesses that point into them.
//!
//! Nothing here holds a value. Every item exists so that rustc can refuse a graph whose operands do not fit, and every
//! trait says in words what its bound means. If type-level Rust is new to you, read the modules in this order:
//!
//! 1. [`dim`]: a number as a type. `D<64>` is the dimension 64; `Times<D<2>, D<H>>` is `2*H`.
//! 2. [`shape`]: a list of dimensions as a type. `(D<64>, D<10>)` is the shape `[64, 10]`, `()` is a scalar.
//! 3. [`context`]: Γ, a list of shapes as a type: what a node of a graph may read.
//! 4. [`idx`]: `Idx<Γ, S, I>`, evidence that Γ has shape `S` at position `I`. It cannot be built where that is false.
//! 5. [`distinct`]: evidence that positions differ.
//! 6. [`layout`]: where the tensors of a context lie in its flat buffer.
//! 7. [`signature`]: one line an op, read by the `graph!` macro.
//!
//! ```
//! use nfgrad_shapes::{D, Idx, Nil, Snoc};
//!
//! // Γ = [4, 8], [8]
//! type Ctx = Snoc<Snoc<Nil, (D<4>, D<8>)>, (D<8>,)>;
//!
//! let bias = Idx::<Ctx, (D<8>,), 1>::new();
//! assert_eq!(bias.position(), 1);
//! ```
//!
//! A witness at a position that holds another shape does not compile:
//!
//! ```compile_fail,E0277
//! # use nfgrad_shapes::{D, Idx, Nil, Snoc};
//! # type Ctx = Snoc<Snoc<Nil, (D<4>, D<8>)>, (D<8>,)>;
//! let wrong = Idx::<Ctx, (D<8>,), 0>::new();
//! ```
#![no_std]

pub mod context;
pub mod dim;
pub mod distinct;
pub mod idx;
pub mod layout;
pub mod shape;
pub mod signature;

pub use context::{Append, AppendTo, At, Before, Context, Holds, Nat, Nil, PAD, Pos, Position, Prefix, Snoc, padded};
pub use dim::{D, Dim, Minus, Over, Plus, Times};
pub use distinct::Differs;
pub use idx::Idx;
pub use layout::{Layout, Listed, Span, spans};
pub use shape::{EndsWith, Shape};
