use super::*;
use crate::indicator::{Action, Fields, IndicatorType};
use std::sync::Arc;

fn block(value: &str) -> Indicator {
    Indicator {
        value: value.into(),
        indicator_type: IndicatorType::DomainName,
        action: Action::Block,
        fields: Fields::default(),
    }
}

#[test]
fn a_claimed_row_is_not_deleted_and_a_row_being_deleted_is_not_claimed() {
    let ledger = Ledger::default();
    assert!(ledger.claim("1"));
    assert!(!ledger.begin_delete("1"));
    assert!(ledger.begin_delete("2"));
    assert!(!ledger.claim("2"));
    ledger.end_delete([("2", false)]);
    assert!(ledger.claim("2"), "it is still there");
    assert!(ledger.begin_delete("3"));
    ledger.end_delete([("3", true)]);
    assert!(!ledger.claim("3") && ledger.has_room_coming());
}

#[test]
fn a_row_that_was_spared_for_nothing_is_left_to_whoever_lets_go_of_it_last() {
    let ledger = Ledger::default();
    assert!(ledger.claim("1") && ledger.claim("2"));
    assert!(!ledger.begin_delete("1"));
    assert!(ledger.release("1"), "nobody else deletes it any more");
    assert!(!ledger.release("2") && ledger.begin_delete("2"));
}

#[test]
fn the_second_object_that_wants_a_row_is_told_what_the_first_calls_it() {
    let ledger = Ledger::default();
    let (one, two) = (ledger.new_claimant(), ledger.new_claimant());
    assert_eq!(ledger.want(one, "first", &block("a.example")), None);
    assert_eq!(ledger.want(one, "first", &block("a.example")), None);
    assert_eq!(ledger.want(two, "second", &block("A.EXAMPLE")), Some("first".into()));
}

#[test]
fn one_value_for_two_scopes_is_two_rows() {
    let scoped = |groups: &[&str]| {
        let mut row = block("a.example");
        row.fields.rbac_group_names = Some(groups.iter().map(|group| (*group).to_owned()).collect());
        row
    };
    assert_ne!(scoped_digest(&scoped(&["East"])), scoped_digest(&scoped(&["West"])));
    assert_eq!(
        scoped_digest(&scoped(&["East", "West"])),
        scoped_digest(&scoped(&["West", "East", "West"]))
    );
    assert_eq!(scoped_digest(&scoped(&[])), scoped_digest(&block("a.example")));
}

#[tokio::test]
async fn waiting_for_a_delete_ends_with_it() {
    let ledger = Arc::new(Ledger::default());
    assert!(ledger.begin_delete("1"));
    let waiting = tokio::spawn({
        let ledger = ledger.clone();
        async move { ledger.deletes_ended(&["1".to_owned()]).await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    ledger.end_delete([("1", true)]);
    waiting.await.unwrap();
}
