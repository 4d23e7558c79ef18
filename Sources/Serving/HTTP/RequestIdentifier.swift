import Foundation
import HTTPTypes
import Hummingbird

/// What a request is called in its answer's `x-request-id` and in the log: the client's own name for it, if that is
/// short and plain, else a new one.
enum RequestIdentifier {
    static let field = "x-request-id"
    static let name = HTTPField.Name(known: field)

    static func of(_ request: Request) -> String {
        guard let own = request.headers[name], (1...64).contains(own.utf8.count), own.utf8.allSatisfy(isPlain) else {
            return make()
        }
        return own
    }

    static func make() -> String { "req_" + UUID().uuidString.replacing("-", with: "").lowercased() }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
