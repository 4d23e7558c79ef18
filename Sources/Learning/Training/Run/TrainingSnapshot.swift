import Foundation
import JSON
import Storage

/// The file that a run resumes from. `Documentation/Formats/TrainingSnapshot.md` describes it.
enum TrainingSnapshot {
    typealias Numbers = UnsafeMutableBufferPointer<Float>

    static let magic = Array("RETORTTS".utf8)
    static let version = 2
    /// Bytes read at once.
    private static let piece = 1 << 20

    /// Writes the state, whole or not at all.
    ///
    /// - Parameter numbers: parameters and moments, written from where they are.
    static func write(
        _ state: TrainingState, _ numbers: [Numbers], _ identity: RunIdentity, recipe: JSONValue, chosenTokens: Int?,
        to path: String
    ) throws {
        try (state.best?.values ?? []).withUnsafeBytes { best in
            let payload = numbers.map { UnsafeRawBufferPointer($0) } + (state.best == nil ? [] : [best])
            var digest = ContentDigest.Accumulator()
            for part in payload { digest.update(part) }
            var header = state.json
            header["version"] = .integer(version)
            for field in identity.fields { header[field.name] = .string(field.value) }
            header["recipe_keys"] = recipe
            header["chosen_tokens_per_micro_batch"] = chosenTokens.map { .integer($0) }
            header["parameter_count"] = .integer(numbers.first?.count ?? 0)
            header["payload"] = .string(digest.finish().description)
            let text = JSONValue.object(header).serializedBytes()
            try AtomicFile.write(to: path) { handle in
                try handle.writeAll(magic)
                try handle.writeAll((0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) })
                try handle.writeAll(text)
                for part in payload { try handle.writeAll(part) }
            }
        }
    }

    /// Reads the state of a run, its numbers into their places once the file is known to be whole.
    ///
    /// - Throws: ``TrainingError`` for a file that is damaged, or that belongs to another run, naming what differs.
    static func read(
        _ path: String, _ identity: RunIdentity, recipe: JSONValue, into numbers: [Numbers]
    ) throws -> TrainingState {
        let damaged = damaged(path)
        let handle = try FileHandle(readingFrom: path)
        let (header, length, size) = try readHeader(handle, path)
        guard header["version"]?.integerValue == version else {
            throw TrainingError(
                "\(path): snapshot of version \(header["version"]?.integerValue ?? 0), expected \(version)",
                hint: "remove it to begin from the first step")
        }
        try checkIdentity(header, identity, recipe, path)
        guard let count = numbers.first?.count, header["parameter_count"]?.integerValue == count,
            var state = TrainingState(json: header),
            size == 16 + length + (state.best == nil ? 3 : 4) * count * MemoryLayout<Float>.stride
        else { throw damaged }
        var digest = ContentDigest.Accumulator()
        while let bytes = try handle.read(upToCount: piece), !bytes.isEmpty { digest.update(bytes) }
        guard header["payload"]?.stringValue == digest.finish().description else { throw damaged }

        try handle.seek(toOffset: UInt64(16 + length))
        for array in numbers { try fill(UnsafeMutableRawBufferPointer(array), from: handle, damaged) }
        if state.best != nil {
            var values = [Float](repeating: 0, count: count)
            try values.withUnsafeMutableBytes { try fill($0, from: handle, damaged) }
            state.best?.values = values
        }
        return state
    }

    /// What a snapshot says of itself.
    ///
    /// - Throws: ``TrainingError`` for a file that is damaged.
    static func header(_ path: String) throws -> JSONValue {
        try readHeader(FileHandle(readingFrom: path), path).header
    }

    private static func damaged(_ path: String) -> TrainingError {
        TrainingError("\(path): not a whole training snapshot", hint: "remove it to begin from the first step")
    }

    /// The header, its length and the file's size.
    private static func readHeader(
        _ handle: FileHandle, _ path: String
    ) throws -> (header: JSONValue, length: Int, size: Int) {
        let size = Int(try handle.seekToEnd())
        try handle.seek(toOffset: 0)
        guard size >= 16, let start = try handle.read(upToCount: 16), start.count == 16, Array(start[0..<8]) == magic
        else { throw damaged(path) }
        let length = start[8..<16].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(size - 16), let text = try handle.read(upToCount: Int(length)),
            text.count == Int(length)
        else { throw damaged(path) }
        do { return (try JSONValue(parsing: text), Int(length), size) } catch { throw damaged(path) }
    }

    private static func fill(
        _ target: UnsafeMutableRawBufferPointer, from handle: FileHandle, _ damaged: TrainingError
    ) throws {
        var place = 0
        while place < target.count {
            guard let bytes = try handle.read(upToCount: min(piece, target.count - place)), !bytes.isEmpty else {
                throw damaged
            }
            UnsafeMutableRawBufferPointer(rebasing: target[place...]).copyBytes(from: bytes)
            place += bytes.count
        }
    }

    /// - Throws: ``TrainingError`` that names every difference, of the recipe every key.
    private static func checkIdentity(
        _ header: JSONValue, _ identity: RunIdentity, _ recipe: JSONValue, _ path: String
    ) throws {
        let differences = differences(header, identity, recipe)
        if differences.isEmpty { return }
        throw TrainingError(
            "\(path): snapshot of another run: \(differences.joined(separator: "; "))",
            hint: "train without --resume, or give the run its own --snapshot-dir")
    }

    /// What a snapshot's run is made of that another one is not; empty where they are the same run.
    static func differences(_ header: JSONValue, _ identity: RunIdentity, _ recipe: JSONValue) -> [String] {
        identity.fields.filter { (header[$0.name]?.stringValue ?? "none") != $0.value }.map { field in
            var part = "\(field.name) \(header[field.name]?.stringValue ?? "none"), expected \(field.value)"
            let keys = (recipe.objectValue?.members ?? []).filter {
                header["recipe_keys"]?[$0.key]?.serialized() != $0.value.serialized()
            }
            if field.name == "recipe", !keys.isEmpty {
                let changes = keys.map { key in
                    "\(key.key) \(header["recipe_keys"]?[key.key]?.serialized() ?? "none"), expected "
                        + key.value.serialized()
                }
                part += " (\(changes.joined(separator: "; ")))"
            }
            return part
        }
    }
}

extension TrainingState {
    /// What a snapshot's header says of the state.
    fileprivate var json: JSONObject {
        var header = JSONObject([
            (key: "step", value: .integer(step)), (key: "rate_factor", value: .number(rateFactor)),
            (key: "rollbacks", value: .integer(rollbacks)), (key: "good_step", value: .integer(goodStep)),
            (key: "stale_validations", value: .integer(staleValidations)),
            (key: "stopped_early", value: .bool(hasStoppedEarly)),
        ])
        if let bestCriterion { header["best_criterion"] = .number(bestCriterion) }
        if let best {
            header["best"] = [
                "step": .integer(best.step), "agreement": .number(best.agreement), "loss": .number(best.loss),
            ]
        }
        return header
    }

    /// The state of a header; nil where something is missing.
    fileprivate init?(json: JSONValue) {
        guard let step = json["step"]?.integerValue, let factor = json["rate_factor"]?.doubleValue,
            let rollbacks = json["rollbacks"]?.integerValue, let good = json["good_step"]?.integerValue,
            let stale = json["stale_validations"]?.integerValue, let early = json["stopped_early"]?.boolValue
        else { return nil }
        self.init(
            step: step, rateFactor: factor, rollbacks: rollbacks, goodStep: good, staleValidations: stale,
            bestCriterion: json["best_criterion"]?.doubleValue, hasStoppedEarly: early)
        guard let best = json["best"] else { return }
        guard let bestStep = best["step"]?.integerValue, let agreement = best["agreement"]?.doubleValue,
            let loss = best["loss"]?.doubleValue
        else { return nil }
        self.best = Best(step: bestStep, agreement: agreement, loss: loss, values: [])
    }
}
