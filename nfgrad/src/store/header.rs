//! [`Header`]: what a file of safetensors says of its tensors.
//!
//! It is parsed here, and not by [`safetensors::SafeTensors`], for three reasons: that takes the last of two tensors of one name, holds a header in
//! twenty times its size, and does not say which tensor it is that does not fit its bytes. What it refuses is refused here too; a test compares.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::archive::Notes;

/// The name of what is no tensor in a header.
pub(super) const NOTES: &str = "__metadata__";

/// A header as it stands there.
pub(super) struct Header {
    pub(super) tensors: Vec<(String, Info)>,
    pub(super) notes: Notes,
}

/// What is said of one tensor.
pub(super) struct Info {
    pub(super) dtype: safetensors::Dtype,
    pub(super) shape: Vec<usize>,
    /// Where it begins and where it ends, from the end of the header on.
    pub(super) offsets: (u64, u64),
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the tensors by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let (mut tensors, mut notes) = (Vec::new(), None);
        while let Some(name) = map.next_key::<String>()? {
            if name == NOTES {
                let found = map.next_value::<Option<Notes>>()?;
                once::<_, A::Error>(&mut notes, NOTES, found.unwrap_or_default())?;
            } else {
                let info = map.next_value().map_err(|error| A::Error::custom(format!("`{name}`: {error}")))?;
                tensors.push((name, info));
            }
        }
        Ok(Header { tensors, notes: notes.unwrap_or_default() })
    }
}

impl<'de> Deserialize<'de> for Info {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InfoVisitor)
    }
}

struct InfoVisitor;

impl<'de> Visitor<'de> for InfoVisitor {
    type Value = Info;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dtype, shape and data_offsets")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Info, A::Error> {
        let (mut dtype, mut shape, mut offsets) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "dtype" => once(&mut dtype, "dtype", map.next_value()?)?,
                "shape" => once(&mut shape, "shape", map.next_value::<Shape>()?.0)?,
                "data_offsets" => once(&mut offsets, "data_offsets", map.next_value()?)?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let missing = |field| move || A::Error::missing_field(field);
        Ok(Info {
            dtype: dtype.ok_or_else(missing("dtype"))?,
            shape: shape.ok_or_else(missing("shape"))?,
            offsets: offsets.ok_or_else(missing("data_offsets"))?,
        })
    }
}

/// The lengths of axes, of which NumPy and PyTorch have at most 64. In a file a thousand more cost two bytes each, and here eight or sixteen.
struct Shape(Vec<usize>);

/// The most axes that a tensor may have.
const AXES: usize = 64;

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lengths of axes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut shape = Vec::new();
        while let Some(length) = seq.next_element()? {
            if shape.len() == AXES {
                return Err(A::Error::custom(format!("more than {AXES} axes")));
            }
            shape.push(length);
        }
        Ok(Shape(shape))
    }
}

/// Keeps a value, if it is the first of its name.
fn once<T, E: Error>(kept: &mut Option<T>, name: &'static str, value: T) -> Result<(), E> {
    if kept.replace(value).is_some() { Err(E::duplicate_field(name)) } else { Ok(()) }
}
