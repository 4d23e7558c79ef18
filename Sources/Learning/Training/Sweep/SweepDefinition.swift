import Adapters
import Foundation
public import JSON
import Randomness
public import Storage

/// Which recipes a sweep tries: `sweep.yaml`, written by a person, read strictly.
///
/// `Documentation/Formats/Sweep.md` describes the keys.
public struct SweepDefinition: Sendable, Hashable {
    /// One recipe to try.
    public struct Trial: Sendable, Hashable {
        public var number: Int
        /// The keys that the sweep varies, with this trial's values.
        public var changes: JSONObject
        public var recipe: AdapterRecipe
        /// The recipe as a file: one key a line.
        public var text: String
    }

    public let trials: [Trial]
    /// Of how many trials one goes on to the next round.
    public let reduction: Int
    /// Of a choice among the trials.
    private let seed: UInt64
    /// What the definition and the recipe under it amount to.
    public let digest: ContentDigest

    /// - Parameter recipe: the path of the recipe that the trials have in common; nil for the defaults.
    /// - Throws: `ConfigurationError` with every problem of the file, or of the first recipe that is not valid.
    public init(path: String, recipe: String?) throws {
        try self.init(
            file: ConfigurationFile(path: path),
            common: try recipe.map { try SweepDefinition.keys(of: $0) } ?? JSONObject())
    }

    /// - Parameters:
    ///   - path: what messages call the text.
    ///   - common: the keys that the trials have in common.
    package init(text: String, path: String, common: JSONObject = JSONObject()) throws {
        try self.init(file: ConfigurationFile(text: text, path: path), common: common)
    }

    /// What a recipe's file says, once it is known to be valid.
    private static func keys(of path: String) throws -> JSONObject {
        _ = try AdapterRecipe(path: path)
        let root = try ConfigurationFile(path: path).root
        return JSONObject(root.keys.map { (key: $0, value: root.json($0) ?? .null) })
    }

    /// The JSON Schema of `sweep.yaml`.
    public static func schema() throws -> JSONValue {
        try ConfigurationFile.schema(title: "sweep.yaml") { _ = try SweepDefinition(file: $0, common: JSONObject()) }
    }

    private init(file: ConfigurationFile, common: JSONObject) throws {
        let root = file.root
        var axes: [(key: String, values: [JSONValue])] = []
        for member in AdapterRecipe().json.objectValue?.members ?? [] {
            guard let value = root.json(member.key, as: ["type": "array", "minItems": 1]) else { continue }
            let values = value.arrayValue ?? []
            if values.isEmpty {
                root.report(member.key, found: "no list of values", expected: "a list such as [1e-3, 3e-3]")
            }
            axes.append((member.key, values))
        }
        if axes.isEmpty { root.report("learning_rate", found: "nothing to vary", expected: "some key with a list") }
        var random: (trials: Int, seed: UInt64)?
        if root.has("random") {
            let section = root.section("random")
            random = (
                section.integer("trials", in: 1...SweepDefinition.mostTrials),
                UInt64(section.integer("seed", default: 1, in: 0...Int.max))
            )
        }
        let section = root.section("halving", isRequired: false)
        reduction = section.integer("reduction", default: 3, in: 2...100)
        let count = axes.reduce(1.0) { $0 * Double($1.values.count) }
        let most = random == nil ? SweepDefinition.mostTrials : SweepDefinition.mostCombinations
        if count > Double(most) {
            root.report(
                "random.trials", found: "\(Int(min(count, 1e15))) combinations",
                expected: random == nil ? "at most \(most), or a number of random trials" : "at most \(most)")
        }
        try file.finish()

        seed = random?.seed ?? 1
        var combinations = Array(0..<Int(count))
        if let random, random.trials < combinations.count {
            var generator = SplitMix64(seed: seed, stream: 1 << 40)
            combinations = generator.permutation(combinations.count).prefix(random.trials).sorted()
        }
        trials = try combinations.enumerated().map { index, combination in
            let changes = SweepDefinition.combination(combination, of: axes)
            var keys = common
            for change in changes.members { keys[change.key] = change.value }
            // JSON is YAML.
            let text = keys.members.map { "\($0.key): \($0.value.serialized())\n" }.joined()
            return Trial(
                number: index + 1, changes: changes,
                recipe: try AdapterRecipe(text: text, path: "\(file.path): trial \(index + 1)"), text: text)
        }
        digest = ContentDigest(of: trials.map { $0.recipe.digest.description }.joined() + "\(reduction)")
    }

    /// The trials in random order: so many of the first stand for all.
    var shuffledTrials: [Trial] {
        var generator = SplitMix64(seed: seed, stream: 1 << 41)
        return generator.permutation(trials.count).map { trials[$0] }
    }

    private static let mostTrials = 10_000
    private static let mostCombinations = 1_000_000

    /// A combination by its number, the last key changing fastest.
    private static func combination(_ number: Int, of axes: [(key: String, values: [JSONValue])]) -> JSONObject {
        var rest = number
        var members: [(key: String, value: JSONValue)] = []
        for axis in axes.reversed() {
            members.insert((axis.key, axis.values[rest % axis.values.count]), at: 0)
            rest /= axis.values.count
        }
        return JSONObject(members)
    }
}
