//! What is wrong with the argument of a function, as one error.

use std::collections::HashMap;

/// How many problems one error names before it only counts the rest.
const NAMED: usize = 50;

/// What is wrong, each thing once with the first place and the number of all.
#[derive(Default)]
pub struct Problems {
    order: Vec<Told>,
    /// Position in `order` by what is told of which column.
    positions: HashMap<(Option<String>, String), usize>,
}

struct Told {
    place: String,
    column: Option<String>,
    text: String,
    count: usize,
}

impl Problems {
    /// Notes what is wrong at a place, or with one column of it.
    pub fn add(&mut self, place: &str, column: Option<&str>, text: String) {
        let key = (column.map(str::to_owned), text);
        if let Some(told) = self
            .positions
            .get(&key)
            .and_then(|position| self.order.get_mut(*position))
        {
            told.count += 1;
            return;
        }
        self.order.push(Told {
            place: place.to_owned(),
            column: key.0.clone(),
            text: key.1.clone(),
            count: 1,
        });
        self.positions.insert(key, self.order.len() - 1);
    }

    /// All problems; `None` for none. The host puts a full stop behind.
    pub fn into_text(self) -> Option<String> {
        let mut lines: Vec<String> = self.order.iter().take(NAMED).map(Told::line).collect();
        let rest = self.order.len().saturating_sub(NAMED);
        if rest > 0 {
            let problems = if rest == 1 { "problem" } else { "problems" };
            lines.push(format!("and {rest} more {problems}"));
        }
        let text = match lines.as_slice() {
            [] => return None,
            [line] => line.clone(),
            _ => format!("{} problems:\n- {}", self.order.len(), lines.join("\n- ")),
        };
        Some(text.strip_suffix('.').map(str::to_owned).unwrap_or(text))
    }
}

impl Told {
    fn line(&self) -> String {
        let more = match self.count {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let column = self
            .column
            .as_ref()
            .map(|column| format!(", column `{column}`"))
            .unwrap_or_default();
        format!("{}{more}{column}: {}", self.place, self.text)
    }
}
