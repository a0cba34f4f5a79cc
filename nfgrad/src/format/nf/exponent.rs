//! Exponent functions: which unit in the last place a number of a given size has.

/// The exponent function of a format, after Flocq: a number `x` with `β^(n-1) <= |x| < β^n` is in the format if it is a
/// multiple of `β^fexp(n)`. A type, so that the format is one.
pub trait ExponentFunction: Copy + Default + Send + Sync + 'static {
    /// The digits that a number may have; `None` if that is limited only by what fits.
    const PRECISION: Option<u32>;
    /// `β` to this is the smallest positive number, if there is one.
    const LEAST: Option<i32>;
    /// All numbers are below `β` to this, if there is such a limit; what is not overflows.
    const LIMIT: Option<i32> = None;
    /// Whether results below the smallest normal number become 0 in every rounding.
    const FLUSHES: bool = false;

    /// `fexp(n)`.
    fn exponent(n: i64) -> i64;
}

/// FIX: fixed point, the multiples of `β^EMIN`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fix<const EMIN: i32>;

impl<const EMIN: i32> ExponentFunction for Fix<EMIN> {
    const PRECISION: Option<u32> = None;
    const LEAST: Option<i32> = Some(EMIN);

    fn exponent(_: i64) -> i64 {
        EMIN.into()
    }
}

/// FLX: `P` digits, and no smallest number.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flx<const P: u32>;

impl<const P: u32> ExponentFunction for Flx<P> {
    const PRECISION: Option<u32> = Some(P);
    const LEAST: Option<i32> = None;

    fn exponent(n: i64) -> i64 {
        n - i64::from(P)
    }
}

/// FLT: `P` digits, and subnormal numbers down to `β^EMIN`, as in IEEE 754.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flt<const EMIN: i32, const P: u32>;

impl<const EMIN: i32, const P: u32> ExponentFunction for Flt<EMIN, P> {
    const PRECISION: Option<u32> = Some(P);
    const LEAST: Option<i32> = Some(EMIN);

    fn exponent(n: i64) -> i64 {
        (n - i64::from(P)).max(EMIN.into())
    }
}

/// FTZ: `P` digits and no subnormal numbers. The smallest positive number is `β^(EMIN + P - 1)`, and every result below it
/// becomes 0.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ftz<const EMIN: i32, const P: u32>;

impl<const EMIN: i32, const P: u32> ExponentFunction for Ftz<EMIN, P> {
    const PRECISION: Option<u32> = Some(P);
    #[allow(clippy::cast_possible_wrap, reason = "a precision is small")]
    const LEAST: Option<i32> = Some(EMIN + P as i32 - 1);
    const FLUSHES: bool = true;

    fn exponent(n: i64) -> i64 {
        let last = n - i64::from(P);
        if last >= EMIN.into() { last } else { i64::from(EMIN) + i64::from(P) - 1 }
    }
}

/// Another exponent function with a limit: only numbers below `β^EMAX` are finite.
///
/// `Below<Flt<-149, 24>, 128>` is that of f32.
#[derive(Debug, Clone, Copy, Default)]
pub struct Below<E, const EMAX: i32>(E);

impl<E: ExponentFunction, const EMAX: i32> ExponentFunction for Below<E, EMAX> {
    const PRECISION: Option<u32> = E::PRECISION;
    const LEAST: Option<i32> = E::LEAST;
    const LIMIT: Option<i32> = Some(EMAX);
    const FLUSHES: bool = E::FLUSHES;

    fn exponent(n: i64) -> i64 {
        E::exponent(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Flocq's condition, which makes rounding to the format well behaved.
    fn is_valid<E: ExponentFunction>() {
        for n in -40..40 {
            let last = E::exponent(n);
            if last < n {
                assert!(E::exponent(n + 1) <= n);
            } else {
                assert!(E::exponent(last + 1) <= last);
                assert!((last - 20..=last).all(|below| E::exponent(below) == last));
            }
        }
    }

    #[test]
    fn the_exponent_functions_are_valid() {
        is_valid::<Fix<-3>>();
        is_valid::<Flx<5>>();
        is_valid::<Flt<-10, 4>>();
        is_valid::<Ftz<-10, 4>>();
        is_valid::<Below<Flt<-10, 4>, 20>>();
    }
}
