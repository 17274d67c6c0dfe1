//! Another provider with the same kind of object: the shape of `microsoftdefender_indicator`, served by the test itself. A host
//! reads its schema, since its objects are in the state, and never configures it.

use async_trait::async_trait;
use mde::tf::grpc::service;
use mde::tf::{
    ApplyResponse, Attribute, CreateRequest, DeleteRequest, Diagnostics, PlanRequest, PlanResponse, Provider,
    ReadRequest, ReadResponse, Resource, Schema, UpdateRequest, Value, ValueType,
};
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

/// Where configurations say that the other provider comes from.
pub const SOURCE: &str = "registry.terraform.io/folio-sec/microsoftdefender";
const TYPE_NAME: &str = "microsoftdefender_indicator";

/// The other provider, as long as it is needed.
pub struct Peer {
    address: SocketAddr,
}

struct Microsoftdefender;
struct Indicator;

impl Peer {
    /// Serves it until the test ends.
    pub async fn serve() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let server = Server::builder().add_routes(Routes::new(service(Microsoftdefender)));
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(socket)));
        Self { address }
    }

    /// The variable that makes a host use it, and its value.
    pub fn variable(&self) -> (&'static str, String) {
        let reattach = json!({ SOURCE: {
            "Protocol": "grpc", "ProtocolVersion": 6, "Pid": std::process::id(), "Test": true,
            "Addr": { "Network": "tcp", "String": self.address.to_string() }
        }});
        ("TF_REATTACH_PROVIDERS", reattach.to_string())
    }

    /// A state file with this one object of it.
    pub fn state(attributes: &Json, is_tainted: bool) -> String {
        let mut instance = json!({ "schema_version": 0, "attributes": attributes });
        if is_tainted {
            instance["status"] = "tainted".into();
        }
        let state = json!({
            "version": 4, "terraform_version": "1.8.0", "serial": 1, "lineage": "b5c2ba4b-6f0a-4b5e-9d0c-6d4c2f1f8c11",
            "outputs": {}, "resources": [{
                "mode": "managed", "type": TYPE_NAME, "name": "one", "provider": format!("provider[{SOURCE:?}]"),
                "instances": [instance]
            }]
        });
        state.to_string()
    }
}

#[async_trait]
impl Provider for Microsoftdefender {
    type Client = ();

    fn schema(&self) -> Schema {
        Schema::new("Another provider.", Vec::new())
    }

    async fn configure(&self, _config: Value, _terraform_version: &str) -> (Option<()>, Diagnostics) {
        (Some(()), Diagnostics::default())
    }

    fn resources(&self) -> Vec<Box<dyn Resource<()>>> {
        vec![Box::new(Indicator)]
    }
}

#[async_trait]
impl Resource<()> for Indicator {
    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn schema(&self) -> Schema {
        let required = ["indicator_value", "indicator_type", "action", "title", "description"];
        let optional = [
            "application",
            "expiration_time",
            "recommended_actions",
            "educate_url",
            "severity",
        ];
        let computed = ["id", "external_id", "source_type", "created_by"];
        let mut attributes = Vec::new();
        attributes.extend(required.map(|name| Attribute::string(name).required()));
        attributes.extend(optional.map(Attribute::string));
        attributes.extend(computed.map(|name| Attribute::string(name).computed()));
        attributes.push(Attribute::bool("generate_alert"));
        attributes.push(Attribute::plain("rbac_group_names", ValueType::set(ValueType::String)));
        Schema::new("An indicator.", attributes)
    }

    async fn plan(&self, _client: Option<&()>, request: PlanRequest) -> PlanResponse {
        PlanResponse {
            planned: request.proposed,
            ..PlanResponse::default()
        }
    }

    async fn create(&self, _client: &(), _request: CreateRequest) -> ApplyResponse {
        panic!("the other provider creates nothing")
    }

    async fn read(&self, _client: &(), request: ReadRequest) -> ReadResponse {
        ReadResponse {
            state: request.state,
            ..ReadResponse::default()
        }
    }

    async fn update(&self, _client: &(), _request: UpdateRequest) -> ApplyResponse {
        panic!("the other provider changes nothing")
    }

    async fn delete(&self, _client: &(), _request: DeleteRequest) -> ApplyResponse {
        panic!("the other provider deletes nothing")
    }
}
