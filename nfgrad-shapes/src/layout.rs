//! Where the entries of a context lie in its flat buffer.

use crate::context::{Context, Nil, Snoc, padded};
use crate::shape::Shape;

/// The elements of one entry in the flat buffer of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where the entry begins.
    pub offset: usize,
    /// How many elements it has.
    pub numel: usize,
}

impl Span {
    /// Where the next entry begins.
    pub const fn end(self) -> usize {
        self.offset + padded(self.numel)
    }
}

/// The spans of entries with the given numbers of elements, one after another.
pub const fn spans<const N: usize>(numels: [usize; N]) -> [Span; N] {
    let mut spans = [Span { offset: 0, numel: 0 }; N];
    let (mut i, mut offset) = (0, 0);
    while i < N {
        spans[i] = Span { offset, numel: numels[i] };
        offset = spans[i].end();
        i += 1;
    }
    spans
}

/// The spans of all entries of a context.
#[derive(Debug, Clone, Copy)]
pub enum Layout {
    /// No entry.
    Empty,
    /// One row for each entry.
    Flat(&'static [Span]),
    /// One more entry behind those of another context.
    Snoc(&'static Layout, Span),
}

impl Layout {
    /// Calls `visit` with the position and span of every entry, in order.
    pub fn for_each(&self, visit: &mut impl FnMut(usize, Span)) {
        self.visit(visit);
    }

    /// The span of the entry at a position; an empty one at 0 if there is no such entry.
    pub fn span(&self, position: usize) -> Span {
        let mut found = Span { offset: 0, numel: 0 };
        if let Self::Flat(spans) = self {
            return spans.get(position).copied().unwrap_or(found);
        }
        self.for_each(&mut |i, span| {
            if i == position {
                found = span;
            }
        });
        found
    }

    /// Returns how many entries were visited.
    fn visit(&self, visit: &mut impl FnMut(usize, Span)) -> usize {
        match *self {
            Self::Empty => 0,
            Self::Flat(spans) => {
                spans.iter().enumerate().for_each(|(i, &span)| visit(i, span));
                spans.len()
            }
            Self::Snoc(before, span) => {
                let position = before.visit(visit);
                visit(position, span);
                position + 1
            }
        }
    }
}

/// `Ctx: Listed` reads "the spans of all entries of the context are known", not only those of a given position.
#[diagnostic::on_unimplemented(
    message = "the entries of `{Self}` are not listed",
    note = "implemented by `Nil`, `Snoc` and every graph of `graph!`"
)]
pub trait Listed: Context {
    /// The spans, in order.
    const LAYOUT: Layout;
}

impl Listed for Nil {
    const LAYOUT: Layout = Layout::Empty;
}

impl<Ctx: Listed, S: Shape> Listed for Snoc<Ctx, S>
where
    Self: Context,
{
    const LAYOUT: Layout = Layout::Snoc(&Ctx::LAYOUT, Span { offset: Ctx::SIZE, numel: S::NUMEL });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dim::D;

    #[test]
    fn a_list_and_a_table_agree() {
        type Three = Snoc<Snoc<Snoc<Nil, (D<4>, D<8>)>, (D<8>,)>, ()>;
        let table = spans([32, 8, 1]);
        let mut seen = 0;
        Three::LAYOUT.for_each(&mut |i, span| {
            assert_eq!(span, table[i]);
            seen += 1;
        });
        assert_eq!((seen, table[2].end()), (3, Three::SIZE));
    }
}
