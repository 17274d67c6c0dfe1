//! The calls that this client makes, as plain values.

use super::error::{Error, Kind};
use super::quota::Class;
use super::wire;
use crate::indicator::{Indicator, RowId};
use bytes::Bytes;
use url::Url;

/// Most rows in one page of a listing, see the API's page "List indicators".
pub(crate) const PAGE_SIZE: usize = 10_000;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub method: Method,
    pub url: Url,
    /// JSON, or nothing.
    pub body: Bytes,
    pub class: Class,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
}

impl Request {
    /// What the call does, for messages.
    pub const fn purpose(&self) -> &'static str {
        self.class.purpose()
    }

    /// Whether a page is asked for by the number of rows before it, and by nothing else.
    pub fn is_offset(&self) -> bool {
        let has = |name: &str| self.url.query_pairs().any(|(key, _)| key == name);
        has("$skip") && !has("$skiptoken")
    }
}

/// Creates or changes up to 500 rows.
pub(crate) fn import(base: &Url, indicators: &[&Indicator]) -> Request {
    let url = below(base, "api/indicators/import");
    Request {
        method: Method::Post,
        url,
        body: wire::import_body(indicators),
        class: Class::Import,
    }
}

/// Deletes up to 500 rows.
pub(crate) fn batch_delete(base: &Url, ids: &[&RowId]) -> Request {
    let url = below(base, "api/indicators/BatchDelete");
    Request {
        method: Method::Post,
        url,
        body: wire::batch_delete_body(ids),
        class: Class::BatchDelete,
    }
}

/// A page of the listing, after the first `skip` rows.
pub(crate) fn list(base: &Url, skip: usize) -> Request {
    let mut url = below(base, "api/indicators");
    let query = if skip == 0 {
        format!("$top={PAGE_SIZE}")
    } else {
        format!("$top={PAGE_SIZE}&$skip={skip}")
    };
    url.set_query(Some(&query));
    page(url)
}

/// The page behind a `@odata.nextLink`. The token goes where this points to, so it must point to the service.
pub(crate) fn next_page(base: &Url, link: &str) -> Result<Request, Error> {
    let refused = |why: &str| {
        Error::new(
            Kind::Unexpected,
            format!("the service says that its listing continues at {link:?}, {why}"),
            format!(
                "The access token is sent to {} only, so the link was not followed. Check base_url; if it is right, \
                 report this.",
                base.origin().ascii_serialization()
            ),
        )
    };
    let url = base
        .join(link)
        .map_err(|error| refused(&format!("which is not a URL: {error}")))?;
    if url.origin() == base.origin() {
        Ok(page(url))
    } else {
        Err(refused("which is another host"))
    }
}

fn page(url: Url) -> Request {
    Request {
        method: Method::Get,
        url,
        body: Bytes::new(),
        class: Class::List,
    }
}

/// `path` below the path of `base`, if it has one.
fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("https://api.example.test").unwrap()
    }

    #[test]
    fn calls_are_what_the_service_documents() {
        let import = import(&base(), &[]);
        assert_eq!(import.url.as_str(), "https://api.example.test/api/indicators/import");
        assert_eq!((import.method, import.class), (Method::Post, Class::Import));
        assert_eq!(&import.body[..], br#"{"Indicators":[]}"#);

        let delete = batch_delete(&base(), &[&"1".into(), &"22".into()]);
        assert_eq!(
            delete.url.as_str(),
            "https://api.example.test/api/indicators/BatchDelete"
        );
        assert_eq!((delete.method, delete.class), (Method::Post, Class::BatchDelete));
        assert_eq!(&delete.body[..], br#"{"IndicatorIds":["1","22"]}"#);

        let list = list(&base(), 0);
        assert_eq!(list.url.as_str(), "https://api.example.test/api/indicators?$top=10000");
        assert_eq!((list.method, list.class), (Method::Get, Class::List));
        assert!(list.body.is_empty());
    }

    #[test]
    fn later_pages_skip() {
        let url = list(&base(), 9999).url;
        assert_eq!(
            url.as_str(),
            "https://api.example.test/api/indicators?$top=10000&$skip=9999"
        );
    }

    #[test]
    fn a_path_of_the_base_url_is_kept() {
        for base in ["https://proxy.example.test/mde", "https://proxy.example.test/mde/"] {
            let url = list(&Url::parse(base).unwrap(), 0).url;
            assert_eq!(url.as_str(), "https://proxy.example.test/mde/api/indicators?$top=10000");
        }
    }

    #[test]
    fn a_next_link_stays_with_the_service() {
        for (link, expected) in [
            (
                "https://api.example.test/api/indicators?$skiptoken=x%20y",
                "/api/indicators?$skiptoken=x%20y",
            ),
            ("/api/v1.0/indicators?$skip=5", "/api/v1.0/indicators?$skip=5"),
            ("https://API.example.test:443/next", "/next"),
        ] {
            let url = next_page(&base(), link).unwrap().url;
            assert_eq!(url.as_str(), format!("https://api.example.test{expected}"));
        }
        for link in [
            "https://api.example.test.evil.test/api/indicators",
            "http://api.example.test/api/indicators",
            "https://api.example.test:8443/api/indicators",
            "//evil.test/api/indicators",
            "https://api.example.test@evil.test/",
            "https://[",
        ] {
            let error = next_page(&base(), link).unwrap_err();
            assert!(error.to_string().contains(link), "{error}");
        }
    }
}
