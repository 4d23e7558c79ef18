import Foundation

/// What a linear classifier sees of a text: words, pairs of words and pieces of words, weighted by TF-IDF.
///
/// Two blocks stand side by side, each scaled to length 1: word 1- and 2-grams (words of two or more characters), and
/// character 3- to 5-grams within words, a space on both sides counted. Frequencies are damped, `1 + ln(tf)`, and
/// multiplied by `ln((1 + n) / (1 + df)) + 1`, as scikit-learn's `TfidfVectorizer` has it.
public struct TextFeatures: Sendable {
    /// Places and weights of the features that are not 0.
    public struct Vector: Sendable {
        public var places: [Int32]
        public var weights: [Float]
    }

    private let words: Vocabulary
    private let pieces: Vocabulary

    public var count: Int { words.count + pieces.count }

    /// Learns which features there are, and how telling each is.
    public init(_ texts: [String]) {
        let lowered = texts.map { $0.lowercased() }
        words = Vocabulary(lowered.map(TextFeatures.words))
        pieces = Vocabulary(lowered.map(TextFeatures.pieces))
    }

    /// The features of a text; what was never seen in training is left out.
    public func vector(_ text: String) -> Vector {
        let lowered = text.lowercased()
        var vector = words.vector(TextFeatures.words(lowered), offset: 0)
        let second = pieces.vector(TextFeatures.pieces(lowered), offset: words.count)
        vector.places += second.places
        vector.weights += second.weights
        return vector
    }

    /// The hashes of words and of pairs of neighboring words.
    private static func words(_ text: String) -> [UInt64] {
        var words: [UInt64] = []
        var word = FeatureHash()
        var length = 0
        func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
        for scalar in text.unicodeScalars {
            if isWordPart(scalar) {
                word.add(scalar)
                length += 1
            } else if length > 0 {
                if length > 1 { words.append(word.value) }
                word = FeatureHash()
                length = 0
            }
        }
        if length > 1 { words.append(word.value) }
        return words + zip(words, words.dropFirst()).map { FeatureHash.pair($0, $1) }
    }

    /// The hashes of character n-grams inside words; a word that is shorter than n counts once as a whole.
    private static func pieces(_ text: String) -> [UInt64] {
        var pieces: [UInt64] = []
        for word in text.unicodeScalars.split(whereSeparator: \.properties.isWhitespace) {
            let padded: [Unicode.Scalar] = [" "] + word + [" "]
            for length in 3...5 {
                for start in 0...max(0, padded.count - length) {
                    var hash = FeatureHash()
                    for scalar in padded[start..<min(start + length, padded.count)] { hash.add(scalar) }
                    pieces.append(hash.value)
                }
                if padded.count <= length { break }
            }
        }
        return pieces
    }
}

/// FNV-1a over scalars; 64 bits make two features of one language meet about never.
private struct FeatureHash {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ scalar: Unicode.Scalar) {
        value = (value ^ UInt64(scalar.value)) &* 0x100_0000_01B3
    }

    static func pair(_ first: UInt64, _ second: UInt64) -> UInt64 {
        (first ^ 0x9E37_79B9_7F4A_7C15) &* 0x100_0000_01B3 &+ second.byteSwapped
    }
}

/// The features of one block and their inverse document frequencies.
private struct Vocabulary: Sendable {
    private let places: [UInt64: Int32]
    private let inverseFrequencies: [Float]

    var count: Int { inverseFrequencies.count }

    init(_ documents: [[UInt64]]) {
        var places: [UInt64: Int32] = [:]
        var frequencies: [Int] = []
        for document in documents {
            for feature in Set(document).sorted() {
                if let place = places[feature] {
                    frequencies[Int(place)] += 1
                } else {
                    places[feature] = Int32(frequencies.count)
                    frequencies.append(1)
                }
            }
        }
        self.places = places
        let total = Double(documents.count)
        inverseFrequencies = frequencies.map { Float(log((1 + total) / (1 + Double($0))) + 1) }
    }

    func vector(_ document: [UInt64], offset: Int) -> TextFeatures.Vector {
        var counts: [Int32: Int] = [:]
        for feature in document {
            if let place = places[feature] { counts[place, default: 0] += 1 }
        }
        let sorted = counts.sorted { $0.key < $1.key }
        var weights = sorted.map { Float(1 + log(Double($0.value))) * inverseFrequencies[Int($0.key)] }
        let length = weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
        if length > 0 { for place in weights.indices { weights[place] /= length } }
        return TextFeatures.Vector(places: sorted.map { $0.key + Int32(offset) }, weights: weights)
    }
}
