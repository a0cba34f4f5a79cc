//! [`svg`](fn@svg): a picture of a graph, drawn without any other program.

use std::fmt;

use super::diagram::{Diagram, Kind, Vertex};
use super::layers::{Layers, Slot};
use crate::graph::Model;

/// The advance of a character of a monospaced font of 12 px, and of 11 px, in px; the widest that is common.
const CHAR: f64 = 7.25;
const SMALL_CHAR: f64 = 6.65;
/// The height of a box, of the stem under it beside which the shape is written, and of what the curves need to turn.
const BOX: f64 = 42.0;
const STEM: f64 = 20.0;
const TURN: f64 = 34.0;
const MARGIN: f64 = 16.0;
/// The height of the title.
const TITLE: f64 = 30.0;

/// The model `M` as a picture, an SVG file: a box for each entry and each output, the shapes beside the arrows.
///
/// The arrows of all readers of a tensor leave its box as one, so its shape is written once.
///
/// ```
/// # use nfgrad::prelude::*;
/// graph! {
///     graph Bowl {
///         param w: [2];
///         output loss = sum(w * w);
///     }
/// }
/// let picture = nfgrad::report::svg::<Bowl>();
/// assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
/// ```
pub fn svg<M: Model>() -> String {
    Picture::new(&Diagram::new::<M>()).to_string()
}

/// A diagram whose boxes have places.
struct Picture<'a> {
    diagram: &'a Diagram,
    layers: Layers,
    width: f64,
}

impl<'a> Picture<'a> {
    fn new(diagram: &'a Diagram) -> Self {
        let edges: Vec<_> = diagram.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let size = |i: usize| {
            let half = half_width(&diagram.vertices[i]);
            let shape = diagram.shapes.get(i).map_or(0.0, |shape| 6.0 + length(shape) * SMALL_CHAR);
            (half, half.max(shape))
        };
        let boxes = (0..diagram.vertices.len()).map(size).collect();
        let mut layers = Layers::new(boxes, &edges);
        let width = layers.move_to(MARGIN).max(length(&diagram.title) * CHAR + MARGIN) + MARGIN;
        Self { diagram, layers, width }
    }

    /// The lines under a slot: its stem, and a curve to each slot below it.
    fn lines(&self, f: &mut fmt::Formatter<'_>, i: usize) -> fmt::Result {
        let slot = &self.layers.slots[i];
        let (x, end) = (slot.x, top(slot) + BOX + STEM);
        let start = if self.is_box(i) { top(slot) + BOX } else { top(slot) };
        writeln!(f, "<path d=\"M{x:.1} {start:.1}V{end:.1}\"/>")?;
        if let Some(shape) = self.diagram.shapes.get(i).filter(|_| self.is_box(i)) {
            let (x, y) = (x + 6.0, start + 14.0);
            writeln!(f, "<text class=\"shape\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(shape))?;
        }
        Ok(())
    }

    /// The curves that end in a slot, from left to right so that they do not cross.
    fn curves(&self, f: &mut fmt::Formatter<'_>, i: usize) -> fmt::Result {
        let (slot, slots) = (&self.layers.slots[i], &self.layers.slots);
        let mut above: Vec<_> = slot.above.iter().map(|&from| slots[from].x).collect();
        above.sort_by(f64::total_cmp);
        let (y, arrow) = (top(slot), if self.is_box(i) { " marker-end=\"url(#head)\"" } else { "" });
        let step = if self.is_box(i) { half_width(&self.diagram.vertices[i]).min(30.0) * 2.0 } else { 0.0 };
        let (start, parts) = (y - TURN, count(above.len()) + 1.0);
        for (k, from) in above.into_iter().enumerate() {
            let to = slot.x + step * ((count(k) + 1.0) / parts - 0.5);
            let (a, b) = (start + TURN * 0.5, y - TURN * 0.6);
            writeln!(f, "<path d=\"M{from:.1} {start:.1}C{from:.1} {a:.1} {to:.1} {b:.1} {to:.1} {y:.1}\"{arrow}/>")?;
        }
        Ok(())
    }

    fn vertex(&self, f: &mut fmt::Formatter<'_>, i: usize) -> fmt::Result {
        let (Vertex { name, what, kind }, slot) = (&self.diagram.vertices[i], &self.layers.slots[i]);
        let (half, y, class) = (half_width(&self.diagram.vertices[i]), top(slot), kind.name());
        let (left, width, round) = (slot.x - half, 2.0 * half, if *kind == Kind::Output { BOX / 2.0 } else { 5.0 });
        writeln!(
            f,
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BOX}\" rx=\"{round}\"/>"
        )?;
        let (x, first, second) = (slot.x, y + 18.0, y + 33.0);
        writeln!(f, "<text class=\"name\" x=\"{x:.1}\" y=\"{first:.1}\">{}</text>", escaped(name))?;
        writeln!(f, "<text class=\"what\" x=\"{x:.1}\" y=\"{second:.1}\">{}</text>", escaped(what))
    }

    /// The first slots are the boxes; the others are arrows that pass a layer.
    fn is_box(&self, slot: usize) -> bool {
        slot < self.diagram.vertices.len()
    }
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = &self.layers.slots;
        let bottom = slots.iter().map(|slot| top(slot) + BOX).fold(TITLE, f64::max);
        let (w, h, title) = (self.width.ceil(), (bottom + MARGIN).ceil(), escaped(&self.diagram.title));
        writeln!(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\">")?;
        writeln!(f, "<title>{title}</title>\n<style>{STYLE}")?;
        for kind in Kind::ALL {
            writeln!(f, ".{} {{ fill: {}; stroke: {} }}", kind.name(), kind.fill(), kind.stroke())?;
        }
        writeln!(f, "</style>\n{HEAD}\n<rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>")?;
        writeln!(f, "<text class=\"title\" x=\"{MARGIN}\" y=\"24\">{title}</text>")?;
        (0..slots.len()).try_for_each(|i| self.curves(f, i))?;
        (0..slots.len()).filter(|&i| slots[i].is_read).try_for_each(|i| self.lines(f, i))?;
        (0..self.diagram.vertices.len()).try_for_each(|i| self.vertex(f, i))?;
        f.write_str("</svg>\n")
    }
}

const STYLE: &str = "
text { font: 12px 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1a202c }
path { fill: none; stroke: #718096; stroke-width: 1.2 }
#head path { fill: #718096; stroke: none }
.name { font-weight: bold; text-anchor: middle }
.what { text-anchor: middle; fill: #4a5568 }
.title { font-weight: bold }
.shape { font-size: 11px; fill: #2d3748 }";

const HEAD: &str = "<marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
                    markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker>";

/// Where a slot begins.
fn top(slot: &Slot) -> f64 {
    TITLE + MARGIN / 2.0 + count(slot.layer) * (BOX + STEM + TURN)
}

/// Half the width of a box.
fn half_width(vertex: &Vertex) -> f64 {
    length(&vertex.name).max(length(&vertex.what)).max(4.0) * CHAR / 2.0 + 10.0
}

/// The number of characters.
fn length(text: &str) -> f64 {
    count(text.chars().count())
}

/// A small number as a coordinate; a picture of more than 2³² of anything is no longer one.
pub(super) fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    graph! {
        graph Net<const B: usize> {
            input x: [B, 4];
            param w: [4, 4];
            let h = relu(x @ w);
            let g = h @ w + x;
            output logits = g * g;
            output loss = mean(logits);
        }
    }

    #[test]
    fn a_picture_has_every_box_and_every_shape_once() {
        let picture = svg::<Net<3>>();
        let count = |what: &str| picture.matches(what).count();
        // w, x, %2, h, %4, g, logits, loss, and two outputs.
        assert_eq!((count("class=\"name\""), count("class=\"shape\"")), (10, 8));
        assert_eq!(count("marker-end"), Diagram::new::<Net<3>>().edges.len());
        assert_eq!((count("<text"), count("</text>")), (29, 29));
        assert!(picture.contains(">Net, B = 3</text>") && picture.contains(">[B, 4]</text>"), "{picture}");
    }

    #[test]
    fn what_would_end_a_text_is_escaped() {
        assert_eq!(escaped("<T as X>::N & \"1\""), "&lt;T as X&gt;::N &amp; &quot;1&quot;");
    }
}
