//! Arrays of NumPy, `.npy` and `.npz`: inputs, outputs, and what is no array.

use std::fs;
use std::io::Write;

use nfgrad::prelude::*;
use nfgrad::store::{Dtype, Malformed, Mapping, Problem, Why};
use nfgrad_tests::mutate::Mutants;

use super::{Folder, Net, bits, memory, misfits, problem, random, read};

/// An array as NumPy writes it.
fn npy(descr: &str, is_reversed: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if is_reversed { "True" } else { "False" };
    headed(&format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n"), data)
}

fn headed(header: &str, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len()).unwrap();
    [b"\x93NUMPY\x01\x00", &length.to_le_bytes()[..], header.as_bytes(), data].concat()
}

type Matrix<F> = Tensor<F, (D<2>, D<3>)>;

/// What is read from an array of these bytes.
fn loaded<F: nfgrad::store::Stored>(folder: &Folder, bytes: &[u8]) -> Result<Vec<F>, Error> {
    let path = folder.file("x.npy");
    fs::write(&path, bytes).unwrap();
    let (matrix, most) = memory::most(|| Matrix::<F>::load_npy(&path));
    assert!(most < 1 << 17, "{most}");
    Ok(matrix?.view().as_slice().to_vec())
}

#[test]
fn arrays_of_every_kind_are_read() {
    let folder = Folder::new("kinds");
    let little: Vec<u8> = [1.0_f32, 2.0, 3.0, 4.0, 5.0, -6.5].iter().flat_map(|x| x.to_le_bytes()).collect();
    let big: Vec<u8> = [1.0_f64, 2.0, 3.0, 4.0, 5.0, -6.5].iter().flat_map(|x| x.to_be_bytes()).collect();
    let expected = [1.0, 2.0, 3.0, 4.0, 5.0, -6.5];
    assert_eq!(loaded::<f32>(&folder, &npy("<f4", false, "(2, 3)", &little)).unwrap(), expected);
    assert_eq!(loaded::<f32>(&folder, &npy(">f8", false, "(2, 3)", &big)).unwrap(), expected);
    let reversed = loaded::<f32>(&folder, &npy("<f4", true, "(2, 3)", &little)).unwrap();
    assert_eq!(reversed, [1.0, 3.0, 5.0, 2.0, 4.0, -6.5]);
    let integers: Vec<u8> = [1_i64, -2, 3, 1 << 24, 0, 7].iter().flat_map(|x| x.to_le_bytes()).collect();
    let expected = [1.0, -2.0, 3.0, f32::from_bits(0x4b80_0000), 0.0, 7.0];
    assert_eq!(loaded::<f32>(&folder, &npy("<i8", false, "(2, 3)", &integers)).unwrap(), expected);
    assert_eq!(loaded::<f32>(&folder, &npy("|b1", false, "(2, 3)", &[0, 1, 1, 0, 0, 1])).unwrap()[1], 1.0);
    assert_eq!(loaded::<f32>(&folder, &npy("|i1", false, "(2, 3)", &[0xff; 6])).unwrap(), [-1.0; 6]);
}

#[test]
fn an_integer_that_is_no_number_of_the_format_is_refused_and_may_be_rounded_once() {
    let folder = Folder::new("integers");
    let path = folder.file("x.npy");
    let with = |n: i64| {
        let bytes: Vec<u8> = [n, 0, 0, 0, 0, 0].iter().flat_map(|x| x.to_le_bytes()).collect();
        fs::write(&path, npy("<i8", false, "(2, 3)", &bytes)).unwrap();
    };
    with((1 << 24) + 1);
    let found = misfits(Matrix::<f32>::load_npy(&path));
    assert!(matches!(&found[0].why, Why::Inexact { dtype: Dtype::I64, count: 1, first: 0, .. }));
    assert_eq!(Matrix::<f32>::load_npy_rounded(&path).unwrap().view().as_slice()[0], 16_777_216.0);
    // What is no f64 either would be rounded twice.
    with((1 << 53) + 1);
    let found = misfits(Matrix::<f32>::load_npy_rounded(&path));
    assert!(matches!(&found[0].why, Why::Beyond { number, .. } if number == "9007199254740993"));
    assert!(Matrix::<f64>::load_npy(&path).is_err());
}

#[test]
fn an_array_that_is_damaged_is_refused() {
    let folder = Folder::new("npy");
    let is = |bytes: Vec<u8>, expected: Malformed| {
        assert_eq!(problem(loaded::<f32>(&folder, &bytes)), Problem::Malformed(expected));
    };
    let name = String::new;
    is(npy("<f4", false, "(2, 3)", &[0; 23]), Malformed::Size { name: name(), needed: 24, found: 23 });
    is(npy("<f4", false, "(2, 3)", &[0; 25]), Malformed::Size { name: name(), needed: 24, found: 25 });
    is(npy("<V2", false, "(2, 3)", &[0; 12]), Malformed::UnknownDtype { name: name(), dtype: "<V2".to_owned() });
    is(npy("<f4", false, "(4294967296, 4294967296, 4)", &[]), Malformed::TooLarge { name: name() });
    let needed = 4_000_000_000_000;
    is(npy("<f4", false, "(1000000000000,)", &[]), Malformed::Size { name: name(), needed, found: 0 });
    let mut huge = b"\x93NUMPY\x02\x00".to_vec();
    huge.extend([0xff; 100]);
    is(huge, Malformed::HeaderLength { claimed: u32::MAX.into(), limit: 1 << 16 });
    for bytes in [
        headed(&"(".repeat(60_000), &[]),
        headed("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}", &[0; 24]),
        b"\x93NUMPY\x07\x00\x01\x00{".to_vec(),
        b"PK\x03\x04 not an array".to_vec(),
        [&b"\x93NUMPY\x01\x00\xff\xff"[..], b"{'descr'"].concat(),
    ] {
        assert!(matches!(problem(loaded::<f32>(&folder, &bytes)), Problem::Malformed(Malformed::Header { .. })));
    }
    assert!(matches!(problem(loaded::<f32>(&folder, b"\x93NUM")), Problem::Io { .. }));
    let found = misfits(loaded::<f32>(&folder, &npy("<f4", false, "(3, 2)", &[0; 24])));
    assert!(matches!(&found[0].why, Why::Shape { expected, .. } if expected == &[2, 3]));
    assert!(matches!(
        misfits(loaded::<f32>(&folder, &npy("<c8", false, "(2, 3)", &[0; 48])))[0].why,
        Why::Dtype { dtype: Dtype::C64, .. }
    ));
}

/// An archive with these members.
fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let mut archive = zip::ZipWriter::new(&mut file);
    for (k, (name, bytes)) in members.iter().enumerate() {
        let method = [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated][k % 2];
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
    file.into_inner()
}

#[test]
fn inputs_are_read_and_outputs_are_written() {
    let folder = Folder::new("npz");
    let (x, y) = (folder.file("x.npz"), folder.file("y.npz"));
    let mut run = random::<f32>(30);
    run.save_inputs(&x).unwrap();
    let mut other = random::<f32>(31);
    other.load_inputs(&x).unwrap();
    assert_eq!(bits(other.leaves().x.as_slice()), bits(run.leaves().x.as_slice()));
    assert_eq!(bits(other.leaves().t.as_slice()), bits(run.leaves().t.as_slice()));
    run.forward();
    run.save_outputs(&y).unwrap();
    run.save_outputs(folder.file("y.safetensors")).unwrap();
    let mut archive = zip::ZipArchive::new(fs::File::open(&y).unwrap()).unwrap();
    let mut names: Vec<_> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    names.sort();
    assert_eq!(names, ["loss.npy", "y.npy"]);
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut archive.by_name("y.npy").unwrap(), &mut bytes).unwrap();
    fs::write(folder.file("y.npy"), &bytes).unwrap();
    assert_eq!(
        Tensor::<f32, (D<3>, D<2>)>::load_npy(folder.file("y.npy")).unwrap().view().as_slice(),
        run.outputs().y.as_slice()
    );
    // A single tensor is written with the very same bytes.
    run.outputs().y.save_npy(folder.file("same.npy")).unwrap();
    assert_eq!(read(&folder.file("same.npy")), bytes);
}

#[test]
fn deflated_arrays_of_other_types_are_inputs_by_other_names() {
    let folder = Folder::new("deflated");
    let path = folder.file("x.npz");
    let x: Vec<u8> = (0..12).flat_map(|k| (f64::from(k) / 4.0).to_le_bytes()).collect();
    let t = npy("|u1", false, "(3, 2)", &[0, 1, 1, 0, 1, 0]);
    fs::write(&path, archive(&[("labels.npy", t), ("images.npy", npy("<f8", false, "(3, 4)", &x))])).unwrap();
    let mut run = Net::<3>::run::<bf16>();
    run.load_inputs_with(&path, &Mapping::new().rename("images", "x").rename("labels", "t")).unwrap();
    assert_eq!(run.leaves().x.get([2, 3]).map(bf16::to_f64), Some(2.75));
    assert_eq!(run.leaves().t.get([1, 0]).map(bf16::to_f64), Some(1.0));
    assert_eq!(misfits(run.load_inputs(&path)).len(), 4);
    // Parameters are no integers.
    let weights = folder.file("w.npz");
    random::<bf16>(1).save_params(&weights).unwrap();
    fs::write(&path, archive(&[("scale.npy", npy("<i4", false, "()", &[1, 0, 0, 0]))])).unwrap();
    let found = misfits(run.load_params(&path));
    assert!(matches!(found[0].why, Why::Dtype { dtype: Dtype::I32, .. }), "{found:?}");
}

#[test]
fn an_archive_that_is_damaged_is_refused() {
    let folder = Folder::new("zip");
    let path = folder.file("x.npz");
    let is = |bytes: &[u8], words: &str| {
        fs::write(&path, bytes).unwrap();
        let mut run = Net::<3>::run::<f32>();
        let (result, most) = memory::most(|| run.load_inputs(&path));
        assert!(most < 1 << 18, "{most}");
        let text = result.unwrap_err().to_string();
        assert!(text.contains(words), "{text}");
    };
    let x = || npy("<f4", false, "(3, 4)", &[0; 48]);
    let t = || npy("<f4", false, "(3, 2)", &[0; 24]);
    is(b"", "x.npz");
    is(b"PK\x05\x06", "x.npz");
    is(&archive(&[("readme.txt", b"hello".to_vec())]), "`readme.txt` is no array");
    is(&archive(&[("x.npy", x()), ("t.npy", b"hello, world".to_vec())]), "`t`: no array of NumPy");
    is(&archive(&[("x.npy", x()), ("t.npy", npy("<f4", false, "(3, 2)", &[0; 20]))]), "needs 24 bytes, and it has 20");
    // A bomb: a gigabyte of zeros in a few bytes, of which nobody unpacks more than the header.
    let bomb = npy("|u1", false, "(30000000,)", &vec![0; 30_000_000]);
    is(&archive(&[("a.npy", t()), ("b.npy", bomb)]), "extra: `b` [30000000] of U8");
    let sound = archive(&[("t.npy", t()), ("x.npy", x())]);
    is(&sound[..sound.len() - 10], "x.npz");
    let mut flipped = sound.clone();
    let at = flipped.windows(6).position(|bytes| bytes == b"\x93NUMPY").unwrap() + 80;
    flipped[at] ^= 1;
    is(&flipped, "hecksum");
}

/// Whatever is changed in a sound file, it is read or refused.
#[test]
fn an_archive_with_changed_bytes_is_read_or_refused() {
    let folder = Folder::new("npz-mutants");
    let path = folder.file("x.npz");
    let data: Vec<u8> = (0..18_u8).flat_map(|k| f32::from(k).to_le_bytes()).collect();
    let (x, t) = (npy("<f4", false, "(3, 4)", &data[..48]), npy("<f4", false, "(3, 2)", &data[48..]));
    let sound = archive(&[("x.npy", x), ("t.npy", t)]);
    let mut mutants = Mutants::of(&sound, "npz");
    let mut run = Net::<3>::run::<f32>();
    let (mut read, mut refused) = (0, 0);
    for _ in 0..4000 {
        fs::write(&path, mutants.next_one()).unwrap();
        let (result, most) = memory::most(|| run.load_inputs(&path));
        assert!(most < 1 << 18, "{most}");
        match result {
            Ok(()) => read += 1,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
        fs::remove_file(&path).unwrap();
    }
    assert!(read > 50 && refused > 2000, "{read} {refused}");
}
