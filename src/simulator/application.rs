//! The one application of the tenant.
//!
//! **Invariant:** what the options leave open is random, so that nothing passes that did not read it from the simulator.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use secrecy::SecretString;

use super::options::Options;

/// The one application that may ask for tokens.
#[derive(Debug)]
pub struct Application {
    /// Its tenant.
    pub tenant_id: String,
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
}

impl Application {
    /// The application of the options; what they leave open is made at random.
    pub fn new(options: &Options) -> Result<Self, Unspecified> {
        let given_or_random = |given: &Option<String>| given.clone().map_or_else(random_guid, Ok);
        Ok(Self {
            tenant_id: given_or_random(&options.tenant_id)?,
            client_id: given_or_random(&options.client_id)?,
            client_secret: match &options.client_secret {
                Some(secret) => secret.clone(),
                None => random_hexadecimal(32)?.into(),
            },
        })
    }
}

/// So many random bytes.
pub fn random_hexadecimal(bytes: usize) -> Result<String, Unspecified> {
    let mut random = vec![0; bytes];
    rand::fill(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn random_guid() -> Result<String, Unspecified> {
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
        let made = Application::new(&Options::default()).unwrap();
        let other = Application::new(&Options::default()).unwrap();
        assert_ne!(made.client_id, other.client_id);
        assert_eq!(made.tenant_id.len(), 36);
        let given = Options {
            tenant_id: Some("t".into()),
            client_secret: Some("s".into()),
            ..Options::default()
        };
        let given = Application::new(&given).unwrap();
        assert_eq!(
            (given.tenant_id.as_str(), given.client_secret.expose_secret()),
            ("t", "s")
        );
    }
}
