//! `graphs!`: writes a graph as a type, the same graph as a program over the reals, and the test that compares them.

/// One test for each graph. A node is written `Name = position: Op [operands] => shape`, an operand `position: shape`.
macro_rules! graphs {
    ($($(#[$doc:meta])* $test:ident: $cases:literal cases {
        params [$($p:literal: $param:ty),*]; inputs [$($i:literal: $input:ty),*];
        $($name:ident = $n:literal: $op:ty [$($operand:literal: $shape:ty),*] => $out:ty;)*
    })*) => {$(
        mod $test {
            use super::*;
            use nfgrad::bound::Domain;
            use nfgrad::graph::{Leaves, Node, Then};
            use nfgrad_tests::laws::Law;
            use nfgrad_tests::program::{Entry, Machine, Program};
            use nfgrad_tests::report::Report;
            use nfgrad_tests::sample::{Sample, Sampled, cases};

            type Start = Leaves<graphs!(@list Nil; $($param,)*), graphs!(@list Nil; $($input,)*)>;
            graphs!(@chain Start; $($name: $op [$($operand: $shape),*];)*);

            struct Both<F: Sampled, D: Domain> {
                bounded: BoundedRun<Graph, F, D>,
                plain: Run<Graph, F>,
            }

            impl<F: Sampled, D: Domain> Machine<F> for Both<F, D> {
                fn domain(&self) -> &'static str {
                    D::NAME
                }

                fn set(&mut self, position: usize, sample: &Sample<F>) {
                    match position {
                        $($p => {
                            let at = Idx::<_, $param, $p>::new();
                            self.plain.get_mut(at).copy_from_slice(&sample.mid).unwrap();
                            self.bounded.get_mut(at).copy_from_slice(&sample.mid).unwrap();
                            self.bounded.set_radii(at, &sample.rad).unwrap();
                        })*
                        $($i => {
                            let at = Idx::<_, $input, $i>::new();
                            self.plain.get_mut(at).copy_from_slice(&sample.mid).unwrap();
                            self.bounded.get_mut(at).copy_from_slice(&sample.mid).unwrap();
                            self.bounded.set_radii(at, &sample.rad).unwrap();
                        })*
                        _ => unreachable!("not a leaf"),
                    }
                }

                fn run(&mut self) {
                    self.plain.forward();
                    self.plain.backward();
                    self.bounded.forward().unwrap();
                    self.bounded.backward().unwrap();
                }

                fn value(&self, position: usize) -> Entry<F> {
                    graphs!(@entry self get position; $($p: $param,)* $($i: $input,)* $($n: $out,)*)
                }

                fn cotangent(&self, position: usize) -> Entry<F> {
                    graphs!(@entry self cotangent position; $($p: $param,)* $($i: $input,)* $($n: $out,)*)
                }
            }

            fn check<F: Sampled, D: Domain>(program: &Program, report: &mut Report) {
                let mut machine = Both::<F, D> { bounded: BoundedRun::new(), plain: Run::new() };
                program.check(&mut machine, cases($cases), report);
            }

            $(#[$doc])*
            #[test]
            fn has_radii_that_hold() {
                let program = Program {
                    name: stringify!($test),
                    params: vec![$(<$param as Shape>::NUMEL),*],
                    inputs: vec![$(<$input as Shape>::NUMEL),*],
                    nodes: vec![$((<$op as Law<($($shape,)*)>>::rule(), vec![$($operand),*])),*],
                };
                let mut report = Report::new();
                check::<f32, Uniform>(&program, &mut report);
                check::<f32, Elementwise>(&program, &mut report);
                check::<f32, Euclidean>(&program, &mut report);
                check::<f64, Euclidean>(&program, &mut report);
                check::<bf16, Euclidean>(&program, &mut report);
                check::<f64, Uniform>(&program, &mut report);
                check::<f64, Elementwise>(&program, &mut report);
                check::<bf16, Uniform>(&program, &mut report);
                check::<bf16, Elementwise>(&program, &mut report);
                report.finish();
            }
        }
    )*};

    (@list $list:ty;) => { $list };
    (@list $list:ty; $shape:ty, $($rest:ty,)*) => { graphs!(@list Snoc<$list, $shape>; $($rest,)*) };

    (@chain $before:ident;) => { type Graph = $before; };
    (@chain $before:ident; $name:ident: $op:ty [$($i:literal: $shape:ty),*]; $($rest:tt)*) => {
        type $name = Then<$before, Node<$op, ($(Idx<<$before as RevGraph>::Context, $shape, $i>,)*)>>;
        graphs!(@chain $name; $($rest)*);
    };

    (@entry $self:ident $get:ident $position:ident; $($i:literal: $shape:ty,)*) => {
        match $position {
            $($i => {
                let at = Idx::<_, $shape, $i>::new();
                let tensor = graphs!(@$get $self.bounded, at);
                let mid = tensor.mid().as_slice().to_vec();
                let rad = (0..mid.len()).map(|i| tensor.radius(i).get()).collect();
                let norm = D::IS_NORM.then(|| tensor.radii()[0]);
                Entry { mid, rad, norm, plain: graphs!(@$get $self.plain, at).as_slice().to_vec() }
            })*
            _ => unreachable!("not an entry"),
        }
    };

    (@get $run:expr, $at:ident) => { $run.get($at) };
    (@cotangent $run:expr, $at:ident) => { $run.cotangent($at).unwrap() };
}

pub(crate) use graphs;
