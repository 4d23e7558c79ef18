import Adapters
import Answering
import ChatTemplates
import Checkpoints
import Conversations
import Inference
import PlainText
import Tasks
import Testing
import TestSupport
import Tokenizers

/// One way to ask a model with a task.
@Suite(.ownThreads) struct TaskResponderTests {
    private let moment: LocalTime

    init() throws { moment = try #require(LocalTime("2026-01-01")) }

    private func task(_ more: String) throws -> TaskDefinition {
        try TaskDefinition(
            yaml: """
                name: sample
                prompts:
                  student: {user: "{input}"}
                  teacher: {user: "{input}"}
                \(more)
                """)
    }

    private func responder(
        _ task: TaskDefinition, model: String = Checkout.base, template: String? = nil, adapter: LowRankAdapter? = nil
    ) throws -> TaskResponder {
        let checkpoint = try Checkpoint(path: model, template: template)
        let engine = try InferenceEngine(checkpoint: checkpoint)
        return try TaskResponder(
            task: task, engine: engine, adapter: try adapter.map { try engine.load($0) },
            encoder: try PromptEncoder(checkpoint), at: moment)
    }

    private func ask(_ responder: TaskResponder, _ input: String) throws -> TaskAnswer {
        try responder.answer(try responder.question(responder.task.studentMessages(for: input), at: moment))
    }

    @Test func labelsAreScoredAndGeneratedTextIsMeasured() throws {
        let closed = try responder(try task("labels: [{name: refund}, {name: delivery}, {name: other}]"))
        let label = try ask(closed, "where is my parcel")
        #expect(["refund", "delivery", "other"].contains(label.text))
        #expect(abs(label.probabilities.reduce(0, +) - 1) < 1e-9)
        #expect(label.confidence == label.probabilities.max())
        #expect(label.verdict == .confident)

        let free = try responder(try task("kind: generation\nmaximum_tokens: 5"))
        #expect(free.streams)
        let text = try ask(free, "I want to book a table for two")
        #expect(!text.text.isEmpty && text.tokenCount <= 5 && text.isCut)
        let confidence = try #require(text.confidence)
        #expect(confidence > 0 && confidence < 1)

        let sure = try responder(try task("kind: generation\nmaximum_tokens: 5\nescalation: {threshold: 0.999}"))
        #expect(!sure.streams)
        let unsure = try ask(sure, "I want to book a table for two")
        #expect(unsure.verdict == .unsure)
        #expect(unsure.text == text.text)
        #expect(unsure.confidence == confidence)
    }

    /// The confidence of generated text is what the logits of the whole sequence say of it.
    @Test func confidenceIsTheGeometricMeanOfTheTokensProbabilities() throws {
        let checkpoint = try Checkpoint(path: Checkout.base)
        let engine = try InferenceEngine(checkpoint: checkpoint)
        let prompt = try PromptEncoder(checkpoint).prompt([Message(.user, "I need a ride to the airport.")], at: moment)
        let generation = try engine.generate(prompt: prompt, options: GenerationOptions(maximumTokens: 200))
        try #require(generation.finish == .stop)
        #expect(generation.scoredTokenCount == generation.tokens.count + 1, "the token that ends the answer counts")
        let likelihoods = try engine.likelihoods(of: generation.tokens, after: prompt, count: 0)
        let sum = likelihoods.reduce(0) { $0 + $1.said.logprob }
        #expect(generation.logProbability < sum + 1e-6)
        #expect(abs(generation.logProbability - sum) < 1)
    }

    @Test(.needsFixtures) func whatTheTemplateWritesIsPartOfTheLabelAndNotOfTheAnswer() throws {
        let template = Fixtures.path("templates/Qwen-Qwen3-0.6B.jinja")
        let checkpoint = try Checkpoint(path: Checkout.base, template: template)
        let encoder = try PromptEncoder(checkpoint)
        let messages = [Message(.user, "hello")]
        let frame = try #require(try encoder.frame(after: messages, at: moment))
        #expect(frame.content(ofGenerated: "<think>\n\n</think>\n\nrefund").content == "refund")
        #expect(frame.content(ofGenerated: "refund").content == "refund")
        let plain = try #require(
            try PromptEncoder(try Checkpoint(path: Checkout.base)).frame(after: messages, at: moment))
        let thought = "<think>\n\n</think>\n\nrefund"
        #expect(plain.content(ofGenerated: thought).content == thought)
        // The answer of a label begins with what the template writes, so that it is scored as it was trained.
        let label = try encoder.answer("refund", after: messages, at: moment)
        let spelled = String(decoding: label.flatMap(encoder.tokenizer.piece), as: UTF8.self)
        #expect(spelled.hasPrefix("<think>\n\n</think>\n\nrefund"), "\(spelled)")
    }

    /// A finite adapter that makes one letter's embedding overflow, and nothing else: it passes every probe.
    private func overflowing(at token: Int) throws -> LowRankAdapter {
        let name = "token_embd.weight"
        var b = [Float](repeating: 0, count: 512)
        b[token] = 1e30
        let pair = try LowRankPair(
            rank: 1, inputs: 256, outputs: 512, a: [Float](repeating: 1e30, count: 256), b: b, scale: 1)
        return LowRankAdapter(architecture: "llama", alpha: 1, baseDigest: nil, tensors: [name: pair])
    }

    @Test(.needsFixtures) func scoresThatAreNoNumbersAreNoAnswer() throws {
        let model = Fixtures.path("models/llama.gguf")
        let token = try #require(try Checkpoint(path: model).tokenizer.encode("☃", parseSpecial: false).last)
        let adapter = try overflowing(at: Int(token))
        for more in ["labels: [{name: left}, {name: right}]", "kind: generation\nmaximum_tokens: 3"] {
            let responder = try responder(try task(more), model: model, adapter: adapter)
            #expect(try ask(responder, "fine").verdict != .notANumber)
            let answer = try ask(responder, "a ☃")
            #expect(answer.verdict == .notANumber)
            #expect(answer.allowed == nil)
            #expect(answer.probabilities.isEmpty)
            #expect(answer.confidence == nil)
        }
    }
}
