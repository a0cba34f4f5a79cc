//! `declare_op!`: an op of another crate, as `graph!` is to know it.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ask::answer;
use crate::block::ANY;
use crate::dim::{Dims, canonical};
use crate::infer::plain;
use crate::parse::{OpDecl, Pattern, op};
use crate::report::{Report, Site};
use crate::visible::visible;

/// The macro of the op's name, which answers `graph!` with the shapes.
pub(crate) fn declare(tokens: TokenStream) -> TokenStream {
    let mut report = Report::default();
    let signature = op(visible(tokens), &mut report).and_then(|declaration| {
        let signature = signature(&declaration, &mut report)?;
        Some(answer(&declaration.visibility, &declaration.name, &signature))
    });
    match report.finish() {
        Ok(()) => signature.unwrap_or_default(),
        Err(errors) => errors.to_tokens(),
    }
}

/// As `crate::block` reads it.
fn signature(declaration: &OpDecl, report: &mut Report) -> Option<TokenStream> {
    let (name, generics) = (plain(&declaration.name), &declaration.generics);
    let place = Site::from(&declaration.name).location().unwrap_or_default();
    let mut dims = Dims::new(generics);
    let mut text = |pattern: &Pattern| match pattern {
        Pattern::Any => Some(ANY.to_owned()),
        Pattern::Shape(shape) => {
            let shape: Vec<_> = shape.dims.iter().map(|dim| report.ok(dims.dimension(dim))).collect();
            Some(canonical(&shape.into_iter().collect::<Option<Vec<_>>>()?))
        }
    };
    let mut operands = Vec::new();
    for (name, pattern) in &declaration.operands {
        let (name, shape, place) = (name.to_string(), text(pattern)?, Site::from(name).location().unwrap_or_default());
        operands.push(quote!(("input" #name #shape #place)));
    }
    let result = text(&declaration.result)?;
    Some(quote!("op" #name #place [#((#generics))*] [#(#operands)*] [("result" #result)] [] [] 0))
}
