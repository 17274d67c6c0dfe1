//! The life of objects, and above all what is kept when something goes wrong.

use super::*;
use crate::tf::testing::map;

const FAILED: &str = "error.lines[a]: Write failed";

pub(super) fn titled(text: &str) -> Vec<(&'static str, Value)> {
    vec![("title", "t".into()), ("text", text.into())]
}

/// A note as it is stored after it was written.
pub(super) fn stored(text: &str) -> Vec<(&'static str, Value)> {
    [
        titled(text),
        vec![("id", "1".into()), ("copies", map([("a", "b".into())]))],
    ]
    .concat()
}

/// A note as it is planned before it was written.
pub(super) fn planned(text: &str) -> Vec<(&'static str, Value)> {
    [titled(text), vec![("id", Value::Unknown), ("copies", Value::Unknown)]].concat()
}

impl Host {
    pub(super) async fn read(&mut self, state: &[(&str, Value)]) -> proto::read_resource::Response {
        let request = proto::read_resource::Request {
            type_name: "test_note".into(),
            current_state: note(state),
            private: b"private".to_vec(),
            ..Default::default()
        };
        self.calls.read_resource(request).await.unwrap().into_inner()
    }

    pub(super) async fn plan(
        &mut self,
        prior: Option<proto::DynamicValue>,
        proposed: Option<proto::DynamicValue>,
        config: Option<proto::DynamicValue>,
    ) -> proto::plan_resource_change::Response {
        let request = proto::plan_resource_change::Request {
            type_name: "test_note".into(),
            prior_state: prior,
            proposed_new_state: proposed,
            config,
            prior_private: b"private".to_vec(),
            ..Default::default()
        };
        self.calls.plan_resource_change(request).await.unwrap().into_inner()
    }

    pub(super) async fn apply(
        &mut self,
        prior: Option<proto::DynamicValue>,
        planned: Option<proto::DynamicValue>,
    ) -> proto::apply_resource_change::Response {
        let request = proto::apply_resource_change::Request {
            type_name: "test_note".into(),
            prior_state: prior,
            config: planned.clone(),
            planned_state: planned,
            planned_private: b"private".to_vec(),
            ..Default::default()
        };
        self.calls.apply_resource_change(request).await.unwrap().into_inner()
    }
}

#[tokio::test]
async fn a_note_is_planned_created_changed_and_destroyed() {
    let mut host = Host::configured().await;
    let plan = host.plan(null(), note(&titled("x")), note(&titled("x"))).await;
    assert_eq!(plan.planned_state, note(&planned("x")));
    assert_eq!(
        (plan.planned_private.as_slice(), plan.requires_replace.len()),
        (&b"private planned"[..], 0)
    );
    assert!(!plan.legacy_type_system && plan.diagnostics.is_empty());

    let created = host.apply(null(), plan.planned_state).await;
    assert_eq!(created.new_state, note(&stored("x")));
    assert_eq!(created.private, b"private applied");
    assert_eq!(told(&created.diagnostics), ["warning: Written"]);

    let unchanged = host
        .plan(note(&stored("x")), note(&stored("x")), note(&titled("x")))
        .await;
    assert_eq!(unchanged.planned_state, note(&stored("x")));
    let proposed = [vec![("title", Value::from("u"))], stored("x")[1..].to_vec()].concat();
    let config = [vec![("title", Value::from("u"))], titled("x")[1..].to_vec()].concat();
    let replaced = host.plan(note(&stored("x")), note(&proposed), note(&config)).await;
    assert_eq!(
        replaced.requires_replace,
        [crate::tf::wire::path(&crate::tf::Path::attribute("title"))]
    );

    let updated = host.apply(note(&stored("x")), note(&planned("y"))).await;
    assert_eq!(
        (updated.new_state, updated.private.as_slice()),
        (note(&stored("y")), &b"private applied"[..])
    );

    let destruction = host.plan(note(&stored("y")), null(), null()).await;
    assert_eq!(
        (destruction.planned_state, destruction.planned_private),
        (null(), b"private".to_vec())
    );
    let deleted = host.apply(note(&stored("y")), null()).await;
    assert_eq!((deleted.new_state, told(&deleted.diagnostics)), (null(), vec![]));

    let hints = [
        "create t", "Applied", "update t", "Applied", "Arriving", "delete t", "Applied",
    ];
    assert_eq!(host.log.take(), hints);
}

#[tokio::test]
async fn what_fails_in_a_creation_keeps_the_state_that_there_is() {
    let mut host = Host::configured().await;
    let partial = host.apply(null(), note(&planned("fail with state"))).await;
    assert_eq!(
        (told(&partial.diagnostics), partial.new_state),
        (vec![FAILED.to_owned()], note(&stored("fail with state")))
    );
    assert_eq!(partial.private, b"private applied");
    for (text, message) in [
        ("fail", FAILED),
        ("panic", CRASH),
        ("nothing", "error: The provider returned nothing"),
    ] {
        let failed = host.apply(null(), note(&planned(text))).await;
        assert_eq!(
            (told(&failed.diagnostics), failed.new_state),
            (vec![message.to_owned()], null()),
            "{text}"
        );
    }
}

#[tokio::test]
async fn what_fails_in_an_update_keeps_the_prior_state() {
    let mut host = Host::configured().await;
    let partial = host.apply(note(&stored("x")), note(&planned("fail with state"))).await;
    assert_eq!(
        (told(&partial.diagnostics), partial.new_state),
        (vec![FAILED.to_owned()], note(&stored("fail with state")))
    );
    for (text, message) in [
        ("fail", FAILED),
        ("panic", CRASH),
        ("nothing", "error: The provider returned nothing"),
    ] {
        let failed = host.apply(note(&stored("x")), note(&planned(text))).await;
        assert_eq!(
            (told(&failed.diagnostics), failed.new_state),
            (vec![message.to_owned()], note(&stored("x"))),
            "{text}"
        );
        assert_eq!(failed.private, b"private");
    }
}

#[tokio::test]
async fn what_fails_in_a_destruction_leaves_the_object_to_the_host() {
    let mut host = Host::configured().await;
    let partial = host.apply(note(&stored("fail with state")), null()).await;
    assert_eq!(
        (told(&partial.diagnostics), partial.new_state),
        (vec![FAILED.to_owned()], note(&stored("fail with state")))
    );
    assert_eq!(partial.private, b"partly");
    for (text, message) in [("fail", FAILED), ("panic", CRASH)] {
        let failed = host.apply(note(&stored(text)), null()).await;
        assert_eq!(
            (told(&failed.diagnostics), failed.new_state),
            (vec![message.to_owned()], null()),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_unknown_left_in_a_state_costs_only_itself() {
    let mut host = Host::configured().await;
    let written = host.apply(null(), note(&planned("unknown"))).await;
    assert_eq!(
        told(&written.diagnostics),
        ["error: The provider returned an invalid result"]
    );
    let detail = &written.diagnostics[0].detail;
    assert!(
        detail.contains("- copies: the value is still unknown\n  - id: the value is still unknown"),
        "{detail}"
    );
    assert_eq!(written.new_state, note(&titled("unknown")));
    assert_eq!(written.private, b"private applied");
}

#[tokio::test]
async fn what_fails_in_a_plan_is_an_error_and_nothing_else() {
    let mut host = Host::configured().await;
    let failed = host
        .plan(null(), note(&titled("panic in plan")), note(&titled("panic in plan")))
        .await;
    assert_eq!(
        (told(&failed.diagnostics), failed.planned_private),
        (vec![CRASH.to_owned()], b"private".to_vec())
    );
    assert_eq!(host.log.take(), ["Refused"]);
    let damaged = Some(proto::DynamicValue {
        msgpack: vec![0x81].into(),
        ..Default::default()
    });
    let failed = host.plan(damaged, note(&titled("x")), note(&titled("x"))).await;
    assert_eq!(
        told(&failed.diagnostics),
        ["error: The provider cannot read what Terraform sent"]
    );
}

#[tokio::test]
async fn reading_says_gone_only_without_an_error() {
    let mut host = Host::configured().await;
    let gone = host.read(&stored("gone")).await;
    assert_eq!((gone.new_state, told(&gone.diagnostics)), (null(), vec![]));
    let same = host.read(&stored("x")).await;
    assert_eq!(
        (same.new_state, same.private.as_slice(), told(&same.diagnostics)),
        (note(&stored("x")), &b"private"[..], vec![])
    );
    for (text, message) in [
        ("fail", FAILED),
        ("panic", CRASH),
        ("unknown", "error: The provider returned an invalid result"),
    ] {
        let kept = host.read(&stored(text)).await;
        assert_eq!(
            (told(&kept.diagnostics), kept.new_state),
            (vec![message.to_owned()], note(&stored(text))),
            "{text}"
        );
        assert_eq!(kept.private, b"private");
    }
}

#[tokio::test]
async fn a_damaged_message_changes_nothing() {
    let mut host = Host::configured().await;
    let damaged = Some(proto::DynamicValue {
        msgpack: vec![0xff].into(),
        ..Default::default()
    });
    let request = proto::read_resource::Request {
        type_name: "test_note".into(),
        current_state: damaged.clone(),
        private: b"private".to_vec(),
        ..Default::default()
    };
    let read = host.calls.read_resource(request).await.unwrap().into_inner();
    assert_eq!(
        (read.new_state, read.private.as_slice()),
        (damaged.clone(), &b"private"[..])
    );
    assert_eq!(
        told(&read.diagnostics),
        ["error: The provider cannot read what Terraform sent"]
    );
    let applied = host.apply(note(&stored("x")), damaged).await;
    assert_eq!(
        (applied.new_state, applied.private.as_slice()),
        (note(&stored("x")), &b"private"[..])
    );
    assert_eq!(
        told(&applied.diagnostics),
        ["error: The provider cannot read what Terraform sent"]
    );
    assert_eq!(host.log.take(), [""; 0]);
}

#[tokio::test]
async fn without_a_client_plans_and_reads_go_on_and_nothing_is_written() {
    let mut host = Host::new().await;
    assert_eq!(host.configure(Value::Unknown).await, [""; 0]);
    host.log.take();
    let read = host.read(&stored("x")).await;
    assert_eq!(
        (read.new_state, read.private.as_slice()),
        (note(&stored("x")), &b"private"[..])
    );
    assert_eq!(told(&read.diagnostics), ["warning: Resources were not refreshed"]);
    let plan = host.plan(null(), note(&titled("x")), note(&titled("x"))).await;
    assert_eq!(
        (told(&plan.diagnostics), plan.planned_state),
        (vec!["warning: Offline".to_owned()], note(&planned("x")))
    );
    for (prior, planned_state, kept) in [
        (null(), note(&planned("x")), null()),
        (note(&stored("x")), note(&planned("y")), note(&stored("x"))),
        (note(&stored("x")), null(), null()),
    ] {
        let applied = host.apply(prior, planned_state).await;
        assert_eq!(
            (told(&applied.diagnostics), applied.new_state),
            (vec!["error: The provider is not configured".to_owned()], kept)
        );
    }
    let import = proto::import_resource_state::Request {
        type_name: "test_note".into(),
        ..Default::default()
    };
    let imported = host.calls.import_resource_state(import).await.unwrap().into_inner();
    assert_eq!(
        told(&imported.diagnostics),
        ["error: The provider is not configured yet"]
    );
    assert_eq!(host.log.take(), [""; 0]);
}

#[tokio::test]
async fn objects_larger_than_the_default_limit_pass_both_ways() {
    let mut host = Host::configured().await;
    let mut large = stored("x");
    large.push(("copies", map([("a", "x".repeat(6 << 20).into())])));
    let read = host.read(&large).await;
    assert_eq!(told(&read.diagnostics), [""; 0]);
    assert_eq!(read.new_state, note(&large));
}
