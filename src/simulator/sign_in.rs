//! The ways to sign in, and the variables that lead a client to each.
//!
//! **Invariant:** each is for the first application.

use std::path::Path;

use super::managed_identity::{APP_SERVICE_PATH, ARC_PATH, CLOUD_SHELL_PATH, MACHINE_LEARNING_PATH};
use super::pipeline::{DEVOPS_PATH, GITHUB_PATH};
use super::service::Service;

/// A way to sign in other than with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// With the certificate in `client.pem`.
    ClientCertificate,
    /// With the token in `federated-token`.
    TokenFile,
    /// As a job of GitHub Actions.
    GitHubActions,
    /// As a job of Azure DevOps.
    AzureDevOps,
    /// As a pod in AKS, with the token in `federated-token`.
    AksWorkloadIdentity,
    /// As a virtual machine.
    ManagedIdentity,
    /// As an app of App Service.
    AppService,
    /// As a job of Azure Machine Learning.
    MachineLearning,
    /// In Cloud Shell.
    CloudShell,
    /// As a server of one's own that Azure Arc manages.
    AzureArc,
}

/// File with the certificate and key of the first application.
pub const CERTIFICATE_FILE: &str = "client.pem";
/// File with the token of a pod.
pub const TOKEN_FILE: &str = "federated-token";

impl SignIn {
    /// All ways.
    pub const ALL: [Self; 10] = [
        Self::ClientCertificate,
        Self::TokenFile,
        Self::GitHubActions,
        Self::AzureDevOps,
        Self::AksWorkloadIdentity,
        Self::ManagedIdentity,
        Self::AppService,
        Self::MachineLearning,
        Self::CloudShell,
        Self::AzureArc,
    ];

    /// Name of the file with its variables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientCertificate => "client-certificate",
            Self::TokenFile => "token-file",
            Self::GitHubActions => "github-actions",
            Self::AzureDevOps => "azure-devops",
            Self::AksWorkloadIdentity => "aks-workload-identity",
            Self::ManagedIdentity => "managed-identity",
            Self::AppService => "app-service",
            Self::MachineLearning => "machine-learning",
            Self::CloudShell => "cloud-shell",
            Self::AzureArc => "azure-arc",
        }
    }

    /// Its variables, beside those of the hosts. `url` is where the simulator serves.
    pub(super) fn variables(self, service: &Service, url: &str, directory: &Path) -> Vec<(&'static str, String)> {
        let applications = &service.applications;
        let tenant = applications.tenant_id.clone();
        let client = applications.get(0).map(|application| application.client_id.clone());
        let client = client.unwrap_or_default();
        let file = |name: &str| directory.join(name).display().to_string();
        let at = |path: &str| format!("{url}{path}");
        // Azure's own endpoints have no certificate.
        let near = |path: &str| format!("{}{path}", url.replacen("https:", "http:", 1));
        let on = || "true".to_owned();
        let application = [("ARM_TENANT_ID", tenant.clone()), ("ARM_CLIENT_ID", client.clone())];
        let request_token = || service.pipelines.request_token.clone();
        let secret = || service.managed_identity.secret.clone();
        let own = match self {
            Self::ClientCertificate => vec![("ARM_CLIENT_CERTIFICATE_PATH", file(CERTIFICATE_FILE))],
            Self::TokenFile => vec![("ARM_USE_OIDC", on()), ("ARM_OIDC_TOKEN_FILE_PATH", file(TOKEN_FILE))],
            Self::GitHubActions => vec![
                ("ARM_USE_OIDC", on()),
                ("ACTIONS_ID_TOKEN_REQUEST_URL", at(GITHUB_PATH) + "?api-version=2.0"),
                ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", request_token()),
            ],
            Self::AzureDevOps => vec![
                ("ARM_USE_OIDC", on()),
                ("SYSTEM_OIDCREQUESTURI", at(DEVOPS_PATH)),
                ("SYSTEM_ACCESSTOKEN", request_token()),
                (
                    "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
                    service.pipelines.connection.clone(),
                ),
            ],
            Self::AksWorkloadIdentity => {
                return vec![
                    ("ARM_USE_AKS_WORKLOAD_IDENTITY", on()),
                    ("AZURE_TENANT_ID", tenant),
                    ("AZURE_CLIENT_ID", client),
                    ("AZURE_FEDERATED_TOKEN_FILE", file(TOKEN_FILE)),
                ];
            }
            Self::ManagedIdentity => {
                return vec![("ARM_USE_MSI", on()), ("AZURE_POD_IDENTITY_AUTHORITY_HOST", near(""))];
            }
            Self::AppService => {
                return vec![
                    ("ARM_USE_MSI", on()),
                    ("IDENTITY_ENDPOINT", near(APP_SERVICE_PATH)),
                    ("IDENTITY_HEADER", secret()),
                ];
            }
            Self::MachineLearning => {
                return vec![
                    ("ARM_USE_MSI", on()),
                    ("MSI_ENDPOINT", near(MACHINE_LEARNING_PATH)),
                    ("MSI_SECRET", secret()),
                ];
            }
            Self::CloudShell => {
                return vec![("ARM_USE_MSI", on()), ("MSI_ENDPOINT", near(CLOUD_SHELL_PATH))];
            }
            Self::AzureArc => {
                return vec![
                    ("ARM_USE_MSI", on()),
                    ("IDENTITY_ENDPOINT", near(ARC_PATH)),
                    ("IMDS_ENDPOINT", near("")),
                    // As on Windows, where the agent's files are below this folder.
                    ("ProgramData", directory.display().to_string()),
                ];
            }
        };
        application.into_iter().chain(own).collect()
    }
}
