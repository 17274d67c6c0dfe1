//! The switches of the simulator, on the command line and in tests.
//!
//! **Invariant:** every switch names the open question or the conflicting sources that it stands for.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

use super::switches::{
    CertificateActions, Compression, DeleteAnswer, EarlyRetry, ExpiredRows, FeatureFields, FilterProperties, Lengths,
    MissingTexts, OnUpdate, Order, Paging, Part, Permission, ReadOnlyFields, Results, RetiredActions, RetryAfter,
    SubSecondExpiry, Toggle, UnknownIds, UnseenRows, Verdict,
};

/// How the simulated tenant behaves.
///
/// A default is what the sources agree on, or else what was recorded, or else the documented answer. So three defaults go
/// against the documents: `network_block_and_remediate` (a listing of 2023 holds a URL with it), `delete_answer` (200 was
/// recorded in 2024), and `documented_spellings` (the service's own metadata of 2026 spells otherwise). Where there is
/// nothing but the claim of a client's author, or nothing at all, the default is a guess, and the help says so.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Address and port to serve on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = Options::default().listen)]
    pub listen: SocketAddr,

    /// Directory for `ca.pem` and `environment`; a temporary one if left out.
    #[arg(long, value_name = "DIR")]
    pub directory: Option<PathBuf>,

    /// File with the rows that the tenant holds at the start: a JSON array, as `GET /simulator/rows` answers it.
    #[arg(long, value_name = "FILE")]
    pub rows: Option<PathBuf>,

    /// Tenant that the token endpoint knows; made at random if left out.
    #[arg(long, value_name = "GUID")]
    pub tenant_id: Option<String>,

    /// Application that the token endpoint knows; made at random if left out.
    #[arg(long, value_name = "GUID")]
    pub client_id: Option<String>,

    /// Secret of the application; made at random if left out. It opens nothing but the simulator.
    #[arg(long, value_name = "SECRET")]
    pub client_secret: Option<SecretString>,

    /// How many active indicators the tenant takes, from all authors together.
    #[arg(long, value_name = "N", default_value_t = Options::default().capacity)]
    pub capacity: usize,

    /// After how many seconds the room of a deleted row can be used. One client's author reports that freed room is
    /// not seen at once and waits 20 seconds; no recording shows it.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub freed_capacity_delay_seconds: u64,

    /// Whether the limits on calls hold: 30 imports a minute, 30 batch deletes a minute and 1,500 an hour, 100 a minute
    /// and 1,500 an hour for single submissions, for single deletes, and for lists and single reads together.
    #[arg(long, value_enum, default_value_t = Toggle::On)]
    pub limits: Toggle,

    /// Whether a 429 carries the header. It is documented, yet the clients that were read allow for its absence.
    #[arg(long, value_enum, default_value_t = RetryAfter::Sent)]
    pub retry_after: RetryAfter,

    /// What a call during the wait of a 429 does. The documents' history says that early retries keep the 429 coming;
    /// how exactly is not known.
    #[arg(long, value_enum, default_value_t = EarlyRetry::Prolongs)]
    pub early_retry: EarlyRetry,

    /// Whether the action is part of what identifies an indicator. CONFLICT: the vendor's staff and recorded listings
    /// say (value, type, action); several clients assume (value, type).
    #[arg(long, value_enum, default_value_t = Part::Included)]
    pub action_in_identity: Part,

    /// Whether the device groups are part of what identifies an indicator. Open question 1: the vendor's statement
    /// breaks off where it could say so; one client assumes it.
    #[arg(long, value_enum, default_value_t = Part::Ignored)]
    pub scope_in_identity: Part,

    /// Whether two spellings of a hash or thumbprint in upper and lower case are two indicators. Open question 2: the
    /// first spelling is said to be kept; whether the key sees the case is unknown.
    #[arg(long, value_enum, default_value_t = Part::Included)]
    pub hash_case: Part,

    /// Whether two spellings of a domain, or of scheme and host in a URL, in upper and lower case are two indicators. Not
    /// known: no recording shows that the service changes or compares what was sent.
    #[arg(long, value_enum, default_value_t = Part::Included)]
    pub host_case: Part,

    /// Whether FileMd5 can be submitted. Open question 3 and CONFLICT: documented, but one client's author reports that
    /// it is refused.
    #[arg(long, value_enum, default_value_t = Verdict::Accepted)]
    pub file_md5: Verdict,

    /// The device groups of the tenant, separated by commas; their ids count from 1.
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub rbac_groups: Vec<String>,

    /// Whether a device group that the tenant does not have is taken. Open question 4: the service's answer is not
    /// recorded.
    #[arg(long, value_enum, default_value_t = Verdict::Accepted)]
    pub unknown_rbac_group: Verdict,

    /// What id, createdBy, createdByDisplayName, createdBySource, lastUpdateTime and lastUpdatedBy in a body do. Open
    /// question 5; creationTimeDateTimeUtc is known to be tolerated.
    #[arg(long, value_enum, default_value_t = ReadOnlyFields::Ignored)]
    pub read_only_fields: ReadOnlyFields,

    /// What historicalDetection and lookBackPeriod do. They are writable only in a tenant that has the feature; what one
    /// without it does with them is not recorded.
    #[arg(long, value_enum, default_value_t = FeatureFields::Stored)]
    pub look_back_fields: FeatureFields,

    /// What becomes of expired rows. Open question 6 and CONFLICT: the vendor says they are removed at the second; a
    /// client of 2026 says that they are kept.
    #[arg(long, value_enum, default_value_t = ExpiredRows::Removed)]
    pub expired_rows: ExpiredRows,

    /// How long listings go on. Open question 7: some clients follow a link, another one counts with `$skip`; no
    /// recording shows a link.
    #[arg(long, value_enum, default_value_t = Paging::NextLink)]
    pub paging: Paging,

    /// Most rows in one page. Open question 7: 10,000 is the documented maximum of `$top`; the page size without `$top` is
    /// not known.
    #[arg(long, value_name = "ROWS", default_value_t = Options::default().page_size)]
    pub page_size: usize,

    /// In which order rows are listed. Not promised, and recordings show both.
    #[arg(long, value_enum, default_value_t = Order::Ascending)]
    pub order: Order,

    /// What null does to a field that has a value. Open question 8.
    #[arg(long, value_enum, default_value_t = OnUpdate::Clears)]
    pub null_field: OnUpdate,

    /// What leaving out a field does to its value in an update. Open question 8.
    #[arg(long, value_enum, default_value_t = OnUpdate::Clears)]
    pub absent_field: OnUpdate,

    /// Whether addresses, domains and URLs may be BlockAndRemediate. CONFLICT: the documents say no; a recorded listing
    /// of 2023 holds a URL with it.
    #[arg(long, value_enum, default_value_t = Verdict::Accepted)]
    pub network_block_and_remediate: Verdict,

    /// Which actions a certificate thumbprint may have. The documents name two; no recording shows another one being
    /// refused.
    #[arg(long, value_enum, default_value_t = CertificateActions::Documented)]
    pub certificate_actions: CertificateActions,

    /// What is stored for Alert and AlertAndBlock. CONFLICT: retired in 2022, yet still in the metadata and in the
    /// documents' own example.
    #[arg(long, value_enum, default_value_t = RetiredActions::Stored)]
    pub retired_actions: RetiredActions,

    /// What a successful single delete answers. CONFLICT: 204 in the documents, 200 in a recording of 2024.
    #[arg(long, value_enum, default_value_t = DeleteAnswer::Ok)]
    pub delete_answer: DeleteAnswer,

    /// What a batch delete with an unknown id does. The documents answer 404 for any unknown id; that nothing is deleted
    /// then is only inferred, and no recording of the call was found.
    #[arg(long, value_enum, default_value_t = UnknownIds::Refused)]
    pub unknown_ids: UnknownIds,

    /// What a missing title or description leads to. CONFLICT: required by the page of the single submission; the import
    /// page does not say so, and one client sends none.
    #[arg(long, value_enum, default_value_t = MissingTexts::Refused)]
    pub missing_texts: MissingTexts,

    /// Whether an import without any item is taken. Not known: one client allows for both.
    #[arg(long, value_enum, default_value_t = Verdict::Refused)]
    pub empty_import: Verdict,

    /// Whether what the documents spell otherwise than the metadata is understood: externalID, and text in rbacGroupIds,
    /// lookBackPeriod and generateAlert. CONFLICT between the two; the metadata is the default.
    #[arg(long, value_enum, default_value_t = Verdict::Refused)]
    pub documented_spellings: Verdict,

    /// Whether addresses of private ranges are taken. CONFLICT: the documents say external addresses only; the
    /// vendor's sample list has a private one.
    #[arg(long, value_enum, default_value_t = Verdict::Refused)]
    pub private_addresses: Verdict,

    /// Whether an IPv6 address may be shortened with `::`. The documents ask for all eight groups; no recording shows a
    /// refusal.
    #[arg(long, value_enum, default_value_t = Verdict::Refused)]
    pub short_ipv6: Verdict,

    /// How long value, title and description may be. Only claimed by clients; neither documents nor metadata have a
    /// limit.
    #[arg(long, value_enum, default_value_t = Lengths::Unlimited)]
    pub lengths: Lengths,

    /// What becomes of the fraction of a second in an expiry. No recording has one.
    #[arg(long, value_enum, default_value_t = SubSecondExpiry::Kept)]
    pub sub_second_expiry: SubSecondExpiry,

    /// Which properties can be filtered by. CONFLICT: one documented page names thirteen, another one six, and clients
    /// disagree about the title.
    #[arg(long, value_enum, default_value_t = FilterProperties::Documented)]
    pub filter_properties: FilterProperties,

    /// What the application may do: see every row, see only its own, or nothing.
    #[arg(long, value_enum, default_value_t = Permission::All)]
    pub permission: Permission,

    /// What submitting an indicator does that a row of somebody else has, while the permission is for own rows only. Not
    /// known: a submission is an update wherever it was recorded, but never by an application that does not see the row.
    #[arg(long, value_enum, default_value_t = UnseenRows::Updated)]
    pub unseen_rows: UnseenRows,

    /// In which order an import answers its items. Always that of the request so far as seen, but not promised.
    #[arg(long, value_enum, default_value_t = Results::InOrder)]
    pub results: Results,

    /// How large answers are compressed. Recordings show `Content-Encoding: deflate`, but not which of the two formats
    /// that go by this name.
    #[arg(long, value_enum, default_value_t = Compression::Deflate)]
    pub compression: Compression,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            directory: None,
            rows: None,
            tenant_id: None,
            client_id: None,
            client_secret: None,
            capacity: 15_000,
            freed_capacity_delay_seconds: 0,
            limits: Toggle::On,
            retry_after: RetryAfter::Sent,
            early_retry: EarlyRetry::Prolongs,
            action_in_identity: Part::Included,
            scope_in_identity: Part::Ignored,
            hash_case: Part::Included,
            host_case: Part::Included,
            file_md5: Verdict::Accepted,
            rbac_groups: Vec::new(),
            unknown_rbac_group: Verdict::Accepted,
            read_only_fields: ReadOnlyFields::Ignored,
            look_back_fields: FeatureFields::Stored,
            expired_rows: ExpiredRows::Removed,
            paging: Paging::NextLink,
            page_size: 10_000,
            order: Order::Ascending,
            null_field: OnUpdate::Clears,
            absent_field: OnUpdate::Clears,
            network_block_and_remediate: Verdict::Accepted,
            certificate_actions: CertificateActions::Documented,
            retired_actions: RetiredActions::Stored,
            delete_answer: DeleteAnswer::Ok,
            unknown_ids: UnknownIds::Refused,
            missing_texts: MissingTexts::Refused,
            empty_import: Verdict::Refused,
            documented_spellings: Verdict::Refused,
            private_addresses: Verdict::Refused,
            short_ipv6: Verdict::Refused,
            lengths: Lengths::Unlimited,
            sub_second_expiry: SubSecondExpiry::Kept,
            filter_properties: FilterProperties::Documented,
            permission: Permission::All,
            unseen_rows: UnseenRows::Updated,
            results: Results::InOrder,
            compression: Compression::Deflate,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, FromArgMatches};

    use super::*;

    fn command() -> Command {
        Options::augment_args(Command::new("simulate"))
    }

    fn parse(arguments: &[&str]) -> Options {
        let all = std::iter::once("simulate").chain(arguments.iter().copied());
        Options::from_arg_matches(&command().get_matches_from(all)).unwrap()
    }

    #[test]
    fn no_switch_is_the_default() {
        assert_eq!(format!("{:?}", parse(&[])), format!("{:?}", Options::default()));
    }

    #[test]
    fn switches_are_read() {
        let options = parse(&[
            "--paging",
            "skip-only",
            "--rbac-groups",
            "Servers,Clients",
            "--delete-answer",
            "204",
        ]);
        assert_eq!(options.paging, Paging::SkipOnly);
        assert_eq!(options.rbac_groups, ["Servers", "Clients"]);
        assert_eq!(options.delete_answer, DeleteAnswer::NoContent);
    }

    #[test]
    fn a_secret_is_not_printed() {
        let options = parse(&["--client-secret", "do-not-print"]);
        assert!(!format!("{options:?}").contains("do-not-print"));
    }

    #[test]
    fn every_switch_has_help() {
        let command = command();
        let bare: Vec<_> = command
            .get_arguments()
            .filter(|a| a.get_help().is_none())
            .map(clap::Arg::get_id)
            .collect();
        assert!(bare.is_empty(), "{bare:?}");
    }
}
