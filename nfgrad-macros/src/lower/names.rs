//! The user's names as local variables, for people and for rustc.
//!
//! A function that nobody calls repeats the block as plain `let` statements: each name is a variable whose type is its
//! shape, and each use of a name is a use of that variable, with the user's tokens. So an editor shows the shape when
//! hovering, jumps to the definition and renames; and rustc itself warns of a tensor that is never used, in its own
//! words, silenced by a leading `_` as everywhere.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::Printer;
use crate::ast::{Expr, ExprKind, Target};
use crate::resolve::tensors;

impl Printer<'_> {
    pub(super) fn names(&self) -> TokenStream {
        let (n, generics) = (&self.n, &self.generics);
        let blocks: Vec<_> = self.model.blocks.iter().map(|block| &block.ast.name).collect();
        let typed = |position: usize| self.shape(position);
        let fields = self.leaf_fields();
        let tensors = fields.iter().filter(|field| field.block.is_none()).map(|field| (field.name, typed(field.first)));
        let owned = (0..self.model.blocks.len()).filter_map(|number| self.owned(number, &quote!(#n)));
        let leaves = tensors
            .chain(owned.map(|(block, graph)| (&block.ast.name, graph)))
            .map(|(name, ty)| quote!(let #name: ::core::marker::PhantomData<#ty> = ::core::marker::PhantomData;));
        let steps = self.model.names.iter().filter_map(|named| {
            let binding = named.step.ast;
            let (name, shape) = (&binding.name, typed(named.position?));
            let Some(value) = &binding.value else { return Some(quote!(_ = #name;)) };
            let mut uses = TokenStream::new();
            collect(value, &blocks, &mut uses);
            let used = named.step.is_output.then(|| quote!(_ = #name;));
            Some(quote! {
                let #name: ::core::marker::PhantomData<#shape> = { #uses ::core::marker::PhantomData };
                #used
            })
        });
        quote! {
            /// The block as rustc and an editor are to see it: never called.
            fn _names #generics() { #(#leaves)* #(#steps)* }
        }
    }
}

/// A use for each name in the expression.
fn collect(expr: &Expr, blocks: &[&Ident], uses: &mut TokenStream) {
    match &expr.kind {
        ExprKind::Name(name) => uses.extend(quote!(_ = #name;)),
        ExprKind::Number(_) | ExprKind::Path(_) | ExprKind::List(_) | ExprKind::Range(..) => {}
        ExprKind::Negative(inner) => collect(inner, blocks, uses),
        ExprKind::Binary { left, right, .. } => {
            collect(left, blocks, uses);
            collect(right, blocks, uses);
        }
        ExprKind::Call(call) => {
            let op = &call.op;
            if blocks.contains(&op) {
                uses.extend(quote!(_ = #op;));
            }
            tensors(call).0.iter().for_each(|operand| collect(operand, blocks, uses));
        }
        ExprKind::Block(call) => {
            if let Target::Member(name, _) = &call.target {
                uses.extend(quote!(_ = #name;));
            }
            call.operands.iter().for_each(|operand| collect(operand, blocks, uses));
        }
    }
}
