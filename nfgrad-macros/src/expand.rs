//! The whole compiler on one screen: parse, resolve, infer, and lower if there was no error.

use std::collections::HashMap;

use proc_macro2::TokenStream;

use crate::ask::{Progress, ask, go_on};
use crate::ast::{Graph, Statement};
use crate::block::{self, Blocks};
use crate::infer::{Inferred, infer};
use crate::lower::{Lowering, Output};
use crate::parse::parse;
use crate::report::Report;
use crate::resolve::{Resolved, resolve};
use crate::visible::visible;
use crate::{check, fallback};

/// What `graph!` expands to: the graph, or questions to the graphs that it calls.
pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    let tokens = visible(tokens);
    parsed(tokens.clone(), |graph, mut report| {
        let callees = block::callees(graph);
        check::recursion(graph, &callees, &mut report);
        if callees.is_empty() || !report.is_empty() {
            return finish(graph, &Blocks::default(), report);
        }
        report.finish().map_or_else(
            |errors| errors.to_tokens(),
            |()| {
                let paths = callees.iter().map(|callee| callee.path.clone()).collect();
                ask(&graph.library, &graph.name, paths, tokens)
            },
        )
    })
}

/// What `graph!` expands to when one of the graphs that it calls has answered: the next question, or the graph.
pub(crate) fn expand_with(tokens: TokenStream) -> TokenStream {
    match go_on(tokens) {
        None => TokenStream::new(),
        Some(Progress::Ask(tokens)) => tokens,
        Some(Progress::Done(answers, block)) => parsed(block, |graph, mut report| {
            let blocks = block::blocks(graph, answers, &mut report);
            finish(graph, &blocks, report)
        }),
    }
}

/// What becomes of the block, or its errors if already its header cannot be read.
fn parsed(block: TokenStream, then: impl FnOnce(&Graph, Report) -> TokenStream) -> TokenStream {
    let mut report = Report::default();
    match parse(block, &mut report) {
        Some(graph) => then(&graph, report),
        None => report.finish().err().map(|errors| errors.to_tokens()).unwrap_or_default(),
    }
}

/// Resolve, infer, and lower if there was no error.
fn finish(graph: &Graph, blocks: &Blocks, mut report: Report) -> TokenStream {
    let resolved = resolve(graph, blocks, &mut report);
    let inferred = infer(&resolved, &mut report);
    check::check(graph, &resolved, &inferred, &mut report);
    match report.finish() {
        Ok(()) if blocks.are_sound() => lower(graph, &resolved, inferred, blocks.depth()),
        // A graph that is called has errors, which it reports itself.
        Ok(()) => fallback::stub(graph, &resolved, inferred),
        Err(errors) => {
            let mut tokens = errors.to_tokens();
            tokens.extend(fallback::stub(graph, &resolved, inferred));
            tokens
        }
    }
}

fn lower<'a>(graph: &'a Graph, resolved: &'a Resolved<'a>, inferred: Inferred<'a>, depth: usize) -> TokenStream {
    // An output without a comment has that of the let or the leaf that it exports.
    let docs: HashMap<_, _> = graph
        .statements
        .iter()
        .filter_map(|statement| match statement {
            Statement::Let(binding) => Some((&binding.name, &binding.docs)),
            Statement::Leaf(leaf) => Some((&leaf.name, &leaf.docs)),
            _ => None,
        })
        .collect();
    let outputs = inferred.names.iter().filter(|named| named.step.is_output).filter_map(|named| {
        let binding = named.step.ast;
        let exported = docs.get(&binding.name).copied().filter(|_| binding.docs.is_empty());
        Some(Output { name: &binding.name, docs: exported.unwrap_or(&binding.docs), position: named.position? })
    });
    let lowering = Lowering {
        graph,
        leaves: &resolved.leaves,
        outputs: outputs.collect(),
        entries: inferred.entries,
        names: inferred.names,
        blocks: &resolved.blocks,
        instances: inferred.instances,
        obligations: resolved.obligations.iter().chain(&inferred.obligations).cloned().collect(),
        depth,
        stub: false,
    };
    lowering.print()
}
