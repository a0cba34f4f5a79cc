//! Files that are cut off, damaged, or made to harm: a typed error each, and never a panic.

use std::fs;

use nfgrad::prelude::*;
use nfgrad::store::{Malformed, Problem};
use safetensors::SafeTensors;

use super::{Folder, memory, problem};

graph! {
    /// Two small parameters.
    graph Pair { param a: [2]; param b: [3, 1]; output y = sum(a) * b; }
}

/// A file with this header and as many bytes of data.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

/// What is wrong with a file of these bytes.
fn verdict(folder: &Folder, bytes: &[u8]) -> Problem {
    let path = folder.file("file.safetensors");
    fs::write(&path, bytes).unwrap();
    let mut run = Pair::run::<f32>();
    run.leaves_mut().a.fill_with(|| 7.0);
    let (result, most) = memory::most(|| run.load_params(&path));
    // Some words, and for what is in the file no more than a multiple of its length, whatever it asks for.
    assert!(most < 8192 + 10 * bytes.len(), "{most} bytes for a file of {}", bytes.len());
    let found = problem(result);
    assert_eq!(run.leaves().a.as_slice(), [7.0; 2]);
    found
}

#[test]
fn each_kind_of_damage_has_its_own_error() {
    const A: &str = r#""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#;
    const B: &str = r#""b":{"dtype":"F32","shape":[3,1],"data_offsets":[8,20]}"#;
    let folder = Folder::new("damage");
    let is = |bytes: Vec<u8>, expected: Malformed| {
        assert_eq!(verdict(&folder, &bytes), Problem::Malformed(expected));
        assert!(SafeTensors::deserialize(&bytes).is_err());
    };
    let a = || "a".to_owned();
    let header = |text: &str| format!("{{{text}}}");

    is(vec![], Malformed::TooShort { bytes: 0 });
    is(vec![1; 7], Malformed::TooShort { bytes: 7 });
    is(vec![0xff; 20], Malformed::HeaderLength { claimed: u64::MAX, limit: 12 });
    is(100_u64.to_le_bytes().to_vec(), Malformed::HeaderLength { claimed: 100, limit: 0 });
    let whole = file(&header(&format!("{A},{B}")), 20);
    let (expected, found) = (whole.len() as u64, whole.len() as u64 - 1);
    is(whole[..whole.len() - 1].to_vec(), Malformed::Length { expected, found });
    is([&whole[..], &[0]].concat(), Malformed::Length { expected, found: expected + 1 });
    let swapped = header(&A.replace("[0,8]", "[8,0]"));
    is(file(&swapped, 8), Malformed::Offsets { name: a(), expected: 0, found: 8 });
    is(file(&header(&A.replace("[0,8]", "[4,12]")), 12), Malformed::Offsets { name: a(), expected: 0, found: 4 });
    // Two tensors in the same bytes, and a hole between them.
    let overlap = header(&format!("{A},{}", B.replace("[8,20]", "[4,16]")));
    is(file(&overlap, 16), Malformed::Offsets { name: "b".to_owned(), expected: 8, found: 4 });
    let hole = header(&format!("{A},{}", B.replace("[8,20]", "[9,21]")));
    is(file(&hole, 21), Malformed::Offsets { name: "b".to_owned(), expected: 8, found: 9 });
    is(file(&header(&A.replace("[2]", "[3]")), 8), Malformed::Size { name: a(), needed: 12, found: 8 });
    for shape in ["[4294967296,4294967296,4]", "[18446744073709551615]", "[2305843009213693952,8]"] {
        is(file(&header(&A.replace("[2]", shape)), 8), Malformed::TooLarge { name: a() });
    }
    is(file(&header(&A.replace("F32", "F4").replace("[2]", "[3]")), 2), Malformed::Bits { name: a() });
    let far = A.replace("[0,8]", "[0,18446744073709551615]");
    is(file(&header(&far), 8), Malformed::Size { name: a(), needed: 8, found: u64::MAX });
    let far = A.replace("F32", "I8").replace("2]", "2305843009213693951]").replace("[0,8]", "[0,2305843009213693951]");
    let far = file(&header(&far), 8);
    let found = far.len() as u64;
    is(far, Malformed::Length { expected: found - 8 + (1 << 61) - 1, found });
}

#[test]
fn a_header_that_cannot_be_parsed_says_where() {
    let folder = Folder::new("header");
    let says = |bytes: &[u8], words: &str| match verdict(&folder, bytes) {
        Problem::Malformed(Malformed::Header { reason }) => assert!(reason.contains(words), "{reason}"),
        other => panic!("{other:?}"),
    };
    let a = |text: &str| file(&format!(r#"{{"a":{text}}}"#), 8);
    says(&file("", 0), "EOF");
    says(&file("[]", 0), "the tensors by their names");
    says(&file("{", 0), "EOF");
    says(&file("{}}", 0), "trailing");
    says(&file("{\"a\u{7}\":1}", 0), "control character");
    says(&file(&"[".repeat(1 << 20), 0), "the tensors by their names");
    says(&file(&format!("{{\"a\":{}", "[".repeat(1 << 20)), 0), "`a`");
    let nested = format!(r#"{{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":{}"#, "[".repeat(1 << 20));
    says(&a(&nested), "`a`: expected value");
    says(&a(r#"{"dtype":"F33","shape":[2],"data_offsets":[0,8]}"#), "unknown variant `F33`");
    says(&a(r#"{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}"#), "`a`: invalid value");
    says(&a(r#"{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}"#), "`a`: invalid type");
    says(&a(r#"{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,8]}"#), "`a`: invalid");
    says(&a(r#"{"dtype":"F32","shape":[2]}"#), "`a`: missing field `data_offsets`");
    says(&a(r#"{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}"#), "`a`: duplicate field");
    says(&file(r#"{"__metadata__":{"a":1}}"#, 0), "invalid type");
    says(&file(r#"{"__metadata__":{},"__metadata__":{}}"#, 0), "duplicate field `__metadata__`");
    let mut latin = file(r#"{"a":1}"#, 0);
    latin[10] = 0xe9;
    says(&latin, "unicode");
    // What a terminal would obey is not passed on.
    let text = nfgrad::Error::from(nfgrad::store::FileError {
        path: "x.safetensors".into(),
        problem: Malformed::Twice { name: "\u{1b}[2J".repeat(1000) }.into(),
    });
    let text = text.to_string();
    assert!(!text.contains('\u{1b}') && text.len() < 3000);
}

#[test]
fn two_tensors_of_one_name_are_refused_though_the_crate_takes_the_last() {
    let folder = Folder::new("twice");
    let header = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}"#;
    let bytes = file(header, 8);
    assert_eq!(verdict(&folder, &bytes), Problem::Malformed(Malformed::Twice { name: "a".to_owned() }));
    let theirs = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(theirs.tensor("a").unwrap().dtype(), safetensors::Dtype::I32);
}

#[test]
fn many_names_and_long_shapes_are_no_more_than_misfits() {
    let folder = Folder::new("many");
    let entry =
        |k: usize| format!(r#""t{k}":{{"dtype":"U8","shape":[0{}],"data_offsets":[0,0]}}"#, ",1".repeat(k % 50));
    let entries: Vec<_> = (0..2000).map(entry).collect();
    match verdict(&folder, &file(&format!("{{{}}}", entries.join(",")), 0)) {
        Problem::Tensors { misfits, .. } => assert_eq!(misfits.len(), 2002),
        other => panic!("{other:?}"),
    }
    let long = format!(r#"{{"a":{{"dtype":"U8","shape":[0{}],"data_offsets":[0,0]}}}}"#, ",1".repeat(1 << 20));
    match verdict(&folder, &file(&long, 0)) {
        Problem::Malformed(Malformed::Header { reason }) => assert!(reason.contains("`a`: more than 64 axes")),
        other => panic!("{other:?}"),
    }
}

/// A file of eight gigabytes, of which the disk has the first bytes only.
#[test]
#[cfg(unix)]
fn nothing_is_allocated_because_a_large_file_asks_for_it() {
    let folder = Folder::new("sparse");
    let path = folder.file("file.safetensors");
    let large = |bytes: &[u8]| {
        let mut file = fs::File::create(&path).unwrap();
        std::io::Write::write_all(&mut file, bytes).unwrap();
        file.set_len(1 << 33).unwrap();
        let mut run = Pair::run::<f32>();
        let (result, most) = memory::most(|| run.load_params(&path));
        assert!(most < 8192, "{most}");
        problem(result)
    };
    let claimed = 1 << 32;
    let found = large(&u64::to_le_bytes(claimed));
    assert_eq!(found, Problem::Malformed(Malformed::HeaderLength { claimed, limit: 100_000_000 }));
    // A tensor that is really there, and is not the one that is wanted: its numbers are not read.
    let header = |len: u64| format!(r#"{{"a":{{"dtype":"F32","shape":[{}],"data_offsets":[0,{len}]}}}}"#, len / 4);
    let len = (1 << 33) - 8 - header(1 << 33).len() as u64;
    match large(&file(&header(len), 0)) {
        Problem::Tensors { misfits, .. } => assert_eq!(misfits.len(), 2),
        other => panic!("{other:?}"),
    }
}

/// Whatever is changed in a sound file, it is read or refused; and what the crate refuses is refused here.
#[test]
fn a_file_with_changed_bytes_is_read_or_refused() {
    let folder = Folder::new("mutants");
    let path = folder.file("file.safetensors");
    let mut run = Pair::run::<f32>();
    run.leaves_mut().a.copy_from_slice(&[1.0, -2.0]).unwrap();
    run.save_params(&path).unwrap();
    let sound = fs::read(&path).unwrap();
    let mut mutants = nfgrad_tests::mutate::Mutants::of(&sound, "safetensors");
    let (mut read, mut refused) = (0, 0);
    for _ in 0..4000 {
        let bytes = mutants.next_one();
        // Some systems write an old file that was emptied to the disk at once; a new one costs nothing.
        fs::remove_file(&path).unwrap();
        fs::write(&path, &bytes).unwrap();
        let (ours, most) = memory::most(|| run.load_params(&path));
        assert!(most < 1 << 16, "{most}");
        let theirs = SafeTensors::deserialize(&bytes);
        match ours {
            Ok(()) => {
                assert!(theirs.is_ok());
                read += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    assert!(read > 50 && refused > 2000, "{read} {refused}");
}
