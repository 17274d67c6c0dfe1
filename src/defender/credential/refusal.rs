//! What Entra says when it gives no token, and what to do about it.
//!
//! The library's own reading of refusals is not used: it fails on a text with line breaks, and Entra's texts have them.

use crate::defender::error::{Error, Kind};
use crate::defender::token::IssueError;
use crate::outgoing;
use serde::Deserialize;
use std::fmt;
use std::time::Duration;
use url::Url;

/// Something answers that is no token endpoint.
pub(super) fn no_token_endpoint(authority: &Url, why: &str) -> Error {
    Error::new(
        Kind::Unexpected,
        format!("the sign-in service {authority} did not answer like a token endpoint: {why}"),
        "Check authority_host, and whether a proxy or a sign-in page answers instead.",
    )
}

/// What is no refusal by Entra is quoted up to this many characters.
const LONGEST_QUOTE: usize = 300;

/// Entra's own text is repeated up to this many characters.
const LONGEST_WORDS: usize = 2000;

/// What Entra says when it gives no token.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    status: u16,
    retry_after: Option<Duration>,
    /// Entra's text, or whatever else there was.
    text: String,
    /// Numbers after `AADSTS`; empty if something else than Entra answered.
    codes: Vec<u32>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "HTTP {}: {}", self.status, self.text)
    }
}

impl Refusal {
    pub fn read(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Document {
            #[serde(default)]
            error: String,
            #[serde(default)]
            error_description: String,
            #[serde(default)]
            error_codes: Vec<u32>,
        }
        let (text, codes) = match serde_json::from_slice::<Document>(body) {
            Ok(document) => {
                let text = if document.error_description.is_empty() {
                    document.error
                } else {
                    document.error_description
                };
                let codes = document.error_codes;
                let codes = if codes.is_empty() { codes_in(&text) } else { codes };
                (text, codes)
            }
            Err(_) => (String::from_utf8_lossy(body).into_owned(), Vec::new()),
        };
        Self {
            status,
            retry_after,
            text: outgoing::words(&text, if codes.is_empty() { LONGEST_QUOTE } else { LONGEST_WORDS }),
            codes,
        }
    }

    pub fn explain(&self, authority: &Url) -> IssueError {
        if self.status == 429 || self.status >= 500 {
            return IssueError::Unavailable {
                retry_after: self.retry_after,
                text: format!("{authority}: {self}"),
            };
        }
        IssueError::Final(if self.codes.is_empty() {
            no_token_endpoint(authority, &self.to_string())
        } else {
            Error::new(
                Kind::Unauthorized,
                format!("Microsoft Entra ID gave no access token: {}", self.text),
                advice(&self.codes),
            )
        })
    }
}

/// The numbers after `AADSTS` in a text, a few at most.
pub(super) fn codes_in(text: &str) -> Vec<u32> {
    let numbers = text.split("AADSTS").skip(1).filter_map(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest[..digits].parse().ok()
    });
    numbers.take(5).collect()
}

/// What to do about a refusal with these numbers.
pub(super) fn advice(codes: &[u32]) -> &'static str {
    codes.iter().find_map(|code| hint(*code)).unwrap_or(GENERAL_HINT)
}

const GENERAL_HINT: &str = "Check tenant_id, client_id and what the application signs in with. The number after AADSTS is \
     explained at https://login.microsoftonline.com/error.";

/// What to do about the refusals that people meet, by the number after `AADSTS`.
const fn hint(code: u32) -> Option<&'static str> {
    Some(match code {
        7_000_215 => {
            "The client secret is wrong. Set client_secret (ARM_CLIENT_SECRET) to the value of the secret, which the \
             portal shows only at its creation, not to its id."
        }
        7_000_222 => {
            "The client secret has expired. Create a new one under the application's \"Certificates & secrets\" and \
             set client_secret (ARM_CLIENT_SECRET) to its value."
        }
        700_027 | 7_000_214 => {
            "The application does not know the certificate, or it has expired. Upload the certificate, without its key, \
             under the application's \"Certificates & secrets\", and check that client_certificate_path \
             (ARM_CLIENT_CERTIFICATE_PATH) names its file and client_id (ARM_CLIENT_ID) its application."
        }
        1_000_502 => "The certificate is not valid at this time. Renew it, or check the clock of this machine.",
        700_024 => {
            "Check the clock of this machine. If it is right, the OIDC token has expired: get a new one shortly before the \
             run, or use oidc_token_file_path or oidc_request_url, which give a new one for each access token."
        }
        70_021 | 700_211 | 700_212 | 700_213 | 700_223 | 700_238 => {
            "The application has no federated credential for this token. Under the application's \"Certificates & secrets\", \
             compare issuer, subject and audience of its federated credentials with those in the message; they must be \
             equal, case included. The audience is api://AzureADTokenExchange."
        }
        700_021 | 700_023 => {
            "The client assertion is for another application or another sign-in service. Check client_id (ARM_CLIENT_ID), \
             tenant_id (ARM_TENANT_ID) and authority_host."
        }
        50_013 => {
            "The OIDC token is not signed by the issuer that it names. Check that oidc_token or the file in \
             oidc_token_file_path holds the whole token."
        }
        700_016 | 7_000_229 => {
            "Check client_id (ARM_CLIENT_ID) and tenant_id (ARM_TENANT_ID): the tenant has no such application."
        }
        90_002 | 900_021 | 900_023 | 900_382 => {
            "Check tenant_id (ARM_TENANT_ID), and environment if it is a government cloud."
        }
        500_011 | 500_014 => {
            "The tenant does not know Microsoft Defender for Endpoint under this name. Check environment, and whether \
             the tenant has a Defender for Endpoint licence and has opened the Defender portal once."
        }
        65_001 | 650_052 | 650_057 => {
            "Nobody has consented to the permission. An administrator must grant the permission Ti.ReadWrite.All of \
             WindowsDefenderATP to the application, or for people who sign in with the Azure CLI, Ti.ReadWrite to the CLI."
        }
        50_105 | 501_051 => {
            "The application is not assigned to WindowsDefenderATP. An administrator must grant it the application \
             permission Ti.ReadWrite.All, with admin consent."
        }
        7_000_112 | 7_000_113 => "The application is disabled in this tenant. An administrator must enable it.",
        7_000_218 => {
            "The application has no credential of this kind. Add a client secret, a certificate or a federated credential \
             under its \"Certificates & secrets\"."
        }
        53_003 | 530_003 | 53_000 => {
            "A Conditional Access policy blocks the application from here. Run it from an allowed network, or have the \
             policy changed."
        }
        700_082 | 50_173 | 50_078 | 50_076 | 50_079 => "The sign-in of the Azure CLI is over. Run `az login` again.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_words_where_the_answer_does_not_list_them() {
        assert_eq!(
            codes_in("ERROR: AADSTS700082: The token has expired. AADSTSx AADSTS99999999999"),
            [700_082]
        );
        let body = br#"{"error":"invalid_grant","error_description":"AADSTS65001: no consent"}"#;
        let IssueError::Final(error) =
            Refusal::read(400, None, body).explain(&Url::parse("https://a.example").unwrap())
        else {
            panic!("not final");
        };
        assert!(error.to_string().contains("AADSTS65001: no consent") && error.hint().contains("consented"));
    }
}
