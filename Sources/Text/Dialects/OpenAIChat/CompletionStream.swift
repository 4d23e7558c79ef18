import JSON

/// Puts a streamed answer together: the `chat.completion` whose pieces the chunks are.
enum CompletionStream {
    /// - Throws: ``RowFault`` when a choice never says why it ended, when the stream carries an error, or when its chunks
    ///   are those of several answers or out of order: what they spell together, nobody said.
    static func completion(_ chunks: [JSONValue]) throws(RowFault) -> JSONValue {
        var choices: [Int: StreamedChoice] = [:]
        var response = JSONObject()
        var ids: [String] = []
        for (place, chunk) in chunks.enumerated() {
            // How a stream of events says that it ends.
            if chunk == "[DONE]" { continue }
            guard chunk.objectValue != nil else {
                throw RowFault(.noResponse, "chunk \(place + 1) of the stream is \(chunk.kindName), expected an object")
            }
            if LogRecord.isError(chunk["error"]) { throw RowFault(.errorResponse) }
            // Some servers make up an id for every chunk; one that comes back is that of an answer among others.
            if let id = chunk["id"]?.stringValue, !id.isEmpty, id != ids.last {
                guard !ids.contains(id) else {
                    throw RowFault(.mixedStream, "chunk \(place + 1) goes on with an answer before the last one")
                }
                ids.append(id)
            }
            for key in ["id", "created", "model", "system_fingerprint", "service_tier", "usage"] {
                if let value = chunk[key], !value.isNull { response[key] = value }
            }
            for choice in chunk["choices"]?.arrayValue ?? [] {
                let index = choice["index"]?.integerValue ?? 0
                guard choices[index, default: StreamedChoice()].add(choice) else {
                    throw RowFault(.mixedStream, "chunk \(place + 1) goes on with an answer that had ended")
                }
            }
        }
        guard !choices.isEmpty, choices.values.allSatisfy({ $0.finishReason != nil }) else {
            throw RowFault(.unfinishedStream)
        }
        response["object"] = "chat.completion"
        response["choices"] = .array(choices.sorted { $0.key < $1.key }.map { $0.value.json(index: $0.key) })
        return .object(response)
    }

    /// The chunks of a stream that was logged as it came over the wire: lines of `data: {…}`.
    ///
    /// - Returns: nil where the text is none.
    static func chunks(ofEvents text: String) throws(RowFault) -> [JSONValue]? {
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.contains(where: { $0.hasPrefix("data:") }) else { return nil }
        var chunks: [JSONValue] = []
        for line in lines where line.hasPrefix("data:") {
            let data = line.dropFirst(5).drop { $0 == " " }
            if data == "[DONE]" { continue }
            do {
                chunks.append(try JSONDocument(parsing: data.utf8, depth: LogRecord.innerDepth).value)
            } catch {
                throw RowFault(.noResponse, "event \(chunks.count + 1) of the stream is not JSON: \(error.reason)")
            }
        }
        return chunks
    }
}
