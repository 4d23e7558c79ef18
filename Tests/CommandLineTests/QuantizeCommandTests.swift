import Foundation
import Testing
import TestSupport

/// `retort-quantize` and `retort-inspect gguf|tensor`, run as a user runs them.
@Suite(.ownThreads) struct QuantizeCommandTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func failure(_ name: String, _ arguments: String...) throws -> (status: Int32, message: String) {
        let outcome = try Executable.run(name, arguments)
        #expect(outcome.output.isEmpty)
        return (outcome.status, outcome.errors)
    }

    @Test func refusesAMissingFile() throws {
        let (status, message) = try failure("retort-quantize", "\(folder)/no.gguf", "\(folder)/out.gguf", "Q8_0")
        #expect(status == 1)
        #expect(message == "error: \(folder)/no.gguf: file: cannot read it: No such file or directory\n")
        #expect(try folder.names.isEmpty)
    }

    @Test func refusesWhatIsNoGGUF() throws {
        try "not a model".write(toFile: "\(folder)/in.gguf", atomically: false, encoding: .utf8)
        let (status, message) = try failure("retort-quantize", "\(folder)/in.gguf", "\(folder)/out.gguf", "Q8_0")
        #expect(status == 1)
        #expect(
            message == """
                error: \(folder)/in.gguf: magic: not a GGUF file but text: it does not begin with "GGUF"
                hint: give the path of a .gguf model file

                """)
        #expect(try folder.names == ["in.gguf"])
        #expect(try failure("retort-inspect", "gguf", "\(folder)/in.gguf").status == 1)
    }

    @Test(.needsFixtures)
    func refusesATruncatedFile() throws {
        let whole = try Data(contentsOf: URL(filePath: Fixtures.path("models/llama.gguf")))
        try whole.prefix(whole.count - 4096).write(to: URL(filePath: "\(folder)/in.gguf"))
        let (status, message) = try failure("retort-quantize", "\(folder)/in.gguf", "\(folder)/out.gguf", "Q8_0")
        #expect(status == 1)
        #expect(message.contains("expected an end within the"))
        #expect(message.hasSuffix("hint: the file is truncated or damaged: copy or download it again\n"))
        #expect(try folder.names == ["in.gguf"])
    }

    @Test func refusesAnUnknownTypeAsUsage() throws {
        let (status, message) = try failure("retort-quantize", "\(folder)/in.gguf", "\(folder)/out.gguf", "Q9_X")
        #expect(status == 64)
        #expect(message.contains("Q4_K_M"))
    }

    @Test(.needsFixtures)
    func quantizesAsTheReferenceDoes() throws {
        let outcome = try Executable.run(
            "retort-quantize", Fixtures.path("models/llama.gguf"), "\(folder)/out.gguf", "q4_k_m", "--json")
        #expect(outcome.status == 0)
        let found = try Data(contentsOf: URL(filePath: "\(folder)/out.gguf"))
        #expect(found == (try Data(contentsOf: URL(filePath: Fixtures.path("quants/llama-Q4_K_M.gguf")))))
        #expect(outcome.output.contains("\"stage\":\"retort-quantize\""))
        #expect(try folder.names == ["out.gguf"])
    }

    /// The importance matrix of the user's own prompts counts at once, and from its file gives the same model.
    @Test(.needsFixtures)
    func calibratesWithPrompts() throws {
        let model = Fixtures.path("models/llama.gguf")
        try """
        {"messages": [{"role": "user", "content": "where is my kettle?"}]}
        {"text": "The lamp came on Tuesday."}
        """.write(toFile: "\(folder)/prompts.jsonl", atomically: false, encoding: .utf8)
        let outcome = try Executable.run(
            "retort-quantize", model, "\(folder)/own.gguf", "Q4_K_M", "--calibrate", "\(folder)/prompts.jsonl",
            "--imatrix-out", "\(folder)/imatrix.gguf", "--json")
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains(" tokens of 2 prompts, 1 chunks of 512, importance of 14 matrices in "))
        #expect(outcome.output.contains("\"calibration_prompts\":2"))
        let again = try Executable.run(
            "retort-quantize", model, "\(folder)/again.gguf", "Q4_K_M", "--imatrix", "\(folder)/imatrix.gguf")
        #expect(again.status == 0)
        let own = try Data(contentsOf: URL(filePath: "\(folder)/own.gguf"))
        #expect(own == (try Data(contentsOf: URL(filePath: "\(folder)/again.gguf"))))
        #expect(own != (try Data(contentsOf: URL(filePath: Fixtures.path("quants/llama-Q4_K_M.gguf")))))
        let listing = try Executable.run("retort-inspect", "gguf", "\(folder)/own.gguf").output
        #expect(listing.contains("quantize.imatrix.dataset = \"prompts.jsonl\""))
        #expect(listing.contains("quantize.imatrix.entries_count = 14"))
    }

    @Test(.needsFixtures)
    func namesThePromptThatIsWrong() throws {
        try "\"fine\"\n{\"text\": 3}\n".write(
            toFile: "\(folder)/prompts.jsonl", atomically: false, encoding: .utf8)
        let (status, message) = try failure(
            "retort-quantize", Fixtures.path("models/llama.gguf"), "\(folder)/out.gguf", "Q8_0", "--calibrate",
            "\(folder)/prompts.jsonl")
        #expect(status == 1)
        #expect(
            message == """
                error: \(folder)/prompts.jsonl: line 2: an object with text, expected an object with "messages", \
                "text" or "prompt", or a string

                """)
        #expect(try folder.names == ["prompts.jsonl"])
    }

    @Test func refusesFlagsThatContradictEachOther() throws {
        for flags in [["--imatrix", "a", "--calibrate", "b"], ["--imatrix-out", "a"], ["--calibrate-chunks", "0"]] {
            let outcome = try Executable.run(
                "retort-quantize", ["\(folder)/in.gguf", "\(folder)/out.gguf", "Q8_0"] + flags)
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("--\(flags[0].dropFirst(2))"))
        }
    }

    /// A merged F32 model is `W + scale · B · A` of the adapter that PEFT made.
    @Test(.needsFixtures)
    func mergesAnAdapter() throws {
        let model = Fixtures.path("models/llama.gguf")
        let adapter = Fixtures.path("lora/adapter-llama/adapter.gguf")
        #expect(
            try Executable.run("retort-quantize", model, "\(folder)/merged.gguf", "F32", "--adapter", adapter).status
                == 0)
        let name = "blk.1.ffn_down.weight"
        let base = try floats(model, name), merged = try floats("\(folder)/merged.gguf", name)
        let a = try floats(adapter, "\(name).lora_a"), b = try floats(adapter, "\(name).lora_b")
        // Rank 4, alpha 8.
        let (columns, rank) = (512, 4)
        #expect(merged.count == base.count && a.count == rank * columns && b.count == 256 * rank)
        var largest: Float = 0, moved: Float = 0
        for index in base.indices {
            let (row, column) = (index / columns, index % columns)
            let update = (0..<rank).reduce(Float(0)) { $0 + b[row * rank + $1] * a[$1 * columns + column] } * 2
            largest = max(largest, abs(merged[index] - base[index] - update))
            moved = max(moved, abs(update))
        }
        #expect(largest < 1e-6)
        #expect(moved > 1e-2)
        let other = Fixtures.path("models/qwen2.gguf")
        let refused = try failure(
            "retort-quantize", other, "\(folder)/other.gguf", "F32", "--adapter", adapter)
        #expect(refused.status == 1)
        #expect(refused.message.contains("made for architecture 'llama', expected 'qwen2'"))
        #expect(try !folder.names.contains("other.gguf"))
    }

    private func floats(_ file: String, _ tensor: String) throws -> [Float] {
        let path = "\(folder)/tensor.bin"
        let outcome = try Executable.run("retort-inspect", "tensor", file, tensor, "--output", path)
        #expect(outcome.status == 0)
        return [Float](littleEndian: try Data(contentsOf: URL(filePath: path)))
    }

    @Test(.needsFixtures)
    func guessesTheTensorThatWasMeant() throws {
        let (status, message) = try failure(
            "retort-inspect", "tensor", Fixtures.path("models/llama.gguf"), "blk.0.attn_w.weight", "--output",
            "\(folder)/tensor.bin")
        #expect(status == 1)
        #expect(message.contains("no tensor 'blk.0.attn_w.weight', expected one of its 21 tensors\n"))
        #expect(message.contains("hint: did you mean 'blk.0.attn_"))
        #expect(try folder.names.isEmpty)
    }

    @Test(.needsFixtures)
    func listsAModel() throws {
        let path = Fixtures.path("models/llama.gguf")
        let lines = try Executable.run("retort-inspect", "gguf", path).output.split(separator: "\n")
        #expect(lines.first == "\(path): GGUF version 3, 29 keys, 21 tensors")
        #expect(lines.contains("general.architecture = \"llama\""))
        #expect(lines.contains { $0.hasPrefix("tokenizer.ggml.tokens = 512 × string [\"<unk>\",") })
        #expect(lines.contains("blk.0.ffn_down.weight     F32     512 × 256"))
        let json = try Executable.run("retort-inspect", "gguf", path, "--json").output
        let report = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let details = try #require(report["details"] as? [String: Any])
        #expect((details["tensors"] as? [Any])?.count == 21)
        #expect(details["obstacle"] == nil)
    }

    @Test(.needsFixtures)
    func saysWhatIsMissingForAnUnsupportedArchitecture() throws {
        let output = try Executable.run("retort-inspect", "gguf", Fixtures.path("tokenizers/ggml-vocab-gpt-2.gguf"))
            .output
        #expect(output.contains("cannot be trained or served: "))
        #expect(output.contains("general.architecture: 'gpt2' is not supported, expected one of"))
    }
}
