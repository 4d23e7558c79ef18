import HTTPTypes
import Hummingbird
import JSON
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
        for (name, value) in error.fields {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
    }

    /// Says in the header fields which version answers.
    mutating func name(_ version: ServedVersion) {
        headers[.retortAdapter] = version.record?.name ?? "none"
        headers[.retortVersion] = version.record.map { String($0.version) } ?? "none"
        headers[.retortArtifact] = version.artifact.description
    }
}

extension HTTPField.Name {
    static let retortAdapter = HTTPField.Name(known: "x-retort-adapter")
    static let retortVersion = HTTPField.Name(known: "x-retort-version")
    static let retortArtifact = HTTPField.Name(known: "x-retort-artifact")

    /// A name of ours, which is known to be one.
    init(known name: String) {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name): no header field's name") }
        self = name
    }
}
