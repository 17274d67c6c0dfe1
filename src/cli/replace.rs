//! Files that are there as a whole or not at all.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Puts a file of this content at the path: written beside it, then renamed, so that nobody ever reads half of it. What is
/// there already keeps its permissions, and a link keeps pointing where it points.
///
/// # Errors
///
/// The file cannot be written; what was there before stays.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut file = builder().tempfile_in(directory_of(&target)).map_err(cannot)?;
    file.write_all(content).map_err(cannot)?;
    if let Ok(known) = fs::metadata(&target) {
        if !known.is_file() {
            return Err(format!("{} is not a file, so it was not replaced", path.display()));
        }
        file.as_file().set_permissions(known.permissions()).map_err(cannot)?;
    }
    file.as_file().sync_all().map_err(cannot)?;
    file.persist(&target).map_err(|error| cannot(error.error))?;
    Ok(())
}

/// Whether both paths are one file, by whatever names.
#[must_use]
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A temporary file is for its owner alone; a list is for everybody whom the user's own mask allows.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".mde-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("list.csv");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(is_same_file(&path, &directory.path().join(".").join("list.csv")));
        assert!(!is_same_file(&path, &directory.path().join("other.csv")));
        let told = replace(&directory.path().join("none").join("list.csv"), b"x").unwrap_err();
        assert!(told.contains("cannot be written"), "{told}");
        assert!(
            replace(directory.path(), b"x").unwrap_err().contains("not"),
            "a directory"
        );
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("list.csv"), directory.path().join("link.csv"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink() && is_same_file(&file, &link));
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
