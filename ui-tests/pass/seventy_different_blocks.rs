//! A graph may call as many different graphs as it likes, since they are not asked one inside of the other.

use nfgrad::prelude::*;

macro_rules! layers {
    ($($layer:ident $name:ident)*) => {
        $(graph! { pub graph $layer { input x: [2]; param w: [2]; output y = x * w; } })*

        graph! {
            pub graph Wide { input x: [2]; $(block $name: $layer;)* output y = x $(+ $name(x))*; }
        }
    };
}

layers! {
    L0 l0 L1 l1 L2 l2 L3 l3 L4 l4 L5 l5 L6 l6 L7 l7 L8 l8 L9 l9
    L10 l10 L11 l11 L12 l12 L13 l13 L14 l14 L15 l15 L16 l16 L17 l17 L18 l18 L19 l19
    L20 l20 L21 l21 L22 l22 L23 l23 L24 l24 L25 l25 L26 l26 L27 l27 L28 l28 L29 l29
    L30 l30 L31 l31 L32 l32 L33 l33 L34 l34 L35 l35 L36 l36 L37 l37 L38 l38 L39 l39
    L40 l40 L41 l41 L42 l42 L43 l43 L44 l44 L45 l45 L46 l46 L47 l47 L48 l48 L49 l49
    L50 l50 L51 l51 L52 l52 L53 l53 L54 l54 L55 l55 L56 l56 L57 l57 L58 l58 L59 l59
    L60 l60 L61 l61 L62 l62 L63 l63 L64 l64 L65 l65 L66 l66 L67 l67 L68 l68 L69 l69
}

fn main() {
    let mut run = Wide::run::<f32>();
    run.leaves_mut().x.fill_with(|| 1.0);
    run.leaves_mut().l69.w.fill_with(|| 2.0);
    run.forward();
    assert_eq!(run.outputs().y.as_slice(), [3.0; 2]);
}
