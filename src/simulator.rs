//! A faithful double of the indicator API, with its token endpoint, its limits and its faults, over HTTPS on this
//! machine.
//!
//! **Invariant:** written from what is known of the service and of nothing else; it imports nothing of this crate, so
//! that a mistake of the client cannot hide in it.
//!
//! In reading order: [`Options`] (what is an assumption), `columns` (the properties of a row), `authority` (the identity
//! provider), `faults`, `store` (the rows), `service` (what a call does), `control` (the paths for tests), `server` (HTTPS).

mod switches;
mod registration;
mod options;
mod application;
mod time;
mod request;
mod columns;
mod row;
mod answer;
mod aadsts;
mod signing;
mod discovery;
mod pipeline;
mod assertion;
mod token;
mod managed_identity;
mod authority;
mod faults;
mod plan;
mod calls;
mod gate;
mod compress;
mod tls;
mod client_certificate;
mod values;
mod draft;
mod rules;
mod store;
mod portal;
mod limits;
mod context;
mod filter;
mod listing;
mod import;
mod single;
mod batch_delete;
mod exposure;
mod metadata;
mod service;
mod sign_in;
mod control;
mod server;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use calls::Call;
pub use faults::{Fault, FaultKind};
pub use gate::{HeldCall, Hold};
pub use options::{Conflict, Options};
pub use registration::Registration;
pub use sign_in::SignIn;
pub use switches::{
    AbsentAlert, CertificateActions, CertificateInfo, Compression, DeleteAnswer, EarlyRetry, ExpiredRows,
    FeatureFields, FilterProperties, Lengths, MissingTexts, OnUpdate, Order, Paging, Part, Permission, ReadOnlyFields,
    Results, RetiredActions, RetryAfter, ScorePermission, SubSecondExpiry, Toggle, UnknownIds, UnseenRows, Verdict,
};
pub use tls::TlsError;

/// Why the simulator could not be started or told something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The options cannot stand as they are.
    #[error(transparent)]
    Options(#[from] Conflict),
    /// The address is taken or not of this machine.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file or directory cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The rows are not what a tenant can hold.
    #[error("the rows cannot be used: {0}")]
    Rows(String),
    /// A fault cannot be applied.
    #[error("the fault cannot be used: {0}")]
    Fault(String),
    /// A file holds no certificate.
    #[error("{} holds no certificate in PEM", .0.display())]
    Certificate(PathBuf),
    /// There are no certificates.
    #[error("the certificates of the simulator cannot be made")]
    Tls(#[from] TlsError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers for the simulator's credentials")]
    Random,
    /// The ready line cannot be written, or a signal not be waited for.
    #[error("the simulator cannot talk to its surroundings")]
    Surroundings(#[source] io::Error),
}

/// A running simulator. It stops when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    shared: server::Shared,
    url: String,
    ca_pem: String,
    directory: Directory,
    server: JoinHandle<()>,
}

impl Simulator {
    /// Starts serving, and writes `ca.pem` and `environment` into the directory; for each further application also its
    /// own `environment-2` and so on, and for other ways to sign in the files in `sign-in`, with what they need.
    ///
    /// # Errors
    /// If the address cannot be listened on, or is one that other machines reach and the options do not say that they may, the directory not written, or the file with rows not used.
    pub async fn start(options: Options) -> Result<Self, Error> {
        options.check()?;
        let mut applications = application::Applications::new(&options).map_err(|_| Error::Random)?;
        let own = client_certificate::ClientCertificate::of_process()?;
        applications.register(0, own.certificate.clone());
        for (number, registration) in options.registrations().enumerate() {
            for path in &registration.certificates {
                let found = client_certificate::read(path)?;
                found
                    .into_iter()
                    .for_each(|certificate| applications.register(number, certificate));
            }
        }
        let tokens = token::Tokens::new(options.token_life_seconds).map_err(|_| Error::Random)?;
        let pipelines = pipeline::Pipelines::new().map_err(|_| Error::Random)?;
        let authority = tls::authority(options.listen.ip(), &options.host_names)?;
        let directory = Directory::new(options.directory.as_deref())?;
        let managed_identity = managed_identity::ManagedIdentity::new(directory.path());
        let managed_identity = managed_identity.map_err(|_| Error::Random)?;
        let rows = options.rows.as_deref().map(read_rows).transpose()?;

        let refused = |source| Error::Listen {
            address: options.listen,
            source,
        };
        let listener = TcpListener::bind(options.listen).await.map_err(refused)?;
        let mut address = listener.local_addr().map_err(refused)?;
        if address.ip().is_unspecified() {
            // Nobody can call "any address"; the certificate has the name of the loopback one.
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        let state = control::State {
            service: service::Service::new(options, applications, tokens, pipelines, managed_identity),
            faults: plan::Faults::default(),
            log: calls::Log::default(),
            gate: gate::Gate::default(),
        };
        let shared = server::Shared::new(state);
        let server = tokio::spawn(server::serve(listener, authority.server, shared.clone()));
        let simulator = Self {
            shared,
            url: format!("https://{address}"),
            ca_pem: authority.ca_pem,
            directory,
            server,
        };
        if let Some(rows) = rows {
            simulator.put_rows(rows)?;
        }
        simulator.write_files()?;
        Ok(simulator)
    }

    /// Where it serves, without a slash at the end.
    #[must_use]
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The directory with `ca.pem` and `environment`. A temporary one is removed with the simulator.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What points the provider at the simulator, with the credentials of the first application.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        self.environments().into_iter().next().unwrap_or_default()
    }

    /// What points the provider at the simulator, with the credentials of each application in turn.
    #[must_use]
    pub fn environments(&self) -> Vec<Vec<(String, String)>> {
        let state = self.shared.lock();
        let applications = &state.service.applications;
        applications
            .iter()
            .map(|application| self.environment_of(application, &applications.tenant_id))
            .collect()
    }

    /// What points the provider at the simulator, for the first application to sign in in this way.
    #[must_use]
    pub fn environment_for(&self, sign_in: SignIn) -> Vec<(String, String)> {
        let own = sign_in.variables(&self.shared.lock().service, &self.url, self.directory());
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
        self.hosts().into_iter().chain(own).collect()
    }

    /// Token of the pod that the first application trusts, but for another subject or audience, or with another life in
    /// seconds. `None` if the system gives no random numbers.
    #[must_use]
    pub fn pod_token(&self, subject: Option<&str>, audience: Option<&str>, seconds: i64) -> Option<String> {
        let state = self.shared.lock();
        let (pod, now) = (pipeline::Workload::Pod, state.service.clock.now());
        let (subject, audience) = (subject.unwrap_or(pod.subject()), audience.unwrap_or(pipeline::AUDIENCE));
        state.service.pipelines.token(pod, subject, audience, now, seconds).ok()
    }

    /// The variables that every way to sign in has.
    fn hosts(&self) -> Vec<(String, String)> {
        let ca_path = self.directory().join("ca.pem").display().to_string();
        vec![
            ("MDE_BASE_URL".to_owned(), self.url.clone()),
            ("MDE_AUTHORITY_HOST".to_owned(), self.url.clone()),
            ("MDE_CA_CERTIFICATE_PATH".to_owned(), ca_path),
        ]
    }

    fn environment_of(&self, application: &application::Application, tenant_id: &str) -> Vec<(String, String)> {
        let own = [
            ("ARM_TENANT_ID", tenant_id),
            ("ARM_CLIENT_ID", &application.client_id),
            ("ARM_CLIENT_SECRET", application.client_secret.expose_secret()),
        ];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.hosts().into_iter().chain(own).collect()
    }

    /// Every call so far, the ones to the token endpoint included, in the order they arrived.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().log.calls().to_vec()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.shared.lock().log.clear();
    }

    /// The tokens that were given out within the last hour, so that a test can look for them where they must not be.
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        self.shared.lock().service.tokens.iter().map(str::to_owned).collect()
    }

    /// The rows of the tenant, oldest id first.
    #[must_use]
    pub fn rows(&self) -> Vec<Value> {
        let mut state = self.shared.lock();
        let control::State { service, .. } = &mut *state;
        service.store.tidy(service.clock.now(), &service.options);
        service
            .store
            .iter(Order::Ascending)
            .filter_map(|row| row.json().parse().ok())
            .collect()
    }

    /// Replaces the rows of the tenant. What a row leaves out is filled in as for one made in the portal.
    ///
    /// # Errors
    /// If a row is not one that a tenant can hold; then nothing is changed.
    pub fn put_rows(&self, rows: Vec<Value>) -> Result<(), Error> {
        self.shared.lock().put_rows(&rows).map_err(Error::Rows)
    }

    /// Adds faults behind those that are still to come.
    ///
    /// # Errors
    /// If a row that the portal would write is not one that a tenant can hold; then no fault is added.
    pub fn add_faults(&self, faults: Vec<Fault>) -> Result<(), Error> {
        self.shared.lock().add_faults(faults).map_err(Error::Fault)
    }

    /// Forgets the faults that are still to come, and lets calls go that one of them holds.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Makes every call to the indicators wait until the handle lets it go; sign-in goes on. For tests that decide in which
    /// order the service carries calls out, or kill a client between two of them.
    #[must_use]
    pub fn hold(&self) -> Hold {
        self.shared.lock().gate.hold()
    }

    /// Makes the tenant a new one: these rows, and ids of further rows from `first_id` on; no calls, no faults and no tokens,
    /// so that a late call of an earlier client does nothing. The same run then gives the same ids.
    ///
    /// # Errors
    /// If a row is not one that a tenant can hold; then nothing is changed.
    pub fn begin_anew(&self, rows: &[Value], first_id: u64) -> Result<(), Error> {
        self.shared.lock().begin_anew(rows, first_id).map_err(Error::Rows)
    }

    /// How much time has passed since the start, by the clock that the log of calls is written by.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.shared.lock().service.clock.elapsed()
    }

    /// Puts the clock of the simulator forward.
    pub fn advance(&self, by: Duration) {
        self.shared.lock().service.clock.advance(by);
    }

    /// Stops serving and waits until the port is closed.
    pub async fn stop(mut self) {
        self.server.abort();
        // An aborted task ends with an error that says so.
        let _ = (&mut self.server).await;
    }

    fn write_files(&self) -> Result<(), Error> {
        let write = |name: &str, content: &str| {
            let path = self.directory().join(name);
            std::fs::write(&path, content).map_err(|source| Error::File { path, source })
        };
        write("ca.pem", &self.ca_pem)?;
        write(
            sign_in::CERTIFICATE_FILE,
            &client_certificate::ClientCertificate::of_process()?.pem,
        )?;
        let token = {
            let service = &self.shared.lock().service;
            let pod = pipeline::Workload::Pod;
            service
                .pipelines
                .usual_token(pod, pipeline::AUDIENCE, service.clock.now())
        };
        write(sign_in::TOKEN_FILE, &token.map_err(|_| Error::Random)?)?;
        {
            let identity = &self.shared.lock().service.managed_identity;
            identity.write_key().map_err(|source| Error::File {
                path: identity.key_path().to_owned(),
                source,
            })?;
        }
        for (number, variables) in self.environments().iter().enumerate() {
            match number {
                0 => write("environment", &lines(variables))?,
                _ => write(&format!("environment-{}", number + 1), &lines(variables))?,
            }
        }
        let path = self.directory().join("sign-in");
        std::fs::create_dir_all(&path).map_err(|source| Error::File { path, source })?;
        for way in SignIn::ALL {
            write(&format!("sign-in/{}", way.name()), &lines(&self.environment_for(way)))?;
        }
        Ok(())
    }
}

/// The variables as a shell reads them.
fn lines(variables: &[(String, String)]) -> String {
    let lines = variables
        .iter()
        .map(|(name, value)| format!("{name}={}\n", quoted(value)));
    lines.collect()
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Serves until the program is told to stop, by SIGTERM or Ctrl-C. Writes `ready URL` once it accepts calls, and for a
/// temporary directory a second line that names it.
///
/// # Errors
/// As [`Simulator::start`], or if the lines cannot be written.
pub(crate) async fn run<W: Write + ?Sized>(options: Options, output: &mut W) -> Result<(), Error> {
    // Before the ready line, so that whoever reads it can already stop the program.
    let stopped = stop_signal().map_err(Error::Surroundings)?;
    let names_directory = options.directory.is_none();
    let simulator = Simulator::start(options).await?;
    let mut lines = format!("ready {}\n", simulator.url());
    if names_directory {
        lines.push_str(&format!("directory {}\n", simulator.directory().display()));
    }
    output
        .write_all(lines.as_bytes())
        .and_then(|()| output.flush())
        .map_err(Error::Surroundings)?;
    stopped.await;
    simulator.stop().await;
    Ok(())
}

#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler there is nothing to wait for but the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

#[derive(Debug)]
enum Directory {
    Given(PathBuf),
    Temporary(TempDir),
}

impl Directory {
    fn new(given: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = given else {
            let made = tempfile::Builder::new().prefix("mde-simulator-").tempdir();
            return made.map(Self::Temporary).map_err(|source| Error::File {
                path: std::env::temp_dir(),
                source,
            });
        };
        // The provider may run in another directory, so that only an absolute path finds the certificate.
        let made = std::fs::create_dir_all(path).and_then(|()| std::path::absolute(path));
        made.map(Self::Given).map_err(|source| Error::File {
            path: path.to_owned(),
            source,
        })
    }

    fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(directory) => directory.path(),
        }
    }
}

fn read_rows(path: &Path) -> Result<Vec<Value>, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::File {
        path: path.to_owned(),
        source,
    })?;
    match text.parse() {
        Ok(Value::Array(rows)) => Ok(rows),
        Ok(_) => Err(Error::Rows(format!("{} is not a JSON array", path.display()))),
        Err(error) => Err(Error::Rows(format!("{} is not JSON: {error}", path.display()))),
    }
}

/// The value as a shell reads it back.
fn quoted(value: &str) -> String {
    let plain = value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_./:[]".contains(&byte));
    if plain {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}
