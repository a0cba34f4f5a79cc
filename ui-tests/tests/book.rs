//! The error index of the book, `docs/src/errors/`, against the table of codes and the cases in `fail/`.
//!
//! Each code has a page: its title and text are those of `nfgrad-macros/src/codes.rs`, and what stands below a marker is
//! taken from a case, word for word:
//!
//! ```text
//! <!-- mistake: inner_dimensions_of_a_product_differ -->     fail/inner_dimensions_of_a_product_differ.rs
//! <!-- message: inner_dimensions_of_a_product_differ -->     of its .stderr, the messages with the code of the page
//! <!-- message: every_error_at_once NF0013 -->               those with this code
//! ```
//!
//! Markers work in every chapter. What comes last in a page, the cure, is written by hand and compiled as a doctest.
//! `BLESS=1 cargo test -p nfgrad-ui-tests --test book` writes all the rest, and for a new code a page that lacks a cure.

#[path = "book/cases.rs"]
mod cases;
#[path = "../../nfgrad-macros/src/codes.rs"]
#[allow(dead_code, reason = "only the list is read, not the constants that the macro names")]
mod codes;
#[path = "book/pages.rs"]
mod pages;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cases::Case;
use codes::CODES;

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files of a folder with that extension, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry of a folder").path());
    let mut files: Vec<_> = paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    files.sort();
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares the file with what it should be, or makes it so.
fn expect(path: &Path, wanted: &str) {
    let found = fs::read_to_string(path).unwrap_or_default();
    if found == wanted {
        return;
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, wanted).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let differing = (1..).zip(found.lines().map(Some).chain([None]).zip(wanted.lines().map(Some).chain([None])));
    let (line, (found, wanted)) = differing.into_iter().find(|(_, (a, b))| a != b).expect("a line that differs");
    panic!(
        "{}:{line} does not say what the code and the cases say; \
         `BLESS=1 cargo test -p nfgrad-ui-tests --test book` would write it\n  found: {found:?}\n wanted: {wanted:?}",
        path.display()
    );
}

#[test]
fn each_code_has_a_page_and_each_page_says_what_the_code_and_its_cases_say() {
    let cases = Case::all();
    for code in CODES {
        let path = pages::path(code);
        let page = fs::read_to_string(&path).unwrap_or_else(|_| pages::skeleton(code, &cases));
        expect(&path, &cases::embed(&pages::head(&page, code), Some(code.id), &cases));
    }
    let known: BTreeSet<_> = CODES.iter().map(pages::path).collect();
    for path in files(&root().join("docs/src/errors"), "md") {
        let is_index = path.ends_with("index.md");
        assert!(is_index || known.contains(&path), "{}: there is no such code", path.display());
    }
}

#[test]
fn each_page_has_a_mistake_a_message_and_a_cure_that_is_compiled() {
    for code in CODES {
        let page = fs::read_to_string(pages::path(code)).unwrap_or_default();
        let (head, cure) = page.split_once("\n## The cure\n").unwrap_or_else(|| panic!("{} has no cure", code.id));
        for part in ["\n## The mistake\n", "\n## The message\n", &format!("[{}]", code.id)] {
            assert!(head.contains(part), "the page of {} has no {part:?}", code.id);
        }
        let code_in_cure = cure.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next());
        assert!(
            code_in_cure.is_some_and(|code| code.contains("graph!")),
            "the cure of {} has no graph that compiles: write it below `## The cure` of its page",
            code.id
        );
    }
}

#[test]
fn every_chapter_shows_its_cases_word_for_word() {
    let cases = Case::all();
    for path in files(&root().join("docs/src"), "md") {
        if !path.ends_with("SUMMARY.md") {
            expect(&path, &cases::embed(&read(&path), None, &cases));
        }
    }
}

#[test]
fn the_lists_of_the_pages_are_complete() {
    let docs = root().join("docs/src");
    expect(&docs.join("errors/index.md"), &pages::index(&read(&docs.join("errors/index.md"))));
    expect(&docs.join("SUMMARY.md"), &pages::summary(&read(&docs.join("SUMMARY.md"))));
    let doctests = root().join("ui-tests/src/book.rs");
    expect(&doctests, &pages::doctests(&files(&docs, "md")));
}

#[test]
fn every_message_of_the_macro_has_a_code_that_is_in_the_table() {
    for case in Case::all() {
        for message in &case.messages {
            let headline = message.lines().next().unwrap_or_default();
            for (at, _) in headline.match_indices("[NF") {
                let id = &headline[at + 1..][..6];
                assert!(CODES.iter().any(|code| code.id == id), "{}: {id} is not in the table of codes", case.name);
            }
        }
    }
}
