import Foundation
import Storage
import Testing

@Suite struct LineReaderTests {
    let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private func lines(_ path: String) throws -> [String] { try LineReader(path: path).map(\.text) }

    @Test(arguments: [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\r\nb\n\nc", ["a", "b", "", "c"]),
        ("\n", [""]),
        ("\u{FEFF}a\n\u{FEFF}b", ["a", "\u{FEFF}b"]),
        ("\u{FEFF}", []),
    ])
    func splitsLines(text: String, expected: [String]) throws {
        let path = scratch.file("lines")
        try AtomicFile.write(text, to: path)
        #expect(try lines(path) == expected)
    }

    @Test func readsGzipByItsContentAcrossBufferBoundaries() throws {
        let rows = (0..<40_000).map { "row \($0) \(String(repeating: "x", count: $0 % 37))" }
        let plain = scratch.file("rows")
        try AtomicFile.write(rows.joined(separator: "\n"), to: plain)
        #expect(try lines(plain) == rows)
        let gzip = Process()
        gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        gzip.arguments = ["gzip", "-k", plain]
        try gzip.run()
        gzip.waitUntilExit()
        #expect(try lines(plain + ".gz") == rows)
    }

    @Test func aCutGzipFileIsAFailureNotTheEnd() throws {
        let plain = scratch.file("rows")
        try AtomicFile.write((0..<100_000).map(String.init).joined(separator: "\n"), to: plain)
        let gzip = Process()
        gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        gzip.arguments = ["gzip", plain]
        try gzip.run()
        gzip.waitUntilExit()
        let whole = try Data(contentsOf: URL(fileURLWithPath: plain + ".gz"))
        try AtomicFile.write(whole.prefix(whole.count / 2), to: scratch.file("cut.gz"))
        let reader = try LineReader(path: scratch.file("cut.gz"))
        var count = 0
        while reader.next() != nil { count += 1 }
        #expect(count > 0)
        #expect(reader.failure?.description.contains("cannot read on in") == true)
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: StorageError.self) { try LineReader(path: "/nowhere/logs.jsonl") }
        #expect(error?.description == "cannot read /nowhere/logs.jsonl: No such file or directory")
        #expect(throws: StorageError.self) { try LineReader(path: "/tmp") }
    }
}
