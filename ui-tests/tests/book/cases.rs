//! The cases of `fail/`, as a page shows them.

use super::{files, read, root};

/// A program that must not compile, and what it is told.
pub(crate) struct Case {
    pub(crate) name: String,
    /// The program, in which the shared file of blocks is a module beside it.
    source: String,
    /// One for each error or warning, where the program is `src/main.rs`.
    pub(crate) messages: Vec<String>,
}

impl Case {
    /// All of them, in the order of their names.
    pub(crate) fn all() -> Vec<Case> {
        files(&root().join("ui-tests/fail"), "stderr").iter().map(|path| Case::read(path)).collect()
    }

    fn read(path: &std::path::Path) -> Case {
        let name = path.file_stem().expect("a file").to_string_lossy().into_owned();
        let source =
            read(&path.with_extension("rs")).replace("#[path = \"support/blocks.rs\"]", "// The graphs below.");
        let text = read(path)
            .replace(&format!("$DIR/fail/{name}.rs"), "src/main.rs")
            .replace(&format!("fail/{name}.rs"), "src/main.rs")
            .replace("$DIR/fail/support/blocks.rs", "src/blocks.rs");
        let mut messages: Vec<String> = Vec::new();
        for part in text.trim_end().split("\n\n") {
            // What rustc adds behind an empty line belongs to the message before.
            match messages.last_mut() {
                Some(last) if !part.starts_with("error") && !part.starts_with("warning") => {
                    last.push_str("\n\n");
                    last.push_str(part);
                }
                _ => messages.push(part.to_owned()),
            }
        }
        Case { name, source, messages }
    }

    /// The messages with that code.
    pub(crate) fn with_code(&self, id: &str) -> impl Iterator<Item = &String> {
        let tag = format!("[{id}]");
        self.messages.iter().filter(move |message| message.contains(&tag))
    }

    /// The program as a block of Markdown.
    fn mistake(&self) -> String {
        if !self.source.contains("mod blocks;") {
            return format!("```rust,compile_fail\n{}```", self.source);
        }
        // rustdoc cannot find the file of a module; that the case does not compile is tested where it lives.
        let blocks = read(&root().join("ui-tests/fail/support/blocks.rs"));
        format!(
            "```rust,ignore\n{}```\n\n<details>\n<summary>src/blocks.rs</summary>\n\n```rust\n{blocks}```\n\n</details>",
            self.source
        )
    }

    /// The messages with the code, or all, as a block of Markdown.
    fn message(&self, id: Option<&str>) -> String {
        let messages: Vec<_> = match id {
            Some(id) => self.with_code(id).map(String::as_str).collect(),
            None => self.messages.iter().map(String::as_str).collect(),
        };
        assert!(!messages.is_empty(), "{} has no message with the code {id:?}", self.name);
        format!("```text\n{}\n```", messages.join("\n\n"))
    }
}

/// The chapter, with what stands below each marker taken from its case. A marker that names no code means `id`.
pub(crate) fn embed(chapter: &str, id: Option<&str>, cases: &[Case]) -> String {
    let (mut lines, mut text) = (chapter.lines().peekable(), String::new());
    while let Some(line) = lines.next() {
        text.push_str(line);
        text.push('\n');
        let Some(marker) = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->")) else { continue };
        let words: Vec<_> = marker.split(' ').collect();
        let (is_message, name) = match words[..] {
            ["mistake:", name] => (false, name),
            ["message:", name] | ["message:", name, _] => (true, name),
            _ => continue,
        };
        let case = cases.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("there is no case {name}"));
        let block = if is_message { case.message(words.get(2).copied().or(id)) } else { case.mistake() };
        // What was there: a block of code, and behind a mistake the file of blocks.
        let mut ahead = lines.clone();
        while ahead.next_if(|line| line.is_empty()).is_some() {}
        if skip_block(&mut ahead) {
            if is_details(&ahead) {
                ahead.by_ref().find(|line| *line == "</details>");
            }
            lines = ahead;
        }
        text.push('\n');
        text.push_str(&block);
        text.push('\n');
    }
    text
}

type Lines<'a> = std::iter::Peekable<std::str::Lines<'a>>;

/// Skips a block of code, if one begins here.
fn skip_block(lines: &mut Lines<'_>) -> bool {
    let begins = lines.next_if(|line| line.starts_with("```")).is_some();
    begins && lines.find(|line| *line == "```").is_some()
}

/// Whether a foldable part follows after an empty line.
fn is_details(lines: &Lines<'_>) -> bool {
    let mut ahead = lines.clone();
    ahead.next() == Some("") && ahead.next() == Some("<details>")
}
