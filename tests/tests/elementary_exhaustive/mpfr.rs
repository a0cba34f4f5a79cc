//! The f64 functions, and those of `Nf` with the range and precision of f64, against MPFR: vectors that are committed, and values for a
//! large comparison. `tests/oracle/mpfr.py` makes the former and judges the latter.

use std::f64::consts::FRAC_PI_2;

use nfgrad::format::elementary::{self, Elementary};
use nfgrad::format::{Below, Downward, Flt, Format, NearestEven, Nf, Upward};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Function, draw, functions, turning_points, ulp};

/// A number of the domain: as [`draw`] says, subnormal, next to 0, ±1 and the ends of the domain, or next to a multiple of π/2.
fn adversarial(rng: &mut ChaCha8Rng, domain: [f64; 2], turning: &[f64]) -> f64 {
    let [lo, hi] = domain;
    loop {
        let steps = rng.random_range(-64..=64_i64);
        let beside = |x: f64| f64::from_bits(x.to_bits().wrapping_add_signed(steps));
        let x = match rng.random_range(0..8) {
            0 => {
                let (shift, sign) = (rng.random_range(12..64), rng.random::<u64>() << 63);
                f64::from_bits(rng.random::<u64>() >> shift | sign)
            }
            1 => beside([1.0, -1.0, lo, hi][rng.random_range(0..4)]),
            2 => {
                let size = rng.random_range(1..52);
                let multiple = rng.random_range(1..1_u64 << size);
                beside(multiple as f64 * FRAC_PI_2 * [1.0, -1.0][rng.random_range(0..2)])
            }
            _ => draw(rng, domain, turning),
        };
        if x > lo && x <= hi {
            return x;
        }
    }
}

/// For `tests/oracle/mpfr.py`: what each function returns for a million numbers, in the folder that `NFGRAD_VALUES` names.
#[test]
#[ignore = "writes 200 MB for a program in Python to read"]
fn values_for_mpfr() {
    let folder = std::path::PathBuf::from(std::env::var("NFGRAD_VALUES").expect("NFGRAD_VALUES names a folder"));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let turning: Vec<f64> = turning_points().filter(|x| x.is_finite()).collect();
    for f in &functions() {
        let mut rng = ChaCha8Rng::seed_from_u64(23);
        let draws = (0..1_000_000).map(|_| adversarial(&mut rng, f.domain, &turning));
        let bytes: Vec<u8> = draws.flat_map(|x| [x, (f.wide)(x)]).flat_map(f64::to_le_bytes).collect();
        std::fs::write(folder.join(format!("{}={}.f64", f.name, f.wide_ulps)), bytes)
            .expect("the values can be written");
    }
}

type Double<R> = Nf<2, Below<Flt<-1074, 53>, 1024>, R>;

/// The result of `Nf` with the parameters of f64, rounded to nearest, down and up.
fn decided(name: &str, x: f64) -> [f64; 3] {
    fn all<E: Elementary>(x: f64) -> [f64; 3] {
        let nearest = Double::<NearestEven>::from_f64(x).eval::<E>().to_f64();
        let down = Double::<Downward>::from_f64(x).eval::<E>().to_f64();
        [nearest, down, Double::<Upward>::from_f64(x).eval::<E>().to_f64()]
    }
    match name {
        "exp" => all::<elementary::Exp>(x),
        "ln" => all::<elementary::Ln>(x),
        "ln_1p" => all::<elementary::Ln1p>(x),
        "tanh" => all::<elementary::Tanh>(x),
        "exp_m1" => all::<elementary::ExpM1>(x),
        "sin" => all::<elementary::Sin>(x),
        "cos" => all::<elementary::Cos>(x),
        "sigmoid" => all::<elementary::Sigmoid>(x),
        "softplus" => all::<elementary::Softplus>(x),
        "silu" => all::<elementary::Silu>(x),
        "gelu_tanh" => all::<elementary::GeluTanh>(x),
        "normal_cdf" => all::<elementary::NormalCdf>(x),
        "gelu" => all::<elementary::Gelu>(x),
        _ => panic!("no function is called {name}"),
    }
}

/// The f64 function is within its stated error, and that of `Nf` is the rounded value.
#[test]
fn committed_vectors() {
    let functions = functions();
    let find = |name: &str| -> Option<&Function> { functions.iter().find(|f| f.name == name) };
    let mut checked = 0;
    for line in include_str!("../../oracle/functions_f64.txt").lines().filter(|line| !line.starts_with('#')) {
        let [name, x, nearest, rest] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let [x, nearest] = [x, nearest].map(|bits| f64::from_bits(u64::from_str_radix(bits, 16).expect("bits")));
        let rest: f64 = rest.parse().expect("millionths");
        let Some(f) = find(name) else { continue };
        let y = (f.wide)(x);
        // The difference of close numbers is exact; where y has another unit than the nearest number it has half of it, or twice.
        let (unit, rest_unit) = (ulp(y, 53, -1060), ulp(nearest, 53, -1060));
        let error = ((y - nearest) / unit - rest / 1e6 * (rest_unit / unit)).abs();
        assert!(error <= f.wide_ulps + 2e-6, "{name}({x:e}) is {y:e}, {error} units off");
        let [even, down, up] = decided(name, x);
        assert_eq!(even, nearest, "{name}({x:e})");
        if rest != 0.0 {
            let expected = if rest > 0.0 { [nearest, nearest.next_up()] } else { [nearest.next_down(), nearest] };
            assert_eq!([down, up], expected, "{name}({x:e})");
        }
        checked += 1;
    }
    assert!(checked > 1000 || functions.len() < 13, "{checked}");
}
