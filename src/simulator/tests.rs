//! The simulator over HTTPS, as its clients meet it.

mod applications;
mod clients;
mod control;
mod endpoints;
mod face;
mod faults;
mod gate;
mod limits;
mod listing;
mod proofs;
mod sign_in;
mod switches;

use std::sync::Arc;

use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, Method};
use serde_json::{Value, json};

use super::{Options, Simulator};

/// One answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        self.body
            .parse()
            .unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Status, code and message of an error.
    fn error(&self) -> (u16, String, String) {
        let error = &self.json()["error"];
        let text = |name: &str| error[name].as_str().unwrap().to_owned();
        (self.status, text("code"), text("message"))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A simulator and a client that has a token of one of its applications.
struct Tenant {
    simulator: Arc<Simulator>,
    client: Client,
    application: usize,
    token: String,
}

impl Tenant {
    async fn start(options: Options) -> Self {
        let simulator = Simulator::start(options).await.unwrap();
        let client = client(&simulator);
        let mut tenant = Self {
            simulator: Arc::new(simulator),
            client,
            application: 0,
            token: String::new(),
        };
        tenant.renew_token().await;
        tenant.simulator.clear_calls();
        tenant
    }

    /// The same tenant as another one of its applications calls it.
    async fn called_by(&self, application: usize) -> Self {
        let mut other = Self {
            simulator: Arc::clone(&self.simulator),
            client: client(&self.simulator),
            application,
            token: String::new(),
        };
        other.renew_token().await;
        other
    }

    async fn renew_token(&mut self) {
        let of = |name: &str| self.variable(name);
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", of("ARM_CLIENT_ID")),
            ("client_secret", of("ARM_CLIENT_SECRET")),
            ("scope", "https://api.securitycenter.microsoft.com/.default".to_owned()),
        ];
        let url = format!("{}/{}/oauth2/v2.0/token", self.simulator.url(), of("ARM_TENANT_ID"));
        let response = self.client.post(url).form(&form).send().await.unwrap();
        let body: Value = response.text().await.unwrap().parse().unwrap();
        self.token = body["access_token"].as_str().unwrap().to_owned();
    }

    fn variable(&self, name: &str) -> String {
        self.simulator.environments()[self.application]
            .clone()
            .into_iter()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method: Method = method.parse().unwrap();
        self.client
            .request(method, format!("{}{path}", self.simulator.url()))
            .bearer_auth(&self.token)
    }

    async fn try_call(&self, method: &str, path: &str, body: &Value) -> Result<Answer, reqwest::Error> {
        let mut request = self.request(method, path);
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer {
            status,
            headers,
            body: response.text().await?,
        })
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.try_call(method, path, body).await.unwrap()
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &Value::Null).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, &Value::Null).await
    }

    async fn submit(&self, item: &Value) -> Answer {
        self.call("POST", "/api/indicators", item).await
    }

    async fn import(&self, items: &[Value]) -> Answer {
        self.call("POST", "/api/indicators/import", &json!({"Indicators": items}))
            .await
    }

    /// Imports, and answers the results as `value id` or `value: reason`.
    async fn results(&self, items: &[Value]) -> Vec<String> {
        let answer = self.import(items).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let text = |result: &Value| {
            let value = result["indicator"].as_str().unwrap();
            match (result["isFailed"].as_bool().unwrap(), result["id"].as_str()) {
                (false, Some(id)) => format!("{value} {id}"),
                (true, None) => format!("{value}: {}", result["failureReason"].as_str().unwrap()),
                _ => panic!("{result}"),
            }
        };
        answer.json()["value"].as_array().unwrap().iter().map(text).collect()
    }

    async fn batch_delete(&self, ids: &[&str]) -> Answer {
        self.call("POST", "/api/indicators/BatchDelete", &json!({"IndicatorIds": ids}))
            .await
    }

    /// The values of all rows, without a call.
    fn values(&self) -> Vec<String> {
        self.simulator
            .rows()
            .iter()
            .map(|row| row["indicatorValue"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Status of every call so far.
    fn statuses(&self) -> Vec<u16> {
        self.simulator.calls().iter().map(|call| call.status).collect()
    }
}

fn client(simulator: &Simulator) -> Client {
    let certificate = Certificate::from_pem(simulator.ca_pem.as_bytes()).unwrap();
    Client::builder()
        .tls_certs_only([certificate])
        .no_proxy()
        .https_only(true)
        .retry(reqwest::retry::never())
        // No timer of the client's own, so that a paused clock moves only where a test moves it.
        .pool_idle_timeout(None)
        .build()
        .unwrap()
}

/// A domain to block.
fn domain(value: &str) -> Value {
    json!({"indicatorValue": value, "indicatorType": "DomainName", "action": "Block", "title": "t", "description": "d"})
}

/// The same item with other properties.
fn with(mut item: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        item[name] = value.clone();
    }
    item
}

/// Options with one switch set, as on the command line.
fn switched(arguments: &[&str]) -> Options {
    use clap::{Args, Command, FromArgMatches};
    let command = Options::augment_args(Command::new("simulate").no_binary_name(true));
    Options::from_arg_matches(&command.get_matches_from(arguments)).unwrap()
}
