//! What a graph tells its callers, and what it is to them: the signature behind its name, and the trait `Block`.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Printer, index, plain};
use crate::ask;
use crate::block::LeafKind;
use crate::dim::{Dim, canonical, shape_type};
use crate::report::Site;
use crate::resolve::{Block, Leaf};

/// A tuple has at most this many elements; longer lists are tuples of tuples.
const MAX_TUPLE: usize = 8;

impl Printer<'_> {
    /// The `macro_rules!` of the graph's name, which answers other `graph!` blocks with the signature.
    pub(super) fn answer(&self) -> TokenStream {
        let graph = self.model.graph;
        let (visibility, name) = (&graph.visibility, &graph.name);
        let place = Site::from(name).location().unwrap_or_default();
        // A graph with errors has told them; its callers stay silent.
        let signature = if self.model.stub { TokenStream::new() } else { self.signature(&place) };
        ask::answer(visibility, name, &signature)
    }

    /// As `crate::block` reads it.
    fn signature(&self, place: &str) -> TokenStream {
        let (graph, entries) = (self.model.graph, &self.model.entries);
        let (name, generics) = (plain(&graph.name), &graph.generics);
        let shape = |position: usize| canonical(&entries[position].shape);
        let leaves = self.declared_leaves().into_iter().map(|(position, leaf)| {
            let kind = match leaf.kind() {
                LeafKind::Param => "param",
                LeafKind::Owned => "owned",
                LeafKind::Input => "input",
            };
            let (name, shape, place) = (leaf.path(), shape(position), leaf.site().location().unwrap_or_default());
            quote!((#kind #name #shape #place))
        });
        let outputs = self.model.outputs.iter().map(|output| {
            let (name, shape) = (plain(output.name), shape(output.position));
            quote!((#name #shape))
        });
        let facts = self.model.obligations.iter().map(|obligation| {
            let (fact, text) = (obligation.kind.as_fact(), &obligation.text);
            let place = obligation.site.location().unwrap_or_default();
            quote!((#fact #text #place))
        });
        let constants = self.constants();
        let constants = constants.iter().map(|(text, _)| quote!((#text)));
        let depth = index(self.model.depth);
        quote!("graph" #name #place [#((#generics))*] [#(#leaves)*] [#(#outputs)*] [#(#facts)*] [#(#constants)*] #depth)
    }

    /// The leaves in the order of their declaration, with their positions.
    fn declared_leaves(&self) -> Vec<(usize, &Leaf<'_>)> {
        let mut leaves: Vec<_> = self.model.leaves.iter().enumerate().collect();
        leaves.sort_by_key(|(_, leaf)| leaf.rank);
        leaves
    }

    /// The constants in the shapes of leaves and outputs, which a caller cannot name: text and tokens.
    pub(super) fn constants(&self) -> Vec<(String, TokenStream)> {
        let mut constants: Vec<(String, TokenStream)> = Vec::new();
        let outputs = self.model.outputs.iter().map(|output| output.position);
        for position in (0..self.model.leaves.len()).chain(outputs) {
            for dim in self.model.entries[position].shape.iter() {
                dim.poly.symbols(&mut |symbol| {
                    if symbol.braces && constants.iter().all(|(text, _)| *text != symbol.text) {
                        constants.push((symbol.text.clone(), symbol.tokens.clone()));
                    }
                });
            }
        }
        constants
    }

    /// That the graph can be called, and with types for its dimensions.
    pub(super) fn block(&self) -> TokenStream {
        let (n, generics, arguments, graph) = (&self.n, &self.generics, &self.arguments, &self.graph);
        let symbols = &self.model.graph.generics;
        let with = (!symbols.is_empty()).then(|| {
            let zeros = symbols.iter().map(|_| quote!(#n::D<0>));
            quote! {
                /// This graph with other dimensions, as a block of another.
                impl #generics #n::With<(#(#symbols,)*)> for #graph<#(#zeros),*> {
                    type Graph = #graph #arguments;
                }
            }
        });
        let block = match &self.model.outputs[..] {
            [output] if !self.model.stub => {
                let leaves = (0..self.model.leaves.len()).map(|position| {
                    let shape = self.shape(position);
                    quote!(<#shape as #n::Shape>::DIMS)
                });
                let (shape, position) = (self.shape(output.position), index(output.position));
                let offset = self.offset(output.position);
                let constants = self.constants();
                let constants = constants.iter().map(|(_, tokens)| tokens);
                Some(quote! {
                    impl #generics #n::Block for #graph #arguments {
                        type Output = #shape;
                        const SHAPES: &'static [&'static [usize]] = &[#(#leaves),*];
                        const POSITION: usize = #position;
                        const OFFSET: usize = #offset;
                        const CONSTANTS: &'static [usize] = &[#(#constants),*];
                    }
                })
            }
            _ => None,
        };
        quote!(#with #block)
    }

    /// A value of the graph prints as its table.
    pub(super) fn display(&self) -> TokenStream {
        let (n, generics, arguments, graph) = (&self.n, &self.generics, &self.arguments, &self.graph);
        quote! {
            impl #generics ::core::fmt::Display for #graph #arguments {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Display::fmt(&#n::Summary::<Self>::new(), f)
                }
            }
        }
    }

    /// An owned block and its type, if its dimensions are known.
    pub(super) fn owned(&self, number: usize, n: &TokenStream) -> Option<(&Block<'_>, TokenStream)> {
        let block = &self.model.blocks[number];
        let arguments = self.model.instances.get(number)?.as_ref()?;
        Some((block, instance(&block.ast.callee.path, arguments, n)))
    }
}

/// The type of an owned block, or of one that is called.
pub(super) fn instance(path: &TokenStream, arguments: &[Dim], n: &TokenStream) -> TokenStream {
    if arguments.is_empty() {
        return path.clone();
    }
    let zeros = arguments.iter().map(|_| quote!(0));
    let dims = shape_type(arguments, n);
    quote!(<#path<#(#zeros),*> as #n::With<#dims>>::Graph)
}

/// One tuple, or a tuple of tuples: no type that rustc has to look through is deep.
pub(super) fn tuple(mut items: Vec<TokenStream>) -> TokenStream {
    while items.len() > MAX_TUPLE {
        items = items.chunks(MAX_TUPLE).map(|chunk| quote!((#(#chunk,)*))).collect();
    }
    quote!((#(#items,)*))
}
