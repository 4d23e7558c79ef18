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

    /// Among many tokens, exactly those are drawn that a full sort would leave.
    @Test func theTailOfALargeVocabularyIsCutWhereASortWouldCutIt() {
        let count = 3000
        let logits = (0..<count).map { Float(($0 * 7919) % count) / Float(count) * 12 }
        let sorted = logits.sorted(by: >).map { exp(Double($0)) }
        let total = sorted.reduce(0, +)
        var sum = 0.0
        let kept =
            (sorted.firstIndex { weight in
                sum += weight
                return sum >= 0.8 * total
            } ?? 0) + 1
        let lowest = logits.sorted(by: >)[kept - 1], fifth = logits.sorted(by: >)[4]
        var reached = Float.infinity
        for seed in 0..<2000 {
            var nucleus = Sampler(GenerationOptions(temperature: 1, topP: 0.8, seed: UInt64(seed)), prompt: [])
            let token = Int(nucleus.next(logits))
            #expect(logits[token] >= lowest)
            reached = min(reached, logits[token])
            var few = Sampler(GenerationOptions(temperature: 1, topK: 5, seed: UInt64(seed)), prompt: [])
            #expect(logits[Int(few.next(logits))] >= fifth)
        }
        // The tail that is left is reached, too.
        #expect(reached < lowest + 0.5)
    }

    @Test func logitsThatAreNotNumbersDoNotStopIt() {
        var sampler = Sampler(GenerationOptions(temperature: 1, topP: 0.5, topK: 3, seed: 1), prompt: [])
        #expect((0..<4).contains(Int(sampler.next([Float](repeating: .nan, count: 4)))))
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
