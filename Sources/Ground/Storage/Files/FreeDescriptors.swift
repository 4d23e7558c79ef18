import Glibc

/// How many more files, connections and pipes the process may open.
public enum FreeDescriptors {
    /// How many may be open at once; nil where the system does not say.
    public static var allowed: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many are free, counted no further than `wanted`; nil where the system does not say.
    ///
    /// Each number is asked about: a look into /proc would need a descriptor itself.
    public static func count(upTo wanted: Int) -> Int? {
        guard let allowed else { return nil }
        var free = 0
        for descriptor in 0..<Int32(clamping: allowed) where fcntl(descriptor, F_GETFD) < 0 {
            free += 1
            if free >= wanted { break }
        }
        return free
    }
}
