//! What stands in for a graph with errors, so that the code that uses it does not fail as well.
//!
//! The stub has the leaves and the outputs that were declared, with the shapes as far as they are known and `[]` where
//! they are not; it computes nothing, and nobody can run it, because the errors stop the build.

use std::rc::Rc;

use proc_macro2::TokenStream;

use crate::ast::Graph;
use crate::infer::{Entry, Inferred, MAX_POSITIONS, plain};
use crate::lower::{Lowering, Output};
use crate::resolve::Resolved;

/// The items of the graph, without its nodes.
pub(crate) fn stub<'a>(graph: &'a Graph, resolved: &'a Resolved<'a>, inferred: Inferred<'a>) -> TokenStream {
    let count = resolved.leaves.len();
    let mut entries = inferred.entries;
    let computed = entries.split_off(count);
    let mut outputs: Vec<Output<'_>> = Vec::new();
    for named in inferred.names.iter().filter(|named| named.step.is_output) {
        let binding = named.step.ast;
        if outputs.iter().any(|output| *output.name == binding.name) {
            continue;
        }
        let known = named.position.map(|position| match position.checked_sub(count) {
            Some(node) => &computed[node].shape,
            None => &entries[position].shape,
        });
        let shape = known.map_or_else(|| Rc::from([]), Rc::clone);
        entries.push(Entry { name: Some(plain(&binding.name)), shape, node: None });
        outputs.push(Output { name: &binding.name, docs: &binding.docs, position: entries.len() - 1 });
    }
    let mut leaves = &resolved.leaves[..];
    if entries.len() > MAX_POSITIONS {
        // rustc cannot count them either, and would say so in its own words.
        entries.drain(..count);
        for output in &mut outputs {
            output.position -= count;
        }
        leaves = &[];
    }
    let stub = Lowering {
        graph,
        leaves,
        entries,
        names: Vec::new(),
        outputs,
        obligations: Vec::new(),
        blocks: &resolved.blocks,
        instances: inferred.instances,
        depth: 1,
        stub: true,
    };
    stub.print()
}
