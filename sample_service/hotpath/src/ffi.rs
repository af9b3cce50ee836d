//! The functions that other languages call. Every length is checked before anything is read.

use crate::{vector, BUCKETS};
use std::slice;

/// Grows when a function's arguments change; the caller compares it with the one it knows.
const ABI_VERSION: u32 = 1;

const OK: i32 = 0;
const POINTER_MISSING: i32 = 1;
const BAD_OFFSETS: i32 = 2;
const BAD_OUTPUT: i32 = 3;

/// Returns the version of these functions' arguments.
#[no_mangle]
pub extern "C" fn fraud_hotpath_abi_version() -> u32 {
    ABI_VERSION
}

/// Returns the length of a vector.
#[no_mangle]
#[allow(clippy::cast_possible_truncation)]
pub extern "C" fn fraud_hotpath_buckets() -> u32 {
    BUCKETS as u32
}

/// Writes one vector per text, row after row; returns 0, or which argument is wrong.
///
/// `text` holds all texts, one after the other; `offsets` where each begins, then where the last
/// one ends. `rows` has room for one vector per text. Nothing is written unless all three fit.
///
/// # Safety
///
/// Each pointer, if not null, must be that of as many elements as the length after it says; `rows`
/// must not overlap the others.
#[no_mangle]
pub unsafe extern "C" fn fraud_hotpath_vectors(
    text: *const u8,
    text_length: usize,
    offsets: *const u64,
    offsets_length: usize,
    rows: *mut f32,
    rows_length: usize,
) -> i32 {
    if (text.is_null() && text_length > 0)
        || (offsets.is_null() && offsets_length > 0)
        || (rows.is_null() && rows_length > 0)
    {
        return POINTER_MISSING;
    }
    // SAFETY: the caller says so, and a slice of length 0 is not made from a null pointer.
    let (text, offsets, rows) = unsafe {
        (
            if text_length == 0 { &[] } else { slice::from_raw_parts(text, text_length) },
            if offsets_length == 0 { &[] } else { slice::from_raw_parts(offsets, offsets_length) },
            if rows_length == 0 { &mut [] } else { slice::from_raw_parts_mut(rows, rows_length) },
        )
    };
    vectors(text, offsets, rows).err().unwrap_or(OK)
}

fn vectors(text: &[u8], offsets: &[u64], rows: &mut [f32]) -> Result<(), i32> {
    let texts = split(text, offsets).ok_or(BAD_OFFSETS)?;
    if texts.len().checked_mul(BUCKETS) != Some(rows.len()) {
        return Err(BAD_OUTPUT);
    }
    let mut padded = Vec::new();
    for (text, row) in texts.into_iter().zip(rows.chunks_exact_mut(BUCKETS)) {
        if let Ok(row) = row.try_into() {
            vector(text, &mut padded, row);
        }
    }
    Ok(())
}

/// Returns the texts, or nothing if the offsets are not rising from 0 to the text's end.
fn split<'a>(text: &'a [u8], offsets: &[u64]) -> Option<Vec<&'a [u8]>> {
    let end = u64::try_from(text.len()).ok()?;
    if offsets.first() != Some(&0) || offsets.last() != Some(&end) {
        return None;
    }
    offsets
        .windows(2)
        .map(|pair| text.get(usize::try_from(pair[0]).ok()?..usize::try_from(pair[1]).ok()?))
        .collect()
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // bit for bit is what is promised
mod tests {
    use super::*;
    use std::ptr;

    fn call(text: &[u8], offsets: &[u64], rows: &mut [f32]) -> i32 {
        // SAFETY: the lengths are those of the slices.
        unsafe {
            fraud_hotpath_vectors(
                text.as_ptr(),
                text.len(),
                offsets.as_ptr(),
                offsets.len(),
                rows.as_mut_ptr(),
                rows.len(),
            )
        }
    }

    #[test]
    fn writes_a_row_per_text() {
        let mut rows = [f32::NAN; 3 * BUCKETS];
        assert_eq!(call(b"abcd", &[0, 2, 2, 4], &mut rows), OK);
        let mut expected = [0.0; BUCKETS];
        vector(b"cd", &mut Vec::new(), &mut expected);
        assert_eq!(rows[BUCKETS..2 * BUCKETS], [0.0; BUCKETS]);
        assert_eq!(rows[2 * BUCKETS..], expected);
        assert_eq!(call(b"", &[0], &mut []), OK);
    }

    #[test]
    fn refuses_what_does_not_fit_and_writes_nothing() {
        let mut rows = [7.0; BUCKETS];
        for offsets in [
            &[][..],
            &[0],
            &[1, 4],
            &[0, 3],
            &[0, 5],
            &[0, u64::MAX],
            &[0, 3, 2, 4],
            &[0, u64::MAX, 4],
        ] {
            assert_eq!(call(b"abcd", offsets, &mut rows), BAD_OFFSETS, "{offsets:?}");
        }
        assert_eq!(call(b"abcd", &[0, 2, 4], &mut rows), BAD_OUTPUT);
        assert_eq!(call(b"abcd", &[0, 4], &mut rows[1..]), BAD_OUTPUT);
        assert_eq!(rows, [7.0; BUCKETS]);
    }

    #[test]
    fn refuses_null_pointers_of_something() {
        let (offsets, mut rows) = ([0, 1], [0.0; BUCKETS]);
        let (o, r) = (offsets.as_ptr(), rows.as_mut_ptr());
        // SAFETY: the lengths are those of the arrays, the null pointers are refused.
        unsafe {
            assert_eq!(fraud_hotpath_vectors(ptr::null(), 1, o, 2, r, BUCKETS), POINTER_MISSING);
            assert_eq!(
                fraud_hotpath_vectors(b"a".as_ptr(), 1, ptr::null(), 2, r, BUCKETS),
                POINTER_MISSING
            );
            assert_eq!(
                fraud_hotpath_vectors(b"a".as_ptr(), 1, o, 2, ptr::null_mut(), BUCKETS),
                POINTER_MISSING
            );
            let none = [0];
            assert_eq!(
                fraud_hotpath_vectors(ptr::null(), 0, none.as_ptr(), 1, ptr::null_mut(), 0),
                OK
            );
        }
    }
}
