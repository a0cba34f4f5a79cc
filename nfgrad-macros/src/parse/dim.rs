//! Shapes, dimensions and the facts of a `where` clause.

use proc_macro2::{Delimiter, TokenTree};
use syn::parse::{ParseBuffer, ParseStream};
use syn::{Ident, LitFloat, LitInt, Token, token};

use super::{Result, brackets, expected, here, parens, path, separated};
use crate::ast::{DimExpr, DimKind, DimOperator, Fact, Relation, ShapeExpr, Symbol};
use crate::codes;
use crate::report::{Diagnostic, Site};

/// How deep parentheses may be nested.
const MAX_DEPTH: usize = 64;

/// `[B, 2*H]`.
pub(crate) fn shape(input: ParseStream) -> Result<ShapeExpr> {
    if !input.peek(token::Bracket) {
        return Err(expected(input, "a shape such as `[B, 64]`").help("a scalar has the shape `[]`"));
    }
    let (site, content) = brackets(input)?;
    let dims = separated(&content, "`,` or `]`", |content| dim(content, 0))?;
    Ok(ShapeExpr { dims, site })
}

/// `where H % HEADS == 0, H > 4`.
pub(super) fn facts(input: ParseStream) -> Result<Vec<Fact>> {
    let _: syn::Result<Token![where]> = input.parse();
    let mut facts = Vec::new();
    while !input.peek(token::Brace) && !input.is_empty() {
        facts.push(fact(input)?);
        if input.peek(token::Brace) {
            break;
        }
        if !input.peek(Token![,]) {
            return Err(expected(input, "`,` or `{`"));
        }
        let _: syn::Result<Token![,]> = input.parse();
    }
    Ok(facts)
}

/// `H % HEADS == 0`.
pub(crate) fn fact(input: ParseStream) -> Result<Fact> {
    if let Some(content) = in_parens(input, |punct| matches!(punct, '=' | '!' | '<' | '>')) {
        return whole(&content?, fact);
    }
    let (left, modulus) = remainder(input)?;
    let relation = relation(input)?;
    let right = dim(input, 0)?;
    let site = left.site.to(right.site);
    Ok(Fact { left, modulus, relation, right, site })
}

/// `H % HEADS`, or a sum without a `%`.
fn remainder(input: ParseStream) -> Result<(DimExpr, Option<DimExpr>)> {
    if let Some(content) = in_parens(input, |punct| punct == '%') {
        return whole(&content?, remainder);
    }
    let product = product(input, 0)?;
    if !input.peek(Token![%]) {
        return Ok((sum_from(input, 0, product)?, None));
    }
    let _: syn::Result<Token![%]> = input.parse();
    Ok((product, Some(factor(input, 0)?)))
}

/// What is inside of `(..)`, if that comes next and has one of these signs in it.
fn in_parens(input: ParseStream<'_>, sign: impl Fn(char) -> bool) -> Option<Result<ParseBuffer<'_>>> {
    let has_sign = |tree| matches!(tree, TokenTree::Punct(punct) if sign(punct.as_char()));
    let mut next = input.cursor().token_tree()?.0;
    while let TokenTree::Group(group) = next
        && group.delimiter() == Delimiter::Parenthesis
    {
        if group.stream().into_iter().any(has_sign) {
            return Some(parens(input).map(|(_, content)| content).map_err(Diagnostic::from));
        }
        next = group.stream().into_iter().next()?;
    }
    None
}

/// All that is inside.
fn whole<T>(content: ParseStream, inner: fn(ParseStream) -> Result<T>) -> Result<T> {
    let inner = inner(content)?;
    if content.is_empty() { Ok(inner) } else { Err(expected(content, "an operator or `)`")) }
}

fn relation(input: ParseStream) -> Result<Relation> {
    let relation = if input.peek(Token![==]) {
        Relation::Equal
    } else if input.peek(Token![!=]) {
        Relation::Unequal
    } else if input.peek(Token![<=]) {
        Relation::LessEqual
    } else if input.peek(Token![>=]) {
        Relation::GreaterEqual
    } else if input.peek(Token![<]) {
        Relation::Less
    } else if input.peek(Token![>]) {
        Relation::Greater
    } else {
        let error = expected(input, "`==`, `!=`, `<`, `<=`, `>` or `>=`");
        return Err(error.help("a `where` clause states a fact about const generics: `where H % HEADS == 0`"));
    };
    for _ in 0..relation.symbol().len() {
        super::tree(input);
    }
    Ok(relation)
}

/// A sum of products.
pub(super) fn dim(input: ParseStream, depth: usize) -> Result<DimExpr> {
    let first = product(input, depth)?;
    sum_from(input, depth, first)
}

fn sum_from(input: ParseStream, depth: usize, mut left: DimExpr) -> Result<DimExpr> {
    loop {
        let operator = match () {
            () if input.peek(Token![+]) => DimOperator::Add,
            () if input.peek(Token![-]) => DimOperator::Sub,
            () => return Ok(left),
        };
        super::tree(input);
        left = binary(operator, left, product(input, depth)?);
    }
}

fn product(input: ParseStream, depth: usize) -> Result<DimExpr> {
    let mut left = factor(input, depth)?;
    loop {
        let operator = match () {
            () if input.peek(Token![*]) => DimOperator::Mul,
            () if input.peek(Token![/]) => DimOperator::Div,
            () => return Ok(left),
        };
        super::tree(input);
        left = binary(operator, left, factor(input, depth)?);
    }
}

fn binary(operator: DimOperator, left: DimExpr, right: DimExpr) -> DimExpr {
    let site = left.site.to(right.site);
    DimExpr { kind: DimKind::Binary(operator, Box::new(left), Box::new(right)), site }
}

fn factor(input: ParseStream, depth: usize) -> Result<DimExpr> {
    if depth > MAX_DEPTH {
        return Err(Diagnostic::new(codes::DEEP, here(input), "this dimension is nested too deeply"));
    }
    if input.peek(token::Paren) {
        let (site, content) = parens(input)?;
        let mut inner = dim(&content, depth + 1)?;
        if !content.is_empty() {
            return Err(expected(&content, "an operator or `)`"));
        }
        inner.site = site;
        return Ok(inner);
    }
    if input.peek(Ident) && input.peek2(token::Paren) {
        return floor(input, depth);
    }
    // syn would read `-1` as one literal.
    if input.peek(LitInt) && !input.peek(Token![-]) {
        return literal(input);
    }
    if input.peek(Ident) || begins_path(input) {
        let (text, tokens, site) = path(input)?;
        return Ok(DimExpr { kind: DimKind::Symbol(Symbol { text, tokens, braces: true }), site });
    }
    let error = expected(input, "a dimension: a number, a const generic, or an expression of them");
    Err(match () {
        () if input.peek(Token![_]) || input.peek(Token![?]) => {
            error.help("every dimension of a graph is known when it is compiled; make it a const generic")
        }
        () if input.peek(Token![-]) => {
            error.help("nothing is counted from the end or left to be inferred; write it out")
        }
        () if input.peek(LitFloat) => error.help("a dimension is a whole number"),
        () => error,
    })
}

/// `floor((H - 1)/2)`.
fn floor(input: ParseStream, depth: usize) -> Result<DimExpr> {
    let name: Ident = input.parse()?;
    let (end, content) = parens(input)?;
    let site = Site::from(&name).to(end);
    let help = "`floor(H/2)` is H/2 rounded down; `H/2` alone must be exact";
    if name != "floor" {
        let text = format!("`{name}` is no function of dimensions");
        return Err(Diagnostic::new(codes::SYNTAX, site, text).help(help));
    }
    let inner = dim(&content, depth + 1)?;
    if !content.is_empty() {
        return Err(expected(&content, "an operator or `)`"));
    }
    let text = format!("`floor` is given a quotient, and `{inner}` is none");
    let kind = inner.floor().ok_or_else(|| Diagnostic::new(codes::SYNTAX, site, text).help(help))?;
    Ok(DimExpr { kind, site })
}

/// `super::N`, `other::N`, `Self::N`, but not a single name.
pub(super) fn begins_path(input: ParseStream) -> bool {
    input.peek(Token![::])
        || input.peek(Token![super])
        || input.peek(Token![crate])
        || input.peek(Token![self])
        || input.peek(Token![Self])
        || (input.peek(Ident) && input.peek2(Token![::]))
}

fn literal(input: ParseStream) -> Result<DimExpr> {
    let literal: LitInt = input.parse()?;
    if !matches!(literal.suffix(), "" | "usize") {
        let text = format!("a dimension is a `usize`, not `{literal}`");
        return Err(Diagnostic::new(codes::LITERAL_SUFFIX, literal.span(), text));
    }
    let value = literal.base10_parse().map_err(|_| {
        Diagnostic::new(codes::HUGE_DIMENSION, literal.span(), format!("the dimension {literal} is too large"))
    })?;
    Ok(DimExpr { kind: DimKind::Literal(value), site: literal.span().into() })
}
