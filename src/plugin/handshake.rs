//! What host and plugin tell each other before they talk: environment variables one way, one line of text the other.
//!
//! Pure: the environment is an argument. The wording is that of go-plugin's `client.go` and `server.go`.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::Error;

/// Terraform's sign to its plugins, the same for every version of Terraform and OpenTofu. It is no secret: it only
/// tells that a host waits at the other end of standard output.
const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// Version of the announcement itself; go-plugin knows no other.
const CORE_PROTOCOL: u32 = 1;

/// Version of Terraform's plugin protocol. Hosts offer theirs in `PLUGIN_PROTOCOL_VERSIONS`; one that does not offer 6
/// explains the mismatch to its user itself when it reads this number, so the offer need not be read here.
const PLUGIN_PROTOCOL: u32 = 6;

/// The host's choice of a directory for the unix socket.
pub(super) const DIRECTORY: &str = "PLUGIN_UNIX_SOCKET_DIR";

/// Chooses `unix` or `tcp`, the only variable of our own.
const TRANSPORT: &str = "MDE_PLUGIN_TRANSPORT";

/// Where environment variables are looked up, one by one: a copy of them all would hold secrets.
pub(super) struct Environment(Box<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String>;

impl Environment {
    /// The variables of this process, without those that are no text.
    pub(super) fn of_this_process() -> Self {
        Self(Box::new(|name| std::env::var(name).ok()))
    }

    /// The content of a variable; an empty one counts as not set, as in go-plugin.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.0(name).filter(|content| !content.is_empty())
    }

    /// Just these variables.
    #[cfg(test)]
    pub(super) fn holding(variables: &[(&str, &str)]) -> Self {
        let own = |(name, content): &(&str, &str)| ((*name).to_owned(), (*content).to_owned());
        let variables: std::collections::HashMap<_, _> = variables.iter().map(own).collect();
        Self(Box::new(move |name| variables.get(name).cloned()))
    }
}

/// Whether a host started this process.
pub(super) fn is_hosted(environment: &Environment) -> bool {
    environment.get(COOKIE.0).as_deref() == Some(COOKIE.1)
}

/// What the host asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Handshake {
    /// Where the host shall find the plugin.
    pub(super) transport: Transport,
    /// The only certificate that a client may show, in PEM; without it the connection is not encrypted.
    pub(super) client_certificate: Option<String>,
    /// Whether the host reads a seventh field. Hosts that do not say so take it for a part of the sixth.
    reads_multiplexing: bool,
}

/// A kind of socket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// A unix socket in a new private directory within this one, or within the system's temporary directory.
    Unix { directory: Option<PathBuf> },
    /// The first free of these ports of 127.0.0.1; port 0 stands for any free one.
    Tcp { ports: RangeInclusive<u16> },
}

/// Where the plugin listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// Path of a unix socket.
    Unix(String),
    /// Address and port.
    Tcp(SocketAddr),
}

impl Address {
    fn network(&self) -> &'static str {
        match self {
            Self::Unix(_) => "unix",
            Self::Tcp(_) => "tcp",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => formatter.write_str(path),
            Self::Tcp(address) => address.fmt(formatter),
        }
    }
}

impl Handshake {
    /// Reads what the host asked for.
    pub(super) fn read(environment: &Environment) -> Result<Self, Error> {
        Ok(Self {
            transport: transport(environment)?,
            client_certificate: environment.get("PLUGIN_CLIENT_CERT"),
            reads_multiplexing: environment.get("PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }

    /// The announcement: where the plugin listens and, in DER, with which certificate it answers.
    pub(super) fn line(&self, address: &Address, certificate: Option<&[u8]>) -> String {
        let network = address.network();
        let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
        let multiplexing = if self.reads_multiplexing { "|false" } else { "" };
        format!("{CORE_PROTOCOL}|{PLUGIN_PROTOCOL}|{network}|{address}|grpc|{certificate}{multiplexing}")
    }
}

/// The setting that makes Terraform use a process that already runs for the provider `source_address`. `Test` tells
/// it to leave the process alone when it has finished.
pub(super) fn reattach(source_address: &str, process: u32, address: &Address) -> String {
    let providers = serde_json::json!({
        source_address: {
            "Protocol": "grpc",
            "ProtocolVersion": PLUGIN_PROTOCOL,
            "Pid": process,
            "Test": true,
            "Addr": { "Network": address.network(), "String": address.to_string() },
        }
    });
    format!("TF_REATTACH_PROVIDERS='{providers}'")
}

fn transport(environment: &Environment) -> Result<Transport, Error> {
    let unix = || Transport::Unix {
        directory: environment.get(DIRECTORY).map(PathBuf::from),
    };
    match environment.get(TRANSPORT).as_deref() {
        None if cfg!(unix) => Ok(unix()),
        Some("unix") => Ok(unix()),
        None | Some("tcp") => Ok(Transport::Tcp {
            ports: ports(environment)?,
        }),
        Some(other) => Err(Error::found(format!(
            "{TRANSPORT} is `{other}`; set it to unix or tcp, or unset it"
        ))),
    }
}

/// The ports that the host allows; all of them if it names none, as go-plugin does.
fn ports(environment: &Environment) -> Result<RangeInclusive<u16>, Error> {
    let port = |name: &str| match environment.get(name) {
        None => Ok(0),
        Some(text) => text
            .parse()
            .map_err(|error| Error::new(format!("{name} is `{text}`, which is no port"), error)),
    };
    let (lowest, highest) = (port("PLUGIN_MIN_PORT")?, port("PLUGIN_MAX_PORT")?);
    if lowest > highest {
        let reason = format!("PLUGIN_MIN_PORT, {lowest}, is above PLUGIN_MAX_PORT, {highest}, so no port is allowed");
        return Err(Error::found(reason));
    }
    Ok(lowest..=highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Handshake, String> {
        Handshake::read(&Environment::holding(variables)).map_err(|error| error.on_one_line())
    }

    #[test]
    fn only_the_exact_cookie_means_a_host() {
        let upper = COOKIE.1.to_uppercase();
        for (content, expected) in [(COOKIE.1, true), ("", false), ("d602", false), (&upper, false)] {
            assert_eq!(
                is_hosted(&Environment::holding(&[(COOKIE.0, content)])),
                expected,
                "{content}"
            );
        }
        assert!(!is_hosted(&Environment::holding(&[])));
    }

    #[test]
    fn the_environment_chooses_the_transport() {
        let min = ("PLUGIN_MIN_PORT", "10000");
        let max = ("PLUGIN_MAX_PORT", "25000");
        let tcp = (TRANSPORT, "tcp");
        let cases: [(&[(&str, &str)], Transport); 6] = [
            (&[(TRANSPORT, "unix")], Transport::Unix { directory: None }),
            (
                &[(TRANSPORT, "unix"), ("PLUGIN_UNIX_SOCKET_DIR", "/run/s")],
                Transport::Unix {
                    directory: Some("/run/s".into()),
                },
            ),
            (
                &[(TRANSPORT, "unix"), ("PLUGIN_UNIX_SOCKET_DIR", "")],
                Transport::Unix { directory: None },
            ),
            (&[tcp, min, max], Transport::Tcp { ports: 10_000..=25_000 }),
            (&[tcp], Transport::Tcp { ports: 0..=0 }),
            (&[tcp, max], Transport::Tcp { ports: 0..=25_000 }),
        ];
        for (variables, expected) in cases {
            assert_eq!(read(variables).unwrap().transport, expected, "{variables:?}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_unix_socket_is_the_rule_where_there_are_any() {
        let offered = [
            ("PLUGIN_MIN_PORT", "10000"),
            ("PLUGIN_MAX_PORT", "25000"),
            ("PLUGIN_PROTOCOL_VERSIONS", "6,5"),
        ];
        assert_eq!(read(&offered).unwrap().transport, Transport::Unix { directory: None });
    }

    #[test]
    fn a_setting_that_cannot_be_followed_is_named() {
        let tcp = (TRANSPORT, "tcp");
        let cases: [(&[(&str, &str)], &str); 4] = [
            (
                &[(TRANSPORT, "pipe")],
                "MDE_PLUGIN_TRANSPORT is `pipe`; set it to unix or tcp, or unset it",
            ),
            (
                &[tcp, ("PLUGIN_MIN_PORT", "2"), ("PLUGIN_MAX_PORT", "1")],
                "PLUGIN_MIN_PORT, 2, is above PLUGIN_MAX_PORT, 1, so no port is allowed",
            ),
            (
                &[tcp, ("PLUGIN_MIN_PORT", "70000")],
                "PLUGIN_MIN_PORT is `70000`, which is no port: number too large to fit in target type",
            ),
            (
                &[tcp, ("PLUGIN_MAX_PORT", "x")],
                "PLUGIN_MAX_PORT is `x`, which is no port: invalid digit found in string",
            ),
        ];
        for (variables, expected) in cases {
            assert_eq!(read(variables).unwrap_err(), expected);
        }
    }

    #[test]
    fn the_line_has_six_fields_unless_the_host_reads_seven() {
        let unix = Address::Unix("/tmp/mde1/s".to_owned());
        let tcp = Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 10_000)));
        // One byte more than a multiple of three: this is where base64 would pad.
        let certificate: &[u8] = &[0xfb, 0xef, 0xff, 0x01];
        let multiplexing: &[(&str, &str)] = &[("PLUGIN_MULTIPLEX_GRPC", "true")];
        let cases = [
            (&[][..], &unix, None, "1|6|unix|/tmp/mde1/s|grpc|"),
            (&[], &unix, Some(certificate), "1|6|unix|/tmp/mde1/s|grpc|++//AQ"),
            (&[], &tcp, Some(certificate), "1|6|tcp|127.0.0.1:10000|grpc|++//AQ"),
            (
                multiplexing,
                &unix,
                Some(certificate),
                "1|6|unix|/tmp/mde1/s|grpc|++//AQ|false",
            ),
            (multiplexing, &unix, None, "1|6|unix|/tmp/mde1/s|grpc||false"),
            (
                &[("PLUGIN_MULTIPLEX_GRPC", "")],
                &unix,
                None,
                "1|6|unix|/tmp/mde1/s|grpc|",
            ),
        ];
        for (variables, address, certificate, expected) in cases {
            assert_eq!(read(variables).unwrap().line(address, certificate), expected);
        }
    }

    #[test]
    fn the_client_certificate_is_kept_as_it_is_given() {
        assert_eq!(read(&[]).unwrap().client_certificate, None);
        assert_eq!(read(&[("PLUGIN_CLIENT_CERT", "")]).unwrap().client_certificate, None);
        let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        assert_eq!(
            read(&[("PLUGIN_CLIENT_CERT", pem)])
                .unwrap()
                .client_certificate
                .as_deref(),
            Some(pem)
        );
    }

    #[test]
    fn the_reattach_setting_is_what_terraform_reads() {
        let setting = reattach("example.org/a/b", 42, &Address::Unix("/tmp/mde1/s".to_owned()));
        let json = setting
            .strip_prefix("TF_REATTACH_PROVIDERS='")
            .and_then(|rest| rest.strip_suffix('\''))
            .unwrap();
        let expected = serde_json::json!({"example.org/a/b": {
            "Protocol": "grpc", "ProtocolVersion": 6, "Pid": 42, "Test": true,
            "Addr": {"Network": "unix", "String": "/tmp/mde1/s"},
        }});
        assert_eq!(serde_json::from_str::<serde_json::Value>(json).unwrap(), expected);
    }
}
