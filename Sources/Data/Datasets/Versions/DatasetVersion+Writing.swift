import Foundation
import JSON
public import Storage
public import Tasks

extension DatasetVersion {
    /// Writes what a curation came to: into the content store, into the database, into the workspace's own folder of
    /// this version, and as a folder of plain files that appears whole or not at all. Writing the same again changes
    /// nothing.
    ///
    /// Versions stay: a version that `path` held until then is kept in the workspace's folder of that version, unless it
    /// lies there already.
    ///
    /// - Throws: ``DatasetError`` when `path` is there and is not a dataset version.
    @discardableResult
    public static func write(
        _ curation: Curation, task: TaskDefinition, to path: String, in workspace: Workspace
    ) throws -> DatasetVersion {
        try checkReplaceable(path)
        let files = Split.allCases.reduce(into: [Split: [UInt8]]()) { files, split in
            files[split] = JSONLines.bytes((curation.rows[split] ?? []).lazy.map(\.json))
        }
        let manifest = DatasetManifest(curation, task, files: files)
        let text = manifest.json.serialized(.pretty) + "\n"
        for bytes in files.values { try workspace.store.put(Data(bytes)) }
        let stored = try workspace.store.put(Data(text.utf8))
        try DatasetStore(workspace).add(manifest, stored: stored, rows: curation.rows, labels: curation.labels)
        let kept = folder(of: manifest.digest, in: workspace)
        let previous = try keep(path, unless: manifest.digest, in: workspace)
        for place in [kept, path] where place == path || !FileManager.default.fileExists(atPath: place) {
            try AtomicDirectory.replace(place, mark: manifestName) { directory in
                for (split, bytes) in files {
                    try AtomicFile.write(bytes, to: "\(directory)/\(split.fileName)", isPrivate: true)
                }
                try AtomicFile.write(text, to: "\(directory)/\(manifestName)")
            }
        }
        var version = try DatasetVersion(path: path)
        version.keptPath = kept
        version.previousPath = previous
        return version
    }

    /// Where a workspace keeps a version for good.
    private static func folder(of digest: ContentDigest, in workspace: Workspace) -> String {
        workspace.path("datasets/\(digest.hex)")
    }

    /// Keeps the version that lies at a path, unless it is the given one; says where.
    private static func keep(_ path: String, unless digest: ContentDigest, in workspace: Workspace) throws -> String? {
        let manifest = "\(path)/\(manifestName)"
        guard FileManager.default.fileExists(atPath: manifest) else { return nil }
        let previous: ContentDigest
        do {
            previous = try DatasetVersion(path: path).digest
        } catch {
            // Whatever it is now, somebody may miss it.
            previous = try ContentDigest(ofFile: manifest)
        }
        guard previous != digest else { return nil }
        let place = folder(of: previous, in: workspace)
        guard !FileManager.default.fileExists(atPath: place) else { return place }
        try AtomicDirectory.replace(place, mark: manifestName) { directory in
            for name in try FileManager.default.contentsOfDirectory(atPath: path) {
                let file = try FileHandle(readingFrom: "\(path)/\(name)")
                defer { try? file.close() }
                try AtomicFile.write(to: "\(directory)/\(name)", isPrivate: true) { target in
                    while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { try target.writeAll(piece) }
                }
            }
        }
        return place
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
