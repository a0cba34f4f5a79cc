//! `graph!`.
