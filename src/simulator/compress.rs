//! Compression of answers.
//!
//! **Invariant:** an answer is compressed only in a form that the client said it takes.

use std::io::{self, Write};

use flate2::Compression as Level;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::switches::Compression;

// Smaller bodies fit into one packet anyway.
const SMALLEST: usize = 1024;

/// The name of the form and the compressed body, or nothing if the body is to be sent as it is.
pub fn compress(body: &[u8], accepted: &str, compression: Compression) -> Option<(&'static str, Vec<u8>)> {
    if body.len() < SMALLEST {
        return None;
    }
    let compressed = match compression {
        Compression::Off => return None,
        Compression::Deflate if accepts(accepted, "deflate") => ("deflate", zlib(body)),
        Compression::RawDeflate if accepts(accepted, "deflate") => ("deflate", raw(body)),
        _ if accepts(accepted, "gzip") => ("gzip", gzip(body)),
        _ => return None,
    };
    Some((compressed.0, compressed.1.ok()?))
}

fn accepts(accepted: &str, form: &str) -> bool {
    accepted.split(',').any(|entry| {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0);
        name.trim().eq_ignore_ascii_case(form) && !refused
    })
}

fn zlib(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

fn raw(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

    use super::*;

    #[test]
    fn the_form_is_one_that_the_client_takes() {
        let body = "indicator ".repeat(1000).into_bytes();
        let cases = [
            ("gzip, deflate", Compression::Deflate, Some("deflate")),
            ("gzip, deflate", Compression::RawDeflate, Some("deflate")),
            ("gzip, deflate", Compression::Off, None),
            ("GZIP;q=0.5", Compression::Deflate, Some("gzip")),
            ("gzip, deflate;q=0", Compression::Deflate, Some("gzip")),
            ("br", Compression::Deflate, None),
            ("", Compression::RawDeflate, None),
        ];
        for (accepted, compression, expected) in cases {
            let found = compress(&body, accepted, compression);
            assert_eq!(
                found.as_ref().map(|(name, _)| *name),
                expected,
                "{accepted} {compression:?}"
            );
            let Some((name, bytes)) = found else { continue };
            let mut read = Vec::new();
            match (name, compression) {
                ("gzip", _) => GzDecoder::new(&bytes[..]).read_to_end(&mut read).unwrap(),
                (_, Compression::RawDeflate) => DeflateDecoder::new(&bytes[..]).read_to_end(&mut read).unwrap(),
                _ => ZlibDecoder::new(&bytes[..]).read_to_end(&mut read).unwrap(),
            };
            assert_eq!(read, body);
        }
        assert_eq!(compress(&body[..SMALLEST - 1], "gzip", Compression::Deflate), None);
    }
}
