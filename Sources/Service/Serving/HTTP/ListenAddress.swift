import Foundation
import NIOCore

/// Whether an address that is listened on can be reached from elsewhere.
enum ListenAddress {
    /// Judges the address itself, never a name: `127.evil.example` is anybody's.
    static func isLoopback(_ address: SocketAddress?) -> Bool {
        switch address {
        case .v4(let address)?: UInt32(bigEndian: address.address.sin_addr.s_addr) >> 24 == 127
        case .v6?:
            address?.ipAddress == "::1" || address?.ipAddress?.hasPrefix("::ffff:127.") == true
        case .unixDomainSocket?: true
        case nil: false
        }
    }
}
