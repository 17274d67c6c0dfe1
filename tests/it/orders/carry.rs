//! One change, as a host carries it out: what it gives to the provider, and what it keeps of the answer.

use crate::support::{Calls, Stored, assert_consistent};
use mde::tf::Value;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a task came to.
pub struct Done {
    pub errors: Vec<String>,
    /// The object afterwards.
    pub stored: Option<Stored>,
    /// Whether a creation or update was called for: only then has the provider heard of it.
    pub called: bool,
}

impl Done {
    /// It was refused, or has become nothing, before the provider was called.
    pub fn not_called(errors: Vec<String>, stored: Option<Stored>) -> Self {
        Self {
            errors,
            stored,
            called: false,
        }
    }
}

/// Carries out the end of an object, whose state was `before` when that was planned.
pub async fn delete(calls: &mut Calls, address: &str, stored: Option<Stored>, before: Value, private: Vec<u8>) -> Done {
    let answer = calls.apply(address, &before, &Value::Null, &Value::Null, private).await;
    let failed = answer.told.failed();
    assert!(
        failed || answer.value.is_null(),
        "a delete without an error left {:?}",
        answer.value
    );
    let stored = match stored {
        Some(stored) if failed && !answer.value.is_null() => Some(Stored {
            value: answer.value,
            private: answer.private,
            tainted: stored.tainted,
            identity: answer.identity,
        }),
        stored => stored.filter(|_| failed),
    };
    Done {
        errors: answer.told.errors,
        stored,
        called: true,
    }
}

/// Plans a creation or an update again, and carries it out. `calling` tells when the provider is called for it.
pub async fn write(
    calls: &mut Calls,
    address: &str,
    prior: Option<Stored>,
    planned: Value,
    config: Value,
    calling: &AtomicBool,
) -> Done {
    if let Some(stored) = &prior {
        calls.upgrade(address, &stored.value).await;
    }
    let told = calls.validate(address, &config).await;
    if told.failed() {
        return Done::not_called(told.errors, prior);
    }
    let (before, private) = match &prior {
        Some(stored) => (stored.value.clone(), stored.private.clone()),
        None => (Value::Null, Vec::new()),
    };
    let plan = calls.plan(address, &before, &config, private).await;
    if plan.told.failed() {
        return Done::not_called(plan.told.errors, prior);
    }
    // The second plan may know more than the first, and must not contradict it.
    assert_consistent(address, &planned, &plan.value);
    if plan.value == before {
        return Done::not_called(Vec::new(), prior);
    }
    calling.store(true, Ordering::SeqCst);
    let answer = calls.apply(address, &before, &plan.value, &config, plan.private).await;
    let failed = answer.told.failed();
    let creating = before.is_null();
    assert!(failed || !answer.value.is_null(), "{address} is gone without an error");
    let stored = if answer.value.is_null() {
        prior
    } else {
        Some(Stored {
            value: answer.value,
            private: answer.private,
            tainted: failed && creating,
            identity: answer.identity,
        })
    };
    Done {
        errors: answer.told.errors,
        stored,
        called: true,
    }
}
