//! The nearest name, for "did you mean".

/// The candidate that is fewest edits away, if that is few enough to be a slip of the finger.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = |word: &str| word.chars().count();
    let allowed = (length(word) / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (edits(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < length(word).max(length(candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, substitutions and swaps of neighbours; case is free.
fn edits(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().map(|c| c.to_ascii_lowercase()).collect();
    let to: Vec<char> = to.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for i in 0..from.len() {
        let mut row = vec![i + 1];
        for j in 0..to.len() {
            let mut best = (above[j] + usize::from(from[i] != to[j])).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j] {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found_and_another_word_is_not() {
        let ops = ["relu", "matmul", "mean", "exp"];
        assert_eq!(nearest("rleu", ops), Some("relu"));
        assert_eq!(nearest("matmull", ops), Some("matmul"));
        assert_eq!(nearest("Relu", ops), Some("relu"));
        assert_eq!(nearest("softplus", ops), None);
        assert_eq!(nearest("x", ["w"]), None);
        assert_eq!(nearest("xx", ["w", "x"]), Some("x"));
    }

    #[test]
    fn a_swap_of_neighbours_is_one_edit() {
        assert_eq!(edits("ab", "ba"), 1);
        assert_eq!(edits("kitten", "sitting"), 3);
    }
}
