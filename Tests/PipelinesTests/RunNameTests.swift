import Pipelines
import Testing

struct RunNameTests {
    /// Two runs in one second, and one after the clock was set back: each has its file, and the newest is the last.
    @Test func namesGrow() {
        var names: [String] = []
        for start in [
            "2026-12-01T020000Z", "2026-12-01T020000Z", "2026-12-01T020000Z", "2026-12-01T010000Z",
            "2026-12-01T020001Z",
        ] { names.append(PipelineReport.name(start, after: names.max())) }
        #expect(names == names.sorted() && Set(names).count == names.count)
        #expect(names[1] == "2026-12-01T020000Z_000001.json")
        #expect(names[3] == "2026-12-01T020000Z_000003.json")
        #expect(names[4] == "2026-12-01T020001Z.json")
    }
}
