//! What the user can name and the module of the added items cannot: constants, and the graphs that are owned.
//!
//! `super::N` means another place inside of a module, and a block of code is not seen from a module at all. So the graph
//! itself is asked for these types: `<MlpOf<B> as Outside<0>>::Type`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{Printer, index};
use crate::ast::Symbol;
use crate::dim::{Dim, Poly, shape_type};

/// How a struct of named tensors with these const generics names them.
pub(super) struct Outside<'p> {
    printer: &'p Printer<'p>,
    symbols: &'p [&'p Ident],
    /// The texts of the constants.
    constants: Vec<String>,
}

impl Printer<'_> {
    /// The constants in the shapes of leaves and outputs, and behind them the owned blocks, by number.
    pub(super) fn outside(&self) -> TokenStream {
        let (n, graph, generics, arguments) = (&self.n, &self.graph, &self.generics, &self.arguments);
        let constants = self.constants();
        let blocks = (0..self.model.blocks.len()).map(|number| Some(self.owned(number, &quote!(#n))?.1));
        let types = constants.iter().map(|(_, tokens)| Some(quote!(#n::D<{ #tokens }>))).chain(blocks);
        let item = |(number, ty): (usize, Option<TokenStream>)| {
            let (number, ty) = (index(number), ty?);
            Some(quote!(impl #generics #n::Outside<#number> for #graph #arguments { type Type = #ty; }))
        };
        types.enumerate().filter_map(item).collect()
    }
}

impl<'p> Outside<'p> {
    pub(super) fn new(printer: &'p Printer<'p>, symbols: &'p [&'p Ident]) -> Self {
        let constants = printer.constants().into_iter().map(|(text, _)| text).collect();
        Self { printer, symbols, constants }
    }

    /// A shape.
    pub(super) fn shape(&self, shape: &[Dim]) -> TokenStream {
        let known = |symbol: &Symbol| self.constants.iter().position(|text| symbol.braces && *text == symbol.text);
        let named = |symbol: &Symbol| match known(symbol) {
            Some(number) => Poly::symbol(Symbol { tokens: self.ty(number), braces: false, ..symbol.clone() }),
            None => Poly::symbol(symbol.clone()),
        };
        // What could be computed once can be computed again.
        let dim =
            |dim: &Dim| dim.poly.substitute(&named).map_or_else(|_| dim.clone(), |poly| Dim { poly, ..dim.clone() });
        shape_type(&shape.iter().map(dim).collect::<Vec<_>>(), &self.printer.private)
    }

    /// The type of an owned block.
    pub(super) fn block(&self, number: usize) -> TokenStream {
        self.ty(self.constants.len() + number)
    }

    /// The type of that number. It does not depend on the const generics that the struct does not have.
    fn ty(&self, number: usize) -> TokenStream {
        let Printer { private, graph, model, .. } = self.printer;
        let all = &model.graph.generics;
        let argument = |name| if self.symbols.contains(&name) { quote!(#name) } else { quote!(#private::D<0>) };
        let arguments = all.iter().map(argument);
        let arguments = (!all.is_empty()).then(|| quote!(<#(#arguments),*>));
        let number = index(number);
        quote!(<#graph #arguments as #private::Outside<#number>>::Type)
    }
}
