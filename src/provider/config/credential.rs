//! Which method to sign in with: the first one of a fixed order that is fully configured, and never another one in silence.

use super::arguments::{self as known, ALL, Argument};
use super::method::{Method, MethodKind, Need};
use super::proofs::{Proofs, differ, same};
use super::source::{Found, Source, is_sent_as_written, stray_character, unusable_file};
use crate::defender::{Application, Certificate, Credential, FederatedToken, TokenRequest, read_regular_file};
use crate::outgoing;
use crate::tf::{Diagnostic, Diagnostics, Path};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// Longest file with a token, in bytes. Tokens have a few thousand.
const LONGEST_TOKEN: u64 = 64 << 10;

/// Longest file with a certificate, in bytes. One with a long chain has some 20 kB.
const LONGEST_CERTIFICATE: u64 = 1 << 20;

/// The way to sign in that the configuration means. What is wrong is told, and what was found and is not used.
pub fn choose(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Option<Credential> {
    let mut problems = Diagnostics::default();
    for argument in ALL.iter().filter(|argument| is_sent_as_written(argument)) {
        let found = source.text(argument);
        problems.extend(found.and_then(|found| stray_character(argument, &found.value, &found.origin)));
    }
    let proofs = Proofs::read(source, &mut problems);
    let credential = if problems.has_errors() {
        None
    } else {
        decide(&proofs, source, &mut problems)
    };
    diagnostics.extend(problems);
    credential
}

fn decide(proofs: &Proofs, source: &Source<'_>, problems: &mut Diagnostics) -> Option<Credential> {
    let methods = methods(proofs);
    let chosen = methods.iter().position(Method::is_complete).unwrap_or(methods.len());
    let (earlier, rest) = methods.split_at(chosen);
    let begun: Vec<&Method> = earlier.iter().filter(|method| method.is_begun).collect();
    // Nobody who has begun to configure an application wants to act as whoever is signed in here without having said so.
    let is_last_resort = |used: &Method| used.kind == MethodKind::AzureCli && proofs.use_cli.is_none();
    let Some(used) = rest.first().filter(|used| begun.is_empty() || !is_last_resort(used)) else {
        problems.push(incomplete(&methods));
        return None;
    };
    let lone_id = proofs.client_id.as_ref().filter(|_| is_last_resort(used));
    if !begun.is_empty() || lone_id.is_some() {
        problems.push(passed_over(used, &begun, lone_id));
    }
    match used.kind {
        MethodKind::ClientCertificate => Some(Credential::ClientCertificate {
            application: application(proofs)?,
            certificate: certificate(proofs, problems)?,
            sends_chain: proofs.sends_chain,
        }),
        MethodKind::ClientSecret => Some(Credential::ClientSecret {
            application: application(proofs)?,
            client_secret: proofs.client_secret.as_ref()?.value.clone(),
        }),
        MethodKind::OpenIdConnect => Some(Credential::Federation {
            application: application(proofs)?,
            source: federated(proofs, source, problems)?,
        }),
        MethodKind::ManagedIdentity => {
            let endpoint = proofs.identity.clone()?;
            if let (Some(place), Some(id)) = (endpoint.only_identity_of(), &proofs.client_id) {
                problems.push(no_choice(place, &id.origin));
                return None;
            }
            Some(Credential::ManagedIdentity {
                client_id: proofs.client_id.as_ref().map(|found| found.value.clone()),
                endpoint,
            })
        }
        MethodKind::AzurePowerShell => None,
        MethodKind::AzureCli => Some(Credential::AzureCli {
            tenant_id: proofs.tenant_id.as_ref().map(|found| found.value.clone()),
            path: proofs.az.clone()?,
        }),
    }
}

/// All methods in the order in which they are looked at.
fn methods(proofs: &Proofs) -> Vec<Method> {
    let application = || {
        [
            Need::of(&known::TENANT_ID, proofs.tenant_id.as_ref()),
            Need::of(&known::CLIENT_ID, proofs.client_id.as_ref()),
        ]
    };
    let method = |kind, is_begun, needs| Method { kind, is_begun, needs };

    let certificate = Need::of(&known::CLIENT_CERTIFICATE_PATH, proofs.certificate_path.as_ref())
        .or(&known::CLIENT_CERTIFICATE, proofs.certificate.as_ref());
    let password = proofs.password.as_ref();
    let password = password.map(|found| Need::of(&known::CLIENT_CERTIFICATE_PASSWORD, Some(found)));
    let has_certificate = certificate.is_found();
    let certificate = application().into_iter().chain([certificate]).chain(password).collect();

    let secret =
        Need::of(&known::CLIENT_SECRET, proofs.client_secret.as_ref()).or::<()>(&known::CLIENT_SECRET_FILE_PATH, None);
    let has_secret = secret.is_found();
    let secret = application().into_iter().chain([secret]).collect();

    let oidc = proofs.oidc.as_ref();
    let gate = Need::of(&known::USE_OIDC, oidc).or::<()>(&known::USE_AKS_WORKLOAD_IDENTITY, None);
    let oidc_needs = [gate]
        .into_iter()
        .chain(application())
        .chain(oidc_token(proofs))
        .collect();

    let msi = vec![Need::of(&known::USE_MSI, proofs.msi.as_ref())];
    let powershell = proofs.powershell.as_ref().map(|found| {
        let why = format!(
            "true in {}, but the provider does not sign in with Azure PowerShell; run `az login` and set ARM_USE_CLI=true",
            found.origin
        );
        let needs = vec![Need::lacking(known::USE_POWERSHELL.name, why)];
        method(MethodKind::AzurePowerShell, true, needs)
    });
    let cli = match &proofs.use_cli {
        Some(found) if !found.value => Need::lacking(known::USE_CLI.name, format!("false in {}", found.origin)),
        Some(found) => Need::found(known::USE_CLI.name, &found.origin),
        None => Need::found(known::USE_CLI.name, "its default, `true`"),
    };
    let az = match proofs.az {
        Some(_) => Need::found("az", "PATH"),
        None => Need::lacking(
            "az",
            "missing; install the Azure CLI so that PATH leads to it, and run `az login`".into(),
        ),
    };
    let mut methods = vec![
        method(MethodKind::ClientCertificate, has_certificate, certificate),
        method(MethodKind::ClientSecret, has_secret, secret),
        method(MethodKind::OpenIdConnect, oidc.is_some(), oidc_needs),
        method(MethodKind::ManagedIdentity, proofs.msi.is_some(), msi),
    ];
    methods.extend(powershell);
    methods.push(method(MethodKind::AzureCli, false, vec![cli, az]));
    methods
}

/// What the token of somebody else takes.
fn oidc_token(proofs: &Proofs) -> Vec<Need> {
    let token = Need::of(&known::OIDC_TOKEN, proofs.oidc_token.as_ref())
        .or(&known::OIDC_TOKEN_FILE_PATH, proofs.oidc_path.as_ref());
    let is_asked = proofs.request_url.is_some() || (proofs.oidc.is_some() && proofs.request_token.is_some());
    if token.is_found() || !is_asked {
        return vec![token.or::<()>(&known::OIDC_REQUEST_URL, None)];
    }
    let mut needs = vec![
        Need::of(&known::OIDC_REQUEST_URL, proofs.request_url.as_ref()),
        Need::of(&known::OIDC_REQUEST_TOKEN, proofs.request_token.as_ref()),
    ];
    if proofs.is_devops() {
        let connection = proofs.connection.as_ref();
        needs.push(Need::of(&known::ADO_PIPELINE_SERVICE_CONNECTION_ID, connection));
    }
    needs
}

fn incomplete(methods: &[Method]) -> Diagnostic {
    let methods: Vec<String> = methods.iter().map(Method::in_words).collect();
    Diagnostic::error(
        "No complete credential",
        format!(
            "The provider signs in with the first of these methods that is fully configured, and none is.\n\n{}\n\nThe \
             provider did not contact the service.",
            methods.join("\n\n")
        ),
    )
}

/// What was found and is not used.
fn passed_over(used: &Method, begun: &[&Method], lone_id: Option<&Found<String>>) -> Diagnostic {
    let mut lines: Vec<String> = begun.iter().map(|method| method.in_words()).collect();
    lines.extend(lone_id.map(|id| {
        format!(
            "A client id was found in {}, but nothing that its application could sign in with.",
            id.origin
        )
    }));
    Diagnostic::warning(
        format!("Signing in by {}: another method is incomplete", used.kind.name()),
        format!(
            "{}\n\nComplete it, or remove what there is of it. If the Azure CLI is meant, set `use_cli = true` \
             (ARM_USE_CLI=true).",
            lines.join("\n\n")
        ),
    )
}

/// Somebody else would act than the one who is named.
fn no_choice(place: &str, origin: &str) -> Diagnostic {
    Diagnostic::error(
        "This managed identity cannot be chosen",
        format!(
            "{origin} names a user-assigned identity, but {place} has one identity only. Remove the client id to sign in as \
             that one."
        ),
    )
    .at(Path::attribute(known::CLIENT_ID.name))
}

fn application(proofs: &Proofs) -> Option<Application> {
    Some(Application {
        tenant_id: proofs.tenant_id.as_ref()?.value.clone(),
        client_id: proofs.client_id.as_ref()?.value.clone(),
    })
}

/// The certificate and its key; that it cannot be used is told.
fn certificate(proofs: &Proofs, problems: &mut Diagnostics) -> Option<Certificate> {
    let in_file = proofs.certificate_path.as_ref().map(|Found { value: path, origin }| {
        let argument = &known::CLIENT_CERTIFICATE_PATH;
        let read = read_regular_file(path, LONGEST_CERTIFICATE);
        let content = read.map_err(|error| unusable_file(argument, origin, path, &error.to_string()))?;
        Ok((
            argument,
            format!("the file {} ({origin})", outgoing::shown(path)),
            content,
        ))
    });
    let written = proofs.certificate.as_ref().map(|Found { value, origin }| {
        let argument = &known::CLIENT_CERTIFICATE;
        let content = decoded(value).map_err(|problem| unusable(argument, origin, problem))?;
        Ok((argument, origin.clone(), content))
    });
    let (in_file, written) = match (in_file.transpose(), written.transpose()) {
        (Ok(in_file), Ok(written)) => (in_file, written),
        (in_file, written) => {
            problems.extend(in_file.err().into_iter().chain(written.err()));
            return None;
        }
    };
    if let (Some((argument, one, content)), Some((_, other, others))) = (&in_file, &written)
        && content != others
    {
        problems.push(differ(argument, one, other));
        return None;
    }
    let (argument, origin, content) = in_file.or(written)?;
    let password = proofs.password.as_ref().map(|found| &found.value);
    match Certificate::read(&content, password) {
        Ok(certificate) => Some(certificate),
        Err(error) => {
            problems.push(unusable(argument, &origin, &error.to_string()));
            None
        }
    }
}

/// The bytes of a certificate that is written as text: PEM as it is, PFX in base64.
fn decoded(written: &SecretString) -> Result<Vec<u8>, &'static str> {
    let written = written.expose_secret();
    if written.contains("-----BEGIN ") {
        return Ok(written.as_bytes().to_vec());
    }
    let packed: String = written.split_whitespace().collect();
    STANDARD
        .decode(packed)
        .map_err(|_| "it is neither PEM nor base64, in which a PFX file is written")
}

fn unusable(argument: &Argument, origin: &str, problem: &str) -> Diagnostic {
    Diagnostic::error(
        "The client certificate cannot be used",
        format!(
            "The certificate in {origin}: {problem}.\n\nIt must be a PFX (PKCS #12) or PEM file with the certificate and its \
             private key, an RSA key. `openssl pkcs12 -in FILE -nodes` shows what a PFX file holds."
        ),
    )
    .at(Path::attribute(argument.name))
}

/// Where the token of somebody else comes from; that a file with it cannot be used is told.
fn federated(proofs: &Proofs, source: &Source<'_>, problems: &mut Diagnostics) -> Option<FederatedToken> {
    if let Some(path) = &proofs.oidc_path {
        let in_file = source.file_text(&known::OIDC_TOKEN_FILE_PATH, LONGEST_TOKEN, problems)?;
        same(&known::OIDC_TOKEN, proofs.oidc_token.clone(), Some(in_file), problems);
        return (!problems.has_errors()).then(|| FederatedToken::File(path.value.clone()));
    }
    if let Some(token) = &proofs.oidc_token {
        return Some(FederatedToken::Given(token.value.clone()));
    }
    let request = TokenRequest {
        url: proofs.request_url.as_ref()?.value.clone(),
        token: proofs.request_token.as_ref()?.value.clone(),
    };
    if !proofs.is_devops() {
        return Some(FederatedToken::GitHub(request));
    }
    let service_connection_id = proofs.connection.as_ref()?.value.clone();
    Some(FederatedToken::AzureDevOps {
        request,
        service_connection_id,
    })
}
