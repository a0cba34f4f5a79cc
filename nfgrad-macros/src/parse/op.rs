//! The declaration of an op of another crate: `pub Outer<const M: usize, const N: usize>(a: [M], b: [N]) -> [M, N]`.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Token, token};

use super::{Result, brackets, dim, expected, generics, name, parens, separated, skip_all, visibility};
use crate::ast::ShapeExpr;
use crate::report::Report;

/// An op that `graph!` is to know.
#[derive(Debug)]
pub(crate) struct OpDecl {
    pub(crate) visibility: TokenStream,
    pub(crate) name: Ident,
    pub(crate) generics: Vec<Ident>,
    pub(crate) operands: Vec<(Ident, Pattern)>,
    pub(crate) result: Pattern,
}

/// The shape of an operand or a result.
#[derive(Debug)]
pub(crate) enum Pattern {
    /// `[..]`: any shape, the same wherever it stands.
    Any,
    Shape(ShapeExpr),
}

/// The whole declaration.
pub(crate) fn op(tokens: TokenStream, report: &mut Report) -> Option<OpDecl> {
    let mut declaration = None;
    let parser = |input: ParseStream| {
        declaration = report.ok(read(input));
        skip_all(input);
        Ok(())
    };
    // What is left over has been reported.
    let _: syn::Result<()> = parser.parse2(tokens);
    declaration
}

fn read(input: ParseStream) -> Result<OpDecl> {
    let visibility = visibility(input);
    let name = name(input, "the name of the op")?;
    let generics = if input.peek(Token![<]) { generics(input)? } else { Vec::new() };
    if !input.peek(token::Paren) {
        return Err(expected(input, "`(`").help(format!("declare the operands: `pub {name}(x: [..]) -> [..]`")));
    }
    let (_, content) = parens(input)?;
    let operands = separated(&content, "`,` or `)`", |content| {
        let operand = self::name(content, "the name of an operand")?;
        if content.parse::<Token![:]>().is_err() {
            return Err(expected(content, "`:` and a shape"));
        }
        Ok((operand, pattern(content)?))
    })?;
    if input.parse::<Token![->]>().is_err() {
        return Err(expected(input, "`->` and the shape of the result"));
    }
    let result = pattern(input)?;
    let known = operands.iter().any(|(_, pattern)| matches!(pattern, Pattern::Any));
    if matches!(result, Pattern::Any) && !known {
        return Err(expected(input, "an operand with the shape `[..]`")
            .help("the result can only have a shape that an operand has"));
    }
    if !input.is_empty() {
        return Err(expected(input, "the end of the declaration"));
    }
    Ok(OpDecl { visibility, name, generics, operands, result })
}

/// `[..]`, or `[M, 2*N]`.
fn pattern(input: ParseStream) -> Result<Pattern> {
    let ahead = input.fork();
    if let Ok((_, content)) = brackets(&ahead)
        && content.peek(Token![..])
    {
        let _: syn::Result<Token![..]> = content.parse();
        if content.is_empty() {
            super::tree(input);
            return Ok(Pattern::Any);
        }
    }
    dim::shape(input).map(Pattern::Shape)
}
