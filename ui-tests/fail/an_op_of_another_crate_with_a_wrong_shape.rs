use nfgrad::op::Op;
use nfgrad::prelude::*;

mod ops {
    use super::*;
    use nfgrad::shapes::Dim;

    /// The product of every entry of `a` with every entry of `b`.
    pub struct Outer;

    impl<M: Dim, N: Dim> Op<((M,), (N,))> for Outer {
        const NAME: &'static str = "outer";
        type Out = (M, N);

        fn forward<F: Format>([a, b]: [&[F]; 2], y: &mut [F]) {
            for (row, &a) in y.chunks_mut(b.len().max(1)).zip(a) {
                row.iter_mut().zip(b).for_each(|(y, &b)| *y = a.mul(b));
            }
        }

        fn vjp<F: Format>(_: [&[F]; 2], _: &[F], _: &[F], _: [Option<&mut [F]>; 2]) {}
    }

    nfgrad::declare_op! { pub Outer<const M: usize, const N: usize>(a: [M], b: [N]) -> [M, N] }

    pub struct Same;
    nfgrad::declare_op! { pub Same(x: [..], y: [..]) -> [..] }
}

graph! {
    pub graph Net<const B: usize> {
        input x: [B];
        input z: [B, 2];
        param w: [3];
        output y: [B, 3] = ops::Outer(x, w);
        output wrong = ops::Outer(z, w);
        output few = ops::Outer(x);
        output unlike = ops::Same(x, w);
        block owned: ops::Outer<B, 3>;
    }
}

fn main() {}
