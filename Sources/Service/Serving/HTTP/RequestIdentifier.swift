import Foundation
import HTTPTypes
import Hummingbird

/// What a request is called in its answer's `x-request-id` and in the log: the client's own name for it, if that is
/// short and plain, else a new one.
enum RequestIdentifier {
    /// That of the request which is being answered here, so that every line said meanwhile carries it.
    @TaskLocal static var current: String?

    static let field = "x-request-id"
    static let name = HTTPField.Name(known: field)

    static func of(_ request: Request) -> String {
        guard let own = request.headers[name], (1...64).contains(own.utf8.count), own.utf8.allSatisfy(isPlain) else {
            return make()
        }
        return own
    }

    static func make() -> String { "req_" + UUID().uuidString.replacing("-", with: "").lowercased() }

    /// A line for the log, with the request that it is about, where it is about one.
    static func marked(_ line: String) -> String { current.map { "request \($0): \(line)" } ?? line }

    /// Whether a byte may stand in a name that is written into lines and fields as it is.
    static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
