/// One hidden layer and a softmax cross-entropy loss.
///
/// | tensor | role | shape |
/// |---|---|---|
/// | `w1` | param | `[64, 32]` |
/// | `b1` | param | `[32]` |
/// | `w2` | param | `[32, 10]` |
/// | `b2` | param | `[10]` |
/// | `x` | input | `[B, 64]` |
/// | `t` | input | `[B, 10]` |
/// | `loss` | output | `[]` |
/// | `logits` | output | `[B, 10]` |
pub type Net<const B: usize> = __nfadded_Net::NetOf<::nfgrad::__private::D<{ B }>>;
#[allow(dead_code, unreachable_pub, non_snake_case)]
mod __nfadded_Net {
    #[cfg(doc)]
    #[allow(unused_imports)]
    use super::*;
    /// [`Net`], with its dimensions as types.
    #[derive(Debug, Clone, Copy)]
    pub struct NetOf<B: ::nfgrad::__private::Dim>(
        ::core::marker::PhantomData<fn() -> (B,)>,
    );
    impl<B: ::nfgrad::__private::Dim> ::core::default::Default for NetOf<B> {
        fn default() -> Self {
            Self(::core::marker::PhantomData)
        }
    }
    /// The leaves of [`Net`]: parameters, then inputs.
    pub struct NetLeaves<K: ::nfgrad::__private::Entries, B: ::nfgrad::__private::Dim> {
        /// `w1`: `[64, 32]`, parameter.
        pub w1: K::Entry<(::nfgrad::__private::D<64>, ::nfgrad::__private::D<32>)>,
        /// `b1`: `[32]`, parameter.
        pub b1: K::Entry<(::nfgrad::__private::D<32>,)>,
        /// `w2`: `[32, 10]`, parameter.
        pub w2: K::Entry<(::nfgrad::__private::D<32>, ::nfgrad::__private::D<10>)>,
        /// `b2`: `[10]`, parameter.
        pub b2: K::Entry<(::nfgrad::__private::D<10>,)>,
        /// Pixels, from 0 to 1.
        ///
        /// `x`: `[B, 64]`, input.
        pub x: K::Entry<(B, ::nfgrad::__private::D<64>)>,
        /// One-hot classes.
        ///
        /// `t`: `[B, 10]`, input.
        pub t: K::Entry<(B, ::nfgrad::__private::D<10>)>,
    }
    /// The parameters of [`Net`], or what is known of each: its gradient.
    pub struct NetParams<K: ::nfgrad::__private::Entries> {
        /// `w1`: `[64, 32]`, parameter.
        pub w1: K::Entry<(::nfgrad::__private::D<64>, ::nfgrad::__private::D<32>)>,
        /// `b1`: `[32]`, parameter.
        pub b1: K::Entry<(::nfgrad::__private::D<32>,)>,
        /// `w2`: `[32, 10]`, parameter.
        pub w2: K::Entry<(::nfgrad::__private::D<32>, ::nfgrad::__private::D<10>)>,
        /// `b2`: `[10]`, parameter.
        pub b2: K::Entry<(::nfgrad::__private::D<10>,)>,
    }
    /// The outputs of [`Net`].
    pub struct NetOutputs<K: ::nfgrad::__private::Entries, B: ::nfgrad::__private::Dim> {
        /// `loss`: `[]`, output.
        pub loss: K::Entry<()>,
        /// `logits`: `[B, 10]`, output.
        pub logits: K::Entry<(B, ::nfgrad::__private::D<10>)>,
    }
}
#[allow(unused_imports)]
pub use __nfadded_Net::*;
/// What this graph tells a `graph!` block that calls it.
#[doc(hidden)]
#[macro_export]
#[allow(non_local_definitions)]
#[allow(unused_macros)]
macro_rules! __nfgrad_Net {
    ({ $($library:tt)* } { $($answers:tt)* } $($rest:tt)*) => {
        $($library)* ::__private::graph_with! { { $($library)* } { $($answers)* { "graph"
        "Net" ""[(B)] [("input" "x" "[B, 64]" "") ("input" "t" "[B, 10]" "") ("param"
        "w1" "[64, 32]" "") ("param" "b1" "[32]" "") ("param" "w2" "[32, 10]" "")
        ("param" "b2" "[10]" "")] [("loss" "[]") ("logits" "[B, 10]")] [] [] 1 } }
        $($rest)* }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
pub use __nfgrad_Net as Net;
const _: () = {
    use ::nfgrad::__private as n;
    use __nfadded_Net::{NetOf, NetLeaves, NetParams, NetOutputs};
    type S0 = (n::D<64>, n::D<32>);
    type S1 = (n::D<32>,);
    type S2 = (n::D<32>, n::D<10>);
    type S3 = (n::D<10>,);
    type S4<B> = (B, n::D<64>);
    type S5<B> = (B, n::D<10>);
    type S6<B> = (B, n::D<32>);
    type S7<B> = (B,);
    type S8 = ();
    /// Where each tensor lies in the buffer of a run.
    impl<B: ::nfgrad::__private::Dim> NetOf<B> {
        const __SPANS: [n::Span; 13] = n::spans([
            n::numel::<S0>(),
            n::numel::<S1>(),
            n::numel::<S2>(),
            n::numel::<S3>(),
            n::numel::<S4<B>>(),
            n::numel::<S5<B>>(),
            n::numel::<S6<B>>(),
            n::numel::<S6<B>>(),
            n::numel::<S6<B>>(),
            n::numel::<S5<B>>(),
            n::numel::<S5<B>>(),
            n::numel::<S7<B>>(),
            n::numel::<S8>(),
        ]);
    }
    /// What is at each position: params, inputs, then one tensor for each op.
    impl<B: ::nfgrad::__private::Dim> n::Context for NetOf<B> {
        type Len = n::Nat<13>;
        const SIZE: usize = Self::__SPANS[12].end();
    }
    impl<B: ::nfgrad::__private::Dim> n::Listed for NetOf<B> {
        const LAYOUT: n::Layout = n::Layout::Flat(&Self::__SPANS);
    }
    impl<B: ::nfgrad::__private::Dim> n::At<0> for NetOf<B> {
        type Shape = S0;
        const OFFSET: usize = Self::__SPANS[0].offset;
    }
    impl<B: ::nfgrad::__private::Dim> n::At<1> for NetOf<B> {
        type Shape = S1;
        const OFFSET: usize = Self::__SPANS[1].offset;
    }
    impl<B: ::nfgrad::__private::Dim> n::At<2> for NetOf<B> {
        type Shape = S2;
        const OFFSET: usize = Self::__SPANS[2].offset;
    }
    impl<B: ::nfgrad::__private::Dim> n::At<3> for NetOf<B> {
        type Shape = S3;
        const OFFSET: usize = Self::__SPANS[3].offset;
    }
    impl<B: ::nfgrad::__private::Dim> n::At<4> for NetOf<B> {
        type Shape = S4<B>;
        const OFFSET: usize = Self::__SPANS[4].offset;
    }
    impl<B: ::nfgrad::__private::Dim> n::At<5> for NetOf<B> {
        type Shape = S5<B>;
        const OFFSET: usize = Self::__SPANS[5].offset;
    }
    impl<B: ::nfgrad::__private::Dim> n::At<6> for NetOf<B> {
        type Shape = S6<B>;
        const OFFSET: usize = Self::__SPANS[6].offset;
    }
    impl<B: ::nfgrad::__private::Dim> n::At<7> for NetOf<B> {
        type Shape = S6<B>;
        const OFFSET: usize = Self::__SPANS[7].offset;
    }
    impl<B: ::nfgrad::__private::Dim> n::At<8> for NetOf<B> {
        type Shape = S6<B>;
        const OFFSET: usize = Self::__SPANS[8].offset;
    }
    impl<B: ::nfgrad::__private::Dim> n::At<9> for NetOf<B> {
        type Shape = S5<B>;
        const OFFSET: usize = Self::__SPANS[9].offset;
    }
    impl<B: ::nfgrad::__private::Dim> n::At<10> for NetOf<B> {
        type Shape = S5<B>;
        const OFFSET: usize = Self::__SPANS[10].offset;
    }
    impl<B: ::nfgrad::__private::Dim> n::At<11> for NetOf<B> {
        type Shape = S7<B>;
        const OFFSET: usize = Self::__SPANS[11].offset;
    }
    impl<B: ::nfgrad::__private::Dim> n::At<12> for NetOf<B> {
        type Shape = S8;
        const OFFSET: usize = Self::__SPANS[12].offset;
    }
    type C6<B> = n::Prefix<NetOf<B>, 6>;
    /// x @ w1
    type N6<B> = n::Node<n::op::MatMul, (n::Idx<C6<B>, S4<B>, 4>, n::Idx<C6<B>, S0, 0>)>;
    type C7<B> = n::Prefix<NetOf<B>, 7>;
    /// x @ w1 + b1
    type N7<B> = n::Node<n::op::Add, (n::Idx<C7<B>, S6<B>, 6>, n::Idx<C7<B>, S1, 1>)>;
    type C8<B> = n::Prefix<NetOf<B>, 8>;
    /// relu(x @ w1 + b1)
    type N8<B> = n::Node<n::op::Relu, (n::Idx<C8<B>, S6<B>, 7>,)>;
    type C9<B> = n::Prefix<NetOf<B>, 9>;
    /// h @ w2
    type N9<B> = n::Node<n::op::MatMul, (n::Idx<C9<B>, S6<B>, 8>, n::Idx<C9<B>, S2, 2>)>;
    type C10<B> = n::Prefix<NetOf<B>, 10>;
    /// h @ w2 + b2
    type N10<B> = n::Node<n::op::Add, (n::Idx<C10<B>, S5<B>, 9>, n::Idx<C10<B>, S3, 3>)>;
    type C11<B> = n::Prefix<NetOf<B>, 11>;
    /// cross_entropy(logits, t)
    type N11<B> = n::Node<
        n::op::CrossEntropy,
        (n::Idx<C11<B>, S5<B>, 10>, n::Idx<C11<B>, S5<B>, 5>),
    >;
    type C12<B> = n::Prefix<NetOf<B>, 12>;
    /// mean(cross_entropy(logits, t))
    type N12<B> = n::Node<n::op::Mean<n::op::All>, (n::Idx<C12<B>, S7<B>, 11>,)>;
    /// Every node once: in this order, and back.
    impl<B: ::nfgrad::__private::Dim> n::RevGraph for NetOf<B> {
        type Context = Self;
        const PARAMS: usize = 4;
        const LEAVES: usize = 6;
        const PARAM_SIZE: usize = Self::__SPANS[4].offset;
        const LEAF_SIZE: usize = Self::__SPANS[6].offset;
        const OUTPUTS: &'static [usize] = &[12, 10];
        const NODES: n::Nodes = n::Nodes::Flat(
            &[
                <N6<B> as n::RevNode<C6<B>>>::OPERANDS,
                <N7<B> as n::RevNode<C7<B>>>::OPERANDS,
                <N8<B> as n::RevNode<C8<B>>>::OPERANDS,
                <N9<B> as n::RevNode<C9<B>>>::OPERANDS,
                <N10<B> as n::RevNode<C10<B>>>::OPERANDS,
                <N11<B> as n::RevNode<C11<B>>>::OPERANDS,
                <N12<B> as n::RevNode<C12<B>>>::OPERANDS,
            ],
        );
        const STATE: usize = 0;
        fn forward<K: n::Sweep>(sweep: &mut K) {
            sweep.node::<C6<B>, <Self as n::At<6>>::Shape, N6<B>>();
            sweep.node::<C7<B>, <Self as n::At<7>>::Shape, N7<B>>();
            sweep.node::<C8<B>, <Self as n::At<8>>::Shape, N8<B>>();
            sweep.node::<C9<B>, <Self as n::At<9>>::Shape, N9<B>>();
            sweep.node::<C10<B>, <Self as n::At<10>>::Shape, N10<B>>();
            sweep.node::<C11<B>, <Self as n::At<11>>::Shape, N11<B>>();
            sweep.node::<C12<B>, <Self as n::At<12>>::Shape, N12<B>>();
        }
        fn reverse<K: n::Sweep>(sweep: &mut K) {
            sweep.node::<C12<B>, <Self as n::At<12>>::Shape, N12<B>>();
            sweep.node::<C11<B>, <Self as n::At<11>>::Shape, N11<B>>();
            sweep.node::<C10<B>, <Self as n::At<10>>::Shape, N10<B>>();
            sweep.node::<C9<B>, <Self as n::At<9>>::Shape, N9<B>>();
            sweep.node::<C8<B>, <Self as n::At<8>>::Shape, N8<B>>();
            sweep.node::<C7<B>, <Self as n::At<7>>::Shape, N7<B>>();
            sweep.node::<C6<B>, <Self as n::At<6>>::Shape, N6<B>>();
        }
    }
    /// What the gradients are of.
    impl<B: ::nfgrad::__private::Dim> n::HasLoss for NetOf<B> {
        const POSITION: usize = 12;
        const OFFSET: usize = Self::__SPANS[12].offset;
    }
    /// Names: for reports, and to fill the structs above.
    impl<B: ::nfgrad::__private::Dim> n::Model for NetOf<B> {
        const NAME: &'static str = "Net";
        const ENTRIES: &'static [n::EntryInfo] = &[
            n::EntryInfo {
                name: "w1",
                role: n::Role::Param,
                op: "",
                shape: "[64, 32]",
            },
            n::EntryInfo {
                name: "b1",
                role: n::Role::Param,
                op: "",
                shape: "[32]",
            },
            n::EntryInfo {
                name: "w2",
                role: n::Role::Param,
                op: "",
                shape: "[32, 10]",
            },
            n::EntryInfo {
                name: "b2",
                role: n::Role::Param,
                op: "",
                shape: "[10]",
            },
            n::EntryInfo {
                name: "x",
                role: n::Role::Input,
                op: "",
                shape: "[B, 64]",
            },
            n::EntryInfo {
                name: "t",
                role: n::Role::Input,
                op: "",
                shape: "[B, 10]",
            },
            n::EntryInfo {
                name: "",
                role: n::Role::Node,
                op: "matmul",
                shape: "[B, 32]",
            },
            n::EntryInfo {
                name: "",
                role: n::Role::Node,
                op: "add",
                shape: "[B, 32]",
            },
            n::EntryInfo {
                name: "h",
                role: n::Role::Node,
                op: "relu",
                shape: "[B, 32]",
            },
            n::EntryInfo {
                name: "",
                role: n::Role::Node,
                op: "matmul",
                shape: "[B, 10]",
            },
            n::EntryInfo {
                name: "logits",
                role: n::Role::Node,
                op: "add",
                shape: "[B, 10]",
            },
            n::EntryInfo {
                name: "",
                role: n::Role::Node,
                op: "cross_entropy",
                shape: "[B]",
            },
            n::EntryInfo {
                name: "loss",
                role: n::Role::Node,
                op: "mean",
                shape: "[]",
            },
        ];
        type ParamShapes = (S0, S1, S2, S3);
        type Leaves<K: n::Entries> = NetLeaves<K, B>;
        fn leaves<K: n::Source>(source: &mut K) -> Self::Leaves<K::Kind> {
            NetLeaves {
                w1: source.entry::<Self, 0>(),
                b1: source.entry::<Self, 1>(),
                w2: source.entry::<Self, 2>(),
                b2: source.entry::<Self, 3>(),
                x: source.entry::<Self, 4>(),
                t: source.entry::<Self, 5>(),
            }
        }
        type Params<K: n::Entries> = NetParams<K>;
        fn params<K: n::Source>(source: &mut K) -> Self::Params<K::Kind> {
            NetParams {
                w1: source.entry::<Self, 0>(),
                b1: source.entry::<Self, 1>(),
                w2: source.entry::<Self, 2>(),
                b2: source.entry::<Self, 3>(),
            }
        }
        type Outputs<K: n::Entries> = NetOutputs<K, B>;
        fn outputs<K: n::Source>(source: &mut K) -> Self::Outputs<K::Kind> {
            NetOutputs {
                logits: source.entry::<Self, 10>(),
                loss: source.entry::<Self, 12>(),
            }
        }
    }
    /// This graph with other dimensions, as a block of another.
    impl<B: ::nfgrad::__private::Dim> n::With<(B,)> for NetOf<n::D<0>> {
        type Graph = NetOf<B>;
    }
    impl<B: ::nfgrad::__private::Dim> ::core::fmt::Display for NetOf<B> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Display::fmt(&n::Summary::<Self>::new(), f)
        }
    }
    /// The block as rustc and an editor are to see it: never called.
    fn _names<B: ::nfgrad::__private::Dim>() {
        let w1: ::core::marker::PhantomData<S0> = ::core::marker::PhantomData;
        let b1: ::core::marker::PhantomData<S1> = ::core::marker::PhantomData;
        let w2: ::core::marker::PhantomData<S2> = ::core::marker::PhantomData;
        let b2: ::core::marker::PhantomData<S3> = ::core::marker::PhantomData;
        let x: ::core::marker::PhantomData<S4<B>> = ::core::marker::PhantomData;
        let t: ::core::marker::PhantomData<S5<B>> = ::core::marker::PhantomData;
        let h: ::core::marker::PhantomData<S6<B>> = {
            _ = x;
            _ = w1;
            _ = b1;
            ::core::marker::PhantomData
        };
        let logits: ::core::marker::PhantomData<S5<B>> = {
            _ = h;
            _ = w2;
            _ = b2;
            ::core::marker::PhantomData
        };
        let loss: ::core::marker::PhantomData<S8> = {
            _ = logits;
            _ = t;
            ::core::marker::PhantomData
        };
        _ = loss;
        _ = logits;
    }
};
