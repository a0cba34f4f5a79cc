//! Shapes, positions and what is said about shapes that do not fit. Places are not printed outside of a compiler.

use crate::dim::shape_text;
use crate::report::Report;
use crate::{infer, parse, resolve};

/// Every named tensor with its position and shape, or every message.
fn infer(block: &str) -> Result<Vec<String>, Vec<String>> {
    let mut report = Report::default();
    let graph = parse::parse(block.parse().expect("tokens"), &mut report).expect("a header");
    let blocks = crate::block::Blocks::default();
    let resolved = resolve::resolve(&graph, &blocks, &mut report);
    let inferred = infer::infer(&resolved, &mut report);
    let named = inferred.entries.iter().enumerate().filter_map(|(position, entry)| {
        entry.name.as_ref().map(|name| format!("{name}@{position} {}", shape_text(&entry.shape)))
    });
    let named = named.collect();
    report.finish().map(|()| named).map_err(|errors| errors.messages())
}

/// The messages of one expression over a few tensors.
fn messages(expr: &str) -> Vec<String> {
    let leaves = "input x: [B, 64]; input t: [B, 10]; input s: []; input q: [2, 3, 4]; \
                  param w: [64, 10]; param b: [10]; param c: [B]; param tall: [N, 1]; param wide: [1, N]; \
                  param even: [2*H]; param more: [H + 2];";
    let block = format!("graph G<const B: usize, const N: usize, const H: usize> {{ {leaves} output y = {expr}; }}");
    infer(&block).err().unwrap_or_default()
}

/// The only message.
fn message(expr: &str) -> String {
    let [message] = messages(expr).try_into().expect("one message");
    message
}

#[test]
fn params_come_first_then_inputs_then_ops_in_the_order_of_evaluation() {
    let mlp = "pub graph Mlp<const B: usize> {
        input x: [B, 64]; param w1: [64, 32]; param b1: [32]; param w2: [32, 10];
        let h = relu(x @ w1 + b1);
        let same = h;
        output logits = same @ w2;
        output mean = mean(logits, axis = 0);
        output h;
    }";
    let expected = [
        "w1@0 [64, 32]",
        "b1@1 [32]",
        "w2@2 [32, 10]",
        "x@3 [B, 64]",
        "h@6 [B, 32]",
        "logits@7 [B, 10]",
        "mean@8 [10]",
    ];
    assert_eq!(infer(mlp).expect("a good graph"), expected);
}

#[test]
fn every_op_of_the_table_has_a_rule() {
    for expr in [
        "x + x",
        "t - b",
        "b * t",
        "t / b",
        "t / t / s",
        "b + t",
        "-x",
        "x @ w",
        "t @ b",
        "0.1 * x",
        "1 - x / 3 + 2 / x - 1e-5",
        "broadcast([1, 2], [B, 2]) - zeros([B, 2]) * ones([2]) + full([], 0.5)",
        "x @ zeros([64, N]) @ eye(N) + arange(N)",
        "t @ transpose(t) * causal_mask(B)",
        "[[1, 0.5], [0, -2]] + [1, 2]",
        "sum([1, 2, 3]) + sum([[1], [2]]) + sum(concat([0.5], [1], axis = 0))",
        "softmax(arange(3), [1, 0, 1])",
        "x * -2",
        "s * x",
        "relu(q)",
        "sum(q)",
        "sum(q, axis = 2)",
        "mean(t, axis = 0)",
        "log_softmax(b)",
        "log_softmax(q, axis = 1)",
        "log_softmax(t, b, axis = 0)",
        "maximum(b, t) + minimum(t, b)",
        "pow(x, 3) + pow(x, exponent = -1)",
        "leaky_relu(x) + leaky_relu(x, slope = 0.2)",
        "safe_div(t, b, eps = 1e-6) + safe_log(t) + safe_log_smooth(t)",
        "bce_with_logits(t, t)",
        "cross_entropy(t, t)",
        "cross_entropy(t, t, b)",
        "mse(b, b)",
        "add(t, b)",
        "matmul(x, w)",
        "(even + even) - even",
        "sub(s, s)",
        "transpose(q)",
        "permute(q, axes = [2, 0, 1])",
        "permute(s, axes = [])",
        "reshape(q, [6, 4])",
        "reshape(x, shape = [8, B, 8])",
        "reshape(even, [H, 2])",
        "q @ transpose(q)",
        "q @ slice(w, axis = 0, range = 0..4) + broadcast(s, [2, 3, 10])",
        "q @ slice(b, axis = 0, range = 0..4) + broadcast(s, [2, 3])",
        "gather(w, b) + broadcast(s, [10, 10])",
        "gather(w, s) + b",
        "amax(q, axis = 1) - amin(q, axis = 1)",
        "amax(x)",
        "flatten(q) + reshape(q, [24])",
        "flatten(s) + broadcast(s, [1])",
        "flatten(q, from = 1) + reshape(q, [2, 12])",
        "broadcast(b, [B, 10]) + t",
        "broadcast(tall, [B, N, 64])",
        "broadcast(s, [2, H])",
        "concat(x, t, axis = 1) @ concat(w, transpose(w) @ w, axis = 0)",
        "concat(even, more, even, b, axis = 0) + broadcast(s, [5*H + 12])",
        "slice(x, axis = 1, range = 2..5) + broadcast(s, [B, 3])",
        "slice(even, axis = 0, range = H..2*H) + slice(even, axis = 0, range = 0..H)",
        "pad(b, axis = 0, before = H) + broadcast(s, [10 + H])",
        "pad(q, axis = 1, before = 1, after = H)",
    ] {
        assert_eq!(messages(expr), Vec::<String>::new(), "{expr}");
    }
}

#[test]
fn inner_dimensions() {
    assert_eq!(
        message("w @ w"),
        "`@`: inner dimensions differ, 10 vs 64 [NF0030]\nleft  `w`: [64, 10]\nright `w`: [64, 10]\n\
         help: `w` has 10 as its last axis; did you mean `w @ transpose(w)`?"
    );
    assert!(message("x @ t").ends_with("`t: [64, 10]` would fit"));
    assert!(message("t @ w").contains("`w` has 10 as its last axis"));
    assert!(message("matmul(w, x)").ends_with("help: the product in the other order fits: `matmul(x, w)`"));
    assert!(message("x @ b").starts_with("`@`: inner dimensions differ, 64 vs 10"));
}

#[test]
fn ranks() {
    assert!(message("s @ w").starts_with("`@`: the left operand must be a matrix, but `s` is a scalar [NF0031]"));
    assert!(message("x @ s").starts_with("`@`: the right operand must be a matrix or a vector, but `s` is a scalar"));
    assert!(message("b @ w").contains("help: a row times a matrix"));
    assert!(message("log_softmax(s)").starts_with("`log_softmax`: works along the last axis, but `s` is a scalar"));
    assert!(message("cross_entropy(s, s)").contains("NF0031"));
}

#[test]
fn unlike_shapes() {
    assert_eq!(
        message("relu(x) + t"),
        "`+`: axis 1 differs, 64 vs 10 [NF0032]\nleft  `relu(x)`: [B, 64]\nright `t`:       [B, 10]\n\
         help: `t: [B, 64]` would fit"
    );
    assert!(message("cross_entropy(t, t, x)").contains("NF0032"));
    assert!(message("x * b").starts_with("`*`: the last axes differ, 64 vs 10 [NF0032]"));
    assert!(message("even + more").starts_with("`+`: axis 0 differs, 2*H vs H + 2 [NF0032]"));
    assert!(message("b - t").ends_with("help: write `-(t - b)`, which is exactly the same number"));
}

#[test]
fn a_bias_along_the_wrong_axis() {
    let expected = "`+`: `c` matches axis 0 of `x`, but it is lined up with axis 1 [NF0033]";
    assert!(message("x + c").starts_with(expected));
    assert!(message("c + x").starts_with(expected));
    assert!(message("x + c").ends_with(
        "help: an operand is repeated over leading axes only; a bias is declared `c: [64]`\n\
         help: along axis 0 it is `broadcast(reshape(c, [B, 1]), [B, 64])`; or did you mean to transpose `x`?"
    ));
}

#[test]
fn an_axis_of_length_1_is_never_stretched() {
    let text = message("mse(tall, wide)");
    assert!(
        text.starts_with("`mse`: `prediction` and `target` have their axes the other way round [NF0035]"),
        "{text}"
    );
    assert!(text.contains("prediction `tall`: [N, 1]\ntarget     `wide`: [1, N]"), "{text}");
    let text = message("tall + wide");
    assert!(text.contains("[NF0035]"));
    assert!(text.ends_with("to ask: `broadcast(tall, [N, N])` and `broadcast(wide, [N, N])`"), "{text}");
    let text = message("wide - reshape(c, [B, 1, 1])");
    assert!(text.ends_with("to ask: `broadcast(reshape(c, [B, 1, 1]), [B, 1, N])`"), "{text}");
    assert!(message("mse(x, t)").starts_with("`mse`: axis 1 of `prediction` is 64, of `target` it is 10 [NF0034]"));
    assert!(message("mse(x, b)").starts_with("`mse`: `prediction` has 2 axes, but `target` has 1 axis"));
}

#[test]
fn axes() {
    assert!(
        message("sum(x, axis = 2)").starts_with("`sum`: there is no axis 2, `x` has 2 axes [NF0024]\n`x`: [B, 64]")
    );
    assert!(message("sum(s, axis = 0)").ends_with("help: `sum` of a scalar needs no axis"));
    assert!(message("sum(x, axis = -1)").contains("no counting from the end"));
    assert!(message("sum(x, axis = t)").contains("[NF0023]"));
    assert!(message("sum(x, dim = 0)").ends_with("help: did you mean `axis`?"));
    assert!(message("relu(x, axis = 0)").starts_with("`relu` has no argument `axis` [NF0021]"));
    assert!(message("sum(x, axis = 0, axis = 1)").contains("[NF0022]"));
}

#[test]
fn arguments() {
    assert_eq!(
        message("reshape(x)"),
        "`reshape` needs `shape` [NF0025]\nhelp: `reshape(x, [B, 64])`: the same elements under another shape"
    );
    assert_eq!(
        message("reshape(x, 64)"),
        "`shape` is a shape such as `[B, 64]`, not `64` [NF0026]\nhelp: write `[64]`"
    );
    assert_eq!(
        message("permute(x, axes = 1)"),
        "`axes` is a list of axes such as `[1, 0]`, not `1` [NF0026]\nhelp: write `[1]`"
    );
    assert!(message("permute(x, axes = [1, B])").starts_with("an axis is a number such as 0 or 1, not `B` [NF0023]"));
    assert!(message("permute(x, [1, 0])").ends_with("help: did you mean `axes = [1, 0]`?"));
    assert!(message("permute(x, perm = [1, 0])").ends_with("help: did you mean `axes`?"));
    assert!(message("reshape(x, [B, 8, 8], [B, 64])").starts_with("`reshape` takes 1 operand, but 3 are given"));
    assert!(message("reshape(x, [B, 8, 8], shape = [B, 64])").starts_with("`shape` is given twice [NF0022]"));
    assert!(message("reshape(x = x, [B, 64])").contains("NF0001"));
    assert!(message("sum(x, 1)").ends_with("help: did you mean `axis = 1`?"));
    assert!(message("sum(x, [1])").starts_with("`sum` takes 1 operand, but 2 are given [NF0020]"));
    assert!(message("sum(x, x = t)").ends_with("help: tensors are given by position: `sum(x)`"));
    assert!(message("sum(x, axis = 1..2)").contains("[NF0023]"));
    assert!(message("relu(1..2)").starts_with("`1..2` is not a tensor [NF0050]"));
    assert!(message("relu(super::w)").starts_with("`super::w` is not a tensor [NF0010]"));
    assert!(message("reshape(x, [B, -1])").ends_with("left to be inferred; write it out"));
    assert_eq!(messages("relu(oops, also)").len(), 3);
}

#[test]
fn the_number_of_elements_stays_the_same() {
    assert_eq!(
        message("reshape(x, [B, 7, 9])"),
        "`reshape`: changes the number of elements: 64*B vs 63*B [NF0070]\n`x`: [B, 64]\nnew shape: [B, 7, 9]"
    );
    assert!(message("reshape(x, [B, 8, 4])").ends_with("help: `[B, 8, 8]` has as many elements as `x`"));
    assert!(message("reshape(even, [H])").starts_with("`reshape`: changes the number of elements: 2*H vs H [NF0070]"));
    assert!(messages("reshape(x, [9007199254740992, 9007199254740992])")[0].contains("too large"));
}

#[test]
fn axes_are_named_once() {
    assert!(
        message("transpose(b)").starts_with("`transpose`: exchanges the last two axes, but `b` has 1 axis [NF0031]")
    );
    assert!(message("permute(q, axes = [0, 1])").starts_with("`permute`: `q` has 3 axes, and axis 2 is not named"));
    assert!(message("permute(q, axes = [0, 1, 1])").starts_with("`permute`: axis 1 is named twice [NF0071]"));
    assert!(message("permute(q, axes = [0, 1, 3])").starts_with("`permute`: there is no axis 3, `q` has 3 axes"));
}

#[test]
fn a_fact_makes_two_lengths_one() {
    let graph = |facts: &str| {
        infer(&format!(
            "graph G<const B: usize, const H: usize, const W: usize, const P: usize> {facts} {{
                input x: [B, H, W]; input y: [B, P]; output z = reshape(x, [B, P]) + y;
            }}"
        ))
    };
    assert_eq!(graph("where H*W == P").expect("a good graph"), ["x@0 [B, H, W]", "y@1 [B, P]", "z@3 [B, P]"]);
    assert!(graph("where W == H, P == H*H").is_ok());
    assert!(graph("where P == H*H, H == W").is_ok());
    assert!(graph("where P == H*W + 1").unwrap_err()[0].contains("B*H*W vs B*H*W + B [NF0070]"));
    assert!(graph("where P > H*W").unwrap_err()[0].contains("B*H*W vs B*P [NF0070]"));
}

#[test]
fn batches_of_matrices() {
    assert!(message("q @ w").starts_with("`@`: inner dimensions differ, 4 vs 64 [NF0030]"));
    assert!(message("q @ q").ends_with("help: `q` has 4 as its last axis; did you mean `q @ transpose(q)`?"));
    assert!(
        message("q @ reshape(q, [3, 4, 2])")
            .starts_with("`@`: the axes before the matrices differ, [2] vs [3] [NF0075]")
    );
    assert!(message("x @ broadcast(w, [2, 64, 10])").ends_with(
        "help: to multiply every matrix of `broadcast(w, [2, 64, 10])` by the same: `broadcast(x, [2, B, 64])`"
    ));
}

#[test]
fn flattening() {
    assert!(message("flatten(q, from = 3)").starts_with("`flatten`: there is no axis 3, `q` has 3 axes [NF0024]"));
    assert!(message("flatten(q, start_dim = 1)").ends_with("help: did you mean `from`?"));
}

#[test]
fn rows_of_a_table() {
    assert!(message("gather(q, b)").starts_with("`gather`: takes rows of a matrix, but `q` has 3 axes [NF0031]"));
    assert!(messages("gather(w, index = b)")[1].ends_with("tensors are given by position: `gather(table, index)`"));
}

#[test]
fn concat_needs_equal_lengths_elsewhere() {
    assert_eq!(
        message("concat(x, t, axis = 0)"),
        "`concat`: puts tensors side by side along axis 0, but axis 1 differs, 64 vs 10 [NF0072]\na `x`: [B, 64]\n\
         b `t`: [B, 10]\nhelp: they fit along axis 1: `axis = 1`"
    );
    assert!(message("concat(x, b, axis = 0)").starts_with("`concat`: `x` has 2 axes, but `b` has 1 axis [NF0031]"));
    assert!(message("concat(x, axis = 0)").starts_with("`concat` takes 2 to 4 operands, but 1 is given [NF0020]"));
    assert!(message("concat(b, b, b, b, b, axis = 0)").contains("2 to 4 operands, but 5 are given"));
    assert!(message("concat(x, t)").contains("help: `concat(a, b, [c], [d], axis = 0)`"));
    assert!(message("concat(x, t, axis = 2)").contains("[NF0024]"));
}

#[test]
fn ranges() {
    assert!(
        message("slice(b, axis = 0, range = 2..11)")
            .starts_with("`slice`: the range 2..11 goes beyond axis 0 of `b`, which has the length 10 [NF0073]")
    );
    assert!(message("slice(b, axis = 0, range = 5..2)").contains("the range 5..2 ends before it begins"));
    assert!(message("slice(even, axis = 0, range = 0..2*H + 1)").contains("which has the length 2*H [NF0073]"));
    assert!(
        message("slice(b, axis = 0, range = 2)").contains("`range` is a range such as `2..5`, whose end is not in it")
    );
    assert!(message("slice(b, axis = 0, range = 2..=5)").contains("the first position that is not in it"));
    assert!(
        message("pad(b, axis = 0, before = -1)").starts_with("`before` cannot be negative, but it is `-1` [NF0027]")
    );
    assert!(message("pad(b, axis = 0, before = 0.5)").contains("[NF0026]"));
    // Whether it fits depends on the values.
    assert_eq!(messages("slice(x, axis = 0, range = 1..N)"), Vec::<String>::new());
}

#[test]
fn broadcasts() {
    assert!(
        message("broadcast(x, [64])").starts_with("`broadcast`: `x` has 2 axes, and an axis is never dropped [NF0074]")
    );
    let text = message("broadcast(c, [B, 64])");
    assert!(text.starts_with("`broadcast`: axis 0 of `c` is B, and only an axis of length 1 becomes 64 [NF0074]"));
    assert!(
        text.ends_with("lined up at the end; along axis 0 it is `broadcast(reshape(c, [B, 1]), [B, 64])`"),
        "{text}"
    );
}

#[test]
fn names_and_calls() {
    assert_eq!(message("relu(xx)"), "nothing in this graph is named `xx` [NF0010]\nhelp: did you mean `x`?");
    assert_eq!(
        message("relu(relu)"),
        "nothing in this graph is named `relu` [NF0010]\nhelp: `relu` is an op: call it, `relu(..)`"
    );
    assert!(message("relu(N)").ends_with("help: `N` is a dimension, not a tensor"));
    assert!(message("matmull(x, w)").contains("help: did you mean `matmul(a, b)`?"));
    assert!(message("convolve(x)").ends_with("help: every op is listed in the documentation of `nfgrad::op`"));
    assert!(message("x(w)").contains("`x` is a tensor"));
    assert!(message("relu(x, t)").starts_with("`relu` takes 1 operand, but 2 are given [NF0020]"));
    assert!(message("mse(x)").starts_with("`mse` takes 2 operands, but 1 is given [NF0020]"));
}

#[test]
fn numbers_stand_beside_tensors() {
    for expr in ["x + 1.0", "1 + x", "x - 2", "2 - x", "x / 3", "2 / x", "x * 0.5", "-0.5 * x", "x - -2"] {
        assert_eq!(messages(expr), [""; 0], "{expr}");
    }
    for expr in ["x + EPS", "EPS - x", "x / m::C", "-EPS * x", "x * -EPS", "rms_norm(t, b, eps = EPS)"] {
        assert_eq!(messages(expr), [""; 0], "{expr}");
    }
    assert!(message("relu(0.5)").ends_with("`full([], 0.5)`, and one of a shape `full([B, 64], 0.5)`"));
    assert!(message("x @ 0.5").contains("[NF0050]"));
    assert!(message("x / 0.0").starts_with("`x / 0.0` divides by 0 [NF0055]"));
    assert!(message("x + eps").contains("[NF0010]"));
    assert!(message("x / N").ends_with("help: `N` is a dimension, not a tensor"));
    assert_eq!(messages("X + Y").len(), 2);
    assert!(message("2 * PI * x").ends_with("help: give the result a name in the module: `const C: f64 = 2 * PI;`"));
    assert!(message("0.1f32 * x").contains("write `0.1`"));
    assert!(message("1e999 * x").contains("too large"));
    assert!(message("2 * 3 * x").contains("[NF0054]"));
}

#[test]
fn arrays_and_other_constants() {
    let shape = |expr: &str| infer(&format!("graph G<const N: usize> {{ output y = {expr}; }}")).expect(expr);
    for (expr, expected) in [
        ("[1, 2, 3]", "y@0 [3]"),
        ("[[[1], [2]]]", "y@0 [1, 2, 1]"),
        ("eye(N + 1)", "y@0 [N + 1, N + 1]"),
        ("causal_mask(size = 2*N)", "y@0 [2*N, 2*N]"),
        ("arange(4)", "y@0 [4]"),
        ("full([N, 2], -0.5)", "y@0 [N, 2]"),
        ("zeros([])", "y@0 []"),
    ] {
        assert_eq!(shape(expr), [expected]);
    }
    for expr in
        ["[]", "[[1], [2, 3]]", "[1, [2]]", "[[1], 2]", "[x, s]", "relu([B])", "relu([x])", "[[], []]", "[0.5, x]"]
    {
        assert!(message(expr).contains("[NF0056]"), "{expr}: {}", message(expr));
    }
    assert!(message("[[[[[[[1]]]]]]]").contains("[NF0037]"));
    assert!(message("zeros(B, 4)").starts_with("`zeros` takes 1 argument, but 2 are given [NF0020]"));
    assert!(message("zeros(4)").ends_with("help: write `[4]`"));
    assert!(message("full([2])").starts_with("`full` needs `value` [NF0025]"));
    assert!(message("eye(x)").contains("not `x` [NF0026]"));
    assert!(message("full([2], x)").contains("not `x` [NF0026]"));
    assert!(message("t + zeros([B, 9])").contains("10 vs 9 [NF0032]"));
}

#[test]
fn what_is_wrong_is_said_once() {
    assert_eq!(messages("relu(oops) + sum(oops) @ (x + t)").len(), 2);
    let block = "graph G { input x: [2]; let a = bad; let b = a + x; let c = relu(b); output d = sum(c); }";
    assert_eq!(infer(block).unwrap_err(), ["nothing in this graph is named `bad` [NF0010]"]);
    let block = "graph G { input x: [7/2]; input y: [2, 2, 2, 2, 2, 2, 2]; output d = x @ y; }";
    let errors = infer(block).unwrap_err();
    assert!(errors[0].contains("[NF0041]") && errors[1].contains("[NF0037]") && errors.len() == 2, "{errors:?}");
}

#[test]
fn names_are_given_once_and_before_they_are_used() {
    let errors = |block: &str| infer(block).unwrap_err();
    assert_eq!(errors("graph G { input x: [2]; param x: [3]; output y = x; }"), ["`x` is defined twice [NF0011]"]);
    assert_eq!(errors("graph G { input x: [2]; output x = relu(x); }"), ["`x` is defined twice [NF0011]"]);
    assert_eq!(errors("graph G { input x: [2]; output x; output x; }"), ["`x` is already an output [NF0011]"]);
    assert!(errors("graph G { input x: [2]; let y = z; let z = x; output y; }")[0].contains("above its definition"));
    assert!(errors("graph G<const x: usize> { input x: [2]; output x; }")[0].contains("[NF0014]"));
}

#[test]
fn a_stated_shape_is_checked() {
    let errors = infer("graph G<const B: usize> { input x: [B, 2]; output y: [2, B] = relu(x); }").unwrap_err();
    assert_eq!(errors, ["`y` is said to be [2, B], but it is [B, 2] [NF0038]"]);
    assert!(infer("graph G<const B: usize> { input x: [B + B]; output y: [2*B] = x; }").is_ok());
}

#[test]
fn a_graph_has_at_most_1024_tensors() {
    let block = |nodes: usize| {
        format!(
            "graph G {{ input x: [2]; {} output x; }}",
            (0..nodes).map(|i| format!("let y{i} = x + x;")).collect::<Vec<_>>().concat()
        )
    };
    assert!(infer(&block(1023)).is_ok());
    assert!(infer(&block(1024)).unwrap_err()[0].contains("has 1025 tensors, at most 1024 are possible [NF0061]"));
}
