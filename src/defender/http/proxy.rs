//! Which proxy stands between this machine and a host, for messages: the HTTP client follows the same variables by itself,
//! but its errors do not say so.

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

/// The variables that count for HTTPS, in the HTTP client's order; of each pair the first one that is set.
const VARIABLES: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// A CGI script takes no proxy from the environment, since whoever calls it could set one.
const CGI: &str = "REQUEST_METHOD";

/// The proxies of the environment, in the order in which they count.
#[derive(Debug, Default)]
pub(super) struct Proxies(Vec<(&'static str, Matcher)>);

impl Proxies {
    /// Reads the variables.
    pub fn read(environment: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&'static str; 2]| {
            let found = names.into_iter().filter_map(|name| Some((name, environment(name)?)));
            found.into_iter().next()
        };
        if environment(CGI).is_some() {
            return Self::default();
        }
        let exceptions = first(EXCEPTIONS).map(|(_, hosts)| hosts).unwrap_or_default();
        let proxies = VARIABLES.into_iter().filter_map(first);
        Self(
            proxies
                .map(|(name, proxy)| (name, Matcher::builder().https(proxy).no(exceptions.as_str()).build()))
                .collect(),
        )
    }

    /// The proxy to this address and the variable that names it, in words; without user and password.
    pub fn on_the_way_to(&self, url: &Url) -> Option<String> {
        let address = url.as_str().parse().ok()?;
        self.0.iter().find_map(|(name, matcher)| {
            let found = matcher.intercept(&address)?;
            let proxy = found.uri();
            let port = proxy.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
            let (scheme, host) = (proxy.scheme_str().unwrap_or("http"), proxy.host()?);
            Some(format!("{scheme}://{host}{port} (from {name})"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let read = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Proxies::read(read).on_the_way_to(&Url::parse(url).unwrap())
    }

    #[test]
    fn the_proxy_is_named_with_its_variable_and_without_its_password() {
        let url = "https://api.example/x";
        for (variables, expected) in [
            (&[][..], None),
            (
                &[("HTTPS_PROXY", "http://proxy.example:3128")],
                Some("http://proxy.example:3128 (from HTTPS_PROXY)"),
            ),
            (
                &[("https_proxy", "http://user:pass@proxy.example:3128")],
                Some("http://proxy.example:3128 (from https_proxy)"),
            ),
            (
                &[("HTTPS_PROXY", "proxy.example:1")],
                Some("http://proxy.example:1 (from HTTPS_PROXY)"),
            ),
            (
                &[("ALL_PROXY", "http://all.example")],
                Some("http://all.example (from ALL_PROXY)"),
            ),
            (
                &[
                    ("ALL_PROXY", "http://all.example"),
                    ("HTTPS_PROXY", "http://one.example"),
                ],
                Some("http://one.example (from HTTPS_PROXY)"),
            ),
            (
                &[("ALL_PROXY", "http://all.example"), ("HTTPS_PROXY", "")],
                Some("http://all.example (from ALL_PROXY)"),
            ),
            (&[("HTTP_PROXY", "http://proxy.example")], None),
            (
                &[
                    ("HTTPS_PROXY", "http://proxy.example"),
                    ("NO_PROXY", "other.example,.example"),
                ],
                None,
            ),
            (
                &[("HTTPS_PROXY", "http://proxy.example"), ("REQUEST_METHOD", "GET")],
                None,
            ),
        ] {
            assert_eq!(proxy(variables, url).as_deref(), expected, "{variables:?}");
        }
    }
}
