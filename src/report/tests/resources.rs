//! Reports of what happens to resources as a whole: rows that move between them, resources that end, and what is left open.

use super::samples::{Sample, set, single};
use super::{c2, markdown};
use crate::report::{Dialect, Style};
use insta::assert_snapshot;
use serde_json::json;

#[test]
fn rows_that_move_between_resources_are_neither_added_nor_removed() {
    let (one, other) = (
        c2(json!({"a.example": {}, "b.example": {}})),
        c2(json!({"b.example": {}})),
    );
    let with_both = c2(json!({"a.example": {}, "c.example": {}}));
    let sample = Sample::default()
        .resource("mde_indicator_set.one", &["update"], Some(&one), Some(&other))
        .resource(
            "mde_indicator_set.two",
            &["update"],
            Some(&c2(json!({"c.example": {}}))),
            Some(&with_both),
        );
    assert_snapshot!(markdown(&sample), @r##"
    <!-- mde-report default -->
    ## Defender indicators: 1 change

    | Action | Added | Changed | Made anew | Removed | Restored | Moved |
    | :-- | --: | --: | --: | --: | --: | --: |
    | `Block` |  |  |  |  |  | 1 |

    ### `mde_indicator_set.one` `C2 infrastructure`

    1 indicator moves to other resources of the configuration.

    ### `mde_indicator_set.two` `C2 infrastructure`

    1 moved, 1 unchanged.

    <details open><summary>1 row</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | moved | `a[.]example` | `DomainName` | `Block` | from `mde_indicator_set.one` |

    </details>

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
}

#[test]
fn a_block_that_moves_to_an_allowed_list_protects_less() {
    let list = |action: &str, rows: serde_json::Value| set(json!({"action": action, "indicators": rows.to_string()}));
    let sample = Sample::default()
        .resource(
            "mde_indicator_set.blocked",
            &["update"],
            Some(&list("Block", json!({"a.example": {}, "b.example": {}}))),
            Some(&list("Block", json!({"b.example": {}}))),
        )
        .resource(
            "mde_indicator_set.allowed",
            &["create"],
            None,
            Some(&list("Allowed", json!({"a.example": {}}))),
        );
    let text = markdown(&sample);
    assert!(
        text.contains("- **1 indicator protects less**, `Block` → `Allowed`: `a[.]example`"),
        "{text}"
    );
    assert!(!text.contains("blocking indicator"), "{text}");
}

#[test]
fn resources_that_end_are_told() {
    let list = c2(json!({"a.example": {}, "b.example": {}}));
    let sample = Sample::default()
        .resource("mde_indicator_set.deleted", &["delete"], Some(&list), None)
        .resource(
            "mde_indicator_set.forgotten",
            &["forget"],
            Some(&c2(json!({"c.example": {}}))),
            None,
        )
        .resource(
            "mde_indicator_set.replaced",
            &["delete", "create"],
            Some(&c2(json!({"d.example": {}, "e.example": {}}))),
            Some(&c2(json!({"d.example": {}}))),
        )
        .reason("replace_because_tainted")
        .resource(
            "mde_indicator_set.swapped",
            &["create", "forget"],
            Some(&c2(json!({"f.example": {}, "g.example": {}}))),
            Some(&c2(json!({"f.example": {}}))),
        );
    assert_snapshot!(markdown(&sample), @r##"
    <!-- mde-report default -->
    ## Defender indicators: 3 changes

    | Action | Added | Changed | Made anew | Removed | Restored |
    | :-- | --: | --: | --: | --: | --: |
    | `Block` |  |  |  | 3 |  |

    ### Look here first

    - **3 blocking indicators are removed**: `a[.]example`, `b[.]example`, `e[.]example`
    - `mde_indicator_set.deleted`: The resource is deleted with its 2 indicators.
    - `mde_indicator_set.forgotten`: Terraform forgets the resource. Its indicator stays in the tenant and is no longer managed.
    - `mde_indicator_set.replaced`: The resource is replaced, since its creation ended with an error (it is tainted). Indicators that stay the same are not written.
    - `mde_indicator_set.swapped`: The resource is replaced. Indicators that stay the same are not written.
    - `mde_indicator_set.swapped`: Terraform forgets the resource. Its indicator stays in the tenant and is no longer managed.

    ### `mde_indicator_set.deleted` `C2 infrastructure`

    The resource is deleted with its 2 indicators.

    2 removed.

    Rows inherit: severity `High`.

    <details open><summary>2 rows</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | removed | `a[.]example` | `DomainName` | `Block` |  |
    | removed | `b[.]example` | `DomainName` | `Block` |  |

    </details>

    ### `mde_indicator_set.forgotten` `C2 infrastructure`

    Terraform forgets the resource. Its indicator stays in the tenant and is no longer managed.

    ### `mde_indicator_set.replaced` `C2 infrastructure`

    The resource is replaced, since its creation ended with an error (it is tainted). Indicators that stay the same are not written.

    1 removed, 1 unchanged.

    Rows inherit: severity `High`.

    <details open><summary>1 row</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | removed | `e[.]example` | `DomainName` | `Block` |  |

    </details>

    ### `mde_indicator_set.swapped` `C2 infrastructure`

    The resource is replaced. Indicators that stay the same are not written.

    Terraform forgets the resource. Its indicator stays in the tenant and is no longer managed.

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
}

#[test]
fn single_indicators_of_a_block_share_a_table() {
    let sample = Sample::default()
        .resource(
            "mde_indicator.one[\"a\"]",
            &["update"],
            Some(&single("198.51.100.7", json!({"severity": "Low"}))),
            Some(&single("198.51.100.7", json!({"severity": "High"}))),
        )
        .resource(
            "mde_indicator.one[\"b[0]\"]",
            &["create"],
            None,
            Some(&single("198.51.100.8", json!({}))),
        )
        .resource(
            "module.x[0].mde_indicator.one[\"c\"]",
            &["delete"],
            Some(&single("198.51.100.9", json!({}))),
            None,
        );
    assert_snapshot!(markdown(&sample), @r##"
    <!-- mde-report default -->
    ## Defender indicators: 3 changes

    | Action | Added | Changed | Made anew | Removed | Restored |
    | :-- | --: | --: | --: | --: | --: |
    | `Block` | 1 | 1 |  | 1 |  |

    ### Look here first

    - **1 blocking indicator is removed**: `198[.]51[.]100[.]9`

    ### `mde_indicator.one`

    1 added, 1 changed.

    <details open><summary>2 rows</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | changed | `198[.]51[.]100[.]7` | `IpAddress` | `Block` | severity: `Low` → `High` |
    | added | `198[.]51[.]100[.]8` | `IpAddress` | `Block` | title `one` |

    </details>

    ### `module.x[0].mde_indicator.one`

    1 removed.

    <details open><summary>1 row</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | removed | `198[.]51[.]100[.]9` | `IpAddress` | `Block` | title `one` |

    </details>

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
}

#[test]
fn what_is_left_open_is_told() {
    let list = c2(json!({"a.example": {}}));
    let open = set(json!({"title": "C2 infrastructure"}));
    let sample = Sample::default()
        .resource("mde_indicator_set.c2", &["update"], Some(&list), Some(&open))
        .unknown(json!({"indicators": true, "counts": true, "record": true}))
        .resource("mde_indicator_set.moved", &["no-op"], Some(&list), Some(&list))
        .moved_from("mde_indicator_set.before")
        .resource("mde_indicator_set.imported", &["update"], Some(&list), Some(&list))
        .imported("application=gitops")
        .deferred("mde_indicator_set.later", "provider_config_unknown")
        .check("check.room", "Only 0 left.")
        .other("azuread_group.soc", &["create"])
        .other("data.http.feed", &["read"])
        .incomplete()
        .capacity(10, 100);
    assert_snapshot!(markdown(&sample), @r##"
    <!-- mde-report default -->
    ## Defender indicators: changes that are known only after apply, plan is not complete

    The plan is not complete: it was made for some resources only, or leaves changes to a later plan.

    Besides indicators, the plan has 1 resource to create.

    **Capacity**: 10 of 100 indicators.

    ### Look here first

    - `mde_indicator_set.c2`: The list is known only after apply, so its changes are not shown.
    - `mde_indicator_set.later`: its changes are left to a later plan (`provider_config_unknown`).
    - **Check failed**: `check.room`, `Only 0 left.`

    ### `mde_indicator_set.c2` `C2 infrastructure`

    The list is known only after apply, so its changes are not shown.

    ### `mde_indicator_set.moved` `C2 infrastructure`

    The resource was called `mde_indicator_set.before` before.

    ### `mde_indicator_set.imported` `C2 infrastructure`

    The resource is imported by `application=gitops`.

    ---
    `Terraform 1.11.4`, planned 2026-11-26 17:42 UTC, terraform-provider-mde 0.1.0
    "##);
}

#[test]
fn plans_of_opentofu_are_read_as_well() {
    let list = |severity: &str| set(json!({"severity": severity, "indicators": json!({"a.example": {}}).to_string()}));
    let (before, after) = (list("High"), list("Low"));
    let of = |sample: Sample| {
        let sample = sample.resource("mde_indicator_set.c2", &["update"], Some(&before), Some(&after));
        let sample = sample.warning("mde_indicator_set.c2", "List: 1 weakened", "- a.example");
        sample.report(Style::default()).markdown(Dialect::WithHtml, 60_000)
    };
    let theirs = of(Sample::default().of_opentofu());
    assert!(theirs.contains("`OpenTofu 1.12.6`, planned"), "{theirs}");
    let ours = of(Sample::default());
    assert_eq!(theirs.replace("OpenTofu 1.12.6", "Terraform 1.11.4"), ours);
}
