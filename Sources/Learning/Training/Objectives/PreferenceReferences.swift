import Foundation
import JSON
import Storage

/// What the reference model thinks of every pair of a run: the file `references.json` beside the snapshot.
struct PreferenceReferences: Sendable {
    var training: [PreferencePair.Reference] = []
    var validation: [PreferencePair.Reference] = []

    init(training: [PreferencePair.Reference] = [], validation: [PreferencePair.Reference] = []) {
        self.training = training
        self.validation = validation
    }

    /// Those of a model that finds all answers equally good, for every pair.
    static func neutral(training: TrainingSet, validation: TrainingSet?) -> PreferenceReferences {
        func references(_ set: TrainingSet?) -> [PreferencePair.Reference] {
            (set?.conversations ?? []).map { _ in PreferencePair.Reference(chosen: 0, rejected: 0) }
        }
        return PreferenceReferences(training: references(training), validation: references(validation))
    }

    /// Reads the file; nil where there is none, or where it belongs to another run or is damaged and is made again.
    init?(path: String, _ identity: RunIdentity) throws {
        guard FileManager.default.fileExists(atPath: path),
            let data = try FileHandle(readingFrom: path).readToEnd(), let json = try? JSONValue(parsing: data)
        else { return nil }
        for field in identity.fields where json[field.name]?.stringValue != field.value { return nil }
        func references(_ key: String) -> [PreferencePair.Reference]? {
            let list = json[key]?.arrayValue ?? []
            let read = list.compactMap { entry -> PreferencePair.Reference? in
                guard let pair = entry.arrayValue?.compactMap(\.doubleValue), pair.count == 2 else { return nil }
                return PreferencePair.Reference(chosen: pair[0], rejected: pair[1])
            }
            return read.count == list.count ? read : nil
        }
        guard let training = references("training_pairs"), let validation = references("validation_pairs") else {
            return nil
        }
        self.init(training: training, validation: validation)
    }

    func write(to path: String, _ identity: RunIdentity) throws {
        var object = JSONObject()
        for field in identity.fields { object[field.name] = .string(field.value) }
        for (key, list) in [("training_pairs", training), ("validation_pairs", validation)] {
            object[key] = .array(list.map { [.number($0.chosen), .number($0.rejected)] })
        }
        try AtomicFile.write(JSONValue.object(object).serialized() + "\n", to: path)
    }
}

extension TrainingSet {
    /// A pair of a set of preferences, with what the reference model thinks of it.
    func pair(_ index: Int, _ references: [PreferencePair.Reference]) -> PreferencePair {
        PreferencePair(
            chosen: conversations[index][0], rejected: conversations[index][1], reference: references[index])
    }
}
