//! [`Summary`]: the entries of a graph as a table.

use std::fmt;
use std::marker::PhantomData;

use nfgrad_shapes::{Context, Shape};

use super::outline::{Entry, grouped, outline};
use crate::format::{Format, bf16};
use crate::graph::{Model, RevNode, Role, Sweep};

/// A table of the model `M`: a row for each entry, then how much there is of it.
///
/// It needs no run: all of it is in the type. A part of an expression without a name is called by its position, `%6`.
///
/// ```
/// use nfgrad::prelude::*;
/// use nfgrad::report::Summary;
///
/// graph! {
///     graph Line<const B: usize> {
///         input x: [B, 3];
///         input t: [B];
///         param w: [3];
///         output loss = mse(sum(x * w, axis = 1), t);
///     }
/// }
///
/// let summary = Summary::<Line<100>>::new();
/// assert_eq!(summary.parameters(), 3);
/// assert_eq!(
///     summary.to_string(),
///     "\
/// Line
/// name           op     shape              reads  parameters
/// ----------------------------------------------------------
/// w              param  [3]                                3
/// x              input  [B, 3] = [100, 3]
/// t              input  [B] = [100]
/// %3             mul    [B, 3] = [100, 3]  x, w
/// %4             sum    [B] = [100]        %3
/// loss (output)  mse    []                 %4, t
/// ----------------------------------------------------------
/// 3 parameters, 804 elements in 6 tensors
/// a run takes 8,124 bytes in f32, 16,248 in f64, 4,062 in bf16"
/// );
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Summary<M>(PhantomData<fn() -> M>);

impl<M> Summary<M> {
    /// The table of `M`.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<M> Default for Summary<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model> Summary<M> {
    /// The number of elements of the parameters.
    pub fn parameters(&self) -> usize {
        outline::<M>().iter().filter(|entry| entry.role == Role::Param).map(|entry| entry.numel).sum()
    }

    /// The number of elements of all entries.
    pub fn elements(&self) -> usize {
        outline::<M>().iter().map(|entry| entry.numel).sum()
    }

    /// How many bytes a [`Run`](crate::graph::Run) in the format `F` stores: values and cotangents, those inside of blocks
    /// included, and scratch, with the padding between tensors.
    pub fn bytes<F: Format>(&self) -> usize {
        let mut scratch = Scratch(0);
        M::forward(&mut scratch);
        (2 * (M::Context::SIZE + M::STATE) + scratch.0) * size_of::<F>()
    }
}

impl<M: Model> fmt::Display for Summary<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = outline::<M>();
        let header = ["name", "op", "shape", "reads", "parameters"].map(str::to_owned);
        let rows: Vec<_> = [header].into_iter().chain(entries.iter().map(|entry| row(entry, &entries))).collect();
        let widths: [usize; 5] =
            std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
        let rule = "-".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1));

        writeln!(f, "{}", M::NAME)?;
        for (i, [name, op, shape, reads, parameters]) in rows.iter().enumerate() {
            let [a, b, c, d, e] = widths;
            let line = format!("{name:<a$}  {op:<b$}  {shape:<c$}  {reads:<d$}  {parameters:>e$}");
            writeln!(f, "{}", line.trim_end())?;
            if i == 0 || i == entries.len() {
                writeln!(f, "{rule}")?;
            }
        }
        let [parameters, elements] = [self.parameters(), self.elements()].map(grouped);
        writeln!(f, "{parameters} parameters, {elements} elements in {} tensors", entries.len())?;
        let [single, double, brain] = [self.bytes::<f32>(), self.bytes::<f64>(), self.bytes::<bf16>()].map(grouped);
        write!(f, "a run takes {single} bytes in f32, {double} in f64, {brain} in bf16")
    }
}

/// The cells of an entry.
fn row(entry: &Entry, all: &[Entry]) -> [String; 5] {
    let name = if entry.is_output { format!("{} (output)", entry.label) } else { entry.label.clone() };
    let numbers = entry.numbers();
    let shape = if numbers == entry.shape { numbers } else { format!("{} = {numbers}", entry.shape) };
    // The parameters of an owned block, `fc1.w` and `fc1.b`, are `fc1.*` together.
    let label = |&operand: &usize| match all[operand].label.split_once('.') {
        Some((block, _)) => format!("{block}.*"),
        None => all[operand].label.clone(),
    };
    let mut reads: Vec<_> = entry.reads.iter().map(label).collect();
    reads.dedup_by(|one, other| one == other && one.ends_with(".*"));
    let parameters = if entry.role == Role::Param { grouped(entry.numel) } else { String::new() };
    [name, entry.kind().to_owned(), shape, reads.join(", "), parameters]
}

/// How much scratch a run has: as much as the node that needs most.
struct Scratch(usize);

impl Sweep for Scratch {
    fn node<Ctx: Context, Out: Shape, N: RevNode<Ctx, Out = Out>>(&mut self) {
        self.0 = self.0.max(N::scratch());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    graph! {
        graph Net<const B: usize> {
            input größe: [B, 64];
            param w: [64, 32];
            param b: [32];
            let h = relu(größe @ w + b);
            output h;
            output loss = mean(h);
        }
    }

    #[test]
    fn an_output_is_called_as_it_is_exported() {
        graph! {
            graph Net {
                param w: [2];
                let y = relu(w);
                output guess = y;
                output loss = sum(y);
            }
        }
        let text = Summary::<Net>::new().to_string();
        assert!(text.contains("guess (output)  relu"), "{text}");
    }

    #[test]
    fn a_table_lists_every_entry_and_the_totals() {
        let summary = Summary::<Net<2>>::new();
        let leaves = 64 * 32 + 32 + 2 * 64;
        assert_eq!((summary.parameters(), summary.elements()), (2080, leaves + 3 * 64 + 1));
        let text = summary.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1], "name           op      shape              reads     parameters");
        assert_eq!(lines[2], "-".repeat(lines[1].len()));
        assert_eq!(lines[3], "w              param   [64, 32]                          2,048");
        assert_eq!(lines[5], "größe          input   [B, 64] = [2, 64]");
        assert_eq!(lines[6], "%3             matmul  [B, 32] = [2, 32]  größe, w");
        assert_eq!(lines[7], "%4             add     [B, 32] = [2, 32]  %3, b");
        assert_eq!(lines[8], "h (output)     relu    [B, 32] = [2, 32]  %4");
        assert_eq!(lines[9], "loss (output)  mean    []                 h");
        assert_eq!(lines[11], "2,080 parameters, 2,401 elements in 7 tensors");
    }

    #[test]
    fn a_graph_of_leaves_has_a_table() {
        graph! {
            graph Leaf {
                param w: [2];
                output w;
            }
        }
        let text = Summary::<Leaf>::new().to_string();
        assert!(text.contains("w (output)  param  [2]"), "{text}");
        assert!(
            text.ends_with("2 elements in 1 tensors\na run takes 128 bytes in f32, 256 in f64, 64 in bf16"),
            "{text}"
        );
    }

    #[test]
    fn the_bytes_are_those_of_both_buffers_and_the_scratch() {
        let run = Net::<2>::run::<f32>();
        let both = run.values().values().len() + run.cotangents().values().len();
        // The product has the largest operands: 2 x 64 and 64 x 32.
        assert_eq!(Summary::<Net<2>>::new().bytes::<f32>(), 4 * (both + 128 + 2048));
    }
}
