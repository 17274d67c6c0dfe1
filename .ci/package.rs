//! Makes the files of a release for one platform: `cargo run --example package -- [--target TRIPLE] [--directory DIR]`.
//!
//! What a registry wants is checked by its own rules and told in the hosts' documentation: one zip for each platform with
//! the binary under its versioned name, the manifest of the protocol, and the checksums of all. The same binary makes the same
//! zip to the byte. Builds without paths of the machine in them: whoever rebuilds a tag elsewhere can compare.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Name of the provider in file names.
pub const NAME: &str = "terraform-provider-mde";

/// The platforms of a release: the compiler's name, and the registry's.
pub const PLATFORMS: [(&str, &str); 6] = [
    ("x86_64-unknown-linux-musl", "linux_amd64"),
    ("aarch64-unknown-linux-musl", "linux_arm64"),
    ("x86_64-apple-darwin", "darwin_amd64"),
    ("aarch64-apple-darwin", "darwin_arm64"),
    ("x86_64-pc-windows-msvc", "windows_amd64"),
    ("aarch64-pc-windows-msvc", "windows_arm64"),
];

/// What a registry reads of the protocols that the provider speaks.
const MANIFEST: &str = "{\n  \"version\": 1,\n  \"metadata\": {\n    \"protocol_versions\": [\"6.0\"]\n  }\n}\n";

/// The files that go into a zip beside the binary.
const PAPERS: [&str; 3] = ["CHANGELOG.md", "LICENSE", "THIRD-PARTY-NOTICES.md"];

/// What follows the name of a directory in a path; on Windows both do.
const SEPARATORS: [char; 2] = ['/', '\\'];

/// The files of one platform's release.
pub struct Package {
    /// The archive.
    pub archive: PathBuf,
    /// The manifest; the same for all platforms.
    pub manifest: PathBuf,
}

/// Writes archive and manifest of this binary into a directory.
///
/// # Errors
/// If a file cannot be read or written.
pub fn pack(root: &Path, binary: &Path, version: &str, platform: &str, directory: &Path) -> Result<Package, String> {
    let extension = if platform.starts_with("windows_") { ".exe" } else { "" };
    let read = |path: &Path| fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()));
    let mut entries = vec![(format!("{NAME}_v{version}{extension}"), 0o755, read(binary)?)];
    for paper in PAPERS {
        entries.push((paper.to_owned(), 0o644, read(&root.join(paper))?));
    }
    entries.sort();
    let archive = directory.join(format!("{NAME}_{version}_{platform}.zip"));
    let manifest = directory.join(format!("{NAME}_{version}_manifest.json"));
    fs::create_dir_all(directory).map_err(|error| format!("{} cannot be made: {error}", directory.display()))?;
    let write = |path: &Path, bytes: &[u8]| {
        fs::write(path, bytes).map_err(|error| format!("{} cannot be written: {error}", path.display()))
    };
    write(
        &archive,
        &zipped(&entries).map_err(|error| format!("the archive cannot be made: {error}"))?,
    )?;
    write(&manifest, MANIFEST.as_bytes())?;
    Ok(Package { archive, manifest })
}

/// A zip of these files that depends on nothing else: sorted, with one time for all.
fn zipped(entries: &[(String, u32, Vec<u8>)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode, content) in entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(*mode);
        writer.start_file(name.as_str(), options)?;
        writer.write_all(content)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// Writes the checksums of all archives and manifests of a version in a directory, and answers the file.
///
/// # Errors
/// If a file cannot be read or written.
pub fn checksums(version: &str, directory: &Path) -> Result<PathBuf, String> {
    let sums = directory.join(format!("{NAME}_{version}_SHA256SUMS"));
    let cannot = |error: std::io::Error| format!("{}: {error}", directory.display());
    let start = format!("{NAME}_{version}_");
    let mut lines = Vec::new();
    for entry in fs::read_dir(directory).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(&start) && (name.ends_with(".zip") || name.ends_with("_manifest.json")) {
            let bytes = fs::read(&path).map_err(cannot)?;
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
            let digits: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            lines.push((name.clone(), format!("{digits}  {name}\n")));
        }
    }
    lines.sort();
    let text: String = lines.into_iter().map(|(_, line)| line).collect();
    fs::write(&sums, text).map_err(cannot)?;
    Ok(sums)
}

/// Where Cargo puts what it builds; generated code is compiled from there.
fn target_directory(root: &Path) -> PathBuf {
    root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The directories of the building machine that must not be in a binary, with what stands for each.
fn places(root: &Path) -> Vec<(PathBuf, &'static str)> {
    let home = std::env::var_os("HOME")
        .or_else(|| std::env::var_os("USERPROFILE"))
        .map(PathBuf::from);
    let below = |variable: &str, name: &str| {
        std::env::var_os(variable)
            .map(PathBuf::from)
            .or_else(|| Some(home.as_ref()?.join(name)))
    };
    let mut places = vec![(root.to_owned(), "/build"), (target_directory(root), "/build/target")];
    places.extend(below("CARGO_HOME", ".cargo").map(|path| (path, "/cargo")));
    places.extend(below("RUSTUP_HOME", ".rustup").map(|path| (path, "/rustup")));
    places
}

/// Builds the binary of a target in release mode, without the machine's paths.
fn build(root: &Path, target: &str) -> Result<PathBuf, String> {
    let places = places(root);
    // Cargo's own separator, since a path may have blanks.
    let remap = |(path, name): &(PathBuf, &str)| format!("--remap-path-prefix={}={name}", path.display());
    let rust: Vec<String> = places.iter().map(remap).collect();
    let map = |(path, name): &(PathBuf, &str)| format!("-ffile-prefix-map={}={name}", path.display());
    let c: Vec<String> = places.iter().map(map).collect();
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(root)
        .args(["build", "--release", "--locked", "--bin", NAME, "--target", target])
        .env("CARGO_ENCODED_RUSTFLAGS", rust.join("\u{1f}"))
        // Where C is compiled by another compiler, the flag is not known.
        .env_remove("RUSTFLAGS");
    if !target.contains("msvc") {
        command.env("CFLAGS", c.join(" "));
    }
    let status = command
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err(format!("cargo build ended with {status}"));
    }
    let extension = if target.contains("windows") { ".exe" } else { "" };
    Ok(target_directory(root)
        .join(target)
        .join("release")
        .join(format!("{NAME}{extension}")))
}

/// The first path of the building machine that a binary holds.
///
/// # Errors
/// If the binary cannot be read.
pub fn path_within(root: &Path, binary: &Path) -> Result<Option<String>, String> {
    let bytes = fs::read(binary).map_err(|error| format!("{} cannot be read: {error}", binary.display()))?;
    let within = |path: &String| bytes.windows(path.len()).any(|part| part == path.as_bytes());
    Ok(places(root)
        .into_iter()
        .flat_map(|(path, _)| SEPARATORS.map(|separator| format!("{}{separator}", path.display())))
        .find(within))
}

struct Arguments {
    target: String,
    directory: PathBuf,
    sums_only: bool,
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments {
        target: format!("{}-unknown-linux-musl", std::env::consts::ARCH),
        directory: PathBuf::from("target/package"),
        sums_only: false,
    };
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--target" => found.target = value()?,
            "--directory" => found.directory = PathBuf::from(value()?),
            // When the archives of all platforms have come together.
            "--checksums" => found.sums_only = true,
            _ => {
                return Err(format!(
                    "{argument} is not known; --target TRIPLE, --directory DIR, --checksums"
                ));
            }
        }
    }
    Ok(found)
}

fn run() -> Result<Vec<PathBuf>, String> {
    let arguments = arguments()?;
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let version = env!("CARGO_PKG_VERSION");
    if arguments.sums_only {
        return Ok(vec![checksums(version, &arguments.directory)?]);
    }
    let target = arguments.target.as_str();
    let platform = PLATFORMS.iter().find(|(name, _)| *name == target);
    let (_, platform) = platform.ok_or_else(|| {
        let names: Vec<&str> = PLATFORMS.iter().map(|(name, _)| *name).collect();
        format!("{target} is not a platform of a release; they are {}", names.join(", "))
    })?;
    let binary = build(&root, target)?;
    if let Some(path) = path_within(&root, &binary)? {
        return Err(format!("{} holds {path}, a path of this machine", binary.display()));
    }
    let package = pack(&root, &binary, version, platform, &arguments.directory)?;
    Ok(vec![
        package.archive,
        package.manifest,
        checksums(version, &arguments.directory)?,
    ])
}

fn main() -> ExitCode {
    let mut output = std::io::stdout();
    let (text, code) = match run() {
        Ok(files) => (
            files.iter().map(|file| format!("{}\n", file.display())).collect(),
            ExitCode::SUCCESS,
        ),
        Err(error) => (format!("error: {error}\n"), ExitCode::FAILURE),
    };
    // Nobody is left to tell if even this cannot be written.
    let _ = output.write_all(text.as_bytes());
    code
}
