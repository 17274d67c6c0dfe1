//! Cuts the list in `{"value": [ ... ], "@odata.nextLink": "..."}` into its elements while the body is still arriving,
//! so that neither the whole body nor a tree of it is ever held.

use super::Unreadable;

/// No element and no link is longer, in bytes. A row of a listing has about a kilobyte; read as JSON, a hostile one takes up
/// to 32 times its length for a moment.
const LONGEST_PIECE: usize = 1 << 20;

/// Where in the body the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    BeforeObject,
    /// `more`: a comma was read, so a member has to follow.
    BeforeMember {
        more: bool,
    },
    Key,
    BeforeColon,
    BeforeValue,
    Value,
    AfterValue,
    BeforeElement {
        more: bool,
    },
    Element,
    AfterElement,
    AfterObject,
}

/// Members of the body that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    List,
    NextLink,
    Other,
}

/// Splits one body; fed with its parts in any sizes.
#[derive(Debug)]
pub(super) struct Splitter {
    place: Place,
    member: Member,
    scan: Scan,
    /// What earlier parts of the body had of the key, element or link that is being read.
    piece: Vec<u8>,
    list_seen: bool,
    next_link: Option<String>,
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            place: Place::BeforeObject,
            member: Member::Other,
            scan: Scan::start(b'{'),
            piece: Vec::new(),
            list_seen: false,
            next_link: None,
        }
    }
}

impl Splitter {
    /// Takes the next part of the body and hands each element that is complete with it to `element`, as JSON text.
    pub fn feed(
        &mut self,
        chunk: &[u8],
        mut element: impl FnMut(&[u8]) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        let mut rest = chunk;
        while let [byte, after @ ..] = rest {
            if !self.is_within() {
                if !self.between(*byte)? {
                    rest = after;
                }
                continue;
            }
            let (length, is_complete) = self.scan.run(rest);
            let (part, behind) = rest.split_at(length);
            rest = behind;
            if is_complete {
                self.ended(part, &mut element)?;
            } else {
                self.keep(part)?;
            }
        }
        Ok(())
    }

    /// Ends the body; what remains is the link to the next page, if there is one.
    pub fn finish(self) -> Result<Option<String>, Unreadable> {
        if self.place != Place::AfterObject {
            return Err(Unreadable("the body ends in the middle".to_owned()));
        }
        if !self.list_seen {
            return Err(Unreadable("the body has no list `value`".to_owned()));
        }
        Ok(self.next_link)
    }

    /// A byte between keys, values and elements, or the first one of any of these: then it is not taken yet, which the answer
    /// tells.
    fn between(&mut self, byte: u8) -> Result<bool, Unreadable> {
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            return Ok(false);
        }
        self.place = match (self.place, byte) {
            (Place::BeforeObject, b'{') => Place::BeforeMember { more: false },
            (Place::BeforeMember { .. }, b'"') => return Ok(self.begin(Place::Key, byte)),
            (Place::BeforeMember { more: false }, b'}') => Place::AfterObject,
            (Place::BeforeColon, b':') => Place::BeforeValue,
            (Place::BeforeValue, b'[') if self.member == Member::List => {
                self.list_seen = true;
                Place::BeforeElement { more: false }
            }
            (Place::BeforeValue, _) if self.member == Member::List => {
                return Err(Unreadable("`value` is not a list".to_owned()));
            }
            (Place::BeforeValue, _) if starts_value(byte) => return Ok(self.begin(Place::Value, byte)),
            (Place::BeforeElement { more: false }, b']') => Place::AfterValue,
            (Place::BeforeElement { .. }, _) if starts_value(byte) => return Ok(self.begin(Place::Element, byte)),
            (Place::AfterElement, b',') => Place::BeforeElement { more: true },
            (Place::AfterElement, b']') => Place::AfterValue,
            (Place::AfterValue, b',') => Place::BeforeMember { more: true },
            (Place::AfterValue, b'}') => Place::AfterObject,
            _ => {
                return Err(Unreadable(
                    "the body is not the JSON object that was expected".to_owned(),
                ));
            }
        };
        Ok(false)
    }

    fn begin(&mut self, place: Place, byte: u8) -> bool {
        self.place = place;
        self.scan = Scan::start(byte);
        self.piece.clear();
        true
    }

    /// Whether the next byte belongs to a key, value or element.
    const fn is_within(&self) -> bool {
        matches!(self.place, Place::Key | Place::Value | Place::Element)
    }

    /// Keeps a part of what ends in a later part of the body.
    fn keep(&mut self, part: &[u8]) -> Result<(), Unreadable> {
        if self.place == Place::Value && self.member == Member::Other {
            return Ok(());
        }
        if self.piece.len() + part.len() > LONGEST_PIECE {
            return Err(Unreadable("an element of the body is far too long".to_owned()));
        }
        self.piece.extend_from_slice(part);
        Ok(())
    }

    /// A key, value or element is complete with this part. One that came in one part is not copied.
    fn ended(
        &mut self,
        part: &[u8],
        element: &mut impl FnMut(&[u8]) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        let is_whole = self.piece.is_empty() && part.len() <= LONGEST_PIECE;
        if !is_whole {
            self.keep(part)?;
        }
        let text = if is_whole { part } else { &self.piece };
        self.place = match self.place {
            Place::Key => {
                self.member = match serde_json::from_slice::<String>(text).as_deref() {
                    Ok("value") => Member::List,
                    Ok("@odata.nextLink") => Member::NextLink,
                    Ok(_) => Member::Other,
                    Err(error) => return Err(Unreadable(error.to_string())),
                };
                Place::BeforeColon
            }
            Place::Element => {
                element(text)?;
                Place::AfterElement
            }
            _ => {
                if self.member == Member::NextLink {
                    self.next_link = serde_json::from_slice(text).ok();
                }
                Place::AfterValue
            }
        };
        Ok(())
    }
}

const fn starts_value(byte: u8) -> bool {
    matches!(byte, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
}

/// Finds where a JSON value ends, without checking what is in it.
#[derive(Debug, Clone, Copy)]
enum Scan {
    /// A number, `true`, `false` or `null`.
    Word,
    /// An object, a list, or a string with `depth` 0.
    Nested {
        depth: usize,
        in_string: bool,
        escaped: bool,
    },
}

impl Scan {
    /// Before the first byte of a value, which is this one.
    const fn start(byte: u8) -> Self {
        match byte {
            b'{' | b'[' | b'"' => Self::Nested {
                depth: 0,
                in_string: false,
                escaped: false,
            },
            _ => Self::Word,
        }
    }

    /// How many of the bytes belong to the value, and whether it is complete with them.
    fn run(&mut self, bytes: &[u8]) -> (usize, bool) {
        let Self::Nested {
            depth,
            in_string,
            escaped,
        } = self
        else {
            let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
            let end = bytes.iter().position(is_end);
            return (end.unwrap_or(bytes.len()), end.is_some());
        };
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at += 1;
            if *escaped {
                *escaped = false;
            } else if *in_string {
                // Most of a body is text in quotes: what cannot end it is passed over as a whole.
                match memchr::memchr2(b'"', b'\\', &bytes[at - 1..]) {
                    None => return (bytes.len(), false),
                    Some(skipped) => at += skipped,
                }
                *in_string = false;
                if bytes[at - 1] == b'\\' {
                    (*in_string, *escaped) = (true, true);
                } else if *depth == 0 {
                    return (at, true);
                }
            } else {
                match byte {
                    b'"' => *in_string = true,
                    b'{' | b'[' => *depth += 1,
                    b'}' | b']' => {
                        *depth = depth.saturating_sub(1);
                        if *depth == 0 {
                            return (at, true);
                        }
                    }
                    _ => {}
                }
            }
        }
        (bytes.len(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn split(chunks: &[&[u8]]) -> Result<(Vec<Value>, Option<String>), Unreadable> {
        let mut splitter = Splitter::default();
        let mut elements = Vec::new();
        for chunk in chunks {
            splitter.feed(chunk, |text| {
                elements.push(serde_json::from_slice(text).unwrap());
                Ok(())
            })?;
        }
        Ok((elements, splitter.finish()?))
    }

    #[test]
    fn elements_and_link_come_out_as_they_stand() {
        let body = r#" { "@odata.context":"https://x/$metadata#Indicators" , "value" : [ {"a":"]}\\\"[,"} ,1,-2.5e3
            , "x,]", null,true,[[],{}] ], "@odata.nextLink" : "https://x/?a=1\u0026b=2", "later": {"value":[9]} } "#;
        let (elements, link) = split(&[body.as_bytes()]).unwrap();
        assert_eq!(
            elements,
            [
                json!({"a": "]}\\\"[,"}),
                json!(1),
                json!(-2500.0),
                json!("x,]"),
                json!(null),
                json!(true),
                json!([[], {}])
            ]
        );
        assert_eq!(link.as_deref(), Some("https://x/?a=1&b=2"));
    }

    #[test]
    fn an_empty_list_is_a_list_and_a_null_link_is_none() {
        assert_eq!(
            split(&[br#"{"value":[],"@odata.nextLink":null}"#]).unwrap(),
            (vec![], None)
        );
    }

    #[test]
    fn what_is_not_such_a_body_is_told() {
        for body in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"value":null}"#,
            r#"{"value":{}}"#,
            r#"{"value":[}"#,
            r#"{"value":[1,]}"#,
            r#"{"value":[1 2]}"#,
            r#"{"value":[]"#,
            r#"{"value":[],}"#,
            r#"{"value":[]}}"#,
            r#"{"value" []}"#,
            r#"{value:[]}"#,
            r#"{"value":[x]}"#,
            "<html>",
            r#"{"value":[{"a":1}"#,
            r#"{"x":1}"#,
        ] {
            assert!(split(&[body.as_bytes()]).is_err(), "{body}");
        }
    }

    #[test]
    fn an_element_without_end_is_not_gathered_forever() {
        let mut splitter = Splitter::default();
        splitter.feed(br#"{"value":[""#, |_| Ok(())).unwrap();
        let chunk = vec![b'x'; 1 << 20];
        let fed = (0..10).try_for_each(|_| splitter.feed(&chunk, |_| Ok(())));
        assert!(fed.is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            r#"[\\"\[\]{},: a-cא\n]{0,12}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(r#"[\\"\[{},:a]{0,4}"#, inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn cut(body: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut % (body.len() + 1)).collect();
        places.extend([0, body.len()]);
        places.sort_unstable();
        places.windows(2).map(|pair| body[pair[0]..pair[1]].to_vec()).collect()
    }

    proptest! {
        #[test]
        fn the_sizes_of_the_parts_do_not_matter(
            elements in prop::collection::vec(any_json(), 0..8),
            other in any_json(),
            link in prop::option::of("[a-z&=/]{0,9}"),
            pretty in any::<bool>(),
            cuts in prop::collection::vec(any::<usize>(), 0..12),
        ) {
            let body = json!({"@odata.context": other, "value": elements, "@odata.nextLink": link, "zz": other});
            let text = if pretty { serde_json::to_vec_pretty(&body) } else { serde_json::to_vec(&body) }.unwrap();
            let parts = cut(&text, &cuts);
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(split(&parts).unwrap(), (elements, link));
        }

        #[test]
        fn a_body_that_was_cut_off_is_never_taken_for_whole(
            elements in prop::collection::vec(any_json(), 0..4),
            kept in any::<prop::sample::Index>(),
        ) {
            let text = serde_json::to_vec(&json!({"value": elements})).unwrap();
            prop_assert!(split(&[&text[..kept.index(text.len())]]).is_err());
        }

        #[test]
        fn no_input_makes_it_panic(input in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Splitter::default().feed(&input, |_| Ok(()));
        }
    }
}
