//! An op without its types, in balls: so that the checks are compiled once and not once for each op and shape.

use std::marker::PhantomData;

use nfgrad::__private::wide::WideBall;
use nfgrad_shapes::Shape;

use crate::laws::{Law, Rule, ShapesOf};

/// An op on operands of given shapes, in balls of `K` words.
pub trait Enclosing<const K: usize> {
    /// The op.
    fn name(&self) -> &'static str;
    /// What it computes.
    fn rule(&self) -> Rule;
    /// The numbers of elements of the operands.
    fn numels(&self) -> Vec<usize>;
    /// That of the result.
    fn result_numel(&self) -> usize;
    /// [`Op::enclose`](nfgrad::op::Op::enclose).
    fn enclose(&self, x: &[&[WideBall<K>]], y: &mut [WideBall<K>]);
    /// [`Op::enclose_vjp`](nfgrad::op::Op::enclose_vjp).
    fn enclose_vjp(
        &self,
        x: &[&[WideBall<K>]],
        y: &[WideBall<K>],
        dy: &[WideBall<K>],
        dx: Vec<Option<&mut [WideBall<K>]>>,
    );
}

/// The subject that the types `O` and `In` are.
#[derive(Debug)]
pub struct InBalls<O, In>(PhantomData<(O, In)>);

impl<O, In> InBalls<O, In> {
    /// The subject.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<O, In> Default for InBalls<O, In> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O: Law<In>, In: ShapesOf, const K: usize> Enclosing<K> for InBalls<O, In> {
    fn name(&self) -> &'static str {
        O::NAME
    }

    fn rule(&self) -> Rule {
        O::rule()
    }

    fn numels(&self) -> Vec<usize> {
        In::shapes().into_iter().map(|dims| dims.iter().product()).collect()
    }

    fn result_numel(&self) -> usize {
        O::Out::NUMEL
    }

    fn enclose(&self, x: &[&[WideBall<K>]], y: &mut [WideBall<K>]) {
        O::enclose(In::each(|k| x[k]), y);
    }

    fn enclose_vjp(
        &self,
        x: &[&[WideBall<K>]],
        y: &[WideBall<K>],
        dy: &[WideBall<K>],
        dx: Vec<Option<&mut [WideBall<K>]>>,
    ) {
        let mut dx = dx.into_iter();
        O::enclose_vjp(In::each(|k| x[k]), y, dy, In::each(|_| dx.next().flatten()));
    }
}
