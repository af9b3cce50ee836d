//! Prints how many descriptors per second are hashed, without any caller in between.

use fraud_hotpath::{vector, BUCKETS};
use std::hint::black_box;
use std::time::Instant;

const ROWS: usize = 200_000;

fn main() {
    let texts: Vec<String> =
        (0..1_000).map(|number| format!("SHOP*{number:05} Köln Café {}", number % 17)).collect();
    let (mut padded, mut row) = (Vec::new(), [0.0; BUCKETS]);
    let start = Instant::now();
    for text in texts.iter().cycle().take(ROWS) {
        vector(black_box(text.as_bytes()), &mut padded, &mut row);
        black_box(&row);
    }
    #[allow(clippy::cast_precision_loss)]
    let rate = ROWS as f64 / start.elapsed().as_secs_f64();
    println!("{rate:.0} descriptors/s");
}
