//! A script in the place of the Azure CLI.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

/// A directory with an `az` that somebody has signed in with.
pub struct AzureCli {
    directory: TempDir,
}

impl AzureCli {
    /// One that prints this token, which ends at this second of the epoch.
    pub fn with_token(token: &str, end: i64) -> Self {
        Self::saying("cat \"$home/answer.json\"").answering(&format!(
            r#"{{"accessToken": "{token}", "expires_on": {end}, "subscription": "s", "tenant": "t", "tokenType": "Bearer"}}"#
        ))
    }

    /// One that runs these lines of shell; `$home` is its directory.
    pub fn saying(lines: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("az");
        let script = format!("#!/bin/sh\nhome=$(dirname \"$0\")\necho \"$@\" >> \"$home/asked\"\n{lines}\n");
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { directory }
    }

    fn answering(self, answer: &str) -> Self {
        std::fs::write(self.path().join("answer.json"), answer).unwrap();
        self
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A `PATH` that leads to it, and to the programs of this machine that a script needs.
    pub fn search_path(&self) -> String {
        format!("{}:/usr/bin:/bin", self.path().display())
    }

    /// What it was asked, a line for each time.
    pub fn asked(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path().join("asked")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}
