import Foundation

/// A span of time, on the clock and on the processors.
public struct ProcessTime: Sendable, Hashable {
    /// On the clock.
    public var seconds: Double
    /// That the process's threads have computed, all together: what the run costs, whatever else the machine does.
    public var cpuSeconds: Double

    public init(seconds: Double = 0, cpuSeconds: Double = 0) {
        self.seconds = seconds
        self.cpuSeconds = cpuSeconds
    }

    /// Since some moment in the past, which is the same as long as the process lives.
    static var now: ProcessTime {
        ProcessTime(seconds: read(CLOCK_MONOTONIC), cpuSeconds: read(CLOCK_PROCESS_CPUTIME_ID))
    }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    static func + (left: ProcessTime, right: ProcessTime) -> ProcessTime {
        ProcessTime(seconds: left.seconds + right.seconds, cpuSeconds: left.cpuSeconds + right.cpuSeconds)
    }

    static func - (left: ProcessTime, right: ProcessTime) -> ProcessTime {
        ProcessTime(seconds: left.seconds - right.seconds, cpuSeconds: left.cpuSeconds - right.cpuSeconds)
    }

    static func * (time: ProcessTime, factor: Double) -> ProcessTime {
        ProcessTime(seconds: time.seconds * factor, cpuSeconds: time.cpuSeconds * factor)
    }
}
