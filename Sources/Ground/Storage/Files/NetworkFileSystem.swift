import Foundation
package import Glibc

/// File systems that lie on another machine. SQLite's write-ahead log shares memory between processes, and a lock must be
/// seen by all of them: both hold on one machine's own disk only.
package enum NetworkFileSystem {
    /// The kind of network file system on which a folder lies; nil for a disk of this machine, or one not known.
    package static func kind(of folder: String) -> String? {
        var status = stat()
        guard stat(folder, &status) == 0,
            let mounts = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        else { return nil }
        return kind(device: status.st_dev, mounts: mounts)
    }

    /// - Parameters:
    ///   - device: what `stat` says of the folder.
    ///   - mounts: the lines of `/proc/self/mountinfo`: the third field is the device as `major:minor`, the first after a
    ///     lone hyphen the kind of file system.
    package static func kind(device: dev_t, mounts: String) -> String? {
        // glibc's packing of the two numbers, whose macros Swift does not see.
        let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
        let minor = device & 0xFF | (device >> 12) & ~0xFF & 0xFFFF_FFFF
        let number = "\(major):\(minor)"
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 6, fields[2] == number, let hyphen = fields[6...].firstIndex(of: "-"),
                hyphen + 1 < fields.count
            else { continue }
            let kind = String(fields[hyphen + 1])
            return kinds.contains(kind) ? kind : nil
        }
        return nil
    }

    private static let kinds: Set = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "lustre", "gpfs", "beegfs", "fuse.sshfs",
        "fuse.glusterfs", "fuse.s3fs", "fuse.rclone",
    ]
}
