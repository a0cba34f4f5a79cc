//! [`Certificate`]: what a shadow has proved of one run.
//!
//! It borrows both, so the values that it speaks of cannot change while it exists, and it cannot be held against another
//! run.
//!
//! How far from *what* is said when it is made: from exact arithmetic on the leaves of the run, or on those of another one.

use std::fmt;

use nfgrad_shapes::Span;

use super::enclosed::{Enclosures, largest_error};
use super::needed::needed;
use super::{Level, Shadow};
use crate::bound::Up;
use crate::format::Format;
use crate::graph::{Model, RevGraph, Run};

/// Bounds of the values of a run.
pub struct ValueCertificate<'a, G: RevGraph, F> {
    pub(super) shadow: &'a Shadow<G>,
    pub(super) run: &'a Run<G, F>,
    /// The format of the run whose leaves were taken for real, if it is another one.
    pub(super) leaves_of: Option<&'static str>,
}

/// Bounds of the values and of the gradients of a run.
pub struct Certificate<'a, G: RevGraph, F> {
    pub(super) values: ValueCertificate<'a, G, F>,
}

impl<'a, G: RevGraph, F: Format> ValueCertificate<'a, G, F> {
    /// The sharpest radii that the shadow computed.
    pub fn level(&self) -> Level {
        self.shadow.level
    }

    /// How many bits numbers need for all outputs to be bounded well: see [`Enclosed::needed`](super::Enclosed::needed).
    pub fn needed(&self) -> Option<u32> {
        self.shadow.needed(self.run, false)
    }

    /// The name of the format of the run whose leaves were taken for the real ones, where [`Shadow::certify_values_against`] was given
    /// one; `None` if they are those of the run itself.
    pub fn leaves_of(&self) -> Option<&'static str> {
        self.leaves_of
    }

    /// The outputs by name, with a bound on the error of every element.
    pub fn outputs(&self) -> G::Outputs<Enclosures<'a, F>>
    where
        G: Model,
    {
        G::outputs(&mut Enclosures::new(self.run.values().values(), self.shadow.answer(false)))
    }
}

impl<'a, G: RevGraph, F: Format> Certificate<'a, G, F> {
    /// The sharpest radii that the shadow computed.
    pub fn level(&self) -> Level {
        self.values.level()
    }

    /// The name of the format of the run whose leaves were taken for the real ones, where [`Shadow::certify_against`] was given
    /// one; `None` if they are those of the run itself.
    pub fn leaves_of(&self) -> Option<&'static str> {
        self.values.leaves_of
    }

    /// The run that this is of.
    pub(crate) fn run(&self) -> &'a Run<G, F> {
        self.values.run
    }

    /// The outputs by name, with a bound on the error of every element.
    pub fn outputs(&self) -> G::Outputs<Enclosures<'a, F>>
    where
        G: Model,
    {
        self.values.outputs()
    }

    /// The gradients by name, with a bound on the error of every element. They are those that the last backward sweep
    /// of the run computed: call `run.backward()` before `shadow.certify(&run)`.
    pub fn gradients(&self) -> G::Params<Enclosures<'a, F>>
    where
        G: Model,
    {
        let ValueCertificate { shadow, run, .. } = self.values;
        G::params(&mut Enclosures::new(run.cotangents().values(), shadow.answer(true)))
    }

    /// How many bits numbers need for all outputs and all gradients to be bounded well: see [`Enclosed::needed`](super::Enclosed::needed).
    ///
    /// ```
    /// use nfgrad::prelude::*;
    /// use nfgrad::shadow::Level;
    ///
    /// graph! {
    ///     graph Layer { input x: [2, 16]; param w: [16, 16]; output y = tanh(x @ w); }
    /// }
    /// graph! {
    ///     graph Deep { input x: [2, 16]; block layers: [Layer; 30]; let y = layers(x); output loss = sum(y * y); }
    /// }
    ///
    /// let mut run = Deep::run::<f32>();
    /// let mut state = 1_u32;
    /// let mut number = || {
    ///     state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    ///     (state >> 8) as f32 / 16_777_216.0 - 0.5
    /// };
    /// run.leaves_mut().x.fill_with(&mut number);
    /// run.params_and_gradients_mut().0.iter_mut().for_each(|w| *w = number());
    /// run.forward();
    /// run.backward();
    /// let mut shadow = Shadow::new();
    /// let certificate = shadow.certify(&run)?;
    /// assert!(certificate.level() >= Level::Bits128); // in f64 nothing is known after 30 layers
    /// assert!((60..256).contains(&certificate.needed().unwrap()));
    /// # Ok::<(), nfgrad::Error>(())
    /// ```
    pub fn needed(&self) -> Option<u32> {
        self.values.shadow.needed(self.values.run, true)
    }

    /// Those of one tensor, or of its gradient.
    pub(crate) fn needed_at(&self, position: usize, span: Span, is_gradient: bool) -> Option<u32> {
        let ValueCertificate { shadow, run, .. } = self.values;
        let list = if is_gradient { run.cotangents() } else { run.values() };
        needed(&list.values()[span.offset..][..span.numel], &shadow.answer(is_gradient).at(position, span))
    }

    /// The largest error bound of one tensor, or of its gradient.
    pub(crate) fn max_error(&self, position: usize, span: Span, is_gradient: bool) -> Up {
        let ValueCertificate { shadow, run, .. } = self.values;
        let list = if is_gradient { run.cotangents() } else { run.values() };
        let real = shadow.answer(is_gradient).at(position, span);
        largest_error(&list.values()[span.offset..][..span.numel], &real)
    }
}

impl<G: RevGraph, F> Clone for ValueCertificate<'_, G, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<G: RevGraph, F> Copy for ValueCertificate<'_, G, F> {}

impl<G: RevGraph, F> Clone for Certificate<'_, G, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<G: RevGraph, F> Copy for Certificate<'_, G, F> {}

impl<G: RevGraph, F: Format> fmt::Debug for ValueCertificate<'_, G, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValueCertificate in {}, {:?} radii", F::NAME, self.level())
    }
}

impl<G: RevGraph, F: Format> fmt::Debug for Certificate<'_, G, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate in {}, {:?} radii", F::NAME, self.level())
    }
}
