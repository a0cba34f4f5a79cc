//! A graph as a diagram: boxes and arrows, and their text in the languages of Graphviz and Mermaid.

use std::fmt;

use super::outline::{grouped, outline, symbols};
use crate::graph::{Model, Role};

/// What a box stands for, and so how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Param,
    Input,
    Op,
    Output,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Param, Self::Input, Self::Op, Self::Output];

    pub(super) const fn name(self) -> &'static str {
        ["param", "input", "op", "output"][self as usize]
    }

    /// The colour inside.
    pub(super) const fn fill(self) -> &'static str {
        ["#fdf0d5", "#dcebfa", "#ffffff", "#dff2e1"][self as usize]
    }

    /// The colour of the border.
    pub(super) const fn stroke(self) -> &'static str {
        ["#b7791f", "#2b6cb0", "#4a5568", "#2f855a"][self as usize]
    }
}

/// A box: a name, and what it is.
#[derive(Debug)]
pub(super) struct Vertex {
    pub(super) name: String,
    pub(super) what: String,
    pub(super) kind: Kind,
}

/// An arrow from what computes a tensor to what reads it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Boxes and arrows. An arrow carries the shape of the tensor at its beginning; operands come in order.
#[derive(Debug)]
pub(super) struct Diagram {
    /// The name of the graph, and what its symbols stand for.
    pub(super) title: String,
    /// The entries of the graph, then one box for each output.
    pub(super) vertices: Vec<Vertex>,
    pub(super) edges: Vec<Edge>,
    /// The shapes of the entries.
    pub(super) shapes: Vec<&'static str>,
}

impl Diagram {
    pub(super) fn new<M: Model>() -> Self {
        let entries = outline::<M>();
        let values = symbols(&entries).into_iter().map(|(symbol, length)| format!(", {symbol} = {length}"));
        let title = M::NAME.to_owned() + &values.collect::<String>();

        let (mut vertices, mut edges) = (Vec::new(), Vec::new());
        for (to, entry) in entries.iter().enumerate() {
            let (kind, what) = match entry.role {
                Role::Param => (Kind::Param, format!("param, {}", grouped(entry.numel))),
                Role::Input => (Kind::Input, entry.kind().to_owned()),
                Role::Node => (Kind::Op, entry.kind().to_owned()),
            };
            vertices.push(Vertex { name: entry.label.clone(), what, kind });
            edges.extend(entry.reads.iter().map(|&from| Edge { from, to }));
        }
        for (from, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.is_output) {
            edges.push(Edge { from, to: vertices.len() });
            vertices.push(Vertex {
                name: entry.label.clone(),
                what: Kind::Output.name().to_owned(),
                kind: Kind::Output,
            });
        }
        Self { title, vertices, edges, shapes: entries.iter().map(|entry| entry.shape).collect() }
    }

    fn write_dot(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "digraph {} {{", dot_quoted(&self.title))?;
        writeln!(f, "    node [style=\"rounded,filled\", fontname=\"monospace\"];")?;
        writeln!(f, "    edge [fontname=\"monospace\", fontsize=10];")?;
        for (i, Vertex { name, what, kind }) in self.vertices.iter().enumerate() {
            // The line break is DOT's own escape, so it goes between labels that have been escaped.
            let label = format!("{}\\n{}", dot_escaped(name), dot_escaped(what));
            let (fill, stroke) = (kind.fill(), kind.stroke());
            let shape = if *kind == Kind::Output { "oval" } else { "box" };
            writeln!(f, "    n{i} [label=\"{label}\", shape={shape}, fillcolor=\"{fill}\", color=\"{stroke}\"];")?;
        }
        for &Edge { from, to } in &self.edges {
            writeln!(f, "    n{from} -> n{to} [label={}];", dot_quoted(self.shapes[from]))?;
        }
        writeln!(f, "}}")
    }

    fn write_mermaid(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "---\ntitle: {}\n---\nflowchart TD", dot_quoted(&self.title))?;
        for (i, Vertex { name, what, kind }) in self.vertices.iter().enumerate() {
            let (name, what, class) = (mermaid_escaped(name), mermaid_escaped(what), kind.name());
            let (open, close) = if *kind == Kind::Output { ("([", "])") } else { ("(", ")") };
            writeln!(f, "    n{i}{open}\"{name}<br/>{what}\"{close}:::{class}")?;
        }
        for &Edge { from, to } in &self.edges {
            writeln!(f, "    n{from} -->|\"{}\"| n{to}", mermaid_escaped(self.shapes[from]))?;
        }
        for kind in Kind::ALL {
            let (class, fill, stroke) = (kind.name(), kind.fill(), kind.stroke());
            writeln!(f, "    classDef {class} fill:{fill},stroke:{stroke},color:#1a202c")?;
        }
        Ok(())
    }
}

/// The model `M` in the DOT language of Graphviz: a box for each entry and each output, the shapes on the arrows.
///
/// ```
/// # use nfgrad::prelude::*;
/// graph! {
///     graph Bowl {
///         param w: [2];
///         output loss = sum(w * w);
///     }
/// }
/// let text = nfgrad::report::dot::<Bowl>();
/// assert!(text.contains("n0 -> n1 [label=\"[2]\"];"));
/// ```
pub fn dot<M: Model>() -> String {
    let diagram = Diagram::new::<M>();
    fmt::from_fn(|f| diagram.write_dot(f)).to_string()
}

/// The model `M` as a Mermaid flowchart, which Markdown viewers draw: a box for each entry and each output, the shapes
/// on the arrows.
///
/// ```
/// # use nfgrad::prelude::*;
/// graph! {
///     graph Bowl {
///         param w: [2];
///         output loss = sum(w * w);
///     }
/// }
/// let text = nfgrad::report::mermaid::<Bowl>();
/// assert!(text.contains("n0 -->|\"[2]\"| n1"));
/// ```
pub fn mermaid<M: Model>() -> String {
    let diagram = Diagram::new::<M>();
    fmt::from_fn(|f| diagram.write_mermaid(f)).to_string()
}

/// Inside quotes of DOT, and of YAML.
fn dot_escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn dot_quoted(text: &str) -> String {
    format!("\"{}\"", dot_escaped(text))
}

/// Inside quotes of Mermaid, which knows entities with `#` for `&`, and takes the text for HTML.
fn mermaid_escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '#' | '&' | '<' | '>' | '`' | '%' | '*' | '_' | '\\' => format!("#{};", u32::from(c)),
        _ => c.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    graph! {
        graph Net<const B: usize> {
            input x: [B, 4];
            param w_1: [4, 2*B];
            let h = relu(x @ w_1 * 0.5);
            output h;
            output loss = mean(h * h);
        }
    }

    #[test]
    fn every_entry_and_output_is_a_box_and_every_operand_an_arrow() {
        let diagram = Diagram::new::<Net<3>>();
        assert_eq!(diagram.title, "Net, B = 3");
        let names: Vec<_> = diagram.vertices.iter().map(|vertex| vertex.name.as_str()).collect();
        assert_eq!(names, ["w_1", "x", "%2", "%3", "h", "%5", "loss", "h", "loss"]);
        assert_eq!(diagram.vertices[0].what, "param, 24");
        let edges: Vec<_> = diagram.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        assert_eq!(edges, [(1, 2), (0, 2), (2, 3), (3, 4), (4, 5), (4, 5), (5, 6), (4, 7), (6, 8)]);
    }

    #[test]
    fn dot_has_one_line_for_each_box_and_arrow() {
        let text = dot::<Net<3>>();
        assert!(text.starts_with("digraph \"Net, B = 3\" {\n") && text.ends_with("}\n"), "{text}");
        assert_eq!(text.lines().count(), 4 + 9 + 9);
        assert!(
            text.contains("    n2 [label=\"%2\\nmatmul\", shape=box, fillcolor=\"#ffffff\", color=\"#4a5568\"];\n"),
            "{text}"
        );
        assert!(text.contains("    n0 -> n2 [label=\"[4, 2*B]\"];\n"), "{text}");
        assert!(text.contains("    n6 -> n8 [label=\"[]\"];\n"), "{text}");
    }

    #[test]
    fn mermaid_has_one_line_for_each_box_and_arrow_and_kind() {
        let text = mermaid::<Net<3>>();
        assert!(text.starts_with("---\ntitle: \"Net, B = 3\"\n---\nflowchart TD\n"), "{text}");
        assert_eq!(text.lines().count(), 4 + 9 + 9 + 4);
        assert!(text.contains("    n0(\"w#95;1<br/>param, 24\"):::param\n"), "{text}");
        assert!(text.contains("    n0 -->|\"[4, 2#42;B]\"| n2\n"), "{text}");
    }

    #[test]
    fn what_would_end_a_label_is_escaped() {
        assert_eq!(dot_quoted("a\"b\\"), "\"a\\\"b\\\\\"");
        assert_eq!(mermaid_escaped("<a>\"#%7"), "#60;a#62;#34;#35;#37;7");
    }
}
