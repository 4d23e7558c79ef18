import Foundation
import Storage

/// What the system says of this process.
public enum ProcessUsage {
    /// The largest resident size so far, bytes, by the kernel's own count (`VmHWM`); 0 where there is none.
    ///
    /// `getrusage` will not do: its figure begins with that of the process that started this one.
    public static var peakMemoryBytes: Int {
        guard let status = try? FileHandle(readingFrom: "/proc/self/status").readToEnd() else { return 0 }
        let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("VmHWM:") }) else { return 0 }
        let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        return (kilobytes ?? 0) * 1024
    }
}
