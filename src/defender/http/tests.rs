//! The real transport over loopback TLS.
