//! Indicators to measure with: always the same ones, in the mix of a usual list.

/// Numbers of indicators that everything is measured at; the largest is what a tenant holds.
pub const SIZES: [usize; 3] = [1_000, 5_000, 15_000];

/// One row of a list.
#[derive(Clone)]
pub struct Row {
    pub value: String,
    pub severity: &'static str,
    pub title: String,
    pub description: String,
    pub recommended_actions: &'static str,
}

impl Row {
    /// The fields that it writes, by name.
    pub fn fields(&self) -> [(&'static str, &str); 4] {
        [
            ("severity", self.severity),
            ("title", &self.title),
            ("description", &self.description),
            ("recommended_actions", self.recommended_actions),
        ]
    }
}

/// The first `count` rows: half domains, a quarter hashes, a quarter addresses.
pub fn rows(count: usize) -> Vec<Row> {
    (0..count)
        .map(|number| Row {
            value: match number % 4 {
                // Documentation addresses, so that nobody's real one is in a test.
                0 => format!("2001:db8::{:x}:{:x}", number >> 16, number & 0xffff),
                // Any 64 hexadecimal digits have the form of a SHA-256.
                1 => format!("{:016x}", spread(number as u64)).repeat(4),
                _ => format!("c2-{number}.campaign{}.example.net", number % 97),
            },
            severity: ["High", "Medium", "Low"][number % 3],
            title: format!("C2 of campaign {}", number % 97),
            recommended_actions: "Isolate the device and collect its logs",
            description: format!("seen in case {} by sensor {}", 1_000 + number / 50, number % 7),
        })
        .collect()
}

/// A number that looks random and is not, from the mixing step of SplitMix64.
fn spread(number: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 31)
}
