//! Which method is used, from what is found.

use super::{block, errors};
use crate::defender::{Application, Credential, FederatedToken, IdentityEndpoint, Settings};
use crate::provider::config::{known, read};
use crate::tf::{Diagnostics, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

type Variables<'a> = &'a [(&'a str, &'a str)];

fn configured(config: &Value, variables: Variables<'_>) -> Result<(Settings, Vec<String>), Diagnostics> {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let read = read(
        config,
        &|name| variables.get(name).map(|value| (*value).to_owned()),
        "test".into(),
    )?;
    let warnings = read
        .warnings
        .iter()
        .map(|one| format!("{}\n{}", one.summary, one.detail));
    Ok((read.settings, warnings.collect()))
}

/// The way to sign in, with nothing to warn of.
fn credential(variables: Variables<'_>) -> Credential {
    let (settings, warnings) = configured(&block(&[]), variables).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(warnings, [""; 0]);
    settings.credential
}

fn problem(variables: Variables<'_>) -> String {
    let read = configured(&block(&[]), variables);
    errors(read.map(|(settings, _)| panic!("{:?}", settings.credential)))
}

fn certificate(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/certificates")
        .join(name);
    path.display().to_string()
}

/// A directory with a program of this name.
fn with_program(name: &str) -> (TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let name = if cfg!(windows) {
        format!("{name}.cmd")
    } else {
        name.to_owned()
    };
    std::fs::write(directory.path().join(name), "").unwrap();
    let path = directory.path().display().to_string();
    (directory, path)
}

const APPLICATION: [(&str, &str); 2] = [("ARM_TENANT_ID", "t"), ("ARM_CLIENT_ID", "c")];

fn with<'a>(more: Variables<'a>) -> Vec<(&'a str, &'a str)> {
    [&APPLICATION, more].concat()
}

#[test]
fn the_first_method_that_is_fully_configured_is_used() {
    let (_directory, path) = with_program("az");
    let certificate = certificate("plain.pem");
    let all = [
        (
            "ARM_CLIENT_CERTIFICATE_PATH",
            certificate.as_str(),
            "client certificate",
        ),
        ("ARM_CLIENT_SECRET", "a-secret", "client secret"),
        ("ARM_USE_OIDC", "true", "OIDC token"),
        ("ARM_USE_MSI", "true", "managed identity"),
        ("ARM_USE_CLI", "true", "Azure CLI"),
    ];
    for first in 0..all.len() {
        let common = [("ARM_OIDC_TOKEN", "a-token"), ("PATH", path.as_str())];
        let mut variables = with(&common);
        variables.extend(all[first..].iter().map(|(name, value, _)| (*name, *value)));
        assert_eq!(credential(&variables).method(), all[first].2);
    }
}

#[test]
fn certificates_are_read_in_each_form_and_place() {
    let pfx = STANDARD.encode(std::fs::read(certificate("modern.pfx")).unwrap());
    let pem = std::fs::read_to_string(certificate("plain.pem")).unwrap();
    let (modern, encrypted) = (certificate("modern.pfx"), certificate("encrypted.pem"));
    let password = ("ARM_CLIENT_CERTIFICATE_PASSWORD", "correct-horse");
    for own in [
        &[("ARM_CLIENT_CERTIFICATE_PATH", modern.as_str()), password][..],
        &[
            ("AZURE_CLIENT_CERTIFICATE_PATH", &encrypted),
            ("AZURE_CLIENT_CERTIFICATE_PASSWORD", "correct-horse"),
        ],
        &[("ARM_CLIENT_CERTIFICATE", &pfx), password],
        &[("ARM_CLIENT_CERTIFICATE", &pem)],
        // The same certificate in both places is no contradiction.
        &[
            ("ARM_CLIENT_CERTIFICATE", &pfx),
            ("ARM_CLIENT_CERTIFICATE_PATH", &modern),
            password,
        ],
    ] {
        let Credential::ClientCertificate {
            application,
            sends_chain,
            ..
        } = credential(&with(own))
        else {
            panic!("{own:?}");
        };
        let expected = Application {
            tenant_id: "t".into(),
            client_id: "c".into(),
        };
        assert_eq!((application, sends_chain), (expected, false));
    }
    let chain = [
        ("ARM_CLIENT_CERTIFICATE", pem.as_str()),
        ("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "1"),
    ];
    assert!(matches!(
        credential(&with(&chain)),
        Credential::ClientCertificate { sends_chain: true, .. }
    ));
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_and_nothing_else_is_used() {
    let (modern, plain) = (
        certificate("modern.pfx"),
        std::fs::read_to_string(certificate("plain.pem")).unwrap(),
    );
    for (own, words) in [
        (
            &[("ARM_CLIENT_CERTIFICATE_PATH", modern.as_str())][..],
            "client_certificate_password (ARM_CLIENT_CERTIFICATE_PASSWORD) is not set",
        ),
        (
            &[
                ("ARM_CLIENT_CERTIFICATE_PATH", &modern),
                ("ARM_CLIENT_CERTIFICATE_PASSWORD", "wrong-pass"),
            ],
            "the password in client_certificate_password does not open it",
        ),
        (
            &[("ARM_CLIENT_CERTIFICATE_PATH", "/does/not/exist")],
            "`/does/not/exist`: ",
        ),
        (
            &[("ARM_CLIENT_CERTIFICATE_PATH", env!("CARGO_MANIFEST_DIR"))],
            "it is no regular file",
        ),
        (&[("ARM_CLIENT_CERTIFICATE", "***")], "neither PEM nor base64"),
        (&[("ARM_CLIENT_CERTIFICATE", "aGVsbG8=")], "it is neither PEM nor PFX"),
        (
            &[
                ("ARM_CLIENT_CERTIFICATE_PATH", &modern),
                ("ARM_CLIENT_CERTIFICATE", &plain),
            ],
            "Two different values of client_certificate_path",
        ),
    ] {
        let text = problem(&with(&[own, &[("ARM_CLIENT_SECRET", "a-secret")]].concat()));
        assert!(text.contains(words), "{text}");
        assert!(!text.contains("wrong-pass") && !text.contains("MII"), "{text}");
    }
}

#[test]
fn ids_and_secrets_may_stand_in_files_and_must_not_differ() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (id, secret, empty) = (
        file("id", "c\n"),
        file("secret", "s3cret-in-file\r\n"),
        file("empty", " \n"),
    );
    let in_files = [
        ("ARM_TENANT_ID", "t"),
        ("ARM_CLIENT_ID_FILE_PATH", id.as_str()),
        ("ARM_CLIENT_SECRET_FILE_PATH", secret.as_str()),
    ];
    for more in [
        &[][..],
        &[("ARM_CLIENT_ID", "c"), ("ARM_CLIENT_SECRET", "s3cret-in-file")],
    ] {
        let Credential::ClientSecret {
            application,
            client_secret,
        } = credential(&[&in_files, more].concat())
        else {
            panic!("{more:?}");
        };
        assert_eq!(application.client_id, "c");
        assert_eq!(client_secret.expose_secret(), "s3cret-in-file");
    }
    for (more, words) in [
        (("ARM_CLIENT_ID", "other"), "Two different values of client_id"),
        (
            ("ARM_CLIENT_SECRET", "s3cret-elsewhere"),
            "Two different values of client_secret",
        ),
        (("ARM_CLIENT_SECRET_FILE_PATH", &empty), "it is empty"),
        (
            ("ARM_CLIENT_SECRET_FILE_PATH", "/does/not/exist"),
            "The file in client_secret_file_path cannot be used",
        ),
    ] {
        let text = problem(&[&in_files[..], &[more]].concat());
        assert!(text.contains(words) && text.contains(more.0), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[test]
fn tokens_of_others_come_from_four_places() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    std::fs::write(&path, "token-in-file\n").unwrap();
    let path = path.display().to_string();
    let source = |own: Variables<'_>| {
        let on = [("ARM_USE_OIDC", "true")];
        match credential(&with(&[&on, own].concat())) {
            Credential::Federation { source, .. } => source,
            other => panic!("{other:?}"),
        }
    };
    let FederatedToken::Given(token) = source(&[("ARM_OIDC_TOKEN", "given-token")]) else {
        panic!()
    };
    assert_eq!(token.expose_secret(), "given-token");
    // In a pod the variable is there for everybody.
    let given = source(&[("ARM_OIDC_TOKEN", "given-token"), ("AZURE_FEDERATED_TOKEN_FILE", &path)]);
    assert!(matches!(given, FederatedToken::Given(_)));
    for own in [
        &[("ARM_OIDC_TOKEN_FILE_PATH", path.as_str())][..],
        &[("AZURE_FEDERATED_TOKEN_FILE", &path)],
        &[("ARM_OIDC_TOKEN_FILE_PATH", &path), ("ARM_OIDC_TOKEN", "token-in-file")],
    ] {
        assert!(
            matches!(source(own), FederatedToken::File(found) if found == path),
            "{own:?}"
        );
    }
    let github = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://p.example/t?x=1"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token"),
    ];
    let connection = ("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "connection-1");
    for own in [
        &github[..],
        // A connection that is left over does not make it another pipeline.
        &[github[0], github[1], connection],
        &[
            ("ARM_OIDC_REQUEST_URL", "https://p.example/t?x=1"),
            ("ARM_OIDC_REQUEST_TOKEN", "request-token"),
        ],
    ] {
        let FederatedToken::GitHub(request) = source(own) else {
            panic!("{own:?}")
        };
        assert_eq!(request.url.as_str(), "https://p.example/t?x=1");
        assert_eq!(request.token.expose_secret(), "request-token");
    }
    let devops = [
        ("SYSTEM_OIDCREQUESTURI", "https://d.example/t"),
        ("SYSTEM_ACCESSTOKEN", "request-token"),
    ];
    for name in [
        "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
        "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
        "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    ] {
        let own = [devops[0], devops[1], (name, "connection-1")];
        let FederatedToken::AzureDevOps {
            service_connection_id, ..
        } = source(&own)
        else {
            panic!("{name}")
        };
        assert_eq!(service_connection_id, "connection-1");
    }
    let on = |own: Variables<'_>| problem(&with(&[&[("ARM_USE_OIDC", "true")], own].concat()));
    let text = on(&devops);
    assert!(text.contains("- ado_pipeline_service_connection_id: missing"), "{text}");
    let text = on(&[
        connection,
        ("ARM_OIDC_AZURE_SERVICE_CONNECTION_ID", "2"),
        devops[0],
        devops[1],
    ]);
    assert!(
        text.contains("Two different values of ado_pipeline_service_connection_id"),
        "{text}"
    );
    let text = on(&[("ARM_OIDC_TOKEN_FILE_PATH", &path), ("ARM_OIDC_TOKEN", "another-token")]);
    assert!(
        text.contains("Two different values of oidc_token") && !text.contains("another-token"),
        "{text}"
    );
    let text = on(&[("ACTIONS_ID_TOKEN_REQUEST_URL", "http://p.example"), github[1]]);
    assert!(text.contains("Invalid oidc_request_url"), "{text}");
    let text = on(&[github[0]]);
    assert!(
        text.contains("- oidc_request_token: missing; write `oidc_request_token` or set"),
        "{text}"
    );
    // Whatever a pipeline sets, nothing of it counts without the switch.
    let text = problem(&with(&[github[0], github[1], ("ARM_OIDC_TOKEN", "given-token")]));
    assert!(
        text.contains("- use_oidc: missing; write `use_oidc = true` or set ARM_USE_OIDC=true"),
        "{text}"
    );
}

#[test]
fn a_pod_of_aks_has_its_own_variables_and_nobody_may_contradict_them() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    std::fs::write(&path, "token-of-the-pod").unwrap();
    let path = path.display().to_string();
    let pod = [
        ("ARM_USE_AKS_WORKLOAD_IDENTITY", "true"),
        ("AZURE_TENANT_ID", "t-pod"),
        ("AZURE_CLIENT_ID", "c-pod"),
        ("AZURE_FEDERATED_TOKEN_FILE", path.as_str()),
    ];
    let Credential::Federation { application, source } = credential(&pod) else {
        panic!()
    };
    assert_eq!(
        (application.tenant_id.as_str(), application.client_id.as_str()),
        ("t-pod", "c-pod")
    );
    assert!(matches!(source, FederatedToken::File(found) if found == path));
    for (name, argument) in [
        ("ARM_TENANT_ID", "tenant_id"),
        ("ARM_CLIENT_ID", "client_id"),
        ("ARM_OIDC_TOKEN_FILE_PATH", "oidc_token_file_path"),
    ] {
        let text = problem(&[&pod[..], &[(name, "another")]].concat());
        assert!(
            text.contains(&format!("Two different values of {argument}")) && text.contains(name),
            "{text}"
        );
    }
}

#[test]
fn a_managed_identity_is_asked_where_azure_says() {
    let endpoint = |own: Variables<'_>| {
        let on = [("ARM_USE_MSI", "true")];
        match credential(&[&on, own].concat()) {
            Credential::ManagedIdentity { client_id, endpoint } => (client_id, endpoint),
            other => panic!("{other:?}"),
        }
    };
    let (client_id, found) = endpoint(&[]);
    assert_eq!(client_id, None);
    assert!(matches!(found, IdentityEndpoint::Metadata { .. }));
    assert_eq!(
        found.url().as_str(),
        "http://169.254.169.254/metadata/identity/oauth2/token"
    );
    let (client_id, found) = endpoint(&[
        ("ARM_CLIENT_ID", "c-1"),
        ("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:8"),
    ]);
    assert_eq!(client_id.as_deref(), Some("c-1"));
    assert_eq!(
        found.url().as_str(),
        "http://127.0.0.1:8/metadata/identity/oauth2/token"
    );
    let here = "http://localhost:42356/msi/token";
    let (_, found) = endpoint(&[
        ("ARM_MSI_ENDPOINT", here),
        ("IDENTITY_ENDPOINT", "x"),
        ("IDENTITY_HEADER", "y"),
    ]);
    assert!(matches!(&found, IdentityEndpoint::Metadata { url } if url.as_str() == here));
    let (_, found) = endpoint(&[("IDENTITY_ENDPOINT", here), ("IDENTITY_HEADER", "header-1")]);
    assert!(matches!(&found, IdentityEndpoint::AppService { header, .. } if header.expose_secret() == "header-1"));
    let (_, found) = endpoint(&[("MSI_ENDPOINT", here), ("MSI_SECRET", "secret-1")]);
    assert!(matches!(&found, IdentityEndpoint::MachineLearning { secret, .. } if secret.expose_secret() == "secret-1"));
    let (_, found) = endpoint(&[("MSI_ENDPOINT", "https://identity.example/token")]);
    assert!(matches!(found, IdentityEndpoint::CloudShell { .. }));
    for (data, expected) in [
        (None, "/var/opt/azcmagent/tokens"),
        (Some("/data"), "/data/AzureConnectedMachineAgent/Tokens"),
    ] {
        let mut variables = vec![("IDENTITY_ENDPOINT", here), ("IMDS_ENDPOINT", "http://localhost:40342")];
        variables.extend(data.map(|data| ("ProgramData", data)));
        let (_, found) = endpoint(&variables);
        assert!(
            matches!(&found, IdentityEndpoint::AzureArc { url, keys } if url.as_str() == here && keys == Path::new(expected)),
            "{found:?}"
        );
    }

    for (own, words) in [
        (
            &[("IDENTITY_ENDPOINT", "http://arc.example/t"), ("IMDS_ENDPOINT", here)][..],
            "is neither on this machine nor on its own link",
        ),
        (
            &[
                ("IDENTITY_ENDPOINT", here),
                ("IMDS_ENDPOINT", here),
                ("ARM_CLIENT_ID", "c-1"),
            ],
            "ARM_CLIENT_ID names a user-assigned identity, but Azure Arc has one identity only",
        ),
        (
            &[("MSI_ENDPOINT", here), ("ARM_CLIENT_ID", "c-1")],
            "ARM_CLIENT_ID names a user-assigned identity, but Cloud Shell has one identity only",
        ),
        (
            &[
                ("IDENTITY_ENDPOINT", here),
                ("IDENTITY_HEADER", "h"),
                ("IDENTITY_SERVER_THUMBPRINT", "t"),
            ],
            "this is Azure Service Fabric",
        ),
        (
            &[("ARM_MSI_ENDPOINT", "http://identity.example/token")],
            "is neither on this machine nor on its own link",
        ),
        (
            &[("MSI_ENDPOINT", "http://10.0.0.1/token")],
            "is neither on this machine nor on its own link",
        ),
        (
            &[("MSI_ENDPOINT", "ftp://127.0.0.1/token")],
            "is no address of a web server",
        ),
        (&[("MSI_ENDPOINT", "token")], "is not a URL"),
    ] {
        let text = problem(&[&[("ARM_USE_MSI", "true")], own].concat());
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn the_azure_cli_is_the_last_resort_and_never_in_place_of_another_method() {
    let (_directory, path) = with_program("az");
    let az = ("PATH", path.as_str());
    let Credential::AzureCli { tenant_id, path: found } = credential(&[az, ("ARM_TENANT_ID", "t")]) else {
        panic!()
    };
    assert_eq!((tenant_id.as_deref(), found.to_str()), (Some("t"), Some(path.as_str())));

    let certificate = certificate("plain.pem");
    for begun in [
        &[("ARM_CLIENT_SECRET", "a-secret")][..],
        &[("ARM_CLIENT_ID", "c"), ("ARM_CLIENT_SECRET", "a-secret")],
        &[("ARM_TENANT_ID", "t"), ("ARM_CLIENT_CERTIFICATE_PATH", &certificate)],
        &[("ARM_TENANT_ID", "t"), ("ARM_CLIENT_ID", "c"), ("ARM_USE_OIDC", "true")],
    ] {
        let text = problem(&[begun, &[az]].concat());
        assert!(text.contains("No complete credential"), "{text}");
        // Who says that the CLI is meant gets it, and hears what is left over.
        let (settings, warnings) = configured(&block(&[]), &[begun, &[az, ("ARM_USE_CLI", "true")]].concat()).unwrap();
        assert_eq!(settings.credential.method(), "Azure CLI");
        assert!(
            warnings[0].starts_with("Signing in by Azure CLI: another method is incomplete"),
            "{warnings:?}"
        );
    }
    let (settings, warnings) = configured(&block(&[]), &with(&[az])).unwrap();
    assert_eq!(settings.credential.method(), "Azure CLI");
    assert!(
        warnings[0].contains("A client id was found in ARM_CLIENT_ID"),
        "{warnings:?}"
    );
    // A managed identity that was switched on comes before it, with the same words about what is left over.
    let (settings, warnings) = configured(
        &block(&[]),
        &[az, ("ARM_USE_MSI", "1"), ("ARM_CLIENT_SECRET", "a-secret")],
    )
    .unwrap();
    assert_eq!(settings.credential.method(), "managed identity");
    assert!(
        warnings[0].contains("- client_secret: found in ARM_CLIENT_SECRET"),
        "{warnings:?}"
    );

    let text = problem(&[az, ("ARM_USE_CLI", "false")]);
    assert!(text.contains("- use_cli: false in ARM_USE_CLI"), "{text}");
    let text = problem(&[]);
    assert!(text.contains("- az: missing; install the Azure CLI"), "{text}");
}

#[test]
fn no_secret_is_in_what_a_program_prints_of_its_settings() {
    let (plain, modern) = (certificate("plain.pem"), certificate("modern.pfx"));
    let pem = std::fs::read_to_string(&plain).unwrap();
    let key = pem.split("PRIVATE KEY-----").nth(1).unwrap().lines().nth(1).unwrap();
    let on = ("ARM_USE_OIDC", "true");
    let request = ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://p.example/t");
    let (endpoint, msi) = (("IDENTITY_ENDPOINT", "http://127.0.0.1/t"), ("ARM_USE_MSI", "1"));
    for own in [
        &[("ARM_CLIENT_SECRET", "hidden-4711")][..],
        &[("ARM_CLIENT_CERTIFICATE", &pem)],
        &[
            ("ARM_CLIENT_CERTIFICATE_PATH", &modern),
            ("ARM_CLIENT_CERTIFICATE_PASSWORD", "correct-horse"),
        ],
        &[on, ("ARM_OIDC_TOKEN", "hidden-4711")],
        &[on, request, ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hidden-4711")],
        &[
            on,
            ("SYSTEM_OIDCREQUESTURI", "https://d.example/t"),
            ("SYSTEM_ACCESSTOKEN", "hidden-4711"),
            ("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "1"),
        ],
        &[msi, endpoint, ("IDENTITY_HEADER", "hidden-4711")],
        &[
            msi,
            ("MSI_ENDPOINT", "http://127.0.0.1/t"),
            ("MSI_SECRET", "hidden-4711"),
        ],
    ] {
        let (settings, _) = configured(&block(&[]), &with(own)).unwrap();
        // Whole, so that a field that is added later is looked at, too.
        for printed in [format!("{settings:?}"), format!("{settings:#?}")] {
            for secret in ["hidden-4711", "correct-horse", key, "104, 105, 100, 100, 101, 110"] {
                assert!(!printed.contains(secret), "{}", settings.credential.method());
            }
        }
        // Nor in what is said of it where something else is missing.
        let text = problem(&[own, &[("ARM_TENANT_ID", "t"), ("ARM_CLIENT_ID", "c\n")]].concat());
        assert!(!text.contains("hidden-4711") && !text.contains(key), "{text}");
    }
}

#[test]
fn azure_powershell_is_not_replaced_by_another_method_in_silence() {
    let (_directory, path) = with_program("az");
    let (az, on) = (("PATH", path.as_str()), ("ARM_USE_POWERSHELL", "true"));
    let text = problem(&[az, on]);
    assert!(
        text.contains("Azure PowerShell:\n- use_powershell: true in ARM_USE_POWERSHELL, but the provider does not"),
        "{text}"
    );
    let (settings, warnings) = configured(&block(&[]), &[az, on, ("ARM_USE_CLI", "true")]).unwrap();
    assert_eq!(settings.credential.method(), "Azure CLI");
    assert!(warnings[0].contains("use_powershell"), "{warnings:?}");
    // Nobody speaks of it where it is off, or where another method comes first.
    let off = [az, ("ARM_USE_POWERSHELL", "false")];
    assert_eq!(credential(&off).method(), "Azure CLI");
    assert_eq!(
        credential(&with(&[az, on, ("ARM_CLIENT_SECRET", "a-secret")])).method(),
        "client secret"
    );
    assert!(!problem(&[]).contains("PowerShell"));
}

#[test]
fn nothing_found_is_one_error_that_names_every_method_and_variable() {
    let text = problem(&[]);
    assert_eq!(
        text.lines().next().unwrap(),
        "No complete credential: The provider signs in with the first of these methods that is fully configured, and none is."
    );
    for method in [
        "Client certificate:",
        "Client secret:",
        "OpenID Connect:",
        "Managed identity:",
        "Azure CLI:",
    ] {
        assert!(text.contains(method), "{method}: {text}");
    }
    let told = [
        &known::TENANT_ID,
        &known::CLIENT_ID,
        &known::CLIENT_CERTIFICATE,
        &known::CLIENT_CERTIFICATE_PATH,
        &known::CLIENT_SECRET,
        &known::CLIENT_SECRET_FILE_PATH,
        &known::USE_OIDC,
        &known::OIDC_TOKEN,
        &known::OIDC_TOKEN_FILE_PATH,
        &known::OIDC_REQUEST_URL,
        &known::USE_AKS_WORKLOAD_IDENTITY,
        &known::USE_MSI,
    ];
    for argument in told {
        assert!(text.contains(argument.name), "{}: {text}", argument.name);
        assert!(
            argument.variables.iter().all(|name| text.contains(name)),
            "{argument:?}: {text}"
        );
    }
}

#[test]
fn switches_are_read_as_terraform_reads_them() {
    for (written, expected) in [
        ("true", true),
        ("1", true),
        ("T", true),
        ("TRUE", true),
        ("0", false),
        ("False", false),
    ] {
        let read = configured(&block(&[]), &[("ARM_USE_MSI", written)]);
        assert_eq!(read.is_ok(), expected, "{written}");
    }
    let text = problem(&[("ARM_USE_MSI", "yes")]);
    assert!(
        text.contains("ARM_USE_MSI is `yes`, which is neither `true` nor `false`"),
        "{text}"
    );
    let block = block(&[("use_msi", false.into())]);
    assert!(
        configured(&block, &[("ARM_USE_MSI", "true")]).is_err(),
        "the block comes first"
    );
}
