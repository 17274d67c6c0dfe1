//! The endpoints of managed identities over a scripted transport.

use super::*;
use crate::defender::cancellation::Cancellation;
use crate::defender::http::TransportTrouble;
use crate::defender::testing::{HANGS, Script, Scripted, VirtualClock, settings};
use crate::defender::token::Tokens;

fn url() -> Url {
    Url::parse("http://127.0.0.1:41741/msi/token").unwrap()
}

fn identity(endpoint: IdentityEndpoint, client_id: Option<&str>, answers: &[Script]) -> (Arc<Scripted>, Tokens) {
    asking(endpoint, client_id, Scripted::new(answers))
}

fn asking(endpoint: IdentityEndpoint, client_id: Option<&str>, transport: Arc<Scripted>) -> (Arc<Scripted>, Tokens) {
    let clock = VirtualClock::shared();
    let client_id = client_id.map(str::to_owned);
    let shared = Arc::<Scripted>::clone(&transport);
    let identity = ManagedIdentity::new(&settings(), client_id, endpoint, shared, clock.clone());
    let tokens = Tokens::new(Arc::new(identity), None, None, Arc::new(Cancellation::new(clock)));
    (transport, tokens)
}

/// An answer with a token that lives for an hour by the clock of the tests.
const TOKEN: Script = Ok((
    200,
    r#"{"access_token":"the-token","expires_on":"1777597200","resource":"https://api.example.test","token_type":"Bearer"}"#,
));

#[tokio::test(start_paused = true)]
async fn each_kind_of_endpoint_is_asked_in_its_own_way() {
    let secret = || SecretString::from("endpoint-secret");
    let resource = "resource=https%3A%2F%2Fapi.example.test";
    for (endpoint, client_id, asked, header) in [
        (
            IdentityEndpoint::Metadata { url: url() },
            None,
            format!("Get {}?api-version=2018-02-01&{resource}", url()),
            ("Metadata", "true"),
        ),
        (
            IdentityEndpoint::Metadata { url: url() },
            Some("c-1"),
            format!("Get {}?api-version=2018-02-01&{resource}&client_id=c-1", url()),
            ("Metadata", "true"),
        ),
        (
            IdentityEndpoint::AppService {
                url: url(),
                header: secret(),
            },
            Some("c-1"),
            format!("Get {}?api-version=2019-08-01&{resource}&client_id=c-1", url()),
            ("X-IDENTITY-HEADER", "endpoint-secret"),
        ),
        (
            IdentityEndpoint::MachineLearning {
                url: url(),
                secret: secret(),
            },
            Some("c-1"),
            format!("Get {}?api-version=2017-09-01&{resource}&clientid=c-1", url()),
            ("secret", "endpoint-secret"),
        ),
        (
            IdentityEndpoint::CloudShell { url: url() },
            Some("c-1"),
            format!("Post {} {resource}", url()),
            ("Metadata", "true"),
        ),
    ] {
        let (transport, tokens) = identity(endpoint, client_id, &[TOKEN]);
        let token = tokens.get().await.unwrap();
        assert_eq!(token.secret().expose_secret(), "the-token");
        assert_eq!(transport.log(), [asked]);
        assert_eq!(transport.header(0, header.0).as_deref(), Some(header.1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_lifetime_is_read_in_all_its_forms() {
    let endpoint = || IdentityEndpoint::Metadata { url: url() };
    let jwt = "e30.eyJleHAiOjE3Nzc1OTcyMDB9.s";
    for (fields, seconds) in [
        (r#""expires_on":"1777597200""#.to_owned(), 3600),
        (r#""expires_on":1777597200,"expires_in":"7""#.to_owned(), 3600),
        (r#""expires_in":"600""#.to_owned(), 600),
        (r#""expires_in":600"#.to_owned(), 600),
        (r#""expires_on":"6/1/2026 1:00:00 AM +00:00""#.to_owned(), 3600),
        (r#""expires_on":"1""#.to_owned(), 0),
        (r#""expires_on":"9223372036854775807","expires_in":5"#.to_owned(), 5),
        (r#""expires_in":-5"#.to_owned(), 0),
    ] {
        let body = format!(r#"{{"access_token":"{jwt}",{fields}}}"#);
        let transport = Scripted::new(&[Ok((200, body.leak()))]);
        let identity = ManagedIdentity::new(&settings(), None, endpoint(), transport, VirtualClock::shared());
        let lifetime = identity.issue().await.unwrap().lifetime.as_secs();
        // The clock of the tests has moved on by the time of the answer.
        assert!(
            (seconds - 1..=seconds).contains(&(lifetime as i64)),
            "{fields}: {lifetime}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_endpoint_says_is_told_with_what_to_do() {
    let not_assigned = r#"{"error":"invalid_request","error_description":"Identity not found"}"#;
    for (answer, words) in [
        (Ok((400, not_assigned)), "HTTP 400: Identity not found"),
        (Ok((403, "<html>proxy</html>")), "HTTP 403: <html>proxy</html>"),
        (
            Ok((200, r#"{"access_token":"secret-token-1"}"#)),
            "does not say how long the token lives",
        ),
        (Ok((200, r#"{"token":"secret-token-1"}"#)), "its answer holds no token"),
        (Ok((200, r#"{"access_token":""}"#)), "its answer holds no token"),
        (Ok((200, "")), "its answer holds no token"),
    ] {
        let (transport, tokens) = identity(IdentityEndpoint::Metadata { url: url() }, None, &[answer]);
        let error = tokens.get().await.unwrap_err();
        assert!(
            error.to_string().contains(words) && error.to_string().contains("127.0.0.1:41741"),
            "{error}"
        );
        assert!(error.hint().contains("use_msi") && !format!("{error:?}").contains("secret-token-1"));
        assert_eq!(transport.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_metadata_service_may_be_busy_or_not_there() {
    let busy = [Ok((429, "")), Ok((410, "")), Ok((404, "")), Ok((500, "")), TOKEN];
    let (transport, tokens) = identity(IdentityEndpoint::Metadata { url: url() }, None, &busy);
    tokens.get().await.unwrap();
    assert_eq!(transport.count(), 5);

    let app_service = IdentityEndpoint::AppService {
        url: url(),
        header: "endpoint-secret".to_owned().into(),
    };
    let (transport, tokens) = identity(app_service, None, &[Ok((404, "no such path"))]);
    assert!(
        tokens
            .get()
            .await
            .unwrap_err()
            .to_string()
            .contains("HTTP 404: no such path")
    );
    assert_eq!(transport.count(), 1);

    for trouble in [Err(TransportTrouble::Unreachable), HANGS] {
        let (_, tokens) = identity(IdentityEndpoint::Metadata { url: url() }, None, &[trouble; 20]);
        let error = tokens.get().await.unwrap_err();
        assert!(error.to_string().contains("127.0.0.1:41741"), "{error}");
        assert!(
            error.hint().contains("exists only on a machine or service in Azure"),
            "{}",
            error.hint()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_of_azure_arc_is_shown_the_key_of_its_agent() {
    let keys = tempfile::tempdir().unwrap();
    let path = keys.path().join("a.key");
    std::fs::write(&path, "the-key-1").unwrap();
    let endpoint = || IdentityEndpoint::AzureArc {
        url: url(),
        keys: keys.path().to_owned(),
    };
    let realm = |path: &Path| Some(format!("Basic realm={}", path.display()));
    let answers = [Ok((401, "")), TOKEN];
    let (transport, tokens) = asking(endpoint(), None, Scripted::challenging(&answers, realm(&path)));
    assert_eq!(tokens.get().await.unwrap().secret().expose_secret(), "the-token");
    let asked = format!(
        "Get {}?api-version=2020-06-01&resource=https%3A%2F%2Fapi.example.test",
        url()
    );
    assert_eq!(transport.log(), [asked.as_str(); 2]);
    assert_eq!(transport.header(0, "Authorization"), None);
    assert_eq!(transport.header(1, "Authorization").as_deref(), Some("Basic the-key-1"));
    assert_eq!(transport.header(1, "Metadata").as_deref(), Some("true"));

    // A key that does not open it is not tried again, and a file elsewhere is not sent at all.
    let elsewhere = tempfile::tempdir().unwrap().path().join("a.key");
    for (challenge, times, words) in [
        (realm(&path), 2, "HTTP 401: no"),
        (realm(&elsewhere), 1, "so the file was not read"),
        (None, 1, "it asks for no key"),
    ] {
        let answers = [Ok((401, "")), Ok((401, "no"))];
        let (transport, tokens) = asking(endpoint(), None, Scripted::challenging(&answers, challenge));
        let error = tokens.get().await.unwrap_err();
        assert!(
            error.to_string().contains(words) && error.hint().contains("himds"),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("the-key-1"));
        assert_eq!(transport.count(), times);
    }
}
