//! Elementary functions of numbers and balls.
//!
//! A function of a number returns a ball around the value. That of a ball adds how far the function may go within the radius `r`. For one that is
//! twice differentiable, with `|f''| <= M` everywhere, Taylor's theorem says
//!
//! ```text
//! |f(m + d) - f(m)| <= r |f'(m)| + r² M/2     for |d| <= r.
//! ```

mod circular;
mod exp;
mod ln;
mod logistic;
mod normal;
mod real;
mod tables;

use super::{Radius, WideBall};

/// Calls a function of numbers of `K` words with `K + 1`.
macro_rules! with_guard {
    ($k:ident, $f:ident($($x:expr),*)) => {
        match $k {
            2 => $f::<$k, 3>($($x),*),
            4 => $f::<$k, 5>($($x),*),
            _ => $f::<$k, 9>($($x),*),
        }
    };
}

use with_guard;

/// What a function makes of a ball, from its value in the middle, a bound of its slope there, half of a bound of its second derivative, and of how far two values may be apart.
fn moved<const K: usize>(
    x: WideBall<K>,
    value: WideBall<K>,
    slope: impl Fn() -> Radius,
    half_bend: Radius,
    apart: Radius,
) -> WideBall<K> {
    let r = x.radius();
    match () {
        () if x.is_exact() => value,
        () if !x.is_known() => WideBall::UNKNOWN,
        () => value.widened((r * (slope() + r * half_bend)).min(apart)),
    }
}
