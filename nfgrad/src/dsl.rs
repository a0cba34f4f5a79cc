//! `graph!`, as its users call it.

/// A model: inputs, params, named expressions and outputs, with every shape checked while it is compiled.
///
/// ```
/// # use nfgrad::prelude::*;
/// graph! {
///     /// One hidden layer and a softmax cross-entropy loss.
///     pub graph Mlp<const B: usize> {
///         input x: [B, 64];
///         input t: [B, 10];
///         param w1: [64, 32]; param b1: [32];
///         param w2: [32, 10]; param b2: [10];
///
///         let h = relu(x @ w1 + b1);
///         let logits = h @ w2 + b2;
///         output loss = mean(cross_entropy(logits, t));
///         output logits;
///     }
/// }
/// ```
///
/// It makes the type `Mlp<B>`, and the structs `MlpLeaves`, `MlpParams` and `MlpOutputs` with one field for each name.
///
/// - `+`, `-` and `*` work entry by entry; the shape of one operand must be that of the other or its last axes. `@` is the
///   matrix product. A literal can scale, `0.1 * x`, and means the real number.
/// - Every other op is a call, with `axis = i` where it works along an axis. Other arguments that are not tensors are shapes and lists in
///   brackets, `reshape(x, [B, 64])`, `permute(x, axes = [1, 0])`, ranges whose end is not in them, `slice(x, axis = 0, range = 2..N)`,
///   dimensions and numbers.
/// - Axes before the last two of an operand of `@` are a batch. An axis of length 1 is stretched by `broadcast(x, [B, 64])` and by nothing
///   else.
/// - A dimension is a number, a const generic, the path of a constant, or an expression of these. `M + N` is `N + M`.
/// - `let h: [B, 32] = ..` states a shape, which is then checked.
/// - `where H % HEADS == 0` after the name of the graph states facts about its const generics.
///
/// The library is found under whatever name it has: renamed in `Cargo.toml`, or re-exported by another crate. A block that is to name
/// another copy of it begins `crate = path::to::nfgrad;`.
#[doc(hidden)]
#[macro_export]
macro_rules! __graph {
    ($($block:tt)*) => { $crate::__private::graph! { crate = $crate; $($block)* } };
}
