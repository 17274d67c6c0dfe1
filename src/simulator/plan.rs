//! Which faults happen to which call.
//!
//! **Invariant:** a call has at most one fault that decides what its client gets; another one waits for the next call.

use std::time::Duration;

use tokio::sync::watch;

use super::faults::{Fault, FaultKind};
use super::request::Request;

#[derive(Debug)]
struct Pending {
    fault: Fault,
    seen: u32,
}

/// The faults that are still to come.
#[derive(Debug, Default)]
pub struct Faults {
    pending: Vec<Pending>,
    /// Changes whenever the faults are cleared.
    cleared: watch::Sender<()>,
}

/// The moment at which held calls go on.
#[derive(Debug)]
pub struct Release(watch::Receiver<()>);

impl Release {
    /// Waits for it.
    pub async fn wait(mut self) {
        // The sender goes only with the simulator, and its calls with it.
        let _ = self.0.changed().await;
    }
}

/// What happens to one call.
#[derive(Debug, Default)]
pub struct Plan {
    /// The kind that decides what the client gets.
    pub decisive: Option<FaultKind>,
    /// All others, in order.
    pub others: Vec<FaultKind>,
}

impl Plan {
    /// By how much the answer is delayed, if it is.
    pub fn latency(&self) -> Option<Duration> {
        let ms = |kind: &FaultKind| {
            if let FaultKind::Latency { ms } = kind {
                Some(*ms)
            } else {
                None
            }
        };
        self.others
            .iter()
            .filter_map(ms)
            .reduce(u64::saturating_add)
            .map(Duration::from_millis)
    }

    /// Whether the call waits until the faults are cleared.
    pub fn holds(&self) -> bool {
        self.others.contains(&FaultKind::Hold {})
    }

    /// How many results an import leaves out.
    pub fn missing_results(&self) -> usize {
        let missing = |kind: &FaultKind| {
            if let FaultKind::ShortResults { missing } = kind {
                *missing
            } else {
                0
            }
        };
        self.others.iter().map(missing).fold(0, usize::saturating_add)
    }

    /// Whether an import answers in another order.
    pub fn shuffles(&self) -> bool {
        self.others.contains(&FaultKind::ShuffleResults {})
    }

    /// Why an item with this value and this action fails, if it shall.
    pub fn failure(&self, value: &str, action: &str) -> Option<&str> {
        let among = |values: &[String]| values.iter().any(|other| other == value);
        self.others.iter().find_map(|kind| match kind {
            FaultKind::FailItems { values, reason } if among(values) => Some(reason.as_str()),
            FaultKind::FailAction {
                action: only,
                values,
                reason,
            } if only == action && among(values) => Some(reason.as_str()),
            _ => None,
        })
    }
}

impl Faults {
    /// Adds faults behind those that are still to come.
    pub fn add(&mut self, faults: Vec<Fault>) {
        let some = faults.into_iter().filter(|fault| fault.times > 0);
        self.pending.extend(some.map(|fault| Pending { fault, seen: 0 }));
    }

    /// Forgets the faults that are still to come, and lets held calls go on.
    pub fn clear(&mut self) {
        self.pending.clear();
        self.cleared.send_replace(());
    }

    /// When a call goes on that is held from now on.
    pub fn release(&self) -> Release {
        Release(self.cleared.subscribe())
    }

    /// What happens to this call. A fault that would decide what the client gets waits for the next matching call if an
    /// earlier one decides this call.
    pub fn plan(&mut self, request: &Request) -> Plan {
        let mut plan = Plan::default();
        for Pending { fault, seen } in &mut self.pending {
            if !fault.matches(request) {
                continue;
            }
            *seen = seen.saturating_add(1);
            let decisive = fault.kind.is_decisive();
            if *seen <= fault.after || (decisive && plan.decisive.is_some()) {
                continue;
            }
            fault.times = fault.times.saturating_sub(1);
            if decisive {
                plan.decisive = Some(fault.kind.clone());
            } else {
                plan.others.push(fault.kind.clone());
            }
        }
        self.pending.retain(|pending| pending.fault.times > 0);
        plan
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    fn status(code: u16) -> FaultKind {
        FaultKind::Status {
            code,
            message: None,
            retry_after: None,
        }
    }

    fn codes(faults: &mut Faults, calls: usize) -> Vec<u16> {
        let request = Request::new(Method::GET, "/api/indicators", "", String::new());
        let code = |plan: Plan| {
            if let Some(FaultKind::Status { code, .. }) = plan.decisive {
                code
            } else {
                0
            }
        };
        (0..calls).map(|_| code(faults.plan(&request))).collect()
    }

    #[test]
    fn faults_fire_one_after_the_other() {
        let mut faults = Faults::default();
        faults.add(vec![Fault::new(status(500)).times(2), Fault::new(status(503))]);
        assert_eq!(codes(&mut faults, 4), [500, 500, 503, 0]);
        faults.add(vec![Fault::new(status(500)).after(1), Fault::new(status(503)).after(3)]);
        assert_eq!(codes(&mut faults, 5), [0, 500, 0, 503, 0]);
        faults.add(vec![
            Fault::new(status(500)).on("POST", "/indicators"),
            Fault::new(status(503)).times(0),
        ]);
        assert_eq!(codes(&mut faults, 1), [0]);
    }
}
