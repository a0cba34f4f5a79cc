// What several modules are made of: each has a graph, an op and a graph of both.
use nfgrad::prelude::*;

graph! {
    /// x + x.
    pub graph Twice { input x: [3]; output y = x + x; }
}

nfgrad::declare_op! { pub Swish(x: [..]) -> [..] }

graph! {
    /// 4 x.
    pub graph Four { input x: [3]; block twice: Twice; output y = twice(twice(x)); }
}
