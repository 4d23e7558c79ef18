import Foundation
import Glibc
import Storage
import Testing
import TestSupport

struct NetworkFileSystemTests {
    /// Lines of the form that proc(5) gives, of a server's disk and of one beside it.
    private let mounts = """
        22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
        35 22 0:51 / /mnt/models rw,relatime shared:20 master:3 - nfs4 server:/models rw,vers=4.2
        36 22 0:52 / /home/a rw - fuse.sshfs a@host:/ rw
        """

    @Test func kindsAreTold() {
        #expect(NetworkFileSystem.kind(device: makedev(253, 0), mounts: mounts) == nil)
        #expect(NetworkFileSystem.kind(device: makedev(0, 51), mounts: mounts) == "nfs4")
        #expect(NetworkFileSystem.kind(device: makedev(0, 52), mounts: mounts) == "fuse.sshfs")
        #expect(NetworkFileSystem.kind(device: makedev(0, 53), mounts: mounts) == nil)
    }

    /// Devices of small numbers.
    private func makedev(_ major: dev_t, _ minor: dev_t) -> dev_t { major << 8 | minor }

    @Test func aDiskOfThisMachineIsNotWarnedOf() throws {
        let folder = try ScratchFolder()
        #expect(try Workspace(path: folder.file("w")).warning == nil)
    }
}
