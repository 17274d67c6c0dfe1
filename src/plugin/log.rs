//! Log lines on standard error, in the form that Terraform takes apart and shows with its own.
//!
//! One JSON object a line, with the keys of HashiCorp's hclog: `@level`, `@message`, `@module`, `@timestamp`, and every
//! other key a field of the event. Terraform ends itself if one of the first four is no string.

use std::backtrace::Backtrace;
use std::fmt;
use std::io::{self, Write};
use std::panic::Location;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use super::handshake::Environment;
use crate::outgoing;

/// What our own events are called: the library and the program.
const OWN: [&str; 2] = ["mde", "terraform_provider_mde"];

/// Logs to standard error from now on as much as the user asked Terraform for, and reports panics there.
pub(super) fn start() {
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let literal = payload.downcast_ref::<&str>().copied();
        let message = literal
            .or(payload.downcast_ref().map(String::as_str))
            .unwrap_or("of an unknown kind");
        let report = crash_report(message, panic.location(), Backtrace::force_capture());
        write_to_stderr(report.as_bytes());
    }));
    let level = level(&Environment::of_this_process());
    if level != LevelFilter::OFF {
        let logging = Registry::default().with(HostLog { write: write_to_stderr }.with_filter(selection(level)));
        // Fails only if something logs already, which then is as good.
        let _ = tracing::subscriber::set_global_default(logging);
    }
}

/// Writes whole lines at once, so that lines of two threads do not mix. Nobody is left to tell if it fails.
fn write_to_stderr(lines: &[u8]) {
    let _ = io::stderr().lock().write_all(lines);
}

/// How much the user wants to see. As in Terraform, the variable for providers goes before the general one, `JSON`
/// means everything in another form, and what is no level means everything.
fn level(environment: &Environment) -> LevelFilter {
    let Some(wanted) = environment.get("TF_LOG_PROVIDER").or_else(|| environment.get("TF_LOG")) else {
        return LevelFilter::OFF;
    };
    match wanted.to_ascii_uppercase().as_str() {
        "OFF" => LevelFilter::OFF,
        "ERROR" => LevelFilter::ERROR,
        "WARN" => LevelFilter::WARN,
        "INFO" => LevelFilter::INFO,
        "DEBUG" => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

/// Our own events at the level asked for. Of the libraries below only warnings, or with trace their debug events: at
/// trace some of them write the content of messages, and logs get pasted into issues. Every frame of HTTP/2 is a debug
/// event, thousands for one large state, so these are left out even then.
fn selection(level: LevelFilter) -> Targets {
    let quiet = level.min(LevelFilter::WARN);
    let libraries = if level == LevelFilter::TRACE {
        LevelFilter::DEBUG
    } else {
        quiet
    };
    Targets::new()
        .with_default(libraries)
        .with_target("h2", quiet)
        .with_targets(OWN.map(|target| (target, level)))
}

/// What Terraform shows to its user, even without logging, because it starts with `panic: `.
fn crash_report(message: &str, place: Option<&Location<'_>>, backtrace: impl fmt::Display) -> String {
    let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
    format!("panic: {}{place}\n\n{backtrace}\n", outgoing::lines(message))
}

/// Hands every event to `write` as one line.
struct HostLog<W> {
    write: W,
}

/// The fields of an event or of a span.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl<S, W> Layer<S> for HostLog<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&[u8]) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.0.extend(outer.0.clone());
            }
        }
        // An event has its text in a field of this name; a span's field must not pass for it.
        fields.0.remove("message");
        event.record(&mut fields);
        let line = line(
            *event.metadata().level(),
            event.metadata().target(),
            fields.0,
            Timestamp::now(),
        );
        (self.write)(line.as_bytes());
    }
}

/// One line of log, with its line break. The one exit of events: the host prints the texts as they are.
fn line(level: Level, target: &str, mut fields: Map<String, Value>, now: Timestamp) -> String {
    let message = match fields.remove("message") {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    for value in fields.values_mut() {
        if let Value::String(text) = value {
            *text = outgoing::line(text);
        }
    }
    let message = outgoing::line(&message);
    // Last, so that no field takes the place of what Terraform expects to be a string.
    fields.insert("@level".to_owned(), level.as_str().to_ascii_lowercase().into());
    fields.insert("@message".to_owned(), message.into());
    fields.insert("@module".to_owned(), target.replace("::", ".").into());
    // Exactly six digits: with any other number Terraform shows the line as it is.
    fields.insert("@timestamp".to_owned(), format!("{now:.6}").into());
    let mut line = Value::Object(fields).to_string();
    line.push('\n');
    line
}

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let causes = std::iter::successors(value.source(), |cause| cause.source());
        self.set(
            field,
            causes.fold(value.to_string(), |text, cause| format!("{text}: {cause}")),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use proptest::prelude::*;

    /// The lines that `work` logs at `level`, without their timestamps.
    fn logged(level: LevelFilter, work: impl FnOnce()) -> Vec<Value> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let write = move |line: &[u8]| sink.lock().unwrap().push(String::from_utf8(line.to_vec()).unwrap());
        let logging = Registry::default().with(HostLog { write }.with_filter(selection(level)));
        tracing::subscriber::with_default(logging, work);
        let lines = lines.lock().unwrap();
        lines
            .iter()
            .map(|line| {
                assert_eq!(line.find('\n'), Some(line.len() - 1), "one line, ended: {line:?}");
                let mut value: Value = serde_json::from_str(line).unwrap();
                let timestamp = value.as_object_mut().unwrap().remove("@timestamp").unwrap();
                timestamp.as_str().unwrap().parse::<Timestamp>().unwrap();
                value
            })
            .collect()
    }

    #[test]
    fn a_line_has_the_form_of_hclog() {
        let now: Timestamp = "2026-11-23T08:09:38.0216519Z".parse().unwrap();
        let fields = Map::from_iter([
            ("message".to_owned(), "two\nlines".into()),
            ("rows".to_owned(), 3.into()),
        ]);
        let head = r#"{"@level":"warn","@message":"two\\nlines","@module":"mde.defender.http""#;
        let tail = r#""@timestamp":"2026-11-23T08:09:38.021651Z","rows":3}"#;
        assert_eq!(
            line(Level::WARN, "mde::defender::http", fields, now),
            format!("{head},{tail}\n")
        );
    }

    #[test]
    fn a_timestamp_always_has_six_digits_and_an_offset() {
        for (now, expected) in [
            ("2026-11-23T08:09:38Z", "2026-11-23T08:09:38.000000Z"),
            ("2026-11-23T08:09:38.5Z", "2026-11-23T08:09:38.500000Z"),
            ("2026-11-23T08:09:38.000000999Z", "2026-11-23T08:09:38.000000Z"),
        ] {
            let line: Value =
                serde_json::from_str(&line(Level::INFO, "mde", Map::new(), now.parse().unwrap())).unwrap();
            assert_eq!(line["@timestamp"], expected);
        }
    }

    #[test]
    fn fields_become_keys_of_their_own_type() {
        let error = io::Error::other("closed");
        let lines = logged(LevelFilter::DEBUG, || {
            let cause = &error as &dyn std::error::Error;
            tracing::debug!(
                target: "mde::x", text = "a \"b\"", rows = -1, size = 2_u64, ok = true, error = cause, "Done {}", 1
            );
        });
        let expected = serde_json::json!({
            "@level": "debug", "@message": "Done 1", "@module": "mde.x",
            "text": "a \"b\"", "rows": -1, "size": 2, "ok": true, "error": "closed",
        });
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn fields_of_the_spans_around_an_event_are_its_own() {
        let lines = logged(LevelFilter::INFO, || {
            let id = tracing::field::Empty;
            let outer = tracing::info_span!(target: "mde", "outer", message = "not mine", call = "outer", id);
            let _outer = outer.enter();
            let _inner = tracing::info_span!(target: "mde", "inner", call = "inner").entered();
            outer.record("id", 7);
            tracing::info!(target: "mde", rows = 1);
        });
        let expected = serde_json::json!({
            "@level": "info", "@message": "", "@module": "mde", "call": "inner", "id": 7, "rows": 1,
        });
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn no_field_takes_the_place_of_what_terraform_reads() {
        let keys = ["@level", "@message", "@module", "@timestamp", "message"];
        let fields = keys.map(|key| (key.to_owned(), Value::Null)).into_iter().collect();
        let line = line(Level::ERROR, "mde", fields, Timestamp::UNIX_EPOCH);
        let expected = serde_json::json!({
            "@level": "error", "@message": "null", "@module": "mde", "@timestamp": "1970-01-01T00:00:00.000000Z",
        });
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), expected);
    }

    #[test]
    fn a_crash_report_starts_as_terraform_wants() {
        let place = Location::caller();
        let expected = format!("panic: a\nb at {place}\n\n0: frame\n");
        assert_eq!(crash_report("a\nb", Some(place), "0: frame"), expected);
        assert_eq!(crash_report("a", None, "0: frame"), "panic: a\n\n0: frame\n");
    }

    #[test]
    fn libraries_stay_silent_unless_everything_is_wanted() {
        let count = |level| {
            let lines = logged(level, || {
                tracing::debug!(target: "h2::codec", "a frame");
                tracing::trace!(target: "rustls::server", "a message");
                tracing::debug!(target: "reqwest::connect", "a connection");
                tracing::warn!(target: "rustls::server", "a warning");
                tracing::error!(target: "tonic::transport", "an error");
                tracing::trace!(target: "mde::plugin", "ours");
            });
            lines.len()
        };
        let counts = [
            LevelFilter::OFF,
            LevelFilter::ERROR,
            LevelFilter::WARN,
            LevelFilter::DEBUG,
            LevelFilter::TRACE,
        ]
        .map(count);
        assert_eq!(counts, [0, 1, 2, 2, 4]);
    }

    #[test]
    fn the_variables_of_terraform_set_the_level() {
        let cases: [(&[(&str, &str)], LevelFilter); 9] = [
            (&[], LevelFilter::OFF),
            (&[("TF_LOG", "")], LevelFilter::OFF),
            (&[("TF_LOG", "off")], LevelFilter::OFF),
            (&[("TF_LOG", "warn")], LevelFilter::WARN),
            (&[("TF_LOG", "JSON")], LevelFilter::TRACE),
            (&[("TF_LOG", "1")], LevelFilter::TRACE),
            (&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "Error")], LevelFilter::ERROR),
            (&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "OFF")], LevelFilter::OFF),
            (&[("TF_LOG", "INFO"), ("TF_LOG_PROVIDER", "")], LevelFilter::INFO),
        ];
        for (variables, expected) in cases {
            assert_eq!(level(&Environment::holding(variables)), expected, "{variables:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_has_a_secret_or_anything_that_cannot_be_seen(
            text in "(\\PC|\\pC|\n){0,100}",
            secret in "log-[!-~]{20}",
        ) {
            outgoing::conceal(&secret.clone().into());
            let text = format!("{text}{secret}");
            let fields = Map::from_iter([("message".to_owned(), text.clone().into()), ("error".to_owned(), text.into())]);
            let line = line(Level::WARN, "mde", fields, Timestamp::UNIX_EPOCH);
            prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
            let event: Value = serde_json::from_str(&line).unwrap();
            for name in ["@message", "error"] {
                let text = event[name].as_str().unwrap();
                prop_assert!(!text.chars().any(|letter| letter.is_control() || outgoing::is_format(letter)), "{text:?}");
                prop_assert!(!text.contains(&secret) && text.contains("[redacted]"), "{text:?}");
            }
        }
    }
}
