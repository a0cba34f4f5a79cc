//! Blocks: their declarations, and calls of graphs by path.

use proc_macro2::TokenStream;
use syn::parse::ParseStream;
use syn::{Ident, LitInt, Token, token};

use super::{Result, angles, brackets, dim, expected, here, path};
use crate::ast::{Argument, BlockDecl, Callee, Count};
use crate::codes;
use crate::report::Diagnostic;

/// `: Linear<B, 64, 32>`, or `: [Layer<T, D>; 12]`.
pub(super) fn declaration(input: ParseStream, docs: TokenStream, name: Ident) -> Result<BlockDecl> {
    if !input.peek(Token![:]) {
        let help = format!("a block is declared with its graph, `block {name}: Linear<B, 64, 32>;`");
        return Err(expected(input, "`:`").help(help));
    }
    let _: syn::Result<Token![:]> = input.parse();
    if !input.peek(token::Bracket) {
        let callee = callee(input)?;
        let site = callee.site;
        return Ok(BlockDecl { docs, name, callee, count: None, site });
    }
    let (site, content) = brackets(input)?;
    let callee = callee(&content)?;
    if !content.peek(Token![;]) {
        return Err(expected(&content, "`;` and the number of blocks").help("as an array: `[Layer<T, D>; 12]`"));
    }
    let _: syn::Result<Token![;]> = content.parse();
    let count = Some(count(&content, "the number of blocks, a literal")?);
    if !content.is_empty() {
        return Err(expected(&content, "`]`"));
    }
    Ok(BlockDecl { docs, name, callee, count, site })
}

/// The index in `layers[3]`.
pub(super) fn index(input: ParseStream) -> Result<Count> {
    let (_, content) = brackets(input)?;
    let index = count(&content, "the number of a block, a literal")?;
    if content.is_empty() { Ok(index) } else { Err(expected(&content, "`]`")) }
}

fn count(input: ParseStream, what: &str) -> Result<Count> {
    let site = here(input);
    let literal: LitInt = input.parse().map_err(|_| expected(input, what))?;
    let value = literal.base10_parse().map_err(|_| Diagnostic::new(codes::SYNTAX, site, format!("expected {what}")))?;
    Ok(Count { value, site })
}

/// Whether a call of a graph begins here, rather than a tensor, an op or a constant: a path with arguments in angle
/// brackets, or one that is called and has several words or begins with a capital letter, as the names of types do.
pub(super) fn begins_callee(input: ParseStream) -> bool {
    let ahead = input.fork();
    if !(ahead.peek(Ident) || dim::begins_path(&ahead)) {
        return false;
    }
    let Ok((text, ..)) = path(&ahead) else { return false };
    let named_as_type = text.contains("::") || text.starts_with(char::is_uppercase);
    ahead.peek(Token![<]) || (ahead.peek(token::Paren) && named_as_type)
}

/// `blocks::Linear<B, 64, 32>`.
pub(super) fn callee(input: ParseStream) -> Result<Callee> {
    if !(input.peek(Ident) || dim::begins_path(input)) {
        return Err(expected(input, "the name of a graph"));
    }
    let (text, path, site) = path(input)?;
    let arguments = if input.peek(Token![<]) { Some(arguments(input)?) } else { None };
    Ok(Callee { text, path, arguments, site })
}

/// `<B, 2*H, _>`.
fn arguments(input: ParseStream) -> Result<Vec<Argument>> {
    angles(input, |input| {
        if !input.peek(Token![_]) {
            return dim::dim(input, 0).map(Argument::Dim);
        }
        let _: syn::Result<Token![_]> = input.parse();
        Ok(Argument::Infer)
    })
}
