//! The endpoints that Azure puts beside its machines and services, where a process gets tokens of their managed identity.
//!
//! **Invariant:** the first application is the identity of the machine itself; any application can be asked for by its id. Only
//! these paths answer without TLS.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::error::Unspecified;
use axum::http::{HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;

use super::answer::Answer;
use super::application::{Applications, random_hexadecimal};
use super::request::Request;
use super::token::Tokens;

/// The paths, below the address of the simulator.
pub const METADATA_PATH: &str = "/metadata/identity/oauth2/token";
pub const APP_SERVICE_PATH: &str = "/app-service/msi/token";
pub const MACHINE_LEARNING_PATH: &str = "/machine-learning/msi/token";
pub const CLOUD_SHELL_PATH: &str = "/cloud-shell/msi/token";
pub const ARC_PATH: &str = "/azure-arc/metadata/identity/oauth2/token";

/// Where the agent of Azure Arc keeps its keys, below the folder for the data of programs.
pub const ARC_FOLDER: [&str; 2] = ["AzureConnectedMachineAgent", "Tokens"];
/// The file with its key.
const ARC_KEY: &str = "simulator.key";

/// Whether the path is one of them.
pub fn is_at(path: &str) -> bool {
    [
        METADATA_PATH,
        APP_SERVICE_PATH,
        MACHINE_LEARNING_PATH,
        CLOUD_SHELL_PATH,
        ARC_PATH,
    ]
    .contains(&path)
}

/// What lets a process of a service ask.
#[derive(Debug)]
pub struct ManagedIdentity {
    /// `IDENTITY_HEADER` or `MSI_SECRET`.
    pub secret: String,
    /// What the file with the key of Azure Arc's agent holds, and where it is.
    arc_key: String,
    arc_path: PathBuf,
}

impl ManagedIdentity {
    /// Endpoints with a secret of their own. The file with the key is below this directory.
    pub fn new(directory: &Path) -> Result<Self, Unspecified> {
        let folder: PathBuf = ARC_FOLDER.iter().collect();
        Ok(Self {
            secret: random_hexadecimal(16)?,
            arc_key: random_hexadecimal(64)?,
            arc_path: directory.join(folder).join(ARC_KEY),
        })
    }

    /// Writes the file that only those may read who may have a token.
    pub fn write_key(&self) -> io::Result<()> {
        if let Some(folder) = self.arc_path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&self.arc_path, &self.arc_key)
    }

    /// The path of that file, for messages about it.
    pub fn key_path(&self) -> &Path {
        &self.arc_path
    }

    /// Asks a process on a machine of Azure Arc to show that it can read the file.
    fn challenge(&self) -> Answer {
        let body = json!({"error": "unauthorized_client", "error_description": "Missing Basic Authorization header",
            "error_codes": [401]});
        let mut answer = Answer::json(StatusCode::UNAUTHORIZED, &body);
        let realm = format!("Basic realm={}", self.arc_path.display());
        // A path that no header can carry is not offered.
        if let Ok(realm) = HeaderValue::from_str(&realm) {
            answer.headers.push((header::WWW_AUTHENTICATE, realm));
        }
        answer
    }

    /// Answers a process that asks for a token; nothing if it is a call to somebody else.
    pub fn answer(
        &self,
        tokens: &mut Tokens,
        request: &Request,
        applications: &Applications,
        now: Timestamp,
    ) -> Option<Answer> {
        let is_metadata = request.header("metadata") == Some("true");
        let has = |header| request.header(header) == Some(&self.secret);
        let (method, allowed, versions, id): (_, _, &[&str], _) = match request.path.as_str() {
            METADATA_PATH => (Method::GET, is_metadata, &["2018-02-01", "2019-08-01"], "client_id"),
            APP_SERVICE_PATH => (Method::GET, has("x-identity-header"), &["2019-08-01"], "client_id"),
            MACHINE_LEARNING_PATH => (Method::GET, has("secret"), &["2017-09-01"], "clientid"),
            CLOUD_SHELL_PATH => (Method::POST, is_metadata, &[], "client_id"),
            ARC_PATH => (Method::GET, is_metadata, &["2019-11-01", "2020-06-01"], "client_id"),
            _ => return None,
        };
        if request.method != method {
            return Some(Answer::method_not_allowed(if method == Method::GET {
                "GET"
            } else {
                "POST"
            }));
        }
        if !allowed {
            return Some(match request.path.as_str() {
                METADATA_PATH | CLOUD_SHELL_PATH | ARC_PATH => {
                    refused("Required metadata header not specified or not correct".to_owned())
                }
                _ => Answer::json(
                    StatusCode::UNAUTHORIZED,
                    &json!({"statusCode": 401, "message": "Unauthorized"}),
                ),
            });
        }
        let parameters = if method == Method::GET {
            request.parameters()
        } else {
            request.form()
        };
        let parameter = |name: &str| {
            parameters
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        if !versions.is_empty() && !parameter("api-version").is_some_and(|version| versions.contains(&version)) {
            return Some(refused("The api-version is missing or not supported.".to_owned()));
        }
        // These have one identity, and nothing to select another one with.
        let has_one = [CLOUD_SHELL_PATH, ARC_PATH].contains(&request.path.as_str());
        if has_one && parameter(id).is_some() {
            return Some(refused(format!("The parameter '{id}' is not supported.")));
        }
        let is_shown = request.header("authorization") == Some(&format!("Basic {}", self.arc_key));
        if request.path == ARC_PATH && !is_shown {
            return Some(self.challenge());
        }
        let Some(resource) = parameter("resource") else {
            return Some(refused("Required query variable 'resource' is missing".to_owned()));
        };
        let number = match parameter(id) {
            None => Some(0),
            Some(client_id) => applications.position(client_id),
        };
        let Some(number) = number else {
            return Some(refused("Identity not found".to_owned()));
        };
        let given = tokens.for_identity(number, resource, applications, now);
        // Without random numbers there is no token, but then the simulator would not have started.
        Some(given.unwrap_or_else(|_| Answer::empty(StatusCode::INTERNAL_SERVER_ERROR)))
    }
}

fn refused(text: String) -> Answer {
    let body = json!({"error": "invalid_request", "error_description": text});
    Answer::json(StatusCode::BAD_REQUEST, &body)
}
