//! Γ: one `At` a position, the layout of the flat buffer, and what must hold for the const generics.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Printer, index};
use crate::ast::Relation;
use crate::codes;
use crate::dim::{Obligation, ObligationKind, Poly};

impl Printer<'_> {
    pub(super) fn context(&self) -> TokenStream {
        let (n, generics, arguments) = (&self.n, &self.generics, &self.arguments);
        let name = &self.graph;
        let entries = &self.model.entries;
        let count = index(entries.len());
        let numels = (0..entries.len()).map(|position| {
            let shape = self.shape(position);
            quote!(#n::numel::<#shape>())
        });
        let ats = (0..entries.len()).map(|position| {
            let (position, shape) = (index(position), self.shape(position));
            quote! {
                impl #generics #n::At<#position> for #name #arguments {
                    type Shape = #shape;
                    const OFFSET: usize = Self::__SPANS[#position].offset;
                }
            }
        });
        let spans = quote!(#n::spans([#(#numels),*]));
        let (facts, first) = (self.facts(), self.facts_first());
        let spans = if facts.is_some() { quote!({ #first #spans }) } else { spans };
        // Facts about constants alone are known now, not only when the graph is used.
        let check = (facts.is_some() && generics.is_empty()).then(|| quote!(const _: () = #name::__FACTS;));
        let last = entries.len().checked_sub(1).map(index);
        let size = last.map_or_else(|| quote!(0), |last| quote!(Self::__SPANS[#last].end()));
        quote! {
            /// Where each tensor lies in the buffer of a run.
            impl #generics #name #arguments {
                #facts
                const __SPANS: [#n::Span; #count] = #spans;
            }
            /// What is at each position: params, inputs, then one tensor for each op.
            impl #generics #n::Context for #name #arguments {
                type Len = #n::Nat<#count>;
                const SIZE: usize = #size;
            }
            impl #generics #n::Listed for #name #arguments {
                const LAYOUT: #n::Layout = #n::Layout::Flat(&Self::__SPANS);
            }
            #(#ats)*
            #check
        }
    }

    /// The assertions about the const generics, the facts that the user states first.
    fn facts(&self) -> Option<TokenStream> {
        let checks: Vec<_> = self.model.obligations.iter().flat_map(|obligation| self.check(obligation)).collect();
        (!checks.is_empty()).then(|| quote!(const __FACTS: () = { #(#checks)* };))
    }

    /// Where the entry at that position begins, or the end of all of them.
    pub(super) fn offset(&self, position: usize) -> TokenStream {
        let n = &self.n;
        if position == self.model.entries.len() {
            return quote!(<Self as #n::Context>::SIZE);
        }
        let position = index(position);
        quote!(Self::__SPANS[#position].offset)
    }

    /// The line that evaluates the assertions: before the layout and before a sweep, so before anything that relies on
    /// them and would fail in less helpful words.
    pub(super) fn facts_first(&self) -> Option<TokenStream> {
        let needed = !self.model.obligations.is_empty();
        needed.then(|| quote!(let () = Self::__FACTS;))
    }

    /// The assertions for one obligation, located at the dimension that needs it.
    fn check(&self, obligation: &Obligation) -> Vec<TokenStream> {
        let span = Span::mixed_site().located_at(obligation.site.start);
        let place = obligation.site.location().map_or_else(String::new, |place| format!(" (at {place})"));
        let place = format!(" [{}]{place}", codes::UNMET_FACT.id);
        let (text, graph) = (&obligation.text, &self.model.graph.name);
        match &obligation.kind {
            ObligationKind::NonNegative(poly) => {
                let (more, less) = poly.halves();
                let message = format!("graph `{graph}`: the dimension {text} is negative{place}");
                let (more, less) = (self.size(&more), self.size(&less));
                vec![quote_spanned!(span=> ::core::assert!(#more >= #less, #message);)]
            }
            ObligationKind::Divides(dividend, divisor) => {
                let zero = format!("graph `{graph}`: the dimension {text} divides by zero{place}");
                let rest = format!(
                    "graph `{graph}`: the dimension {text} is not a whole number; `floor({text})` is rounded down{place}"
                );
                let (dividend, divisor) = (self.size(dividend), self.size(divisor));
                vec![
                    quote_spanned!(span=> ::core::assert!(#divisor != 0, #zero);),
                    quote_spanned!(span=> ::core::assert!(#dividend % #divisor == 0, #rest);),
                ]
            }
            ObligationKind::Needs(left, modulus, relation, right)
            | ObligationKind::Fact(left, modulus, relation, right) => {
                let needs = if matches!(obligation.kind, ObligationKind::Fact(..)) { " needs" } else { ":" };
                let message = format!("graph `{graph}`{needs} {text}{place}");
                let Some(modulus) = modulus else { return self.compare(left, *relation, right, &message, span) };
                let relation: TokenStream = relation.symbol().parse().unwrap_or_default();
                let (left, modulus, right) = (self.size(left), self.size(modulus), self.size(right));
                vec![
                    quote_spanned!(span=> ::core::assert!(#modulus != 0 && #left % #modulus #relation #right, #message);),
                ]
            }
        }
    }

    /// The assertion that two polynomials are so related.
    fn compare(&self, left: &Poly, relation: Relation, right: &Poly, message: &str, span: Span) -> Vec<TokenStream> {
        let Some((left, right)) = left.compared(right) else { return Vec::new() };
        let relation: TokenStream = relation.symbol().parse().unwrap_or_default();
        let (left, right) = (self.size(&left), self.size(&right));
        vec![quote_spanned!(span=> ::core::assert!(#left #relation #right, #message);)]
    }

    /// The value of a polynomial.
    fn size(&self, poly: &Poly) -> TokenStream {
        if let Some(value) = poly.value() {
            let value = Literal::i64_unsuffixed(value);
            return quote!(#value);
        }
        let n = &self.n;
        let ty = poly.to_type(&quote!(#n));
        quote!(<#ty as #n::Dim>::VALUE)
    }
}
