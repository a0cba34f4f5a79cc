//! Files that the Python packages wrote (`tests/oracle/weights.py`), and ours, which are the same byte for byte: so those read them.

use std::path::{Path, PathBuf};

use nfgrad::format::small::{Float4E2m1Fn, Float8E4m3Fnuz, Float8E5m2Fnuz};
use nfgrad::format::{E4m3, E5m2};
use nfgrad::optim::Adam;
use nfgrad::prelude::*;
use nfgrad::store::{Checkpoint, Malformed, Mapping, Problem, Stored};
use safetensors::SafeTensors;

use super::{Folder, problem, read};

graph! {
    /// What `torch.nn.Sequential(Linear(3, 2), Tanh(), Linear(2, 1))` computes.
    pub graph Mlp<const B: usize> {
        input x: [B, 3];
        param w1: [3, 2]; param b1: [2];
        param w2: [2, 1]; param b2: [1];
        output y = tanh(x @ w1 + b1) @ w2 + b2;
        output loss = mean(y * y);
    }
}
graph! {
    /// One matrix.
    pub graph Matrix { param p: [2, 4]; output y = p + p; }
}

const NUMBERS: [f64; 8] = [0.0, 0.5, -1.0, 2.0, -6.0, 4.0, 1.5, -0.5];

fn from_python(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("oracle/weights").join(name)
}

fn sequential() -> Mapping {
    Mapping::new().linear("0", "w1", "b1").linear("2", "w2", "b2")
}

fn mlp() -> nfgrad::graph::Run<Mlp<2>, f32> {
    let mut run = Mlp::<2>::run::<f32>();
    let leaves = run.leaves_mut();
    let (mut w1, mut b1, mut w2, mut b2) = (leaves.w1, leaves.b1, leaves.w2, leaves.b2);
    w1.copy_from_slice(&[1.0, -1.0, 2.0, 0.5, 3.0, 0.25]).unwrap();
    b1.copy_from_slice(&[0.5, -2.0]).unwrap();
    w2.copy_from_slice(&[8.0, -4.0]).unwrap();
    b2.copy_from_slice(&[1e-3]).unwrap();
    run
}

#[test]
fn a_model_of_pytorch_is_loaded_and_written_byte_for_byte() {
    let folder = Folder::new("python-mlp");
    let (ours, expected) = (folder.file("mlp.safetensors"), mlp());
    let mut run = Mlp::<2>::run::<f32>();
    run.load_params_with(from_python("mlp.safetensors"), &sequential()).unwrap();
    assert_eq!(run.params(), expected.params());
    run.save_params_with(&ours, &sequential()).unwrap();
    assert_eq!(read(&ours), read(&from_python("mlp.safetensors")));
    // With metadata, and a counter that no graph has.
    let mut run = Mlp::<2>::run::<f32>();
    let path = from_python("mlp_pt.safetensors");
    assert!(run.load_params_with(&path, &sequential()).is_err());
    run.load_params_with(&path, &sequential().ignore("steps")).unwrap();
    assert_eq!(run.params(), expected.params());
}

/// The tensor with this name, in the format that has its type: its numbers, and the bytes that we write for them.
fn is_read_and_written<F: Stored>(name: &str) {
    let folder = Folder::new(&format!("python-{name}"));
    let (ours, path) = (folder.file("ours.safetensors"), from_python("types.safetensors"));
    let mut run = Matrix::run::<F>();
    run.load_params_with(&path, &Mapping::new().rename(name, "p").ignore("*")).unwrap();
    assert_eq!(run.leaves().p.as_slice().iter().map(|x| x.to_f64()).collect::<Vec<_>>(), NUMBERS, "{name}");
    run.save_params_with(&ours, &Mapping::new().rename(name, "p")).unwrap();
    let (ours, theirs) = (read(&ours), read(&path));
    let [ours, theirs] = [&ours, &theirs].map(|bytes| SafeTensors::deserialize(bytes).unwrap().tensor(name).unwrap());
    assert_eq!(ours, theirs);
}

#[test]
fn every_type_is_read_and_written() {
    is_read_and_written::<f64>("float64");
    is_read_and_written::<f32>("float32");
    is_read_and_written::<f16>("float16");
    is_read_and_written::<bf16>("bfloat16");
    is_read_and_written::<E4m3>("float8_e4m3fn");
    is_read_and_written::<E5m2>("float8_e5m2");
    is_read_and_written::<Float8E4m3Fnuz>("float8_e4m3fnuz");
    is_read_and_written::<Float8E5m2Fnuz>("float8_e5m2fnuz");
    is_read_and_written::<Float4E2m1Fn>("float4_e2m1fn");
}

#[test]
fn what_is_narrower_is_read_into_what_is_wider() {
    graph! {
        graph Scales { param s: [2, 2]; output y = s + s; }
    }
    let path = from_python("types.safetensors");
    for name in ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2fnuz", "float4_e2m1fn", "float64"] {
        let mut run = Matrix::run::<f32>();
        run.load_params_with(&path, &Mapping::new().rename(name, "p").ignore("*")).unwrap();
        assert!(run.leaves().p.as_slice().iter().zip(NUMBERS).all(|(&x, y)| f64::from(x) == y), "{name}");
    }
    let scales = Mapping::new().rename("float8_e8m0fnu", "s").ignore("*");
    let mut run = Scales::run::<bf16>();
    run.load_params_with(&path, &scales).unwrap();
    assert_eq!(
        run.leaves().s.as_slice().iter().map(|x| x.to_f64()).collect::<Vec<_>>(),
        [0.5, 1.0, 2.0, 2f64.powi(-127)]
    );
    // 2^-127 is no number of f16.
    assert!(Scales::run::<f16>().load_params_with(&path, &scales).is_err());
}

#[test]
fn arrays_of_numpy_are_read_and_written_byte_for_byte() {
    let folder = Folder::new("python-npy");
    let ours = folder.file("ours.npy");
    let path = from_python("matrix.npy");
    let matrix = Tensor::<f32, (D<2>, D<3>)>::load_npy(&path).unwrap();
    assert_eq!(matrix.view().as_slice(), [1.0, 2.0, 3.0, 4.0, 5.0, -6.5]);
    for name in ["transposed.npy", "big_endian.npy"] {
        assert_eq!(Tensor::load_npy(from_python(name)).unwrap(), matrix, "{name}");
    }
    matrix.view().save_npy(&ours).unwrap();
    assert_eq!(read(&ours), read(&path));
    let scalar = Tensor::<f64, ()>::load_npy(from_python("scalar.npy")).unwrap();
    assert_eq!(scalar.view().value(), 0.1);
    scalar.view().save_npy(&ours).unwrap();
    assert_eq!(read(&ours), read(&from_python("scalar.npy")));
    let half = Tensor::<f16, (D<2>,)>::load_npy(from_python("half.npy")).unwrap();
    half.view().save_npy(&ours).unwrap();
    assert_eq!(read(&ours), read(&from_python("half.npy")));
    // Of bf16 NumPy writes the bytes, and not what they are.
    let refused = problem(Tensor::<bf16, (D<2>, D<3>)>::load_npy(from_python("bfloat16.npy")));
    assert!(matches!(refused, Problem::Malformed(Malformed::UnknownDtype { dtype, .. }) if dtype == "<V2"));
}

#[test]
fn archives_of_numpy_are_inputs() {
    graph! {
        graph Fit { input x: [2, 3]; input t: [2]; param w: [3]; output y = sum(x * w, axis = 1) * t; }
    }
    for name in ["inputs.npz", "inputs_compressed.npz"] {
        let mut run = Fit::run::<f32>();
        run.load_inputs(from_python(name)).unwrap();
        assert_eq!(run.leaves().x.as_slice(), [1.0, 2.0, 3.0, 4.0, 5.0, -6.5], "{name}");
        assert_eq!(run.leaves().t.as_slice(), [3.0, -1.0]);
    }
}

/// Writes files for `tests/oracle/weights.py`, which reads them: into the folder that `NFGRAD_WEIGHTS` names.
#[test]
#[ignore = "Python is asked by hand"]
fn files_for_python() {
    let folder = PathBuf::from(std::env::var_os("NFGRAD_WEIGHTS").expect("a folder in NFGRAD_WEIGHTS"));
    std::fs::create_dir_all(&folder).unwrap();
    let mut run = mlp();
    run.save_params_with(folder.join("mlp.safetensors"), &sequential()).unwrap();
    run.save_params(folder.join("params.npz")).unwrap();
    let matrix = Tensor::<f32, (D<2>, D<3>)>::from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, -6.5]).unwrap();
    matrix.view().save_npy(folder.join("matrix.npy")).unwrap();
    Tensor::<f64, ()>::from_slice(&[0.1]).unwrap().view().save_npy(folder.join("scalar.npy")).unwrap();
    let mut adam = Adam::new(0.01);
    for _ in 0..3 {
        run.forward();
        run.backward();
        adam.step(&mut run).unwrap();
    }
    Checkpoint::new().note("step", 3).save(folder.join("checkpoint.safetensors"), &run, &adam).unwrap();
}
