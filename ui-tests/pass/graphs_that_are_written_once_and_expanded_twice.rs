//! One line of source may become several modules. The macros of their graphs have different names all the same.

#![deny(warnings)]

use nfgrad::prelude::*;

/// Modules with the same graphs.
macro_rules! stamp {
    ($($module:ident)*) => {
        $(pub mod $module {
            nfgrad::graph! { pub graph Twice { input x: [3]; output y = x + x; } }
            nfgrad::declare_op! { pub Swish(x: [..]) -> [..] }
            nfgrad::graph! { pub graph Four { input x: [3]; block twice: Twice; output y = twice(twice(x)); } }
            // A graph that nobody uses is not reported, as it would not be outside of a macro.
            nfgrad::graph! { graph Unused<const B: usize> { input x: [B]; param w: [B]; output y = x * w; } }
        })*
    };
}

stamp!(a b);

pub mod c {
    include!("support/written_once.rs");
}

pub mod d {
    include!("support/written_once.rs");
}

#[path = "support/written_once.rs"]
pub mod e;

#[path = "support/written_once.rs"]
#[allow(clippy::duplicate_mod, reason = "that is what is tested")]
pub mod f;

/// The value of a graph at 1.
macro_rules! at_one {
    ($graph:ty) => {{
        let mut run = <$graph>::run::<f32>();
        run.leaves_mut().x.fill_with(|| 1.0);
        run.forward();
        run.outputs().y.as_slice()[0]
    }};
}

fn main() {
    let values = [at_one!(a::Four), at_one!(b::Four), at_one!(c::Four), at_one!(d::Four), at_one!(e::Four), at_one!(f::Four)];
    assert_eq!(values, [4.0; 6]);
    // Each of them can be a block.
    graph! { graph All { input x: [3]; block a: a::Four; block c: c::Four; block f: f::Twice; output y = f(c(a(x))); } }
    assert_eq!(at_one!(All), 32.0);
}
