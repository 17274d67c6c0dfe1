//! The client as a whole.

use super::testing::{Service, TokenMint, delete, domains, refusal, settings};
use super::*;
use url::Url;

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_at_once() {
    let url = |text: &str| Url::parse(text).unwrap();
    let good = settings();
    for (settings, words) in [
        (
            Settings {
                base_url: url("http://api.example.test"),
                ..good.clone()
            },
            "base_url",
        ),
        (
            Settings {
                authority_host: url("http://127.0.0.1:8080"),
                ..good.clone()
            },
            "authority_host",
        ),
        (
            Settings {
                quota_share: 0,
                ..good.clone()
            },
            "quota_share",
        ),
        (
            Settings {
                quota_share: 101,
                ..good.clone()
            },
            "quota_share",
        ),
        (
            Settings {
                batch_size: 0,
                ..good.clone()
            },
            "batch size",
        ),
        (
            Settings {
                batch_size: 501,
                ..good.clone()
            },
            "batch size",
        ),
        (
            Settings {
                ca_certificate_pem: Some(b"x".to_vec()),
                ..good.clone()
            },
            "ca_certificate_path",
        ),
    ] {
        let error = Client::new(settings, Arc::new(SystemClock::new())).err().unwrap();
        assert!(error.to_string().contains(words) && !error.hint().is_empty(), "{error}");
    }
    let client = Client::new(good, Arc::new(SystemClock::new())).unwrap();
    assert_eq!(
        client.principal().author(),
        Some("22222222-2222-2222-2222-222222222222")
    );
}

/// Time that passes only by waiting, and then at once, without anybody else getting a turn.
#[derive(Default)]
struct JumpingClock(std::sync::Mutex<std::time::Duration>);

#[async_trait::async_trait]
impl Clock for JumpingClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH + self.elapsed()
    }

    fn elapsed(&self) -> std::time::Duration {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: std::time::Duration) {
        *self.0.lock().unwrap() += duration;
    }
}

#[tokio::test]
async fn any_clock_will_do() {
    let service = Service::new();
    let clock = Arc::new(JumpingClock::default());
    let issuer = Arc::new(TokenMint::new(Arc::clone(&service.tokens)));
    let client = Client::assemble(
        &settings(),
        Arc::<JumpingClock>::clone(&clock),
        Arc::<Service>::clone(&service),
        issuer,
    );
    service.next(|_, _| refusal(503, "ServiceUnavailable", "busy"));
    service.next(|_, _| refusal(429, "429", "You can send requests again in 100 seconds."));
    let answers = client.upsert(domains(40 * 500)).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(service.log().len(), 42);
    let seconds = clock.elapsed().as_secs();
    assert!(
        (160..170).contains(&seconds),
        "the pause, and the minute after 30 more calls: {seconds}"
    );
    let answers = delete(&client, answers.into_iter().map(Result::unwrap).collect()).await;
    assert!(answers.iter().all(Result::is_ok));
    assert!(client.listing().await.unwrap().is_empty());
}
