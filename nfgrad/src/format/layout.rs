//! [`Layout`]: how numbers of few bits are widened to f32 and rounded to, in straight-line integer arithmetic.

/// Sign, `EXPONENT` bits and `MANTISSA` bits as IEEE 754 lays them out, but for what the topmost codes mean. There are no branches
/// and no tables, so that loops are vectorised.
pub(super) struct Layout<const EXPONENT: u32, const MANTISSA: u32>;

impl<const EXPONENT: u32, const MANTISSA: u32> Layout<EXPONENT, MANTISSA> {
    const BIAS: u32 = (1 << (EXPONENT - 1)) - 1;
    /// The bits of a code that are not its sign.
    pub(super) const MAGNITUDE: u32 = (1 << (EXPONENT + MANTISSA)) - 1;
    #[allow(clippy::cast_possible_wrap, reason = "a few bits")]
    pub(super) const EMIN: i32 = 1 - (Self::BIAS + MANTISSA) as i32;
    /// How much further left the mantissa of an f32 reaches.
    const SHIFT: u32 = 23 - MANTISSA;
    /// The difference of the biases, in the place of an f32's exponent.
    const REBIAS: u32 = (127 - Self::BIAS) << 23;
    /// The bits of the smallest normal number as an f32.
    const NORMAL: u32 = Self::REBIAS + (1 << 23);

    /// The number with this code, without regard to what the topmost codes mean. The code comes extended by its sign.
    ///
    /// Let `s` be the smallest normal number. In the place of an f32's exponent and mantissa a code above `s` is the number `f`
    /// itself, and `2f - s >= f`. That of `m` units below it becomes `f = s/2 + m/2` units, and `2f - s <= f` is `m` units. So the
    /// number is the smaller of the two, and both are exact.
    #[inline(always)]
    pub(super) fn widen(code: i32) -> f32 {
        let shifted = (code << Self::SHIFT).cast_unsigned();
        let normal = f32::from_bits((shifted & (Self::MAGNITUDE << Self::SHIFT)) + Self::REBIAS);
        let subnormal = (normal + normal) - f32::from_bits(Self::NORMAL);
        let size = if subnormal < normal { subnormal } else { normal };
        f32::from_bits(size.to_bits() | (shifted & 0x8000_0000))
    }

    /// `2^-scale` times the number of a code that is extended by its sign, where `scale` is the difference of the biases: the code in the
    /// place of an f32's. Its subnormal numbers are subnormal f32: no processor is slow to add those, but some are to multiply them.
    #[inline(always)]
    pub(super) fn scaled(code: i32) -> f32 {
        f32::from_bits((code << Self::SHIFT).cast_unsigned() & (Self::MAGNITUDE << Self::SHIFT | 0x8000_0000))
    }

    /// The code of `x` to nearest, ties to even, as if all codes were numbers; what is beyond the number of the code `last`
    /// becomes that one, and so does a NaN. (The bits of floats are ordered as their magnitudes are, and NaNs come last.)
    #[inline(always)]
    pub(super) fn round(x: f32, last: u32) -> u32 {
        Self::magnitude::<true>(x.abs(), last) & Self::MAGNITUDE | Self::sign(x)
    }

    /// [`Layout::round`] of what [`Layout::scaled`] numbers make.
    #[inline(always)]
    pub(super) fn round_scaled(x: f32, last: u32) -> u32 {
        Self::magnitude::<false>(x.abs(), last) & Self::MAGNITUDE | Self::sign(x)
    }

    #[inline(always)]
    fn sign(x: f32) -> u32 {
        (x.to_bits() >> (31 - EXPONENT - MANTISSA)) & (Self::MAGNITUDE + 1)
    }

    /// The code of `x`, which is not negative, or a NaN; above it are other bits. Unless it is `TRUE` to scale, `x` is `2^-scale` times
    /// as much.
    ///
    /// Let `2^e` be the power of two below `x`, or the smallest normal number if that is larger: then the unit of `x` is
    /// `2^(e - MANTISSA)`, which is that of `2^(e + SHIFT)` as an f32. So adding that number to `x` rounds to whole units, ties to
    /// even, and leaves their count in the low bits. The code is this count and `2^MANTISSA` more for every binade of `e` above the
    /// first. Only its low bits are wanted, so the first binade can be taken off by adding a number of units beforehand, an even one.
    #[inline(always)]
    pub(super) fn magnitude<const TRUE: bool>(x: f32, last: u32) -> u32 {
        let rebias = const { if TRUE { Self::REBIAS } else { 0 } };
        let normal = rebias + (1 << 23);
        let size = x.to_bits().min((last << Self::SHIFT) + rebias);
        let power = (size & 0x7f80_0000).max(normal);
        let first = (normal >> Self::SHIFT).wrapping_neg() & Self::MAGNITUDE;
        let count = f32::from_bits(size) + f32::from_bits(power + (Self::SHIFT << 23) + first);
        count.to_bits().wrapping_add(power >> Self::SHIFT)
    }
}
