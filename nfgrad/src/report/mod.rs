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
}

impl Row {
    /// The error bound of a column relative to the largest value: how many digits are real.
    pub fn relative(&self, column: usize) -> f64 {
        let error = self.errors[column];
        if error == Up::ZERO { 0.0 } else { error.get() / self.max_abs }
    }
}

/// One [`Row`] for each output and each gradient of a run, with a column for each way to bound its error.
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
/// println!("{}", Report::new(&run).certificate(&shadow.certify(&run)?));
/// # Ok::<(), nfgrad::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The names of the columns.
    pub columns: Vec<&'static str>,
    /// Outputs, then gradients.
    pub rows: Vec<Row>,
    /// Why a radius is infinite, if one is: a sentence for each origin.
    pub notes: Vec<String>,
}

impl Report {
    /// The values of a run, without any bound yet.
    pub fn new<M: Model, F: Format>(run: &Run<M, F>) -> Self {
        let mut rows = Vec::new();
        each_tensor::<M>(|position, span, is_gradient| {
            let list = if is_gradient { run.cotangents() } else { run.values() };
            let EntryInfo { name, shape, .. } = M::ENTRIES[position];
            let max_abs =
                list.values()[span.offset..][..span.numel].iter().fold(0.0, |max, x| x.to_f64().abs().max(max));
            rows.push(Row { name, shape, is_gradient, max_abs, errors: Vec::new() });
        });
        Self { columns: Vec::new(), rows, notes: Vec::new() }
    }

    /// Adds a column: the radii that were computed beside the values.
    #[must_use]
    pub fn radii<M: Model, F: Format, D: Domain>(mut self, run: &BoundedRun<M, F, D>) -> Self {
        let origins = Unknown::origins(run).into_iter().chain(Unknown::gradient_origins(run));
        self.notes.extend(origins.map(|origin| origin.to_string()));
        self.columns.push(D::NAME);
        let mut rows = self.rows.iter_mut();
        each_tensor::<M>(|position, span, is_gradient| {
            let radii = if is_gradient { run.cotangent_radii() } else { run.radii() };
            let radii = &radii[D::range(position, span.offset, span.numel)];
            let error = radii.iter().fold(Up::ZERO, |max, &r| max.max(Up::new(r)));
            rows.by_ref().take(1).for_each(|row| row.errors.push(error));
        });
        self
    }

    /// Adds a column: the bounds that a shadow found.
    #[must_use]
    pub fn certificate<M: Model, F: Format>(mut self, certificate: &Certificate<'_, M, F>) -> Self {
        self.columns.push("shadow");
        let mut rows = self.rows.iter_mut();
        each_tensor::<M>(|position, span, is_gradient| {
            let error = certificate.max_error(position, span, is_gradient);
            rows.by_ref().take(1).for_each(|row| row.errors.push(error));
        });
        self
    }
}

/// Visits the outputs, then the gradients.
fn each_tensor<M: RevGraph>(mut visit: impl FnMut(usize, Span, bool)) {
    M::Context::LAYOUT.for_each(&mut |position, span| {
        if M::OUTPUTS.contains(&position) {
            visit(position, span, false);
        }
    });
    M::Context::LAYOUT.for_each(&mut |position, span| {
        if position < M::PARAMS {
            visit(position, span, true);
        }
    });
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |row: &Row| if row.is_gradient { format!("d loss / d {}", row.name) } else { row.name.to_owned() };
        let names: Vec<_> = self.rows.iter().map(name).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        write!(f, "{:<width$} {:<12} {:>12}", "", "shape", "max |value|")?;
        for column in &self.columns {
            write!(f, "   {:>12} {:>9}", format!("{column} +/-"), "relative")?;
        }
        for (row, name) in self.rows.iter().zip(names) {
            write!(f, "\n{name:<width$} {:<12} {:>12.4e}", row.shape, row.max_abs)?;
            for (column, error) in row.errors.iter().enumerate() {
                write!(f, "   {:>12.2e} {:>9.1e}", error.get(), row.relative(column))?;
            }
        }
        for note in &self.notes {
            write!(f, "\n{note}")?;
        }
        Ok(())
    }
}
