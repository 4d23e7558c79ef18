import Glibc

/// The working memory that OpenBLAS takes for each thread that multiplies.
///
/// Where the system has none to give, the library asks again and again and never comes back; so it is asked first.
public enum LibraryBuffers {
    /// The 128 MiB of its builds for x86-64, and as much again by half for what else is allocated until then.
    public static let byteCount = 192 << 20

    /// Whether the process may map as much for so many threads.
    public static func fit(threads: Int) -> Bool {
        let size = threads * byteCount
        guard let address = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
            address != MAP_FAILED
        else { return false }
        munmap(address, size)
        return true
    }
}
