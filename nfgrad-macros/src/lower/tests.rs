//! The expansion of a small model, as a reader of `cargo expand` sees it.

use crate::expand::expand;

/// Without white space, which the printer of tokens puts where it likes.
fn flat(text: &str) -> String {
    text.split_whitespace().collect()
}

fn expansion(block: &str) -> String {
    flat(&expand(block.parse().expect("tokens")).to_string())
}

#[track_caller]
fn assert_has(text: &str, part: &str) {
    assert!(text.contains(&flat(part)), "{part}\nis not in\n{text}");
}

const LINEAR: &str = "
    /// A linear map.
    pub graph Linear<const B: usize> {
        input x: [B, 3];
        /// The weight.
        param w: [3, 2];
        let y = 0.1 * (x @ w);
        output loss = sum(sum(y, axis = 0));
        output y;
    }";

#[test]
fn every_op_is_a_node_with_witnesses() {
    let text = expansion(LINEAR);
    for line in [
        "typeC2<B>=n::Prefix<LinearOf<B>,2>;",
        "type N2<B>=n::Node<n::op::MatMul,(n::Idx<C2<B>,S1<B>,1>,n::Idx<C2<B>,S0,0>,)>;",
        "type N3<B>=n::Node<n::op::Scale<L0>,(n::Idx<C3<B>,S2<B>,2>,)>;",
        "type N4<B>=n::Node<n::op::Sum<n::op::Axis<0>>,(n::Idx<C4<B>,S2<B>,3>,)>;",
        "type N5<B>=n::Node<n::op::Sum<n::op::All>,(n::Idx<C5<B>,S3,4>,)>;",
        "const TEXT:&'static str=\"0.1\";const NEAREST:f64=0.1f64;const EXACT:bool=false;",
        "const OUTPUTS:&'static[usize]=&[5,3];",
        "type S0=(n::D<3>,n::D<2>);",
        "pub type Linear<const B:usize>=__nfadded_Linear::LinearOf<::nfgrad::__private::D<{B}>>;",
        "type S2<B>=(B,n::D<2>);",
        "type S4=();",
        "type ParamShapes=(S0,);",
        "n::EntryInfo{name:\"y\",role:n::Role::Node,op:\"scale\",shape:\"[B, 2]\"}",
        "LinearOutputs{y:source.entry::<Self,3>(),loss:source.entry::<Self,5>(),}",
        "impl<B:::nfgrad::__private::Dim>n::HasLoss for LinearOf<B>{const POSITION:usize=5;",
    ] {
        assert_has(&text, line);
    }
}

/// A norm writes three cotangents. That they are different nodes is a proof in its type, and where they are not there is none.
#[test]
fn three_operands_are_apart_unless_one_of_them_is_there_twice() {
    let text = expansion(
        "pub graph Norms<const B: usize> {
            input x: [B, 3];
            param w: [3];
            param b: [3];
            output y = layer_norm(x, w, b) + layer_norm(x, w, w);
        }",
    );
    assert_has(
        &text,
        "n::Node<n::op::LayerNorm<L0>,(n::Idx<C3<B>,S1<B>,2>,n::Idx<C3<B>,S0,0>,n::Idx<C3<B>,S0,1>,),n::Apart>;",
    );
    assert_has(&text, "n::Node<n::op::LayerNorm<L0>,(n::Idx<C4<B>,S1<B>,2>,n::Idx<C4<B>,S0,0>,n::Idx<C4<B>,S0,0>,)>;");
}

/// What `cargo expand` shows of the model of `nfgrad/examples/digits.rs`, committed, so that a change of it is seen and read.
///
/// `BLESS=1 cargo test -p nfgrad-macros snapshot` writes it anew.
#[test]
fn the_expansion_of_the_digits_model_is_the_snapshot() {
    let example = include_str!("../../../nfgrad/examples/digits.rs");
    let (_, block) = example.split_once("\ngraph! {\n").expect("a graph");
    let (block, _) = block.split_once("\n}\n").expect("the end of the graph");
    let items = syn::parse2(expand(block.parse().expect("tokens"))).expect("items");
    let found = prettyplease::unparse(&items);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/digits.rs");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &found).expect("a file that can be written");
    }
    let snapshot = std::fs::read_to_string(path).expect("the snapshot");
    let differs = snapshot.lines().zip(found.lines()).position(|(wanted, found)| wanted != found);
    assert!(
        snapshot == found,
        "the expansion differs from {path}, first below line {differs:?}; BLESS=1 writes it anew, and the difference is read"
    );
}

#[test]
fn sweeps_visit_the_nodes_in_order_and_in_reverse() {
    let text = expansion(LINEAR);
    let visits: Vec<_> = text.match_indices("sweep.node::<C").map(|(at, word)| &text[at + word.len()..][..1]).collect();
    assert_eq!(visits, ["2", "3", "4", "5", "5", "4", "3", "2"]);
}

#[test]
fn names_of_the_user_are_left_alone() {
    let text =
        expansion("graph N1<const C1: usize, const K: usize, const n: usize> { input x: [C1, K, n]; output y = -x; }");
    assert_has(&text, "use::nfgrad::__private as n_;");
    assert_has(&text, "type C_1<C1,K,n>=n_::Prefix<N1Of<C1,K,n>,1>;");
    assert_has(&text, "struct N1Leaves<K_:::nfgrad::__private::Entries,C1:::nfgrad::__private::Dim");
}

#[test]
fn the_items_need_no_comment_of_the_user() {
    let text = expansion("graph G { input x: [2]; output x; }");
    assert_has(&text, "use super::*;#[doc=\"|tensor|role|shape|\"]");
    assert_has(
        &text,
        "struct GParams<K:::nfgrad::__private::Entries>{pub(super) __kind:::core::marker::PhantomData<K>}",
    );
}

#[test]
fn what_the_const_generics_must_be_is_asserted() {
    let text = expansion(
        "graph G<const H: usize, const K: usize> where H % K == 0, K >= 1 + 1 { input x: [H/K, H - 1]; output x; }",
    );
    for line in [
        "assert!(<K as n::Dim>::VALUE!=0&&<H as n::Dim>::VALUE%<K as n::Dim>::VALUE==0,\"graph `G` needs H % K == 0 [NF0045]\")",
        "assert!(<K as n::Dim>::VALUE>=2,\"graph `G` needs K >= 1 + 1 [NF0045]\")",
        "\"graph `G`: the dimension H/K is not a whole number; `floor(H/K)` is rounded down [NF0045]\"",
        "\"graph `G`: the dimension H - 1 is negative [NF0045]\"",
        "={let()=Self::__FACTS;n::spans(",
    ] {
        assert_has(&text, line);
    }
}

#[test]
fn after_an_error_the_items_are_there_and_compute_nothing() {
    let text = expansion(
        "pub graph G<const B: usize> { input x: [B, 3]; param w: [4, 2]; output y = x @ w; output z = relu(x); }",
    );
    assert_eq!(text.matches("compile_error").count(), 1);
    assert_has(&text, "pub y:K::Entry<()>,");
    assert_has(&text, "pub z:K::Entry<(B,::nfgrad::__private::D<3>)>,");
    assert_has(&text, "fn forward<K:n::Sweep>(_:&mut K){}");
}

#[test]
fn the_library_is_where_the_last_path_says() {
    let block = LINEAR.replace("/// A linear map.", "crate = ::one; crate = crate::deps::two; /// A linear map.");
    let text = expansion(&block);
    assert_has(&text, "use crate::deps::two::__private as n;");
    assert!(!text.contains("::one") && !text.contains("::nfgrad"), "{text}");
}

#[test]
fn structs_ask_the_graph_for_what_their_module_cannot_name() {
    let text =
        expansion("graph G<const B: usize> { input x: [B, 2*super::N]; param w: [super::N]; output y = 2.0 * w; }");
    for line in [
        "w:K::Entry<(<GOf<::nfgrad::__private::D<0>>as::nfgrad::__private::Outside<0>>::Type,)>",
        "impl<B:::nfgrad::__private::Dim>n::Outside<0>for GOf<B>{type Type=n::D<{super::N}>;}",
    ] {
        assert_has(&text, line);
    }
    let module = &text[text.find("mod__nfadded_G").expect("a module")..text.find("const_").expect("a block")];
    assert!(!module.contains("{super::N}"), "{module}");
}

#[test]
fn a_large_graph_expands_in_linear_time() {
    let block = |nodes: usize| {
        let body = (0..nodes).map(|i| format!("let h{} = relu(h{i}) + x;", i + 1)).collect::<Vec<_>>().concat();
        format!("graph G<const B: usize> {{ input x: [B, 8]; let h0 = -x; {body} output h{nodes}; }}")
    };
    // The shortest of a few, since other tests run at the same time.
    let time = |nodes: usize| {
        let runs = (0..4).map(|_| {
            let block = block(nodes).parse().expect("tokens");
            let start = std::time::Instant::now();
            let text = expand(block);
            assert!(!text.is_empty());
            start.elapsed().as_secs_f64()
        });
        runs.fold(f64::INFINITY, f64::min)
    };
    let (small, large) = (time(50), time(500));
    // A factor of 10 in size; a quadratic step anywhere would make it 100.
    assert!(large < 40.0 * small, "50: {small} s, 500: {large} s");
}
