import Conversations
import HTTPTypes
import Hummingbird
import NIOCore
import Registry
import Storage

extension Response {
    /// A JSON body.
    init(json: JSONValue, status: Int = 200, version: ServedVersion? = nil) {
        self.init(
            status: .init(code: status), headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.serializedBytes())))
        if let version { name(version) }
    }

    init(_ error: APIError) {
        self.init(json: error.json, status: error.status)
        if let seconds = error.retryAfter { headers[.retryAfter] = String(seconds) }
    }

    /// Says in the header fields which version answers.
    mutating func name(_ version: ServedVersion) {
        let fields = [
            ("x-retort-adapter", version.record?.name ?? "none"),
            ("x-retort-version", version.record.map { String($0.version) } ?? "none"),
            ("x-retort-artifact", version.artifact.description),
        ]
        for (name, value) in fields {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
    }
}
