//! Real numbers that are written: literals, and constants of the module.

use std::ops::Neg;

use quote::ToTokens;
use syn::Ident;

use super::Resolver;
use crate::ast::{Expr, ExprKind, Number, Symbol};
use crate::codes;
use crate::infer::plain;
use crate::literal::{Decimal, Named, Needs, Real, Refusal};
use crate::report::{Diagnostic, Site};

impl Resolver<'_, '_> {
    /// Whether the expression is a real number: a literal, a constant of the module, or the negative of one.
    ///
    /// A name that the graph does not define is a constant if it is in capitals, as constants are; any other is a
    /// tensor that is misspelt.
    pub(super) fn is_written(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::Path(_) => true,
            ExprKind::Name(name) => self.is_constant(name),
            ExprKind::Negative(inner) => self.is_written(inner),
            _ => false,
        }
    }

    fn is_constant(&self, name: &Ident) -> bool {
        let text = plain(name);
        let capitals = text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase);
        capitals && !self.is_known(&name.to_string()) && self.defined_later(name).is_none()
    }

    /// Whether the graph itself says what the name is: a tensor, a block or a const generic.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.scope.contains_key(name) || self.graph.generics.iter().any(|generic| generic == name)
    }
}

/// The number of an expression that [is one](Resolver::is_written).
pub(super) fn written(expr: &Expr) -> Result<Real, Diagnostic> {
    let path = match &expr.kind {
        ExprKind::Number(number) => return decimal(number, expr.site).map(Real::Decimal),
        ExprKind::Negative(inner) => return written(inner).map(Real::neg),
        ExprKind::Name(name) => Symbol { text: name.to_string(), tokens: name.to_token_stream(), braces: true },
        ExprKind::Path(path) => path.clone(),
        _ => return Err(Diagnostic::new(codes::SYNTAX, expr.site, format!("expected a number, found `{expr}`"))),
    };
    Ok(Real::Named(Named { path, negative: false, needs: Needs::Nothing }))
}

/// A decimal literal.
fn decimal(number: &Number, site: Site) -> Result<Decimal, Diagnostic> {
    if !number.suffix.is_empty() {
        let text = format!("a literal in a graph is a real number and has no suffix `{}`", number.suffix);
        let error = Diagnostic::new(codes::LITERAL_SUFFIX, site, text);
        return Err(error.help(format!("write `{}`; the format is chosen when the graph is run", number.text)));
    }
    Decimal::parse(&number.text).map_err(|refusal| {
        let what = match refusal {
            Refusal::Large => "is too large: f64 cannot hold it",
            Refusal::Small => "is too close to 0: f64 cannot hold it with full precision",
            Refusal::Long => "has more than 300 digits",
        };
        Diagnostic::new(codes::LITERAL_RANGE, site, format!("the literal {what}"))
    })
}
