import Foundation
import StageInterface
import Testing
import TestSupport

/// `--precision` and `RETORT_KERNELS` as a user meets them.
@Suite(.ownThreads) struct KernelChoiceTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func train(_ precision: String, kernels: String?) throws -> Executable.Outcome {
        let line =
            #"{"messages":[{"role":"user","content":"Say blue."},{"role":"assistant","content":"blue"}]}"# + "\n"
        try folder.write("train.jsonl", line)
        return try Executable.run(
            "retort-train", "--base", Checkout.base, "--dataset", "\(folder)/train.jsonl", "--output",
            "\(folder)/a.gguf",
            "--rank", "2", "--epochs", "2", "--precision", precision, "--json", "--quiet",
            environment: kernels.map { ["RETORT_KERNELS": $0] } ?? [:])
    }

    private func outputs(_ precision: String, kernels: String?) throws -> [String: String] {
        let outcome = try train(precision, kernels: kernels)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try StageReport(parsing: Array(outcome.output.utf8)).outputs
    }

    @Test func theReportNamesPrecisionAndInstructionSet() throws {
        let forced = try outputs("bf16", kernels: "portable")
        #expect(forced["precision"] == "bf16")
        #expect(forced["instruction_set"]?.hasPrefix("portable+openblas-") == true)
        #expect(try outputs("auto", kernels: "portable")["precision"] == "fp32")
        #expect(try outputs("fp32", kernels: "")["precision"] == "fp32")
    }

    @Test(arguments: ["fastest", "AVX2", "neon"]) func kernelsThatAreNotThereAreRefused(name: String) throws {
        let outcome = try train("bf16", kernels: name)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("RETORT_KERNELS: '\(name)', expected an instruction set of this CPU: portable"))
    }

    /// The encoders of every instruction set make the same bytes; which ones made them stands in the report.
    @Test(.needsFixtures) func theEncodersFollowTheChoiceAndMakeTheSameBytes() throws {
        func quantize(_ kernels: String) throws -> (outputs: [String: String], bytes: Data) {
            let outcome = try Executable.run(
                "retort-quantize", Fixtures.path("models/llama.gguf"), "\(folder)/out.gguf", "Q4_K_M", "--json",
                environment: ["RETORT_KERNELS": kernels])
            #expect(outcome.status == 0, "\(outcome.errors)")
            return (
                try StageReport(parsing: Array(outcome.output.utf8)).outputs,
                try Data(contentsOf: URL(filePath: "\(folder)/out.gguf"))
            )
        }
        let (portable, fastest) = (try quantize("portable"), try quantize(""))
        #expect(portable.outputs["instruction_set"] == "portable")
        #expect(portable.bytes == fastest.bytes)
        let hasAVX2 = try train("fp32", kernels: "avx2").status == 0
        #expect(fastest.outputs["instruction_set"] == (hasAVX2 ? "avx2" : "portable"))
        let refused = try Executable.run(
            "retort-quantize", Fixtures.path("models/llama.gguf"), "\(folder)/none.gguf", "Q4_K_M",
            environment: ["RETORT_KERNELS": "neon"])
        #expect(refused.status == 1)
        #expect(refused.errors.contains("RETORT_KERNELS: 'neon', expected an instruction set of this CPU: portable"))
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/none.gguf"))
    }

    @Test func anUnknownPrecisionIsRefused() throws {
        let outcome = try train("fp8", kernels: nil)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("'fp8', expected one of fp32, bf16, auto"))
    }
}
