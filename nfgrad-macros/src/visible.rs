//! What a `macro_rules!` passes on, without its invisible groups.
//!
//! `$e:expr` with `a + b` arrives as one token tree that holds three, with delimiters that nobody has written, so that `$e * c` is
//! still a product. Where that matters they become parentheses; everywhere else, in attributes, types, visibilities and negative
//! literals, what they hold stands there as if it had been written in its place.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// The tokens with parentheses or nothing in the place of invisible delimiters.
pub(crate) fn visible(tokens: TokenStream) -> TokenStream {
    if has_invisible(tokens.clone()) { shown(tokens) } else { tokens }
}

fn has_invisible(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::None || has_invisible(group.stream()),
        _ => false,
    })
}

fn shown(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|tree| match tree {
            TokenTree::Group(group) => show(&group),
            tree => tree.into(),
        })
        .collect()
}

fn show(group: &Group) -> TokenStream {
    let inner = shown(group.stream());
    let delimiter = match group.delimiter() {
        Delimiter::None if !is_operation(inner.clone()) => return inner,
        Delimiter::None => Delimiter::Parenthesis,
        delimiter => delimiter,
    };
    let mut visible = Group::new(delimiter, inner);
    visible.set_span(group.span());
    TokenTree::from(visible).into()
}

/// Whether operators stand between operands, as in `a + b`, `H % 4 == 0` or `2..N`: that must stay together.
fn is_operation(tokens: TokenStream) -> bool {
    let trees: Vec<_> = tokens.into_iter().collect();
    // `Linear<B, 64>` is a type, and `let y = a + b` or `doc = ".."` is no operand.
    let is_type = matches!(trees.last(), Some(TokenTree::Punct(last)) if last.as_char() == '>');
    let mut operates = false;
    for pair in trees.windows(2) {
        // Behind another operator it is a sign.
        let [TokenTree::Ident(_) | TokenTree::Literal(_) | TokenTree::Group(_), TokenTree::Punct(punct)] = pair else {
            continue;
        };
        match punct.as_char() {
            '=' if punct.spacing() == Spacing::Alone => return false,
            '+' | '-' | '*' | '/' | '@' | '%' | '<' | '>' | '=' | '!' | '.' => operates = true,
            _ => {}
        }
    }
    operates && !is_type
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    /// What `$x` stands for, where a `macro_rules!` has it from its caller.
    fn passed(tokens: TokenStream) -> TokenTree {
        Group::new(Delimiter::None, tokens).into()
    }

    #[track_caller]
    fn assert_seen(tokens: TokenStream, expected: &str) {
        let text: String = visible(tokens).to_string().split_whitespace().collect();
        assert_eq!(text, expected.split_whitespace().collect::<String>());
    }

    #[test]
    fn operations_stay_together_and_all_else_stands_in_its_place() {
        let sum = passed(quote!(a + b));
        assert_seen(quote!(#sum * c), "(a + b) * c");
        let twice = passed(quote!(#sum - 1));
        assert_seen(quote!(f(#twice)), "f(((a + b) - 1))");
        for operation in [quote!(H % 4 == 0), quote!(H < 4), quote!(2..N), quote!(-x + y), quote!(a != b)] {
            let text = format!("({operation})");
            let operation = passed(operation);
            assert_seen(quote!(#operation), &text);
        }
        for other in [
            quote!(),
            quote!(-3),
            quote!(--x),
            quote!(pub(crate)),
            quote!(Linear<B, 64>),
            quote!(blocks::Linear),
            quote!(doc = "a + b"),
            quote!(let y = a + b),
            quote!(relu(x + y)),
        ] {
            let text = other.to_string();
            let other = passed(other);
            assert_seen(quote!(#[#other]), &format!("#[{text}]"));
        }
    }
}
