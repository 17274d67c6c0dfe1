//! The service's JSON, both ways. Field names and types are those of its metadata document.
//!
//! Reading is generous: fields and enum names that are new, fields that are missing and fields of another type never
//! break a listing. Writing says everything, so that what is no longer configured is cleared.

mod loose;
mod splitter;
mod problem;
mod row;
mod page;
mod submit;
mod import;

use serde::de::IgnoredAny;

pub(crate) use import::{ImportDecoder, ImportResult};
pub(crate) use page::{MOST_MEMORY, Page, PageDecoder};
pub(crate) use problem::Problem;
pub(crate) use submit::{batch_delete_body, import_body};

/// Reads the body of a successful answer as it arrives.
pub(crate) trait Decode: Default + Send {
    /// Longest body in bytes, as it is without compression. A longer one is not read to its end.
    const LONGEST: usize;

    /// What the body says.
    type Output: Send;

    /// Takes the next part of the body.
    fn feed(&mut self, chunk: &[u8]) -> Result<(), Unreadable>;

    /// Ends the body.
    fn finish(self) -> Result<Self::Output, Unreadable>;
}

/// The body is not what it should be; says what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreadable(pub String);

/// The body of an answer that says that a call was carried out, and nothing else: none, or any JSON. A page in HTML is not
/// the service's answer, whatever its status, but that of something in between.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged(Vec<u8>);

impl Decode for Acknowledged {
    /// It says nothing but that the call was carried out.
    const LONGEST: usize = 64 << 10;

    type Output = ();

    fn feed(&mut self, chunk: &[u8]) -> Result<(), Unreadable> {
        self.0.extend_from_slice(chunk);
        Ok(())
    }

    fn finish(self) -> Result<(), Unreadable> {
        if self.0.trim_ascii().is_empty() {
            return Ok(());
        }
        serde_json::from_slice::<IgnoredAny>(&self.0)
            .map(drop)
            .map_err(|_| Unreadable(format!("it is no JSON: {}", Problem::read(&self.0).words())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_json_acknowledge_a_call_and_a_page_does_not() {
        let read = |body: &str| {
            let mut decoder = Acknowledged::default();
            decoder.feed(body.as_bytes())?;
            decoder.finish()
        };
        for body in ["", " \r\n", "null", "{}", "{\"value\":[]} ", "true"] {
            assert_eq!(read(body), Ok(()), "{body:?}");
        }
        for body in ["<html>Sign in</html>", "OK", "{}{}"] {
            assert!(read(body).unwrap_err().to_string().contains(body), "{body:?}");
        }
    }
}
