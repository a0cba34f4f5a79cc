//! Reports: what a run computed, and how far each tensor is from the real numbers, as a table; and what a graph is, as a
//! table ([`Summary`]) and as a picture ([`svg`](fn@svg), [`dot`], [`mermaid`]).

mod diagram;
mod layers;
mod outline;
mod reason;
mod svg;
mod table;
mod unknown;

use std::fmt;

use nfgrad_shapes::{Listed, Span};

use crate::bound::{Domain, Up};
use crate::error::Error;
use crate::format::Format;
use crate::graph::{BoundedRun, EntryInfo, Model, RevGraph, Run};
use crate::shadow::Certificate;

pub use diagram::{dot, mermaid};
pub use reason::Reason;
pub use svg::svg;
pub use table::Summary;
pub use unknown::Unknown;

/// What is reported of one tensor: its largest value, and the largest error bound of each column.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The name in the `graph!` block.
    pub name: &'static str,
    /// The shape as it was written.
    pub shape: &'static str,
    /// Whether this is the gradient of the tensor, and not its value.
    pub is_gradient: bool,
    /// The largest magnitude.
    pub max_abs: f64,
    /// The largest error bound, one for each column; ∞ where nothing is known.
    pub errors: Vec<Up>,
    /// How many bits a certificate needs, if there is one and it can tell: see [`Enclosed::needed`](crate::shadow::Enclosed::needed).
    pub needed: Option<u32>,
}

impl Row {
    /// The error bound of a column relative to the largest value: how many digits are real. ∞ where the values are all 0 and the bound is not; a
    /// printed [`Report`] has a `-` there.
    pub fn relative(&self, column: usize) -> f64 {
        let error = self.errors[column];
        if error == Up::ZERO { 0.0 } else { error.get() / self.max_abs }
    }

    /// [`Row::relative`] as it is printed: zeros have no digits of which some could be real.
    fn share(&self, column: usize) -> String {
        let relative = self.relative(column);
        if relative == f64::INFINITY && self.errors[column].is_finite() {
            "-".to_owned()
        } else {
            format!("{relative:.1e}")
        }
    }
}

/// One [`Row`] for each output and each gradient of the loss of a run, with a column for each way to bound its error. A run that holds
/// no gradient of its loss for the leaves that it holds now has no rows of gradients.
///
/// All columns are of that one run: of its model and its format by their types, and of its values by a look at them.
///
/// ```
/// use nfgrad::prelude::*;
/// use nfgrad::report::Report;
///
/// graph! {
///     graph Bowl {
///         param w: [2];
///         output loss = sum(w * w);
///     }
/// }
///
/// let mut run = Bowl::run::<f32>();
/// run.leaves_mut().w.copy_from_slice(&[0.1, 0.2])?;
/// run.forward();
/// run.backward();
/// let mut shadow = Shadow::new();
/// println!("{}", Report::new(&run).certificate(&shadow.certify(&run)?)?);
///
/// let mut other = Bowl::bounded::<f32, Elementwise>(); // with other weights
/// other.forward()?;
/// other.backward()?;
/// assert_eq!(Report::new(&run).radii(&other).unwrap_err(), nfgrad::Error::AnotherRun { column: "Elementwise" });
/// # Ok::<(), nfgrad::Error>(())
/// ```
///
/// ```compile_fail,E0308
/// # use nfgrad::prelude::*;
/// # use nfgrad::report::Report;
/// # graph! { graph Bowl { param w: [2]; output loss = sum(w * w); } }
/// let run = Bowl::run::<f32>();
/// let narrow = Bowl::bounded::<bf16, Uniform>();
/// let report = Report::new(&run).radii(&narrow); // expected `f32`, found `bf16`
/// ```
pub struct Report<'a, M: Model, F> {
    run: &'a Run<M, F>,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// Outputs, then gradients.
    pub rows: Vec<Row>,
    /// Why a radius is infinite, if one is: a sentence for each origin.
    pub notes: Vec<String>,
}

impl<'a, M: Model, F: Format> Report<'a, M, F> {
    /// The values of a run, without any bound yet.
    pub fn new(run: &'a Run<M, F>) -> Self {
        let mut rows = Vec::new();
        each_tensor(run, |position, span, is_gradient| {
            let list = if is_gradient { run.cotangents() } else { run.values() };
            let EntryInfo { name, shape, .. } = M::ENTRIES[position];
            let max_abs =
                list.values()[span.offset..][..span.numel].iter().fold(0.0, |max, x| x.to_f64().abs().max(max));
            rows.push(Row { name, shape, is_gradient, max_abs, errors: Vec::new(), needed: None });
        });
        Self { run, columns: Vec::new(), rows, notes: Vec::new() }
    }

    /// Adds a column: the radii that were computed beside the values.
    ///
    /// # Errors
    /// [`Error::AnotherRun`] unless the leaves, the outputs and the gradients of both are the same numbers ([`T0`](crate::bound::T0) computes
    /// in an order of its own, so there only the leaves are looked at); [`Error::Stale`] unless they are those of the leaves.
    pub fn radii<D: Domain>(mut self, run: &BoundedRun<M, F, D>) -> Result<Self, Error> {
        run.run().need_values("Report::radii")?;
        if self.has_gradients() {
            run.run().need_gradient("Report::radii")?;
        }
        if !self.is_of(run.run(), D::TORCHLEAN) {
            return Err(Error::AnotherRun { column: D::NAME });
        }
        let origins = Unknown::origins(run).into_iter().chain(Unknown::gradient_origins(run));
        self.notes.extend(origins.map(|origin| origin.to_string()));
        if has_given_radii(run) {
            self.notes.push(format!("{} counts the radii that leaves were given", D::NAME));
        }
        self.columns.push(D::NAME.to_owned());
        let mut rows = self.rows.iter_mut();
        each_tensor(self.run, |position, span, is_gradient| {
            let radii = if is_gradient { run.cotangent_radii() } else { run.radii() };
            let radii = &radii[D::range(position, span.offset, span.numel)];
            let error = radii.iter().fold(Up::ZERO, |max, &r| max.max(Up::new(r)));
            rows.by_ref().take(1).for_each(|row| row.errors.push(error));
        });
        Ok(self)
    }

    /// Adds a column: the bounds that a shadow found. One that [was made](crate::shadow::Shadow::certify_against) from the leaves of
    /// another run is called by their format, `shadow of f32`.
    ///
    /// # Errors
    /// [`Error::AnotherRun`] unless the certificate is of the very run that is reported.
    pub fn certificate(mut self, certificate: &Certificate<'_, M, F>) -> Result<Self, Error> {
        if !std::ptr::eq(self.run, certificate.run()) {
            return Err(Error::AnotherRun { column: "shadow" });
        }
        self.columns.push(match certificate.leaves_of() {
            Some(format) => format!("shadow of {format}"),
            None => "shadow".to_owned(),
        });
        let mut rows = self.rows.iter_mut();
        each_tensor(self.run, |position, span, is_gradient| {
            let error = certificate.max_error(position, span, is_gradient);
            let needed = certificate.needed_at(position, span, is_gradient);
            rows.by_ref().take(1).for_each(|row| {
                row.errors.push(error);
                row.needed = needed;
            });
        });
        Ok(self)
    }

    /// Whether there are rows of gradients.
    fn has_gradients(&self) -> bool {
        self.rows.iter().any(|row| row.is_gradient)
    }

    /// Whether another run has the same leaves, and unless only these are asked for, the same outputs and gradients.
    fn is_of(&self, other: &Run<M, F>, only_leaves: bool) -> bool {
        let same = |[mine, theirs]: [&[F]; 2], span: Span| {
            let own = span.offset..span.offset + span.numel;
            // Whatever its bits, a NaN is a NaN.
            let bits = |x: &F| Some(x.to_f64()).filter(|x| !x.is_nan()).map(f64::to_bits);
            mine[own.clone()].iter().map(bits).eq(theirs[own].iter().map(bits))
        };
        let values = [self.run.values().values(), other.values().values()];
        let cotangents = [self.run.cotangents().values(), other.cotangents().values()];
        let mut is_same = true;
        M::Context::LAYOUT.for_each(&mut |position, span| {
            if position < M::LEAVES {
                is_same = is_same && same(values, span);
            }
        });
        if !only_leaves {
            each_tensor(self.run, |_, span, is_gradient| {
                is_same = is_same && same(if is_gradient { cotangents } else { values }, span);
            });
        }
        is_same
    }
}

/// Whether some leaf is itself uncertain.
fn has_given_radii<M: Model, F: Format, D: Domain>(run: &BoundedRun<M, F, D>) -> bool {
    let mut found = false;
    M::Context::LAYOUT.for_each(&mut |position, span| {
        let radii = &run.radii()[D::range(position, span.offset, span.numel)];
        found |= position < M::LEAVES && radii.iter().any(|&r| r != 0.0 && r.is_finite());
    });
    found
}

/// Visits the outputs, then the gradients of the loss, if they are there.
fn each_tensor<M: RevGraph, F: Format>(run: &Run<M, F>, mut visit: impl FnMut(usize, Span, bool)) {
    M::Context::LAYOUT.for_each(&mut |position, span| {
        if M::OUTPUTS.contains(&position) {
            visit(position, span, false);
        }
    });
    if run.need_gradient("Report").is_err() {
        return;
    }
    M::Context::LAYOUT.for_each(&mut |position, span| {
        if position < M::PARAMS {
            visit(position, span, true);
        }
    });
}

impl<M: Model, F> Clone for Report<'_, M, F> {
    fn clone(&self) -> Self {
        let Self { run, columns, rows, notes } = self;
        Self { run, columns: columns.clone(), rows: rows.clone(), notes: notes.clone() }
    }
}

impl<M: Model, F> fmt::Debug for Report<'_, M, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { columns, rows, notes, .. } = self;
        f.debug_struct("Report").field("columns", columns).field("rows", rows).field("notes", notes).finish()
    }
}

impl<M: Model, F> fmt::Display for Report<'_, M, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |row: &Row| if row.is_gradient { format!("d loss / d {}", row.name) } else { row.name.to_owned() };
        let names: Vec<_> = self.rows.iter().map(name).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        write!(f, "{:<width$} {:<12} {:>12}", "", "shape", "max |value|")?;
        let widths: Vec<_> = self.columns.iter().map(|column| column.chars().count().max(8) + " +/-".len()).collect();
        for (column, width) in self.columns.iter().zip(&widths) {
            write!(f, "   {:>width$} {:>9}", format!("{column} +/-"), "relative")?;
        }
        let has_bits = self.rows.iter().any(|row| row.needed.is_some());
        if has_bits {
            write!(f, " {:>5}", "bits")?;
        }
        for (row, name) in self.rows.iter().zip(names) {
            write!(f, "\n{name:<width$} {:<12} {:>12.4e}", row.shape, row.max_abs)?;
            for (column, (error, width)) in row.errors.iter().zip(&widths).enumerate() {
                write!(f, "   {:>width$.2e} {:>9}", error.get(), row.share(column))?;
            }
            if has_bits {
                write!(f, " {:>5}", row.needed.map_or_else(|| "?".to_owned(), |bits| bits.to_string()))?;
            }
        }
        for note in &self.notes {
            write!(f, "\n{note}")?;
        }
        Ok(())
    }
}
