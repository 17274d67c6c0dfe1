//! What can happen next in an apply walk.

use super::scenario::Scenario;
use mde::simulator::HeldCall;

/// One thing that can happen next.
pub enum Choice {
    Start(usize),
    Release(HeldCall),
    Stop,
    Kill(Option<HeldCall>),
}

impl Choice {
    /// How often it is chosen, against the others.
    pub fn weight(&self) -> u32 {
        match self {
            Self::Start(_) | Self::Release(_) => 6,
            Self::Stop => 3,
            Self::Kill(_) => 1,
        }
    }

    /// What it is called in the journal.
    pub fn name(&self) -> String {
        match self {
            Self::Start(slot) => format!("start {}", Scenario::name(*slot)),
            Self::Release(call) => format!("let {} go", call.name()),
            Self::Stop => "Ctrl-C".to_owned(),
            Self::Kill(None) => "kill".to_owned(),
            Self::Kill(Some(call)) => format!("kill, {} carried out", call.name()),
        }
    }
}

/// What the tests read from a held call.
pub trait Held {
    /// Whether it changes rows.
    fn writes(&self) -> bool;
    /// The ids that it deletes.
    fn ids(&self) -> Vec<&str>;
    /// What it is called in the journal.
    fn name(&self) -> String;
}

impl Held for HeldCall {
    fn writes(&self) -> bool {
        self.method != "GET"
    }

    fn ids(&self) -> Vec<&str> {
        let ids = self.body["IndicatorIds"].as_array().into_iter().flatten();
        let single = (self.method == "DELETE").then(|| self.path.rsplit('/').next().unwrap());
        ids.map(|id| id.as_str().unwrap()).chain(single).collect()
    }

    fn name(&self) -> String {
        let items = self.body["Indicators"].as_array().into_iter().flatten();
        let text = |item: &serde_json::Value, name: &str| item[name].as_str().unwrap_or("?").to_owned();
        let rows = items.map(|item| format!("{} {}", text(item, "indicatorValue"), text(item, "action")));
        let parts: Vec<String> = rows.chain(self.ids().into_iter().map(str::to_owned)).collect();
        format!(
            "{} {} [{}]",
            self.method,
            self.path.rsplit('/').next().unwrap(),
            parts.join(", ")
        )
    }
}
