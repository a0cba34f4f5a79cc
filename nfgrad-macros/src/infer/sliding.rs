//! Rules of windows that slide over the last two axes of an image.

use super::rules::Outcome;
use crate::codes;
use crate::diagnose::{self, Applied, Operand, rank};
use crate::dim::{Dim, Shape, TooLarge};
use crate::report::{Diagnostic, Site};
use crate::resolve::Value;

/// An axis over which a window slides.
struct Axis<'a> {
    /// Counted in the image.
    number: usize,
    length: &'a Dim,
    /// How many entries a window has.
    size: &'a Dim,
    stride: &'a Dim,
    padding: &'a Dim,
    dilation: &'a Dim,
}

impl Axis<'_> {
    /// The length with its padding, and how much of it a window covers.
    fn extents(&self) -> Result<[Dim; 2], TooLarge> {
        let one = Dim::literal(1);
        let padded = self.length.plus(self.padding)?.plus(self.padding)?;
        let covered = self.size.minus(&one)?.times(self.dilation)?.plus(&one)?;
        Ok([padded, covered])
    }

    /// `floor((padded - covered)/stride) + 1`: how many windows there are.
    fn windows(&self) -> Result<Dim, TooLarge> {
        let [padded, covered] = self.extents()?;
        padded.minus(&covered)?.floor_over(self.stride)?.plus(&Dim::literal(1))
    }

    /// The window must fit, and have entries.
    fn fits(&self, op: &Applied<'_>, site: Site, x: &[&Operand<'_>], outcome: Outcome) -> Result<Outcome, Diagnostic> {
        let [padded, covered] = self.extents().map_err(|_| diagnose::too_large(op, site))?;
        let axis = self.number;
        let none = || {
            let text = format!("a window has no entry along axis {axis} of `{}`", x[0].name());
            op.table(op.error(codes::WINDOW, site, text), x)
        };
        let large = || {
            let is_zero = |dim: &Dim| dim.poly.value() == Some(0);
            let with = if is_zero(self.padding) { "" } else { " with its padding" };
            let image = format!("axis {axis} of `{}`{with}, which has the length {}", x[0].name(), padded.text());
            let text = format!("a window of length {} does not fit into {image}", covered.text());
            op.table(op.error(codes::WINDOW, site, text), x)
        };
        outcome.needs_at_most(site, (&Dim::literal(1), self.size), none)?.needs_at_most(
            site,
            (&covered, &padded),
            large,
        )
    }
}

/// `[n, c, h, w], [o, c/g, kh, kw], [o] -> [n, o, h', w']`, without `n` too.
pub(super) fn conv2d(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x, w, biases @ ..] = &op.operands[..] else { return Err(diagnose::wrong_table(op)) };
    let ([batch @ .., channels, height, width], [outputs, taken, high, wide]) = (image(op, x)?, weights(op, x, w)?)
    else {
        return Err(diagnose::wrong_table(op));
    };
    let [stride, padding, dilation, groups] = [0, 1, 2, 3].map(|i| dim(op, i));
    let ((stride, _), (padding, _), (dilation, _), (groups, at)) = (stride?, padding?, dilation?, groups?);
    let wanted = taken.times(groups).map_err(|_| diagnose::too_large(op, at))?;
    if wanted != *channels {
        return Err(unlike_channels(op, x, w, groups));
    }
    let axis = |number, length, size| Axis { number, length, size, stride, padding, dilation };
    let first = batch.len() + 1;
    let axes = [axis(first, height, high), axis(first + 1, width, wide)];
    let results = lengths(op, &axes)?;
    if let Some(bias) = biases.first()
        && bias.shape[..] != [outputs.clone()]
    {
        return Err(unlike_bias(op, w, bias));
    }
    let shape: Shape = batch.iter().chain([outputs]).chain(&results).cloned().collect();
    let types = [stride, padding, dilation, groups].into_iter().chain(&results).cloned().map(Value::Dim);
    let mut outcome = Outcome::new(op, shape).with_types(types.collect::<Vec<_>>());
    for axis in axes {
        outcome = axis.fits(op, w.expr.site, &[x, w], outcome)?;
    }
    outcome.needs_divisor(at, (groups, outputs), || {
        let text = format!("{} groups do not divide the {} outputs of `{}`", groups.text(), outputs.text(), w.name());
        op.table(op.error(codes::CHANNELS, at, text), &[x, w])
    })
}

/// `[n, c, h, w] -> [n, c, h', w']`, without `n` too.
pub(super) fn pool2d(op: &Applied<'_>) -> Result<Outcome, Diagnostic> {
    let [x] = op.exactly()?;
    let [leading @ .., height, width] = image(op, x)? else { return Err(diagnose::wrong_table(op)) };
    let ((size, at), (stride, _), (padding, pad_at)) = (dim(op, 0)?, dim(op, 1)?, dim(op, 2)?);
    let one = Dim::literal(1);
    let axis = |number, length| Axis { number, length, size, stride, padding, dilation: &one };
    let axes = [axis(leading.len(), height), axis(leading.len() + 1, width)];
    let results = lengths(op, &axes)?;
    let shape: Shape = leading.iter().chain(&results).cloned().collect();
    let types = [size, stride, padding].into_iter().chain(&results).cloned().map(Value::Dim);
    let mut outcome = Outcome::new(op, shape).with_types(types.collect::<Vec<_>>());
    for axis in axes {
        outcome = axis.fits(op, at, &[x], outcome)?;
    }
    let least = padding.plus(&one).map_err(|_| diagnose::too_large(op, pad_at))?;
    outcome.needs_at_most(pad_at, (&least, size), || {
        let text = format!("a padding of {} leaves nothing in a window of {}", padding.text(), size.text());
        op.table(op.error(codes::WINDOW, pad_at, text), &[x])
    })
}

/// How many windows there are along both axes.
fn lengths(op: &Applied<'_>, axes: &[Axis<'_>; 2]) -> Result<[Dim; 2], Diagnostic> {
    let [height, width] = [axes[0].windows(), axes[1].windows()];
    let too_large = |_| diagnose::too_large(op, op.expr.site);
    Ok([height.map_err(too_large)?, width.map_err(too_large)?])
}

/// The argument `i`, a dimension.
fn dim<'b>(op: &'b Applied<'_>, i: usize) -> Result<(&'b Dim, Site), Diagnostic> {
    match op.argument(i)? {
        (Value::Dim(dim), site) => Ok((dim, site)),
        _ => Err(diagnose::wrong_table(op)),
    }
}

/// The shape of an operand that is an image or a batch of them.
fn image<'b>(op: &Applied<'_>, x: &'b Operand<'_>) -> Result<&'b [Dim], Diagnostic> {
    if matches!(x.shape.len(), 3 | 4) {
        return Ok(&x.shape);
    }
    let text = format!("takes images, [batch, channels, height, width], but `{}` {}", x.name(), rank(&x.shape));
    let error = op.table(op.error(codes::RANK, x.expr.site, text), &[x]);
    let [.., height, width] = &x.shape[..] else { return Err(error) };
    let one = (x.shape.len() == 2).then(|| {
        let shape = format!("[1, {}, {}]", height.text(), width.text());
        format!("an image of one channel has three axes too: `reshape({}, {shape})`", x.name())
    });
    Err(error.help_if(one))
}

/// The shape of the second operand of a convolution.
fn weights<'b>(op: &Applied<'_>, x: &Operand<'_>, w: &'b Operand<'_>) -> Result<&'b [Dim], Diagnostic> {
    if w.shape.len() == 4 {
        return Ok(&w.shape);
    }
    let text = format!("takes weights [outputs, channels, height, width], but `{}` {}", w.name(), rank(&w.shape));
    Err(op.table(op.error(codes::RANK, w.expr.site, text), &[x, w]))
}

/// The weights are not made for these images.
fn unlike_channels(op: &Applied<'_>, x: &Operand<'_>, w: &Operand<'_>, groups: &Dim) -> Diagnostic {
    let (axis, one) = (x.shape.len() - 3, groups.poly.value() == Some(1));
    let (channels, taken) = (&x.shape[axis], &w.shape[1]);
    let noun = if channels.poly.value() == Some(1) { "channel" } else { "channels" };
    let (has, wants) = (format!("`{}` has {} {noun}", x.name(), channels.text()), taken.text());
    let text = if one {
        format!("{has}, but `{}` takes {wants}", w.name())
    } else {
        format!("{has}, but `{}` takes {wants} in each of {} groups", w.name(), groups.text())
    };
    let error = op.table(op.error(codes::CHANNELS, w.expr.site, text), &[x, w]);
    if let (Some(number), Some(groups)) = (channels.poly.value(), groups.poly.value())
        && number % groups != 0
    {
        return error.help(format!("{groups} groups do not divide {number} channels"));
    }
    if one && x.shape[axis + 2] == *taken {
        let (from, order) = (x.name(), if axis == 0 { "[2, 0, 1]" } else { "[0, 3, 1, 2]" });
        return error.help(format!("channels come before height and width: `permute({from}, axes = {order})`"));
    }
    if one && w.shape[2] == *channels {
        let from = w.name();
        return error.help(format!("outputs and channels come first: `permute({from}, axes = [3, 2, 0, 1])`"));
    }
    let Ok(share) = channels.floor_over(groups) else { return error };
    let share = if share.poly.value().is_some() || one { share.text().to_owned() } else { quotient(channels, groups) };
    let [outputs, _, height, width] = &w.shape[..] else { return error };
    let fitting = format!("[{}, {share}, {}, {}]", outputs.text(), height.text(), width.text());
    error.help_if(w.leaf.then(|| format!("`{}: {fitting}` would fit", w.name())))
}

/// `C/G`, or `(C + 1)/G`.
fn quotient(a: &Dim, b: &Dim) -> String {
    let operand =
        |dim: &Dim| if dim.text().contains(' ') { format!("({})", dim.text()) } else { dim.text().to_owned() };
    format!("{}/{}", operand(a), operand(b))
}

/// The bias does not have one number for each output.
fn unlike_bias(op: &Applied<'_>, w: &Operand<'_>, bias: &Operand<'_>) -> Diagnostic {
    let outputs = &w.shape[0];
    let text = format!("the bias has one number for each of the {} outputs of `{}`", outputs.text(), w.name());
    let error = op.table(op.error(codes::CHANNELS, bias.expr.site, text), &[w, bias]);
    error.help_if(bias.leaf.then(|| format!("`{}: [{}]` would fit", bias.name(), outputs.text())))
}
