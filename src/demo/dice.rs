//! [`Dice`]: the same throws at every start.

#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`, which must not be 0.
    pub(super) fn below(&mut self, sides: u64) -> u64 {
        self.throw() % sides
    }

    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// `words` must not be empty.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, words: &[&'a T]) -> &'a T {
        words[self.below(words.len() as u64) as usize]
    }

    /// As much of the text of a click id as a real one has.
    pub(super) fn token(&mut self) -> String {
        format!("{:016x}{:016x}", self.throw(), self.throw())
    }

    /// `SplitMix64`: one multiplication chain a throw, and no state to get wrong.
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
