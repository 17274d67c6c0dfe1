//! A provider of notes. What goes wrong is said by the text of a note.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::Notify;

use crate::tf::testing::map;
use crate::tf::*;

/// What the provider was asked to do, in order.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(super) fn note(&self, entry: impl Into<String>) {
        self.0.lock().unwrap().push(entry.into());
    }

    /// Everything since the last time.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

pub(super) struct Notes {
    pub(super) log: Log,
}

/// What a configured provider works with.
pub(super) struct Client {
    server: String,
    log: Log,
    stopped: Notify,
    told: AtomicBool,
}

#[async_trait]
impl Provider for Notes {
    type Client = Client;

    fn schema(&self) -> Schema {
        Schema::new(
            "Notes.",
            vec![Attribute::string("server").required().describe("Where the notes are.")],
        )
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match config.get("server").as_str() {
            Some("") => Diagnostic::error("Empty server", "Name one.")
                .at(Path::attribute("server"))
                .into(),
            _ => Diagnostics::default(),
        }
    }

    async fn configure(&self, config: Value, terraform_version: &str) -> (Option<Client>, Diagnostics) {
        self.log.note(format!("configure for {terraform_version}"));
        match config.get("server").as_str() {
            Some("panic") => panic!("no such luck"),
            Some("refused") => (None, Diagnostic::error("Refused", "The server refused.").into()),
            Some(server) => (
                Some(Client {
                    server: server.to_owned(),
                    log: self.log.clone(),
                    stopped: Notify::new(),
                    told: AtomicBool::new(false),
                }),
                Diagnostics::default(),
            ),
            None => (None, Diagnostics::default()),
        }
    }

    fn resources(&self) -> Vec<Box<dyn Resource<Client>>> {
        vec![Box::new(Note)]
    }

    fn data_sources(&self) -> Vec<Box<dyn DataSource<Client>>> {
        vec![Box::new(Count)]
    }

    fn list_resources(&self) -> Vec<Box<dyn ListResource<Client>>> {
        vec![Box::new(NoteList)]
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        vec![Box::new(Join)]
    }

    fn stop(&self, client: &Client) {
        self.log.note(format!("stop {}", client.server));
        client.stopped.notify_one();
    }

    async fn connect(&self, client: &Client) -> Diagnostics {
        match client.server.as_str() {
            "far" => {
                self.log.note("connect");
                client.stopped.notified().await;
                Diagnostic::error("Stopped", "It took too long.").into()
            }
            "faulty" => panic!("the line is dead"),
            _ => Diagnostics::default(),
        }
    }

    fn notices(&self, client: &Client) -> Diagnostics {
        let slow = client.server == "slow" && !client.told.swap(true, Ordering::SeqCst);
        slow.then(|| Diagnostic::warning("Slow", "It took its time."))
            .into_iter()
            .collect()
    }

    fn activity(&self, _client: &Client, _type_name: &str, activity: Activity) {
        self.log.note(format!("{activity:?}"));
    }
}

pub(super) struct Note;

impl Note {
    pub(super) fn object(&self, values: &[(&str, Value)]) -> Value {
        let mut object = Object::null(self.schema().object_type());
        for (name, value) in values {
            object.set(name, value.clone());
        }
        object.into()
    }
}

fn failure() -> Diagnostics {
    Diagnostic::error("Write failed", "The disk is full.")
        .at(Path::attribute("lines").with_key("a"))
        .into()
}

/// The planned note as it was written; some texts make something go wrong.
fn written(planned: &Value, private: Vec<u8>) -> ApplyResponse {
    let Value::Object(note) = planned.clone() else {
        unreachable!("a note is an object")
    };
    let state = Value::from(note.with("id", "1").with("copies", map([("a", "b".into())])));
    let (state, diagnostics) = match planned.get("text").as_str() {
        Some("panic") => panic!("torn paper"),
        Some("fail with state") => (state, failure()),
        Some("fail") => (Value::Null, failure()),
        Some("nothing") => (Value::Null, Diagnostics::default()),
        Some("unknown") => (planned.clone(), Diagnostics::default()),
        _ => (state, Diagnostic::warning("Written", "Not read yet.").into()),
    };
    ApplyResponse {
        state,
        private: [private, b" applied".to_vec()].concat(),
        diagnostics,
    }
}

#[async_trait]
impl Resource<Client> for Note {
    fn type_name(&self) -> &'static str {
        "test_note"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            "A note.",
            vec![
                Attribute::string("title").required().describe("The *title*."),
                Attribute::string("text").sensitive(),
                Attribute::nested_map(
                    "lines",
                    vec![Attribute::number("number").required(), Attribute::bool("bold")],
                ),
                Attribute::string("id").computed(),
                Attribute::map_of("copies", ValueType::String).computed(),
            ],
        )
        .version(2)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match config.get("text").as_str() {
            Some("panic") => panic!("unreadable"),
            Some("bad") => Diagnostics::from_iter([
                Diagnostic::error("Bad text", "Write another.")
                    .at(Path::attribute("lines").with_key("a").with_attribute("bold")),
                Diagnostic::warning("Bad style", "Mind it."),
            ]),
            _ => Diagnostics::default(),
        }
    }

    async fn plan(&self, client: Option<&Client>, request: PlanRequest) -> PlanResponse {
        if request.config.get("text").as_str() == Some("panic in plan") {
            panic!("no plan");
        }
        let mut planned = request.proposed;
        if planned != request.prior
            && let Value::Object(note) = &mut planned
        {
            note.set("id", Value::Unknown);
            note.set("copies", Value::Unknown);
        }
        let is_another = !request.prior.is_null() && request.prior.get("title") != planned.get("title");
        let diagnostics = match client {
            Some(_) => Diagnostics::default(),
            None => Diagnostic::warning("Offline", "Planned without a client.").into(),
        };
        let private = [request.private, b" planned".to_vec()].concat();
        PlanResponse {
            planned,
            requires_replace: is_another.then(|| Path::attribute("title")).into_iter().collect(),
            private,
            diagnostics,
        }
    }

    async fn create(&self, client: &Client, request: CreateRequest) -> ApplyResponse {
        client
            .log
            .note(format!("create {}", request.planned.get("title").as_str().unwrap()));
        written(&request.planned, request.private)
    }

    async fn read(&self, client: &Client, request: ReadRequest) -> ReadResponse {
        client
            .log
            .note(format!("read {}", request.state.get("title").as_str().unwrap()));
        let (state, diagnostics) = match request.state.get("text").as_str() {
            Some("panic") => panic!("unreadable"),
            Some("gone") => (Value::Null, Diagnostics::default()),
            Some("fail") => (Value::Null, failure()),
            Some("unknown") => (self.object(&[("title", Value::Unknown)]), Diagnostics::default()),
            _ => (request.state.clone(), Diagnostics::default()),
        };
        ReadResponse {
            state,
            private: request.private,
            diagnostics,
        }
    }

    async fn update(&self, client: &Client, request: UpdateRequest) -> ApplyResponse {
        client
            .log
            .note(format!("update {}", request.prior.get("title").as_str().unwrap()));
        written(&request.planned, request.private)
    }

    async fn delete(&self, client: &Client, request: DeleteRequest) -> ApplyResponse {
        client
            .log
            .note(format!("delete {}", request.prior.get("title").as_str().unwrap()));
        match request.prior.get("text").as_str() {
            Some("panic") => panic!("fireproof"),
            Some("fail with state") => ApplyResponse {
                state: request.prior,
                private: b"partly".to_vec(),
                diagnostics: failure(),
            },
            Some("fail") => ApplyResponse {
                diagnostics: failure(),
                ..ApplyResponse::default()
            },
            _ => ApplyResponse::default(),
        }
    }

    async fn import(&self, _client: &Client, id: &str) -> Result<Imported, Diagnostics> {
        match id {
            "missing" => Err(Diagnostic::error("No such note", "Look again.").into()),
            "null" => Ok(Imported::default()),
            "panic" => panic!("unreadable"),
            _ => Ok(Imported {
                state: self.object(&[("id", id.into()), ("title", "found".into())]),
                private: b"imported".to_vec(),
                diagnostics: Diagnostic::warning("Old note", "Read it again.").into(),
            }),
        }
    }

    fn identity_schema(&self) -> Option<IdentitySchema> {
        Some(IdentitySchema::new(vec![
            IdentityAttribute::required("title", "The title."),
            IdentityAttribute::optional("server", "Where the note is."),
        ]))
    }

    fn identity(&self, client: Option<&Client>, object: &Value) -> Value {
        if object.get("title").as_str() == Some("nameless") {
            panic!("who is this");
        }
        let server = client.map(|client| client.server.as_str());
        Object::null(self.identity_schema().unwrap().object_type())
            .with("title", object.get("title").clone())
            .with("server", server)
            .into()
    }

    async fn import_by_identity(&self, client: &Client, identity: Value) -> Result<Imported, Diagnostics> {
        client.log.note(format!("import {:?}", identity.get("title").as_str()));
        Ok(Imported {
            state: self.object(&[("id", "8".into()), ("title", identity.get("title").clone())]),
            ..Imported::default()
        })
    }

    fn take_over(&self, source: &MoveSource) -> Result<Moved, Diagnostic> {
        match source.type_name.as_str() {
            "other_note" => Ok(Moved {
                state: serde_json::json!({ "title": source.state["name"], "id": "9" }),
                diagnostics: Diagnostic::warning("Copied", format!("From {}.", source.provider_name())).into(),
            }),
            "other_nothing" => Ok(Moved::default()),
            "other_panic" => panic!("too heavy"),
            other => Err(faults::no_move(other, self.type_name())),
        }
    }

    fn upgrade(&self, version: i64, mut stored: serde_json::Value) -> serde_json::Value {
        assert_eq!(version, 0);
        let name = stored["name"].take();
        stored["title"] = name;
        stored.as_object_mut().unwrap().remove("name");
        stored
    }
}

/// Lists as many notes as its configuration says.
pub(super) struct NoteList;

#[async_trait]
impl ListResource<Client> for NoteList {
    fn type_name(&self) -> &'static str {
        "test_note"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            "Notes.",
            vec![Attribute::number("number").required(), Attribute::string("text")],
        )
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match config.get("number").as_i64() {
            Some(0) => Diagnostic::error("No notes", "Ask for some.")
                .at(Path::attribute("number"))
                .into(),
            _ => Diagnostics::default(),
        }
    }

    async fn list(&self, client: &Client, config: Value, limit: usize) -> (Vec<Listed>, Diagnostics) {
        client.log.note(format!("list {limit}"));
        let number = config.get("number").as_i64().unwrap();
        let note = |number: i64| Listed {
            display_name: format!("note\n{number}"),
            object: Note.object(&[("title", number.to_string().into()), ("id", number.to_string().into())]),
        };
        let told = match config.get("text").as_str() {
            Some("panic") => panic!("uncountable"),
            Some("fail") => return (Vec::new(), failure()),
            Some("warn") => Diagnostic::warning("Many", "There are more.").into(),
            Some("nameless") => {
                let object = Note.object(&[("title", "nameless".into())]);
                let nameless = Listed {
                    display_name: "?".into(),
                    object,
                };
                return ([vec![nameless], vec![note(1)]].concat(), Diagnostics::default());
            }
            _ => Diagnostics::default(),
        };
        ((1..=number).map(note).collect(), told)
    }
}

pub(super) struct Count;

#[async_trait]
impl DataSource<Client> for Count {
    fn type_name(&self) -> &'static str {
        "test_count"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            "How many notes.",
            vec![
                Attribute::string("title").required(),
                Attribute::number("count_of_notes").computed(),
            ],
        )
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match config.get("title").as_str() {
            Some("") => Diagnostic::error("Empty title", "Name one.")
                .at(Path::attribute("title"))
                .into(),
            _ => Diagnostics::default(),
        }
    }

    async fn read(&self, _client: &Client, config: Value) -> (Value, Diagnostics) {
        let Value::Object(count) = config else {
            unreachable!("a count is an object")
        };
        match count.get("title").and_then(Value::as_str) {
            Some("panic") => panic!("uncounted"),
            Some("nothing") => (Value::Null, Diagnostics::default()),
            Some("unknown") => (
                count.with("count_of_notes", Value::Unknown).into(),
                Diagnostics::default(),
            ),
            _ => (count.with("count_of_notes", 3).into(), Diagnostics::default()),
        }
    }
}

/// Joins texts.
struct Join;

impl Function for Join {
    fn name(&self) -> &'static str {
        "join"
    }

    fn summary(&self) -> String {
        "Joins texts.".to_owned()
    }

    fn description(&self) -> String {
        "Joins *texts*.".to_owned()
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("separator", ValueType::String, "Between them.")]
    }

    fn variadic(&self) -> Option<Parameter> {
        Some(Parameter::new("texts", ValueType::String, "What to join."))
    }

    fn returns(&self) -> ValueType {
        ValueType::String
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let texts: Vec<&str> = arguments.iter().skip(1).map(|text| text.as_str().unwrap()).collect();
        if let Some(position) = texts.iter().position(|text| *text == "bad") {
            return Err(FunctionError::new("\"bad\" cannot be joined").at(position + 1));
        }
        match arguments[0].as_str() {
            Some("panic") => panic!("out of glue"),
            Some("number") => Ok(5.into()),
            separator => Ok(texts.join(separator.unwrap()).into()),
        }
    }
}
