//! A page of a listing.

use super::row::{self, LooseRow};
use super::splitter::Splitter;
use super::{Decode, Unreadable};
use crate::indicator::Row;

/// A page of a listing.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub rows: Vec<Row>,
    /// Rows that are there but cannot be read, by id where at least that could be.
    pub unreadable: Vec<Option<String>>,
    pub next_link: Option<String>,
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
    type Output = Page;

    fn feed(&mut self, chunk: &[u8]) -> Result<(), Unreadable> {
        let page = &mut self.page;
        self.splitter.feed(chunk, |text| {
            // A list would be taken for the fields in order.
            if text.first() != Some(&b'{') {
                page.unreadable.push(None);
                return Ok(());
            }
            match serde_json::from_slice::<LooseRow>(text).map(row::read) {
                Ok(Ok(row)) => page.rows.push(row),
                Ok(Err(id)) => page.unreadable.push(id),
                // Sound JSON, but no row, such as one with a field twice.
                Err(error) if error.is_data() => page.unreadable.push(None),
                Err(error) => return Err(Unreadable(format!("a row is not JSON: {error}"))),
            }
            Ok(())
        })
    }

    fn finish(mut self) -> Result<Page, Unreadable> {
        self.page.next_link = self.splitter.finish()?;
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
        assert_eq!(page.unreadable, [None, None, None, Some("2".to_owned()), None]);
        assert_eq!((page.len(), page.next_link.as_deref()), (7, Some("/n")));
    }

    #[test]
    fn a_row_that_is_no_json_makes_the_page_unreadable() {
        assert!(decode(r#"{"value":[{"id":}]}"#).is_err());
        assert!(decode(r#"{"value":[{"id":"1"]]}"#).is_err());
    }
}
