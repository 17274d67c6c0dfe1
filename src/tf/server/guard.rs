//! Turns a panic in a provider's code into an error message. Without it the host would see a broken call, and forget
//! the private data of the object that the call was about.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::tf::{Diagnostic, faults};

/// Runs a piece of a provider's code; `doing` says what for.
///
/// Whatever the code was working on is not used again after a panic: it was either borrowed for reading or is dropped.
pub(super) fn run<T>(doing: &str, code: impl FnOnce() -> T) -> Result<T, Diagnostic> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| fault(doing, panic.as_ref()))
}

/// Runs an asynchronous piece of a provider's code to its end, even if the host no longer waits for the answer: a write
/// that was begun should not stop half-way.
pub(super) async fn spawn<T: Send + 'static>(
    doing: &str,
    code: impl Future<Output = T> + Send + 'static,
) -> Result<T, Diagnostic> {
    tokio::spawn(code).await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => fault(doing, panic.as_ref()),
        Err(error) => fault(doing, &error.to_string()),
    })
}

fn fault(doing: &str, panic: &(dyn Any + Send)) -> Diagnostic {
    let reason = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no reason given".to_owned());
    faults::panicked(doing, &reason)
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_that_says_what_for_and_why() {
        let name = "glue";
        for fault in [
            run("joining", || panic!("out of {name}")).unwrap_err(),
            run("joining", || panic!("out of glue")).unwrap_err(),
            spawn("joining", async move { panic!("out of {name}") })
                .await
                .unwrap_err(),
        ] {
            assert!(fault.detail.starts_with("While joining, "), "{}", fault.detail);
            assert!(fault.detail.contains(" own: out of glue.\n"), "{}", fault.detail);
        }
        let fault = run("joining", || std::panic::panic_any(7)).unwrap_err();
        assert!(fault.detail.contains("no reason given"), "{}", fault.detail);
    }

    #[tokio::test]
    async fn code_comes_to_its_end_although_nobody_waits_for_it() {
        let (release, released) = oneshot::channel();
        let (finish, finished) = oneshot::channel();
        {
            let code = async move {
                released.await.unwrap();
                finish.send("finished").unwrap();
            };
            let mut waiting = Box::pin(spawn("waiting", code));
            assert!(futures::poll!(waiting.as_mut()).is_pending());
        }
        release.send(()).unwrap();
        assert_eq!(finished.await, Ok("finished"));
    }
}
