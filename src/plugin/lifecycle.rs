//! When the plugin ends, and the services by which the host says so.

use std::fmt;
use std::io;
#[cfg(unix)]
use std::os::unix::process::parent_id;
use std::sync::{Arc, Mutex, PoisonError};
#[cfg(unix)]
use std::time::Duration;

use futures::StreamExt;
use tempfile::TempDir;
use tokio::sync::watch;
use tonic::codegen::BoxStream;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;

use super::Error;
use crate::proto::goplugin::grpc_broker_server::{GrpcBroker, GrpcBrokerServer};
use crate::proto::goplugin::grpc_controller_server::{GrpcController, GrpcControllerServer};
use crate::proto::goplugin::grpc_stdio_server::{GrpcStdio, GrpcStdioServer};
use crate::proto::goplugin::{Empty, StdioData};

/// How often the plugin looks whether its host still lives. A plugin without a host must not go on for long: the next
/// run may have begun already.
#[cfg(unix)]
const LOOK: Duration = Duration::from_millis(50);

/// The name under which go-plugin asks for the health of a plugin.
const HEALTH_NAME: &str = "plugin";

/// Who decides about the life of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A host started it. Ctrl-C reaches the plugin too, as one of the terminal's process group, and so does the SIGTERM
    /// by which a CI runner ends a job, but it is the host that decides when the plugin ends: a call in flight must not be
    /// lost, and nothing else is begun. A host that was killed can say nothing, so its death ends the plugin.
    Host,
    /// A person started it, and ends it with Ctrl-C or SIGTERM.
    Person,
}

/// Why the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// The host called Shutdown.
    Asked,
    /// A signal from the person who owns the process.
    Signal,
    /// The process has another parent than at its start.
    HostGone,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Asked => "the host asked for it",
            Self::Signal => "a signal asked for it",
            Self::HostGone => "the host is gone",
        })
    }
}

/// The wish to end, shared by all who can express it and all who must heed it.
#[derive(Debug, Clone, Default)]
pub(super) struct Stop {
    asked: watch::Sender<bool>,
    directory: Arc<Mutex<Option<TempDir>>>,
}

impl Stop {
    /// Nobody has asked yet. `directory` holds the socket and goes when somebody does.
    pub(super) fn new(directory: Option<TempDir>) -> Self {
        Self {
            asked: watch::Sender::default(),
            directory: Arc::new(Mutex::new(directory)),
        }
    }

    /// Asks everything to end. When this returns, the directory is gone: after a second Ctrl-C a host kills the plugin
    /// as soon as it has the answer to Shutdown.
    pub(super) fn ask(&self) {
        drop(self.directory.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.asked.send_replace(true);
    }

    /// Waits until somebody has asked.
    pub(super) async fn asked(self) {
        // Cannot fail: `self` holds the sender while this waits.
        let _ = self.asked.subscribe().wait_for(|asked| *asked).await;
    }
}

/// What this process must have taken note of before its host can know of it, so that nothing is missed that happens
/// to the host or comes from it.
pub(super) struct Watch {
    owner: Owner,
    signals: Signals,
    #[cfg(unix)]
    parent: u32,
}

impl Watch {
    /// Notes who the parent is, and receives signals from now on instead of being ended by them.
    pub(super) fn start(owner: Owner) -> Result<Self, Error> {
        let signals = Signals::listen().map_err(|error| Error::new("signals cannot be received", error))?;
        Ok(Self {
            owner,
            signals,
            #[cfg(unix)]
            parent: parent_id(),
        })
    }

    /// Waits for the first reason to end; a signal that is none makes the services stop.
    pub(super) async fn reason_to_end(self, stop: &Stop, stop_services: &(dyn Fn() + Send + Sync)) -> Reason {
        // Windows neither gives orphans a new parent nor tells one that it is an orphan.
        #[cfg(not(unix))]
        let host_is_gone = std::future::pending::<()>();
        #[cfg(unix)]
        let host_is_gone = other_parent(self.parent, parent_id);
        tokio::select! {
            () = stop.clone().asked() => Reason::Asked,
            () = self.signals.ended(self.owner, stop_services) => Reason::Signal,
            () = host_is_gone, if self.owner == Owner::Host => Reason::HostGone,
        }
    }
}

/// Adds the services that go-plugin expects on the same connection.
pub(super) async fn add_services(services: Routes, stop: &Stop) -> Routes {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status(HEALTH_NAME, ServingStatus::Serving).await;
    services
        .add_service(GrpcControllerServer::new(Controller { stop: stop.clone() }))
        .add_service(GrpcStdioServer::new(Stdio { stop: stop.clone() }))
        .add_service(GrpcBrokerServer::new(Broker))
        .add_service(health)
}

/// Ends the plugin when the host asks for it.
struct Controller {
    stop: Stop,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        // The server still answers this call before it ends, since it was accepted before.
        self.stop.ask();
        Ok(Response::new(Empty {}))
    }
}

/// Would carry what the plugin writes to standard output and error. The host reads our standard error itself, and
/// standard output stays silent, so there is nothing to send.
struct Stdio {
    stop: Stop,
}

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        let silence = futures::stream::pending().take_until(Box::pin(self.stop.clone().asked()));
        Ok(Response::new(silence.boxed()))
    }
}

/// Would open further connections between host and plugin; Terraform has no use for it and accepts that it is
/// unimplemented, which is the generated answer.
struct Broker;

impl GrpcBroker for Broker {}

/// Waits until the process `host` has died, which shows by another one taking its place as the parent.
#[cfg(unix)]
async fn other_parent(host: u32, mut parent: impl FnMut() -> u32) {
    let mut looks = tokio::time::interval(LOOK);
    while parent() == host {
        looks.tick().await;
    }
}

/// The signals that this process receives instead of being ended by them.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// Receives signals from now on. SIGHUP is left alone: `nohup` has it ignored, and a handler would undo that.
    fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        }
        #[cfg(windows)]
        {
            Ok(Self {
                interrupt: tokio::signal::windows::ctrl_c()?,
            })
        }
    }

    /// Waits for a signal that ends the process; for a host, which has its own way to say so, there is none.
    async fn ended(mut self, owner: Owner, stop_services: &(dyn Fn() + Send + Sync)) {
        loop {
            #[cfg(unix)]
            let name = tokio::select! {
                _ = self.terminate.recv() => "SIGTERM",
                _ = self.interrupt.recv() => "Ctrl-C",
            };
            #[cfg(windows)]
            let name = {
                let _ = self.interrupt.recv().await;
                "Ctrl-C"
            };
            match owner {
                Owner::Host => {
                    tracing::debug!("{name}: the services stop, and the host says when the plugin ends");
                    stop_services();
                }
                Owner::Person => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_hears_the_wish_to_end_also_later() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        let stop = Stop::new(Some(directory));
        let early = tokio::spawn(stop.clone().asked());
        stop.ask();
        assert!(!path.exists());
        stop.ask();
        early.await.unwrap();
        stop.asked().await;
    }

    #[tokio::test]
    async fn the_silent_stream_ends_with_the_plugin() {
        let stop = Stop::default();
        let stdio = Stdio { stop: stop.clone() };
        let mut stream = stdio.stream_stdio(Request::new(())).await.unwrap().into_inner();
        assert!(futures::poll!(stream.next()).is_pending());
        stop.ask();
        assert!(stream.next().await.is_none());
    }

    #[cfg(unix)]
    #[tokio::test(start_paused = true)]
    async fn another_parent_is_noticed_at_the_next_look() {
        let started = tokio::time::Instant::now();
        let mut parents = [42, 42, 42, 1].into_iter();
        other_parent(42, || parents.next().unwrap()).await;
        assert_eq!(started.elapsed(), 2 * LOOK);
        other_parent(42, || 1).await;
        assert_eq!(started.elapsed(), 2 * LOOK);
    }
}
