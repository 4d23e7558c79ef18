package import JSON

/// Characters of which a stream's deltas hold half each: `"\ud83d"` ends one, `"\ude80"` begins the next.
package enum SplitCharacters {
    /// Reads a row again, puts its stream together, and only then turns halves into characters.
    ///
    /// - Parameters:
    ///   - text: the row.
    ///   - record: what it is when every half is replaced.
    ///   - replaced: is raised by the number of halves that stay alone.
    package static func joined(
        _ text: ArraySlice<UInt8>, _ record: JSONValue, replaced: inout Int
    ) throws(RowFault) -> JSONValue {
        guard !holdsPlaceholder(text), let document = try? JSONDocument(parsing: text, halves: .kept) else {
            replaced += 1
            return record
        }
        guard var object = document.value.objectValue, let chunks = object["response"]?.arrayValue, !chunks.isEmpty
        else { return document.value.joiningHalves(replaced: &replaced) }
        object["response"] = try CompletionStream.completion(chunks)
        return JSONValue.object(object).joiningHalves(replaced: &replaced)
    }

    /// Whether the text has a character that means a half while halves are kept: one of the last 2048, of which all
    /// that begin with these bytes are some.
    private static func holdsPlaceholder(_ text: ArraySlice<UInt8>) -> Bool {
        var previous: UInt8 = 0
        for byte in text {
            if previous == 0xF4, byte == 0x8F { return true }
            previous = byte
        }
        return false
    }
}
