/// What a file says about a tensor: name, type and shape.
public struct GGUFTensorInfo: Sendable, Hashable {
    public let name: String
    public let type: GGMLType
    /// One to four sizes in ggml's order, the fastest-running first: a matrix of `rows × columns` is `[columns, rows]`.
    public let dimensions: [Int]
    public let elementCount: Int
    /// Bytes of data, without padding.
    public let byteCount: Int

    /// The most dimensions that ggml knows.
    public static let maximumDimensions = 4
    /// The longest name in bytes: ggml keeps 64 with the terminating zero.
    public static let maximumNameLength = 63

    /// - Throws: ``GGUFError`` for a shape that does not fit its type, overflows, or has no or too many dimensions.
    public init(name: String, type: GGMLType, dimensions: [Int]) throws(GGUFError) {
        self.name = name
        self.type = type
        self.dimensions = dimensions
        (elementCount, byteCount) = try GGUFTensorInfo.sizes(name, type, dimensions)
    }

    /// Elements of one row, the run that quantization blocks subdivide.
    public var rowLength: Int { dimensions[0] }

    /// Rows in all, over the other dimensions.
    public var rowCount: Int { rowLength == 0 ? 0 : elementCount / rowLength }

    private static func sizes(
        _ name: String, _ type: GGMLType, _ dimensions: [Int]
    ) throws(GGUFError) -> (Int, Int) {
        func refuse(_ what: String, _ problem: String) -> GGUFError {
            GGUFError(path: nil, field: "tensor \"\(name)\": \(what)", problem: problem)
        }
        guard (1...maximumDimensions).contains(dimensions.count) else {
            throw refuse("dimensions", "\(dimensions.count), expected 1 to \(maximumDimensions)")
        }
        var elements = 1
        for size in dimensions {
            guard size >= 0 else { throw refuse("shape", "\(dimensions), expected sizes from 0 on") }
            let (product, overflow) = elements.multipliedReportingOverflow(by: size)
            guard !overflow else { throw refuse("shape", "\(dimensions), expected fewer than 2^63 elements") }
            elements = product
        }
        guard dimensions[0].isMultiple(of: type.blockLength) else {
            throw refuse(
                "shape", "rows of \(dimensions[0]), expected a multiple of \(type.blockLength) for \(type.name)")
        }
        let (bytes, overflow) = (elements / type.blockLength).multipliedReportingOverflow(by: type.blockByteCount)
        guard !overflow else { throw refuse("shape", "\(dimensions), expected fewer than 2^63 bytes") }
        return (elements, bytes)
    }
}
