import Foundation
import JSON
import Testing
import TestSupport

/// Logs as editors, shells and crashes leave them, through the built `retort-pull`.
@Suite(.ownThreads) struct PullBytesCasesTests: PullSuite {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    @Test func numbersAndKeysComeOutAsTheyWentIn() throws {
        let metadata =
            #""seed":18446744073709551615,"order":12345678901234567890,"x":1e999,"price":19.90,"y":1E5,"z":-0,"#
            + "\"caf\u{E9}\":\"one\",\"cafe\u{301}\":\"other\""
        let line = row("1767000027", #""seed""#).replacingOccurrences(
            of: #""model":"g","#, with: #""model":"g",\#(metadata),"#)
        let path = try folder.write("log.jsonl", line + "\n")
        let (outcome, report) = try pull(path, "--output", "\(folder)/out.jsonl")
        #expect(report?.counts["kept"] == 1, "\(outcome.errors)")
        let written = try String(contentsOfFile: "\(folder)/out.jsonl", encoding: .utf8)
        #expect(written.contains(metadata))
        let rights = try FileManager.default.attributesOfItem(atPath: "\(folder)/out.jsonl")[.posixPermissions] as? Int
        #expect(rights == 0o600)
        let stored = try FileManager.default.attributesOfItem(atPath: "\(folder)/w/retort.sqlite")[.posixPermissions]
        #expect(stored as? Int == 0o600)
    }

    @Test(arguments: [
        (#"{"a":1,}"#, "a key in quotes was expected at column 8"),
        (#"{"a":NaN}"#, "NaN is no JSON, expected a value at column 6"),
        (#"{'a':1}"#, "a key in quotes was expected at column 2"),
        (#"{"a":1}{"b":2}"#, "a second value after the first at column 8"),
        ("{\"a\":1}\r{\"b\":2}", "a second value after the first at column 9"),
        (#"{"a":1},"#, "a comma after the value at column 8"),
        ("\u{0}\u{0}\u{0}", "a NUL byte, expected a value at column 1"),
        (#"{"a": {"b""#, "the text ends early at column 11"),
        ("oops", "a value was expected at column 1"),
    ])
    func linesThatAreNoJSONAreNamedWithReasonAndColumn(line: String, reason: String) throws {
        let path = try folder.write("log.jsonl", row("1767000001", #""hello""#) + "\n" + line + "\n")
        let (outcome, report) = try pull(path)
        #expect(outcome.errors.contains("dropped: \(path):2: not JSON: \(reason)\n"), "\(outcome.errors)")
        #expect(report?.counts["seen"] == 2)
        #expect(report?.counts["dropped_not_json"] == 1)
    }

    @Test func otherEncodingsAreNamed() throws {
        var latin = Data((row("1767000001", #""hello""#) + "\n{\"a\":\"B").utf8)
        latin.append(0xFC)
        latin.append(contentsOf: Data("rste\"}\n".utf8))
        let path = try folder.write("latin.jsonl", latin)
        let (outcome, _) = try pull(path)
        #expect(
            outcome.errors.contains("\(path):2: not JSON: the string is not UTF-8 at column 8\n"), "\(outcome.errors)")
        let wide = try folder.write("wide.jsonl", try #require(row("1767000001", #""hello""#).data(using: .utf16)))
        let refused = try pull(wide).outcome
        #expect(refused.status == 1)
        #expect(refused.errors.contains("\(wide): it is UTF-16, expected UTF-8"), "\(refused.errors)")
    }

    @Test func whatHasOneClearReadingIsRead() throws {
        let rows = (0..<8).map { row("\(1_767_000_000 + $0)", #""hello \#($0)""#) }
        let mark = "\u{FEFF}"
        try folder.write("logs/marks.jsonl", "\(mark)\(rows[0])\r\n\(mark)\(rows[1])\r\n")
        try folder.write("logs/array.jsonl", "[\(rows[2]), \(rows[3])]\n")
        let pretty = try rows[4...5].map { try JSONValue(parsing: $0).serialized(.pretty) }
        try folder.write("logs/pretty.jsonl", pretty.joined(separator: "\n") + "\n")
        try folder.write("logs/separators.jsonl", row("1767000009", "\"pasted\u{2028}from\u{85}a page\"") + "\n")
        try folder.write("logs/page.json", "{\"object\": \"list\", \"data\": [\n\(rows[6]),\n\(rows[7])\n]}")
        let (outcome, report) = try pull("\(folder)/logs")
        #expect(report?.counts["seen"] == 9, "\(outcome.errors)")
        #expect(report?.counts["kept"] == 9)
    }

    @Test func aCutFirstLineSwallowsNothing() throws {
        let rows = (0..<3).map { row("\(1_767_000_000 + $0)", #""hello \#($0)""#) }
        let path = try folder.write(
            "log.jsonl", #"{"timestamp": 1767000024, "request": "# + "\n" + rows.joined(separator: "\n"))
        let (outcome, report) = try pull(path)
        #expect(report?.counts["kept"] == 3, "\(outcome.errors)")
        #expect(report?.counts["dropped_not_json"] == 1)
    }

    @Test func repeatedKeysAreCounted() throws {
        let line = row("1767000026", #""second""#).replacingOccurrences(
            of: #""model":"g","#, with: #""messages":[{"role":"user","content":"first"}],"#)
        let (outcome, report) = try pull(try folder.write("log.jsonl", line), "--output", "\(folder)/out.jsonl")
        #expect(report?.counts["repeated_keys"] == 1)
        #expect(outcome.errors.contains("warning: 1 rows have a key twice in one object; the last value counts"))
        #expect(try output("\(folder)/out.jsonl")[0]["request"]?["messages"]?.arrayValue?[0]["content"] == "second")
    }

    @Test func whatNestsTooDeeplyIsDroppedAndWhatIsKeptCanBeReadAgain() throws {
        func nested(_ depth: Int) -> String {
            row("1767000001", #""deep \#(depth)""#).replacingOccurrences(
                of: #""model":"g","#,
                with:
                    #""model":"g","x":\#(String(repeating: "[", count: depth))\#(String(repeating: "]", count: depth)),"#
            )
        }
        let stored =
            #"{"messages":[{"role":"user","content":"hi"}],"choices":[{"message":{"content":"x","role":"assistant"}}],"#
            + #""created":1767000001,"x":\#(String(repeating: "[", count: 239))\#(String(repeating: "]", count: 239))}"#
        let lines = [nested(200), nested(238), stored, nested(245), nested(100_000)]
        let (outcome, report) = try pull(
            try folder.write("log.jsonl", lines.joined(separator: "\n")), "--output", "\(folder)/out.jsonl")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(report?.counts["kept"] == 3)
        #expect(report?.counts["dropped_not_json"] == 2)
        #expect(try output("\(folder)/out.jsonl").count == 3)
    }

    @Test func longRowsAreDroppedAndCounted() throws {
        let long = row("1767000001", "\"\(String(repeating: "x", count: 2 << 20))\"")
        let path = try folder.write("log.jsonl", [row("1767000002", #""hello""#), long].joined(separator: "\n"))
        let (outcome, report) = try pull(path, "--max-row", "1")
        #expect(report?.counts["dropped_line_too_long"] == 1, "\(outcome.errors)")
        #expect(report?.counts["kept"] == 1)
        let list = try folder.write("list.json", "[\(long),\(row("1767000003", #""hello""#))]")
        #expect(try pull(list, "--max-row", "1").report?.counts["dropped_line_too_long"] == 1)
        #expect(try pull(path).report?.counts["kept"] == 1)
    }

    @Test(arguments: [
        ([0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58], "it is zstd, expected text, plain or gzip: unpack it with zstd -d"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "it is xz"), (Array("BZh91AY&SY123".utf8), "it is bzip2"),
        ([0x50, 0x4B, 0x03, 0x04, 0x14], "it is zip"), (Array("PAR1".utf8) + [0x15, 0x04], "it is Parquet"),
        (
            Array("SQLite format 3".utf8) + [0, 16],
            "it is SQLite, expected text, plain or gzip: export it as JSON Lines"
        ),
    ])
    func aFileOfAnotherFormIsCalledWhatItIs(bytes: [UInt8], what: String) throws {
        let path = try folder.write("log.jsonl", Data(bytes))
        let outcome = try pull(path).outcome
        #expect(outcome.status == 1 && outcome.errors.contains(what), "\(outcome.errors)")
        #expect(!outcome.errors.contains("JSON at"))
        // In a pipe, and to every stage that reads lines.
        let piped = try pull("-", input: String(decoding: Array("BZh91AY&SY".utf8), as: UTF8.self)).outcome
        #expect(piped.status == 1 && piped.errors.contains("it is bzip2"), "\(piped.errors)")
    }

    @Test func twoEncodingsThatBeginAlikeAreToldApart() throws {
        let path = folder.file("log.jsonl")
        let text = try #require(row("1767000001", #""one""#).data(using: .utf32LittleEndian))
        try (Data([0xFF, 0xFE, 0, 0]) + text).write(to: URL(fileURLWithPath: path))
        let outcome = try pull(path).outcome
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("it is UTF-32, expected UTF-8"), "\(outcome.errors)")
        #expect(outcome.errors.contains("iconv -f UTF-32 -t UTF-8"))
    }
}
