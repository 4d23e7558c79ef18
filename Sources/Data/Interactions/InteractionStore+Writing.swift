public import Foundation
import JSON
import Storage

extension InteractionStore {
    /// Writes the interactions as JSON Lines, by time; returns how many.
    @discardableResult
    public func write(to handle: FileHandle, workload: String? = nil) throws -> Int {
        var count = 0
        var buffer: [UInt8] = []
        try forEach(workload: workload) { interaction in
            JSONLines.append(interaction.json, to: &buffer)
            count += 1
            if buffer.count > 1 << 20 {
                try handle.writeAll(buffer)
                buffer.removeAll(keepingCapacity: true)
            }
        }
        try handle.writeAll(buffer)
        return count
    }
}
