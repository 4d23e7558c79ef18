import Checkpoints
import Foundation
import GGUF
import Inference
import Testing
import TestSupport
import Tokenizers

/// Damaged models, opened as they are for use: architecture, tokenizer, template, and one pass where all of them stand.
@Suite(.needsFixtures, .ownThreads) struct CheckpointFuzzTests {
    @Test(arguments: ["llama", "gemma3", "phi3-longrope", "llama-tied"]) func survivesDamage(_ name: String) throws {
        var run = try FuzzRun("model.gguf")
        let path = run.path, whole = try FuzzRun.fixture("models/\(name).gguf"), numbers = GGUFNumbers(whole)
        try run.damage(
            whole, headerCount: numbers.headerCount, fields: numbers.fields, count: 150,
            isOwn: { $0 is any LocalizedError },
            read: {
                let checkpoint = try Checkpoint(path: path)
                let tokenizer = try checkpoint.tokenizer
                let ids = try tokenizer.encode("Where is 7 o'clock?", addSpecial: true, parseSpecial: true)
                _ = tokenizer.decode(ids)
                _ = try checkpoint.template
                _ = try InferenceEngine(checkpoint: checkpoint).logits(Array(ids.prefix(4)))
            })
        #expect(run.refused > 20 && run.accepted > 0)
    }
}
