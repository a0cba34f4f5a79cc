//! The public items: the graph itself, and its leaves, parameters and outputs by name.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::outside::Outside;
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
    /// All that the graph adds to what its user has named, in a module of its own, and a glob of that module: so a user may have
    /// a `NetParams` too, which then is what the name means, and everything else works as before.
    pub(super) fn items(&self) -> TokenStream {
        let (visibility, module) = (&self.model.graph.visibility, &self.module);
        let (named, graph_type) = self.graph_type();
        let leaves = self.record("Leaves", "The leaves of", ": parameters, then inputs.", &self.leaf_fields());
        let params = self.record(
            "Params",
            "The parameters of",
            ", or what is known of each: its gradient.",
            &self.param_fields(),
        );
        let outputs = self.record("Outputs", "The outputs of", ".", &self.output_fields());
        quote! {
            #named
            // Nobody has written these names, and so nobody is told that they are not read.
            #[allow(dead_code, unreachable_pub, non_snake_case)]
            mod #module {
                // What the comments of the user link to.
                #[cfg(doc)]
                #[allow(unused_imports)]
                use super::*;
                #graph_type
                #leaves
                #params
                #outputs
            }
            #[allow(unused_imports)]
            #visibility use #module::*;
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
    ///
    /// First what the user has named, then what goes into the module.
    fn graph_type(&self) -> (TokenStream, TokenStream) {
        let (graph, table) = (self.model.graph, self.table());
        let (docs, visibility, name, symbols) = (&graph.docs, &graph.visibility, &graph.name, &graph.generics);
        let (private, module, of) = (&self.private, &self.module, &self.graph);
        if symbols.is_empty() {
            let named = quote!(#[allow(unused_imports)] #visibility use #module::#name;);
            return (named, quote!(#docs #table #[derive(Debug, Clone, Copy, Default)] pub struct #name;));
        }
        let named = quote! {
            #docs
            #table
            #visibility type #name<#(const #symbols: usize),*> = #module::#of<#(#private::D<{ #symbols }>),*>;
        };
        let (declared, generics, arguments) = (&self.declared, &self.generics, &self.arguments);
        let title = format!(" [`{}`], with its dimensions as types.", plain(name));
        let graph_type = quote! {
            #[doc = #title]
            #[derive(Debug, Clone, Copy)]
            pub struct #of<#declared>(::core::marker::PhantomData<fn() -> (#(#symbols,)*)>);

            impl #generics ::core::default::Default for #of #arguments {
                fn default() -> Self {
                    Self(::core::marker::PhantomData)
                }
            }
        };
        (named, graph_type)
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
        let (name, kind, private) = (self.companion(what), &self.kind, &self.private);
        let symbols = self.symbols_at(fields);
        let title = format!(" {opening} [`{}`]{closing}", plain(&self.model.graph.name));
        let outside = Outside::new(self, &symbols);
        let fields: Vec<_> = fields.iter().map(|field| self.field(field, &outside)).collect();
        // A struct without a field must still use its parameter.
        let phantom = fields.is_empty().then(|| quote!(pub(super) __kind: ::core::marker::PhantomData<#kind>));
        quote! {
            #[doc = #title]
            pub struct #name<#kind: #private::Entries #(, #symbols: #private::Dim)*> {
                #(#fields,)* #phantom
            }
        }
    }

    /// A field with its documentation and its type.
    fn field(&self, field: &Field<'_>, outside: &Outside<'_>) -> TokenStream {
        let (kind, name, docs, n) = (&self.kind, field.name, field.docs, &self.private);
        let gap = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
        let (text, ty) = match field.block.and_then(|number| self.owned(number, n).zip(Some(number))) {
            None => {
                let shape = outside.shape(&self.model.entries[field.first].shape);
                let text = format!(" `{}`: `{}`, {}.", plain(name), self.text(field.first), field.role);
                (text, quote!(#kind::Entry<#shape>))
            }
            Some(((block, _), number)) => {
                let ty = outside.block(number);
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
            pub #name: #ty
        }
    }
}
