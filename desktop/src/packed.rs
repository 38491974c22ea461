//! The names of one folder, in little memory.

use crate::group::Names;

/// Names, packed: one buffer, five bytes a name beside it.
#[derive(Default)]
pub struct Packed {
    bytes: Vec<u8>,
    /// Where each name begins: a byte with its length, then the name.
    at: Vec<u32>,
}

impl Packed {
    /// One more.
    pub fn push(&mut self, name: &[u8]) {
        // No system allows longer names, nor four gigabytes of them in one folder.
        let (Ok(length), Ok(at)) = (u8::try_from(name.len()), u32::try_from(self.bytes.len()))
        else {
            return;
        };
        self.at.push(at);
        self.bytes.push(length);
        self.bytes.extend_from_slice(name);
    }

    /// In the order of names; folders in that of what lies below them: a slash at the end.
    pub fn sort(&mut self, folders: bool) {
        self.bytes.shrink_to_fit();
        let mut at = std::mem::take(&mut self.at);
        at.shrink_to_fit();
        if folders {
            at.sort_unstable_by(|one, other| {
                let path = |at| self.at(at).iter().copied().chain([b'/']);
                path(*one).cmp(path(*other))
            });
        } else {
            at.sort_unstable_by(|one, other| self.at(*one).cmp(self.at(*other)));
        }
        self.at = at;
    }

    fn at(&self, at: u32) -> &[u8] {
        let at = at as usize;
        let length = usize::from(self.bytes[at]);
        &self.bytes[at + 1..at + 1 + length]
    }
}

impl Names for Packed {
    fn len(&self) -> usize {
        self.at.len()
    }

    fn name(&self, index: usize) -> &[u8] {
        self.at(self.at[index])
    }
}
