import Foundation
import Tokenizers

/// The recorded references beside the checkout; tests that need them are skipped where they are not there.
enum Fixtures {
    static let shared = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared")
    static var arePresent: Bool { FileManager.default.fileExists(atPath: root.path) }
    static let root = shared.appending(path: "fixtures")
    static func model(_ name: String) -> String { root.appending(path: "models/\(name).gguf").path }
    static func sharedModel(_ name: String) -> String { shared.appending(path: "models/\(name).gguf").path }

    /// Recorded logits of some prompts.
    struct Recording: Decodable {
        struct Array: Decodable {
            var file: String
            var offset: Int
            var nbytes: Int
            var shape: [Int]
        }

        struct Prompt: Decodable {
            var ids: [TokenID]
            var first_position: Int
            var hf: Array?
            var llamacpp: Array?
            var llamacpp_half: Array?
            var llamacpp_dequant: Array?
        }

        var vocab_size: Int
        var prompts: [Prompt]
    }

    static func recording(_ path: String) throws -> Recording {
        try JSONDecoder().decode(Recording.self, from: Data(contentsOf: root.appending(path: path)))
    }

    /// The numbers of an array in the folder of its index.
    static func floats(_ array: Recording.Array, folder: String) throws -> [Float] {
        let data = try Data(contentsOf: root.appending(path: folder).appending(path: array.file))
        return data[array.offset..<array.offset + array.nbytes].withUnsafeBytes { bytes in
            (0..<array.nbytes / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }
}

/// The largest absolute difference; infinite where the counts differ or a number is not finite.
func distance(_ left: some Collection<Float>, _ right: some Collection<Float>) -> Float {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).reduce(0) { worst, pair in
        let difference = abs(pair.0 - pair.1)
        return difference.isFinite ? max(worst, difference) : .infinity
    }
}
