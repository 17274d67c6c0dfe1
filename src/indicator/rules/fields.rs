//! Rules on the fields beside the value, each with the fields that it looks at.

use url::Url;

use super::super::host::is_public_suffix;
use super::super::invisible::shown;
use super::super::{Action, Field, Fields, Indicator, IndicatorType, Severity, canonical};
use super::{Finding, names};

/// A rule and the fields without which it cannot be judged.
pub(super) struct Rule {
    pub fields: &'static [Field],
    pub check: fn(&Indicator) -> Option<Finding>,
}

pub(super) const RULES: &[Rule] = &[
    Rule {
        fields: &[Field::Type],
        check: md5,
    },
    Rule {
        fields: &[Field::Type, Field::Value, Field::Action],
        check: public_suffix,
    },
    Rule {
        fields: &[Field::Type, Field::Value, Field::Action],
        check: harmless_hash,
    },
    Rule {
        fields: &[Field::RbacGroupNames, Field::RbacGroupIds],
        check: groups_twice,
    },
    Rule {
        fields: &[Field::RbacGroupNames],
        check: joined_groups,
    },
    Rule {
        fields: &[Field::Action],
        check: unknown_action,
    },
    Rule {
        fields: &[Field::Type, Field::Action],
        check: retired_action,
    },
    Rule {
        fields: &[Field::Type, Field::Action],
        check: action_for_type,
    },
    Rule {
        fields: &[Field::Action, Field::GenerateAlert],
        check: audit_without_alert,
    },
    Rule {
        fields: &[Field::Severity],
        check: unknown_severity,
    },
    Rule {
        fields: &[Field::Title],
        check: title,
    },
    Rule {
        fields: &[Field::Description],
        check: description,
    },
    Rule {
        fields: &[Field::MitreTechniques],
        check: techniques,
    },
    Rule {
        fields: &[Field::EducateUrl],
        check: educate_url,
    },
    Rule {
        fields: &[Field::EducateUrl, Field::Type, Field::Action],
        check: educate_url_in_vain,
    },
    Rule {
        fields: &[Field::BypassDurationHours],
        check: bypass_duration,
    },
    Rule {
        fields: &[Field::BypassDurationHours, Field::Action],
        check: bypass_duration_in_vain,
    },
    Rule {
        fields: &[Field::LookBackPeriod, Field::HistoricalDetection],
        check: history,
    },
];

/// The longest texts that clients of the service report to work, in characters. Nothing is documented.
const LONGEST_TITLE: usize = 4000;
const LONGEST_DESCRIPTION: usize = 100;

fn md5(indicator: &Indicator) -> Option<Finding> {
    (indicator.indicator_type == IndicatorType::FileMd5).then(|| {
        Finding::warning(
            "md5",
            Field::Type,
            "Defender documents the type FileMd5, but is reported to refuse new MD5 indicators",
            "Use the SHA-256 of the file if it is known.",
        )
    })
}

/// Allowing has the same reach as blocking, and wins over every block.
fn public_suffix(indicator: &Indicator) -> Option<Finding> {
    let verb = match &indicator.action {
        action if action.is_block() => "block",
        Action::Warn => "warn of",
        Action::Allowed => "allow",
        _ => return None,
    };
    if indicator.indicator_type != IndicatorType::DomainName {
        return None;
    }
    is_public_suffix(&canonical(&indicator.indicator_type, &indicator.value)).then(|| {
        let value = shown(&indicator.value);
        Finding::warning(
            "public-suffix",
            Field::Value,
            format!(
                "{value} is a public suffix, so the indicator would {verb} every domain that is registered under \
                     it"
            ),
            "Write the full domain that is intended.",
        )
    })
}

/// Files that every machine may have: their content, and its MD5, SHA-1 and SHA-256.
const HARMLESS_FILES: [(&str, [&str; 3]); 4] = [
    (
        "the empty file",
        [
            "d41d8cd98f00b204e9800998ecf8427e",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ],
    ),
    (
        "a file of one line feed",
        [
            "68b329da9893e34099c7d8ad5cb9c940",
            "adc83b19e793491b1c6ea0fd8b46cd9f32e592fc",
            "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b",
        ],
    ),
    (
        "a file of one empty line of Windows",
        [
            "81051bcc2cf1bedf378224b0a93e2877",
            "ba8ab5a0280b953aa97435ff8946cbcbb2755a27",
            "7eb70257593da06f682a3ddda54a9d260d4fc514f645237f5ca74b08f8da61a6",
        ],
    ),
    (
        "the EICAR test file, which all scanners report and which does no harm",
        [
            "44d88612fea8a8f36de82e1278abb02f",
            "3395856ce81f2b7382dee72602f798b642f14140",
            "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
        ],
    ),
];

/// Such hashes come into lists when the file could not be read.
fn harmless_hash(indicator: &Indicator) -> Option<Finding> {
    let Indicator {
        indicator_type,
        value,
        action,
        ..
    } = indicator;
    if !indicator_type.is_file() || *action == Action::Allowed {
        return None;
    }
    let is_content = |hashes: &[&str]| hashes.iter().any(|hash| hash.eq_ignore_ascii_case(value));
    let (content, _) = HARMLESS_FILES.iter().find(|(_, hashes)| is_content(hashes))?;
    Some(Finding::warning(
        "harmless-hash",
        Field::Value,
        format!(
            "{} is the hash of {content}: the action {action} would apply to it on all devices",
            shown(value)
        ),
        "Remove the indicator, and look for the right hash at its source.",
    ))
}

/// The service lists the groups of an indicator both ways; which of two different lists it would obey is not known.
fn groups_twice(indicator: &Indicator) -> Option<Finding> {
    let Fields {
        rbac_group_names,
        rbac_group_ids,
        ..
    } = &indicator.fields;
    let has_names = rbac_group_names.as_ref().is_some_and(|names| !names.is_empty());
    let has_ids = rbac_group_ids.as_ref().is_some_and(|ids| !ids.is_empty());
    (has_names && has_ids).then(|| {
        Finding::error(
            "groups-twice",
            Field::RbacGroupIds,
            "rbac_group_names and rbac_group_ids both name device groups, and which of them counts is not known",
            "Keep one of the two; `[]` in an indicator overrides the list of its set.",
        )
    })
}

/// Lists from spreadsheets separate groups by semicolons, which a name might hold all the same.
fn joined_groups(indicator: &Indicator) -> Option<Finding> {
    let names = indicator.fields.rbac_group_names.as_deref().unwrap_or_default();
    let joined = names.iter().find(|name| name.contains(';'))?;
    Some(Finding::warning(
        "joined-groups",
        Field::RbacGroupNames,
        format!(
            "{} counts as one device group, because a semicolon separates nothing",
            shown(joined)
        ),
        "Give each group an element of its own; in a CSV, separate the groups of a cell by commas.",
    ))
}

fn unknown_action(indicator: &Indicator) -> Option<Finding> {
    match &indicator.action {
        Action::Other(name) => names::parse_action(name).err(),
        _ => None,
    }
}

fn unknown_severity(indicator: &Indicator) -> Option<Finding> {
    match &indicator.fields.severity {
        Some(Severity::Other(name)) => names::parse_severity(name).err(),
        _ => None,
    }
}

fn retired_action(indicator: &Indicator) -> Option<Finding> {
    if !indicator.action.is_retired() {
        return None;
    }
    let current = match &indicator.action {
        Action::Alert => Action::Audit,
        _ if indicator.indicator_type.is_network() => Action::Block,
        _ => Action::BlockAndRemediate,
    };
    let action = &indicator.action;
    Some(Finding::warning(
        "retired-action",
        Field::Action,
        format!(
            "the action {action} was retired in January 2022, and it is not documented what the service stores for it"
        ),
        format!("Use `{current}` with `generate_alert = true`."),
    ))
}

/// The documented table of actions for each type. It is not certain: the service has taken a BlockAndRemediate for a URL.
fn action_for_type(indicator: &Indicator) -> Option<Finding> {
    let Indicator {
        indicator_type, action, ..
    } = indicator;
    let is_thumbprint = *indicator_type == IndicatorType::CertificateThumbprint;
    let remedy = match action {
        Action::BlockAndRemediate if indicator_type.is_network() => "Use `Block`.",
        Action::Audit | Action::Warn | Action::Block | Action::Alert if is_thumbprint => {
            "Use `Allowed` or `BlockAndRemediate`."
        }
        _ => return None,
    };
    Some(Finding::warning(
        "action-for-type",
        Field::Action,
        format!(
            "the action {action} is not documented for the type {indicator_type}, although the service may \
                 accept it"
        ),
        remedy,
    ))
}

fn audit_without_alert(indicator: &Indicator) -> Option<Finding> {
    (indicator.action == Action::Audit && indicator.fields.generate_alert != Some(true)).then(|| {
        Finding::error(
            "audit-without-alert",
            Field::GenerateAlert,
            "the service accepts the action Audit only with `generate_alert = true`",
            "Set `generate_alert = true`, or choose another action.",
        )
    })
}

fn title(indicator: &Indicator) -> Option<Finding> {
    required_text(Field::Title, indicator.fields.title.as_deref(), LONGEST_TITLE)
}

fn description(indicator: &Indicator) -> Option<Finding> {
    required_text(
        Field::Description,
        indicator.fields.description.as_deref(),
        LONGEST_DESCRIPTION,
    )
}

fn required_text(field: Field, text: Option<&str>, longest: usize) -> Option<Finding> {
    let text = text.unwrap_or_default();
    if text.trim().is_empty() {
        return Some(Finding::warning(
            "missing-text",
            field,
            format!("`{field}` is not set, but Defender documents it as required"),
            format!("Set `{field}` on the row or on the resource."),
        ));
    }
    // Bytes are never fewer than characters, and quicker to count.
    let length = if text.len() > longest { text.chars().count() } else { 0 };
    (length > longest).then(|| {
        Finding::warning(
            "long-text",
            field,
            format!("the {field} has {length} characters, but no more than {longest} are known to work"),
            "Shorten it if the service refuses or truncates it.",
        )
    })
}

fn techniques(indicator: &Indicator) -> Option<Finding> {
    let techniques = indicator.fields.mitre_techniques.as_deref().unwrap_or_default();
    let wrong: Vec<String> = techniques
        .iter()
        .filter(|technique| !is_technique(technique))
        .map(|wrong| shown(wrong))
        .collect();
    (!wrong.is_empty()).then(|| {
        let are = if wrong.len() == 1 {
            "does not have the form of a MITRE ATT&CK technique"
        } else {
            "do not have the form of MITRE ATT&CK techniques"
        };
        Finding::warning(
            "technique",
            Field::MitreTechniques,
            format!("{} {are}", wrong.join(", ")),
            "Write only the id, such as `T1566` or `T1566.001`.",
        )
    })
}

/// Whether the text is `T` and four digits, with `.` and three digits for a sub-technique. Which ids there are changes
/// too often to be checked.
fn is_technique(text: &str) -> bool {
    let is_number = |digits: &str, count| digits.len() == count && digits.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('T')
        .is_some_and(|number| match number.split_once('.') {
            Some((technique, part)) => is_number(technique, 4) && is_number(part, 3),
            None => is_number(number, 4),
        })
}

fn educate_url(indicator: &Indicator) -> Option<Finding> {
    let page = indicator
        .fields
        .educate_url
        .as_deref()
        .filter(|page| !page.is_empty())?;
    let is_page = Url::parse(page).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
        && page.trim() == page
        && page.contains("://");
    (!is_page).then(|| {
        Finding::warning(
            "educate-url",
            Field::EducateUrl,
            format!("educate_url {} is not a URL that a browser can open", shown(page)),
            "Write the full URL of the page, with `https://`.",
        )
    })
}

fn educate_url_in_vain(indicator: &Indicator) -> Option<Finding> {
    let Indicator {
        indicator_type,
        action,
        fields,
        ..
    } = indicator;
    let has_effect =
        Field::EducateUrl.types().contains(indicator_type) && matches!(action, Action::Block | Action::Warn);
    let is_set = fields.educate_url.as_deref().is_some_and(|page| !page.is_empty());
    (is_set && !has_effect).then(|| {
        Finding::warning(
            "educate-url",
            Field::EducateUrl,
            format!(
                "educate_url is documented for Url and DomainName with Block or Warn, not for {indicator_type} with {action}"
            ),
            "Remove it here.",
        )
    })
}

/// A negative number cannot be meant; whether the service takes none for "no bypass" is not known.
fn bypass_duration(indicator: &Indicator) -> Option<Finding> {
    let hours = indicator.fields.bypass_duration_hours.filter(|hours| *hours <= 0)?;
    let finding = if hours < 0 { Finding::error } else { Finding::warning };
    Some(finding(
        "bypass-duration",
        Field::BypassDurationHours,
        format!("bypass_duration_hours is {hours}, but a bypass lasts at least one hour"),
        "Set it to 1 or more, or remove it.",
    ))
}

fn bypass_duration_in_vain(indicator: &Indicator) -> Option<Finding> {
    (indicator.fields.bypass_duration_hours.is_some() && indicator.action != Action::Warn).then(|| {
        Finding::warning(
            "bypass-duration",
            Field::BypassDurationHours,
            format!(
                "bypass_duration_hours applies only to the action Warn; {} cannot be bypassed",
                indicator.action
            ),
            "Remove it here.",
        )
    })
}

fn history(indicator: &Indicator) -> Option<Finding> {
    let Fields {
        look_back_period,
        historical_detection,
        ..
    } = &indicator.fields;
    let field = match (look_back_period, historical_detection) {
        (_, Some(true)) => Field::HistoricalDetection,
        (Some(_), _) => Field::LookBackPeriod,
        _ => return None,
    };
    Some(Finding::warning(
        "history",
        field,
        format!("{field} works only in tenants that have the feature"),
        "Remove it unless your tenant has the feature.",
    ))
}

#[cfg(test)]
mod tests;
