//! Merchant descriptors as vectors: letter triples, hashed to signed buckets.
//!
//! `fraud_features/descriptor.py` is the definition; this computes the same, bit for bit, and
//! `fraud_features/hotpath.py` calls it. Only whole numbers, one root and one division are used:
//! IEEE 754 leaves no choice in any of them.

mod ffi;

/// Length of a vector.
pub const BUCKETS: usize = 32;

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

// --8<-- [start:vector]
/// Writes the vector of one UTF-8 text into `row`.
pub fn vector(text: &[u8], padded: &mut Vec<u8>, row: &mut [f32; BUCKETS]) {
    normalise(text, padded);
    let mut counts = [0_i64; BUCKETS];
    for triple in padded.windows(3) {
        let (bucket, sign) = bucket(triple);
        counts[bucket] += sign;
    }
    let squares: i64 = counts.iter().map(|count| count * count).sum();
    #[allow(clippy::cast_precision_loss)] // exact: a text has fewer than 2^26 triples
    let length = if squares == 0 { 1.0 } else { (squares as f64).sqrt() };
    for (value, count) in row.iter_mut().zip(counts) {
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        let rounded = (count as f64 / length) as f32;
        *value = rounded;
    }
}
// --8<-- [end:vector]

/// Writes what is hashed, with a space at either end, into `padded`: `Shop *4711-a` becomes
/// ` SHOP # A `.
///
/// ASCII letters in upper case, a run of digits as `#`, a run of anything else in ASCII as one
/// space. Bytes of other characters stay as they are.
fn normalise(text: &[u8], padded: &mut Vec<u8>) {
    padded.clear();
    padded.push(b' ');
    let mut in_digits = false;
    for &byte in text {
        let digit = byte.is_ascii_digit();
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => padded.push(byte.to_ascii_uppercase()),
            _ if digit && !in_digits => padded.push(b'#'),
            _ if !digit && padded.last() != Some(&b' ') => padded.push(b' '),
            _ => {}
        }
        in_digits = digit;
    }
    if padded.last() != Some(&b' ') || padded.len() == 1 {
        padded.push(b' ');
    }
}

/// Returns bucket and sign of three bytes, by FNV-1a with 64 bits, folded to 32.
fn bucket(triple: &[u8]) -> (usize, i64) {
    let hashed = triple
        .iter()
        .fold(FNV_OFFSET, |hashed, &byte| (hashed ^ u64::from(byte)).wrapping_mul(FNV_PRIME));
    let folded = hashed ^ (hashed >> 32);
    #[allow(clippy::cast_possible_truncation)] // less than BUCKETS
    let bucket = (folded % BUCKETS as u64) as usize;
    (bucket, if folded & BUCKETS as u64 == 0 { -1 } else { 1 })
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // bit for bit is what is promised
mod tests {
    use super::*;

    fn normalised(text: &str) -> String {
        let mut padded = Vec::new();
        normalise(text.as_bytes(), &mut padded);
        String::from_utf8(padded).unwrap()
    }

    fn vector_of(text: &str) -> [f32; BUCKETS] {
        let mut row = [f32::NAN; BUCKETS];
        vector(text.as_bytes(), &mut vec![b'?'; 9], &mut row);
        row
    }

    #[test]
    fn normalises() {
        for (text, expected) in [
            ("", "  "),
            ("  ", "  "),
            ("a", " A "),
            ("Shop *4711-a ", " SHOP # A "),
            ("12#34", " # # "),
            ("1a2", " #A# "),
            ("Köln\u{0}x", " KöLN X "),
            ("日本", " 日本 "),
        ] {
            assert_eq!(normalised(text), expected, "{text:?}");
        }
    }

    #[test]
    fn hashes_as_published() {
        // From the authors' own list of test vectors for FNV-1a with 64 bits.
        let hash = |text: &[u8]| {
            text.iter().fold(FNV_OFFSET, |hashed, &byte| {
                (hashed ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
            })
        };
        assert_eq!(hash(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn has_length_one_or_zero() {
        assert_eq!(vector_of(""), [0.0; BUCKETS]);
        for text in ["a", "Shop*4711 Köln", "日本語", &"x".repeat(100_000)] {
            let squares: f32 = vector_of(text).iter().map(|value| value * value).sum();
            assert!((squares - 1.0).abs() < 1e-6, "{text:.20}: {squares}");
        }
    }

    #[test]
    fn forgets_the_text_before() {
        let mut padded = Vec::new();
        let (mut first, mut second) = ([0.0; BUCKETS], [0.0; BUCKETS]);
        vector(b"a long descriptor", &mut padded, &mut first);
        vector(b"b", &mut padded, &mut second);
        assert_eq!(second, vector_of("b"));
    }
}
