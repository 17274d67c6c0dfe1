//! The socket that the host connects to, and the connections that come out of it.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::Error;
#[cfg(unix)]
use super::handshake::DIRECTORY;
use super::handshake::{Address, Transport};

/// How long a peer may take for the TLS handshake. A host needs milliseconds; this only sheds peers that stall.
const TLS_TIME_LIMIT: Duration = Duration::from_secs(10);

/// Rest after a connection could not be accepted, which most often means that the process is out of file descriptors:
/// asking again at once would only burn time.
const REST: Duration = Duration::from_millis(100);

/// How the names of the private directories begin.
#[cfg(unix)]
pub(super) const PREFIX: &str = "mde";

/// The name of the socket in its directory.
#[cfg(unix)]
pub(super) const SOCKET: &str = "s";

/// A socket that already takes connections.
pub(super) struct Listener {
    /// Where the host finds it.
    pub(super) address: Address,
    /// What accepts connections.
    pub(super) socket: Socket,
    /// The private directory of a unix socket, removed on drop.
    pub(super) directory: Option<TempDir>,
}

/// A listening socket.
pub(super) enum Socket {
    /// In a private directory.
    #[cfg(unix)]
    Unix(UnixListener),
    /// On 127.0.0.1.
    Tcp(TcpListener),
}

impl Listener {
    /// Who cannot connect even if nothing is encrypted, in a sentence.
    pub(super) const fn keeps_out(&self) -> &'static str {
        match self.address {
            Address::Unix(_) => "The directory of the socket keeps other users of this machine out.",
            Address::Tcp(_) => "Whoever is on this machine can connect.",
        }
    }

    /// Opens the socket. Connections made from now on wait until they are accepted.
    pub(super) async fn bind(transport: &Transport) -> Result<Self, Error> {
        match transport {
            Transport::Unix { directory } => bind_unix(directory.as_deref()),
            Transport::Tcp { ports } => bind_tcp(ports.clone()).await,
        }
    }
}

#[cfg(unix)]
fn bind_unix(parent: Option<&Path>) -> Result<Listener, Error> {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    // Only the variable that named the directory can name another one.
    let variable = match parent {
        Some(_) => DIRECTORY,
        None => "TMPDIR",
    };
    let parent = parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
    let refused = |error: io::Error| {
        let parent = parent.display();
        Error::new(
            format!("a socket cannot be made in {parent}; {variable} can name another directory"),
            error,
        )
    };
    // Short names, since the path of a socket may have only 103 bytes on macOS and 107 on Linux. The permissions of the
    // directory keep other users out from the start, those of the socket are for the case that it is moved.
    let private = Permissions::from_mode(0o700);
    let directory = tempfile::Builder::new()
        .prefix(PREFIX)
        .permissions(private)
        .tempdir_in(&parent)
        .map_err(refused)?;
    let path = directory.path().join(SOCKET);
    let address = match path.to_str() {
        Some(text) if !text.contains(['|', '\n']) => Address::Unix(text.to_owned()),
        _ => {
            let reason = "its path must be text without `|` and line breaks, which separate the announcement's fields";
            return Err(refused(io::Error::other(reason)));
        }
    };
    let socket = UnixListener::bind(&path).map_err(refused)?;
    set_permissions(&path, Permissions::from_mode(0o600)).map_err(refused)?;
    Ok(Listener {
        address,
        socket: Socket::Unix(socket),
        directory: Some(directory),
    })
}

#[cfg(not(unix))]
fn bind_unix(_parent: Option<&Path>) -> Result<Listener, Error> {
    Err(Error::found(
        "this operating system has no unix sockets; unset MDE_PLUGIN_TRANSPORT",
    ))
}

async fn bind_tcp(ports: RangeInclusive<u16>) -> Result<Listener, Error> {
    let (lowest, highest) = (*ports.start(), *ports.end());
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for port in ports {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        match bound.and_then(|socket| Ok((socket.local_addr()?, socket))) {
            Ok((address, socket)) => {
                return Ok(Listener {
                    address: Address::Tcp(address),
                    socket: Socket::Tcp(socket),
                    directory: None,
                });
            }
            Err(error) => last = error,
        }
    }
    Err(Error::new(
        format!("no port of 127.0.0.1 from {lowest} to {highest} is free"),
        last,
    ))
}

/// The connections of `socket`, each past its TLS handshake if there is `tls`. A peer that fails or stalls is logged
/// and never holds up another. The socket closes when the stream is dropped.
pub(super) fn connections(socket: Socket, tls: Option<TlsAcceptor>) -> ReceiverStream<Result<Connection, Infallible>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(accept(socket, tls, sender));
    ReceiverStream::new(receiver)
}

type Sender = mpsc::Sender<Result<Connection, Infallible>>;

async fn accept(socket: Socket, tls: Option<TlsAcceptor>, sender: Sender) {
    loop {
        let accepted = tokio::select! {
            () = sender.closed() => return,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok(stream) => {
                tokio::spawn(hand_over(stream, tls.clone(), sender.clone()));
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "A connection could not be accepted"
                );
                tokio::time::sleep(REST).await;
            }
        }
    }
}

async fn hand_over(stream: Connection, tls: Option<TlsAcceptor>, sender: Sender) {
    match secured(stream, tls).await {
        // The server may have gone meanwhile; then the connection just closes.
        Ok(connection) => drop(sender.send(Ok(connection)).await),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "A connection was refused: TLS handshake failed"
            );
        }
    }
}

async fn secured(stream: Connection, tls: Option<TlsAcceptor>) -> io::Result<Connection> {
    match tls {
        None => Ok(stream),
        Some(tls) => {
            let stream = tokio::time::timeout(TLS_TIME_LIMIT, tls.accept(stream)).await??;
            Ok(Connection(Box::new(stream)))
        }
    }
}

impl Socket {
    async fn accept(&self) -> io::Result<Connection> {
        match self {
            #[cfg(unix)]
            Self::Unix(socket) => Ok(Connection(Box::new(socket.accept().await?.0))),
            Self::Tcp(socket) => {
                let stream = socket.accept().await?.0;
                // Answers are small and awaited: never hold one back to fill a packet.
                stream.set_nodelay(true)?;
                Ok(Connection(Box::new(stream)))
            }
        }
    }
}

/// A connection of any kind, plain or encrypted.
pub(super) struct Connection(Box<dyn Duplex>);

/// What both sides can write to.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, data)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio_stream::StreamExt;

    use super::super::mtls::{Identity, tests::Client};
    use super::*;

    async fn tcp(ports: RangeInclusive<u16>) -> Result<Listener, Error> {
        Listener::bind(&Transport::Tcp { ports }).await
    }

    async fn connect(address: &Address) -> TcpStream {
        TcpStream::connect(address.to_string()).await.unwrap()
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_unix_socket_is_private_short_and_gone_afterwards() {
        use std::os::unix::fs::PermissionsExt;

        let parent = tempfile::tempdir().unwrap();
        let transport = Transport::Unix {
            directory: Some(parent.path().to_owned()),
        };
        let listener = Listener::bind(&transport).await.unwrap();
        let directory = listener.directory.as_ref().unwrap().path().to_owned();
        let path = listener.address.to_string();
        assert!(directory.starts_with(parent.path()));
        assert!(path.len() - parent.path().to_str().unwrap().len() < 16, "{path}");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&directory), mode(path.as_ref())), (0o700, 0o600));

        // It listens before anything accepts.
        let mut client = tokio::net::UnixStream::connect(&path).await.unwrap();
        client.write_all(b"x").await.unwrap();
        let Listener {
            socket,
            address: _,
            directory: guard,
        } = listener;
        let mut connection = connections(socket, None).next().await.unwrap().unwrap();
        assert_eq!(connection.read_u8().await.unwrap(), b'x');

        drop(guard);
        assert!(!directory.exists());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_directory_without_room_for_a_socket_is_named_with_the_way_out() {
        let parent = tempfile::tempdir().unwrap();
        let long = parent.path().join("x".repeat(120));
        let barred = parent.path().join("a|b");
        let missing = parent.path().join("missing");
        std::fs::create_dir(&long).unwrap();
        std::fs::create_dir(&barred).unwrap();
        for directory in [long, barred, missing] {
            let error = Listener::bind(&Transport::Unix {
                directory: Some(directory.clone()),
            })
            .await
            .err()
            .unwrap();
            let expected = format!(
                "a socket cannot be made in {}; PLUGIN_UNIX_SOCKET_DIR can name another directory: ",
                directory.display()
            );
            assert!(error.on_one_line().starts_with(&expected), "{}", error.on_one_line());
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_passed_over() {
        let Address::Tcp(taken) = tcp(0..=0).await.unwrap().address else {
            unreachable!()
        };
        let _held = TcpListener::bind(taken).await.unwrap();
        let none = tcp(taken.port()..=taken.port()).await.err().unwrap().to_string();
        assert_eq!(
            none,
            format!("no port of 127.0.0.1 from {0} to {0} is free", taken.port())
        );
        let Address::Tcp(next) = tcp(taken.port()..=u16::MAX).await.unwrap().address else {
            unreachable!()
        };
        assert!(next.ip().is_loopback() && next.port() > taken.port());
    }

    #[tokio::test]
    async fn a_peer_that_fails_or_stalls_holds_up_nobody() {
        let Listener { socket, address, .. } = tcp(0..=0).await.unwrap();
        let client = Client::new();
        let server = Identity::trusting(client.pem()).unwrap();
        let connector = client.connector(server.certificate());
        let mut connections = connections(socket, Some(server.into_acceptor()));

        let _stalled = connect(&address).await;
        let mut failed = connect(&address).await;
        failed.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let good = connector.connect("localhost".try_into().unwrap(), connect(&address).await);
        let (good, accepted) = tokio::join!(good, connections.next());
        good.unwrap().write_all(b"x").await.unwrap();
        assert_eq!(accepted.unwrap().unwrap().read_u8().await.unwrap(), b'x');
    }

    #[tokio::test(start_paused = true)]
    async fn a_stalled_peer_is_let_go() {
        let Listener { socket, address, .. } = tcp(0..=0).await.unwrap();
        let server = Identity::trusting(Client::new().pem()).unwrap();
        let _connections = connections(socket, Some(server.into_acceptor()));
        let mut stalled = connect(&address).await;
        assert_eq!(stalled.read(&mut [0]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn the_socket_closes_with_the_stream_of_connections() {
        let Listener { socket, address, .. } = tcp(0..=0).await.unwrap();
        let connections = connections(socket, None);
        drop(connections);
        // The accepting task sees the end as soon as it runs.
        while TcpStream::connect(address.to_string()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}
