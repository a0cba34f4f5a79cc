//! Natural numbers of any size, for what is rarely needed and need not be fast: other radices, and functions to hundreds of bits.

use core::cmp::Ordering;

/// A natural number: limbs of 64 bits, the least significant first, none of them a leading zero.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Natural(Vec<u64>);

impl Natural {
    #[allow(clippy::cast_possible_truncation, reason = "the two halves")]
    pub(crate) fn new(n: u128) -> Self {
        Self(vec![n as u64, (n >> 64) as u64]).trimmed()
    }

    /// The number of these words, the least significant first.
    pub(crate) fn of_words(words: &[u64]) -> Self {
        Self(words.to_vec()).trimmed()
    }

    /// Its words, the least significant first, of which the last is not 0.
    pub(crate) fn words(&self) -> &[u64] {
        &self.0
    }

    fn trimmed(mut self) -> Self {
        let used = self.0.iter().rposition(|&limb| limb != 0).map_or(0, |i| i + 1);
        self.0.truncate(used);
        self
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The least `n` with `self < 2^n`.
    pub(crate) fn bits(&self) -> u64 {
        self.0.last().map_or(0, |limb| 64 * self.0.len() as u64 - u64::from(limb.leading_zeros()))
    }

    /// The number modulo `2^64`.
    pub(crate) fn low(&self) -> u64 {
        self.0.first().copied().unwrap_or(0)
    }

    /// The number, if it is below `2^128`.
    pub(crate) fn to_u128(&self) -> Option<u128> {
        let limb = |i: usize| u128::from(self.0.get(i).copied().unwrap_or(0));
        (self.0.len() <= 2).then(|| limb(0) | limb(1) << 64)
    }

    /// The number divided by `2^n`, rounded down.
    pub(crate) fn shifted_down(&self, n: u64) -> Self {
        let (skip, shift) = split(n);
        let limbs = self.0.get(skip..).unwrap_or(&[]);
        let above = |i: usize| limbs.get(i + 1).map_or(0, |&limb| if shift == 0 { 0 } else { limb << (64 - shift) });
        Self(limbs.iter().enumerate().map(|(i, &limb)| limb >> shift | above(i)).collect()).trimmed()
    }

    /// The number times `2^n`.
    pub(crate) fn shifted_up(&self, n: u64) -> Self {
        let (skip, shift) = split(n);
        let mut limbs = vec![0; skip];
        let mut carry = 0;
        for &limb in &self.0 {
            limbs.push(limb << shift | carry);
            carry = if shift == 0 { 0 } else { limb >> (64 - shift) };
        }
        limbs.push(carry);
        Self(limbs).trimmed()
    }

    #[allow(clippy::cast_possible_truncation, reason = "the lower half; the upper one is carried")]
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let mut carry = 0_u128;
        let len = self.0.len().max(other.0.len());
        let limb = |n: &Self, i: usize| u128::from(n.0.get(i).copied().unwrap_or(0));
        let mut limbs: Vec<u64> = (0..len)
            .map(|i| {
                carry = limb(self, i) + limb(other, i) + (carry >> 64);
                carry as u64
            })
            .collect();
        limbs.push((carry >> 64) as u64);
        Self(limbs).trimmed()
    }

    /// `self - other`, which must not be larger.
    pub(crate) fn minus(mut self, other: &Self) -> Self {
        self.subtract(other);
        self.trimmed()
    }

    fn subtract(&mut self, other: &Self) {
        let mut borrow = false;
        for (i, limb) in self.0.iter_mut().enumerate() {
            let (difference, first) = limb.overflowing_sub(other.0.get(i).copied().unwrap_or(0));
            let (difference, second) = difference.overflowing_sub(u64::from(borrow));
            (*limb, borrow) = (difference, first | second);
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "the lower half; the upper one is carried")]
    pub(crate) fn times(&self, other: &Self) -> Self {
        let mut product = vec![0_u64; self.0.len() + other.0.len()];
        for (i, &a) in self.0.iter().enumerate() {
            let mut carry = 0_u128;
            for (limb, &b) in product[i..].iter_mut().zip(&other.0) {
                carry += u128::from(a) * u128::from(b) + u128::from(*limb);
                *limb = carry as u64;
                carry >>= 64;
            }
            product[i + other.0.len()] = carry as u64;
        }
        Self(product).trimmed()
    }

    /// `self * factor^n`.
    pub(crate) fn times_power(self, factor: u32, n: u64) -> Self {
        if factor.is_power_of_two() {
            return self.shifted_up(n * u64::from(factor.trailing_zeros()));
        }
        let factor = Self::new(factor.into());
        (0..n).fold(self, |product, _| product.times(&factor))
    }

    /// The quotient by a number below `2^64` that is not zero, rounded down.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a remainder is below the divisor, so a digit of the quotient fits"
    )]
    pub(crate) fn over_small(mut self, divisor: u64) -> Self {
        let mut remainder = 0_u128;
        for limb in self.0.iter_mut().rev() {
            let part = remainder << 64 | u128::from(*limb);
            (*limb, remainder) = ((part / u128::from(divisor)) as u64, part % u128::from(divisor));
        }
        self.trimmed()
    }

    /// Quotient, rounded down, and remainder: a shift, or long division, bit by bit. The divisor must not be zero.
    pub(crate) fn over(&self, divisor: &Self) -> (Self, Self) {
        let size = divisor.bits().saturating_sub(1);
        if *divisor == Self::new(1).shifted_up(size) {
            let quotient = self.shifted_down(size);
            let remainder = self.clone().minus(&quotient.shifted_up(size));
            return (quotient, remainder);
        }
        // What is left of the leading bits, which are fewer than those of the divisor.
        let left = self.bits().saturating_sub(size);
        let mut remainder = self.shifted_down(left);
        // One limb more than the divisor has: twice a remainder fits.
        remainder.0.resize(divisor.0.len() + 1, 0);
        let mut quotient = vec![0_u64; split(left).0 + 1];
        for i in (0..left).rev() {
            let (limb, bit) = split(i);
            remainder.double(self.0[limb] >> bit & 1);
            if remainder.cmp(divisor).is_ge() {
                remainder.subtract(divisor);
                quotient[limb] |= 1 << bit;
            }
        }
        (Self(quotient).trimmed(), remainder.trimmed())
    }

    /// `self = 2 self + bit`, in as many limbs.
    fn double(&mut self, bit: u64) {
        let mut carry = bit;
        for limb in &mut self.0 {
            (*limb, carry) = (*limb << 1 | carry, *limb >> 63);
        }
    }

    /// Leading zeros do not matter.
    pub(crate) fn cmp(&self, other: &Self) -> Ordering {
        let limb = |n: &Self, i: usize| n.0.get(i).copied().unwrap_or(0);
        let len = self.0.len().max(other.0.len());
        (0..len).rev().map(|i| limb(self, i).cmp(&limb(other, i))).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    }
}

/// `n` as whole limbs and bits.
#[allow(clippy::cast_possible_truncation, reason = "what fits into the memory")]
fn split(n: u64) -> (usize, u64) {
    ((n / 64) as usize, n % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_is_that_of_128_bits() {
        let numbers =
            [0, 1, 2, 10, u128::from(u64::MAX), 1 << 64, (1 << 64) + 1, 0x1234_5678_9abc_def0_0fed_cba9_8765_4321];
        for a in numbers {
            let x = Natural::new(a);
            assert_eq!((x.to_u128(), x.bits()), (Some(a), u64::from(128 - a.leading_zeros())));
            for n in [0, 1, 63, 64, 65, 100] {
                assert_eq!(x.shifted_up(n).shifted_down(n), x);
                assert_eq!(x.shifted_down(n).to_u128(), Some(a >> n));
            }
            for b in numbers {
                let y = Natural::new(b);
                assert_eq!(x.cmp(&y), a.cmp(&b));
                assert_eq!(x.plus(&y).minus(&y), x);
                let square = x.plus(&y).times(&x.plus(&y));
                let parts = x.times(&x).plus(&y.times(&y)).plus(&x.times(&y).shifted_up(1));
                assert_eq!(square, parts);
                if let (Some(whole), Some(rest)) = (a.checked_div(b), a.checked_rem(b)) {
                    let (quotient, remainder) = x.over(&y);
                    assert_eq!((quotient.to_u128(), remainder.to_u128()), (Some(whole), Some(rest)));
                    let (quotient, remainder) = x.times(&y).plus(&Natural::new(b - 1)).over(&y);
                    assert_eq!((quotient, remainder.to_u128()), (x.clone(), Some(b - 1)));
                }
                if let Ok(small) = u64::try_from(b)
                    && small > 0
                {
                    assert_eq!(x.clone().over_small(small).to_u128(), a.checked_div(b));
                }
            }
        }
        assert_eq!(Natural::new(7).times_power(10, 30).over(&Natural::new(10_u128.pow(30))).0, Natural::new(7));
        assert_eq!(Natural::new(7).times_power(16, 3).to_u128(), Some(7 << 12));
    }
}
