//! The client as a whole.

use super::testing::settings;
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
    assert_eq!(client.application_id(), "22222222-2222-2222-2222-222222222222");
}
