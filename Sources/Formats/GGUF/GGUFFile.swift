/// A GGUF file, memory-mapped: opening it reads the header; tensors are paged in as they are touched.
///
/// Reads versions 2 and 3, little-endian. A file that is damaged or made to do harm is an error that names the field, in
/// time and memory bounded by the header's size. A model in several files (`name-00001-of-00003.gguf`) is opened by its
/// first. The format is described in `Documentation/Formats/GGUF.md`.
public final class GGUFFile: Sendable {
    public let path: String
    public let version: Int
    public let metadata: GGUFMetadata
    /// The tensors, in the order of the file.
    public let tensors: [GGUFTensorInfo]
    private let places: [String: Place]

    private struct Place: Sendable {
        let index: Int
        let mapping: GGUFMapping
        let range: Range<Int>
    }

    /// - Throws: ``GGUFError`` that names the path and the field.
    public init(path: String) throws(GGUFError) {
        let first = try GGUFHeader(path: path)
        self.path = path
        version = first.version
        metadata = first.metadata
        var tensors: [GGUFTensorInfo] = []
        var places: [String: Place] = [:]
        for part in try GGUFSplit.parts(of: first, path: path) {
            for tensor in part.tensors {
                let place = Place(index: tensors.count, mapping: part.mapping, range: tensor.range)
                guard places.updateValue(place, forKey: tensor.info.name) == nil else {
                    throw GGUFError(path: path, field: "tensor \"\(tensor.info.name)\"", problem: "in two parts")
                }
                tensors.append(tensor.info)
            }
        }
        self.tensors = tensors
        self.places = places
    }

    /// The tensor of a name, or nil.
    public func tensor(_ name: String) -> GGUFTensorInfo? { places[name].map { tensors[$0.index] } }

    /// The bytes of one of this file's tensors, in the mapping: valid while this object lives.
    ///
    /// Aligned to the file's alignment, 8 bytes at least.
    public func bytes(of tensor: GGUFTensorInfo) -> UnsafeRawBufferPointer {
        guard let place = places[tensor.name] else {
            preconditionFailure("tensor \(tensor.name) is not one of \(path)")
        }
        return UnsafeRawBufferPointer(rebasing: place.mapping.bytes[place.range])
    }

    /// Tells the system that the pages of some of a tensor's rows are not needed for now: reading them again pages them in
    /// again.
    ///
    /// Keeps the resident size of a process that goes through a large file once to a few rows.
    package func releasePages(of tensor: GGUFTensorInfo, rows: Range<Int>) {
        guard let place = places[tensor.name] else { return }
        let row = tensor.type.byteCount(elements: tensor.rowLength), start = place.range.lowerBound
        place.mapping.release(start + rows.lowerBound * row..<start + rows.upperBound * row)
    }
}
