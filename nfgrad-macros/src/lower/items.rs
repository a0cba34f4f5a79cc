//! The public items: the graph itself, and its leaves, parameters and outputs by name.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{Printer, plain};
use crate::ast::Role;

/// A field of one of the structs: its docs, its name and its position.
type Field<'a> = (&'a TokenStream, &'a Ident, usize, &'static str);

impl Printer<'_> {
    pub(super) fn items(&self) -> TokenStream {
        let graph = self.model.graph;
        let (docs, table) = (&graph.docs, self.table());
        let graph_type = self.graph_type(&quote!(#docs #table));
        let leaves: Vec<Field<'_>> = self
            .model
            .leaves
            .iter()
            .enumerate()
            .map(|(position, leaf)| match leaf.ast.role {
                Role::Param => (&leaf.ast.docs, &leaf.ast.name, position, "parameter"),
                Role::Input => (&leaf.ast.docs, &leaf.ast.name, position, "input"),
            })
            .collect();
        let params = &leaves[..self.model.params()];
        let outputs: Vec<Field<'_>> =
            self.model.outputs.iter().map(|output| (output.docs, output.name, output.position, "output")).collect();
        let leaves = self.record("Leaves", "The leaves of", ": parameters, then inputs.", &leaves);
        let params = self.record("Params", "The parameters of", ", or what is known of each: its gradient.", params);
        let outputs = self.record("Outputs", "The outputs of", ".", &outputs);
        quote! {
            #graph_type
            #leaves
            #params
            #outputs
        }
    }

    /// `pub struct Mlp;`, or with const generics `pub type Mlp<const B: usize> = MlpOf<D<B>>;`.
    ///
    /// The struct takes types, so that a graph can be called in another with dimensions that are expressions: stable Rust
    /// has `LinearOf<Times<D<2>, D<H>>>`, but not `Linear<{ 2 * H }>`.
    fn graph_type(&self, docs: &TokenStream) -> TokenStream {
        let graph = self.model.graph;
        let (visibility, name, symbols) = (&graph.visibility, &graph.name, &graph.generics);
        if symbols.is_empty() {
            return quote! {
                #docs
                #[derive(Debug, Clone, Copy)]
                #visibility struct #name;
            };
        }
        let (of, declared) = (&self.graph, &self.declared);
        let link = format!(" [`{}`], with its dimensions as types.", plain(name));
        quote! {
            #docs
            #visibility type #name<#(const #symbols: usize),*> = #of<#(::nfgrad::__private::D<#symbols>),*>;

            #[doc = #link]
            #[derive(Debug, Clone, Copy)]
            #visibility struct #of<#declared>(::core::marker::PhantomData<fn() -> (#(#symbols,)*)>);
        }
    }

    /// The leaves and outputs with their shapes, for the documentation of the graph.
    fn table(&self) -> TokenStream {
        let row = |name: &Ident, position: usize, role: &str| {
            let shape = self.text(position);
            let text = format!(" | `{}` | {role} | `{shape}` |", plain(name));
            quote!(#[doc = #text])
        };
        let leaves = self.model.leaves.iter().enumerate().map(|(position, leaf)| match leaf.ast.role {
            Role::Param => row(&leaf.ast.name, position, "param"),
            Role::Input => row(&leaf.ast.name, position, "input"),
        });
        let outputs = self.model.outputs.iter().map(|output| row(output.name, output.position, "output"));
        let rows: TokenStream = leaves.chain(outputs).collect();
        // A graph without a comment of its own begins with the table.
        let gap = (!self.model.graph.docs.is_empty()).then(|| quote!(#[doc = ""]));
        quote! {
            #gap
            #[doc = " | tensor | role | shape |"]
            #[doc = " |---|---|---|"]
            #rows
        }
    }

    /// A struct of named tensors.
    fn record(&self, what: &str, opening: &str, closing: &str, fields: &[Field<'_>]) -> TokenStream {
        let visibility = &self.model.graph.visibility;
        let (name, kind) = (self.companion(what), &self.kind);
        let symbols = self.symbols_at(fields.iter().map(|(_, _, position, _)| *position));
        let title = format!(" {opening} [`{}`]{closing}", plain(&self.model.graph.name));
        let fields = fields.iter().map(|(docs, field, position, role)| {
            let shape = super::shape_type(&self.model.entries[*position].shape, &quote!(::nfgrad::__private));
            let text = format!(" `{}`: `{}`, {role}.", plain(field), self.text(*position));
            let gap = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
            quote! {
                #docs
                #gap
                #[doc = #text]
                #visibility #field: #kind::Entry<#shape>
            }
        });
        let fields: Vec<_> = fields.collect();
        // A struct without a field must still use its parameter.
        let phantom = fields.is_empty().then(|| quote!(__kind: ::core::marker::PhantomData<#kind>));
        quote! {
            #[doc = #title]
            #visibility struct #name<#kind: ::nfgrad::__private::Entries #(, #symbols: ::nfgrad::__private::Dim)*> {
                #(#fields,)* #phantom
            }
        }
    }
}
