//! The leaves of a graph in the order of their positions: its params and those of the blocks it owns, then its inputs.

use std::rc::Rc;

use super::{Meaning, Resolver};
use crate::ast::{self, BlockDecl, Role, Statement};
use crate::block::LeafKind;
use crate::codes;
use crate::dim::Shape;
use crate::infer::plain;
use crate::report::{Diagnostic, Site};

/// A leaf and its shape, if that could be read.
#[derive(Debug)]
pub(crate) struct Leaf<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) shape: Option<Shape>,
    /// Where its declaration stands among those of all leaves.
    pub(crate) rank: usize,
}

/// Where a leaf is declared.
#[derive(Debug)]
pub(crate) enum Source<'a> {
    Here(&'a ast::Leaf),
    /// A parameter of an owned block: the number of the block, its declaration, and the path `fc1.w`. Its shape is known
    /// when the dimensions of the block are.
    Owned {
        block: usize,
        declaration: &'a BlockDecl,
        path: String,
    },
}

impl Leaf<'_> {
    pub(crate) fn kind(&self) -> LeafKind {
        match self.source {
            Source::Here(ast) if ast.role == Role::Input => LeafKind::Input,
            Source::Here(_) => LeafKind::Param,
            Source::Owned { .. } => LeafKind::Owned,
        }
    }

    pub(crate) fn is_param(&self) -> bool {
        self.kind() != LeafKind::Input
    }

    /// `w`, or `fc1.w`.
    pub(crate) fn path(&self) -> String {
        match &self.source {
            Source::Here(ast) => plain(&ast.name),
            Source::Owned { path, .. } => path.clone(),
        }
    }

    /// The name where it is declared.
    pub(crate) fn site(&self) -> Site {
        match &self.source {
            Source::Here(ast) => Site::from(&ast.name),
            Source::Owned { declaration, .. } => Site::from(&declaration.name),
        }
    }
}

impl<'a> Resolver<'a, '_> {
    /// All leaves. They are in scope everywhere in the block.
    pub(super) fn leaves(&mut self) -> Vec<Leaf<'a>> {
        let (mut params, mut inputs) = (Vec::new(), Vec::new());
        for (rank, statement) in self.graph.statements.iter().enumerate() {
            match statement {
                // Of two leaves with one name the second is reported, and dropped.
                Statement::Leaf(ast) if self.define(&ast.name) => {
                    let leaf = Leaf { source: Source::Here(ast), shape: self.shape(&ast.shape), rank };
                    if ast.role == Role::Param { params.push(leaf) } else { inputs.push(leaf) }
                }
                Statement::Block(ast) if self.define(&ast.name) => {
                    let number = self.owned.len();
                    let block = self.block(ast, params.len());
                    params.extend(owned(&block, number, rank));
                    let meaning = if block.signature.is_some() { Meaning::Block(number) } else { Meaning::Poisoned };
                    self.scope.insert(ast.name.to_string(), meaning);
                    self.owned.push(block);
                }
                _ => {}
            }
        }
        params.append(&mut inputs);
        for (position, leaf) in params.iter().enumerate() {
            if let Source::Here(ast) = leaf.source {
                self.scope.insert(ast.name.to_string(), Meaning::Leaf(position));
            }
        }
        params
    }

    /// A block where a tensor is wanted.
    pub(super) fn block_as_tensor(&mut self, name: &syn::Ident) -> super::Term<'a> {
        let text = format!("`{name}` is a block, not a tensor");
        self.report.push(Diagnostic::new(codes::NOT_A_TENSOR, name, text).help(format!("call it: `{name}(..)`")));
        super::Term::Poisoned
    }
}

/// The parameters of a block, copy by copy.
fn owned<'a>(block: &super::Block<'a>, number: usize, rank: usize) -> Vec<Leaf<'a>> {
    let Some(signature) = block.signature else { return Vec::new() };
    let copies = (0..block.count()).flat_map(|copy| signature.params().map(move |leaf| (copy, leaf)));
    copies
        .map(|(copy, leaf)| {
            let path = format!("{}.{}", block.label(copy), signature.leaves[leaf].name);
            let source = Source::Owned { block: number, declaration: block.ast, path };
            Leaf { source, shape: Some(Rc::new([])), rank }
        })
        .collect()
}
