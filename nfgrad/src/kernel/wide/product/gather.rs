//! Sums of orders to numbers.

use super::plan::Plan;
use crate::kernel::wide::{Wide, WideBall, words};

/// The most words of a sum: those that digits are cut from, and the first order.
const WORDS: usize = 12;

/// The sums of all orders for an entry, `step` apart, put together, times `2^unit`: rounded once.
///
/// With integers `x_d`, at most `2^53` each, it is `Σ x_d 2^(-w (d + 2))`. The terms are added from the last one on, in two's complement; what is below the next
/// term's unit leaves word by word. In the window of 128 bits is at most the term, shifted by less than 64, and what was left over, less than `2^64`.
pub(super) fn ball<const K: usize>(plan: &Plan, orders: &[f64], step: usize, unit: i64) -> WideBall<K> {
    let (mut digits, mut count) = ([0; WORDS], 0);
    let (mut window, mut shift) = (0_i128, 0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "integers, and words of them")]
    for d in (0..plan.orders).rev() {
        window += i128::from(orders[d * step] as i64) << shift;
        shift += plan.width;
        if shift >= 64 && d > 0 {
            digits[count] = window as u64;
            (window, shift, count) = (window >> 64, shift - 64, count + 1);
        }
    }
    let negative = window < 0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the halves")]
    {
        (digits[count], digits[count + 1]) = (window as u64, (window >> 64) as u64);
    }
    count += 2;
    if negative {
        words::negate(&mut digits[..count]);
    }
    let last = i64::from(plan.width) * (plan.orders as i64 + 1);
    Wide::of_words(negative, &digits[..count], unit - last)
}
