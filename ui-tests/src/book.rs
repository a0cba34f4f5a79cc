//! The book: every block of code in its chapters and in the error index is compiled as a doctest.
//!
//! Written by `BLESS=1 cargo test -p nfgrad-ui-tests --test book`.

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/blocks.md")]
struct Blocks;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/bounds.md")]
struct Bounds;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/certificates.md")]
struct Certificates;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/common_mistakes.md")]
struct CommonMistakes;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/conventions.md")]
struct Conventions;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/first_model.md")]
struct FirstModel;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/formats.md")]
struct Formats;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/introduction.md")]
struct Introduction;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/numbers.md")]
struct Numbers;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/shapes.md")]
struct Shapes;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/writing_an_op.md")]
struct WritingAnOp;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0001.md")]
struct NF0001;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0002.md")]
struct NF0002;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0003.md")]
struct NF0003;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0004.md")]
struct NF0004;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0010.md")]
struct NF0010;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0011.md")]
struct NF0011;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0012.md")]
struct NF0012;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0013.md")]
struct NF0013;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0014.md")]
struct NF0014;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0020.md")]
struct NF0020;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0021.md")]
struct NF0021;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0022.md")]
struct NF0022;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0023.md")]
struct NF0023;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0024.md")]
struct NF0024;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0025.md")]
struct NF0025;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0026.md")]
struct NF0026;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0027.md")]
struct NF0027;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0030.md")]
struct NF0030;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0031.md")]
struct NF0031;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0032.md")]
struct NF0032;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0033.md")]
struct NF0033;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0034.md")]
struct NF0034;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0035.md")]
struct NF0035;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0036.md")]
struct NF0036;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0037.md")]
struct NF0037;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0038.md")]
struct NF0038;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0040.md")]
struct NF0040;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0041.md")]
struct NF0041;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0042.md")]
struct NF0042;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0043.md")]
struct NF0043;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0044.md")]
struct NF0044;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0045.md")]
struct NF0045;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0050.md")]
struct NF0050;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0052.md")]
struct NF0052;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0053.md")]
struct NF0053;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0054.md")]
struct NF0054;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0055.md")]
struct NF0055;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0056.md")]
struct NF0056;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0060.md")]
struct NF0060;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0061.md")]
struct NF0061;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0062.md")]
struct NF0062;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0070.md")]
struct NF0070;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0071.md")]
struct NF0071;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0072.md")]
struct NF0072;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0073.md")]
struct NF0073;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0074.md")]
struct NF0074;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0075.md")]
struct NF0075;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0076.md")]
struct NF0076;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0077.md")]
struct NF0077;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0080.md")]
struct NF0080;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0081.md")]
struct NF0081;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0082.md")]
struct NF0082;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0083.md")]
struct NF0083;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0084.md")]
struct NF0084;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0085.md")]
struct NF0085;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0086.md")]
struct NF0086;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0087.md")]
struct NF0087;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0088.md")]
struct NF0088;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0089.md")]
struct NF0089;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0090.md")]
struct NF0090;

#[cfg(doctest)]
#[doc = include_str!("../../docs/src/errors/NF0091.md")]
struct NF0091;
