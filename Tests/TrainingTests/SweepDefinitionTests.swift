import Adapters
import JSON
import Storage
import Testing
import Training

/// Which recipes a sweep tries, and how they share its steps.
@Suite struct SweepDefinitionTests {
    private func read(_ text: String) throws -> SweepDefinition {
        try SweepDefinition(text: text, path: "sweep.yaml", common: JSONObject([(key: "epochs", value: .integer(5))]))
    }

    @Test func aGridHasEveryCombination() throws {
        let sweep = try read("rank: [4, 8]\nlearning_rate: [1e-3, 3e-3, 1e-2]\n")
        #expect(sweep.trials.map(\.recipe.rank) == [4, 4, 4, 8, 8, 8])
        #expect(sweep.trials.map(\.recipe.learningRate) == [1e-3, 3e-3, 1e-2, 1e-3, 3e-3, 1e-2])
        #expect(sweep.trials.allSatisfy { $0.recipe.epochs == 5 })
        #expect(sweep.trials.map(\.number) == [1, 2, 3, 4, 5, 6])
        // Each is a file that reads as the same recipe.
        for trial in sweep.trials { #expect(try AdapterRecipe(text: trial.text, path: "t") == trial.recipe) }
    }

    @Test func aRandomPartIsThatOfItsSeed() throws {
        let grid = "rank: [2, 4, 8, 16]\nlearning_rate: [1e-4, 3e-4, 1e-3, 3e-3]\n"
        func ranks(_ seed: Int) throws -> [String] {
            try read(grid + "random: {trials: 5, seed: \(seed)}\n").trials.map { "\($0.changes)" }
        }
        #expect(try ranks(1).count == 5)
        #expect(Set(try ranks(1)).count == 5)
        #expect(try ranks(1) == ranks(1))
        #expect(try ranks(1) != ranks(2))
    }

    @Test func everyRoundHasFewerTrialsAndMoreSteps() {
        let nine = SuccessiveHalving(trials: 9, reduction: 3)
        #expect(nine.rounds.map(\.trials) == [9, 3, 1])
        #expect(zip(nine.rounds.map(\.part), [1.0 / 9, 1.0 / 3, 1]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(SuccessiveHalving(trials: 2, reduction: 3).rounds.map(\.trials) == [2])
        #expect(SuccessiveHalving(trials: 8, reduction: 2).rounds.map(\.trials) == [8, 4, 2, 1])
    }

    @Test func problemsAreReportedTogether() throws {
        let error = try #require(throws: ConfigurationError.self) {
            _ = try read("learning_rat: [1]\nrank: 3\nrandom: {trials: 0}\n")
        }
        #expect(error.problems.count == 3)
        #expect(error.description.contains("learning_rat: unknown key; did you mean 'learning_rate'?"))
        #expect(error.description.contains("rank: no list of values, expected a list such as [1e-3, 3e-3]"))
        #expect(error.description.contains("random.trials: '0', expected a whole number from 1 to 10000"))
        let values = (1...110).map { "\($0)" }.joined(separator: ", ")
        let large = try #require(throws: ConfigurationError.self) {
            _ = try read("rank: [\(values)]\nseed: [\(values)]\n")
        }
        #expect(large.description.contains("12100 combinations, expected at most 10000, or a number of random trials"))
        #expect(try read("rank: [\(values)]\nseed: [\(values)]\nrandom: {trials: 3}\n").trials.count == 3)
        let value = try #require(throws: ConfigurationError.self) { _ = try read("rank: [4, many]\n") }
        #expect(value.description.contains("sweep.yaml: trial 2: line 2: rank: 'many', expected a whole number"))
    }
}
