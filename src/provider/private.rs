//! The provider's private data: small notes that the host carries from one call to the next.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

use super::ledger::{Claimant, exact_digest};
use crate::indicator::Indicator;

/// Version of the format; data of another version is ignored, which only ever means that less is known.
const VERSION: u8 = 1;

/// Notes of a plan for the calls that follow it, and of a state for its next plan. Nothing here is needed for a delete:
/// that is all in the state itself.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Notes {
    /// Who the plan is for, so that the second plan call of a replacement is not taken for another object.
    pub claimant: Option<Claimant>,
    /// Digests, by [`digests`], of the rows that the new object of a replacement wants, or that another object wants: the
    /// delete of the old object leaves these rows alone.
    pub wanted: Option<HashSet<u64>>,
    /// How the service spells the values of rows, by id, where that is not what would be submitted for the spelling of
    /// the state: importing another spelling might make a second row.
    pub spellings: BTreeMap<String, String>,
    /// When the object was made or last took rows over, in milliseconds since 1970. Where two objects hold one row, which
    /// an interrupted replacement or move leaves behind, the row belongs to the younger one.
    pub born: Option<i64>,
    /// The id of a single indicator's new row, while the old one that it should replace could not be deleted.
    pub beside: Option<String>,
}

/// What [`Notes::wanted`] holds of these rows: for each the identity, and identity and device groups together.
pub fn digests<'a>(rows: impl IntoIterator<Item = &'a Indicator>) -> HashSet<u64> {
    rows.into_iter()
        .flat_map(|row| [row.identity().digest(), exact_digest(row)])
        .collect()
}

#[derive(Serialize, Deserialize)]
struct Format {
    version: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimant: Option<Claimant>,
    /// Sorted digests, eight bytes each, little endian, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    spellings: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    born: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    beside: Option<String>,
}

impl Notes {
    /// The private data of the state of an object made at this time, if that is known; empty if there is nothing to note.
    pub fn of_state(born: Option<i64>, spellings: BTreeMap<String, String>) -> Vec<u8> {
        Self {
            born,
            spellings,
            ..Self::default()
        }
        .write_if_any()
    }

    /// The private data that says this; empty if that is nothing.
    pub fn write_if_any(&self) -> Vec<u8> {
        if *self == Self::default() {
            Vec::new()
        } else {
            self.write()
        }
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
                digests.iter().map(|digest| u64::from_le_bytes(*digest)).collect()
            });
        Self {
            claimant: format.claimant,
            wanted,
            spellings: format.spellings,
            born: format.born,
            beside: format.beside,
        }
    }

    /// The private data that says this; the same notes always give the same bytes.
    pub fn write(&self) -> Vec<u8> {
        let wanted = self.wanted.as_ref().map(|digests| {
            let mut digests: Vec<u64> = digests.iter().copied().collect();
            digests.sort_unstable();
            STANDARD_NO_PAD.encode(digests.into_iter().flat_map(u64::to_le_bytes).collect::<Vec<u8>>())
        });
        let format = Format {
            version: VERSION,
            claimant: self.claimant,
            wanted,
            spellings: self.spellings.clone(),
            born: self.born,
            beside: self.beside.clone(),
        };
        // A struct of numbers and strings always has a JSON form.
        serde_json::to_vec(&format).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_survive_the_round_trip() {
        let notes = Notes {
            claimant: Some(7),
            wanted: Some(HashSet::from([1, u64::MAX, 42])),
            spellings: BTreeMap::from([("7".into(), "Evil.example".into())]),
            born: Some(1_700_000_000_000),
            beside: Some("8".into()),
        };
        assert_eq!(Notes::read(&notes.write()), notes);
        assert_eq!(Notes::read(&Notes::default().write()), Notes::default());
    }

    #[test]
    fn strange_data_is_no_notes() {
        for private in [
            &b""[..],
            b"null",
            b"{}",
            b"{\"version\":2,\"wanted\":\"AAAA\"}",
            b"\xff\x00",
        ] {
            assert_eq!(Notes::read(private), Notes::default(), "{private:?}");
        }
    }
}
