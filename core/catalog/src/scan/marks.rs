//! Which assets a scan saw: one bit each. Ids are given out in order, so a million assets take
//! 125 KB.

use keepsake_machine::media::AssetId;

/// A set of assets.
#[derive(Debug, Default)]
pub(super) struct Marks {
    words: Vec<u64>,
    count: u64,
}

impl Marks {
    /// Marks an asset; marking it again changes nothing.
    pub fn mark(&mut self, asset: AssetId) {
        let Some((word, bit)) = place(asset) else { return };
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            self.count += u64::from(*word & bit == 0);
            *word |= bit;
        }
    }

    /// Whether it is marked.
    pub fn has(&self, asset: AssetId) -> bool {
        place(asset)
            .and_then(|(word, bit)| self.words.get(word).map(|word| word & bit != 0))
            .unwrap_or(false)
    }

    /// How many are marked.
    pub fn count(&self) -> u64 {
        self.count
    }
}

fn place(asset: AssetId) -> Option<(usize, u64)> {
    let id = u64::try_from(asset.0).ok()?;
    Some((usize::try_from(id / 64).ok()?, 1 << (id % 64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_marked_is_counted_once() {
        let mut marks = Marks::default();
        for id in [1, 64, 63, 1, 1_000] {
            marks.mark(AssetId(id));
        }
        assert_eq!(marks.count(), 4);
        assert!(marks.has(AssetId(64)) && !marks.has(AssetId(65)) && !marks.has(AssetId(9_999)));
    }
}
