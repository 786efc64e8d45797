//! Chance that is the same each time: a generator for each lead, so that leads do not depend on one another.

#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1ead_9ea9)
    }

    /// SplitMix64.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0, below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// A position below `end`; the first is the most frequent, the last about `end` times as rare.
    pub fn skewed(&mut self, end: usize) -> usize {
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let place = ((end as f64 + 1.0).powf(unit) - 1.0).floor() as usize;
        place.min(end - 1)
    }

    /// One of a few, by weight.
    pub fn weighted<T: Copy>(&mut self, of: &[(usize, T)]) -> T {
        let total: usize = of.iter().map(|(weight, _)| weight).sum();
        let mut rest = self.below(total);
        for (weight, value) in of {
            if rest < *weight {
                return *value;
            }
            rest -= weight;
        }
        of[0].1
    }

    /// A version 7 UUID of a moment, in milliseconds.
    pub fn uuid(&mut self, millis: i64) -> uuid::Uuid {
        let random = (u128::from(self.next()) << 64) | u128::from(self.next());
        let bytes = random.to_be_bytes();
        let mut tail = [0; 10];
        tail.copy_from_slice(&bytes[..10]);
        uuid::Builder::from_unix_timestamp_millis(millis.unsigned_abs(), &tail).into_uuid()
    }
}
