//! What is accepted, and what is expected where it is not.

use quote::ToTokens;

use super::*;

/// The statements, or the messages.
fn parse_block(block: &str) -> std::result::Result<Graph, Vec<String>> {
    let mut report = Report::default();
    let graph = parse(block.parse().expect("tokens"), &mut report);
    report.finish().map_err(|errors| errors.messages())?;
    Ok(graph.expect("a graph where there is no error"))
}

/// The messages of statements.
fn messages(statements: &str) -> Vec<String> {
    parse_block(&format!("graph G {{ {statements} }}")).err().unwrap_or_default()
}

/// The expression as it is printed.
fn printed(expr: &str) -> String {
    let graph = parse_block(&format!("graph G {{ let y = {expr}; }}")).expect("an expression");
    let [Statement::Let(binding)] = &graph.statements[..] else { panic!("one let") };
    binding.value.as_ref().expect("a value").to_string()
}

#[test]
fn a_header_has_docs_visibility_generics_and_facts() {
    let graph = parse_block(
        "/// Docs.\n/// More.\npub(crate) graph G<const H: usize, const K: usize,> where H % K == 0, (H + 1)/K > 2 { }",
    );
    let graph = graph.expect("a header");
    assert_eq!(graph.docs.to_string().matches("doc").count(), 2);
    assert_eq!(graph.visibility.to_token_stream().to_string().replace(' ', ""), "pub(crate)");
    assert_eq!(graph.generics.len(), 2);
    assert_eq!(graph.facts.iter().map(ToString::to_string).collect::<Vec<_>>(), ["H % K == 0", "(H + 1)/K > 2"]);
}

#[test]
fn operators_have_the_precedence_of_rust() {
    assert_eq!(printed("a + b * c @ d - -e"), "a + b * c @ d - -e");
    assert_eq!(printed("(a + b) * (c)"), "(a + b) * c");
    assert_eq!(printed("a - (b - c)"), "a - (b - c)");
    assert_eq!(printed("(a - b) - c"), "a - b - c");
    assert_eq!(printed("-(a + b)"), "-(a + b)");
    assert_eq!(printed("-0.5 * x"), "-0.5 * x");
    assert_eq!(printed("op(a, b + 1_000.5, axis = 1,)"), "op(a, b + 1000.5, axis = 1)");
}

#[test]
fn a_wrong_statement_does_not_hide_the_next() {
    let errors = messages("input x [2]; let y = relu(x) let z = ; output w = a..b; inpt v: [2]; param q: [2];");
    assert_eq!(errors.len(), 5, "{errors:#?}");
    assert!(errors[0].starts_with("expected `:`, found `[` [NF0001]"));
    assert!(errors[1].starts_with("expected `;` at the end of this statement"));
    assert!(errors[2].starts_with("expected a tensor: a name, a call such as `relu(x)`, or a parenthesis, found `;`"));
    assert!(errors[3].contains("found `.`"));
    assert!(errors[4].ends_with("help: did you mean `input`?"));
}

#[test]
fn every_syntax_error_says_what_was_expected() {
    for (statements, expected) in [
        ("let = x;", "expected a name after `let`, found `=`"),
        ("let y;", "expected `=`, found `;`"),
        ("let y = x", "expected `;` at the end of this statement"),
        ("let y = x.relu();", "an op is called as a function: `relu(x)`"),
        ("let y = f(x, axis = 1, x);", "tensors come first, then keyword arguments"),
        ("let y = f(x x);", "expected an operator, `,` or `)`, found `x`"),
        ("let y = (x x);", "expected an operator or `)`, found `x`"),
        ("let y = [1 2];", "expected an operator, `,` or `]`, found `2`"),
        ("let y = &x;", "tensors are not borrowed here"),
        ("let y = x ** 2;", "a power is `pow(x, 2)`, or a product: `x * x`"),
        ("let y = \"x\";", "expected a tensor or a decimal number"),
        ("input x: 2;", "expected a shape such as `[B, 64]`, found `2`"),
        ("input x: [2 3];", "expected `,` or `]`, found `3`"),
        ("input x: [_, 3];", "make it a const generic"),
        ("input x: [2u8];", "a dimension is a `usize`, not `2u8`"),
        ("param w: [2] = 0.1;", "the values of inputs and params are given when the graph is run"),
        ("output x y;", "expected `=` or `;`, found `y`"),
        ("#[cfg(test)] let y = x;", "only doc comments can stand here"),
        ("const N: usize = 3;", "items stand outside of the block"),
        ("weight w: [2];", "did you mean `param`?"),
    ] {
        let errors = messages(statements);
        assert!(errors.len() == 1 && errors[0].contains(expected), "{statements}: {errors:#?}");
    }
}

#[test]
fn parentheses_may_stand_around_a_fact_a_remainder_and_an_argument() {
    let graph = parse_block("graph G<const H: usize> where (H % 4 == 0), (H % 2) == 0, (H + 1)*2 > 3, ((H > 1)) { }");
    let facts: Vec<_> = graph.expect("a header").facts.iter().map(ToString::to_string).collect();
    assert_eq!(facts, ["H % 4 == 0", "H % 2 == 0", "(H + 1)*2 > 3", "H > 1"]);
    assert_eq!(printed("slice(x, axis = (0), range = (2..N))"), "slice(x, axis = 0, range = 2..N)");
    assert_eq!(printed("reshape((x), ([B, 64]))"), "reshape(x, [B, 64])");
    assert_eq!(printed("relu((x + y) * z)"), "relu((x + y) * z)");
}

#[test]
fn the_library_is_named_by_an_absolute_path() {
    let library = |block: &str| parse_block(block).map(|graph| graph.library.to_string().replace(' ', ""));
    assert_eq!(library("graph G { }").as_deref(), Ok("::nfgrad"));
    assert_eq!(library("crate = ::a::b; graph G { }").as_deref(), Ok("::a::b"));
    assert_eq!(library("crate = crate::b; crate = c; graph G { }").as_deref(), Ok("c"));
    for (block, expected) in [
        ("crate graph G { }", "expected `=` and the path of nfgrad, found `graph`"),
        ("crate = super::a; graph G { }", "begin it with `crate` or `::`"),
        ("crate = a graph G { }", "expected `;`, found `graph`"),
    ] {
        let errors = parse_block(block).expect_err(block);
        assert!(errors.len() == 1 && errors[0].contains(expected), "{block}: {errors:#?}");
    }
}

#[test]
fn a_header_that_cannot_be_read_is_one_error() {
    for (block, expected) in [
        ("", "expected `graph`, found the end"),
        ("fn f() {}", "a block begins `pub graph Name<const B: usize> { .. }`"),
        ("graph {}", "expected the name of the graph, found `{`"),
        ("graph G<B> {}", "a generic of a graph is a dimension: write `const N: usize`"),
        ("graph G<const B: u8> {}", "write `const N: usize`"),
        ("graph G(x) {}", "expected `{`, found `(`"),
        ("graph G where H {}", "a `where` clause states a fact about const generics"),
        ("graph G {} graph H {}", "write one `graph!` block for each graph"),
    ] {
        let errors = parse_block(block).expect_err(block);
        assert!(errors.len() == 1 && errors[0].contains(expected), "{block}: {errors:#?}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let deep = format!("let y = {}x{};", "(".repeat(100), ")".repeat(100));
    assert!(messages(&deep)[0].contains("[NF0004]"));
    assert!(messages(&format!("let y = {}x;", "-".repeat(5000)))[0].contains("[NF0004]"));
    assert!(messages(&format!("let y = x{};", " + x".repeat(5000)))[0].contains("[NF0004]"));
}
