//! nfgrad
