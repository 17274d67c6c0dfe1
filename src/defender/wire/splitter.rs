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
    /// The key, element or link that is being read.
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
        for &byte in chunk {
            match self.place {
                Place::Key | Place::Value | Place::Element => match self.scan.step(byte) {
                    Step::Within => self.keep(byte)?,
                    Step::Last => {
                        self.keep(byte)?;
                        self.ended(&mut element)?;
                    }
                    Step::Past => {
                        self.ended(&mut element)?;
                        self.between(byte)?;
                    }
                },
                _ => self.between(byte)?,
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

    /// A byte that belongs to no key, value or element.
    fn between(&mut self, byte: u8) -> Result<(), Unreadable> {
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            return Ok(());
        }
        self.place = match (self.place, byte) {
            (Place::BeforeObject, b'{') => Place::BeforeMember { more: false },
            (Place::BeforeMember { .. }, b'"') => self.begin(Place::Key, byte),
            (Place::BeforeMember { more: false }, b'}') => Place::AfterObject,
            (Place::BeforeColon, b':') => Place::BeforeValue,
            (Place::BeforeValue, b'[') if self.member == Member::List => {
                self.list_seen = true;
                Place::BeforeElement { more: false }
            }
            (Place::BeforeValue, _) if self.member == Member::List => {
                return Err(Unreadable("`value` is not a list".to_owned()));
            }
            (Place::BeforeValue, _) if starts_value(byte) => self.begin(Place::Value, byte),
            (Place::BeforeElement { more: false }, b']') => Place::AfterValue,
            (Place::BeforeElement { .. }, _) if starts_value(byte) => self.begin(Place::Element, byte),
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
        Ok(())
    }

    fn begin(&mut self, place: Place, byte: u8) -> Place {
        self.scan = Scan::start(byte);
        self.piece.clear();
        self.piece.push(byte);
        place
    }

    fn keep(&mut self, byte: u8) -> Result<(), Unreadable> {
        if self.place == Place::Value && self.member == Member::Other {
            return Ok(());
        }
        if self.piece.len() >= LONGEST_PIECE {
            return Err(Unreadable("an element of the body is far too long".to_owned()));
        }
        self.piece.push(byte);
        Ok(())
    }

    fn ended(&mut self, element: &mut impl FnMut(&[u8]) -> Result<(), Unreadable>) -> Result<(), Unreadable> {
        self.place = match self.place {
            Place::Key => {
                self.member = match serde_json::from_slice::<String>(&self.piece).as_deref() {
                    Ok("value") => Member::List,
                    Ok("@odata.nextLink") => Member::NextLink,
                    Ok(_) => Member::Other,
                    Err(error) => return Err(Unreadable(error.to_string())),
                };
                Place::BeforeColon
            }
            Place::Element => {
                element(&self.piece)?;
                Place::AfterElement
            }
            _ => {
                if self.member == Member::NextLink {
                    self.next_link = serde_json::from_slice(&self.piece).ok();
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

enum Step {
    Within,
    Last,
    Past,
}

impl Scan {
    const fn start(byte: u8) -> Self {
        match byte {
            b'{' | b'[' => Self::Nested {
                depth: 1,
                in_string: false,
                escaped: false,
            },
            b'"' => Self::Nested {
                depth: 0,
                in_string: true,
                escaped: false,
            },
            _ => Self::Word,
        }
    }

    const fn step(&mut self, byte: u8) -> Step {
        match self {
            Self::Word => match byte {
                b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' => return Step::Past,
                _ => {}
            },
            Self::Nested {
                depth,
                in_string,
                escaped,
            } => {
                match byte {
                    _ if *escaped => *escaped = false,
                    b'\\' if *in_string => *escaped = true,
                    b'"' => *in_string = !*in_string,
                    _ if *in_string => {}
                    b'{' | b'[' => *depth += 1,
                    b'}' | b']' => *depth -= 1,
                    _ => {}
                }
                if *depth == 0 && !*in_string {
                    return Step::Last;
                }
            }
        }
        Step::Within
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
