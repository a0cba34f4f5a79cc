//! Parameters: names, formats, mappings, and all that does not fit.

use nfgrad::format::small::{Float4E2m1Fn, Float6E2m3Fn, Float6E3m2Fn, Float8E4m3Fnuz, Float8E5m2Fnuz};
use nfgrad::format::{Carried, E4m3, E5m2, FusedEach, RoundEach, Tf32};
use nfgrad::prelude::*;
use nfgrad::store::{Dtype, Mapping, Misfit, Problem, Stored, Why};
use safetensors::SafeTensors;

use super::{Folder, Net, bits, misfits, problem, random, read};

/// Saved and loaded, each parameter is the number that it was; and saved again, the file has the same bytes.
fn comes_back<F: Stored>(folder: &Folder, extension: &str) {
    let (first, second) = (folder.file(&format!("first.{extension}")), folder.file(&format!("second.{extension}")));
    let mut run = random::<F>(1);
    run.save_params(&first).unwrap();
    let mut other = random::<F>(2);
    other.leaves_mut().x.copy_from(run.leaves().x);
    other.load_params(&first).unwrap();
    other.save_params(&second).unwrap();
    assert_eq!(read(&first), read(&second));
    run.forward();
    other.forward();
    assert_eq!(bits(run.outputs().y.as_slice()), bits(other.outputs().y.as_slice()));
    // Nothing is left beside the files.
    assert_eq!(folder.names(), [format!("first.{extension}"), format!("second.{extension}")]);
    std::fs::remove_file(first).unwrap();
    std::fs::remove_file(second).unwrap();
}

#[test]
fn every_format_comes_back() {
    let folder = Folder::new("formats");
    for extension in ["safetensors", "npz"] {
        comes_back::<f64>(&folder, extension);
        comes_back::<f32>(&folder, extension);
        comes_back::<f16>(&folder, extension);
        comes_back::<bf16>(&folder, extension);
        comes_back::<Tf32>(&folder, extension);
        comes_back::<E4m3>(&folder, extension);
        comes_back::<E5m2>(&folder, extension);
        comes_back::<Float8E4m3Fnuz>(&folder, extension);
        comes_back::<Float8E5m2Fnuz>(&folder, extension);
        comes_back::<Float6E2m3Fn>(&folder, extension);
        comes_back::<Float6E3m2Fn>(&folder, extension);
        comes_back::<Float4E2m1Fn>(&folder, extension);
        comes_back::<Carried<17, -78, 63>>(&folder, extension);
        comes_back::<Carried<25, -300>>(&folder, extension);
        comes_back::<RoundEach<f32>>(&folder, extension);
        comes_back::<FusedEach<bf16>>(&folder, extension);
    }
}

#[test]
fn names_are_paths_and_the_crate_itself_reads_them() {
    let folder = Folder::new("names");
    let path = folder.file("net.safetensors");
    let run = random::<bf16>(3);
    run.save_params(&path).unwrap();
    let bytes = read(&path);
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut names = tensors.names();
    names.sort_unstable();
    let layers = ["layers.0.down.b", "layers.0.down.w", "layers.0.up.b", "layers.0.up.w"];
    let more = ["layers.1.down.b", "layers.1.down.w", "layers.1.up.b", "layers.1.up.w"];
    assert_eq!(names, [&["head.b", "head.w"][..], &layers, &more, &["scale"]].concat());
    let w = tensors.tensor("layers.1.up.w").unwrap();
    assert_eq!((w.dtype(), w.shape()), (safetensors::Dtype::BF16, &[4, 8][..]));
    let ours: Vec<u8> = run.leaves().layers[1].up.w.as_slice().iter().flat_map(|x| x.to_bits().to_le_bytes()).collect();
    assert_eq!(w.data(), ours);
    assert_eq!(tensors.tensor("scale").unwrap().shape(), [0_usize; 0]);
}

/// PyTorch's names for the same model.
fn torch() -> Mapping {
    Mapping::new()
        .rename("gain", "scale")
        .linear("model.*.expand", "layers.*.up.w", "layers.*.up.b")
        .linear("model.*.reduce", "layers.*.down.w", "layers.*.down.b")
        .linear("classifier", "head.w", "head.b")
}

#[test]
fn a_mapping_renames_and_transposes_both_ways() {
    let folder = Folder::new("mapping");
    let (path, own) = (folder.file("torch.safetensors"), folder.file("own.safetensors"));
    let run = random::<f32>(4);
    run.save_params_with(&path, &torch()).unwrap();
    run.save_params(&own).unwrap();
    let bytes = read(&path);
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let weight = tensors.tensor("model.1.expand.weight").unwrap();
    assert_eq!(weight.shape(), [8, 4]);
    let (w, at) = (run.leaves().layers[1].up.w, |i: usize| 4 * i);
    assert_eq!(&weight.data()[at(4 * 5 + 2)..at(4 * 5 + 3)], w.get([2, 5]).unwrap().to_le_bytes());

    let mut other = Net::<3>::run::<f32>();
    other.load_params_with(&path, &torch()).unwrap();
    let again = folder.file("again.safetensors");
    other.save_params(&again).unwrap();
    assert_eq!(read(&own), read(&again));
}

#[test]
fn a_file_with_a_prefix_more_tensors_and_fewer_is_loaded_if_that_is_said() {
    let folder = Folder::new("prefix");
    let path = folder.file("wrapped.safetensors");
    let run = random::<f32>(5);
    run.save_params_with(&path, &Mapping::new().rename("module.**", "**").rename("s", "scale")).unwrap();
    let mut other = random::<f32>(6);
    let (kept, scale) = (other.leaves().head.w.to_tensor(), run.leaves().scale.value());
    let mapping =
        Mapping::new().rename("module.**", "**").rename("s", "scale").without("head.**").ignore("module.head.*");
    other.load_params_with(&path, &mapping).unwrap();
    assert_eq!(other.leaves().head.w.as_slice(), kept.view().as_slice());
    assert_eq!(other.leaves().scale.value(), scale);
    assert_eq!(other.leaves().layers[0].up.w.as_slice(), run.leaves().layers[0].up.w.as_slice());
}

#[test]
fn all_that_does_not_fit_is_named_and_nothing_is_loaded() {
    graph! {
        /// Some tensors of `Net`, of other shapes, and one more.
        graph Other {
            input x: [2];
            param scale: [2];
            param layers: [8, 4];
            param more: [3];
            block head: super::Linear<2, 4, 2>;
            output y = scale * x + sum(layers) * sum(more) * sum(head(reshape(concat(x, x, x, x, axis = 0), [2, 4])));
        }
    }
    let folder = Folder::new("misfits");
    let path = folder.file("net.safetensors");
    let mut net = random::<f32>(7);
    net.leaves_mut().head.b.copy_from_slice(&[0.1, 0.5]).unwrap();
    net.save_params(&path).unwrap();
    let mut run = Other::run::<bf16>();
    run.leaves_mut().scale.fill_with(|| bf16::ONE);
    run.forward();
    let before = bits(run.params());
    let found = misfits(run.load_params(&path));
    let (missing, extra): (Vec<_>, Vec<_>) = found.iter().partition(|misfit| !matches!(misfit.why, Why::Extra { .. }));
    let names = |misfits: &[&Misfit]| misfits.iter().map(|misfit| misfit.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&missing), ["scale", "layers", "more", "head.w", "head.b"]);
    assert_eq!(extra.len(), 8);
    assert!(extra.iter().all(|misfit| misfit.name.starts_with("layers.")));
    assert!(matches!(&missing[0].why, Why::Shape { expected, found } if expected == &[2] && found.is_empty()));
    assert!(matches!(&missing[2].why, Why::Missing { shape, .. } if shape == &[3]));
    assert!(
        matches!(&missing[4].why, Why::Inexact { dtype: Dtype::F32, format: "bf16", count: 1, first: 0, number } if number == "1.0000000149011612e-1")
    );
    // Nothing was touched: not a number, and not what is known of them.
    assert_eq!(bits(run.params()), before);
    assert!(run.save_outputs(folder.file("y.safetensors")).is_ok());

    let text = run.load_params(&path).unwrap_err().to_string();
    assert!(text.contains("shape: `scale` is [], and [2] is expected"), "{text}");
    assert!(text.contains("extra: `layers.0.up.w` [4, 8] of F32"), "{text}");
}

#[test]
fn a_transposed_matrix_is_told_and_not_guessed() {
    graph! {
        graph Wide { param w: [2, 3]; output y = w * 2.0; }
    }
    graph! {
        graph Tall { param w: [3, 2]; output y = w * 2.0; }
    }
    let folder = Folder::new("transposed");
    let path = folder.file("w.safetensors");
    let mut wide = Wide::run::<f32>();
    wide.leaves_mut().w.copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    wide.save_params(&path).unwrap();
    let mut tall = Tall::run::<f32>();
    let text = tall.load_params(&path).unwrap_err().to_string();
    assert!(text.contains("`w` is [2, 3], and [3, 2] is expected; if it is stored transposed"), "{text}");
    tall.load_params_with(&path, &Mapping::new().transposed("w")).unwrap();
    assert_eq!(tall.leaves().w.as_slice(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
}

#[test]
fn a_rule_that_means_nothing_is_an_error() {
    let folder = Folder::new("rules");
    let path = folder.file("net.safetensors");
    let mut run = random::<f32>(8);
    let mapping = Mapping::new()
        .rename("a", "layers.7.up.w")
        .transposed("no.such")
        .without("heads.*")
        .transposed("head.b")
        .rename("scale", "layers.0.up.b");
    let found = misfits(run.save_params_with(&path, &mapping));
    let reasons: Vec<_> = found.iter().map(|misfit| (misfit.name.as_str(), &misfit.why)).collect();
    assert!(
        matches!(
            reasons[..],
            [
                ("a -> layers.7.up.w", Why::Unused),
                ("no.such", Why::Unused),
                ("heads.*", Why::Unused),
                ("scale", Why::Shared { .. }),
                ("head.b", Why::NotAMatrix { .. }),
            ]
        ),
        "{reasons:?}"
    );
    assert!(folder.names().is_empty());
    run.save_params(&path).unwrap();
    let found = misfits(run.load_params_with(&path, &Mapping::new().rename("*", "**").ignore("**.**")));
    assert!(found.iter().any(|misfit| misfit.why == Why::Wildcards && misfit.name == "* -> **"));
}

#[test]
fn numbers_are_rounded_once_and_only_if_that_is_said() {
    let folder = Folder::new("rounded");
    let path = folder.file("net.safetensors");
    let wide = random::<f64>(9);
    wide.save_params(&path).unwrap();
    let mut narrow = random::<bf16>(10);
    assert!(matches!(misfits(narrow.load_params(&path))[0].why, Why::Inexact { dtype: Dtype::F64, .. }));
    narrow.load_params_with(&path, &Mapping::new().rounded()).unwrap();
    let expected: Vec<_> = wide.leaves().head.w.as_slice().iter().map(|&x| bf16::from_f64(x)).collect();
    assert_eq!(narrow.leaves().head.w.as_slice(), expected);
    // An overflow is no rounding, also where it would be the largest number.
    let mut large = random::<f64>(9);
    large.leaves_mut().head.b.copy_from_slice(&[1.0, -1e30]).unwrap();
    large.save_params(folder.file("large.safetensors")).unwrap();
    let rounded = Mapping::new().rounded();
    for found in [
        misfits(random::<f16>(1).load_params_with(folder.file("large.safetensors"), &rounded)),
        misfits(random::<E4m3>(1).load_params_with(folder.file("large.safetensors"), &rounded)),
        misfits(random::<Float4E2m1Fn>(1).load_params_with(folder.file("large.safetensors"), &rounded)),
    ] {
        assert_eq!(found.len(), 1);
        assert!(matches!(&found[0].why, Why::Beyond { count: 1, first: 1, number, .. } if number == "-1e30"));
    }
    // Back into something wider nothing is lost, so nothing need be said.
    narrow.save_params(&path).unwrap();
    let mut back = random::<f32>(11);
    back.load_params(&path).unwrap();
    assert_eq!(bits(back.leaves().head.w.as_slice()), bits(narrow.leaves().head.w.as_slice()));
}

#[test]
fn a_run_with_radii_loads_too() {
    let folder = Folder::new("bounded");
    let path = folder.file("net.safetensors");
    let run = random::<f32>(12);
    run.save_params(&path).unwrap();
    let mut bounded = Net::<3>::bounded::<f32, Elementwise>();
    bounded.forward().unwrap();
    bounded.load_params(&path).unwrap();
    // The values are of other leaves now.
    assert!(bounded.backward().is_err());
    bounded.forward().unwrap();
    bounded.backward().unwrap();
    assert_eq!(bounded.params().head.w.mid().as_slice(), run.leaves().head.w.as_slice());
    assert_eq!(bounded.params().head.w.max_radius().get(), 0.0);
}

#[test]
fn what_is_stale_is_not_written() {
    let folder = Folder::new("stale");
    let mut run = random::<f32>(13);
    assert!(matches!(run.save_outputs(folder.file("y.npz")), Err(Error::Stale { .. })));
    run.forward();
    assert!(matches!(run.save_gradients(folder.file("g.npz")), Err(Error::Stale { .. })));
    run.backward();
    run.save_gradients(folder.file("g.npz")).unwrap();
    run.save_outputs(folder.file("y.npz")).unwrap();
    assert_eq!(folder.names(), ["g.npz", "y.npz"]);
}

#[test]
fn a_file_that_cannot_be_written_leaves_what_was_there() {
    let folder = Folder::new("atomic");
    let path = folder.file("net.safetensors");
    let mut run = random::<f32>(14);
    run.save_params(&path).unwrap();
    let before = read(&path);
    // A folder cannot be replaced by a file.
    std::fs::create_dir(folder.file("taken.safetensors")).unwrap();
    assert!(matches!(problem(run.save_params(folder.file("taken.safetensors"))), Problem::Io { .. }));
    assert!(matches!(problem(run.save_params(folder.file("no/such.safetensors"))), Problem::Io { .. }));
    assert!(matches!(problem(run.save_params(folder.file("net.bin"))), Problem::Extension));
    assert!(matches!(problem(run.load_params(folder.file("none.safetensors"))), Problem::Io { .. }));
    assert!(matches!(problem(run.load_params(folder.file("taken.safetensors"))), Problem::Io { .. }));
    assert_eq!(folder.names(), ["net.safetensors", "taken.safetensors"]);
    assert_eq!(read(&path), before);
    // A file in the folder of the process has no other parent.
    let name = format!("nfgrad-store-{}.safetensors", std::process::id());
    run.save_params(&name).unwrap();
    assert_eq!(read(name.as_ref()), before);
    std::fs::remove_file(name).unwrap();
}
