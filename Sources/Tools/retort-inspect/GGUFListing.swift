import Architectures
import Checkpoints
import GGUF
import JSON

/// What there is to say about a GGUF file: for people as lines, for programs as JSON.
struct GGUFListing {
    let file: GGUFFile

    /// Array elements and characters beyond this are counted, not shown.
    private static let shown = 8
    private static let shownCharacters = 80

    var parameterCount: Int { file.tensors.reduce(0) { $0 + $1.elementCount } }
    var byteCount: Int { file.tensors.reduce(0) { $0 + $1.byteCount } }

    /// Why the file cannot be trained and served; nil if it can, or if it is no model.
    var obstacle: String? {
        do {
            guard try file.metadata.optionalString("general.type") ?? "model" == "model" else { return nil }
            _ = try Checkpoint(path: file.path)
            return nil
        } catch {
            return "\(error)"
        }
    }

    var lines: [String] {
        var lines = [
            "\(file.path): GGUF version \(file.version), \(file.metadata.count) keys, \(file.tensors.count) tensors"
        ]
        lines += file.metadata.pairs.map { "\($0.key) = \(Self.text($0.value))" }
        let nameWidth = file.tensors.map(\.name.count).max() ?? 0
        lines += file.tensors.map { tensor in
            let name = tensor.name + String(repeating: " ", count: nameWidth - tensor.name.count)
            let type = tensor.type.name + String(repeating: " ", count: max(0, 6 - tensor.type.name.count))
            return "\(name)  \(type)  \(tensor.dimensions.map(String.init).joined(separator: " × "))"
        }
        lines.append("\(parameterCount) parameters, \(byteCount) bytes of tensors")
        if let obstacle {
            lines.append("cannot be trained or served: \(obstacle)")
            lines += ArchitectureGap(file: file)?.lines.map { "  \($0)" } ?? []
        }
        return lines
    }

    var json: JSONValue {
        var object = JSONObject()
        object["version"] = .integer(file.version)
        var metadata = JSONObject()
        for (key, value) in file.metadata.pairs { metadata[key] = Self.json(value) }
        object["metadata"] = .object(metadata)
        object["tensors"] = .array(
            file.tensors.map { tensor in
                var entry = JSONObject()
                entry["name"] = .string(tensor.name)
                entry["type"] = .string(tensor.type.name)
                entry["dimensions"] = .array(tensor.dimensions.map { .integer($0) })
                entry["bytes"] = .integer(tensor.byteCount)
                return .object(entry)
            })
        if let obstacle {
            object["obstacle"] = .string(obstacle)
            object["missing"] = ArchitectureGap(file: file)?.json
        }
        return .object(object)
    }

    private static func text(_ value: GGUFValue) -> String {
        switch value {
        case .array(let array):
            let first = array.elementType == .array ? [] : array.prefix(shown).map(text)
            let dots = array.count > first.count ? ", …" : ""
            return "\(array.count) × \(array.elementType) [\(first.joined(separator: ", "))\(dots)]"
        case .string(let string):
            let line = string.prefix(shownCharacters).map { $0.isNewline ? "\\n" : String($0) }.joined()
            return "\"\(line)\"" + (string.count > shownCharacters ? "… (\(string.count) characters)" : "")
        case .bool(let flag): return "\(flag)"
        case .float32(let number): return "\(number)"
        case .float64(let number): return "\(number)"
        default: return value.integer.map(String.init) ?? "\(value.number ?? 0)"
        }
    }

    /// Long arrays are given by type, length and first elements.
    private static func json(_ value: GGUFValue) -> JSONValue {
        switch value {
        case .array(let array):
            var object = JSONObject()
            object["type"] = .string("\(array.elementType)")
            object["count"] = .integer(array.count)
            object["first"] = .array(array.prefix(shown).map(json))
            return .object(object)
        case .string(let string): return .string(string)
        case .bool(let flag): return .bool(flag)
        // JSON has no infinities.
        case .float32, .float64:
            let number = value.number ?? 0
            return number.isFinite ? .number(number) : .string("\(number)")
        default: return value.integer.map { .integer($0) } ?? .number(value.number ?? 0)
        }
    }
}
