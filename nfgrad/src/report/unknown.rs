//! Where an infinite radius comes from.

use std::fmt;
use std::marker::PhantomData;

use nfgrad_shapes::{Context, Listed, Shape, Span};

use super::outline::{Entry, outline};
use super::reason::Reason;
use crate::bound::Domain;
use crate::format::Format;
use crate::graph::{BoundedRun, Model, RevNode, Role, Sweep};
use crate::op::Defined;
use crate::tensor::TList;

/// An entry of which nothing is known although all that it reads is known, or of whose gradient nothing is known although all that
/// the gradient comes from is known: the origin of infinite radii.
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
/// run.forward()?;
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
    /// Whether it is the gradient of which nothing is known.
    pub is_gradient: bool,
    /// The op, or what kind of leaf it is; of a gradient the op that reads the entry.
    pub op: &'static str,
    /// The first element of which nothing is known.
    pub element: usize,
    /// Its computed value.
    pub value: f64,
    /// Why nothing is known.
    pub reason: Reason,
    /// What the op reads: name, value and radius of the element beside it, or of the one with the largest radius where the
    /// tensors have different sizes.
    pub operands: Vec<(String, f64, f64)>,
    is_leaf: bool,
}

impl Unknown {
    /// Every origin of an infinite radius in the values of a run, in the order of the graph; none before the first forward sweep.
    pub fn origins<M: Model, F: Format, D: Domain>(run: &BoundedRun<M, F, D>) -> Vec<Self> {
        if !run.run().is_evaluated() {
            return Vec::new();
        }
        let tensors = Tensors::new(run);
        let unknown = |position: usize| tensors.values().first_unknown::<M>(position);
        let mut origins = Vec::new();
        for (position, entry) in tensors.entries.iter().enumerate() {
            let known = entry.reads.iter().all(|&operand| unknown(operand).is_none());
            if let (true, Some(element)) = (known, unknown(position)) {
                origins.push(tensors.origin(position, element));
            }
        }
        origins
    }

    /// Every origin of an infinite radius in the gradients of a run, in the order in which they are computed: from the loss to the
    /// parameters; none before the first backward sweep.
    ///
    /// ```
    /// use nfgrad::prelude::*;
    /// use nfgrad::report::{Reason, Unknown};
    ///
    /// graph! {
    ///     graph Root {
    ///         param w: [2];
    ///         output loss = sum(sqrt(w));
    ///     }
    /// }
    ///
    /// let mut run = Root::bounded::<f32, Elementwise>();
    /// run.leaves_mut().w.copy_from_slice(&[4.0, 0.0])?;
    /// run.forward()?;
    /// run.backward()?;
    /// assert!(Unknown::origins(&run).is_empty()); // √0 is 0
    /// let origins = Unknown::gradient_origins(&run);
    /// assert!(matches!(origins[0].reason, Reason::Domain { margin, .. } if margin == 0.0));
    /// assert_eq!(
    ///     origins[0].to_string(),
    ///     "nothing is known of the gradient of `w` at element 1, where it is inf: the derivative of `sqrt` needs `w` above 0, but it is \
    ///      0 +/- 0 (w = 0 +/- 0)"
    /// );
    /// # Ok::<(), nfgrad::Error>(())
    /// ```
    pub fn gradient_origins<M: Model, F: Format, D: Domain>(run: &BoundedRun<M, F, D>) -> Vec<Self> {
        if !run.run().is_differentiated() {
            return Vec::new();
        }
        let tensors = Tensors::new(run);
        let known = |position: usize| tensors.values().first_unknown::<M>(position).is_none();
        let gradient = |position: usize| tensors.cotangents().first_unknown::<M>(position);
        let mut origins = Vec::new();
        for position in (0..tensors.entries.len()).rev() {
            let Some(element) = gradient(position) else { continue };
            let readers: Vec<usize> = tensors.readers(position).collect();
            let comes_from_known = readers.iter().all(|&reader| {
                let reads = tensors.entries[reader].reads;
                gradient(reader).is_none() && known(reader) && reads.iter().all(|&operand| known(operand))
            });
            if comes_from_known {
                origins.push(tensors.gradient_origin(position, element, &readers));
            }
        }
        origins
    }
}

/// The values and radii of a run, entry by entry.
struct Tensors<'a, M: Model, F, D> {
    run: &'a BoundedRun<M, F, D>,
    entries: Vec<Entry>,
    nodes: Vec<Node>,
}

/// Where the node has a value and a derivative, of each operand.
type Node = Vec<[Defined; 2]>;

/// Gathers them.
struct Nodes(Vec<Node>);

impl Sweep for Nodes {
    fn node<Ctx: Context, Out: Shape, N: RevNode<Ctx, Out = Out>>(&mut self) {
        self.0.push((0..N::OPERANDS.len()).map(N::defined).collect());
    }
}

/// Values or cotangents.
struct List<'a, F, D> {
    mid: &'a [F],
    rad: &'a [f64],
    domain: PhantomData<D>,
}

impl<F: Format, D: Domain> List<'_, F, D> {
    fn value<M: Model>(&self, position: usize, element: usize) -> F {
        self.mid[span::<M>(position).offset + element]
    }

    fn radius<M: Model>(&self, position: usize, element: usize) -> f64 {
        let span = span::<M>(position);
        D::at(&self.rad[D::range(position, span.offset, span.numel)], element).get()
    }

    /// Where a radius is one for a whole tensor, an element that is not finite is what made it infinite.
    fn first_unknown<M: Model>(&self, position: usize) -> Option<usize> {
        let numel = span::<M>(position).numel;
        let mut unknown = (0..numel).filter(|&element| self.radius::<M>(position, element).is_infinite());
        let first = unknown.next()?;
        Some((first..numel).find(|&element| !self.value::<M>(position, element).is_finite()).unwrap_or(first))
    }
}

impl<'a, M: Model, F: Format, D: Domain> Tensors<'a, M, F, D> {
    fn new(run: &'a BoundedRun<M, F, D>) -> Self {
        let mut nodes = Nodes(Vec::new());
        M::forward(&mut nodes);
        Self { run, entries: outline::<M>(), nodes: nodes.0 }
    }

    fn values(&self) -> List<'a, F, D> {
        Self::list(self.run.run().values(), self.run.radii())
    }

    fn cotangents(&self) -> List<'a, F, D> {
        Self::list(self.run.run().cotangents(), self.run.cotangent_radii())
    }

    fn list(values: &'a TList<F, M::Context>, rad: &'a [f64]) -> List<'a, F, D> {
        List { mid: values.values(), rad, domain: PhantomData }
    }

    /// The nodes that read an entry.
    fn readers(&self, position: usize) -> impl Iterator<Item = usize> {
        (0..self.entries.len()).filter(move |&reader| self.entries[reader].reads.contains(&position))
    }

    /// What a node reads, beside an element of a tensor of `numel` elements.
    fn operands(&self, entry: &Entry, element: usize, numel: usize) -> Vec<(String, f64, f64)> {
        let values = self.values();
        let beside = |operand: usize| match span::<M>(operand).numel {
            // The same element, or with a repeated operand the one that was combined with it.
            own if own > 0 && numel.is_multiple_of(own) => element % own,
            own => {
                let radius = |element: &usize| values.radius::<M>(operand, *element);
                (0..own).max_by(|a, b| radius(a).total_cmp(&radius(b))).unwrap_or(0)
            }
        };
        let operand = |&operand: &usize| {
            let element = beside(operand);
            let value = values.value::<M>(operand, element).to_f64();
            (self.entries[operand].label.clone(), value, values.radius::<M>(operand, element))
        };
        // What has no elements has none to show.
        entry.reads.iter().filter(|&&operand| span::<M>(operand).numel > 0).map(operand).collect()
    }

    /// Where the op of a node would have to be defined, but may not be.
    fn outside(&self, node: usize, operands: &[(String, f64, f64)], is_gradient: bool) -> Option<Reason> {
        if operands.len() < self.entries[node].reads.len() {
            return None; // One has no elements.
        }
        let defined = self.nodes[node - M::LEAVES].iter().map(|both| both[usize::from(is_gradient)]);
        let mut conditions = defined.zip(operands).enumerate();
        conditions.find_map(|(operand, (defined, &(_, value, radius)))| {
            let margin = defined.margin(value, radius);
            (!defined.holds(value, radius)).then_some(Reason::Domain { operand, defined, margin })
        })
    }

    /// Why nothing is known of a result of a node, if its operands are where they must be.
    fn otherwise(result: F, operands: &[(String, f64, f64)]) -> Reason {
        let exact = operands.iter().all(|(_, _, radius)| *radius == 0.0);
        if !result.is_finite() || !result.half_ulp().is_finite() {
            Reason::Overflow { format: F::NAME }
        } else if D::TORCHLEAN {
            Reason::TorchLean
        } else if exact {
            Reason::NoRule
        } else {
            Reason::Undecided
        }
    }

    /// The first element of a node of which nothing is known since an operand may lie outside of where the op is defined. Where a
    /// radius is one for a whole tensor, it is this element that made it infinite.
    fn first_outside(&self, position: usize) -> Option<usize> {
        let (entry, numel) = (&self.entries[position], span::<M>(position).numel);
        let outside = |element: usize| self.outside(position, &self.operands(entry, element, numel), false).is_some();
        let unknown = |&element: &usize| self.values().radius::<M>(position, element).is_infinite();
        (0..numel).filter(unknown).find(|&element| outside(element))
    }

    fn origin(&self, position: usize, mut element: usize) -> Unknown {
        let entry = &self.entries[position];
        if entry.role == Role::Node && self.values().value::<M>(position, element).is_finite() {
            element = self.first_outside(position).unwrap_or(element);
        }
        let value = self.values().value::<M>(position, element);
        let operands = self.operands(entry, element, span::<M>(position).numel);
        let is_of_nothing = entry.reads.iter().any(|&operand| span::<M>(operand).numel == 0);
        let reason = match entry.role {
            Role::Node if is_of_nothing => Reason::Empty,
            Role::Node => self.outside(position, &operands, false).unwrap_or_else(|| Self::otherwise(value, &operands)),
            _ if value.is_finite() => Reason::Given,
            _ => Reason::NotFinite,
        };
        let (name, is_leaf) = (entry.label.clone(), entry.role != Role::Node);
        Unknown {
            name,
            is_gradient: false,
            op: entry.kind(),
            element,
            value: value.to_f64(),
            reason,
            operands,
            is_leaf,
        }
    }

    fn gradient_origin(&self, position: usize, element: usize, readers: &[usize]) -> Unknown {
        let value = self.cotangents().value::<M>(position, element);
        let operands = |reader: usize| self.operands(&self.entries[reader], element, span::<M>(position).numel);
        let outside = |&reader: &usize| Some((reader, self.outside(reader, &operands(reader), true)?));
        let found = readers.iter().find_map(outside);
        let any = || readers.last().map(|&reader| (reader, Self::otherwise(value, &operands(reader))));
        let (op, operands, reason) = match found.or_else(any) {
            Some((reader, reason)) => (self.entries[reader].kind(), operands(reader), reason),
            None => ("seed", Vec::new(), Reason::NotFinite),
        };
        let (name, value) = (self.entries[position].label.clone(), value.to_f64());
        Unknown { name, is_gradient: true, op, element, value, is_leaf: operands.is_empty(), reason, operands }
    }
}

/// Where the elements of an entry are.
fn span<M: Model>(position: usize) -> Span {
    M::Context::LAYOUT.span(position)
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, op, element, value, .. } = self;
        let reads: Vec<_> = self.operands.iter().map(|(name, ..)| name.as_str()).collect();
        match (self.is_gradient, self.is_leaf) {
            (false, true) => {
                let radius = if self.reason == Reason::Given { " +/- inf" } else { "" };
                return write!(f, "nothing is known of `{name}` at element {element}: the {op} is {value}{radius}");
            }
            (true, true) => {
                return write!(
                    f,
                    "nothing is known of the gradient of `{name}` at element {element}: its {op} is {value}"
                );
            }
            (false, false) => write!(f, "nothing is known of `{name}` = {op}({})", reads.join(", "))?,
            (true, false) => write!(f, "nothing is known of the gradient of `{name}`")?,
        }
        write!(f, " at element {element}, where it is {value}: ")?;
        self.reason.explain(f, self)?;
        let operands: Vec<_> =
            self.operands.iter().map(|(name, x, radius)| format!("{name} = {}", ball(*x, *radius))).collect();
        // A constant reads nothing.
        if operands.is_empty() { Ok(()) } else { write!(f, " ({})", operands.join(", ")) }
    }
}

/// A number with its radius.
pub(super) fn ball(x: f64, radius: f64) -> String {
    if radius == 0.0 { format!("{x} +/- 0") } else { format!("{x} +/- {radius:.1e}") }
}
