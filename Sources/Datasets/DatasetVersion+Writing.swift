import Conversations
import Foundation
public import Storage

extension DatasetVersion {
    /// Writes what a curation came to: into the content store, into the database, and as a folder of plain files that
    /// appears whole or not at all. Writing the same again changes nothing.
    ///
    /// - Throws: ``DatasetError`` when `path` is there and is not a dataset version.
    @discardableResult
    public static func write(
        _ curation: Curation, task: Task, to path: String, in workspace: Workspace
    ) throws -> DatasetVersion {
        try checkReplaceable(path)
        let files = Split.allCases.reduce(into: [Split: [UInt8]]()) { files, split in
            files[split] = JSONLines.bytes((curation.rows[split] ?? []).lazy.map(\.json))
        }
        let manifest = DatasetManifest(curation, task, files: files)
        let text = manifest.json.serialized(.pretty) + "\n"
        for bytes in files.values { try workspace.store.put(Data(bytes)) }
        let stored = try workspace.store.put(Data(text.utf8))
        try DatasetStore(workspace).add(manifest, stored: stored, rows: curation.rows)
        try AtomicDirectory.replace(path, mark: manifestName) { directory in
            for (split, bytes) in files { try AtomicFile.write(bytes, to: "\(directory)/\(split.fileName)") }
            try AtomicFile.write(text, to: "\(directory)/\(manifestName)")
        }
        return try DatasetVersion(path: path)
    }

    /// A folder is only replaced by a dataset when it held one, or nothing.
    private static func checkReplaceable(_ path: String) throws {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return }
        let names = isDirectory.boolValue ? (try? FileManager.default.contentsOfDirectory(atPath: path)) : nil
        let own = Set(Split.allCases.map(\.fileName) + [manifestName])
        guard let names, names.allSatisfy(own.contains) else {
            throw DatasetError(
                "cannot write \(path): it holds other things, expected a dataset version or nothing",
                hint: "give --output another folder")
        }
    }
}
