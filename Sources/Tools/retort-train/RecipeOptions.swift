import Adapters
import ArgumentParser
import PlainText
import StageInterface
import Training

/// The recipe as flags: what is typed overrides the recipe's file, and that the defaults.
struct RecipeOptions: ParsableArguments {
    private static let defaults = AdapterRecipe()

    @Option(help: ArgumentHelp("A recipe, an adapter.yaml; flags override it.", valueName: "file"))
    var recipe: String?

    @Option(
        help: ArgumentHelp(
            "The inner size of the updates. (default: \(RecipeOptions.defaults.rank))", valueName: "number"))
    var rank: Int?

    @Option(
        help: ArgumentHelp(
            "Updates are scaled by alpha / rank. (default: \(RecipeOptions.defaults.alpha))", valueName: "number"))
    var alpha: Float?

    @Option(
        help: ArgumentHelp("Passes over the data. (default: \(RecipeOptions.defaults.epochs))", valueName: "number"))
    var epochs: Int?

    @Option(
        help: ArgumentHelp("Conversations a step. (default: \(RecipeOptions.defaults.batchSize))", valueName: "number"))
    var batchSize: Int?

    @Option(
        help: ArgumentHelp(
            "The peak of the learning-rate schedule. (default: \(RecipeOptions.defaults.learningRate))",
            valueName: "number"))
    var learningRate: Double?

    @Option(
        help: ArgumentHelp(
            "Of the first weights and of the order of the data. (default: \(RecipeOptions.defaults.seed))",
            valueName: "number"))
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "What a chat template that prints the date is told, 2026-03-14. (default: the day on which the run begins)",
            valueName: "date"), transform: LocalTime.typed)
    var date: LocalTime?

    @Option(
        help: ArgumentHelp(
            "The longest example; longer ones are left out and counted. (default: the base's context)",
            valueName: "tokens"))
    var maximumLength: Int?

    @Option(
        help: ArgumentHelp(
            "Of products with frozen weights: fp32, bf16, or auto for the fastest on this CPU. (default: "
                + "\(RecipeOptions.defaults.precision.rawValue))", valueName: "word"),
        transform: RecipeOptions.precision)
    var precision: AdapterRecipe.Precision?

    func validate() throws {
        func check<Value>(_ name: String, _ value: Value?, _ isValid: (Value) -> Bool, _ allowed: String) throws {
            guard let value, !isValid(value) else { return }
            throw ValidationError("--\(name): \(value), expected \(allowed)")
        }
        try check("rank", rank, (1...4096).contains, "1 to 4096")
        try check("alpha", alpha, { $0 > 0 && $0.isFinite }, "a positive number")
        try check("epochs", epochs, (1...10_000).contains, "1 to 10000")
        try check("batch-size", batchSize, (1...65_536).contains, "1 to 65536")
        try check("learning-rate", learningRate, { $0 > 0 && $0 <= 1 }, "a number above 0, at most 1")
        try check("seed", seed, { $0 <= Int.max }, "0 to \(Int.max)")
        try check("maximum-length", maximumLength, { $0 >= 2 }, "at least 2")
    }

    private static func precision(_ text: String) throws -> AdapterRecipe.Precision {
        guard let precision = AdapterRecipe.Precision(rawValue: text) else {
            let allowed = AdapterRecipe.Precision.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("'\(text)', expected one of \(allowed)")
        }
        return precision
    }

    /// The recipe that file and flags amount to.
    func resolved() throws -> AdapterRecipe {
        var result = try recipe.map { try AdapterRecipe(path: $0) } ?? AdapterRecipe()
        if result.method == .full, rank != nil || alpha != nil {
            throw ValidationError("--rank, --alpha: with method: full, expected method: lora")
        }
        if let rank { result.rank = rank }
        if let alpha { result.alpha = alpha }
        if let epochs { result.epochs = epochs }
        if let batchSize { result.batchSize = batchSize }
        if let learningRate { result.learningRate = learningRate }
        if let seed { result.seed = seed }
        if let date { result.date = date }
        if let maximumLength { result.maximumLength = maximumLength }
        if let precision { result.precision = precision }
        return result
    }
}
