import Adapters
import Architectures
import Checkpoints
import Foundation
import Testing
import Tokenizers

import Inference
import TestSupport

/// Logits at every position against those recorded from transformers and PEFT.
@Suite(.needsFixtures)
struct LogitsTests {
    @Test(arguments: ["llama", "llama-tied", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "phi3-longrope"])
    func logitsAreThoseOfTransformers(_ name: String) throws {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: Fixtures.model(name)))
        let recording = try Fixtures.recording("logits/\(name).json")
        #expect(engine.checkpoint.architecture.vocabularySize == recording.vocab_size)
        for prompt in recording.prompts {
            let expected = try Fixtures.floats(#require(prompt.hf), folder: "logits")
            let logits = try engine.logits(prompt.ids)
            let recorded = logits.dropFirst(prompt.first_position * recording.vocab_size)
            // The recording's README allows 5e-4 for the 272 tokens of the long prompt, 2e-4 otherwise.
            #expect(distance(recorded, expected) < (prompt.ids.count > 200 ? 5e-4 : 2e-4))
        }
    }

    @Test(arguments: ["llama", "qwen2"])
    func adaptersGiveTheLogitsOfPEFT(_ name: String) throws {
        let folder = "lora/adapter-\(name)"
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: Fixtures.model(name)))
        let adapter = try LowRankAdapter(path: Fixtures.path("\(folder)/adapter.gguf"))
        let whole = try engine.load(adapter)
        let half = try engine.load(adapter, scale: 0.5)
        for prompt in try Fixtures.recording("\(folder)/logits.json").prompts {
            let expected = try Fixtures.floats(#require(prompt.hf), folder: folder)
            #expect(distance(try engine.logits(prompt.ids, adapter: whole), expected) < 2e-4)
            let expectedHalf = try Fixtures.floats(#require(prompt.llamacpp_half), folder: folder)
            #expect(distance(try engine.logits(prompt.ids, adapter: half), expectedHalf) < 2e-4)
        }
    }

    /// The factors of sequences beyond the original context, which the last recorded prompt has.
    @Test func extendingASessionGivesTheLogitsOfOnePass() throws {
        for name in ["llama", "gemma2", "gemma3", "phi3-longrope"] {
            let engine = try InferenceEngine(checkpoint: Checkpoint(path: Fixtures.model(name)))
            let vocabulary = engine.checkpoint.architecture.vocabularySize
            for prompt in try Fixtures.recording("logits/\(name).json").prompts {
                let expected = try engine.logits(prompt.ids)
                let session = engine.makeSession(capacity: prompt.ids.count)
                let start = prompt.ids.count / 2
                var logits = try session.append(Array(prompt.ids[..<start]))
                #expect(distance(logits, expected[(start - 1) * vocabulary..<start * vocabulary]) < 1e-4)
                for position in start..<prompt.ids.count {
                    logits = try session.append([prompt.ids[position]])
                    let row = expected[position * vocabulary..<(position + 1) * vocabulary]
                    #expect(distance(logits, row) < 1e-4)
                }
            }
        }
    }

    /// Different prompts, places and adapters in one pass do not touch each other.
    @Test func sessionsInABatchAreIndependent() throws {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: Fixtures.model("llama")))
        let path = Fixtures.path("lora/adapter-llama/adapter.gguf")
        let adapter = try engine.load(LowRankAdapter(path: path))
        let prompts = try Fixtures.recording("logits/llama.json").prompts.map(\.ids)
        let choices: [(prompt: [TokenID], adapter: LoadedAdapter?)] = [
            (prompts[0], nil), (prompts[1], adapter), (prompts[2], nil), (prompts[0], adapter), (prompts[1], adapter),
        ]
        let sessions = choices.map { engine.makeSession(adapter: $0.adapter) }
        var steps = zip(sessions, choices).map { (session: $0, tokens: $1.prompt) }
        for round in 0..<3 {
            let logits = try engine.advance(steps)
            for (index, choice) in choices.enumerated() {
                let tokens = choice.prompt + Array(repeating: TokenID(40 + index), count: round)
                let alone = try engine.logits(tokens, adapter: choice.adapter)
                #expect(distance(logits[index], alone.suffix(512)) < 1e-4)
            }
            steps = sessions.enumerated().map { (session: $1, tokens: [TokenID(40 + $0)]) }
        }
    }

    @Test func badTokensAreErrors() throws {
        let engine = try InferenceEngine(checkpoint: Checkpoint(path: Fixtures.model("llama")))
        #expect(throws: InferenceError("tokens: none, expected at least one")) { try engine.logits([]) }
        #expect(throws: InferenceError("token 1: id 512, expected 0 to 511")) { try engine.logits([1, 512]) }
        #expect(throws: InferenceError("token 0: id -1, expected 0 to 511")) { try engine.logits([-1]) }
        let error = #expect(throws: InferenceError.self) {
            try engine.logits([TokenID](repeating: 1, count: 513))
        }
        #expect(error?.description == "tokens: 513, expected at most 512")
        let session = engine.makeSession(capacity: 3)
        _ = try session.append([1, 2])
        #expect(throws: InferenceError.self) { try session.append([1, 2]) }
        #expect(try session.tokens == [1, 2])
        #expect(throws: InferenceError.self) { try engine.advance([(session, [1]), (session, [1])]) }
        #expect(try session.append([3]).count == 512)
    }
}
