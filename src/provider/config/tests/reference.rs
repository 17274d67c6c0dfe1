//! The arguments and variables of the other providers of Azure: what users of theirs bring along.

use super::{block, errors, full, hosts, read_with};
use crate::provider::config::known::{self, Kind};
use crate::provider::config::source::Source;
use crate::provider::config::validate;
use crate::tf::{Diagnostics, Value};
use std::collections::BTreeSet;

/// Arguments of azuread, azapi and msgraph, with their variables in the order in which those look at them. What stands for one
/// thing under two names has two lines.
const REFERENCE: &[(&str, &[&str])] = &[
    ("tenant_id", &["ARM_TENANT_ID"]),
    ("client_id", &["ARM_CLIENT_ID", "AZURE_CLIENT_ID"]),
    ("client_id_file_path", &["ARM_CLIENT_ID_FILE_PATH"]),
    ("client_secret", &["ARM_CLIENT_SECRET"]),
    ("client_secret_file_path", &["ARM_CLIENT_SECRET_FILE_PATH"]),
    ("client_certificate", &["ARM_CLIENT_CERTIFICATE"]),
    ("client_certificate_path", &["ARM_CLIENT_CERTIFICATE_PATH"]),
    ("client_certificate_password", &["ARM_CLIENT_CERTIFICATE_PASSWORD"]),
    ("use_oidc", &["ARM_USE_OIDC"]),
    ("oidc_token", &["ARM_OIDC_TOKEN"]),
    (
        "oidc_token_file_path",
        &["ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE"],
    ),
    (
        "oidc_request_url",
        &[
            "ARM_OIDC_REQUEST_URL",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "SYSTEM_OIDCREQUESTURI",
        ],
    ),
    (
        "oidc_request_token",
        &[
            "ARM_OIDC_REQUEST_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "SYSTEM_ACCESSTOKEN",
        ],
    ),
    (
        "ado_pipeline_service_connection_id",
        &["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"],
    ),
    (
        "oidc_azure_service_connection_id",
        &[
            "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
        ],
    ),
    ("use_aks_workload_identity", &["ARM_USE_AKS_WORKLOAD_IDENTITY"]),
    ("use_msi", &["ARM_USE_MSI"]),
    ("msi_endpoint", &["ARM_MSI_ENDPOINT"]),
    ("use_cli", &["ARM_USE_CLI"]),
    ("environment", &["ARM_ENVIRONMENT"]),
    ("metadata_host", &["ARM_METADATA_HOSTNAME"]),
    // The attribute of azapi's block `endpoint` is called otherwise; the variable is the same.
    ("authority_host", &["ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST"]),
    ("custom_correlation_request_id", &["ARM_CORRELATION_REQUEST_ID"]),
    (
        "disable_correlation_request_id",
        &["ARM_DISABLE_CORRELATION_REQUEST_ID"],
    ),
    ("partner_id", &["ARM_PARTNER_ID"]),
];

/// Arguments of theirs that mean nothing here, with their variables. The guide says of each why.
const NOT_TAKEN: &[(&str, &str)] = &[
    ("use_powershell", "ARM_USE_POWERSHELL"),
    ("auxiliary_tenant_ids", "ARM_AUXILIARY_TENANT_IDS"),
    ("disable_instance_discovery", "ARM_DISABLE_INSTANCE_DISCOVERY"),
    ("disable_terraform_partner_id", "ARM_DISABLE_TERRAFORM_PARTNER_ID"),
    ("msgraph_endpoint", "ARM_MSGRAPH_ENDPOINT"),
    ("endpoint", "ARM_RESOURCE_MANAGER_ENDPOINT"),
    ("endpoint", "ARM_RESOURCE_MANAGER_AUDIENCE"),
];

/// What the other providers do not have.
const OWN: &[&str] = &[
    "client_certificate_send_chain",
    "region",
    "base_url",
    "ca_certificate_path",
    "request_timeout",
    "max_retries",
    "quota_share",
    "capacity",
    "on_existing",
    "applications",
    "protected",
    "max_removals",
    "batch_size",
];

const GUIDE: &str = include_str!("../../../../docs/guides/authentication.md");

#[test]
fn every_argument_and_variable_of_the_reference_is_taken_or_explained() {
    for (name, variables) in REFERENCE {
        let argument = known::ALL.iter().find(|argument| argument.name == *name);
        let argument = argument.unwrap_or_else(|| panic!("no argument {name}"));
        let own: Vec<&str> = argument
            .variables
            .iter()
            .copied()
            .filter(|own| variables.contains(own))
            .collect();
        assert_eq!(own, *variables, "{name}: all of them, in this order");
        // ARM_* of the reference comes before what is ours or AZURE_*, but for the hosts, which are ours first.
        assert!(
            argument.variables.starts_with(variables) || *name == "authority_host",
            "{name}"
        );
        for variable in *variables {
            let environment = |asked: &str| (asked == *variable).then(|| "true".to_owned());
            let source = Source {
                config: &block(&[]),
                environment: &environment,
            };
            let origin = match argument.kind {
                Kind::Switch => source
                    .switch(argument, &mut Diagnostics::default())
                    .map(|found| found.origin),
                _ => source.text(argument).map(|found| found.origin),
            };
            assert_eq!(origin.as_deref(), Some(*variable), "{name}");
        }
    }
    for (name, variable) in NOT_TAKEN {
        assert!(
            known::ALL.iter().all(|argument| argument.name != *name),
            "{name} is taken"
        );
        assert!(known::ALL.iter().all(|argument| !argument.variables.contains(variable)));
        for word in [name, variable] {
            assert!(
                GUIDE.contains(&format!("`{word}`")),
                "the guide does not explain {word}"
            );
        }
    }
    let reference: BTreeSet<&str> = REFERENCE
        .iter()
        .map(|(name, _)| *name)
        .chain(OWN.iter().copied())
        .collect();
    let all: BTreeSet<&str> = known::ALL.iter().map(|argument| argument.name).collect();
    assert_eq!(all, reference, "an argument is in one of the lists");
}

#[test]
fn variables_that_mean_nothing_here_are_in_nobodys_way() {
    let plain = read_with(&full(&[]), &[]).unwrap().0;
    for (_, variable) in NOT_TAKEN {
        for value in ["true", "nonsense://"] {
            if *variable == "ARM_USE_POWERSHELL" && value != "true" {
                continue;
            }
            let (settings, _) = read_with(&full(&[]), &[(variable, value)]).unwrap();
            assert_eq!(format!("{settings:?}"), format!("{plain:?}"), "{variable}");
        }
    }
}

#[test]
fn the_host_of_the_metadata_means_a_cloud() {
    let public = hosts(&[("environment", "public".into())], &[]);
    let government = hosts(&[("environment", "usgovernment".into())], &[]);
    for (host, expected) in [
        ("management.azure.com", &public),
        ("Management.Azure.com.", &public),
        ("management.usgovcloudapi.net", &government),
    ] {
        assert_eq!(&hosts(&[], &[("ARM_METADATA_HOSTNAME", host)]), expected, "{host}");
        assert_eq!(&hosts(&[("metadata_host", host.into())], &[]), expected, "{host}");
    }
    // What is said in so many words counts, as long as nothing contradicts it.
    for (host, environment) in [
        ("management.azure.com", "gcc"),
        ("management.usgovcloudapi.net", "dod"),
        ("metadata.example", "usgovernment"),
    ] {
        let expected = hosts(&[("environment", environment.into())], &[]);
        let found = hosts(
            &[("environment", environment.into())],
            &[("ARM_METADATA_HOSTNAME", host)],
        );
        assert_eq!(found, expected, "{host}");
    }
}

#[test]
fn no_secret_goes_to_a_cloud_that_the_metadata_does_not_mean() {
    for (host, environment, words) in [
        (
            "management.usgovcloudapi.net",
            Some("public"),
            "is `management.usgovcloudapi.net`, a host of the environments `usgovernment` and `dod`, but ARM_ENVIRONMENT is \
             `public`",
        ),
        (
            "management.azure.com",
            Some("dod"),
            "a host of the environments `public` and `gcc`",
        ),
        (
            "management.chinacloudapi.cn",
            None,
            "Defender for Endpoint has no API in this cloud",
        ),
        (
            "management.chinacloudapi.cn",
            Some("public"),
            "The hosts belong to different clouds",
        ),
        ("metadata.example", None, "Unknown metadata_host"),
        ("https://management.azure.com", None, "Unknown metadata_host"),
    ] {
        let environment = environment.map(|name| ("ARM_ENVIRONMENT", name));
        let variables: Vec<_> = [("ARM_METADATA_HOSTNAME", host)]
            .into_iter()
            .chain(environment)
            .collect();
        let text = errors(read_with(&full(&[]), &variables));
        assert!(text.contains(words) && text.contains("ARM_METADATA_HOSTNAME"), "{text}");
    }
    // The hosts that a cloud is called at are compared with it, too.
    let variables = [
        ("ARM_METADATA_HOSTNAME", "management.usgovcloudapi.net"),
        ("MDE_BASE_URL", "https://api.security.microsoft.com"),
    ];
    let text = errors(read_with(&full(&[]), &variables));
    assert!(
        text.contains("but the environment of ARM_METADATA_HOSTNAME is `usgovernment`"),
        "{text}"
    );
    let contradiction = full(&[
        ("metadata_host", "management.azure.com".into()),
        ("environment", "dod".into()),
    ]);
    assert!(validate(&contradiction).has_errors(), "it is seen without credentials");
    let open = full(&[("metadata_host", "metadata.example".into())]);
    assert!(!validate(&open).has_errors(), "a variable may name the environment");
}

const GUID: &str = "222c6c49-1b0a-5959-a213-6608f9eb8820";

#[test]
fn calls_say_for_whom_and_in_which_run_they_are_made() {
    let agent =
        |partner: &str| read_with(&full(&[]), &[("ARM_PARTNER_ID", partner)]).map(|(settings, _)| settings.user_agent);
    let center = format!("pid-{GUID}-partnercenter");
    for (written, expected) in [
        (GUID, format!("test pid-{GUID}")),
        (&format!("pid-{GUID}"), format!("test pid-{GUID}")),
        (&center, format!("test {center}")),
        (&GUID.to_uppercase(), format!("test pid-{}", GUID.to_uppercase())),
        ("", "test".to_owned()),
    ] {
        assert_eq!(agent(written).unwrap(), expected);
    }
    for written in [
        "contoso",
        &GUID[1..],
        &format!("{GUID}0"),
        &GUID.replace('-', "0"),
        &format!("{GUID}\n"),
    ] {
        let text = errors(agent(written));
        assert!(text.starts_with("Invalid partner_id: ARM_PARTNER_ID is `"), "{text}");
    }

    let run =
        |variables: &[(&str, &str)]| read_with(&full(&[]), variables).map(|(settings, _)| settings.correlation_id);
    let id = ("ARM_CORRELATION_REQUEST_ID", "run-4711");
    let disabled = |value| [id, ("ARM_DISABLE_CORRELATION_REQUEST_ID", value)];
    assert_eq!(run(&[id]).unwrap().as_deref(), Some("run-4711"));
    assert_eq!(run(&disabled("false")).unwrap().as_deref(), Some("run-4711"));
    assert_eq!(run(&disabled("true")).unwrap(), None);
    assert_eq!(run(&[]).unwrap(), None);
    for written in ["a b", "a\r\nb: c", "ä", &"a".repeat(129)] {
        let text = errors(run(&[(id.0, written)]));
        assert!(text.contains("Invalid custom_correlation_request_id"), "{text}");
    }
    assert!(validate(&full(&[("partner_id", Value::from("contoso"))])).has_errors());
}
