import Foundation
import Interactions
import JSON
import Storage
import Testing

/// The expected numbers are those of `date -u -d … +%s`.
@Suite struct TimestampTests {
    @Test(arguments: [
        ("2026-10-01", 1_790_812_800_000), ("2026-10-01T08:30:00Z", 1_790_843_400_000),
        ("2026-10-01 08:30:00", 1_790_843_400_000), ("2026-10-01T08:30:00.5+02:00", 1_790_836_200_500),
        ("2026-10-01T08:30:00-0530", 1_790_863_200_000), ("1980-01-01T00:00:00Z", 315_532_800_000),
        ("2000-02-29T00:00:00Z", 951_782_400_000), ("2024-12-31T23:59:60Z", 1_735_689_600_000),
    ])
    func textsAreRead(text: String, milliseconds: Int) {
        #expect(Timestamp.date(text).map(Timestamp.milliseconds) == milliseconds)
    }

    @Test(arguments: [
        "", "yesterday", "2026-13-01", "2026-02-29", "2026-10-01T25:00:00Z", "2026-10-01T08", "2026-10-01T08:30:00ZZ",
        "2026-10-01T08:30:00.Z", "2026-10-01T08:30:00+1", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2200-01-01",
    ])
    func otherTextsAreNot(text: String) { #expect(Timestamp.date(text) == nil) }

    @Test(arguments: [
        JSONValue.integer(1_790_843_400), 1_790_843_400.0, 1_790_843_400_000, 1_790_843_400_000_000,
        1_790_843_400_000_000_000, "1790843400",
    ])
    func epochsAreReadInTheirUnit(json: JSONValue) {
        #expect(Timestamp.date(json).map(Timestamp.text) == "2026-10-01T08:30:00Z")
    }

    @Test func nonsenseNumbersAreNot() {
        for json in [JSONValue.integer(0), -5, 1e300, .null, true] { #expect(Timestamp.date(json) == nil) }
    }

    @Test func textsComeBack() throws {
        for text in ["2026-10-01T08:30:00Z", "2026-03-01T00:00:00.007Z", "1999-12-31T23:59:59.999Z"] {
            #expect(Timestamp.text(try #require(Timestamp.date(text))) == text)
        }
    }
}
