//! Polynomials to text and to types. Equal polynomials give equal types, which is how rustc sees that they are equal.

use std::fmt;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{Atom, Dim, Poly};
use crate::ast::Symbol;

impl Poly {
    /// The type: a sum of products, `Minus` of two such sums if there are negative terms. `n` is the module of the types.
    pub(crate) fn to_type(&self, n: &TokenStream) -> TokenStream {
        let (positive, negative) = self.halves();
        let sum = positive.to_sum(n);
        if negative.0.is_empty() {
            return sum;
        }
        let less = negative.to_sum(n);
        quote!(#n::Minus<#sum, #less>)
    }

    fn to_sum(&self, n: &TokenStream) -> TokenStream {
        let terms = self.in_order().into_iter().map(|(atoms, coefficient)| product(atoms, coefficient, n));
        terms.reduce(|sum, term| quote!(#n::Plus<#sum, #term>)).unwrap_or_else(|| quote!(#n::D<0>))
    }

    /// The terms, those with more factors first and a number last, as people write them.
    fn in_order(&self) -> Vec<(&Vec<Atom>, i64)> {
        let mut terms: Vec<_> = self.0.iter().map(|(atoms, coefficient)| (atoms, *coefficient)).collect();
        terms.sort_by_key(|(atoms, _)| std::cmp::Reverse(atoms.len()));
        terms
    }
}

/// `Times<Times<D<2>, D<H>>, D<W>>`.
fn product(atoms: &[Atom], coefficient: i64, n: &TokenStream) -> TokenStream {
    let number = Literal::i64_unsuffixed(coefficient);
    let number = (coefficient != 1 || atoms.is_empty()).then(|| quote!(#n::D<#number>));
    let factors = number.into_iter().chain(atoms.iter().map(|atom| atom.to_type(n)));
    factors.reduce(|product, factor| quote!(#n::Times<#product, #factor>)).unwrap_or_default()
}

impl Atom {
    fn to_type(&self, n: &TokenStream) -> TokenStream {
        match self {
            Atom::Symbol(Symbol { tokens, braces: false, .. }) => tokens.clone(),
            Atom::Symbol(Symbol { tokens, braces: true, .. }) => quote!(#n::D<{ #tokens }>),
            // Both are rounded down; of one nothing is left.
            Atom::Over(dividend, divisor) | Atom::Floor(dividend, divisor) => {
                let (dividend, divisor) = (dividend.to_type(n), divisor.to_type(n));
                quote!(#n::Over<#dividend, #divisor>)
            }
        }
    }
}

impl fmt::Display for Poly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("0");
        }
        let mut terms = self.in_order();
        // `N - K`, not `-K + N`.
        if let Some(first) = terms.iter().position(|(_, coefficient)| *coefficient > 0) {
            terms[..=first].rotate_right(1);
        }
        for (i, (atoms, coefficient)) in terms.into_iter().enumerate() {
            f.write_str(match (i, coefficient < 0) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            })?;
            let size = coefficient.unsigned_abs();
            let number = (size != 1 || atoms.is_empty()).then(|| size.to_string());
            let factors: Vec<_> = number.into_iter().chain(atoms.iter().map(ToString::to_string)).collect();
            f.write_str(&factors.join("*"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Atom::Symbol(symbol) => f.write_str(&symbol.text),
            Atom::Over(dividend, divisor) => {
                dividend.fmt_operand(f)?;
                f.write_str("/")?;
                divisor.fmt_operand(f)
            }
            Atom::Floor(dividend, divisor) => {
                f.write_str("floor(")?;
                dividend.fmt_operand(f)?;
                f.write_str("/")?;
                divisor.fmt_operand(f)?;
                f.write_str(")")
            }
        }
    }
}

impl Poly {
    /// In parentheses unless it is a single number or symbol.
    fn fmt_operand(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.only_term() {
            Some((atoms, coefficient)) if coefficient > 0 && atoms.len() + usize::from(coefficient != 1) <= 1 => {
                write!(f, "{self}")
            }
            _ => write!(f, "({self})"),
        }
    }
}

impl Dim {
    /// As the user wrote it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// `[B, 64]`, as the user wrote it.
pub(crate) fn shape_text(shape: &[Dim]) -> String {
    format!("[{}]", shape.iter().map(Dim::text).collect::<Vec<_>>().join(", "))
}

/// `(D<B>, D<64>)`.
pub(crate) fn shape_type(shape: &[Dim], n: &TokenStream) -> TokenStream {
    let dims = shape.iter().map(|dim| dim.poly.to_type(n));
    // A tuple of one needs its comma.
    let comma = (shape.len() == 1).then(|| quote!(,));
    quote!((#(#dims),* #comma))
}

/// `[2*H, B]`, every dimension in canonical form.
pub(crate) fn canonical(shape: &[Dim]) -> String {
    let dims: Vec<_> = shape.iter().map(|dim| dim.poly.to_string()).collect();
    format!("[{}]", dims.join(", "))
}
