//! The client as a whole.
