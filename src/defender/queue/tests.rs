//! How many calls it takes, and when they are made.

use crate::defender::testing::{Service, client, client_with, delete, domain, domains, settings};
use crate::defender::{Clock, Settings};
use crate::indicator::{Action, RowId};
use proptest::prelude::*;
use std::time::Duration;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[tokio::test(start_paused = true)]
async fn nothing_takes_no_call() {
    let service = Service::new();
    assert!(client(&service).upsert(Vec::new()).await.is_empty());
    assert!(delete(&client(&service), Vec::new()).await.is_empty());
    assert!(service.log().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_full_batch_goes_at_once_and_the_rest_after_a_quiet_moment() {
    let service = Service::new();
    client(&service).upsert(domains(700)).await;
    assert_eq!(service.log(), ["import 500", "import 200"]);
    let times: Vec<_> = service.calls().iter().map(|call| call.at).collect();
    assert_eq!(times, [ms(0), ms(25)]);
}

#[tokio::test(start_paused = true)]
async fn writes_that_come_close_together_share_a_call() {
    let service = Service::new();
    let client = client(&service);
    let clock = service.clock();
    let write = |after: u64| {
        let (client, clock) = (client.clone(), clock.clone());
        async move {
            clock.sleep(ms(after)).await;
            client
                .upsert(vec![domain(&format!("d{after}.example"))])
                .await
                .remove(0)
                .unwrap()
        }
    };
    futures::future::join_all([0, 20, 110, 200, 310].map(write)).await;
    assert_eq!(service.log(), ["import 4", "import 1"]);
    futures::future::join_all([1000, 1090].map(write)).await;
    assert_eq!(service.log(), ["import 4", "import 1", "import 2"]);
}

#[tokio::test(start_paused = true)]
async fn operations_under_way_are_waited_for_a_little() {
    let service = Service::new();
    let client = client(&service);
    let write = |name: &str| {
        let (client, indicator) = (client.clone(), domain(name));
        async move {
            client.upsert(vec![indicator]).await;
            client.ends();
        }
    };
    client.begins();
    client.begins();
    let first = tokio::spawn(write("a.example"));
    service.clock().sleep(ms(900)).await;
    write("b.example").await;
    first.await.unwrap();
    assert_eq!(service.log(), ["import 2"]);
    assert_eq!(service.calls()[0].at, ms(1000), "nobody is missing");

    client.begins();
    client.begins();
    write("c.example").await;
    assert_eq!(service.calls()[1].at, ms(1000 + 3000), "the other one never asks");
    client.begins();
    write("d.example").await;
    assert_eq!(service.calls()[2].at, ms(4000 + 100), "and is not waited for again");
    client.ends();
    client.begins();
    client.begins();
    write("e.example").await;
    assert_eq!(service.calls()[3].at, ms(4100 + 3000), "unlike others");
}

#[tokio::test(start_paused = true)]
async fn callers_that_come_back_one_after_the_other_share_calls_again() {
    // As a host does that deletes 40 objects, 10 at once: it needs a while to start the next one, and announces none.
    let service = Service::new();
    let client = client(&service);
    let ids = client.upsert(domains(40)).await.into_iter().map(Result::unwrap);
    let ids: Vec<RowId> = ids.collect();
    let start = tokio::sync::Mutex::new(());
    let delete = |ids: &[RowId]| {
        let (client, clock, start, ids) = (client.clone(), service.clock(), &start, ids.to_vec());
        async move {
            for id in ids {
                let turn = start.lock().await;
                clock.sleep(ms(40)).await;
                drop(turn);
                delete(&client, vec![id]).await.remove(0).unwrap();
            }
        }
    };
    futures::future::join_all(ids.chunks(4).map(delete)).await;
    assert_eq!(service.count("/BatchDelete"), 4, "{:?}", service.log());
}

#[tokio::test(start_paused = true)]
async fn operations_without_end_do_not_hold_a_write_back_for_long() {
    let service = Service::new();
    let client = client(&service);
    let beginning = tokio::spawn({
        let (client, clock) = (client.clone(), service.clock());
        async move {
            loop {
                client.begins();
                clock.sleep(ms(100)).await;
            }
        }
    });
    client.begins();
    client.begins();
    client.upsert(vec![domain("a.example")]).await;
    beginning.abort();
    assert_eq!(service.calls()[0].at, ms(10_000));
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_a_call_is_in_flight_goes_with_the_next() {
    let service = Service::new();
    service.set_latency(Duration::from_secs(5));
    let client = client(&service);
    let writes = (0..20).map(|number| {
        let (client, clock) = (client.clone(), service.clock());
        async move {
            clock.sleep(ms(number * 200)).await;
            client.upsert(vec![domain(&format!("d{number}.example"))]).await
        }
    });
    futures::future::join_all(writes).await;
    assert_eq!(service.log(), ["import 1", "import 19"]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_the_limit_is_reached_shares_the_next_call() {
    let service = Service::new();
    let settings = Settings {
        quota_share: 1,
        ..settings()
    };
    let client = client_with(&service, &settings);
    client.upsert(vec![domain("first.example")]).await;
    let writes = (0..20).map(|number| {
        let (client, clock) = (client.clone(), service.clock());
        async move {
            clock.sleep(Duration::from_secs(number * 2)).await;
            client.upsert(vec![domain(&format!("d{number}.example"))]).await
        }
    });
    futures::future::join_all(writes).await;
    assert_eq!(service.log(), ["import 1", "import 20"]);
}

#[tokio::test(start_paused = true)]
async fn one_value_is_never_twice_in_a_call_and_the_last_word_counts() {
    let service = Service::new();
    let mut changed = domain("a.example");
    changed.fields.title = Some("second".to_owned());
    let mut other = domain("a.example");
    other.action = Action::Audit;
    let answers = client(&service).upsert(vec![domain("a.example"), other, changed]).await;
    let ids: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(ids, ["1", "2", "1"]);
    // Results name the value only, so that two rows of it could not be told apart within one call.
    assert_eq!(service.log(), ["import 1", "import 1", "import 1"]);
    assert_eq!(service.tenant().rows[&1]["title"], "second");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_takes_nothing_with_it() {
    let service = Service::new();
    let client = client(&service);
    let leaving = tokio::spawn({
        let client = client.clone();
        async move { client.upsert(domains(3)).await }
    });
    service.clock().sleep(ms(10)).await;
    leaving.abort();
    client.upsert(vec![domain("other.example")]).await.remove(0).unwrap();
    assert_eq!(service.log(), ["import 4"]);
}

fn in_virtual_time<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(test)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn items_handed_in_at_once_take_the_fewest_calls(count in 1_usize..2500, batch_size in 50_usize..=500) {
        in_virtual_time(async {
            let service = Service::new();
            let client = client_with(&service, &Settings { batch_size, ..settings() });
            let answers = client.upsert(domains(count)).await;
            assert_eq!(answers.len(), count);
            assert!(answers.iter().all(Result::is_ok));
            assert_eq!(service.count("/import"), count.div_ceil(batch_size));
        });
    }

    /// Whatever comes when: every item is answered with its own id, and the service never counts more than 30 calls
    /// within a minute.
    #[test]
    fn any_timing_is_answered_in_full_within_the_limit(
        submissions in prop::collection::vec((0_u64..4000, 1_usize..40), 1..60),
        latency in 0_u64..400,
        batch_size in 1_usize..20,
    ) {
        in_virtual_time(async {
            let service = Service::new();
            service.set_latency(ms(latency));
            let client = client_with(&service, &Settings { batch_size, ..settings() });
            let writes = submissions.iter().enumerate().map(|(number, (after, count))| {
                let (client, clock) = (client.clone(), service.clock());
                async move {
                    clock.sleep(ms(*after)).await;
                    let names: Vec<_> = (0..*count).map(|item| format!("s{number}-{item}.example")).collect();
                    let answers = client.upsert(names.iter().map(|name| domain(name)).collect()).await;
                    assert_eq!(answers.len(), names.len());
                    names.into_iter().zip(answers.into_iter().map(Result::unwrap)).collect::<Vec<_>>()
                }
            });
            for (name, id) in futures::future::join_all(writes).await.into_iter().flatten() {
                assert_eq!(service.tenant().rows[&id.as_str().parse().unwrap()]["indicatorValue"], name);
            }
            let arrivals: Vec<_> = service.calls().iter().map(|call| call.at).collect();
            for minute in arrivals.windows(31) {
                assert!(minute[30] - minute[0] > Duration::from_secs(60));
            }
        });
    }
}
