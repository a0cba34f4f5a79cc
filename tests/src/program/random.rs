//! Random graphs, from a catalogue of ops on a few shapes.

use rand::{Rng, RngExt};

use super::Program;
use crate::check::Subject;
use crate::laws::{Function, Rule};
use crate::sample::Sampled;

/// The largest number of nodes.
const NODES: usize = 30;
/// So often a node is looked for before a graph is left as it is.
const ATTEMPTS: usize = 2_000;

/// The nodes of a graph, as the library's ops with the positions of their operands.
pub type Ops<'a, F> = Vec<(&'a dyn Subject<F>, Vec<usize>)>;

/// A random graph of up to 30 nodes, of which the last is a scalar.
///
/// A node reads entries that nothing reads yet more often than others, so that most of the graph leads to the loss; it may read one
/// entry twice, any entry may have many readers, and some have none.
///
/// # Panics
/// If the catalogue has no way from a shape to a scalar.
pub fn random<'a, F: Sampled>(
    rng: &mut impl Rng,
    catalogue: &'a [Box<dyn Subject<F>>],
    name: &'static str,
) -> (Program, Ops<'a, F>) {
    let mut entries = Vec::new();
    let shapes: Vec<_> = catalogue.iter().flat_map(|op| op.shapes()).collect();
    let leaf_counts = [rng.random_range(1..=3), rng.random_range(0..=2)];
    let mut leaf = |_: usize| {
        let shape = shapes[rng.random_range(0..shapes.len())];
        entries.push(Slot { shape, readers: 0 });
        shape.iter().product()
    };
    let params: Vec<usize> = (0..leaf_counts[0]).map(&mut leaf).collect();
    let inputs: Vec<usize> = (0..leaf_counts[1]).map(&mut leaf).collect();
    let mut nodes: Ops<'a, F> = Vec::new();
    let wanted = rng.random_range(1..NODES);
    for _ in 0..ATTEMPTS {
        let op = &catalogue[rng.random_range(0..catalogue.len())];
        if nodes.len() < wanted
            && (rng.random_bool(0.2) || !is_partial(&op.rule()))
            && let Some(operands) = choose(rng, &entries, &op.shapes())
        {
            append(&mut nodes, &mut entries, &**op, operands);
        }
    }
    let last = entries.len() - 1;
    if !entries[last].shape.is_empty() || nodes.is_empty() {
        let ends = catalogue.iter().find(|op| op.shapes() == [entries[last].shape] && op.result_shape().is_empty());
        append(&mut nodes, &mut entries, &**ends.expect("a way to a scalar"), vec![last]);
    }
    let rules = nodes.iter().map(|(op, operands)| (op.rule(), operands.clone())).collect();
    (Program { name, params, inputs, nodes: rules }, nodes)
}

/// An entry of the graph so far.
struct Slot {
    shape: &'static [usize],
    readers: usize,
}

fn append<'a, F>(nodes: &mut Ops<'a, F>, entries: &mut Vec<Slot>, op: &'a dyn Subject<F>, operands: Vec<usize>) {
    for &operand in &operands {
        entries[operand].readers += 1;
    }
    entries.push(Slot { shape: op.result_shape(), readers: 0 });
    nodes.push((op, operands));
}

/// An entry of each shape, if there is one.
fn choose(rng: &mut impl Rng, entries: &[Slot], shapes: &[&[usize]]) -> Option<Vec<usize>> {
    let mut one = |shape: &[usize]| {
        let fresh = rng.random_bool(0.7);
        let fits = |fresh: bool| {
            let found = entries.iter().enumerate().filter(move |(_, e)| e.shape == shape && (!fresh || e.readers == 0));
            found.map(|(k, _)| k).collect::<Vec<_>>()
        };
        let found = Some(fits(fresh)).filter(|found| !found.is_empty()).unwrap_or_else(|| fits(false));
        (!found.is_empty()).then(|| found[rng.random_range(0..found.len())])
    };
    shapes.iter().map(|shape| one(shape)).collect()
}

/// Ops that are not defined everywhere: if there were many, nothing would be known of most graphs.
fn is_partial(rule: &Rule) -> bool {
    matches!(rule, Rule::Exp | Rule::Div | Rule::Invert { .. })
        || matches!(rule, Rule::Unary(function) if !Function::is_tame(*function))
}
