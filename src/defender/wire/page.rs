//! A page of a listing.

use super::loose::read_object;
use super::row::{self, LooseRow};
use super::splitter::Splitter;
use super::{Decode, Unreadable};
use crate::indicator::{Row, RowId};
use std::sync::Arc;

/// Most rows of one page. 10,000 are asked for; a service that did not heed that would send a whole tenant, which holds
/// 15,000.
const MOST_ROWS: usize = 20_000;

/// Most memory, in bytes, that the rows of one page or of a whole listing may take. The rows of a full tenant take about
/// 30 MiB.
pub(crate) const MOST_MEMORY: usize = 64 << 20;

/// Longest link to a next page in bytes: more than any server takes as an address.
const LONGEST_LINK: usize = 16 << 10;

/// A page of a listing.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub rows: Vec<Arc<Row>>,
    /// Rows that are there but cannot be read, by id where at least that could be.
    pub unreadable: Vec<Option<RowId>>,
    pub next_link: Option<String>,
    /// About how much memory the rows take, in bytes.
    pub memory: usize,
}

impl Page {
    /// How many rows the service sent.
    pub fn len(&self) -> usize {
        self.rows.len() + self.unreadable.len()
    }
}

/// Reads a page as it arrives, row by row.
#[derive(Debug, Default)]
pub(crate) struct PageDecoder {
    splitter: Splitter,
    page: Page,
}

impl Decode for PageDecoder {
    /// 10,000 rows have about ten megabytes.
    const LONGEST: usize = 64 << 20;

    type Output = Page;

    fn feed(&mut self, chunk: &[u8]) -> Result<(), Unreadable> {
        let page = &mut self.page;
        self.splitter.feed(chunk, |text| {
            if page.len() >= MOST_ROWS {
                return Err(Unreadable(format!("the page has more than {MOST_ROWS} rows")));
            }
            let mut mended = Vec::new();
            match read_object::<LooseRow<'_>>(text, &mut mended).map_or(Err(None), row::read) {
                Ok(row) => {
                    page.memory += row::memory(&row);
                    page.rows.push(Arc::new(row));
                }
                Err(id) => page.unreadable.push(id),
            }
            page.memory += text.len();
            if page.memory > MOST_MEMORY {
                let most = MOST_MEMORY >> 20;
                return Err(Unreadable(format!("the rows of the page take more than {most} MiB")));
            }
            Ok(())
        })
    }

    fn finish(mut self) -> Result<Page, Unreadable> {
        self.page.next_link = self.splitter.finish()?;
        if self
            .page
            .next_link
            .as_ref()
            .is_some_and(|link| link.len() > LONGEST_LINK)
        {
            return Err(Unreadable("the link to the next page is far too long".to_owned()));
        }
        Ok(self.page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &str) -> Result<Page, Unreadable> {
        let mut decoder = PageDecoder::default();
        for chunk in body.as_bytes().chunks(7) {
            decoder.feed(chunk)?;
        }
        decoder.finish()
    }

    #[test]
    fn odd_rows_are_counted_and_the_others_kept() {
        let page = decode(
            r#"{"@odata.context":"c","value":[
                {"id":"1","indicatorValue":"a.example","indicatorType":"DomainName","action":"Block"},
                null, 5, [1], {"id":"2"}, {},
                {"id":"3","indicatorValue":"b.example","indicatorType":"DomainName","action":"Block"}
            ],"@odata.nextLink":"/n"}"#,
        )
        .unwrap();
        assert_eq!(
            page.rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
            ["1", "3"]
        );
        assert_eq!(page.unreadable, [None, None, None, Some("2".into()), None]);
        assert_eq!((page.len(), page.next_link.as_deref()), (7, Some("/n")));
    }

    #[test]
    fn a_row_that_serde_stumbles_over_does_not_break_the_listing() {
        let page = decode(
            r#"{"value":[
                {"id":"1","indicatorValue":"a.example","indicatorType":"DomainName","action":"Block"},
                {"id":"2","indicatorValue":"b.example","indicatorType":"DomainName","action":"Block",
                 "title":"half a pair \ud83d","category":1e999,"description":"kept","new":[{"deep":"\udc00"}]},
                {"id":"3","indicatorValue":"\ud800","indicatorType":"DomainName","action":"Block"},
                {"id":"4","indicatorValue":"d.example","indicatorType":"Url","action":"Warn","action":"Block"},
                {"id":}, {"id":"5"], {"id":"6\ud800"}
            ]}"#,
        )
        .unwrap();
        let ids: Vec<&str> = page.rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, ["1", "2", "4"]);
        let fields = &page.rows[1].indicator.fields;
        assert_eq!((fields.title.as_deref(), fields.category), (None, None));
        assert_eq!(fields.description.as_deref(), Some("kept"));
        assert_eq!(page.unreadable, [Some("3".into()), None, None, None]);
    }

    #[test]
    fn a_page_is_bounded_in_rows_and_in_memory() {
        let page = |row: &str, rows: usize| format!("{{\"value\":[{}]}}", vec![row; rows].join(","));
        let refused = |body: &str| decode(body).unwrap_err().to_string();
        assert_eq!(decode(&page("{}", MOST_ROWS)).unwrap().len(), MOST_ROWS);
        assert_eq!(refused(&page("{}", MOST_ROWS + 1)), "the page has more than 20000 rows");

        let groups = vec!["\"\""; 100_000].join(",");
        let row = format!(
            "{{\"id\":\"1\",\"indicatorValue\":\"a\",\"indicatorType\":\"Url\",\"action\":\"Warn\",\"rbacGroupNames\":[{groups}]}}"
        );
        assert!(decode(&page(&row, 5)).unwrap().memory > 5 * 100_000 * size_of::<String>());
        assert_eq!(refused(&page(&row, 12)), "the rows of the page take more than 64 MiB");

        let link = format!("{{\"value\":[],\"@odata.nextLink\":\"/{}\"}}", "a".repeat(LONGEST_LINK));
        assert_eq!(refused(&link), "the link to the next page is far too long");
    }

    #[test]
    fn a_body_that_is_no_list_of_values_is_unreadable() {
        for body in [
            r#"{"value":[{"id":"1"}}"#,
            r#"{"value":[{"id":"1"}"#,
            r#"{"value":[;]}"#,
            "<html>",
        ] {
            assert!(decode(body).is_err(), "{body}");
        }
    }
}
