//! The example's data loader: the real file, its split, and each way in which a file can be wrong.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;

#[path = "../../nfgrad/examples/support/digits_data.rs"]
mod digits_data;

use digits_data::{DataError, Digits, Fault, Limit, PIXELS, load};

/// A file that is deleted when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("nfgrad-digits-{}-{name}.csv.gz", std::process::id()));
        fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Best effort: a file left behind in the temporary folder harms no later run.
        let _ = fs::remove_file(&self.0);
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// `pixel` 64 times, then `class`.
fn line(pixel: &str, class: &str) -> String {
    format!("{}{class}\n", format!("{pixel},").repeat(PIXELS))
}

fn load_text(name: &str, text: &str) -> Result<Digits, DataError> {
    load(&Scratch::new(name, &gzip(text.as_bytes())).0)
}

/// The fault of a file with that text, and its message without the path.
fn fault(name: &str, text: &str) -> (Fault, String) {
    let error = load_text(name, text).unwrap_err();
    let message = error.to_string();
    let path = error.path.display().to_string();
    (error.fault, message.strip_prefix(&path).unwrap().trim_start_matches(": ").to_owned())
}

fn real() -> Digits {
    load(&PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../nfgrad/examples/data/digits.csv.gz"))).unwrap()
}

#[test]
fn the_real_file_is_read_whole() {
    let digits = real();
    assert_eq!((digits.classes.len(), digits.pixels.len()), (1797, 1797 * PIXELS));
    assert_eq!(digits.classes[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(digits.pixels[..6], [0.0, 0.0, 5.0 / 16.0, 13.0 / 16.0, 9.0 / 16.0, 1.0 / 16.0]);
    assert_eq!(digits.pixels.iter().copied().fold(0.0, f32::max), 1.0);
}

#[test]
fn blanks_line_ends_and_joined_gzip_files_do_no_harm() {
    let text = format!("\u{feff}\n \n{}\r\n\n{}", line(" 16 ", " 9 ").trim_end(), line("0", "0").trim_end());
    let digits = load_text("blanks", &text).unwrap();
    assert_eq!(digits.classes, [9, 0]);
    let joined = [gzip(line("1", "1").as_bytes()), gzip(line("2", "2").as_bytes())].concat();
    assert_eq!(load(&Scratch::new("joined", &joined).0).unwrap().classes, [1, 2]);
}

#[test]
fn a_split_is_a_partition_that_the_seed_decides() {
    let digits = real();
    let (train, held) = digits.split(7, 0.2);
    assert_eq!((train.classes.len(), held.classes.len()), (1438, 359));
    assert_eq!((train.pixels.len(), held.pixels.len()), (1438 * PIXELS, 359 * PIXELS));
    assert_eq!(digits.split(7, 0.2), (train.clone(), held.clone()));
    assert_ne!(digits.split(8, 0.2).1, held);
    // Rows stay with their class, and none is lost.
    let rows = |digits: &Digits| -> Vec<(Vec<u32>, u8)> {
        let pictures = digits.pixels.chunks(PIXELS).map(|row| row.iter().map(|p| p.to_bits()).collect());
        pictures.zip(digits.classes.iter().copied()).collect()
    };
    let (mut before, mut after) = (rows(&digits), [rows(&train), rows(&held)].concat());
    assert_ne!(before, after, "it was not shuffled");
    before.sort();
    after.sort();
    assert_eq!(before, after);
}

#[test]
fn any_fraction_is_taken() {
    let digits = load_text("fraction", &line("1", "1").repeat(4)).unwrap();
    for (fraction, held) in [(0.0, 0), (0.5, 2), (1.0, 4), (-3.0, 0), (f64::INFINITY, 4), (f64::NAN, 0)] {
        assert_eq!(digits.split(0, fraction).1.classes.len(), held, "{fraction}");
    }
    assert_eq!(Digits::default().split(0, 0.5), (Digits::default(), Digits::default()));
}

#[test]
fn a_missing_file() {
    let error = load(&PathBuf::from("no/such/file.csv.gz")).unwrap_err();
    assert!(matches!(error.fault, Fault::Missing));
    assert_eq!(
        error.to_string(),
        "no/such/file.csv.gz: there is no such file; give the path of a gzipped CSV file of digits"
    );
    assert!(error.source().is_none());
}

#[test]
fn a_folder_is_no_file() {
    let error = load(&std::env::temp_dir()).unwrap_err();
    assert!(matches!(error.fault, Fault::Unreadable(_)), "{error}");
    assert!(error.source().is_some());
}

#[test]
fn text_that_is_not_packed() {
    let error = load(&Scratch::new("plain", line("0", "0").as_bytes()).0).unwrap_err();
    assert!(matches!(error.fault, Fault::NotGzip), "{error}");
}

#[test]
fn a_file_cut_anywhere_is_never_taken_for_a_whole_one() {
    let whole = gzip(line("3", "1").repeat(3).as_bytes());
    for length in 1..whole.len() {
        let error = load(&Scratch::new("cut", &whole[..length]).0).unwrap_err();
        assert!(matches!(error.fault, Fault::CutShort { rows: 0..=3 }), "{length} bytes: {error}");
    }
}

#[test]
fn a_cut_says_how_far_it_read() {
    // Pixels that do not repeat, so that gzip has much to say of each line.
    let noise = |row: usize| (0..PIXELS).map(move |i| ((row * row + 31 * i * row + i) % 17).to_string() + ",");
    let text: String = (0..500).map(|row| noise(row).collect::<String>() + "4\n").collect();
    let whole = gzip(text.as_bytes());
    let error = load(&Scratch::new("half", &whole[..whole.len() / 2]).0).unwrap_err();
    let Fault::CutShort { rows } = error.fault else { panic!("{error}") };
    assert!((1..500).contains(&rows), "{rows}");
    assert!(error.to_string().contains(&format!("ends after {rows} whole lines; fetch the file again")), "{error}");
}

#[test]
fn a_damaged_file() {
    let mut bytes = gzip(line("3", "1").as_bytes());
    let crc = bytes.len() - 8;
    bytes[crc] ^= 1;
    let error = load(&Scratch::new("crc", &bytes).0).unwrap_err();
    assert!(matches!(error.fault, Fault::Corrupt { .. }), "{error}");
    let trailed = [gzip(line("3", "1").as_bytes()), b"not gzip, but here".to_vec()].concat();
    let error = load(&Scratch::new("trailed", &trailed).0).unwrap_err();
    assert!(matches!(error.fault, Fault::Corrupt { rows: 1, .. }), "{error}");
}

#[test]
fn nothing_in_it() {
    assert!(matches!(fault("blank", "\n\n").0, Fault::Empty));
    assert!(matches!(fault("void", "").0, Fault::Empty));
    let error = load(&Scratch::new("zero", b"").0).unwrap_err();
    assert!(error.to_string().ends_with("it holds no pictures; each line is to be 64 pixels and a class"));
}

#[test]
fn a_wrong_number_of_columns() {
    let (what, message) = fault("columns", &(line("0", "0") + "1,2,3\n"));
    assert!(matches!(what, Fault::Columns { line: 2, found: 3 }));
    assert_eq!(message, "line 2: 3 columns where there must be 65: 64 pixels, then the class");
    assert!(matches!(fault("more", &line("0", "0,0")).0, Fault::Columns { line: 1, found: 66 }));
}

#[test]
fn the_line_is_the_one_an_editor_shows() {
    // Empty lines are passed over, but counted.
    let good = line("0", "0");
    for (text, expected) in [
        (format!("\n{good}\n\r\n{}", line("0", "x")), 5),
        (format!("{good}{}", line("0", "x")), 2),
        (format!("{good}{}", line("0", "x").trim_end()), 2),
        (format!("{good}{}", line("0", "x")).replace('\n', "\r\n"), 2),
        (format!("{good}{}\n{good}", line("0", "x")), 2),
    ] {
        let (what, message) = fault("editor", &text);
        assert!(matches!(what, Fault::Number { line, column: 65, .. } if line == expected), "{expected}: {message}");
    }
}

#[test]
fn a_bad_number() {
    let (what, message) = fault("number", &line("0", "0").replacen("0,0,", "0,3.5,", 1));
    assert!(matches!(what, Fault::Number { line: 1, column: 2, .. }));
    assert_eq!(message, "line 1, column 2: `3.5` is not a whole number; write a pixel from 0 to 16");
    let (_, message) = fault("word", &line("0", "seven, or what seems to be a seven").replace(", ", " "));
    assert_eq!(
        message,
        "line 1, column 65: `seven or what seems to b` is not a whole number; write a class from 0 to 9"
    );
    assert!(fault("escape", &line("\u{1b}[2J", "0")).1.contains("`\\u{1b}[2J`"));
    for text in ["", "\"0\"", "99999999999999999999", "1e1", "0x1"] {
        assert!(matches!(fault("texts", &line(text, "0")).0, Fault::Number { line: 1, column: 1, .. }), "{text}");
    }
    let bytes = gzip(&line("@", "0").bytes().map(|b| if b == b'@' { 0xff } else { b }).collect::<Vec<_>>());
    let error = load(&Scratch::new("utf8", &bytes).0).unwrap_err();
    assert!(matches!(error.fault, Fault::Number { line: 1, column: 1, .. }), "{error}");
}

#[test]
fn a_pixel_out_of_range() {
    let (what, message) = fault("pixel", &line("17", "0"));
    assert!(matches!(what, Fault::Pixel { line: 1, column: 1, value: 17 }));
    assert_eq!(message, "line 1, column 1: 17 is no pixel; write a pixel from 0 to 16");
    assert!(matches!(fault("negative", &line("-1", "0")).0, Fault::Pixel { value: -1, .. }));
}

#[test]
fn a_class_out_of_range() {
    let (what, message) = fault("class", &line("16", "10"));
    assert!(matches!(what, Fault::Class { line: 1, value: 10 }));
    assert_eq!(message, "line 1, column 65: 10 is no class; write a class from 0 to 9");
    assert!(matches!(fault("wrapped", &line("16", "256")).0, Fault::Class { value: 256, .. }));
}

#[test]
fn hostile_files_end_early() {
    // 40 MB without a line end, from a small file: refused before a record of that size is held.
    let (what, _) = fault("long", &"1".repeat(40 << 20));
    assert!(matches!(what, Fault::TooLarge(Limit::Line)));
    // Quotes cannot hide line ends.
    assert!(matches!(fault("quote", &format!("\"{}", "1,\n".repeat(5000))).0, Fault::Columns { line: 1, .. }));
    // 70 MB of empty lines.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..70 {
        encoder.write_all(&vec![b'\n'; 1 << 20]).unwrap();
    }
    let error = load(&Scratch::new("bomb", &encoder.finish().unwrap()).0).unwrap_err();
    assert!(matches!(error.fault, Fault::TooLarge(Limit::Bytes)), "{error}");
}

#[test]
fn there_is_a_limit_of_rows() {
    let row = line("0", "0");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..101 {
        encoder.write_all(row.repeat(1000).as_bytes()).unwrap();
    }
    let error = load(&Scratch::new("rows", &encoder.finish().unwrap()).0).unwrap_err();
    assert!(matches!(error.fault, Fault::TooLarge(Limit::Rows)), "{error}");
    assert!(
        error.to_string().ends_with("it has more than 100000 lines, which no file of digits has; give another file")
    );
}
