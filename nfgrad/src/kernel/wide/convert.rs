//! From numbers and balls to f64.

use super::{Radius, Wide, WideBall};

impl<const K: usize> Wide<K> {
    /// The nearest f64, ties to even; ±∞ beyond the largest.
    pub fn to_f64(&self) -> f64 {
        let [down, up] = self.magnitude_between();
        // The midpoint of two neighbours has one bit more, so 54 bits of the number and whether there are more decide.
        let size = if down == up { down } else { self.nearest_of(down, up) };
        if self.negative { -size } else { size }
    }

    /// The largest f64 that is not above, and the smallest that is not below.
    pub fn enclosure(&self) -> [f64; 2] {
        let [down, up] = self.magnitude_between();
        if self.negative { [-up, -down] } else { [down, up] }
    }

    /// The two neighbours among the f64 that the magnitude lies between; twice itself if it is one.
    fn magnitude_between(&self) -> [f64; 2] {
        let largest = f64::MAX;
        let (top, exponent) = (self.words[K - 1], self.exponent);
        match exponent {
            _ if self.is_zero() => [0.0; 2],
            1025.. => [largest, f64::INFINITY],
            ..-1074 => [0.0, f64::from_bits(1)],
            _ => {
                // Bits that an f64 of this exponent has: 53, fewer for a subnormal one; at -1074 none.
                let bits = (exponent + 1074).min(53).cast_unsigned();
                let dropped = 64 - bits;
                let kept = if bits == 0 { 0 } else { top >> dropped };
                let more = top << bits != 0 || self.words[..K - 1].iter().any(|word| *word != 0);
                let down = exact(kept, exponent - bits.cast_signed());
                [down, if more { down.next_up() } else { down }]
            }
        }
    }

    fn nearest_of(&self, down: f64, up: f64) -> f64 {
        if up == f64::INFINITY {
            // From the midpoint of the largest and 2^1024 on.
            let limit = Self::of_u64(false, (1 << 54) - 1, 1024 - 54);
            return if self.compare_magnitudes(&limit).is_lt() { down } else { up };
        }
        // Twice the number beside the sum: all three are short.
        let middle = Self::new(down).and_then(|a| Some(a.add(&Self::new(up)?).mid().scaled(-1).mid()));
        match middle.map(|middle| self.compare_magnitudes(&middle)) {
            Some(std::cmp::Ordering::Less) => down,
            Some(std::cmp::Ordering::Equal) if down.to_bits() & 1 == 0 => down,
            _ => up,
        }
    }
}

/// `m 2^e`, which is an f64.
fn exact(m: u64, e: i32) -> f64 {
    let power = |n: i32| f64::from_bits(u64::from((n + 1023).cast_unsigned()) << 52);
    // In two steps where the power is no normal number; only the last product is subnormal, and it is exact.
    if e < -1000 { m as f64 * power(e + 200) * power(-200) } else { m as f64 * power(e) }
}

impl<const K: usize> WideBall<K> {
    /// Two f64 between which every number of the ball lies; all of them if nothing is known.
    pub fn enclosure(&self) -> [f64; 2] {
        if !self.radius().is_finite() {
            return [f64::NEG_INFINITY, f64::INFINITY];
        }
        let radius = Wide::of_radius(self.radius());
        // Each end is rounded once more, by at most the radius of the result.
        let end = |ball: Self| {
            let [down, up] = ball.mid().enclosure();
            match ball.radius() {
                Radius::INFINITY => [f64::NEG_INFINITY, f64::INFINITY],
                radius if radius.is_zero() => [down, up],
                _ => [down.next_down(), up.next_up()],
            }
        };
        [end(self.mid().sub(&radius))[0], end(self.mid().add(&radius))[1]]
    }

    /// At least the distance between `x` and any number of the ball, as an f64.
    pub fn distance(&self, x: f64) -> f64 {
        let Some(x) = Wide::new(x) else { return f64::INFINITY };
        let difference = self.mid().sub(&x);
        (difference.mid().at_most() + difference.radius() + self.radius()).to_f64()
    }
}

impl<const K: usize> Wide<K> {
    /// A finite radius as a number, exactly.
    pub(super) fn of_radius(radius: Radius) -> Self {
        assert!(radius.is_finite(), "∞ is no number");
        if radius.is_zero() {
            return Self::ZERO;
        }
        Self::of_u64(false, radius.mantissa(), radius.exponent() - 32)
    }
}
