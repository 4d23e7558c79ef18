import Adapters
import Foundation
import GGUF
import JSON
import Randomness
import Testing
import TestSupport

/// Weights that are no numbers, and vocabularies that are larger than their embeddings: refused by whatever loads them.
@Suite(.ownThreads) struct NumbersCasesTests {
    static let task = """
        name: intent
        labels: [{name: refund}, {name: other}]
        prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}

        """
    static let rows =
        #"{"messages":[{"role":"user","content":"money back"},{"role":"assistant","content":"refund"}]}"# + "\n"
        + #"{"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"other"}]}"# + "\n"

    let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        try folder.write("task.yaml", Self.task)
        try folder.write("rows.jsonl", Self.rows)
        try folder.write("recipe.yaml", "rank: 2\nalpha: 4\nepochs: 1\nlearning_rate: 1.0e-3\n")
        try folder.write("ids.json", "[1, 2, 3]")
    }

    /// What every executable that computes with a base does with one.
    private func commands(base: String) -> [[String]] {
        [
            [
                "retort-train", "--base", base, "--dataset", folder.file("rows.jsonl"), "--recipe",
                folder.file("recipe.yaml"), "--output", folder.file("out.gguf"),
            ],
            [
                "retort-evaluate", "--task", folder.file("task.yaml"), "--base", base, "--split",
                folder.file("rows.jsonl"), "--output", folder.file("evaluation"),
            ],
            ["retort-quantize", base, folder.file("out.gguf"), "Q8_0"],
            [
                "retort-inspect", "logits", "--model", base, "--tokens", folder.file("ids.json"), "--output",
                folder.file("l"),
            ],
            [
                "retort-inspect", "logits", "--model", base, "--tokens", folder.file("ids.json"), "--output",
                folder.file("l"), "--engine", "training",
            ],
            ["retort-registry", "register", "base", "--artifact", base, "--workspace", folder.file("w")],
            ["retort-serve", "--base", base, "--workspace", folder.file("w"), "--port", "0"],
        ]
    }

    /// One weight of many millions, in the middle of the file, of numbers in half precision.
    @Test func aBaseWithOneWeightThatIsNoNumberIsRefusedByAll() throws {
        let path = folder.file("nan.gguf")
        let columns = try #require(GGUFFile(path: Checkout.base).tensor("blk.1.ffn_up.weight")).rowLength
        try editGGUF(
            Checkout.base, to: path,
            tensors: [
                "blk.1.ffn_up.weight": { bytes in
                    let place = 2 * (3 * columns + 17)
                    (bytes[place], bytes[place + 1]) = (0x00, 0x7E)
                }
            ])
        for command in commands(base: path) {
            let outcome = try Executable.run(command[0], Array(command.dropFirst()))
            #expect(outcome.status == 1, "\(command)")
            for part in [path, "blk.1.ffn_up.weight", "row 3, column 17 is nan, expected finite numbers"] {
                #expect(outcome.errors.contains(part), "\(command): \(outcome.errors)")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("out.gguf")))
    }

    /// Of a quantized block the scale decides.
    @Test(arguments: [("Q8_0", 0), ("Q4_0", 0), ("Q4_K_M", 2)])
    func aQuantizedBaseWithOneScaleThatIsNoNumberIsRefused(type: String, place: Int) throws {
        let good = folder.file("good.gguf"), bad = folder.file("bad.gguf")
        #expect(try Executable.run("retort-quantize", Checkout.base, good, type).status == 0)
        let tensor = "blk.0.attn_q.weight"
        let info = try #require(GGUFFile(path: good).tensor(tensor))
        try editGGUF(
            good, to: bad,
            tensors: [
                tensor: { bytes in
                    let half = info.type == .q6_K ? 208 : place
                    let block = info.type.blockByteCount * (info.rowLength / info.type.blockLength) + half
                    (bytes[block], bytes[block + 1]) = (0x00, 0x7C)
                }
            ])
        let ids = folder.file("ids.json"), logits = folder.file("logits")
        let outcome = try Executable.run(
            "retort-inspect", "logits", "--model", bad, "--tokens", ids, "--output", logits)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("\(bad): tensor \(tensor): row 1, column "), "\(outcome.errors)")
        #expect(
            try Executable.run("retort-inspect", "logits", "--model", good, "--tokens", ids, "--output", logits).status
                == 0)
    }

    @Test func moreTokensThanRowsOfTheEmbeddingAreRefusedByAll() throws {
        let path = folder.file("tokens.gguf"), file = try GGUFFile(path: Checkout.base)
        let tokens = try file.metadata.strings("tokenizer.ggml.tokens")
        let more = tokens + (0..<1000).map { "extra\($0)" }
        try editGGUF(
            Checkout.base, to: path,
            metadata: { header in
                header.set("tokenizer.ggml.tokens", .array(GGUFArray(more)))
                if let types = try header.optionalIntegers("tokenizer.ggml.token_type") {
                    header.set(
                        "tokenizer.ggml.token_type",
                        .array(GGUFArray((types + more.dropFirst(types.count).map { _ in 1 }).map { Int32($0) })))
                }
            })
        let rows = try #require(file.tensor("token_embd.weight")).dimensions[1]
        let message =
            "tokenizer.ggml.tokens: \(more.count) tokens, expected \(rows), one for each row of token_embd.weight"
        for command in commands(base: path) where command[0] != "retort-quantize" {
            let outcome = try Executable.run(command[0], Array(command.dropFirst()))
            #expect(outcome.status == 1 && outcome.errors.contains(message), "\(command): \(outcome.errors)")
        }
    }

    @Test func aSpecialTokenOutsideTheVocabularyIsRefused() throws {
        let path = folder.file("eos.gguf")
        try editGGUF(
            Checkout.base, to: path, metadata: { $0.set("tokenizer.ggml.eos_token_id", .uint32(1_000_000)) })
        let outcome = try Executable.run(
            "retort-inspect", "logits", "--model", path, "--tokens", folder.file("ids.json"), "--output",
            folder.file("l"))
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("tokenizer.ggml.eos_token_id: 1000000, expected 0 to "), "\(outcome.errors)")
    }

    /// Without the key the reference cuts texts by its default: said by whatever opens the file.
    @Test func aFileThatNamesNoPreTokenizerIsWarnedAbout() throws {
        let path = folder.file("nopre.gguf")
        try editGGUF(Checkout.base, to: path, metadata: { $0.remove("tokenizer.ggml.pre") })
        let warning = "warning: \(path): tokenizer.ggml.pre: missing: texts are cut by the pre-tokenizer "
        let inspect = try Executable.run("retort-inspect", "gguf", path)
        #expect(inspect.status == 0 && inspect.errors.contains(warning), "\(inspect.errors)")
        let quantize = try Executable.run("retort-quantize", path, folder.file("out.gguf"), "Q8_0")
        #expect(quantize.status == 0 && quantize.errors.contains(warning), "\(quantize.errors)")
        #expect(try !Executable.run("retort-inspect", "gguf", Checkout.base).errors.contains("warning"))
    }

    /// An adapter of finite but enormous weights, and one with a weight that is no number.
    @Test func adaptersWhoseNumbersGoAstrayAreRefused() throws {
        let good = folder.file("good.gguf"), bad = folder.file("bad.gguf"), huge = folder.file("huge.gguf")
        try randomAdapter().write(to: good)
        try randomAdapter(amount: 1e30).write(to: huge)
        try editGGUF(
            good, to: bad,
            tensors: [
                "blk.0.ffn_down.weight.lora_b": { bytes in
                    bytes.replaceSubrange(4..<8, with: [0, 0, 0xC0, 0x7F])
                }
            ])
        for (adapter, message) in [
            (bad, "\(bad): tensor blk.0.ffn_down.weight.lora_b: row 0, column 1 is nan, expected finite numbers"),
            (huge, "\(huge): logits: not all of them are finite numbers, expected numbers"),
        ] {
            let register = try Executable.run(
                "retort-registry", "register", "intent", "--artifact", adapter, "--base", Checkout.base, "--workspace",
                folder.file("w"))
            #expect(register.status == 1 && register.errors.contains(message), "\(register.errors)")
            let merge = try Executable.run(
                "retort-quantize", Checkout.base, folder.file("out.gguf"), "F16", "--adapter", adapter)
            #expect(merge.status == 1 && merge.errors.contains(message), "\(merge.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("out.gguf")))
    }

    /// A merge can go beyond what the new model's type holds, though the adapter's own logits do not.
    @Test func aMergeThatTheTypeCannotHoldIsRefused() throws {
        let adapter = folder.file("large.gguf")
        try randomAdapter(amount: 0.3, largest: 1e6).write(to: adapter)
        let outcome = try Executable.run(
            "retort-quantize", Checkout.base, folder.file("out.gguf"), "F16", "--adapter", adapter)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("blk.0.ffn_down.weight"), "\(outcome.errors)")
        #expect(outcome.errors.contains("expected numbers that F16 can hold"), "\(outcome.errors)")
    }

    /// What a tokenizer's file leaves open stands where answers and figures are read, too.
    @Test func reportAndHealthSayWhatATokenizerLeavesOpen() async throws {
        let path = folder.file("nopre.gguf")
        try editGGUF(Checkout.base, to: path, metadata: { $0.remove("tokenizer.ggml.pre") })
        let outcome = try Executable.run(
            "retort-evaluate", "--task", try folder.write("task.yaml", NumbersCasesTests.task), "--split",
            try folder.write("rows.jsonl", NumbersCasesTests.rows), "--base", path, "--no-baseline", "--output",
            folder.file("evaluation"))
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try JSONValue(parsing: Data(contentsOf: URL(filePath: folder.file("evaluation/report.json"))))
        func isSaid(_ warnings: JSONValue?) -> Bool {
            warnings?.arrayValue?.contains { $0.stringValue?.hasPrefix("tokenizer.ggml.pre: missing") ?? false }
                ?? false
        }
        #expect(isSaid(report["warnings"]))
        let server = try await Server(["--base", path, "--workspace", folder.file("w")])
        let health = try await server.get("/healthz")
        #expect(isSaid(health["base"]?["warnings"]), "\(health)")
    }
}

/// An adapter with random factors for the bundled base.
///
/// - Parameter largest: one number of B in place of a random one.
func randomAdapter(amount: Float = 0.3, largest: Float? = nil) throws -> LowRankAdapter {
    var random = SplitMix64(seed: 1)
    let file = try GGUFFile(path: Checkout.base)
    var tensors: [String: LowRankPair] = [:]
    for tensor in file.tensors where tensor.name.hasSuffix("ffn_down.weight") || tensor.name.hasSuffix("attn_q.weight")
    {
        let (inputs, outputs) = (tensor.dimensions[0], tensor.dimensions[1])
        var b = (0..<2 * outputs).map { _ in Float.random(in: -amount...amount, using: &random) }
        if let largest, tensor.name == "blk.0.ffn_down.weight" { b[0] = largest }
        tensors[tensor.name] = try LowRankPair(
            rank: 2, inputs: inputs, outputs: outputs,
            a: (0..<2 * inputs).map { _ in Float.random(in: -amount...amount, using: &random) }, b: b, scale: 2)
    }
    return LowRankAdapter(
        architecture: try file.metadata.string("general.architecture"), alpha: 4, baseDigest: nil, tensors: tensors)
}
