import Conversations
import Storage

/// Files of one JSON value a line.
enum JSONLines {
    /// How many bad lines an error names.
    static let namedProblems = 10

    /// Reads every line that is not blank; the bad ones are collected, and thrown together with file and line.
    ///
    /// - Parameter element: is given the value of a line and its number.
    static func read<Element>(
        _ path: String, _ element: (JSONValue, Int) throws(ExampleError) -> Element
    ) throws -> [Element] {
        let reader = try LineReader(path: path)
        var elements: [Element] = []
        var problems: [String] = []
        var bad = 0
        while let line = reader.next() {
            if !reader.lastLineWasTooLong, line.isBlank { continue }
            let number = line.number
            do throws(ExampleError) {
                if reader.lastLineWasTooLong { throw ExampleError("longer than \(LineReader.maximumLength) bytes") }
                let document: JSONDocument
                do throws(JSONError) {
                    document = try JSONDocument(parsing: line.unmarked)
                } catch {
                    throw ExampleError("not valid JSON: \(error.reason) at column \(error.column)")
                }
                if let doubt = document.doubt { throw ExampleError(doubt) }
                elements.append(try element(document.value, number))
            } catch {
                bad += 1
                if problems.count < namedProblems { problems.append("\(reader.name):\(number): \(error)") }
            }
        }
        if let failure = reader.failure { throw failure }
        if bad > problems.count { problems.append("\(reader.name): \(bad - problems.count) more bad lines") }
        if !problems.isEmpty { throw DatasetError(problems.joined(separator: "\n")) }
        return elements
    }

    static func bytes(_ values: some Sequence<JSONValue>) -> [UInt8] {
        var bytes: [UInt8] = []
        for value in values {
            bytes += value.serializedBytes()
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}
