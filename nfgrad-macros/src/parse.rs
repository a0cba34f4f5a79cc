//! Tokens to tree. A syntax error spoils one statement, not the block: it is reported with what was expected, and
//! parsing goes on at the next `;` or at the next word that begins a statement.

mod block;
mod dim;
mod expr;
mod op;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseBuffer, ParseStream, Parser};
use syn::{Ident, Token, braced, bracketed, parenthesized, token};

use crate::ast::{Binding, Graph, Leaf, Role, Statement};
use crate::codes;
pub(crate) use dim::{fact, shape};
pub(crate) use op::{OpDecl, Pattern, op};

use crate::nearest::nearest;
use crate::report::{Diagnostic, Report, Site};

/// What a parser of this module gives: the thing, or why it is not there.
type Result<T> = std::result::Result<T, Diagnostic>;

/// The words that begin a statement.
const KEYWORDS: [&str; 5] = ["input", "param", "block", "let", "output"];

/// The whole block; nothing if already its header cannot be read.
pub(crate) fn parse(tokens: TokenStream, report: &mut Report) -> Option<Graph> {
    let mut graph = None;
    let parser = |input: ParseStream| {
        graph = header(input, report).map_err(|error| report.push(error)).ok();
        if graph.is_some() && !input.is_empty() {
            report.push(expected(input, "the end of the block").help("write one `graph!` block for each graph"));
        }
        skip_all(input);
        Ok(())
    };
    // syn also counts what is left over inside a delimiter as an error; we have reported it better.
    let _: syn::Result<()> = parser.parse2(tokens);
    graph
}

/// `pub graph Mlp<const B: usize> where B > 0 { .. }`.
fn header(input: ParseStream, report: &mut Report) -> Result<Graph> {
    let library = library(input)?;
    let docs = docs(input)?;
    let visibility = visibility(input);
    match input.fork().call(Ident::parse_any) {
        Ok(word) if word == "graph" => drop(input.call(Ident::parse_any)),
        _ => return Err(expected(input, "`graph`").help("a block begins `pub graph Name<const B: usize> { .. }`")),
    }
    let name = name(input, "the name of the graph")?;
    let generics = if input.peek(Token![<]) { generics(input)? } else { Vec::new() };
    let facts = if input.peek(Token![where]) { dim::facts(input)? } else { Vec::new() };
    if !input.peek(token::Brace) {
        return Err(expected(input, "`{`"));
    }
    let statements = statements(input, report)?;
    Ok(Graph { library, docs, visibility, name, generics, facts, statements })
}

/// `crate = path::to::nfgrad;`. The macro of the library says so itself, with `$crate`; where another path follows, that counts.
fn library(input: ParseStream) -> Result<TokenStream> {
    let mut library = quote!(::nfgrad);
    while input.peek(Token![crate]) {
        let _: syn::Result<Token![crate]> = input.parse();
        if input.parse::<Token![=]>().is_err() {
            return Err(expected(input, "`=` and the path of nfgrad"));
        }
        if input.peek(Token![self]) || input.peek(Token![super]) {
            return Err(expected(input, "the path of nfgrad").help("begin it with `crate` or `::`"));
        }
        (_, library, _) = path(input)?;
        if input.parse::<Token![;]>().is_err() {
            return Err(expected(input, "`;`"));
        }
    }
    Ok(library)
}

/// Everything between the braces.
fn statements(input: ParseStream, report: &mut Report) -> Result<Vec<Statement>> {
    let (_, body) = braces(input)?;
    let mut statements = Vec::new();
    while !body.is_empty() {
        let mut named = None;
        match statement(&body, &mut named) {
            Ok(statement) => statements.push(statement),
            Err(error) => {
                report.push(error);
                statements.extend(named.map(Statement::Broken));
                skip(&body);
            }
        }
    }
    Ok(statements)
}

/// One statement. What it names is put into `named` as soon as it is known.
fn statement(input: ParseStream, named: &mut Option<Ident>) -> Result<Statement> {
    let docs = docs(input)?;
    let Some(word) = input.fork().call(Ident::parse_any).ok().filter(|word| KEYWORDS.iter().any(|k| word == k)) else {
        // `inptu x: ..` would have named an x.
        *named = input.fork().call(|input| Ident::parse_any(input).and_then(|_| input.parse())).ok();
        return Err(no_statement(input));
    };
    let _: syn::Result<Ident> = input.call(Ident::parse_any);
    let name = name(input, &format!("a name after `{word}`"))?;
    *named = Some(name.clone());
    let statement = match word.to_string().as_str() {
        "input" => Statement::Leaf(leaf(input, docs, Role::Input, name)?),
        "param" => Statement::Leaf(leaf(input, docs, Role::Param, name)?),
        "block" => Statement::Block(block::declaration(input, docs, name)?),
        "let" => Statement::Let(binding(input, docs, name, true)?),
        _ => Statement::Output(binding(input, docs, name, false)?),
    };
    if !input.peek(Token![;]) {
        return Err(unfinished(input, &statement));
    }
    let _: syn::Result<Token![;]> = input.parse();
    Ok(statement)
}

/// `: [B, 64]`.
fn leaf(input: ParseStream, docs: TokenStream, role: Role, name: Ident) -> Result<Leaf> {
    if !input.peek(Token![:]) {
        let help = format!("an input or a param is declared with its shape, `{name}: [B, 64]`; `[]` is a scalar");
        return Err(expected(input, "`:`").help(help));
    }
    let _: syn::Result<Token![:]> = input.parse();
    Ok(Leaf { docs, role, name, shape: dim::shape(input)? })
}

/// `: [B, 32] = relu(x @ w)`, with the shape optional, and the value as well if it is not required.
fn binding(input: ParseStream, docs: TokenStream, name: Ident, required: bool) -> Result<Binding> {
    let mut shape = None;
    if input.peek(Token![:]) {
        let _: syn::Result<Token![:]> = input.parse();
        shape = Some(dim::shape(input)?);
    }
    let mut value = None;
    if input.peek(Token![=]) {
        let _: syn::Result<Token![=]> = input.parse();
        value = Some(expr::expr(input, 0)?);
    } else if required {
        return Err(expected(input, "`=`").help(format!("`let {name} = ..;` names the value of an expression")));
    }
    Ok(Binding { docs, name, shape, value })
}

/// The generics, `<const B: usize, const H: usize>`.
fn generics(input: ParseStream) -> Result<Vec<Ident>> {
    let one = |input: ParseStream| -> syn::Result<Ident> {
        input.parse::<Token![const]>()?;
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let word: Ident = input.parse()?;
        if word == "usize" { Ok(name) } else { Err(syn::Error::new(word.span(), "not usize")) }
    };
    angles(input, |input| {
        let site = here(input);
        one(input).map_err(|_| {
            Diagnostic::new(codes::GENERIC, site, "a generic of a graph is a dimension: write `const N: usize`")
        })
    })
}

/// Items with commas between them, up to the end of `content`; `otherwise` is what could follow one.
fn separated<T>(
    content: ParseStream,
    otherwise: &str,
    mut item: impl FnMut(ParseStream) -> Result<T>,
) -> Result<Vec<T>> {
    let mut items = Vec::new();
    while !content.is_empty() {
        items.push(item(content)?);
        if !content.is_empty() && content.parse::<Token![,]>().is_err() {
            return Err(expected(content, otherwise));
        }
    }
    Ok(items)
}

/// What is inside of `<..>`.
fn angles<T>(input: ParseStream, mut item: impl FnMut(ParseStream) -> Result<T>) -> Result<Vec<T>> {
    let mut items = Vec::new();
    let _: syn::Result<Token![<]> = input.parse();
    while !input.peek(Token![>]) {
        items.push(item(input)?);
        if !input.peek(Token![>]) && input.parse::<Token![,]>().is_err() {
            return Err(expected(input, "`,` or `>`"));
        }
    }
    let _: syn::Result<Token![>]> = input.parse();
    Ok(items)
}

/// Doc comments; any other attribute is refused.
fn docs(input: ParseStream) -> Result<TokenStream> {
    let mut docs = TokenStream::new();
    while input.peek(Token![#]) {
        let site = here(input);
        let (pound, group) = (tree(input), tree(input));
        match &group {
            Some(TokenTree::Group(attribute)) if begins_with_doc(attribute.stream()) => {
                docs.extend([pound, group].into_iter().flatten());
            }
            other => {
                let site = other.as_ref().map_or(site, |group| site.to(group.span()));
                return Err(Diagnostic::new(codes::ATTRIBUTE, site, "only doc comments can stand here, `/// ..`"));
            }
        }
    }
    Ok(docs)
}

fn begins_with_doc(attribute: TokenStream) -> bool {
    matches!(attribute.into_iter().next(), Some(TokenTree::Ident(word)) if word == "doc")
}

/// `pub`, `pub(crate)`, or nothing.
fn visibility(input: ParseStream) -> TokenStream {
    let mut visibility = TokenStream::new();
    if input.peek(Token![pub]) {
        visibility.extend(tree(input));
        if input.peek(token::Paren) {
            visibility.extend(tree(input));
        }
    }
    visibility
}

/// A name, or what was expected in its place.
fn name(input: ParseStream, what: &str) -> Result<Ident> {
    input.parse().map_err(|_| expected(input, what))
}

/// The next token tree.
fn tree(input: ParseStream) -> Option<TokenTree> {
    input.parse().ok()
}

/// The place of the next token, or of the end.
fn here(input: ParseStream) -> Site {
    match input.cursor().token_tree() {
        Some((TokenTree::Group(group), _)) => group.span_open().into(),
        _ => input.span().into(),
    }
}

/// "expected `;`, found `let`".
fn expected(input: ParseStream, what: &str) -> Diagnostic {
    let found = match input.cursor().token_tree() {
        None => "the end".to_owned(),
        Some((TokenTree::Group(group), _)) => match group.delimiter() {
            Delimiter::Parenthesis => "`(`".to_owned(),
            Delimiter::Brace => "`{`".to_owned(),
            Delimiter::Bracket => "`[`".to_owned(),
            Delimiter::None => format!("`{group}`"),
        },
        Some((tree, _)) => format!("`{tree}`"),
    };
    Diagnostic::new(codes::SYNTAX, here(input), format!("expected {what}, found {found}"))
}

impl From<syn::Error> for Diagnostic {
    fn from(error: syn::Error) -> Self {
        Diagnostic::new(codes::SYNTAX, error.span(), error.to_string())
    }
}

/// What is inside of `(..)`, and where.
fn parens(input: ParseStream<'_>) -> syn::Result<(Site, ParseBuffer<'_>)> {
    let content;
    let span = parenthesized!(content in input).span;
    Ok((Site { start: span.open(), end: span.close() }, content))
}

/// What is inside of `[..]`, and where.
fn brackets(input: ParseStream<'_>) -> syn::Result<(Site, ParseBuffer<'_>)> {
    let content;
    let span = bracketed!(content in input).span;
    Ok((Site { start: span.open(), end: span.close() }, content))
}

/// What is inside of `{..}`, and where.
fn braces(input: ParseStream<'_>) -> syn::Result<(Site, ParseBuffer<'_>)> {
    let content;
    let span = braced!(content in input).span;
    Ok((Site { start: span.open(), end: span.close() }, content))
}

/// The next word does not begin a statement.
fn no_statement(input: ParseStream) -> Diagnostic {
    let error = expected(input, "`input`, `param`, `block`, `let` or `output`");
    let Ok(word) = input.fork().call(Ident::parse_any) else { return error };
    let word = word.to_string();
    if input.peek2(Token![=]) {
        return error.help(format!("`let {word} = ..;` names the value of an expression; a name is given once"));
    }
    let other = match word.as_str() {
        "const" | "fn" | "struct" | "use" => return error.help("items stand outside of the block"),
        "return" => Some("output"),
        "weight" | "parameter" | "parameters" | "var" => Some("param"),
        "layer" | "module" | "graph" => Some("block"),
        _ => nearest(&word, KEYWORDS),
    };
    error.help_if(other.map(|keyword| format!("did you mean `{keyword}`?")))
}

/// A statement does not end where it should.
fn unfinished(input: ParseStream, statement: &Statement) -> Diagnostic {
    if (input.is_empty() || begins_statement(input))
        && let Some(last) = last_token(statement)
    {
        return Diagnostic::new(codes::SYNTAX, last, "expected `;` at the end of this statement");
    }
    match statement {
        Statement::Leaf(_) if input.peek(Token![=]) => {
            expected(input, "`;`").help("the values of inputs and params are given when the graph is run")
        }
        Statement::Leaf(_) | Statement::Block(_) | Statement::Broken(_) => expected(input, "`;`"),
        Statement::Let(binding) | Statement::Output(binding) if binding.value.is_none() => {
            expected(input, "`=` or `;`")
        }
        _ if input.peek(Token![.]) && input.peek2(Ident) => {
            expected(input, "an operator or `;`").help("an op is called as a function: `relu(x)`")
        }
        _ if input.peek(Token![^]) => expected(input, "an operator or `;`").help(POWER),
        _ if input.peek(Token![%]) => expected(input, "an operator or `;`").help("tensors have no remainder"),
        _ => expected(input, "an operator or `;`"),
    }
}

/// What to write for `x ** 2` and `x ^ 2`.
const POWER: &str = "a power is `pow(x, 2)`, or a product: `x * x`";

/// The last token of a statement that has got as far as its shape or value.
fn last_token(statement: &Statement) -> Option<Span> {
    let site = match statement {
        Statement::Leaf(leaf) => leaf.shape.site,
        Statement::Block(block) => block.site,
        Statement::Let(binding) | Statement::Output(binding) => match (&binding.value, &binding.shape) {
            (Some(value), _) => value.site,
            (None, Some(shape)) => shape.site,
            (None, None) => Site::from(&binding.name),
        },
        Statement::Broken(_) => return None,
    };
    Some(site.end)
}

/// Goes to where the next statement can begin.
fn skip(input: ParseStream) {
    while !input.is_empty() && !begins_statement(input) {
        let semicolon = input.peek(Token![;]);
        tree(input);
        if semicolon {
            return;
        }
    }
}

/// A keyword and then a name: `input x`, but not the `input` of `relu(input)`.
fn begins_statement(input: ParseStream) -> bool {
    input.peek(Token![let])
        || input.peek2(Ident)
            && input.fork().parse::<Ident>().is_ok_and(|word| KEYWORDS.iter().any(|keyword| word == keyword))
}

fn skip_all(input: ParseStream) {
    while tree(input).is_some() {}
}

/// A path such as `super::N`, as it is written and as tokens.
fn path(input: ParseStream) -> Result<(String, TokenStream, Site)> {
    let site = here(input);
    let (mut text, mut tokens) = (String::new(), TokenStream::new());
    loop {
        if input.peek(Token![::]) {
            let colons: Token![::] = input.parse()?;
            colons.to_tokens(&mut tokens);
            text.push_str("::");
        }
        let word = input.call(Ident::parse_any).map_err(|_| expected(input, "a name"))?;
        text.push_str(&word.to_string());
        word.to_tokens(&mut tokens);
        if !input.peek(Token![::]) {
            return Ok((text, tokens, site.to(&word)));
        }
    }
}

#[cfg(test)]
mod tests;
