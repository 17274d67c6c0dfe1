//! A script in the place of `az`.

#![cfg(unix)]

use super::*;
use crate::defender::cancellation::Cancellation;
use crate::defender::testing::VirtualClock;
use crate::defender::token::Tokens;
use secrecy::ExposeSecret;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

/// A directory with this script as `az`, and a `PATH` that begins with it.
fn az(script: &str) -> (TempDir, OsString) {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("az");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut path = directory.path().as_os_str().to_owned();
    path.push(":/usr/bin:/bin");
    (directory, path)
}

fn tokens(path: OsString, tenant: Option<&str>) -> (Tokens, Arc<Cancellation>) {
    let clock = VirtualClock::shared();
    let cli = AzureCli::new(
        "https://api.example.test/.default",
        tenant.map(str::to_owned),
        path,
        clock.clone(),
    )
    .unwrap();
    let cancellation = Arc::new(Cancellation::new(clock));
    (
        Tokens::new(Arc::new(cli), None, None, Arc::clone(&cancellation)),
        cancellation,
    )
}

#[tokio::test]
async fn it_is_asked_for_the_scope_and_the_tenant_and_once() {
    let script = r#"echo "$@" >> "$(dirname "$0")/asked"
echo '{"accessToken": "the-token-of-az", "expires_on": 1777597200, "tokenType": "Bearer"}'"#;
    let (directory, path) = az(script);
    let (tokens, _) = tokens(path, Some("contoso.example"));
    for _ in 0..3 {
        assert_eq!(tokens.get().await.unwrap().secret().expose_secret(), "the-token-of-az");
    }
    let asked = std::fs::read_to_string(directory.path().join("asked")).unwrap();
    assert_eq!(
        asked,
        "account get-access-token -o json --scope https://api.example.test/.default --tenant contoso.example\n"
    );
}

#[tokio::test]
async fn what_it_says_is_told_with_what_to_do() {
    let long = format!("head -c {} /dev/zero", LONGEST_OUTPUT + 10);
    for (script, words, hint) in [
        (
            "echo 'ERROR: Please run az login to setup account.' >&2; exit 1",
            "Please run az login to setup account.",
            "Run `az login`",
        ),
        (
            "echo 'AADSTS700082: The refresh token has expired.' >&2; exit 1",
            "AADSTS700082",
            "The sign-in of the Azure CLI is over.",
        ),
        (
            "echo 'AADSTS65001: nobody has consented' >&2; exit 1",
            "AADSTS65001",
            "consented",
        ),
        ("exit 3", "exit status: 3", "az login"),
        ("exit 127", "127", "Install the Azure CLI"),
        ("echo 'a-secret-token but no JSON'", "its output is not what", "2.54"),
        (
            r#"echo '{"accessToken": "a-secret-token", "expires_on": "a-secret-token", "tokenType": "Bearer"}'"#,
            "its output is not what",
            "2.54",
        ),
        (
            r#"echo '{"accessToken": "a-secret-token", "tokenType": "Bearer"}'"#,
            "its output is not what",
            "2.54",
        ),
        (&long, "its output is not what", "2.54"),
    ] {
        let (_directory, path) = az(script);
        let (tokens, _) = tokens(path, None);
        let error = tokens.get().await.unwrap_err();
        assert!(error.to_string().contains(words), "{script}: {error}");
        assert!(error.hint().contains(hint), "{script}: {}", error.hint());
        assert!(!format!("{error:?}").contains("a-secret-token"), "{error:?}");
    }
    let empty = tempfile::tempdir().unwrap();
    let (tokens, _) = tokens(empty.path().as_os_str().to_owned(), None);
    let error = tokens.get().await.unwrap_err();
    assert!(
        error.hint().contains("Install the Azure CLI"),
        "{error}: {}",
        error.hint()
    );
}

#[tokio::test]
async fn a_stop_does_not_wait_for_it() {
    let (directory, path) = az("touch \"$(dirname \"$0\")/begun\"; exec sleep 600");
    let (tokens, cancellation) = tokens(path, None);
    let begun = directory.path().join("begun");
    let stop = async {
        while !begun.exists() {
            tokio::task::yield_now().await;
        }
        cancellation.stop();
    };
    let (outcome, ()) = tokio::join!(tokens.get(), stop);
    assert!(outcome.unwrap_err().is_stopped());
}

#[test]
fn a_tenant_that_cannot_be_right_is_refused_before_anything_runs() {
    let error = AzureCli::new(
        "x/.default",
        Some("a; rm -rf /".to_owned()),
        OsString::new(),
        VirtualClock::shared(),
    );
    assert!(error.err().unwrap().to_string().contains("cannot be asked"));
}
