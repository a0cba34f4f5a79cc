//! What is wrong with a graph as a whole, when every statement of it is right.

use crate::ast::{Callee, Graph, Statement};
use crate::codes;
use crate::infer::{Inferred, Named};
use crate::report::{Diagnostic, Report};
use crate::resolve::Resolved;

/// Reports a graph without output, and a loss that no param can change.
pub(crate) fn check(graph: &Graph, resolved: &Resolved<'_>, inferred: &Inferred<'_>, report: &mut Report) {
    let statements = &graph.statements;
    let has_output =
        statements.iter().any(|statement| matches!(statement, Statement::Output(_) | Statement::Broken(_)));
    if !has_output {
        report.push(no_output(graph));
    }
    let params = resolved.leaves.iter().filter(|leaf| leaf.is_param()).count();
    if params > 0 {
        report_constant_loss(params, inferred, report);
    }
}

/// A graph that is among those it calls.
pub(crate) fn recursion(graph: &Graph, callees: &[&Callee], report: &mut Report) {
    for callee in callees.iter().filter(|callee| graph.name == callee.text) {
        let text = format!("the graph `{}` contains itself", graph.name);
        let error = Diagnostic::new(codes::RECURSION, callee.site, text);
        report.push(error.help("write the repeated part as a graph of its own, `block layers: [Layer<..>; 12];`"));
    }
}

/// A graph that gives nothing.
fn no_output(graph: &Graph) -> Diagnostic {
    Diagnostic::new(codes::NO_OUTPUT, &graph.name, format!("the graph `{}` has no output", graph.name))
        .help("name a result: `output y = ..;`, or `output h;` for a `let` above")
}

/// The first scalar output is the loss; a gradient that is 0 everywhere is never what was meant. Without a loss, the
/// gradient of any output may be asked for.
fn report_constant_loss(params: usize, inferred: &Inferred<'_>, report: &mut Report) {
    let depends = depends(params, inferred);
    let outputs: Vec<_> = inferred.names.iter().filter(|named| named.step.is_output).collect();
    let scalar = |position: usize| inferred.entries[position].shape.is_empty();
    // While an output has an error of its own, it may be the one that is the loss, or that depends on a param.
    match outputs.iter().find(|named| named.position.is_none_or(scalar)) {
        Some(Named { step, position: Some(position) }) if !depends[*position] => {
            let name = &step.ast.name;
            let text = format!("the loss `{name}` does not depend on any param, so every gradient would be 0");
            let error = Diagnostic::new(codes::NO_PARAM, name, text);
            report.push(error.line("note: the loss of a graph is its first output of shape []"));
        }
        None if report.is_empty()
            && outputs.iter().all(|named| named.position.is_some_and(|position| !depends[position])) =>
        {
            let Some(first) = outputs.first() else { return };
            let text = "no output depends on any param, so every gradient would be 0";
            let error = Diagnostic::new(codes::NO_PARAM, &first.step.ast.name, text);
            report.push(error.help("use the params, or remove them"));
        }
        _ => {}
    }
}

/// Whether each entry depends on a param.
fn depends(params: usize, inferred: &Inferred<'_>) -> Vec<bool> {
    let mut depends = vec![false; inferred.entries.len()];
    for (position, entry) in inferred.entries.iter().enumerate() {
        depends[position] = match &entry.node {
            None => position < params,
            Some(node) => node.operands.iter().any(|operand| depends[*operand]),
        };
    }
    depends
}
