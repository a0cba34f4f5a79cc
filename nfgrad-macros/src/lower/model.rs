//! What is known of a graph by name: its entries for reports, and its structs of leaves, gradients and outputs.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::{Printer, index, plain};
use crate::infer::Entry;

impl Printer<'_> {
    pub(super) fn model(&self) -> TokenStream {
        let (n, generics, arguments) = (&self.n, &self.generics, &self.arguments);
        let name = &self.graph;
        let text = plain(&self.model.graph.name);
        let infos = self.model.entries.iter().enumerate().map(|(position, entry)| self.info(position, entry));
        let param_shapes = (0..self.model.params()).rev().fold(quote!(()), |rest, position| {
            let shape = self.shape(position);
            quote!((#shape, #rest))
        });
        let leaves: Vec<_> =
            self.model.leaves.iter().enumerate().map(|(position, leaf)| (&leaf.ast.name, position)).collect();
        let params = leaves[..self.model.params()].to_vec();
        let outputs = self.model.outputs.iter().map(|output| (output.name, output.position)).collect();
        let records = [("Leaves", "leaves", leaves), ("Params", "params", params), ("Outputs", "outputs", outputs)];
        let records = records.map(|(what, function, fields)| self.collect(what, function, fields));
        quote! {
            impl #generics #n::Model for #name #arguments {
                const NAME: &'static str = #text;
                const ENTRIES: &'static [#n::EntryInfo] = &[#(#infos),*];
                type ParamShapes = #param_shapes;
                #(#records)*
            }
        }
    }

    /// One row of the table of entries.
    fn info(&self, position: usize, entry: &Entry<'_>) -> TokenStream {
        let n = &self.n;
        let name = entry.name.map_or_else(String::new, plain);
        let role = match position {
            _ if position < self.model.params() => quote!(Param),
            _ if position < self.model.leaves.len() => quote!(Input),
            _ => quote!(Node),
        };
        let op = entry.node.as_ref().map_or("", |node| node.op.signature.name);
        let shape = self.text(position);
        quote!(#n::EntryInfo { name: #name, role: #n::Role::#role, op: #op, shape: #shape })
    }

    /// A struct of named tensors, and the function that fills it entry by entry in increasing position.
    fn collect(&self, what: &str, function: &str, mut fields: Vec<(&Ident, usize)>) -> TokenStream {
        let (n, kind, record) = (&self.n, &self.kind, self.companion(what));
        let (what, function) = (Ident::new(what, Span::mixed_site()), Ident::new(function, Span::mixed_site()));
        let symbols = self.symbols_at(fields.iter().map(|(_, position)| *position));
        fields.sort_by_key(|(_, position)| *position);
        let empty = fields.is_empty();
        let fields = fields.into_iter().map(|(field, position)| {
            let position = index(position);
            quote!(#field: source.entry::<Self, #position>())
        });
        let (source, phantom) =
            if empty { (quote!(_), Some(quote!(__kind: ::core::marker::PhantomData))) } else { (quote!(source), None) };
        quote! {
            type #what<#kind: #n::Entries> = #record<#kind #(, #symbols)*>;
            fn #function<#kind: #n::Source>(#source: &mut #kind) -> Self::#what<#kind::Kind> {
                #record { #(#fields,)* #phantom }
            }
        }
    }
}
