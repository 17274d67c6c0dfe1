//! Numbers without loss: the host calculates with 512 bits, and most of its numbers fit into 64.

use std::fmt;

/// A number. Two numbers are equal if they have the same value, however they are written.
#[derive(Debug, Clone)]
pub enum Number {
    /// A whole number.
    Int(i64),
    /// A whole number above the range of `Int`.
    UInt(u64),
    /// A binary fraction, exactly as it was sent. It is not the decimal that it prints as: 0.1 has no exact binary form.
    Float(f64),
    /// Any other number as decimal text, exactly as it was written.
    Decimal(String),
}

impl Number {
    /// Reads a decimal number such as `-12`, `0.1` or `1.5e300`, without loss. The grammar is that of JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Number> {
        let digits = Digits::of_decimal(text)?;
        Some(match digits.whole() {
            Some(whole) => match (i64::try_from(whole), u64::try_from(whole)) {
                (Ok(int), _) => Number::Int(int),
                (_, Ok(uint)) => Number::UInt(uint),
                _ => Number::Decimal(text.to_owned()),
            },
            None => Number::Decimal(text.to_owned()),
        })
    }

    /// The number, if it is whole and within the range.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Number::Int(int) => Some(*int),
            Number::UInt(uint) => i64::try_from(*uint).ok(),
            Number::Float(_) | Number::Decimal(_) => self.digits()?.whole().and_then(|whole| i64::try_from(whole).ok()),
        }
    }

    /// The exact value in decimal digits; `None` for what has none, an infinity.
    pub(super) fn to_decimal(&self) -> Option<String> {
        let text = match self {
            // 1074 decimal places hold every binary fraction of 64 bits exactly.
            Number::Float(float) => {
                let text = format!("{float:.1074}");
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            Number::Int(_) | Number::UInt(_) | Number::Decimal(_) => self.to_string(),
        };
        Digits::of_decimal(&text).map(|_| text)
    }

    /// The exact value; `None` for an infinity, which has no digits.
    fn digits(&self) -> Option<Digits> {
        Digits::of_decimal(&self.to_decimal()?)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Number::Int(left), Number::Int(right)) => left == right,
            (Number::UInt(left), Number::UInt(right)) => left == right,
            (Number::Float(left), Number::Float(right)) => left == right,
            (Number::Decimal(left), Number::Decimal(right)) if left == right => true,
            _ => match (self.digits(), other.digits()) {
                (Some(left), Some(right)) => left == right,
                _ => false,
            },
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(int) => int.fmt(formatter),
            Number::UInt(uint) => uint.fmt(formatter),
            Number::Float(float) => float.fmt(formatter),
            Number::Decimal(text) => formatter.write_str(text),
        }
    }
}

/// A decimal number in its one shortest form: digits without zeros at either end, times a power of ten. Zero has no
/// digits.
#[derive(PartialEq, Eq)]
struct Digits {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Digits {
    fn of_decimal(text: &str) -> Option<Digits> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power.parse::<i64>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some((whole, fraction)) => (whole, fraction),
            None => (mantissa, ""),
        };
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let padded = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || padded || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_end_matches('0');
        let trailing = i64::try_from(digits.len() - significant.len()).ok()?;
        let significant = significant.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Digits {
                negative: false,
                digits: String::new(),
                exponent: 0,
            });
        }
        let exponent = power
            .checked_sub(i64::try_from(fraction.len()).ok()?)?
            .checked_add(trailing)?;
        Some(Digits {
            negative,
            digits: significant.to_owned(),
            exponent,
        })
    }

    /// The value, if it is whole and has at most 20 digits, as many as 64 bits can need.
    fn whole(&self) -> Option<i128> {
        if self.digits.is_empty() {
            return Some(0);
        }
        let zeros = u32::try_from(self.exponent).ok()?;
        if self.digits.len().saturating_add(zeros as usize) > 20 {
            return None;
        }
        let magnitude = self.digits.parse::<i128>().ok()? * 10_i128.pow(zeros);
        Some(if self.negative { -magnitude } else { magnitude })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        let equal = [
            (Number::Int(5), Number::UInt(5)),
            (Number::Int(5), Number::Float(5.0)),
            (Number::Int(5), Number::Decimal("5.00".into())),
            (Number::Int(500), Number::Decimal("5e2".into())),
            (Number::UInt(u64::MAX), Number::Decimal("18446744073709551615".into())),
            (Number::Float(0.5), Number::Decimal("0.50".into())),
            (Number::Float(-0.0), Number::Int(0)),
            (
                Number::Decimal("1e1000000000".into()),
                Number::Decimal("10e999999999".into()),
            ),
            (Number::Float(f64::INFINITY), Number::Float(f64::INFINITY)),
        ];
        for (left, right) in equal {
            assert_eq!(left, right);
            assert_eq!(right, left);
        }
        let different = [
            (Number::Int(5), Number::Int(-5)),
            (Number::Int(i64::MAX), Number::Float(9_223_372_036_854_775_807.0)),
            // No binary fraction is exactly one tenth: the host tells the two apart as well.
            (Number::Float(0.1), Number::Decimal("0.1".into())),
            (Number::Float(f64::INFINITY), Number::Int(0)),
        ];
        for (left, right) in different {
            assert_ne!(left, right);
            assert_ne!(right, left);
        }
    }

    #[test]
    fn parsing_keeps_every_digit_and_refuses_what_is_no_decimal() {
        assert!(matches!(Number::parse("12"), Some(Number::Int(12))));
        assert!(matches!(Number::parse("-12.0"), Some(Number::Int(-12))));
        assert!(matches!(
            Number::parse("18446744073709551615"),
            Some(Number::UInt(u64::MAX))
        ));
        assert!(matches!(Number::parse("0.1"), Some(Number::Decimal(text)) if text == "0.1"));
        assert!(matches!(Number::parse("1e400"), Some(Number::Decimal(_))));
        assert!(matches!(Number::parse("0e99999999999999"), Some(Number::Int(0))));
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1e",
            "0x10",
            "Inf",
            "NaN",
            " 1",
            "1e99999999999999999999",
        ] {
            assert!(Number::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_whole_float_is_an_integer() {
        assert_eq!(Number::Float(5.0).as_i64(), Some(5));
        assert_eq!(Number::Float(5.5).as_i64(), None);
        assert_eq!(Number::Float(f64::NAN).as_i64(), None);
        assert_eq!(Number::UInt(u64::MAX).as_i64(), None);
        assert_eq!(Number::Decimal("1e2".into()).as_i64(), Some(100));
    }
}
