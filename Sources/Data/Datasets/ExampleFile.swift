import JSON
import Storage

/// Files of one example a line.
enum ExampleFile {
    /// How many bad lines an error names.
    static let namedProblems = 10

    /// Reads every line that is not blank; the bad ones are collected, and thrown together with file and line.
    ///
    /// - Parameter element: is given the value of a line and its number.
    static func read<Element>(
        _ path: String, _ element: (JSONValue, Int) throws(ExampleError) -> Element
    ) throws -> [Element] {
        let reader = try JSONLinesReader(path: path)
        var elements: [Element] = []
        var problems: [String] = []
        var bad = 0
        while let line = try reader.next() {
            do throws(ExampleError) {
                let value: JSONValue
                do throws(JSONLineError) { value = try line.value() } catch { throw ExampleError("\(error)") }
                elements.append(try element(value, line.number))
            } catch {
                bad += 1
                if problems.count < namedProblems { problems.append("\(reader.name):\(line.number): \(error)") }
            }
        }
        if bad > problems.count { problems.append("\(reader.name): \(bad - problems.count) more bad lines") }
        if !problems.isEmpty { throw DatasetError(problems.joined(separator: "\n")) }
        return elements
    }
}
