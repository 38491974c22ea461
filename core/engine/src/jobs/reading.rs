//! Originals as bytes: a file of the library, a pour through a pipe, and the head of either.

use super::blame::{Incomplete, as_io};
use crate::runtime::Runtime;
use crate::source::{Original, Pour, Refusal, Source, Verdict};
use keepsake_catalog::Detail;
use keepsake_machine::media::Size;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the source is asked for.
pub(crate) fn original(detail: &Detail) -> Original {
    Original {
        resource: detail.resource,
        local_id: detail.local_id.clone(),
        role: detail.role,
        access: detail.access,
        version: detail.version,
        size: match detail.size {
            Size::Exact(bytes) => Some(bytes),
            Size::Hinted { .. } => None,
        },
    }
}

/// A poured original, read at the other end of its pipe. Its end is the end only when the host's
/// verdict says so; anything else is an error.
pub(crate) struct Poured {
    pipe: File,
    stop: Arc<AtomicBool>,
    verdict: Arc<Verdict>,
    /// The verdict was heard, and it was good.
    whole: bool,
}

impl Poured {
    /// Has the host pour `original`, on a thread beside this one.
    pub(crate) fn begin(
        source: &Arc<dyn Source>,
        runtime: &dyn Runtime,
        original: Original,
        network: bool,
        stop: Arc<AtomicBool>,
    ) -> io::Result<Poured> {
        let (out, into) = io::pipe()?;
        let (judge, verdict) = Verdict::of_a_pour();
        let into = File::from(OwnedFd::from(into));
        let pour = Pour::new(into, Arc::clone(&stop), Arc::clone(&judge));
        let source = Arc::clone(source);
        runtime.beside(Box::new(move || {
            if let Err(refusal) = source.pour(&original, network, pour) {
                judge.says(Err(refusal));
            }
        }));
        Ok(Poured { pipe: File::from(OwnedFd::from(out)), stop, verdict, whole: false })
    }

    /// Whether there is something to read; looks at the stop flag while there is not.
    fn wait(&self) -> io::Result<()> {
        let slice = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(as_io(Refusal::Stopped));
            }
            let mut asked = [PollFd::new(&self.pipe, PollFlags::IN)];
            match poll(&mut asked, Some(&slice)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Read for Poured {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.whole {
            return Ok(0);
        }
        self.wait()?;
        let read = self.pipe.read(into)?;
        if read == 0 && !into.is_empty() {
            // The host may be slow to say it, and it may never: dropped, it says nothing more.
            return match self.verdict.heard() {
                Some(Ok(())) => {
                    self.whole = true;
                    Ok(0)
                }
                Some(Err(refusal)) => Err(as_io(refusal)),
                None => Err(io::Error::other(Incomplete)),
            };
        }
        Ok(read)
    }
}

/// The head of an original that was just read, and the file behind it, to look for its metadata:
/// what is in the head is not read again.
pub(crate) struct Head<'a> {
    /// The first bytes.
    pub(crate) bytes: &'a [u8],
    /// The rest, where it can be read again.
    pub(crate) file: Option<&'a File>,
    /// Bytes in all.
    pub(crate) size: u64,
    /// Where reading goes on.
    pub(crate) at: u64,
}

impl Read for Head<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(self.at).unwrap_or(usize::MAX);
        let read = match (self.bytes.get(from..), self.file) {
            (Some(mut head), _) if !head.is_empty() => head.read(into)?,
            (_, Some(mut file)) => {
                file.seek(SeekFrom::Start(self.at))?;
                file.read(into)?
            }
            _ => 0,
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Head<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_head_and_the_file_behind_it_read_as_one() {
        let mut file = tempfile::tempfile().unwrap();
        let all: Vec<u8> = (0..100).collect();
        file.write_all(&all).unwrap();
        let mut head = Head { bytes: &all[..10], file: Some(&file), size: 100, at: 0 };
        let mut read = Vec::new();
        head.read_to_end(&mut read).unwrap();
        assert_eq!(read, all);
        head.seek(SeekFrom::End(-95)).unwrap();
        let mut six = [0; 6];
        head.read_exact(&mut six).unwrap();
        assert_eq!(six, [5, 6, 7, 8, 9, 10]);
        assert!(head.seek(SeekFrom::Current(-20)).is_err());
    }
}
