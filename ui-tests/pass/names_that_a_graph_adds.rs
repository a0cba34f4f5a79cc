//! A graph adds the names of its structs. Where somebody has one of these, that is what the name means; the graph is as before.

#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]

use nfgrad::prelude::*;

/// How many rows, seen by the graphs alone.
const ROWS: usize = 2;

/// Ours.
pub struct NetParams;
/// Ours.
pub enum NetLeaves {}
/// Ours.
pub trait NetOf {}
/// Ours.
#[allow(non_snake_case)]
pub mod NetOutputs {}

graph! {
    /// The parameters of a part.
    pub graph Part<const B: usize> { input x: [B, ROWS]; param w: [ROWS, ROWS]; output y = x @ w; }
}

graph! {
    /// [`NetParams`] is another one.
    pub graph Net<const B: usize> {
        input x: [B, ROWS];
        param s: [ROWS];
        block part: Part<_>;
        block parts: [Part<_>; 2];
        output y = parts(part(x)) * s;
    }
}

graph! {
    /// The name of this graph is one that another adds.
    pub graph PartParams { input x: [ROWS]; param w: [ROWS]; output y = x * w; }
}

impl NetOf for NetParams {}

/// Private structs beside a public graph, which hide what the graph adds. Rustc looks at these, not at the graph, for whether that is meant.
pub mod beside {
    use nfgrad::prelude::*;

    #[expect(hidden_glob_reexports)]
    #[derive(Default)]
    struct NetParams(usize);
    #[expect(hidden_glob_reexports)]
    struct NetLeaves;

    graph! {
        /// A graph.
        pub graph Net { input x: [2]; param w: [2]; output y = x * w; }
    }

    /// How many there are.
    pub fn count() -> usize {
        let NetLeaves = NetLeaves;
        NetParams::default().0 + Net::run::<f32>().params().len()
    }
}

fn main() {
    let _: (NetParams, Option<NetLeaves>) = (NetParams, None);
    // A block of code has constants that no module sees.
    const INNER: usize = 3;
    graph! {
        graph Local<const B: usize> { input x: [B, INNER]; param w: [INNER]; output y = x * w; }
    }
    graph! {
        graph Outer { input x: [4, INNER]; block local: Local<4>; output y = sum(local(x)); }
    }
    let mut run = Outer::run::<f32>();
    run.leaves_mut().x.fill_with(|| 1.0);
    run.forward();
    run.backward();
    // Where nothing has the name it is that of the struct.
    let OuterParams { local: LocalParams { w } } = run.gradients();
    assert_eq!(w.as_slice(), [4.0; 3]);

    assert!(beside::count() >= 2);
    let mut run = Net::<4>::run::<f32>();
    run.leaves_mut().part.w.fill_with(|| 1.0);
    run.forward();
    let _ = PartParams::run::<f32>().outputs().y.as_slice().len();
}
