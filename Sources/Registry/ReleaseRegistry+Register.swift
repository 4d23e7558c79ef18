import Conversations
public import Foundation
import GRDB
import Storage

extension ReleaseRegistry {
    /// Keeps the artifact and its evidence in the content store, then writes one record in one transaction.
    ///
    /// The same artifact with the same evaluation, base, task and kind is registered once: a second call, or one after a
    /// crash anywhere in the first, gives the record that exists.
    ///
    /// - Returns: the record, and whether it is new.
    /// - Throws: ``RegistryError`` of kind `refused` when the evaluation is of another artifact or base.
    public func register(
        _ registration: Registration, now: Date = Date()
    ) throws -> (version: RegistryVersion, isNew: Bool) {
        try RegistryName.check(registration.name, as: "name")
        let artifact = try ContentDigest(ofFile: registration.artifact)
        let report = try registration.evaluation.map(Self.evidence)
        if let report, report.artifact != artifact {
            throw RegistryError(
                .refused,
                "the evaluation is of another artifact: \(report.artifact), expected \(artifact), "
                    + "the digest of \(registration.artifact)",
                hint: "evaluate the very file that is registered: retort-evaluate")
        }
        if let reported = report?.base, let given = registration.base, reported != given {
            throw RegistryError(.refused, "the evaluation used another base: \(reported), expected \(given)")
        }
        let record = RegistryVersion(
            version: 0, name: registration.name, kind: registration.kind,
            artifact: try keep(registration.artifact, expecting: artifact),
            base: registration.base ?? report?.base,
            baseFile: try registration.baseFile.map(ContentDigest.init(ofFile:)),
            dataset: try registration.dataset.map(lineage),
            task: try task(registration, report),
            evaluation: try registration.evaluation.map { try keep($0) }, passed: report?.passed,
            recipe: try registration.recipe.map(lineage), note: registration.note,
            created: Timestamp.rounded(now), createdBy: registration.by)
        return try write { try Self.insertUnlessThere(record, $0) }
    }

    /// The digest of the task that the version answers; the task itself is kept in the store where it is at hand.
    private func task(
        _ registration: Registration, _ report: EvaluationEvidence?
    ) throws -> ContentDigest? {
        if let definition = report?.taskDefinition { try store.put(definition) }
        let given = try registration.task.map(lineage)
        // The report names what the task means; a file's digest also changes with its comments.
        guard let measured = report?.task else { return given }
        if case .content? = registration.task, let given, given != measured {
            throw RegistryError(
                .refused, "the evaluation measured another task: \(measured), expected \(given)",
                hint: "evaluate with the task that is registered: retort-evaluate --task")
        }
        return measured
    }

    private static func insertUnlessThere(
        _ draft: RegistryVersion, _ database: Database
    ) throws -> (version: RegistryVersion, isNew: Bool) {
        let existing = try versions(database, draft.name)
        let twin = existing.first {
            $0.artifact == draft.artifact && $0.evaluation == draft.evaluation && $0.base == draft.base
                && $0.task == draft.task && $0.kind == draft.kind
        }
        if let twin { return (twin, false) }
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
