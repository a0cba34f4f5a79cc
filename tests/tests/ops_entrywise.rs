//! Ops that act entry by entry, in every format and every radius domain: no radius is smaller than the true error, forward or backward.

use nfgrad::format::{E4m3Saturating, E5m2};
use nfgrad::op::{self, Add, Exp, Integer, Mul, Neg, Relu, Scale, Sub, Tanh};
use nfgrad::prelude::*;
use nfgrad_tests::sample::Hexadecimal;
use nfgrad_tests::{literals, ops};

literals! {
    Tenth = "0.1", 0.1, false;
    Quarter = "0.25", 0.25, true;
    // Exact in f64, but neither in f32 nor in bf16.
    Odd = "1073741825", 1_073_741_825.0, true;
    Zero = "0", 0.0, true;
    Billionth = "0.000000001", 1e-9, false;
    Minus = "-1.5", -1.5, true;
    Three = "3", 3.0, true;
}

ops! {
    add: Add, 300, [
        ((D<2>, D<3>), (D<2>, D<3>)),
        ((D<5>, D<3>), (D<3>,)),
        ((D<3>, D<2>, D<2>), (D<2>, D<2>)),
        ((D<2>, D<19>), (D<19>,)),
        ((D<7>,), ()),
        ((), ()),
        ((D<0>, D<3>), (D<3>,)),
    ];
    sub: Sub, 300, [
        ((D<2>, D<3>), (D<2>, D<3>)),
        ((D<5>, D<3>), (D<3>,)),
        ((D<2>, D<19>), (D<19>,)),
        ((D<7>,), ()),
        ((), ()),
    ];
    mul: Mul, 300, [
        ((D<2>, D<3>), (D<2>, D<3>)),
        ((D<5>, D<3>), (D<3>,)),
        ((D<3>, D<2>, D<2>), (D<2>, D<2>)),
        ((D<2>, D<19>), (D<19>,)),
        ((D<7>,), ()),
        ((), ()),
        ((D<0>, D<3>), (D<3>,)),
    ];
    cast_to_bf16: op::Cast<bf16>, 300, [((D<4>, D<3>),), ((),)];
    cast_to_f32: op::Cast<f32>, 200, [((D<4>, D<3>),)];
    cast_to_e5m2: op::Cast<E5m2>, 200, [((D<4>, D<3>),)];
    cast_to_saturating_e4m3: op::Cast<E4m3Saturating>, 200, [((D<4>, D<3>),)];
    cast_to_six_hexadecimal_digits: op::Cast<Hexadecimal>, 200, [((D<4>, D<3>),)];
    div: op::Div, 300, [
        ((D<2>, D<3>), (D<2>, D<3>)),
        ((D<5>, D<3>), (D<3>,)),
        ((D<2>, D<19>), (D<19>,)),
        ((D<7>,), ()),
        ((), ()),
        ((D<0>, D<3>), (D<3>,)),
    ];
    maximum: op::Maximum, 300, [
        ((D<2>, D<3>), (D<2>, D<3>)),
        ((D<5>, D<3>), (D<3>,)),
        ((D<2>, D<19>), (D<19>,)),
        ((D<7>,), ()),
        ((), ()),
    ];
    minimum: op::Minimum, 300, [
        ((D<2>, D<3>), (D<2>, D<3>)),
        ((D<5>, D<3>), (D<3>,)),
        ((D<7>,), ()),
        ((), ()),
    ];
    neg: Neg, 100, [((D<4>, D<3>),), ((),)];
    exp: Exp, 150, [((D<2>, D<2>),), ((),)];
    abs: op::Abs, 300, [((D<4>, D<3>),), ((),)];
    sqrt: op::Sqrt, 150, [((D<2>, D<2>),), ((),)];
    recip: op::Recip, 150, [((D<2>, D<2>),), ((),)];
    ln: op::Ln, 150, [((D<2>, D<2>),), ((),)];
    log1p: op::Log1p, 150, [((D<2>, D<2>),), ((),)];
    expm1: op::Expm1, 150, [((D<2>, D<2>),), ((),)];
    sin: op::Sin, 150, [((D<2>, D<2>),), ((),)];
    cos: op::Cos, 150, [((D<2>, D<2>),), ((),)];
    sigmoid: op::Sigmoid, 150, [((D<2>, D<2>),), ((),)];
    logistic: op::Logistic, 30, [((D<2>, D<2>),)];
    softplus: op::Softplus, 150, [((D<2>, D<2>),), ((),)];
    silu: op::Silu, 150, [((D<2>, D<2>),), ((),)];
    gelu: op::Gelu, 60, [((D<2>, D<2>),), ((),)];
    gelu_tanh: op::GeluTanh, 100, [((D<2>, D<2>),), ((),)];
    tanh: Tanh, 150, [((D<2>, D<2>),), ((),)];
    scale_by_a_tenth: Scale<Tenth>, 200, [((D<4>, D<3>),), ((),)];
    scale_by_a_quarter: Scale<Quarter>, 200, [((D<4>, D<3>),)];
    scale_by_an_odd_number: Scale<Odd>, 200, [((D<4>, D<3>),)];
    scale_by_zero: Scale<Zero>, 100, [((D<4>, D<3>),)];
    shift_by_a_tenth: op::Shift<Tenth>, 200, [((D<4>, D<3>),), ((),), ((D<0>,),)];
    shift_by_an_odd_number: op::Shift<Odd>, 200, [((D<4>, D<3>),)];
    shift_by_next_to_nothing: op::Shift<Billionth>, 200, [((D<4>, D<3>),)];
    shift_downwards: op::Shift<Minus>, 200, [((D<4>, D<3>),)];
    shift_by_zero: op::Shift<Zero>, 100, [((D<4>, D<3>),)];
    divide_by_a_tenth: op::Divide<Tenth>, 200, [((D<4>, D<3>),), ((),), ((D<0>,),)];
    divide_by_three: op::Divide<Three>, 200, [((D<4>, D<3>),)];
    divide_by_a_quarter: op::Divide<Quarter>, 200, [((D<4>, D<3>),)];
    divide_by_an_odd_number: op::Divide<Odd>, 200, [((D<4>, D<3>),)];
    divide_by_next_to_nothing: op::Divide<Billionth>, 200, [((D<4>, D<3>),)];
    divide_by_a_negative_number: op::Divide<Minus>, 200, [((D<4>, D<3>),)];
    invert_a_tenth: op::Invert<Tenth>, 200, [((D<2>, D<2>),), ((),), ((D<0>,),)];
    invert_three: op::Invert<Three>, 200, [((D<2>, D<2>),)];
    invert_an_odd_number: op::Invert<Odd>, 200, [((D<2>, D<2>),)];
    invert_a_negative_number: op::Invert<Minus>, 200, [((D<2>, D<2>),)];
    invert_zero: op::Invert<Zero>, 100, [((D<2>, D<2>),)];
    relu: Relu, 600, [((D<4>, D<3>),), ((),), ((D<0>,),)];
    leaky_relu: op::LeakyRelu<Tenth>, 600, [((D<4>, D<3>),), ((),)];
    leaky_relu_with_a_slope_above_one: op::LeakyRelu<Odd>, 200, [((D<4>, D<3>),)];
    leaky_relu_with_a_negative_slope: op::LeakyRelu<Minus>, 300, [((D<4>, D<3>),)];
    pow_0: op::Pow<Integer<0>>, 50, [((D<2>, D<2>),)];
    pow_1: op::Pow<Integer<1>>, 50, [((D<2>, D<2>),)];
    pow_2: op::Pow<Integer<2>>, 150, [((D<2>, D<2>),), ((),)];
    pow_3: op::Pow<Integer<3>>, 150, [((D<2>, D<2>),)];
    pow_10: op::Pow<Integer<10>>, 100, [((D<2>, D<2>),)];
    pow_of_the_reciprocal: op::Pow<Integer<-1>>, 150, [((D<2>, D<2>),)];
    pow_minus_2: op::Pow<Integer<-2>>, 150, [((D<2>, D<2>),)];
    pow_minus_5: op::Pow<Integer<-5>>, 100, [((D<2>, D<2>),)];
    safe_div: op::SafeDiv<Tenth>, 300, [
        ((D<2>, D<3>), (D<2>, D<3>)),
        ((D<5>, D<3>), (D<3>,)),
        ((D<7>,), ()),
        ((), ()),
    ];
    safe_div_by_at_least_a_quarter: op::SafeDiv<Quarter>, 300, [((D<4>,), (D<4>,))];
    safe_log: op::SafeLog<Tenth>, 150, [((D<2>, D<2>),), ((),)];
    safe_log_of_at_least_a_quarter: op::SafeLog<Quarter>, 150, [((D<2>, D<2>),)];
    safe_log_of_at_least_next_to_nothing: op::SafeLog<Billionth>, 150, [((D<2>, D<2>),)];
    safe_log_smooth: op::SafeLogSmooth<Tenth>, 100, [((D<2>, D<2>),), ((),)];
    safe_log_smooth_with_next_to_nothing: op::SafeLogSmooth<Billionth>, 100, [((D<2>, D<2>),)];
}
