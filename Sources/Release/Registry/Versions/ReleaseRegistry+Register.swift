public import Foundation
import GRDB
import JSON
import Storage

extension ReleaseRegistry {
    /// Keeps the artifact and its evidence in the content store, then writes one record in one transaction.
    ///
    /// What says nothing new is registered once: a second call, or one after a crash anywhere in the first, gives the
    /// record that exists. A call that says something else of the same artifact, its kind or its task for one, makes a
    /// new version, since a version never changes.
    ///
    /// - Returns: the record, and whether it is new.
    /// - Throws: ``RegistryError`` of kind `refused` when the evaluation is of another artifact, base, task or dataset.
    public func register(
        _ registration: Registration, now: Date = Date()
    ) throws -> (version: RegistryVersion, isNew: Bool) {
        try RegistryName.check(registration.name, as: "name")
        try HistoryWords.check(registration.by, as: "by")
        try HistoryWords.check(registration.note, as: "note")
        let artifact = try ContentDigest(ofFile: registration.artifact)
        let report = try registration.evaluation.map(Self.evidence)
        if let report, ![artifact, registration.source].contains(report.artifact) {
            let own = registration.source.map { "\($0), that of the folder" } ?? "\(artifact)"
            throw RegistryError(
                .refused,
                "the evaluation is of another artifact: \(report.artifact), expected \(own), "
                    + "the digest of \(registration.artifact)",
                hint: "evaluate the very file that is registered: retort-evaluate")
        }
        func agreed(_ what: String, _ given: ContentDigest?, _ reported: ContentDigest?) throws -> ContentDigest? {
            if let given, let reported, given != reported {
                throw RegistryError(
                    .refused, "the evaluation used another \(what): \(reported), expected \(given)",
                    hint: "evaluate with what is registered: retort-evaluate")
            }
            return given ?? reported
        }
        let base = try agreed("base", registration.base, report?.base)
        // What a task means, and not a file's bytes, which change with its comments.
        let task = try agreed("task", try registration.task.map(lineage), report?.task)
        if let definition = report?.taskDefinition { try store.put(definition) }
        let dataset = try agreed("dataset", try registration.dataset.map(lineage), report?.dataset)
        let record = RegistryVersion(
            version: 0, name: registration.name, kind: registration.kind,
            artifact: try keep(registration.artifact, expecting: artifact), source: registration.source,
            base: base, baseFile: try registration.baseFile.map(ContentDigest.init(ofFile:)), dataset: dataset,
            task: task,
            evaluation: try registration.evaluation.map { try keep($0) }, passed: report?.passed,
            recipe: try registration.recipe.map(lineage), note: registration.note,
            created: Timestamp.rounded(now), createdBy: registration.by)
        return try change { database, _ in try Self.insertUnlessThere(record, database) }
    }

    private static func insertUnlessThere(
        _ draft: RegistryVersion, _ database: Database
    ) throws -> (version: RegistryVersion, isNew: Bool) {
        let existing = try versions(database, draft.name)
        if let twin = existing.first(where: { $0.says(all: draft) }) { return (twin, false) }
        var record = draft
        record.version = (existing.last?.version ?? 0) + 1
        try insert(record, database)
        try append(database) { sequence, previous in
            HistoryEntry(
                sequence: sequence, time: record.created, by: record.createdBy, action: .register,
                name: record.name, newVersion: record.version, artifact: record.artifact,
                record: record.recordDigest, evaluation: record.evaluation, passed: record.passed,
                reason: record.note, previous: previous)
        }
        return (record, true)
    }

    /// Keeps a copy in the store. A copy that is there but damaged is replaced by the good one at hand.
    private func keep(_ path: String, expecting known: ContentDigest? = nil) throws -> ContentDigest {
        let digest = try known ?? ContentDigest(ofFile: path)
        let target = store.path(of: digest)
        if store.contains(digest), try ContentDigest(ofFile: target) != digest {
            try AtomicFile.write(to: target) { handle in
                let source = try FileHandle(readingFrom: path)
                while let piece = try source.read(upToCount: 1 << 20), !piece.isEmpty {
                    try handle.writeAll(piece)
                }
            }
        }
        let kept = try store.put(file: path)
        guard kept == digest else {
            throw StorageError(.input, "\(path) changed while it was registered", hint: "run it again")
        }
        return kept
    }

    private static func evidence(path: String) throws -> EvaluationEvidence {
        let bytes = try FileHandle(readingFrom: path).readToEnd() ?? Data()
        return try EvaluationEvidence(json: bytes, source: path)
    }

    /// The digest that a source stands for. A manifest names the version it describes; any other file is itself.
    private func lineage(_ source: Registration.Source) throws -> ContentDigest {
        switch source {
        case .digest(let digest): return digest
        case .content(let bytes): return try store.put(bytes)
        case .file(let path):
            let digest = try keep(path)
            guard path.hasSuffix(".json") else { return digest }
            let bytes = try FileHandle(readingFrom: path).readToEnd() ?? Data()
            do {
                return try JSONValue(parsing: bytes)["digest"]?.stringValue.flatMap(ContentDigest.init) ?? digest
            } catch {
                throw RegistryError(.input, "\(path): \(error.description)")
            }
        }
    }
}
