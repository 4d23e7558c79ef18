public import Foundation

/// The recorded references in `../shared/fixtures`. Tests that need them have the trait `.needsFixtures`.
public enum Fixtures {
    public static let root = Checkout.shared.appending(path: "fixtures")

    public static func path(_ name: String) -> String { root.appending(path: name).path }

    public static func data(_ name: String) throws -> Data { try Data(contentsOf: root.appending(path: name)) }

    /// Little-endian float32 at a place of a raw array file; `offset` is in bytes.
    public static func floats(_ name: String, offset: Int, count: Int) throws -> [Float] {
        let data = try data(name)
        return [Float](littleEndian: data[offset..<offset + 4 * count])
    }
}

extension [Float] {
    /// The numbers of raw little-endian float32 data.
    public init(littleEndian data: Data) {
        self = data.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }
}
