//! Calls of blocks: their dimensions, the shapes of their leaves, and the shape of their result.

use std::rc::Rc;

use super::{Entry, Inference, Node, Operation};
use crate::ast::{Expr, Symbol};
use crate::block::{ANY, Leaf, Signature};
use crate::codes;
use crate::diagnose::{MAX_TEXT, source};
use crate::dim::{Atom, Dim, Obligation, ObligationKind, Poly, Shape, shape_text};
use crate::report::{Diagnostic, Site};
use crate::resolve::{Called, Whose, declared};

/// A graph with dimensions in the place of its const generics.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) arguments: Vec<Dim>,
    /// The shapes of the leaves in the order of their declaration.
    leaves: Vec<Shape>,
    output: Shape,
}

/// A tensor that is given for a leaf.
struct Given<'a> {
    leaf: usize,
    expr: &'a Expr,
    position: usize,
    /// What a message calls it, if that is not the expression.
    label: Option<String>,
}

/// How a message calls a block, and where.
struct Name<'n> {
    text: &'n str,
    site: Site,
}

impl<'a> Inference<'a, '_> {
    /// Blocks whose dimensions are all written down have their parameters now, called or not.
    pub(super) fn explicit_blocks(&mut self) {
        for (number, block) in self.resolved.blocks.iter().enumerate() {
            let Some(signature) = block.signature else { continue };
            if block.arguments.iter().all(Option::is_some) {
                let name = Name { text: &block.ast.callee.text, site: block.ast.callee.site };
                let instance = self.instantiate(signature, &block.arguments, &[], &name);
                self.own(number, instance);
            }
        }
    }

    /// Blocks that nobody has called and whose dimensions are left open.
    pub(super) fn open_blocks(&mut self) {
        for (number, block) in self.resolved.blocks.iter().enumerate() {
            if block.signature.is_some() && self.instances[number].is_none() && !self.refused[number] {
                let text = format!("the dimensions of `{}` are not known, because it is never called", block.ast.name);
                let error = Diagnostic::new(codes::BLOCK_INFERENCE, &block.ast.name, text);
                self.report.push(error.help(format!("call `{}(..)`, or remove the block", block.ast.name)));
            }
        }
    }

    /// The parameters of an owned block have the shapes of its instance.
    fn own(&mut self, number: usize, instance: Option<Instance>) {
        let block = &self.resolved.blocks[number];
        let (Some(instance), Some(signature)) = (instance, block.signature) else {
            self.refused[number] = true;
            return;
        };
        // Copy by copy, each with all its parameters.
        let params = (0..block.count()).flat_map(|_| signature.params());
        for (entry, leaf) in self.entries[block.first..].iter_mut().zip(params) {
            entry.shape = Rc::clone(&instance.leaves[leaf]);
        }
        self.instances[number] = Some(instance);
    }

    /// The position of the result.
    pub(super) fn call(&mut self, called: &'a Called<'a>) -> Option<usize> {
        let positions: Vec<_> = called.operands.iter().map(|(_, term)| self.term(term)).collect();
        let positions = positions.into_iter().collect::<Option<Vec<usize>>>();
        if let (None, Whose::Owned(number, _)) = (&positions, &called.target) {
            // It is called, though with a tensor that has an error of its own.
            self.refused[*number] |= self.instances[*number].is_none();
        }
        let mut positions = positions?;
        match &called.target {
            Whose::Passed { callee, signature, arguments } => {
                let given = given(0..signature.leaves.len(), called, &positions);
                let name = Name { text: &callee.text, site: callee.site };
                let instance = self.instantiate(signature, arguments, &given, &name)?;
                self.fits(signature, &instance, &given, &name)?;
                self.trains(signature, &given, &name);
                let operands = signature.params().chain(signature.inputs()).map(|leaf| positions[leaf]).collect();
                Some(self.node(called.expr, signature, callee, instance, operands))
            }
            Whose::Owned(number, Some(copy)) => self.copy(called, *number, *copy, &positions),
            Whose::Owned(number, None) => {
                let mut result = None;
                // Copies follow one another: each reads what the one before it gives.
                for copy in 0..self.resolved.blocks[*number].count() {
                    if let (Some(result), Some(first)) = (result, positions.first_mut()) {
                        *first = result;
                    }
                    result = Some(self.copy(called, *number, copy, &positions)?);
                }
                result
            }
        }
    }

    /// One copy of an owned block.
    fn copy(&mut self, called: &'a Called<'a>, number: usize, copy: usize, positions: &[usize]) -> Option<usize> {
        let block = &self.resolved.blocks[number];
        let signature = block.signature.filter(|_| !self.refused[number])?;
        let label = block.label(copy);
        let name = Name { text: &label, site: called.expr.site };
        let mut given = given(signature.inputs(), called, positions);
        if let (Some(first), Some(before), Whose::Owned(_, None)) =
            (given.first_mut(), copy.checked_sub(1), &called.target)
        {
            first.label = Some(format!("{}(..)", block.label(before)));
        }
        let instance = self.instantiate(signature, &block.arguments, &given, &name);
        let instance = match (instance, &self.instances[number]) {
            (None, known) => {
                self.refused[number] |= known.is_none();
                return None;
            }
            (Some(instance), None) => {
                self.own(number, Some(instance.clone()));
                instance
            }
            (Some(instance), Some(known)) => {
                let other = signature.params().find(|leaf| instance.leaves[*leaf] != known.leaves[*leaf]);
                if let Some(leaf) = other {
                    let error = other_parameters(
                        &name,
                        &signature.leaves[leaf].name,
                        [&known.leaves[leaf], &instance.leaves[leaf]],
                    );
                    self.report.push(error);
                    return None;
                }
                instance
            }
        };
        self.fits(signature, &instance, &given, &name)?;
        let params = signature.params().count();
        let first = block.first + copy * params;
        let operands = (first..first + params).chain(given.iter().map(|input| input.position)).collect();
        Some(self.node(called.expr, signature, &block.ast.callee, instance, operands))
    }

    fn node(
        &mut self,
        expr: &'a Expr,
        signature: &'a Signature,
        callee: &'a crate::ast::Callee,
        instance: Instance,
        operands: Vec<usize>,
    ) -> usize {
        let shape = Rc::clone(&instance.output);
        let op = if signature.is_op {
            Operation::Foreign { callee, name: &signature.name }
        } else {
            Operation::Block { callee, signature, arguments: instance.arguments }
        };
        self.entries.push(Entry { name: None, shape, node: Some(Node { expr, op, operands }) });
        self.entries.len() - 1
    }

    /// The graph with the given dimensions, and those that the operands decide.
    fn instantiate(
        &mut self,
        signature: &'a Signature,
        arguments: &[Option<Dim>],
        given: &[Given<'a>],
        name: &Name<'_>,
    ) -> Option<Instance> {
        let arguments = self.bind(signature, arguments, given, name);
        let arguments = self.report.ok(arguments)?;
        self.facts(signature, &arguments, name)?;
        // `[..]` is the shape of the first tensor that can have any.
        let any = given.iter().find(|given| signature.leaves[given.leaf].shape.is_none());
        let any = any.map_or_else(|| Rc::new([]) as Shape, |given| Rc::clone(&self.entries[given.position].shape));
        let instance = with(signature, &arguments, &any, &self.resolved.exact);
        let instance = instance.map_err(|text| impossible(signature, name, &arguments, &text));
        self.report.ok(instance)
    }

    /// All dimensions: those that are written, and for the others what stands in their places in the operands.
    fn bind(
        &self,
        signature: &Signature,
        arguments: &[Option<Dim>],
        given: &[Given<'a>],
        name: &Name<'_>,
    ) -> Result<Vec<Dim>, Diagnostic> {
        let mut bound = arguments.to_vec();
        // A tensor of another rank than its leaf decides nothing.
        let mut misfit = None;
        for operand in given {
            let found = &self.entries[operand.position].shape;
            let Some(wanted) = &signature.leaves[operand.leaf].shape else { continue };
            if wanted.len() != found.len() {
                misfit.get_or_insert((operand, wanted, found));
                continue;
            }
            for (wanted, found) in wanted.iter().zip(found.iter()) {
                let generic = wanted.poly.as_symbol().and_then(|symbol| generic(signature, symbol));
                if let Some(generic) = generic {
                    bound[generic].get_or_insert_with(|| found.clone());
                }
            }
        }
        let open = signature.generics.iter().zip(&bound).filter(|(_, dim)| dim.is_none());
        let open: Vec<_> = open.map(|(generic, _)| generic.to_string()).collect();
        match misfit {
            _ if open.is_empty() => Ok(bound.into_iter().flatten().collect()),
            Some((operand, wanted, found)) => {
                let leaf = &signature.leaves[operand.leaf];
                Err(other_shape(name, leaf, operand, wanted, found).line_if(at("declared", &leaf.place)))
            }
            None => {
                let text = format!("`{}`: nothing says what {} is", name.text, open.join(" and "));
                let error = Diagnostic::new(codes::BLOCK_INFERENCE, name.site, text).line(declared(signature));
                let usage = format!("`{}{}`", signature.name, signature.generics_text());
                Err(error.help(format!("write the dimensions: {usage}")))
            }
        }
    }

    /// What the graph needs of its dimensions: decided here, or by whoever chooses ours.
    fn facts(&mut self, signature: &Signature, arguments: &[Dim], name: &Name<'_>) -> Option<()> {
        let with = |symbol: &Symbol| substitute(signature, arguments, symbol);
        for fact in &signature.facts {
            let kind = fact.kind.substitute(&with);
            let unmet = fact.kind.unmet(&fact.text);
            match kind.as_ref().map(ObligationKind::decide) {
                Ok(Some(true)) => {}
                Ok(None) => {
                    let Ok(kind) = kind else { continue };
                    let place = if fact.place.is_empty() { String::new() } else { format!(", {}", fact.place) };
                    let text = format!("{} (in `{}`{place})", fact.text, name.text);
                    if self.obligations.iter().all(|other| other.kind != kind) {
                        self.obligations.push(Obligation { kind, text, site: name.site });
                    }
                }
                Ok(Some(false)) | Err(_) => {
                    self.report
                        .push(impossible(signature, name, arguments, &unmet).line_if(at("required", &fact.place)));
                    return None;
                }
            }
        }
        Some(())
    }

    /// Reports every input that is passed for a param, unless its name says that this is meant.
    fn trains(&mut self, signature: &Signature, given: &[Given<'a>], name: &Name<'_>) {
        let params = given.iter().filter(|given| !signature.is_op && signature.leaves[given.leaf].is_param());
        for operand in params {
            let Some(input) = self.resolved.leaves.get(operand.position).filter(|leaf| !leaf.is_param()) else {
                continue;
            };
            let path = input.path();
            if path.starts_with('_') {
                continue;
            }
            let leaf = &signature.leaves[operand.leaf];
            let text = format!(
                "`{}`: `{}` is a param, but the input `{path}` is given, which has no gradient",
                name.text, leaf.name
            );
            let help = format!("declare `param {path}`; or, if it is not to be trained, call it `_{path}`");
            let error = Diagnostic::new(codes::INPUT_AS_PARAM, operand.expr.site, text);
            self.report.push(error.line_if(at("declared", &leaf.place)).help(help));
        }
    }

    /// Whether each tensor has the shape of its leaf; all that do not are reported.
    fn fits(&mut self, signature: &Signature, instance: &Instance, given: &[Given<'a>], name: &Name<'_>) -> Option<()> {
        let mut fine = Some(());
        for operand in given {
            let (wanted, found) = (&instance.leaves[operand.leaf], &self.entries[operand.position].shape);
            if wanted == found {
                continue;
            }
            fine = None;
            let leaf = &signature.leaves[operand.leaf];
            let label = operand.label.clone().unwrap_or_else(|| source(operand.expr, MAX_TEXT));
            let (declared, wanted_text) =
                (leaf.shape.as_deref().map_or_else(|| ANY.to_owned(), shape_text), shape_text(wanted));
            let equal = if declared == wanted_text { String::new() } else { format!(" = {wanted_text}") };
            let place = at("declared", &leaf.place).map_or_else(String::new, |place| format!("   ({place})"));
            let error = other_shape(name, leaf, operand, wanted, found)
                .line(format!("given  `{label}`: {}", shape_text(found)))
                .line(format!("wanted `{}`: {declared}{equal}{place}", leaf.name))
                .line_if(bindings(signature, &instance.arguments));
            self.report.push(error);
        }
        fine
    }
}

/// All shapes of the graph with these dimensions; or which of them is not a number.
fn with(signature: &Signature, arguments: &[Dim], any: &Shape, exact: &[Atom]) -> Result<Instance, String> {
    let with = |symbol: &Symbol| substitute(signature, arguments, symbol);
    let dim = |dim: &Dim| {
        let poly = dim.poly.substitute(&with).map_err(|_| dim.text().to_owned())?;
        Ok(Dim { text: poly.to_string().into(), poly }.settled(exact))
    };
    let shape = |shape: &Option<Shape>| match shape {
        Some(shape) => shape.iter().map(dim).collect::<Result<Shape, String>>(),
        None => Ok(Rc::clone(any)),
    };
    Ok(Instance {
        arguments: arguments.to_vec(),
        leaves: signature.leaves.iter().map(|leaf| shape(&leaf.shape)).collect::<Result<_, _>>()?,
        output: shape(&signature.outputs[0].shape)?,
    })
}

/// The leaves that are given, in the order of their declaration.
fn given<'a>(leaves: impl Iterator<Item = usize>, called: &'a Called<'a>, positions: &[usize]) -> Vec<Given<'a>> {
    let given = leaves.zip(&called.operands).zip(positions);
    given.map(|((leaf, (expr, _)), position)| Given { leaf, expr, position: *position, label: None }).collect()
}

/// Which const generic a symbol is.
fn generic(signature: &Signature, symbol: &Symbol) -> Option<usize> {
    signature.generics.iter().position(|generic| *generic == symbol.text)
}

/// The dimension of the caller for a symbol of the block; a constant of the block's module stays what it is.
fn substitute(signature: &Signature, arguments: &[Dim], symbol: &Symbol) -> Poly {
    match generic(signature, symbol) {
        Some(generic) => arguments[generic].poly.clone(),
        None => Poly::symbol(signature.constant(symbol)),
    }
}

/// `with B = 4, I = 2*H`.
fn bindings(signature: &Signature, arguments: &[Dim]) -> Option<String> {
    let bound = signature.generics.iter().zip(arguments).map(|(name, dim)| format!("{name} = {}", dim.text()));
    let bound: Vec<_> = bound.collect();
    (!bound.is_empty()).then(|| format!("with {}", bound.join(", ")))
}

/// `declared at src/blocks.rs:3:11`, where the compiler has told.
fn at(what: &str, place: &str) -> Option<String> {
    (!place.is_empty()).then(|| format!("{what} at {place}"))
}

/// A tensor does not have the shape of the leaf that it is given for.
fn other_shape(name: &Name<'_>, leaf: &Leaf, operand: &Given<'_>, wanted: &[Dim], found: &[Dim]) -> Diagnostic {
    let (wanted, found) = (shape_text(wanted), shape_text(found));
    let text = format!("`{}`: `{}` has the shape {wanted}, but {found} is given", name.text, leaf.name);
    Diagnostic::new(codes::BLOCK_OPERAND, operand.expr.site, text)
}

/// The graph does not exist with these dimensions.
fn impossible(signature: &Signature, name: &Name<'_>, arguments: &[Dim], what: &str) -> Diagnostic {
    let text = format!("`{}`: {what}", name.text);
    let error = Diagnostic::new(codes::UNMET_FACT, name.site, text).line(declared(signature));
    error.line_if(bindings(signature, arguments))
}

/// Two calls of one block disagree about its parameters.
fn other_parameters(name: &Name<'_>, param: &str, [first, second]: [&Shape; 2]) -> Diagnostic {
    let text = format!("`{}` would need a param `{param}` of another shape than in its first call", name.text);
    Diagnostic::new(codes::BLOCK_OPERAND, name.site, text)
        .line(format!("first call: {}", shape_text(first)))
        .line(format!("this call:  {}", shape_text(second)))
        .help("declare a block of its own for this call")
}
