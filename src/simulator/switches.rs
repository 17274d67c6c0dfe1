//! The answers that the switches of the simulator choose between.
//!
//! **Invariant:** names only; what an answer means is written where it is acted upon.

use clap::ValueEnum;

/// Whether something is accepted or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Verdict {
    /// It is accepted.
    Accepted,
    /// It is refused with an error.
    Refused,
}

/// Whether something is done at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Toggle {
    /// It is done.
    On,
    /// It is left out.
    Off,
}

/// Whether something takes part in what tells two indicators apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Two rows that differ only in it are two indicators.
    Included,
    /// Two rows that differ only in it are the same indicator.
    Ignored,
}

/// What a field in an update does to the value that was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnUpdate {
    /// The field goes back to its default.
    Clears,
    /// The field keeps its value.
    Keeps,
}

/// What happens to read-only fields in a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReadOnlyFields {
    /// They are ignored.
    Ignored,
    /// The call is refused as a whole.
    Refused,
}

/// What happens to a row whose expiry has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExpiredRows {
    /// It is removed at once.
    Removed,
    /// It stays listed, but does not count for the capacity.
    Listed,
}

/// How a listing that does not fit one page goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Paging {
    /// `@odata.nextLink` with `$skip` whenever rows remain, also after an explicit `$top`.
    NextLink,
    /// `@odata.nextLink` with an opaque `$skiptoken` whenever rows remain, also after an explicit `$top`.
    NextLinkToken,
    /// `@odata.nextLink` only where the service itself cut the page: none once `$top` is served in full.
    NextLinkUnlessTop,
    /// Never a link: clients go on with `$skip` until a page is short.
    SkipOnly,
}

/// In which order rows are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// Oldest id first.
    Ascending,
    /// Newest id first.
    Descending,
}

/// What the service stores for the retired actions Alert and AlertAndBlock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RetiredActions {
    /// The name that was sent.
    Stored,
    /// Alert becomes Audit with an alert, AlertAndBlock becomes BlockAndRemediate.
    Mapped,
}

/// What a missing title or description leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MissingTexts {
    /// The call is refused as a whole.
    Refused,
    /// An import fails that item alone; a single submission is refused.
    Item,
    /// The row is stored without them.
    Accepted,
}

/// What a successful single delete answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DeleteAnswer {
    /// 200 with an empty body.
    #[value(name = "200")]
    Ok,
    /// 204.
    #[value(name = "204")]
    NoContent,
}

/// What the application is allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Permission {
    /// Ti.ReadWrite.All: every row of the tenant.
    All,
    /// Ti.ReadWrite: only the rows that this application made.
    Own,
    /// No role: every call gets a 403.
    None,
}

/// What an indicator gets whose submission says nothing about an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AbsentAlert {
    /// No alert.
    False,
    /// An alert, unless its action is Allowed.
    True,
}

/// What is stored of a certificateInfo that leaves something out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CertificateInfo {
    /// All four properties; null for those that were left out, and nothing but the four.
    Filled,
    /// What was sent.
    AsSent,
}

/// Whether the applications may read exposure scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScorePermission {
    /// Each that has a role at all has this one too.
    Granted,
    /// None has it.
    Missing,
}

/// In which order an import answers its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Results {
    /// As requested.
    InOrder,
    /// In another order.
    Shuffled,
}

/// Which properties `$filter` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FilterProperties {
    /// The thirteen that the page of the list call names.
    Documented,
    /// Every property of an indicator.
    Any,
}

/// How large answers are compressed for a client that accepts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Compression {
    /// Deflate in its zlib wrapping, as the HTTP standard has it, or else gzip.
    Deflate,
    /// Bare deflate without the zlib wrapping, as older web servers send it under the same name, or else gzip.
    RawDeflate,
    /// Never.
    Off,
}

/// What actions a certificate thumbprint may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CertificateActions {
    /// Allowed and BlockAndRemediate, and the retired names.
    Documented,
    /// Every action.
    Any,
}

/// What becomes of the fraction of a second in an expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SubSecondExpiry {
    /// It is kept to seven digits.
    Kept,
    /// It is cut off.
    Dropped,
}

/// How long texts may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lengths {
    /// No limit.
    Unlimited,
    /// Value 800, title 4000, description 100 characters.
    Claimed,
}

/// Whether a 429 says in a header how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RetryAfter {
    /// In `Retry-After` and in the message.
    Sent,
    /// Only in the message.
    Omitted,
}

/// What a call does that comes before the wait of a 429 is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EarlyRetry {
    /// It restarts the wait.
    Prolongs,
    /// It is refused and changes nothing.
    Ignored,
}

/// What happens to fields of a feature that the tenant does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FeatureFields {
    /// The tenant has the feature, and they are stored.
    Stored,
    /// They are ignored.
    Ignored,
    /// The item is refused that sets one.
    Refused,
}

/// What a batch delete does in which an id is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UnknownIds {
    /// It answers 404, and nothing is deleted.
    Refused,
    /// It answers 404, but the others are deleted.
    RefusedInPart,
    /// It answers 204, and the others are deleted.
    Skipped,
}

/// What submitting an indicator does that a row has which the application does not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UnseenRows {
    /// It updates that row.
    Updated,
    /// The item is refused.
    Refused,
}
