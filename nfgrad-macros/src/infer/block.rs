//! Calls of blocks: their dimensions, the shapes of their leaves, and the shape of their result.

use std::rc::Rc;

use super::{Entry, Inference, Node, Operation};
use crate::ast::{Expr, Symbol};
use crate::block::{ANY, Signature};
use crate::codes;
use crate::diagnose::{MAX_TEXT, source};
use crate::dim::{Dim, Obligation, ObligationKind, Poly, Shape, shape_text};
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
        let params = signature.params();
        for copy in 0..block.count() {
            for (k, leaf) in signature.by_position().into_iter().take(params).enumerate() {
                self.entries[block.first + copy * params + k].shape = Rc::clone(&instance.leaves[leaf]);
            }
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
                let operands = signature.by_position().into_iter().map(|leaf| positions[leaf]).collect();
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
        let label = match block.ast.count {
            Some(_) => format!("{}[{copy}]", block.ast.name),
            None => block.ast.name.to_string(),
        };
        let name = Name { text: &label, site: called.expr.site };
        let mut given = given(signature.inputs(), called, positions);
        if let (Some(first), Some(before), Whose::Owned(_, None)) =
            (given.first_mut(), copy.checked_sub(1), &called.target)
        {
            first.label = Some(format!("{}[{before}](..)", block.ast.name));
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
                let params = signature.by_position().into_iter().take(signature.params());
                if let Some(leaf) = params.into_iter().find(|leaf| instance.leaves[*leaf] != known.leaves[*leaf]) {
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
        let first = block.first + copy * signature.params();
        let inputs = by_position_of_inputs(signature, &given);
        let operands = (first..first + signature.params()).chain(inputs).collect();
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
        let mut bound = arguments.to_vec();
        for Given { leaf, position, .. } in given {
            let found = &self.entries[*position].shape;
            let Some(wanted) = &signature.leaves[*leaf].shape else { continue };
            // Tensors of another rank are reported when the shapes are compared.
            for (wanted, found) in wanted.iter().zip(found.iter()).filter(|_| wanted.len() == found.len()) {
                let generic = wanted.poly.as_symbol().and_then(|symbol| generic(signature, symbol));
                if let Some(generic) = generic {
                    bound[generic].get_or_insert_with(|| found.clone());
                }
            }
        }
        let open: Vec<_> =
            (0..bound.len()).filter(|i| bound[*i].is_none()).map(|i| signature.generics[i].to_string()).collect();
        if !open.is_empty() {
            let rank = |given: &&Given<'_>| {
                let wanted = signature.leaves[given.leaf].shape.as_ref();
                wanted.is_some_and(|wanted| wanted.len() != self.entries[given.position].shape.len())
            };
            if let Some(Given { leaf, expr, position, .. }) = given.iter().find(rank) {
                let (leaf, found) = (&signature.leaves[*leaf], shape_text(&self.entries[*position].shape));
                let wanted = leaf.shape.as_ref().map_or_else(|| ANY.to_owned(), |shape| shape_text(shape));
                let text = format!("`{}`: `{}` has the shape {wanted}, but {found} is given", name.text, leaf.name);
                let error = Diagnostic::new(codes::BLOCK_OPERAND, expr.site, text);
                self.report.push(error.line_if(at(&leaf.place)));
                return None;
            }
            let text = format!("`{}`: nothing says what {} is", name.text, open.join(" and "));
            let error = Diagnostic::new(codes::BLOCK_INFERENCE, name.site, text).line(declared(signature));
            self.report.push(error.help(format!(
                "write the dimensions: `{}{}`",
                signature.name,
                signature.generics_text()
            )));
            return None;
        }
        let arguments: Vec<Dim> = bound.into_iter().flatten().collect();
        self.facts(signature, &arguments, name)?;
        // `[..]` is the shape of the first tensor that can have any.
        let any = given.iter().find(|given| signature.leaves[given.leaf].shape.is_none());
        let any = any.map_or_else(|| Rc::new([]) as Shape, |given| Rc::clone(&self.entries[given.position].shape));
        let instance = with(signature, &arguments, &any);
        let instance = instance.map_err(|text| impossible(signature, name, &arguments, &text));
        self.report.ok(instance)
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
                    self.report.push(impossible(signature, name, arguments, &unmet).line_if(required(&fact.place)));
                    return None;
                }
            }
        }
        Some(())
    }

    /// Whether each tensor has the shape of its leaf; all that do not are reported.
    fn fits(&mut self, signature: &Signature, instance: &Instance, given: &[Given<'a>], name: &Name<'_>) -> Option<()> {
        let mut fine = Some(());
        for Given { leaf, expr, position, label } in given {
            let (wanted, found) = (&instance.leaves[*leaf], &self.entries[*position].shape);
            if wanted == found {
                continue;
            }
            fine = None;
            let leaf = &signature.leaves[*leaf];
            let text = format!(
                "`{}`: `{}` has the shape {}, but {} is given",
                name.text,
                leaf.name,
                shape_text(wanted),
                shape_text(found)
            );
            let mut error = Diagnostic::new(codes::BLOCK_OPERAND, expr.site, text);
            let given = label.clone().unwrap_or_else(|| source(expr, MAX_TEXT));
            error = error.line(format!("given  `{given}`: {}", shape_text(found)));
            let place = at(&leaf.place).map_or_else(String::new, |place| format!("   ({place})"));
            let declared = leaf.shape.as_ref().map_or_else(|| ANY.to_owned(), |shape| shape_text(shape));
            let equal =
                if declared == shape_text(wanted) { String::new() } else { format!(" = {}", shape_text(wanted)) };
            error = error.line(format!("wanted `{}`: {declared}{equal}{place}", leaf.name));
            self.report.push(error.line_if(bindings(signature, &instance.arguments)));
        }
        fine
    }
}

/// All shapes of the graph with these dimensions; or which of them is not a number.
fn with(signature: &Signature, arguments: &[Dim], any: &Shape) -> Result<Instance, String> {
    let with = |symbol: &Symbol| substitute(signature, arguments, symbol);
    let dim = |dim: &Dim| {
        let poly = dim.poly.substitute(&with).map_err(|_| dim.text().to_owned())?;
        Ok(Dim { text: poly.to_string().into(), poly })
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

/// The positions given for the inputs, in the order of the positions inside.
fn by_position_of_inputs<'g>(signature: &Signature, given: &'g [Given<'_>]) -> impl Iterator<Item = usize> + 'g {
    let inputs: Vec<_> = signature.by_position().split_off(signature.params());
    inputs.into_iter().filter_map(|input| given.iter().find(|given| given.leaf == input).map(|given| given.position))
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

fn required(place: &str) -> Option<String> {
    (!place.is_empty()).then(|| format!("required at {place}"))
}

fn at(place: &str) -> Option<String> {
    (!place.is_empty()).then(|| format!("declared at {place}"))
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
