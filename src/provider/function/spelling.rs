//! `provider::mde::refang`, `defang` and `detect_type`: single values.

use crate::indicator::{self, detect_type};
use crate::tf::{Function, FunctionError, Parameter, Value, ValueType};

/// A function of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `refang`.
    Refang,
    /// `defang`.
    Defang,
    /// `detect_type`.
    DetectType,
}

impl Spelling {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Refang, Self::Defang, Self::DetectType];
}

impl Function for Spelling {
    fn name(&self) -> &'static str {
        match self {
            Self::Refang => "refang",
            Self::Defang => "defang",
            Self::DetectType => "detect_type",
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::Refang => "Returns the value that a defanged one stands for",
            Self::Defang => "Returns a value in a form that nobody follows by accident",
            Self::DetectType => "Returns the type of a value, judged by its form",
        }
        .into()
    }

    fn description(&self) -> String {
        match self {
            Self::Refang => {
                "Takes a value as reports print it, such as `hxxps://evil[.]example/a`, and returns the value itself, \
                 here `https://evil.example/a`. A value that is not defanged is returned as it is. Null is returned \
                 as null.\n\nThese forms are read: `hxxp`, `htxp`, `h**p`, `h__p` and `fxp` as schemes, also with an \
                 `s`; `[.]`, `(.)`, `{.}`, `[dot]`, `(dot)`, `{dot}`, `[.` and `.]` for a dot; `[:]` and `[/]`; \
                 `[://]`, `[:]//` and `:[//]` behind the scheme; and quotes, back-ticks or angle brackets around the \
                 whole value. The path of a URL whose scheme and host are not defanged is never changed. Forms that \
                 nobody can read for certain, such as `meow://`, are returned as they are.\n\nThe result is not \
                 checked: `detect_type` says whether it is a value, and a set validates it."
            }
            Self::Defang => {
                "Takes a value such as `https://evil.example/a` and returns it in a form that no program follows as a \
                 link: `hxxps://evil[.]example/a`. Addresses and domains get their dots in brackets, IPv6 addresses \
                 their colons. Hashes, and text that is no value, are returned as they are. Null is returned as \
                 null.\n\nThe result is for display only, such as in outputs and descriptions. A set refuses a \
                 defanged value, because the service would take it literally."
            }
            Self::DetectType => {
                "Returns `FileSha256`, `FileSha1` or `FileMd5` for 64, 40 or 32 hexadecimal digits, `IpAddress`, `Url` \
                 or `DomainName`. Returns null for null and for text that has none of these forms, so that \
                 `coalesce(provider::mde::detect_type(value), \"DomainName\")` gives a default.\n\nThis is how a set \
                 finds the type of a row without `type`. The form is read with tolerance: `198.51.100.0/24` and \
                 `evil[.]example` have a type too, so that a set can say exactly what is wrong with them. The \
                 thumbprint of a certificate looks like a SHA-1 and is taken for one; set its `type`."
            }
        }
        .into()
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("value", ValueType::String, "The value. It may be null.").or_null()]
    }

    fn returns(&self) -> ValueType {
        ValueType::String
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let Some(value) = arguments.first().and_then(Value::as_str) else {
            return Ok(Value::Null);
        };
        Ok(match self {
            Self::Refang => indicator::refang(value).into(),
            Self::Defang => indicator::defang(None, value).into(),
            Self::DetectType => detect_type(value).map_or(Value::Null, |kind| kind.as_str().into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(function: Spelling, value: Value) -> Value {
        function.call(vec![value]).unwrap()
    }

    #[test]
    fn values_are_spelled_and_told() {
        for (function, value, expected) in [
            (
                Spelling::Refang,
                "hxxp://evil[.]example/a[.]b",
                "http://evil.example/a.b",
            ),
            (
                Spelling::Refang,
                "http://evil.example/a[.]b",
                "http://evil.example/a[.]b",
            ),
            (Spelling::Refang, "`evil[.example`", "evil.example"),
            (Spelling::Refang, "meow://evil.example", "meow://evil.example"),
            (Spelling::Refang, "", ""),
            (Spelling::Defang, "https://evil.example/a", "hxxps://evil[.]example/a"),
            (Spelling::Defang, "no value", "no value"),
            (Spelling::DetectType, "198.51.100.7", "IpAddress"),
            (Spelling::DetectType, "d41d8cd98f00b204e9800998ecf8427e", "FileMd5"),
        ] {
            assert_eq!(call(function, value.into()), expected.into(), "{value}");
        }
    }

    #[test]
    fn nothing_known_is_null() {
        assert_eq!(call(Spelling::DetectType, "no value".into()), Value::Null);
        for function in Spelling::ALL {
            assert_eq!(call(function, Value::Null), Value::Null);
            assert!(function.parameters()[0].nullable);
        }
    }
}
