//! Where something stands within a value.

use std::fmt;

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// An attribute of an object.
    Attribute(String),
    /// An element of a map.
    Key(String),
    /// An element of a list, counted from 0.
    Index(usize),
}

/// A place within a value, for diagnostics and replacements. It prints as `indicators["198.51.100.7"].severity`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Step>);

impl Path {
    /// The value as a whole.
    #[must_use]
    pub fn root() -> Self {
        Path::default()
    }

    /// An attribute of the outermost object.
    pub fn attribute(name: impl Into<String>) -> Self {
        Path::root().with_attribute(name)
    }

    /// This place, and then an attribute of the object there.
    #[must_use]
    pub(crate) fn with_attribute(self, name: impl Into<String>) -> Self {
        self.with(Step::Attribute(name.into()))
    }

    /// This place, and then an element of the map there.
    #[must_use]
    pub(crate) fn with_key(self, key: impl Into<String>) -> Self {
        self.with(Step::Key(key.into()))
    }

    /// Whether it is the value as a whole.
    #[must_use]
    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps from the outside.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    fn with(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    /// Puts a step in front: decoders learn where they are on the way out.
    pub(super) fn prepended(mut self, step: Step) -> Self {
        self.0.insert(0, step);
        self
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => write!(formatter, "{name}")?,
                Step::Attribute(name) => write!(formatter, ".{name}")?,
                Step::Key(key) => write!(formatter, "[{key:?}]")?,
                Step::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_prints_as_an_expression() {
        let path = Path::attribute("indicators")
            .with_key("198.51.100.7")
            .with_attribute("techniques")
            .with(Step::Index(2));
        assert_eq!(path.to_string(), r#"indicators["198.51.100.7"].techniques[2]"#);
        assert_eq!(
            Path::attribute("labels").with_key("a\"b\\").to_string(),
            r#"labels["a\"b\\"]"#
        );
        assert_eq!(Path::root().to_string(), "");
    }
}
