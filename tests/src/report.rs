//! Gathers violations, so that one run of a test shows all of them.

use crate::exact::Exact;

/// How many failures of each kind are printed.
const SHOWN: usize = 4;

/// What was checked and what was wrong.
#[derive(Debug, Default)]
pub struct Report {
    checks: u64,
    unknown: u64,
    cases: [u64; 2],
    violations: Failures,
    others: Failures,
}

#[derive(Debug, Default)]
struct Failures {
    count: u64,
    shown: Vec<String>,
}

impl Failures {
    fn add(&mut self, message: impl FnOnce() -> String) {
        self.count += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(message());
        }
    }
}

impl Report {
    /// Nothing checked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The real number must lie within the radius of the computed one.
    pub fn ball(&mut self, real: &Exact, mid: f64, radius: f64, place: impl FnOnce() -> String) {
        self.checks += 1;
        self.unknown += u64::from(radius == f64::INFINITY);
        if real.violates(mid, radius) {
            let (exact, error) = (real.to_f64(), real.error_of(mid));
            self.violations.add(|| {
                let numbers = format!("{mid:e} is {error:e} from the real {exact:e}, but its radius is {radius:e}");
                format!("VIOLATION: {numbers}: {}", place())
            });
        }
    }

    /// The 2-norm of the errors must be at most the radius.
    pub fn norm(&mut self, errors: impl Iterator<Item = Exact>, radius: f64, place: impl FnOnce() -> String) {
        self.checks += 1;
        self.unknown += u64::from(radius == f64::INFINITY);
        if radius == f64::INFINITY {
            return;
        }
        let squares = errors.fold(Exact::zero(), |sum, error| sum + &(error.clone() * &error));
        let allowed = Exact::new(radius) * &Exact::new(radius);
        // Above, and beyond the error of the reference.
        if allowed.is_less_than(&squares) && (squares.clone() - &allowed).violates(0.0, 0.0) {
            let norm = squares.to_f64().sqrt();
            self.violations
                .add(|| format!("VIOLATION: errors of norm {norm:e}, but the radius is {radius:e}: {}", place()));
        }
    }

    /// A ball must contain a real number; `known`: it does not contain all of them.
    pub fn enclosure(&mut self, holds: bool, known: bool, message: impl FnOnce() -> String) {
        self.checks += 1;
        self.unknown += u64::from(!known);
        if !holds {
            self.violations.add(|| format!("VIOLATION: {}", message()));
        }
    }

    /// Another condition that must hold.
    pub fn demand(&mut self, holds: bool, message: impl FnOnce() -> String) {
        self.checks += 1;
        if !holds {
            self.others.add(message);
        }
    }

    /// Counts a case whose real numbers are known well enough, or are not: it then says nothing.
    pub fn case(&mut self, is_decided: bool) {
        self.cases[usize::from(is_decided)] += 1;
    }

    /// Fails the test if anything was wrong, or if most radii were infinite.
    ///
    /// # Panics
    /// That is how a test fails.
    pub fn finish(self) {
        self.finish_knowing(0.5);
    }

    /// Fails the test if anything was wrong, or if fewer than this share of the radii were finite.
    ///
    /// # Panics
    /// That is how a test fails.
    pub fn finish_knowing(self, share: f64) {
        let Self { checks, unknown, cases: [undecided, decided], violations, others } = self;
        assert!(checks > 0, "nothing was checked");
        let messages: Vec<String> = violations.shown.into_iter().chain(others.shown).collect();
        let sound = violations.count == 0 && others.count == 0;
        let counts = format!("{} violations and {} other failures in {checks} checks", violations.count, others.count);
        assert!(sound, "{counts}\n{}", messages.join("\n"));
        assert!(undecided * 5 <= decided, "of {undecided} cases beside {decided} the real numbers are not known");
        let known = (checks - unknown) as f64 / checks as f64;
        assert!(known > share, "only {known:.2} of all radii are finite: the test says little");
    }
}
