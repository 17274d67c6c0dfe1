//! Tokens of whoever has signed in with the Azure CLI, by Microsoft's library with an executor of our own: with the `PATH` of
//! the provider's environment, bounds on what `az` prints, and an end to it when nobody waits any more.

use super::failed::{self, Failed};
use super::refusal::{advice, codes_in};
use crate::defender::clock::Clock;
use crate::defender::error::{Error, Kind};
use crate::defender::token::{IssueError, Issued, Issuer};
use crate::outgoing;
use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};
use jiff::Timestamp;
use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// `az` is a Python program that may need ten seconds to start.
const PATIENCE: Duration = Duration::from_secs(90);

/// Longest output that is read, in bytes. A token with its surroundings has some 3 kB.
const LONGEST_OUTPUT: u64 = 256 << 10;

/// The CLI's own text is repeated up to this many characters.
const LONGEST_WORDS: usize = 2000;

/// What a shell answers when there is no such program.
const NOT_FOUND: i32 = 127;

/// Asks the Azure CLI.
pub(super) struct AzureCli {
    scope: String,
    credential: Arc<AzureCliCredential>,
    clock: Arc<dyn Clock>,
}

impl AzureCli {
    /// Nothing is asked yet; a tenant that cannot be right is refused at once.
    pub fn new(scope: &str, tenant_id: Option<String>, path: OsString, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let options = AzureCliCredentialOptions {
            tenant_id,
            executor: Some(Arc::new(Az { path })),
            ..AzureCliCredentialOptions::default()
        };
        let credential = AzureCliCredential::new(Some(options)).map_err(|error| {
            Error::new(
                Kind::Settings,
                format!("the Azure CLI cannot be asked: {error}"),
                "Check tenant_id (ARM_TENANT_ID).",
            )
        })?;
        Ok(Self {
            scope: scope.to_owned(),
            credential,
            clock,
        })
    }
}

#[async_trait]
impl Issuer for AzureCli {
    async fn issue(&self) -> Result<Issued, IssueError> {
        let asked = self.credential.get_token(&[&self.scope], None).await;
        // The library's own errors may repeat what was printed, which is the token.
        let access =
            asked.map_err(|error| failed::found_in(&error).unwrap_or_else(|| IssueError::Final(unreadable())))?;
        let token = access.token.secret();
        let end = Timestamp::from_second(access.expires_on.unix_timestamp());
        match end {
            Ok(end) if !token.is_empty() => Ok(Issued {
                token: token.to_owned().into(),
                lifetime: Duration::try_from(end.duration_since(self.clock.now())).unwrap_or_default(),
            }),
            _ => Err(IssueError::Final(unreadable())),
        }
    }

    fn attempt_time(&self) -> Duration {
        PATIENCE
    }

    fn too_slow(&self) -> IssueError {
        IssueError::Final(too_slow())
    }
}

const NOT_INSTALLED: &str =
    "Install the Azure CLI, or set use_cli = false (ARM_USE_CLI=false) and sign in another way.";
const NOT_SIGNED_IN: &str = "Run `az login`, and `az account show` to see who is signed in.";

fn too_slow() -> Error {
    let why = format!("`az` did not answer within {} s", PATIENCE.as_secs());
    refused(
        &why,
        "Check whether `az account get-access-token` ends when you run it yourself.",
    )
}

fn refused(why: &str, hint: &str) -> Error {
    Error::new(
        Kind::Unauthorized,
        format!("the Azure CLI gave no access token: {why}"),
        hint,
    )
}

fn unreadable() -> Error {
    refused(
        "its output is not what `az account get-access-token` prints",
        "Update the Azure CLI: version 2.54 or newer is needed.",
    )
}

/// Runs what the library asks for.
#[derive(Debug)]
struct Az {
    path: OsString,
}

#[async_trait]
impl Executor for Az {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let output = self.output(program, args).await?;
        if output.status.success() {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let words = outgoing::words(&said, LONGEST_WORDS);
        let codes = codes_in(&words);
        let hint = match output.status.code() {
            Some(NOT_FOUND) => NOT_INSTALLED,
            _ if codes.is_empty() => NOT_SIGNED_IN,
            _ => advice(&codes),
        };
        let words = if words.is_empty() {
            output.status.to_string()
        } else {
            words
        };
        Err(io::Error::other(Failed(IssueError::Final(refused(&words, hint)))))
    }
}

impl Az {
    async fn output(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut child = Command::new(program)
            .args(args)
            .env("PATH", &self.path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Whoever stops waiting, because of a stop or the time, ends it.
            .kill_on_drop(true)
            .spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (stdout, stderr) = tokio::try_join!(bounded(stdout), bounded(stderr))?;
        Ok(Output {
            status: child.wait().await?,
            stdout,
            stderr,
        })
    }
}

/// All that comes, up to a bound.
async fn bounded(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(LONGEST_OUTPUT + 1).read_to_end(&mut bytes).await?;
    }
    if bytes.len() as u64 > LONGEST_OUTPUT {
        return Err(io::Error::other(Failed(IssueError::Final(unreadable()))));
    }
    Ok(bytes)
}

#[cfg(test)]
pub(super) fn samples() -> Vec<Error> {
    vec![
        refused("/bin/sh: 1: az: not found", NOT_INSTALLED),
        refused("ERROR: Please run 'az login' to setup account.", NOT_SIGNED_IN),
        unreadable(),
        too_slow(),
    ]
}

#[cfg(test)]
mod tests;
