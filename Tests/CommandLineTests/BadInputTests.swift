import Foundation
import Storage
import Testing
import TestSupport

/// What a hostile user, a full disk and a closed pipe get from the built executables.
@Suite(.ownThreads) struct BadInputTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// Runs a shell's command line with the executables in its path, in a folder of its own.
    private func shell(_ line: String, environment: [String: String] = [:]) throws -> Executable.Outcome {
        let path = "\(Executable.folder):/usr/bin:/bin"
        return try Executable.run(
            "sh", ["-c", "cd \(folder) && \(line)"], in: "/bin",
            environment: ["PATH": path, "BASE": Checkout.base].merging(environment) { $1 })
    }

    @Test func dataThatIsLostIsAFailure() throws {
        for flag in ["", "--json"] {
            let full = try shell("retort-inspect gguf $BASE \(flag) > /dev/full")
            #expect(full.status == 1)
            #expect(
                full.errors
                    == "error: standard output: cannot write: No space left on device, expected it to take the data\n")
            // A reader that has seen enough is none.
            let closed = try shell("(retort-inspect gguf $BASE \(flag); echo ended with $? >&2) | head -c 1")
            #expect(closed.errors == "ended with 0\n")
        }
    }

    @Test func noInputIsWrittenOver() throws {
        let answers = (0..<4).map { number in
            #"{"messages":[{"role":"user","content":"\#(number)"},{"role":"assistant","content":"yes"}]}"# + "\n"
        }
        try AtomicFile.write(answers.joined(), to: folder.file("data.jsonl"))
        _ = try shell("cp $BASE base.gguf && echo [1,2,3] > ids.json && ln -s base.gguf link.gguf")
        let digests = try ["base.gguf", "data.jsonl", "ids.json"].map { try ContentDigest(ofFile: "\(folder)/\($0)") }
        for line in [
            "retort-train --base base.gguf --dataset data.jsonl --output base.gguf",
            "retort-train --base link.gguf --dataset data.jsonl --output ./base.gguf",
            "retort-train --base base.gguf --dataset data.jsonl --output data.jsonl",
            "retort-quantize link.gguf base.gguf Q8_0",
            "retort-quantize base.gguf q.gguf Q8_0 --calibrate data.jsonl --imatrix-out data.jsonl",
            "retort-inspect tensor base.gguf output_norm.weight --output base.gguf",
            "retort-inspect logits --model base.gguf --tokens ids.json --output ids.json",
            "retort-pull data.jsonl --workspace w --output data.jsonl",
            "retort-replay --recording data.jsonl --log data.jsonl",
            "retort-serve --base base.gguf --workspace w --port 0 --decision-log base.gguf",
        ] {
            let outcome = try shell(line)
            #expect(outcome.status == 1, "\(line)")
            #expect(outcome.errors.contains(", expected another path\n"), "\(line): \(outcome.errors)")
        }
        #expect(
            try ["base.gguf", "data.jsonl", "ids.json"].map { try ContentDigest(ofFile: "\(folder)/\($0)") } == digests)
    }

    @Test(arguments: [
        ("ulimit -f 64; retort-inspect tensor $BASE token_embd.weight --output t.bin", "cannot write t.bin: "),
        (
            "retort-inspect tensor $BASE token_embd.weight --output .",
            "cannot write .: it is a directory, expected a file"
        ),
        ("retort-inspect tensor $BASE token_embd.weight --output ''", "cannot write '': no path, expected one"),
        ("retort-inspect template --template . --conversation c.json", "template: '.', expected one of alpaca, "),
        ("retort-replay --recording long.jsonl", "long.jsonl, line 1: longer than 8388608 bytes, expected a shorter"),
        ("retort-replay --recording r.jsonl --host no.invalid", "address no.invalid: no address of this name, "),
        (
            "retort-serve --base $BASE --workspace w --host no.invalid",
            "cannot listen on no.invalid: no address of this "
        ),
        (
            "mkdir mine && touch mine/x && retort-pull mine/x --workspace mine/x",
            "cannot make the directory mine/x: Not a "
        ),
    ])
    func aFaultIsOneLine(line: String, message: String) throws {
        try AtomicFile.write(#"{"messages":[{"role":"user","content":"hi"}]}"#, to: folder.file("c.json"))
        try AtomicFile.write(#"{"input":"hi","answer":"ho"}"#, to: folder.file("r.jsonl"))
        if line.contains("long.jsonl") {
            try AtomicFile.write([UInt8](repeating: 0x78, count: 65 << 20), to: folder.file("long.jsonl"))
        }
        let outcome = try shell(line)
        #expect(outcome.status == 1)
        let errors = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        #expect(errors.count == 1 && errors.first?.hasPrefix("error: \(message)") == true, "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("t.bin")))
        #expect(try !folder.names.contains { $0.hasSuffix(".partial") })
    }

    @Test(arguments: ["many", "0", "-4", "100000"]) func aNumberOfThreadsThatCannotBeIsRefused(threads: String) throws {
        let outcome = try shell(
            "echo [1] > i.json && retort-inspect logits --model $BASE --tokens i.json --output l.bin",
            environment: ["RETORT_THREADS": threads])
        #expect(outcome.status == 1)
        #expect(outcome.errors == "error: RETORT_THREADS: '\(threads)', expected a number of threads from 1 to 1024\n")
    }
}
