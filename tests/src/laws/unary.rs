//! Functions of one number and their derivatives.

use crate::exact::Exact;

/// A function of one real number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `|x|`, with derivative 0 at 0.
    Abs,
    /// `√x`.
    Sqrt,
    /// `1/x`.
    Recip,
    /// `ln x`.
    Ln,
    /// `ln(1 + x)`.
    Log1p,
    /// `e^x - 1`.
    Expm1,
    /// `sin x`.
    Sin,
    /// `cos x`.
    Cos,
    /// `1 / (1 + e^-x)`.
    Sigmoid,
    /// `ln(1 + e^x)`.
    Softplus,
    /// `x / (1 + e^-x)`.
    Silu,
    /// `x Φ(x)`.
    Gelu,
    /// `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`.
    GeluTanh,
}

impl Function {
    /// The value, and the derivative.
    pub fn at(self, x: &Exact) -> (Exact, Exact) {
        let one = Exact::new(1.0);
        match self {
            Self::Abs if x.is_zero() => (Exact::zero(), Exact::zero()),
            Self::Abs => (x.abs(), if x.is_positive() { one } else { -one }),
            Self::Sqrt => {
                let root = x.sqrt();
                let slope = one.over(&(Exact::new(2.0) * &root));
                (root, slope)
            }
            Self::Recip => (one.over(x), -one.over(&(x.clone() * x))),
            Self::Ln => logarithm(x),
            Self::Log1p => logarithm(&(one + x)),
            Self::Expm1 => (x.exp() - &one, x.exp()),
            Self::Sin => x.sin_cos(),
            Self::Cos => {
                let (sin, cos) = x.sin_cos();
                (cos, -sin)
            }
            Self::Sigmoid => {
                let (above, below) = x.logistic();
                (above.clone(), above * &below)
            }
            Self::Softplus => {
                let positive = if x.is_positive() { x.clone() } else { Exact::zero() };
                (positive + &(one + &(-x.abs()).exp()).ln(), x.logistic().0)
            }
            Self::Silu => {
                let (above, below) = x.logistic();
                (x.clone() * &above, above.clone() + &(above * &below * x))
            }
            Self::Gelu => {
                let (cdf, density) = x.normal();
                (x.clone() * &cdf, cdf + &(density * x))
            }
            Self::GeluTanh => gelu_tanh(x),
        }
    }

    /// Whether the function is defined everywhere and grows no faster than its argument, so that a radius must be finite where the
    /// operands are moderate.
    pub fn is_tame(self) -> bool {
        !matches!(self, Self::Sqrt | Self::Recip | Self::Ln | Self::Log1p | Self::Expm1)
    }

    /// Whether its radius is documented to be 0 wherever the result is exact and the operand is.
    pub fn knows_exactness(self) -> bool {
        self == Self::Abs
    }
}

fn logarithm(x: &Exact) -> (Exact, Exact) {
    if !x.is_zero() && x.is_positive() {
        (x.ln(), Exact::new(1.0).over(x))
    } else {
        (Exact::undefined(), Exact::undefined())
    }
}

fn gelu_tanh(x: &Exact) -> (Exact, Exact) {
    if Exact::new(100.0).is_less_than(x) {
        return (x.clone(), Exact::new(1.0));
    }
    if x.is_less_than(&Exact::new(-100.0)) {
        return (Exact::zero(), Exact::zero());
    }
    let (half, one) = (Exact::new(0.5), Exact::new(1.0));
    let factor = (Exact::new(2.0).over(&Exact::pi())).sqrt();
    let cubic = Exact::decimal(44_715, 6);
    let square = x.clone() * x;
    let inner = (one.clone() + &(cubic.clone() * &square)) * x * &factor;
    let inner_slope = (one.clone() + &(Exact::new(3.0) * &cubic * &square)) * &factor;
    let (tanh, tanh_slope) = inner.tanh_and_slope();
    let gate = (one + &tanh) * &half;
    (gate.clone() * x, gate + &(half * x * &tanh_slope * &inner_slope))
}
