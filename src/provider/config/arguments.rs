//! The arguments of the provider block: what each means, and which environment variables stand for it. Schema, documentation
//! and messages are made from this table.

use crate::tf::{Attribute, Schema, ValueType};

/// What can stand in an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Text that nobody may see.
    Secret,
    /// True or false.
    Switch,
    /// A whole number.
    Number,
    /// Several texts; in a variable commas separate them.
    Texts,
}

/// One argument.
#[derive(Debug)]
pub struct Argument {
    /// Its name in the block.
    pub name: &'static str,
    /// What can stand there.
    pub kind: Kind,
    /// Environment variables in the order in which they are looked at, after the block.
    pub variables: &'static [&'static str],
    /// What it means, in Markdown.
    about: &'static str,
    /// What there is to say about the variables.
    note: &'static str,
}

impl Argument {
    const fn new(name: &'static str, kind: Kind, variables: &'static [&'static str], about: &'static str) -> Self {
        Self {
            name,
            kind,
            variables,
            about,
            note: "",
        }
    }

    const fn noting(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    fn attribute(&self) -> Attribute {
        let attribute = match self.kind {
            Kind::Text => Attribute::string(self.name),
            Kind::Secret => Attribute::string(self.name).sensitive(),
            Kind::Switch => Attribute::bool(self.name),
            Kind::Number => Attribute::number(self.name),
            Kind::Texts => Attribute::list_of(self.name, ValueType::String),
        };
        let variables: Vec<String> = self.variables.iter().map(|name| format!("`{name}`")).collect();
        let separated = if self.kind == Kind::Texts {
            ", separated by commas"
        } else {
            ""
        };
        let variables = format!("Also {}{separated}{}.", or(&variables), self.note);
        attribute.optional().describe(format!("{} {variables}", self.about))
    }

    /// How to give it, in words: `write X or set A or B`.
    pub fn how(&self) -> String {
        let written = match self.kind {
            Kind::Switch => format!("`{} = true`", self.name),
            _ => format!("`{}`", self.name),
        };
        let variables: Vec<String> = match self.kind {
            Kind::Switch => self.variables.iter().map(|name| format!("{name}=true")).collect(),
            _ => self.variables.iter().map(|name| (*name).to_owned()).collect(),
        };
        format!("write {written} or set {}", variables.join(" or "))
    }
}

/// The names as alternatives.
fn or(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

macro_rules! arguments {
    ($($constant:ident = $value:expr;)*) => {
        $(pub const $constant: Argument = $value;)*
        /// All of them, in the order of the schema.
        pub const ALL: &[&Argument] = &[$(&$constant),*];
    };
}

arguments! {
    TENANT_ID = Argument::new(
        "tenant_id",
        Kind::Text,
        &["ARM_TENANT_ID", "AZURE_TENANT_ID"],
        "Directory (tenant) id. Not needed for a managed identity and the Azure CLI.",
    );
    CLIENT_ID = Argument::new(
        "client_id",
        Kind::Text,
        &["ARM_CLIENT_ID", "AZURE_CLIENT_ID"],
        "Application (client) id. For a managed identity, the client id of a user-assigned one.",
    );
    CLIENT_ID_FILE_PATH = Argument::new(
        "client_id_file_path",
        Kind::Text,
        &["ARM_CLIENT_ID_FILE_PATH"],
        "Path of a file with the client id. It must not differ from `client_id`.",
    );
    CLIENT_CERTIFICATE = Argument::new(
        "client_certificate",
        Kind::Secret,
        &["ARM_CLIENT_CERTIFICATE"],
        "Client certificate with its private key: a PFX (PKCS #12) file in base64, or the text of a PEM file.",
    );
    CLIENT_CERTIFICATE_PATH = Argument::new(
        "client_certificate_path",
        Kind::Text,
        &["ARM_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"],
        "Path of a PFX (PKCS #12) or PEM file with the client certificate and its private key. RSA keys only.",
    );
    CLIENT_CERTIFICATE_PASSWORD = Argument::new(
        "client_certificate_password",
        Kind::Secret,
        &["ARM_CLIENT_CERTIFICATE_PASSWORD", "AZURE_CLIENT_CERTIFICATE_PASSWORD"],
        "Password of the client certificate.",
    );
    CLIENT_CERTIFICATE_SEND_CHAIN = Argument::new(
        "client_certificate_send_chain",
        Kind::Switch,
        &["AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"],
        "Whether the certificate and those of its signers are sent along, for an application that trusts a subject name \
         and issuer instead of a registered certificate. Default: `false`.",
    );
    CLIENT_SECRET = Argument::new(
        "client_secret",
        Kind::Secret,
        &["ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET"],
        "Client secret.",
    );
    CLIENT_SECRET_FILE_PATH = Argument::new(
        "client_secret_file_path",
        Kind::Text,
        &["ARM_CLIENT_SECRET_FILE_PATH"],
        "Path of a file with the client secret. It must not differ from `client_secret`.",
    );
    USE_OIDC = Argument::new(
        "use_oidc",
        Kind::Switch,
        &["ARM_USE_OIDC"],
        "Whether to sign in with a token of somebody whom the application trusts (workload identity federation): from \
         `oidc_token`, `oidc_token_file_path` or `oidc_request_url`. Default: `false`.",
    );
    OIDC_TOKEN = Argument::new(
        "oidc_token",
        Kind::Secret,
        &["ARM_OIDC_TOKEN"],
        "OIDC token. It must be valid until the run has signed in.",
    );
    OIDC_TOKEN_FILE_PATH = Argument::new(
        "oidc_token_file_path",
        Kind::Text,
        &["ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE"],
        "Path of a file with the OIDC token, read again for each access token. It must not differ from `oidc_token`.",
    );
    OIDC_REQUEST_URL = Argument::new(
        "oidc_request_url",
        Kind::Text,
        &["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"],
        "HTTPS URL at which GitHub Actions or Azure DevOps gives a job its OIDC token. Both set it themselves.",
    );
    OIDC_REQUEST_TOKEN = Argument::new(
        "oidc_request_token",
        Kind::Secret,
        &["ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"],
        "Token with which a job asks at `oidc_request_url`.",
    );
    ADO_PIPELINE_SERVICE_CONNECTION_ID = Argument::new(
        "ado_pipeline_service_connection_id",
        Kind::Text,
        &["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"],
        "Id of the service connection of Azure DevOps that the application trusts. Only for Azure DevOps.",
    );
    OIDC_AZURE_SERVICE_CONNECTION_ID = Argument::new(
        "oidc_azure_service_connection_id",
        Kind::Text,
        &["ARM_OIDC_AZURE_SERVICE_CONNECTION_ID", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"],
        "Another name of `ado_pipeline_service_connection_id`, as in the azapi provider.",
    );
    USE_AKS_WORKLOAD_IDENTITY = Argument::new(
        "use_aks_workload_identity",
        Kind::Switch,
        &["ARM_USE_AKS_WORKLOAD_IDENTITY"],
        "Whether to sign in with the workload identity of a pod in AKS: with `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and \
         `AZURE_FEDERATED_TOKEN_FILE`, which AKS sets. Default: `false`.",
    );
    USE_MSI = Argument::new(
        "use_msi",
        Kind::Switch,
        &["ARM_USE_MSI"],
        "Whether to sign in as the managed identity of this machine or service in Azure. Default: `false`.",
    );
    MSI_ENDPOINT = Argument::new(
        "msi_endpoint",
        Kind::Text,
        &["ARM_MSI_ENDPOINT"],
        "URL of the managed identity's endpoint. By default it is found. Without TLS it must be on this machine or its \
         own link.",
    );
    USE_CLI = Argument::new(
        "use_cli",
        Kind::Switch,
        &["ARM_USE_CLI"],
        "Whether to sign in with the Azure CLI (`az login`) if no other method is configured. Default: `true`.",
    );
    ENVIRONMENT = Argument::new(
        "environment",
        Kind::Text,
        &["ARM_ENVIRONMENT"],
        "The cloud of the tenant, named as in the azuread provider: `public` (default; also `global`), `usgovernment` \
         (GCC High; also `usgovernmentl4`) or `dod` (also `usgovernmentl5`). For GCC, which signs in at the public \
         cloud's authority, set `gcc`. Case does not matter.",
    );
    METADATA_HOST = Argument::new(
        "metadata_host",
        Kind::Text,
        &["ARM_METADATA_HOSTNAME"],
        "Host of Azure's cloud metadata, as in the azurerm and azuread providers. It stands for an `environment`, which it \
         must not contradict: `management.azure.com` for `public`, `management.usgovcloudapi.net` for `usgovernment`. The \
         host itself is not called.",
    );
    REGION = Argument::new(
        "region",
        Kind::Text,
        &["MDE_REGION"],
        "Region of the API in the public cloud: `us`, `eu`, `uk`, `au`, `swa`, `ina` or `aea`. By default the service \
         chooses.",
    );
    BASE_URL = Argument::new(
        "base_url",
        Kind::Text,
        &["MDE_BASE_URL"],
        "HTTPS URL of the API. Default: the API of `environment` and `region`.",
    );
    AUTHORITY_HOST = Argument::new(
        "authority_host",
        Kind::Text,
        &["MDE_AUTHORITY_HOST", "ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST", "AZURE_AUTHORITY_HOST"],
        "HTTPS URL of the token service. Default: the token service of `environment`.",
    );
    CA_CERTIFICATE_PATH = Argument::new(
        "ca_certificate_path",
        Kind::Text,
        &["MDE_CA_CERTIFICATE_PATH"],
        "Path of a PEM file with certificate authorities to trust in addition to the system's, for example those of an \
         inspecting proxy.",
    );
    REQUEST_TIMEOUT = Argument::new(
        "request_timeout",
        Kind::Number,
        &["MDE_REQUEST_TIMEOUT"],
        "Maximum number of seconds for one attempt at a call, with its whole answer, from 5 to 3600. Default: 20 for a \
         token, 120 for a page of a listing, 180 for an import or a batch delete.",
    );
    MAX_RETRIES = Argument::new(
        "max_retries",
        Kind::Number,
        &["MDE_MAX_RETRIES"],
        "How often a call is repeated at most after a network failure or an HTTP 5xx, from 0 to 100. By default only time \
         limits it: about a minute for one call, ten minutes for a run. Waiting after an HTTP 429 does not count.",
    );
    QUOTA_SHARE = Argument::new(
        "quota_share",
        Kind::Number,
        &["MDE_QUOTA_SHARE"],
        "Percentage of the service's call limits that this provider block uses, from 1 to 100. Set it if several programs \
         share an application. Default: 100.",
    );
    PARTNER_ID = Argument::new(
        "partner_id",
        Kind::Text,
        &["ARM_PARTNER_ID"],
        "GUID of a Microsoft partner, which the user agent of each call carries as `pid-GUID`.",
    );
    CUSTOM_CORRELATION_REQUEST_ID = Argument::new(
        "custom_correlation_request_id",
        Kind::Text,
        &["ARM_CORRELATION_REQUEST_ID"],
        "Id of a run, which each call to the API carries in the header `x-ms-correlation-request-id`. Every call has an id \
         of its own in `client-request-id`, too.",
    );
    DISABLE_CORRELATION_REQUEST_ID = Argument::new(
        "disable_correlation_request_id",
        Kind::Switch,
        &["ARM_DISABLE_CORRELATION_REQUEST_ID"],
        "Whether to leave the header `x-ms-correlation-request-id` out although `custom_correlation_request_id` is set. \
         Default: `false`.",
    );
    CAPACITY = Argument::new(
        "capacity",
        Kind::Number,
        &["MDE_CAPACITY"],
        "Maximum number of indicators in the tenant, all authors together. A plan that needs more fails. Default: 15000, \
         the documented limit.",
    );
    ON_EXISTING = Argument::new(
        "on_existing",
        Kind::Text,
        &["MDE_ON_EXISTING"],
        "What to do if an indicator already exists. `own` takes over only indicators that this application created under \
         the same `application` label, and fails the plan for all others. `adopt` takes over indicators of other authors, \
         too. Resources can override it. Default: `own`.",
    );
    APPLICATIONS = Argument::new(
        "applications",
        Kind::Texts,
        &["MDE_APPLICATIONS"],
        "`application` labels of this configuration. Indicators that this application created under one of these labels \
         may move to another of them.",
    );
    PROTECTED = Argument::new(
        "protected",
        Kind::Texts,
        &["MDE_PROTECTED"],
        "Domains, IP addresses and networks in CIDR notation that must never be blocked. A plan fails if it would block an \
         entry, a parent domain of it, or a subdomain, address or URL within it.",
    );
    MAX_REMOVALS = Argument::new(
        "max_removals",
        Kind::Number,
        &["MDE_MAX_REMOVALS"],
        "Maximum number of indicators that one run may delete or weaken, for example from `Block` to `Allowed`. An \
         indicator that moves to another resource counts, too. By default there is no limit.",
    )
    .noting(", which takes precedence so that it can allow one run");
    BATCH_SIZE = Argument::new(
        "batch_size",
        Kind::Number,
        &["MDE_BATCH_SIZE"],
        "Maximum number of indicators in one import or batch delete call, from 1 to 500. Lower it if a proxy limits the \
         size of requests. Default: 500.",
    );
}

/// A switch of the msgraph provider for a way to sign in that this one does not have; so it is no argument, but whoever has
/// turned it on does not want to act as somebody else.
pub const USE_POWERSHELL: Argument = Argument::new("use_powershell", Kind::Switch, &["ARM_USE_POWERSHELL"], "");

/// The schema of the provider block.
pub fn schema() -> Schema {
    Schema::new(
        "Manages [indicators of compromise](https://learn.microsoft.com/en-us/defender-endpoint/api/ti-indicator) in \
         Microsoft Defender for Endpoint: file hashes, IP addresses, domains, URLs and certificates.\n\nThe provider \
         signs in as an application of Microsoft Entra ID: with a client certificate, a client secret, OpenID Connect \
         (workload identity federation), a managed identity or the Azure CLI. The first method in this order that is \
         fully configured is used; see [Authentication](guides/authentication.md). The application needs the application \
         permission `Ti.ReadWrite.All` of *WindowsDefenderATP*, with admin consent. With `Ti.ReadWrite` it sees only its \
         own indicators, so the provider can check neither the capacity nor the indicators of other authors.\n\nEach \
         argument can also be set by the environment variables that its description names, in this order. The provider \
         block takes precedence, except for `MDE_MAX_REMOVALS`.",
        ALL.iter().map(|argument| argument.attribute()).collect(),
    )
}
