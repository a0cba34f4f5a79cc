//! The public items: the graph itself, and its leaves, parameters and outputs by name.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{Output, Printer, index, plain};
use crate::resolve::Source;

/// A field of one of the structs: a tensor, or the parameters of an owned block.
pub(super) struct Field<'a> {
    docs: &'a TokenStream,
    pub(super) name: &'a Ident,
    /// The position of the tensor, or of the first parameter.
    pub(super) first: usize,
    /// How many entries it stands for.
    pub(super) entries: usize,
    role: &'static str,
    /// The number of the block.
    pub(super) block: Option<usize>,
}

impl Printer<'_> {
    pub(super) fn items(&self) -> TokenStream {
        let graph = self.model.graph;
        let (docs, table) = (&graph.docs, self.table());
        let graph_type = self.graph_type(&quote!(#docs #table));
        let leaves = self.record("Leaves", "The leaves of", ": parameters, then inputs.", &self.leaf_fields());
        let params = self.record(
            "Params",
            "The parameters of",
            ", or what is known of each: its gradient.",
            &self.param_fields(),
        );
        let outputs = self.record("Outputs", "The outputs of", ".", &self.output_fields());
        quote! {
            #graph_type
            #leaves
            #params
            #outputs
        }
    }

    /// One field for each leaf, and one for each owned block.
    pub(super) fn leaf_fields(&self) -> Vec<Field<'_>> {
        let mut fields: Vec<Field<'_>> = Vec::new();
        for (first, leaf) in self.model.leaves.iter().enumerate() {
            let role = if leaf.is_param() { "parameter" } else { "input" };
            match &leaf.source {
                Source::Here(ast) => {
                    fields.push(Field { docs: &ast.docs, name: &ast.name, first, entries: 1, role, block: None });
                }
                Source::Owned { block, declaration, .. } => match fields.last_mut() {
                    Some(last) if last.block == Some(*block) => last.entries += 1,
                    _ => {
                        let (docs, name, block) = (&declaration.docs, &declaration.name, Some(*block));
                        fields.push(Field { docs, name, first, entries: 1, role: "block", block });
                    }
                },
            }
        }
        fields
    }

    /// The fields of the parameters among them.
    pub(super) fn param_fields(&self) -> Vec<Field<'_>> {
        let mut fields = self.leaf_fields();
        fields.retain(|field| field.first < self.model.params());
        fields
    }

    pub(super) fn output_fields(&self) -> Vec<Field<'_>> {
        let outputs = self.model.outputs.iter();
        let fields = outputs.map(|&Output { docs, name, position: first }| Field {
            docs,
            name,
            first,
            entries: 1,
            role: "output",
            block: None,
        });
        fields.collect()
    }

    /// `pub struct Mlp;`, or with const generics `pub type Mlp<const B: usize> = MlpOf<D<{ B }>>;`. The braces say that `B`
    /// is a value, also where a type has the same name: `D` is in the prelude.
    ///
    /// The struct takes types, so that a graph can be called in another with dimensions that are expressions: stable Rust
    /// has `LinearOf<Times<D<2>, D<H>>>`, but not `Linear<{ 2 * H }>`.
    fn graph_type(&self, docs: &TokenStream) -> TokenStream {
        let graph = self.model.graph;
        let (visibility, name, symbols) = (&graph.visibility, &graph.name, &graph.generics);
        if symbols.is_empty() {
            return quote! {
                #docs
                #[derive(Debug, Clone, Copy, Default)]
                #visibility struct #name;
            };
        }
        let (of, declared) = (&self.graph, &self.declared);
        let link = format!(" [`{}`], with its dimensions as types.", plain(name));
        quote! {
            #docs
            #visibility type #name<#(const #symbols: usize),*> = #of<#(::nfgrad::__private::D<{ #symbols }>),*>;

            #[doc = #link]
            #[derive(Debug, Clone, Copy)]
            #visibility struct #of<#declared>(::core::marker::PhantomData<fn() -> (#(#symbols,)*)>);
        }
    }

    /// The leaves and outputs with their shapes, for the documentation of the graph.
    fn table(&self) -> TokenStream {
        let row = |name: &str, position: usize, role: &str| {
            let shape = self.text(position);
            let text = format!(" | `{name}` | {role} | `{shape}` |");
            quote!(#[doc = #text])
        };
        let leaves = self
            .model
            .leaves
            .iter()
            .enumerate()
            .map(|(position, leaf)| row(&leaf.path(), position, if leaf.is_param() { "param" } else { "input" }));
        let outputs = self.model.outputs.iter().map(|output| row(&plain(output.name), output.position, "output"));
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
        let symbols = self.symbols_at(fields);
        let title = format!(" {opening} [`{}`]{closing}", plain(&self.model.graph.name));
        let fields: Vec<_> = fields.iter().map(|field| self.field(field)).collect();
        // A struct without a field must still use its parameter.
        let phantom = fields.is_empty().then(|| quote!(__kind: ::core::marker::PhantomData<#kind>));
        quote! {
            #[doc = #title]
            #visibility struct #name<#kind: ::nfgrad::__private::Entries #(, #symbols: ::nfgrad::__private::Dim)*> {
                #(#fields,)* #phantom
            }
        }
    }

    /// A field with its documentation and its type.
    fn field(&self, field: &Field<'_>) -> TokenStream {
        let (visibility, kind, name, docs) = (&self.model.graph.visibility, &self.kind, field.name, field.docs);
        let n = quote!(::nfgrad::__private);
        let gap = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
        let (text, ty) = match field.block.and_then(|number| self.owned(number, &n)) {
            None => {
                let shape = super::shape_type(&self.model.entries[field.first].shape, &n);
                let text = format!(" `{}`: `{}`, {}.", plain(name), self.text(field.first), field.role);
                (text, quote!(#kind::Entry<#shape>))
            }
            Some((block, ty)) => {
                let params = quote!(<#ty as #n::Model>::Params<#kind>);
                let (callee, count) = (&block.ast.callee, block.ast.count.map(|count| index(count.value)));
                let text = match block.ast.count {
                    None => format!(" `{}`: the parameters of a `{callee}`.", plain(name)),
                    Some(count) => format!(" `{}`: the parameters of {} times `{callee}`.", plain(name), count.value),
                };
                (text, count.map_or_else(|| params.clone(), |count| quote!([#params; #count])))
            }
        };
        quote! {
            #docs
            #gap
            #[doc = #text]
            #visibility #name: #ty
        }
    }
}
