struct Swish;
nfgrad::declare_op! { pub(crate) Swish(x: [..]) }
struct Gate;
nfgrad::declare_op! { Gate(x: [4]) -> [..] }

fn main() {}
