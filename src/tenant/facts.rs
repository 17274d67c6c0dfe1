//! What one process knows of the objects of one provider configuration, and the only place where they meet.
//!
//! The host shows objects in any order and mixture, tells none about the others, and does not show unchanged ones while it
//! applies. So every rule here is a fact that holds whenever it is asked for: who has shown a row first, who wants a row,
//! who has claimed one, which rows are being deleted. Nothing waits for silence, age or company; the two waits are for the
//! end of a deletion and for the end of a write, which come by themselves.

use super::Scope;
use super::object::PlannedRow;
use super::rows::PlannedAt;
use super::token::Token;
use super::wishes::{WantedTwice, WishOfOthers, Wishes};
use crate::indicator::{Identity, Indicator, Key, RowId, ValueKey};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The facts of one process, begun anew for each provider configuration.
#[derive(Debug, Default)]
pub struct Facts {
    table: Mutex<Table>,
    /// Told whenever a deletion or a write has ended.
    ended: Notify,
}

#[derive(Debug, Default)]
struct Table {
    /// Objects that were refreshed.
    refreshed: HashSet<Token>,
    /// Single objects that were refreshed.
    refreshed_singles: usize,
    /// The object that has shown a row first, by refresh or by plan.
    shown: HashMap<RowId, Token>,
    /// Objects that were planned without a refresh and whose prior state records a row, by id and by key, and whether that
    /// was a destroy plan.
    unrefreshed: HashMap<Name, (Token, bool)>,
    /// Who wants a row.
    wishes: Wishes,
    /// Labels of the rows that an object wants.
    labels: HashMap<Token, HashSet<Option<String>>>,
    /// Scopes that exclusive sets own alone.
    scopes: HashMap<Token, (Scope, String)>,
    /// Ids of rows that go or are weakened, as far as was planned.
    removals: HashSet<RowId>,
    /// Rows to be made, as far as was planned.
    creations: HashSet<Key>,
    /// What was said.
    told: HashSet<Told>,
    /// Who has claimed a row in this apply.
    claims: HashMap<Key, Token>,
    /// Claims whose write has not ended, by value.
    open: HashMap<ValueKey, HashMap<Token, usize>>,
    /// Who has written or kept a row in this apply.
    owners: HashMap<RowId, Token>,
    /// Rows that are being deleted, from the moment when their ids go into a call to the end of its last retry.
    deleting: HashMap<RowId, usize>,
    /// The same, by value.
    deleting_values: HashMap<ValueKey, usize>,
    /// Rows that this process has deleted. The service never gives an id out twice.
    deleted: HashSet<RowId>,
    /// Ids of removals that were sent.
    removed: HashSet<RowId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Name {
    Id(RowId),
    Key(Key),
}

/// What is said once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Told {
    /// That more is taken away than one run may.
    TooManyRemovals,
    /// That the capacity does not suffice.
    TooSmall,
    /// That the capacity may not suffice.
    MayNotSuffice,
}

/// What showing a prior state has come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Recorded ids that another state has shown first.
    pub elsewhere: Vec<RowId>,
    /// Recorded ids that another object records too, where neither was refreshed.
    pub twice: Vec<RowId>,
}

/// Whether a row may be deleted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// It is being deleted from now on.
    Go,
    /// Another object has claimed it: it stays.
    Spared,
    /// Another object is about to write a row of the same value: its end has to be waited for.
    Busy,
}

impl Facts {
    /// Notes that an object was refreshed; for a single indicator, answers how many were.
    pub fn refreshed(&self, token: Token, single: bool) -> usize {
        let mut table = self.lock();
        if table.refreshed.insert(token) && single {
            table.refreshed_singles += 1;
        }
        table.refreshed_singles
    }

    /// Whether no object at all was refreshed in this process.
    pub fn is_blind(&self) -> bool {
        self.lock().refreshed.is_empty()
    }

    /// Whether the object is the first that shows the row.
    pub fn shows_first(&self, token: Token, id: &RowId) -> bool {
        let mut table = self.lock();
        *table.shown.entry(id.clone()).or_insert(token) == token
    }

    /// Notes that a plan shows a prior state that records these rows.
    pub fn show<'a>(
        &self,
        token: Token,
        record: impl IntoIterator<Item = (&'a RowId, &'a Indicator)>,
        destroys: bool,
    ) -> Shown {
        let mut table = self.lock();
        let mut shown = Shown::default();
        let is_refreshed = table.refreshed.contains(&token);
        for (id, indicator) in record {
            if *table.shown.entry(id.clone()).or_insert(token) != token {
                shown.elsewhere.push(id.clone());
            }
            if is_refreshed {
                continue;
            }
            for name in [Name::Id(id.clone()), Name::Key(indicator.key())] {
                let (other, destroyed) = *table.unrefreshed.entry(name).or_insert((token, destroys));
                if other != token && !(destroyed && destroys) && shown.twice.last() != Some(id) {
                    shown.twice.push(id.clone());
                }
            }
        }
        shown
    }

    /// Notes that an object wants these rows, whose identities are known; answers those that another object wants already.
    pub fn wish(&self, token: Token, title: &str, rows: Vec<PlannedRow>) -> Vec<WantedTwice> {
        let labels: HashSet<Option<&str>> = rows.iter().map(|row| row.indicator.label()).collect();
        let labels = labels.into_iter().map(|label| label.map(str::to_owned));
        let mut table = self.lock();
        table.labels.entry(token).or_default().extend(labels);
        table.wishes.add(token, title, rows)
    }

    /// Every row that is wanted so far.
    pub fn for_each_wish(&self, visit: impl FnMut(&Key)) {
        self.lock().wishes.keys().for_each(visit);
    }

    /// Those rows that other objects want so far which `matters` names.
    pub fn wishes_of_others(&self, token: Token, matters: impl Fn(&Identity) -> bool) -> Vec<WishOfOthers> {
        self.lock().wishes.of_others(token, matters)
    }

    /// How many rows are wanted so far.
    pub fn wishes(&self) -> usize {
        self.lock().wishes.keys().len()
    }

    /// Notes the scope of an exclusive set; answers the title of another object that wants rows of it or shares it.
    pub fn own_scope(&self, token: Token, scope: &Scope, title: &str) -> Option<String> {
        let mut table = self.lock();
        table.scopes.insert(token, (scope.clone(), title.to_owned()));
        let shared = table
            .scopes
            .iter()
            .find(|(other, (theirs, _))| **other != token && theirs.overlaps(scope));
        if let Some((_, (_, title))) = shared {
            return Some(title.clone());
        }
        let wanted = table.labels.iter().find(|(other, labels)| {
            **other != token && labels.iter().any(|label| scope.contains_label(label.as_deref()))
        });
        let other = *wanted?.0;
        Some(table.wishes.title_of(other).unwrap_or_default())
    }

    /// The title of another object's exclusive set that owns rows with this label alone.
    pub fn scope_of(&self, token: Token, label: Option<&str>) -> Option<String> {
        let table = self.lock();
        let scopes = table.scopes.iter().filter(|(other, _)| **other != token);
        scopes
            .filter(|(_, (scope, _))| scope.contains_label(label))
            .map(|(_, (_, title))| title.clone())
            .next()
    }

    /// Notes rows that go or are weakened; answers how many that are so far.
    pub fn plan_removals(&self, ids: impl IntoIterator<Item = RowId>) -> usize {
        let mut table = self.lock();
        table.removals.extend(ids);
        table.removals.len()
    }

    /// Notes rows to be made; answers how many that are so far.
    pub fn plan_creations(&self, keys: impl IntoIterator<Item = Key>) -> usize {
        let mut table = self.lock();
        table.creations.extend(keys);
        table.creations.len()
    }

    /// Whether it is the first time that this is to be said.
    pub fn tell(&self, what: Told) -> bool {
        self.lock().told.insert(what)
    }

    /// Claims rows for an object: nobody else deletes them from now on. What the object is given settles the claims when it
    /// is dropped, at the latest. The second claim of a row is in `Claims::refused`.
    pub fn claim<'a>(
        &'a self,
        token: Token,
        rows: impl IntoIterator<Item = (PlannedAt, &'a Indicator)>,
        prior: impl IntoIterator<Item = &'a RowId>,
    ) -> Claims<'a> {
        let mut table = self.lock();
        for id in prior {
            table.shown.entry(id.clone()).or_insert(token);
        }
        let mut claims = Claims {
            facts: self,
            token,
            open: HashMap::new(),
            refused: HashSet::new(),
        };
        for (index, indicator) in rows {
            if *table.claims.entry(indicator.key()).or_insert(token) != token {
                claims.refused.insert(index);
                continue;
            }
            let value = indicator.value_key();
            *table.open.entry(value.clone()).or_default().entry(token).or_default() += 1;
            claims.open.insert(index, value);
        }
        claims
    }

    /// Whether another object has claimed the row, or holds it now.
    pub fn is_taken(&self, token: Token, id: &RowId, key: &Key) -> bool {
        self.lock().is_taken(token, id, key)
    }

    /// Notes that the object holds the row from now on; answers whether another object of this process does.
    pub fn own(&self, token: Token, id: &RowId) -> bool {
        *self.lock().owners.entry(id.clone()).or_insert(token) != token
    }

    /// Waits until no write of another object to a row of these values is due.
    pub async fn settled(&self, token: Token, values: &[ValueKey]) {
        self.until(|table| !values.iter().any(|value| table.is_open_elsewhere(token, value)))
            .await;
    }

    /// Asks whether the row may be deleted now, and if so notes that it is. `patient` callers come again after the writes
    /// that are due to rows of the same value.
    pub fn begin_deletion(&self, token: Token, id: &RowId, key: &Key, value: &ValueKey, patient: bool) -> Begin {
        let mut table = self.lock();
        if table.is_taken(token, id, key) {
            return Begin::Spared;
        }
        if patient && table.is_open_elsewhere(token, value) {
            return Begin::Busy;
        }
        *table.deleting.entry(id.clone()).or_default() += 1;
        *table.deleting_values.entry(value.clone()).or_default() += 1;
        Begin::Go
    }

    /// Notes that a deletion has ended, and whether the row is gone.
    pub fn end_deletion(&self, id: &RowId, value: &ValueKey, is_gone: bool) {
        {
            let mut table = self.lock();
            count_down(&mut table.deleting, id);
            count_down(&mut table.deleting_values, value);
            if is_gone {
                table.deleted.insert(id.clone());
            }
        }
        self.ended.notify_waiters();
    }

    /// Whether a row of this value is being deleted: an import now could land on it.
    pub fn is_being_deleted(&self, value: &ValueKey) -> bool {
        self.lock().deleting_values.contains_key(value)
    }

    /// Waits until no row of these values is being deleted.
    pub async fn deletions_ended(&self, values: &[ValueKey]) {
        self.until(|table| !values.iter().any(|value| table.deleting_values.contains_key(value)))
            .await;
    }

    /// Whether this process has deleted the row.
    pub fn is_deleted(&self, id: &RowId) -> bool {
        self.lock().deleted.contains(id)
    }

    /// Whether rows have been or are being deleted, so that room shows sooner or later.
    pub fn has_room_coming(&self) -> bool {
        let table = self.lock();
        !table.deleted.is_empty() || !table.deleting.is_empty()
    }

    /// Notes removals that are about to be sent, unless all that the process has sent would be more than `allowed`. Answers
    /// how many it would be then.
    pub fn send_removals(&self, ids: &[RowId], allowed: Option<usize>) -> Result<(), usize> {
        let mut table = self.lock();
        let added = ids
            .iter()
            .filter(|id| !table.removed.contains(*id))
            .collect::<HashSet<_>>()
            .len();
        let count = table.removed.len() + added;
        if added > 0 && allowed.is_some_and(|allowed| count > allowed) {
            return Err(count);
        }
        table.removed.extend(ids.iter().cloned());
        Ok(())
    }

    async fn until(&self, is_so: impl Fn(&Table) -> bool) {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            // Enabled before the look, so that an end between the look and the wait is not missed.
            ended.as_mut().enable();
            if is_so(&self.lock()) {
                return;
            }
            ended.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Every change is complete before the lock is let go, and none of them can panic half-way.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn is_taken(&self, token: Token, id: &RowId, key: &Key) -> bool {
        let claimed = self.claims.get(key).is_some_and(|other| *other != token);
        claimed || self.owners.get(id).is_some_and(|other| *other != token)
    }

    fn is_open_elsewhere(&self, token: Token, value: &ValueKey) -> bool {
        self.open
            .get(value)
            .is_some_and(|tokens| tokens.keys().any(|other| *other != token))
    }
}

/// Claims of one object. What is not settled one by one is settled when this goes, whatever happens.
#[derive(Debug)]
pub struct Claims<'a> {
    facts: &'a Facts,
    token: Token,
    open: HashMap<PlannedAt, ValueKey>,
    /// Rows that another object has claimed first.
    pub refused: HashSet<PlannedAt>,
}

impl Claims<'_> {
    /// The write of this row has ended, or will not come.
    pub fn settle(&mut self, index: PlannedAt) {
        if let Some(value) = self.open.remove(&index) {
            self.close(&value);
            self.facts.ended.notify_waiters();
        }
    }

    /// No write of this object will come any more.
    pub fn settle_all(&mut self) {
        for value in std::mem::take(&mut self.open).into_values() {
            self.close(&value);
        }
        self.facts.ended.notify_waiters();
    }

    fn close(&self, value: &ValueKey) {
        let mut table = self.facts.lock();
        if let Some(tokens) = table.open.get_mut(value) {
            count_down(tokens, &self.token);
            if tokens.is_empty() {
                table.open.remove(value);
            }
        }
    }
}

impl Drop for Claims<'_> {
    fn drop(&mut self) {
        self.settle_all();
    }
}

fn count_down<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::{Action, FieldSet};
    use crate::tenant::rows::Position;
    use crate::tenant::samples::domain;

    fn at(position: usize) -> PlannedAt {
        PlannedAt::after(position)
    }

    #[test]
    fn the_first_that_shows_a_row_holds_it() {
        let (facts, one, other) = (Facts::default(), Token::new(), Token::new());
        let id = RowId::from("1");
        assert!(facts.shows_first(one, &id) && facts.shows_first(one, &id));
        assert!(!facts.shows_first(other, &id));
        let row = domain("a.example", Action::Block);
        let shown = facts.show(other, [(&id, &row)], true);
        assert_eq!(shown.elsewhere, [id]);
    }

    #[test]
    fn two_states_with_one_row_need_a_refresh_unless_both_end() {
        let row = domain("a.example", Action::Block);
        let (one, other) = (RowId::from("1"), RowId::from("2"));
        for (first, second, refused) in [
            (false, false, true),
            (true, false, true),
            (false, true, true),
            (true, true, false),
        ] {
            for id in [&one, &other] {
                let facts = Facts::default();
                facts.show(Token::new(), [(&one, &row)], first);
                let shown = facts.show(Token::new(), [(id, &row)], second);
                assert_eq!(!shown.twice.is_empty(), refused, "{first} {second} {id}");
            }
        }
        let (facts, refreshed) = (Facts::default(), Token::new());
        facts.refreshed(refreshed, false);
        facts.show(refreshed, [(&one, &row)], false);
        assert!(facts.show(Token::new(), [(&one, &row)], false).twice.is_empty());
    }

    #[test]
    fn claims_end_with_their_owner_whatever_happens() {
        let (facts, one, other) = (Facts::default(), Token::new(), Token::new());
        let row = domain("a.example", Action::Block);
        let (id, key, value) = (RowId::from("1"), row.key(), row.value_key());
        {
            let claims = facts.claim(one, [(at(0), &row)], []);
            assert!(claims.refused.is_empty());
            let second = facts.claim(other, [(at(4), &row)], []);
            assert!(second.refused.contains(&at(4)));
            assert_eq!(facts.begin_deletion(other, &id, &key, &value, true), Begin::Spared);
        }
        // The claim stays: who wanted the row may have recorded it. Only its write is over.
        assert_eq!(facts.begin_deletion(other, &id, &key, &value, true), Begin::Spared);
        let allowed = domain("a.example", Action::Allowed);
        let claims = facts.claim(one, [(at(1), &allowed)], []);
        let warned = domain("a.example", Action::Warn).key();
        assert_eq!(
            facts.begin_deletion(other, &id, &warned, &value, true),
            Begin::Busy,
            "a write to the value is due"
        );
        assert_eq!(facts.begin_deletion(other, &id, &warned, &value, false), Begin::Go);
        facts.end_deletion(&id, &value, true);
        drop(claims);
        assert_eq!(
            facts.begin_deletion(other, &RowId::from("2"), &warned, &value, true),
            Begin::Go
        );
        assert!(facts.is_being_deleted(&value) && facts.is_deleted(&id));
        facts.end_deletion(&RowId::from("2"), &value, false);
        assert!(!facts.is_being_deleted(&value) && facts.has_room_coming());
    }

    #[test]
    fn what_is_owned_is_spared_although_nobody_has_claimed_it_so() {
        let (facts, one, other) = (Facts::default(), Token::new(), Token::new());
        let row = domain("a.example", Action::Block);
        let id = RowId::from("1");
        assert!(!facts.own(one, &id) && !facts.own(one, &id));
        assert!(facts.own(other, &id), "somebody has it");
        assert_eq!(
            facts.begin_deletion(other, &id, &row.key(), &row.value_key(), true),
            Begin::Spared
        );
        assert_eq!(
            facts.begin_deletion(one, &id, &row.key(), &row.value_key(), true),
            Begin::Go
        );
    }

    #[tokio::test]
    async fn waiting_ends_with_the_deletion_or_the_write() {
        let facts = std::sync::Arc::new(Facts::default());
        let row = domain("a.example", Action::Block);
        let (id, value) = (RowId::from("1"), row.value_key());
        let (one, other) = (Token::new(), Token::new());
        assert_eq!(facts.begin_deletion(one, &id, &row.key(), &value, true), Begin::Go);
        let waiting = tokio::spawn({
            let (facts, values) = (std::sync::Arc::clone(&facts), vec![value.clone()]);
            async move { facts.deletions_ended(&values).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        facts.end_deletion(&id, &value, true);
        waiting.await.unwrap();

        let mut claims = facts.claim(one, [(at(0), &row)], []);
        let waiting = tokio::spawn({
            let (facts, values) = (std::sync::Arc::clone(&facts), vec![value.clone()]);
            async move { facts.settled(other, &values).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        claims.settle(at(0));
        waiting.await.unwrap();
    }

    #[test]
    fn sums_do_not_depend_on_the_order() {
        let facts = Facts::default();
        let ids = |names: &[&str]| names.iter().map(|name| RowId::from(*name)).collect::<Vec<_>>();
        assert_eq!(facts.plan_removals(ids(&["1", "2"])), 2);
        assert_eq!(facts.plan_removals(ids(&["2", "3"])), 3, "a set of ids");
        assert_eq!(facts.send_removals(&ids(&["1", "2"]), Some(2)), Ok(()));
        assert_eq!(facts.send_removals(&ids(&["2"]), Some(2)), Ok(()));
        assert_eq!(facts.send_removals(&ids(&["3"]), Some(2)), Err(3));
        assert_eq!(facts.send_removals(&ids(&["3"]), None), Ok(()));
    }

    #[test]
    fn a_scope_is_one_objects_in_either_order() {
        let scope = |label: &str| Scope {
            application: Some(label.into()),
            own: false,
        };
        let (set, other) = (Token::new(), Token::new());

        let facts = Facts::default();
        assert_eq!(facts.own_scope(set, &scope("g"), "set"), None);
        assert_eq!(facts.scope_of(other, Some("g")), Some("set".into()));
        assert_eq!(
            (facts.scope_of(other, None), facts.scope_of(set, Some("g"))),
            (None, None)
        );
        assert_eq!(facts.own_scope(other, &scope("g"), "other"), Some("set".into()));

        let facts = Facts::default();
        let mut row = domain("a.example", Action::Block);
        row.fields.application = Some("g".into());
        let row = PlannedRow {
            name: "a.example".into(),
            indicator: row.into(),
            unknown: FieldSet::EMPTY,
            begun: None,
        };
        facts.wish(other, "other", vec![row]);
        assert_eq!(facts.own_scope(set, &scope("h"), "set"), None);
        assert_eq!(facts.own_scope(set, &scope("g"), "set"), Some("other".into()));
    }
}
