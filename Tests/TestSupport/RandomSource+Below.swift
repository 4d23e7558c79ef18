public import Randomness

extension SplitMix64 {
    /// From 0 to `bound` - 1.
    public mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(1, bound), using: &self) }
}
