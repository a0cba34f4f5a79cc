//! What the error bound of a number leaves open.

use std::cell::Cell;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// A question that has no answer fails the test.
    Strict,
    /// It is noted.
    Asking { undecided: bool },
}

thread_local! {
    static MODE: Cell<Mode> = const { Cell::new(Mode::Strict) };
}

/// What was computed, unless some sign or size on the way could not be told.
pub fn decided<T>(compute: impl FnOnce() -> T) -> Option<T> {
    let before = MODE.replace(Mode::Asking { undecided: false });
    let result = compute();
    let after = MODE.replace(before);
    (after == Mode::Asking { undecided: false }).then_some(result)
}

/// Fails the test, or notes it, if something is not known.
pub(super) fn demand(known: bool, message: impl FnOnce() -> String) {
    assert!(known || MODE.get() != Mode::Strict, "{}", message());
    note(known);
}

/// Notes it if something is not known.
pub(super) fn note(known: bool) {
    if !known && MODE.get() != Mode::Strict {
        MODE.set(Mode::Asking { undecided: true });
    }
}

#[cfg(test)]
mod tests {
    use super::decided;
    use crate::Exact;

    #[test]
    fn a_sign_that_is_not_known_is_noted() {
        let nothing = || Exact::new(3.0).exp() - &Exact::new(3.0).exp();
        assert_eq!(decided(|| nothing().is_positive()), None);
        assert_eq!(decided(|| Exact::new(1.0).exp().is_positive()), Some(true));
        assert!(decided(|| Exact::new(1.0).over(&nothing())).is_none());
        assert!(decided(|| Exact::new(1.0).over(&Exact::zero())).is_some());
    }

    #[test]
    #[should_panic(expected = "is not known")]
    fn and_is_a_failure_where_nobody_asked() {
        (Exact::new(3.0).exp() - &Exact::new(3.0).exp()).is_positive();
    }
}
