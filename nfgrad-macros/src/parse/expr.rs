//! Tensor expressions, with the precedence of Rust: unary `-`, then `*`, `/` and `@`, then `+` and `-`.

use nfgrad_shapes::signature;
use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::{Ident, Lit, Token, token};

use super::block;
use super::dim::{self, begins_path};
use super::{Result, brackets, expected, here, parens, path, separated};
use crate::ast::{BlockCall, Call, Expr, ExprKind, Keyword, Number, Operator, Symbol, Target};
use crate::codes;
use crate::report::{Diagnostic, Site};

/// How deep calls, parentheses and signs may be nested.
const MAX_DEPTH: usize = 64;
/// How many operators may follow one another.
const MAX_CHAIN: usize = 1024;

/// An expression: a sum.
pub(super) fn expr(input: ParseStream, depth: usize) -> Result<Expr> {
    let mut left = product(input, depth)?;
    for _ in 0..MAX_CHAIN {
        let operator = match () {
            () if input.peek(Token![+]) => Operator::Add,
            () if input.peek(Token![-]) => Operator::Sub,
            () => return Ok(left),
        };
        operator_token(input);
        left = binary(operator, left, product(input, depth)?);
    }
    Err(too_deep(input))
}

fn product(input: ParseStream, depth: usize) -> Result<Expr> {
    let mut left = signed(input, depth)?;
    for _ in 0..MAX_CHAIN {
        let operator = match () {
            () if input.peek(Token![*]) => Operator::Mul,
            () if input.peek(Token![/]) => Operator::Div,
            () if input.peek(Token![@]) => Operator::MatMul,
            () => return Ok(left),
        };
        operator_token(input);
        left = binary(operator, left, signed(input, depth)?);
    }
    Err(too_deep(input))
}

fn binary(operator: Operator, left: Expr, right: Expr) -> Expr {
    let site = left.site.to(right.site);
    Expr { kind: ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right) }, site }
}

fn signed(input: ParseStream, depth: usize) -> Result<Expr> {
    if depth > MAX_DEPTH {
        return Err(too_deep(input));
    }
    if !input.peek(Token![-]) {
        return primary(input, depth);
    }
    let site = Site::from(operator_token(input));
    let inner = signed(input, depth + 1)?;
    let site = site.to(inner.site);
    // `-0.1 * x` scales by the literal -0.1; a minus before anything else is an op.
    Ok(match inner.kind {
        ExprKind::Number(Number { text, suffix }) if !text.starts_with('-') => {
            Expr { kind: ExprKind::Number(Number { text: format!("-{text}"), suffix }), site }
        }
        kind => Expr { kind: ExprKind::Negative(Box::new(Expr { kind, site: inner.site })), site },
    })
}

fn primary(input: ParseStream, depth: usize) -> Result<Expr> {
    if input.peek(token::Paren) {
        return parenthesis(input, depth);
    }
    if input.peek(Lit) {
        return number(input);
    }
    if input.peek(token::Bracket) {
        return array(input, depth);
    }
    if block::begins_callee(input) {
        let callee = block::callee(input)?;
        return block_call(input, depth, callee.site, Target::Graph(callee));
    }
    if begins_path(input) {
        let (text, tokens, site) = path(input)?;
        return Ok(Expr { kind: ExprKind::Path(Symbol { text, tokens, braces: true }), site });
    }
    if !input.peek(Ident) {
        return Err(no_operand(input));
    }
    let name: Ident = input.parse()?;
    if input.peek(token::Paren) {
        return call(input, depth, name);
    }
    if input.peek(token::Bracket) {
        let index = block::index(input)?;
        let site = Site::from(&name).to(index.site);
        return block_call(input, depth, site, Target::Member(name, index));
    }
    let site = Site::from(&name);
    Ok(Expr { kind: ExprKind::Name(name), site })
}

fn parenthesis(input: ParseStream, depth: usize) -> Result<Expr> {
    let (site, content) = parens(input)?;
    let inner = expr(&content, depth + 1)?;
    if !content.is_empty() {
        return Err(expected(&content, "an operator or `)`"));
    }
    Ok(Expr { kind: inner.kind, site })
}

/// The tensors in `Linear<B, 64, 32>(x, w, b)`.
fn block_call(input: ParseStream, depth: usize, site: Site, target: Target) -> Result<Expr> {
    if !input.peek(token::Paren) {
        let error = expected(input, "`(`");
        return Err(match &target {
            Target::Graph(_) => error.help("a block is called with its tensors"),
            Target::Member(name, _) => {
                error.help(format!("one copy of a block is called, `{name}[0](x)`; a tensor is cut by `slice`"))
            }
        });
    }
    let (end, content) = parens(input)?;
    let operands = separated(&content, "an operator, `,` or `)`", |content| expr(content, depth + 1))?;
    Ok(Expr { kind: ExprKind::Block(BlockCall { target, operands }), site: site.to(end) })
}

/// `(x, axis = 1)`.
fn call(input: ParseStream, depth: usize, op: Ident) -> Result<Expr> {
    let (site, content) = parens(input)?;
    let (mut positional, mut keywords) = (Vec::new(), Vec::new());
    // A graph takes nothing but tensors.
    let tensors = signature::lookup(&op.to_string()).map_or(usize::MAX, |signature| signature.operands.len());
    separated(&content, "an operator, `,` or `)`", |content| {
        if content.peek(Ident) && content.peek2(Token![=]) {
            let name: Ident = content.parse()?;
            let _: syn::Result<Token![=]> = content.parse();
            keywords.push(Keyword { name, value: argument(content, depth + 1)? });
        } else if keywords.is_empty() {
            // Brackets are an array where a tensor stands, and a shape or the like behind it.
            let is_tensor = positional.len() < tensors;
            positional.push(if is_tensor { operand(content, depth + 1)? } else { argument(content, depth + 1)? });
        } else {
            return Err(expected(content, "a keyword argument such as `axis = 1`")
                .help("tensors come first, then keyword arguments"));
        }
        Ok(())
    })?;
    let site = Site::from(&op).to(site);
    Ok(Expr { kind: ExprKind::Call(Call { op, positional, keywords }), site })
}

/// Where a tensor stands: brackets are an array.
fn operand(input: ParseStream, depth: usize) -> Result<Expr> {
    if input.peek(token::Bracket) { expr(input, depth) } else { argument(input, depth) }
}

/// A tensor, a number, a dimension, a list `[B, 64]` or a range `2..N`: which of them is meant, the op knows.
fn argument(input: ParseStream, depth: usize) -> Result<Expr> {
    if depth > MAX_DEPTH {
        return Err(too_deep(input));
    }
    if input.peek(token::Bracket) {
        let list = dim::shape(input)?;
        let site = list.site;
        return Ok(Expr { kind: ExprKind::List(list), site });
    }
    if input.peek(token::Paren) && is_last(input) {
        let (site, content) = parens(input)?;
        let inner = argument(&content, depth + 1)?;
        if !content.is_empty() {
            return Err(expected(&content, "an operator or `)`"));
        }
        return Ok(Expr { kind: inner.kind, site });
    }
    let start = expr(input, depth)?;
    if !input.peek(Token![..]) {
        return Ok(start);
    }
    if input.peek(Token![..=]) {
        let error = Diagnostic::new(codes::SYNTAX, here(input), "a range is written `2..5` here, not `2..=4`");
        return Err(error.help("the end of a range is the first position that is not in it"));
    }
    let _: syn::Result<Token![..]> = input.parse();
    let end = expr(input, depth)?;
    let site = start.site.to(end.site);
    Ok(Expr { kind: ExprKind::Range(Box::new(start), Box::new(end)), site })
}

/// Whether an argument ends behind the next token tree.
fn is_last(input: ParseStream) -> bool {
    let ahead = input.fork();
    super::tree(&ahead);
    ahead.is_empty() || ahead.peek(Token![,])
}

/// `[[1, 0.5], [0, 2]]`.
fn array(input: ParseStream, depth: usize) -> Result<Expr> {
    let (site, content) = brackets(input)?;
    let entries = separated(&content, "an operator, `,` or `]`", |content| expr(content, depth + 1))?;
    Ok(Expr { kind: ExprKind::Array(entries), site })
}

fn number(input: ParseStream) -> Result<Expr> {
    let wanted = expected(input, "a tensor or a decimal number");
    let literal: Lit = input.parse()?;
    let site = Site::from(literal.span());
    let (text, suffix) = match &literal {
        Lit::Int(int) => (int.base10_digits().to_owned(), int.suffix().to_owned()),
        Lit::Float(float) => (float.base10_digits().to_owned(), float.suffix().to_owned()),
        _ => return Err(wanted),
    };
    Ok(Expr { kind: ExprKind::Number(Number { text, suffix }), site })
}

/// There is no tensor where one should be.
fn no_operand(input: ParseStream) -> Diagnostic {
    let error = expected(input, "a tensor: a name, a call such as `relu(x)`, or a parenthesis");
    match () {
        () if input.peek(Token![&]) => error.help("tensors are not borrowed here; write the name alone"),
        () if input.peek(Token![*]) => error.help(super::POWER),
        () => error,
    }
}

/// Consumes the operator.
fn operator_token(input: ParseStream) -> Span {
    let span = input.span();
    super::tree(input);
    span
}

fn too_deep(input: ParseStream) -> Diagnostic {
    Diagnostic::new(codes::DEEP, here(input), "this expression is nested too deeply")
        .help("give a part of it a name with `let`")
}
