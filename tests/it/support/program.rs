//! The program that tests with a real host run: the one that `MDE_TEST_TERRAFORM` names, else the first `terraform` or `tofu` on
//! PATH; and what it can do. A test that needs more than it can do does not run, and says so at the end of the run; with
//! `MDE_TEST_HOSTS=required` it fails.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Names the program.
const PROGRAM: &str = "MDE_TEST_TERRAFORM";
/// Says `required` where tests that need another host should fail.
const HOSTS: &str = "MDE_TEST_HOSTS";
/// Names of a host's program, the first one first.
const NAMES: [&str; 2] = ["terraform", "tofu"];

/// A host.
#[derive(Debug)]
pub struct Program {
    pub path: PathBuf,
    product: Product,
    /// Major and minor version.
    version: Version,
}

type Version = (u32, u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Product {
    Terraform,
    OpenTofu,
}

/// What only some hosts can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Identities in the state, and import blocks with one.
    Identity,
    /// `terraform query`.
    Query,
    /// `removed` blocks that keep the object.
    Removed,
    /// `lifecycle { destroy = false }` of a resource.
    Forget,
    /// Provider blocks with `for_each`.
    ProviderForEach,
    /// `lifecycle { enabled = ... }`.
    Enabled,
    /// Encrypted states and plans.
    Encryption,
    /// `-exclude`.
    Exclude,
}

impl Feature {
    /// Since which versions of Terraform and of OpenTofu it is there, and what it is called.
    const fn known(self) -> (Option<Version>, Option<Version>, &'static str) {
        match self {
            Self::Identity => (Some((1, 12)), Some((1, 12)), "resource identities"),
            Self::Query => (Some((1, 14)), None, "`terraform query`"),
            Self::Removed => (Some((1, 7)), Some((1, 10)), "`removed` blocks with `destroy = false`"),
            Self::Forget => (Some((1, 16)), Some((1, 12)), "`lifecycle { destroy = false }`"),
            Self::ProviderForEach => (None, Some((1, 9)), "provider blocks with `for_each`"),
            Self::Enabled => (None, Some((1, 11)), "`lifecycle { enabled = ... }`"),
            Self::Encryption => (None, Some((1, 7)), "state encryption"),
            Self::Exclude => (None, Some((1, 9)), "`-exclude`"),
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (terraform, opentofu, words) = self.known();
        let host = |name: &str, since: Option<Version>| since.map(|(major, minor)| format!("{name} {major}.{minor}"));
        let hosts = [host("Terraform", terraform), host("OpenTofu", opentofu)];
        let hosts: Vec<String> = hosts.into_iter().flatten().collect();
        write!(formatter, "{words} ({} or newer)", hosts.join(", "))
    }
}

impl fmt::Display for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} {}.{}", self.product, self.version.0, self.version.1)
    }
}

impl Program {
    /// The program that this run of the tests is for.
    pub fn of_this_run() -> &'static Self {
        static FOUND: OnceLock<Program> = OnceLock::new();
        FOUND.get_or_init(|| {
            let path = match std::env::var_os(PROGRAM) {
                Some(path) => std::path::absolute(path).unwrap(),
                None => {
                    on_path().expect("these tests run the real `terraform` (or `tofu`): install it and put it on PATH")
                }
            };
            Self::asked(path)
        })
    }

    /// What a program says of itself.
    fn asked(path: PathBuf) -> Self {
        let output = Command::new(&path)
            .arg("version")
            .env("CHECKPOINT_DISABLE", "1")
            .output()
            .unwrap_or_else(|error| panic!("`{}` cannot be started: {error}", path.display()));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (product, version) = parsed(&text).unwrap_or_else(|| panic!("`{}` is no host: {text}", path.display()));
        Self { path, product, version }
    }

    /// Whether it can do this.
    pub fn has(&self, feature: Feature) -> bool {
        let (terraform, opentofu, _) = feature.known();
        let since = match self.product {
            Product::Terraform => terraform,
            Product::OpenTofu => opentofu,
        };
        since.is_some_and(|since| self.version >= since)
    }

    /// Whether it finds the provider of an `import` block without a resource by `required_providers`. Terraform 1.16.0-rc2 does not.
    pub fn imports_by_required_providers(&self) -> bool {
        self.product != Product::Terraform || self.version != (1, 16)
    }

    /// Whether it writes its state after each object, and not every 20 seconds and at the end, as OpenTofu does from 1.11 on. A
    /// host that is killed has then lost what was done since.
    pub fn writes_each_object(&self) -> bool {
        self.product == Product::Terraform || self.version < (1, 11)
    }
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut candidates = NAMES
        .iter()
        .flat_map(|name| directories.iter().map(move |directory| directory.join(name)));
    candidates.find(|candidate| candidate.is_file())
}

/// Product and version of a line such as `OpenTofu v1.12.6`; warnings may come before it.
fn parsed(text: &str) -> Option<(Product, Version)> {
    text.lines().find_map(parsed_line)
}

fn parsed_line(line: &str) -> Option<(Product, Version)> {
    let (name, version) = line.split_once(" v")?;
    let product = match name {
        "Terraform" => Product::Terraform,
        "OpenTofu" => Product::OpenTofu,
        _ => return None,
    };
    let mut numbers = version.split(['.', '-']).map(|number| number.parse().ok());
    Some((product, (numbers.next()??, numbers.next()??)))
}

static UNRUN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Whether the host of this run can do this. If not, the test that asks is noted, and should end.
#[must_use]
pub fn has(feature: Feature) -> bool {
    let program = Program::of_this_run();
    if program.has(feature) {
        return true;
    }
    // The test's thread has its name.
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let line = format!("{test} needs {feature}, and this is {program}");
    assert!(
        std::env::var_os(HOSTS).is_none_or(|asked| asked != "required"),
        "{line}"
    );
    UNRUN.lock().unwrap_or_else(PoisonError::into_inner).insert(line);
    false
}

/// The tests that did not run so far, each with the reason.
pub fn unrun() -> Vec<String> {
    UNRUN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
        .cloned()
        .collect()
}

#[test]
fn hosts_are_known_by_what_they_say() {
    for (text, expected) in [
        (
            "Terraform v1.11.4\non linux_amd64\n",
            Some((Product::Terraform, (1, 11))),
        ),
        ("Terraform v1.16.0-rc2\n", Some((Product::Terraform, (1, 16)))),
        ("OpenTofu v1.12.6\non linux_amd64\n", Some((Product::OpenTofu, (1, 12)))),
        (
            "\nWarning: a file\n\nOpenTofu v1.11.14\n",
            Some((Product::OpenTofu, (1, 11))),
        ),
        ("Packer v1.11.0\n", None),
        ("Terraform v1\n", None),
        ("", None),
    ] {
        assert_eq!(parsed(text), expected, "{text}");
    }
    let host = |product, version| Program {
        path: PathBuf::new(),
        product,
        version,
    };
    for (product, version, feature, expected) in [
        (Product::Terraform, (1, 11), Feature::Identity, false),
        (Product::Terraform, (1, 15), Feature::Query, true),
        (Product::OpenTofu, (1, 12), Feature::Query, false),
        (Product::OpenTofu, (1, 12), Feature::Forget, true),
        (Product::Terraform, (1, 15), Feature::Forget, false),
        (Product::Terraform, (2, 0), Feature::Exclude, false),
    ] {
        assert_eq!(
            host(product, version).has(feature),
            expected,
            "{product:?} {version:?} {feature:?}"
        );
    }
    assert_eq!(
        Feature::Query.to_string(),
        "`terraform query` (Terraform 1.14 or newer)"
    );
    assert_eq!(
        Feature::Identity.to_string(),
        "resource identities (Terraform 1.12, OpenTofu 1.12 or newer)"
    );
}
