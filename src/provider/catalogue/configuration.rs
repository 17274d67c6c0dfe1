//! Provider blocks, configurations of sets, lists, imports and arguments of functions that are not good.

use super::{TITLE, errors, once};
use crate::defender::samples;
use crate::defender::{Obstacle, Wait};
use crate::indicator::Field;
use crate::indicator::rules::parse_action;
use crate::provider::object::Kind;
use crate::provider::set::IndicatorSet;
use crate::provider::single::SingleIndicator;
use crate::provider::{capacity, config, filter, function, indicators, own_rows_only, set, single, unusable, waited};
use crate::tf::{DataSource, ListResource, faults};
use crate::tf::{Diagnostic, Diagnostics, Object, Value, ValueType};
use serde_json::json;

type Block = &'static [(&'static str, &'static str)];

/// What is wrong with this block and these variables.
fn read(block: Block, variables: Block) -> Diagnostics {
    let mut object = Object::null(config::schema().object_type());
    for (name, text) in block {
        let value = match *name {
            "protected" => Value::List(vec![(*text).into()]),
            "capacity" | "max_removals" => text.parse::<i64>().unwrap().into(),
            _ => (*text).into(),
        };
        object.set(name, value);
    }
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name)?;
        Some(found.1.to_owned())
    };
    match config::read(&object.into(), &variable, "test".to_owned()) {
        Ok(read) => read.warnings,
        Err(diagnostics) => diagnostics,
    }
}

const CREDENTIAL: Block = &[
    ("ARM_TENANT_ID", "t"),
    ("ARM_CLIENT_ID", "c"),
    ("ARM_CLIENT_SECRET", "s"),
];

pub fn provider_block() -> Vec<Diagnostic> {
    let blocks: [Block; 19] = [
        &[("environment", "china")],
        &[("region", "mars")],
        &[("environment", "dod"), ("region", "eu")],
        &[
            ("environment", "dod"),
            ("base_url", "https://api.security.microsoft.com"),
        ],
        &[("authority_host", "https://login.microsoftonline.us")],
        &[("region", "eu"), ("base_url", "https://us.api.security.microsoft.com")],
        &[("base_url", "http://api.example")],
        &[("base_url", "https://ann:secret@api.example")],
        &[("authority_host", "login.example")],
        &[("ca_certificate_path", "Cargo.toml")],
        &[("capacity", "0")],
        &[("max_removals", "-1")],
        &[("on_existing", "take")],
        &[("protected", "contoso.example/a")],
        &[("client_secret", "stray ")],
        &[("metadata_host", "metadata.example")],
        &[
            ("metadata_host", "management.usgovcloudapi.net"),
            ("environment", "public"),
        ],
        &[("partner_id", "contoso")],
        &[("custom_correlation_request_id", "run 7")],
    ];
    // All that signing in adds, without the secret of the others.
    let ids = [CREDENTIAL[0], CREDENTIAL[1]];
    let sign_in: [Block; 12] = [
        &[
            ("ARM_CLIENT_ID", "c"),
            ("ARM_USE_MSI", "true"),
            ("ARM_CLIENT_SECRET", "s"),
        ],
        &[("ARM_USE_MSI", "yes")],
        &[
            ("ARM_USE_MSI", "true"),
            ("IDENTITY_ENDPOINT", "http://localhost/t"),
            ("IDENTITY_SERVER_THUMBPRINT", "t"),
        ],
        &[
            ("ARM_USE_MSI", "true"),
            ("MSI_ENDPOINT", "http://localhost/t"),
            ("ARM_CLIENT_ID", "c"),
        ],
        &[("ARM_USE_POWERSHELL", "true")],
        &[
            ("ARM_USE_MSI", "true"),
            ("ARM_MSI_ENDPOINT", "http://identity.example/token"),
        ],
        &[
            ("ARM_TENANT_ID", "t"),
            ("ARM_CLIENT_ID", "c"),
            ("ARM_CLIENT_CERTIFICATE_PATH", "/no/such/file.pfx"),
        ],
        &[
            ("ARM_TENANT_ID", "t"),
            ("ARM_CLIENT_ID", "c"),
            ("ARM_CLIENT_CERTIFICATE", "aGVsbG8="),
        ],
        &[
            ("ARM_TENANT_ID", "t"),
            ("ARM_CLIENT_ID", "c"),
            ("ARM_CLIENT_CERTIFICATE", "***"),
        ],
        &[("ARM_CLIENT_SECRET_FILE_PATH", "/no/such/file")],
        &[
            ("ARM_USE_OIDC", "true"),
            ("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "1"),
            ("ARM_OIDC_AZURE_SERVICE_CONNECTION_ID", "2"),
        ],
        &[
            ("ARM_USE_OIDC", "true"),
            ("ARM_OIDC_REQUEST_URL", "http://pipeline.example/token"),
        ],
    ];
    let mut all: Vec<Diagnostic> = read(&[], &[]).into_iter().collect();
    all.extend(read(&[("tenant_id", "t")], &[("ARM_CLIENT_ID", "c")]));
    all.extend(blocks.into_iter().flat_map(|block| read(block, CREDENTIAL)));
    all.extend(sign_in.into_iter().flat_map(|variables| read(&[], variables)));
    all.extend(read_with_cli(&ids));
    once(all).into_iter().collect()
}

/// What there is to say to these variables where the Azure CLI is installed.
fn read_with_cli(variables: &[(&'static str, &'static str)]) -> Diagnostics {
    let directory = tempfile::tempdir().unwrap();
    for name in ["az", "az.cmd"] {
        std::fs::write(directory.path().join(name), "").unwrap();
    }
    let path = directory.path().display().to_string();
    let variable = |name: &str| match name {
        "PATH" => Some(path.clone()),
        _ => variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned()),
    };
    let block = Object::null(config::schema().object_type()).into();
    config::read(&block, &variable, "test".to_owned()).unwrap().warnings
}

/// Errors of calls. At the start of a run they end the configuration of the provider; later they stand under the summary of
/// what could not be done.
pub fn calls() -> Vec<Diagnostic> {
    samples::errors().iter().flat_map(unusable).collect()
}

fn configuration(indicators: Value, change: impl Fn(&mut Object)) -> Vec<Diagnostic> {
    let mut object = Object::null(IndicatorSet::object_type().clone());
    for (name, text) in [("title", TITLE), ("action", "Block"), ("description", "Case 42")] {
        object.set(name, text.into());
    }
    object.set("indicators", indicators);
    change(&mut object);
    let config = Value::from(object);
    IndicatorSet::check(&config, &IndicatorSet::read(&config, None))
        .into_iter()
        .collect()
}

/// A set with no scope in `exclusive`.
fn no_scope(object: &mut Object) {
    let Some(ValueType::Object(group)) = IndicatorSet::object_type().attribute("exclusive") else {
        panic!("`exclusive` is an object");
    };
    object.set("exclusive", Object::null(group.clone()).into());
}

pub fn sets() -> Vec<Diagnostic> {
    let rows = |count: usize| (0..count).map(|number| (format!("host-{number}.example"), Value::Null));
    let mut all = configuration(Value::Null, |_| {});
    all.extend(configuration("{}".into(), no_scope));
    all.extend(configuration("{}".into(), |object| {
        object.set("on_existing", "take".into())
    }));
    all.extend(configuration(
        json!({ "evil.example": null, "EVIL.example": null }).to_string().into(),
        |_| {},
    ));
    all.extend(configuration(Value::Map(rows(2_001).collect()), |_| {}));
    all.extend(configuration(
        json!({ "evil.example": null, "allow": { "value": "https://evil.example/a", "action": "Allowed" } })
            .to_string()
            .into(),
        |_| {},
    ));
    all
}

pub fn lists() -> Vec<Diagnostic> {
    let texts = [
        "evil.example",
        "[\"evil.example\"]",
        "{\"evil.example\": nul}",
        "{\"evil.example\": null, \"evil.example\": null}",
        "{\"evil.example\": \"Block\"}",
        "{\"evil.example\": {\"severty\": \"High\"}}",
        "{\"evil.example\": {\"owner\": \"me\"}}",
        "{\"evil.example\": {\"title\": \"a\", \"title\": \"b\"}}",
        "{\"evil.example\": {\"generate_alert\": \"yes\", \"notification_id\": 1.5, \"mitre_techniques\": \"T1566\"}}",
    ];
    let mut all: Vec<Diagnostic> = texts
        .into_iter()
        .flat_map(|text| configuration(text.into(), |_| {}))
        .collect();
    all.extend(configuration(Value::from(7), |_| {}));
    all
}

pub fn imports() -> Vec<Diagnostic> {
    let known = [
        filter::Filter::Application,
        filter::Filter::Type,
        filter::Filter::Action,
    ];
    let ids = ["gitops", "owner=me", "type=", "type=Url,type=Url", "type=Domain"];
    let mut all: Vec<Diagnostic> = ids
        .into_iter()
        .flat_map(|id| filter::parse(id, &known).err().unwrap())
        .collect();
    let rows = super::problems::two_rows();
    all.extend([
        set::import::no_match(1_200, "application=gitops"),
        single::import::no_id(),
        single::import::no_such(1_200, "evil.example"),
        single::import::ambiguous("evil.example", &[&rows[0], &rows[1]]),
    ]);
    let wanted = rows[0].indicator.identity();
    let action = parse_action("block").unwrap_err();
    all.extend([
        single::identity::incomplete(Field::Action),
        single::identity::invalid(Field::Action, &action.rule, &action.remedy),
        single::identity::other_tenant(
            "aaaabbbb-0000-cccc-1111-dddd2222eeee",
            "ffff0000-1111-aaaa-2222-bbbb3333cccc",
        ),
        single::identity::no_such(1_200, &wanted),
        single::identity::ambiguous(&wanted, &[&rows[0], &rows[1]]),
    ]);
    all
}

/// `moved` blocks.
pub fn moves() -> Vec<Diagnostic> {
    vec![
        single::peer::unknown_source("azurerm_resource_group"),
        single::peer::unusable_source("indicator_value"),
        single::peer::newer_source(3),
        set::moves::refused("microsoftdefender_indicator"),
        faults::no_move("microsoftdefender_indicator", "mde_capacity"),
        faults::moved_from_newer(IndicatorSet::TYPE_NAME, 7),
    ]
}

fn call(name: &str, arguments: &[&str]) -> String {
    let functions = function::all();
    let function = functions.iter().find(|function| function.name() == name).unwrap();
    let arguments = arguments.iter().map(|text| Value::from(*text)).collect();
    function.call(arguments).err().unwrap().text
}

pub fn functions() -> Vec<Diagnostic> {
    let tables = [
        "intel/c2.csv",
        "",
        "value;severity\nevil.example;High\n",
        "a,b\n1,2\n",
        "severity\nHigh\n",
        "value,severty\nevil.example,High\n",
        "value,owner\nevil.example,me\n",
        "value,IndicatorValue\na.example,b.example\n",
        "value,severity\nevil.example\n",
        "value,\nevil.example,x\n",
        "value,title\nevil.example,\"open\n",
        "value,title\nevil.example,\"a\"b\n",
        "value,title\n,no value\n",
        "value,severity\nevil.example,High\nEVIL.example,Low\n",
        "value,generate_alert,notification_id,rbac_group_ids\nevil.example,yes,many,a\n",
        "value,certificate_info\nevil.example,x\n",
        "value\n198.51.100.0/24\n198.51.101.0/24\nlocal host\n",
    ];
    let mut all = errors("parse_csv", tables.map(|table| call("parse_csv", &[table])));
    let lists: [&[&str]; 3] = [
        &[
            "{\"evil.example\": null}",
            "{\"evil.example\": {\"severity\": \"High\"}}",
        ],
        &["{\"evil.example\": 1}"],
        &["no list"],
    ];
    all.extend(errors("merge", lists.map(|lists| call("merge", lists))));
    all
}

/// What the provider says when it signs in, and what data sources say.
pub fn reading() -> Vec<Diagnostic> {
    let wait = |obstacle| Wait {
        purpose: "import indicators",
        time: std::time::Duration::from_secs(58),
        obstacle,
    };
    let mut all = vec![
        own_rows_only(),
        waited(&wait(Obstacle::Limit)),
        waited(&wait(Obstacle::Trouble)),
        capacity::unknown_use(),
        indicators::unreadable(3, &[&"901".into(), &"902".into()]),
        single::query::too_many(15_231, 100),
    ];
    let source = indicators::Indicators;
    for (name, text) in [("action", "block"), ("type", "domain"), ("value", "evil[.]example")] {
        let mut config = Object::null(source.schema().object_type());
        config.set(name, text.into());
        all.extend(source.validate(&config.into()));
    }
    let list = single::query::ListIndicators;
    let config = Object::null(list.schema().object_type()).with("severity", "high");
    all.extend(list.validate(&config.into()));
    all
}

/// What the framework says by itself.
pub fn framework() -> Vec<Diagnostic> {
    let misfit = || {
        let text = Value::from("text");
        crate::tf::msgpack::encode(&ValueType::Number, &text).unwrap_err()
    };
    let (set, doing) = (IndicatorSet::TYPE_NAME, "updating mde_indicator_set");
    let mut all = vec![
        faults::data_source_unconfigured("mde_capacity"),
        faults::import_unconfigured(set),
        faults::list_unconfigured(SingleIndicator::TYPE_NAME),
        faults::not_refreshed(set),
        faults::change_unconfigured(doing),
        faults::nothing(doing),
        faults::stored_unreadable(set, "it is null"),
        faults::stored_too_old(),
        faults::panicked(doing, "no reason given"),
        faults::sent_unfit(misfit()),
        faults::answer_unfit(misfit()),
        faults::no_import("mde_capacity"),
    ];
    all.extend(faults::unfit(doing, &[misfit()]));
    all
}
