//! Tensors without elements: no op panics, in no domain. A sum of nothing is 0, and known; a mean or a maximum of nothing is unknown.

use nfgrad::bound::{Domain, T0};
use nfgrad::format::{E4m3, Flt, NearestEven, Nf, RoundEach};
use nfgrad::graph::{HasLoss, Model};
use nfgrad::optim::{Adam, Sgd};
use nfgrad::prelude::*;
use nfgrad::report::{Report, Unknown};

graph! {
    /// Every op of one operand that goes entry by entry.
    graph Entries<const B: usize> {
        param x: [B, 3];
        let a = neg(x) + abs(x) + relu(x) + leaky_relu(x) + exp(x) + expm1(x) + ln(x) + log1p(x) + sqrt(x) + recip(x);
        let b = sin(x) + cos(x) + tanh(x) + sigmoid(x) + logistic(x) + softplus(x) + silu(x) + gelu(x) + gelu_tanh(x);
        let c = safe_log(x) + safe_log_smooth(x) + pow(x, 2) + pow(x, -1) + 0.1 * x + cast(x, bf16);
        output loss = sum(a + b + c);
    }
}

graph! {
    /// Every op of two operands, with one that is repeated, with rows of length 0, and with one node twice.
    graph Pairs<const B: usize> {
        param a: [B, 3];
        param b: [B, 3];
        param row: [3];
        param scalar: [];
        param wide: [3, B];
        param none: [B];
        let full = a + b - a * b / (a + b) + maximum(a, b) + minimum(a, b) + safe_div(a, b) + a * a + maximum(a, a) + a / a;
        let rows = (a + row) * row - a / row + maximum(a, row) + minimum(a - row, row) + safe_div(a, row);
        let scalars = (a + scalar) * scalar - a / scalar + maximum(a, scalar) + minimum(a - scalar, scalar);
        let nones = (wide + none) * none - wide / none + maximum(wide, none) + safe_div(wide, none);
        output loss = sum(full + rows + scalars) + sum(nones);
    }
}

graph! {
    /// Products without rows, without columns, without a batch; and of nothing, which are zeros.
    graph Products<const B: usize> {
        param tall: [B, 3];
        param wide: [3, B];
        param square: [B, B];
        param small: [3, 3];
        param batch: [B, 3, 3];
        param inner: [2, 3, B];
        output y = wide @ tall;
        output z = inner @ tall;
        let empty = sum(tall @ small) + sum(small @ wide) + sum(square @ square) + sum(batch @ batch) + sum(batch @ small);
        output loss = empty + sum(y) + sum(z);
    }
}

graph! {
    /// Ops along rows of which there are none, or that have no entries.
    graph Rows<const B: usize> {
        param x: [B, 3];
        param wide: [3, B];
        param row: [3];
        param none: [B];
        input t: [B, 3];
        input mask: [B, 3];
        input index: [B];
        let s = softmax(x, axis = 1) + softmax(x, axis = 0) + log_softmax(x, axis = 1) + softmax(x, mask, axis = 1);
        let n = layer_norm(x, row, row) + rms_norm(x, row);
        let w = softmax(wide, axis = 1) + log_softmax(wide, axis = 1) + layer_norm(wide, none, none) + rms_norm(wide, none);
        let q = attention(x, transpose(wide), x) + attention(x, broadcast(row, [2, 3]), broadcast(row, [2, 3]));
        output loss = sum(cross_entropy(x, t)) + sum(s + n + q) + sum(w) + sum(gather(x, index)) + sum(cross_entropy(wide, wide));
    }
}

graph! {
    /// Ops that move elements, and windows over images.
    graph Moves<const B: usize> {
        param x: [B, 6];
        param row: [6];
        param images: [B, 2, 4, 4];
        param channels: [2, B, 4, 4];
        param w: [3, 2, 3, 3];
        param bias: [3];
        param thin: [3, B, 3, 3];
        let moved = reshape(permute(reshape(x, [B, 2, 3]), axes = [2, 0, 1]), [B, 6]) + transpose(transpose(x));
        let more = pad(slice(x, axis = 1, range = 1..4), axis = 1, before = 2, after = 1) + broadcast(row, [B, 6]);
        let two: [B + 2, 6] = concat(x, broadcast(row, [2, 6]), axis = 0);
        let same: [B, 6] = slice(concat(x, x, axis = 1), axis = 1, range = 0..6);
        let pooled = sum(max_pool2d(images, size = 2)) + sum(avg_pool2d(images, size = 2)) + sum(max_pool2d(channels, size = 2));
        let convolved = sum(conv2d(images, w, bias, padding = 1)) + sum(conv2d(channels, thin, bias));
        output loss = sum(moved + more + same) + sum(two) + sum(flatten(x)) + pooled + convolved;
    }
}

graph! {
    /// What has a value of nothing, and what has none.
    graph Reductions<const B: usize> {
        param x: [B, 3];
        param wide: [3, B];
        output sums = sum(wide, axis = 1);
        output total = sum(x);
        output means = mean(wide, axis = 1);
        output mean = mean(x);
        output largest = amax(wide, axis = 1);
        output smallest = amin(x);
        output squares = mse(x, x);
        output entropy = bce_with_logits(x, x);
        output attended = attention(broadcast(total, [2, 3]), x, x);
        let columns: [3] = sum(x, axis = 0) + mean(x, axis = 0) + amax(x, axis = 0);
        let rows: [0 + B] = sum(x, axis = 1) + mean(x, axis = 1) + amin(x, axis = 1);
        output rest = sum(columns) + sum(rows);
    }
}

graph! {
    /// A network at a batch of nothing.
    graph Net<const B: usize> {
        input x: [B, 4];
        input t: [B, 3];
        param w1: [4, 5];
        param b1: [5];
        param w2: [5, 3];
        let logits = tanh(x @ w1 + b1) @ w2;
        output logits;
        output loss = sum(cross_entropy(logits, t));
    }
}

fn bounded<G: Model + HasLoss, F: Format, D: Domain>() -> BoundedRun<G, F, D> {
    let mut run = G::bounded::<F, D>();
    run.params_and_gradients_mut().0.fill(F::ONE);
    run.forward().unwrap();
    run.backward().unwrap();
    run
}

/// The radius of the loss in each domain, out of a report, which asks for all outputs and gradients.
fn ask<G: Model + HasLoss>() -> [f64; 3] {
    fn one<G: Model + HasLoss, D: Domain>() -> f64 {
        let run = bounded::<G, f32, D>();
        let report = Report::new(run.run()).radii(&run).unwrap();
        let loss = report.rows.iter().find(|row| !row.is_gradient && row.name == "loss").expect("a loss");
        loss.errors[0].get()
    }
    [one::<G, Uniform>(), one::<G, Euclidean>(), one::<G, Elementwise>()]
}

#[test]
fn no_op_panics_on_nothing_and_a_sum_of_nothing_is_zero() {
    assert_eq!(ask::<Entries<0>>(), [0.0; 3]);
    assert_eq!(ask::<Pairs<0>>(), [0.0; 3]);
    assert_eq!(ask::<Products<0>>(), [0.0; 3]);
    assert_eq!(ask::<Rows<0>>(), [0.0; 3]);
    // Twelve ones are left of the row, and 24 of the bias.
    assert!(ask::<Moves<0>>().into_iter().all(|radius| radius < 2e-5));
}

#[test]
fn nothing_has_a_sum_and_no_mean() {
    fn check<D: Domain>() {
        let run = bounded::<Reductions<0>, f32, D>();
        let ReductionsOutputs { sums, total, means, mean, largest, smallest, squares, entropy, attended, rest } =
            run.outputs();
        assert_eq!((sums.mid().as_slice(), total.mid().value()), (&[0.0; 3][..], 0.0));
        assert_eq!((sums.max_radius().get(), total.radius(0).get()), (0.0, 0.0));
        assert!(means.mid().as_slice().iter().chain(mean.mid().as_slice()).all(|mean| mean.is_nan()));
        assert_eq!((largest.mid().as_slice(), smallest.mid().value()), (&[f32::NEG_INFINITY; 3][..], f32::INFINITY));
        for unknown in [means.radii(), largest.radii()] {
            assert!(unknown.iter().all(|&radius| radius == f64::INFINITY));
        }
        // Nothing is attended to, as in a row that is masked whole.
        assert!(attended.mid().as_slice().iter().all(|&sum| sum == 0.0));
        assert_eq!(attended.max_radius().get(), 0.0);
        for unknown in [mean, smallest, squares, entropy, rest] {
            assert_eq!(unknown.radius(0).get(), f64::INFINITY);
        }
        let mut origins = Unknown::origins(&run).into_iter().map(|origin| origin.to_string());
        assert!(origins.any(|origin| origin.contains("`mean` has no value of nothing")));
        let _ = Unknown::gradient_origins(&run);
    }
    check::<Uniform>();
    check::<Euclidean>();
    check::<Elementwise>();
}

#[test]
fn a_network_at_a_batch_of_nothing_has_a_gradient_of_zero_in_every_format() {
    fn check<F: Format, D: Domain>() {
        let mut run = bounded::<Net<0>, F, D>();
        assert!(run.outputs().loss.mid().value() == F::ZERO && run.outputs().loss.radius(0).get() == 0.0);
        assert!(run.gradients().w1.mid().as_slice().iter().all(|g| *g == F::ZERO));
        assert_eq!(run.gradients().w1.max_radius().get(), 0.0);
        // Of a sum that is rounded once to a narrow format the last rounding is counted whatever it was.
        assert!(run.gradients().b1.max_radius().get() <= 4.0 * F::ZERO.half_ulp().get());
        let mut shadow = Shadow::new();
        let certificate = shadow.certify(run.run()).unwrap();
        assert_eq!(certificate.outputs().logits.argmax().count(), 0);
        assert_eq!(certificate.gradients().w2.max_error().get(), 0.0);
        // A step of no gradient moves nothing.
        Sgd::new(0.5).momentum(0.5).step_bounded(&mut run).unwrap();
        run.forward().unwrap();
        run.backward().unwrap();
        Adam::new(0.5).step_bounded(&mut run).unwrap();
        assert!(run.params().w1.mid().as_slice().iter().all(|w| *w == F::ONE));
    }
    fn in_each_domain<F: Format>() {
        check::<F, Uniform>();
        check::<F, Euclidean>();
        check::<F, Elementwise>();
    }
    in_each_domain::<f32>();
    in_each_domain::<f64>();
    in_each_domain::<bf16>();
    in_each_domain::<E4m3>();
    in_each_domain::<Nf<10, Flt<-20, 8>, NearestEven>>();
    let run = bounded::<Net<0>, RoundEach<f32>, T0>();
    assert_eq!(run.outputs().loss.mid().value(), RoundEach::from(0.0));
}
