import Foundation

/// The seconds of a processor that the calling thread has used: a bound on them holds on a busy machine, too.
public func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}
