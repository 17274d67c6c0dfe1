//! A small double of the service, without limits, which are what the tests measure.

use super::VirtualClock;
use crate::defender::clock::Clock;
use crate::defender::http::{Message, Reply, Transport, TransportError, TransportTrouble};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use serde_json::{Value, json as value};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// What the double answers.
type Answer = Result<Reply, TransportError>;

type Always = Box<dyn Fn(&mut Tenant, &Call) -> Answer + Send>;

type Script = Box<dyn FnOnce(&mut Tenant, &Call) -> Answer + Send>;

/// A call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub at: Duration,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub authorization: String,
    pub body: Value,
}

impl Call {
    /// How many items it carries.
    pub fn items(&self) -> usize {
        ["Indicators", "IndicatorIds"]
            .iter()
            .filter_map(|name| self.body[name].as_array())
            .map(Vec::len)
            .sum()
    }

    /// Whether it asks for a further page of a listing.
    fn goes_on(&self) -> bool {
        self.number("$skip").is_some_and(|skip| skip > 0)
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| value.parse().ok())
    }
}

/// The rows of the tenant.
#[derive(Default)]
pub(crate) struct Tenant {
    pub rows: BTreeMap<u64, Value>,
    next_id: u64,
    /// Where the row of an identity is, or was.
    ids: HashMap<String, u64>,
    /// Listings carry a link to the next page.
    pub links: bool,
}

/// The double.
pub(crate) struct Service {
    clock: Arc<VirtualClock>,
    tenant: Mutex<Tenant>,
    script: Mutex<VecDeque<Script>>,
    /// Answers what no script does, in place of the tenant.
    always: Mutex<Option<Always>>,
    calls: Mutex<Vec<Call>>,
    latency: Mutex<Duration>,
    pub tokens: Arc<AtomicUsize>,
}

impl Service {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            clock: VirtualClock::shared(),
            tenant: Mutex::default(),
            script: Mutex::default(),
            always: Mutex::default(),
            calls: Mutex::default(),
            latency: Mutex::default(),
            tokens: Arc::default(),
        })
    }

    pub fn clock(&self) -> Arc<VirtualClock> {
        Arc::clone(&self.clock)
    }

    pub fn tenant(&self) -> MutexGuard<'_, Tenant> {
        self.tenant.lock().unwrap()
    }

    /// Every call takes this long from now on.
    pub fn set_latency(&self, latency: Duration) {
        *self.latency.lock().unwrap() = latency;
    }

    /// The next call for which no script stands yet is answered like this.
    pub fn next(&self, script: impl FnOnce(&mut Tenant, &Call) -> Answer + Send + 'static) {
        self.script.lock().unwrap().push_back(Box::new(script));
    }

    /// The next calls are answered like this.
    pub fn next_times(&self, times: usize, script: impl Fn(&mut Tenant, &Call) -> Answer + Send + Clone + 'static) {
        (0..times).for_each(|_| self.next(script.clone()));
    }

    /// All calls without a script are answered like this from now on.
    pub fn always(&self, answer: impl Fn(&mut Tenant, &Call) -> Answer + Send + 'static) {
        *self.always.lock().unwrap() = Some(Box::new(answer));
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Last part of the path, and items, of each call. A listing counts once, by its first page.
    pub fn log(&self) -> Vec<String> {
        let line = |call: &Call| match call.items() {
            0 => call.path.rsplit('/').next().unwrap().to_owned(),
            items => format!("{} {items}", call.path.rsplit('/').next().unwrap()),
        };
        self.calls().iter().filter(|call| !call.goes_on()).map(line).collect()
    }

    /// Calls to this path; a listing counts once, by its first page.
    pub fn count(&self, path: &str) -> usize {
        let calls = self.calls();
        calls
            .iter()
            .filter(|call| call.path.ends_with(path) && !call.goes_on())
            .count()
    }

    /// A tenant with so many domains, named as [`super::domains`] names them, with ids from 1.
    pub fn fill(&self, count: usize) {
        let mut tenant = self.tenant();
        for domain in super::domains(count) {
            let item = value!({
                "indicatorValue": domain.value, "indicatorType": "DomainName", "action": "Block",
            });
            tenant.upsert(&item);
        }
    }
}

impl Tenant {
    fn upsert(&mut self, item: &Value) -> u64 {
        let identity = ["indicatorValue", "indicatorType", "action"]
            .map(|name| item[name].to_string())
            .join(" ");
        let known = self.ids.get(&identity).copied().filter(|id| self.rows.contains_key(id));
        let id = known.unwrap_or_else(|| {
            self.next_id += 1;
            self.next_id
        });
        self.ids.insert(identity, id);
        let mut row = item.clone();
        row["id"] = id.to_string().into();
        self.rows.insert(id, row);
        id
    }

    /// What the service does by itself.
    pub fn answer(&mut self, call: &Call) -> Answer {
        match call.path.as_str() {
            "/api/indicators/import" => {
                let items = call.body["Indicators"].as_array().unwrap();
                let result = |tenant: &mut Self, item: &Value| {
                    let id = tenant.upsert(item).to_string();
                    value!({"id": id, "indicator": item["indicatorValue"], "isFailed": false, "failureReason": null})
                };
                let results: Vec<Value> = items.iter().map(|item| result(self, item)).collect();
                json(200, value!({"@odata.context": "c", "value": results}))
            }
            "/api/indicators/BatchDelete" => {
                let ids: Vec<Option<u64>> = call.body["IndicatorIds"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|id| id.as_str().unwrap().parse().ok())
                    .collect();
                if ids.iter().any(Option::is_none) {
                    return refusal(400, "BadRequest", "An id is malformed.");
                }
                if !ids.iter().flatten().all(|id| self.rows.contains_key(id)) {
                    return refusal(404, "NotFound", "An indicator does not exist.");
                }
                ids.iter().flatten().for_each(|id| drop(self.rows.remove(id)));
                reply(204, Vec::new())
            }
            "/api/indicators" => {
                let skip = call.number("$skip").unwrap_or(0);
                let top = call.number("$top").unwrap();
                let page: Vec<&Value> = self.rows.values().skip(skip).take(top).collect();
                let mut body = value!({"@odata.context": "c", "value": page});
                if self.links && skip + top < self.rows.len() {
                    let link = format!(
                        "https://api.example.test/api/indicators?$top={top}&$skip={}",
                        skip + top
                    );
                    body["@odata.nextLink"] = link.into();
                }
                json(200, body)
            }
            path => panic!("{path}"),
        }
    }
}

#[async_trait]
impl Transport for Service {
    async fn send(&self, message: Message) -> Answer {
        let latency = *self.latency.lock().unwrap();
        tokio::time::sleep(latency / 2).await;
        let call = Call {
            at: self.clock.elapsed(),
            path: message.url.path().to_owned(),
            query: message.url.query_pairs().into_owned().collect(),
            authorization: message
                .headers
                .iter()
                .find(|(name, _)| name == "Authorization")
                .map(|(_, value)| value.clone())
                .unwrap_or_default(),
            body: serde_json::from_slice(&message.body).unwrap_or_default(),
        };
        self.calls.lock().unwrap().push(call.clone());
        let script = self.script.lock().unwrap().pop_front();
        let answer = match script {
            Some(script) => script(&mut self.tenant(), &call),
            None => match self.always.lock().unwrap().as_ref() {
                Some(always) => always(&mut self.tenant(), &call),
                None => self.tenant().answer(&call),
            },
        };
        tokio::time::sleep(latency / 2).await;
        answer
    }
}

fn reply(status: u16, body: Vec<u8>) -> Answer {
    let parts: Vec<_> = body.chunks(1000).map(|part| Ok(Bytes::copy_from_slice(part))).collect();
    Ok(Reply {
        status,
        retry_after: None,
        challenge: None,
        body: futures::stream::iter(parts).boxed(),
    })
}

/// An answer with this body.
pub(crate) fn json(status: u16, body: Value) -> Answer {
    reply(status, body.to_string().into_bytes())
}

/// A refusal in the service's form.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Answer {
    json(
        status,
        value!({"error": {"code": code, "message": message, "target": "the-correlation-id"}}),
    )
}

/// The page of a proxy, with the status of a success.
pub(crate) fn page_of_html(_tenant: &mut Tenant, _call: &Call) -> Answer {
    reply(200, b"<html><body>Sign in to the network</body></html>".to_vec())
}

/// A connection that breaks before anything is done.
pub(crate) fn lost(_tenant: &mut Tenant, _call: &Call) -> Answer {
    Err(TransportError {
        trouble: TransportTrouble::Interrupted,
        text: "connection reset".to_owned(),
        proxy: None,
    })
}

/// A connection that breaks when everything is done.
pub(crate) fn lost_after(tenant: &mut Tenant, call: &Call) -> Answer {
    drop(tenant.answer(call));
    lost(tenant, call)
}

/// An answer that ends in the middle, when everything is done.
pub(crate) fn cut_off(tenant: &mut Tenant, call: &Call) -> Answer {
    let mut reply = tenant.answer(call)?;
    let error = TransportError {
        trouble: TransportTrouble::Interrupted,
        text: "unexpected end".to_owned(),
        proxy: None,
    };
    let first = reply
        .body
        .take(1)
        .map(|part| part.map(|part| part.slice(..part.len() / 2)));
    reply.body = first.chain(futures::stream::iter([Err(error)])).boxed();
    Ok(reply)
}
