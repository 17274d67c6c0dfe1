//! Plans and logs in the form in which Terraform writes them.

use crate::report::{Report, Style};
use serde_json::{Value as Json, json};

/// A plan and a log, put together piece by piece.
#[derive(Debug, Clone)]
pub struct Sample {
    plan: Json,
    lines: Vec<Json>,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            plan: json!({
                "format_version": "1.2", "terraform_version": "1.11.4", "timestamp": "2026-11-26T17:42:15Z",
                "resource_changes": [], "resource_drift": [], "deferred_changes": [], "checks": [],
                "prior_state": {"values": {"root_module": {"resources": []}}},
                "planned_values": {"ignored": true}, "configuration": {"ignored": [1]},
                "applyable": true, "complete": true, "errored": false,
            }),
            lines: vec![json!({"@level": "info", "@message": "Terraform 1.11.4", "type": "version"})],
        }
    }
}

/// A set with these attributes on top of an action.
pub fn set(attributes: Json) -> Json {
    merged(
        json!({"action": "Block", "counts": {"Block": 1}, "record": "{\"ids\":\"1\"}"}),
        attributes,
    )
}

/// A single indicator with these attributes on top of an action and a title.
pub fn single(value: &str, attributes: Json) -> Json {
    merged(
        json!({"value": value, "action": "Block", "title": "one", "id": "1"}),
        attributes,
    )
}

fn merged(mut base: Json, over: Json) -> Json {
    for (name, value) in over.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

fn resource(address: &str, actions: &[&str], before: Option<&Json>, after: Option<&Json>) -> Json {
    let mut rest = address;
    let mut module = None;
    if let Some((path, inner)) = address.rsplit_once("].mde_").filter(|_| address.starts_with("module.")) {
        module = Some(format!("{path}]"));
        rest = &address[address.len() - inner.len() - 4..];
    }
    let mode = if rest.starts_with("data.") { "data" } else { "managed" };
    let rest = rest.trim_start_matches("data.");
    let (kind, name) = rest.split_once('.').unwrap();
    json!({
        "address": address, "module_address": module, "mode": mode, "type": kind,
        "name": name.split('[').next().unwrap(), "provider_name": "terraform.local/mde/mde",
        "change": {
            "actions": actions, "before": before, "after": after,
            "after_unknown": {}, "before_sensitive": {"record": true}, "after_sensitive": {"record": true},
        },
    })
}

impl Sample {
    fn push(mut self, list: &str, item: Json) -> Self {
        self.plan[list].as_array_mut().unwrap().push(item);
        self
    }

    fn last(&mut self) -> &mut Json {
        self.plan["resource_changes"]
            .as_array_mut()
            .unwrap()
            .last_mut()
            .unwrap()
    }

    pub fn resource(self, address: &str, actions: &[&str], before: Option<&Json>, after: Option<&Json>) -> Self {
        self.push("resource_changes", resource(address, actions, before, after))
    }

    pub fn other(self, address: &str, actions: &[&str]) -> Self {
        self.resource(address, actions, None, Some(&json!({"a": 1})))
    }

    pub fn drift(self, address: &str, before: Option<&Json>, after: Option<&Json>) -> Self {
        self.push("resource_drift", resource(address, &["update"], before, after))
    }

    /// Marks parts of the last resource as sensitive.
    pub fn sensitive(mut self, marks: Json) -> Self {
        let change = &mut self.last()["change"];
        change["before_sensitive"] = marks.clone();
        change["after_sensitive"] = marks;
        self
    }

    /// Marks parts of the last resource as known only after apply.
    pub fn unknown(mut self, marks: Json) -> Self {
        self.last()["change"]["after_unknown"] = marks;
        self
    }

    pub fn reason(mut self, reason: &str) -> Self {
        self.last()["action_reason"] = reason.into();
        self
    }

    pub fn moved_from(mut self, address: &str) -> Self {
        self.last()["previous_address"] = address.into();
        self
    }

    pub fn imported(mut self, id: &str) -> Self {
        self.last()["change"]["importing"] = json!({ "id": id });
        self
    }

    pub fn deferred(self, address: &str, reason: &str) -> Self {
        let change = resource(address, &["create"], None, Some(&set(json!({}))));
        self.push("deferred_changes", json!({"reason": reason, "resource_change": change}))
    }

    pub fn check(self, address: &str, problem: &str) -> Self {
        self.push(
            "checks",
            json!({
                "address": {"kind": "check", "to_display": address}, "status": "fail",
                "instances": [{"address": {"to_display": address}, "status": "fail", "problems": [{"message": problem}]}],
            }),
        )
    }

    pub fn incomplete(mut self) -> Self {
        self.plan["complete"] = false.into();
        self
    }

    /// As OpenTofu writes it: without two of the members.
    pub fn of_opentofu(mut self) -> Self {
        let plan = self.plan.as_object_mut().unwrap();
        plan.retain(|name, _| !matches!(name.as_str(), "applyable" | "complete"));
        self.lines = vec![json!({
            "@level": "info", "@message": "OpenTofu 1.12.6", "@module": "tofu.ui", "tofu": "1.12.6", "type": "version",
            "ui": "1.2",
        })];
        self
    }

    pub fn errored(mut self) -> Self {
        self.plan["errored"] = true.into();
        self
    }

    pub fn capacity(mut self, used: i64, limit: i64) -> Self {
        let resources = self.plan["prior_state"]["values"]["root_module"]["resources"]
            .as_array_mut()
            .unwrap();
        resources.push(json!({
            "address": "data.mde_capacity.tenant", "mode": "data", "type": "mde_capacity", "name": "tenant",
            "values": {"used": used, "limit": limit, "remaining": limit - used, "by_source": {"PublicApi": used}},
        }));
        self
    }

    fn message(mut self, severity: &str, address: &str, summary: &str, detail: &str) -> Self {
        self.lines.push(json!({
            "@level": severity, "@message": summary, "@timestamp": "2026-11-26T17:42:16Z", "type": "diagnostic",
            "diagnostic": {
                "severity": severity, "summary": summary, "detail": detail, "address": address,
                "range": {"filename": "main.tf", "start": {"line": 8, "column": 1, "byte": 1}},
            },
        }));
        self
    }

    pub fn warning(self, address: &str, summary: &str, detail: &str) -> Self {
        self.message("warning", address, summary, detail)
    }

    pub fn error(self, address: &str, summary: &str, detail: &str) -> Self {
        self.message("error", address, summary, detail)
    }

    pub fn summary(mut self, add: u64, change: u64, remove: u64) -> Self {
        self.lines.push(json!({
            "@level": "info", "@message": "Plan", "@timestamp": "2026-11-26T17:42:16Z", "type": "change_summary",
            "changes": {"add": add, "change": change, "import": 0, "remove": remove, "operation": "plan"},
        }));
        self
    }

    pub fn plan_text(&self) -> String {
        self.plan.to_string()
    }

    pub fn log_text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The report of the plan, and of the log if it says anything.
    pub fn report(&self, style: Style) -> Report {
        let log = self.log_text();
        let log = (self.lines.len() > 1).then_some(log.as_bytes());
        Report::read(Some(self.plan_text().as_bytes()), log, style).unwrap()
    }
}
