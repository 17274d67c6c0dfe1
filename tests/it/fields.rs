//! Every writable field: applied, read back from the tenant's rows, changed, cleared.

use crate::support::blocks::{merged, single};
use crate::support::{Host, Tenant};
use mde::simulator::{MissingTexts, OnUpdate, Part};
use serde_json::{Map, Value as Json, json};

/// One field: its names, two values as configured, the same two on the wire, and what the wire says without one.
struct Field {
    name: &'static str,
    wire: &'static str,
    configured: [Json; 2],
    stored: [Json; 2],
    default: Json,
}

fn field(name: &'static str, wire: &'static str, configured: [Json; 2], default: Json) -> Field {
    Field {
        name,
        wire,
        stored: configured.clone(),
        configured,
        default,
    }
}

fn texts(name: &'static str, wire: &'static str) -> Field {
    field(
        name,
        wire,
        [json!(format!("{name} é 1")), json!(format!("{name} \"2\""))],
        Json::Null,
    )
}

/// The fields that any write may change.
fn writable() -> Vec<Field> {
    vec![
        field(
            "severity",
            "severity",
            [json!("High"), json!("Low")],
            json!("Informational"),
        ),
        texts("title", "title"),
        texts("description", "description"),
        texts("recommended_actions", "recommendedActions"),
        Field {
            stored: [json!("2031-01-01T00:00:00Z"), json!("2031-06-01T10:00:00.5Z")],
            ..field(
                "expiration_time",
                "expirationTime",
                [json!("2031-01-01T01:00:00+01:00"), json!("2031-06-01T10:00:00.5Z")],
                Json::Null,
            )
        },
        field(
            "generate_alert",
            "generateAlert",
            [json!(true), json!(false)],
            json!(false),
        ),
        field(
            "rbac_group_names",
            "rbacGroupNames",
            [json!(["A"]), json!(["B", "A"])],
            json!([]),
        ),
        field(
            "mitre_techniques",
            "mitreTechniques",
            [json!(["T1566", "T1001.001"]), json!(["T1566"])],
            json!([]),
        ),
        Field {
            stored: [json!(512), json!(300_000_000)],
            ..field(
                "category",
                "category",
                [json!("CommandAndControl"), json!("Impact")],
                json!(1),
            )
        },
        field(
            "educate_url",
            "educateUrl",
            [json!("https://intra.example/a"), json!("https://intra.example/b")],
            Json::Null,
        ),
        field(
            "bypass_duration_hours",
            "bypassDurationHours",
            [json!(4), json!(8)],
            Json::Null,
        ),
        texts("external_id", "externalId"),
        texts("additional_info", "additionalInfo"),
        field("notification_id", "notificationId", [json!(255), json!(7)], Json::Null),
        texts("notification_body", "notificationBody"),
        field("look_back_period", "lookBackPeriod", [json!(30), json!(7)], Json::Null),
        field(
            "historical_detection",
            "historicalDetection",
            [json!(true), json!(false)],
            json!(false),
        ),
    ]
}

/// The fields that the service takes only when a row is made.
fn create_only() -> Vec<Field> {
    let certificate = |name: &str| json!({ "issuer": name, "serial": "01ab", "subject": null, "sha256": "ff" });
    vec![
        texts("application", "application"),
        texts("version", "version"),
        field(
            "certificate_info",
            "certificateInfo",
            [certificate("CN=a"), certificate("CN=b")],
            Json::Null,
        ),
    ]
}

/// The attributes that say step 0 or 1 of these fields, or nothing of them.
fn said(fields: &[Field], step: Option<usize>) -> Json {
    let value = |field: &Field| step.map_or(Json::Null, |step| field.configured[step].clone());
    let pairs: Map<_, _> = fields
        .iter()
        .map(|field| (field.name.to_owned(), value(field)))
        .collect();
    pairs.into()
}

#[track_caller]
fn assert_stored(tenant: &Tenant, value: &str, fields: &[Field], step: Option<usize>) {
    let row = tenant.row(value).unwrap_or_else(|| panic!("no row {value}"));
    for field in fields {
        let expected = step.map_or(&field.default, |step| &field.stored[step]);
        // The title of a single indicator is required, so that it is cleared by writing an empty one.
        let cleared = step.is_none() && row[field.wire] == "";
        assert!(
            cleared || row[field.wire] == *expected,
            "{} of {value} in step {step:?}: {row}",
            field.name
        );
    }
}

/// Where a configuration may write the fields of a row.
#[derive(Debug, Clone, Copy)]
enum Place {
    Single,
    Element,
    Default,
}

const PLACES: [Place; 3] = [Place::Single, Place::Element, Place::Default];
const VALUE: &str = "https://evil.example/x";

impl Place {
    fn address(self) -> &'static str {
        match self {
            Self::Single => "mde_indicator.a",
            _ => "mde_indicator_set.a",
        }
    }

    /// A configuration that says these attributes here, of one or two rows.
    fn block(self, attributes: &Json) -> Json {
        match self {
            Self::Single => {
                let title = if attributes["title"].is_null() {
                    json!({ "title": "" })
                } else {
                    json!({})
                };
                merged(single(VALUE, attributes.clone()), title)
            }
            Self::Element => {
                let mut element = json!({});
                for (name, value) in attributes.as_object().unwrap() {
                    element[name] = value.clone();
                }
                json!({ "action": "Block", "indicators": { VALUE: element } })
            }
            Self::Default => {
                let lists = json!({ "action": "Block", "indicators": { VALUE: {}, "d.example": null } });
                merged(lists, attributes.clone())
            }
        }
    }

    fn values(self) -> &'static [&'static str] {
        match self {
            Self::Default => &[VALUE, "d.example"],
            _ => &[VALUE],
        }
    }
}

async fn tenant(null_field: OnUpdate, absent_field: OnUpdate) -> Tenant {
    Tenant::with(|options| {
        options.missing_texts = MissingTexts::Accepted;
        options.null_field = null_field;
        options.absent_field = absent_field;
        // Where the device groups are part of the identity, a row with others is another row.
        options.scope_in_identity = Part::Ignored;
    })
    .await
}

fn ids(tenant: &Tenant, place: Place) -> Vec<String> {
    let id = |value: &&str| tenant.row(value).unwrap()["id"].as_str().unwrap().to_owned();
    place.values().iter().map(id).collect()
}

#[tokio::test]
async fn writable_fields_are_set_changed_and_cleared_in_place() {
    for place in PLACES {
        let tenant = tenant(OnUpdate::Clears, OnUpdate::Clears).await;
        let mut host = Host::new(&tenant);
        let fields = writable();
        host.configure(&[(place.address(), place.block(&said(&fields, None)))])
            .apply()
            .await
            .ok();
        let first = ids(&tenant, place);
        for step in [Some(0), Some(1), None, Some(1)] {
            host.configure(&[(place.address(), place.block(&said(&fields, step)))])
                .apply()
                .await
                .ok();
            for value in place.values() {
                assert_stored(&tenant, value, &fields, step);
            }
            host.plan().await.clean();
            assert_eq!(
                ids(&tenant, place),
                first,
                "{place:?}: rows were made anew in step {step:?}"
            );
        }
        assert_eq!(tenant.batch_deletes(), 0);
    }
}

#[tokio::test]
async fn create_only_fields_are_changed_by_making_the_row_anew() {
    for place in PLACES {
        let tenant = tenant(OnUpdate::Clears, OnUpdate::Clears).await;
        let mut host = Host::new(&tenant);
        let fields = create_only();
        let title = json!({ "title": "t" });
        for step in [Some(0), Some(1), None, Some(0)] {
            let before = host
                .state
                .is_empty()
                .then(Vec::new)
                .unwrap_or_else(|| ids(&tenant, place));
            host.configure(&[(
                place.address(),
                place.block(&merged(said(&fields, step), title.clone())),
            )]);
            let run = host.apply().await.ok();
            for value in place.values() {
                assert_stored(&tenant, value, &fields, step);
            }
            if step != Some(0) || !before.is_empty() {
                assert_ne!(
                    ids(&tenant, place),
                    before,
                    "{place:?}: the rows were not made anew in step {step:?}"
                );
                let told = run
                    .warnings
                    .iter()
                    .filter(|text| {
                        ["re-created", "created again", "anew"]
                            .iter()
                            .any(|words| text.contains(words))
                    })
                    .count();
                assert!(told > 0, "{:#?}", run.warnings);
            }
            host.plan().await.clean();
            assert_eq!(tenant.values().len(), place.values().len());
        }
    }
}

/// Open question 8: whether null, or a field left out, clears what was there.
#[tokio::test]
async fn cleared_fields_are_cleared_whatever_null_means_to_the_service() {
    for place in PLACES {
        for (null_field, absent_field) in [
            (OnUpdate::Keeps, OnUpdate::Clears),
            (OnUpdate::Clears, OnUpdate::Keeps),
            (OnUpdate::Keeps, OnUpdate::Keeps),
        ] {
            let tenant = tenant(null_field, absent_field).await;
            let mut host = Host::new(&tenant);
            let fields = writable();
            for step in [Some(0), None, Some(1), None] {
                host.configure(&[(place.address(), place.block(&said(&fields, step)))])
                    .apply()
                    .await
                    .ok();
                for value in place.values() {
                    assert_stored(&tenant, value, &fields, step);
                }
                host.plan().await.clean();
                assert_eq!(tenant.values().len(), place.values().len());
            }
        }
    }
}
