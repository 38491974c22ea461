//! Everything that a vault's records say, one after the other, in constant memory.

use keepsake_catalog::{Note, SegmentKnown};
use keepsake_vault::{Entry, Record, Segment, Vault, VaultError};
use std::collections::HashSet;

/// How often segments are listed again when one is gone meanwhile.
const LISTINGS: usize = 8;

/// What was seen on the way.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// Lines that say something impossible.
    pub(crate) hostile: Vec<String>,
    /// Segments that are not to be trusted, with the reason.
    pub(crate) damaged: Vec<String>,
    /// Segments that cannot be read now, with the reason.
    pub(crate) unreadable: Vec<String>,
}

/// Gives every record to `each`; one that two segments hold, twice. `each` says whether to go on.
pub(crate) fn all(
    vault: &dyn Vault,
    mut each: impl FnMut(Record) -> bool,
) -> Result<Read, VaultError> {
    let mut seen = Read::default();
    let mut done = HashSet::new();
    let mut on = true;
    for _ in 0..LISTINGS {
        let mut gone = false;
        for Segment { name, .. } in vault.segments()? {
            if !on || done.contains(&name) {
                continue;
            }
            let read = vault.read_segment(&name, &mut |entry| {
                if let Entry::Record(record) = entry
                    && on
                {
                    on = each(record);
                }
            })?;
            seen.hostile.extend(read.hostile);
            seen.damaged.extend(read.damaged.map(|why| format!("{}: {why}", name.0)));
            seen.unreadable.extend(read.unreadable.map(|why| format!("{}: {why}", name.0)));
            gone |= read.gone;
            if !read.gone {
                done.insert(name);
            }
        }
        if !gone {
            break;
        }
    }
    Ok(seen)
}

/// That a segment need not be read: its entries are known.
pub(crate) fn read(segment: Segment) -> Note {
    let Segment { name, mark } = segment;
    Note::SegmentRead(SegmentKnown { name: name.0, mark: Some(mark) })
}

/// A hash of names and digests, to know them again without keeping them. Two that share one of 2⁶⁴
/// would be taken for one: among a million that has odds of one to forty million.
pub(crate) fn mark(parts: &[&[u8]]) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    for part in parts {
        hasher.write_usize(part.len());
        hasher.write(part);
    }
    hasher.finish()
}
