import Foundation
import Glibc

/// Turns SIGBUS, which a process gets that reads a mapped file beyond its end, into an error like every other.
///
/// Models are read through memory. A file that is cut short meanwhile, or a disk that fails or is full, shows as this signal
/// on whichever thread reads; there is no way back for it, so that the process says what happened and ends with 1.
enum MappedFileFault {
    /// What the handler reads the list of mappings into; made before it may be needed.
    private nonisolated(unsafe) static let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: 4096, alignment: 8)

    /// Starts to listen. Called once, by ``StageCommand``, before any work.
    static func listen() {
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        var action = sigaction()
        action.sa_flags = Int32(SA_SIGINFO)
        action.__sigaction_handler.sa_sigaction = { _, info, _ in
            // Nothing here allocates: the thread may hold any lock.
            guard let info, info.pointee.si_code == BUS_ADRERR || info.pointee.si_code == BUS_OBJERR else {
                // Anything else is a fault of ours. The instruction runs again and ends the process as it would have.
                signal(SIGBUS, SIG_DFL)
                return
            }
            MappedFileFault.put("error: ")
            MappedFileFault.putPath(of: UInt(bitPattern: info.pointee._sifields._sigfault.si_addr))
            MappedFileFault.put(
                """
                : a part of it is gone that was being read, expected a file that stays as it is while it is used
                hint: it was cut short in place, or its disk failed or is full; replace a model by renaming another over it

                """)
            _exit(ExitStatus.badInput.rawValue)
        }
        sigaction(SIGBUS, &action, nil)
    }

    private static func put(_ text: StaticString) { _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount) }

    /// Writes the path of the file that is mapped at an address, from lines like
    /// `7f00-7fff r--p 00000000 08:01 123    /models/base.gguf`.
    private static func putPath(of address: UInt) {
        let file = open("/proc/self/maps", O_RDONLY)
        defer { close(file) }
        var bounds: (UInt, UInt) = (0, 0), number: UInt = 0
        var isInBounds = true, isPath = false, isFound = false
        while case let count = read(file, buffer.baseAddress, buffer.count), count > 0 {
            for index in 0..<count {
                let byte = buffer[index]
                switch byte {
                case 10:
                    if isFound { return }
                    (number, isInBounds, isPath) = (0, true, false)
                case 45 where isInBounds: (bounds.0, number) = (number, 0)
                case 32 where isInBounds: (bounds.1, isInBounds) = (number, false)
                case _ where isInBounds:
                    number = number << 4 | UInt(byte & 0xF) &+ (byte > 57 ? 9 : 0)
                case 47 where !isPath: isPath = true
                default: break
                }
                if isPath, bounds.0 <= address, address < bounds.1 {
                    isFound = true
                    _ = write(STDERR_FILENO, buffer.baseAddress! + index, 1)
                }
            }
        }
        if !isFound { put("a file that is read through memory") }
    }
}
