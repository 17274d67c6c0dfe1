//! What the service refuses of one item alone.
//!
//! **Invariant:** a refusal here fails one item of an import, and the whole call only where the call is one item.

use jiff::Timestamp;
use serde_json::Value;

use super::answer::Refusal;
use super::columns::{
    ACTION, DESCRIPTION, EXPIRATION, HISTORICAL_DETECTION, LOOK_BACK_PERIOD, RBAC_IDS, RBAC_NAMES, TITLE, TYPE, VALUE,
};
use super::draft::Draft;
use super::options::Options;
use super::switches::{CertificateActions, FeatureFields, Lengths, MissingTexts, Verdict};
use super::{time, values};

/// Refuses a draft that would be expired from the start. It refuses a whole import, as recorded.
pub fn check_expiry(draft: &Draft, now: Timestamp) -> Result<(), Refusal> {
    match time::parse(draft.text(EXPIRATION)) {
        Some(expiry) if expiry <= now => {
            let value = draft.text(VALUE);
            let message =
                format!("Indicator {value} is inactive. (Expiration time should be set to a future date time)");
            Err(Refusal::new(400, "BadRequest", message).naming_tenant())
        }
        _ => Ok(()),
    }
}

/// Refuses an item, or completes it: both lists of device groups are filled in from whichever was sent.
pub fn check_item(draft: &mut Draft, options: &Options) -> Result<(), Refusal> {
    let (indicator_type, value) = (draft.text(TYPE), draft.text(VALUE));
    if value.is_empty() {
        // Misspelt by the service.
        return Err(Refusal::new(400, "InvalidInput", "Recieved an empty indicator value."));
    }
    values::check(indicator_type, value, options)?;
    check_action(draft, options)?;
    if options.missing_texts == MissingTexts::Item {
        draft.check_texts()?;
    }
    check_look_back(draft, options)?;
    if options.lengths == Lengths::Claimed {
        for (position, name, longest) in [
            (VALUE, "indicatorValue", 800),
            (TITLE, "title", 4000),
            (DESCRIPTION, "description", 100),
        ] {
            if draft.text(position).chars().count() > longest {
                return Err(Refusal::new(
                    400,
                    "InvalidInput",
                    format!("{name} exceeds {longest} characters."),
                ));
            }
        }
    }
    resolve_groups(draft, options)
}

/// Refuses or forgets what only a tenant with the feature has.
fn check_look_back(draft: &mut Draft, options: &Options) -> Result<(), Refusal> {
    let wanted = draft.get(HISTORICAL_DETECTION) == Some(&Value::Bool(true)) || draft.get(LOOK_BACK_PERIOD).is_some();
    match options.look_back_fields {
        FeatureFields::Refused if wanted => {
            // The code is documented, its text is not.
            let message = "Historical detection is not enabled for this tenant.";
            Err(Refusal::new(403, "DisabledFeature", message))
        }
        FeatureFields::Ignored => {
            draft.set(HISTORICAL_DETECTION, false.into());
            draft.set(LOOK_BACK_PERIOD, Value::Null);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn check_action(draft: &Draft, options: &Options) -> Result<(), Refusal> {
    let (indicator_type, action) = (draft.text(TYPE), draft.text(ACTION));
    if action == "Audit" && !draft.generates_alert(options) {
        let message = "Action Audit requires generateAlert to be true. (Parameter 'GenerateAlert')";
        return Err(Refusal::new(400, "InvalidInput", message));
    }
    let refused = match indicator_type {
        "IpAddress" | "DomainName" | "Url" => {
            action == "BlockAndRemediate" && options.network_block_and_remediate == Verdict::Refused
        }
        "CertificateThumbprint" => {
            options.certificate_actions == CertificateActions::Documented
                && matches!(action, "Audit" | "Warn" | "Block")
        }
        _ => false,
    };
    if refused {
        let message = format!("Action {action} is not supported for indicator type {indicator_type}.");
        return Err(Refusal::new(400, "InvalidInput", message));
    }
    Ok(())
}

fn resolve_groups(draft: &mut Draft, options: &Options) -> Result<(), Refusal> {
    if draft.get(RBAC_NAMES).is_none() && draft.get(RBAC_IDS).is_none() {
        return Ok(());
    }
    let list = |position| draft.get(position).and_then(Value::as_array).into_iter().flatten();
    let unknown = |group: &dyn std::fmt::Display| {
        let message = format!("RBAC group {group} does not exist. (Parameter 'RbacGroups')");
        Err(Refusal::new(400, "InvalidInput", message))
    };
    let mut names: Vec<String> = Vec::new();
    let mut ids: Vec<usize> = Vec::new();
    // Scripts of the vendor's staff send one empty name for all devices.
    let named = list(RBAC_NAMES)
        .filter_map(Value::as_str)
        .filter(|name| !name.is_empty());
    for name in named {
        match options.rbac_groups.iter().position(|known| known == name) {
            Some(position) => ids.push(position + 1),
            None if options.unknown_rbac_group == Verdict::Refused => return unknown(&name),
            None => {}
        }
        names.push(name.to_owned());
    }
    for id in list(RBAC_IDS)
        .filter_map(Value::as_u64)
        .filter_map(|id| usize::try_from(id).ok())
    {
        match id.checked_sub(1).and_then(|position| options.rbac_groups.get(position)) {
            Some(name) if !names.contains(name) => names.push(name.clone()),
            None if options.unknown_rbac_group == Verdict::Refused => return unknown(&id),
            _ => {}
        }
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    draft.set(RBAC_NAMES, names.into());
    draft.set(RBAC_IDS, ids.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::simulator::switches::AbsentAlert;

    fn outcome(changes: Value, options: &Options) -> Result<Draft, String> {
        let mut body = json!({"indicatorValue": "evil.example", "indicatorType": "DomainName", "action": "Block",
            "title": "t", "description": "d"});
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        let mut draft = Draft::read(&body, options).map_err(|refusal| refusal.message)?;
        check_item(&mut draft, options).map_err(|refusal| refusal.message)?;
        Ok(draft)
    }

    fn refused(changes: Value, options: &Options) -> bool {
        outcome(changes, options).is_err()
    }

    #[test]
    fn audit_needs_an_alert() {
        let options = Options::default();
        assert!(refused(json!({"action": "Audit"}), &options));
        assert!(refused(json!({"action": "Audit", "generateAlert": false}), &options));
        assert!(!refused(json!({"action": "Audit", "generateAlert": true}), &options));
        let raising = Options {
            absent_generate_alert: AbsentAlert::True,
            ..Options::default()
        };
        assert!(!refused(json!({"action": "Audit"}), &raising));
        assert!(refused(json!({"action": "Audit", "generateAlert": false}), &raising));
        assert_eq!(
            outcome(json!({"indicatorValue": ""}), &options).unwrap_err(),
            "Recieved an empty indicator value."
        );
    }

    #[test]
    fn actions_follow_the_switches() {
        let thumbprint = "0123456789ABCDEF0123456789ABCDEF01234567";
        let certificate = |action: &str| json!({"indicatorType": "CertificateThumbprint", "indicatorValue": thumbprint, "action": action});
        let options = Options::default();
        let network = json!({"action": "BlockAndRemediate"});
        assert!(!refused(network.clone(), &options));
        let strict = Options {
            network_block_and_remediate: Verdict::Refused,
            ..Options::default()
        };
        assert!(refused(network, &strict));
        assert!(refused(certificate("Block"), &options));
        assert!(!refused(certificate("BlockAndRemediate"), &options));
        assert!(!refused(certificate("Allowed"), &options));
        let any = Options {
            certificate_actions: CertificateActions::Any,
            ..Options::default()
        };
        assert!(!refused(certificate("Block"), &any));
    }

    #[test]
    fn texts_and_lengths_follow_the_switches() {
        let missing = json!({"title": null});
        let per_item = Options {
            missing_texts: MissingTexts::Item,
            ..Options::default()
        };
        let accepted = Options {
            missing_texts: MissingTexts::Accepted,
            ..Options::default()
        };
        assert!(refused(missing.clone(), &per_item));
        assert!(!refused(missing, &accepted));
        let long = json!({"description": "é".repeat(101)});
        let fits = json!({"description": "é".repeat(100)});
        let claimed = Options {
            lengths: Lengths::Claimed,
            ..Options::default()
        };
        assert!(!refused(long.clone(), &Options::default()));
        assert!(refused(long, &claimed));
        assert!(!refused(fits, &claimed));
    }

    #[test]
    fn groups_are_completed_both_ways() {
        let options = Options {
            rbac_groups: vec!["Servers".into(), "Clients".into()],
            ..Options::default()
        };
        let strict = Options {
            unknown_rbac_group: Verdict::Refused,
            ..options.clone()
        };
        let cases = [
            (json!({"rbacGroupNames": ["Clients"]}), json!(["Clients"]), json!([2])),
            (json!({"rbacGroupIds": [1]}), json!(["Servers"]), json!([1])),
            (
                json!({"rbacGroupNames": ["Clients"], "rbacGroupIds": [2]}),
                json!(["Clients"]),
                json!([2]),
            ),
            (json!({"rbacGroupNames": []}), json!([]), json!([])),
            (json!({"rbacGroupNames": [""]}), json!([]), json!([])),
        ];
        for (changes, names, ids) in cases {
            for options in [&options, &strict] {
                let draft = outcome(changes.clone(), options).unwrap();
                assert_eq!(draft.get(RBAC_NAMES), Some(&names), "{changes}");
                assert_eq!(draft.get(RBAC_IDS), Some(&ids), "{changes}");
            }
        }
        for unknown in [json!({"rbacGroupNames": ["Typo"]}), json!({"rbacGroupIds": [9]})] {
            assert!(!refused(unknown.clone(), &options), "{unknown}");
            assert!(refused(unknown.clone(), &strict), "{unknown}");
        }
        let null = outcome(json!({"rbacGroupNames": null}), &options).unwrap();
        assert_eq!(null.get(RBAC_NAMES), None);
    }

    #[test]
    fn a_past_expiry_is_refused_in_the_recorded_words() {
        let draft = outcome(
            json!({"indicatorType": "IpAddress", "indicatorValue": "203.0.113.1", "expirationTime": "2024-01-01T00:00:00Z"}),
            &Options::default(),
        )
        .unwrap();
        let at = |text| {
            check_expiry(&draft, time::parse(text).unwrap())
                .err()
                .map(|refusal| refusal.message)
        };
        assert_eq!(at("2023-12-31T23:59:59Z"), None);
        let words = "Indicator 203.0.113.1 is inactive. (Expiration time should be set to a future date time)";
        assert_eq!(at("2024-01-01T00:00:00Z").as_deref(), Some(words));
    }
}
