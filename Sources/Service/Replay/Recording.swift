import Conversations
import Dialects
package import JSON
import PlainText
import Storage

/// A teacher's answers by input, read from JSON Lines. `Documentation/Formats/TeacherRecording.md` has the forms.
public struct Recording: Sendable {
    /// By the bytes of the input: texts that only look alike are two.
    private var answers: [[UInt8]: RecordedResponse] = [:]
    /// The inputs as bytes, longest first, for inputs that stand inside a rendered prompt.
    private var inputs: [[UInt8]] = []

    /// How many different inputs have an answer.
    public var count: Int { answers.count }

    /// Reads a file, plain or gzip.
    ///
    /// - Throws: a ``ReplayError`` that names the line, or a `StorageError`.
    public init(path: String) throws {
        let reader = try JSONLinesReader(path: path)
        while let line = try reader.next() {
            let place = "\(path), line \(line.number)"
            let json: JSONValue
            do {
                json = try line.value()
            } catch {
                throw ReplayError("\(place): \(error)")
            }
            try add(json, place: place)
        }
        guard !answers.isEmpty else {
            throw ReplayError("\(path): no recorded answers, expected one JSON object a line")
        }
        sortInputs()
    }

    /// Takes lines that are in memory.
    package init(lines: [JSONValue]) throws {
        for (index, line) in lines.enumerated() { try add(line, place: "line \(index + 1)") }
        sortInputs()
    }

    private mutating func sortInputs() {
        inputs = answers.keys.sorted { left, right in
            left.count != right.count ? left.count > right.count : right.lexicographicallyPrecedes(left)
        }
    }

    /// Of two lines with the same input the later counts.
    private mutating func add(_ json: JSONValue, place: String) throws {
        let forms = #"{"input", "answer"}, {"match", "response"} or {"request", "response"}"#
        if let input = json["input"]?.stringValue {
            guard let answer = json["answer"]?.stringValue else {
                throw ReplayError("\(place): answer: \(json["answer"]?.kindName ?? "missing"), expected a text")
            }
            answers[Array(input.utf8)] = RecordedResponse(content: answer, beside: json)
            return
        }
        guard let response = json["response"] else { throw ReplayError("\(place): no response, expected \(forms)") }
        guard let answer = RecordedResponse(response, usage: json["usage"]) else {
            throw ReplayError("\(place): response: no text in it, expected content, choices or content blocks")
        }
        if let input = json["match"]?["input"]?.stringValue {
            answers[Array(input.utf8)] = answer
        } else if let messages = json["request"]?["messages"]?.arrayValue,
            let last = messages.last(where: { $0["role"]?.stringValue == "user" })
        {
            answers[Array(try Recording.text(of: last, place: place).utf8)] = answer
        } else {
            throw ReplayError("\(place): no input, expected \(forms)")
        }
    }

    private static func text(of message: JSONValue, place: String) throws -> String {
        do {
            return try Message(json: message).content
        } catch {
            throw ReplayError("\(place): request: \(error)")
        }
    }

    /// The answer to a conversation: of the last user message that is recorded as it is, else of the longest recorded
    /// input that stands in one, last message first. A correction that follows a wrong answer is thus passed over.
    func answer(to messages: [Message]) -> RecordedResponse? {
        let said = messages.filter { $0.role == .user }.map { Array($0.content.utf8) }.reversed()
        for text in said {
            if let answer = answers[text] { return answer }
        }
        for text in said {
            if let input = inputs.first(where: { Recording.holds(text, $0) }) { return answers[input] }
        }
        return nil
    }

    /// Whether an input stands in a text as a piece of its own: between ends of lines, quotes or tags, after a colon.
    private static func holds(_ text: [UInt8], _ input: [UInt8]) -> Bool {
        guard !input.isEmpty, input.count <= text.count else { return false }
        var start = 0
        while let found = text[start...].place(of: input)?.lowerBound {
            let before = text[..<found].last { $0 != 0x20 }
            let after = text[(found + input.count)...].first { $0 != 0x20 }
            if before.map({ ":\n\r\"'`>".utf8.contains($0) }) ?? true,
                after.map({ "\n\r\"'`<".utf8.contains($0) }) ?? true
            {
                return true
            }
            start = found + 1
        }
        return false
    }
}
