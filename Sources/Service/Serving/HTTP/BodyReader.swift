import Foundation
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import NIOHTTP1
import PlainText
import Storage

/// Reads requests' bodies: bounded one by one and all together, and parsed and checked where that keeps nobody waiting.
struct BodyReader: Sendable {
    /// A body up to this size is parsed at once; a longer one where threads may be busy.
    private static let smallByteCount = 1 << 15

    let maximumByteCount: Int
    let bytes: ByteBudget
    /// Parses long bodies.
    let queue: WorkQueue

    /// What `make` reads from the JSON of a request's body.
    ///
    /// - Throws: ``APIError`` for a body that is too large, no JSON, or in a form that is not understood here; what
    ///   `make` throws.
    func read<Value: Sendable>(
        _ request: Request, _ make: @escaping @Sendable (JSONValue) throws -> Value
    ) async throws -> Value {
        try checkType(of: request)
        let isCompressed = try checkCoding(of: request)
        var share = ByteShare(of: bytes)
        defer { share.giveBack() }
        let buffer = try await collect(request, &share)
        let limit = maximumByteCount
        let parse: @Sendable () throws -> Value = {
            let view = buffer.readableBytesView
            guard isCompressed else { return try make(try BodyReader.json(view)) }
            return try make(try BodyReader.json(try BodyReader.decompressed(view, limit)))
        }
        if buffer.readableBytes <= BodyReader.smallByteCount, !isCompressed { return try parse() }
        return try await queue.run(Cancellation(), parse)
    }

    private func collect(_ request: Request, _ share: inout ByteShare) async throws -> ByteBuffer {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        guard announced ?? 0 <= maximumByteCount else { throw APIError.tooLarge(maximumByteCount) }
        var buffer = ByteBuffer()
        do {
            for try await var piece in request.body {
                guard buffer.readableBytes + piece.readableBytes <= maximumByteCount else {
                    throw APIError.tooLarge(maximumByteCount)
                }
                try share.take(piece.readableBytes)
                buffer.writeBuffer(&piece)
            }
        } catch let error as APIError {
            throw error
        } catch {
            // What is wrong with the bytes themselves is answered where they are parsed.
            throw APIError.disconnected
        }
        guard announced ?? buffer.readableBytes == buffer.readableBytes else { throw APIError.disconnected }
        return buffer
    }

    private static func json(_ bytes: some Collection<UInt8>) throws -> JSONValue {
        guard !bytes.isEmpty else { throw APIError.invalid("the request body: empty, expected a JSON object") }
        guard !bytes.isMarkedUTF16 else {
            throw APIError.invalid("the request body: UTF-16, expected JSON in UTF-8", code: "invalid_json")
        }
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: bytes.unmarked)
        } catch {
            throw APIError.invalid("the request body: \(error.description)", code: "invalid_json")
        }
        if let doubt = document.doubt { throw APIError.invalid("the request body: \(doubt)", code: "invalid_json") }
        return document.value
    }

    private static func decompressed(_ bytes: some Collection<UInt8>, _ limit: Int) throws -> [UInt8] {
        switch Gzip.decompressed(Array(bytes), atMost: limit) {
        case .success(let bytes): return bytes
        case .failure(.tooLong): throw APIError.tooLarge(limit)
        case .failure(.damaged): throw APIError.invalid("the request body: not gzip, as content-encoding says")
        }
    }

    /// Whether the body is compressed.
    private func checkCoding(of request: Request) throws -> Bool {
        guard let coding = request.headers[.contentEncoding]?.lowercased() else { return false }
        switch coding {
        case "identity", "": return false
        case "gzip", "x-gzip": return true
        default:
            throw APIError(
                status: 415, message: "content-encoding: '\(coding.prefix(40))', expected gzip or none",
                code: "unsupported_content_encoding", fields: [("accept-encoding", "gzip")])
        }
    }

    /// JSON is taken under the names that clients give it when nobody tells them its name, too; but not from a page's
    /// browser, which must ask before it sends JSON, and need not for the others.
    private func checkType(of request: Request) throws {
        guard let field = request.headers[.contentType]?.lowercased() else { return }
        let parts = field.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        let type = parts.first ?? ""
        let isJSON = type == "application/json" || type.hasSuffix("+json")
        let others = ["application/x-www-form-urlencoded", "text/plain", "application/octet-stream", ""]
        guard isJSON || request.headers[.origin] == nil && others.contains(type) else {
            throw APIError(
                status: 415, message: "content-type: '\(type.prefix(80))', expected application/json",
                code: "unsupported_content_type")
        }
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }?.dropFirst(8)
            .trimmingCharacters(in: ["\""])
        guard charset == nil || ["utf-8", "utf8", "us-ascii"].contains(charset) else {
            throw APIError(
                status: 415, message: "content-type: charset '\(charset?.prefix(40) ?? "")', expected utf-8",
                code: "unsupported_content_type")
        }
    }
}
