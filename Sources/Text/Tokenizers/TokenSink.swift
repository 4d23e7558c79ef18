/// Where encoders put tokens: ids, and the byte range of each when those are wanted.
struct TokenSink {
    private(set) var ids: [TokenID] = []
    private(set) var ranges: [Range<Int>] = []
    let recordsRanges: Bool

    init(recordsRanges: Bool, capacity: Int) {
        self.recordsRanges = recordsRanges
        ids.reserveCapacity(capacity)
        if recordsRanges { ranges.reserveCapacity(capacity) }
    }

    @inline(__always)
    mutating func append(_ id: TokenID, _ range: @autoclosure () -> Range<Int>) {
        ids.append(id)
        if recordsRanges { ranges.append(range()) }
    }
}
