//! How a graph learns what the graphs that it calls are: a conversation of macros.
//!
//! A proc macro sees nothing but its own tokens. So every graph also expands to a `macro_rules!` of its own name
//! ([`answer`]), which adds what the graph says of itself to whatever it is given. A graph that calls others asks them one
//! after another ([`ask`]) and is expanded when all have answered. That works in any order of definitions and across crates,
//! wherever a `use` brings the graph into scope, because the macro travels with the type.
//!
//! Each answer is an expansion inside of the one before it, and rustc lets these be [128 deep]. So only a few graphs are
//! asked in one breath. Where there are more, each few of them leave their answers in a macro of their own, which then is
//! asked in their place: the depth no longer grows with the number of graphs.
//!
//! [128 deep]: https://doc.rust-lang.org/reference/attributes/limits.html#the-recursion_limit-attribute

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::Ident;

use crate::infer::plain;

/// So many are asked one inside of the other, each two expansions deep.
const IN_ONE_BREATH: usize = 16;

/// A conversation, as it stands.
pub(crate) struct Request {
    /// The path of the library, as the one who asks reaches it.
    library: TokenStream,
    /// What has been answered.
    answers: Vec<TokenStream>,
    /// Whom to ask: graphs, or macros that hold the answers of several.
    paths: Vec<TokenStream>,
    then: Then,
}

/// What to do when all have answered.
enum Then {
    /// Expand the block.
    Expand(TokenStream),
    /// Keep the answers in a macro of this name.
    Keep(TokenStream),
}

/// Where a conversation goes on.
pub(crate) enum Progress {
    /// With these tokens.
    Ask(TokenStream),
    /// All have answered, in the order of their paths; here is the block.
    Done(Vec<TokenStream>, TokenStream),
}

/// Asks all these graphs, and then expands the block called `name`.
pub(crate) fn ask(library: &TokenStream, name: &Ident, paths: Vec<TokenStream>, block: TokenStream) -> TokenStream {
    let request = |paths, then| Request { library: library.clone(), answers: Vec::new(), paths, then };
    let (mut tokens, mut paths, mut kept) = (TokenStream::new(), paths, 0);
    while paths.len() > IN_ONE_BREATH {
        let keep = |few: &[TokenStream]| {
            let holder = unique(&format!("__nfkept{kept}"), name);
            kept += 1;
            tokens.extend(request(few.to_vec(), Then::Keep(quote!(#holder))).tokens());
            quote!(#holder)
        };
        paths = paths.chunks(IN_ONE_BREATH).map(keep).collect();
    }
    tokens.extend(request(paths, Then::Expand(block)).tokens());
    tokens
}

/// The next step, after an answer.
pub(crate) fn go_on(tokens: TokenStream) -> Option<Progress> {
    let request = Request::read(tokens)?;
    if request.answers.len() < request.paths.len() {
        return Some(Progress::Ask(request.tokens()));
    }
    let answers = request.answers;
    Some(match request.then {
        Then::Expand(block) => Progress::Done(answers.into_iter().flat_map(unpacked).collect(), block),
        Then::Keep(holder) => Progress::Ask(rule(&holder, &quote!(#({ #answers })*))),
    })
}

/// The answers that a macro has given: its own, or those that it holds. That of a graph with errors is empty.
fn unpacked(answer: TokenStream) -> Vec<TokenStream> {
    match answer.clone().into_iter().next() {
        Some(TokenTree::Group(_)) => groups(answer).into_iter().flat_map(unpacked).collect(),
        _ => vec![answer],
    }
}

impl Request {
    /// `Linear! { {::nfgrad} { {answer}.. } { {Linear} {Head} } { {the block} } }`, which asks the first that has not answered.
    fn tokens(&self) -> TokenStream {
        let Self { library, answers, paths, then } = self;
        let next = &paths[answers.len()];
        let then = match then {
            Then::Expand(block) => quote!({ #block }),
            Then::Keep(holder) => quote!(#holder),
        };
        quote!(#next! { { #library } { #({ #answers })* } { #({ #paths })* } { #then } })
    }

    /// Takes apart what the macro of a graph has made of it.
    fn read(tokens: TokenStream) -> Option<Self> {
        let [library, answers, paths, then] = <[TokenStream; 4]>::try_from(groups(tokens)).ok()?;
        let block = groups(then.clone()).pop();
        let then = block.map_or(Then::Keep(then), Then::Expand);
        Some(Self { library, answers: groups(answers), paths: groups(paths), then })
    }
}

/// What is inside of each group.
fn groups(tokens: TokenStream) -> Vec<TokenStream> {
    let group = |tree| match tree {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    };
    tokens.into_iter().filter_map(group).collect()
}

/// The `macro_rules!` of a name, which answers a request with a signature.
pub(crate) fn answer(visibility: &TokenStream, name: &Ident, signature: &TokenStream) -> TokenStream {
    let hidden = unique("__nfgrad", name);
    let rule = rule(&quote!(#hidden), signature);
    // Exported macros live at the root of the crate, hence a name of their own; others go where `use` can take them.
    let export = (visibility.to_string() == "pub").then(|| quote!(#[macro_export] #[allow(non_local_definitions)]));
    quote! {
        /// What this graph tells a `graph!` block that calls it.
        #[doc(hidden)]
        #export
        #rule
        #[doc(hidden)]
        #[allow(unused_imports)]
        #visibility use #hidden as #name;
    }
}

/// A macro that adds an answer to a request. It says nothing of where the library is: that is known where the question was asked.
fn rule(name: &TokenStream, answer: &TokenStream) -> TokenStream {
    quote! {
        #[allow(unused_macros)]
        macro_rules! #name {
            ({ $($library:tt)* } { $($answers:tt)* } $($rest:tt)*) => {
                $($library)*::__private::graph_with! { { $($library)* } { $($answers)* { #answer } } $($rest)* }
            };
        }
    }
}

/// A name for a macro of a graph, different from those of all other graphs of the crate.
///
/// Graphs of one name are numbered in the order of their expansion, which is the same in every build. Where they are written
/// does not tell them apart: a `macro_rules!`, `include!` and `#[path]` write the same line into several modules.
fn unique(prefix: &str, name: &Ident) -> Ident {
    /// The expansions that have asked for such a name.
    static SEEN: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());
    let plain = plain(name);
    let expansion = || {
        // An editor may expand one call again and again: that is still one graph. Two calls differ in this text.
        let call = format!("{:?}", Span::call_site().unwrap());
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = seen.entry(format!("{prefix}_{plain}")).or_default();
        calls.iter().position(|known| *known == call).unwrap_or_else(|| {
            calls.push(call);
            calls.len() - 1
        })
    };
    // Outside of a macro, as in a unit test, there is nothing to clash with.
    match proc_macro::is_available().then(expansion) {
        None | Some(0) => format_ident!("{prefix}_{plain}", span = name.span()),
        // A name does not begin with a digit, so that of no other graph reads like this.
        Some(number) => format_ident!("{prefix}_{number}_{plain}", span = name.span()),
    }
}
