import Foundation

/// A model in several files, as llama.cpp splits it: `name-00001-of-00003.gguf` and so on.
///
/// The first file has all metadata; `split.no`, `split.count` and `split.tensors.count` say which file of how many each
/// is and how many tensors there are in all.
enum GGUFSplit {
    /// The headers of all parts, `first` before the others; of a file that is not split, that alone.
    static func parts(of first: GGUFHeader, path: String) throws(GGUFError) -> [GGUFHeader] {
        let count = try first.metadata.optionalInteger("split.count") ?? 1
        guard count > 1 else { return [first] }
        let number = try first.metadata.integer("split.no")
        guard (0..<count).contains(number) else {
            throw GGUFError(
                path: path, field: "metadata \"split.no\"", problem: "\(number), expected 0 to \(count - 1)")
        }
        guard let name = Name(path: path), name.count == count else {
            throw GGUFError(
                path: path, field: "file",
                problem: "part \(number + 1) of \(count), expected a name that ends in "
                    + Name.suffix(number: number + 1, count: count))
        }
        guard number == 0, name.number == 1 else {
            throw GGUFError(
                path: path, field: "metadata \"split.no\"", problem: "\(number), expected 0, the first part",
                hint: "give the first part: \(name.path(of: 1))")
        }
        var parts = [first]
        for part in 2...count { parts.append(try header(part, of: count, path: name.path(of: part))) }
        let found = parts.reduce(0) { $0 + $1.tensors.count }
        let expected = try first.metadata.optionalInteger("split.tensors.count") ?? found
        guard found == expected else {
            throw GGUFError(
                path: path, field: "metadata \"split.tensors.count\"",
                problem: "\(expected), expected the \(found) tensors that the parts have")
        }
        return parts
    }

    private static func header(_ part: Int, of count: Int, path: String) throws(GGUFError) -> GGUFHeader {
        let header = try GGUFHeader(path: path)
        for (key, expected) in [("split.no", part - 1), ("split.count", count)] {
            let found = try header.metadata.integer(key)
            guard found == expected else {
                throw GGUFError(path: path, field: "metadata \"\(key)\"", problem: "\(found), expected \(expected)")
            }
        }
        return header
    }

    /// A path that ends in `-00001-of-00003.gguf`.
    private struct Name {
        let prefix: String
        let number: Int
        let count: Int

        init?(path: String) {
            let match = path.firstMatch(of: /^(.*)-([0-9]{5})-of-([0-9]{5})\.gguf$/)
            guard let match, let number = Int(match.2), let count = Int(match.3) else { return nil }
            prefix = String(match.1)
            self.number = number
            self.count = count
        }

        func path(of number: Int) -> String { prefix + Name.suffix(number: number, count: count) }

        static func suffix(number: Int, count: Int) -> String {
            func digits(_ number: Int) -> String {
                let text = String(number)
                return String(repeating: "0", count: max(0, 5 - text.count)) + text
            }
            return "-\(digits(number))-of-\(digits(count)).gguf"
        }
    }
}
