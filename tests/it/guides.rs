//! What the pages for people show: configurations that are formatted and valid, scripts that a shell can read, commands and
//! options that exist.

use crate::support::{Feature, PROGRAM, Tenant, Workspace, has};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A block of code on a page.
struct Block {
    /// Page and line, for messages.
    place: String,
    text: String,
}

/// All pages that are written by hand.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(ROOT);
    let entries = fs::read_dir(root.join("docs/guides")).unwrap();
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    let papers = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "examples/gitops/README.md",
    ];
    pages.extend(papers.map(|name| root.join(name)));
    pages.sort();
    pages
}

/// The blocks of code in these languages on all pages but the example's, which has tests of its own.
fn blocks(languages: &[&str]) -> Vec<Block> {
    let mut found = Vec::new();
    for page in pages()
        .into_iter()
        .filter(|page| !page.starts_with(Path::new(ROOT).join("examples")))
    {
        let text = fs::read_to_string(&page).unwrap();
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(language) = line.trim_start().strip_prefix("```") else {
                continue;
            };
            let indent = line.len() - line.trim_start().len();
            let inner = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| line.trim() != "```");
            let text: String = inner
                .map(|line| format!("{}\n", line.get(indent..).unwrap_or_default()))
                .collect();
            if languages.contains(&language) {
                let place = format!("{name}:{}", number + 1);
                found.push(Block { place, text });
            }
        }
    }
    found
}

/// What stands between the marks, for each place where both are.
fn between<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    let parts = text.split(open).skip(1);
    parts.filter_map(|part| Some(part.split_once(close)?.0)).collect()
}

/// The names that follow these words in the text.
fn names(text: &str, before: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let parts = text.split(before).skip(1);
    parts
        .map(|part| part.chars().take_while(|letter| is_part(*letter)).collect())
        .collect()
}

/// What a page leaves to its reader: where the provider comes from, variables, values and resources that another block declares.
fn completed(text: &str) -> String {
    let mut whole = text.to_owned();
    if !text.contains("required_providers") {
        whole.push_str(
            "\nterraform {\n  required_providers {\n    mde = { source = \"terraform.local/mde/mde\" }\n  }\n}\n",
        );
    }
    for name in names(text, "var.") {
        if !text.contains(&format!("variable \"{name}\"")) {
            whole.push_str(&format!("\nvariable \"{name}\" {{}}\n"));
        }
    }
    for name in names(text, "local.") {
        if !text.contains(&format!("  {name} = ")) {
            whole.push_str(&format!("\nlocals {{\n  {name} = \"{{}}\"\n}}\n"));
        }
    }
    for kind in ["mde_indicator", "mde_indicator_set"] {
        for name in names(text, &format!(" = {kind}.")) {
            if text.contains(&format!("resource \"{kind}\" \"{name}\"")) {
                continue;
            }
            let rest = match kind {
                "mde_indicator" => "value = \"evil.example\"\n  title = \"One\"\n  description = \"One\"",
                _ => "indicators = {}",
            };
            whole.push_str(&format!(
                "\nresource \"{kind}\" \"{name}\" {{\n  action = \"Block\"\n  {rest}\n}}\n"
            ));
        }
    }
    whole
}

/// Whether this host can read all of the block.
fn is_for_this_host(text: &str) -> bool {
    let needs = |feature: Feature, words: &[&str]| !words.iter().all(|word| text.contains(word)) || has(feature);
    needs(Feature::Identity, &["import {", "identity = {"])
        && needs(Feature::Removed, &["removed {"])
        && needs(Feature::ProviderForEach, &["mde.each["])
}

#[tokio::test]
async fn every_configuration_is_formatted_and_valid() {
    let tenant = Tenant::start().await;
    let mut validated = 0;
    for Block { place, text, .. } in blocks(&["terraform", "hcl"]) {
        let mut workspace = Workspace::new(&tenant);
        let is_fragment = text.lines().next().is_some_and(|line| line.contains(" = "));
        let inner: String = text.lines().map(|line| format!("  {line}\n")).collect();
        let text = if is_fragment {
            format!("locals {{\n{inner}}}\n")
        } else {
            text
        };
        workspace.write("main.tf", &text);
        let ran = workspace.run(&["fmt", "-check", "-diff"]).await;
        assert_eq!(ran.code, 0, "{place}:\n{}", ran.output);
        // In these, something is left out, or they stand in files of another kind.
        let is_part = text.contains("# ...")
            || ["list ", "provider_installation "]
                .iter()
                .any(|start| text.starts_with(start));
        if is_part || !is_for_this_host(&text) {
            continue;
        }
        for file in between(&text, "file(\"", "\")") {
            let file = file.trim_start_matches("${path.module}/");
            if file.contains("${") {
                continue;
            }
            let path = workspace.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let list = if file.ends_with(".json") {
                "{}"
            } else {
                "value,title,description\nevil.example,One,One\n"
            };
            fs::write(path, list).unwrap();
        }
        workspace.write("main.tf", &completed(&text));
        workspace.unset("ARM_CLIENT_SECRET");
        let ran = workspace.run(&["validate"]).await;
        assert_eq!(ran.code, 0, "{place}:\n{}", ran.output);
        validated += 1;
    }
    assert!(validated >= 15, "{validated}");
}

#[tokio::test]
async fn getting_started_arrives_where_it_says() {
    let of_page = |language: &str| {
        let all = blocks(&[language]).into_iter();
        let mut own = all.filter(|block| block.place.starts_with("getting-started.md"));
        own.next().unwrap().text
    };
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let list = of_page("csv");
    fs::create_dir(workspace.path().join("intel")).unwrap();
    workspace.write("intel/c2.csv", &list);
    // The version stands for what is installed; here it comes from an override.
    workspace.write("main.tf", &of_page("terraform"));
    workspace.run(&["validate"]).await.expect(0);
    workspace.apply().await.expect(0);
    assert_eq!(tenant.simulator.rows().len(), list.lines().count() - 1);
    workspace
        .run(&["plan", "-detailed-exitcode", "-input=false"])
        .await
        .expect(0);

    let shorter: String = list
        .lines()
        .filter(|line| !line.contains("evil.example"))
        .map(|line| format!("{line}\n"))
        .collect();
    workspace.write("intel/c2.csv", &shorter);
    let ran = workspace
        .run(&["plan", "-detailed-exitcode", "-input=false"])
        .await
        .expect(2);
    let told: Vec<String> = ran
        .warnings()
        .iter()
        .map(|warning| format!("Warning: {warning}\n"))
        .collect();
    assert_eq!(told, [of_page("text")]);
}

/// What a heading is called in links.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut followed = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in between(&text, "](", ")")
            .into_iter()
            .filter(|link| !link.contains("://"))
        {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap().join(file)
            };
            assert!(target.exists(), "{}: {link}", page.display());
            if !heading.is_empty() {
                let there = fs::read_to_string(&target).unwrap();
                let mut headings = there.lines().filter(|line| line.starts_with('#'));
                assert!(
                    headings.any(|line| anchor(line) == heading),
                    "{}: {link}",
                    page.display()
                );
            }
            followed += 1;
        }
    }
    assert!(followed >= 40, "{followed}");
}

#[test]
fn every_command_and_option_exists() {
    let help = |command: &str| {
        let output = Command::new(PROGRAM).args([command, "--help"]).output().unwrap();
        assert!(output.status.success(), "`{command}` is no command");
        String::from_utf8(output.stdout).unwrap()
    };
    let mut seen = BTreeSet::new();
    for Block { place, text, .. } in blocks(&["sh", "shell", "yaml"]) {
        let joined = text.replace("\\\n", " ");
        for line in joined.lines() {
            // A word that is not part of a path or a name, with what follows up to the next command.
            for marked in ["terraform-provider-mde ", "cargo run --release -- ", "cargo run -- "] {
                let Some((_, rest)) = line.split_once(marked) else {
                    continue;
                };
                let rest = rest.split([';', '|', '>', '&', '#']).next().unwrap_or_default();
                let own = rest.split(" -- ").next().unwrap_or_default();
                let mut words = own.split_whitespace();
                let Some(command) = words.next().filter(|word| !word.starts_with('-')) else {
                    continue;
                };
                let help = help(command);
                for option in words.filter(|word| word.starts_with("--")) {
                    let name = option.split('=').next().unwrap_or_default();
                    assert!(
                        help.split([' ', '\n', ',', '=', '[']).any(|word| word == name),
                        "{place}: `{command}` has no {name}"
                    );
                }
                seen.insert(command.to_owned());
            }
        }
    }
    for command in [
        "check", "simulate", "lint", "report", "export", "convert", "install", "demo",
    ] {
        assert!(seen.contains(command), "no page shows `{command}`: {seen:?}");
    }
}

#[cfg(unix)]
#[test]
fn every_script_and_pipeline_can_be_read() {
    let pipelines = blocks(&["yaml"]);
    for Block { text, .. } in &pipelines {
        crate::gitops::yaml::read(text);
    }
    let scripts = blocks(&["sh", "shell"]);
    for Block { place, text } in &scripts {
        crate::workflows::assert_is_script(place, text);
    }
    assert!(pipelines.len() >= 10 && scripts.len() >= 30);
}
