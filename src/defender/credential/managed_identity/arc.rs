//! How a process on a server of Azure Arc shows that it may have a token: it reads a file that the agent has just written, and
//! that others cannot read.
//!
//! Whoever answers at the endpoint says which file. So that nobody has another file sent to himself, only small files with the
//! agent's ending in the agent's own folder are read.

use crate::defender::file::read_regular_file;
use secrecy::SecretString;
use std::path::Path;

/// Version of the interface, as its page names it.
pub const VERSION: &str = "2020-06-01";

/// What to do if there is no token.
pub const HINT: &str = "On a server that Azure Arc manages, the user who runs Terraform must be able to read the keys of Arc's \
     agent: on Linux as a member of the group himds, on Windows of Administrators or of Hybrid agent extension applications. \
     `azcmagent show` says whether the agent is connected. Elsewhere remove use_msi (ARM_USE_MSI).";

/// Longest file with a key, in bytes, as Microsoft's clients have it.
const LONGEST_KEY: u64 = 4096;

/// How the path of the file is announced.
const SCHEME: &str = "Basic realm=";

/// The key that the endpoint asks for.
///
/// # Errors
/// Why there is none, in words.
pub fn key(challenge: Option<&str>, keys: &Path) -> Result<SecretString, String> {
    let challenge = challenge.ok_or("it asks for no key, although it refuses to answer without one")?;
    let path = named(challenge, keys)?;
    let unusable = |why: &dyn std::fmt::Display| format!("the file {path} with its key cannot be used: {why}");
    let content = read_regular_file(path, LONGEST_KEY).map_err(|error| unusable(&error))?;
    let text = String::from_utf8(content).map_err(|_| unusable(&"it is no text"))?;
    match text.trim() {
        "" => Err(unusable(&"it is empty")),
        key => Ok(key.into()),
    }
}

/// The file that is asked for, if it is one that may be sent.
fn named<'a>(challenge: &'a str, keys: &Path) -> Result<&'a str, String> {
    let is_scheme = |start: &str| start.eq_ignore_ascii_case(SCHEME);
    let path = challenge
        .get(..SCHEME.len())
        .filter(|start| is_scheme(start))
        .and_then(|_| challenge.get(SCHEME.len()..))
        .map(|path| path.trim().trim_matches('"'))
        .ok_or("it asks for a key in a way that the provider does not know")?;
    let file = Path::new(path);
    if file.parent() == Some(keys) && file.extension().is_some_and(|ending| ending == "key") {
        Ok(path)
    } else {
        let (asked, keys) = (crate::outgoing::shown(path), keys.display());
        Err(format!(
            "it asks for the file {asked}, which is no key in {keys}, so the file was not read"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn only_keys_of_the_agent_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let keys = directory.path().join("Tokens");
        std::fs::create_dir_all(keys.join("deeper")).unwrap();
        let write = |name: &str, content: &[u8]| {
            let path = keys.join(name);
            std::fs::write(&path, content).unwrap();
            path.display().to_string()
        };
        let good = write("a.key", b"the-key-1\n");
        for challenge in [format!("Basic realm={good}"), format!("basic Realm=\"{good}\"")] {
            assert_eq!(key(Some(&challenge), &keys).unwrap().expose_secret(), "the-key-1");
        }
        let outside = directory.path().join("b.key");
        std::fs::write(&outside, "secret-of-another").unwrap();
        let name = keys.display();
        for (path, words) in [
            (outside.display().to_string(), "which is no key in"),
            (format!("{name}/../b.key"), "which is no key in"),
            (write("deeper/c.key", b"secret-of-another"), "which is no key in"),
            (write("d.txt", b"secret-of-another"), "which is no key in"),
            (write("key", b"secret-of-another"), "which is no key in"),
            ("a.key".to_owned(), "which is no key in"),
            (String::new(), "which is no key in"),
            (format!("{name}/missing.key"), "No such file"),
            (write("empty.key", b" \n"), "it is empty"),
            (write("binary.key", b"\xff"), "it is no text"),
            (write("long.key", &[b'a'; 4097]), "it has more than 4 KiB"),
        ] {
            let error = key(Some(&format!("Basic realm={path}")), &keys).unwrap_err();
            assert!(error.contains(words) && !error.contains("secret-of-another"), "{error}");
        }
        write("most.key", &[b'a'; 4096]);
        assert!(key(Some(&format!("Basic realm={name}/most.key")), &keys).is_ok());
        for challenge in [
            None,
            Some(""),
            Some("Bearer realm=x"),
            Some("Basic realm"),
            Some("Basic réalm=x"),
        ] {
            assert!(key(challenge, &keys).is_err(), "{challenge:?}");
        }
    }
}
