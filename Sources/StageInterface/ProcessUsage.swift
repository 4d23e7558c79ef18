import Foundation

/// What the system says of this process.
public enum ProcessUsage {
    /// The largest resident size so far, bytes; from the kernel's own count, 0 where it keeps none.
    public static var peakMemoryBytes: Int {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return usage.ru_maxrss * 1024
    }
}
