//! The pages of the error index, and the lists that name them.

use std::path::{Path, PathBuf};

use super::cases::Case;
use super::codes::{CODES, Code};
use super::root;

/// Where the page of a code is.
pub(crate) fn path(code: &Code) -> PathBuf {
    root().join(format!("docs/src/errors/{}.md", code.id))
}

/// The first lines of a page, and then those of `page` behind them.
pub(crate) fn head(page: &str, code: &Code) -> String {
    let (_, rest) = page.split_once("\n## ").unwrap_or_else(|| panic!("the page of {} has no heading", code.id));
    format!("# {}: {}\n\n{}\n\n## {rest}", code.id, code.title, code.text)
}

/// The page of a code that has none: everything but the cure. The case that is least about anything else is shown.
pub(crate) fn skeleton(code: &Code, cases: &[Case]) -> String {
    let about = cases.iter().filter(|case| case.with_code(code.id).next().is_some());
    let case = about.min_by_key(|case| case.messages.len());
    let name = &case.unwrap_or_else(|| panic!("no case in ui-tests/fail has the message {}", code.id)).name;
    format!(
        "\n## The mistake\n\n<!-- mistake: {name} -->\n\n## The message\n\n<!-- message: {name} -->\n\n## The cure\n"
    )
}

/// The index, whose table begins at its heading.
pub(crate) fn index(page: &str) -> String {
    let (before, _) = page.split_once("| code |").unwrap_or((page, ""));
    let rows = CODES.iter().map(|code| format!("| [{0}]({0}.md) | {1} |\n", code.id, code.title));
    format!("{before}| code | the mistake |\n|---|---|\n{}", rows.collect::<String>())
}

/// The table of contents, in which the pages of the codes stand below their index.
pub(crate) fn summary(page: &str) -> String {
    let mut text = String::new();
    for line in page.lines().filter(|line| !line.starts_with("  - [NF")) {
        text.push_str(line);
        text.push('\n');
        if line.contains("(errors/index.md)") {
            text.extend(CODES.iter().map(|code| format!("  - [{0}: {1}](errors/{0}.md)\n", code.id, code.title)));
        }
    }
    text
}

/// What is no chapter, and the one whose doctests are in `tests/src/lib.rs`: it needs features that no program here is compiled with.
const ELSEWHERE: [&str; 2] = ["SUMMARY.md", "weights.md"];

/// The module whose doctests are the chapters and the pages.
pub(crate) fn doctests(chapters: &[PathBuf]) -> String {
    let mut text =
        "//! The book: every block of code in its chapters and in the error index is compiled as a doctest.\n\
                    //!\n//! Written by `BLESS=1 cargo test -p nfgrad-ui-tests --test book`.\n"
            .to_owned();
    let chapters = chapters.iter().map(|path| path.file_name().map(Path::new).expect("a file").to_path_buf());
    let chapters = chapters.filter(|name| ELSEWHERE.iter().all(|other| name != Path::new(other)));
    for name in chapters.chain(CODES.iter().map(|code| format!("errors/{}.md", code.id).into())) {
        let stem = name.file_stem().expect("a name").to_string_lossy().into_owned();
        let ty: String = stem.split(['_', '-']).map(capitalised).collect();
        let include = format!("#[doc = include_str!(\"../../docs/src/{}\")]", name.display());
        text.extend(["\n#[cfg(doctest)]\n", &include, "\nstruct ", &ty, ";\n"]);
    }
    text
}

/// `First` for `first`.
fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + rest
}
