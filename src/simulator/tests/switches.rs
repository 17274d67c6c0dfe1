//! Each switch that changes what a write does, with both answers.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Tenant, domain, switched, with};

const SHA1: &str = "0123456789abcdef0123456789abcdef01234567";

fn item(indicator_type: &str, value: &str, changes: &Value) -> Value {
    with(with(domain(value), &json!({"indicatorType": indicator_type})), changes)
}

/// Imports the items one after the other; the ids that were answered, or why not.
async fn ids(tenant: &Tenant, items: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for item in items {
        let answer = tenant.import(std::slice::from_ref(item)).await.json();
        let result = &answer["value"][0];
        found.push(
            result["id"]
                .as_str()
                .or(answer["error"]["code"].as_str())
                .unwrap_or("failed")
                .to_owned(),
        );
    }
    found
}

/// What each switch makes of the same items.
async fn check(items: &[Value], cases: &[(&[&str], &[&str])]) {
    for (arguments, expected) in cases {
        let tenant = Tenant::start(switched(arguments)).await;
        assert_eq!(ids(&tenant, items).await, *expected, "{arguments:?}");
    }
}

#[tokio::test]
async fn what_identifies_a_row() {
    let actions = [
        domain("a.example"),
        with(domain("a.example"), &json!({"action": "Allowed"})),
    ];
    check(
        &actions,
        &[(&[], &["1", "2"]), (&["--action-in-identity", "ignored"], &["1", "1"])],
    )
    .await;
    let scopes = [
        domain("a.example"),
        with(domain("a.example"), &json!({"rbacGroupNames": ["Servers"]})),
    ];
    check(
        &scopes,
        &[(&[], &["1", "2"]), (&["--scope-in-identity", "ignored"], &["1", "1"])],
    )
    .await;
    let cases = [
        item("FileSha1", SHA1, &json!({})),
        item("FileSha1", &SHA1.to_uppercase(), &json!({})),
    ];
    check(
        &cases,
        &[(&[], &["1", "2"]), (&["--hash-case", "ignored"], &["1", "1"])],
    )
    .await;
    let hosts = [
        domain("a.example"),
        domain("A.example"),
        item("Url", "https://a.example/B", &json!({})),
        item("Url", "HTTPS://A.example/B", &json!({})),
        item("Url", "https://a.example/b", &json!({})),
    ];
    check(
        &hosts,
        &[
            (&[], &["1", "2", "3", "4", "5"]),
            (&["--host-case", "ignored"], &["1", "1", "2", "2", "3"]),
        ],
    )
    .await;
    let tenant = Tenant::start(switched(&["--hash-case", "ignored"])).await;
    ids(&tenant, &cases).await;
    assert_eq!(tenant.values(), [SHA1], "the first spelling stays");
}

#[tokio::test]
async fn what_is_taken_and_what_is_refused() {
    let md5 = [item("FileMd5", &SHA1[..32], &json!({}))];
    check(&md5, &[(&[], &["1"]), (&["--file-md5", "refused"], &["failed"])]).await;
    let group = [with(domain("a.example"), &json!({"rbacGroupNames": ["Typo"]}))];
    check(
        &group,
        &[
            (&[], &["1"]),
            (
                &["--unknown-rbac-group", "refused", "--rbac-groups", "Servers"],
                &["failed"],
            ),
        ],
    )
    .await;
    let read_only = [with(domain("a.example"), &json!({"id": "77"}))];
    check(
        &read_only,
        &[(&[], &["1"]), (&["--read-only-fields", "refused"], &["InvalidInput"])],
    )
    .await;
    let remediate = [item(
        "Url",
        "https://a.example/",
        &json!({"action": "BlockAndRemediate"}),
    )];
    check(
        &remediate,
        &[
            (&[], &["1"]),
            (&["--network-block-and-remediate", "refused"], &["failed"]),
        ],
    )
    .await;
    let certificate = [item("CertificateThumbprint", SHA1, &json!({"action": "Warn"}))];
    check(
        &certificate,
        &[(&[], &["failed"]), (&["--certificate-actions", "any"], &["1"])],
    )
    .await;
    let untitled = [with(domain("a.example"), &json!({"title": null}))];
    check(
        &untitled,
        &[
            (&[], &["MissingRequiredParameter"]),
            (&["--missing-texts", "item"], &["failed"]),
            (&["--missing-texts", "accepted"], &["1"]),
        ],
    )
    .await;
    let private = [item("IpAddress", "10.10.10.10", &json!({}))];
    check(
        &private,
        &[(&[], &["failed"]), (&["--private-addresses", "accepted"], &["1"])],
    )
    .await;
    let short = [item("IpAddress", "2001:db8::1", &json!({}))];
    check(&short, &[(&[], &["1"]), (&["--short-ipv6", "refused"], &["failed"])]).await;
    let boolean = [with(domain("a.example"), &json!({"generateAlert": "True"}))];
    check(
        &boolean,
        &[(&[], &["1"]), (&["--text-booleans", "refused"], &["InvalidInput"])],
    )
    .await;
    let long = [with(domain("a.example"), &json!({"description": "d".repeat(101)}))];
    check(&long, &[(&[], &["1"]), (&["--lengths", "claimed"], &["failed"])]).await;
    let documented = [with(domain("a.example"), &json!({"lookBackPeriod": "7"}))];
    check(
        &documented,
        &[
            (&[], &["InvalidInput"]),
            (&["--documented-spellings", "accepted"], &["1"]),
        ],
    )
    .await;
    for (arguments, status) in [(&[][..], 400), (&["--empty-import", "accepted"], 200)] {
        let tenant = Tenant::start(switched(arguments)).await;
        assert_eq!(tenant.import(&[]).await.status, status);
    }
}

#[tokio::test]
async fn what_a_submission_without_an_alert_does() {
    let items = [
        domain("a.example"),
        with(domain("b.example"), &json!({"generateAlert": false})),
        with(domain("c.example"), &json!({"action": "Allowed"})),
        with(domain("d.example"), &json!({"action": "Audit"})),
    ];
    for (arguments, results, alerts) in [
        (&[][..], ["1", "2", "3", "failed"], &[false, false, false][..]),
        (
            &["--absent-generate-alert", "true"],
            ["1", "2", "3", "4"],
            &[true, false, false, true],
        ),
    ] {
        let tenant = Tenant::start(switched(arguments)).await;
        assert_eq!(ids(&tenant, &items).await, results, "{arguments:?}");
        let rows = tenant.simulator.rows();
        let found: Vec<bool> = rows.iter().map(|row| row["generateAlert"].as_bool().unwrap()).collect();
        assert_eq!(found, alerts, "{arguments:?}");
    }
}

#[tokio::test]
async fn what_becomes_of_an_incomplete_certificate() {
    let sent = json!({"certificateInfo": {"sha256": "x", "issuer": "i"}});
    for (arguments, stored) in [
        (
            &[][..],
            r#""certificateInfo":{"issuer":"i","serial":null,"subject":null,"sha256":"x"}}"#,
        ),
        (
            &["--incomplete-certificate-info", "as-sent"],
            r#""certificateInfo":{"issuer":"i","sha256":"x"}}"#,
        ),
    ] {
        let tenant = Tenant::start(switched(arguments)).await;
        let answer = tenant.submit(&with(domain("a.example"), &sent)).await;
        assert!(answer.body.ends_with(stored), "{}", answer.body);
        assert!(
            tenant.get("/api/indicators").await.body.contains(stored),
            "{arguments:?}"
        );
    }
}

#[tokio::test]
async fn what_the_fields_of_a_feature_do() {
    let plain = with(
        domain("a.example"),
        &json!({"historicalDetection": false, "lookBackPeriod": null}),
    );
    let flag = with(domain("b.example"), &json!({"historicalDetection": true}));
    let period = with(domain("c.example"), &json!({"lookBackPeriod": 7}));
    let items = [plain, flag, period];
    for (arguments, results, stored) in [
        (
            &[][..],
            ["1", "2", "3"],
            json!([[false, null], [true, null], [false, 7]]),
        ),
        (
            &["--look-back-fields", "ignored"],
            ["1", "2", "3"],
            json!([[false, null], [false, null], [false, null]]),
        ),
        (
            &["--look-back-fields", "refused"],
            ["1", "failed", "failed"],
            json!([[false, null]]),
        ),
    ] {
        let tenant = Tenant::start(switched(arguments)).await;
        assert_eq!(ids(&tenant, &items).await, results, "{arguments:?}");
        let rows = tenant.simulator.rows();
        let rows: Vec<Value> = rows
            .iter()
            .map(|row| json!([row["historicalDetection"], row["lookBackPeriod"]]))
            .collect();
        assert_eq!(json!(rows), stored, "{arguments:?}");
    }
    let strict = Tenant::start(switched(&["--look-back-fields", "refused"])).await;
    let (status, code, _) = strict.submit(&items[1]).await.error();
    assert_eq!((status, code.as_str()), (403, "DisabledFeature"));
}

#[tokio::test]
async fn what_an_unknown_id_does_to_a_batch_delete() {
    for (arguments, status, left) in [
        (&[][..], 404, &["a.example", "b.example"][..]),
        (&["--unknown-ids", "refused-in-part"], 404, &[]),
        (&["--unknown-ids", "skipped"], 204, &[]),
    ] {
        let tenant = Tenant::start(switched(arguments)).await;
        tenant.import(&[domain("a.example"), domain("b.example")]).await;
        assert_eq!(
            tenant.batch_delete(&["1", "9", "2"]).await.status,
            status,
            "{arguments:?}"
        );
        assert_eq!(tenant.values(), left, "{arguments:?}");
    }
}

#[tokio::test]
async fn what_is_stored() {
    let alert = with(
        domain("a.example"),
        &json!({"action": "Alert", "expirationTime": "2099-01-01T00:00:00.5Z"}),
    );
    for (arguments, action, expiry) in [
        (&[][..], "Alert", "2099-01-01T00:00:00.5Z"),
        (
            &["--retired-actions", "mapped", "--sub-second-expiry", "dropped"],
            "Audit",
            "2099-01-01T00:00:00Z",
        ),
    ] {
        let tenant = Tenant::start(switched(arguments)).await;
        let row = tenant.submit(&alert).await.json();
        assert_eq!(
            (&row["action"], &row["expirationTime"]),
            (&json!(action), &json!(expiry))
        );
    }
    let tenant = Tenant::start(switched(&["--rbac-groups", "Clients,Servers"])).await;
    let row = tenant
        .submit(&with(domain("a.example"), &json!({"rbacGroupNames": ["Servers"]})))
        .await
        .json();
    assert_eq!(
        (&row["rbacGroupNames"], &row["rbacGroupIds"]),
        (&json!(["Servers"]), &json!([2]))
    );
}

#[tokio::test]
async fn what_an_update_keeps() {
    for (arguments, after_absent, after_null) in [
        (&[][..], json!(null), json!(null)),
        (&["--absent-field", "keeps"], json!("old"), json!(null)),
        (
            &["--absent-field", "keeps", "--null-field", "keeps"],
            json!("old"),
            json!("old"),
        ),
    ] {
        let tenant = Tenant::start(switched(arguments)).await;
        let old = with(domain("a.example"), &json!({"externalId": "old"}));
        tenant.submit(&old).await;
        assert_eq!(
            tenant.submit(&domain("a.example")).await.json()["externalId"],
            after_absent,
            "{arguments:?}"
        );
        tenant.submit(&old).await;
        let null = with(domain("a.example"), &json!({"externalId": null}));
        assert_eq!(
            tenant.submit(&null).await.json()["externalId"],
            after_null,
            "{arguments:?}"
        );
    }
}

#[tokio::test]
async fn what_becomes_of_expired_rows() {
    let soon = (jiff::Timestamp::now() + Duration::from_secs(600)).to_string();
    for (arguments, left, deleted) in [(&[][..], 0, 404), (&["--expired-rows", "listed"], 1, 204)] {
        let tenant = Tenant::start(switched(arguments)).await;
        tenant
            .submit(&with(domain("a.example"), &json!({"expirationTime": soon})))
            .await;
        tenant.simulator.advance(Duration::from_secs(600));
        let listed = tenant.get("/api/indicators").await.json();
        assert_eq!(listed["value"].as_array().unwrap().len(), left);
        assert_eq!(tenant.delete("/api/indicators/1").await.status, deleted);
    }
}

#[tokio::test]
async fn what_deletes_answer_and_when_their_room_is_free() {
    for (arguments, status, length) in [(&[][..], 204, ""), (&["--delete-answer", "200"], 200, "0")] {
        let tenant = Tenant::start(switched(arguments)).await;
        tenant.submit(&domain("a.example")).await;
        let deleted = tenant.delete("/api/indicators/1").await;
        assert_eq!((deleted.status, deleted.header("content-length")), (status, length));
        assert_eq!(deleted.body, "");
    }
    for (delay, at_once) in [("0", 200), ("20", 400)] {
        let tenant = Tenant::start(switched(&["--capacity", "1", "--freed-capacity-delay-seconds", delay])).await;
        tenant.submit(&domain("a.example")).await;
        tenant.batch_delete(&["1"]).await;
        assert_eq!(tenant.submit(&domain("b.example")).await.status, at_once);
        tenant.simulator.advance(Duration::from_secs(20));
        assert_eq!(tenant.submit(&domain("b.example")).await.status, 200);
    }
}

#[tokio::test]
async fn in_which_order_imports_answer() {
    let items = [domain("a.example"), domain("b.example")];
    for (arguments, expected) in [
        (&[][..], ["a.example 1", "b.example 2"]),
        (&["--results", "shuffled"], ["b.example 2", "a.example 1"]),
    ] {
        let tenant = Tenant::start(switched(arguments)).await;
        assert_eq!(tenant.results(&items).await, expected);
    }
}

#[tokio::test]
async fn what_an_application_with_its_own_rows_may_do_in_batches() {
    for (arguments, status, deleted) in [
        (&["--permission", "own"][..], 200, 204),
        (&["--permission", "own", "--own-rows-batches", "refused"], 403, 403),
        (&["--own-rows-batches", "refused"], 200, 204),
    ] {
        let tenant = Tenant::start(switched(arguments)).await;
        let single = tenant.submit(&domain("a.example")).await;
        assert_eq!((single.status, tenant.get("/api/indicators").await.status), (200, 200));
        let imported = tenant.import(&[domain("b.example")]).await;
        assert_eq!(imported.status, status, "{arguments:?}");
        if status == 403 {
            assert!(imported.error().2.contains("permissions (Ti.ReadWrite.All) to access"));
        }
        assert_eq!(tenant.batch_delete(&["1"]).await.status, deleted, "{arguments:?}");
    }
}

#[tokio::test]
async fn who_may_read_device_groups_and_metadata() {
    for (arguments, status) in [(&[][..], 200), (&["--score-permission", "missing"], 403)] {
        let tenant = Tenant::start(switched(arguments)).await;
        let answer = tenant.get("/api/exposureScore/ByMachineGroups").await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.body.contains("(Score.Read.All)"), status == 403);
    }
    for (arguments, status) in [(&[][..], 200), (&["--metadata-without-token", "refused"], 401)] {
        let mut tenant = Tenant::start(switched(arguments)).await;
        assert_eq!(tenant.get("/api/$metadata").await.status, 200);
        tenant.token.clear();
        assert_eq!(tenant.get("/api/$metadata").await.status, status);
    }
}

#[tokio::test]
async fn what_can_be_filtered_by() {
    for (arguments, status) in [(&[][..], 400), (&["--filter-properties", "any"], 200)] {
        let tenant = Tenant::start(switched(arguments)).await;
        assert_eq!(
            tenant
                .get("/api/indicators?$filter=description%20eq%20'd'")
                .await
                .status,
            status
        );
    }
}

#[tokio::test]
async fn what_becomes_of_a_row_that_is_not_seen() {
    for (arguments, result, title) in [(&[][..], "1", "t"), (&["--unseen-rows", "refused"], "failed", "theirs")] {
        let tenant = Tenant::start(switched(&[&["--permission", "own"], arguments].concat())).await;
        let foreign = with(domain("a.example"), &json!({"title": "theirs"}));
        tenant.simulator.put_rows(vec![foreign]).unwrap();
        assert_eq!(
            ids(&tenant, &[domain("a.example"), domain("b.example")]).await,
            [result, "2"]
        );
        assert_eq!(tenant.simulator.rows()[0]["title"], title, "{arguments:?}");
        let own = ids(&tenant, &[domain("b.example")]).await;
        assert_eq!(own, ["2"], "an own row is seen");
    }
}
