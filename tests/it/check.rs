//! The command `check`, as a person or a pipeline starts it.

use crate::support::{PROGRAM, Tenant};
use mde::simulator::{Fault, FaultKind, Permission, SignIn};
use serde_json::{Value, json};
use tokio::process::Command;

type Variables = Vec<(String, String)>;

/// Exit code, standard output and standard error of the command with these variables only.
async fn check(variables: Variables, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(PROGRAM)
        .arg("check")
        .args(arguments)
        .env_clear()
        .envs(variables)
        .output()
        .await
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn with(mut variables: Variables, name: &str, value: Option<&str>) -> Variables {
    variables.retain(|(key, _)| key != name);
    variables.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    variables
}

/// A tenant with rows of this application under two labels and none, and one that is made in the portal.
async fn tenant(permission: Permission) -> Tenant {
    let tenant = Tenant::with(|options| {
        options.permission = permission;
        options.display_name = Some("GitOps \u{202e}lists".to_owned());
    })
    .await;
    let client_id = tenant
        .environment()
        .into_iter()
        .find(|(name, _)| name == "ARM_CLIENT_ID")
        .unwrap()
        .1;
    let row = |value: &str, label: Value| {
        json!({
            "indicatorValue": value, "indicatorType": "DomainName", "action": "Block", "application": label,
            "createdBy": client_id, "createdBySource": "PublicApi"
        })
    };
    let rows = vec![
        row("a.example", "c2".into()),
        row("b.example", "c2".into()),
        row("c.example", "phishing".into()),
        row("d.example", Value::Null),
    ];
    tenant.simulator.put_rows(rows).unwrap();
    tenant.add_foreign("DomainName", "theirs.example", "Block");
    tenant
}

#[tokio::test]
async fn it_says_who_signs_in_what_it_may_and_how_full_the_tenant_is() {
    let tenant = tenant(Permission::All).await;
    let (code, text, errors) = check(tenant.environment(), &[]).await;
    assert_eq!((code, errors.as_str()), (0, ""), "{text}");
    for words in [
        "Signed in by client secret at https://127.0.0.1:",
        "GitOps \\u{202e}lists (",
        "Ti.ReadWrite.All",
        "Indicators: 5 of 15000 used, 14995 free.",
        "      4 PublicApi",
        "      1 Portal",
        "Created or last changed by this application: 4.",
        "      2 with the label `c2`",
        "      1 without an application label",
        "cannot be told without that state",
        "Nothing is wrong.",
    ] {
        assert!(text.contains(words), "`{words}` is not in:\n{text}");
    }
    let (code, text, _) = check(tenant.environment(), &["--format", "json"]).await;
    let found: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, 0);
    let of = |name: &str| tenant.environment().into_iter().find(|(key, _)| key == name).unwrap().1;
    assert_eq!(found["method"], "client secret");
    assert_eq!(found["application_id"], of("ARM_CLIENT_ID"));
    assert_eq!(found["tenant_id"], of("ARM_TENANT_ID"));
    assert_eq!(
        (&found["used"], &found["free"], &found["capacity"]),
        (&json!(5), &json!(14_995), &json!(15_000))
    );
    assert_eq!(found["by_source"], json!({"PublicApi": 4, "Portal": 1}));
    let own = json!([{"label": null, "count": 1}, {"label": "c2", "count": 2}, {"label": "phishing", "count": 1}]);
    assert_eq!(found["own"], own);
    assert_eq!(found["problems"], json!([]));
    assert!(found["token_expires"].as_str().unwrap().ends_with('Z'));
    for secret in tenant.simulator.tokens().iter().chain([&of("ARM_CLIENT_SECRET")]) {
        assert!(!text.contains(secret));
    }
}

#[tokio::test]
async fn every_way_to_sign_in_is_named() {
    let tenant = tenant(Permission::All).await;
    for (way, name) in [
        (SignIn::ClientCertificate, "client certificate"),
        (SignIn::TokenFile, "OIDC token file"),
        (SignIn::GitHubActions, "OIDC token of GitHub Actions"),
        (SignIn::AzureDevOps, "OIDC token of Azure DevOps"),
        (SignIn::ManagedIdentity, "managed identity"),
    ] {
        let (code, text, errors) = check(tenant.simulator.environment_for(way), &[]).await;
        assert!(
            code == 0 && text.starts_with(&format!("Signed in by {name} at ")),
            "{text}{errors}"
        );
    }
}

/// The names of what is wrong.
fn problems(text: &str) -> Vec<String> {
    let found: Value = serde_json::from_str(text).unwrap();
    let problems = found["problems"].as_array().unwrap().iter();
    problems
        .map(|one| one["problem"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_is_wrong_ends_it_with_one() {
    let own = tenant(Permission::Own).await;
    let (code, text, _) = check(own.environment(), &[]).await;
    assert_eq!(code, 1);
    assert!(
        text.contains("Indicators: 4 of this application. Those of others cannot be seen."),
        "{text}"
    );
    assert!(
        text.contains("- The application sees its own indicators only."),
        "{text}"
    );
    let (_, text, _) = check(own.environment(), &["--format=json"]).await;
    assert_eq!(problems(&text), ["own_indicators_only"]);
    let found: Value = serde_json::from_str(&text).unwrap();
    assert!(found["used"].is_null() && found["free"].is_null());

    let none = tenant(Permission::None).await;
    let (code, text, _) = check(none.environment(), &["--format=json"]).await;
    assert_eq!(
        (code, problems(&text)),
        (1, vec!["no_permission".to_owned(), "forbidden".to_owned()])
    );
    let (_, text, _) = check(none.environment(), &[]).await;
    assert!(
        text.contains("The indicators cannot be listed.") && text.contains("Ti.ReadWrite.All"),
        "{text}"
    );

    let full = tenant(Permission::All).await;
    for (capacity, words) in [("5", "The tenant is full: 5 of 5."), ("2", "is full: 5 of 2")] {
        let (code, text, _) = check(with(full.environment(), "MDE_CAPACITY", Some(capacity)), &[]).await;
        assert!(code == 1 && text.contains(words), "{text}");
    }
    let rows: Vec<Value> = (0..9)
        .map(|number| json!({"indicatorValue": format!("f{number}.example"), "indicatorType": "DomainName", "action": "Block"}))
        .collect();
    full.simulator.put_rows(rows).unwrap();
    for (capacity, code) in [("10", 1), ("11", 0)] {
        let found = check(with(full.environment(), "MDE_CAPACITY", Some(capacity)), &[]).await;
        assert_eq!(found.0, code, "{}", found.1);
    }
}

#[tokio::test]
async fn what_cannot_be_found_out_ends_it_with_two() {
    let tenant = tenant(Permission::All).await;
    let (code, text, errors) = check(with(tenant.environment(), "ARM_CLIENT_SECRET", None), &[]).await;
    assert_eq!((code, text.as_str()), (2, ""));
    assert!(
        errors.starts_with("error: No complete credential: ") && errors.contains("- client_secret: missing"),
        "{errors}"
    );

    let wrong = with(tenant.environment(), "ARM_CLIENT_SECRET", Some("wrong-secret-4711"));
    let (code, _, errors) = check(wrong.clone(), &[]).await;
    assert_eq!(code, 2);
    assert!(
        errors.contains("AADSTS7000215") && !errors.contains("wrong-secret-4711"),
        "{errors}"
    );
    let (code, text, _) = check(wrong, &["--format=json"]).await;
    let found: Value = serde_json::from_str(&text).unwrap();
    assert!(
        code == 2 && found["error"].as_str().unwrap().contains("AADSTS7000215"),
        "{text}"
    );

    let refused = FaultKind::Status {
        code: 401,
        message: None,
        retry_after: None,
    };
    tenant.fault(Fault::new(refused).on("GET", "/indicators").times(2));
    let (code, _, errors) = check(tenant.environment(), &[]).await;
    assert!(code == 2 && errors.contains("HTTP 401"), "{errors}");

    let (code, _, errors) = check(tenant.environment(), &["--format=xml"]).await;
    assert!(
        code == 2 && errors.contains("[possible values: text, json]"),
        "{errors}"
    );
}
