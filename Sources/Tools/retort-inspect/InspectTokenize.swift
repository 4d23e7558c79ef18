import ArgumentParser
import GGUF
import JSON
import StageInterface
import Storage
import Tokenizers

struct InspectTokenize: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize", abstract: "The ids of a text, or the text of ids.",
        discussion: """
            Prints a JSON array of ids. With --jsonl, reads one JSON string a line from standard input and prints one \
            array a line. --decode goes the other way: from a JSON array of ids to the text, or with --jsonl from one \
            array a line to one JSON string a line.
            """, version: retortVersion)

    @Option(help: "The GGUF file whose tokenizer to use.", completion: .file(extensions: ["gguf"]))
    var model: String

    @Flag(help: "Add the tokens that the model wants at the beginning and the end of a text.")
    var addSpecial = false

    @Flag(help: "Take special tokens that are spelled out in the text for what they mean.")
    var parseSpecial = false

    @Flag(help: "From ids to text.")
    var decode = false

    @Flag(help: "One JSON value a line, from standard input.")
    var jsonl = false

    @Argument(help: "The text, or with --decode a JSON array of ids.")
    var text: String?

    @OptionGroup var options: StageOptions

    func validate() throws {
        if jsonl == (text != nil) { throw ValidationError("give either a text or --jsonl") }
        if decode && (addSpecial || parseSpecial) {
            throw ValidationError("--add-special and --parse-special do not go with --decode")
        }
    }

    func perform(_ console: Console) async throws -> StageReport? {
        let tokenizer = try Tokenizer(metadata: GGUFFile(path: model).metadata)
        guard jsonl else {
            if let text, decode {
                let ids = try InspectTokenize.parse(Array(text.utf8), as: "argument")
                let decoded = tokenizer.decode(try InspectTokenize.ids(in: ids, tokenizer, as: "argument"))
                console.data(exactly: decoded + "\n")
            } else if let text {
                console.data(exactly: InspectTokenize.json(try encoded(text, tokenizer)) + "\n")
            }
            return nil
        }
        let reader = try LineReader(path: "-")
        var rate = Rate()
        while let line = reader.next() {
            let place = "standard input, line \(line.number)"
            if reader.lastLineWasTooLong {
                throw StageFailure(
                    .badInput, "\(place): longer than \(LineReader.maximumLength) bytes, expected a shorter line")
            }
            let value = try InspectTokenize.parse(line.bytes, as: place)
            if decode {
                let text = tokenizer.decode(try InspectTokenize.ids(in: value, tokenizer, as: place))
                console.data(exactly: JSONValue.string(text).serialized() + "\n")
            } else {
                guard let text = value.stringValue else {
                    throw StageFailure(.badInput, "\(place): \(value.kindName), expected a string")
                }
                do {
                    let ids = try rate.measure(text.utf8.count) { try encoded(text, tokenizer) }
                    console.data(exactly: InspectTokenize.json(ids) + "\n")
                } catch let error as TokenizerError { throw StageFailure(.badInput, "\(place): \(error)") }
            }
        }
        if let failure = reader.failure { throw failure }
        if !decode { console.detail("encoded \(rate)") }
        return nil
    }

    private func encoded(_ text: String, _ tokenizer: Tokenizer) throws -> [TokenID] {
        try tokenizer.encode(text, addSpecial: addSpecial, parseSpecial: parseSpecial)
    }

    private static func json(_ ids: [TokenID]) -> String { JSONValue.array(ids.map { .integer(Int($0)) }).serialized() }

    /// How fast encoding alone was: without reading and printing.
    private struct Rate: CustomStringConvertible {
        private var byteCount = 0
        private var duration = Duration.zero

        mutating func measure(_ byteCount: Int, _ body: () throws -> [TokenID]) rethrows -> [TokenID] {
            let start = ContinuousClock.now
            let ids = try body()
            duration += ContinuousClock.now - start
            self.byteCount += byteCount
            return ids
        }

        var description: String {
            let seconds = duration / .seconds(1)
            return "\(byteCount) bytes in \((seconds * 1e6).rounded() / 1e6) s"
        }
    }

    private static func parse(_ bytes: some Sequence<UInt8>, as place: String) throws -> JSONValue {
        let document: JSONDocument
        do { document = try JSONDocument(parsing: bytes) } catch {
            throw StageFailure(.badInput, "\(place): not JSON: \(error.reason) at column \(error.column)")
        }
        if let doubt = document.doubt { throw StageFailure(.badInput, "\(place): \(doubt)") }
        return document.value
    }

    private static func ids(in value: JSONValue, _ tokenizer: Tokenizer, as place: String) throws -> [TokenID] {
        guard let elements = value.arrayValue else {
            throw StageFailure(.badInput, "\(place): \(value.kindName), expected an array of token ids")
        }
        return try elements.map { element in
            guard let id = element.integerValue, (0..<tokenizer.vocabularySize).contains(id) else {
                throw StageFailure(
                    .badInput,
                    "\(place): \(element.serialized()) is no token id, expected an integer from 0 to"
                        + " \(tokenizer.vocabularySize - 1)")
            }
            return TokenID(id)
        }
    }
}
