//! The elementary functions of the runtime, from `pxfm`, and what each has been shown to keep.

/// The largest error of the f32 functions, in units in the last place of the result.
pub(crate) const F32_ULPS: f64 = 0.500_001;
/// The largest error of the f64 functions: the library states correct rounding (0.5); one whole unit is charged.
pub(crate) const F64_ULPS: f64 = 1.0;

pub(crate) use pxfm::{f_exp as exp_f64, f_expf as exp_f32, f_log as ln_f64, f_logf as ln_f32};
pub(crate) use pxfm::{f_log1p as ln_1p_f64, f_log1pf as ln_1p_f32};
pub(crate) use pxfm::{f_tanh as tanh_f64, f_tanhf as tanh_f32};
