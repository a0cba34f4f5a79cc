//! What is known of a graph by name: its entries for reports, and its structs of leaves, gradients and outputs.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{Printer, index, plain};
use crate::infer::Entry;

impl Printer<'_> {
    pub(super) fn model(&self) -> TokenStream {
        let (n, generics, arguments, kind) = (&self.n, &self.generics, &self.arguments, &self.kind);
        let name = &self.model.graph.name;
        let text = plain(name);
        let infos = self.model.entries.iter().enumerate().map(|(position, entry)| self.info(position, entry));
        let param_shapes = (0..self.model.params()).rev().fold(quote!(()), |rest, position| {
            let shape = self.shape(position);
            quote!((#shape, #rest))
        });
        let inner = self.kind_arguments();
        let (leaves, gradients, outputs) =
            (self.companion("Leaves"), self.companion("Gradients"), self.companion("Outputs"));
        let all_leaves: Vec<_> =
            self.model.leaves.iter().enumerate().map(|(position, leaf)| (&leaf.ast.name, position)).collect();
        let all_outputs = self.model.outputs.iter().map(|output| (output.name, output.position)).collect();
        let fn_leaves = self.collect("leaves", &leaves, all_leaves.clone());
        let fn_gradients = self.collect("gradients", &gradients, all_leaves[..self.model.params()].to_vec());
        let fn_outputs = self.collect("outputs", &outputs, all_outputs);
        quote! {
            impl #generics #n::Model for #name #arguments {
                const NAME: &'static str = #text;
                const ENTRIES: &'static [#n::EntryInfo] = &[#(#infos),*];
                type ParamShapes = #param_shapes;
                type Leaves<#kind: #n::Entries> = #leaves #inner;
                type Gradients<#kind: #n::Entries> = #gradients #inner;
                type Outputs<#kind: #n::Entries> = #outputs #inner;
                #fn_leaves
                #fn_gradients
                #fn_outputs
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

    /// A function that fills a struct of named tensors, entry by entry in increasing position.
    fn collect(&self, function: &str, record: &Ident, mut fields: Vec<(&Ident, usize)>) -> TokenStream {
        let (n, kind, inner) = (&self.n, &self.kind, self.kind_arguments());
        let function = Ident::new(function, proc_macro2::Span::mixed_site());
        fields.sort_by_key(|(_, position)| *position);
        let empty = fields.is_empty();
        let fields = fields.into_iter().map(|(field, position)| {
            let position = index(position);
            quote!(#field: entries.entry::<Self, #position>())
        });
        let (entries, phantom) = if empty {
            (quote!(_), Some(quote!(__kind: ::core::marker::PhantomData)))
        } else {
            (quote!(mut entries), None)
        };
        quote! {
            fn #function<#kind: #n::Entries>(#entries: #kind) -> #record #inner {
                #record { #(#fields,)* #phantom }
            }
        }
    }
}
