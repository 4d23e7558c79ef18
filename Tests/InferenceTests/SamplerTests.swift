import Foundation
import Inference
import Testing
import Tokenizers

struct SamplerTests {
    /// Probabilities 0.5, 0.3, 0.15, 0.05 in a mixed order: tokens 2, 0, 3, 1.
    static let logits: [Float] = [0.3, 0.05, 0.5, 0.15].map { Float(log($0)) }

    static func frequencies(_ change: (inout GenerationOptions) -> Void, draws: Int = 20_000) -> [Double] {
        var options = GenerationOptions(temperature: 1, seed: 3)
        change(&options)
        var counts = [Double](repeating: 0, count: 4)
        for seed in 0..<draws {
            options.seed = UInt64(seed)
            var sampler = Sampler(options, prompt: [])
            counts[Int(sampler.next(logits))] += 1 / Double(draws)
        }
        return counts
    }

    static func isNear(_ found: [Double], _ expected: [Double]) -> Bool {
        zip(found, expected).allSatisfy { abs($0 - $1) < 0.015 }
    }

    @Test func drawsWithTheProbabilitiesOfTheLogits() {
        #expect(SamplerTests.isNear(SamplerTests.frequencies { _ in }, [0.3, 0.05, 0.5, 0.15]))
    }

    @Test func temperatureSharpens() {
        let squares = [0.09, 0.0025, 0.25, 0.0225].map { $0 / 0.365 }
        #expect(SamplerTests.isNear(SamplerTests.frequencies { $0.temperature = 0.5 }, squares))
    }

    @Test func topKTopPAndMinPCutTheTail() {
        #expect(SamplerTests.isNear(SamplerTests.frequencies { $0.topK = 2 }, [0.375, 0, 0.625, 0]))
        // 0.5 alone does not reach 0.7; with 0.3 it does.
        #expect(SamplerTests.isNear(SamplerTests.frequencies { $0.topP = 0.7 }, [0.375, 0, 0.625, 0]))
        #expect(SamplerTests.isNear(SamplerTests.frequencies { $0.topP = 0.4 }, [0, 0, 1, 0]))
        // 0.15 is 0.3 times as probable as 0.5.
        #expect(
            SamplerTests.isNear(SamplerTests.frequencies { $0.minP = 0.25 }, [0.3, 0, 0.5, 0.15].map { $0 / 0.95 }))
    }

    @Test func aSeedRepeatsAndAnotherDiffers() {
        func draw(_ seed: UInt64) -> [TokenID] {
            var sampler = Sampler(GenerationOptions(temperature: 1, seed: seed), prompt: [])
            return (0..<40).map { _ in sampler.next(SamplerTests.logits) }
        }
        #expect(draw(1) == draw(1))
        #expect(draw(1) != draw(2))
    }

    @Test func greedyTakesTheFirstOfTheLargest() {
        var sampler = Sampler(GenerationOptions(), prompt: [])
        #expect(sampler.next([1, 3, 3, 2]) == 1)
    }

    @Test func penaltiesMakeTokensThatWereThereLessLikely() {
        var presence = Sampler(GenerationOptions(presencePenalty: 1.5), prompt: [1])
        // 1 wins, is then at 1.5 for good, and 2 has its turn; from then on 1 and 2 are 1.5 and 0.5.
        #expect((0..<4).map { _ in presence.next([0, 3, 2]) } == [1, 2, 1, 1])
        var frequency = Sampler(GenerationOptions(frequencyPenalty: 0.75), prompt: [])
        // 3, 2.25, then 1.5 against 2; 1.5 against 1.25; 0.75 against 1.25.
        #expect((0..<5).map { _ in frequency.next([0, 3, 2]) } == [1, 1, 2, 1, 2])
        // Repetition counts the prompt; it divides what is positive and multiplies what is negative.
        var repetition = Sampler(GenerationOptions(repetitionPenalty: 2), prompt: [0])
        #expect((0..<2).map { _ in repetition.next([3, 2, -1]) } == [1, 0])
        var negative = Sampler(GenerationOptions(repetitionPenalty: 2), prompt: [0])
        #expect(negative.next([-1, -1.5]) == 1)
        var biased = Sampler(GenerationOptions(bias: [2: 10, 99: 5]), prompt: [])
        #expect(biased.next([3, 2, -1]) == 2)
    }

    @Test func optionsOutOfRangeAreReportedTogether() {
        let options = GenerationOptions(maximumTokens: 0, temperature: -1, topP: 2, topK: -1, minP: .nan, stop: [""])
        let error = #expect(throws: InferenceError.self) { try options.validate() }
        let lines = error?.description.split(separator: "\n") ?? []
        #expect(lines.count == 6)
        #expect(lines.contains("maximum tokens: 0, expected at least 1"))
        #expect(lines.contains("temperature: -1.0, expected from 0.0 to 100.0"))
    }
}
