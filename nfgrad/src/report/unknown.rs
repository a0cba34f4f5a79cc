//! Where an infinite radius comes from.

use std::fmt;

use nfgrad_shapes::{Listed, Span};

use super::outline::{Entry, outline};
use crate::bound::Domain;
use crate::format::Format;
use crate::graph::{BoundedRun, Model, Role};

/// An entry of which nothing is known although all that it reads is known: the origin of infinite radii.
///
/// ```
/// use nfgrad::prelude::*;
/// use nfgrad::report::Unknown;
///
/// graph! {
///     graph Tower {
///         input x: [2];
///         let y = exp(x);
///         output z = y * y;
///     }
/// }
///
/// let mut run = Tower::bounded::<f32, Elementwise>();
/// run.leaves_mut().x.copy_from_slice(&[1.0, 90.0])?;
/// run.forward();
/// let origins = Unknown::origins(&run);
/// assert_eq!(origins.len(), 1);
/// assert_eq!(
///     origins[0].to_string(),
///     "nothing is known of `y` = exp(x) at element 1, where it is inf: it is not a finite number of f32 (x = 90 +/- 0)"
/// );
/// # Ok::<(), nfgrad::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Unknown {
    /// The entry, by its name or as `%7`.
    pub name: String,
    /// The op, or what kind of leaf it is.
    pub op: &'static str,
    /// The first element of which nothing is known.
    pub element: usize,
    /// Its computed value.
    pub value: f64,
    /// What it reads: name, value and radius of the element beside it, or of the one with the largest radius where the
    /// tensors have different sizes.
    pub operands: Vec<(String, f64, f64)>,
    format: &'static str,
    is_leaf: bool,
    is_torchlean: bool,
}

impl Unknown {
    /// Every origin of an infinite radius in the values of a run, in the order of the graph.
    pub fn origins<M: Model, F: Format, D: Domain>(run: &BoundedRun<M, F, D>) -> Vec<Self> {
        let entries = outline::<M>();
        let tensors = Tensors { run };
        let unknown = |position: usize| tensors.first_unknown(position);
        let mut origins = Vec::new();
        for (position, entry) in entries.iter().enumerate() {
            let known = entry.reads.iter().all(|&operand| unknown(operand).is_none());
            if let (true, Some(element)) = (known, unknown(position)) {
                origins.push(tensors.origin(position, element, entry, &entries));
            }
        }
        origins
    }
}

/// The values and radii of a run, entry by entry.
struct Tensors<'a, M: Model, F, D> {
    run: &'a BoundedRun<M, F, D>,
}

impl<M: Model, F: Format, D: Domain> Tensors<'_, M, F, D> {
    fn value(&self, position: usize, element: usize) -> f64 {
        self.run.run().values().values()[span::<M>(position).offset + element].to_f64()
    }

    fn radius(&self, position: usize, element: usize) -> f64 {
        let span = span::<M>(position);
        D::at(&self.run.radii()[D::range(position, span.offset, span.numel)], element).get()
    }

    /// Where a radius is one for a whole tensor, an element that is not finite is what made it infinite.
    fn first_unknown(&self, position: usize) -> Option<usize> {
        let numel = span::<M>(position).numel;
        let mut unknown = (0..numel).filter(|&element| self.radius(position, element).is_infinite());
        let first = unknown.next()?;
        Some((first..numel).find(|&element| !self.value(position, element).is_finite()).unwrap_or(first))
    }

    fn origin(&self, position: usize, element: usize, entry: &Entry, entries: &[Entry]) -> Unknown {
        let numel = span::<M>(position).numel;
        let beside = |operand: usize| match span::<M>(operand).numel {
            // The same element, or with a repeated operand the one that was combined with it.
            own if own > 0 && numel.is_multiple_of(own) => element % own,
            own => (0..own).max_by(|a, b| self.radius(operand, *a).total_cmp(&self.radius(operand, *b))).unwrap_or(0),
        };
        let operand = |&operand: &usize| {
            let element = beside(operand);
            (entries[operand].label.clone(), self.value(operand, element), self.radius(operand, element))
        };
        Unknown {
            name: entry.label.clone(),
            op: entry.kind(),
            element,
            value: self.value(position, element),
            operands: entry.reads.iter().map(operand).collect(),
            format: F::NAME,
            is_leaf: entry.role != Role::Node,
            is_torchlean: D::TORCHLEAN,
        }
    }
}

/// Where the elements of an entry are.
fn span<M: Model>(position: usize) -> Span {
    M::Context::LAYOUT.span(position)
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reads: Vec<_> = self.operands.iter().map(|(name, ..)| name.as_str()).collect();
        write!(f, "nothing is known of `{}`", self.name)?;
        if self.is_leaf {
            return write!(f, " at element {}: the {} is {}", self.element, self.op, self.value);
        }
        write!(f, " = {}({}) at element {}, where it is {}: ", self.op, reads.join(", "), self.element, self.value)?;
        let exact = self.operands.iter().all(|(_, _, radius)| *radius == 0.0);
        match (self.value.is_finite(), exact) {
            (false, _) => write!(f, "it is not a finite number of {}", self.format)?,
            _ if self.is_torchlean => write!(f, "TorchLean has no rule for `{}`, or refuses it there", self.op)?,
            (true, true) => write!(f, "`{}` gives no radius there", self.op)?,
            (true, false) => write!(f, "its operands may lie outside of the domain of `{}`", self.op)?,
        }
        let operands: Vec<_> =
            self.operands.iter().map(|(name, value, radius)| format!("{name} = {value} +/- {radius:.1e}")).collect();
        let operands = operands.join(", ").replace("+/- 0.0e0", "+/- 0");
        write!(f, " ({operands})")
    }
}
