//! Results that take long, remembered: a test that tries every number of a format asks for the same ones again and again.

use std::cell::RefCell;
use std::collections::HashMap;

use super::{Exact, bits};

/// How many results are kept.
const CAPACITY: usize = 1 << 16;

/// A function by its name, the bits of its results, and the argument with its error.
type Key = (&'static str, usize, Box<[u8]>);

thread_local! {
    static KNOWN: RefCell<HashMap<Key, (Exact, Exact)>> = RefCell::default();
}

impl Exact {
    /// What `compute` returned for this number when it was last asked for, or what it returns now.
    pub(super) fn remembered(
        &self,
        function: &'static str,
        compute: impl FnOnce(&Self) -> (Self, Self),
    ) -> (Self, Self) {
        let key = (function, bits(), self.bytes());
        KNOWN.with(|known| {
            if let Some(results) = known.borrow().get(&key) {
                return results.clone();
            }
            let results = compute(self);
            let mut known = known.borrow_mut();
            if known.len() >= CAPACITY {
                known.clear();
            }
            known.insert(key, results.clone());
            results
        })
    }

    /// What tells this number from all others.
    fn bytes(&self) -> Box<[u8]> {
        let (value, error) = (self.value.repr(), self.error.repr());
        let [value_exponent, error_exponent] = [value, error].map(|repr| repr.exponent().to_le_bytes());
        let [value, error] = [value, error].map(|repr| repr.significand().to_le_bytes());
        [&value_exponent[..], &error_exponent, &value, &error].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_computed_once_for_each_number() {
        let mut calls = 0;
        for x in [1.0, 2.0, 1.0, -1.0, 0.5, -1.0, 2.0] {
            let (y, _) = Exact::new(x).remembered("itself", |x| {
                calls += 1;
                (x.clone(), Exact::zero())
            });
            assert_eq!(y.to_f64(), x);
        }
        assert_eq!(calls, 4);
    }
}
