//! The catalog as the engine shares it: one writer behind a lock, and readers for whoever asks.

use crate::log;
use keepsake_catalog::{Catalog, CatalogError, Reader};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Why the catalog did not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// It was closed: the engine has stopped.
    #[error("the engine has stopped")]
    Closed,
    /// It says so itself.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// The catalog, shared.
pub(crate) struct Store {
    path: PathBuf,
    writer: Mutex<Option<Catalog>>,
    readers: Mutex<Readers>,
    returned: Condvar,
    /// Stands in for a disk that is full.
    #[cfg(test)]
    pub(crate) fails: std::sync::Arc<Mutex<Fails>>,
}

/// The connections that only read.
struct Readers {
    /// Nobody asks with these now; `None` once the catalog is closed.
    idle: Option<Vec<Reader>>,
    /// How many are asked with.
    lent: usize,
}

/// A reader that is asked with, and given back when it is dropped.
struct Lent<'a> {
    store: &'a Store,
    /// `None` where it failed: another is opened the next time.
    reader: Option<Reader>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut readers = lock(&self.store.readers);
        readers.lent -= 1;
        match &mut readers.idle {
            Some(idle) => idle.extend(self.reader.take()),
            // Before whoever closes the catalog goes on.
            None => drop(self.reader.take()),
        }
        self.store.returned.notify_all();
    }
}

/// How a full disk shows, in tests.
#[cfg(test)]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Fails {
    /// Not at all.
    #[default]
    Never,
    /// Whenever it is written.
    Writes,
    /// So many calls from now, once.
    OnceAfter(u64),
    /// So many calls from now, and ever after.
    After(u64),
}

impl Store {
    /// The open catalog that lies at `path`.
    pub(crate) fn new(path: &Path, catalog: Catalog) -> Store {
        Store {
            path: path.to_owned(),
            writer: Mutex::new(Some(catalog)),
            readers: Mutex::new(Readers { idle: Some(Vec::new()), lent: 0 }),
            returned: Condvar::new(),
            #[cfg(test)]
            fails: std::sync::Arc::default(),
        }
    }

    /// Asks a question, beside the writer.
    pub(crate) fn read<T>(
        &self,
        ask: impl FnOnce(&Reader) -> keepsake_catalog::Result<T>,
    ) -> Result<T, StoreError> {
        #[cfg(test)]
        self.may_fail(false)?;
        let mut lent = self.lend()?;
        let reader = match lent.reader.take() {
            Some(reader) => reader,
            None => Reader::open(&self.path)?,
        };
        let answer = ask(&reader).inspect_err(log::catalog_failed);
        // (One that failed, or panicked, is not asked again.)
        if answer.is_ok() {
            lent.reader = Some(reader);
        } else {
            drop(reader);
        }
        Ok(answer?)
    }

    fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let mut readers = lock(&self.readers);
        let reader = readers.idle.as_mut().ok_or(StoreError::Closed)?.pop();
        readers.lent += 1;
        drop(readers);
        Ok(Lent { store: self, reader })
    }

    /// Writes, one at a time; also asks what must see the last write.
    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&mut Catalog) -> keepsake_catalog::Result<T>,
    ) -> Result<T, StoreError> {
        let mut writer = lock(&self.writer);
        let catalog = writer.as_mut().ok_or(StoreError::Closed)?;
        #[cfg(test)]
        self.may_fail(true)?;
        Ok(write(catalog).inspect_err(log::catalog_failed)?)
    }

    #[cfg(test)]
    fn may_fail(&self, writes: bool) -> Result<(), StoreError> {
        let mut fails = lock(&self.fails);
        let (now, next) = match *fails {
            Fails::Never => (false, Fails::Never),
            Fails::Writes => (writes, Fails::Writes),
            Fails::OnceAfter(0) => (true, Fails::Never),
            Fails::OnceAfter(calls) => (false, Fails::OnceAfter(calls - 1)),
            Fails::After(0) => (true, Fails::After(0)),
            Fails::After(calls) => (false, Fails::After(calls - 1)),
        };
        *fails = next;
        if now { Err(CatalogError::Full { file: self.path.clone() }.into()) } else { Ok(()) }
    }

    /// Closes it, and returns when none of its files is open any more: whoever asks or writes just now is
    /// waited for, every later call says so.
    pub(crate) fn close(&self) {
        let mut readers = lock(&self.readers);
        readers.idle = None;
        while readers.lent > 0 {
            readers = self.returned.wait(readers).unwrap_or_else(PoisonError::into_inner);
        }
        drop(readers);
        // The last one: it takes the WAL into the catalog.
        lock(&self.writer).take();
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
