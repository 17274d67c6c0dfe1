//! What the CLI configuration of Terraform or OpenTofu says of where providers come from.

use crate::cli::terraform::ADDRESS;
use hcl::{Block, Body, Expression};
use std::ffi::OsString;
use std::path::PathBuf;

/// The part of a CLI configuration that decides about this provider.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Where a development override for this provider points to.
    pub overridden: Option<String>,
    /// The file system mirrors that this provider may come from, in their order; `None` if the configuration does not say
    /// where providers come from.
    pub mirrors: Option<Vec<String>>,
    /// Whether sources other than file system mirrors are asked for this provider.
    pub others_are_asked: bool,
}

/// Who reads the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Terraform.
    Terraform,
    /// OpenTofu, which has a file of its own and reads Terraform's in its absence.
    OpenTofu,
}

/// The file that holds the CLI configuration, if there is one.
pub fn file(reader: Reader, variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if let Some(named) = ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"]
        .into_iter()
        .find_map(variable)
    {
        return Some(PathBuf::from(named));
    }
    let (home, terraform, opentofu) = if cfg!(windows) {
        ("APPDATA", "terraform.rc", "tofu.rc")
    } else {
        ("HOME", ".terraformrc", ".tofurc")
    };
    let at_home = |name: &str| Some(PathBuf::from(variable(home)?).join(name));
    let in_xdg = || {
        Some(
            PathBuf::from(variable("XDG_CONFIG_HOME")?)
                .join("opentofu")
                .join("tofurc"),
        )
    };
    let places = match reader {
        Reader::Terraform => [at_home(terraform), None, None],
        Reader::OpenTofu => [at_home(opentofu), at_home(terraform), in_xdg()],
    };
    places.into_iter().flatten().find(|file| file.is_file())
}

impl Configuration {
    /// Reads the text of a CLI configuration.
    ///
    /// # Errors
    /// The place where it is not understood, such as ` in line 3`. The parser's own words are left out, since they quote the
    /// text, which may hold tokens.
    pub fn read(text: &str) -> Result<Self, String> {
        let body = hcl::parse(&in_newer_syntax(text)).map_err(|error| match error {
            hcl::Error::Parse(error) => format!(" in line {}", error.location().line()),
            _ => String::new(),
        })?;
        let mut found = Self::default();
        for installation in blocks(&body, "provider_installation") {
            let mirrors = found.mirrors.get_or_insert_default();
            for attribute in installation
                .body()
                .attributes()
                .filter(|attribute| attribute.key() == "dev_overrides")
            {
                if let Expression::Object(overrides) = attribute.expr() {
                    let ours = overrides
                        .iter()
                        .find(|(key, _)| key.to_string().trim_matches('"') == ADDRESS);
                    found.overridden = ours.and_then(|(_, path)| string(path));
                }
            }
            for method in installation.body().blocks().filter(|method| takes(method)) {
                match method.identifier() {
                    "filesystem_mirror" => mirrors.extend(attribute(method, "path").and_then(string)),
                    "direct" | "network_mirror" | "oci_mirror" => found.others_are_asked = true,
                    _ => {}
                }
            }
        }
        Ok(found)
    }
}

/// The text with development overrides as an attribute. Terraform reads this file in the first version of its language, in
/// which the keys of a block may be quoted; no other part of it makes use of that.
fn in_newer_syntax(text: &str) -> String {
    const NAME: &str = "dev_overrides";
    let mut newer = String::with_capacity(text.len() + 2);
    let mut rest = text;
    while let Some(at) = rest.find(NAME) {
        let (before, after) = rest.split_at(at + NAME.len());
        newer.push_str(before);
        if after.trim_start().starts_with('{') {
            newer.push_str(" =");
        }
        rest = after;
    }
    newer.push_str(rest);
    newer
}

fn blocks<'b>(body: &'b Body, name: &str) -> impl Iterator<Item = &'b Block> {
    body.blocks().filter(move |block| block.identifier() == name)
}

fn attribute<'b>(block: &'b Block, name: &str) -> Option<&'b Expression> {
    let found = block.body().attributes().find(|attribute| attribute.key() == name);
    found.map(hcl::Attribute::expr)
}

fn string(expression: &Expression) -> Option<String> {
    match expression {
        Expression::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// Whether a method of installation is asked for this provider: it is included, or everything is, and it is not excluded.
fn takes(method: &Block) -> bool {
    let patterns = |name: &str| match attribute(method, name) {
        Some(Expression::Array(patterns)) => Some(patterns.iter().filter_map(string).collect::<Vec<_>>()),
        _ => None,
    };
    let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern));
    patterns("include").is_none_or(|patterns| any(&patterns))
        && !patterns("exclude").is_some_and(|patterns| any(&patterns))
}

/// Whether a pattern such as `terraform.local/*/*` means this provider. One without a host means the public registry.
fn matches(pattern: &str) -> bool {
    let (pattern, address): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), ADDRESS.split('/').collect());
    pattern.len() == address.len()
        && pattern
            .iter()
            .zip(address)
            .all(|(pattern, part)| *pattern == "*" || pattern.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Configuration {
        Configuration::read(text).unwrap()
    }

    #[test]
    fn a_configuration_may_say_nothing_of_providers() {
        for text in [
            "",
            "plugin_cache_dir = \"/cache\"\n",
            "credentials \"app.example\" {\n  token = \"t\"\n}\n",
        ] {
            assert_eq!(read(text), Configuration::default());
        }
    }

    #[test]
    fn mirrors_that_take_this_provider_come_in_their_order() {
        let found = read(
            r#"
            provider_installation {
              filesystem_mirror {
                path    = "/first"
                include = ["hashicorp/*", "terraform.local/other/*"]
              }
              filesystem_mirror {
                path    = "/second"
                include = ["terraform.local/*/*"]
              }
              filesystem_mirror {
                path    = "/third"
                exclude = ["terraform.local/mde/mde"]
              }
              filesystem_mirror {
                path = "/fourth"
              }
              direct {
                exclude = ["Terraform.Local/*/*"]
              }
            }"#,
        );
        assert_eq!(found.mirrors.unwrap(), ["/second", "/fourth"]);
        assert!(!found.others_are_asked);
        assert_eq!(found.overridden, None);
    }

    #[test]
    fn an_override_and_other_sources_are_found() {
        let found = read(
            "provider_installation {\n  dev_overrides {\n    \"hashicorp/null\" = \"/n\"\n    \"terraform.local/mde/mde\" = \"/build\"\n  }\n  direct {}\n}\n",
        );
        assert_eq!(found.overridden.as_deref(), Some("/build"));
        assert_eq!(found.mirrors.unwrap(), [""; 0]);
        assert!(found.others_are_asked);
    }

    #[test]
    fn what_is_not_understood_is_told_by_its_line_alone() {
        let told = Configuration::read("credentials \"a\" {\n  token = \"secret\n}\n").unwrap_err();
        assert!(told.starts_with(" in line "), "{told}");
        assert!(!told.contains("secret"));
    }

    #[test]
    fn the_file_is_the_one_that_the_host_reads() {
        let named = |name: &str| (name == "TF_CLI_CONFIG_FILE").then(|| OsString::from("/named"));
        assert_eq!(file(Reader::Terraform, &named), Some(PathBuf::from("/named")));
        assert_eq!(file(Reader::OpenTofu, &named), Some(PathBuf::from("/named")));
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_owned();
        let at_home = move |name: &str| {
            ["HOME", "APPDATA", "XDG_CONFIG_HOME"]
                .contains(&name)
                .then(|| path.clone().into_os_string())
        };
        let found = |reader: Reader| file(reader, &at_home);
        assert_eq!((found(Reader::Terraform), found(Reader::OpenTofu)), (None, None));
        let names = if cfg!(windows) {
            ["terraform.rc", "tofu.rc"]
        } else {
            [".terraformrc", ".tofurc"]
        };
        let [terraform, opentofu] = names.map(|name| home.path().join(name));
        let xdg = home.path().join("opentofu/tofurc");
        std::fs::create_dir(home.path().join("opentofu")).unwrap();
        for (file, for_terraform) in [
            (&xdg, None),
            (&terraform, Some(&terraform)),
            (&opentofu, Some(&terraform)),
        ] {
            std::fs::write(file, "").unwrap();
            assert_eq!(found(Reader::Terraform).as_ref(), for_terraform);
            assert_eq!(found(Reader::OpenTofu).as_ref(), Some(file));
        }
    }
}
