//! When the plugin ends, and the services by which the host says so.

use std::fmt;
use std::io;
#[cfg(unix)]
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::watch;
use tonic::codegen::BoxStream;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;

use crate::proto::goplugin::grpc_broker_server::{GrpcBroker, GrpcBrokerServer};
use crate::proto::goplugin::grpc_controller_server::{GrpcController, GrpcControllerServer};
use crate::proto::goplugin::grpc_stdio_server::{GrpcStdio, GrpcStdioServer};
use crate::proto::goplugin::{Empty, StdioData};

/// How often the plugin looks whether its host still lives.
#[cfg(unix)]
const LOOK: Duration = Duration::from_secs(1);

/// The name under which go-plugin asks for the health of a plugin.
const HEALTH_NAME: &str = "plugin";

/// Who decides about the life of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A host started it. Ctrl-C reaches the plugin too, as one of the terminal's process group, but it is the host
    /// that decides what is still to be done. A host that was killed can say nothing, so its death ends the plugin.
    Host,
    /// A person started it, and ends it with Ctrl-C.
    Person,
}

/// Why the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// The host called Shutdown.
    Asked,
    /// A signal: SIGTERM, or Ctrl-C from a person who owns the process.
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
pub(super) struct Stop(watch::Sender<bool>);

impl Stop {
    /// Asks everything to end.
    pub(super) fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Waits until somebody has asked.
    pub(super) async fn asked(self) {
        // Cannot fail: `self` holds the sender while this waits.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}

/// Waits for the first reason to end.
pub(super) async fn reason_to_end(owner: Owner, signals: Signals, stop: &Stop) -> Reason {
    tokio::select! {
        () = stop.clone().asked() => Reason::Asked,
        () = signals.ended(owner) => Reason::Signal,
        () = host_is_gone(), if owner == Owner::Host => Reason::HostGone,
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

/// Waits until the process that started this one has died, which shows by another one taking its place as the parent.
#[cfg(unix)]
async fn host_is_gone() {
    other_parent(std::os::unix::process::parent_id).await;
}

/// Windows neither gives orphans a new parent nor tells one that it is an orphan.
#[cfg(not(unix))]
async fn host_is_gone() {
    std::future::pending().await
}

#[cfg(unix)]
async fn other_parent(mut parent: impl FnMut() -> u32) {
    let host = parent();
    let mut looks = tokio::time::interval(LOOK);
    while parent() == host {
        looks.tick().await;
    }
}

/// The signals that this process receives instead of being ended by them.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// Receives signals from now on. SIGHUP is left alone: `nohup` has it ignored, and a handler would undo that.
    pub(super) fn listen() -> io::Result<Self> {
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

    /// Waits for a signal that ends the process.
    async fn ended(mut self, owner: Owner) {
        loop {
            #[cfg(unix)]
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => {}
            }
            #[cfg(windows)]
            let _ = self.interrupt.recv().await;
            match owner {
                Owner::Host => tracing::debug!("Ctrl-C is left to the host"),
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
        let stop = Stop::default();
        let early = tokio::spawn(stop.clone().asked());
        stop.ask();
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
        let mut looks = 0;
        other_parent(|| {
            looks += 1;
            if looks < 5 { 42 } else { 1 }
        })
        .await;
        assert_eq!(looks, 5);
        assert!(started.elapsed() <= 4 * LOOK);
    }
}
