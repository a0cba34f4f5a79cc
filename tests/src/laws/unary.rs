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
    /// `ln max(x, ε)` for the fraction `ε = digits / 10^places`, with derivative 0 at `ε`.
    SafeLog {
        /// The digits of `ε` without its point.
        digits: i32,
        /// How many of them follow the point.
        places: u8,
    },
    /// `ln(ln(1 + e^x) + ε)` for such a fraction.
    SafeLogSmooth {
        /// The digits of `ε` without its point.
        digits: i32,
        /// How many of them follow the point.
        places: u8,
    },
    /// `xⁿ`, where `x⁰` is 1 everywhere.
    Pow(i32),
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
            Self::SafeLog { digits, places } => {
                let epsilon = Exact::decimal(digits, places);
                if epsilon.is_less_than(x) { logarithm(x) } else { (epsilon.ln(), Exact::zero()) }
            }
            Self::SafeLogSmooth { digits, places } => {
                let (softplus, slope) = Self::Softplus.at(x);
                let sum = softplus + &Exact::decimal(digits, places);
                (sum.ln(), slope.over(&sum))
            }
            Self::Pow(0) => (one, Exact::zero()),
            Self::Pow(n) => (x.power(n), Exact::new(n.into()) * &x.power(n - 1)),
        }
    }

    /// Whether the function is defined everywhere and grows no faster than its argument, so that a radius must be finite where the
    /// operands are moderate.
    pub fn is_tame(self) -> bool {
        match self {
            Self::Sqrt | Self::Recip | Self::Ln | Self::Log1p | Self::Expm1 => false,
            Self::Pow(n) => (0..=3).contains(&n),
            _ => true,
        }
    }

    /// Whether its radius is documented to be 0 wherever the result is exact and the operand is.
    pub fn knows_exactness(self) -> bool {
        matches!(self, Self::Abs | Self::Pow(0 | 1))
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
