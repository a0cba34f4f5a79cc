//! What is known of a graph by name: its entries for reports, and its structs of leaves, gradients and outputs.

use proc_macro2::TokenStream;
use quote::quote;

use super::block::tuple;
use super::items::Field;
use super::{Printer, ident, index, plain};
use crate::infer::Entry;

impl Printer<'_> {
    pub(super) fn model(&self) -> TokenStream {
        let (n, generics, arguments) = (&self.n, &self.generics, &self.arguments);
        let name = &self.graph;
        let text = plain(&self.model.graph.name);
        let infos = self.model.entries.iter().enumerate().map(|(position, entry)| self.info(position, entry));
        let param_shapes = tuple((0..self.model.params()).map(|position| self.shape(position)).collect());
        let (leaves, params, outputs) = (self.leaf_fields(), self.param_fields(), self.output_fields());
        let records = [("Leaves", "leaves", leaves), ("Params", "params", params), ("Outputs", "outputs", outputs)];
        let records = records.map(|(what, function, fields)| self.collect(what, function, fields));
        quote! {
            /// Names: for reports, and to fill the structs above.
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
        // What a let is exported as is the name that its user knows.
        let is_node = position >= self.model.leaves.len();
        let exported = self.model.outputs.iter().find(|output| is_node && output.position == position);
        let name = exported.map(|output| plain(output.name)).or_else(|| entry.name.clone()).unwrap_or_default();
        let role = match position {
            _ if position < self.model.params() => quote!(Param),
            _ if position < self.model.leaves.len() => quote!(Input),
            _ => quote!(Node),
        };
        let op = entry.node.as_ref().map_or("", |node| node.op.name());
        let shape = self.text(position);
        quote!(#n::EntryInfo { name: #name, role: #n::Role::#role, op: #op, shape: #shape })
    }

    /// A struct of named tensors, and the function that fills it entry by entry in increasing position.
    fn collect(&self, what: &str, function: &str, mut fields: Vec<Field<'_>>) -> TokenStream {
        let (n, kind, record) = (&self.n, &self.kind, self.companion(what));
        let (what, function) = (ident(what), ident(function));
        let symbols = self.symbols_at(&fields);
        fields.sort_by_key(|field| field.first);
        let (source, phantom) = if fields.is_empty() {
            (quote!(_), Some(quote!(__kind: ::core::marker::PhantomData)))
        } else {
            (quote!(source), None)
        };
        let fields = fields.iter().map(|field| {
            let (name, value) = (field.name, self.filled(field));
            quote!(#name: #value)
        });
        quote! {
            type #what<#kind: #n::Entries> = #record<#kind #(, #symbols)*>;
            fn #function<#kind: #n::Source>(#source: &mut #kind) -> Self::#what<#kind::Kind> {
                #record { #(#fields,)* #phantom }
            }
        }
    }

    /// The value of a field.
    fn filled(&self, field: &Field<'_>) -> TokenStream {
        let (n, first) = (&self.n, index(field.first));
        let Some(number) = field.block else { return quote!(source.entry::<Self, #first>()) };
        let Some((block, ty)) = self.owned(number, &quote!(#n)) else { return quote!(source.entry::<Self, #first>()) };
        let (Some(count), Some(signature)) = (block.ast.count, block.signature) else {
            return quote!(source.block::<Self, #ty>(#first));
        };
        let (count, params) = (index(count.value), index(signature.params().count()));
        quote!(::core::array::from_fn::<_, #count, _>(|i| source.block::<Self, #ty>(#first + i * #params)))
    }
}
