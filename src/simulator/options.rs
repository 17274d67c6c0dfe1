//! The switches of the simulator, on the command line and in tests.
//!
//! **Invariant:** every switch names the open question or the conflicting sources that it stands for.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use secrecy::SecretString;

use super::registration::Registration;
use super::switches::{
    AbsentAlert, CertificateActions, CertificateInfo, Compression, DeleteAnswer, EarlyRetry, ExpiredRows,
    FeatureFields, FilterProperties, Lengths, MissingTexts, OnUpdate, Order, Paging, Part, Permission, ReadOnlyFields,
    Results, RetiredActions, RetryAfter, ScorePermission, SubSecondExpiry, Toggle, UnknownIds, UnseenRows, Verdict,
};

/// The documented maximum of `$top`, and how many rows one page has at most.
pub(super) const LARGEST_PAGE: usize = 10_000;

/// How the simulated tenant behaves.
///
/// A default is the answer that the public clients of the API live with: they work against the real service, so an
/// answer that breaks most of them is not the service's. Where they do not tell, it is what the sources agree on, or
/// else what was recorded, or else the documented answer. So five defaults go against the documents: `short_ipv6`,
/// `text_booleans` and `token_by_get` (clients send such things in production), `network_block_and_remediate` (a
/// listing of 2023 holds a URL with it), and `documented_spellings` (the service's own metadata of 2026 spells
/// otherwise). Where there is nothing but the claim of a client's author, or nothing at all, the default is a guess,
/// and the help says so.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Address and port to serve on. Port 0 selects a free port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = Options::default().listen)]
    pub listen: SocketAddr,

    /// Allow an address in `--listen` that other machines can reach. They need no token to read and change the rows,
    /// the clock and the faults.
    #[arg(long)]
    pub listen_beyond_loopback: bool,

    /// Further names in the server's certificate, separated by commas, for clients that call a fixed host and are
    /// redirected by a hosts file.
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub host_names: Vec<String>,

    /// Directory for `ca.pem` and `environment`. By default a temporary one.
    #[arg(long, value_name = "DIR")]
    pub directory: Option<PathBuf>,

    /// File with the rows that the tenant holds at the start: a JSON array, as `GET /simulator/rows` returns it.
    #[arg(long, value_name = "FILE")]
    pub rows: Option<PathBuf>,

    /// Tenant id that the token endpoint knows. By default random.
    #[arg(long, value_name = "GUID")]
    pub tenant_id: Option<String>,

    /// Client id of the application. By default random.
    #[arg(long, value_name = "GUID")]
    pub client_id: Option<String>,

    /// Client secret of the application. By default random. It is valid only for the simulator.
    #[arg(long, value_name = "SECRET")]
    pub client_secret: Option<SecretString>,

    /// When the secret of the application expires, such as 2026-01-31T00:00:00Z. By default never.
    #[arg(long, value_name = "INSTANT")]
    pub client_secret_expires: Option<Timestamp>,

    /// PEM file with a certificate that the application has registered, in addition to the one in `client.pem`. Can be
    /// repeated.
    #[arg(long = "client-certificate", value_name = "FILE")]
    pub client_certificates: Vec<PathBuf>,

    /// Display name of the application, the `createdByDisplayName` of its rows.
    #[arg(long, value_name = "NAME")]
    pub display_name: Option<String>,

    /// Id of the application's service principal, the claim `oid` of its tokens. By default random.
    #[arg(long, value_name = "GUID")]
    pub object_id: Option<String>,

    /// A further application of the tenant, with its own rows, limits and permission. Can be repeated. The keys are
    /// client-id, client-secret, display-name, object-id, permission and certificate (a PEM file, can be repeated), with the
    /// defaults of the first application.
    /// `environment-2` has the credentials of the second application, and so on.
    #[arg(long = "application", value_name = "KEY=VALUE,...")]
    pub applications: Vec<Registration>,

    /// Number of seconds for which a token is valid. The real ones of an application live for 3,599.
    #[arg(long, value_name = "SECONDS", default_value_t = Options::default().token_life_seconds)]
    pub token_life_seconds: u32,

    /// Maximum number of active indicators in the tenant, from all authors together.
    #[arg(long, value_name = "N", default_value_t = Options::default().capacity)]
    pub capacity: usize,

    /// Number of seconds after which the capacity of a deleted row is free. One client's author reports a delay and
    /// waits 20 seconds. No recording shows it.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub freed_capacity_delay_seconds: u64,

    /// Whether the call limits apply: 30 imports a minute, 30 batch deletes a minute and 1,500 an hour, 100 a minute
    /// and 1,500 an hour for single submissions, for single deletes, and for lists and single reads together. Each
    /// application has its own limits.
    #[arg(long, value_enum, default_value_t = Toggle::On)]
    pub limits: Toggle,

    /// Whether a 429 has the header `Retry-After`. It is documented, but known clients also handle its absence.
    #[arg(long, value_enum, default_value_t = RetryAfter::Sent)]
    pub retry_after: RetryAfter,

    /// What a call during the wait after a 429 does. The documents say only that it gets a 429, too. If the wait
    /// restarts with each such call, two clients that wait as told can lock each other out for ever.
    #[arg(long, value_enum, default_value_t = EarlyRetry::Ignored)]
    pub early_retry: EarlyRetry,

    /// Whether the action is part of what identifies an indicator. CONFLICT: the vendor's staff and recorded listings
    /// say (value, type, action); several clients assume (value, type).
    #[arg(long, value_enum, default_value_t = Part::Included)]
    pub action_in_identity: Part,

    /// Whether the device groups are part of what identifies an indicator. Open question 1: the vendor's statement
    /// breaks off where it could say so; scripts of the vendor's staff and one client take it so.
    #[arg(long, value_enum, default_value_t = Part::Included)]
    pub scope_in_identity: Part,

    /// Whether two spellings of a hash or thumbprint in upper and lower case are two indicators. Open question 2: the
    /// first spelling is said to be kept; whether the key sees the case is unknown.
    #[arg(long, value_enum, default_value_t = Part::Included)]
    pub hash_case: Part,

    /// Whether two spellings of a domain, or of scheme and host in a URL, in upper and lower case are two indicators.
    /// Not known: no recording shows that the service changes or compares what was sent.
    #[arg(long, value_enum, default_value_t = Part::Included)]
    pub host_case: Part,

    /// Whether FileMd5 can be submitted. Open question 3 and CONFLICT: documented, and such rows were listed in 2022,
    /// but one client's author reports that it is refused.
    #[arg(long, value_enum, default_value_t = Verdict::Accepted)]
    pub file_md5: Verdict,

    /// The device groups of the tenant, separated by commas; their ids count from 1.
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub rbac_groups: Vec<String>,

    /// Whether the service accepts a device group that the tenant does not have. Open question 4: in a recording of
    /// 2022 it accepted two that hardly existed.
    #[arg(long, value_enum, default_value_t = Verdict::Accepted)]
    pub unknown_rbac_group: Verdict,

    /// What happens to id, createdBy, createdByDisplayName, createdBySource, lastUpdateTime and lastUpdatedBy in a
    /// body. Open question 5: four clients send some of them in production; creationTimeDateTimeUtc is known to be
    /// tolerated.
    #[arg(long, value_enum, default_value_t = ReadOnlyFields::Ignored)]
    pub read_only_fields: ReadOnlyFields,

    /// What happens to historicalDetection and lookBackPeriod. They are writable only in a tenant with the feature.
    /// What a tenant without it does is not recorded.
    #[arg(long, value_enum, default_value_t = FeatureFields::Stored)]
    pub look_back_fields: FeatureFields,

    /// Whether `true` and `false` may be strings, in upper or lower case. Two clients do so in production; no
    /// answer is recorded.
    #[arg(long, value_enum, default_value_t = Verdict::Accepted)]
    pub text_booleans: Verdict,

    /// What a submission without generateAlert does. CONFLICT: recordings show false for Allowed (2021), and true for
    /// other actions of clients that do not send the field (2020, 2023).
    #[arg(long, value_enum, default_value_t = AbsentAlert::False)]
    pub absent_generate_alert: AbsentAlert,

    /// What is stored of a certificateInfo without all of its four properties. Not recorded; services of this kind
    /// write every property, and null where there is no value.
    #[arg(long, value_enum, default_value_t = CertificateInfo::Filled)]
    pub incomplete_certificate_info: CertificateInfo,

    /// What happens to expired rows. Open question 6 and CONFLICT: the vendor says that they are removed at once; a
    /// client of 2026 says that they are kept.
    #[arg(long, value_enum, default_value_t = ExpiredRows::Removed)]
    pub expired_rows: ExpiredRows,

    /// How a listing continues after a page. Open question 7: some clients follow a link, another one counts with
    /// `$skip`. No recording shows a link.
    #[arg(long, value_enum, default_value_t = Paging::NextLink)]
    pub paging: Paging,

    /// Maximum number of rows in one page. Open question 7: 10,000 is the documented maximum of `$top`; the page size
    /// without `$top` is not known. Fewer than 10,000 conflicts with `--paging skip-only`, where a short page ends the
    /// listing.
    #[arg(long, value_name = "ROWS", default_value_t = Options::default().page_size)]
    pub page_size: usize,

    /// Order of the rows in a listing. It is not documented, and recordings show both.
    #[arg(long, value_enum, default_value_t = Order::Ascending)]
    pub order: Order,

    /// What null does to a field with a value. Open question 8.
    #[arg(long, value_enum, default_value_t = OnUpdate::Clears)]
    pub null_field: OnUpdate,

    /// What an update without a field does to its value. Open question 8.
    #[arg(long, value_enum, default_value_t = OnUpdate::Clears)]
    pub absent_field: OnUpdate,

    /// Whether addresses, domains and URLs may be BlockAndRemediate. CONFLICT: the documents say no; a recorded listing
    /// of 2023 holds a URL with it.
    #[arg(long, value_enum, default_value_t = Verdict::Accepted)]
    pub network_block_and_remediate: Verdict,

    /// Which actions a certificate thumbprint may have. The documents name two. No recording shows that another one is
    /// refused.
    #[arg(long, value_enum, default_value_t = CertificateActions::Documented)]
    pub certificate_actions: CertificateActions,

    /// What is stored for Alert and AlertAndBlock. CONFLICT: retired in 2022, yet still in the metadata and in the
    /// documents' own example.
    #[arg(long, value_enum, default_value_t = RetiredActions::Stored)]
    pub retired_actions: RetiredActions,

    /// Status of a successful single delete. CONFLICT: 204 in the documents and in a recording of 2021, 200 in one of
    /// 2024. Four clients fail on 200, one fails on 204.
    #[arg(long, value_enum, default_value_t = DeleteAnswer::NoContent)]
    pub delete_answer: DeleteAnswer,

    /// What a batch delete with an unknown id does. The documents answer 404 for any unknown id; that nothing is
    /// deleted then is only inferred, and no recording of the call was found.
    #[arg(long, value_enum, default_value_t = UnknownIds::Refused)]
    pub unknown_ids: UnknownIds,

    /// What a missing title or description causes. CONFLICT: the page of the single submission requires them; the
    /// import page does not, and one client sends none.
    #[arg(long, value_enum, default_value_t = MissingTexts::Refused)]
    pub missing_texts: MissingTexts,

    /// Whether an import without items is accepted. Not known: one client handles both.
    #[arg(long, value_enum, default_value_t = Verdict::Refused)]
    pub empty_import: Verdict,

    /// Whether the service accepts what the documents spell differently from the metadata: externalID, and text in
    /// rbacGroupIds and lookBackPeriod. CONFLICT between the two; the metadata is the default.
    #[arg(long, value_enum, default_value_t = Verdict::Refused)]
    pub documented_spellings: Verdict,

    /// Whether addresses of private ranges are accepted. CONFLICT: the documents say external addresses only; the
    /// vendor's sample list has a private one.
    #[arg(long, value_enum, default_value_t = Verdict::Refused)]
    pub private_addresses: Verdict,

    /// Whether an IPv6 address may be shortened with `::`. CONFLICT: the documents ask for all eight groups; five
    /// clients send short ones, and no recording shows a refusal.
    #[arg(long, value_enum, default_value_t = Verdict::Accepted)]
    pub short_ipv6: Verdict,

    /// Maximum length of value, title and description. Only clients claim limits; neither the documents nor the
    /// metadata have any.
    #[arg(long, value_enum, default_value_t = Lengths::Unlimited)]
    pub lengths: Lengths,

    /// What happens to the fraction of a second in an expiry. No recording has one.
    #[arg(long, value_enum, default_value_t = SubSecondExpiry::Kept)]
    pub sub_second_expiry: SubSecondExpiry,

    /// Which properties `$filter` accepts. CONFLICT: one documented page names thirteen, another one six, and clients
    /// disagree about the title.
    #[arg(long, value_enum, default_value_t = FilterProperties::Documented)]
    pub filter_properties: FilterProperties,

    /// What the application may do: see every row (Ti.ReadWrite.All), see only its own (Ti.ReadWrite), or nothing. The
    /// claim `roles` of its tokens says the same.
    #[arg(long, value_enum, default_value_t = Permission::All)]
    pub permission: Permission,

    /// Whether an application that sees only its own rows may import and delete batches. CONFLICT: of the pages of 2025
    /// only that of the list call still names Ti.ReadWrite for applications, and one client's author says that it does
    /// not cover the two; older pages name it for all calls.
    #[arg(long, value_enum, default_value_t = Verdict::Accepted)]
    pub own_rows_batches: Verdict,

    /// Whether the applications may read the device groups at `exposureScore/ByMachineGroups` (Score.Read.All). That
    /// the call needs this permission is one client's claim.
    #[arg(long, value_enum, default_value_t = ScorePermission::Granted)]
    pub score_permission: ScorePermission,

    /// Whether the token endpoint of the first version takes GET with a form as its body. Two clients ask so in
    /// production; the documents know POST only.
    #[arg(long, value_enum, default_value_t = Verdict::Accepted)]
    pub token_by_get: Verdict,

    /// Whether `$metadata` is answered without a token. Not known; the one recording was made with a token.
    #[arg(long, value_enum, default_value_t = Verdict::Accepted)]
    pub metadata_without_token: Verdict,

    /// What happens if an application that sees only its own rows submits an indicator of another author. Not known:
    /// recorded submissions are updates, but none is from an application that does not see the row.
    #[arg(long, value_enum, default_value_t = UnseenRows::Updated)]
    pub unseen_rows: UnseenRows,

    /// Order of the results of an import. In recordings it is that of the request, but it is not documented.
    #[arg(long, value_enum, default_value_t = Results::InOrder)]
    pub results: Results,

    /// How large answers are compressed. Recordings show `Content-Encoding: deflate`, but not which of the two formats
    /// of this name.
    #[arg(long, value_enum, default_value_t = Compression::Deflate)]
    pub compression: Compression,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            listen_beyond_loopback: false,
            host_names: Vec::new(),
            directory: None,
            rows: None,
            tenant_id: None,
            client_id: None,
            client_secret: None,
            client_secret_expires: None,
            client_certificates: Vec::new(),
            display_name: None,
            object_id: None,
            applications: Vec::new(),
            token_life_seconds: 3599,
            capacity: 15_000,
            freed_capacity_delay_seconds: 0,
            limits: Toggle::On,
            retry_after: RetryAfter::Sent,
            early_retry: EarlyRetry::Ignored,
            action_in_identity: Part::Included,
            scope_in_identity: Part::Included,
            hash_case: Part::Included,
            host_case: Part::Included,
            file_md5: Verdict::Accepted,
            rbac_groups: Vec::new(),
            unknown_rbac_group: Verdict::Accepted,
            read_only_fields: ReadOnlyFields::Ignored,
            look_back_fields: FeatureFields::Stored,
            text_booleans: Verdict::Accepted,
            absent_generate_alert: AbsentAlert::False,
            incomplete_certificate_info: CertificateInfo::Filled,
            expired_rows: ExpiredRows::Removed,
            paging: Paging::NextLink,
            page_size: LARGEST_PAGE,
            order: Order::Ascending,
            null_field: OnUpdate::Clears,
            absent_field: OnUpdate::Clears,
            network_block_and_remediate: Verdict::Accepted,
            certificate_actions: CertificateActions::Documented,
            retired_actions: RetiredActions::Stored,
            delete_answer: DeleteAnswer::NoContent,
            unknown_ids: UnknownIds::Refused,
            missing_texts: MissingTexts::Refused,
            empty_import: Verdict::Refused,
            documented_spellings: Verdict::Refused,
            private_addresses: Verdict::Refused,
            short_ipv6: Verdict::Accepted,
            lengths: Lengths::Unlimited,
            sub_second_expiry: SubSecondExpiry::Kept,
            filter_properties: FilterProperties::Documented,
            permission: Permission::All,
            own_rows_batches: Verdict::Accepted,
            score_permission: ScorePermission::Granted,
            token_by_get: Verdict::Accepted,
            metadata_without_token: Verdict::Accepted,
            unseen_rows: UnseenRows::Updated,
            results: Results::InOrder,
            compression: Compression::Deflate,
        }
    }
}

/// Options that cannot stand as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// Other machines would reach the simulator, and nobody said that they may.
    #[error(
        "other machines can reach {0}, and they need no token to read and change the rows, the clock and the faults. \
         Listen on a loopback address such as 127.0.0.1, or add --listen-beyond-loopback"
    )]
    BeyondLoopback(SocketAddr),
    /// Listings would be cut off in silence.
    #[error(
        "with --paging skip-only there is no link to the next page, so that a client takes a page with fewer rows than it \
         asked for as the last one. With --page-size {0} it would not see the other rows. Leave one of the two out"
    )]
    ShortPages(usize),
    /// Nobody could tell two applications apart.
    #[error("two applications have the client id {0}. Give each its own, or leave it out")]
    SameClientId(String),
}

impl Options {
    /// Says what no simulator can be started with.
    pub(super) fn check(&self) -> Result<(), Conflict> {
        let own = self.listen.ip().to_canonical().is_loopback();
        if !own && !self.listen_beyond_loopback {
            return Err(Conflict::BeyondLoopback(self.listen));
        }
        let mut ids: Vec<String> = self.registrations().filter_map(|one| one.client_id).collect();
        ids.sort_by_key(|id| id.to_ascii_lowercase());
        let twice = ids.windows(2).find(|pair| pair[0].eq_ignore_ascii_case(&pair[1]));
        twice.map_or(Ok(()), |pair| Err(Conflict::SameClientId(pair[1].clone())))
    }

    /// Says what cannot stand together on the command line. A test in this process may want pages that mislead a
    /// client; whoever types them would take the short lists for the truth.
    pub(crate) fn check_command_line(&self) -> Result<(), Conflict> {
        if self.paging == Paging::SkipOnly && self.page_size < LARGEST_PAGE {
            return Err(Conflict::ShortPages(self.page_size));
        }
        self.check()
    }

    /// The applications of the tenant, the one of the plain arguments first.
    pub(super) fn registrations(&self) -> impl Iterator<Item = Registration> {
        let first = Registration {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            display_name: self.display_name.clone(),
            object_id: self.object_id.clone(),
            permission: self.permission,
            certificates: self.client_certificates.clone(),
        };
        std::iter::once(first).chain(self.applications.iter().cloned())
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
        let options = parse(&[
            "--client-secret",
            "do-not-print",
            "--application",
            "client-secret=do-not-print",
        ]);
        assert_eq!(options.applications.len(), 1);
        assert!(!format!("{options:?}").contains("do-not-print"));
    }

    #[test]
    fn what_cannot_stand_together_is_told() {
        let address = |text: &str| text.parse().unwrap();
        let same = Conflict::SameClientId("A".into());
        let cases: [(&[&str], Result<(), Conflict>); 11] = [
            (&[], Ok(())),
            (&["--listen", "127.8.8.8:1"], Ok(())),
            (&["--listen", "[::1]:1"], Ok(())),
            (&["--listen", "[::ffff:127.0.0.1]:1"], Ok(())),
            (
                &["--listen", "0.0.0.0:0"],
                Err(Conflict::BeyondLoopback(address("0.0.0.0:0"))),
            ),
            (
                &["--listen", "[::]:0"],
                Err(Conflict::BeyondLoopback(address("[::]:0"))),
            ),
            (&["--listen", "192.0.2.1:1", "--listen-beyond-loopback"], Ok(())),
            (
                &["--paging", "skip-only", "--page-size", "9999"],
                Err(Conflict::ShortPages(9999)),
            ),
            (&["--paging", "skip-only", "--page-size", "10000"], Ok(())),
            (&["--client-id", "a", "--application", "client-id=A"], Err(same)),
            (
                &[
                    "--client-id",
                    "a",
                    "--application",
                    "client-id=b",
                    "--application",
                    "permission=own",
                ],
                Ok(()),
            ),
        ];
        for (arguments, expected) in cases {
            assert_eq!(parse(arguments).check_command_line(), expected, "{arguments:?}");
        }
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
