import Foundation
import JSON
public import Storage

/// An immutable snapshot to train and to evaluate on: a folder of three splits and their manifest.
public struct DatasetVersion: Sendable {
    public static let manifestName = "manifest.json"

    /// The folder.
    public let path: String
    public let manifest: DatasetManifest
    /// Where a version that was just written lies by its digest, for good.
    public internal(set) var keptPath: String?
    /// Where the version lies whose place it took; nil where there was none.
    public internal(set) var previousPath: String?

    public var digest: ContentDigest { manifest.digest }

    /// Opens a folder that `retort-curate` wrote. The splits are verified when they are read.
    ///
    /// - Throws: ``DatasetError`` for a manifest that is none or was changed, `StorageError` for a missing one.
    public init(path: String) throws {
        self.path = path
        let file = "\(path)/\(DatasetVersion.manifestName)"
        let text = try FileHandle(readingFrom: file).readToEnd() ?? Data()
        let json: JSONValue
        do { json = try JSONValue(parsing: text) } catch { throw DatasetError("\(file): \(error)") }
        manifest = try DatasetManifest(json: json, path: file)
    }

    public func path(of split: Split) -> String { "\(path)/\(split.fileName)" }

    /// The rows of a split, verified against the manifest; empty where the split is.
    public func rows(_ split: Split) throws -> [DatasetRow] {
        let file = path(of: split)
        let found = try ContentDigest(ofFile: file)
        guard let expected = manifest.splits[split]?.digest, found == expected else {
            throw DatasetError(
                "\(file) was changed: its digest is \(found), expected "
                    + (manifest.splits[split]?.digest.description ?? "none"), hint: "run retort-curate again")
        }
        return try ExampleFile.read(file) { json, _ throws(ExampleError) in try DatasetRow(json: json) }
    }
}
