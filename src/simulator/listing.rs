//! `GET /indicators`.
//!
//! **Invariant:** a page is a part of the tenant as it is at the moment of the call; nothing is remembered between pages.

use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::answer::{Answer, Refusal};
use super::columns::CREATED_BY;
use super::context::Context;
use super::filter::Filter;
use super::options::LARGEST_PAGE;
use super::store::Store;
use super::switches::Paging;

// A token is not for clients to understand.
const TOKEN_PREFIX: &str = "Indicators-";

/// Options that the service knows, some of them without any effect on what is asserted about it.
const KNOWN: [&str; 8] = [
    "$filter",
    "$top",
    "$skip",
    "$skiptoken",
    "$select",
    "$orderby",
    "$count",
    "$format",
];

/// Lists rows.
pub fn list(store: &Store, context: &Context) -> Result<Answer, Refusal> {
    let query = Query::read(context)?;
    let page_size = context.options.page_size.max(1);
    let size = query.top.unwrap_or(page_size).min(page_size);
    let passes = |row: &&super::row::Row| {
        context.application.sees(row.text(CREATED_BY)) && query.filter.as_ref().is_none_or(|filter| filter.admits(row))
    };
    let mut rows = store.iter(context.options.order).filter(passes).skip(query.skip);
    let mut value = String::new();
    let mut count = 0;
    for row in rows.by_ref().take(size) {
        if count > 0 {
            value.push(',');
        }
        value.push_str(row.json());
        count += 1;
    }
    let rows_remain = rows.next().is_some();
    let mut body = format!(
        "{{\"@odata.context\":{}",
        Value::from(context.odata_context("Indicators"))
    );
    if let Some(link) = query.next_link(context, count).filter(|_| rows_remain) {
        body.push_str(&format!(",\"@odata.nextLink\":{}", Value::from(link)));
    }
    body.push_str(",\"value\":[");
    body.push_str(&value);
    body.push_str("]}");
    Ok(Answer::odata(200, body).counting(count))
}

struct Query {
    parameters: Vec<(String, String)>,
    filter: Option<Filter>,
    top: Option<usize>,
    skip: usize,
}

impl Query {
    fn read(context: &Context) -> Result<Self, Refusal> {
        let parameters = context.request.parameters();
        // A key without the sign is ignored, so that `?filter=` lists everything.
        let odd = parameters
            .iter()
            .find(|(key, _)| key.starts_with('$') && !KNOWN.contains(&key.as_str()));
        if let Some((key, _)) = odd {
            return Err(Refusal::odata(format!("The query parameter '{key}' is not supported.")));
        }
        let top = context.number("$top")?;
        if let Some(top) = top.filter(|top| *top > LARGEST_PAGE) {
            return Err(Refusal::odata(format!(
                "The limit of '{LARGEST_PAGE}' for Top query has been exceeded. The value from the incoming request is '{top}'."
            )));
        }
        let skip = match context.request.parameter("$skiptoken") {
            None => context.number("$skip")?.unwrap_or(0),
            Some(token) => token
                .strip_prefix(TOKEN_PREFIX)
                .and_then(|skip| skip.parse().ok())
                .ok_or_else(|| Refusal::odata("The $skiptoken is not valid."))?,
        };
        let filter = context
            .request
            .parameter("$filter")
            .map(|text| Filter::parse(&text, context.options))
            .transpose()
            .map_err(Refusal::odata)?;
        Ok(Self {
            filter,
            top,
            skip,
            parameters,
        })
    }

    /// Where the page after one with `count` rows is, if the service says so.
    fn next_link(&self, context: &Context, count: usize) -> Option<String> {
        let next = (self.skip + count).to_string();
        let (name, position) = match context.options.paging {
            Paging::SkipOnly => return None,
            Paging::NextLink | Paging::NextLinkUnlessTop => ("$skip", next),
            Paging::NextLinkToken => ("$skiptoken", format!("{TOKEN_PREFIX}{next}")),
        };
        let top = match (context.options.paging, self.top) {
            (Paging::NextLinkUnlessTop, Some(top)) => Some(top.checked_sub(count).filter(|left| *left > 0)?),
            (_, top) => top,
        };
        let replaced = ["$skip", "$skiptoken", "$top"];
        let mut query = Serializer::new(String::new());
        query.extend_pairs(
            self.parameters
                .iter()
                .filter(|(key, _)| !replaced.contains(&key.as_str())),
        );
        if let Some(top) = top {
            query.append_pair("$top", &top.to_string());
        }
        query.append_pair(name, &position);
        Some(format!(
            "https://{}{}?{}",
            context.request.host,
            context.request.path,
            query.finish()
        ))
    }
}
