/// What the system says of a process's memory, bytes.
public struct MemoryUse: Sendable, Hashable {
    /// Resident now, mapped files among it.
    public var resident: Int
    /// Resident pages of mapped files.
    public var mapped: Int
    /// The most that was ever resident.
    public var peak: Int

    public init(resident: Int, mapped: Int, peak: Int) {
        self.resident = resident
        self.mapped = mapped
        self.peak = peak
    }
}
