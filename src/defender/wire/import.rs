//! The answer to an import call.

use super::loose::{Loose, read_object};
use super::problem::LONGEST_WORDS;
use super::splitter::Splitter;
use super::{Decode, Unreadable};
use crate::indicator::RowId;
use crate::outgoing;
use serde::Deserialize;

/// Most results of one call: twice as many as a call may have items, see the API's page "Import indicators".
const MOST_RESULTS: usize = 2 * 500;

/// What became of one item of an import call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ImportResult {
    /// Id of the row; absent when the item failed.
    pub id: Option<RowId>,
    /// The value of the item, as the service repeats it. Its type and action are not repeated.
    pub value: Option<String>,
    /// Absent when the service does not say.
    pub is_failed: Option<bool>,
    /// Why it failed, in the service's words.
    pub failure_reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 't"))]
struct LooseResult<'t> {
    id: Loose<'t>,
    indicator: Loose<'t>,
    is_failed: Loose<'t>,
    failure_reason: Loose<'t>,
}

/// Reads the results as they arrive.
#[derive(Debug, Default)]
pub(crate) struct ImportDecoder {
    splitter: Splitter,
    results: Vec<ImportResult>,
}

impl Decode for ImportDecoder {
    /// 8 KiB for each result: a reason is a sentence.
    const LONGEST: usize = 8 << 20;

    type Output = Vec<ImportResult>;

    fn feed(&mut self, chunk: &[u8]) -> Result<(), Unreadable> {
        let results = &mut self.results;
        self.splitter.feed(chunk, |text| {
            if results.len() >= MOST_RESULTS {
                return Err(Unreadable(format!("it has more than {MOST_RESULTS} results")));
            }
            // What is no result keeps its place and says nothing.
            let mut mended = Vec::new();
            let result: LooseResult<'_> = read_object(text, &mut mended).unwrap_or_default();
            results.push(ImportResult {
                id: result.id.text().filter(|id| !id.is_empty()).map(RowId::from),
                value: result.indicator.text(),
                is_failed: result.is_failed.boolean(),
                failure_reason: result
                    .failure_reason
                    .text()
                    .map(|reason| outgoing::words(&reason, LONGEST_WORDS))
                    .filter(|reason| !reason.is_empty()),
            });
            Ok(())
        })
    }

    fn finish(self) -> Result<Vec<ImportResult>, Unreadable> {
        self.splitter.finish()?;
        Ok(self.results)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_with_what_they_say() {
        let mut decoder = ImportDecoder::default();
        decoder
            .feed(
                br#"{"@odata.context":"c","value":[
                    {"id":"2841","indicator":"220e","isFailed":false,"failureReason":null},
                    {"id":null,"indicator":"2233","isFailed":true,"failureReason":"Max capacity exceeded."},
                    {"id":7,"indicator":{},"isFailed":"True","failureReason":" ","new":1}, null,
                    {"id":"8","indicator":"\udc00","isFailed":false}, {"id":"9"]]}"#,
            )
            .unwrap();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            decoder.finish().unwrap(),
            [
                ImportResult {
                    id: Some("2841".into()),
                    value: text("220e"),
                    is_failed: Some(false),
                    failure_reason: None
                },
                ImportResult {
                    id: None,
                    value: text("2233"),
                    is_failed: Some(true),
                    failure_reason: text("Max capacity exceeded.")
                },
                ImportResult {
                    id: Some("7".into()),
                    value: None,
                    is_failed: Some(true),
                    failure_reason: None
                },
                ImportResult::default(),
                ImportResult {
                    id: Some("8".into()),
                    value: None,
                    is_failed: Some(false),
                    failure_reason: None
                },
                ImportResult::default(),
            ]
        );
    }
}
