import Glibc

/// Turns the end that Swift makes of a process without memory, a trap with a backtrace, into an error and exit status 2.
///
/// Swift cannot throw where an allocation fails. A process that traps while much of the memory that it may have is taken
/// (`prlimit --as`, `LimitAS=`) has found no more; any other trap stays what it is. What `MemoryMax=` or the system's own
/// rescuer kills gets no word in.
enum MemoryLimit {
    /// Starts to listen. Called once, by ``StageCommand``.
    static func listen() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < 1 << 46 else { return }
        shareOneHeap()
        allowedPages = Int(limit.rlim_cur) / Int(sysconf(Int32(_SC_PAGESIZE)))
        for number in [SIGTRAP, SIGILL, SIGABRT, SIGSEGV] {
            signal(number) { number in
                if MemoryLimit.isExhausted() {
                    let text: StaticString =
                        "error: out of memory: the process may have no more, expected room for what it reads\nhint: raise its limit (prlimit --as, LimitAS=), or give it less at a time\n"
                    _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
                    _exit(ExitStatus.ourFault.rawValue)
                }
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    /// Lets all threads allocate from one heap. Otherwise glibc sets 64 MiB of addresses aside for each thread, and under a
    /// limit of some hundred MiB none are left for a thread's stack: Dispatch then tries again for ever, while a queue waits
    /// for that thread.
    private static func shareOneHeap() {
        // mallopt(M_ARENA_MAX, 1), which Swift's module of the C library leaves out.
        guard let function = dlsym(nil, "mallopt") else { return }
        _ = unsafeBitCast(function, to: (@convention(c) (Int32, Int32) -> Int32).self)(-8, 1)
    }

    /// Written once, before any signal.
    nonisolated(unsafe) private static var allowedPages = 0

    /// Looks without allocating, as a signal handler must.
    private static func isExhausted() -> Bool {
        let file = open("/proc/self/statm", O_RDONLY)
        guard file >= 0 else { return false }
        var digits: (UInt64, UInt64) = (0, 0)
        return withUnsafeMutableBytes(of: &digits) { bytes in
            let count = read(file, bytes.baseAddress, bytes.count)
            var pages = 0
            for index in 0..<max(0, count) {
                guard bytes[index] >= 0x30, bytes[index] <= 0x39 else { break }
                pages = pages &* 10 &+ Int(bytes[index] &- 0x30)
            }
            // What failed may have been one large piece of the rest.
            return pages > allowedPages / 4
        }
    }
}
