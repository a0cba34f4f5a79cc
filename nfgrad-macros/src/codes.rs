//! The table of error codes: one row a message, so that a book can list and explain every one of them.
//!
//! This file depends on nothing, so that a documentation test can include it as it stands.

/// What a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code {
    /// `NF0001`, never given to another mistake again.
    pub(crate) id: &'static str,
    /// The mistake in a few words: the title of its page.
    pub(crate) title: &'static str,
    /// What is wrong and what to do about it.
    pub(crate) text: &'static str,
}

/// Declares each code as a constant, and [`CODES`] as the list of all of them.
macro_rules! codes {
    ($($name:ident = $id:literal, $title:literal, $text:literal;)*) => {
        $(pub(crate) const $name: Code = Code { id: $id, title: $title, text: $text };)*

        /// Every code, in order.
        #[cfg_attr(not(test), expect(dead_code, reason = "read by the tests and by the error index of the book"))]
        pub(crate) const CODES: &[Code] = &[$($name),*];
    };
}

codes! {
    SYNTAX = "NF0001", "syntax",
        "The text is not what `graph!` expects at this place. The message says what it expects instead.";
    ATTRIBUTE = "NF0002", "an attribute that means nothing here",
        "Only doc comments can stand before a graph or a statement.";
    GENERIC = "NF0003", "a generic that is not `const N: usize`",
        "The generics of a graph are dimensions, so each of them is written `const N: usize`.";
    DEEP = "NF0004", "an expression that is nested too deeply",
        "Give a part of the expression a name with `let`.";

    UNKNOWN_NAME = "NF0010", "unknown name",
        "A tensor is an input, a param, or a let or output above the line that uses it.";
    DUPLICATE_NAME = "NF0011", "a name that is defined twice",
        "Each name stands for one tensor; choose another one for the second.";
    USED_TOO_EARLY = "NF0012", "a name that is used above its definition",
        "Statements are evaluated from top to bottom; move the definition up.";
    UNKNOWN_OP = "NF0013", "unknown op",
        "The op is not in the table of ops. The message names the nearest one that is.";
    NAME_CLASH = "NF0014", "one name for a dimension and a tensor",
        "The name already stands for a const generic or a constant; choose another one for the tensor.";

    ARGUMENT_COUNT = "NF0020", "wrong number of arguments",
        "The op takes another number of operands.";
    UNKNOWN_KEYWORD = "NF0021", "unknown keyword argument",
        "The op does not have an argument of that name.";
    KEYWORD_TWICE = "NF0022", "a keyword argument that is given twice",
        "Give each keyword argument once.";
    AXIS_VALUE = "NF0023", "an axis that is not a number",
        "An axis is an integer literal, counted from 0 for the outermost axis.";
    AXIS_RANGE = "NF0024", "axis out of range",
        "A tensor of rank r has the axes 0 to r - 1; a scalar has none.";
    MISSING_ARGUMENT = "NF0025", "an argument that is missing",
        "The op needs an argument that is not a tensor, such as an axis or a shape. The message shows how it is called.";
    ARGUMENT_KIND = "NF0026", "an argument of the wrong kind",
        "The argument is a number, a dimension, a list in brackets, a range or a number format, and something else was given.";
    ARGUMENT_RANGE = "NF0027", "an argument out of range",
        "The argument is a number that the op cannot use, such as a stride of 0.";

    INNER_DIMENSIONS = "NF0030", "inner dimensions differ",
        "`[m, k] @ [k, n]` needs the same `k` on both sides.";
    RANK = "NF0031", "wrong rank",
        "The op needs an operand with another number of axes.";
    UNLIKE_SHAPES = "NF0032", "shapes that do not combine",
        "Entry by entry, the right shape must be the left one or its last axes: `[B, 10] + [10]`.";
    WRONG_AXIS = "NF0033", "a bias along the wrong axis",
        "The right operand is repeated over leading axes only, so it must match the last axes of the left one.";
    NOT_SAME_SHAPE = "NF0034", "two operands that must have the same shape",
        "The op folds two tensors of the same shape; nothing is broadcast.";
    STRETCH = "NF0035", "an axis of length 1 that would be stretched",
        "An axis of length 1 never stands for a longer one: `[N, 1]` against `[1, N]` would silently become `[N, N]`.";
    LEFT_SHORTER = "NF0036", "the left operand would be repeated",
        "`a - b` repeats `b` over the leading axes of `a`, never the other way round. Write `-(b - a)`.";
    TOO_MANY_AXES = "NF0037", "too many axes",
        "A shape has at most 6 axes.";
    ANNOTATION = "NF0038", "a shape that is not the one written down",
        "The shape after the colon states what the expression must have.";

    NEGATIVE_DIMENSION = "NF0040", "a negative dimension",
        "A difference of dimensions must not be negative.";
    INEXACT_DIVISION = "NF0041", "a division of dimensions that leaves a remainder",
        "`a / b` in a shape must be exact; `floor(a / b)` is rounded down.";
    DIVISION_BY_ZERO = "NF0042", "a dimension divided by zero",
        "The divisor of a dimension must not be 0.";
    HUGE_DIMENSION = "NF0043", "a dimension that is too large",
        "Dimensions are computed with 64 bits.";
    FALSE_FACT = "NF0044", "a `where` clause that is never true",
        "The fact is false whatever the const generics are.";
    UNMET_FACT = "NF0045", "const generics that do not fit the graph",
        "The graph needs a relation between its const generics that this choice of them does not have.";

    BARE_LITERAL = "NF0050", "a number where a tensor is wanted",
        "A number is one side of `+`, `-`, `*` or `/` beside a tensor; elsewhere a tensor of one number is written `full([], 0.5)`.";
    LITERAL_SUFFIX = "NF0052", "a literal with a suffix",
        "A literal in a graph is a real number; the format is chosen when the graph is run.";
    LITERAL_RANGE = "NF0053", "a literal that is too large, too small or too long",
        "The magnitude of a literal is 0 or in the normal range of f64, and it has at most 300 digits.";
    LITERALS_ONLY = "NF0054", "an expression of literals only",
        "Write the result as one literal, or give it a name: `const C: f64 = 2.0 * PI;`.";
    ZERO_DIVISOR = "NF0055", "a division by the number 0",
        "A tensor is divided by a number that is not 0.";
    ARRAY = "NF0056", "an array that is not one",
        "All rows of an array have the same length, and its entries are numbers: `[[1, 0.5], [0, 2]]`.";

    NO_OUTPUT = "NF0060", "a graph without output",
        "Name at least one result with `output`.";
    TOO_LARGE = "NF0061", "too many nodes in one graph",
        "A graph has at most 1024 tensors, leaves and results of ops together; split the model.";
    NO_PARAM = "NF0062", "a loss that does not depend on any param",
        "Every gradient would be 0.";

    ELEMENT_COUNT = "NF0070", "a reshape that changes the number of elements",
        "The product of the lengths must be the same polynomial on both sides.";
    AXIS_ORDER = "NF0071", "axes that are not an order of all axes",
        "`permute` names every axis of its operand once.";
    CONCAT = "NF0072", "a concat of tensors that differ elsewhere",
        "Tensors are put side by side along one axis; all their other axes must be equal.";
    OUT_OF_RANGE = "NF0073", "a range that goes beyond its axis",
        "A range begins at 0 or later, does not end before it begins, and ends at the length of the axis or earlier.";
    BROADCAST = "NF0074", "a broadcast to a shape that does not fit",
        "The shapes are lined up at the end. Axes may be added in front, and only an axis of length 1 is stretched.";
    BATCH = "NF0075", "batches of matrices that differ",
        "The axes before the last two must be the same on both sides, or absent on the right.";
    CHANNELS = "NF0076", "channels that differ",
        "An image is [n, channels, height, width], and the weights of a convolution are [outputs, channels/groups, height, width].";
    WINDOW = "NF0077", "a window that does not fit into the image",
        "A window is at most as large as the image with its padding, and larger than the padding where it looks for the largest entry.";

    BLOCK_ARGUMENTS = "NF0080", "wrong number of dimensions for a block",
        "Between the angle brackets stands one dimension for each const generic of the graph, or `_` where the operands decide.";
    BLOCK_INFERENCE = "NF0081", "a dimension of a block that nothing decides",
        "Write the dimension: it does not follow from the shapes of the operands.";
    BLOCK_OPERAND = "NF0082", "a tensor of a shape that the block does not take",
        "A block is called with tensors that have the shapes of its inputs (and params, if they are passed).";
    BLOCK_OUTPUTS = "NF0083", "a block without exactly one output",
        "A graph that is a node of another has one output: the tensor that the call stands for.";
    BLOCK_COUNT = "NF0084", "a copy of a block that does not exist",
        "`block layers: [Layer; 12]` has the copies `layers[0]` to `layers[11]`.";
    BLOCK_OWNS = "NF0085", "params that cannot be passed one by one",
        "A graph with blocks of its own is itself declared as a block, which owns all the params below it.";
    RECURSION = "NF0086", "a graph that contains itself",
        "The model would be infinitely deep.";
    NOT_A_BLOCK = "NF0087", "an index of something that is not an array of blocks",
        "`layers[3](x)` calls one copy of `block layers: [Layer; 12]`.";
    NOT_A_TENSOR = "NF0088", "a block where a tensor is wanted",
        "A block is called: `fc1(x)` is a tensor, `fc1` is not.";
    INPUT_AS_PARAM = "NF0089", "an input where a block has a param",
        "Only params have gradients, so nothing would train it. An input that is meant to stay as it is has a name that begins with `_`.";
    BLOCK_LEAVES = "NF0090", "a block with too many leaves",
        "A graph that is a node of another has at most 64 leaves, with the params of all blocks that it owns.";
    NESTED = "NF0091", "graphs nested too deeply",
        "At most 60 graphs are nested in one another; rustc does not follow types that are much deeper.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ascend_and_every_row_is_filled() {
        assert!(CODES.windows(2).all(|pair| pair[0].id < pair[1].id));
        for code in CODES {
            assert!(code.id.len() == 6 && code.id.starts_with("NF"), "{}", code.id);
            assert!(!code.title.is_empty() && code.text.ends_with('.'), "{}", code.id);
        }
    }
}
