//! A graph whose shapes are known, to Rust items. Everything that is written here is checked again by rustc.

mod block;
mod context;
mod items;
mod model;
mod names;
mod outside;
mod reverse;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use crate::ast::Graph;
use crate::dim::{Dim, Obligation, shape_text, shape_type};
use crate::infer::{Entry, Named, Operation, plain};
use crate::literal::Real;
use crate::resolve::{Block, Leaf, Value};

/// All that is printed.
pub(crate) struct Lowering<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) leaves: &'a [Leaf<'a>],
    pub(crate) entries: Vec<Entry<'a>>,
    pub(crate) names: Vec<Named<'a>>,
    pub(crate) outputs: Vec<Output<'a>>,
    pub(crate) obligations: Vec<Obligation>,
    /// The graphs that this one owns, and their dimensions where they are known.
    pub(crate) blocks: &'a [Block<'a>],
    pub(crate) instances: Vec<Option<Vec<Dim>>>,
    /// How many graphs are nested here, this one included.
    pub(crate) depth: usize,
    /// A stub has the items of a graph but nothing that computes: the macro has reported errors.
    pub(crate) stub: bool,
}

/// An output and its position.
pub(crate) struct Output<'a> {
    pub(crate) name: &'a Ident,
    /// Its doc comments, or those of the let that it exports.
    pub(crate) docs: &'a TokenStream,
    pub(crate) position: usize,
}

impl Lowering<'_> {
    /// The whole expansion.
    pub(crate) fn print(&self) -> TokenStream {
        let printer = Printer::new(self);
        let items = printer.items();
        let shapes = printer.shape_aliases();
        let (context, reverse, model) = (printer.context(), printer.reverse(), printer.model());
        let (answer, block, display) = (printer.answer(), printer.block(), printer.display());
        let outside = printer.outside();
        let (module, graph) = (&printer.module, &printer.graph);
        let [leaves, params, outputs] = ["Leaves", "Params", "Outputs"].map(|what| printer.companion(what));
        let names = if self.stub { TokenStream::new() } else { printer.names() };
        let (n, private) = (&printer.n, &printer.private);
        quote! {
            #items
            #answer
            const _: () = {
                use #private as #n;
                use #module::{#graph, #leaves, #params, #outputs};
                #shapes
                #outside
                #context
                #reverse
                #model
                #block
                #display
                #names
            };
        }
    }

    fn params(&self) -> usize {
        self.leaves.iter().filter(|leaf| leaf.is_param()).count()
    }

    /// The first scalar output.
    fn loss(&self) -> Option<&Output<'_>> {
        self.outputs.iter().find(|output| self.entries[output.position].shape.is_empty())
    }
}

/// The names that the expansion is written with, none of which the user has taken.
struct Printer<'a> {
    model: &'a Lowering<'a>,
    /// `::nfgrad::__private`.
    private: TokenStream,
    /// The same, as it is called inside the block.
    n: Ident,
    /// The prefix of the contexts, `C6`.
    context: Ident,
    /// The prefix of the nodes, `N6`.
    node: Ident,
    /// The prefix of the literals, `L0`.
    literal: Ident,
    /// The prefix of the arrays, `A0`.
    array: Ident,
    /// The prefix of the formats that are cast to, `F0`.
    format: Ident,
    /// The prefix of the shapes, `S0`: a shape is spelt out once, however many tensors have it.
    shape: Ident,
    /// Which of them each position has.
    shapes: Vec<usize>,
    /// The type parameter of the structs of named tensors.
    kind: Ident,
    /// The module of what the graph adds to what its user has named.
    module: Ident,
    /// The type that everything is implemented for: `Mlp`, or `MlpOf` behind the alias `Mlp` of a graph with const generics.
    graph: Ident,
    /// `B: Dim, H: Dim`.
    declared: TokenStream,
    /// `<B: Dim, H: Dim>`, or nothing.
    generics: TokenStream,
    /// `<B, H>`, or nothing.
    arguments: TokenStream,
}

impl<'a> Printer<'a> {
    fn new(model: &'a Lowering<'a>) -> Self {
        let graph = model.graph;
        let taken: Vec<String> =
            graph.generics.iter().chain([&graph.name]).map(ToString::to_string).chain(constants(model)).collect();
        let library = &graph.library;
        let private = quote!(#library::__private);
        let declared = graph.generics.iter().map(|name| quote!(#name: #private::Dim));
        let declared = quote!(#(#declared),*);
        let names = &graph.generics;
        let (generics, arguments) = if names.is_empty() {
            (TokenStream::new(), TokenStream::new())
        } else {
            (quote!(<#declared>), quote!(<#(#names),*>))
        };
        Self {
            model,
            private,
            n: fresh("n", &taken),
            context: fresh("C", &taken),
            node: fresh("N", &taken),
            literal: fresh("L", &taken),
            array: fresh("A", &taken),
            format: fresh("F", &taken),
            shape: fresh("S", &taken),
            shapes: number_shapes(&model.entries),
            kind: fresh("K", &taken),
            module: format_ident!("__nfadded_{}", plain(&graph.name), span = graph.name.span()),
            graph: if names.is_empty() { graph.name.clone() } else { format_ident!("{}Of", graph.name) },
            declared,
            generics,
            arguments,
        }
    }

    /// `MlpLeaves`.
    fn companion(&self, what: &str) -> Ident {
        format_ident!("{}{what}", self.model.graph.name)
    }

    /// `type S0<B> = (B, n::D<64>);`, each shape once.
    fn shape_aliases(&self) -> TokenStream {
        let n = &self.n;
        let mut next = 0;
        let first = self.model.entries.iter().zip(&self.shapes).filter(|(_, number)| {
            let new = **number == next;
            next += usize::from(new);
            new
        });
        let alias = |(entry, number): (&Entry<'_>, &usize)| {
            let (name, shape) = (format_ident!("{}{number}", self.shape), shape_type(&entry.shape, &quote!(#n)));
            // Declared by the expansion and not by the user, to whom rustc would else suggest to declare one more beside it.
            let declared = self.symbols_of(entry.shape.iter()).into_iter().cloned().map(|mut symbol| {
                symbol.set_span(Span::mixed_site());
                symbol
            });
            let declared = declared.collect::<Vec<_>>();
            let declared = (!declared.is_empty()).then(|| quote!(<#(#declared),*>));
            quote!(type #name #declared = #shape;)
        };
        first.map(alias).collect()
    }

    /// The shape of a position, `S0<B>`.
    fn shape(&self, position: usize) -> TokenStream {
        let name = format_ident!("{}{}", self.shape, self.shapes[position]);
        let arguments = self.arguments_of(&self.model.entries[position].shape);
        quote!(#name #arguments)
    }

    /// `<B>`, the const generics that a shape depends on: an alias may not have others.
    fn arguments_of(&self, shape: &[Dim]) -> TokenStream {
        let names = self.symbols_of(shape.iter());
        if names.is_empty() { TokenStream::new() } else { quote!(<#(#names),*>) }
    }

    /// The const generics that some dimensions depend on, in the order of their declaration.
    fn symbols_of<'d>(&self, dims: impl Iterator<Item = &'d Dim>) -> Vec<&'a Ident> {
        let mut used = BTreeSet::new();
        dims.for_each(|dim| {
            dim.poly.symbols(&mut |symbol| {
                used.insert(symbol.text.clone());
            });
        });
        // Each once, also where rustc is about to say that it is declared twice.
        self.model.graph.generics.iter().filter(|name| used.remove(&name.to_string())).collect()
    }

    /// The const generics that a struct of named tensors has: those of its shapes and of its blocks.
    ///
    /// So the parameters of models that differ in their batch size alone are of one type.
    fn symbols_at(&self, fields: &[items::Field<'_>]) -> Vec<&'a Ident> {
        let entries = |field: &items::Field<'_>| field.first..field.first + field.entries;
        let shapes = fields.iter().flat_map(entries).flat_map(|position| self.model.entries[position].shape.iter());
        let blocks = fields.iter().filter_map(|field| self.model.instances.get(field.block?)?.as_ref()).flatten();
        self.symbols_of(shapes.chain(blocks))
    }

    /// The shape of a position, as the user wrote it.
    fn text(&self, position: usize) -> String {
        shape_text(&self.model.entries[position].shape)
    }

    /// The positions of the nodes, with the nodes.
    fn nodes(&self) -> impl DoubleEndedIterator<Item = (usize, &crate::infer::Node<'a>)> {
        let entries = self.model.entries.iter().enumerate();
        entries.filter_map(|(position, entry)| entry.node.as_ref().map(|node| (position, node)))
    }
}

/// Numbers the shapes in the order in which they are first met.
fn number_shapes(entries: &[Entry<'_>]) -> Vec<usize> {
    let mut numbers = BTreeMap::new();
    let number = |entry: &Entry<'_>| {
        let (polys, next) = (entry.shape.iter().map(|dim| dim.poly.clone()).collect::<Vec<_>>(), numbers.len());
        *numbers.entry(polys).or_insert(next)
    };
    entries.iter().map(number).collect()
}

/// The constants that shapes and arguments are made of: the words of each path.
fn constants(model: &Lowering<'_>) -> Vec<String> {
    let (mut words, mut named) = (Vec::new(), Vec::new());
    let mut visit =
        |dim: &Dim| dim.poly.symbols(&mut |symbol| words.extend(symbol.text.split("::").map(str::to_owned)));
    for entry in &model.entries {
        entry.shape.iter().for_each(&mut visit);
        match entry.node.as_ref().map(|node| &node.op) {
            Some(Operation::Op(op)) => {
                op.arguments.iter().flat_map(Value::dims).for_each(&mut visit);
                let constants = op.arguments.iter().flat_map(Value::reals).filter_map(Real::constant);
                named.extend(constants.flat_map(|path| path.text.split("::")));
            }
            Some(Operation::Block { arguments, .. }) => arguments.iter().for_each(&mut visit),
            Some(Operation::Foreign { .. }) | None => {}
        }
    }
    words.extend(named.into_iter().map(str::to_owned));
    words.sort_unstable();
    words.dedup();
    words
}

/// The prefix, with as many underscores as it takes to differ from every name of the user, with or without digits.
fn fresh(prefix: &str, taken: &[String]) -> Ident {
    let mut name = prefix.to_owned();
    let clashes = |name: &str| {
        let rest = |word: &String| word.strip_prefix(name).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
        taken.iter().any(rest)
    };
    while clashes(&name) {
        name.push('_');
    }
    ident(&name)
}

/// An identifier of the expansion.
fn ident(text: &str) -> Ident {
    Ident::new(text, Span::mixed_site())
}

/// A position as a literal without a suffix.
fn index(position: usize) -> proc_macro2::Literal {
    proc_macro2::Literal::usize_unsuffixed(position)
}

#[cfg(test)]
mod tests;
