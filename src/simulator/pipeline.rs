//! Pipelines and a cluster, whose jobs and pods get tokens that the first application trusts.
//!
//! **Invariant:** a token says who asked for it and whom it is for; whether that is good enough is for the identity provider
//! to judge.

use aws_lc_rs::error::Unspecified;
use axum::http::{HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;

use super::answer::Answer;
use super::application::{random_guid, random_hexadecimal};
use super::request::Request;
use super::signing::SigningKey;

/// Whom a token for the identity provider is meant for.
pub const AUDIENCE: &str = "api://AzureADTokenExchange";

/// Who gives tokens, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// A job of GitHub Actions.
    GitHub,
    /// A job of Azure DevOps with a service connection.
    AzureDevOps,
    /// A pod of a Kubernetes cluster.
    Pod,
}

impl Workload {
    const ALL: [Self; 3] = [Self::GitHub, Self::AzureDevOps, Self::Pod];

    /// Who signs.
    pub const fn issuer(self) -> &'static str {
        match self {
            Self::GitHub => "https://token.actions.githubusercontent.com",
            Self::AzureDevOps => "https://vstoken.dev.azure.com/00000000-0000-4000-8000-00000000000a",
            Self::Pod => "https://cluster.example/00000000-0000-4000-8000-00000000000b/",
        }
    }

    /// Who asks.
    pub const fn subject(self) -> &'static str {
        match self {
            Self::GitHub => "repo:contoso/intel:ref:refs/heads/main",
            Self::AzureDevOps => "sc://contoso/intel/defender",
            Self::Pod => "system:serviceaccount:default:terraform",
        }
    }

    /// How long a token of it lives, in seconds.
    const fn life(self) -> i64 {
        match self {
            Self::GitHub => 300,
            Self::AzureDevOps => 600,
            // A cluster renews it long before; here nobody does.
            Self::Pod => 24 * 3600,
        }
    }

    /// The one of this issuer.
    pub fn of_issuer(issuer: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|workload| workload.issuer() == issuer)
    }
}

/// What the jobs know.
#[derive(Debug)]
pub struct Pipelines {
    key: &'static SigningKey,
    /// What lets a job ask for a token.
    pub request_token: String,
    /// Id of the service connection of Azure DevOps.
    pub connection: String,
}

/// Where jobs ask, below the address of the simulator.
pub const GITHUB_PATH: &str = "/pipelines/github/token";
pub const DEVOPS_PATH: &str = "/pipelines/azure-devops/token";

impl Pipelines {
    /// Pipelines with secrets of their own.
    pub fn new() -> Result<Self, Unspecified> {
        Ok(Self {
            key: SigningKey::of_pipelines()?,
            request_token: random_hexadecimal(24)?,
            connection: random_guid()?,
        })
    }

    /// Whether one of them has signed it.
    pub fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        self.key.verifies(signed, signature)
    }

    /// A token for this subject and this audience, which ends so many seconds later.
    pub fn token(
        &self,
        workload: Workload,
        subject: &str,
        audience: &str,
        now: Timestamp,
        life: i64,
    ) -> Result<String, Unspecified> {
        let now = now.as_second();
        self.key.sign(&json!({
            "iss": workload.issuer(), "sub": subject, "aud": audience, "jti": random_guid()?,
            "iat": now, "nbf": now, "exp": now + life,
        }))
    }

    /// The token of a workload, as it gets it.
    pub fn usual_token(&self, workload: Workload, audience: &str, now: Timestamp) -> Result<String, Unspecified> {
        self.token(workload, workload.subject(), audience, now, workload.life())
    }

    /// Answers a job that asks for its token; nothing if it is a call to somebody else.
    pub fn answer(&self, request: &Request, now: Timestamp) -> Option<Answer> {
        let (workload, method) = match request.path.as_str() {
            GITHUB_PATH => (Workload::GitHub, Method::GET),
            DEVOPS_PATH => (Workload::AzureDevOps, Method::POST),
            _ => return None,
        };
        if request.method != method {
            return Some(Answer::method_not_allowed(if method == Method::GET {
                "GET"
            } else {
                "POST"
            }));
        }
        let bearer = format!("Bearer {}", self.request_token);
        if request.authorization.as_deref() != Some(bearer.as_str()) {
            return Some(unauthorized(workload, request));
        }
        let (audience, member) = match workload {
            Workload::GitHub => {
                let asked = request.parameter("audience");
                (
                    asked.unwrap_or_else(|| "https://github.com/contoso".to_owned()),
                    "value",
                )
            }
            _ if request.parameter("serviceConnectionId").as_ref() != Some(&self.connection) => {
                let message = "No service connection with this identifier was found.";
                return Some(Answer::json(StatusCode::NOT_FOUND, &json!({"message": message})));
            }
            _ if request.parameter("api-version").is_none() => {
                let message = "No api-version was supplied.";
                return Some(Answer::json(StatusCode::BAD_REQUEST, &json!({"message": message})));
            }
            _ => (AUDIENCE.to_owned(), "oidcToken"),
        };
        let token = self.usual_token(workload, &audience, now);
        // Without random numbers there is no token, but then the simulator would not have started.
        Some(token.map_or_else(
            |_| Answer::empty(StatusCode::INTERNAL_SERVER_ERROR),
            |token| Answer::json(StatusCode::OK, &json!({ member: token })),
        ))
    }
}

/// Azure DevOps sends browsers to a page to sign in, unless the client says that it is none.
fn unauthorized(workload: Workload, request: &Request) -> Answer {
    if workload == Workload::AzureDevOps && request.header("x-tfs-fedauthredirect") != Some("Suppress") {
        let mut answer = Answer::empty(StatusCode::FOUND);
        let page = HeaderValue::from_static("https://login.example/_signin");
        answer.headers.push((header::LOCATION, page));
        return answer;
    }
    Answer::json(
        StatusCode::UNAUTHORIZED,
        &json!({"message": "The token of the job is not valid."}),
    )
}
