//! Reads the oracle files of `tests/oracle/`: exact leaves, and real values as `hi + lo` with a bound.

use std::collections::BTreeMap;
use std::path::Path;

/// A real number: within `rad` of `hi + lo`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exact {
    /// The real number rounded to nearest.
    pub hi: f64,
    /// What `hi` leaves out, rounded to nearest.
    pub lo: f64,
    /// An upper bound of what both leave out.
    pub rad: f64,
}

impl Exact {
    /// An upper bound of |runtime - real value|, within an ulp of the least that can be said; ∞ where `runtime` is not
    /// finite.
    pub fn error_up(&self, runtime: f64) -> f64 {
        // runtime - hi = s + e, e - lo = s2 + e2 and s + s2 = s3 + e3, all exactly. As s3 = fl(s3 + e3), the two agree in
        // sign: |runtime - hi - lo| = |s3 + e3 + e2| <= |s3 + e3| + |e2| = |s3| ± e3 + |e2|.
        let (s, e) = two_sum(runtime, -self.hi);
        let (s2, e2) = two_sum(e, -self.lo);
        let (s3, e3) = two_sum(s, s2);
        let e3 = if s3 < 0.0 { -e3 } else { e3 };
        let bound = add_up(s3.abs(), add_up(e3, add_up(e2.abs(), self.rad)));
        // An overflow on the way leaves ∞ or NaN.
        if bound.is_finite() { bound } else { f64::INFINITY }
    }
}

/// `(s, e)` with s = fl(a + b) and a + b = s + e exactly (Knuth), unless it overflows.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let b_part = s - a;
    (s, (a - (s - b_part)) + (b - b_part))
}

/// a + b rounded up.
fn add_up(a: f64, b: f64) -> f64 {
    let (s, e) = two_sum(a, b);
    if e > 0.0 { s.next_up() } else { s }
}

#[derive(Clone, Debug)]
enum Elements {
    Leaf(Vec<f64>),
    Exact(Vec<Exact>),
}

#[derive(Clone, Debug)]
struct Entry {
    shape: (usize, usize),
    elements: Elements,
}

/// The tensors of one oracle file, by name.
#[derive(Clone, Debug)]
pub struct Oracle {
    tensors: BTreeMap<String, Entry>,
}

impl Oracle {
    /// Reads a file; the error says which line is wrong.
    ///
    /// # Errors
    /// When the file cannot be read or is not of the format of `tests/oracle/README.md`.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, String> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))?;
        Self::parse(&text).map_err(|why| format!("{}: {why}", path.display()))
    }

    /// Parses the text of a file.
    ///
    /// # Errors
    /// As [`Oracle::read`].
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#'));
        let mut tensors = BTreeMap::new();
        while let Some((line, number)) = lines.next() {
            let (name, shape, kind) = header(line).ok_or_else(|| format!("line {number}: no tensor: `{line}`"))?;
            let rows = lines.by_ref().take(shape.0 * shape.1);
            let elements = match kind {
                "leaf" => Elements::Leaf(rows.map(|row| floats(row).map(|[v]| v)).collect::<Result<_, _>>()?),
                _ => Elements::Exact(
                    rows.map(|row| floats(row).map(|[hi, lo, rad]| Exact { hi, lo, rad })).collect::<Result<_, _>>()?,
                ),
            };
            let found = match &elements {
                Elements::Leaf(v) => v.len(),
                Elements::Exact(v) => v.len(),
            };
            if found != shape.0 * shape.1 {
                return Err(format!("`{name}` of line {number} ends after {found} elements"));
            }
            if tensors.insert(name.to_owned(), Entry { shape, elements }).is_some() {
                return Err(format!("line {number}: `{name}` is there twice"));
            }
        }
        Ok(Self { tensors })
    }

    /// The names of all tensors, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// (rows, columns) of a tensor.
    ///
    /// # Errors
    /// When there is no tensor of that name.
    pub fn shape(&self, name: &str) -> Result<(usize, usize), String> {
        Ok(self.entry(name)?.shape)
    }

    /// The elements of a leaf, row by row.
    ///
    /// # Errors
    /// When there is no leaf of that name.
    pub fn leaf(&self, name: &str) -> Result<&[f64], String> {
        match &self.entry(name)?.elements {
            Elements::Leaf(values) => Ok(values),
            Elements::Exact(_) => Err(format!("`{name}` is a result, not a leaf")),
        }
    }

    /// The elements of a value or gradient, row by row.
    ///
    /// # Errors
    /// When there is no result of that name.
    pub fn exact(&self, name: &str) -> Result<&[Exact], String> {
        match &self.entry(name)?.elements {
            Elements::Exact(values) => Ok(values),
            Elements::Leaf(_) => Err(format!("`{name}` is a leaf, not a result")),
        }
    }

    fn entry(&self, name: &str) -> Result<&Entry, String> {
        let known = || self.names().collect::<Vec<_>>().join(", ");
        self.tensors.get(name).ok_or_else(|| format!("no tensor `{name}`, there are {}", known()))
    }
}

/// `tensor NAME ROWS COLUMNS KIND`
fn header(line: &str) -> Option<(&str, (usize, usize), &str)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ["tensor", name, rows, columns, kind @ ("leaf" | "exact")] = words[..] else { return None };
    let shape: (usize, usize) = (rows.parse().ok()?, columns.parse().ok()?);
    shape.0.checked_mul(shape.1)?;
    Some((name, shape, kind))
}

/// The `N` numbers of a line.
fn floats<const N: usize>((line, number): (&str, usize)) -> Result<[f64; N], String> {
    let values: Option<Vec<f64>> = line.split_whitespace().map(hex_float).collect();
    values
        .and_then(|values| values.try_into().ok())
        .ok_or_else(|| format!("line {number}: expected {N} hexadecimal floats: `{line}`"))
}

/// A C99 hexadecimal float; `None` if it is malformed or not exactly an f64.
pub fn hex_float(text: &str) -> Option<f64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = digits.strip_prefix("0x")?.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let hex = format!("{whole}{fraction}");
    // `from_str_radix` would take a sign; it refuses the empty text and what overflows.
    let significand = hex.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u64::from_str_radix(&hex, 16).ok())??;
    let shift = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(4 * fraction.len()).ok()?)?;
    let magnitude = scaled(significand, shift)?;
    Some(if negative { -magnitude } else { magnitude })
}

/// m * 2^e, if it is exactly an f64.
fn scaled(m: u64, e: i32) -> Option<f64> {
    if m == 0 {
        return Some(0.0);
    }
    // Odd m < 2^53, and its lowest bit not below that of the subnormals: then it is representable if it is not too large.
    let zeros = m.trailing_zeros();
    let (m, e) = (m >> zeros, e.checked_add(zeros.cast_signed())?);
    let bits = u64::BITS - m.leading_zeros();
    if bits > f64::MANTISSA_DIGITS || e < -1074 {
        return None;
    }
    let top = e.checked_add(bits.cast_signed() - 1)?;
    if top > 1023 {
        return None;
    }
    if top < -1022 {
        return Some(f64::from_bits(m << (e + 1074)));
    }
    let fraction = (m << (f64::MANTISSA_DIGITS - bits)) & ((1 << 52) - 1);
    let biased = u64::try_from(top + 1023).ok()?;
    Some(f64::from_bits(biased << 52 | fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_floats_are_read_exactly() {
        for (text, value) in [
            ("0x0p+0", 0.0),
            ("-0x0p+0", -0.0),
            ("0x1p-4", 0.0625),
            ("0x1.8p+1", 3.0),
            ("-0x1.999999999999ap-4", -0.1),
            ("0xffp-1", 127.5),
            ("0x1.fffffffffffffp+1023", f64::MAX),
            ("0x1p-1022", f64::MIN_POSITIVE),
            ("0x0.fffffffffffffp-1022", f64::MIN_POSITIVE.next_down()),
            ("0x1p-1074", 5e-324),
            ("0x0.0000000000001p-1022", 5e-324),
        ] {
            assert_eq!(hex_float(text).map(f64::to_bits), Some(value.to_bits()), "{text}");
        }
    }

    #[test]
    fn what_is_no_f64_is_refused() {
        for text in [
            "",
            "1.5",
            "0x",
            "0xp+0",
            "0x.p+0",
            "0x1",
            "0x1p",
            "0x+1p+0",
            "0x1.+1p+0",
            "0x1.gp+0",
            "--0x1p+0",
            "0x1p+1024",
            "0x1p-1075",
            "0x1.00000000000008p+0",
            "0x3p-1075",
            "0x1p+99999999999",
            "0x1p-2147483648",
            "0x1.1p-2147483648",
            "0x10000000000000000p+0",
            "infinity",
            "nan",
        ] {
            assert_eq!(hex_float(text), None, "{text}");
        }
    }

    #[test]
    fn the_error_is_an_upper_bound_and_tight() {
        let third = Exact { hi: 1.0 / 3.0, lo: 2f64.powi(-54) / 3.0, rad: 2f64.powi(-107) };
        // 1/3 - fl(1/3) = 2^-54 / 3; the bound may not be below it, nor far above.
        let error = third.error_up(1.0 / 3.0);
        assert!(error >= third.lo && error <= third.lo * (1.0 + 1e-15), "{error:e}");
        // One ulp (2^-54) above 1/3's rounding: the error is 2^-54 - 2^-54 / 3.
        let error = third.error_up((1.0f64 / 3.0).next_up());
        let real = 2f64.powi(-54) * (2.0 / 3.0);
        assert!(error >= real && error <= real * (1.0 + 1e-15), "{error:e}");
        // The f64 nearest to 2/3 is below it.
        assert_eq!(third.error_up(1.0), (2.0f64 / 3.0).next_up());
        assert_eq!(third.error_up(f64::INFINITY), f64::INFINITY);
        assert_eq!(third.error_up(f64::NAN), f64::INFINITY);
        assert_eq!(Exact { hi: -f64::MAX, lo: 0.0, rad: 0.0 }.error_up(f64::MAX), f64::INFINITY);
    }

    #[test]
    fn an_exact_hit_has_no_error() {
        let two = Exact { hi: 2.0, lo: 0.0, rad: 0.0 };
        assert_eq!(two.error_up(2.0), 0.0);
        assert_eq!(two.error_up(2.5), 0.5);
        assert_eq!(Exact { rad: 0.25, ..two }.error_up(2.0), 0.25);
        let zero = Exact { hi: 0.0, lo: 0.0, rad: 0.0 };
        assert_eq!(zero.error_up(-0.0), 0.0);
        assert_eq!(zero.error_up(5e-324), 5e-324);
    }

    #[test]
    fn a_file_is_read_and_its_faults_are_named() {
        let good = "# about\ntensor x 1 2 leaf\n0x1p+0\n-0x1p-1\ntensor y 1 1 exact\n0x1p+0 0x1p-60 0x1p-110\n";
        let oracle = Oracle::parse(good).unwrap();
        assert_eq!(oracle.leaf("x").unwrap(), [1.0, -0.5]);
        assert_eq!(oracle.shape("x").unwrap(), (1, 2));
        assert_eq!(oracle.exact("y").unwrap()[0].lo, 2f64.powi(-60));
        assert!(oracle.exact("x").is_err() && oracle.leaf("y").is_err());
        assert_eq!(oracle.leaf("z").unwrap_err(), "no tensor `z`, there are x, y");
        for (bad, message) in [
            ("0x1p+0", "line 1: no tensor: `0x1p+0`"),
            ("tensor x 2 9223372036854775808 leaf", "line 1: no tensor: `tensor x 2 9223372036854775808 leaf`"),
            ("tensor x 1 2 leaf\n0x1p+0", "`x` of line 1 ends after 1 elements"),
            ("tensor x 1 1 exact\n0x1p+0", "line 2: expected 3 hexadecimal floats: `0x1p+0`"),
            ("tensor x 1 1 leaf\n1", "line 2: expected 1 hexadecimal floats: `1`"),
            ("tensor x 0 1 leaf\ntensor x 0 1 leaf", "line 2: `x` is there twice"),
        ] {
            assert_eq!(Oracle::parse(bad).unwrap_err(), message);
        }
    }

    #[test]
    fn the_committed_files_are_whole() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/oracle/");
        for (file, shape) in [("digits_f32.txt", (64, 32)), ("digits_bf16.txt", (64, 32)), ("tanh_f32.txt", (4, 8))] {
            let oracle = Oracle::read(format!("{folder}{file}")).unwrap();
            for leaf in ["x", "t", "w1", "b1", "w2", "b2"] {
                let gradient = format!("grad_{leaf}");
                assert_eq!(oracle.shape(leaf), oracle.shape(&gradient), "{file} {leaf}");
                assert_eq!(oracle.leaf(leaf).unwrap().len(), oracle.exact(&gradient).unwrap().len());
                let low_bits = if file.contains("bf16") { 45 } else { 29 };
                let narrow = |v: &f64| v.to_bits().trailing_zeros() >= low_bits;
                assert!(oracle.leaf(leaf).unwrap().iter().all(narrow), "{file} {leaf} is not of its format");
            }
            assert_eq!(oracle.shape("w1"), Ok(shape));
            assert_eq!(oracle.shape("loss"), Ok((1, 1)));
            for name in oracle.names().filter(|name| oracle.exact(name).is_ok()) {
                for v in oracle.exact(name).unwrap() {
                    assert_eq!(v.hi + v.lo, v.hi, "{file} {name}: hi is not the nearest");
                    assert!(v.rad <= v.hi.abs() * 2f64.powi(-104), "{file} {name}: a wide bound");
                }
            }
        }
    }
}
