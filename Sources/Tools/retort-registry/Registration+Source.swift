import Adapters
import Datasets
import Foundation
import JSON
import Registry
import Storage
import Training

/// What was made from, read before it is named as lineage.
extension Registration.Source {
    /// - Parameter dataset: a digest, a manifest's file, or the folder of a dataset version.
    init(dataset: String) throws {
        if let digest = ContentDigest(dataset) {
            self = .digest(digest)
            return
        }
        var isFolder: ObjCBool = false
        let path =
            FileManager.default.fileExists(atPath: dataset, isDirectory: &isFolder) && isFolder.boolValue
            ? "\(dataset)/\(DatasetVersion.manifestName)" : dataset
        let bytes = try FileHandle(readingFrom: path).readToEnd() ?? Data()
        let json: JSONValue
        do { json = try JSONValue(parsing: bytes) } catch {
            throw DatasetError("\(path): \(error.description), expected a dataset's manifest")
        }
        _ = try DatasetManifest(json: json, path: path)
        self = .file(path)
    }

    /// - Parameter recipe: a digest, or an adapter.yaml.
    init(recipe: String) throws {
        if ContentDigest(recipe) == nil { _ = try AdapterRecipe(path: recipe) }
        self = Registration.Source(recipe)
    }
}
