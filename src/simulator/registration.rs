//! How the command line describes an application of the tenant.
//!
//! **Invariant:** what is left out stays open; [`super::application`] makes it.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use secrecy::SecretString;

use super::switches::Permission;

/// An application, as far as somebody said what it is.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its id, the `createdBy` of its rows.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<SecretString>,
    /// Its name, the `createdByDisplayName` of its rows.
    pub display_name: Option<String>,
    /// Id of its service principal, the claim `oid` of its tokens.
    pub object_id: Option<String>,
    /// What it is allowed to do.
    pub permission: Permission,
    /// PEM files with the certificates that it has registered.
    pub certificates: Vec<PathBuf>,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            client_id: None,
            client_secret: None,
            display_name: None,
            object_id: None,
            permission: Permission::All,
            certificates: Vec::new(),
        }
    }
}

impl FromStr for Registration {
    type Err = String;

    /// Reads `KEY=VALUE,KEY=VALUE`. The error names the part that cannot be read, but never its value, which may be a
    /// secret.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut registration = Self::default();
        for part in text.split(',') {
            let (key, value) = part
                .split_once('=')
                .filter(|(_, value)| !value.is_empty())
                .ok_or("each part is KEY=VALUE, and parts are separated by commas")?;
            match key {
                "client-id" => registration.client_id = Some(value.to_owned()),
                "client-secret" => registration.client_secret = Some(value.into()),
                "display-name" => registration.display_name = Some(value.to_owned()),
                "object-id" => registration.object_id = Some(value.to_owned()),
                "permission" => {
                    registration.permission =
                        Permission::from_str(value, false).map_err(|_| "`permission` is all, own or none")?;
                }
                "certificate" => registration.certificates.push(value.into()),
                _ => {
                    let keys = "client-id, client-secret, display-name, object-id, permission and certificate";
                    return Err(format!("there is no `{key}`; the keys are {keys}"));
                }
            }
        }
        Ok(registration)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn what_is_said_is_read_and_the_rest_stays_open() {
        let read: Registration = "display-name=Second app,permission=own,client-secret=a=b"
            .parse()
            .unwrap();
        assert_eq!(read.display_name.as_deref(), Some("Second app"));
        assert_eq!((read.permission, &read.client_id), (Permission::Own, &None));
        assert_eq!(read.client_secret.unwrap().expose_secret(), "a=b");
    }

    #[test]
    fn what_cannot_be_read_is_told_without_a_secret() {
        for (text, words) in [
            ("", "each part is KEY=VALUE"),
            ("display-name=", "each part is KEY=VALUE"),
            ("client-secret=a,b", "each part is KEY=VALUE"),
            ("permission=some", "`permission` is all, own or none"),
            (
                "name=x",
                "there is no `name`; the keys are client-id, client-secret, display-name",
            ),
        ] {
            let problem = text.parse::<Registration>().unwrap_err();
            assert!(problem.starts_with(words), "{text}: {problem}");
        }
    }
}
