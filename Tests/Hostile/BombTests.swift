import Foundation
import Testing
import TestSupport

/// Small files that would become large ones, and rows that would become larger still: refused with their place, in the memory
/// that any log takes.
@Suite(.ownThreads) struct BombTests {
    let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// Writes a repeated text, packed by the system's own gzip where the name asks for it.
    private func write(_ name: String, _ start: String, _ unit: String, times: Int, _ end: String) throws -> String {
        let plain = name.replacing(".gz", with: "")
        let handle: FileHandle
        try folder.write(plain, start)
        handle = try #require(FileHandle(forWritingAtPath: folder.file(plain)))
        try handle.seekToEnd()
        let block = Data(String(repeating: unit, count: 100_000).utf8)
        for _ in 0..<times / 100_000 { try handle.write(contentsOf: block) }
        try handle.write(contentsOf: Data(end.utf8))
        try handle.close()
        if name.hasSuffix(".gz") {
            #expect(try Executable.run("gzip", "-9", folder.file(plain), in: "/usr/bin").status == 0)
        }
        return folder.file(name)
    }

    private func pull(_ path: String) throws -> Executable.Outcome {
        try Scarce.run(["--as=1500000000", "--cpu=60"], "retort-pull", [path, "--workspace", folder.file("w")])
    }

    static let row =
        #"{"timestamp":1767000000,"request":{"model":"g","messages":[{"role":"user","content":"hi"}]},"#
        + #""response":{"choices":[{"index":0,"message":{"role":"assistant","content":"yo"},"finish_reason":"stop"}]}}"#

    @Test(arguments: [
        ("bomb.json.gz", "[", "0,", "0]"), ("bomb.jsonl.gz", #"{"a":["#, "[],", "0]}"),
        ("bomb.ndjson.gz", "", "\n", ""),
        ("blank.json.gz", "[", " ", "]"),
    ])
    func sixtyKilobytesThatBecomeSixtyMegabytes(name: String, start: String, unit: String, end: String) throws {
        let outcome = try pull(try write(name, start, unit, times: 30_000_000, end))
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("its gzip data becomes more than 400 times as long"), "\(outcome.errors)")
        #expect(outcome.errors.contains("hint: if that is meant, unpack it first: gunzip"))
    }

    @Test func aRowOfTooManyValuesIsDropped() throws {
        let path = try write("log.jsonl", #"{"a":["#, "{},", times: 2_700_000, "0]}\n" + BombTests.row + "\n")
        let outcome = try pull(path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("\(path):1: not JSON: more than 2000000 values"), "\(outcome.errors)")
    }

    @Test(arguments: ["log.jsonl", "log.json"]) func aLineLongerThanARowIsDropped(name: String) throws {
        let path = try write(name, #"{"a":""#, "x", times: 60_000_000, "\"}\n" + BombTests.row + "\n")
        let outcome = try pull(path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("\(path):1: longer than a row may be"), "\(outcome.errors)")
    }

    @Test(arguments: [("[", "]"), (#"{"object":"list","data":["#, #"],"has_more":false}"#)])
    func aLongDocumentIsReadElementByElement(start: String, end: String) throws {
        let unit = BombTests.row.replacing("hi", with: "hi " + String(repeating: "word ", count: 100)) + ","
        let rows = 100_000
        let path = try write("log.json", start, unit, times: rows, BombTests.row + end)
        let outcome = try pull(path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains(/kept +2\n/) && outcome.output.contains("\(rows - 1)"), "\(outcome.output)")
    }

    @Test func aLongListThatIsCutOffKeepsItsRowsAndSaysSo() throws {
        let unit = BombTests.row.replacing("hi", with: "hi " + String(repeating: "word ", count: 100)) + ","
        let path = try write("log.json", "[", unit, times: 100_000, #"{"timestamp":17"#)
        let outcome = try pull(path)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("cannot read on in \(path) after row 100000: the text ends early"))
        #expect(outcome.output.contains(/kept +1\n/))
    }
}
