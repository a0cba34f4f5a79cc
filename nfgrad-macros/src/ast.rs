//! What the user wrote, as a tree: nothing is resolved and nothing is checked yet.

mod block;

use std::fmt;
use std::mem;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Ident;

use crate::report::Site;

pub(crate) use block::{Argument, BlockCall, BlockDecl, Callee, Count, Target};

/// `pub graph Mlp<const B: usize> where B > 0 { .. }`.
#[derive(Debug)]
pub(crate) struct Graph {
    /// The path of the library, `::nfgrad` where nothing else is said.
    pub(crate) library: TokenStream,
    /// The doc comments, as attributes.
    pub(crate) docs: TokenStream,
    pub(crate) visibility: TokenStream,
    pub(crate) name: Ident,
    /// The const generics.
    pub(crate) generics: Vec<Ident>,
    /// The `where` clause.
    pub(crate) facts: Vec<Fact>,
    pub(crate) statements: Vec<Statement>,
}

/// One statement of a block.
#[derive(Debug)]
pub(crate) enum Statement {
    /// `input x: [B, 64];` or `param w: [64, 32];`.
    Leaf(Leaf),
    /// `block fc1: Linear<B, 64, 32>;`.
    Block(BlockDecl),
    /// `let h = relu(x @ w);`.
    Let(Binding),
    /// `output loss = mean(h);`, or `output h;` which has no value of its own.
    Output(Binding),
    /// A statement with a syntax error in it. What it would have named is not reported as unknown.
    Broken(Ident),
}

/// A tensor that is given to the graph.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) docs: TokenStream,
    pub(crate) role: Role,
    pub(crate) name: Ident,
    pub(crate) shape: ShapeExpr,
}

/// What a leaf is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Param,
    Input,
}

/// A name for the value of an expression.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) docs: TokenStream,
    pub(crate) name: Ident,
    /// The shape that the user states after a colon.
    pub(crate) shape: Option<ShapeExpr>,
    /// Absent in `output h;`.
    pub(crate) value: Option<Expr>,
}

/// `[B, 2*H]`.
#[derive(Debug)]
pub(crate) struct ShapeExpr {
    pub(crate) dims: Vec<DimExpr>,
    pub(crate) site: Site,
}

/// A dimension as it was written.
#[derive(Debug)]
pub(crate) struct DimExpr {
    pub(crate) kind: DimKind,
    pub(crate) site: Site,
}

#[derive(Debug)]
pub(crate) enum DimKind {
    Literal(i64),
    /// A const generic, or the path of a constant.
    Symbol(Symbol),
    Binary(DimOperator, Box<DimExpr>, Box<DimExpr>),
}

/// A const generic, a constant or a type: compared by its text, printed with the tokens of the user.
#[derive(Debug, Clone)]
pub(crate) struct Symbol {
    pub(crate) text: String,
    pub(crate) tokens: TokenStream,
    /// It is a constant and not a const generic, so it needs braces where a type could stand.
    pub(crate) braces: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DimOperator {
    Add,
    Sub,
    Mul,
    /// `a/b`, which must be exact.
    Div,
    /// `floor(a/b)`.
    Floor,
}

/// `H % HEADS == 0`: a fact about the const generics.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) left: DimExpr,
    /// The right side of a `%`.
    pub(crate) modulus: Option<DimExpr>,
    pub(crate) relation: Relation,
    pub(crate) right: DimExpr,
    pub(crate) site: Site,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// A tensor expression.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) site: Site,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Name(Ident),
    Number(Number),
    Negative(Box<Expr>),
    Binary {
        operator: Operator,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Call(Call),
    /// `Linear<B, 64, 32>(x, w, b)`, or `layers[3](x)`.
    Block(BlockCall),
    /// `super::N`: a constant, as an argument of a call.
    Path(Symbol),
    /// `[B, 64]`, as an argument of a call.
    List(ShapeExpr),
    /// `[[1, 0.5], [0, 2]]`, with an expression for each number and each row.
    Array(Vec<Expr>),
    /// `2..N`, as an argument of a call.
    Range(Box<Expr>, Box<Expr>),
}

/// `sum(x, axis = 1)`.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) op: Ident,
    /// What is given without a keyword: the operands, and behind them what the op takes by position.
    pub(crate) positional: Vec<Expr>,
    pub(crate) keywords: Vec<Keyword>,
}

/// `axis = 1`.
#[derive(Debug)]
pub(crate) struct Keyword {
    pub(crate) name: Ident,
    pub(crate) value: Expr,
}

/// A literal: digits without underscores, and what follows them.
#[derive(Debug, Clone)]
pub(crate) struct Number {
    pub(crate) text: String,
    pub(crate) suffix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    MatMul,
}

impl Operator {
    /// The op that it stands for.
    pub(crate) fn op(self) -> &'static str {
        match self {
            Operator::Add => "add",
            Operator::Sub => "sub",
            Operator::Mul => "mul",
            Operator::Div => "div",
            Operator::MatMul => "matmul",
        }
    }

    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Sub => "-",
            Operator::Mul => "*",
            Operator::Div => "/",
            Operator::MatMul => "@",
        }
    }

    /// The same operator between dimensions.
    fn of_dims(self) -> Option<DimOperator> {
        match self {
            Operator::Add => Some(DimOperator::Add),
            Operator::Sub => Some(DimOperator::Sub),
            Operator::Mul => Some(DimOperator::Mul),
            Operator::Div => Some(DimOperator::Div),
            Operator::MatMul => None,
        }
    }

    fn precedence(self) -> u8 {
        match self {
            Operator::Add | Operator::Sub => 1,
            Operator::Mul | Operator::Div | Operator::MatMul => 2,
        }
    }
}

impl Expr {
    fn precedence(&self) -> u8 {
        match &self.kind {
            ExprKind::Binary { operator, .. } => operator.precedence(),
            ExprKind::Negative(_) => 3,
            ExprKind::Range(..) => 0,
            ExprKind::Name(_)
            | ExprKind::Number(_)
            | ExprKind::Call(_)
            | ExprKind::Block(_)
            | ExprKind::Path(_)
            | ExprKind::List(_)
            | ExprKind::Array(_) => 4,
        }
    }

    /// With parentheses where the place needs them.
    fn fmt_at_least(&self, precedence: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.precedence() < precedence { write!(f, "({self})") } else { write!(f, "{self}") }
    }

    /// Whether it can only be an argument that is not a tensor.
    pub(crate) fn is_no_tensor(&self) -> bool {
        matches!(self.kind, ExprKind::Number(_) | ExprKind::Path(_) | ExprKind::List(_) | ExprKind::Range(..))
    }

    /// The expression read as a dimension, as in `padding = K/2`: the grammar is the same, the names mean something else.
    pub(crate) fn as_dim(&self) -> Option<DimExpr> {
        let kind = match &self.kind {
            ExprKind::Number(Number { text, suffix }) if matches!(suffix.as_str(), "" | "usize") => {
                DimKind::Literal(text.parse().ok()?)
            }
            ExprKind::Name(name) => {
                DimKind::Symbol(Symbol { text: name.to_string(), tokens: name.to_token_stream(), braces: true })
            }
            ExprKind::Path(path) => DimKind::Symbol(path.clone()),
            ExprKind::Binary { operator, left, right, .. } => {
                DimKind::Binary(operator.of_dims()?, Box::new(left.as_dim()?), Box::new(right.as_dim()?))
            }
            ExprKind::Call(call) if call.op == "floor" && call.keywords.is_empty() => {
                let [quotient] = &call.positional[..] else { return None };
                quotient.as_dim()?.floor()?
            }
            _ => return None,
        };
        Some(DimExpr { kind, site: self.site })
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Name(name) => write!(f, "{name}"),
            ExprKind::Number(number) => write!(f, "{}", number.text),
            ExprKind::Negative(inner) => {
                f.write_str("-")?;
                inner.fmt_at_least(3, f)
            }
            ExprKind::Binary { operator, left, right, .. } => {
                left.fmt_at_least(operator.precedence(), f)?;
                write!(f, " {} ", operator.symbol())?;
                right.fmt_at_least(operator.precedence() + 1, f)
            }
            ExprKind::Call(call) => {
                write!(f, "{}(", call.op)?;
                let mut comma = "";
                for argument in &call.positional {
                    write!(f, "{}{argument}", mem::replace(&mut comma, ", "))?;
                }
                for keyword in &call.keywords {
                    write!(f, "{}{} = {}", mem::replace(&mut comma, ", "), keyword.name, keyword.value)?;
                }
                f.write_str(")")
            }
            ExprKind::Path(path) => f.write_str(&path.text),
            ExprKind::List(list) => write!(f, "{list}"),
            ExprKind::Range(start, end) => write!(f, "{start}..{end}"),
            ExprKind::Array(entries) => {
                f.write_str("[")?;
                let mut comma = "";
                for entry in entries {
                    write!(f, "{}{entry}", mem::replace(&mut comma, ", "))?;
                }
                f.write_str("]")
            }
            ExprKind::Block(call) => write!(f, "{call}"),
        }
    }
}

impl fmt::Display for ShapeExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<_> = self.dims.iter().map(ToString::to_string).collect();
        write!(f, "[{}]", dims.join(", "))
    }
}

impl DimOperator {
    fn precedence(self) -> u8 {
        match self {
            DimOperator::Add | DimOperator::Sub => 1,
            DimOperator::Mul | DimOperator::Div => 2,
            DimOperator::Floor => 3,
        }
    }
}

impl DimExpr {
    /// `floor(a/b)` of `a/b`; of anything else it means nothing, for every other dimension is a whole number.
    pub(crate) fn floor(self) -> Option<DimKind> {
        match self.kind {
            DimKind::Binary(DimOperator::Div, left, right) => Some(DimKind::Binary(DimOperator::Floor, left, right)),
            _ => None,
        }
    }

    fn fmt_at_least(&self, precedence: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            DimKind::Binary(operator, ..) if operator.precedence() < precedence => write!(f, "({self})"),
            _ => write!(f, "{self}"),
        }
    }
}

impl fmt::Display for DimExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            DimKind::Literal(value) => write!(f, "{value}"),
            DimKind::Symbol(symbol) => f.write_str(&symbol.text),
            DimKind::Binary(DimOperator::Floor, left, right) => {
                f.write_str("floor(")?;
                left.fmt_at_least(2, f)?;
                f.write_str("/")?;
                right.fmt_at_least(3, f)?;
                f.write_str(")")
            }
            DimKind::Binary(operator, left, right) => {
                left.fmt_at_least(operator.precedence(), f)?;
                f.write_str(match operator {
                    DimOperator::Add => " + ",
                    DimOperator::Sub => " - ",
                    DimOperator::Mul => "*",
                    DimOperator::Div | DimOperator::Floor => "/",
                })?;
                right.fmt_at_least(operator.precedence() + 1, f)
            }
        }
    }
}

impl Relation {
    pub(crate) fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Relation::Equal => left == right,
            Relation::Unequal => left != right,
            Relation::Less => left < right,
            Relation::LessEqual => left <= right,
            Relation::Greater => left > right,
            Relation::GreaterEqual => left >= right,
        }
    }

    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Relation::Equal => "==",
            Relation::Unequal => "!=",
            Relation::Less => "<",
            Relation::LessEqual => "<=",
            Relation::Greater => ">",
            Relation::GreaterEqual => ">=",
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `%` binds as `*` does.
        self.left.fmt_at_least(if self.modulus.is_some() { 2 } else { 0 }, f)?;
        if let Some(modulus) = &self.modulus {
            f.write_str(" % ")?;
            modulus.fmt_at_least(3, f)?;
        }
        write!(f, " {} {}", self.relation.symbol(), self.right)
    }
}
