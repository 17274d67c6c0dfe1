//! Private data: what the host carries from one call to another beside a state. Nothing here is needed to know what an
//! object holds, because a crash erases it.

use crate::indicator::{Digest, Indicator, RowId};
use crate::tenant::Token;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Version of the format; data of another version are ignored.
const VERSION: u8 = 2;

/// Notes of a plan for the calls that follow it, and the token of an object.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Private {
    /// Which object speaks.
    pub token: Option<Token>,
    /// Of a creation: digests of the rows that it wants. In a replacement the deletion of the old object gets them.
    pub wanted: Option<HashSet<Digest>>,
    /// Of a creation: whether no object was refreshed before its plan, so that the state of a tainted object was not looked at.
    pub blind: bool,
    /// Of a destruction: ids of rows that another state has shown first.
    pub spare: HashSet<RowId>,
}

/// What [`Private::wanted`] holds of these rows: for each its identity, and identity and device groups together.
pub fn digests<'a>(rows: impl IntoIterator<Item = &'a Indicator>) -> HashSet<Digest> {
    rows.into_iter()
        .flat_map(|row| [row.identity().digest(), row.key().digest()])
        .collect()
}

#[derive(Serialize, Deserialize)]
struct Format {
    version: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Sorted digests, eight bytes each, little endian, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wanted: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    blind: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    spare: Vec<String>,
}

impl Private {
    /// The private data of a state.
    pub fn of_state(token: Token) -> Vec<u8> {
        Self {
            token: Some(token),
            ..Self::default()
        }
        .write()
    }

    /// Reads private data; what cannot be read is treated as absent.
    pub fn read(private: &[u8]) -> Self {
        let Ok(format) = serde_json::from_slice::<Format>(private) else {
            return Self::default();
        };
        if format.version != VERSION {
            return Self::default();
        }
        let wanted = format
            .wanted
            .and_then(|text| STANDARD_NO_PAD.decode(text).ok())
            .map(|bytes| {
                let (digests, _) = bytes.as_chunks::<8>();
                digests
                    .iter()
                    .map(|digest| Digest::from_u64(u64::from_le_bytes(*digest)))
                    .collect()
            });
        Self {
            token: format.token.as_deref().and_then(Token::parse),
            wanted,
            blind: format.blind,
            spare: format.spare.into_iter().map(RowId::from).collect(),
        }
    }

    /// The private data that say this; the same notes always give the same bytes.
    pub fn write(&self) -> Vec<u8> {
        let wanted = self.wanted.as_ref().map(|digests| {
            let mut digests: Vec<u64> = digests.iter().map(|digest| digest.get()).collect();
            digests.sort_unstable();
            STANDARD_NO_PAD.encode(digests.into_iter().flat_map(u64::to_le_bytes).collect::<Vec<u8>>())
        });
        let mut spare: Vec<&RowId> = self.spare.iter().collect();
        spare.sort_unstable();
        let format = Format {
            version: VERSION,
            token: self.token.map(|token| token.to_string()),
            wanted,
            blind: self.blind,
            spare: spare.into_iter().map(ToString::to_string).collect(),
        };
        // A struct of numbers and texts always has a JSON form.
        serde_json::to_vec(&format).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_survive_the_round_trip() {
        let notes = Private {
            token: Some(Token::new()),
            wanted: Some(HashSet::from([1, u64::MAX, 42].map(Digest::from_u64))),
            blind: true,
            spare: HashSet::from(["7", "10"].map(RowId::from)),
        };
        assert_eq!(Private::read(&notes.write()), notes);
        assert_eq!(Private::read(&Private::default().write()), Private::default());
    }

    #[test]
    fn strange_data_are_no_notes() {
        for private in [
            &b""[..],
            b"null",
            b"{}",
            b"{\"version\":1,\"wanted\":\"AAAA\"}",
            b"\xff\x00",
        ] {
            assert_eq!(Private::read(private), Private::default(), "{private:?}");
        }
    }
}
