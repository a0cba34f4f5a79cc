//! The reverse graph: one typed node an op, each with witnesses for what it reads, and the two sweeps over them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::block::{instance, tuple};
use super::{Printer, ident, index};
use crate::ast::Symbol;
use crate::codes;
use crate::diagnose::source;
use crate::dim::shape_type;
use crate::infer::{Node, OpType, Operation};
use crate::literal::{Decimal, Named as Constant, Needs, Real};
use crate::resolve::Value;

/// The longest source text in the comment of a node.
const MAX_TEXT: usize = 80;

/// Whether there are three operands or more, all of them different nodes: rustc is then given the proof that they are.
fn are_apart(operands: &[usize]) -> bool {
    operands.len() >= 3 && operands.iter().enumerate().all(|(i, operand)| !operands[..i].contains(operand))
}

/// What the arguments of ops name, each of which becomes one type however often it is there.
#[derive(Default)]
struct Named<'a> {
    literals: Vec<&'a Real>,
    arrays: Vec<&'a [Real]>,
    formats: Vec<&'a Symbol>,
}

/// The place of an item in a list, at the end of which it is put if it is new.
fn number<T>(list: &mut Vec<T>, item: T, same: impl Fn(&T, &T) -> bool) -> usize {
    let known = list.iter().position(|known| same(known, &item));
    known.unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}

impl Printer<'_> {
    pub(super) fn reverse(&self) -> TokenStream {
        let mut named = Named::default();
        let types: TokenStream = self.nodes().map(|(position, node)| self.node(position, node, &mut named)).collect();
        let literals = named.literals.iter().enumerate().map(|(i, real)| self.literal(i, real));
        let formats = named.formats.iter().enumerate().map(|(i, path)| self.format(i, path));
        let arrays = named.arrays.iter().enumerate().map(|(i, reals)| self.array(i, reals));
        let named: TokenStream = literals.chain(arrays).chain(formats).collect();
        let graph = self.rev_graph();
        quote!(#named #types #graph)
    }

    /// `C6`, the context that node 6 may read, and `N6`, the node.
    fn node<'b>(&self, position: usize, node: &'b Node<'_>, named: &mut Named<'b>) -> TokenStream {
        let (n, arguments, name) = (&self.n, &self.arguments, &self.graph);
        let (context, alias, at) = (self.context_of(position), self.node_of(position), index(position));
        let operands = node.operands.iter().map(|operand| {
            let (shape, operand) = (self.shape(*operand), index(*operand));
            quote!(#n::Idx<#context #arguments, #shape, #operand>)
        });
        let placement = are_apart(&node.operands).then(|| quote!(, #n::Apart));
        let reads = |operands: Vec<TokenStream>| {
            if operands.is_empty() {
                quote!(#n::ReadsNothing<#context #arguments>)
            } else {
                quote!((#(#operands,)*) #placement)
            }
        };
        let ty = match &node.op {
            Operation::Op(op) => {
                let (op, reads) = (self.op(op, named), reads(operands.collect()));
                quote!(#n::Node<#op, #reads>)
            }
            Operation::Foreign { callee, .. } => {
                let (op, reads) = (&callee.path, reads(operands.collect()));
                quote!(#n::Node<#op, #reads>)
            }
            Operation::Block { callee, arguments, .. } => {
                let graph = instance(&callee.path, arguments, &quote!(#n));
                let (operands, shape) = (tuple(operands.collect()), self.shape(position));
                quote!(#n::Call<#graph, #operands, #shape>)
            }
        };
        let text = format!(" {}", source(node.expr, MAX_TEXT));
        quote! {
            type #context #arguments = #n::Prefix<#name #arguments, #at>;
            #[doc = #text]
            type #alias #arguments = #ty;
        }
    }

    /// `n::op::Sum<n::op::Axis<1>>`.
    fn op<'b>(&self, op: &'b OpType, named: &mut Named<'b>) -> TokenStream {
        let (n, ty) = (&self.n, ident(op.signature.ty));
        let arguments: Vec<_> = op.arguments.iter().map(|argument| self.argument(argument, named)).collect();
        if arguments.is_empty() { quote!(#n::op::#ty) } else { quote!(#n::op::#ty<#(#arguments),*>) }
    }

    /// A type parameter of an op; a range is two.
    fn argument<'b>(&self, value: &'b Value, named: &mut Named<'b>) -> TokenStream {
        let n = &self.n;
        let axis = |axis: &usize| {
            let axis = index(*axis);
            quote!(#n::op::Axis<#axis>)
        };
        match value {
            Value::All => quote!(#n::op::All),
            Value::Axis(value) => axis(value),
            Value::Axes(axes) => {
                let axes = axes.iter().map(axis);
                quote!((#(#axes,)*))
            }
            Value::Real(real) => {
                let literal = format_ident!("{}{}", self.literal, number(&mut named.literals, real, |a, b| a == b));
                quote!(#literal)
            }
            Value::Reals(reals) => {
                let array = format_ident!("{}{}", self.array, number(&mut named.arrays, reals, |a, b| a == b));
                quote!(#array)
            }
            Value::Integer(value) => {
                let value = proc_macro2::Literal::i32_unsuffixed(*value);
                quote!(#n::op::Integer<#value>)
            }
            Value::Dim(dim) => dim.poly.to_type(&quote!(#n)),
            Value::Range(start, end) => {
                let (start, end) = (start.poly.to_type(&quote!(#n)), end.poly.to_type(&quote!(#n)));
                quote!(#start, #end)
            }
            Value::Shape(shape) => shape_type(shape, &quote!(#n)),
            Value::Format(path) => {
                // Each has a type of its own, so that each mistake is reported where it is.
                let format = format_ident!("{}{}", self.format, number(&mut named.formats, path, |_, _| false));
                quote!(#format)
            }
        }
    }

    /// The number as a type.
    fn literal(&self, i: usize, real: &Real) -> TokenStream {
        let (n, name) = (&self.n, format_ident!("{}{i}", self.literal));
        let (text, nearest, exact) = match real {
            Real::Decimal(Decimal { text, nearest, exact }) => (text.clone(), quote!(#nearest), *exact),
            Real::Named(constant) => {
                let sign = if constant.negative { "-" } else { "" };
                (format!("{sign}{}", constant.path.text), self.constant(constant), true)
            }
        };
        // Evaluated now, and not only when the graph is used.
        let check = matches!(real, Real::Named(_)).then(|| quote!(const _: f64 = <#name as #n::op::Literal>::NEAREST;));
        quote! {
            struct #name;
            impl #n::op::Literal for #name {
                const TEXT: &'static str = #text;
                const NEAREST: f64 = #nearest;
                const EXACT: bool = #exact;
            }
            #check
        }
    }

    /// The numbers as a type.
    fn array(&self, i: usize, reals: &[Real]) -> TokenStream {
        let (n, name) = (&self.n, format_ident!("{}{i}", self.array));
        let nearest = reals.iter().map(|real| match real {
            Real::Decimal(decimal) => decimal.nearest.to_token_stream(),
            Real::Named(constant) => self.constant(constant),
        });
        let exact = reals.iter().map(|real| !matches!(real, Real::Decimal(Decimal { exact: false, .. })));
        // Of those that are f64 nothing else need be said.
        let text = reals.iter().map(|real| match real {
            Real::Decimal(Decimal { text, exact: false, .. }) => text.as_str(),
            _ => "",
        });
        let check = reals.iter().any(|real| real.constant().is_some());
        let check = check.then(|| quote!(const _: &[f64] = <#name as #n::op::constant::Listed>::NEAREST;));
        quote! {
            struct #name;
            impl #n::op::constant::Listed for #name {
                const NEAREST: &'static [f64] = &[#(#nearest),*];
                const EXACT: &'static [bool] = &[#(#exact),*];
                const TEXT: &'static [&'static str] = &[#(#text),*];
            }
            #check
        }
    }

    /// The value of a constant of the module, where what is wrong with it is reported.
    fn constant(&self, constant: &Constant) -> TokenStream {
        let (n, Constant { path, negative, needs }) = (&self.n, constant);
        let (text, path) = (&path.text, &path.tokens);
        let here = path.clone().into_iter().next().map_or_else(Span::mixed_site, |token| token.span());
        let here = Span::mixed_site().located_at(here);
        let mut n = n.clone();
        n.set_span(here);
        let needed = match needs {
            Needs::Nothing => None,
            Needs::NotZero => {
                Some((quote!(!=), format!("`{text}` is 0, and a tensor is divided by it [{}]", codes::ZERO_DIVISOR.id)))
            }
            Needs::Positive => {
                Some((quote!(>), format!("`{text}` must be more than 0 here [{}]", codes::ARGUMENT_RANGE.id)))
            }
        };
        let sign = negative.then(|| quote!(-));
        let needed =
            needed.map(|(relation, message)| quote_spanned!(here=> ::core::assert!(value #relation 0.0, #message);));
        let message = format!("`{text}` is no finite number that f64 has [{}]", codes::LITERAL_RANGE.id);
        quote_spanned! {here=> {
            let value: f64 = #sign #n::op::literal::constant(#path).value();
            ::core::assert!(value.is_finite(), #message);
            #needed
            value
        }}
    }

    /// The format as a type that names it once.
    fn format(&self, i: usize, path: &Symbol) -> TokenStream {
        let (n, name, path) = (&self.n, format_ident!("{}{i}", self.format), &path.tokens);
        quote! {
            struct #name;
            impl #n::op::Target for #name {
                type Format = #path;
            }
        }
    }

    fn rev_graph(&self) -> TokenStream {
        let (n, generics, arguments, name) = (&self.n, &self.generics, &self.arguments, &self.graph);
        let (params, leaves) = (index(self.model.params()), index(self.model.leaves.len()));
        let outputs = self.model.outputs.iter().map(|output| index(output.position));
        let (param_size, leaf_size) = (self.offset(self.model.params()), self.offset(self.model.leaves.len()));
        let has_loss = self.model.loss().map(|output| {
            let (position, offset) = (index(output.position), self.offset(output.position));
            quote! {
                /// What the gradients are of.
                impl #generics #n::HasLoss for #name #arguments {
                    const POSITION: usize = #position;
                    const OFFSET: usize = #offset;
                }
            }
        });
        let operands = self.nodes().map(|(position, _)| {
            let (context, node) = (self.context_of(position), self.node_of(position));
            quote!(<#node #arguments as #n::RevNode<#context #arguments>>::OPERANDS)
        });
        let states =
            self.nodes().filter(|(_, node)| matches!(node.op, Operation::Block { .. })).map(|(position, _)| {
                let (context, node) = (self.context_of(position), self.node_of(position));
                quote!(<#node #arguments as #n::RevNode<#context #arguments>>::STATE)
            });
        let state = states.reduce(|sum, state| quote!(#sum + #state)).unwrap_or_else(|| quote!(0));
        let facts = self.facts_first();
        let state = if facts.is_some() { quote!({ #facts #state }) } else { state };
        let visit = |(position, node): (usize, &Node<'_>)| {
            // What rustc finds wrong with a node is wrong with the expression that it comes from.
            let here = Span::call_site().located_at(node.expr.site.start);
            let (context, node, at) = (self.context_of(position), self.node_of(position), index(position));
            quote_spanned!(here=> sweep.node::<#context #arguments, <Self as #n::At<#at>>::Shape, #node #arguments>();)
        };
        let (forward, reverse) = (self.nodes().map(visit), self.nodes().rev().map(visit));
        // Without a node, as in a stub, nothing is visited.
        let sweep = if self.nodes().next().is_some() { quote!(sweep) } else { quote!(_) };
        let visitor = &self.kind;
        quote! {
            /// Every node once: in this order, and back.
            impl #generics #n::RevGraph for #name #arguments {
                type Context = Self;
                const PARAMS: usize = #params;
                const LEAVES: usize = #leaves;
                const PARAM_SIZE: usize = #param_size;
                const LEAF_SIZE: usize = #leaf_size;
                const OUTPUTS: &'static [usize] = &[#(#outputs),*];
                const NODES: #n::Nodes = #n::Nodes::Flat(&[#(#operands),*]);
                const STATE: usize = #state;
                fn forward<#visitor: #n::Sweep>(#sweep: &mut #visitor) { #facts #(#forward)* }
                fn reverse<#visitor: #n::Sweep>(#sweep: &mut #visitor) { #facts #(#reverse)* }
            }
            #has_loss
        }
    }

    fn context_of(&self, position: usize) -> Ident {
        format_ident!("{}{position}", self.context)
    }

    fn node_of(&self, position: usize) -> Ident {
        format_ident!("{}{position}", self.node)
    }
}
