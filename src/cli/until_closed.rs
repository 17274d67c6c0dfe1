//! Streams whose reader may go away, as `head` does when it has seen enough.

use std::io::{ErrorKind, Result, Write};

/// Writes until nobody reads any more, and drops the rest. A command goes on to its end, so its exit code and its files
/// are the same whoever reads. Any other failure, such as that of a full disk, is one.
pub struct UntilClosed<W> {
    writer: W,
    is_closed: bool,
}

impl<W: Write> UntilClosed<W> {
    /// Writes to this.
    pub fn new(writer: W) -> Self {
        Self {
            writer,
            is_closed: false,
        }
    }

    /// What came of it; `otherwise` if there is nobody to write to.
    fn unless_closed<T>(&mut self, otherwise: T, write: impl FnOnce(&mut W) -> Result<T>) -> Result<T> {
        if self.is_closed {
            return Ok(otherwise);
        }
        match write(&mut self.writer) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(otherwise)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.unless_closed(bytes.len(), |writer| writer.write(bytes))
    }

    fn flush(&mut self) -> Result<()> {
        self.unless_closed((), Write::flush)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Error;

    /// Takes a few bytes and then fails in this way.
    struct Short(usize, ErrorKind);

    impl Write for Short {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 {
                Err(Error::from(self.1))
            } else {
                Ok(taken)
            }
        }

        fn flush(&mut self) -> Result<()> {
            if self.0 == 0 { Err(Error::from(self.1)) } else { Ok(()) }
        }
    }

    #[test]
    fn a_reader_who_leaves_is_no_failure_and_a_full_disk_is_one() {
        for (kind, is_failure) in [(ErrorKind::BrokenPipe, false), (ErrorKind::StorageFull, true)] {
            let mut stream = UntilClosed::new(Short(3, kind));
            let all = stream.write_all(b"longer").and_then(|()| stream.write_all(b"more"));
            assert_eq!(all.is_err(), is_failure, "{kind:?}");
            assert_eq!(stream.flush().is_err(), is_failure, "{kind:?}");
            assert_eq!(stream.writer.0, 0, "what can be read is written");
        }
    }
}
