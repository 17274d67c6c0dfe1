//! Removes the sockets of plugins that were killed: nobody else does, since each process removes its own only.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use super::listener::{PREFIX, SOCKET};

/// Removes the directories beside `own` that a plugin of the same user made and whose socket nobody listens to any more;
/// tells how many. Whatever else there is stays.
pub(super) fn sweep(own: &Path) -> io::Result<usize> {
    let (Some(parent), mine) = (own.parent(), fs::symlink_metadata(own)?) else {
        return Ok(0);
    };
    let mut removed = 0;
    for entry in fs::read_dir(parent)?.flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && path != own && is_left_behind(&path, &mine) {
            // Another plugin may be sweeping too: then one of the two finds nothing more to remove.
            let gone = fs::remove_file(path.join(SOCKET)).and_then(|()| fs::remove_dir(&path));
            removed += usize::from(gone.is_ok());
        }
    }
    Ok(removed)
}

/// Whether the directory is like our own, and holds a socket that nobody listens to.
fn is_left_behind(directory: &Path, mine: &Metadata) -> bool {
    let is_alike = fs::symlink_metadata(directory)
        .is_ok_and(|other| other.is_dir() && (other.uid(), other.mode()) == (mine.uid(), mine.mode()));
    let socket = directory.join(SOCKET);
    is_alike
        && fs::symlink_metadata(&socket).is_ok_and(|found| found.file_type().is_socket())
        && is_dead(&socket).unwrap_or(false)
}

/// A datagram socket cannot connect to one that takes connections, so that nobody is disturbed by being asked: the answer is
/// another one if there is no listener.
fn is_dead(socket: &Path) -> io::Result<bool> {
    let answer = UnixDatagram::unbound()?.connect(socket);
    Ok(answer.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    fn directory(parent: &Path, name: &str) -> PathBuf {
        let path = parent.join(name);
        fs::create_dir(&path).unwrap();
        set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        path
    }

    /// Leaves a socket without a listener behind.
    fn killed(directory: &Path) {
        drop(UnixListener::bind(directory.join(SOCKET)).unwrap());
    }

    #[test]
    fn only_dead_sockets_of_our_own_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let here = |name: &str| directory(parent.path(), name);
        let own = here("mde000000");
        killed(&own);
        killed(&here("mdeaaaaaa"));

        let alive = here("mdebbbbbb");
        let _listener = UnixListener::bind(alive.join(SOCKET)).unwrap();
        let other_name = here("other");
        killed(&other_name);
        let open = here("mdecccccc");
        killed(&open);
        set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
        let file = here("mdedddddd");
        fs::write(file.join(SOCKET), "a file").unwrap();
        let starting = here("mdeeeeeee");
        let linked = parent.path().join("mdeffffff");
        symlink(&other_name, &linked).unwrap();
        let more = here("mdegggggg");
        killed(&more);
        fs::write(more.join("notes"), "").unwrap();

        assert_eq!(sweep(&own).unwrap(), 1);
        assert!(!parent.path().join("mdeaaaaaa").exists());
        for kept in [&own, &alive, &other_name, &open, &file, &starting, &linked, &more] {
            assert!(kept.exists(), "{}", kept.display());
        }
        for kept in [&own, &alive, &other_name, &open, &file] {
            assert!(kept.join(SOCKET).exists(), "{}", kept.display());
        }
    }
}
