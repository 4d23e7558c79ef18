import Adapters
import Storage
import Testing
import TestSupport
import Training

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
            rank_pattern: {blk.0.*: 4, attn_v: 2}
            alpha_pattern: {attn_q: 1.5}
            rslora: true
            dropout: 0.1
            lora_plus_ratio: 16
            loss: cross_entropy
            distillation: {weight: 0.25, temperature: 2}
            too_long: truncate
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
        #expect(recipe.targets?.map(\.description) == ["attn_q", "attn_v"])
        #expect(recipe.method == .lora)
        #expect(recipe.rankPattern.map(\.value) == [4, 2])
        #expect(recipe.rankPattern.map(\.pattern.description) == ["blk.0.*", "attn_v"])
        #expect(recipe.alphaPattern.map(\.value) == [1.5])
        #expect(recipe.isRankStabilized)
        #expect(recipe.dropout == 0.1)
        #expect(recipe.loraPlusRatio == 16)
        #expect(recipe.loss == .crossEntropy)
        #expect(recipe.distillation?.weight == 0.25)
        #expect(recipe.distillation?.temperature == 2)
        #expect(recipe.tooLong == .truncate)
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

    @Test func preferencesAreReadWithTheirLoss() throws {
        let recipe = try AdapterRecipe(
            text: "loss: dpo\ndpo: {beta: 0.2, label_smoothing: 0.1, sft_weight: 0.5}", path: "a")
        #expect(recipe.loss == .dpo)
        #expect(recipe.preference.beta == 0.2)
        #expect(recipe.preference.labelSmoothing == 0.1)
        #expect(recipe.preference.supervisedWeight == 0.5)
        #expect(try recipe.digest != AdapterRecipe(text: "loss: dpo", path: "a").digest)
        let problems = [
            ("dpo: {beta: 1}", "dpo: with another loss, expected loss: dpo"),
            ("loss: dpo\ndistillation: {}", "distillation: with loss: dpo, expected one of the two"),
            ("method: full\nrank: 4", "rank: with method: full, expected method: lora, or no such key"),
        ]
        for (text, expected) in problems {
            let error = #expect(throws: ConfigurationError.self) { try AdapterRecipe(text: text, path: "a") }
            #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
        }
    }

    // MARK: Patterns

    @Test(arguments: [
        ("attn_q", "blk.3.attn_q", true), ("attn_q", "blk.3.attn_qkv", false), ("q", "blk.3.attn_q", false),
        ("blk.3.attn_q", "blk.3.attn_q", true), ("3.attn_q", "blk.13.attn_q", false),
        ("blk.*.attn_q", "blk.13.attn_q", true), ("blk.?.attn_q", "blk.13.attn_q", false),
        ("blk.1[0-5].ffn_*", "blk.13.ffn_down", true), ("blk.1[0-5].ffn_*", "blk.16.ffn_down", false),
        ("attn_[qv]", "blk.0.attn_v", true), ("attn_[qv]", "blk.0.attn_k", false), ("*", "blk.0.attn_k", true),
        ("blk.0.*", "blk.0.attn_k", true), ("blk.0.*", "blk.10.attn_k", false),
        ("*_*_*", "blk.0.a_b_c", true), ("*_*_*", "blk.0.a_b", false), ("a*b*b", "blk.0.abab", true), ("**", "x", true),
        ("x*", "x", true), ("x?*", "x", false),
    ])
    func patternsMatchNamesOrTheirEnds(pattern: String, name: String, isMatch: Bool) throws {
        #expect(try #require(MatrixPattern(pattern)).matches(name) == isMatch)
    }

    @Test func aPatternOfManyStarsIsMatchedAtOnce() throws {
        let start = processorTime()
        let pattern = try #require(MatrixPattern(String(repeating: "*a", count: 40) + "b"))
        #expect(!pattern.matches(String(repeating: "a.", count: 100)))
        #expect(pattern.matches(String(repeating: "a.", count: 100) + "ab"))
        #expect(processorTime() - start < 5)
    }

    @Test(arguments: ["", "a b", "blk.(0|1)", "[", "[]", "[a", "[z-a]", "é", "a\\.b"])
    func whatIsNoPatternIsRefused(text: String) {
        #expect(MatrixPattern(text) == nil)
    }

    private static let matrices = (0..<3).flatMap { layer in
        ["attn_q", "attn_k", "ffn_down"].map { (name: "blk.\(layer).\($0)", inputs: 8, outputs: 4) }
    }

    @Test func theFirstPatternThatMatchesCounts() throws {
        let recipe = try AdapterRecipe(
            text: """
                rank: 4
                alpha: 8
                targets: [attn_*, blk.2.ffn_down]
                rank_pattern: {blk.0.*: 2, attn_q: 6}
                alpha_pattern: {attn_k: 3}
                """, path: "a")
        let updates = try recipe.updates(of: AdapterRecipeTests.matrices)
        #expect(updates.count == 7)
        #expect(updates.map(\.rank) == [2, 2, 6, 4, 6, 4, 4])
        let scales: [Float] = [4, 1.5, 8.0 / 6, 0.75, 8.0 / 6, 0.75, 2]
        #expect(updates.map(\.scale) == scales)
        #expect(updates.last?.tensor == "blk.2.ffn_down.weight")
        var stabilized = recipe
        stabilized.isRankStabilized = true
        #expect(try stabilized.updates(of: AdapterRecipeTests.matrices).last?.scale == 4)
    }

    @Test func patternsThatMatchNothingAreNamed() throws {
        let cases = [
            ("targets: [blk.7.attn_q]", "recipe: targets: 'blk.7.attn_q' matches nothing (did you mean 'blk."),
            ("targets: [attn_v]", "recipe: targets: 'attn_v' matches nothing (did you mean 'attn_"),
            ("targets: [attn_q]\nrank_pattern: {ffn_down: 2}", "recipe: rank_pattern: 'ffn_down' matches nothing"),
            ("alpha_pattern: {blk.5.*: 2}", "recipe: alpha_pattern: 'blk.5.*' matches nothing"),
        ]
        for (text, expected) in cases {
            let recipe = try AdapterRecipe(text: text, path: "a")
            let error = #expect(throws: TrainingError.self) { try recipe.updates(of: AdapterRecipeTests.matrices) }
            #expect(error?.description.hasPrefix(expected) == true, "\(String(describing: error))")
            #expect(error?.description.hasSuffix("in blk.0 to blk.2") == true)
        }
        let names = #expect(throws: ConfigurationError.self) {
            try AdapterRecipe(text: "targets: [q_proj, attn_w]\nrank_pattern: {v_proj: 2}", path: "a")
        }
        #expect(names?.problems.count == 3)
        #expect(names?.description.contains("targets: 'q_proj' (did you mean 'attn_q'?)") == true)
        #expect(names?.description.contains("rank_pattern.v_proj: 'v_proj' (did you mean 'attn_v'?)") == true)
    }

    /// The alpha that fewest pairs have to be folded for.
    @Test func theFilesAlphaIsTheMostCommon() {
        func common(_ pairs: [(rank: Int, scale: Float)], _ preferred: Float) -> Float {
            LowRankAdapter.commonAlpha(pairs, preferred: preferred)
        }
        #expect(common([(16, 2), (16, 2)], 32) == 32)
        #expect(common([(3, 12.5 / 3)], 12.5) == 12.5)
        #expect(common([(4, 4), (4, 4), (4, 2)], 8) == 16)
    }
}
