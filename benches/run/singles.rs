//! One resource for each indicator, as `for_each` makes them.

use super::data;
use super::report::Report;
use super::tenant::{Calls, Tenant};
use super::workspace::{Run, Workspace, csv};
use serde::{Deserialize, Serialize};

/// One step of many single resources.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Single {
    pub size: usize,
    pub parallelism: usize,
    /// Indicators in one call at most.
    pub batch_size: usize,
    pub name: String,
    pub run: Run,
    pub calls: Calls,
}

/// Terraform's own default.
const DEFAULT: usize = 10;
/// As many operations as the provider can ever be shown at once in these runs.
const HIGH: usize = 1_000;

pub fn measure(report: &mut Report, tenant: &Tenant) {
    // One call for each indicator is what a provider does that merges nothing. Beyond 30 a minute it would only wait.
    live(report, tenant, 10, DEFAULT, 1);
    for size in [10, 100, 1_000] {
        for parallelism in [DEFAULT, HIGH] {
            live(report, tenant, size, parallelism, 500);
        }
    }
}

fn live(report: &mut Report, tenant: &Tenant, size: usize, parallelism: usize, batch_size: usize) {
    tenant.empty();
    let workspace = Workspace::with_provider(tenant.environment());
    workspace.write("list.csv", &csv(&data::rows(size)));
    workspace.main(&format!(
        r#"provider "mde" {{
  batch_size = {batch_size}
}}

locals {{
  rows = {{ for row in csvdecode(file("list.csv")) : row.value => row }}
}}

resource "mde_indicator" "each" {{
  for_each    = local.rows
  value       = each.key
  severity    = each.value.severity
  description = each.value.description
  action      = "Block"
  title       = "C2"
}}
"#
    ));
    let parallel = format!("-parallelism={parallelism}");
    for (name, arguments) in [
        ("first apply", vec!["apply", "-auto-approve", &parallel]),
        ("plan without changes", vec!["plan", "-detailed-exitcode", &parallel]),
        ("destroy", vec!["destroy", "-auto-approve", &parallel]),
    ] {
        let (run, calls) = tenant.during(|| workspace.run(&arguments, 0));
        report.add_single(Single {
            size,
            parallelism,
            batch_size,
            name: name.to_owned(),
            run,
            calls,
        });
    }
    assert_eq!(tenant.count(), 0, "the tenant is not empty after the end");
}
