import Foundation
import HTTPTypes
import Hummingbird

/// Who may ask, and as whom: whoever has the owner's key, the clients of a file, or everybody where there is neither.
struct Admission: Sendable {
    enum Caller: Sendable {
        case anybody, owner
        case client(ClientAccount)

        /// Nil for whoever has no quota.
        var client: ClientAccount? { if case .client(let account) = self { account } else { nil } }
        /// Whether paths, digests and the figures of all clients may be shown.
        var seesAll: Bool { client == nil }
    }

    let key: AccessKey?
    let clients: ClientBook?

    /// Whether nobody needs a key.
    var isOpen: Bool { key == nil && clients == nil }

    /// Who sends a request; nil for nobody who may.
    func caller(of request: Request) -> Caller? {
        if isOpen { return .anybody }
        guard let brought = Admission.key(of: request) else { return nil }
        if let key, key.digest.matches(brought) { return .owner }
        return clients?.account(of: brought).map { .client($0) }
    }

    /// The digest of the key that a request brings. The scheme's name is `Bearer`, in any case.
    private static func key(of request: Request) -> KeyDigest? {
        guard let field = request.headers[.authorization], let space = field.firstIndex(of: " "),
            field[..<space].lowercased() == "bearer"
        else { return nil }
        return KeyDigest(ofKey: field[space...].trimmingCharacters(in: .whitespaces))
    }
}

extension APIError {
    static let unauthorized = APIError(
        status: 401, message: "the API key is missing or wrong", type: "authentication_error",
        code: "invalid_api_key", fields: [("www-authenticate", "Bearer")])
}
