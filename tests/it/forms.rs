//! What a list means decides, and not how it is written: a difference in form only plans nothing, whichever form comes first,
//! and a real difference always plans something.

use crate::support::generate::{List, Surroundings};
use crate::support::{Host, Tenant, blocks};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value as Json, json};

const SET: &str = "mde_indicator_set.a";

/// What decides, one thing after the other.
struct Dice<'d> {
    throws: std::iter::Cycle<std::slice::Iter<'d, u8>>,
}

impl<'d> Dice<'d> {
    fn new(throws: &'d [u8]) -> Self {
        Self {
            throws: throws.iter().cycle(),
        }
    }

    fn below(&mut self, count: usize) -> usize {
        usize::from(*self.throws.next().unwrap()) % count
    }

    fn one<'c>(&mut self, of: &[&'c str]) -> &'c str {
        of[self.below(of.len())]
    }
}

/// The rows of a block, as an object in whatever form they are.
fn rows(block: &Json) -> Map<String, Json> {
    match &block["indicators"] {
        Json::String(text) => serde_json::from_str(text).unwrap(),
        rows => rows.as_object().unwrap().clone(),
    }
}

/// Another spelling of the same value.
fn respelled(value: &str) -> String {
    let swapped = |text: &str| -> String {
        let swap = |letter: char| match letter {
            'a'..='z' => letter.to_ascii_uppercase(),
            _ => letter.to_ascii_lowercase(),
        };
        text.chars().map(swap).collect()
    };
    match value {
        "bücher.example" => "xn--bcher-kva.example".into(),
        "xn--bcher-kva.example" => "bücher.example".into(),
        "2001:db8::a" => "2001:0DB8:0:0:0:0:0:a".into(),
        "2001:0DB8:0:0:0:0:0:a" => "2001:db8::a".into(),
        // The path of a URL is compared to the letter.
        _ => match value.match_indices('/').nth(2) {
            Some((path, _)) => swapped(&value[..path]) + &value[path..],
            None => swapped(value),
        },
    }
}

/// The same in another spelling.
fn restated(name: &str, value: &Json) -> Json {
    const INSTANTS: [(&str, &str); 4] = [
        ("2039-01-01T00:00:00Z", "2039-01-01T00:30:00+00:30"),
        ("2031-01-01T01:00:00+01:00", "2031-01-01T00:00:00.000Z"),
        ("2032-01-01T00:00:00.25Z", "2032-01-01T02:00:00.2500000+02:00"),
        ("2001-01-01T00:00:00Z", "2000-12-31T19:00:00-05:00"),
    ];
    match (name, value) {
        (_, Json::Bool(flag)) => flag.to_string().to_uppercase().into(),
        (_, Json::Number(number)) => number.to_string().into(),
        (_, Json::Array(items)) => items.iter().rev().cloned().collect(),
        (_, Json::Object(facts)) => facts
            .iter()
            .filter(|(_, fact)| !fact.is_null())
            .map(|(name, fact)| (name.clone(), fact.clone()))
            .collect::<Map<_, _>>()
            .into(),
        ("expiration_time", Json::String(text)) => {
            let (_, other) = INSTANTS.iter().find(|(instant, _)| instant == text).unwrap();
            (*other).into()
        }
        _ => value.clone(),
    }
}

/// The rows in another form: other keys, other spellings, other ways to say nothing.
fn reformed(rows: &Map<String, Json>, dice: &mut Dice<'_>) -> Vec<(String, Json)> {
    const LEFT_OUT: [&str; 7] = [
        "title",
        "severity",
        "generate_alert",
        "mitre_techniques",
        "certificate_info",
        "bypass_duration_hours",
        "expiration_time",
    ];
    let mut reformed: Vec<(String, Json)> = Vec::new();
    for (number, (key, row)) in rows.iter().enumerate() {
        let mut fields = Map::new();
        for (name, value) in row.as_object().into_iter().flatten() {
            let other = dice.below(2) == 1;
            fields.insert(name.clone(), if other { restated(name, value) } else { value.clone() });
        }
        let mut value = fields
            .remove("value")
            .map_or(key.clone(), |value| value.as_str().unwrap().to_owned());
        if dice.below(2) == 1 {
            value = respelled(&value);
        }
        let wanted = [value.clone(), key.clone(), format!("Row {number} by another name")];
        let from = dice.below(wanted.len());
        let is_free = |wanted: &&String| !reformed.iter().any(|(taken, _)| taken == *wanted);
        // A name of its own is always free.
        let key = wanted[from..].iter().find(is_free).unwrap().clone();
        if key != value || dice.below(4) == 0 {
            fields.insert("value".into(), value.into());
        }
        for name in LEFT_OUT {
            if !fields.contains_key(name) && dice.below(4) == 0 {
                fields.insert(name.into(), if dice.below(2) == 0 { Json::Null } else { "".into() });
            }
        }
        let plain = fields.is_empty() && dice.below(2) == 0;
        reformed.push((key, if plain { Json::Null } else { fields.into() }));
    }
    let first = dice.below(reformed.len().max(1));
    reformed.rotate_left(first);
    reformed
}

/// Rows as a text, with white space and escapes as the dice fall.
fn text(rows: &[(String, Json)], dice: &mut Dice<'_>) -> String {
    const BLANKS: [&str; 4] = ["", " ", "\n\t", " \r\n  "];
    let quoted = |text: &str, dice: &mut Dice<'_>| {
        let plain = json!(text).to_string();
        match dice.below(3) {
            0 => plain.replace('/', "\\/"),
            1 => plain.replace('e', "\\u0065").replace('é', "\\u00E9"),
            _ => plain,
        }
    };
    let mut text = String::from(dice.one(&BLANKS)) + "{";
    for (position, (key, row)) in rows.iter().enumerate() {
        let comma = if position == 0 { "" } else { "," };
        text += &[
            dice.one(&BLANKS),
            comma,
            dice.one(&BLANKS),
            &quoted(key, dice),
            dice.one(&BLANKS),
            ":",
        ]
        .concat();
        let Some(fields) = row.as_object() else {
            text += "null";
            continue;
        };
        text += "{";
        let mut members: Vec<(&String, &Json)> = fields.iter().collect();
        if dice.below(2) == 1 {
            members.reverse();
        }
        for (position, (name, value)) in members.into_iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), |text| quoted(text, dice));
            text += &[
                comma,
                dice.one(&BLANKS),
                &quoted(name, dice),
                ":",
                dice.one(&BLANKS),
                &value,
            ]
            .concat();
        }
        text += dice.one(&BLANKS);
        text += "}";
    }
    text + dice.one(&BLANKS) + "}" + dice.one(&BLANKS)
}

/// The block with its list in another form.
fn in_form(block: &Json, throws: &[u8]) -> Json {
    let mut dice = Dice::new(throws);
    let rows = reformed(&rows(block), &mut dice);
    let mut block = block.clone();
    block["indicators"] = match dice.below(2) {
        0 => text(&rows, &mut dice).into(),
        _ => rows.into_iter().collect::<Map<_, _>>().into(),
    };
    block
}

async fn same_meaning(surroundings: Surroundings, list: List, forms: [Vec<u8>; 2]) {
    let tenant = Tenant::with(|options| surroundings.apply(options, std::slice::from_ref(&list))).await;
    let mut host = Host::new(&tenant);
    let [first, other] = forms.map(|form| in_form(&list.block(), &form));
    host.configure(&[(SET, first.clone())]).apply().await.ok();
    let state = host.state[SET].value.clone();
    let held = tenant.simulator.rows();
    for block in [&other, &first] {
        let run = host.configure(&[(SET, block.clone())]).plan().await.ok();
        assert!(run.changed.is_empty(), "{first:#}\nis said to differ from\n{block:#}");
    }
    host.configure(&[(SET, other)]).apply().await.clean();
    assert_eq!(host.state[SET].value, state, "the state is in another form");
    // What decides is the configuration and the state, not a look at the tenant.
    host.without_refresh().plan().await.clean();
    assert_eq!(tenant.simulator.rows(), held);
}

/// Fields with a value that no generated list has.
fn fresh() -> Vec<(&'static str, Json)> {
    vec![
        ("severity", json!("Medium")),
        ("title", json!("fresh")),
        ("description", json!("fresh")),
        ("recommended_actions", json!("fresh")),
        ("application", json!("fresh")),
        ("expiration_time", json!("2039-01-01T00:00:00Z")),
        ("rbac_group_names", json!(["A", "B"])),
        ("mitre_techniques", json!(["T1071"])),
        ("category", json!("Exploit")),
        ("educate_url", json!("https://intra.example/fresh")),
        ("bypass_duration_hours", json!(7)),
        ("external_id", json!("fresh")),
        ("additional_info", json!("fresh")),
        ("notification_id", json!(9)),
        ("notification_body", json!("fresh")),
        ("certificate_info", json!({ "issuer": "CN=fresh" })),
        ("version", json!("fresh")),
        ("look_back_period", json!(31)),
    ]
}

/// A list that asks for something else: a row more or less, or another field, flag, action or value of one row.
fn changed(block: &Json, what: usize, which: Index, field: Index) -> Json {
    let mut rows = rows(block);
    let picked = (!rows.is_empty()).then(|| rows.keys().nth(which.index(rows.len())).unwrap().clone());
    match (what, picked) {
        (0, _) | (_, None) => drop(rows.insert("added.example".into(), Json::Null)),
        (1, Some(key)) => drop(rows.remove(&key)),
        (what, Some(key)) => {
            let value_of = |key: &String| rows[key]["value"].as_str().unwrap_or(key).to_owned();
            let spellings = [value_of(&key), respelled(&value_of(&key))];
            let is_same = |other: &&String| spellings.iter().any(|one| one.eq_ignore_ascii_case(&value_of(other)));
            // With another action it might become a row that is there already.
            let is_alone = rows.keys().filter(is_same).count() == 1;
            let what = if what == 3 && !is_alone { usize::MAX } else { what };
            let (name, value) = change_of_row(block, &rows[&key], what, field);
            let mut row = rows[&key].as_object().cloned().unwrap_or_default();
            row.insert(name.into(), value);
            rows.insert(key, row.into());
        }
    }
    let mut block = block.clone();
    block["indicators"] = rows.into();
    block
}

/// A field of a row and something that it is not.
fn change_of_row(block: &Json, row: &Json, what: usize, field: Index) -> (&'static str, Json) {
    let says = |name: &str| if row[name].is_null() { &block[name] } else { &row[name] };
    let action = says("action").as_str().unwrap();
    let is_certificate = row["type"] == "CertificateThumbprint";
    match what {
        // What the retired actions say of an alert is the service's business, and `Audit` needs one.
        2 if !action.starts_with("Alert") && action != "Audit" => {
            ("generate_alert", (says("generate_alert") != true).into())
        }
        3 if is_certificate && action == "Allowed" => ("action", "BlockAndRemediate".into()),
        3 if action == "Allowed" => ("action", "Warn".into()),
        3 => ("action", "Allowed".into()),
        4 if !is_certificate => ("value", "changed.example".into()),
        _ => field.get(&fresh()).clone(),
    }
}

async fn other_meaning(surroundings: Surroundings, list: List, forms: [Vec<u8>; 2], change: (usize, Index, Index)) {
    let tenant = Tenant::with(|options| surroundings.apply(options, std::slice::from_ref(&list))).await;
    let mut host = Host::new(&tenant);
    let first = in_form(&list.block(), &forms[0]);
    let other = in_form(&changed(&list.block(), change.0, change.1, change.2), &forms[1]);
    host.configure(&[(SET, first.clone())]).apply().await.ok();
    host.configure(&[(SET, other.clone())]);
    let run = host.plan().await.ok();
    assert_eq!(
        run.changed,
        [SET],
        "{first:#}\nis said to mean what this does\n{other:#}"
    );
    host.apply().await.ok();
    host.plan().await.clean();
    // And back again.
    host.configure(&[(SET, first)]);
    assert_eq!(host.plan().await.ok().changed, [SET]);
}

/// The host handles each row and field of an object by itself, and a text as one value.
#[tokio::test]
async fn a_long_object_is_told_once_that_a_text_is_faster() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    for (count, is_text, told) in [(2000, false, 0), (2001, false, 1), (2001, true, 0)] {
        let rows = blocks::domains(0..count);
        let list = if is_text { rows.to_string().into() } else { rows };
        let run = host
            .configure(&[(SET, blocks::set(json!({ "indicators": list })))])
            .plan()
            .await
            .ok();
        let advice = run
            .warnings
            .iter()
            .filter(|warning| warning.contains("`jsonencode` makes this list much faster"));
        assert_eq!(
            advice.count(),
            told,
            "{count} rows, as a text: {is_text}: {:?}",
            run.warnings
        );
    }
}

fn run(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(story);
}

/// `PROPTEST_CASES`, or few enough for every run of the tests.
fn cases() -> u32 {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    wanted.and_then(|number| number.parse().ok()).unwrap_or(24)
}

fn form() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 16..64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_list_in_another_form_plans_empty(
        surroundings in Surroundings::any(),
        list in List::any(),
        forms in [form(), form()],
    ) {
        run(same_meaning(surroundings, list, forms));
    }

    #[test]
    fn another_list_in_any_form_never_plans_empty(
        surroundings in Surroundings::any(),
        list in List::any(),
        forms in [form(), form()],
        change in (0_usize..6, any::<Index>(), any::<Index>()),
    ) {
        run(other_meaning(surroundings, list, forms, change));
    }
}
