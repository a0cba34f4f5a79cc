//! The user's names as local variables, for people and for rustc.
//!
//! A function that nobody calls repeats the block as plain `let` statements: each name is a variable whose type is its
//! shape, and each use of a name is a use of that variable, with the user's tokens. So an editor shows the shape when
//! hovering, jumps to the definition and renames; and rustc itself warns of a tensor that is never used, in its own
//! words, silenced by a leading `_` as everywhere.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::Printer;
use crate::ast::{Expr, ExprKind, Target};
use crate::resolve::tensors;

impl Printer<'_> {
    pub(super) fn names(&self) -> TokenStream {
        let (n, generics) = (&self.n, &self.generics);
        let typed = |position: usize| self.shape(position);
        let fields = self.leaf_fields();
        let tensors = fields.iter().filter(|field| field.block.is_none()).map(|field| (field.name, typed(field.first)));
        let owned = (0..self.model.blocks.len()).filter_map(|number| self.owned(number, &quote!(#n)));
        let leaves: Vec<_> = tensors.chain(owned.map(|(block, graph)| (&block.ast.name, graph))).collect();
        let scope = self.scope();
        let leaves = leaves
            .iter()
            .map(|(name, ty)| quote!(let #name: ::core::marker::PhantomData<#ty> = ::core::marker::PhantomData;));
        let steps = self.model.names.iter().filter_map(|named| {
            let binding = named.step.ast;
            let (name, shape) = (&binding.name, typed(named.position?));
            let Some(value) = &binding.value else { return Some(scope.used(name)) };
            let mut uses = TokenStream::new();
            scope.collect(value, &mut uses);
            let used = named.step.is_output.then(|| scope.used(name));
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

    fn scope(&self) -> Scope {
        let blocks = self.model.blocks.iter().map(|block| &block.ast.name);
        let leaves = self.leaf_fields().into_iter().map(|field| field.name);
        let bindings = self.model.names.iter().map(|named| &named.step.ast.name);
        let mut defined = BTreeMap::new();
        for name in leaves.chain(blocks.clone()).chain(bindings) {
            defined.entry(name.to_string()).or_insert_with(|| name.span());
        }
        Scope { defined, blocks: blocks.map(ToString::to_string).collect() }
    }
}

/// What the names stand for.
struct Scope {
    /// Where each is first defined.
    defined: BTreeMap<String, Span>,
    blocks: BTreeSet<String>,
}

impl Scope {
    /// A use of the name. A `macro_rules!` may define it and be given an expression that uses it: for `graph!` these are one
    /// name, and so rustc is told to look it up from where it is defined.
    fn used(&self, name: &Ident) -> TokenStream {
        let mut name = name.clone();
        if let Some(defined) = self.defined.get(&name.to_string()) {
            name.set_span(name.span().resolved_at(*defined));
        }
        quote!(_ = #name;)
    }

    /// A use for each name in the expression.
    fn collect(&self, expr: &Expr, uses: &mut TokenStream) {
        match &expr.kind {
            // Any other is a constant of the module.
            ExprKind::Name(name) if self.defined.contains_key(&name.to_string()) => uses.extend(self.used(name)),
            ExprKind::Name(_)
            | ExprKind::Number(_)
            | ExprKind::Path(_)
            | ExprKind::List(_)
            | ExprKind::Array(_)
            | ExprKind::Range(..) => {}
            ExprKind::Negative(inner) => self.collect(inner, uses),
            ExprKind::Binary { left, right, .. } => {
                self.collect(left, uses);
                self.collect(right, uses);
            }
            ExprKind::Call(call) => {
                if self.blocks.contains(&call.op.to_string()) {
                    uses.extend(self.used(&call.op));
                }
                tensors(call).0.iter().for_each(|operand| self.collect(operand, uses));
            }
            ExprKind::Block(call) => {
                if let Target::Member(name, _) = &call.target {
                    uses.extend(self.used(name));
                }
                call.operands.iter().for_each(|operand| self.collect(operand, uses));
            }
        }
    }
}
