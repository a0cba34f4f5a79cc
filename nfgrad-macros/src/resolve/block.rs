//! Blocks: which graph is meant, with which dimensions, and what of its parameters are ours.

use super::{Meaning, Resolver, Term};
use crate::ast::{Argument, BlockCall, BlockDecl, Call, Callee, Count, Expr, Target};
use crate::block::{LeafKind, Signature};
use crate::codes;
use crate::dim::Dim;
use crate::report::{Diagnostic, Site};

/// More copies than this cannot be told apart: positions end at 1024.
const MAX_COUNT: usize = 1024;

/// `nfgrad::graph::MAX_OPERANDS`: what the plan of a graph has room for at one node.
const MAX_LEAVES: usize = 64;

/// rustc lays out a type of types at most 128 queries deep, and each graph takes two: 63 are built, and what a user puts
/// around them takes its own.
const MAX_DEPTH: usize = 60;

/// A graph that this one owns.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    pub(crate) ast: &'a BlockDecl,
    /// Nothing if the graph has errors of its own.
    pub(crate) signature: Option<&'a Signature>,
    /// One for each of its const generics; nothing where the shapes of the operands decide.
    pub(crate) arguments: Vec<Option<Dim>>,
    /// The position of its first parameter.
    pub(crate) first: usize,
}

impl Block<'_> {
    /// The number of copies.
    pub(crate) fn count(&self) -> usize {
        self.ast.count.map_or(1, |count| count.value)
    }

    /// `layers[3]`, or the name of a block of which there is one.
    pub(crate) fn label(&self, copy: usize) -> String {
        match self.ast.count {
            Some(_) => format!("{}[{copy}]", self.ast.name),
            None => self.ast.name.to_string(),
        }
    }
}

/// A block and the tensors that it is called with.
#[derive(Debug)]
pub(crate) struct Called<'a> {
    /// The whole expression.
    pub(crate) expr: &'a Expr,
    pub(crate) target: Whose<'a>,
    pub(crate) operands: Vec<(&'a Expr, Term<'a>)>,
}

/// Where the parameters of a call come from.
#[derive(Debug)]
pub(crate) enum Whose<'a> {
    /// The graph owns them: the number of the block, and of the copy if only one is called.
    Owned(usize, Option<usize>),
    /// They are among the operands.
    Passed { callee: &'a Callee, signature: &'a Signature, arguments: Vec<Option<Dim>> },
}

impl<'a> Resolver<'a, '_> {
    /// A declared block; its signature is wanted, so that it owns nothing if there is none.
    pub(super) fn block(&mut self, ast: &'a BlockDecl, first: usize) -> Block<'a> {
        let mut signature = self.blocks.get(&ast.callee);
        if let Some(count) = ast.count
            && (count.value == 0 || count.value > MAX_COUNT)
        {
            let text = format!("there can be 1 to {MAX_COUNT} copies of a block, not {}", count.value);
            self.report.push(Diagnostic::new(codes::BLOCK_COUNT, count.site, text));
            signature = None;
        }
        if signature.is_some_and(|signature| signature.is_op) {
            let text = format!("`{}` is an op and has no params to own", ast.callee.text);
            let error = Diagnostic::new(codes::NOT_A_BLOCK, ast.callee.site, text);
            self.report.push(error.help(format!("call it where it is needed: `{}(x)`", ast.callee.text)));
            signature = None;
        }
        let arguments = signature.and_then(|signature| {
            let fine = self.can_be_node(&ast.callee, signature);
            self.dimensions(&ast.callee, signature).filter(|_| fine)
        });
        let signature = signature.filter(|_| arguments.is_some());
        Block { ast, signature, arguments: arguments.unwrap_or_default(), first }
    }

    /// The dimensions in angle brackets: as many as the graph has const generics, or none at all.
    fn dimensions(&mut self, callee: &'a Callee, signature: &Signature) -> Option<Vec<Option<Dim>>> {
        let wanted = signature.generics.len();
        let Some(given) = &callee.arguments else { return Some(vec![None; wanted]) };
        if given.len() != wanted {
            let (count, verb) = (given.len(), if given.len() == 1 { "is" } else { "are" });
            let plural = if wanted == 1 { "" } else { "s" };
            let text = format!("`{}` has {wanted} dimension{plural}, but {count} {verb} given", callee.text);
            let error = Diagnostic::new(codes::BLOCK_ARGUMENTS, callee.site, text);
            let help =
                format!("`{}{}`; `_` stands for what the operands decide", callee.text, signature.generics_text());
            self.report.push(error.line(declared(signature)).help(help));
            return None;
        }
        let dims: Vec<_> = given
            .iter()
            .map(|argument| match argument {
                Argument::Infer => Some(None),
                Argument::Dim(dim) => {
                    let dim = self.dims.dimension(dim);
                    self.report.ok(dim).map(Some)
                }
            })
            .collect();
        dims.into_iter().collect()
    }

    /// Whether the graph can be a node of this one.
    fn can_be_node(&mut self, callee: &Callee, signature: &Signature) -> bool {
        let mut fine = self.has_one_output(callee, signature);
        if signature.leaves.len() > MAX_LEAVES {
            let text = format!(
                "`{}` has {} leaves, and a block has at most {MAX_LEAVES}",
                callee.text,
                signature.leaves.len()
            );
            let error = Diagnostic::new(codes::BLOCK_LEAVES, callee.site, text).line(declared(signature));
            self.report.push(error.help("let this graph own the parts of it, each with its own `block`"));
            fine = false;
        }
        if signature.depth >= MAX_DEPTH {
            let text =
                format!("`{}` is {} graphs deep already, and no more can be nested", callee.text, signature.depth);
            let error = Diagnostic::new(codes::NESTED, callee.site, text).line(declared(signature));
            self.report.push(error.help("layers follow one another in one graph: `block layers: [Layer<..>; 12];`"));
            fine = false;
        }
        fine
    }

    /// A graph with several outputs, or none, is not a node.
    fn has_one_output(&mut self, callee: &Callee, signature: &Signature) -> bool {
        if signature.outputs.len() == 1 {
            return true;
        }
        let names: Vec<_> = signature.outputs.iter().map(|output| format!("`{}`", output.name)).collect();
        let text = format!("`{}` has {} outputs, so it cannot be one node of another graph", callee.text, names.len());
        let error = Diagnostic::new(codes::BLOCK_OUTPUTS, callee.site, text).line(declared(signature));
        self.report
            .push(error.line(format!("its outputs are {}", names.join(", "))).help("a block has exactly one `output`"));
        false
    }

    /// `fc1(x)`, where `fc1` is a declared block.
    pub(super) fn call_owned(&mut self, expr: &'a Expr, call: &'a Call, block: usize) -> Term<'a> {
        let operands: Vec<_> = call.positional.iter().map(|operand| (operand, self.term(operand))).collect();
        if let Some(keyword) = call.keywords.first() {
            let text = format!("the block `{}` has no argument `{}`", call.op, keyword.name);
            self.report.push(Diagnostic::new(codes::UNKNOWN_KEYWORD, &keyword.name, text));
            return Term::Poisoned;
        }
        self.owned(expr, block, None, operands, Site::from(&call.op))
    }

    /// `layers[3](x)`, or `Linear<B, 64, 32>(x, w, b)`.
    pub(super) fn call_block(&mut self, expr: &'a Expr, call: &'a BlockCall) -> Term<'a> {
        let operands: Vec<_> = call.operands.iter().map(|operand| (operand, self.term(operand))).collect();
        match &call.target {
            Target::Member(name, index) => {
                let Some(block) = self.member(name, *index) else { return Term::Poisoned };
                self.owned(expr, block, Some(index.value), operands, Site::from(name))
            }
            Target::Graph(callee) => self.passed(expr, callee, operands),
        }
    }

    /// The block of that name, if it has a copy of that number.
    fn member(&mut self, name: &syn::Ident, index: Count) -> Option<usize> {
        let Some(Meaning::Block(block)) = self.scope.get(&name.to_string()).copied() else {
            if !matches!(self.scope.get(&name.to_string()), Some(Meaning::Poisoned)) {
                let text = format!("`{name}` is not an array of blocks");
                let error = Diagnostic::new(codes::NOT_A_BLOCK, name, text);
                self.report
                    .push(error.help(format!("declare `block {name}: [Layer<..>; 12];`; tensors are cut by `slice`")));
            }
            return None;
        };
        let count = self.owned[block].ast.count;
        match count {
            Some(count) if index.value < count.value => return Some(block),
            Some(count) => {
                let text = format!(
                    "`{name}` has {} copies, counted from 0, so there is no `{name}[{}]`",
                    count.value, index.value
                );
                self.report.push(Diagnostic::new(codes::BLOCK_COUNT, index.site, text));
            }
            None => {
                let text = format!("`{name}` is a single block");
                self.report
                    .push(Diagnostic::new(codes::BLOCK_COUNT, index.site, text).help(format!("call it, `{name}(..)`")));
            }
        }
        None
    }

    fn owned(
        &mut self,
        expr: &'a Expr,
        block: usize,
        index: Option<usize>,
        operands: Vec<(&'a Expr, Term<'a>)>,
        site: Site,
    ) -> Term<'a> {
        let Some(signature) = self.owned[block].signature else { return Term::Poisoned };
        let wanted: Vec<_> = signature.inputs().collect();
        let name = self.owned[block].ast.name.to_string();
        if !self.count(&name, signature, &wanted, &operands, site) {
            return Term::Poisoned;
        }
        Term::Call(Called { expr, target: Whose::Owned(block, index), operands })
    }

    fn passed(&mut self, expr: &'a Expr, callee: &'a Callee, operands: Vec<(&'a Expr, Term<'a>)>) -> Term<'a> {
        let Some(signature) = self.blocks.get(callee) else { return Term::Poisoned };
        let fine = self.can_be_node(callee, signature);
        let Some(arguments) = self.dimensions(callee, signature) else { return Term::Poisoned };
        if let Some(owned) = signature.leaves.iter().find(|leaf| leaf.kind == LeafKind::Owned) {
            let text = format!("`{}` owns parameters of its own blocks, such as `{}`", callee.text, owned.name);
            let error = Diagnostic::new(codes::BLOCK_OWNS, callee.site, text).line(declared(signature));
            self.report.push(error.help(format!("let this graph own it: `block b: {callee};` and then `b(..)`")));
            return Term::Poisoned;
        }
        let wanted: Vec<_> = (0..signature.leaves.len()).collect();
        if !self.count(&callee.text, signature, &wanted, &operands, callee.site) || !fine {
            return Term::Poisoned;
        }
        Term::Call(Called { expr, target: Whose::Passed { callee, signature, arguments }, operands })
    }

    /// Whether there are as many operands as leaves that are to be given.
    fn count(
        &mut self,
        name: &str,
        signature: &Signature,
        wanted: &[usize],
        operands: &[(&'a Expr, Term<'a>)],
        site: Site,
    ) -> bool {
        let (given, expected) = (operands.len(), wanted.len());
        if given == expected {
            return true;
        }
        let site = operands.get(expected).map_or(site, |(operand, _)| operand.site);
        let (plural, verb) = (if expected == 1 { "" } else { "s" }, if given == 1 { "is" } else { "are" });
        let text = format!("`{name}` takes {expected} tensor{plural}, but {given} {verb} given");
        let names: Vec<_> = wanted.iter().map(|leaf| signature.leaves[*leaf].name.as_str()).collect();
        let error = Diagnostic::new(codes::ARGUMENT_COUNT, site, text).line(declared(signature));
        self.report.push(error.help(format!("`{name}({})`", names.join(", "))));
        false
    }
}

/// `note: graph `Linear` is written at src/blocks.rs:3:11`.
pub(crate) fn declared(signature: &Signature) -> String {
    if signature.place.is_empty() {
        return format!("note: `{}` is not written here", signature.name);
    }
    let (kind, verb) = if signature.is_op { ("op", "declared") } else { ("graph", "written") };
    format!("note: {kind} `{}` is {verb} at {}", signature.name, signature.place)
}
