//! Files on the disk: all or none, each whole.

use super::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// Files of these names exist.
    #[error(
        "{} exists already, so nothing was written; name another `--directory`, or overwrite with `--force`",
        listed(.0)
    )]
    Exists(Vec<PathBuf>),
    /// The system refused.
    #[error("{} cannot be written", .0.display())]
    Failed(PathBuf, #[source] std::io::Error),
}

/// Most paths that a message names.
const NAMED: usize = 5;

fn listed(paths: &[PathBuf]) -> String {
    let named: Vec<String> = paths
        .iter()
        .take(NAMED)
        .map(|path| path.display().to_string())
        .collect();
    let more = paths.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{more}", named.join(", "))
}

/// Writes the files below the directory. Each is written under another name and then renamed, so no reader sees half of one.
/// Nothing is written if a file is there already, unless `force`.
///
/// # Errors
/// What is there already, or what the system refused. In the second case some files may be written.
pub fn write(directory: &Path, files: &[File], force: bool) -> Result<(), Unwritten> {
    let path_of = |file: &File| {
        file.path
            .split('/')
            .fold(directory.to_owned(), |path, part| path.join(part))
    };
    if !force {
        let existing = files.iter().map(path_of).filter(|path| path.symlink_metadata().is_ok());
        let existing: Vec<PathBuf> = existing.collect();
        if !existing.is_empty() {
            return Err(Unwritten::Exists(existing));
        }
    }
    for file in files {
        let path = path_of(file);
        let failed = |error| Unwritten::Failed(path.clone(), error);
        let parent = path.parent().unwrap_or(directory);
        std::fs::create_dir_all(parent).map_err(failed)?;
        let mut fresh = fresh(parent).map_err(failed)?;
        fresh.write_all(file.text.as_bytes()).map_err(failed)?;
        fresh.as_file().sync_all().map_err(failed)?;
        let renamed = if force {
            fresh.persist(&path)
        } else {
            // What has the name by now was not there before.
            fresh.persist_noclobber(&path)
        };
        renamed.map_err(|error| failed(error.error))?;
    }
    Ok(())
}

/// A new file that everybody may read whom the system lets.
fn fresh(directory: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".export-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.into(),
            text: text.into(),
            rows: None,
        }
    }

    #[test]
    fn nothing_is_overwritten_unless_asked() {
        let directory = tempfile::tempdir().unwrap();
        let read = |path: &str| std::fs::read_to_string(directory.path().join(path)).ok();
        write(directory.path(), &[file("lists/a.csv", "1"), file("b.tf", "1")], false).unwrap();
        let error = write(directory.path(), &[file("c.tf", "2"), file("b.tf", "2")], false).unwrap_err();
        assert!(error.to_string().contains("b.tf exists already"), "{error}");
        assert_eq!((read("b.tf").as_deref(), read("c.tf")), (Some("1"), None));
        write(directory.path(), &[file("c.tf", "2"), file("b.tf", "2")], true).unwrap();
        assert_eq!(
            (read("b.tf").as_deref(), read("c.tf").as_deref()),
            (Some("2"), Some("2"))
        );
        let left = std::fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(left, 3, "no file of another name is left");
    }
}
