import Foundation
import TestSupport
import Tokenizers

/// Recorded logits, and the models that they are of.
extension Fixtures {
    static func model(_ name: String) -> String { path("models/\(name).gguf") }

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
        try JSONDecoder().decode(Recording.self, from: data(path))
    }

    /// The numbers of an array in the folder of its index.
    static func floats(_ array: Recording.Array, folder: String) throws -> [Float] {
        try floats("\(folder)/\(array.file)", offset: array.offset, count: array.nbytes / 4)
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
