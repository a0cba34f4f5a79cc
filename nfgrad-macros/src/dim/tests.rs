//! Canonical form, and what cannot be decided without the values.

use quote::quote;
use syn::parse::Parser;

use super::*;

/// The shape `[a, b, ..]`, with its obligations.
fn shape(text: &str) -> Result<(Vec<Dim>, Vec<Obligation>), String> {
    let parsed = (|input: syn::parse::ParseStream| Ok(crate::parse::shape(input))).parse_str(text).expect("tokens");
    let generics =
        ["A", "B", "C", "H", "HEADS", "K", "M", "N", "P", "S", "W"].map(|name| quote::format_ident!("{name}"));
    let mut scope = Dims::new(&generics);
    let dims = parsed.map_err(|error| error.to_string())?.dims;
    let dims = dims.iter().map(|dim| scope.dimension(dim)).collect::<Result<_, _>>();
    dims.map(|dims| (dims, scope.obligations)).map_err(|error| error.to_string())
}

fn equal(left: &str, right: &str) -> bool {
    let (dims, _) = shape(&format!("[{left}, {right}]")).expect("a shape");
    let types: Vec<_> = dims.iter().map(|dim| dim.poly.to_type(&quote!(n)).to_string()).collect();
    // What is exact and what is rounded down are written alike, for both are rounded down.
    let rounded = [left, right].iter().any(|text| text.contains("floor"));
    assert!(
        rounded || (dims[0] == dims[1]) == (types[0] == types[1]),
        "equal polynomials and only they have equal types"
    );
    dims[0] == dims[1]
}

#[test]
fn expressions_that_are_equal_for_all_values_are_one_type() {
    assert!(equal("M + N", "N + M"));
    assert!(equal("2*H", "H + H"));
    assert!(equal("(M + N)*(M - N)", "M*M - N*N"));
    assert!(equal("16*C", "C*16"));
    assert!(equal("N - N + 3", "3"));
    assert!(equal("super::N + 1", "1 + super::N"));
    // Two paths are two constants, as far as a macro can see; and a const generic could be called WIDTH as well.
    assert!(!equal("self::WIDTH", "WIDTH"));
    assert!(!equal("2*H", "H + 2"));
    assert!(!equal("N", "super::N"));
}

#[test]
fn division_is_exact() {
    assert!(equal("6/3", "2"));
    assert!(equal("(2*H + 4)/2", "H + 2"));
    assert!(equal("H*W/H", "W"));
    assert!(equal("HEADS*(H/HEADS)", "H"));
    assert!(equal("(H/2)*2", "H"));
    assert!(equal("2*H/4", "H/2"));
    assert!(equal("(H/2 + H/2)", "H"));
    assert!(equal("(A + B)/C*C", "B + A"));
    assert!(!equal("H/2", "H/3"));
    assert!(!equal("(N - K)/S + 1", "(N - K + 1)/S"));
}

#[test]
fn what_a_divisor_divides_is_taken_out() {
    assert!(equal("(H - 4)/2", "H/2 - 2"));
    assert!(equal("(H + 1)/2", "(H - 1)/2 + 1"));
    assert!(equal("(H + 2*P - K)/2", "P + (H - K)/2"));
    assert!(equal("(N*S + K)/S", "N + K/S"));
    assert!(equal("(H/2 - 4)/2", "H/4 - 2"));
    assert!(equal("(M + N)/(M + N)*K", "K*((N + M)/(N + M))"));
}

#[test]
fn what_is_rounded_down_is_another_number() {
    let floor = |text: &str| shape(&format!("[{text}]")).expect("a shape").0[0].poly.to_string();
    assert_eq!(floor("floor(7/2)"), "3");
    assert_eq!(floor("floor((H + 2*3 - 7)/2) + 1"), "floor((H - 1)/2) + 1");
    assert_eq!(floor("floor((2*H + 1)/2)"), "H");
    assert_eq!(floor("floor((floor((H - 4)/2) - 4)/2)"), "floor(H/4) - 3");
    assert_eq!(floor("floor((floor(N/K) + M)/S)"), "floor((K*M + N)/(K*S))");
    assert_eq!(floor("2*floor(H/2)"), "2*floor(H/2)");
    assert_eq!(floor("floor((H + 2*P - K)/S) + 1"), "floor((H - K + 2*P)/S) + 1");
    // Read again, it is the same.
    assert_eq!(floor(&floor("floor(floor((3*H + 2*P - 7)/S)*K/2)")), floor("floor(floor((3*H + 2*P - 7)/S)*K/2)"));
    // Where it is said that nothing is left, nothing is left; that 4 divides H says so for 2.
    assert!(equal("H/2", "floor(H/2)") && equal("H/4 + H/2", "H/4 + floor(H/2)"));
    let (dims, obligations) = shape("[floor(H/S)]").expect("a shape");
    assert!(
        matches!(&obligations[0].kind, ObligationKind::Needs(s, None, Relation::Greater, _) if s.to_string() == "S")
    );
    assert_eq!(dims[0].settled(&[Atom::Over(Poly::default(), Poly::default())]).poly, dims[0].poly);
    assert!(shape("[floor(H/(2 - 2))]").unwrap_err().contains("divided by zero"));
    assert!(shape("[floor(3/(2 - 5))]").is_err());
}

#[test]
fn what_no_value_can_mend_is_an_error() {
    let message = "7/2 is not a whole number: 7 = 2*3 + 1 [NF0041]\nhelp: `floor(7/2)` is rounded down";
    assert_eq!(shape("[7/2]").unwrap_err(), message);
    assert_eq!(shape("[3 - 5]").unwrap_err(), "a dimension is negative: 3 - 5 = -2 [NF0040]");
    assert_eq!(shape("[H/(2 - 2)]").unwrap_err(), "a dimension is divided by zero: H/(2 - 2) [NF0042]");
    assert!(shape("[4611686018427387904*4]").unwrap_err().contains("too large"));
}

#[test]
fn what_depends_on_the_values_is_an_obligation() {
    let obligations = |text| shape(text).expect("a shape").1;
    assert!(obligations("[2*H + 1, H*W]").is_empty());
    let [one] = obligations("[N - 1]").try_into().expect("one obligation");
    assert!(matches!(one.kind, ObligationKind::NonNegative(_)));
    let all = obligations("[(N + 2*P - K)/S + 1]");
    assert!(matches!(&all[0].kind, ObligationKind::NonNegative(poly) if poly.to_string() == "N - K + 2*P"));
    assert!(matches!(&all[1].kind, ObligationKind::Divides(_, s) if s.to_string() == "S"));
    assert_eq!(all[1].text, "(N + 2*P - K)/S");
}

#[test]
fn types_and_texts_read_from_the_highest_degree_down() {
    let (dims, _) = shape("[1 + 2*H*W - N, 64, 0, (N - 1)/2]").expect("a shape");
    let types = shape_type(&dims, &quote!(n)).to_string().replace(' ', "");
    assert_eq!(
        types,
        "(n::Minus<n::Plus<n::Times<n::Times<n::D<2>,H>,W>,n::D<1>>,N>,n::D<64>,n::D<0>,\
         n::Over<n::Minus<N,n::D<1>>,n::D<2>>)"
    );
    assert_eq!(shape_text(&dims), "[1 + 2*H*W - N, 64, 0, (N - 1)/2]");
    assert_eq!(dims[3].poly.to_string(), "(N - 1)/2");
    let vector = shape("[WIDTH]").expect("a shape").0;
    assert_eq!(shape_type(&vector, &quote!(n)).to_string().replace(' ', ""), "(n::D<{WIDTH}>,)");
    let vector = shape("[super::N]").expect("a shape").0;
    assert_eq!(shape_type(&vector, &quote!(n)).to_string().replace(' ', ""), "(n::D<{super::N}>,)");
}
