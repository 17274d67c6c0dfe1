//! The applications of the tenant.
//!
//! **Invariant:** what the options leave open is random, so that nothing passes that did not read it from the simulator.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use secrecy::SecretString;

use super::options::Options;
use super::registration::Registration;
use super::switches::{Permission, ScorePermission};

/// An application that may ask for tokens.
#[derive(Debug)]
pub struct Application {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// When the secret expires.
    pub secret_end: Option<Timestamp>,
    /// Its name.
    pub display_name: String,
    /// Id of its service principal.
    pub object_id: String,
    /// What it is allowed to do.
    pub permission: Permission,
    /// The certificates that it has registered.
    pub certificates: Vec<CertificateDer<'static>>,
    /// Whether it trusts the pipelines and the cluster.
    pub trusts_workloads: bool,
    /// The roles that an administrator has granted it, by their names.
    pub roles: Vec<&'static str>,
}

impl Application {
    fn new(registration: Registration, number: usize, options: &Options) -> Result<Self, Unspecified> {
        let permission = registration.permission;
        let mut roles = match permission {
            Permission::All => vec!["Ti.ReadWrite.All"],
            Permission::Own => vec!["Ti.ReadWrite"],
            Permission::None => Vec::new(),
        };
        if permission != Permission::None && options.score_permission == ScorePermission::Granted {
            roles.push(READS_SCORES);
        }
        let name = || match number {
            0 => "Simulated application".to_owned(),
            _ => format!("Simulated application {}", number + 1),
        };
        Ok(Self {
            client_id: registration.client_id.map_or_else(random_guid, Ok)?,
            client_secret: match registration.client_secret {
                Some(secret) => secret,
                None => random_hexadecimal(32)?.into(),
            },
            secret_end: options.client_secret_expires.filter(|_| number == 0),
            display_name: registration.display_name.unwrap_or_else(name),
            object_id: registration.object_id.map_or_else(random_guid, Ok)?,
            permission,
            certificates: Vec::new(),
            trusts_workloads: number == 0,
            roles,
        })
    }

    /// Whether the application sees a row made by this author.
    pub fn sees(&self, created_by: &str) -> bool {
        self.permission == Permission::All || created_by.eq_ignore_ascii_case(&self.client_id)
    }
}

/// The role that reading exposure scores needs.
pub const READS_SCORES: &str = "Score.Read.All";

/// The tenant's id and its applications.
#[derive(Debug)]
pub struct Applications {
    /// Id of the tenant.
    pub tenant_id: String,
    applications: Vec<Application>,
}

impl Applications {
    /// The applications of the options, the one of the plain arguments first.
    pub fn new(options: &Options) -> Result<Self, Unspecified> {
        let applications = options
            .registrations()
            .enumerate()
            .map(|(number, registration)| Application::new(registration, number, options))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            tenant_id: options.tenant_id.clone().map_or_else(random_guid, Ok)?,
            applications,
        })
    }

    /// Registers a certificate for the application with this number.
    pub fn register(&mut self, number: usize, certificate: CertificateDer<'static>) {
        if let Some(application) = self.applications.get_mut(number) {
            application.certificates.push(certificate);
        }
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Application> {
        self.applications.iter()
    }

    /// The application with this number, counted from 0.
    pub fn get(&self, number: usize) -> Option<&Application> {
        self.applications.get(number)
    }

    /// Number of the application with this id, in any case of its letters.
    pub fn position(&self, client_id: &str) -> Option<usize> {
        let is_meant = |application: &Application| application.client_id.eq_ignore_ascii_case(client_id);
        self.applications.iter().position(is_meant)
    }
}

/// So many random bytes.
pub fn random_hexadecimal(bytes: usize) -> Result<String, Unspecified> {
    let mut random = vec![0; bytes];
    rand::fill(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A random GUID.
pub fn random_guid() -> Result<String, Unspecified> {
    let digits = random_hexadecimal(16)?;
    let (a, b, c, d, e) = (
        &digits[..8],
        &digits[8..12],
        &digits[13..16],
        &digits[17..20],
        &digits[20..],
    );
    Ok(format!("{a}-{b}-4{c}-8{d}-{e}"))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn what_is_left_open_is_random() {
        let made = Applications::new(&Options::default()).unwrap();
        let other = Applications::new(&Options::default()).unwrap();
        assert_ne!(made.get(0).unwrap().client_id, other.get(0).unwrap().client_id);
        assert_ne!(made.get(0).unwrap().object_id, made.get(0).unwrap().client_id);
        assert_eq!(made.tenant_id.len(), 36);
        assert!(made.get(1).is_none());
        let given = Options {
            tenant_id: Some("t".into()),
            client_secret: Some("s".into()),
            ..Options::default()
        };
        let given = Applications::new(&given).unwrap();
        let first = given.get(0).unwrap();
        assert_eq!(
            (given.tenant_id.as_str(), first.client_secret.expose_secret()),
            ("t", "s")
        );
    }

    #[test]
    fn each_has_names_and_roles_of_its_own() {
        let options = Options {
            client_id: Some("One".into()),
            applications: vec![
                "client-id=two,permission=own".parse().unwrap(),
                "display-name=Third,permission=none".parse().unwrap(),
            ],
            ..Options::default()
        };
        let all = Applications::new(&options).unwrap();
        let roles: Vec<_> = all
            .iter()
            .map(|one| (one.display_name.as_str(), one.roles.as_slice()))
            .collect();
        let expected: [(&str, &[&str]); 3] = [
            ("Simulated application", &["Ti.ReadWrite.All", READS_SCORES]),
            ("Simulated application 2", &["Ti.ReadWrite", READS_SCORES]),
            ("Third", &[]),
        ];
        assert_eq!(roles, expected);
        assert_eq!(
            (all.position("ONE"), all.position("two"), all.position("x")),
            (Some(0), Some(1), None)
        );
        let two = all.get(1).unwrap();
        assert!(two.sees("two") && !two.sees("One") && all.get(0).unwrap().sees("two"));
        let without_scores = Options {
            score_permission: ScorePermission::Missing,
            ..options
        };
        let first = Applications::new(&without_scores).unwrap();
        assert_eq!(first.get(0).unwrap().roles, ["Ti.ReadWrite.All"]);
    }
}
