//! How long the parts take that compute and nothing else, at growing numbers of indicators.
//!
//! `cargo bench --bench pure`; the report has the time for one indicator in brackets behind `thrpt`, which stays the
//! same as the numbers grow unless a step is worse than linear.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../data.rs"]
mod data;

mod codec;
mod csv;
mod feeds;
mod listing;
mod rules;
mod set;
mod time;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, SamplingMode, Throughput};
use std::time::Duration;
use time::PerIndicator;

fn main() {
    let mut criterion = Criterion::default()
        .with_measurement(PerIndicator(WallTime))
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    codec::all(&mut criterion);
    csv::all(&mut criterion);
    feeds::all(&mut criterion);
    rules::all(&mut criterion);
    set::all(&mut criterion);
    listing::all(&mut criterion);
    criterion.final_summary();
}

/// Measures `step` at every size, on what `prepare` makes of the rows. What it takes is copied for it before the
/// clock runs, and what it makes is dropped after.
fn at_every_size<I: Clone, O>(
    criterion: &mut Criterion<PerIndicator>,
    name: &str,
    prepare: impl Fn(&[data::Row]) -> I,
    step: impl Fn(I) -> O,
) {
    let mut group: BenchmarkGroup<'_, PerIndicator> = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat);
    for size in data::SIZES {
        let input = prepare(&data::rows(size));
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(size.to_string(), &input, |bencher, input| {
            bencher.iter_batched(|| input.clone(), &step, BatchSize::PerIteration);
        });
    }
    group.finish();
}
