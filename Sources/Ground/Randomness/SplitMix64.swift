/// Random numbers that a seed determines: small, fast, and the same on every machine (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
    /// What the state grows by with each number: 2^64 divided by the golden ratio.
    @inlinable public static var increment: UInt64 { 0x9E37_79B9_7F4A_7C15 }

    private var state: UInt64

    /// The numbers of a seed, which is the first state.
    public init(seed: UInt64) { state = seed }

    /// The numbers of a seed for one purpose. Every use has its own stream, numbered by what it is for and when, so that no
    /// state has to be kept between two uses.
    public init(seed: UInt64, stream: UInt64) {
        state = seed
        state = next() ^ SplitMix64.key(ofStream: stream)
        state = next()
    }

    public mutating func next() -> UInt64 {
        state &+= SplitMix64.increment
        return SplitMix64.mixed(state)
    }

    /// From 0 up to, without, 1, in steps of 2^-53.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// 0 ..< count in random order (Fisher and Yates), the same on every platform.
    public mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, Int(next() % UInt64(i + 1))) }
        return order
    }

    /// What tells the streams of one seed apart.
    @inlinable public static func key(ofStream stream: UInt64) -> UInt64 { stream &* 0xD6E8_FEB8_6659_FD93 }

    /// The number that belongs to a state: every bit of it depends on every bit of the state.
    @inlinable public static func mixed(_ state: UInt64) -> UInt64 {
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
