//! Gradients at ties and kinks, and what is left of masked rows, in burn, candle and nfgrad: `case <tab> library <tab> result`.

fn main() {
    burn::report();
    candle::report().expect("candle raised an error");
    nfgrad::report();
}

fn print(case: &str, library: &str, numbers: &[f32]) {
    let number = |x: &f32| match *x {
        x if x.is_nan() => "NaN".into(),
        f32::INFINITY => "∞".into(),
        f32::NEG_INFINITY => "-∞".into(),
        x => x.to_string(),
    };
    let numbers: Vec<String> = numbers.iter().map(number).collect();
    println!("{case}\t{library}\t{}", numbers.join(", "));
}

mod burn {
    use burn_autodiff::Autodiff;
    use burn_ndarray::NdArray;
    use burn_tensor::{activation, module};

    type Tensor = burn_tensor::Tensor<Autodiff<NdArray<f32>>, 1>;

    fn print(case: &str, numbers: &[f32]) {
        super::print(case, "burn", numbers);
    }

    fn leaf(x: &[f32]) -> Tensor {
        Tensor::from_data(x, &Default::default()).require_grad()
    }

    fn numbers<const D: usize>(x: burn_tensor::Tensor<NdArray<f32>, D>) -> Vec<f32> {
        x.into_data().to_vec().expect("numbers are f32")
    }

    /// A gradient that the library does not give at all is no number.
    fn gradient(x: &[f32], f: impl Fn(Tensor) -> Tensor) -> Vec<f32> {
        let x = leaf(x);
        let gradients = f(x.clone()).sum().backward();
        x.grad(&gradients).map_or(vec![0.0], numbers)
    }

    fn pair(f: impl Fn(Tensor, Tensor) -> Tensor) -> Vec<f32> {
        let (a, b) = (leaf(&[1.0]), leaf(&[1.0]));
        let gradients = f(a.clone(), b.clone()).sum().backward();
        [a, b].iter().flat_map(|x| numbers(x.grad(&gradients).expect("both are read"))).collect()
    }

    pub fn report() {
        print("relu", &gradient(&[0.0], activation::relu));
        print("abs", &gradient(&[0.0], Tensor::abs));
        print("leaky_relu", &gradient(&[0.0], |x| activation::leaky_relu(x, 0.1)));
        print("sqrt", &gradient(&[0.0], Tensor::sqrt));
        print("norm", &gradient(&[0.0, 0.0], |x| (x.clone() * x).sum().sqrt()));
        for n in [0, 1, 2, -1] {
            print(&format!("pow {n}"), &gradient(&[0.0], |x| x.powi_scalar(n)));
        }
        let masked_log = |x: Tensor| {
            let left_out = x.clone().lower_equal_elem(0.0);
            x.log().mask_fill(left_out, 0.0)
        };
        print("where", &gradient(&[0.0], masked_log));
        print("maximum", &pair(Tensor::max_pair));
        print("minimum", &pair(Tensor::min_pair));
        print("amax", &gradient(&[1.0, 1.0, 0.0], Tensor::max));
        print("max along an axis", &gradient(&[1.0, 1.0, 0.0], |x| x.max_dim(0)));
        print("clamp low", &gradient(&[0.0], |x| x.clamp(0.0, 1.0)));
        print("clamp high", &gradient(&[1.0], |x| x.clamp(0.0, 1.0)));
        let pooled = |x: Tensor| module::max_pool2d(x.reshape([1, 1, 2, 2]), [2, 2], [2, 2], [0, 0], [1, 1], false).reshape([1]);
        print("max_pool2d", &gradient(&[1.0; 4], pooled));
        print("softmax of -∞", &numbers(activation::softmax(leaf(&[f32::NEG_INFINITY; 2]), 0).inner()));
    }
}

mod candle {
    use candle_core::{DType, Device, Result, Tensor, Var};
    use candle_nn::ops;

    fn print(case: &str, numbers: &[f32]) {
        super::print(case, "candle", numbers);
    }

    fn gradient(x: &[f32], f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Vec<f32>> {
        let x = Var::new(x, &Device::Cpu)?;
        let gradients = f(x.as_tensor())?.sum_all()?.backward()?;
        gradients.get(&x).map_or(Ok(vec![0.0]), Tensor::to_vec1)
    }

    fn pair(f: impl Fn(&Tensor, &Tensor) -> Result<Tensor>) -> Result<Vec<f32>> {
        let (a, b) = (Var::new(&[1_f32], &Device::Cpu)?, Var::new(&[1_f32], &Device::Cpu)?);
        let gradients = f(&a, &b)?.sum_all()?.backward()?;
        let each: Result<Vec<Vec<f32>>> = [a, b].iter().filter_map(|x| gradients.get(x)).map(Tensor::to_vec1).collect();
        Ok(each?.concat())
    }

    pub fn report() -> Result<()> {
        print("relu", &gradient(&[0.0], Tensor::relu)?);
        print("abs", &gradient(&[0.0], Tensor::abs)?);
        print("leaky_relu", &gradient(&[0.0], |x| ops::leaky_relu(x, 0.1))?);
        print("sqrt", &gradient(&[0.0], Tensor::sqrt)?);
        print("norm", &gradient(&[0.0, 0.0], |x| x.sqr()?.sum_all()?.sqrt())?);
        for n in [0, 1, 2, -1] {
            print(&format!("pow {n}"), &gradient(&[0.0], |x| x.powf(f64::from(n)))?);
        }
        print("where", &gradient(&[0.0], |x| x.gt(0_f32)?.where_cond(&x.log()?, &x.zeros_like()?))?);
        print("maximum", &pair(|a, b| a.maximum(b))?);
        print("minimum", &pair(|a, b| a.minimum(b))?);
        print("amax", &gradient(&[1.0, 1.0, 0.0], Tensor::max_all)?);
        print("max along an axis", &gradient(&[1.0, 1.0, 0.0], |x| x.max(0))?);
        print("clamp low", &gradient(&[0.0], |x| x.clamp(0_f32, 1_f32))?);
        print("clamp high", &gradient(&[1.0], |x| x.clamp(0_f32, 1_f32))?);
        print("max_pool2d", &gradient(&[1.0; 4], |x| x.reshape((1, 1, 2, 2))?.max_pool2d(2)?.flatten_all())?);
        let infinite = Tensor::new(&[f32::NEG_INFINITY; 2], &Device::Cpu)?;
        print("softmax of -∞", &ops::softmax(&infinite, 0)?.to_vec1()?);
        let beyond = Tensor::new(&[464_f32, 480.0, 1e5, f32::INFINITY, f32::NEG_INFINITY], &Device::Cpu)?;
        print("cast to e4m3fn", &beyond.to_dtype(DType::F8E4M3)?.to_dtype(DType::F32)?.to_vec1()?);
        Ok(())
    }
}

mod nfgrad {
    use nfgrad::format::{E4m3, E4m3Saturating, E5m2, E5m2Saturating, Format};
    use nfgrad::prelude::*;

    fn print(case: &str, numbers: &[f32]) {
        super::print(case, "nfgrad", numbers);
    }

    /// The gradient of the sum of `$f` at the leaves.
    macro_rules! gradient {
        ($case:expr, [$($x:ident: $shape:tt = $value:expr),+], $f:expr) => {{
            graph! {
                graph Case {
                    $(param $x: $shape;)+
                    output loss = sum($f);
                }
            }
            let mut run = Case::run::<f32>();
            $(run.leaves_mut().$x.copy_from_slice(&$value).expect("as long as the shape");)+
            run.forward();
            run.backward();
            let gradients = run.gradients();
            print($case, &[$(gradients.$x.as_slice()),+].concat());
        }};
    }

    pub fn report() {
        gradient!("relu", [x: [1] = [0.0]], relu(x));
        gradient!("abs", [x: [1] = [0.0]], abs(x));
        gradient!("leaky_relu", [x: [1] = [0.0]], leaky_relu(x, slope = 0.1));
        gradient!("sqrt", [x: [1] = [0.0]], sqrt(x));
        gradient!("norm", [x: [2] = [0.0, 0.0]], sqrt(sum(x * x)));
        gradient!("pow 0", [x: [1] = [0.0]], pow(x, 0));
        gradient!("pow 1", [x: [1] = [0.0]], pow(x, 1));
        gradient!("pow 2", [x: [1] = [0.0]], pow(x, 2));
        gradient!("pow -1", [x: [1] = [0.0]], pow(x, -1));
        gradient!("maximum", [a: [1] = [1.0], b: [1] = [1.0]], maximum(a, b));
        gradient!("minimum", [a: [1] = [1.0], b: [1] = [1.0]], minimum(a, b));
        gradient!("amax", [x: [3] = [1.0, 1.0, 0.0]], amax(x));
        gradient!("max along an axis", [x: [3] = [1.0, 1.0, 0.0]], amax(x, axis = 0));
        gradient!("max_pool2d", [x: [1, 2, 2] = [1.0; 4]], max_pool2d(x, size = 2));
        masks();
        let beyond = |largest: [f64; 2]| [largest[0], largest[1], 1e6, f64::INFINITY, f64::NEG_INFINITY];
        let (e4m3, e5m2) = (beyond([464.0, 480.0]), beyond([57344.0, 61440.0]));
        print("cast to e4m3fn", &e4m3.map(|x| E4m3::from_f64(x).to_f64() as f32));
        print("cast to e4m3fn, saturating", &e4m3.map(|x| E4m3Saturating::from_f64(x).to_f64() as f32));
        print("cast to e5m2", &e5m2.map(|x| E5m2::from_f64(x).to_f64() as f32));
        print("cast to e5m2, saturating", &e5m2.map(|x| E5m2Saturating::from_f64(x).to_f64() as f32));
    }

    fn masks() {
        graph! {
            graph Masked {
                input x: [2];
                input mask: [2];
                input q: [1, 2];
                input k: [2, 2];
                input shut: [1, 2];
                input z: [1, 2];
                input t: [1, 2];
                output masked = softmax(x, mask);
                output plain = softmax(x);
                output attended = attention(q, k, k, shut);
                output entropy = sum(cross_entropy(z, t));
            }
        }
        let mut run = Masked::run::<f32>();
        let mut leaves = run.leaves_mut();
        leaves.x.fill_with(|| f32::NEG_INFINITY);
        leaves.q.fill_with(|| 1.0);
        leaves.k.copy_from_slice(&[1.0, 2.0, 3.0, 6.0]).expect("four numbers");
        leaves.z.copy_from_slice(&[0.0, f32::NEG_INFINITY]).expect("two numbers");
        leaves.t.copy_from_slice(&[1.0, 0.0]).expect("two numbers");
        run.forward();
        let outputs = run.outputs();
        print("softmax of -∞", outputs.plain.as_slice());
        print("softmax, masked", outputs.masked.as_slice());
        print("attention, masked", outputs.attended.as_slice());
        print("cross_entropy of -∞", &[outputs.entropy.value()]);
    }
}
