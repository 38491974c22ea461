//! Who writes and where: identities of 128 random bits, spelled in hexadecimal.

use keepsake_machine::media::hex;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// Reads the 32 digits that `Display` writes.
            pub fn parse(text: &str) -> Option<Self> {
                hex::decode(text).map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&hex::encode(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&hex::encode(&self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                Self::parse(&text).ok_or_else(|| D::Error::custom("not 32 hexadecimal digits"))
            }
        }
    };
}

identity! {
    /// One vault, whatever folder or bucket it lies in. Written into it when it is made.
    VaultIdentity
}

identity! {
    /// One catalog that writes to vaults: chosen once per catalog, kept there.
    DeviceId
}
