/// The merges of a byte-level vocabulary: a pair of symbols → its rank and the symbol that it becomes.
struct MergeTable: MergeRules, Sendable {
    private struct Slot: Sendable {
        /// Left symbol in the upper half, right in the lower; all ones for a free slot.
        var pair: UInt64 = .max
        var rank: Int32 = 0
        var product: Int32 = 0
    }

    private var slots: [Slot]
    private let mask: Int

    init(capacity: Int) {
        var slotCount = 16
        while slotCount * 2 < capacity * 3 { slotCount *= 2 }
        slots = Array(repeating: Slot(), count: slotCount)
        mask = slotCount - 1
    }

    /// Adds a merge; the first of two for the same pair stays. The caller keeps to the capacity.
    mutating func insert(left: Int32, right: Int32, rank: Int32, product: Int32) {
        let pair = MergeTable.pair(left, right)
        var index = MergeTable.hash(pair) & mask
        while slots[index].pair != .max {
            if slots[index].pair == pair { return }
            index = (index + 1) & mask
        }
        slots[index] = Slot(pair: pair, rank: rank, product: product)
    }

    @inline(__always)
    func merge(_ left: Symbol, _ right: Symbol) -> (rank: Int32, product: Int32)? {
        let pair = MergeTable.pair(left.id, right.id)
        return slots.withUnsafeBufferPointer { slots in
            var index = MergeTable.hash(pair) & mask
            while slots[index].pair != pair {
                if slots[index].pair == .max { return nil }
                index = (index &+ 1) & mask
            }
            return (slots[index].rank, slots[index].product)
        }
    }

    @inline(__always)
    private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private static func hash(_ pair: UInt64) -> Int {
        let product = pair.multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }
}
