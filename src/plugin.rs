//! The plugin transport: how Terraform starts this program, finds it, trusts it and ends it.
//!
//! **Invariant:** knows go-plugin and no Terraform word: any gRPC service can be served. Standard output carries one
//! announcement and nothing else, ever. It imports `proto::goplugin` and `outgoing` only.

mod handshake;
mod mtls;
mod listener;
#[cfg(unix)]
mod sweep;
mod lifecycle;
mod log;

use std::io::{self, Write};
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tonic::service::Routes;
use tonic::transport::Server;

use crate::outgoing;
use handshake::{Environment, Handshake};
use lifecycle::{Owner, Stop, Watch};
use listener::Listener;

/// How many calls one connection may carry at once. hyper stops at 200, which would keep `terraform -parallelism=500`
/// from ever showing this program 500 operations to merge into one request.
const CONCURRENT_STREAMS: u32 = 4096;

/// How long calls in flight may hold up the end of the process. The host kills a plugin two seconds after it asked it
/// to end, and the answers of calls that it has given up are of no use to anybody.
const GRACE: Duration = Duration::from_millis(20);

/// What is served.
pub struct Services {
    /// The calls.
    pub routes: Routes,
    /// Tells the services that the user wants to stop: what waits ends, what is under way ends by itself.
    pub stop: Box<dyn Fn() + Send + Sync>,
}

/// Whether Terraform or OpenTofu started this process, which they show by a fixed environment variable.
#[must_use]
pub fn is_hosted() -> bool {
    handshake::is_hosted(&Environment::of_this_process())
}

/// Serves `services` to the host that started this process, and returns when the process is to end: the host asked
/// for it, or died. Ctrl-C and SIGTERM, which the host gets too, only make the services stop: the host does not always tell
/// its plugins, as in the plan of an apply.
///
/// Returns while calls may still hang; the caller must return from `main` at once.
///
/// # Errors
/// If the process cannot be announced to the host. The reason has then been written in place of the announcement,
/// where the host shows it.
pub fn serve(services: impl FnOnce() -> Services) -> Result<(), Error> {
    log::start();
    let outcome = on_runtime(async {
        let handshake = Handshake::read(&Environment::of_this_process())?;
        let watch = Watch::start(Owner::Host)?;
        let identity = handshake
            .client_certificate
            .as_deref()
            .map(mtls::Identity::trusting)
            .transpose()?;
        let listener = Listener::bind(&handshake.transport).await?;
        let certificate = identity.as_ref().map(mtls::Identity::certificate);
        if certificate.is_none() {
            tracing::warn!(
                "The host shows no certificate (PLUGIN_CLIENT_CERT), so nothing between host and plugin is encrypted. {}",
                listener.keeps_out()
            );
        }
        announce(&mut io::stdout(), &handshake.line(&listener.address, certificate))?;
        run(watch, listener, identity.map(mtls::Identity::into_acceptor), services()).await
    });
    if let Err(error) = &outcome {
        // An announcement that the host cannot read makes it show the line to the user. After a good announcement it
        // drops the line. Nothing more can be done if even this fails.
        let _ = announce(
            &mut io::stdout(),
            &format!("terraform-provider-mde cannot start: {}", error.on_one_line()),
        );
    }
    outcome
}

/// Serves `services` without a host, so that a debugger or a test can hold the process while Terraform runs again and
/// again: writes the `TF_REATTACH_PROVIDERS` setting that makes Terraform use this process for the provider
/// `source_address`, and returns after Ctrl-C or SIGTERM. Nothing is encrypted, as Terraform connects to such a process
/// without TLS: the private directory of the unix socket keeps other users out, and on TCP nothing does.
///
/// # Errors
/// If no socket can be had, or `out` cannot be written.
pub fn serve_for_debugging(
    source_address: &str,
    services: impl FnOnce() -> Services,
    out: &mut dyn Write,
) -> Result<(), Error> {
    log::start();
    on_runtime(async {
        let handshake = Handshake::read(&Environment::of_this_process())?;
        let watch = Watch::start(Owner::Person)?;
        let listener = Listener::bind(&handshake.transport).await?;
        let reattach = handshake::reattach(source_address, std::process::id(), &listener.address);
        announce(
            out,
            &format!("# Serving until Ctrl-C. Terraform uses this process where this is set:\n{reattach}"),
        )?;
        run(watch, listener, None, services()).await
    })
}

/// Runs `work` to its end and leaves everything else that the runtime still does behind, hanging calls included.
fn on_runtime(work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new("the asynchronous runtime cannot start", error))?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    outcome
}

/// Writes the one announcement. The only place of the plugin that writes to standard output.
fn announce(out: &mut dyn Write, line: &str) -> Result<(), Error> {
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| {
        Error::new(
            "standard output, where the host waits for the announcement, is closed",
            error,
        )
    })
}

/// Serves until there is a reason to end.
async fn run(watch: Watch, listener: Listener, tls: Option<TlsAcceptor>, services: Services) -> Result<(), Error> {
    let Listener {
        socket,
        address: _,
        directory,
    } = listener;
    #[cfg(unix)]
    if let Some(own) = directory.as_ref().map(|directory| directory.path().to_owned()) {
        // Beside the start, which it must not hold up.
        tokio::task::spawn_blocking(move || match sweep::sweep(&own) {
            Ok(0) => {}
            Ok(removed) => tracing::debug!(removed, "Sockets of plugins that were killed are removed"),
            Err(error) => tracing::debug!(%error, "Sockets of plugins that were killed could not be looked for"),
        });
    }
    let stop = Stop::new(directory);
    let Services {
        routes,
        stop: stop_services,
    } = services;
    let routes = lifecycle::add_services(routes, &stop).await;
    let server = Server::builder()
        .max_concurrent_streams(CONCURRENT_STREAMS)
        .add_routes(routes)
        .serve_with_incoming_shutdown(listener::connections(socket, tls), stop.clone().asked());
    let limit = async {
        let reason = watch.reason_to_end(&stop, &stop_services).await;
        tracing::debug!(%reason, "The plugin ends");
        stop.ask();
        tokio::time::sleep(GRACE).await;
        tracing::debug!("The plugin leaves calls in flight behind");
    };
    let outcome = tokio::select! {
        outcome = server => outcome.map_err(|error| Error::new("the server failed", error)),
        () = limit => Ok(()),
    };
    // Nobody asked if the server failed.
    stop.ask();
    outcome
}

/// Longest error in characters: the host shows it in one line.
const LONGEST_ERROR: usize = 1000;

/// Why the plugin cannot be served: what happened, to which value, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Error {
    what: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A failure that a lower layer reported.
    fn new(what: impl Into<String>, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            what: what.into(),
            source: Some(source.into()),
        }
    }

    /// A failure found here.
    fn found(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            source: None,
        }
    }

    /// The failure and all its causes in one line.
    #[must_use]
    pub fn on_one_line(&self) -> String {
        let causes = std::iter::successors(std::error::Error::source(self), |cause| cause.source());
        let whole = causes.fold(self.what.clone(), |text, cause| format!("{text}: {cause}"));
        outgoing::line(&outgoing::words(&whole, LONGEST_ERROR))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_causes_on_one_line() {
        let error = Error::new("no socket", io::Error::other("first\nsecond\u{1b}[2J"));
        assert_eq!(error.on_one_line(), "no socket: first second\\u{1b}[2J");
        assert_eq!(Error::found("no socket").on_one_line(), "no socket");
    }
}
