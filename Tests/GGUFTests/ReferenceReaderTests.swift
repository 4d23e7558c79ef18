import Foundation
import GGUF
import Testing
import TestSupport

/// What we write is read by the `gguf` package for Python, llama.cpp's own.
@Suite struct ReferenceReaderTests {
    private static func python(_ script: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process(), output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script] + arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    /// Whether python3 and the package are installed.
    private static let isPresent: Bool = {
        do { return try python("import gguf", []).status == 0 } catch { return false }
    }()

    @Test(.enabled(if: isPresent, "needs python3 with the package gguf"))
    func thePackageReadsWhatWeWrite() throws {
        let scratch = ScratchFile()
        var metadata = GGUFWriterTests.sampleMetadata()
        // The package reads no nested arrays, and prints bytes that are not UTF-8 in its own way.
        metadata.remove("a.nested")
        metadata.remove("a.tokens")
        try scratch.write(
            GGUFWriter(metadata: metadata, tensors: try GGUFWriterTests.sampleTensors(), alignment: 64))
        let script = """
            import sys, gguf
            r = gguf.GGUFReader(sys.argv[1])
            for k, f in r.fields.items():
                if k.startswith("a."): print(k, f.contents())
            for t in r.tensors:
                print(t.name, t.tensor_type.name, [int(n) for n in t.shape], int(t.n_bytes), int(t.data.view("uint8").flat[0]))
            """
        let (status, output) = try Self.python(script, [scratch.path])
        #expect(status == 0)
        #expect(
            output == """
                a.uint8 250
                a.int8 -7
                a.uint16 65000
                a.int16 -30000
                a.uint32 4000000000
                a.int32 -2000000000
                a.uint64 18000000000000000000
                a.int64 -9000000000000000000
                a.float32 0.10000000149011612
                a.float64 0.1
                a.bool True
                a.string grüße
                a.scores [-1.5, 2.25]
                a.types [1, -3]
                a.flags [True, False]
                norm F32 [3] 12 0
                weight Q4_0 [64, 5] 180 1
                stack F16 [2, 3, 4, 5] 240 2

                """)
    }
}
