//! One of each error that this module reports, for the list of all messages that the provider can print.

use super::credential::Refusal as NoToken;
use super::endpoint::{self, Request};
use super::http::{Network, TransportError, TransportTrouble};
use super::refusal::Refusal;
use super::testing::settings;
use super::token::IssueError;
use super::wire::Problem;
use super::{Credential, Error, IdentityEndpoint, WriteError, deletions, paging, queue, session, upserts};
use std::time::Duration;
use url::Url;

/// What the way to the service can come to, each once.
const TROUBLES: [(TransportTrouble, &str); 14] = {
    use TransportTrouble as Trouble;
    [
        (Trouble::Unsendable, "failed to parse header value"),
        (Trouble::NoAuthorities, "no native certificates found"),
        (Trouble::UnknownAuthority, "invalid peer certificate: UnknownIssuer"),
        (Trouble::WrongName, "invalid peer certificate: NotValidForName"),
        (Trouble::NotValidNow, "invalid peer certificate: Expired"),
        (Trouble::BadCertificate, "invalid peer certificate: BadEncoding"),
        (
            Trouble::UnknownHost,
            "failed to lookup address information: Name or service not known",
        ),
        (
            Trouble::UnknownProxy,
            "failed to lookup address information: Name or service not known",
        ),
        (Trouble::ProxyUnreachable, "Connection refused (os error 111)"),
        (Trouble::ProxyAuthentication, "proxy authorization required"),
        (Trouble::ProxyRefusal, "unsuccessful tunnel"),
        (Trouble::Unreachable, "Connection refused (os error 111)"),
        (Trouble::Interrupted, "connection closed before message completed"),
        (Trouble::TooSlow, "operation timed out"),
    ]
};

/// A new kind of trouble does not compile until it is in [`TROUBLES`].
const _: () = {
    const fn position(trouble: TransportTrouble) -> usize {
        match trouble {
            TransportTrouble::Unsendable => 0,
            TransportTrouble::NoAuthorities => 1,
            TransportTrouble::UnknownAuthority => 2,
            TransportTrouble::WrongName => 3,
            TransportTrouble::NotValidNow => 4,
            TransportTrouble::BadCertificate => 5,
            TransportTrouble::UnknownHost => 6,
            TransportTrouble::UnknownProxy => 7,
            TransportTrouble::ProxyUnreachable => 8,
            TransportTrouble::ProxyAuthentication => 9,
            TransportTrouble::ProxyRefusal => 10,
            TransportTrouble::Unreachable => 11,
            TransportTrouble::Interrupted => 12,
            TransportTrouble::TooSlow => 13,
        }
    }
    let mut at = 0;
    while at < TROUBLES.len() {
        assert!(position(TROUBLES[at].0) == at);
        at += 1;
    }
};

/// Statuses of calls that are refused as a whole, with the service's words.
const REFUSALS: [(u16, &str); 5] = [
    (302, "Moved temporarily"),
    (400, "Request body is incorrect"),
    (401, "Unauthorized"),
    (
        403,
        "Missing application roles. API required roles: Ti.ReadWrite.All, application roles: .",
    ),
    (404, "Not found"),
];

/// Numbers after `AADSTS` that have an advice of their own, and one that has not.
const ENTRA: [u32; 18] = [
    7_000_215, 7_000_222, 700_027, 1_000_502, 700_024, 700_213, 700_021, 50_013, 700_016, 90_002, 500_011, 65_001,
    50_105, 7_000_112, 7_000_218, 53_003, 700_082, 50_000,
];

fn base() -> Url {
    Url::parse("https://api.security.microsoft.com").unwrap()
}

fn authority() -> Url {
    Url::parse("https://login.microsoftonline.com").unwrap()
}

fn list() -> Request {
    endpoint::list(&base(), 0)
}

fn refusal(status: u16, message: &str) -> Refusal {
    Refusal {
        status,
        problem: Problem {
            message: message.to_owned(),
            ..Problem::default()
        },
    }
}

/// Why nothing could be done at all.
pub(crate) fn errors() -> Vec<Error> {
    let trouble = |(trouble, text): (TransportTrouble, &str)| {
        let error = TransportError {
            trouble,
            text: text.to_owned(),
            proxy: matches!(
                trouble,
                TransportTrouble::UnknownProxy
                    | TransportTrouble::ProxyUnreachable
                    | TransportTrouble::ProxyAuthentication
                    | TransportTrouble::ProxyRefusal
            )
            .then(|| "http://proxy.example:8080 (from HTTPS_PROXY)".to_owned()),
        };
        error.explain(list().purpose(), &list().url)
    };
    let mut errors: Vec<Error> = TROUBLES.into_iter().map(trouble).collect();
    errors.extend(REFUSALS.map(|(status, message)| refusal(status, message).explain(list().purpose())));
    errors.extend([
        session::unavailable(&list(), &refusal(503, "Service Unavailable")),
        session::unreadable(&list(), &"expected value at line 1 column 1"),
        session::throttled(
            &list(),
            &refusal(429, "Rate limit is exceeded"),
            Duration::from_secs(840),
            Duration::from_secs(61),
        ),
        session::stopped(Some(trouble(TROUBLES[12])), &list()).into_error(list().purpose()),
        Error::stopped(list().purpose()),
        endpoint::next_page(&base(), "https://elsewhere.example/page")
            .err()
            .unwrap(),
        paging::endless("it refers to \"https://api.security.microsoft.com/p\" twice"),
    ]);
    errors.extend(ENTRA.into_iter().map(no_token));
    errors.extend(super::credential::samples());
    errors.push(issued(
        NoToken::read(200, None, b"<html>Sign in to the network</html>").explain(&authority()),
    ));
    errors.extend(unusable());
    errors
}

fn no_token(code: u32) -> Error {
    let body = serde_json::json!({
        "error": "invalid_client",
        "error_description": format!("AADSTS{code}: The text that Entra gives."),
        "error_codes": [code],
    });
    issued(NoToken::read(401, None, body.to_string().as_bytes()).explain(&authority()))
}

fn issued(error: IssueError) -> Error {
    match error {
        IssueError::Final(error) => error,
        other => panic!("{other:?}"),
    }
}

/// Settings that cannot be used.
fn unusable() -> Vec<Error> {
    let check = |change: fn(&mut super::Settings)| {
        let mut settings = settings();
        change(&mut settings);
        settings.check().err().unwrap()
    };
    let network = |user_agent, pem| Network::new(user_agent, pem, &[&base(), &authority()]).err().unwrap();
    vec![
        check(|settings| settings.base_url = Url::parse("http://api.example.test").unwrap()),
        check(|settings| settings.quota_share = 0),
        check(|settings| settings.batch_size = 501),
        check(|settings| {
            settings.credential = Credential::ManagedIdentity {
                client_id: None,
                endpoint: IdentityEndpoint::CloudShell {
                    url: Url::parse("http://identity.example/token").unwrap(),
                },
            };
        }),
        network("a\nb", None),
        network("test", Some(b"no certificate".as_slice())),
    ]
}

/// Why one item was not written or deleted. The exhaustive match makes a new reason fail to compile.
pub(crate) fn write_errors() -> [WriteError; 7] {
    let reason = || "BadRequest: Request body is incorrect".to_owned();
    let errors = [
        WriteError::Refused { reason: reason() },
        WriteError::RefusedWithOthers { reason: reason() },
        WriteError::Capacity {
            reason: "Max capacity exceeded".to_owned(),
        },
        WriteError::Stopped,
        queue::unanswered(),
        upserts::never_clear().into(),
        deletions::contradiction().into(),
    ];
    for error in &errors {
        match error {
            WriteError::Refused { .. }
            | WriteError::RefusedWithOthers { .. }
            | WriteError::Capacity { .. }
            | WriteError::Stopped
            | WriteError::Failed(_) => {}
        }
    }
    errors
}
