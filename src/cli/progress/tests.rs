use super::*;
use indicatif::TermLike;
use std::io;
use std::sync::Mutex;

/// A clock that stands still until it is told otherwise.
#[derive(Clone, Default)]
struct Hand(Arc<Mutex<Duration>>);

impl Hand {
    fn pass(&self, millis: u64) {
        *self.0.lock().unwrap() += Duration::from_millis(millis);
    }

    fn clock(&self) -> impl Fn() -> Duration + Send + use<> {
        let hand = self.clone();
        move || *hand.0.lock().unwrap()
    }
}

/// A terminal that notes what is written to it.
#[derive(Debug, Clone, Default)]
struct Screen(Arc<Mutex<String>>);

impl Screen {
    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn target(&self) -> ProgressDrawTarget {
        ProgressDrawTarget::term_like(Box::new(self.clone()))
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        80
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().push_str(text);
        Ok(())
    }
    fn clear_line(&self) -> io::Result<()> {
        self.0.lock().unwrap().push_str("<clear>");
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that this comes to.
fn lines(work: impl FnOnce(&mut Progress, &Hand)) -> String {
    let (hand, mut written) = (Hand::default(), Vec::new());
    hand.pass(5_000);
    let mut progress = Progress::with(Surface::Lines(&mut written), hand.clock());
    work(&mut progress, &hand);
    progress.finish();
    String::from_utf8(written).unwrap()
}

#[test]
fn what_is_done_within_a_second_is_done_in_silence() {
    let told = lines(|progress, hand| {
        progress.step("Reading lists", Some(3));
        for _ in 0..3 {
            hand.pass(300);
            progress.advance(1);
        }
        hand.pass(5_000);
    });
    assert_eq!(told, "");
}

#[test]
fn lines_tell_each_step_once_and_long_ones_again() {
    let told = lines(|progress, hand| {
        progress.step("Reading lists", Some(40));
        for _ in 0..3 {
            hand.pass(500);
            progress.advance(2);
        }
        progress.step("Listing the tenant", None);
        hand.pass(1_000);
        progress.advance(0);
        hand.pass(9_999);
        progress.advance(10_000);
        hand.pass(1);
        progress.advance(1);
    });
    assert_eq!(
        told,
        "Reading lists: 4 of 40\nListing the tenant ...\nListing the tenant: 10001\n"
    );
}

#[test]
fn many_short_steps_are_no_flood() {
    let told = lines(|progress, hand| {
        for step in 0..1_000 {
            progress.step(&format!("Step {step}"), None);
            hand.pass(10);
        }
    });
    assert_eq!(told.lines().count(), 9, "{told}");
}

#[test]
fn names_of_others_are_escaped() {
    let told = lines(|progress, hand| {
        hand.pass(1_000);
        progress.step("Reading a\u{1b}[2J\nb", None);
    });
    assert_eq!(told, "Reading a\\u{1b}[2J\\nb ...\n");
}

#[test]
fn a_bar_comes_after_a_second_and_goes_at_the_end() {
    let (hand, screen) = (Hand::default(), Screen::default());
    let mut progress = Progress::with(Surface::bar(screen.target()), hand.clock());
    progress.step("Reading lists", Some(4));
    hand.pass(999);
    progress.advance(1);
    assert_eq!(screen.take(), "");
    hand.pass(1);
    progress.advance(1);
    let shown = screen.take();
    assert!(shown.contains("Reading lists [===") && shown.contains("2/4"), "{shown}");
    progress.step("Listing the tenant", None);
    progress.advance(7);
    let shown = screen.take();
    assert!(shown.contains("Listing the tenant 7"), "{shown}");
    progress.finish();
    assert!(screen.take().ends_with("<clear>"));
}

#[test]
fn a_command_that_ends_early_leaves_no_bar() {
    let (hand, screen) = (Hand::default(), Screen::default());
    let mut progress = Progress::with(Surface::bar(screen.target()), hand.clock());
    hand.pass(1_000);
    progress.step("Reading lists", Some(4));
    assert!(screen.take().contains("0/4"));
    drop(progress);
    assert!(screen.take().ends_with("<clear>"));
}

#[tokio::test(start_paused = true)]
async fn work_that_waits_is_shown_too() {
    let start = tokio::time::Instant::now();
    let mut written = Vec::new();
    let mut progress = Progress::with(Surface::Lines(&mut written), move || start.elapsed());
    progress.step("Listing the tenant", Some(20_000));
    let counter = progress.counter();
    let rows = async {
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_secs(8)).await;
            counter.add(10_000);
        }
        7
    };
    assert_eq!(progress.during(rows).await, 7);
    progress.finish();
    let told = String::from_utf8(written).unwrap();
    assert_eq!(
        told,
        "Listing the tenant: 0 of 20000\nListing the tenant: 10000 of 20000\n"
    );
}
