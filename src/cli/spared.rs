//! What no indicator should block: options that `lint` and `report` have in common.

use crate::feed::AllowList;
use crate::indicator::Protected;
use std::path::{Path, PathBuf};

/// What no indicator should block.
#[derive(Debug, clap::Args)]
pub struct Spared {
    /// A list of what is popular or shared: plain, of misp-warninglists, or rank and domain as of Tranco
    #[arg(long, value_name = "FILE")]
    allow_list: Vec<PathBuf>,
    /// Domains, addresses and networks that no row may block
    #[arg(long, value_name = "ENTRY", value_delimiter = ',')]
    protected: Vec<String>,
}

impl Spared {
    /// What must not be blocked.
    ///
    /// # Errors
    ///
    /// An entry is neither a domain nor an address nor a network.
    pub fn protected(&self) -> Result<Protected, String> {
        Protected::parse(&self.protected).map_err(|faults| format!("`--protected`: {}", faults.join("; ")))
    }

    /// What is popular or shared.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or is no such list.
    pub fn allow_lists(&self) -> Result<Vec<AllowList>, String> {
        let read = |path: &PathBuf| {
            AllowList::parse(&slashed(path), &text(path)?)
                .map_err(|error| format!("the allow list {}: {error}", path.display()))
        };
        self.allow_list.iter().map(read).collect()
    }
}

/// The text of a file.
///
/// # Errors
///
/// It cannot be read.
pub fn text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

/// The path as it was given, with forward slashes.
pub fn slashed(path: &Path) -> String {
    let text = path
        .to_string_lossy()
        .replace('\\', if cfg!(windows) { "/" } else { "\\" });
    text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
}
