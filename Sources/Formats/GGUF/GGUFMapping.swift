import Foundation

/// A file mapped into memory, read-only, until the last user lets go.
///
/// `@unchecked Sendable` holds because the only state is the address and length of a private read-only mapping: both
/// are constant from `init` to `deinit`, nothing writes through them, and every user keeps a reference. (A file that
/// another process cuts short while it is mapped takes the process down, as with any reader that maps files; Retort's own
/// files are replaced by renaming and never change in place.)
package final class GGUFMapping: @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer

    package init(path: String) throws(GGUFError) {
        func refuse(_ problem: String) -> GGUFError { GGUFError(path: path, field: "file", problem: problem) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw refuse("cannot read it: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw refuse("cannot read it: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw refuse("not a regular file, expected a GGUF file")
        }
        let count = Int(status.st_size)
        guard count > 0 else {
            throw refuse("0 bytes, expected a GGUF file")
        }
        guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw refuse("cannot map it: \(String(cString: strerror(errno)))")
        }
        bytes = UnsafeRawBufferPointer(start: address, count: count)
    }

    /// Drops the whole pages of a range from memory; the mapping stays.
    func release(_ range: Range<Int>) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound / page * page
        guard start < end, let base = bytes.baseAddress else { return }
        // Advice: where the system does not take it, nothing is lost.
        _ = madvise(UnsafeMutableRawPointer(mutating: base + start), end - start, MADV_DONTNEED)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
}
