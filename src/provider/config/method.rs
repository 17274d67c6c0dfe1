//! The methods to sign in, and what of each was found, in words.

use super::arguments::Argument;
use super::source::Found;

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodKind {
    ClientCertificate,
    ClientSecret,
    OpenIdConnect,
    ManagedIdentity,
    /// Never complete: the provider does not know how.
    AzurePowerShell,
    AzureCli,
}

impl MethodKind {
    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientCertificate => "client certificate",
            Self::ClientSecret => "client secret",
            Self::OpenIdConnect => "OpenID Connect",
            Self::ManagedIdentity => "managed identity",
            Self::AzurePowerShell => "Azure PowerShell",
            Self::AzureCli => "Azure CLI",
        }
    }
}

/// Something that a method needs.
#[derive(Debug)]
pub struct Need {
    name: &'static str,
    /// Where it was found, or how to give it.
    state: Result<String, String>,
}

impl Need {
    /// An argument.
    pub fn of<T>(argument: &Argument, found: Option<&Found<T>>) -> Self {
        Self {
            name: argument.name,
            state: found
                .map(|found| found.origin.clone())
                .ok_or_else(|| format!("missing; {}", argument.how())),
        }
    }

    /// The same, or another argument in its place.
    pub fn or<T>(self, argument: &Argument, found: Option<&Found<T>>) -> Self {
        let other = Self::of(argument, found);
        match (self.state, other.state) {
            (Err(how), Err(instead)) => {
                let instead = instead.trim_start_matches("missing; ");
                Self {
                    name: self.name,
                    state: Err(format!("{how}; or {instead}")),
                }
            }
            (Ok(origin), _) => Self {
                name: self.name,
                state: Ok(origin),
            },
            (Err(_), Ok(origin)) => Self {
                name: other.name,
                state: Ok(origin),
            },
        }
    }

    /// Something else that was found.
    pub fn found(name: &'static str, origin: &str) -> Self {
        Self {
            name,
            state: Ok(origin.to_owned()),
        }
    }

    /// Something else that was not found, and what to do.
    pub fn lacking(name: &'static str, why: String) -> Self {
        Self { name, state: Err(why) }
    }

    /// Whether it was found.
    pub const fn is_found(&self) -> bool {
        self.state.is_ok()
    }

    fn line(&self) -> String {
        match &self.state {
            Ok(origin) => format!("- {}: found in {origin}", self.name),
            Err(why) => format!("- {}: {why}", self.name),
        }
    }
}

/// A method and what there is of it.
#[derive(Debug)]
pub struct Method {
    /// Which one.
    pub kind: MethodKind,
    /// Whether something was found that is for this method only.
    pub is_begun: bool,
    /// All that it needs.
    pub needs: Vec<Need>,
}

impl Method {
    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.needs.iter().all(Need::is_found)
    }

    /// What was found and what is missing.
    pub fn in_words(&self) -> String {
        let lines: Vec<String> = self.needs.iter().map(Need::line).collect();
        let mut name = self.kind.name().to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        format!("{name}:\n{}", lines.join("\n"))
    }
}
