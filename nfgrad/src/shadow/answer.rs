//! [`Answer`]: the midpoints of a shadow with all the radii of them that it computed.

use nfgrad_shapes::Span;

use crate::bound::{Domain, Elementwise, Euclidean, Uniform, Up};

/// All values of a shadow, or all cotangents, with their radii. The midpoints are the same numbers whatever the radii are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) mid: &'a [f64],
    pub(super) uniform: &'a [f64],
    pub(super) euclidean: Option<&'a [f64]>,
    pub(super) elementwise: Option<&'a [f64]>,
}

impl<'a> Answer<'a> {
    /// The tensor at a position.
    pub(super) fn at(&self, position: usize, span: Span) -> (&'a [f64], Radii<'a>) {
        let Span { offset, numel } = span;
        let all = Uniform::at(&self.uniform[Uniform::range(position, offset, numel)], 0);
        // The 2-norm of all errors bounds each of them.
        let norm = self.euclidean.map(|radii| Euclidean::at(&radii[Euclidean::range(position, offset, numel)], 0));
        let each = self.elementwise.map(|radii| &radii[Elementwise::range(position, offset, numel)]);
        (&self.mid[offset..][..numel], Radii { all: all.min(norm.unwrap_or(Up::INFINITY)), each })
    }
}

/// What is known of the errors of a tensor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Radii<'a> {
    /// A bound for all elements.
    pub(super) all: Up,
    /// And one for each.
    pub(super) each: Option<&'a [f64]>,
}

impl Radii<'_> {
    /// The smallest bound of element `i`.
    #[inline(always)]
    pub(super) fn radius(&self, i: usize) -> Up {
        self.each.map_or(self.all, |each| self.all.min(Up::new(each[i])))
    }
}
