//! Each file of `fail/` is one mistake, its name is the sentence, and the `.stderr` beside it is what the user reads.
//!
//! After a change of a message: `TRYBUILD=overwrite cargo test -p nfgrad-ui-tests`, then read the difference as somebody
//! who sees the message for the first time.

#[test]
fn messages_and_models() {
    let tests = trybuild::TestCases::new();
    tests.compile_fail("fail/*.rs");
    tests.pass("pass/*.rs");
}
