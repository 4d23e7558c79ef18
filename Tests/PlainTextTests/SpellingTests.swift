import PlainText
import Storage
import Testing
import TestSupport

@Suite struct SpellingTests {
    @Test func namesTheNearestWord() {
        let known = ["temperature", "top_p", "stop", "n"]
        #expect(Spelling.nearest(to: "temprature", among: known) == "temperature")
        #expect(Spelling.nearest(to: "stops", among: known) == "stop")
        #expect(Spelling.nearest(to: "entirely_different", among: known) == nil)
    }

    /// A name of a megabyte would be compared for seconds.
    @Test func doesNotGuessAtLongWords() {
        let start = processorTime()
        for word in [
            String(repeating: "temprature", count: 100_000), "e" + String(repeating: "\u{301}", count: 500_000),
        ] {
            #expect(Spelling.nearest(to: word, among: ["temperature"]) == nil)
        }
        #expect(processorTime() - start < 1)
    }
}
