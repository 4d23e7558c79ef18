import Adapters
import Storage
import Testing

struct AdapterRecipeTests {
    @Test func anEmptyMappingHasTheDocumentedDefaults() throws {
        let recipe = try AdapterRecipe(text: "{}", path: "adapter.yaml")
        #expect(recipe == AdapterRecipe())
        #expect(recipe.rank == 16)
        #expect(recipe.alpha == 32)
        #expect(recipe.targets == nil)
        #expect(recipe.epochs == 3)
        #expect(recipe.batchSize == 16)
        #expect(recipe.learningRate == 2e-4)
        #expect(recipe.keepsBest)
        #expect(recipe.snapshotInterval == nil)
    }

    @Test func readsEveryKey() throws {
        let text = """
            rank: 8
            alpha: 12.5
            targets: [attn_q, attn_v, attn_q]
            epochs: 5
            batch_size: 32
            tokens_per_micro_batch: 512
            maximum_length: 200
            learning_rate: 3.0e-3
            warmup: 0.1
            final_rate: 0
            weight_decay: 0.1
            clip: 2
            seed: 7
            precision: fp32
            validation: {every_steps: 50, keep_best: false}
            snapshot: {every_steps: 20}
            """
        let recipe = try AdapterRecipe(text: text, path: "adapter.yaml")
        #expect(recipe.rank == 8)
        #expect(recipe.alpha == 12.5)
        #expect(recipe.targets == [.query, .value])
        #expect(recipe.epochs == 5)
        #expect(recipe.batchSize == 32)
        #expect(recipe.tokensPerMicroBatch == 512)
        #expect(recipe.maximumLength == 200)
        #expect(recipe.learningRate == 3e-3)
        #expect(recipe.warmup == 0.1)
        #expect(recipe.finalRate == 0)
        #expect(recipe.weightDecay == 0.1)
        #expect(recipe.clip == 2)
        #expect(recipe.seed == 7)
        #expect(recipe.precision == .fp32)
        #expect(recipe.validationInterval == 50)
        #expect(!recipe.keepsBest)
        #expect(recipe.snapshotInterval == 20)
    }

    @Test func collectsAllProblems() throws {
        let text = """
            rank: many
            targets: [attn_q, attn_w]
            epochs: 0
            learnig_rate: 1
            precision: fp8
            """
        let error = #expect(throws: ConfigurationError.self) { try AdapterRecipe(text: text, path: "a.yaml") }
        let problems = error?.problems.joined(separator: "\n") ?? ""
        #expect(problems.contains("line 1: rank: 'many', expected a whole number from 1 to 4096"))
        #expect(problems.contains("targets: 'attn_w' (did you mean"))
        #expect(problems.contains("line 3: epochs: '0', expected a whole number from 1 to 10000"))
        #expect(problems.contains("line 4: learnig_rate: unknown key; did you mean 'learning_rate'?"))
        #expect(problems.contains("precision: 'fp8', expected one of fp32, bf16, auto"))
    }

    @Test func theDigestFollowsTheMeaning() throws {
        let one = try AdapterRecipe(text: "rank: 8\nepochs: 2", path: "a")
        let same = try AdapterRecipe(text: "# a comment\nepochs: 2\nrank: 8\nalpha: 32.0", path: "b")
        let other = try AdapterRecipe(text: "rank: 8\nepochs: 2\nseed: 2", path: "a")
        #expect(one.digest == same.digest)
        #expect(one.digest != other.digest)
    }
}
