//! What the tests of this module share: time that passes by itself when everybody waits, and a small double of the
//! service whose answers can be scripted.

mod scripted;
mod service;

pub(crate) use scripted::{HANGS, Script, Scripted};
pub(crate) use service::{Service, Tenant, cut_off, json, lost, lost_after, page_of_html, refusal};

use super::clock::Clock;
use super::settings::{Application, Credential, Settings};
use super::token::{IssueError, Issued, Issuer};
use super::{Admission, Client, Deletion, DeletionGate, WriteError};
use crate::indicator::{Action, Facts, Fields, Indicator, IndicatorType, Row, RowId};
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// tokio's paused time: it jumps to the next timer whenever nothing else is to be done.
pub(crate) struct VirtualClock {
    start: Instant,
}

/// When virtual time starts: 2026-05-01T00:00:00Z.
const START: i64 = 1_777_593_600;

impl VirtualClock {
    pub fn shared() -> Arc<Self> {
        Arc::new(Self { start: Instant::now() })
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(START).unwrap() + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Hands out `token-1`, `token-2` and so on, each for an hour.
pub(crate) struct TokenMint {
    issued: Arc<AtomicUsize>,
}

impl TokenMint {
    pub fn new(issued: Arc<AtomicUsize>) -> Self {
        Self { issued }
    }
}

#[async_trait]
impl Issuer for TokenMint {
    async fn issue(&self) -> Result<Issued, IssueError> {
        let number = self.issued.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(Issued {
            token: format!("token-{number}").into(),
            lifetime: Duration::from_secs(3600),
        })
    }

    fn too_slow(&self) -> IssueError {
        panic!("it answers at once");
    }
}

/// Settings that go with the double.
pub(crate) fn settings() -> Settings {
    Settings {
        base_url: Url::parse("https://api.example.test").unwrap(),
        authority_host: Url::parse("https://login.example.test").unwrap(),
        scope: "https://api.example.test/.default".to_owned(),
        ca_certificate_pem: None,
        credential: Credential::ClientSecret {
            application: application(),
            client_secret: "the secret".to_owned().into(),
        },
        quota_share: 100,
        batch_size: 500,
        user_agent: "test".to_owned(),
        correlation_id: None,
        request_timeout: None,
        max_retries: None,
    }
}

/// The application of the settings.
pub(crate) fn application() -> Application {
    Application {
        tenant_id: "11111111-1111-1111-1111-111111111111".to_owned(),
        client_id: "22222222-2222-2222-2222-222222222222".to_owned(),
    }
}

/// A client of the double.
pub(crate) fn client(service: &Arc<Service>) -> Client {
    client_with(service, &settings())
}

/// A client of the double with these settings.
pub(crate) fn client_with(service: &Arc<Service>, settings: &Settings) -> Client {
    let issuer = Arc::new(TokenMint::new(Arc::clone(&service.tokens)));
    Client::assemble(settings, service.clock(), Arc::<Service>::clone(service), issuer)
}

/// A domain to block, with nothing else said.
pub(crate) fn domain(value: &str) -> Indicator {
    Indicator {
        value: value.to_owned(),
        indicator_type: IndicatorType::DomainName,
        action: Action::Block,
        fields: Fields::default(),
    }
}

/// So many different domains.
pub(crate) fn domains(count: usize) -> Vec<Indicator> {
    (0..count).map(|number| domain(&format!("d{number}.example"))).collect()
}

/// The row of a [`domain`].
pub(crate) fn row(id: &str, value: &str) -> Row {
    Row {
        id: id.into(),
        indicator: domain(value),
        facts: Facts::default(),
    }
}

/// Deletes rows with leave for all of them.
pub(crate) async fn delete(client: &Client, ids: Vec<RowId>) -> Vec<Result<(), WriteError>> {
    struct Open;
    impl DeletionGate for Open {
        fn admit(&self, _id: &RowId) -> Admission {
            Admission::Granted
        }
        fn ended(&self, _id: &RowId, _is_gone: bool) {}
    }
    let answers = client.delete(ids, Arc::new(Open)).await;
    let done = |deletion| assert_eq!(deletion, Deletion::Done);
    answers.into_iter().map(|answer| answer.map(done)).collect()
}
