//! Files that a setting names: certificates, tokens, lists of authorities.

use std::fs::File;
use std::io::{self, Read};

/// The content of a file of at most `longest` bytes. A pipe or a device is refused before it is read: it may never end, or
/// never begin.
///
/// # Errors
/// When there is no such file, when it is no regular one or too long, and when it cannot be read.
pub fn read_regular_file(path: &str, longest: u64) -> io::Result<Vec<u8>> {
    let check = |found: std::fs::Metadata| match () {
        () if !found.is_file() => Err(io::Error::other("it is no regular file")),
        () if found.len() > longest => Err(io::Error::other(format!("it has more than {}", bytes(longest)))),
        () => Ok(()),
    };
    check(std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    // What has the name may be another file by now.
    check(file.metadata()?)?;
    let mut content = Vec::new();
    file.take(longest).read_to_end(&mut content)?;
    Ok(content)
}

fn bytes(count: u64) -> String {
    match count >> 20 {
        0 => format!("{} KiB", count >> 10),
        mebibytes => format!("{mebibytes} MiB"),
    }
}
