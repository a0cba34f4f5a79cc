//! [`Optimizer`]: what an optimizer has to remember so that a training can be taken up again.

use crate::format::Format;

/// `O: Optimizer<F>` reads "`O` takes steps in the format `F`, and a [`Checkpoint`](crate::store::Checkpoint) keeps what it remembers": [`Sgd`](super::Sgd),
/// [`Adam`](super::Adam) and [`AdamW`](super::AdamW).
pub trait Optimizer<F: Format>: Clone {
    /// The format of what is remembered of each parameter.
    #[doc(hidden)]
    type Number: Format;
    /// Which optimizer it is.
    #[doc(hidden)]
    const KIND: &'static str;
    /// What is remembered of each parameter, by name.
    #[doc(hidden)]
    const OF_PARAMS: &'static [&'static str];
    /// What else there is, by name.
    #[doc(hidden)]
    const NUMBERS: &'static [&'static str];

    /// The numbers that [`Optimizer::NUMBERS`] names.
    #[doc(hidden)]
    fn numbers(&self) -> Vec<f64>;

    /// What [`Optimizer::OF_PARAMS`] names, for `len` parameters; nothing if it is at rest for them.
    #[doc(hidden)]
    fn of_params(&self, len: usize) -> Option<Vec<&[Self::Number]>>;

    /// Goes on from numbers and from what is remembered of each parameter; from rest if there is nothing.
    ///
    /// # Errors
    /// The position of a number that cannot be.
    #[doc(hidden)]
    fn resume(&mut self, numbers: &[f64], of_params: Option<Vec<Vec<Self::Number>>>) -> Result<(), usize>;
}
