//! Whatever the library is called, and whoever passes its macro on, a graph finds it.

#![deny(warnings)]

// Whoever looks for `::nfgrad` finds nothing that helps.
extern crate core as nfgrad;
extern crate nfgrad as renamed;

/// What a library does that has nfgrad as a part of its own.
pub mod facade {
    pub use renamed::{graph, prelude};

    /// The library of the facade.
    pub mod parts {
        pub extern crate nfgrad as inner;
    }

    /// A macro of the facade, with a graph inside.
    #[macro_export]
    macro_rules! halves {
        ($name:ident) => { $crate::facade::graph! { pub graph $name { input x: [4]; output y = 0.5 * x; } } };
    }
}

use facade::prelude::*;

mod layers {
    crate::facade::graph! {
        /// Blocks are asked across borders.
        pub graph Scale<const N: usize> { input x: [N]; param w: [N]; output y = x * w; }
    }
}
use layers::Scale;
// Written where the library has its own name.
use nfgrad_ui_tests::blocks::Linear;

halves!(Halves);


graph! {
    /// Graphs of here and there.
    pub graph Net {
        input x: [2, 4];
        block linear: Linear<_, 4, 4>;
        block scale: Scale<8>;
        block halves: Halves;
        let h = scale(reshape(linear(x), [8]));
        output y = halves(slice(h, axis = 0, range = 0..4));
    }
}

facade::graph! {
    crate = crate::facade::parts::inner;

    /// The library is where one says.
    pub graph Said<const N: usize> { input x: [N]; block scale: Scale<N>; output y = sum(scale(x)); }
}

fn main() {
    let mut run = Net::run::<f32>();
    run.leaves_mut().x.fill_with(|| 1.0);
    run.leaves_mut().linear.w.fill_with(|| 1.0);
    run.leaves_mut().scale.w.fill_with(|| 3.0);
    run.forward();
    assert_eq!(run.outputs().y.as_slice(), [6.0; 4]);
    let mut run = Said::<2>::run::<f32>();
    run.leaves_mut().x.fill_with(|| 1.0);
    run.leaves_mut().scale.w.fill_with(|| 2.0);
    run.forward();
    assert_eq!(run.outputs().y.value(), 4.0);
}
