//! Errors, gathered over the whole block so that one compile shows them all.

use std::fmt;
use std::mem;
use std::thread;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::codes::Code;

/// A piece of the user's source, from its first token to its last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    pub(crate) start: Span,
    pub(crate) end: Span,
}

impl Site {
    /// From the start of `self` to the end of `last`.
    pub(crate) fn to(self, last: impl Into<Site>) -> Site {
        Site { start: self.start, end: last.into().end }
    }

    /// `src/model.rs:2:16`, or nothing where the compiler does not tell.
    pub(crate) fn location(self) -> Option<String> {
        let (line, column) = self.position()?;
        let file = self.start.unwrap().file();
        (!file.is_empty()).then(|| format!("{file}:{line}:{column}"))
    }

    /// Line and column of the first token, both counted from 1.
    pub(crate) fn position(self) -> Option<(usize, usize)> {
        // Outside of a macro, as in a unit test, there is no compiler to ask.
        proc_macro::is_available().then(|| (self.start.unwrap().line(), self.start.unwrap().column()))
    }
}

impl From<Span> for Site {
    fn from(span: Span) -> Self {
        Site { start: span, end: span }
    }
}

impl From<&syn::Ident> for Site {
    fn from(ident: &syn::Ident) -> Self {
        ident.span().into()
    }
}

/// One mistake: where it is, what it is, and what helps.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    code: Code,
    site: Site,
    headline: String,
    lines: Vec<String>,
}

impl Diagnostic {
    pub(crate) fn new(code: Code, site: impl Into<Site>, headline: impl Into<String>) -> Self {
        Self { code, site: site.into(), headline: headline.into(), lines: Vec::new() }
    }

    /// What is wrong, without code and help.
    pub(crate) fn headline(&self) -> &str {
        &self.headline
    }

    /// One more line below the headline.
    #[must_use]
    pub(crate) fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// What the user may have meant.
    #[must_use]
    pub(crate) fn help(self, help: impl fmt::Display) -> Self {
        self.line(format!("help: {help}"))
    }

    /// The help, if there is one.
    #[must_use]
    pub(crate) fn help_if(self, help: Option<impl fmt::Display>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// `compile_error!` at the site.
    fn to_tokens(&self) -> TokenStream {
        let text = self.to_string();
        // rustc underlines from the first token of the invocation to its last, so these two carry the site.
        let Site { start, end } = self.site;
        let path = quote_spanned!(start=> ::core::compile_error!);
        let body = quote_spanned!(end=> { #text });
        quote_spanned!(start=> #path #body)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.headline, self.code.id)?;
        self.lines.iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}

/// The sink of a pass. It panics when dropped unread: a pass cannot forget its errors.
#[derive(Debug, Default)]
pub(crate) struct Report {
    errors: Vec<Diagnostic>,
    read: bool,
}

impl Report {
    pub(crate) fn push(&mut self, error: Diagnostic) {
        self.errors.push(error);
    }

    /// The value, or after an error nothing: it is poisoned, and whoever uses it stays silent.
    pub(crate) fn ok<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Whether there is no error so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Every error, in the order of the source.
    pub(crate) fn finish(mut self) -> Result<(), Errors> {
        self.read = true;
        let mut errors = mem::take(&mut self.errors);
        errors.sort_by_key(|error| error.site.position());
        if errors.is_empty() { Ok(()) } else { Err(Errors(errors)) }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        assert!(self.read || thread::panicking(), "a report was dropped unread");
    }
}

/// At least one error.
#[derive(Debug)]
pub(crate) struct Errors(Vec<Diagnostic>);

impl Errors {
    /// One `compile_error!` an error.
    pub(crate) fn to_tokens(&self) -> TokenStream {
        self.0.iter().map(Diagnostic::to_tokens).collect()
    }

    /// What they say.
    #[cfg(test)]
    pub(crate) fn messages(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    #[test]
    fn the_code_closes_the_headline_and_the_help_follows() {
        let error = Diagnostic::new(codes::UNKNOWN_NAME, Span::call_site(), "nothing is named `hh`")
            .help_if(Some("did you mean `h`?"))
            .help_if(None::<String>);
        assert_eq!(error.to_string(), "nothing is named `hh` [NF0010]\nhelp: did you mean `h`?");
    }

    #[test]
    #[should_panic(expected = "dropped unread")]
    fn a_report_cannot_be_dropped_unread() {
        drop(Report::default());
    }

    #[test]
    fn reading_it_gives_every_error() {
        let mut report = Report::default();
        report.push(Diagnostic::new(codes::SYNTAX, Span::call_site(), "one"));
        assert_eq!(report.ok(Err::<(), _>(Diagnostic::new(codes::SYNTAX, Span::call_site(), "two"))), None);
        assert_eq!(report.finish().map_err(|errors| errors.0.len()), Err(2));
    }
}
