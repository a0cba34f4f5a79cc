//! [`Plan`]: which cotangents are computed, and which contribution to each is the first.
//!
//! All of it is decided when the program is compiled. A cotangent with one consumer is written and never added to; with
//! several, the first in reverse order writes and the others add, in a stated order. A node whose cotangent nobody
//! needs, because no parameter lies behind it or no output before it, is skipped.

use std::fmt;

/// The largest number of operands of a node: what a block may have as leaves.
pub const MAX_OPERANDS: usize = 64;
/// The largest number of entries of a graph: positions are typenum naturals, which end at 1024.
const MAX_ENTRIES: usize = 1025;

/// What a node does with its contribution to the cotangent of one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nobody needs it.
    Skip,
    /// It is the first: write it.
    Write,
    /// Add it to what is there.
    Add,
}

/// The mode of each operand of a node; what is beyond its operands is [`Mode::Skip`].
///
/// Two bits an operand, so that the plan of a graph of a thousand blocks stays small and a mode is a constant of the code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Modes(u128);

impl Modes {
    /// Nobody needs any of them.
    pub const SKIP: Self = Self(0);

    /// The mode of one operand.
    #[inline]
    pub const fn of(self, operand: usize) -> Mode {
        match (self.0 >> (2 * operand)) & 3 {
            0 => Mode::Skip,
            1 => Mode::Write,
            _ => Mode::Add,
        }
    }

    /// The same, but what is written is added: to zeros, if it is the first.
    #[must_use]
    pub const fn adding(self) -> Self {
        // The higher bits of all modes: 1 is to become 2, and 2 to stay.
        const ADD: u128 = u128::MAX / 3 * 2;
        Self((self.0 | self.0 << 1) & ADD)
    }

    /// The same with another mode for an operand that is skipped so far.
    const fn with(self, operand: usize, mode: Mode) -> Self {
        let bits: u128 = match mode {
            Mode::Skip => 0,
            Mode::Write => 1,
            Mode::Add => 2,
        };
        Self(self.0 | (bits << (2 * operand)))
    }
}

impl fmt::Debug for Modes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = (u128::BITS - self.0.leading_zeros()).div_ceil(2) as usize;
        f.debug_list().entries((0..last).map(|operand| self.of(operand))).finish()
    }
}

/// What a cotangent is after a backward sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A number that the sweep has computed.
    Computed,
    /// Zero, and not computed: nothing that is differentiated depends on the entry.
    Zero,
    /// Not computed, since no parameter lies behind the entry, though what is differentiated may depend on it.
    Skipped,
}

/// The [`Reach`] of every entry: two bits each, so that it may stay in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reaches {
    computed: [u64; WORDS],
    skipped: [u64; WORDS],
}

/// How many words hold a bit for each entry.
const WORDS: usize = MAX_ENTRIES.div_ceil(64);

impl Reaches {
    /// That of the entry at a position.
    pub const fn of(&self, position: usize) -> Reach {
        let (word, bit) = (position / 64, position % 64);
        if self.computed[word] >> bit & 1 != 0 {
            Reach::Computed
        } else if self.skipped[word] >> bit & 1 != 0 {
            Reach::Skipped
        } else {
            Reach::Zero
        }
    }
}

/// The operands of the nodes of a graph, as positions.
#[derive(Debug, Clone, Copy)]
pub enum Nodes {
    /// No node.
    Empty,
    /// A slice with one row a node, in order.
    Flat(&'static [&'static [usize]]),
    /// One more node behind those of another graph.
    Snoc(&'static Nodes, &'static [usize]),
}

impl Nodes {
    /// The operands of node `i`, counted from the first node; none if there is no such node.
    pub const fn operands(&self, i: usize) -> &'static [usize] {
        let (mut rest, mut end) = (*self, count(*self));
        loop {
            match rest {
                Nodes::Empty => return &[],
                Nodes::Flat(rows) => return if i < rows.len() { rows[i] } else { &[] },
                Nodes::Snoc(before, row) => {
                    end -= 1;
                    if i == end {
                        return row;
                    }
                    rest = *before;
                }
            }
        }
    }
}

/// The modes of every node of a graph, for one choice of what is differentiated.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    modes: [Modes; MAX_ENTRIES],
    reaches: Reaches,
    leaves: usize,
    /// Whether every parameter gets a cotangent from some node.
    pub reaches_all_params: bool,
    /// Whether some contribution is added to another.
    pub adds: bool,
}

impl Plan {
    /// The plan of a graph whose first `params` of `leaves` leaves are parameters, with cotangents given at `seeds`.
    ///
    /// # Panics
    /// When it is compiled, if a node reads what does not come before it, or there are too many entries or operands.
    #[allow(clippy::large_stack_arrays, reason = "evaluated by the compiler, never on a stack")]
    pub const fn new(params: usize, leaves: usize, nodes: Nodes, seeds: &[usize]) -> Self {
        let (operands, len) = flatten(nodes, leaves);
        assert!(len < MAX_ENTRIES, "a graph has at most 1024 entries: use graphs as nodes of others");

        // Forward: which entries depend on a parameter?
        let mut needed = [false; MAX_ENTRIES];
        let mut i = 0;
        while i < len {
            needed[i] = i < params || (i >= leaves && any(&needed, operands[i]));
            i += 1;
        }

        // Reverse: which entries have a cotangent already when a node is visited?
        let mut live = [false; MAX_ENTRIES];
        let mut s = 0;
        while s < seeds.len() {
            live[seeds[s]] = true;
            s += 1;
        }
        let mut modes = [Modes::SKIP; MAX_ENTRIES];
        let mut adds = false;
        while i > leaves {
            i -= 1;
            let mut k = 0;
            while k < operands[i].len() {
                let operand = operands[i][k];
                assert!(operand < i, "a node may only read what comes before it");
                if live[i] && needed[operand] {
                    modes[i] = modes[i].with(k, if live[operand] { Mode::Add } else { Mode::Write });
                    adds |= live[operand];
                    live[operand] = true;
                }
                k += 1;
            }
        }

        let mut reaches_all_params = true;
        while i > 0 {
            i -= 1;
            reaches_all_params &= i >= params || live[i];
        }
        let reaches = reaches(&operands, len, &needed, seeds);
        Self { modes, reaches, leaves, reaches_all_params, adds }
    }

    /// What each cotangent is after the sweep.
    pub const fn reaches(&self) -> Reaches {
        self.reaches
    }

    /// The modes of the node at a position.
    ///
    /// # Panics
    /// If there is a leaf at the position.
    pub const fn modes(&self, position: usize) -> Modes {
        assert!(position >= self.leaves, "a leaf has no operands");
        self.modes[position]
    }
}

/// What each cotangent is after the sweep.
///
/// An entry that is `needed` gets all contributions there are: whoever reads it is needed too. One that is not gets none, so it
/// has its seed alone, which is its cotangent only if nothing that is differentiated reads it.
#[allow(clippy::large_stack_arrays, reason = "evaluated by the compiler, never on a stack")]
const fn reaches(
    operands: &[&'static [usize]; MAX_ENTRIES],
    len: usize,
    needed: &[bool; MAX_ENTRIES],
    seeds: &[usize],
) -> Reaches {
    let (mut seeded, mut read) = ([false; MAX_ENTRIES], [false; MAX_ENTRIES]);
    let mut s = 0;
    while s < seeds.len() {
        seeded[seeds[s]] = true;
        s += 1;
    }
    let mut reaches = Reaches { computed: [0; WORDS], skipped: [0; WORDS] };
    let mut i = len;
    while i > 0 {
        i -= 1;
        if !seeded[i] && !read[i] {
            continue;
        }
        let set = if needed[i] || !read[i] { &mut reaches.computed } else { &mut reaches.skipped };
        set[i / 64] |= 1 << (i % 64);
        let mut k = 0;
        while k < operands[i].len() {
            read[operands[i][k]] = true;
            k += 1;
        }
    }
    reaches
}

/// Whether one of the listed entries is set.
const fn any(set: &[bool; MAX_ENTRIES], entries: &[usize]) -> bool {
    let mut k = 0;
    while k < entries.len() {
        if set[entries[k]] {
            return true;
        }
        k += 1;
    }
    false
}

#[allow(clippy::large_stack_arrays, reason = "evaluated by the compiler, never on a stack")]
/// The operands of the entry at each position, none for leaves; and the number of entries.
const fn flatten(nodes: Nodes, leaves: usize) -> ([&'static [usize]; MAX_ENTRIES], usize) {
    let count = count(nodes);
    let len = leaves + count;
    assert!(len < MAX_ENTRIES, "a graph has at most 1024 entries: use graphs as nodes of others");
    let mut operands: [&'static [usize]; MAX_ENTRIES] = [&[]; MAX_ENTRIES];
    let (mut rest, mut i) = (nodes, len);
    while i > leaves {
        match rest {
            Nodes::Empty => panic!("counted more nodes than there are"),
            Nodes::Flat(rows) => {
                i -= 1;
                operands[i] = rows[i - leaves];
            }
            Nodes::Snoc(before, row) => {
                i -= 1;
                operands[i] = row;
                rest = *before;
            }
        }
        assert!(operands[i].len() <= MAX_OPERANDS, "a node has too many operands");
    }
    (operands, len)
}

const fn count(nodes: Nodes) -> usize {
    let (mut rest, mut count) = (nodes, 0);
    loop {
        match rest {
            Nodes::Empty => return count,
            Nodes::Flat(rows) => return count + rows.len(),
            Nodes::Snoc(before, _) => {
                count += 1;
                rest = *before;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(modes: Modes) -> [Mode; 3] {
        [0, 1, 2].map(|operand| modes.of(operand))
    }

    #[test]
    fn the_first_contribution_writes_and_the_others_add() {
        // 0 = param, 1 = input; 2 = f(0, 1); 3 = g(2, 2); 4 = h(3, 0)
        let plan = Plan::new(1, 2, Nodes::Flat(&[&[0, 1], &[2, 2], &[3, 0]]), &[4]);
        assert_eq!(of(plan.modes(4)), [Mode::Write, Mode::Write, Mode::Skip]);
        assert_eq!(of(plan.modes(3)), [Mode::Write, Mode::Add, Mode::Skip]);
        assert_eq!(of(plan.modes(2)), [Mode::Add, Mode::Skip, Mode::Skip]);
        assert!(plan.reaches_all_params && plan.adds);
    }

    #[test]
    fn what_is_written_can_be_added() {
        let modes = Modes::SKIP.with(0, Mode::Write).with(2, Mode::Add).with(3, Mode::Write).with(63, Mode::Write);
        let adding = modes.adding();
        assert_eq!(of(adding), [Mode::Add, Mode::Skip, Mode::Add]);
        assert_eq!([3, 4, 62, 63].map(|k| adding.of(k)), [Mode::Add, Mode::Skip, Mode::Skip, Mode::Add]);
    }

    #[test]
    fn what_no_output_needs_is_skipped() {
        // 0, 1 = params; 2 = f(0); 3 = g(1), which nothing uses
        let plan = Plan::new(2, 2, Nodes::Flat(&[&[0], &[1]]), &[2]);
        assert_eq!(of(plan.modes(2)), [Mode::Write, Mode::Skip, Mode::Skip]);
        assert_eq!(plan.modes(3), Modes::SKIP);
        assert!(!plan.reaches_all_params);
    }

    #[test]
    fn what_is_not_computed_is_zero_only_where_nothing_depends_on_it() {
        use Reach::{Computed, Skipped, Zero};
        // 0 = param, 1, 2 = inputs; 3 = f(1), 4 = g(0, 3), 5 = h(0), 6 = k(2)
        let nodes = Nodes::Flat(&[&[1], &[0, 3], &[0], &[2]]);
        let reaches = |seeds: &[usize]| [0, 1, 2, 3, 4, 5, 6].map(|i| Plan::new(1, 3, nodes, seeds).reaches().of(i));
        assert_eq!(reaches(&[4]), [Computed, Skipped, Zero, Skipped, Computed, Zero, Zero]);
        // A seed is there as it was given, unless there is more to be added to it.
        assert_eq!(reaches(&[3, 4, 6]), [Computed, Skipped, Skipped, Skipped, Computed, Zero, Computed]);
        assert_eq!(reaches(&[5]), [Computed, Zero, Zero, Zero, Zero, Computed, Zero]);
    }

    #[test]
    fn an_output_that_is_also_used_is_added_to() {
        let plan = Plan::new(1, 1, Nodes::Flat(&[&[0], &[1]]), &[1, 2]);
        assert_eq!(of(plan.modes(2)), [Mode::Add, Mode::Skip, Mode::Skip]);
    }

    #[test]
    fn a_snoc_list_and_a_slice_give_the_same_plan() {
        const FIRST: Nodes = Nodes::Snoc(&Nodes::Empty, &[0, 1]);
        const SECOND: Nodes = Nodes::Snoc(&FIRST, &[2, 0]);
        let (list, flat) = (Plan::new(1, 2, SECOND, &[3]), Plan::new(1, 2, Nodes::Flat(&[&[0, 1], &[2, 0]]), &[3]));
        for position in 2..4 {
            assert_eq!(list.modes(position), flat.modes(position));
        }
    }

    #[test]
    fn a_snoc_list_and_a_slice_have_the_same_operands() {
        const FIRST: Nodes = Nodes::Flat(&[&[0, 1]]);
        const SECOND: Nodes = Nodes::Snoc(&FIRST, &[2, 0]);
        for nodes in [SECOND, Nodes::Flat(&[&[0, 1], &[2, 0]])] {
            assert_eq!([0, 1, 2].map(|i| nodes.operands(i)), [&[0, 1][..], &[2, 0], &[]]);
        }
    }
}
