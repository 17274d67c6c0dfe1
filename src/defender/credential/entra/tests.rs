//! Tokens by Microsoft's library over a scripted transport.

use super::*;
use crate::defender::cancellation::Cancellation;
use crate::defender::credential::issuer;
use crate::defender::error::Kind;
use crate::defender::http::{Reply, TransportTrouble};
use crate::defender::testing::{HANGS, Script, Scripted, VirtualClock, application, settings};
use crate::defender::token::Tokens;

fn entra(answers: &[Script]) -> (Arc<Scripted>, Tokens) {
    let (transport, tokens, _) = stoppable(answers);
    (transport, tokens)
}

fn stoppable(answers: &[Script]) -> (Arc<Scripted>, Tokens, Arc<Cancellation>) {
    let transport = Scripted::new(answers);
    let clock = VirtualClock::shared();
    let issuer = issuer(&settings(), Arc::<Scripted>::clone(&transport), clock.clone()).unwrap();
    let cancellation = Arc::new(Cancellation::new(clock));
    let tokens = Tokens::new(issuer, None, None, Arc::clone(&cancellation));
    (transport, tokens, cancellation)
}

const TOKEN: Script = Ok((
    200,
    r#"{"token_type":"Bearer","expires_in":3599,"access_token":"the-token"}"#,
));

/// As recorded: the text has line breaks.
const WRONG_SECRET: Script = Ok((
    401,
    "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client secret provided. Ensure the \
     secret being sent in the request is the client secret value.\\r\\nTrace ID: t\\r\\nCorrelation ID: c\",\
     \"error_codes\":[7000215],\"correlation_id\":\"c\"}",
));

#[tokio::test(start_paused = true)]
async fn the_secret_is_sent_to_the_authority_and_nowhere_else() {
    let (transport, tokens) = entra(&[TOKEN]);
    let token = tokens.get().await.unwrap();
    assert_eq!(token.secret().expose_secret(), "the-token");
    let asked = transport.asked.lock().unwrap();
    assert_eq!(
        asked[0].url.as_str(),
        "https://login.example.test/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token"
    );
    let body = String::from_utf8(asked[0].body.to_vec()).unwrap();
    assert!(
        body.contains("client_secret=the+secret") && body.contains("scope=https%3A%2F%2Fapi.example.test%2F.default")
    );
    assert!(body.contains("grant_type=client_credentials"));
    assert!(
        !asked[0]
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("user-agent")),
        "ours is used"
    );
    assert_eq!(asked.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_is_told_once_in_entras_words() {
    let (transport, tokens) = entra(&[WRONG_SECRET]);
    let error = tokens.get().await.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.kind(), Kind::Unauthorized, "{text}");
    assert!(
        text.contains("AADSTS7000215: Invalid client secret provided.") && text.contains("Correlation ID: c"),
        "{text}"
    );
    assert!(error.hint().contains("client_secret (ARM_CLIENT_SECRET)"));
    assert!(!format!("{error:?}").contains("the+secret"));
    assert_eq!(transport.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_is_asked_about_once_for_all_who_wait() {
    let (transport, tokens) = entra(&[WRONG_SECRET]);
    let outcomes = futures::future::join_all((0..10).map(|_| tokens.get())).await;
    assert!(outcomes.iter().all(Result::is_err));
    assert_eq!(transport.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn trouble_on_the_way_is_overcome() {
    let (transport, tokens) = entra(&[
        Err(TransportTrouble::Interrupted),
        Ok((503, "busy")),
        Ok((
            429,
            r#"{"error":"temporarily_unavailable","error_description":"AADSTS90055: throttled","error_codes":[90055]}"#,
        )),
        TOKEN,
    ]);
    tokens.get().await.unwrap();
    assert_eq!(transport.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_lasts_is_not_tried_again() {
    for (script, kind, words) in [
        (
            Err(TransportTrouble::UnknownAuthority),
            Kind::Certificate,
            "could not get an access token",
        ),
        (
            Ok((404, "<html>not here</html>")),
            Kind::Unexpected,
            "did not answer like a token endpoint",
        ),
        (
            Ok((200, "<html>sign in</html>")),
            Kind::Unexpected,
            "did not answer like a token endpoint",
        ),
        (
            Ok((200, "{}")),
            Kind::Unexpected,
            "did not answer like a token endpoint",
        ),
        (
            Ok((
                400,
                r#"{"error":"x","error_description":"AADSTS700016: no such application","error_codes":[700016]}"#,
            )),
            Kind::Unauthorized,
            "AADSTS700016",
        ),
    ] {
        let (transport, tokens) = entra(&[script]);
        let error = tokens.get().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words) && !error.hint().is_empty(), "{error}");
        assert_eq!(transport.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn signing_in_has_an_end_and_is_not_begun_anew() {
    for answer in [HANGS, Ok((503, "busy")), Ok((429, "slow down"))] {
        let (transport, tokens, cancellation) = stoppable(&[answer; 100]);
        let error = tokens.get().await.unwrap_err();
        let took = cancellation.clock().elapsed();
        assert!(took <= Duration::from_secs(20 + 60 + 20), "{took:?}");
        let asked = transport.count();
        assert!((2..10).contains(&asked), "{asked}");
        assert_eq!(tokens.get().await.unwrap_err().to_string(), error.to_string());
        assert_eq!(transport.count(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_signing_in_at_once() {
    // While an answer is awaited, and during a pause.
    for answer in [HANGS, Ok((503, "busy"))] {
        let (_, tokens, cancellation) = stoppable(&[answer; 100]);
        let stop = async {
            tokio::time::sleep(Duration::from_secs(9)).await;
            cancellation.stop();
        };
        let (outcome, ()) = tokio::join!(tokens.get(), stop);
        assert!(outcome.unwrap_err().is_stopped());
        assert_eq!(cancellation.clock().elapsed(), Duration::from_secs(9));
    }
}

#[tokio::test(start_paused = true)]
async fn lifetimes_of_any_size_and_form_are_taken() {
    for (lifetime, seconds) in [
        ("3599", 3599),
        ("\"3599\"", 3599),
        ("3599.5", 3599),
        ("0", 0),
        ("-5", 0),
        ("-1e300", 0),
        ("400000000000", 100_800),
        ("9223372036854775807", 100_800),
        ("18446744073709551615", 100_800),
        ("4e11", 100_800),
        ("1e300", 100_800),
        ("\"inf\"", 100_800),
        ("\"NaN\"", 0),
    ] {
        let body = format!(r#"{{"token_type":"Bearer","expires_in":{lifetime},"access_token":"the-token"}}"#);
        let (_, tokens) = entra(&[Ok((200, body.leak()))]);
        tokens.get().await.unwrap();
        let body = format!(r#"{{"expires_in":{lifetime},"ext_expires_in":{lifetime}}}"#);
        let bounded: Value = serde_json::from_slice(&with_bounded_lifetime(body.into_bytes())).unwrap();
        assert_eq!(
            bounded,
            serde_json::json!({"expires_in": seconds, "ext_expires_in": seconds}),
            "{lifetime}"
        );
    }
    for lifetime in ["null", "true", "[]", "\"soon\"", "1e999"] {
        let body = format!(r#"{{"token_type":"Bearer","expires_in":{lifetime},"access_token":"the-token"}}"#);
        let (_, tokens) = entra(&[Ok((200, body.leak()))]);
        let error = tokens.get().await.unwrap_err();
        assert!(error.to_string().contains("like a token endpoint"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_repeats_the_request_does_not_tell_the_secret() {
    for (status, body) in [
        (400, "<html>Bad request: client_secret=the+secret&amp;scope=x</html>"),
        (
            401,
            "{\"error\":\"x\",\"error_description\":\"AADSTS1: not accepted: the secret\",\"error_codes\":[1]}",
        ),
        (502, "client_secret=the%20secret"),
    ] {
        let (_, tokens) = entra(&[Ok((status, body)); 100]);
        let error = tokens.get().await.unwrap_err();
        let text = format!("{error}{error:?}");
        assert!(
            text.contains("[redacted]") && !text.contains("secret&") && !text.contains(": the secret"),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_cannot_be_reached_is_given_up_soon() {
    let (transport, tokens) = entra(&[Err(TransportTrouble::UnknownHost); 5]);
    let error = tokens.get().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the name login.example.test could not be resolved"),
        "{error}"
    );
    assert_eq!(transport.count(), 4);
}

#[test]
fn ids_that_cannot_be_right_are_refused_before_anything_is_sent() {
    struct Nowhere;
    #[async_trait]
    impl Transport for Nowhere {
        async fn send(&self, _message: Message) -> Result<Reply, TransportError> {
            panic!("nothing may be sent");
        }
    }
    let mut settings = settings();
    settings.credential = crate::defender::Credential::ClientSecret {
        application: Application {
            tenant_id: "not a tenant".to_owned(),
            ..application()
        },
        client_secret: "the secret".to_owned().into(),
    };
    let error = issuer(&settings, Arc::new(Nowhere), VirtualClock::shared())
        .err()
        .unwrap();
    assert!(error.to_string().contains("not a tenant"), "{error}");
}

#[test]
fn nothing_that_holds_the_secret_shows_it() {
    assert!(!format!("{:?}", settings()).contains("the secret"));
}
