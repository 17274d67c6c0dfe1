//! Servers that mean no good, seen from the built program: what they cost, and what of them is printed.

mod server;

use crate::support::plugin::{Plugin, shut_down, within};
use crate::support::{Host, Tenant, Workspace, complete};
use futures::future::join_all;
use mde::proto::tfplugin6 as proto;
use mde::proto::tfplugin6::provider_client::ProviderClient;
use mde::provider::MdeProvider;
use mde::tf::{Provider, Value, ValueType, msgpack};
use serde_json::json;
use server::{Answer, Asked, SECRET, Server, TOKEN};
use tonic::transport::Channel;

/// The program as a plugin that is led to a server.
struct Led {
    plugin: Plugin,
    channel: Channel,
    calls: ProviderClient<Channel>,
}

impl Led {
    async fn to(server: &Server) -> Self {
        let environment = server.environment();
        let variables: Vec<(&str, &str)> = environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let plugin = Plugin::start(&variables).await;
        let channel = plugin.connect(None).await;
        let calls = ProviderClient::new(channel.clone());
        Self { plugin, channel, calls }
    }

    /// Reads a data source without filters; its value, and what is told.
    async fn look(&mut self, name: &str) -> (Value, Vec<String>) {
        let sources = MdeProvider::default().data_sources();
        let source = sources.iter().find(|source| source.type_name() == name).unwrap();
        let value_type = ValueType::Object(source.schema().object_type());
        let request = proto::read_data_source::Request {
            type_name: name.to_owned(),
            config: Some(empty(&value_type)),
            ..Default::default()
        };
        let answer = within(self.calls.read_data_source(request)).await.unwrap().into_inner();
        let value = msgpack::decode(&value_type, &answer.state.unwrap().msgpack).unwrap();
        (value, told(&answer.diagnostics))
    }

    /// The most memory that the process has had so far, in MiB.
    #[cfg(target_os = "linux")]
    fn peak(&self) -> usize {
        let path = format!("/proc/{}/status", self.plugin.process.id().unwrap());
        let status = std::fs::read_to_string(path).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() >> 10
    }

    async fn end(self) {
        shut_down(&self.channel).await;
        self.plugin.end().await;
    }
}

/// Configures the provider by its environment; what is told.
async fn configure(calls: &mut ProviderClient<Channel>) -> Vec<String> {
    let value_type = ValueType::Object(MdeProvider::default().schema().object_type());
    let request = proto::configure_provider::Request {
        terraform_version: "1.11.4".into(),
        config: Some(empty(&value_type)),
        ..Default::default()
    };
    let answer = within(calls.configure_provider(request)).await.unwrap();
    told(&answer.into_inner().diagnostics)
}

fn empty(value_type: &ValueType) -> proto::DynamicValue {
    proto::DynamicValue {
        msgpack: msgpack::encode(value_type, &complete(value_type, &json!({})))
            .unwrap()
            .into(),
        ..Default::default()
    }
}

fn told(diagnostics: &[proto::Diagnostic]) -> Vec<String> {
    let text = |one: &proto::Diagnostic| format!("{}\n{}", one.summary, one.detail);
    diagnostics.iter().map(text).collect()
}

/// A row with this much text.
fn row(id: usize, text: usize) -> String {
    format!(
        r#"{{"id":"{id}","indicatorValue":"d{id}.example","indicatorType":"DomainName","action":"Block","description":"{}"}}"#,
        "x".repeat(text)
    )
}

/// Signs everybody in, and answers listings like this.
async fn listing(answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Server {
    Server::start(move |asked, number| {
        Some(if asked.signs_in() {
            Answer::token()
        } else {
            answer(asked, number)
        })
    })
    .await
}

/// Two gigabytes in parts like this, after the beginning of a list.
fn two_gigabytes(part: &str) -> Answer {
    Answer::new(200, r#"{"value":["#).then(part, (2 << 30) / part.len())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_answer_costs_more_than_a_bounded_amount_of_memory() {
    let rows: String = (0..100).map(|id| row(id, 1000) + ",").collect();
    let short: String = (0..1000).map(|id| format!("{},", row(id, 0))).collect();
    let groups = vec!["\"\""; 100_000].join(",");
    let listed = row(1, 0).replace(r#""description":"""#, &format!(r#""rbacGroupNames":[{groups}]"#)) + ",";
    let (rows_too, page) = (rows.clone(), |number: usize| {
        let rows: Vec<String> = (0..9_000).map(|at| row(number * 9_000 + at, 0)).collect();
        let link = format!("/api/indicators?$skiptoken=t{number}");
        format!(r#"{{"value":[{}],"@odata.nextLink":"{link}"}}"#, rows.join(","))
    });
    let cases = [
        (
            "rows",
            "the page has more than 20000 rows",
            listing(move |_, _| two_gigabytes(&rows)).await,
        ),
        (
            "a bomb",
            "the page has more than 20000 rows",
            listing(move |_, _| two_gigabytes(&rows_too).packed()).await,
        ),
        (
            "short rows",
            "the page has more than 20000 rows",
            listing(move |_, _| two_gigabytes(&short)).await,
        ),
        (
            "rows of many groups",
            "the rows of the page take more than 64 MiB",
            listing(move |_, _| two_gigabytes(&listed)).await,
        ),
        (
            "an element without end",
            "an element of the body is far too long",
            listing(|_, _| two_gigabytes(&"[".repeat(1 << 16))).await,
        ),
        (
            "white space",
            "the answer has more than 65536 KiB",
            listing(|_, _| two_gigabytes(&" ".repeat(1 << 20)).packed()).await,
        ),
        (
            "pages without end",
            "it has more than 50000 rows",
            listing(move |_, number| Answer::new(200, page(number))).await,
        ),
        (
            "an error page without end",
            "HTTP 400",
            listing(|_, _| Answer::new(400, "").then("x".repeat(1 << 20), 2 << 10)).await,
        ),
    ];
    let looks = cases.iter().map(|(name, words, server)| async move {
        let mut led = Led::to(server).await;
        assert_eq!(configure(&mut led.calls).await, [""; 0]);
        let (_, told) = led.look("mde_capacity").await;
        assert!(told.len() == 1 && told[0].contains(words), "{name}: {told:?}");
        let peak = led.peak();
        assert!(peak < 300, "{name}: {peak} MiB");
        led.end().await;
    });
    join_all(looks).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_token_without_end_costs_no_memory_either() {
    let server = Server::start(|_, _| Some(Answer::new(200, "{").then(" ".repeat(1 << 20), 2 << 10))).await;
    let mut led = Led::to(&server).await;
    let told = configure(&mut led.calls).await;
    assert!(told[0].contains("did not answer like a token endpoint"), "{told:?}");
    let peak = led.peak();
    assert!(peak < 300, "{peak} MiB");
    led.end().await;
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_counted_and_named() {
    let rows = format!(
        r#"{{"value":[{}, {{"id":"77","indicatorValue":"x"}}, null, {}]}}"#,
        row(1, 0),
        row(2, 0)
    );
    let server = listing(move |asked, _| {
        let goes_on = asked.head.contains("skip=");
        Answer::new(
            200,
            if goes_on {
                r#"{"value":[]}"#.to_owned()
            } else {
                rows.clone()
            },
        )
    })
    .await;
    let mut led = Led::to(&server).await;
    assert_eq!(configure(&mut led.calls).await, [""; 0]);
    let (capacity, told) = led.look("mde_capacity").await;
    for (name, count) in [("used", 4), ("unreadable", 2), ("remaining", 14_996)] {
        assert_eq!(capacity.get(name).as_i64(), Some(count), "{name}");
    }
    let sources = capacity.get("by_source").as_map().unwrap().clone();
    assert_eq!(sources["Unreadable"].as_i64(), Some(2));
    let (indicators, told_again) = led.look("mde_indicators").await;
    assert_eq!(indicators.get("unreadable").as_i64(), Some(2));
    assert_eq!(indicators.get("indicators").as_list().unwrap().len(), 2);
    for told in [told, told_again] {
        assert_eq!(told.len(), 1);
        for words in [
            "2 indicators of the tenant cannot be read",
            "- id 77\n",
            "- 1 without an id",
        ] {
            assert!(told[0].contains(words), "{told:?}");
        }
    }
    led.end().await;
}

#[tokio::test]
async fn a_stop_ends_signing_in() {
    let server = Server::start(|_, _| None).await;
    let mut led = Led::to(&server).await;
    let mut calls = led.calls.clone();
    let configuring = tokio::spawn(async move { configure(&mut calls).await });
    while server.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    let stop = proto::stop_provider::Request {};
    assert_eq!(
        within(led.calls.stop_provider(stop)).await.unwrap().into_inner().error,
        ""
    );
    let told = within(configuring).await.unwrap();
    assert!(told[0].contains("the run was stopped"), "{told:?}");
    led.end().await;
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_ends_terraform_while_the_provider_signs_in_or_lists() {
    for (words, signs_in) in [
        ("Could not get an access token: the run was stopped", false),
        ("Could not list the indicators: the run was stopped", true),
    ] {
        let server = Server::start(move |asked, _| (signs_in && asked.signs_in()).then(Answer::token)).await;
        let workspace = led_to(&server).await;
        let mut running = workspace.start(&["apply", "-auto-approve", "-input=false"]);
        let asked = 1 + usize::from(signs_in);
        running.until("a request hangs", || server.asked().len() == asked).await;
        running.signal_all("INT");
        let ran = running.end().await.expect(1);
        assert!(ran.says(words), "{}", ran.output);
        assert_eq!(server.asked().len(), asked, "nothing else is asked");
    }
}

/// A configuration with one set whose provider is led to the server.
async fn led_to(server: &Server) -> Workspace {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    for (variable, value) in server.environment() {
        workspace.set(&variable, &value);
    }
    workspace.main(
        "resource \"mde_indicator_set\" \"s\" {\n  action = \"Block\"\n  title = \"T\"\n  description = \"D\"\n  indicators = { \
         \"a.example\" = null }\n}\n",
    );
    workspace
}

/// What a terminal must not get, and what nobody may read.
const HARMFUL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}gnihtemos\u{200b}\u{9b}31m";

/// An answer that repeats the request, with more harm in it.
fn echo(asked: &Asked, status: u16, wrap: fn(&str) -> String) -> Answer {
    Answer::new(status, wrap(&format!("{HARMFUL} {}", asked.echo())))
}

fn in_json(text: &str) -> String {
    json!({"error": {"code": text, "message": text, "target": text}}).to_string()
}

fn by_entra(text: &str) -> String {
    json!({"error": "invalid_client", "error_description": format!("AADSTS7000215: {text}"), "error_codes": [7000215]})
        .to_string()
}

fn in_html(text: &str) -> String {
    format!("<html>{text}</html>")
}

fn in_results(text: &str) -> String {
    json!({"value": [{"id": null, "indicator": "a.example", "isFailed": true, "failureReason": text}]}).to_string()
}

#[tokio::test]
async fn nothing_that_a_server_repeats_tells_a_secret_or_reaches_the_terminal() {
    for (name, words, answer) in [
        (
            "a page instead of a token",
            "did not answer like a token endpoint",
            (|asked: &Asked| echo(asked, 400, in_html)) as fn(&Asked) -> Answer,
        ),
        ("Entra itself", "AADSTS7000215", |asked| echo(asked, 401, by_entra)),
        (
            "a refused listing",
            "indicators could not be listed",
            |asked| match asked {
                asked if asked.signs_in() => Answer::token(),
                asked => echo(asked, 400, in_json),
            },
        ),
        ("a refused item", "was not accepted", |asked| match asked {
            asked if asked.signs_in() => Answer::token(),
            asked if asked.is("POST") => echo(asked, 200, in_results),
            _ => Answer::new(200, r#"{"value":[]}"#),
        }),
    ] {
        let server = Server::start(move |asked, _| Some(answer(asked))).await;
        let mut workspace = led_to(&server).await;
        let log = workspace.path().join("trace.log");
        workspace.set("TF_LOG", "TRACE");
        workspace.set("TF_LOG_PATH", &log.display().to_string());
        let ran = workspace.apply().await.expect(1);
        assert!(ran.says(words), "{name}: {}", ran.output);
        assert!(
            ran.output.contains("[redacted]") && ran.says("owned"),
            "{name}: {}",
            ran.output
        );
        let log = std::fs::read_to_string(log).unwrap();
        assert!(log.contains("provider"), "{name}: nothing was logged");
        let form = "kq8%7EXv.P2%2Bsecret%2Fof_the%7Etest";
        for (place, text) in [("output", &ran.output), ("log", &log)] {
            for harm in [SECRET, TOKEN, form, "\u{1b}", "\u{7}", "\u{202e}", "\u{200b}", "\u{9b}"] {
                assert!(!text.contains(harm), "{name}: {harm:?} in the {place}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn a_long_identifier_of_an_import_is_cut_and_written_out() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let long = "x".repeat(100_000);
    for (address, id) in [
        ("mde_indicator_set.s", format!("title=\u{1b}[2J\u{202e}{long}")),
        ("mde_indicator_set.s", format!("\u{1b}[2J\u{202e}{long}")),
        ("mde_indicator.i", format!("\u{1b}[2J\u{202e}{long}")),
    ] {
        let run = host.import(address, &id).await;
        let text = run.errors.concat();
        assert!(text.contains("\\u{1b}[2J\\u{202e}x") && text.len() < 3000, "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    }
}
