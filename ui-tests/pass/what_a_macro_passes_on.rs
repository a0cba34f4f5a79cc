//! A `macro_rules!` passes each kind of fragment on as a group that cannot be seen. It stands for its tokens, and an expression stays
//! together: `$sum * c` is `(x + d) * c`.

#![deny(warnings)]

use nfgrad::prelude::*;

graph! {
    pub graph Linear<const B: usize> { input x: [B, 3]; param w: [3, 3]; output y = x @ w; }
}

/// The number of rows of one half.
pub const HALF: usize = 2;

macro_rules! model {
    (
        $(#[$meta:meta])* $visibility:vis $name:ident, $sum:expr, $minus:literal, $minus_too:expr, $layer:ty, $path:path,
        $rows:expr, $fact:expr, $remainder:expr, $range:expr, $tree:tt, $pattern:pat, $statement:stmt, $constant:path
    ) => {
        graph! {
            $(#[$meta])*
            $visibility graph $name<const H: usize> where $fact, $remainder == 0 {
                $(#[$meta])*
                input x: [$rows * 2, 3];
                input c: [3];
                input d: [$rows * 2, 3];
                input g: [$constant];
                block one: $layer;
                block two: [$path; 2];
                output u = 2.0 * g;
                output y = $sum * c;
                let $pattern = $minus * d + $minus_too * d;
                $statement;
                output z = slice(two[0](one(f)), axis = 0, range = $range) + sum(e - $tree, axis = 0);
            }
        }
    };
}

model! {
    #[doc = "With a comment."] pub(crate) Net, x + d, -3, -0.5, Linear, crate::Linear,
    1 + 1, H % 4 == 0, H % 2, 1..3, d, e, let f = e + d, crate::HALF
}

/// The model is a const generic's, and what it is given are the dimensions of another macro.
macro_rules! product {
    ($left:expr, $right:expr) => {
        graph! { pub graph Product { input x: [2]; input y: [2]; output z = $left * $right; } }
    };
}
product!(x - y, x + y);

fn main() {
    let mut run = Net::<8>::run::<f32>();
    let mut leaves = run.leaves_mut();
    leaves.x.fill_with(|| 1.0);
    leaves.d.fill_with(|| 2.0);
    leaves.c.fill_with(|| 10.0);
    run.forward();
    assert_eq!(run.outputs().y.as_slice(), [30.0; 12]);
    assert_eq!(run.outputs().u.as_slice(), [0.0; 2]);
    // e = -3.5 d = -7, and the sum of e - d over four rows is -36.
    assert_eq!(run.outputs().z.as_slice(), [-36.0; 6]);

    // The prelude has both 16-bit formats.
    let mut run = Product::run::<f16>();
    let mut leaves = run.leaves_mut();
    leaves.x.fill_with(|| f16::from_f64(3.0));
    leaves.y.fill_with(|| f16::from_f64(1.0));
    run.forward();
    assert_eq!(run.outputs().z.as_slice()[0].to_f64(), 8.0);
    assert_eq!(bf16::from_f64(1.0).to_f64(), 1.0);
}
