use nfgrad::prelude::*;

graph! {
    pub graph Net<const B: usize> {
        input x: [B, 64];
        param w: [B, 64];
        let a = sum(x, axis = 1, w);
        let b = relu(x w);
        let c = (x w);
        let d = [1.0 2.0];
        let e = &x;
        let f = x ** 2;
        let g = x +;
        let h = x[0];
        let i = x.t();
        let j = if x { w } else { x };
        let k = x % w;
        let l = relu();
        let m = x as f32;
        output y = x < w;
    }
}

fn main() {}
