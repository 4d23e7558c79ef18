import Foundation
import Testing
import TestSupport

/// The built `retort-inspect tokenize`.
@Suite(.needsFixtures, .ownThreads) struct TokenizeCommandTests {
    private let vocabulary = Fixtures.path("tokenizers/ggml-vocab-qwen2.gguf")

    @Test func textAndBack() throws {
        #expect(
            try Executable.run("retort-inspect", "tokenize", "--model", vocabulary, "Hello world").output
                == "[9707,1879]\n")
        #expect(
            try Executable.run("retort-inspect", "tokenize", "--model", vocabulary, "[9707,1879]", "--decode")
                .output
                == "Hello world\n")
        #expect(
            try Executable.run(
                "retort-inspect", "tokenize", "--model", vocabulary, " <|im_end|>", "--parse-special"
            )
            .output == "[220,151645]\n")
    }

    @Test func lines() throws {
        let encoded = try Executable.run(
            "retort-inspect", "tokenize", "--model", vocabulary, "--jsonl",
            input: "\"Hello world\"\n\"\"\n\"a\\u0000\\n\"\n")
        #expect(encoded.output == "[9707,1879]\n[]\n[64,188,198]\n")
        let decoded = try Executable.run(
            "retort-inspect", "tokenize", "--model", vocabulary, "--jsonl", "--decode", input: encoded.output)
        #expect(decoded.output == "\"Hello world\"\n\"\"\n\"a\\u0000\\n\"\n")
    }

    @Test func badLinesAreNamed() throws {
        let broken = try Executable.run(
            "retort-inspect", "tokenize", "--model", vocabulary, "--jsonl", input: "\"a\"\n\"b\n")
        #expect(broken.status == 1 && broken.output == "[64]\n")
        #expect(broken.errors.contains("standard input, line 2: not JSON"))
        let number = try Executable.run(
            "retort-inspect", "tokenize", "--model", vocabulary, "--jsonl", input: "7\n")
        #expect(number.status == 1)
        #expect(number.errors == "error: standard input, line 1: an integer, expected a string\n")
        let large = try Executable.run(
            "retort-inspect", "tokenize", "--model", vocabulary, "--jsonl", "--decode", input: "[1]\n[151936]\n")
        #expect(large.status == 1)
        #expect(
            large.errors
                == "error: standard input, line 2: 151936 is no token id, expected an integer from 0 to 151935\n")
    }

    @Test func usage() throws {
        #expect(
            try Executable.run("retort-inspect", "tokenize", "--model", vocabulary, "a", "--jsonl").status == 64)
        #expect(
            try Executable.run("retort-inspect", "tokenize", "--model", vocabulary, "[1]", "--decode").status == 0)
    }
}
