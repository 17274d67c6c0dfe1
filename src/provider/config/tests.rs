mod credentials;
mod reference;

use super::source::in_block;
use super::*;
use crate::defender::{Application, Credential};
use crate::tf::Object;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;

fn block(attributes: &[(&str, Value)]) -> Value {
    let mut object = Object::null(schema().object_type());
    for (name, value) in attributes {
        object.set(name, value.clone());
    }
    object.into()
}

fn full(attributes: &[(&str, Value)]) -> Value {
    let mut all: Vec<(&str, Value)> = vec![
        ("tenant_id", "t".into()),
        ("client_id", "c".into()),
        ("client_secret", "s3cret-value".into()),
    ];
    all.extend(attributes.iter().cloned());
    block(&all)
}

fn read_with(config: &Value, variables: &[(&str, &str)]) -> Result<(Settings, Policy), Diagnostics> {
    let variables: BTreeMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let read = read(config, &|name| variables.get(name).cloned(), "test".into())?;
    assert!(read.warnings.is_empty());
    Ok((read.settings, read.policy))
}

fn errors<T>(result: Result<T, Diagnostics>) -> String {
    let Err(diagnostics) = result else { panic!("no error") };
    diagnostics
        .iter()
        .map(|one| format!("{}: {}\n", one.summary, one.detail))
        .collect()
}

#[test]
fn the_block_wins_over_the_environment_and_arm_over_azure() {
    let config = block(&[("tenant_id", "from-block".into())]);
    let variables = [
        ("ARM_TENANT_ID", "from-arm"),
        ("ARM_CLIENT_ID", "from-arm"),
        ("AZURE_CLIENT_ID", "from-azure"),
        ("AZURE_CLIENT_SECRET", "from-azure"),
    ];
    let (settings, _) = read_with(&config, &variables).unwrap();
    let Credential::ClientSecret {
        application: Application { tenant_id, client_id },
        client_secret,
    } = settings.credential
    else {
        panic!("{:?}", settings.credential);
    };
    assert_eq!((tenant_id.as_str(), client_id.as_str()), ("from-block", "from-arm"));
    assert_eq!(client_secret.expose_secret(), "from-azure");
}

#[test]
fn an_incomplete_credential_says_what_was_found_and_what_is_missing() {
    let text = errors(read_with(
        &block(&[]),
        &[("ARM_TENANT_ID", "t"), ("ARM_CLIENT_SECRET", "s3cret-value")],
    ));
    assert!(text.contains("- tenant_id: found in ARM_TENANT_ID"), "{text}");
    assert!(
        text.contains("- client_id: missing; write `client_id` or set ARM_CLIENT_ID or AZURE_CLIENT_ID"),
        "{text}"
    );
    assert!(text.contains("- client_secret: found in ARM_CLIENT_SECRET"), "{text}");
    assert!(!text.contains("s3cret-value"), "{text}");
}

#[test]
fn blanks_and_line_feeds_around_secrets_and_ids_are_told_and_not_cut_off() {
    let cases = [
        ("s3cret-value\n", "ends with a line feed"),
        ("s3cret-value\r\n", "ends with a line feed"),
        (" s3cret-value", "begins with a space"),
        ("s3cret-value\t", "ends with a tab"),
        ("\u{feff}s3cret-value", "begins with the character U+FEFF"),
        ("s3cret\r-value", "holds a carriage return"),
    ];
    for (value, words) in cases {
        for argument in [&known::TENANT_ID, &known::CLIENT_ID, &known::CLIENT_SECRET] {
            let (attribute, [arm, azure]) = (argument.name, argument.variables) else {
                panic!("{argument:?}");
            };
            let block = full(&[(attribute, value.into())]);
            let without = full(&[(attribute, Value::Null)]);
            for (config, variables, origin) in [
                (&block, &[][..], in_block(attribute)),
                (&without, &[(*arm, value)][..], (*arm).to_owned()),
                (&without, &[(*azure, value)][..], (*azure).to_owned()),
            ] {
                let text = errors(read_with(config, variables));
                assert_eq!(text.matches(words).count(), 1, "{text}");
                assert!(
                    text.contains(&format!("Invalid {attribute}")) && text.contains(&origin),
                    "{text}"
                );
                assert!(!text.contains("s3cret"), "{text}");
            }
        }
    }
    assert!(validate(&full(&[("client_secret", "s3cret-value ".into())])).has_errors());
}

#[test]
fn only_https_carries_secrets() {
    for name in ["base_url", "authority_host"] {
        let text = errors(read_with(&full(&[(name, "http://127.0.0.1:80".into())]), &[]));
        assert!(text.contains("does not start with `https://`"), "{text}");
    }
    let text = errors(read_with(&full(&[]), &[("MDE_BASE_URL", "http://example.com")]));
    assert!(text.contains("Invalid base_url"), "{text}");
    let text = errors(read_with(
        &full(&[("base_url", "https://user:pass@example.com".into())]),
        &[],
    ));
    assert!(text.contains("user name or password"), "{text}");
}

/// Name, API host, token host and audience of every environment.
const ENVIRONMENTS: [(&str, &str, &str, &str); 7] = [
    ("public", PUBLIC_API, COMMERCIAL, PUBLIC_AUDIENCE),
    ("global", PUBLIC_API, COMMERCIAL, PUBLIC_AUDIENCE),
    (
        "gcc",
        "api-gcc.securitycenter.microsoft.us",
        COMMERCIAL,
        "api-gcc.securitycenter.microsoft.us",
    ),
    ("usgovernment", GOVERNMENT_API, GOVERNMENT, GOVERNMENT_API),
    ("usgovernmentl4", GOVERNMENT_API, GOVERNMENT, GOVERNMENT_API),
    ("dod", GOVERNMENT_API, GOVERNMENT, GOVERNMENT_API),
    ("usgovernmentl5", GOVERNMENT_API, GOVERNMENT, GOVERNMENT_API),
];
const PUBLIC_API: &str = "api.security.microsoft.com";
const PUBLIC_AUDIENCE: &str = "api.securitycenter.microsoft.com";
const GOVERNMENT_API: &str = "api-gov.securitycenter.microsoft.us";
const COMMERCIAL: &str = "login.microsoftonline.com";
const GOVERNMENT: &str = "login.microsoftonline.us";

fn hosts(attributes: &[(&str, Value)], variables: &[(&str, &str)]) -> [String; 3] {
    let (settings, _) = read_with(&full(attributes), variables).unwrap();
    [
        settings.base_url.to_string(),
        settings.authority_host.to_string(),
        settings.scope,
    ]
}

#[test]
fn every_environment_has_its_hosts_however_it_is_written() {
    for (name, api, authority, audience) in ENVIRONMENTS {
        let expected = [
            format!("https://{api}/"),
            format!("https://{authority}/"),
            format!("https://{audience}/.default"),
        ];
        for name in [name.to_owned(), name.to_uppercase()] {
            assert_eq!(hosts(&[("environment", name.as_str().into())], &[]), expected, "{name}");
            assert_eq!(hosts(&[], &[("ARM_ENVIRONMENT", &name)]), expected, "{name}");
            let commercial = [("ARM_ENVIRONMENT", "public")];
            let block = hosts(&[("environment", name.as_str().into())], &commercial);
            assert_eq!(block, expected, "the block comes first");
        }
    }
    assert_eq!(hosts(&[], &[]), hosts(&[("environment", "public".into())], &[]));
}

#[test]
fn a_cloud_that_is_not_known_gets_no_secret() {
    for (name, words) in [
        ("china", "no Defender for Endpoint API"),
        ("China", "no Defender for Endpoint API"),
        (
            "usgov",
            "`gcc`, `usgovernment`, `usgovernmentl4`, `dod`, `usgovernmentl5`",
        ),
        (" usgovernment", "is ` usgovernment`"),
        ("AzureUSGovernment", "not one of `public`, `global`"),
    ] {
        let block = errors(read_with(&full(&[("environment", name.into())]), &[]));
        let variable = errors(read_with(&full(&[]), &[("ARM_ENVIRONMENT", name)]));
        assert!(block.contains(words) && variable.contains(words), "{block}{variable}");
        assert!(variable.contains("ARM_ENVIRONMENT is `"), "{variable}");
    }
}

#[test]
fn a_region_changes_the_api_and_not_the_audience() {
    for region in ["eu", "EU"] {
        let [base, authority, scope] = hosts(&[("region", region.into())], &[("ARM_ENVIRONMENT", "global")]);
        assert_eq!(base, format!("https://eu.{PUBLIC_API}/"));
        assert_eq!(authority, format!("https://{COMMERCIAL}/"));
        assert_eq!(scope, format!("https://{PUBLIC_AUDIENCE}/.default"));
    }
}

#[test]
fn a_wrong_address_is_told_without_another_clouds_address() {
    let government = [("environment", Value::from("usgovernment"))];
    for name in ["MDE_BASE_URL", "MDE_AUTHORITY_HOST"] {
        let text = errors(read_with(&full(&government), &[(name, "nonsense")]));
        assert!(text.contains(name) && text.contains("the environment's own"), "{text}");
        assert!(!text.contains("microsoft"), "{text}");
    }
}

#[test]
fn every_known_host_goes_with_its_environment_only() {
    let api = [
        ("api.security.microsoft.com", &["public"][..]),
        ("eu.api.security.microsoft.com", &["public"]),
        ("api.securitycenter.microsoft.com", &["public"]),
        ("API.securitycenter.windows.com", &["public"]),
        ("api-uk.securitycenter.microsoft.com", &["public"]),
        ("api-gcc.securitycenter.microsoft.us", &["gcc"]),
        ("api-gov.securitycenter.microsoft.us", &["usgovernment", "dod"]),
        ("api-gov.securitycenter.microsoft.us.", &["usgovernment", "dod"]),
        ("api.example.cn", &[]),
        ("proxy.example", &["public", "gcc", "usgovernment", "dod"]),
    ];
    let authorities = [
        ("login.microsoftonline.com", &["public", "gcc"][..]),
        ("login.windows.net", &["public", "gcc"]),
        ("login.microsoftonline.us", &["usgovernment", "dod"]),
        ("login.partner.microsoftonline.cn", &[]),
        ("login.example", &["public", "gcc", "usgovernment", "dod"]),
    ];
    let cases = api.iter().map(|case| ("MDE_BASE_URL", case));
    let cases = cases.chain(authorities.iter().map(|case| ("AZURE_AUTHORITY_HOST", case)));
    for (variable, (host, environments)) in cases {
        for environment in ["public", "gcc", "usgovernment", "dod"] {
            let url = format!("https://{host}/");
            let block = full(&[("environment", environment.into())]);
            let read = read_with(&block, &[(variable, &url)]);
            if environments.contains(&environment) {
                let (settings, _) = read.unwrap();
                let found = if variable == "MDE_BASE_URL" {
                    settings.base_url
                } else {
                    settings.authority_host
                };
                assert_eq!(found.as_str(), url.to_lowercase());
            } else {
                let text = errors(read);
                assert!(
                    text.contains("The hosts belong to different clouds") && text.contains(variable),
                    "{text}"
                );
                assert!(text.contains(&format!("is `{environment}`")), "{text}");
            }
        }
    }
    // Without an environment it is the public one.
    let text = errors(read_with(
        &full(&[]),
        &[("MDE_AUTHORITY_HOST", "https://login.microsoftonline.us")],
    ));
    assert!(text.contains("but the environment, by default, is `public`"), "{text}");
}

#[test]
fn a_region_and_a_host_of_another_one_do_not_go_together() {
    for (host, fits) in [
        ("eu.api.security.microsoft.com", true),
        ("api-eu.securitycenter.microsoft.com", true),
        ("us.api.security.microsoft.com", false),
        ("api.security.microsoft.com", false),
        ("proxy.example", true),
    ] {
        let url = format!("https://{host}");
        let read = read_with(&full(&[("region", "eu".into())]), &[("MDE_BASE_URL", &url)]);
        match read {
            Ok((settings, _)) => assert!(fits && settings.base_url.host_str() == Some(host), "{host}"),
            Err(_) => assert!(
                !fits && errors(read).contains("`base_url` is not in `region`"),
                "{host}"
            ),
        }
    }
}

#[test]
fn a_region_needs_the_public_cloud() {
    let text = errors(read_with(
        &full(&[("region", "eu".into()), ("environment", "dod".into())]),
        &[],
    ));
    assert!(text.contains("outside the public cloud"), "{text}");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = errors(read_with(
        &full(&[
            ("quota_share", 0.into()),
            ("batch_size", 501.into()),
            ("request_timeout", 4.into()),
            ("max_retries", 101.into()),
            ("environment", "mars".into()),
            ("base_url", "nonsense".into()),
        ]),
        &[],
    ));
    for expected in [
        "Invalid quota_share",
        "Invalid batch_size",
        "Invalid request_timeout",
        "Invalid max_retries",
        "Unknown environment",
        "Invalid base_url",
    ] {
        assert!(text.contains(expected), "{expected} is missing in {text}");
    }
}

#[test]
fn defaults_are_the_documented_ones() {
    let (settings, policy) = read_with(&full(&[]), &[]).unwrap();
    assert_eq!((settings.quota_share, settings.batch_size), (100, 500));
    assert_eq!((settings.request_timeout, settings.max_retries), (None, None));
    assert_eq!((policy.capacity, policy.max_removals), (15_000, None));
    assert_eq!(policy.on_existing, OnExisting::Own);
}

#[test]
fn the_environment_gives_what_the_block_leaves_out() {
    let environment = [
        ("MDE_QUOTA_SHARE", "50"),
        ("MDE_CAPACITY", "7"),
        ("MDE_ON_EXISTING", "adopt"),
        ("MDE_APPLICATIONS", "a, b"),
        ("MDE_PROTECTED", "contoso.com,203.0.113.0/24"),
        ("MDE_MAX_REMOVALS", "3"),
        ("MDE_BATCH_SIZE", "20"),
        ("MDE_REQUEST_TIMEOUT", "30"),
        ("MDE_MAX_RETRIES", "0"),
    ];
    let (settings, policy) = read_with(&full(&[]), &environment).unwrap();
    assert_eq!((settings.quota_share, settings.batch_size), (50, 20));
    assert_eq!(
        (settings.request_timeout, settings.max_retries),
        (Some(Duration::from_secs(30)), Some(0))
    );
    assert_eq!((policy.capacity, policy.max_removals), (7, Some(3)));
    assert_eq!(
        (policy.on_existing, policy.applications.as_slice()),
        (OnExisting::Adopt, &["a".to_owned(), "b".to_owned()][..])
    );
    assert!(!policy.protected.is_empty());

    let block = full(&[
        ("capacity", 8.into()),
        ("quota_share", 60.into()),
        ("max_removals", 4.into()),
    ]);
    let (settings, policy) = read_with(&block, &environment).unwrap();
    assert_eq!(
        (settings.quota_share, policy.capacity),
        (60, 8),
        "the block comes first"
    );
    assert_eq!(
        policy.max_removals,
        Some(3),
        "but for the limit that one run is let through"
    );

    let wrong = errors(read_with(
        &full(&[]),
        &[("MDE_CAPACITY", "many"), ("MDE_ON_EXISTING", "fail")],
    ));
    assert!(
        wrong.contains("MDE_CAPACITY must be a whole number from 1") && wrong.contains("MDE_ON_EXISTING is `fail`"),
        "{wrong}"
    );
}

#[test]
fn an_address_says_what_of_it_counts() {
    for (name, written, words) in [
        ("authority_host", "https://login.example/proxy", "holds a path"),
        ("authority_host", "https://login.example/?a=b", "holds a query"),
        ("base_url", "https://api.example/mde?a=b", "holds a query"),
        ("base_url", "https://api.example/#a", "or a fragment"),
    ] {
        let text = errors(read_with(&full(&[(name, written.into())]), &[]));
        assert!(text.contains(words) && text.contains(written), "{text}");
    }
    let (settings, _) = read_with(
        &full(&[
            ("authority_host", "https://login.example/".into()),
            ("base_url", "https://api.example/mde".into()),
        ]),
        &[],
    )
    .unwrap();
    assert_eq!(settings.authority_host.as_str(), "https://login.example/");
    assert_eq!(settings.base_url.as_str(), "https://api.example/mde");
}

#[cfg(unix)]
#[test]
fn a_certificate_file_that_may_never_end_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let huge = directory.path().join("huge");
    std::fs::File::create(&huge)
        .unwrap()
        .set_len(LONGEST_CERTIFICATES + 1)
        .unwrap();
    for (path, words) in [
        (pipe.as_path(), "it is no regular file"),
        (std::path::Path::new("/dev/zero"), "it is no regular file"),
        (directory.path(), "it is no regular file"),
        (&huge, "it has more than 4 MiB"),
    ] {
        let path = path.to_str().unwrap();
        let text = errors(read_with(&full(&[("ca_certificate_path", path.into())]), &[]));
        assert!(text.contains(words) && text.contains(path), "{text}");
    }
}
