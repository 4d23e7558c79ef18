public import Foundation
import Glibc

/// A window of a terminal, for programs that look how wide it is.
public final class PseudoTerminal: Sendable {
    private let leader: Int32
    /// The end that a program gets as its standard error.
    public let program: FileHandle

    /// Linux's numbers of the requests behind `unlockpt` and `ptsname`, which Swift's Glibc does not have.
    private static let setLock: UInt = 0x4004_5431, getNumber: UInt = 0x8004_5430

    public init(columns: Int) throws {
        leader = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var lock: Int32 = 0, number: Int32 = 0
        guard leader >= 0, ioctl(leader, PseudoTerminal.setLock, &lock) == 0,
            ioctl(leader, PseudoTerminal.getNumber, &number) == 0
        else { throw POSIXError(.ENXIO) }
        let name = "/dev/pts/\(number)"
        let descriptor = open(name, O_RDWR | O_NOCTTY)
        guard descriptor >= 0 else { throw POSIXError(.ENXIO) }
        program = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        resize(columns: columns)
    }

    deinit { close(leader) }

    /// Makes the window as wide as that.
    public func resize(columns: Int) {
        var size = winsize(ws_row: 24, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(leader, UInt(TIOCSWINSZ), &size)
    }

    /// What has been written since the last call, once there is something; nil when the program has gone.
    public func read() -> String? {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(leader, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
