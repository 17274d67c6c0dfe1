//! JSON and YAML as a tree in which everything has its place.

mod json;
mod yaml;

pub use json::read as read_json;
pub use yaml::read as read_yaml;

use std::ops::Range;

/// Deepest nesting that is read. Lists have three levels, and STIX and MISP some six.
const DEEPEST: usize = 64;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its bytes, with quotes and brackets.
    pub at: Range<usize>,
    /// What it is.
    pub content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing.
    Null,
    /// True or false.
    Flag(bool),
    /// A number, as it is written.
    Number(String),
    /// A text.
    Text(String),
    /// Values in order.
    List(Vec<Node>),
    /// Values by name, in the order of the text; a name may occur twice.
    Map(Vec<(Name, Node)>),
}

/// The name of a member.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// What it says.
    pub text: String,
    /// Its bytes.
    pub at: Range<usize>,
}

/// Why a text is no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The byte of the fault.
    pub at: usize,
    /// What is wrong, without a full stop at the end.
    pub text: String,
}

impl Node {
    /// What kind of thing it is, for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.content {
            Content::Null => "null",
            Content::Flag(_) => "a boolean",
            Content::Number(_) => "a number",
            Content::Text(_) => "a string",
            Content::List(_) => "a list",
            Content::Map(_) => "an object",
        }
    }

    /// Its members by name.
    #[must_use]
    pub fn members(&self) -> &[(Name, Node)] {
        match &self.content {
            Content::Map(members) => members,
            _ => &[],
        }
    }

    /// What stands at a path such as `objects[3].pattern`, or the innermost part of it that is there.
    #[must_use]
    pub fn at_path(&self, path: &str) -> &Self {
        let mut node = self;
        let mut rest = path;
        while !rest.is_empty() {
            let (found, left) = match node.step(rest) {
                Some(step) => step,
                None => break,
            };
            node = found;
            rest = left;
        }
        node
    }

    fn step<'n, 'p>(&'n self, path: &'p str) -> Option<(&'n Self, &'p str)> {
        if let Some(inner) = path.strip_prefix('[') {
            let (number, rest) = inner.split_once(']')?;
            return match &self.content {
                Content::List(list) => Some((list.get(number.parse::<usize>().ok()?)?, rest)),
                _ => None,
            };
        }
        let path = path.strip_prefix('.').unwrap_or(path);
        // A name may hold dots itself, so the longest that fits is the right one.
        let fits = self.members().iter().filter_map(|(name, node)| {
            let rest = path.strip_prefix(name.text.as_str())?;
            (rest.is_empty() || rest.starts_with(['.', '['])).then_some((name.text.len(), node, rest))
        });
        fits.max_by_key(|(length, ..)| *length)
            .map(|(_, node, rest)| (node, rest))
    }
}

/// A tree that is being built from its beginnings and ends, without recursion.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
}

struct Open {
    start: usize,
    is_map: bool,
    list: Vec<Node>,
    map: Vec<(Name, Node)>,
    name: Option<Name>,
}

impl Builder {
    /// Begins a list or a map.
    fn open(&mut self, start: usize, is_map: bool) -> Result<(), Fault> {
        if self.open.len() >= DEEPEST {
            return Err(Fault {
                at: start,
                text: format!("it is nested more than {DEEPEST} levels deep"),
            });
        }
        self.open.push(Open {
            start,
            is_map,
            list: Vec::new(),
            map: Vec::new(),
            name: None,
        });
        Ok(())
    }

    /// Ends the innermost list or map.
    fn close(&mut self, end: usize) {
        if let Some(open) = self.open.pop() {
            let content = if open.is_map {
                Content::Map(open.map)
            } else {
                Content::List(open.list)
            };
            self.put(Node {
                at: open.start..end.max(open.start),
                content,
            });
        }
    }

    /// Whether the next text is the name of a member.
    fn wants_name(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_map && open.name.is_none())
    }

    fn name(&mut self, name: Name) {
        if let Some(open) = self.open.last_mut() {
            open.name = Some(name);
        }
    }

    fn put(&mut self, node: Node) {
        match self.open.last_mut() {
            None => {
                self.root.get_or_insert(node);
            }
            Some(open) if open.is_map => {
                if let Some(name) = open.name.take() {
                    open.map.push((name, node));
                }
            }
            Some(open) => open.list.push(node),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(node: &Node, text: &str, found: &mut Vec<String>) {
        match &node.content {
            Content::Map(members) => {
                for (name, node) in members {
                    found.push(format!("{}={}", name.text, &text[name.at.clone()]));
                    texts(node, text, found);
                }
            }
            Content::List(list) => list.iter().for_each(|node| texts(node, text, found)),
            other => found.push(format!("{other:?}={}", &text[node.at.clone()])),
        }
    }

    #[test]
    fn json_and_yaml_say_where_everything_is() {
        let json = "{\"é\\u0041\": {\"a\": [1, \"x\"], \"b\": null}, \"c\": true}";
        let mut found = Vec::new();
        texts(&read_json(json).unwrap(), json, &mut found);
        assert_eq!(
            found,
            [
                "éA=\"é\\u0041\"",
                "a=\"a\"",
                "Number(\"1\")=1",
                "Text(\"x\")=\"x\"",
                "b=\"b\"",
                "Null=null",
                "c=\"c\"",
                "Flag(true)=true"
            ]
        );
        let yaml = "# é\na.example:\n  title: 'x y'\n  generate_alert: true\n\"b\": ~\nc: [1, z]\n";
        let mut found = Vec::new();
        texts(&read_yaml(yaml).unwrap(), yaml, &mut found);
        assert_eq!(
            found,
            [
                "a.example=a.example",
                "title=title",
                "Text(\"x y\")='x y'",
                "generate_alert=generate_alert",
                "Flag(true)=true",
                "b=\"b\"",
                "Null=~",
                "c=c",
                "Number(\"1\")=1",
                "Text(\"z\")=z"
            ]
        );
    }

    #[test]
    fn paths_lead_to_their_nodes() {
        let text = r#"{"objects":[{"pattern":"p"},{"a.b":{"c":1}}]}"#;
        let tree = read_json(text).unwrap();
        let at = |path: &str| &text[tree.at_path(path).at.clone()];
        assert_eq!(at("objects[0].pattern"), "\"p\"");
        assert_eq!(at("objects[1].a.b.c"), "1");
        assert_eq!(at("objects[1].nothing"), "{\"a.b\":{\"c\":1}}");
        assert_eq!(at("objects[9]"), "[{\"pattern\":\"p\"},{\"a.b\":{\"c\":1}}]");
    }

    #[test]
    fn what_is_deep_or_an_alias_is_refused() {
        assert!(read_json(&"[".repeat(100_000)).is_err());
        assert!(read_yaml(&"- ".repeat(5_000)).is_err());
        assert!(read_yaml("a: &x {b: 1}\nc: *x\n").unwrap_err().text.contains("alias"));
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "(\\{|\\}|\\[|\\]|:|,|\"|'| |\n|-|a|é|\\\\u00|&x|\\*x|#|1|\\PC){0,40}") {
            for read in [read_json, read_yaml] {
                match read(&text) {
                    Ok(node) => prop_assert!(text.get(node.at).is_some()),
                    Err(fault) => prop_assert!(fault.at <= text.len()),
                }
            }
        }
    }
}
