//! Gathers violations, so that one run of a test shows all of them.

use crate::exact::Exact;

/// How many violations are printed.
const SHOWN: usize = 4;

/// What was checked and what was wrong.
#[derive(Debug, Default)]
pub struct Report {
    checks: u64,
    unknown: u64,
    wrong: u64,
    shown: Vec<String>,
}

impl Report {
    /// Nothing checked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The real number must lie within the radius of the computed one.
    pub fn ball(&mut self, real: &Exact, mid: f64, radius: f64, place: impl FnOnce() -> String) {
        self.unknown += u64::from(radius == f64::INFINITY);
        self.demand(!real.violates(mid, radius), || {
            let (exact, error) = (real.to_f64(), real.error_of(mid));
            format!(
                "VIOLATION: {mid:e} is {error:e} from the real {exact:e}, but its radius is {radius:e}: {}",
                place()
            )
        });
    }

    /// A condition that must hold.
    pub fn demand(&mut self, holds: bool, message: impl FnOnce() -> String) {
        self.checks += 1;
        if !holds {
            self.wrong += 1;
            if self.shown.len() < SHOWN {
                self.shown.push(message());
            }
        }
    }

    /// Fails the test if anything was wrong, or if nothing was checked.
    ///
    /// # Panics
    /// That is how a test fails.
    pub fn finish(self) {
        assert!(self.checks > 0, "nothing was checked");
        assert!(self.wrong == 0, "{} of {} checks failed\n{}", self.wrong, self.checks, self.shown.join("\n"));
        assert!(self.unknown < self.checks / 2, "most radii are infinite: the test says little");
    }
}
