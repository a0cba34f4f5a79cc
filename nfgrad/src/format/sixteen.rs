//! Numbers of 16 bits: how they are kept, compared, printed and converted. What rounds to them is in `brain.rs` and `float16.rs`.

/// A type of numbers of 16 bits, named as f32 and f64 are, with the code of 1 and that of +∞.
macro_rules! sixteen_bits {
    ($(#[$doc:meta])* $name:ident, $one:literal, $infinity:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default)]
        #[repr(transparent)]
        #[allow(non_camel_case_types, reason = "the name that people use, as f32 is")]
        pub struct $name(u16);

        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(0);
            /// One.
            pub const ONE: Self = Self($one);
            /// +∞.
            pub const INFINITY: Self = Self($infinity);
            /// -∞.
            pub const NEG_INFINITY: Self = Self($infinity | 0x8000);
            /// The largest number.
            pub const MAX: Self = Self($infinity - 1);

            /// The number with this code.
            #[inline]
            pub const fn from_bits(bits: u16) -> Self {
                Self(bits)
            }

            /// Its code.
            #[inline]
            pub const fn to_bits(self) -> u16 {
                self.0
            }

            /// The nearest number, ties to even.
            #[inline]
            pub fn from_f32(x: f32) -> Self {
                <Self as $crate::format::Narrow>::round(x)
            }

            /// The number as an f32, exactly.
            #[inline]
            pub fn to_f32(self) -> f32 {
                <Self as $crate::format::Narrow>::widen(self)
            }

            /// Not a number.
            #[inline]
            pub const fn is_nan(self) -> bool {
                self.0 & 0x7fff > $infinity
            }

            /// An integer that is ordered as the number is; both zeros have 0. There are twice as many in a register as of f32.
            #[inline(always)]
            const fn key(self) -> i16 {
                let magnitude = (self.0 & 0x7fff).cast_signed();
                if self.0.cast_signed() < 0 { -magnitude } else { magnitude }
            }
        }

        impl PartialEq for $name {
            #[inline(always)]
            fn eq(&self, other: &Self) -> bool {
                (self.key() == other.key()) & !self.is_nan()
            }
        }

        impl PartialOrd for $name {
            #[inline(always)]
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                if self.is_nan() | other.is_nan() { None } else { Some(self.key().cmp(&other.key())) }
            }

            #[inline(always)]
            fn lt(&self, other: &Self) -> bool {
                (self.key() < other.key()) & !self.is_nan() & !other.is_nan()
            }

            #[inline(always)]
            fn gt(&self, other: &Self) -> bool {
                other < self
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.to_f32(), f)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.to_f32(), f)
            }
        }

        impl From<$name> for f32 {
            #[inline]
            fn from(x: $name) -> Self {
                x.to_f32()
            }
        }

        impl From<$name> for f64 {
            #[inline]
            fn from(x: $name) -> Self {
                x.to_f32().into()
            }
        }

        #[cfg(feature = "half")]
        impl From<half::$name> for $name {
            #[inline]
            fn from(x: half::$name) -> Self {
                Self(x.to_bits())
            }
        }

        #[cfg(feature = "half")]
        impl From<$name> for half::$name {
            #[inline]
            fn from(x: $name) -> Self {
                Self::from_bits(x.0)
            }
        }
    };
}

pub(super) use sixteen_bits;
