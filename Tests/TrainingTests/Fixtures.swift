import Foundation
import JSON
import PlainText
import TestSupport
import Training

extension Fixtures {
    /// A moment, where none matters.
    static let someDay = LocalTime(Date(timeIntervalSince1970: 0), in: .gmt)

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: data(name))
    }
}

extension JSONValue {
    /// An array of whole numbers.
    var integers: [Int] { arrayValue?.compactMap(\.integerValue) ?? [] }

    /// A fixture's example: `ids` and `mask`, and `teacher` where it has one.
    var example: TrainingExample {
        let mask = self["mask"]?.integers ?? []
        let stored = zip(
            self["teacher"]?["ids"]?.arrayValue ?? [], self["teacher"]?["logprobs"]?.arrayValue ?? []
        ).map { ids, logs in
            TokenDistribution(
                tokens: ids.integers.map { Int32($0) },
                logProbabilities: (logs.arrayValue ?? []).map { Float($0.doubleValue ?? .nan) })
        }
        return TrainingExample(
            tokens: (self["ids"]?.integers ?? []).map { Int32($0) }, weights: mask.map { Float($0) },
            teacher: Dictionary(uniqueKeysWithValues: zip(mask.indices.filter { mask[$0] == 1 }, stored)))
    }

    /// An example with `ids`, `weights`, and `teacher` by place.
    var weightedExample: TrainingExample {
        let stored = (self["teacher"]?.objectValue?.members ?? []).compactMap { place, json in
            Int(place).map { place in
                let logs = (json["logprobs"]?.arrayValue ?? []).map { Float($0.doubleValue ?? .nan) }
                let ids = json["ids"]?.integers ?? []
                return (place, TokenDistribution(tokens: ids.map { Int32($0) }, logProbabilities: logs))
            }
        }
        return TrainingExample(
            tokens: (self["ids"]?.integers ?? []).map { Int32($0) },
            weights: (self["weights"]?.arrayValue ?? []).map { Float($0.doubleValue ?? .nan) },
            teacher: Dictionary(uniqueKeysWithValues: stored))
    }

    /// A fixture's `chosen` and `rejected` with what the reference model thinks of them.
    var pair: PreferencePair? {
        guard let chosen = self["chosen"]?.example, let rejected = self["rejected"]?.example else { return nil }
        return PreferencePair(
            chosen: chosen, rejected: rejected,
            reference: PreferencePair.Reference(
                chosen: self["ref_logp_chosen"]?.doubleValue ?? .nan,
                rejected: self["ref_logp_rejected"]?.doubleValue ?? .nan))
    }
}

/// The tensors of a safetensors file: an eight-byte length, a JSON header, raw bytes.
struct Safetensors {
    let tensors: [String: [Float]]

    init(_ name: String) throws {
        let data = try Fixtures.data(name)
        let length = data[0..<8].withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
        let header = try JSONValue(parsing: data[8..<(8 + length)])
        var tensors: [String: [Float]] = [:]
        for (key, value) in header.objectValue?.members ?? [] where key != "__metadata__" {
            let range = value["data_offsets"]?.integers ?? [0, 0]
            tensors[key] = [Float](littleEndian: data[(8 + length + range[0])..<(8 + length + range[1])])
        }
        self.tensors = tensors
    }
}
