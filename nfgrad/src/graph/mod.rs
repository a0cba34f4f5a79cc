//! Reverse graphs: nodes, the plan of their cotangents, sweeps over them, and runs that hold the values.
//!
//! Nothing here knows an op. A graph is a type; what it computes is written by its sweeps, and what it stores is in a
//! [`Run`] or a [`BoundedRun`].

mod bounded;
mod call;
mod dims;
mod entries;
mod list;
mod node;
mod number;
mod placement;
mod plan;
mod run;
mod stage;
mod sweep;
mod torchlean;

use nfgrad_shapes::Listed;

pub use bounded::BoundedRun;
pub(crate) use bounded::Training;
pub use call::{ArgumentList, Arguments, Block, Call, With};
pub(crate) use dims::dims;
pub use entries::{BallRef, Entries, Entry, EntryInfo, Model, Mut, Names, Outside, Place, Ref, Role, Source};
pub use list::{Leaves, Then};
pub use node::{BoundedState, Node, ReadsNothing, RevNode, Witnesses};
pub use number::Number;
pub use placement::{Adding, Apart, Placement};
pub use plan::{MAX_OPERANDS, Mode, Modes, Nodes, Plan, Reach};
pub use run::Run;
pub(crate) use run::exactly;
pub use sweep::Sweep;

/// A reverse graph: leaves, and nodes of which each reads the leaves and the nodes before it.
///
/// Positions count parameters first, then inputs, then nodes. `graph!` implements this trait by straight-line sweeps;
/// by hand a graph is a snoc list, [`Then`] over [`Leaves`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a graph",
    label = "expected a graph",
    note = "write it with `graph!`, or by hand as `Then<.., Node>` over `Leaves<Params, Inputs>`"
)]
pub trait RevGraph: 'static {
    /// Γ ++ everything that the graph computes.
    type Context: Listed;
    /// How many leaves are parameters: the positions `0..PARAMS`.
    const PARAMS: usize;
    /// How many entries are leaves: the positions `0..LEAVES`.
    const LEAVES: usize;
    /// The number of elements of the parameters, which come first in every buffer.
    const PARAM_SIZE: usize;
    /// The number of elements of the leaves.
    const LEAF_SIZE: usize;
    /// The positions of the outputs.
    const OUTPUTS: &'static [usize];
    /// The operands of every node.
    const NODES: Nodes;
    /// How many elements the nodes keep beside their results: the insides of the graphs among them.
    const STATE: usize;

    /// Visits every node once, operands before users.
    fn forward<V: Sweep>(sweep: &mut V);
    /// Visits every node once, users before operands.
    fn reverse<V: Sweep>(sweep: &mut V);
}

/// `G: HasLoss` reads "the graph has a scalar output", whose gradient [`Run::backward`] computes.
#[diagnostic::on_unimplemented(
    message = "graph `{Self}` has no scalar output to differentiate",
    label = "`backward` needs a loss",
    note = "add a scalar output such as `output loss = mean(..);`, or give the cotangents of the outputs to `backward_from`"
)]
pub trait HasLoss: RevGraph {
    /// The position of the loss: the first output that is a scalar.
    const POSITION: usize;
    /// Where the loss lies in the flat buffer.
    const OFFSET: usize;
}
