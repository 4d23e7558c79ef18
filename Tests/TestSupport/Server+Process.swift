import Foundation

/// What a server's process takes of the machine.
extension Server {
    /// The seconds of processors that it has used.
    public var processorTime: Double {
        get throws {
            let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
            let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
            return (Double(fields[12]) ?? 0) / 100 + (Double(fields[13]) ?? 0) / 100
        }
    }

    /// The bytes of memory that it holds.
    public var memoryByteCount: Int {
        get throws {
            let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
            let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
            return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
        }
    }

    /// The files and connections that it has open.
    public var descriptorCount: Int {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd").count
        }
    }
}
