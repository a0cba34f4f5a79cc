//! What an optimizer remembers of each parameter, with radii where they are wanted.

use std::any::TypeId;

use nfgrad_shapes::Listed;

use crate::bound::{Ball, Domain, Up};
use crate::error::Error;
use crate::format::Format;
use crate::graph::{BoundedRun, RevGraph, Training};

/// `N` numbers of the format `S` for each parameter, in the layout of the parameters. Empty until they are needed.
#[derive(Debug, Clone)]
pub(super) struct State<S, const N: usize> {
    values: [Vec<S>; N],
    radii: [Vec<f64>; N],
    known: Known,
    /// The radii of one tensor as they become.
    scratch: Vec<f64>,
}

/// What is known of the numbers that are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// They count as exact.
    Exact,
    /// Their radii in the domain with this name.
    Within(TypeId),
    /// Nothing: a step without radii has changed them.
    Nothing,
}

/// A parameter tensor with its gradient and what is remembered of it.
pub(super) struct Balls<'a, F, S, D, const N: usize> {
    pub(super) p: Ball<'a, F, D>,
    pub(super) g: Ball<'a, F, D>,
    pub(super) state: [Ball<'a, S, D>; N],
}

/// The radii that a step leaves, to be written.
pub(super) struct Radii<'a, const N: usize> {
    pub(super) p: &'a mut [f64],
    pub(super) state: [&'a mut [f64]; N],
    /// As many numbers more, for what comes between.
    pub(super) spare: &'a mut [f64],
}

impl<S: Format, const N: usize> State<S, N> {
    /// At rest: nothing is remembered.
    pub(super) fn new() -> Self {
        Self {
            values: std::array::from_fn(|_| Vec::new()),
            radii: std::array::from_fn(|_| Vec::new()),
            known: Known::Exact,
            scratch: Vec::new(),
        }
    }

    /// Makes room for `len` parameters. Returns whether that was a change, and with it a start from rest.
    #[inline]
    pub(super) fn fit(&mut self, len: usize) -> bool {
        let changes = self.values.iter().any(|values| values.len() != len);
        if changes {
            self.values = std::array::from_fn(|_| vec![S::ZERO; len]);
            self.known = Known::Exact;
        }
        changes
    }

    /// The numbers, for writing.
    #[inline]
    pub(super) fn values_mut(&mut self) -> [&mut [S]; N] {
        self.values.each_mut().map(|values| &mut values[..])
    }

    /// The numbers, if there are any of `len` parameters.
    #[cfg(feature = "safetensors")]
    pub(super) fn values(&self, len: usize) -> Option<Vec<&[S]>> {
        let remembers = self.values.iter().all(|values| values.len() == len);
        remembers.then(|| self.values.iter().map(Vec::as_slice).collect())
    }

    /// Goes on from these numbers, of which no radius is known; from rest if there are none.
    #[cfg(feature = "safetensors")]
    pub(super) fn resume(&mut self, values: Option<Vec<Vec<S>>>) {
        *self = Self::new();
        if let Some(values) = values.and_then(|values| values.try_into().ok()) {
            (self.values, self.known) = (values, Known::Nothing);
        }
    }

    /// What is remembered counts as exact from here on.
    pub(super) fn assume_exact(&mut self) {
        self.known = Known::Exact;
    }

    /// What is remembered is changed by a step without radii.
    #[inline]
    pub(super) fn forget_radii(&mut self) {
        self.known = Known::Nothing;
    }

    /// That a step with radii may go on from what is remembered of `len` parameters.
    ///
    /// # Errors
    /// [`Error::StepsWithoutRadii`] if nothing is known of it.
    pub(super) fn check(&self, len: usize) -> Result<(), Error> {
        let remembers = self.values.iter().all(|values| values.len() == len);
        if remembers && self.known == Known::Nothing { Err(Error::StepsWithoutRadii) } else { Ok(()) }
    }

    /// Writes the radii that a step leaves: `rule` says them for each parameter tensor from the numbers and radii before the
    /// step, which must come after.
    pub(super) fn advance_radii<G: RevGraph, F: Format, D: Domain>(
        &mut self,
        run: &mut BoundedRun<G, F, D>,
        rule: impl Fn(&Balls<'_, F, S, D, N>, &mut Radii<'_, N>),
    ) {
        self.prepare::<G, D>();
        let Training { params, radii: param_radii, gradients, gradient_radii } = run.training_mut();
        G::Context::LAYOUT.for_each(&mut |position, span| {
            if position >= G::PARAMS {
                return;
            }
            let (elements, range) =
                (span.offset..span.offset + span.numel, D::range(position, span.offset, span.numel));
            let mut parts = self.scratch.chunks_exact_mut(range.len().max(1)).map(|part| &mut part[..range.len()]);
            let mut part = || parts.next().unwrap_or_default();
            let (p, state, spare) = (part(), std::array::from_fn::<_, N, _>(|_| part()), part());
            let balls = Balls {
                p: Ball::new(&params[elements.clone()], &param_radii[range.clone()]),
                g: Ball::new(&gradients[elements.clone()], &gradient_radii[range.clone()]),
                state: std::array::from_fn(|k| {
                    Ball::new(&self.values[k][elements.clone()], &self.radii[k][range.clone()])
                }),
            };
            let mut new = Radii { p, state, spare };
            rule(&balls, &mut new);
            param_radii[range.clone()].copy_from_slice(new.p);
            for (radii, new) in self.radii.iter_mut().zip(new.state) {
                radii[range.clone()].copy_from_slice(new);
            }
        });
    }

    /// Makes room for the radii. Those of another domain are lost, and nothing is known in their place.
    fn prepare<G: RevGraph, D: Domain>(&mut self) {
        let radius = match self.known {
            Known::Within(domain) if domain == TypeId::of::<D>() => return,
            Known::Within(_) | Known::Nothing => f64::INFINITY,
            Known::Exact => 0.0,
        };
        let len = D::context_len(G::PARAMS, G::PARAM_SIZE);
        self.radii = std::array::from_fn(|_| vec![radius; len]);
        self.known = Known::Within(TypeId::of::<D>());
        let mut largest = 1;
        G::Context::LAYOUT.for_each(&mut |position, span| {
            if position < G::PARAMS {
                largest = largest.max(D::len(span.numel));
            }
        });
        self.scratch = vec![0.0; (N + 2) * largest];
    }
}

/// The radii of `Σ cₖ xₖ`, each sum with the rounding that is said for its elements: radii are norms of errors, one or
/// many, so those of the sum are at most the sum of theirs, each times its factor.
pub(super) fn combine<D: Domain, const K: usize>(
    (out, spare): (&mut [f64], &mut [f64]),
    numel: usize,
    terms: [(Up, &[f64]); K],
    rounding: impl Fn(usize) -> Up,
) {
    for (j, sum) in spare.iter_mut().enumerate() {
        *sum = terms.iter().map(|&(factor, radii)| factor * Up::new(radii[j])).sum::<Up>().get();
    }
    out.fill(0.0);
    D::accumulate(out, spare, numel, rounding);
}
