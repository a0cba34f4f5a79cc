//! The lengths of the axes of every entry of a model, in numbers.

use nfgrad_shapes::{Context, Shape};
use typenum::Unsigned;

use super::{Entries, Model, Place, RevNode, Source, Sweep};

/// The lengths of the axes at every position of `M`: of the leaves by their names, of the nodes by a sweep.
pub(crate) fn dims<M: Model>() -> Vec<&'static [usize]> {
    let mut dims = Dims(vec![&[]; M::ENTRIES.len()]);
    M::leaves(&mut dims);
    M::forward(&mut dims);
    dims.0
}

struct Dims(Vec<&'static [usize]>);

impl Entries for Dims {
    type Entry<S: Shape> = ();
}

impl Source for Dims {
    type Kind = Self;

    fn at<S: Shape>(&mut self, place: Place) {
        self.0[place.position] = S::DIMS;
    }
}

impl Sweep for Dims {
    fn node<Ctx: Context, Out: Shape, N: RevNode<Ctx, Out = Out>>(&mut self) {
        self.0[Ctx::Len::USIZE] = Out::DIMS;
    }
}
