//! YAML files as trees in which every scalar is text.

use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value};

/// The only document of the text.
pub fn read(text: &str) -> Value {
    let mut events = Parser::new_from_str(text).map(|event| event.unwrap().0);
    let is_begin = |event: &Event<'_>| matches!(event, Event::DocumentStart(_));
    assert!(events.by_ref().any(|event| is_begin(&event)));
    let first = events.next().unwrap();
    let value = node(first, &mut events);
    assert!(!events.any(|event| is_begin(&event)), "one document a file");
    value
}

fn node<'t>(event: Event<'t>, events: &mut impl Iterator<Item = Event<'t>>) -> Value {
    match event {
        Event::Scalar(text, ..) => text.into_owned().into(),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match events.next().unwrap() {
                    Event::SequenceEnd => return items.into(),
                    event => items.push(node(event, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut map = Map::new();
            loop {
                match events.next().unwrap() {
                    Event::MappingEnd => return map.into(),
                    Event::Scalar(key, ..) => {
                        let value = events.next().unwrap();
                        let value = node(value, events);
                        assert!(
                            map.insert(key.clone().into_owned(), value).is_none(),
                            "{key} is there twice"
                        );
                    }
                    other => panic!("{other:?} as a key"),
                }
            }
        }
        other => panic!("{other:?} has no place here"),
    }
}
