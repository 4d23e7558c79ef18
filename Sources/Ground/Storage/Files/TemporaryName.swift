import Foundation
import Glibc
import Synchronization

/// The names under which files and folders are made before they take their places, and what becomes of those whose maker
/// was killed.
///
/// The maker holds a lock on what it makes. Whoever gets that lock knows that nobody will finish it, however long that may be
/// ago, and removes it.
enum TemporaryName {
    /// A new name beside a path: `<path>.<process>.<random>.partial`.
    static func beside(_ path: String) -> String { "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).partial" }

    /// Locks what was made under a temporary name until its descriptor is closed.
    ///
    /// - Returns: whether it is still there: another process may have found it before it was locked. A file system without
    ///   locks takes nothing away.
    static func hold(_ descriptor: Int32) -> Bool {
        _ = flock(descriptor, LOCK_EX | LOCK_NB)
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }

    /// Removes what killed processes left in a folder. Looks once in each folder.
    static func sweep(_ folder: String) {
        guard swept.withLock({ $0.insert(folder).inserted }) else { return }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard name.hasSuffix(".partial") || name.hasSuffix(".partial.old") else { continue }
            let path = "\(folder)/\(name)"
            if name.wholeMatch(of: /.+\.[0-9]+\.[0-9]+\.partial/) != nil {
                removeIfLeft(path)
            } else if let place = name.wholeMatch(of: /(.+)\.[0-9]+\.[0-9]+\.partial\.old/)?.1 {
                // A folder that stepped aside for its successor, which stands in its place.
                if FileManager.default.fileExists(atPath: "\(folder)/\(place)") { removeIfLeft(path) }
            }
        }
    }

    private static let swept = Mutex<Set<String>>([])

    private static func removeIfLeft(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var held = stat(), named = stat()
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &held) == 0, lstat(path, &named) == 0,
            held.st_ino == named.st_ino, held.st_dev == named.st_dev
        else { return }
        switch held.st_mode & S_IFMT {
        case S_IFREG: unlink(path)
        case S_IFDIR: try? FileManager.default.removeItem(atPath: path)
        default: break
        }
    }
}
