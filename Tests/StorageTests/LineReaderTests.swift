import Foundation
import PlainText
import Storage
import Testing
import TestSupport

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

    private func gzipped(_ text: String) throws -> Data {
        let plain = scratch.file("plain")
        try AtomicFile.write(text, to: plain)
        let gzip = Process()
        gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        gzip.arguments = ["gzip", "-f", plain]
        try gzip.run()
        gzip.waitUntilExit()
        return try Data(contentsOf: URL(fileURLWithPath: plain + ".gz"))
    }

    private func read(_ data: Data) throws -> (lines: [String], failure: String?) {
        let path = try scratch.write("data.gz", data)
        let reader = try LineReader(path: path)
        var lines: [String] = []
        while let line = reader.next() { lines.append(line.text) }
        return (lines, reader.failure?.description)
    }

    @Test func severalGzipMembersAreOneFile() throws {
        let (lines, failure) = try read(try gzipped("a\nb\n") + gzipped("c\n") + Data(count: 700))
        #expect(lines == ["a", "b", "c"])
        #expect(failure == nil)
    }

    @Test func whatIsWrongWithAGzipFileIsSaid() throws {
        let whole = try gzipped((0..<1000).map(String.init).joined(separator: "\n"))
        let other = try read(whole + Data("garbage".utf8))
        #expect(other.lines.count >= 999)
        #expect(other.failure?.hasSuffix(": other data after the gzip stream, which is lost") == true)
        #expect(try read(whole.dropLast(4)).failure?.hasSuffix(": the gzip stream is cut short") == true)
        var damaged = whole
        damaged[whole.count / 2] ^= 0xFF
        #expect(try read(damaged).failure?.contains("damaged gzip data") == true)
    }

    @Test func otherEncodingsAreNamed() throws {
        let (lines, failure) = try read(try #require("a\nb".data(using: .utf16)))
        #expect(lines.isEmpty)
        #expect(failure?.hasSuffix("it is UTF-16, expected UTF-8") == true)
    }

    @Test func nothingButSpacesAndTabsIsBlank() throws {
        try AtomicFile.write(" \t\n\u{0}\n\u{FEFF} \nx\n", to: scratch.file("lines"))
        #expect(try LineReader(path: scratch.file("lines")).map(\.isBlank) == [true, false, true, false])
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: StorageError.self) { try LineReader(path: "/nowhere/logs.jsonl") }
        #expect(error?.description == "cannot read /nowhere/logs.jsonl: No such file or directory")
        #expect(throws: StorageError.self) { try LineReader(path: "/tmp") }
    }
}
