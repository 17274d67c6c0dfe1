//! Progress of a command that takes longer than a second: a bar on a terminal, plain lines elsewhere. Both are for standard
//! error; standard output carries nothing but the result.
//!
//! ```text
//! let mut progress = Progress::new(errors);
//! progress.step("Reading lists", Some(40));
//! for list in lists {
//!     read(list);
//!     progress.advance(1);
//! }
//! progress.step("Listing the tenant", None);
//! let counter = progress.counter();
//! let rows = progress.during(list_tenant(counter)).await;
//! progress.finish();
//! ```
//!
//! [`Progress::finish`] comes before anything else is printed, so that a message does not stand within the bar.

use crate::outgoing;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a command works in silence. Most are done by then, and a bar that flickers past helps nobody.
const SILENCE: Duration = Duration::from_secs(1);

/// The shortest time between two lines, whatever happens: steps may be short and many.
const PAUSE: Duration = Duration::from_secs(1);

/// After so long a step that goes on is told again, so that a log shows that the program is alive.
const REPEAT: Duration = Duration::from_secs(10);

/// How often a step that waits for something is looked at.
const BEAT: Duration = Duration::from_millis(100);

/// Shows how far a command is.
pub struct Progress<'a> {
    surface: Surface<'a>,
    clock: Box<dyn Fn() -> Duration + Send + 'a>,
    /// When the command began.
    begun: Duration,
    name: String,
    total: Option<u64>,
    done: Counter,
    /// When the last line was written, and whether the step of that line still goes on.
    told: Option<(Duration, bool)>,
}

/// Counts what is done of a step, from wherever the work goes on.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

/// Where progress is shown.
pub enum Surface<'a> {
    /// A bar, and the terminal that it moves to when it is time to show it.
    Bar(ProgressBar, Option<ProgressDrawTarget>),
    /// Lines of text.
    Lines(&'a mut (dyn Write + Send)),
}

impl Counter {
    /// Adds what was done.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Surface<'_> {
    /// A bar on this terminal.
    pub fn bar(terminal: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self::Bar(bar, Some(terminal))
    }
}

impl<'a> Progress<'a> {
    /// A bar if standard error is a terminal, else lines on `errors`.
    pub fn new(errors: &'a mut (dyn Write + Send)) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        let surface = if std::io::stderr().is_terminal() && !is_dumb {
            Surface::bar(ProgressDrawTarget::stderr())
        } else {
            Surface::Lines(errors)
        };
        let start = Instant::now();
        Self::with(surface, move || start.elapsed())
    }

    /// Shows it there, by a clock that tells how much time has passed since any fixed instant.
    pub fn with(surface: Surface<'a>, clock: impl Fn() -> Duration + Send + 'a) -> Self {
        let begun = clock();
        Self {
            surface,
            clock: Box::new(clock),
            begun,
            name: String::new(),
            total: None,
            done: Counter::default(),
            told: None,
        }
    }

    /// Begins the next step: what is done, such as `Reading lists`, and of how many pieces it consists, if that is known.
    pub fn step(&mut self, name: &str, total: Option<u64>) {
        self.name = outgoing::line(name);
        self.total = total;
        self.done = Counter::default();
        self.told = self.told.map(|(when, _)| (when, false));
        if let Surface::Bar(bar, _) = &self.surface {
            bar.set_style(style(total));
            bar.set_message(self.name.clone());
            match total {
                Some(total) => bar.set_length(total),
                None => bar.unset_length(),
            }
            bar.set_position(0);
        }
        self.show();
    }

    /// So many more pieces of the step are done.
    pub fn advance(&mut self, count: u64) {
        self.done.add(count);
        self.show();
    }

    /// What counts the pieces of this step from within its work.
    pub fn counter(&self) -> Counter {
        self.done.clone()
    }

    /// Does the work of the step, and shows meanwhile how far it is.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut beats = tokio::time::interval(BEAT);
        loop {
            tokio::select! {
                biased;
                result = &mut work => return result,
                _ = beats.tick() => self.show(),
            }
        }
    }

    /// Does work of the step that computes and never waits, on a thread of its own, and shows meanwhile how far it is.
    ///
    /// # Errors
    ///
    /// The work broke off, by a fault of this program.
    pub async fn computing<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        let done = self.during(tokio::task::spawn_blocking(work)).await;
        done.map_err(|error| format!("{} broke off: {error}", self.name))
    }

    /// Takes the bar away.
    pub fn finish(self) {
        if let Surface::Bar(bar, _) = &self.surface {
            bar.finish_and_clear();
        }
    }

    /// Shows how far the step is, if it is time.
    fn show(&mut self) {
        let now = (self.clock)();
        if now.saturating_sub(self.begun) < SILENCE {
            return;
        }
        let done = self.done.get();
        match &mut self.surface {
            Surface::Bar(bar, terminal) => {
                bar.set_position(done);
                if let Some(terminal) = terminal.take() {
                    bar.set_draw_target(terminal);
                }
                bar.tick();
            }
            Surface::Lines(lines) => {
                let is_due = self
                    .told
                    .is_none_or(|(when, same)| now.saturating_sub(when) >= if same { REPEAT } else { PAUSE });
                if is_due {
                    self.told = Some((now, true));
                    // Whoever closes standard error does not want to know.
                    let _ = writeln!(lines, "{}", told(&self.name, done, self.total));
                }
            }
        }
    }
}

impl Drop for Progress<'_> {
    /// A command that ends early leaves no bar behind.
    fn drop(&mut self) {
        if let Surface::Bar(bar, _) = &self.surface {
            bar.finish_and_clear();
        }
    }
}

/// How far a step is, in words.
fn told(name: &str, done: u64, total: Option<u64>) -> String {
    match (done, total) {
        (_, Some(total)) => format!("{name}: {done} of {total}"),
        (0, None) => format!("{name} ..."),
        (_, None) => format!("{name}: {done}"),
    }
}

fn style(total: Option<u64>) -> ProgressStyle {
    let (template, otherwise) = match total {
        Some(_) => ("{msg} [{bar:40}] {pos}/{len}", ProgressStyle::default_bar()),
        None => ("{spinner} {msg} {pos}", ProgressStyle::default_spinner()),
    };
    ProgressStyle::with_template(template).map_or(otherwise, |style| style.progress_chars("=> "))
}

#[cfg(test)]
mod tests;
