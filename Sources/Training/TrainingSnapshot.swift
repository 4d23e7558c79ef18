import Conversations
import Foundation
import Storage

/// The file that a run resumes from. `Documentation/Formats/TrainingSnapshot.md` describes it.
enum TrainingSnapshot {
    static let magic = Array("RETORTTS".utf8)
    static let version = 1

    /// Writes the state, whole or not at all.
    static func write(_ state: TrainingState, _ identity: RunIdentity, to path: String) throws {
        let arrays = [state.values, state.moment1, state.moment2] + (state.best.map { [$0.values] } ?? [])
        var payload = ContentDigest.Accumulator()
        for array in arrays { array.withUnsafeBytes { payload.update($0) } }
        var header = JSONObject()
        header["version"] = .integer(version)
        for field in identity.fields { header[field.name] = .string(field.value) }
        header["step"] = .integer(state.step)
        header["rate_factor"] = .number(state.rateFactor)
        header["rollbacks"] = .integer(state.rollbacks)
        header["parameter_count"] = .integer(state.values.count)
        if let best = state.best {
            header["best"] = [
                "step": .integer(best.step), "agreement": .number(best.agreement), "loss": .number(best.loss),
            ]
        }
        header["payload"] = .string(payload.finish().description)
        let text = JSONValue.object(header).serializedBytes()
        try AtomicFile.write(to: path) { handle in
            try handle.writeAll(magic)
            try handle.writeAll((0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) })
            try handle.writeAll(text)
            for array in arrays { try array.withUnsafeBytes { try handle.writeAll($0) } }
        }
    }

    /// Reads the state of a run.
    ///
    /// - Throws: ``TrainingError`` for a file that is damaged, or that belongs to another run, naming what differs.
    static func read(_ path: String, _ identity: RunIdentity, parameterCount: Int) throws -> TrainingState {
        let data = try FileHandle(readingFrom: path).readToEnd() ?? Data()
        let damaged = TrainingError(
            "\(path): not a whole training snapshot", hint: "remove it to begin from the first step")
        guard data.count >= 16, Array(data[0..<8]) == magic else { throw damaged }
        let length = data[8..<16].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(data.count - 16) else { throw damaged }
        let header: JSONValue
        do { header = try JSONValue(parsing: data[16..<(16 + Int(length))]) } catch { throw damaged }
        guard header["version"]?.integerValue == version else {
            throw TrainingError(
                "\(path): snapshot of version \(header["version"]?.integerValue ?? 0), expected \(version)")
        }
        let differing = identity.fields.filter { header[$0.name]?.stringValue != $0.value }
        if !differing.isEmpty {
            let parts = differing.map {
                "\($0.name) \(header[$0.name]?.stringValue ?? "none"), expected \($0.value)"
            }
            throw TrainingError(
                "\(path): snapshot of another run: \(parts.joined(separator: "; "))",
                hint: "train without --resume, or give the run its own --snapshot-dir")
        }
        var state = TrainingState()
        guard let step = header["step"]?.integerValue, let factor = header["rate_factor"]?.doubleValue,
            let rollbacks = header["rollbacks"]?.integerValue,
            header["parameter_count"]?.integerValue == parameterCount
        else { throw damaged }
        state.step = step
        state.rateFactor = factor
        state.rollbacks = rollbacks
        let hasBest = header["best"] != nil
        let start = 16 + Int(length)
        guard data.count == start + (hasBest ? 4 : 3) * parameterCount * 4,
            header["payload"]?.stringValue == ContentDigest(of: data[start...]).description
        else { throw damaged }
        func array(_ index: Int) -> [Float] {
            data[(start + index * parameterCount * 4)...].withUnsafeBytes { bytes in
                (0..<parameterCount).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
            }
        }
        (state.values, state.moment1, state.moment2) = (array(0), array(1), array(2))
        if hasBest {
            guard let bestStep = header["best"]?["step"]?.integerValue,
                let agreement = header["best"]?["agreement"]?.doubleValue,
                let loss = header["best"]?["loss"]?.doubleValue
            else { throw damaged }
            state.best = TrainingState.Best(step: bestStep, agreement: agreement, loss: loss, values: array(3))
        }
        return state
    }
}
