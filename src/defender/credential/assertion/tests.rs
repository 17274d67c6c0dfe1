//! Statements over a scripted transport.

use super::*;
use crate::defender::cancellation::Cancellation;
use crate::defender::credential::issuer;
use crate::defender::principal::Principal;
use crate::defender::settings::{Credential, Settings};
use crate::defender::testing::{Script, Scripted, VirtualClock, application, settings};
use crate::defender::token::Tokens;
use std::collections::HashMap;

const TOKEN: Script = Ok((
    200,
    r#"{"token_type":"Bearer","expires_in":3599,"access_token":"the-token"}"#,
));

fn request() -> TokenRequest {
    TokenRequest {
        url: Url::parse("https://pipeline.example.test/token?run=1").unwrap(),
        token: "request-token".to_owned().into(),
    }
}

fn federated(source: FederatedToken) -> Credential {
    Credential::Federation {
        application: application(),
        source,
    }
}

fn tokens(credential: Credential, answers: &[Script]) -> (Arc<Scripted>, Tokens) {
    let settings = Settings {
        credential,
        ..settings()
    };
    let (transport, clock) = (Scripted::new(answers), VirtualClock::shared());
    let issuer = issuer(&settings, Arc::<Scripted>::clone(&transport), clock.clone()).unwrap();
    let tokens = Tokens::new(issuer, None, None, Arc::new(Cancellation::new(clock)));
    (transport, tokens)
}

/// The fields of the form with this number.
fn form(transport: &Scripted, number: usize) -> HashMap<String, String> {
    let asked = transport.asked.lock().unwrap();
    url::form_urlencoded::parse(&asked[number].body).into_owned().collect()
}

#[tokio::test(start_paused = true)]
async fn a_certificate_signs_for_the_token_endpoint_and_anew_each_time() {
    let pem = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/plain.pem"));
    let credential = Credential::ClientCertificate {
        application: application(),
        certificate: Certificate::read(pem, None).unwrap(),
        sends_chain: false,
    };
    let (transport, tokens) = tokens(credential, &[TOKEN, TOKEN]);
    let first = tokens.get().await.unwrap();
    tokens.reject(&first);
    tokens.get().await.unwrap();
    let assertions = [0, 1].map(|number| {
        let form = form(&transport, number);
        assert_eq!(
            form["client_assertion_type"],
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        assert_eq!(form["client_id"], application().client_id);
        assert!(!form.contains_key("client_secret"));
        form["client_assertion"].clone()
    });
    assert_ne!(assertions[0], assertions[1]);
    let said = Principal::read(&assertions[0], &Principal::default());
    assert_eq!(
        said.audience.as_deref(),
        Some("https://login.example.test/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token")
    );
}

#[tokio::test(start_paused = true)]
async fn a_given_token_and_one_in_a_file_are_sent_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    let file = FederatedToken::File(path.display().to_string());
    for (source, expected) in [
        (
            FederatedToken::Given("a-given-token".to_owned().into()),
            "a-given-token",
        ),
        (file, "first-token-of-the-file"),
    ] {
        std::fs::write(&path, "first-token-of-the-file\n").unwrap();
        let (transport, tokens) = tokens(federated(source), &[TOKEN, TOKEN]);
        let token = tokens.get().await.unwrap();
        assert_eq!(form(&transport, 0)["client_assertion"], expected);
        // The file is written anew from time to time.
        std::fs::write(&path, "second-token-of-the-file").unwrap();
        tokens.reject(&token);
        tokens.get().await.unwrap();
        let expected = expected.replace("first", "second");
        assert_eq!(form(&transport, 1)["client_assertion"], expected);
    }
}

#[tokio::test(start_paused = true)]
async fn pipelines_are_asked_in_their_own_ways() {
    let ask = |source, answer| tokens(federated(source), &[answer, TOKEN]);
    let answer = Ok((200, r#"{"count":1,"value":"jwt-of-github"}"#));
    let (github, tokens) = ask(FederatedToken::GitHub(request()), answer);
    tokens.get().await.unwrap();
    assert_eq!(
        github.log()[0],
        "Get https://pipeline.example.test/token?run=1&audience=api%3A%2F%2FAzureADTokenExchange"
    );
    assert_eq!(
        github.header(0, "Authorization").as_deref(),
        Some("Bearer request-token")
    );
    assert_eq!(form(&github, 1)["client_assertion"], "jwt-of-github");
    assert_eq!(
        github.header(1, "Authorization"),
        None,
        "the request's token stays with the pipeline"
    );

    let source = FederatedToken::AzureDevOps {
        request: request(),
        service_connection_id: "connection-1".to_owned(),
    };
    let (devops, tokens) = ask(source, Ok((200, r#"{"oidcToken":"jwt-of-devops"}"#)));
    tokens.get().await.unwrap();
    assert_eq!(
        devops.log()[0],
        "Post https://pipeline.example.test/token?run=1&api-version=7.1&serviceConnectionId=connection-1"
    );
    assert_eq!(devops.header(0, "X-TFS-FedAuthRedirect").as_deref(), Some("Suppress"));
    assert_eq!(form(&devops, 1)["client_assertion"], "jwt-of-devops");
}

#[tokio::test(start_paused = true)]
async fn trouble_with_a_pipeline_is_overcome_and_a_refusal_is_told() {
    let answers = [
        Ok((503, "busy")),
        Err(crate::defender::http::TransportTrouble::Interrupted),
        Ok((200, r#"{"value":"jwt"}"#)),
        TOKEN,
    ];
    let (transport, tokens_of) = tokens(federated(FederatedToken::GitHub(request())), &answers);
    tokens_of.get().await.unwrap();
    assert_eq!(transport.count(), 4);

    for (answer, words) in [
        (
            (403, r#"{"message":"id-token is missing"}"#),
            "GitHub Actions gave no OIDC token: HTTP 403: {\"message\":",
        ),
        ((302, ""), "GitHub Actions gave no OIDC token: HTTP 302"),
        ((200, r#"{"token":"in-another-form"}"#), "its answer holds no token"),
        ((200, "<html>"), "its answer holds no token"),
    ] {
        let (transport, tokens) = tokens(federated(FederatedToken::GitHub(request())), &[Ok(answer)]);
        let error = tokens.get().await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.hint().contains("id-token: write"), "{}", error.hint());
        assert!(!format!("{error:?}").contains("in-another-form") && !format!("{error:?}").contains("request-token"));
        assert_eq!(transport.count(), 1, "nothing is sent to Entra");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_without_a_token_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let huge = directory.path().join("huge");
    std::fs::File::create(&huge)
        .unwrap()
        .set_len(LONGEST_TOKEN + 1)
        .unwrap();
    for (path, words) in [
        (empty, "it is empty"),
        (huge, "it has more than 64 KiB"),
        (directory.path().to_owned(), "it is no regular file"),
        (directory.path().join("none"), "os error 2"),
    ] {
        let source = FederatedToken::File(path.display().to_string());
        let (transport, tokens) = tokens(federated(source), &[]);
        let error = tokens.get().await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.hint().contains("oidc_token_file_path"));
        assert_eq!(transport.count(), 0);
    }
}
