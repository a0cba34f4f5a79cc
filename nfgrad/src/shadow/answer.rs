//! [`Answer`]: the midpoints of a shadow with all the radii of them that it computed.

use nfgrad_shapes::Span;

use super::Level;
use super::wide::WideAnswer;
use crate::bound::{Domain, Elementwise, Euclidean, Uniform, Up};
use crate::format::Format;
use crate::kernel::wide::Radius;

/// All values of a shadow, or all cotangents, with their radii. In f64 the midpoints are the same numbers whatever the radii are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) mid: &'a [f64],
    pub(super) uniform: &'a [f64],
    pub(super) euclidean: Option<&'a [f64]>,
    pub(super) elementwise: Option<&'a [f64]>,
    pub(super) wide: Option<WideAnswer<'a>>,
}

impl<'a> Answer<'a> {
    /// The tensor at a position.
    pub(super) fn at(&self, position: usize, span: Span) -> Tensor<'a> {
        let Span { offset, numel } = span;
        let all = Uniform::at(&self.uniform[Uniform::range(position, offset, numel)], 0);
        // The 2-norm of all errors bounds each of them.
        let norm = self.euclidean.map(|radii| Euclidean::at(&radii[Euclidean::range(position, offset, numel)], 0));
        let each = self.elementwise.map(|radii| &radii[Elementwise::range(position, offset, numel)]);
        let radii = Radii { all: all.min(norm.unwrap_or(Up::INFINITY)), each };
        let wide = self.wide.map(|wide| wide.part(offset..offset + numel));
        Tensor::new(&self.mid[offset..][..numel], radii, wide)
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

/// What a shadow knows of one tensor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tensor<'a> {
    /// From the rungs in f64.
    mid: &'a [f64],
    radii: Radii<'a>,
    /// From those above, if one was reached.
    wide: Option<WideAnswer<'a>>,
    /// Whether the midpoints that are shown are those of the rungs above.
    is_wide: bool,
}

impl<'a> Tensor<'a> {
    pub(super) fn new(mid: &'a [f64], radii: Radii<'a>, wide: Option<WideAnswer<'a>>) -> Self {
        // An entry of which nothing is known there may still be known in f64.
        let is_wide = wide.is_some_and(|wide| wide.radii.iter().any(|radius| radius.is_finite()));
        Self { mid, radii, wide, is_wide }
    }

    /// How many bits the midpoints have that errors are measured from.
    pub(super) fn bits(&self) -> u32 {
        self.wide.map_or(Level::Uniform, |wide| wide.level()).bits()
    }

    /// The best estimates of the real values.
    pub(super) fn mid(&self) -> &'a [f64] {
        self.wide.filter(|_| self.is_wide).map_or(self.mid, |wide| wide.mid)
    }

    /// How far the real value of element `i` is from its estimate at most.
    #[inline(always)]
    pub(super) fn radius(&self, i: usize) -> Up {
        match self.wide.filter(|_| self.is_wide) {
            Some(wide) => Up::new(wide.radii[i]),
            None => self.radii.radius(i),
        }
    }

    /// At least `|x - real|` for element `i`, from all rungs.
    #[inline(always)]
    pub(super) fn error<F: Format>(&self, i: usize, x: F) -> Up {
        let narrow = x.distance(self.mid[i]) + self.radii.radius(i);
        let of = |wide: WideAnswer<'_>| {
            let [distance, radius] = wide.distance(i, x);
            narrow.min(Up::new((distance + radius).to_f64()))
        };
        self.wide.map_or(narrow, of)
    }

    /// How far `x` seems to be from the real value of element `i`, and what is not known of that.
    #[inline(always)]
    pub(super) fn measured<F: Format>(&self, i: usize, x: F) -> (Up, f64) {
        match self.wide {
            Some(wide) => {
                let [distance, radius] = wide.distance(i, x).map(Radius::to_f64);
                (Up::new(distance), radius)
            }
            None => (x.distance(self.mid[i]), self.radii.radius(i).get()),
        }
    }

    /// How many bits the radius of element `i` is above its scale: the error of `x`, or half a unit in its last place. `None` for one that has no scale.
    pub(super) fn excess<F: Format>(&self, i: usize, x: F) -> Option<f64> {
        // The radius as its logarithm, for that of a ball may be beyond all f64.
        let (distance, radius, is_known) = if let Some(wide) = self.wide {
            let [distance, radius] = wide.distance(i, x);
            let bits = if radius.is_finite() { f64::from(radius.exponent()) } else { f64::INFINITY };
            (Up::new(distance.to_f64()), bits, radius.to_f64().is_finite())
        } else {
            let radius = self.radii.radius(i).get();
            (x.distance(self.mid[i]), radius.log2(), radius.is_finite())
        };
        let mid = self.mid()[i];
        if !x.is_finite() || !mid.is_finite() || (mid == 0.0 && x == F::ZERO && is_known) {
            return None;
        }
        Some(radius - distance.max(x.half_ulp()).get().log2())
    }
}
