//! Enumerations as the numbers that columns hold. Stable: what is stored today is read by every
//! later version.

use keepsake_machine::media::{Access, Locality, Media, Role, Size, SizeClass};
use rusqlite::types::{FromSqlError, Type};

/// A stored value that this version cannot read.
#[derive(Debug, thiserror::Error)]
#[error("{what} {value} is not known")]
struct UnknownCode {
    what: &'static str,
    value: i64,
}

pub(crate) fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

fn unknown(what: &'static str, value: i64) -> FromSqlError {
    FromSqlError::Other(Box::new(UnknownCode { what, value }))
}

type Decoded<T> = Result<T, FromSqlError>;

pub(crate) fn media_code(media: Media) -> i64 {
    match media {
        Media::Photo => 0,
        Media::Video => 1,
    }
}

pub(crate) fn media(code: i64) -> Decoded<Media> {
    match code {
        0 => Ok(Media::Photo),
        1 => Ok(Media::Video),
        _ => Err(unknown("media", code)),
    }
}

pub(crate) fn locality_code(locality: Locality) -> i64 {
    match locality {
        Locality::Local => 0,
        Locality::Cloud => 1,
        Locality::Unknown => 2,
    }
}

pub(crate) fn locality(code: i64) -> Decoded<Locality> {
    match code {
        0 => Ok(Locality::Local),
        1 => Ok(Locality::Cloud),
        2 => Ok(Locality::Unknown),
        _ => Err(unknown("locality", code)),
    }
}

pub(crate) fn access_code(access: Access) -> i64 {
    match access {
        Access::Seekable => 0,
        Access::Poured => 1,
    }
}

pub(crate) fn access(code: i64) -> Decoded<Access> {
    match code {
        0 => Ok(Access::Seekable),
        1 => Ok(Access::Poured),
        _ => Err(unknown("access", code)),
    }
}

/// The role's own number, which is stable.
pub(crate) fn role_code(role: Role) -> i64 {
    i64::from(role as u8)
}

pub(crate) fn role(code: i64) -> Decoded<Role> {
    const ROLES: [Role; 12] = [
        Role::Photo,
        Role::Video,
        Role::Audio,
        Role::AlternatePhoto,
        Role::PairedVideo,
        Role::EditedPhoto,
        Role::EditedVideo,
        Role::EditedPairedVideo,
        Role::Adjustment,
        Role::AdjustmentBase,
        Role::Sidecar,
        Role::Other,
    ];
    let found = ROLES.into_iter().find(|role| role_code(*role) == code);
    found.ok_or_else(|| unknown("role", code))
}

/// The columns `size_class` and `size`.
pub(crate) fn size_codes(size: Size) -> (Option<i64>, i64) {
    match size {
        Size::Exact(bytes) => (None, bytes.cast_signed()),
        Size::Hinted { class, measure } => (Some(size_class_code(class)), measure.cast_signed()),
    }
}

pub(crate) fn size(class: Option<i64>, size: i64) -> Decoded<Size> {
    let Some(code) = class else { return Ok(Size::Exact(size.cast_unsigned())) };
    let classes = [
        SizeClass::Heif,
        SizeClass::Jpeg,
        SizeClass::Raw,
        SizeClass::Video,
        SizeClass::LargeVideo,
        SizeClass::Small,
    ];
    let class = classes.into_iter().find(|class| size_class_code(*class) == code);
    let class = class.ok_or_else(|| unknown("size class", code))?;
    Ok(Size::Hinted { class, measure: size.cast_unsigned() })
}

fn size_class_code(class: SizeClass) -> i64 {
    match class {
        SizeClass::Heif => 1,
        SizeClass::Jpeg => 2,
        SizeClass::Raw => 3,
        SizeClass::Video => 4,
        SizeClass::LargeVideo => 5,
        SizeClass::Small => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_is_read_back_and_what_is_not_known_is_refused() {
        for code in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 32, 63] {
            assert_eq!(role_code(role(code).unwrap()), code);
        }
        for code in 0..2 {
            assert_eq!(media_code(media(code).unwrap()), code);
            assert_eq!(access_code(access(code).unwrap()), code);
        }
        for code in 0..3 {
            assert_eq!(locality_code(locality(code).unwrap()), code);
        }
        for code in 1..7 {
            assert_eq!(size_codes(size(Some(code), -1).unwrap()), (Some(code), -1));
        }
        assert_eq!(size_codes(size(None, 7).unwrap()), (None, 7));
        assert!(role(11).is_err() && media(2).is_err() && access(2).is_err());
        assert!(locality(3).is_err() && size(Some(7), 0).is_err());
    }
}
