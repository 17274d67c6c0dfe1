//! Every switch with its answers, and what is known of each.

use super::apart;
use crate::{capacity, credentials, expiry};
use serde_json::{Value as Json, json};

const SHA1: &str = "AA5EED00AA5EED00AA5EED00AA5EED00AA5EED00";
const MD5: &str = "AA5EED00AA5EED00AA5EED00AA5EED00";

/// What is known of one answer, beside that the life goes right with it.
pub enum Then {
    /// The life meets the difference, or the client never makes a call that could; the table says so.
    Nothing,
    /// The life goes right with these rows too.
    Right(fn() -> Json),
    /// This row is refused by its name with these words, and all others are kept.
    Refused(fn() -> Json, &'static str),
    /// The life cannot be lived.
    NoLife,
}

/// A switch with its answers, and the tests of it that stand elsewhere.
pub type Switch = (&'static str, &'static [(&'static str, Then)], &'static [fn()]);

/// An argument that is no assumption, and the tests that vary it.
pub type Number = (&'static str, &'static [fn()]);

use Then::{NoLife, Nothing, Refused, Right};

pub const SWITCHES: &[Switch] = &[
    (
        "limits",
        &[("on", Nothing), ("off", Nothing)],
        &[apart::many_calls_with_the_limits_on_and_off],
    ),
    (
        "retry-after",
        &[("sent", Nothing), ("omitted", Nothing)],
        &[apart::a_window_that_others_used_up_is_waited_for],
    ),
    (
        "early-retry",
        &[("prolongs", Nothing), ("ignored", Nothing)],
        &[apart::a_window_that_others_used_up_is_waited_for],
    ),
    // The life changes actions.
    (
        "action-in-identity",
        &[("included", Right(two_actions)), ("ignored", Nothing)],
        &[apart::two_actions_where_there_is_one_row],
    ),
    // The life changes the device groups of a row.
    ("scope-in-identity", &[("included", Nothing), ("ignored", Nothing)], &[]),
    (
        "hash-case",
        &[("included", Nothing), ("ignored", Nothing)],
        &[apart::another_spelling_of_a_row_that_is_there],
    ),
    (
        "host-case",
        &[("included", Nothing), ("ignored", Nothing)],
        &[apart::another_spelling_of_a_row_that_is_there],
    ),
    (
        "file-md5",
        &[
            ("accepted", Right(md5)),
            ("refused", Refused(md5, "FileMd5 is not supported")),
        ],
        &[],
    ),
    (
        "unknown-rbac-group",
        &[
            ("accepted", Right(group)),
            ("refused", Refused(group, "RBAC group Nobody does not exist")),
        ],
        &[],
    ),
    // The client sends none.
    ("read-only-fields", &[("ignored", Nothing), ("refused", Nothing)], &[]),
    (
        "look-back-fields",
        &[
            ("stored", Right(look_back)),
            ("ignored", Nothing),
            ("refused", Refused(look_back, "Historical detection is not enabled")),
        ],
        &[apart::fields_that_a_tenant_forgets],
    ),
    // The client writes booleans as such.
    ("text-booleans", &[("accepted", Nothing), ("refused", Nothing)], &[]),
    // The client always says whether there is an alert.
    ("absent-generate-alert", &[("false", Nothing), ("true", Nothing)], &[]),
    (
        "incomplete-certificate-info",
        &[("filled", Right(incomplete)), ("as-sent", Right(incomplete))],
        &[],
    ),
    // A row of the life expires.
    (
        "expired-rows",
        &[("removed", Nothing), ("listed", Nothing)],
        &[expiry::a_row_that_expires_leaves_the_plan_clean_and_can_be_given_a_new_end],
    ),
    (
        "paging",
        &[
            ("next-link", Nothing),
            ("next-link-token", Nothing),
            ("next-link-unless-top", Nothing),
            ("skip-only", Nothing),
        ],
        &[apart::more_rows_than_one_page_can_have],
    ),
    // A listing of the life has several pages.
    (
        "order",
        &[("ascending", Nothing), ("descending", Nothing)],
        &[apart::more_rows_than_one_page_can_have],
    ),
    // The life clears fields.
    ("null-field", &[("clears", Nothing), ("keeps", Nothing)], &[]),
    ("absent-field", &[("clears", Nothing), ("keeps", Nothing)], &[]),
    (
        "network-block-and-remediate",
        &[
            ("accepted", Right(remediated)),
            ("refused", Refused(remediated, "BlockAndRemediate is not supported")),
        ],
        &[],
    ),
    (
        "certificate-actions",
        &[
            ("documented", Refused(certificate, "Block is not supported")),
            ("any", Right(certificate)),
        ],
        &[],
    ),
    (
        "retired-actions",
        &[("stored", Right(retired)), ("mapped", Right(retired))],
        &[],
    ),
    // The client deletes in batches only, a single row too.
    ("delete-answer", &[("200", Nothing), ("204", Nothing)], &[]),
    (
        "unknown-ids",
        &[("refused", Nothing), ("refused-in-part", Nothing), ("skipped", Nothing)],
        &[apart::a_row_that_is_gone_before_the_delete],
    ),
    (
        "missing-texts",
        &[("refused", Nothing), ("item", Nothing), ("accepted", Nothing)],
        &[apart::a_row_without_a_title],
    ),
    // The client makes no call without anything to do.
    ("empty-import", &[("accepted", Nothing), ("refused", Nothing)], &[]),
    // The client writes what the metadata has.
    (
        "documented-spellings",
        &[("accepted", Nothing), ("refused", Nothing)],
        &[],
    ),
    (
        "private-addresses",
        &[
            ("accepted", Right(private)),
            ("refused", Refused(private, "10.10.10.10")),
        ],
        &[],
    ),
    // The life has a short address; the client sends it in full.
    ("short-ipv6", &[("accepted", Nothing), ("refused", Nothing)], &[]),
    (
        "lengths",
        &[
            ("unlimited", Right(long)),
            ("claimed", Refused(long, "description exceeds 100 characters")),
        ],
        &[],
    ),
    (
        "sub-second-expiry",
        &[("kept", Right(sub_second)), ("dropped", Right(sub_second))],
        &[],
    ),
    // The client lists without `$filter`.
    ("filter-properties", &[("documented", Nothing), ("any", Nothing)], &[]),
    (
        "permission",
        &[("all", Nothing), ("own", Nothing), ("none", NoLife)],
        &[
            apart::rows_that_the_application_does_not_see,
            apart::without_a_permission_nothing_is_written,
        ],
    ),
    (
        "unseen-rows",
        &[("updated", Nothing), ("refused", Nothing)],
        &[apart::rows_that_the_application_does_not_see],
    ),
    // The permission of the life sees all rows.
    (
        "own-rows-batches",
        &[("accepted", Nothing), ("refused", Nothing)],
        &[apart::an_application_that_may_not_import],
    ),
    // The client asks for no groups, and for no metadata.
    ("score-permission", &[("granted", Nothing), ("missing", Nothing)], &[]),
    (
        "metadata-without-token",
        &[("accepted", Nothing), ("refused", Nothing)],
        &[],
    ),
    // The client asks the second version, by POST.
    ("token-by-get", &[("accepted", Nothing), ("refused", Nothing)], &[]),
    // Positions tell results apart only where values do.
    (
        "results",
        &[("in-order", Right(two_actions)), ("shuffled", Right(two_actions))],
        &[],
    ),
    // The client does not ask for deflate, since servers disagree about what it is; the answers come as gzip.
    (
        "compression",
        &[("deflate", Nothing), ("raw-deflate", Nothing), ("off", Nothing)],
        &[],
    ),
];

/// The arguments that stand for a number or a name instead of an assumption, and the tests that vary them.
pub const OTHERS: &[Number] = &[
    ("listen", &[]),
    ("listen-beyond-loopback", &[]),
    ("host-names", &[]),
    ("directory", &[]),
    ("rows", &[]),
    ("tenant-id", &[]),
    ("client-id", &[]),
    ("client-secret", &[]),
    (
        "client-secret-expires",
        &[credentials::a_secret_that_has_expired_and_a_clock_that_is_wrong_are_told_apart_from_wrong_ones],
    ),
    (
        "client-certificate",
        &[credentials::certificates_tokens_and_ids_may_stand_in_the_block_in_variables_and_in_files],
    ),
    ("display-name", &[]),
    ("object-id", &[]),
    ("application", &[apart::two_applications_in_one_tenant]),
    (
        "token-life-seconds",
        &[credentials::a_token_is_renewed_ahead_of_its_end_in_every_way],
    ),
    (
        "capacity",
        &[capacity::in_a_full_tenant_five_hundred_rows_make_way_for_as_many],
    ),
    (
        "freed-capacity-delay-seconds",
        &[capacity::room_that_shows_late_is_waited_for],
    ),
    ("rbac-groups", &[]),
    ("page-size", &[apart::more_rows_than_one_page_can_have]),
];

fn md5() -> Json {
    json!({ MD5: {} })
}

fn group() -> Json {
    json!({ "group.example": { "rbac_group_names": ["Nobody"] } })
}

fn look_back() -> Json {
    json!({ "back.example": { "historical_detection": true, "look_back_period": 7 } })
}

fn remediated() -> Json {
    json!({ "https://evil.example/": { "action": "BlockAndRemediate" } })
}

fn certificate() -> Json {
    json!({ SHA1: { "type": "CertificateThumbprint", "action": "Block" } })
}

fn incomplete() -> Json {
    let certificate = json!({ "issuer": "CN=i", "subject": "CN=s" });
    json!({ SHA1: { "type": "CertificateThumbprint", "action": "BlockAndRemediate", "certificate_info": certificate } })
}

fn retired() -> Json {
    json!({ "retired.example": { "action": "Alert" }, SHA1: { "action": "AlertAndBlock" } })
}

fn private() -> Json {
    json!({ "10.10.10.10": {} })
}

fn long() -> Json {
    json!({ "long.example": { "description": "d".repeat(101) } })
}

fn sub_second() -> Json {
    json!({ "timed.example": { "expiration_time": "2099-01-01T00:00:00.25Z" } })
}

fn two_actions() -> Json {
    json!({ "twice.example": {}, "again": { "value": "twice.example", "action": "Allowed" } })
}
