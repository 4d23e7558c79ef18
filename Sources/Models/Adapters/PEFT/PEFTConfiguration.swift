import Foundation
import JSON
import Storage

/// PEFT's `adapter_config.json`, as far as it says what an adapter computes.
struct PEFTConfiguration {
    /// The whole file, so that it can be written again as it was.
    var json: JSONValue
    var rank: Int
    var alpha: Double
    var rankPattern: [(key: String, value: Double)]
    var alphaPattern: [(key: String, value: Double)]
    /// Whether updates are scaled by alpha / √rank (rank-stabilized LoRA, Kalajdzievski, 2023).
    var isRankStabilized: Bool
    /// The modules that have updates, and those that have none; nil where nothing is said.
    private var targets: ModuleNames?
    private var excluded: ModuleNames?
    /// The layers that have updates; nil for all.
    private var layers: [Int]?

    /// - Parameter name: what messages call the text.
    init(_ json: JSONValue, name: String) throws {
        func refuse(_ key: String, _ expected: String) -> AdapterError {
            AdapterError("\(name): \(key): \(json[key]?.serialized() ?? "missing"), expected \(expected)")
        }
        guard let object = json.objectValue else {
            throw AdapterError("\(name): \(json.kindName), expected an object, PEFT's configuration")
        }
        guard json["peft_type"]?.stringValue == "LORA" else { throw refuse("peft_type", "\"LORA\"") }
        try PEFTConfiguration.checkKeys(object, name: name)
        try PEFTConfiguration.checkInitialization(json["init_lora_weights"], name: name)
        guard json["task_type"]?.stringValue ?? "CAUSAL_LM" == "CAUSAL_LM" else {
            throw refuse("task_type", "\"CAUSAL_LM\", an adapter of a model that writes text")
        }
        guard let rank = json["r"]?.integerValue, rank > 0 else { throw refuse("r", "a whole number from 1 on") }
        guard let alpha = json["lora_alpha"]?.doubleValue, alpha > 0, Float(alpha).isFinite else {
            throw refuse("lora_alpha", "a number above 0 that single precision can hold")
        }
        self.json = json
        self.rank = rank
        self.alpha = alpha
        rankPattern = try PEFTConfiguration.pattern(json, "rank_pattern", name)
        alphaPattern = try PEFTConfiguration.pattern(json, "alpha_pattern", name)
        isRankStabilized = json["use_rslora"]?.boolValue ?? false
        targets = ModuleNames(json["target_modules"])
        excluded = ModuleNames(json["exclude_modules"])
        layers = (json["layers_to_transform"]?.arrayValue ?? json["layers_to_transform"].map { [$0] })?
            .compactMap(\.integerValue)
        if layers?.isEmpty ?? false { layers = nil }
    }

    init(path: String) throws {
        let data = try FileHandle(readingFrom: path).readToEnd() ?? Data()
        let json: JSONValue
        do {
            json = try JSONValue(parsing: data)
        } catch {
            throw AdapterError("\(path): not JSON (\(error)), expected PEFT's configuration")
        }
        try self.init(json, name: path)
    }

    /// Whether PEFT would apply a module's factors.
    ///
    /// - Throws: ``AdapterError`` for an expression that is none.
    func isTarget(_ module: String) throws -> Bool {
        let layer = module.split(separator: ".").lazy.compactMap { Int($0) }.first
        if let layers, let layer, !layers.contains(layer) { return false }
        return try targets?.names(module) ?? true && !(excluded?.names(module) ?? false)
    }

    private static func pattern(_ json: JSONValue, _ key: String, _ name: String) throws -> [(String, Double)] {
        try (json[key]?.objectValue?.members ?? []).map { pattern, value in
            guard let number = value.doubleValue, number > 0, Float(number).isFinite else {
                throw AdapterError("\(name): \(key): \(pattern): \(value.serialized()), expected a number above 0")
            }
            return (pattern, number)
        }
    }

    /// What a module's update of some rank is scaled by.
    func scale(module: String, rank: Int) throws -> Float {
        let alpha = try PEFTConfiguration.value(of: module, in: alphaPattern) ?? alpha
        return Float(isRankStabilized ? alpha / Double(rank).squareRoot() : alpha / Double(rank))
    }

    /// The rank that a module's factors must have.
    func rank(module: String) throws -> Int {
        guard let value = try PEFTConfiguration.value(of: module, in: rankPattern) else { return rank }
        guard let rank = Int(exactly: value) else {
            throw AdapterError("rank_pattern: \(value) for module \(module), expected a whole number")
        }
        return rank
    }

    /// The value of the first key that matches the end of a module's name, whole parts of it, as a regular expression.
    private static func value(of module: String, in pattern: [(key: String, value: Double)]) throws -> Double? {
        try pattern.first { try ModuleNames.matches($0.key, module, atItsEnd: true) }?.value
    }
}
