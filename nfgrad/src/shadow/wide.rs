//! [`Wide`]: the upper rungs of a shadow, where the graph is evaluated in balls of 128, 256 or 512 bits.

use std::fmt;
use std::ops::Range;

use nfgrad_shapes::{Context, Listed};

use super::Level;
use super::ladder::Sweeps;
use crate::error::Error;
use crate::format::Format;
use crate::graph::{RevGraph, Run, exactly};
use crate::kernel::wide::{Radius, WideBall};

/// The graph in balls of `K` words, and how they look in f64.
pub(super) struct Balls<G: RevGraph, const K: usize> {
    run: Run<G, WideBall<K>>,
    /// Of all values, and of all cotangents.
    rounded: [Rounded; 2],
}

impl<G: RevGraph, const K: usize> fmt::Debug for Balls<G, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Balls of {} bits", 64 * K)
    }
}

/// For each ball that is shown, the f64 nearest to its midpoint, and a radius around that.
#[derive(Debug, Default)]
struct Rounded {
    mid: Vec<f64>,
    radii: Vec<f64>,
}

impl Rounded {
    /// Room for so many, which takes no memory where nothing is written.
    fn new(len: usize) -> Self {
        Self { mid: vec![0.0; len], radii: vec![0.0; len] }
    }

    fn write<const K: usize>(&mut self, balls: &[WideBall<K>], range: Range<usize>) {
        for i in range {
            let mid = balls[i].mid().to_f64();
            (self.mid[i], self.radii[i]) = (mid, (balls[i] - WideBall::from(mid)).at_most().to_f64());
        }
    }
}

impl<G: RevGraph, const K: usize> Balls<G, K> {
    fn new() -> Self {
        Self { run: Run::new(), rounded: [Rounded::new(G::Context::SIZE), Rounded::default()] }
    }

    fn evaluate(&mut self, sweeps: &impl Sweeps<G>, gradients: bool) -> Result<(), Error> {
        sweeps.enclose(&mut self.run)?;
        let ([values, cotangents], balls) = (&mut self.rounded, self.run.values().values());
        G::Context::LAYOUT.for_each(&mut |position, span| {
            if G::OUTPUTS.contains(&position) {
                values.write(balls, span.offset..span.offset + span.numel);
            }
        });
        if gradients {
            if cotangents.mid.is_empty() {
                *cotangents = Rounded::new(G::Context::SIZE);
            }
            cotangents.write(self.run.cotangents().values(), 0..G::PARAM_SIZE);
        }
        Ok(())
    }
}

/// The rung that was reached last.
#[derive(Debug)]
pub(super) enum Wide<G: RevGraph> {
    Bits128(Balls<G, 2>),
    Bits256(Balls<G, 4>),
    Bits512(Balls<G, 8>),
}

impl<G: RevGraph> Wide<G> {
    /// The rung of this level, if it is one of these, with nothing evaluated.
    pub(super) fn new(level: Level) -> Option<Self> {
        Some(match level {
            Level::Bits128 => Self::Bits128(Balls::new()),
            Level::Bits256 => Self::Bits256(Balls::new()),
            Level::Bits512 => Self::Bits512(Balls::new()),
            Level::Uniform | Level::Euclidean | Level::Elementwise => return None,
        })
    }

    pub(super) fn level(&self) -> Level {
        match self {
            Self::Bits128(_) => Level::Bits128,
            Self::Bits256(_) => Level::Bits256,
            Self::Bits512(_) => Level::Bits512,
        }
    }

    /// Evaluates the graph there.
    pub(super) fn evaluate(&mut self, sweeps: &impl Sweeps<G>, gradients: bool) -> Result<(), Error> {
        match self {
            Self::Bits128(balls) => balls.evaluate(sweeps, gradients),
            Self::Bits256(balls) => balls.evaluate(sweeps, gradients),
            Self::Bits512(balls) => balls.evaluate(sweeps, gradients),
        }
    }

    /// The values, or the cotangents.
    pub(super) fn answer(&self, is_gradient: bool) -> WideAnswer<'_> {
        fn of<G: RevGraph, const K: usize>(
            Balls { run, rounded }: &Balls<G, K>,
            is_gradient: bool,
        ) -> (&[WideBall<K>], &[f64], &[f64]) {
            let balls = if is_gradient { run.cotangents() } else { run.values() };
            let Rounded { mid, radii } = &rounded[usize::from(is_gradient)];
            (balls.values(), mid, radii)
        }
        let (balls, mid, radii) = match self {
            Self::Bits128(balls) => {
                let (balls, mid, radii) = of(balls, is_gradient);
                (Slice::Bits128(balls), mid, radii)
            }
            Self::Bits256(balls) => {
                let (balls, mid, radii) = of(balls, is_gradient);
                (Slice::Bits256(balls), mid, radii)
            }
            Self::Bits512(balls) => {
                let (balls, mid, radii) = of(balls, is_gradient);
                (Slice::Bits512(balls), mid, radii)
            }
        };
        WideAnswer { balls, mid, radii }
    }
}

/// Some balls, with their midpoints and radii in f64.
#[derive(Debug, Clone, Copy)]
pub(super) struct WideAnswer<'a> {
    balls: Slice<'a>,
    pub(super) mid: &'a [f64],
    pub(super) radii: &'a [f64],
}

#[derive(Debug, Clone, Copy)]
enum Slice<'a> {
    Bits128(&'a [WideBall<2>]),
    Bits256(&'a [WideBall<4>]),
    Bits512(&'a [WideBall<8>]),
}

impl<'a> WideAnswer<'a> {
    pub(super) fn level(&self) -> Level {
        match self.balls {
            Slice::Bits128(_) => Level::Bits128,
            Slice::Bits256(_) => Level::Bits256,
            Slice::Bits512(_) => Level::Bits512,
        }
    }

    /// Those of one tensor.
    pub(super) fn part(self, range: Range<usize>) -> Self {
        let balls = match self.balls {
            Slice::Bits128(balls) => Slice::Bits128(&balls[range.clone()]),
            Slice::Bits256(balls) => Slice::Bits256(&balls[range.clone()]),
            Slice::Bits512(balls) => Slice::Bits512(&balls[range.clone()]),
        };
        // Nothing was rounded of a tensor that is not shown.
        let shown = |x: &'a [f64]| x.get(range.clone()).unwrap_or_default();
        Self { balls, mid: shown(self.mid), radii: shown(self.radii) }
    }

    /// At least `|x - mid|`, and the radius: both from the ball itself, whose midpoint need not be an f64.
    #[inline]
    pub(super) fn distance<F: Format>(&self, i: usize, x: F) -> [Radius; 2] {
        fn of<F: Format, const K: usize>(x: F, ball: WideBall<K>) -> [Radius; 2] {
            let difference = exactly::<F, K>(x) - ball;
            [difference.mid().at_most(), difference.radius()]
        }
        match self.balls {
            Slice::Bits128(balls) => of(x, balls[i]),
            Slice::Bits256(balls) => of(x, balls[i]),
            Slice::Bits512(balls) => of(x, balls[i]),
        }
    }
}
