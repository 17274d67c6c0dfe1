//! Calls that are held at the gate.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Tenant, domain};
use crate::simulator::{Fault, FaultKind, Hold, Options};

/// Waits until so many calls are held, and answers their numbers.
async fn held(hold: &Hold, count: usize) -> Vec<u64> {
    while hold.held().len() != count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    hold.held().iter().map(|call| call.number).collect()
}

/// Waits until the calls that were let go are carried out.
async fn carried_out(hold: &Hold) {
    while hold.passing() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn body(value: &str) -> Value {
    json!({ "Indicators": [domain(value)] })
}

#[tokio::test]
async fn the_order_is_the_tests() {
    let tenant = Tenant::start(Options::default()).await;
    let hold = tenant.simulator.hold();
    let (first, second) = (body("a.example"), body("b.example"));
    let path = "/api/indicators/import";
    let calls = async {
        tokio::join!(
            tenant.try_call("POST", path, &first),
            tenant.try_call("POST", path, &second)
        )
    };
    let decide = async {
        let numbers = held(&hold, 2).await;
        assert!(tenant.values().is_empty(), "nothing is done yet");
        let of = |value: &str| {
            let calls = hold.held();
            let call = calls
                .iter()
                .find(|call| call.body["Indicators"][0]["indicatorValue"] == value);
            call.unwrap().number
        };
        let (a, b) = (of("a.example"), of("b.example"));
        assert!(numbers.contains(&a) && numbers.contains(&b));
        assert!(hold.release(b) && !hold.release(b));
        carried_out(&hold).await;
        assert_eq!(tenant.values(), ["b.example"]);
        assert!(hold.release(a));
    };
    let ((first, second), ()) = tokio::join!(calls, decide);
    assert_eq!((first.unwrap().status, second.unwrap().status), (200, 200));
    assert_eq!((tenant.values().len(), hold.arrived()), (2, 2));
}

#[tokio::test]
async fn a_call_is_committed_without_an_answer_or_closed_with_nothing_done() {
    let tenant = Tenant::start(Options::default()).await;
    let hold = tenant.simulator.hold();
    let path = "/api/indicators/import";
    let body_a = body("a.example");
    let call = tenant.try_call("POST", path, &body_a);
    let decide = async {
        let numbers = held(&hold, 1).await;
        assert!(hold.commit(numbers[0]));
        carried_out(&hold).await;
        assert_eq!(tenant.values(), ["a.example"]);
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    tokio::select! {
        _ = call => panic!("the call was answered"),
        () = decide => {}
    }
    let body_b = body("b.example");
    let decide = async {
        let numbers = held(&hold, 1).await;
        assert!(hold.close(numbers[0]));
    };
    let (answer, ()) = tokio::join!(tenant.try_call("POST", path, &body_b), decide);
    assert!(answer.is_err());
    carried_out(&hold).await;
    assert_eq!(tenant.values(), ["a.example"]);
    // The gate opens with the handle.
    drop(hold);
    assert_eq!(tenant.import(&[domain("c.example")]).await.status, 200);
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_the_gate() {
    let tenant = Tenant::start(Options::default()).await;
    let hold = tenant.simulator.hold();
    let body = body("a.example");
    let call = tenant.try_call("POST", "/api/indicators/import", &body);
    let gone = async { drop(held(&hold, 1).await) };
    tokio::select! {
        _ = call => panic!("the call was answered"),
        () = gone => {}
    }
    held(&hold, 0).await;
    assert_eq!(hold.passing(), 0);
    assert!(tenant.values().is_empty());
}

#[tokio::test]
async fn a_new_tenant_counts_from_the_id_that_is_given() {
    let mut tenant = Tenant::start(Options::default()).await;
    tenant
        .simulator
        .add_faults(vec![Fault::new(FaultKind::DropBefore {})])
        .unwrap();
    let row = json!({ "id": "7", "indicatorType": "DomainName", "indicatorValue": "a.example", "action": "Block" });
    for _ in 0..2 {
        tenant.simulator.begin_anew(std::slice::from_ref(&row), 500).unwrap();
        assert_eq!(
            tenant.get("/api/indicators").await.status,
            401,
            "the token is none of the new tenant"
        );
        tenant.renew_token().await;
        assert_eq!(
            tenant.results(&[domain("a.example"), domain("b.example")]).await,
            ["a.example 7", "b.example 500"]
        );
    }
    assert!(tenant.simulator.begin_anew(&[json!({})], 1).is_err());
    assert_eq!(tenant.values().len(), 2, "nothing is changed");
}
