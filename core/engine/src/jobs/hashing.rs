//! The checksum of bytes as they pass: SHA-256, and MD5 in the same pass where a vault asks for it.
//!
//! The `sha2` crate uses the processor's SHA instructions where it has them.

use keepsake_machine::media::Digest;
use md5::Md5;
use sha2::{Digest as _, Sha256};
use std::io::{self, Read};

/// A checksum in the making.
pub(crate) struct Hashing {
    sha256: Sha256,
    md5: Option<Md5>,
    size: u64,
}

impl Hashing {
    /// Of nothing yet.
    pub(crate) fn new(md5: bool) -> Hashing {
        Hashing { sha256: Sha256::new(), md5: md5.then(Md5::new), size: 0 }
    }

    /// Of all of `bytes`.
    pub(crate) fn whole(bytes: &[u8], md5: bool) -> Digest {
        let mut hashing = Hashing::new(md5);
        hashing.update(bytes);
        hashing.finish()
    }

    /// These follow.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        self.size += bytes.len() as u64;
    }

    /// Bytes so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// That was all.
    pub(crate) fn finish(self) -> Digest {
        Digest {
            sha256: self.sha256.finalize().into(),
            md5: self.md5.map(|md5| md5.finalize().into()),
            size: self.size,
        }
    }
}

/// Reads to the end and hashes; `None` when `each`, which is told how many bytes were read, wants no
/// more.
pub(crate) fn hash_all(
    from: &mut dyn Read,
    md5: bool,
    buffer: &mut [u8],
    each: &mut dyn FnMut(u64) -> bool,
) -> io::Result<Option<Digest>> {
    let mut hashing = Hashing::new(md5);
    loop {
        match from.read(buffer) {
            Ok(0) => return Ok(Some(hashing.finish())),
            Ok(read) => {
                hashing.update(&buffer[..read]);
                if !each(read as u64) {
                    return Ok(None);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_machine::media::hex;

    #[test]
    fn both_checksums_are_those_of_the_standards() {
        // FIPS 180-2, appendix B.1; RFC 1321, appendix A.5.
        let digest = Hashing::whole(b"abc", true);
        assert_eq!(
            hex::encode(&digest.sha256),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let md5 = digest.md5.map(|md5| hex::encode(&md5));
        assert_eq!(md5.as_deref(), Some("900150983cd24fb0d6963f7d28e17f72"));
        assert_eq!((digest.size, Hashing::whole(b"", false).md5), (3, None));
    }
}
