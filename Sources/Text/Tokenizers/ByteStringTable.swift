/// A hash table from byte strings to non-negative integers: open addressing, linear probing.
///
/// Not a dictionary of `String`: Swift's strings are equal when they are canonically equivalent, so "é" composed and
/// "é" decomposed would be one token; and a vocabulary may hold bytes that are not UTF-8.
struct ByteStringTable: Sendable {
    private struct Slot: Sendable {
        var hash: UInt32 = 0
        var offset: UInt32 = 0
        var length: UInt32 = 0
        var value: Int32 = -1
    }

    private var bytes: [UInt8] = []
    private var slots: [Slot]
    private(set) var count = 0
    /// The length of the longest key.
    private(set) var maximumLength = 0

    init(capacity: Int = 0) {
        slots = Array(repeating: Slot(), count: ByteStringTable.slotCount(for: capacity))
    }

    private static func slotCount(for count: Int) -> Int {
        var slotCount = 16
        while slotCount * 2 < count * 3 { slotCount *= 2 }
        return slotCount
    }

    /// Adds a key unless it is there; returns the value that the key has now.
    @discardableResult
    mutating func insert(_ key: UnsafeRawBufferPointer, _ value: Int32) -> Int32 {
        if slots.count * 2 < (count + 1) * 3 { grow() }
        let hash = ByteStringTable.hash(key)
        let mask = slots.count - 1
        var index = Int(hash) & mask
        while slots[index].value >= 0 {
            if slots[index].hash == hash && matches(slots[index], key) { return slots[index].value }
            index = (index + 1) & mask
        }
        slots[index] = Slot(hash: hash, offset: UInt32(bytes.count), length: UInt32(key.count), value: value)
        bytes.append(contentsOf: key)
        count += 1
        maximumLength = max(maximumLength, key.count)
        return value
    }

    @discardableResult
    mutating func insert(_ key: some Collection<UInt8>, _ value: Int32) -> Int32 {
        Array(key).withUnsafeBytes { insert($0, value) }
    }

    /// The value of a key, or -1.
    @inline(__always)
    func value(of key: UnsafeRawBufferPointer) -> Int32 {
        if key.count > maximumLength { return -1 }
        let hash = ByteStringTable.hash(key)
        return slots.withUnsafeBufferPointer { slots in
            let mask = slots.count - 1
            var index = Int(hash) & mask
            while slots[index].value >= 0 {
                if slots[index].hash == hash && matches(slots[index], key) { return slots[index].value }
                index = (index + 1) & mask
            }
            return -1
        }
    }

    func value(of key: some Collection<UInt8>) -> Int32 { Array(key).withUnsafeBytes { value(of: $0) } }

    @inline(__always)
    private func matches(_ slot: Slot, _ key: UnsafeRawBufferPointer) -> Bool {
        if Int(slot.length) != key.count { return false }
        let start = Int(slot.offset)
        return bytes.withUnsafeBytes { bytes in
            for index in 0..<key.count where bytes[start &+ index] != key[index] { return false }
            return true
        }
    }

    private mutating func grow() {
        var larger = Array(repeating: Slot(), count: slots.count * 2)
        let mask = larger.count - 1
        for slot in slots where slot.value >= 0 {
            var index = Int(slot.hash) & mask
            while larger[index].value >= 0 { index = (index + 1) & mask }
            larger[index] = slot
        }
        slots = larger
    }

    /// Eight bytes at a time, folded by multiplication (the constants are wyhash's).
    @inline(__always)
    private static func hash(_ key: UnsafeRawBufferPointer) -> UInt32 {
        var state = UInt64(truncatingIfNeeded: key.count) &* 0xa076_1d64_78bd_642f
        var index = 0
        while index &+ 8 <= key.count {
            state = mix(state ^ key.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index &+= 8
        }
        var tail: UInt64 = 0
        while index < key.count {
            tail = tail << 8 | UInt64(key[index])
            index &+= 1
        }
        state = mix(state ^ tail)
        return UInt32(truncatingIfNeeded: state ^ state >> 32)
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = (value ^ 0x8ebc_6af0_9c88_c6e3).multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
        return product.high ^ product.low
    }
}
