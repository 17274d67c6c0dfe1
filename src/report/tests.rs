//! Whole reports. The plans have the form that `tests/it/terraform_report.rs` sees from the real Terraform.

mod hostile;
mod resources;
mod samples;
mod spared;

use super::*;
use insta::assert_snapshot;
use samples::{Sample, set};
use serde_json::json;

/// The report of a sample in Markdown, without limit.
fn markdown(sample: &Sample) -> String {
    sample.report(Style::default()).markdown(Dialect::WithHtml, 1 << 20)
}

fn c2(rows: serde_json::Value) -> serde_json::Value {
    set(json!({"title": "C2 infrastructure", "severity": "High", "indicators": rows.to_string()}))
}

#[test]
fn a_plan_without_changes_is_short() {
    let list = c2(json!({"a.example": {}}));
    let sample = Sample::default().resource("mde_indicator_set.c2", &["no-op"], Some(&list), Some(&list));
    assert_snapshot!(markdown(&sample), @r##"
    <!-- mde-report default -->
    ## Defender indicators: no changes

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
    assert_eq!(sample.report(Style::default()).verdict(), Verdict::NoChanges);
}

#[test]
fn rows_that_come_change_and_go_are_told_in_one_table() {
    let before = c2(json!({
        "changed.example": {"severity": "Low", "description": "Seen in case 42 of the intel team"},
        "action.example": {},
        "gone.example": {"title": "Own"},
        "same.example": null,
        "key": {"value": "https://drop.example/x"},
    }));
    let after = c2(json!({
        "changed.example": {"description": "Seen in case 43 of the intel team"},
        "action.example": {"action": "Warn"},
        "new.example": {"expiration_time": "2026-11-30T00:00:00Z"},
        "co.uk": {},
        "same.example": {},
        "another key": {"value": "https://drop.example/x"},
    }));
    let sample = Sample::default()
        .resource("mde_indicator_set.c2", &["update"], Some(&before), Some(&after))
        .capacity(14_990, 15_000);
    assert_snapshot!(markdown(&sample), @r##"
    <!-- mde-report default -->
    ## Defender indicators: 5 changes

    | Action | Added | Changed | Made anew | Removed | Restored |
    | :-- | --: | --: | --: | --: | --: |
    | `Block` | 2 | 1 |  | 1 |  |
    | `Warn` |  |  | 1 |  |  |
    | **All** | 2 | 1 | 1 | 1 |  |

    **Capacity**: 14,990 → 14,991 of 15,000 indicators. **Room for 9 more.**

    ### Look here first

    - **1 indicator protects less**, `Block` → `Warn`: `action[.]example`
    - **1 blocking indicator is removed**: `gone[.]example`
    - **1 indicator covers a public suffix, with domains of many owners**: `co[.]uk`
    - **1 indicator expires** within two weeks: `new[.]example`

    ### `mde_indicator_set.c2` `C2 infrastructure`

    2 added, 1 changed, 1 made anew, 1 removed, 2 unchanged.

    Rows inherit: severity `High`.

    <details open><summary>5 rows</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | removed | `gone[.]example` | `DomainName` | `Block` | title `Own` |
    | made anew | `action[.]example` | `DomainName` | `Warn` | action: `Block` (the set's) → `Warn` |
    | changed | `changed[.]example` | `DomainName` | `Block` | severity: `Low` → `High` (the set's); description: `Seen in case [-42-]{+43+} of the intel team` |
    | added | `co[.]uk` | `DomainName` | `Block` |  |
    | added | `new[.]example` | `DomainName` | `Block` | expiration_time `2026-11-30T00:00:00Z` |

    </details>

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
}

#[test]
fn what_a_set_changes_is_told_once_with_the_number_of_its_rows() {
    let rows = json!({"a.example": {}, "b.example": {}, "own.example": {"severity": "Low"}, "c.example": {}});
    let list =
        |severity: &str, rows: &serde_json::Value| set(json!({"severity": severity, "indicators": rows.to_string()}));
    let mut changed = rows.clone();
    changed["c.example"] = json!({"generate_alert": true});
    let sample = Sample::default().resource(
        "mde_indicator_set.c2",
        &["update"],
        Some(&list("High", &rows)),
        Some(&list("Medium", &changed)),
    );
    assert_snapshot!(markdown(&sample), @r##"
    <!-- mde-report default -->
    ## Defender indicators: 3 changes

    | Action | Added | Changed | Made anew | Removed | Restored |
    | :-- | --: | --: | --: | --: | --: |
    | `Block` |  | 3 |  |  |  |

    ### Look here first

    - **3 rows inherit a change** of `mde_indicator_set.c2`: severity: `High` → `Medium`

    ### `mde_indicator_set.c2`

    3 changed, 1 unchanged.

    Of the set, severity: `High` → `Medium` for 3 rows that inherit it.

    2 rows change in nothing else and are not listed.

    <details open><summary>1 row</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | changed | `c[.]example` | `DomainName` | `Block` | severity: `High` → `Medium`; generate_alert: `false` (default) → `true` |

    </details>

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
    // A page lists each.
    let report = sample.report(Style::default());
    let full = compose::document(&report, Detail::Full);
    let rows = full
        .sections
        .iter()
        .filter(|section| section.rank == 3)
        .map(|section| section.body.len());
    assert_eq!(rows.sum::<usize>(), 3);
}

#[test]
fn what_others_did_is_told_with_who_and_when() {
    let known = c2(json!({"a.example": {}, "b.example": {}, "kept.example": {}}));
    let found = c2(json!({"a.example": {"action": "Allowed"}, "kept.example": {}}));
    let sample = Sample::default()
        .resource("mde_indicator_set.c2", &["update"], Some(&found), Some(&known))
        .drift("mde_indicator_set.c2", Some(&known), Some(&found))
        .warning(
            "mde_indicator_set.c2",
            "C2 infrastructure: 2 changed, 1 missing in the tenant",
            "Changed in the tenant:\n\
             - a.example: action changed from \"Block\" to \"Allowed\" (by eve@contoso.example on 2026-11-20T01:02:03Z)\n\
             - kept.example: title changed (on 2026-11-21T00:00:00Z; the service does not say by whom)\n\n\
             Deleted in the tenant (the service does not record who deletes):\n- b.example (id 5)",
        );
    assert_snapshot!(markdown(&sample), @r##"
    <!-- mde-report default -->
    ## Defender indicators: 3 changes

    | Action | Added | Changed | Made anew | Removed | Restored |
    | :-- | --: | --: | --: | --: | --: |
    | `Block` |  |  |  |  | 3 |

    ### Look here first

    - **1 indicator was weakened outside of Terraform** by `eve@contoso.example`: `a[.]example`

    ### `mde_indicator_set.c2` `C2 infrastructure`

    3 restored.

    <details open><summary>3 rows</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | restored | `a[.]example` | `DomainName` | `Block` | action: `Allowed` → `Block` (the set's) |
    | restored | `b[.]example` | `DomainName` | `Block` | deleted in the tenant |
    | restored | `kept[.]example` | `DomainName` | `Block` | in the tenant: `title changed` |

    </details>

    ### Changed outside of Terraform

    <details open><summary>3 indicators</summary>

    | Resource | Indicator | In the tenant | Who | When |
    | :-- | :-- | :-- | :-- | :-- |
    | `mde_indicator_set.c2` | `kept[.]example` | `title changed` |  | 2026-11-21 00:00 UTC |
    | `mde_indicator_set.c2` | `a[.]example` | action: `Block` (the set's) → `Allowed` | `eve@contoso.example` | 2026-11-20 01:02 UTC |
    | `mde_indicator_set.c2` | `b[.]example` | deleted |  |  |

    </details>

    ### Warnings

    <details><summary>1 warning</summary>

    `C2 infrastructure: 2 changed, 1 missing in the tenant` (`mde_indicator_set.c2`, `main.tf:8`)

    ```text
    Changed in the tenant:
    - a[.]example: action changed from "Block" to "Allowed" (by eve@contoso.example on 2026-11-20T01:02:03Z)
    - kept[.]example: title changed (on 2026-11-21T00:00:00Z; the service does not say by whom)

    Deleted in the tenant (the service does not record who deletes):
    - b[.]example (id 5)
    ```

    </details>

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
}

#[test]
fn without_a_log_nobody_is_named_and_the_way_to_it_is() {
    let (known, found) = (
        c2(json!({"a.example": {}})),
        c2(json!({"a.example": {"severity": "Low"}})),
    );
    let sample = Sample::default().drift("mde_indicator_set.c2", Some(&known), Some(&found));
    let report = sample.report(Style::default());
    assert_eq!(report.verdict(), Verdict::Drift);
    assert_snapshot!(report.markdown(Dialect::WithHtml, 60_000), @r##"
    <!-- mde-report default -->
    ## Defender indicators: 1 difference in the tenant

    This plan only compares the state with the tenant. Applying it changes the state and no indicator.

    ### Changed outside of Terraform

    Who changed what stands in the log of `terraform plan -json` only. Give it with `--log`.

    <details open><summary>1 indicator</summary>

    | Resource | Indicator | In the tenant | Who | When |
    | :-- | :-- | :-- | :-- | :-- |
    | `mde_indicator_set.c2` | `a[.]example` | severity: `High` (the set's) → `Low` |  |  |

    </details>

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
}

#[test]
fn strangers_in_an_exclusive_set_are_told_apart() {
    let list = |rows: serde_json::Value| {
        set(json!({"application": "portal", "exclusive": {"application": "portal"}, "indicators": rows}))
    };
    let (known, found) = (
        list(json!({"a.example": null})),
        list(json!({"a.example": null, "x.example": {"action": "Warn"}})),
    );
    let sample = Sample::default()
        .resource("mde_indicator_set.portal", &["update"], Some(&found), Some(&known))
        .drift("mde_indicator_set.portal", Some(&known), Some(&found))
        .warning(
            "mde_indicator_set.portal",
            "Portal: 1 not in the list",
            "In the scope of this exclusive set, but not in its list:\n- DomainName x.example with action Warn, id 950, created by \
             ann@contoso.example (Portal) on 2026-04-01T08:00:00Z",
        );
    assert_snapshot!(markdown(&sample), @r##"
    <!-- mde-report default -->
    ## Defender indicators: 1 change

    | Action | Added | Changed | Made anew | Removed | Restored |
    | :-- | --: | --: | --: | --: | --: |
    | `Warn` |  |  |  | 1 |  |

    ### Look here first

    - **1 indicator of another author is removed** by the exclusive set `mde_indicator_set.portal`, made by `ann@contoso.example (Portal)`: `x[.]example`

    ### `mde_indicator_set.portal`

    1 removed, 1 unchanged.

    Rows inherit: application `portal`.

    <details open><summary>1 row</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | removed | `x[.]example` | `DomainName` | `Warn` | made by others, in the scope of this exclusive set |

    </details>

    ### Changed outside of Terraform

    <details open><summary>1 indicator</summary>

    | Resource | Indicator | In the tenant | Who | When |
    | :-- | :-- | :-- | :-- | :-- |
    | `mde_indicator_set.portal` | `x[.]example` | not in the list of this exclusive set | `ann@contoso.example (Portal)` | 2026-04-01 08:00 UTC |

    </details>

    ### Warnings

    <details><summary>1 warning</summary>

    `Portal: 1 not in the list` (`mde_indicator_set.portal`, `main.tf:8`)

    ```text
    In the scope of this exclusive set, but not in its list:
    - DomainName x[.]example with action Warn, id 950, created by ann@contoso.example (Portal) on 2026-04-01T08:00:00Z
    ```

    </details>

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
}

#[test]
fn a_failed_plan_says_so_with_the_log_alone() {
    let sample = Sample::default().error(
        "mde_indicator_set.c2",
        "C2 infrastructure: 1 indicator would block a protected name",
        "`protected` in the provider block lists what must never be blocked:\n- `evil.example` lies under the protected domain `example`",
    );
    let log = sample.log_text();
    let report = Report::read(None, Some(log.as_bytes()), Style::default()).unwrap();
    assert_eq!(report.verdict(), Verdict::Failed);
    assert_snapshot!(report.markdown(Dialect::WithHtml, 60_000), @r##"
    <!-- mde-report default -->
    ## Defender indicators: **FAILED**

    The plan ended with errors, so there is nothing to apply.

    ### Errors

    `C2 infrastructure: 1 indicator would block a protected name` (`mde_indicator_set.c2`, `main.tf:8`)

    ```text
    `protected` in the provider block lists what must never be blocked:
    - `evil[.]example` lies under the protected domain `example`
    ```

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
    // The same with the empty file that a failed `terraform show` leaves.
    let with_empty = Report::read(Some(b" \n"), Some(log.as_bytes()), Style::default()).unwrap();
    assert_eq!(
        with_empty.markdown(Dialect::WithHtml, 60_000),
        report.markdown(Dialect::WithHtml, 60_000)
    );
    let errored = Sample::default().errored().report(Style::default());
    assert_eq!(errored.verdict(), Verdict::Failed);
    assert!(errored.markdown(Dialect::WithHtml, 60_000).contains("**FAILED**"));
}

#[test]
fn sensitive_values_and_records_are_not_shown() {
    let list = |rows: &str| {
        set(
            json!({"title": "Secret title", "description": "Plain", "indicators": rows, "record": "{\"ids\":\"RECORD-1\"}"}),
        )
    };
    let (before, after) = (
        list("{\"hidden.example\":{}}"),
        list("{\"hidden.example\":{},\"other.example\":{}}"),
    );
    let sample = Sample::default()
        .resource("mde_indicator_set.c2", &["update"], Some(&before), Some(&after))
        .sensitive(json!({"indicators": true, "title": true, "record": true}))
        .warning(
            "mde_indicator_set.c2",
            "Secret title: 1 to delete",
            "To delete:\n- hidden.example\n- OTHER",
        );
    let report = sample.report(Style::default());
    assert_snapshot!(report.markdown(Dialect::WithHtml, 60_000), @r##"
    <!-- mde-report default -->
    ## Defender indicators: 1 change

    | Action | Added | Changed | Made anew | Removed | Restored |
    | :-- | --: | --: | --: | --: | --: |
    | `Block` | 1 |  |  |  |  |

    ### Look here first

    - `mde_indicator_set.c2`: The list is sensitive, so its indicators are not shown.

    ### `mde_indicator_set.c2`

    The list is sensitive, so its indicators are not shown.

    1 added, 1 unchanged.

    Rows inherit: description `Plain`.

    ### Warnings

    <details><summary>1 warning</summary>

    `(sensitive): 1 to delete` (`mde_indicator_set.c2`, `main.tf:8`)

    ```text
    To delete:
    - (sensitive)
    - OTHER
    ```

    </details>

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
    for text in [report.json(), report.html(), report.text(None)] {
        for hidden in [
            "hidden.example",
            "hidden[.]example",
            "other.example",
            "other[.]example",
            "Secret title",
            "RECORD",
        ] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
}

#[test]
fn one_sensitive_field_hides_itself_only() {
    let row = |title: &str| set(json!({"indicators": {"a.example": {"title": title, "severity": "Low"}}}));
    let sample = Sample::default()
        .resource(
            "mde_indicator_set.c2",
            &["update"],
            Some(&row("old secret")),
            Some(&row("new secret")),
        )
        .sensitive(json!({"indicators": {"a.example": {"title": true}}}));
    let text = markdown(&sample);
    assert!(
        text.contains("| changed | `a[.]example` | `DomainName` | `Block` | title: (sensitive) |"),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn a_log_alone_is_a_report_too() {
    let log = Sample::default().summary(2, 1, 0).log_text();
    let report = Report::read(None, Some(log.as_bytes()), Style::default()).unwrap();
    assert_eq!(report.verdict(), Verdict::Changes);
    assert_snapshot!(report.markdown(Dialect::WithHtml, 60_000), @r##"
    <!-- mde-report default -->
    ## Defender indicators: changes that only the plan shows

    There is only the log of the run, so no indicators are shown. By the log, resources to add: 2, to change: 1, to destroy: 0.

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
}

#[test]
fn names_commits_and_hosts_without_html_are_respected() {
    let sample = Sample::default().resource(
        "mde_indicator_set.c2",
        &["create"],
        None,
        Some(&c2(json!({"a.example": {}}))),
    );
    let style = Style {
        name: Some("eu/prod".to_owned()),
        commit: Some("1f0c9d3".to_owned()),
        keeps_addresses: true,
        ..Style::default()
    };
    assert_snapshot!(sample.report(style).markdown(Dialect::Plain, 60_000), @r##"
    [//]: # (mde-report eu/prod)

    ## Defender indicators (`eu/prod`): 1 change

    | Action | Added | Changed | Made anew | Removed | Restored |
    | :-- | --: | --: | --: | --: | --: |
    | `Block` | 1 |  |  |  |  |

    ### `mde_indicator_set.c2` `C2 infrastructure`

    1 added.

    Rows inherit: severity `High`.

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | added | `a.example` | `DomainName` | `Block` |  |

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, commit `1f0c9d3`, terraform-provider-mde 0.1.0
    "##);
}

#[test]
fn text_for_terminals_has_the_same_order() {
    let before = c2(json!({"gone.example": {}, "changed.example": {"severity": "Low"}}));
    let after = c2(json!({"changed.example": {}, "new.example": {}}));
    let sample = Sample::default()
        .resource("mde_indicator_set.c2", &["update"], Some(&before), Some(&after))
        .warning(
            "mde_indicator_set.c2",
            "C2 infrastructure: 1 to delete",
            "To delete:\n- gone.example",
        )
        .capacity(2, 15_000);
    assert_snapshot!(sample.report(Style::default()).text(None), @r##"
    Defender indicators: 3 changes

      Action  Added  Changed  Made anew  Removed  Restored
      Block       1        1                   1

    Capacity: 2 of 15,000 indicators.

    Look here first
      - 1 blocking indicator is removed: gone[.]example

    mde_indicator_set.c2 C2 infrastructure
    1 added, 1 changed, 1 removed.
    Rows inherit: severity High.
      Change   Indicator          Type        Action  Details
      removed  gone[.]example     DomainName  Block
      changed  changed[.]example  DomainName  Block   severity: Low → High (the set's)
      added    new[.]example      DomainName  Block

    Warnings
      C2 infrastructure: 1 to delete (mde_indicator_set.c2, main.tf:8)
          To delete:
          - gone[.]example

    Terraform 1.11.4, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
}

#[test]
fn a_machine_reads_the_same() {
    let before = c2(json!({"gone.example": {}, "changed.example": {"severity": "Low"}}));
    let after = c2(json!({"changed.example": {}, "new.example": {}}));
    let sample = Sample::default().resource("mde_indicator_set.c2", &["update"], Some(&before), Some(&after));
    let json: serde_json::Value = serde_json::from_str(&sample.report(Style::default()).json()).unwrap();
    assert_eq!(json["verdict"], "changes");
    assert_eq!(
        json["totals"],
        json!({"added": 1, "changed": 1, "made_anew": 0, "moved": 0, "removed": 1, "restored": 0})
    );
    let rows = &json["resources"][0]["rows"];
    assert_eq!(rows[0]["value"], "gone[.]example");
    assert_eq!(
        rows[1],
        json!({
            "change": "changed", "value": "changed[.]example", "key": null, "type": "DomainName", "action": "Block",
            "old_action": null, "from": null, "made_by_others": false, "deleted_in_the_tenant": false, "note": null,
            "fields": [{"field": "severity", "old": {"value": "Low", "from": "row"}, "new": {"value": "High", "from": "set"}}],
        })
    );
    let style = Style {
        keeps_addresses: true,
        ..Style::default()
    };
    let json: serde_json::Value = serde_json::from_str(&sample.report(style).json()).unwrap();
    assert_eq!(json["resources"][0]["rows"][0]["value"], "gone.example");
}

#[test]
fn text_in_utf_16_is_read() {
    let text = Sample::default().plan_text();
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let with_mark = ["\u{feff}".as_bytes(), text.as_bytes()].concat();
    for bytes in [wide, with_mark, text.into_bytes()] {
        assert!(Report::read(Some(&bytes), None, Style::default()).is_ok());
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let told = |plan: Option<&[u8]>, log: Option<&[u8]>| match Report::read(plan, log, Style::default()) {
        Ok(_) => "read".to_owned(),
        Err(error) => error.to_string(),
    };
    for (plan, log, start) in [
        (
            Some(&b"PK\x03\x04rest"[..]),
            None,
            "the plan cannot be read: it is the saved plan itself",
        ),
        (Some(b""), None, "the plan cannot be read: it is empty"),
        (
            Some(b"\xff\xfa\x00"),
            None,
            "the plan cannot be read: it is not text in UTF-8 or UTF-16",
        ),
        (
            Some(b"{\"format_version\":\"3.0\"}"),
            None,
            "the plan cannot be read: its format has version `3.0`",
        ),
        (
            None,
            Some(&b"Plan: 1 to add"[..]),
            "the log cannot be read: it has no line of `terraform plan -json`",
        ),
        (None, Some(b""), "the log cannot be read: it is empty"),
    ] {
        let told = told(plan, log);
        assert!(told.starts_with(start), "{told}");
    }
}
