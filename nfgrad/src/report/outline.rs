//! [`outline`]: what the table and the pictures know of a graph, gathered from its type.

use nfgrad_shapes::Listed;

use crate::graph::{EntryInfo, Model, Role, dims};

/// One entry of a graph.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its name, or `%7` for a part of an expression.
    pub(super) label: String,
    pub(super) role: Role,
    /// The op; empty for a leaf.
    pub(super) op: &'static str,
    /// The shape as it was written, symbols included.
    pub(super) shape: &'static str,
    /// The lengths of its axes.
    pub(super) dims: &'static [usize],
    /// The number of its elements.
    pub(super) numel: usize,
    /// The positions of its operands.
    pub(super) reads: &'static [usize],
    pub(super) is_output: bool,
}

impl Entry {
    /// What it is: the op, or the kind of leaf.
    pub(super) fn kind(&self) -> &'static str {
        match self.role {
            Role::Param => "param",
            Role::Input => "input",
            Role::Node => self.op,
        }
    }

    /// The shape in numbers.
    pub(super) fn numbers(&self) -> String {
        let dims: Vec<_> = self.dims.iter().map(ToString::to_string).collect();
        format!("[{}]", dims.join(", "))
    }
}

/// Every entry of `M`, in order.
pub(super) fn outline<M: Model>() -> Vec<Entry> {
    let lengths = dims::<M>();
    let mut entries = Vec::with_capacity(M::ENTRIES.len());
    M::Context::LAYOUT.for_each(&mut |position, span| {
        let EntryInfo { name, role, op, shape } = M::ENTRIES[position];
        let label = if name.is_empty() { format!("%{position}") } else { name.to_owned() };
        let reads = position.checked_sub(M::LEAVES).map_or(&[][..], |node| M::NODES.operands(node));
        let (dims, is_output) = (lengths[position], M::OUTPUTS.contains(&position));
        entries.push(Entry { label, role, op, shape, dims, numel: span.numel, reads, is_output });
    });
    entries
}

/// The lengths that the symbols of the shapes stand for, in the order in which they are met. Only a symbol that is a
/// length by itself somewhere is found, since `2*H = 64` would have to be solved for `H`.
pub(super) fn symbols(entries: &[Entry]) -> Vec<(&'static str, usize)> {
    let mut found: Vec<(&str, usize)> = Vec::new();
    for entry in entries {
        let lengths: Vec<_> = entry.shape.trim_matches(['[', ']']).split(", ").collect();
        if lengths.len() == entry.dims.len() {
            for (&text, &length) in lengths.iter().zip(entry.dims) {
                let is_name = text.starts_with(|first: char| first.is_alphabetic() || first == '_')
                    && text.chars().all(|c| c.is_alphanumeric() || "_:".contains(c));
                if is_name && found.iter().all(|&(known, _)| known != text) {
                    found.push((text, length));
                }
            }
        }
    }
    found
}

/// A number with its digits in groups of three.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    graph! {
        graph Twice<const B: usize> {
            input x: [B, 2*B];
            param w: [3];
            let y = x * x;
            output loss = mean(y) + sum(w * 0.5);
        }
    }

    #[test]
    fn an_outline_has_names_lengths_and_operands() {
        let entries = outline::<Twice<4>>();
        let labels: Vec<_> = entries.iter().map(|entry| entry.label.as_str()).collect();
        assert_eq!(labels, ["w", "x", "y", "%3", "%4", "%5", "loss"]);
        let reads: Vec<_> = entries.iter().map(|entry| entry.reads).collect();
        assert_eq!(reads[..2], [&[] as &[usize]; 2]);
        assert_eq!(reads[2..], [&[1, 1][..], &[2], &[0], &[4], &[3, 5]]);
        assert_eq!((entries[1].shape, entries[1].numbers().as_str()), ("[B, 2*B]", "[4, 8]"));
        assert_eq!((entries[2].dims, entries[2].numel), (&[4, 8][..], 32));
        assert_eq!((entries[6].numbers().as_str(), entries[6].is_output), ("[]", true));
        assert_eq!(symbols(&entries), [("B", 4)]);
    }

    #[test]
    fn digits_come_in_groups_of_three() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
