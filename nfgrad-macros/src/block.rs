//! What a graph tells of itself to the graphs that call it: a signature of dimensions, leaves, outputs and facts. How the
//! callers ask for it is in [`ask`](crate::ask).

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitInt, LitStr, bracketed, parenthesized};

use crate::ast::{Binding, BlockCall, Callee, Expr, ExprKind, Graph, Statement, Symbol, Target};
use crate::codes;
use crate::dim::{Dims, ObligationKind, Shape};
use crate::parse;
use crate::report::{Diagnostic, Report};

/// The shape that stands for any shape.
pub(crate) const ANY: &str = "[..]";

/// What is known of the graphs that are called, by their paths as they are written.
#[derive(Debug, Default)]
pub(crate) struct Blocks(BTreeMap<String, Option<Signature>>);

/// A graph as its callers see it.
#[derive(Debug)]
pub(crate) struct Signature {
    /// It is an op of another crate: there is nothing inside that the library knows.
    pub(crate) is_op: bool,
    /// As the caller writes it.
    path: TokenStream,
    /// The path of the library, as the caller writes it.
    library: TokenStream,
    pub(crate) name: String,
    /// Where it is written.
    pub(crate) place: String,
    pub(crate) generics: Vec<Ident>,
    /// The leaves in the order of their declaration.
    pub(crate) leaves: Vec<Leaf>,
    /// The outputs: one, or the graph cannot be called.
    pub(crate) outputs: Vec<Output>,
    pub(crate) facts: Vec<Fact>,
    /// Constants of the block's module, by their texts. The caller may not be able to name them.
    constants: Vec<String>,
    /// How many graphs are nested here, this one included.
    pub(crate) depth: usize,
}

#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) kind: LeafKind,
    /// The name, or the path of a parameter that a block of the block owns.
    pub(crate) name: String,
    /// Absent if it can be any, which only ops say.
    pub(crate) shape: Option<Shape>,
    pub(crate) place: String,
}

impl Leaf {
    pub(crate) fn is_param(&self) -> bool {
        self.kind != LeafKind::Input
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeafKind {
    Param,
    /// A parameter of a block that the graph owns.
    Owned,
    Input,
}

#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) shape: Option<Shape>,
}

/// Something that the dimensions must fulfil.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) kind: ObligationKind,
    pub(crate) text: String,
    pub(crate) place: String,
}

impl Signature {
    /// The parameters, in the order of their declaration. Their positions come first, in that order.
    pub(crate) fn params(&self) -> impl Iterator<Item = usize> {
        (0..self.leaves.len()).filter(|leaf| self.leaves[*leaf].is_param())
    }

    /// The inputs, in the order of their declaration. Their positions follow, in that order.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = usize> {
        (0..self.leaves.len()).filter(|leaf| self.leaves[*leaf].kind == LeafKind::Input)
    }

    /// `<B, I, O>`.
    pub(crate) fn generics_text(&self) -> String {
        let names: Vec<_> = self.generics.iter().map(ToString::to_string).collect();
        format!("<{}>", names.join(", "))
    }

    /// A constant of the block's module as the caller can write it.
    pub(crate) fn constant(&self, symbol: &Symbol) -> Symbol {
        let Some(i) = self.constants.iter().position(|constant| *constant == symbol.text) else {
            return symbol.clone();
        };
        let (path, library, i) = (&self.path, &self.library, proc_macro2::Literal::usize_unsuffixed(i));
        let zeros = self.generics.iter().map(|_| quote!(0));
        let zeros = (!self.generics.is_empty()).then(|| quote!(<#(#zeros),*>));
        let tokens = quote!(<#path #zeros as #library::__private::Block>::CONSTANTS[#i]);
        Symbol { tokens, ..symbol.clone() }
    }
}

impl Blocks {
    /// Whether all of them are without errors.
    pub(crate) fn are_sound(&self) -> bool {
        self.0.values().all(Option::is_some)
    }

    /// How many graphs are nested in one that calls these.
    pub(crate) fn depth(&self) -> usize {
        1 + self.0.values().flatten().map(|signature| signature.depth).max().unwrap_or(0)
    }

    /// The signature of a callee; nothing if it has errors of its own, which it reports itself.
    pub(crate) fn get(&self, callee: &Callee) -> Option<&Signature> {
        self.0.get(&callee.text)?.as_ref()
    }
}

/// The graphs that a graph calls, each path once.
pub(crate) fn callees(graph: &Graph) -> Vec<&Callee> {
    let mut found = Vec::new();
    for statement in &graph.statements {
        match statement {
            Statement::Block(block) => found.push(&block.callee),
            Statement::Let(Binding { value: Some(value), .. })
            | Statement::Output(Binding { value: Some(value), .. }) => {
                find_callees(value, &mut found);
            }
            _ => {}
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|callee| seen.insert(&callee.text));
    found
}

fn find_callees<'a>(expr: &'a Expr, found: &mut Vec<&'a Callee>) {
    match &expr.kind {
        ExprKind::Name(_)
        | ExprKind::Number(_)
        | ExprKind::Path(_)
        | ExprKind::List(_)
        | ExprKind::Array(_)
        | ExprKind::Range(..) => {}
        ExprKind::Negative(inner) => find_callees(inner, found),
        ExprKind::Binary { left, right, .. } => {
            find_callees(left, found);
            find_callees(right, found);
        }
        ExprKind::Call(call) => {
            for operand in &call.positional {
                find_callees(operand, found);
            }
        }
        ExprKind::Block(BlockCall { target, operands }) => {
            if let Target::Graph(callee) = target {
                found.push(callee);
            }
            for operand in operands {
                find_callees(operand, found);
            }
        }
    }
}

/// What the answers say. That of a graph with errors is empty.
pub(crate) fn blocks(graph: &Graph, answers: Vec<TokenStream>, report: &mut Report) -> Blocks {
    let mut read = |(callee, answer): (&Callee, TokenStream)| {
        let parser = |input: ParseStream| signature(input, callee.path.clone(), graph.library.clone());
        let signature = (!answer.is_empty()).then(|| {
            parser.parse2(answer).map_err(|error| {
                let text =
                    format!("what `{}` says of itself cannot be read ({error}); this is a bug of nfgrad", callee.text);
                Diagnostic::new(codes::SYNTAX, callee.site, text)
            })
        });
        (callee.text.clone(), signature.and_then(|signature| report.ok(signature)))
    };
    Blocks(callees(graph).into_iter().zip(answers).map(&mut read).collect())
}

/// One signature, as the expansion of its graph prints it.
fn signature(input: ParseStream, path: TokenStream, library: TokenStream) -> syn::Result<Signature> {
    let text = |input: ParseStream| input.parse::<LitStr>().map(|text| text.value());
    let is_op = text(input)? == "op";
    let (name, place) = (text(input)?, text(input)?);
    let ident = |input: ParseStream| input.parse::<Ident>();
    let generics = list(input, ident)?;
    let shape = |input: ParseStream| -> syn::Result<Option<Shape>> {
        let text = text(input)?;
        if text == ANY {
            return Ok(None);
        }
        let shape = read(parse::shape, &text)?;
        let mut dims = Dims::new(&generics);
        let shape = shape.dims.iter().map(|dim| dims.dimension(dim).map_err(|_| input.error("not a dimension")));
        shape.collect::<syn::Result<_>>().map(Some)
    };
    let leaves = list(input, |input| {
        let kind = match text(input)?.as_str() {
            "param" => LeafKind::Param,
            "owned" => LeafKind::Owned,
            _ => LeafKind::Input,
        };
        Ok(Leaf { kind, name: text(input)?, shape: shape(input)?, place: text(input)? })
    })?;
    let outputs = list(input, |input| Ok(Output { name: text(input)?, shape: shape(input)? }))?;
    let facts = list(input, |input| {
        let fact = read(parse::fact, &text(input)?)?;
        let kind = Dims::new(&generics).fact(&fact).map_err(|_| input.error("not a fact"))?;
        Ok(Fact { kind, text: text(input)?, place: text(input)? })
    })?;
    let constants = list(input, text)?;
    let depth = input.parse::<LitInt>()?.base10_parse()?;
    Ok(Signature { is_op, path, library, name, place, generics, leaves, outputs, facts, constants, depth })
}

/// Reads what another expansion has printed.
fn read<T>(parser: fn(ParseStream) -> Result<T, Diagnostic>, text: &str) -> syn::Result<T> {
    let parser = |input: ParseStream| parser(input).map_err(|error| input.error(error));
    parser.parse_str(text)
}

/// `[(..) (..)]`.
fn list<T>(input: ParseStream, one: impl Fn(ParseStream) -> syn::Result<T>) -> syn::Result<Vec<T>> {
    let content;
    bracketed!(content in input);
    let mut items = Vec::new();
    while !content.is_empty() {
        let item;
        parenthesized!(item in content);
        items.push(one(&item)?);
    }
    Ok(items)
}
