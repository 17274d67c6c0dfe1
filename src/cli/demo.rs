//! The whole chain on one screen: the real terraform, this provider, and the simulator as the tenant.

use super::terraform::{ADDRESS, Terraform};
use super::with_causes;
use crate::simulator::{Options, Simulator};
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How many lines of Terraform's output one step shows.
const SHOWN: usize = 40;
/// Domains, addresses and hashes in the example's list.
const ROWS: [usize; 3] = [400, 200, 600];

/// Runs all steps with the host, or the one that is found on PATH; ends with an error if one differs from what it should be.
/// Leaves nothing behind.
pub async fn run(host: Option<PathBuf>, output: &mut (dyn Write + Send)) -> Result<(), String> {
    let directory = tempfile::tempdir().map_err(|error| format!("no temporary directory can be made: {error}"))?;
    let certificates = directory.path().join("simulator");
    let simulator = Simulator::start(Options {
        directory: Some(certificates),
        ..Options::default()
    })
    .await
    .map_err(|error| format!("the simulator cannot start: {}", with_causes(&error)))?;
    let terraform = Terraform::new(directory.path(), simulator.environment(), host)?;
    write_configuration(directory.path())?;
    let mut demo = Demo {
        output,
        terraform,
        simulator,
        step: 0,
    };
    demo.all().await
}

struct Demo<'a> {
    output: &'a mut (dyn Write + Send),
    terraform: Terraform,
    simulator: Simulator,
    step: usize,
}

impl Demo<'_> {
    async fn all(&mut self) -> Result<(), String> {
        let rows: usize = ROWS.iter().sum();
        self.say(&format!(
            "A simulated Defender tenant serves at {}. The configuration blocks {rows} indicators from a CSV list in one \
             `mde_indicator_set`, and audits one more.\n",
            self.simulator.url()
        ))?;
        self.terraform("The pull request is checked without credentials.", &["validate"], 0)
            .await?;
        self.terraform(
            "The plan says what would be created.",
            &["plan", "-detailed-exitcode"],
            2,
        )
        .await?;
        self.terraform("The apply imports in batches of 500.", &["apply", "-auto-approve"], 0)
            .await?;
        self.rows(rows + 1)?;
        self.terraform(
            "Nothing changed, so the nightly check is clean.",
            &["plan", "-detailed-exitcode"],
            0,
        )
        .await?;
        self.portal()?;
        self.terraform(
            "The nightly check finds it, and says who did it.",
            &["plan", "-detailed-exitcode"],
            2,
        )
        .await?;
        self.terraform(
            "The next apply puts it right with one import call.",
            &["apply", "-auto-approve"],
            0,
        )
        .await?;
        self.rows(rows + 1)?;
        self.terraform("Clean again.", &["plan", "-detailed-exitcode"], 0)
            .await?;
        self.terraform(
            "The end: everything that was made is deleted.",
            &["destroy", "-auto-approve"],
            0,
        )
        .await?;
        self.rows(0)?;
        self.calls()
    }

    fn say(&mut self, text: &str) -> Result<(), String> {
        writeln!(self.output, "{text}")
            .and_then(|()| self.output.flush())
            .map_err(|error| error.to_string())
    }

    fn heading(&mut self, text: &str) -> Result<(), String> {
        self.step += 1;
        let step = self.step;
        self.say(&format!("\n== {step}. {text}"))
    }

    async fn terraform(&mut self, heading: &str, arguments: &[&str], expected: i32) -> Result<(), String> {
        self.heading(heading)?;
        self.say(&format!("$ {} {}", self.terraform.name(), arguments.join(" ")))?;
        let ran = self.terraform.run(arguments).await?;
        self.say(&excerpt(&ran.output))?;
        if ran.code == Some(expected) {
            return Ok(());
        }
        let code = ran.code.map_or("a signal".into(), |code| format!("exit code {code}"));
        Err(format!(
            "step {} ended with {code} instead of {expected}. Its whole output:\n{}",
            self.step, ran.output
        ))
    }

    /// Checks how many rows the tenant holds.
    fn rows(&mut self, expected: usize) -> Result<(), String> {
        let rows = self.simulator.rows().len();
        self.say(&format!("The tenant now holds {rows} indicators."))?;
        if rows == expected {
            Ok(())
        } else {
            Err(format!("the tenant should hold {expected} indicators"))
        }
    }

    /// Somebody changes one row and deletes another in the portal.
    fn portal(&mut self) -> Result<(), String> {
        self.heading("Meanwhile, somebody allows a blocked domain and deletes an address in the portal.")?;
        let mut rows = self.simulator.rows();
        let is = |row: &serde_json::Value, value: &str| row["indicatorValue"] == value;
        let before = rows.len();
        rows.retain(|row| !is(row, "198.51.100.7"));
        if rows.len() + 1 != before {
            return Err("the address that should be deleted in the portal is not there".into());
        }
        let changed = rows
            .iter_mut()
            .find(|row| is(row, "c2-7.example.net"))
            .ok_or("the domain to change is not there")?;
        changed["action"] = "Allowed".into();
        changed["lastUpdatedBy"] = "eve@contoso.example".into();
        changed["lastUpdateTime"] = jiff::Timestamp::now().to_string().into();
        self.simulator.put_rows(rows).map_err(|error| error.to_string())
    }

    fn calls(&mut self) -> Result<(), String> {
        let calls = self.simulator.calls();
        let count = |method: &str, end: &str| {
            calls
                .iter()
                .filter(|call| call.method == method && call.path.ends_with(end))
                .count()
        };
        let throttled = calls.iter().filter(|call| call.status == 429).count();
        self.say(&format!(
            "\nDone. API calls in all: {} imports, {} listings, {} batch deletes, {} sign-ins; {throttled} were throttled.",
            count("POST", "/indicators/import"),
            count("GET", "/indicators"),
            count("POST", "/indicators/BatchDelete"),
            count("POST", "/token"),
        ))?;
        if throttled == 0 {
            Ok(())
        } else {
            Err("no call should have been throttled".into())
        }
    }
}

/// What a person wants to see of Terraform's output: without the note about the development set-up, unless the output refers
/// to it, and not all rows.
fn excerpt(output: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let is_referred_to = output.contains("validation warnings as shown above");
    let mut in_note = false;
    for line in output.lines().filter(|line| !line.trim().is_empty()) {
        in_note |= line.contains("Provider development overrides are in effect");
        if is_referred_to || !in_note {
            lines.push(line);
        }
        // The note's last words, in Terraform and OpenTofu alike.
        in_note &= !line.trim_end().ends_with("releases.");
    }
    let tail = SHOWN / 2;
    if lines.len() <= SHOWN {
        return lines.join("\n");
    }
    let mut text = lines[..SHOWN - tail].join("\n");
    let _ = write!(text, "\n    ... {} more lines ...\n", lines.len() - SHOWN);
    text.push_str(&lines[lines.len() - tail..].join("\n"));
    text
}

fn write_configuration(directory: &Path) -> Result<(), String> {
    let mut list = String::from("value,severity,description\n");
    for number in 0..ROWS[0] {
        let _ = writeln!(list, "c2-{number}.example.net,High,command and control");
    }
    for number in 0..ROWS[1] {
        let _ = writeln!(list, "198.51.100.{number},,seen in case {}", 40 + number / 50);
    }
    for number in 0..ROWS[2] {
        // Any 64 hexadecimal digits have the form of a SHA-256.
        let _ = writeln!(list, "{:064x},Medium,dropper", 0x5eed_0000_u64 + number as u64);
    }
    let configuration = format!(
        r#"terraform {{
  required_providers {{
    mde = {{ source = "{ADDRESS}" }}
  }}
}}

# Credentials come from ARM_TENANT_ID, ARM_CLIENT_ID and ARM_CLIENT_SECRET.
provider "mde" {{
  protected = ["contoso.example"]
}}

# A list in Git: rows with a value, a severity and a description; everything else is said once.
resource "mde_indicator_set" "c2" {{
  action      = "Block"
  title       = "C2 infrastructure"
  description = "Tracked in intel/c2.csv"
  severity    = "High"
  indicators  = provider::mde::parse_csv(file("${{path.module}}/intel/c2.csv"))
}}

resource "mde_indicator" "watched" {{
  value          = "https://downloads.example.org/setup.exe"
  action         = "Audit"
  generate_alert = true
  title          = "Under observation"
  description    = "Case 42"
}}
"#
    );
    let write = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))
    };
    std::fs::create_dir_all(directory.join("intel")).map_err(|error| error.to_string())?;
    write("intel/c2.csv", &list)?;
    write("main.tf", &configuration)
}
