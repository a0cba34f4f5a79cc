use nfgrad::prelude::*;

graph! { pub struct One { input x: [2]; output x; } }
graph! { pub graph { input x: [2]; output x; } }
graph! { pub graph Three(x) { output x; } }
graph! { pub graph Four<B> { input x: [B]; output x; } }
graph! { pub graph Five<const B: u8> { input x: [B]; output x; } }
graph! { pub graph Six<const B: usize> where B { input x: [B]; output x; } }
graph! { pub graph Seven<const B: usize> where B > 1 B < 9 { input x: [B]; output x; } }
graph! { pub graph Eight { input x: [2]; output x; } pub graph Nine { input x: [2]; output x; } }
graph! {}

fn main() {}
