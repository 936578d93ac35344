//! Names of datasets and of electrode materials: any text that a catalogue gives.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A name that is known to the program, or was read somewhere.
macro_rules! name {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Cow<'static, str>);

        impl $name {
            /// The one of this name.
            pub const fn of(name: &'static str) -> Self {
                Self(Cow::Borrowed(name))
            }

            /// As in files and tables.
            pub fn name(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(Cow::Owned(name))
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, name: &&str) -> bool {
                self.0 == *name
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&self.0)
            }
        }
    };
}

name! {
    /// The name of a dataset, such as `MATR`. What is known of the published ones is in [`crate::datasets`].
    DatasetName
}

name! {
    /// Positive-electrode material, by its usual abbreviation.
    Cathode
}

impl Cathode {
    /// Lithium iron phosphate.
    pub const LFP: Self = Self::of("LFP");
    /// Lithium nickel manganese cobalt oxide.
    pub const NMC: Self = Self::of("NMC");
    /// Lithium cobalt oxide.
    pub const LCO: Self = Self::of("LCO");
    /// Lithium nickel cobalt aluminium oxide.
    pub const NCA: Self = Self::of("NCA");
    /// Blend of NMC and LCO.
    pub const NMC_LCO: Self = Self::of("NMC-LCO");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_text_in_every_file() {
        let read: DatasetName = serde_json::from_str("\"my cells\"").unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"my cells\"");
        assert_eq!((read.name(), format!("{read:9}|")), ("my cells", "my cells |".to_owned()));
        assert!(Cathode::from("NMC-LCO".to_owned()) == Cathode::NMC_LCO && Cathode::LFP != "NMC");
    }
}
