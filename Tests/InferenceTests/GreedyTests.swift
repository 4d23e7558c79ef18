import Checkpoints
import Foundation
import Inference
import Testing
import TestSupport
import Tokenizers

/// Greedy text against what llama.cpp answers with the same files (float32, one thread), as the shared models' README
/// records it.
struct GreedyTests {
    static func answer(_ model: String, _ prompt: String, maximumTokens: Int) throws -> Generation {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: model))
        let tokens = try engine.checkpoint.tokenizer.encode(prompt, addSpecial: true, parseSpecial: true)
        return try engine.generate(prompt: tokens, options: GenerationOptions(maximumTokens: maximumTokens))
    }

    @Test(arguments: [
        (
            "<|im_start|>user\nI need a ride to the airport at 6 pm.<|im_end|>\n<|im_start|>assistant\n",
            "Please confirm you want a shared ride for 2 to go to the American Church in Paris."
        ),
        ("<|im_start|>user\nI want to book a table for", " two at 12:30 in the afternoon."),
    ])
    func theBundledBaseAnswersAsItsReferenceReader(_ prompt: String, _ answer: String) throws {
        let generation = try GreedyTests.answer(Checkout.base, prompt, maximumTokens: 64)
        #expect(generation.text == answer)
        #expect(generation.finish == .stop)
    }

    @Test(
        .needsShared("models"),
        arguments: [
            (
                // This vocabulary has tokens across words and its model wrote the comma of the recorded story itself.
                "TinyStories-656K-f16", "Once upon a time",
                ", a little girl named Lily lived in a small house with her mom, dad, and her dog, Spot, Spot, loved to "
                    + "play all day. One day, Lily saw a"
            ),
            (
                "stories260K-ctx512-f32", "Once upon a time,",
                " there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red "
                    + "ball. She wanted to play with it, but it was too high."
            ),
        ])
    func smallStoriesGoOnAsInTheReferenceReader(_ model: String, _ prompt: String, _ story: String) throws {
        let generation = try GreedyTests.answer(
            Checkout.shared("models/\(model).gguf"), prompt, maximumTokens: 100)
        #expect(generation.text.hasPrefix(story), "\(generation.text)")
    }

    @Test func aPromptThatWasThereBeforeIsNotComputedAgain() throws {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: Checkout.base))
        let tokenizer = try engine.checkpoint.tokenizer
        let prompt = try tokenizer.encode(
            "<|im_start|>user\nI want to book a table for", addSpecial: true, parseSpecial: true)
        let first = try engine.generate(prompt: prompt)
        let second = try engine.generate(prompt: prompt)
        #expect(first.cachedTokenCount == 0)
        #expect(second.cachedTokenCount == prompt.count - InferenceEngine.leastRows)
        #expect(first.tokens == second.tokens)
        // The prompt is known when the conversation goes on; the answer, computed a token at a time, is computed again.
        let further = try tokenizer.encode("<|im_end|>\n<|im_start|>assistant\n", parseSpecial: true)
        let third = try engine.generate(prompt: prompt + first.tokens + further)
        #expect(third.cachedTokenCount == prompt.count)
    }

    @Test func stopTextsLengthAndTheCallerEndAnAnswer() throws {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: Checkout.base))
        let prompt = try engine.checkpoint.tokenizer.encode(
            "<|im_start|>user\nI want to book a table for", addSpecial: true, parseSpecial: true)
        let stopped = try engine.generate(prompt: prompt, options: GenerationOptions(stop: ["30 in"]))
        #expect(stopped.text == " two at 12:")
        #expect(stopped.finish == .stop)
        let cut = try engine.generate(prompt: prompt, options: GenerationOptions(maximumTokens: 2))
        #expect(cut.tokens.count == 2)
        #expect(cut.finish == .length)
        var seen: [TokenID] = []
        let cancelled = try engine.generate(prompt: prompt) { token in
            seen.append(token.id)
            return seen.count < 3
        }
        #expect(cancelled.tokens == seen && seen.count == 3)
        #expect(cancelled.finish == .cancelled)
    }

    @Test func theContextEndsAnAnswer() throws {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: Checkout.base))
        let prompt = [TokenID](repeating: 100, count: 1020)
        var options = GenerationOptions(maximumTokens: 50)
        // Nothing but token 100 may be chosen, so that the model cannot end its turn.
        options.bias = [100: 1000]
        let generation = try engine.generate(prompt: prompt, options: options)
        #expect(generation.finish == .length)
        #expect(generation.tokens == [TokenID](repeating: 100, count: 5))
        #expect(throws: InferenceError.self) { try engine.generate(prompt: prompt + prompt) }
    }
}
