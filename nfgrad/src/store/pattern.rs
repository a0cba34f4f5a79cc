//! [`Pattern`]: names with wildcards, `layers.*.w`.

/// A name of which parts may be open: `*` is one part between dots, `**` is one or more of them.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    text: String,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.text.split('.')
    }

    /// The wildcards, in order.
    fn wildcards(&self) -> impl Iterator<Item = &str> {
        self.parts().filter(|&part| is_open(part))
    }

    /// Whether it can be matched: more than one `**` could be matched in many ways.
    pub(super) fn is_definite(&self) -> bool {
        self.wildcards().filter(|&part| part == "**").count() <= 1
    }

    /// Whether what this one matches can be filled into the other.
    pub(super) fn fits(&self, other: &Self) -> bool {
        self.is_definite() && self.wildcards().eq(other.wildcards())
    }

    /// What stands for the wildcards in a name, in order; `None` if it does not match.
    pub(super) fn matched<'n>(&self, name: &'n str) -> Option<Vec<&'n str>> {
        let mut found = Vec::new();
        let mut rest = Some(name);
        // From the left up to a `**`, then from the right down to it.
        for part in self.parts().take_while(|&part| part != "**") {
            let (first, after) = split(rest?);
            found.extend(open(part, first)?);
            rest = after;
        }
        if self.parts().all(|part| part != "**") {
            return rest.is_none().then_some(found);
        }
        let mut behind = Vec::new();
        let mut middle = rest?;
        for part in self.parts().rev().take_while(|&part| part != "**") {
            let (before, last) = middle.rsplit_once('.')?;
            behind.extend(open(part, last)?);
            middle = before;
        }
        found.push(middle);
        found.extend(behind.into_iter().rev());
        Some(found)
    }

    /// The name with these parts for the wildcards.
    pub(super) fn filled(&self, found: &[&str]) -> String {
        let mut found = found.iter().copied();
        let parts: Vec<_> =
            self.parts().map(|part| if is_open(part) { found.next().unwrap_or(part) } else { part }).collect();
        parts.join(".")
    }
}

fn is_open(part: &str) -> bool {
    matches!(part, "*" | "**")
}

/// The first part of a name, and what is behind it.
fn split(name: &str) -> (&str, Option<&str>) {
    name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)))
}

/// What an open part of a pattern takes from a part of a name; `None` if they do not match.
fn open<'n>(part: &str, name: &'n str) -> Option<impl Iterator<Item = &'n str>> {
    let is_open = part == "*";
    (is_open || part == name).then(|| std::iter::once(name).take(is_open.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_parts() {
        let matched = |pattern: &str, name| Pattern::new(pattern).matched(name).map(|found| found.join("|"));
        let cases = [
            ("w", "w", Some("")),
            ("w", "v", None),
            ("w", "w.w", None),
            ("a.w", "a", None),
            ("layers.*.w", "layers.3.w", Some("3")),
            ("layers.*.w", "layers.3.up.w", None),
            ("*.*", "a.b", Some("a|b")),
            ("**", "a.b.c", Some("a.b.c")),
            ("model.**", "model.a.b", Some("a.b")),
            ("model.**", "model", None),
            ("**.w", "a.b.w", Some("a.b")),
            ("**.w", "w", None),
            ("*.**.*.w", "a.b.c.d.w", Some("a|b.c|d")),
            ("*.**.*.w", "a.d.w", None),
            ("*", "", Some("")),
        ];
        for (pattern, name, wanted) in cases {
            assert_eq!(matched(pattern, name).as_deref(), wanted, "{pattern} {name}");
        }
        // Neither deep nor slow, whatever the name.
        assert!(matched("**.w", &"a.".repeat(1 << 20)).is_none());
    }

    #[test]
    fn what_is_matched_fills_the_other_side() {
        let (from, to) = (Pattern::new("h.*.**.weight"), Pattern::new("layers.*.**.w"));
        assert!(from.fits(&to) && !from.fits(&Pattern::new("**.*")));
        assert!(!Pattern::new("**.a.**").is_definite());
        let found = from.matched("h.7.up.left.weight").expect("a match");
        assert_eq!(to.filled(&found), "layers.7.up.left.w");
    }
}
