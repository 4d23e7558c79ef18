import Conversations
public import Storage

/// The conversations of a split as examples, in the order of the file.
public struct TrainingSet: Sendable {
    /// The examples of each conversation that has any: one for each answer.
    public private(set) var conversations: [[TrainingExample]] = []
    /// The digest of the file.
    public let digest: ContentDigest
    /// Lines with a conversation.
    public private(set) var lineCount = 0
    /// Conversations without an answer that counts.
    public private(set) var maskedCount = 0
    /// Answers left out because they and their prompt are longer than the limit.
    public private(set) var tooLongCount = 0

    public var exampleCount: Int { conversations.reduce(0) { $0 + $1.count } }
    public var tokenCount: Int { conversations.joined().reduce(0) { $0 + $1.tokens.count } }

    /// Reads JSON Lines in the OpenAI fine-tune chat form.
    ///
    /// - Parameter maximumLength: the longest example, tokens; longer ones are left out and counted.
    /// - Throws: ``TrainingError`` that names file and line, without their content; `StorageError` for a file that
    ///   cannot be read.
    public init(path: String, encoder: ConversationEncoder, maximumLength: Int) throws {
        digest = try ContentDigest(ofFile: path)
        let reader = try LineReader(path: path)
        for line in reader {
            if reader.lastLineWasTooLong {
                throw TrainingError(
                    "\(path) line \(line.number): longer than \(LineReader.maximumLength) bytes, expected one conversation"
                )
            }
            if line.bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { continue }
            lineCount += 1
            let examples = try TrainingSet.within(path, line.number) {
                try encoder.examples(TrainingSet.messages(of: line.bytes))
            }
            let kept = examples.filter { $0.tokens.count <= maximumLength }
            tooLongCount += examples.count - kept.count
            if examples.isEmpty { maskedCount += 1 }
            if !kept.isEmpty { conversations.append(kept) }
        }
        if let failure = reader.failure { throw failure }
    }

    /// Examples that are there already.
    public init(_ examples: [TrainingExample], digest: ContentDigest) {
        self.digest = digest
        conversations = examples.map { [$0] }
        lineCount = examples.count
    }

    /// - Throws: ``TrainingError`` if there is nothing to learn from.
    public func checkNotEmpty(_ path: String) throws {
        guard conversations.isEmpty else { return }
        var found = lineCount == 0 ? "no lines" : "\(lineCount) lines"
        if maskedCount > 0 { found += ", \(maskedCount) without an answer that counts" }
        if tooLongCount > 0 { found += ", \(tooLongCount) answers longer than the limit" }
        throw TrainingError("\(path): nothing to learn from: \(found), expected at least one answer")
    }

    private static func messages(of bytes: ArraySlice<UInt8>) throws -> [Message] {
        let json = try JSONValue(parsing: bytes)
        guard let list = json["messages"]?.arrayValue else {
            throw TrainingError("\(json.kindName) without 'messages', expected {\"messages\": [...]}")
        }
        return try list.map { try Message(json: $0) }
    }

    /// Puts file and line before whatever goes wrong with a line.
    private static func within<Result>(_ path: String, _ line: Int, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as JSONError {
            throw TrainingError(
                "\(path) line \(line): \(error.reason) at column \(error.column), expected a JSON object")
        } catch {
            throw TrainingError("\(path) line \(line): \(error)")
        }
    }
}
