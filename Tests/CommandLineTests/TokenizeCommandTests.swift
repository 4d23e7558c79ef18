import Foundation
import Testing

/// A vocabulary of llama.cpp's, which lies beside the checkout.
private enum Vocabulary {
    static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/fixtures/tokenizers/ggml-vocab-qwen2.gguf").path
    static let isPresent = FileManager.default.fileExists(atPath: path)
}

/// The built `retort-inspect tokenize`.
@Suite(.enabled(if: Vocabulary.isPresent, "../shared/fixtures is not beside the checkout"))
struct TokenizeCommandTests {
    @Test func textAndBack() throws {
        #expect(
            try Executable.run("retort-inspect", "tokenize", "--model", Vocabulary.path, "Hello world").output
                == "[9707,1879]\n")
        #expect(
            try Executable.run("retort-inspect", "tokenize", "--model", Vocabulary.path, "[9707,1879]", "--decode")
                .output
                == "Hello world\n")
        #expect(
            try Executable.run(
                "retort-inspect", "tokenize", "--model", Vocabulary.path, " <|im_end|>", "--parse-special"
            )
            .output == "[220,151645]\n")
    }

    @Test func lines() throws {
        let encoded = try Executable.run(
            "retort-inspect", "tokenize", "--model", Vocabulary.path, "--jsonl",
            input: "\"Hello world\"\n\"\"\n\"a\\u0000\\n\"\n")
        #expect(encoded.output == "[9707,1879]\n[]\n[64,188,198]\n")
        let decoded = try Executable.run(
            "retort-inspect", "tokenize", "--model", Vocabulary.path, "--jsonl", "--decode", input: encoded.output)
        #expect(decoded.output == "\"Hello world\"\n\"\"\n\"a\\u0000\\n\"\n")
    }

    @Test func badLinesAreNamed() throws {
        let broken = try Executable.run(
            "retort-inspect", "tokenize", "--model", Vocabulary.path, "--jsonl", input: "\"a\"\n\"b\n")
        #expect(broken.status == 1 && broken.output == "[64]\n")
        #expect(broken.errors.contains("standard input, line 2: not JSON"))
        let number = try Executable.run(
            "retort-inspect", "tokenize", "--model", Vocabulary.path, "--jsonl", input: "7\n")
        #expect(number.status == 1)
        #expect(number.errors == "error: standard input, line 1: an integer, expected a string\n")
        let large = try Executable.run(
            "retort-inspect", "tokenize", "--model", Vocabulary.path, "--jsonl", "--decode", input: "[1]\n[151936]\n")
        #expect(large.status == 1)
        #expect(
            large.errors
                == "error: standard input, line 2: 151936 is no token id, expected an integer from 0 to 151935\n")
    }

    @Test func usage() throws {
        #expect(
            try Executable.run("retort-inspect", "tokenize", "--model", Vocabulary.path, "a", "--jsonl").status == 64)
        #expect(
            try Executable.run("retort-inspect", "tokenize", "--model", Vocabulary.path, "[1]", "--decode").status == 0)
    }
}
