//! [`Layers`]: where the boxes of a picture go, after Sugiyama: layers, an order with few crossings, and places that make
//! long arrows straight.

use super::svg::count;

/// The least distance of two slots.
const GAP: f64 = 22.0;
/// Half the width of an arrow that passes a layer.
const PASS: f64 = 4.0;

/// A place in a layer: of a box, or of an arrow that passes the layer.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) layer: usize,
    /// The middle.
    pub(super) x: f64,
    /// How far it reaches to the left and to the right of its middle.
    pub(super) reach: (f64, f64),
    /// The slots of the layer above from which arrows come, in the order of the operands.
    pub(super) above: Vec<usize>,
    /// Whether arrows go on from here.
    pub(super) is_read: bool,
    /// The slots of the layer below to which arrows go, and which of their arrows this is, as a part of 1.
    below: Vec<(usize, f64)>,
    /// How much the neighbours heed it. A leaf follows what reads it, and an arrow prefers to be straight.
    weight: f64,
}

impl Slot {
    fn new(reach: (f64, f64), layer: usize) -> Self {
        Self { layer, x: 0.0, reach, above: Vec::new(), is_read: false, below: Vec::new(), weight: 1.0 }
    }
}

/// Slots in layers: first one for each box, then the arrows that pass.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) slots: Vec<Slot>,
    /// The slots of each layer, from left to right.
    rows: Vec<Vec<usize>>,
}

impl Layers {
    /// Places boxes with the given reaches. Arrows go from smaller to larger numbers, and are sorted by their ends.
    pub(super) fn new(reaches: Vec<(f64, f64)>, edges: &[(usize, usize)]) -> Self {
        let layers = lowest_layers(reaches.len(), edges);
        let mut slots: Vec<_> = reaches.into_iter().zip(layers).map(|(reach, layer)| Slot::new(reach, layer)).collect();
        connect(&mut slots, edges);

        let mut rows = vec![Vec::new(); slots.iter().map(|slot| slot.layer + 1).max().unwrap_or(0)];
        for (i, slot) in slots.iter().enumerate() {
            rows[slot.layer].push(i);
        }
        let mut layers = Self { slots, rows };
        layers.order();
        layers.place();
        layers
    }

    /// Moves everything so that it begins at `left`, and returns where it ends.
    pub(super) fn move_to(&mut self, left: f64) -> f64 {
        let start = self.slots.iter().map(|slot| slot.x - slot.reach.0).fold(f64::INFINITY, f64::min);
        self.slots.iter_mut().for_each(|slot| slot.x += left - start);
        self.slots.iter().map(|slot| slot.x + slot.reach.1).fold(left, f64::max)
    }

    /// Sorts each layer by the mean place of the neighbours above, then below, until that has had time to settle.
    fn order(&mut self) {
        let mut ranks = vec![0.0; self.slots.len()];
        for round in 0..16 {
            let layers = self.rows.len();
            for step in 0..layers {
                let row = &mut self.rows[if round % 2 == 0 { step } else { layers - 1 - step }];
                let key = |i: &usize| {
                    let slot = &self.slots[*i];
                    let ranks: Vec<_> = if round % 2 == 0 {
                        slot.above.iter().map(|&j| ranks[j]).collect()
                    } else {
                        slot.below.iter().map(|&(j, part)| ranks[j] + part).collect()
                    };
                    (!ranks.is_empty()).then(|| ranks.iter().sum::<f64>() / count(ranks.len()))
                };
                let mut keyed: Vec<_> = row.iter().map(|i| (key(i).unwrap_or(ranks[*i]), *i)).collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                for (rank, (_, i)) in keyed.iter().enumerate() {
                    (row[rank], ranks[*i]) = (*i, count(rank));
                }
            }
        }
    }

    /// Moves each layer to the weighted mean of its neighbours: above, below, and at last both.
    fn place(&mut self) {
        for round in 0..120 {
            let (up, down) = (round % 2 == 0 || round > 40, round % 2 == 1 || round > 40);
            for step in 0..self.rows.len() {
                let row = if round % 2 == 0 { step } else { self.rows.len() - 1 - step };
                let wanted = |&i: &usize| {
                    let slot = &self.slots[i];
                    let above = slot.above.iter().filter(|_| up);
                    let below = slot.below.iter().map(|(j, _)| j).filter(|_| down);
                    // It heeds itself a little, so there is always a mean.
                    let own = (1e-3 * slot.x, 1e-3);
                    let (sum, weight) = above.chain(below).map(|&j| &self.slots[j]).fold(own, |(sum, total), other| {
                        let weight = other.weight * slot.weight;
                        (sum + weight * other.x, total + weight)
                    });
                    (sum / weight, weight)
                };
                let wanted: Vec<_> = self.rows[row].iter().map(wanted).collect();
                self.place_row(row, &wanted);
            }
        }
    }

    /// The places closest to the wanted ones, in the sense of weighted least squares, that keep the order and the gaps.
    ///
    /// Less the room that the slots to the left of it need, a place may be anything not before that of its left
    /// neighbour: that is isotonic regression, which pooling adjacent violators solves.
    fn place_row(&mut self, row: usize, wanted: &[(f64, f64)]) {
        let mut room = 0.0;
        let mut rooms = Vec::new();
        // Pools of slots that touch: the sum of wanted places, the sum of weights, the number.
        let mut pools: Vec<(f64, f64, usize)> = Vec::new();
        for (&i, &(x, weight)) in self.rows[row].iter().zip(wanted) {
            let (left, right) = self.slots[i].reach;
            rooms.push(room + left);
            let mut pool = ((x - room - left) * weight, weight, 1);
            while let Some(last) = pools.pop_if(|last| last.0 / last.1 > pool.0 / pool.1) {
                pool = (pool.0 + last.0, pool.1 + last.1, pool.2 + last.2);
            }
            pools.push(pool);
            room += left + right + GAP;
        }
        let places = pools.iter().flat_map(|pool| std::iter::repeat_n(pool.0 / pool.1, pool.2));
        for ((&i, place), room) in self.rows[row].iter().zip(places).zip(rooms) {
            self.slots[i].x = place + room;
        }
    }
}

/// The layer of each box: as low as what reads it allows; what nothing reads, as high as its operands allow.
fn lowest_layers(boxes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut layers = vec![0; boxes];
    for &(from, to) in edges {
        layers[to] = layers[to].max(layers[from] + 1);
    }
    let mut readers = vec![None; boxes];
    for &(from, to) in edges.iter().rev() {
        // All arrows from `to` end later than at `to`, so they have been seen.
        if let Some(first) = readers[to] {
            layers[to] = first - 1;
        }
        readers[from] = Some(readers[from].map_or(layers[to], |first: usize| first.min(layers[to])));
    }
    layers.iter().zip(readers).map(|(&layer, first)| first.map_or(layer, |first| first - 1)).collect()
}

/// Draws the arrows from slot to slot: one trunk for all readers of a box, which passes every layer before the last of
/// them.
fn connect(slots: &mut Vec<Slot>, edges: &[(usize, usize)]) {
    let boxes = slots.len();
    let mut operands = vec![0.0; boxes];
    for &(_, to) in edges {
        operands[to] += 1.0;
    }
    let mut trunks: Vec<_> = (0..boxes).map(|i| vec![i]).collect();
    for &(from, to) in edges {
        let (trunk, end) = (&mut trunks[from], slots[to].layer);
        while slots[trunk[trunk.len() - 1]].layer + 1 < end {
            let (last, pass) = (trunk[trunk.len() - 1], slots.len());
            trunk.push(pass);
            slots[last].is_read = true;
            slots[last].below.push((pass, 0.5));
            slots.push(Slot { above: vec![last], weight: 4.0, ..Slot::new((PASS, PASS), slots[last].layer + 1) });
        }
        let last = trunk[end - 1 - slots[from].layer];
        let part = (count(slots[to].above.len()) + 0.5) / operands[to];
        slots[last].is_read = true;
        slots[last].below.push((to, part));
        slots[to].above.push(last);
    }
    for slot in &mut slots[..boxes] {
        if slot.above.is_empty() {
            slot.weight = 0.1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_lie_just_above_what_reads_them() {
        // 0 and 1 are leaves; 2 = f(0), 3 = g(2), 4 = h(3, 1), and 5 = k(2), which nothing reads.
        assert_eq!(lowest_layers(6, &[(0, 2), (2, 3), (3, 4), (1, 4), (2, 5)]), [0, 2, 1, 2, 3, 2]);
        assert_eq!(lowest_layers(2, &[]), [0, 0]);
    }

    #[test]
    fn the_readers_of_a_box_share_one_trunk() {
        // 0 is read in the layers 1, 3 and, twice, in 4.
        let layers = Layers::new(vec![(9.0, 9.0); 5], &[(0, 1), (1, 2), (2, 3), (0, 3), (3, 4), (0, 4), (0, 4)]);
        let passes: Vec<_> = layers.slots[5..].iter().map(|slot| (slot.layer, slot.above.clone())).collect();
        assert_eq!(passes, [(1, vec![0]), (2, vec![5]), (3, vec![6])]);
        assert_eq!((&layers.slots[3].above, &layers.slots[4].above), (&vec![2, 6], &vec![3, 7, 7]));
    }

    #[test]
    fn arrows_go_to_the_next_layer_and_nothing_overlaps() {
        // A graph without a plan: node i reads two of the nodes before it.
        let edges: Vec<_> = (5..80).flat_map(|i| [(i * i % 7 % i, i), ((i * 31 + 4) % i, i)]).collect();
        let reaches = (0..80).map(|i| (10.0 + count(i % 6), 20.0 + count(i % 11))).collect();
        let mut layers = Layers::new(reaches, &edges);
        for slot in &layers.slots {
            assert!(slot.above.iter().all(|&from| layers.slots[from].layer + 1 == slot.layer));
        }
        let right = layers.move_to(5.0);
        for row in &layers.rows {
            for pair in row.windows(2) {
                let [a, b] = [pair[0], pair[1]].map(|i| &layers.slots[i]);
                assert!(b.x - b.reach.0 - (a.x + a.reach.1) > GAP - 1e-6);
            }
            let reached = row.iter().map(|&i| &layers.slots[i]);
            assert!(reached.into_iter().all(|slot| slot.x - slot.reach.0 >= 5.0 && slot.x + slot.reach.1 <= right));
        }
    }

    #[test]
    fn operands_lie_in_order_and_a_chain_is_straight() {
        // 3 = f(2, 0), 4 = g(3), 5 = h(4)
        let layers = Layers::new(vec![(9.0, 9.0); 6], &[(2, 3), (0, 3), (3, 4), (4, 5)]);
        let x = |i: usize| layers.slots[i].x;
        assert!(x(2) < x(0));
        assert!((x(3) - x(4)).abs() < 1.0 && (x(4) - x(5)).abs() < 1.0);
    }
}
