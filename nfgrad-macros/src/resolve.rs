//! Names to tensors, calls to ops: what remains is a list of steps in which nothing is looked up by name.
//!
//! A name or a call that cannot be resolved is reported here and becomes [`Term::Poisoned`]; later passes stay silent
//! about everything that depends on it.

mod arguments;
mod array;
mod block;
mod call;
mod leaf;
mod number;

pub(crate) use call::tensors;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::slice;

use nfgrad_shapes::signature::{self, Signature};
use syn::Ident;

use crate::ast::{self, Expr, ExprKind, Graph, Statement, Symbol};
use crate::block::Blocks;
use crate::codes;
use crate::dim::{Atom, Dim, Dims, Obligation, Shape, settled};
use crate::literal::Real;
use crate::nearest::nearest;
use crate::report::{Diagnostic, Report, Site};

pub(crate) use block::{Block, Called, Whose, declared};
pub(crate) use leaf::{Leaf, Source};

/// At most this many axes: `nfgrad_shapes::Shape` is implemented for tuples up to this length.
pub(crate) const MAX_RANK: usize = 6;

/// A graph whose names are resolved.
#[derive(Debug)]
pub(crate) struct Resolved<'a> {
    /// Params, then inputs: the order of the positions.
    pub(crate) leaves: Vec<Leaf<'a>>,
    /// Lets and outputs, in the order of the source.
    pub(crate) steps: Vec<Step<'a>>,
    /// The graphs that this one owns, in the order of the source.
    pub(crate) blocks: Vec<Block<'a>>,
    pub(crate) obligations: Vec<Obligation>,
    /// The quotients of dimensions of which nothing is left over.
    pub(crate) exact: Vec<Atom>,
}

/// A let or an output.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    pub(crate) ast: &'a ast::Binding,
    pub(crate) is_output: bool,
    /// The shape that the user stated.
    pub(crate) stated: Option<Shape>,
    pub(crate) value: Term<'a>,
}

/// A tensor expression whose names are resolved.
#[derive(Debug)]
pub(crate) enum Term<'a> {
    Leaf(usize),
    Step(usize),
    Apply(Apply<'a>),
    Call(Called<'a>),
    /// Already reported.
    Poisoned,
}

/// An op, its operands and its other arguments.
#[derive(Debug)]
pub(crate) struct Apply<'a> {
    /// The whole expression.
    pub(crate) expr: &'a Expr,
    pub(crate) signature: &'static Signature,
    pub(crate) operands: Vec<(&'a Expr, Term<'a>)>,
    /// One for each parameter of the signature.
    pub(crate) arguments: Vec<Argument>,
}

/// An argument that is not a tensor.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) value: Value,
    /// Where it is written, if it is.
    pub(crate) site: Option<Site>,
}

/// The value of an argument: one variant for each `Kind` of a parameter, and what it means that there is none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// All axes together.
    All,
    Axis(usize),
    Axes(Vec<usize>),
    Real(Real),
    Integer(i32),
    Dim(Dim),
    Range(Dim, Dim),
    Shape(Shape),
    /// The entries of an array, row by row.
    Reals(Rc<[Real]>),
    Format(Symbol),
}

impl Value {
    /// The value with the exact quotients of `known` where they are rounded down.
    pub(crate) fn settled(self, known: &[Atom]) -> Value {
        match self {
            Value::Dim(dim) => Value::Dim(dim.settled(known)),
            Value::Range(start, end) => Value::Range(start.settled(known), end.settled(known)),
            Value::Shape(shape) => Value::Shape(settled(&shape, known)),
            other => other,
        }
    }

    /// The real numbers that it is made of.
    pub(crate) fn reals(&self) -> &[Real] {
        match self {
            Value::Real(real) => slice::from_ref(real),
            Value::Reals(reals) => reals,
            _ => &[],
        }
    }

    /// The dimensions that it is made of.
    pub(crate) fn dims(&self) -> Vec<&Dim> {
        match self {
            Value::Dim(dim) => vec![dim],
            Value::Range(start, end) => vec![start, end],
            Value::Shape(shape) => shape.iter().collect(),
            Value::All
            | Value::Axis(_)
            | Value::Axes(_)
            | Value::Real(_)
            | Value::Reals(_)
            | Value::Integer(_)
            | Value::Format(_) => Vec::new(),
        }
    }
}

/// What a name stands for.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Leaf(usize),
    Step(usize),
    Block(usize),
    Poisoned,
}

/// Resolves the whole graph.
pub(crate) fn resolve<'a>(graph: &'a Graph, blocks: &'a Blocks, report: &mut Report) -> Resolved<'a> {
    let mut resolver = Resolver {
        graph,
        report,
        scope: HashMap::new(),
        defined: HashMap::new(),
        outputs: HashSet::new(),
        blocks,
        owned: Vec::new(),
        dims: Dims::new(&graph.generics),
    };
    for fact in &graph.facts {
        let stated = resolver.dims.state(fact);
        resolver.report.ok(stated);
    }
    let leaves = resolver.leaves();
    let mut steps = Vec::new();
    for statement in &graph.statements {
        match statement {
            Statement::Leaf(_) | Statement::Block(_) => {}
            Statement::Broken(name) => drop(resolver.scope.insert(name.to_string(), Meaning::Poisoned)),
            Statement::Let(binding) => steps.push(resolver.step(binding, false, steps.len())),
            Statement::Output(binding) => steps.push(resolver.step(binding, true, steps.len())),
        }
    }
    Resolved {
        leaves,
        steps,
        blocks: resolver.owned,
        obligations: resolver.dims.obligations,
        exact: resolver.dims.exact,
    }
}

/// The names in scope.
struct Resolver<'a, 'r> {
    graph: &'a Graph,
    report: &'r mut Report,
    scope: HashMap<String, Meaning>,
    /// Where each name is defined.
    defined: HashMap<String, &'a Ident>,
    outputs: HashSet<String>,
    /// The graphs that are called.
    blocks: &'a Blocks,
    /// Those that are declared here.
    owned: Vec<Block<'a>>,
    dims: Dims<'a>,
}

impl<'a> Resolver<'a, '_> {
    /// A let or an output.
    fn step(&mut self, ast: &'a ast::Binding, is_output: bool, index: usize) -> Step<'a> {
        let stated = ast.shape.as_ref().and_then(|shape| self.shape(shape));
        let value = match &ast.value {
            Some(expr) => self.term(expr),
            None => self.name(&ast.name),
        };
        if ast.value.is_some() {
            // Of a name that is defined twice nobody knows which is meant.
            let meaning = if self.define(&ast.name) { Meaning::Step(index) } else { Meaning::Poisoned };
            self.scope.insert(ast.name.to_string(), meaning);
        }
        if is_output && !self.outputs.insert(ast.name.to_string()) && ast.value.is_none() {
            let text = format!("`{}` is already an output", ast.name);
            self.report.push(Diagnostic::new(codes::DUPLICATE_NAME, &ast.name, text));
        }
        Step { ast, is_output, stated, value }
    }

    /// Takes note of a definition; says no if the name is defined already.
    fn define(&mut self, name: &'a Ident) -> bool {
        if self.graph.generics.iter().any(|generic| generic == name) {
            let text = format!("`{name}` is already a const generic of the graph");
            self.report.push(Diagnostic::new(codes::NAME_CLASH, name, text).help("choose another name for the tensor"));
        }
        let Some(first) = self.defined.get(&name.to_string()) else {
            self.defined.insert(name.to_string(), name);
            return true;
        };
        let mut error = Diagnostic::new(codes::DUPLICATE_NAME, name, format!("`{name}` is defined twice"));
        if let Some(location) = Site::from(*first).location() {
            error = error.line(format!("first defined at {location}"));
        }
        self.report.push(error);
        false
    }

    /// A shape of at most [`MAX_RANK`] axes. Every dimension in it that is wrong is reported.
    fn shape(&mut self, shape: &ast::ShapeExpr) -> Option<Shape> {
        if shape.dims.len() > MAX_RANK {
            let text = format!("a shape has at most {MAX_RANK} axes, but this one has {}", shape.dims.len());
            self.report.push(Diagnostic::new(codes::TOO_MANY_AXES, shape.site, text));
            return None;
        }
        let dims: Vec<_> = shape.dims.iter().map(|dim| self.dims.dimension(dim)).collect();
        let dims: Vec<_> = dims.into_iter().map(|dim| self.report.ok(dim)).collect();
        dims.into_iter().collect()
    }

    fn term(&mut self, expr: &'a Expr) -> Term<'a> {
        match &expr.kind {
            ExprKind::Name(name) => self.name(name),
            ExprKind::Number(number) => {
                self.report.push(call::bare(&number.text, expr.site));
                Term::Poisoned
            }
            ExprKind::Array(entries) => self.array(expr, entries),
            ExprKind::List(_) | ExprKind::Range(..) => {
                let text = format!("`{expr}` is not a tensor");
                let error = Diagnostic::new(codes::BARE_LITERAL, expr.site, text);
                let range = matches!(expr.kind, ExprKind::Range(..));
                self.report.push(error.help_if(range.then_some("0, 1, 2 and so on are `arange(N)`")));
                Term::Poisoned
            }
            ExprKind::Path(path) => {
                let error = Diagnostic::new(codes::UNKNOWN_NAME, expr.site, format!("`{}` is not a tensor", path.text));
                self.report.push(error.help("the tensors of a graph are its inputs, its params and what it computes"));
                Term::Poisoned
            }
            ExprKind::Negative(inner) => self.apply(expr, "neg", &[inner]),
            ExprKind::Binary { operator, left, right } => self.binary(expr, *operator, left, right),
            ExprKind::Call(call) => match self.scope.get(&call.op.to_string()) {
                Some(Meaning::Block(block)) => self.call_owned(expr, call, *block),
                // A block that could not be read: what is wrong in its operands is wrong all the same.
                Some(Meaning::Poisoned) if signature::lookup(&call.op.to_string()).is_none() => {
                    call.positional.iter().for_each(|operand| drop(self.term(operand)));
                    Term::Poisoned
                }
                _ => self.call(expr, call),
            },
            ExprKind::Block(call) => self.call_block(expr, call),
        }
    }

    /// The tensor of that name.
    fn name(&mut self, name: &'a Ident) -> Term<'a> {
        match self.scope.get(&name.to_string()) {
            Some(Meaning::Leaf(index)) => Term::Leaf(*index),
            Some(Meaning::Step(index)) => Term::Step(*index),
            Some(Meaning::Block(_)) => self.block_as_tensor(name),
            Some(Meaning::Poisoned) => Term::Poisoned,
            None => {
                let error = self.unknown_name(name);
                self.report.push(error);
                // Reported once, however often it is used.
                self.scope.insert(name.to_string(), Meaning::Poisoned);
                Term::Poisoned
            }
        }
    }

    fn unknown_name(&self, name: &Ident) -> Diagnostic {
        if let Some(definition) = self.defined_later(name) {
            let mut error =
                Diagnostic::new(codes::USED_TOO_EARLY, name, format!("`{name}` is used above its definition"));
            if let Some(location) = Site::from(definition).location() {
                error = error.line(format!("defined at {location}"));
            }
            return error.help("statements are evaluated from top to bottom");
        }
        let error = Diagnostic::new(codes::UNKNOWN_NAME, name, format!("nothing in this graph is named `{name}`"));
        let word = name.to_string();
        if self.graph.generics.iter().any(|generic| generic == name) {
            return error.help(format!("`{name}` is a dimension, not a tensor"));
        }
        if signature::lookup(&word).is_some() {
            return error.help(format!("`{name}` is an op: call it, `{name}(..)`"));
        }
        // Sorted, because the order of a hash map is not the same in every build.
        let mut names: Vec<_> = self.defined.keys().map(String::as_str).collect();
        names.sort_unstable();
        error.help_if(nearest(&word, names).map(|other| format!("did you mean `{other}`?")))
    }

    /// The let or output of that name, below the line that uses it.
    fn defined_later(&self, name: &Ident) -> Option<&'a Ident> {
        self.graph.statements.iter().find_map(|statement| match statement {
            Statement::Let(binding) | Statement::Output(binding) if binding.value.is_some() => {
                (binding.name == *name).then_some(&binding.name)
            }
            Statement::Broken(broken) => (broken == name).then_some(broken),
            _ => None,
        })
    }
}
