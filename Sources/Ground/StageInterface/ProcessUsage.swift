import Foundation
import Storage

/// What the system says of this process.
public enum ProcessUsage {
    /// The largest resident size so far, bytes, by the kernel's own count (`VmHWM`); 0 where there is none.
    ///
    /// `getrusage` will not do: its figure begins with that of the process that started this one.
    public static var peakMemoryBytes: Int { bytes("VmHWM", in: "/proc/self/status") }

    /// The resident size now, and what of it are pages of mapped files.
    public static var residentBytes: (all: Int, mapped: Int) {
        (bytes("VmRSS", in: "/proc/self/status"), bytes("RssFile", in: "/proc/self/status"))
    }

    /// What the machine could still give to this process, beside what it holds; 0 where the system does not say.
    ///
    /// The limit of the process's control group counts where it is the smaller one.
    public static var availableMemoryBytes: Int {
        let machine = bytes("MemAvailable", in: "/proc/meminfo")
        guard let limit = number("/sys/fs/cgroup/memory.max"), let used = number("/sys/fs/cgroup/memory.current") else {
            return machine
        }
        return min(machine, max(0, limit - used))
    }

    /// A field of a file of lines such as `VmRSS:   1234 kB`.
    private static func bytes(_ field: String, in path: String) -> Int {
        guard let status = try? FileHandle(readingFrom: path).readToEnd() else { return 0 }
        let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix(field + ":") }) else { return 0 }
        let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        return (kilobytes ?? 0) * 1024
    }

    private static func number(_ path: String) -> Int? {
        guard let text = try? FileHandle(readingFrom: path).readToEnd() else { return nil }
        return Int(String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
